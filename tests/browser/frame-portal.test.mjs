/** `portal.frame`: what an application can have the portal's page do, as promises. */
/* global callgate, ended, events, frame, outcome */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PEOPLE, pageWorld, until } from '../support/page.mjs'
import { commonPages } from '../support/site.mjs'

const toolbox = { ...commonPages(), '/install.html': commonPages()['/app.html'] }
const world = pageWorld({ pages: toolbox, started: () => globalThis.callgate })
const { click, heading, heardCommands, title } = world

/** Opens the application and its portal. */
async function open(query) {
  const opened = await world.open(query)
  await opened.evaluate(async () => {
    globalThis.portal = await callgate.Portal.frame()
    globalThis.frame = globalThis.portal.frame
  })
  return opened
}

/** What a function of the frame's promises, as plain data, or why it rejects. */
const promised = (app, name, ...args) =>
  app.evaluate(
    async ([name, args]) => {
      const path = name.split('.')
      const method = path.pop()
      const object = path.reduce((object, key) => object[key], frame)
      const result = await outcome(async () => ({ data: await object[method](...args) }))
      return result.code ? result : result.data
    },
    [name, args],
  )

/** Begins what a person will decide; `settled` waits for it. */
const begin = (app, name, ...args) =>
  app.evaluate(
    ([name, args]) => {
      globalThis.ended = outcome(async () => ({ data: await frame[name](...args) }))
    },
    [name, args],
  )
const settled = (app) => app.evaluate(() => ended)

/** Waits until the page has heard a command, and gives its line. */
async function heard(command) {
  const line = async () => (await heardCommands()).find((it) => it.startsWith(`${command} `))
  await until(line, `a command ${command}`)
  return line()
}

test('it_tells_what_the_page_said_when_it_opened_the_application', async () => {
  const query = { placement: 'CRM_DEAL_DETAIL_TAB', options: '{"ID":"42"}', lang: 'de' }
  const app = await open(query)
  const told = await app.evaluate(() => {
    const { isAdmin, isFirstRun, isInstalling, lang, placement } = frame
    return [lang, isAdmin, isFirstRun, isInstalling, placement.name, placement.options]
  })
  assert.deepEqual(told, ['de', true, true, false, 'CRM_DEAL_DETAIL_TAB', { ID: '42' }])
  const bare = await open({ user: '2' })
  const less = await bare.evaluate(() => [frame.isAdmin, frame.placement.options])
  assert.deepEqual(less, [false, {}])
})

test('portals_that_no_page_frames_have_none', async () => {
  const app = await open()
  const none = await app.evaluate(
    () => callgate.Portal.token({ domain: 'portal.example', accessToken: 'a' }).frame,
  )
  assert.equal(none, undefined)
})

test('the_window_is_resized_and_fitted', async () => {
  const app = await open()
  assert.deepEqual(await promised(app, 'resize', 300, 200), { width: 300, height: 200 })
  assert.equal((await promised(app, 'resize', '100%', 250)).height, 250)
  await app.evaluate(() => (document.body.style.height = '700px'))
  assert.ok((await promised(app, 'fit')).height >= 700)
})

test('title_and_scroll_are_the_pages', async () => {
  const app = await open()
  assert.equal(await promised(app, 'title', 'Deals: all'), undefined)
  assert.equal(await title(), 'Deals: all')
  await world.page.evaluate(() => (document.body.style.height = '5000px'))
  await promised(app, 'scroll', 120)
  assert.equal(await world.page.evaluate(() => scrollY), 120)
})

test('the_page_is_reloaded', async () => {
  const app = await open()
  const reloaded = world.page.waitForEvent('load')
  await app.evaluate(() => frame.reload())
  await reloaded
})

test('people_are_chosen_and_nobody_hurries_them', async () => {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  await world.page.clock.install()
  const app = await open()
  await begin(app, 'selectUser')
  await heard('selectUser')
  await world.page.clock.fastForward('01:00:00')
  await world.page.getByRole('dialog').getByRole('button', { name: 'Mira Lindqvist' }).click()
  assert.equal((await settled(app)).data.id, '2')

  await begin(app, 'selectUsers')
  await world.page.getByLabel('Jonas Okafor').check()
  await world.page.getByLabel('Mira Lindqvist').check()
  await click('Select')
  assert.deepEqual(
    (await settled(app)).data.map(({ id }) => id),
    ['1', '2'],
  )
})

test('a_dialog_is_given_up_by_its_signal', async () => {
  const app = await open()
  const given = await app.evaluate(async () => {
    const controller = new AbortController()
    const user = outcome(frame.selectUser({ signal: controller.signal }))
    setTimeout(() => controller.abort(), 50)
    const { code, kind, ours } = await user
    const late = await outcome(frame.selectUser({ signal: controller.signal }))
    return [code, kind, ours, late.kind]
  })
  assert.deepEqual(given, ['CALLGATE_ABORTED', 'aborted', true, 'aborted'])
  assert.equal((await promised(app, 'selectUser', { signal: 'soon' })).kind, 'invalid')
})

test('access_codes_are_chosen_from_those_that_were', async () => {
  const app = await open()
  await begin(app, 'selectAccess', { value: ['AU'] })
  await world.page.getByRole('dialog').waitFor()
  await click('Select')
  const { data } = await settled(app)
  assert.deepEqual(
    data.map(({ id }) => id),
    ['AU'],
  )
})

test('crm_items_come_as_lists_by_type', async () => {
  const rows = [{ ID: '7', TITLE: 'Seven' }]
  await world.portal.control('data', { entity: 'deal', rows })
  const app = await open()
  await begin(app, 'selectCRM', { entityType: ['deal', 'quote'], multiple: true, value: ['D_7'] })
  await world.page.getByRole('dialog').waitFor()
  await click('Select')
  const { data } = await settled(app)
  assert.deepEqual(Object.keys(data), ['deal'])
  assert.deepEqual(
    data.deal.map(({ id, title }) => [id, title]),
    [['D_7', 'Seven']],
  )
})

test('the_application_opens_in_a_slider_and_ends_the_wait_when_that_closes', async () => {
  const app = await open()
  await begin(app, 'openApplication', { deal: '7' }, { title: 'Deal 7', width: 500 })
  const child = await world.listening()
  assert.equal(await heading(), 'Deal 7')
  const options = await child.evaluate(async () => {
    globalThis.portal = await callgate.Portal.frame()
    return globalThis.portal.frame.placement.options
  })
  assert.deepEqual(options, { deal: '7' })
  await child.evaluate(() => globalThis.portal.frame.closeApplication())
  assert.equal((await settled(app)).code, undefined)
})

test('a_path_is_opened_or_refused', async () => {
  const app = await open()
  await begin(app, 'openPath', '/crm/deal/details/7/')
  await click('Close')
  assert.equal((await settled(app)).code, undefined)
  const refused = await promised(app, 'openPath', 'https://elsewhere.example/')
  assert.deepEqual(
    [refused.code, refused.kind, refused.ran, refused.ours],
    ['PATH_NOT_AVAILABLE', 'portal', 'no', true],
  )
})

test('calls_and_chats_are_the_pages_affair', async () => {
  const app = await open()
  await app.evaluate(() => {
    frame.im.callTo(2, { video: true })
    frame.im.phoneTo('+493012345')
    frame.im.openMessenger('chat7')
    frame.im.openHistory('chat7')
    frame.im.openMessenger()
  })
  await until(async () => (await heardCommands()).length === 6, 'five commands')
  assert.deepEqual((await heardCommands()).slice(1), [
    'imCallTo {"userId":2,"video":true}',
    'imPhoneTo {"phone":"+493012345"}',
    'imOpenMessenger {"dialogId":"chat7"}',
    'imOpenHistory {"dialogId":"chat7"}',
    'imOpenMessenger {}',
  ])
})

test('options_are_kept_for_the_next_visit', async () => {
  const app = await open()
  const unset = await app.evaluate(() =>
    ['size', 'toString'].map((name) =>
      [frame.options.app, frame.options.user].map((options) => options.get(name) ?? null),
    ),
  )
  assert.deepEqual(unset, Array(2).fill([null, null]))
  await promised(app, 'options.app.set', 'size', 7)
  await promised(app, 'options.user.set', 'colour', 'green')
  const now = await app.evaluate(() => [
    frame.options.app.get('size'),
    frame.options.user.get('colour'),
  ])
  assert.deepEqual(now, ['7', 'green'])
  const next = await open({ user: '2' })
  const found = await next.evaluate(() => [
    frame.options.app.get('size'),
    frame.options.user.get('colour') ?? null,
  ])
  assert.deepEqual(found, ['7', null])
})

test('options_of_the_application_are_an_administrators', async () => {
  const app = await open({ user: '2' })
  const refused = await promised(app, 'options.app.set', 'size', 7)
  assert.deepEqual([refused.code, refused.kind, refused.ran], ['access_denied', 'denied', 'no'])
  const admin = await open()
  await world.portal.control('faults', { kind: 'page-option-denied', times: 1 })
  assert.equal((await promised(admin, 'options.app.set', 'size', 7)).code, 'access_denied')
})

test('a_place_has_commands_and_events', async () => {
  const app = await open({ placement: 'USERFIELD_TYPE', options: '{"VALUE":"old"}' })
  assert.deepEqual((await promised(app, 'placement.interface')).command, [
    'getValue',
    'setValue',
    'resizeWindow',
  ])
  assert.equal(await promised(app, 'placement.call', 'getValue'), 'old')
  for (const value of ['', 'new']) {
    assert.deepEqual(await promised(app, 'placement.call', 'setValue', value), [])
    assert.equal(await promised(app, 'placement.call', 'getValue'), value)
  }
})

test('an_events_listener_hears_until_it_is_ended', async () => {
  const app = await open({ placement: 'CALL_CARD' })
  await app.evaluate(() => {
    globalThis.events = []
    globalThis.stop = frame.placement.on('CallCard::BeforeClose', (event) => events.push(event))
  })
  await heard('placementBindEvent')
  const happen = async (payload) => {
    await world.page.getByLabel('What it carries, as JSON').fill(payload)
    await click('CallCard::BeforeClose')
  }
  await happen('{"ID":1}')
  await happen('')
  await app.waitForFunction(() => events.length === 2)
  await app.evaluate(() => globalThis.stop())
  await happen('{"ID":3}')
  await promised(app, 'placement.interface')
  assert.deepEqual(await app.evaluate(() => events), [{ ID: 1 }, []])
  assert.equal((await promised(app, 'placement.on', 'CallCard::BeforeClose')).kind, 'invalid')
})

test('commands_that_answer_whenever_something_happens_are_bound', async () => {
  const app = await open({ placement: 'CRM_DEAL_DETAIL_ACTIVITY' })
  await app.evaluate(() => {
    globalThis.events = []
    frame.placement.bind('bindValueChangeCallback', (event) => events.push(event))
  })
  await heard('bindValueChangeCallback')
  await click('bindValueChangeCallback')
  await app.waitForFunction(() => events.length === 1)
})

test('a_command_that_the_page_does_not_hear_ends_in_time', async () => {
  await world.page.clock.install()
  const app = await open()
  await world.portal.control('faults', { kind: 'page-silent', method: 'setTitle' })
  await begin(app, 'title', 'No')
  await world.page.clock.fastForward(11_000)
  const { code, kind, ran, ours } = await settled(app)
  assert.deepEqual([code, kind, ran, ours], ['CALLGATE_FRAME_SILENT', 'timeout', 'unknown', true])
})

test('the_first_run_is_over_when_it_is_said', async () => {
  const app = await open()
  await promised(app, 'firstRunFinish')
  assert.equal(await app.evaluate(() => frame.isFirstRun), false)
  const next = await open()
  assert.equal(await next.evaluate(() => frame.isFirstRun), false)
})

test('an_installation_is_finished_by_the_application', async () => {
  const install = `${world.site.origin}/install.html`
  await world.portal.control('page/app', { app: 'local.app', user: 1, installed: false })
  await world.page.goto(world.address({ install }))
  const app = await world.listening('/install.html')
  const [isInstalling] = await app.evaluate(async () => {
    const { frame } = await callgate.Portal.frame()
    setTimeout(() => frame.installFinish(), 50) // the page is reloaded then
    return [frame.isInstalling]
  })
  assert.equal(isInstalling, true)
  await world.listening('/app.html')
  assert.match(world.page.url(), /install_finished=Y/)
})

test('what_is_wrong_with_the_input_is_said', async () => {
  const app = await open()
  for (const [name, ...args] of [
    ['resize', 0, 100],
    ['resize', 100, '50px'],
    ['scroll', -1],
    ['scroll', 'far'],
    ['placement.call', 7],
    ['installFinish'],
  ]) {
    const error = await promised(app, name, ...args)
    assert.deepEqual([error.ours, error.kind, error.ran], [true, 'invalid', 'no'], name)
  }
  const cycle = await app.evaluate(async () => {
    const round = {}
    round.round = round
    return (await outcome(() => frame.placement.call('reloadData', round))).kind
  })
  assert.equal(cycle, 'invalid')
})

test('who_holds_the_page_holds_its_portal', async () => {
  const app = await world.open({ placement: 'CALL_CARD' })
  await app.evaluate(async () => {
    globalThis.events = []
    const { frame } = await callgate.Portal.frame()
    frame.placement.on('CallCard::BeforeClose', (event) => events.push(event))
  })
  await heard('placementBindEvent')
  const session = await world.page.context().newCDPSession(world.page)
  for (let time = 0; time < 5; time++) {
    await session.send('HeapProfiler.collectGarbage')
    await world.page.waitForTimeout(20)
  }
  await click('CallCard::BeforeClose')
  await app.waitForFunction(() => events.length === 1)
})

test('destroy_ends_the_channel_and_all_that_waits', async () => {
  const app = await open()
  const told = await app.evaluate(async () => {
    const user = outcome(frame.selectUser())
    const call = outcome(globalThis.portal.call('profile'))
    frame.destroy()
    const late = await outcome(() => frame.fit())
    const said = await outcome(() => frame.reload())
    return [await user, await call, late, said].map(({ kind, ours }) => [kind, ours])
  })
  assert.deepEqual(told, Array(4).fill(['aborted', true]))
  const commands = (await heardCommands()).map((line) => line.split(' ')[0])
  assert.deepEqual(commands, ['getInitData', 'selectUser'])
})
