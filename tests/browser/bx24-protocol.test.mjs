/**
 * BX24 and the portal's page: every command of the base interface from the application's side, what
 * goes over the frame's border, what the page does, what the callback gets.
 */
/* global BX24, stage */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, bx24World, call } from '../support/bx24.mjs'
import { PEOPLE, until } from '../support/page.mjs'

const world = bx24World()
const { click, complaint, listening, load, message, messages, open, profile } = world

const ID = /^[^:]+$/
const row = (name) => world.page.getByRole('dialog').getByRole('button', { name }).click()
const tick = (name) => world.page.getByRole('dialog').getByLabel(name).check()

/** Calls with a callback; what it got is in the frame's `got`, one member for each time. */
const listen = (frame, name, ...args) =>
  frame.evaluate(
    ([name, args]) => {
      const [method, owner] = name.split('.').reverse()
      globalThis.got = []
      const object = owner ? BX24[owner] : BX24
      object[method](...args, (...given) => globalThis.got.push(given))
    },
    [name, args],
  )

const got = (frame) => frame.evaluate(() => globalThis.got)
/** Long enough for an answer that must not come. */
const silence = () => world.page.waitForTimeout(150)

test('getInitData_is_asked_for_once_and_everything_is_known_then', async () => {
  const frame = await open({ placement: 'CRM_DEAL_DETAIL_TAB', options: '{"ID":"42"}' })
  const [text, ...more] = await messages('getInitData')
  const sid = await frame.evaluate(() => window.name.split('|')[2])
  assert.match(text, new RegExp(`^getInitData::[^:]+:${sid}$`))
  assert.deepEqual(more, [])
  const { host } = new URL(world.portal.portal)
  const told = await frame.evaluate(() => ({
    admin: BX24.isAdmin(),
    lang: BX24.getLang(),
    domain: BX24.getDomain(),
    info: BX24.placement.info(),
    unset: [BX24.userOption.get('none'), BX24.appOption.get('toString')],
    budget: BX24.portal.budget,
  }))
  assert.deepEqual(told, {
    admin: true,
    lang: 'en',
    domain: host,
    info: { placement: 'CRM_DEAL_DETAIL_TAB', options: { ID: '42' } },
    unset: [undefined, undefined],
    budget: { filled: 0, burst: 50, perSecond: 2, waiting: 0 },
  })
  const auth = await call(frame, 'getAuth')
  const keys = ['access_token', 'refresh_token', 'expires_in', 'domain', 'member_id']
  assert.deepEqual(Object.keys(auth).sort(), keys.toSorted())
  assert.equal(await profile(auth.access_token), 200)
  assert.equal(auth.domain, host)
  const hour = auth.expires_in - (await frame.evaluate(() => Date.now()))
  assert.ok(hour > 3_500_000 && hour <= 3_600_000, `${hour} ms`)
})

test('getInterface_names_what_the_place_has', async () => {
  const frame = await open({ placement: 'CALL_CARD' })
  const { command, event } = await ask(frame, 'placement.getInterface')
  assert.deepEqual(command, ['getStatus', 'disableAutoClose', 'enableAutoClose'])
  assert.equal(event.length, 3)
  const { json, id } = await message('getInterface')
  assert.equal(json, '')
  assert.match(id, ID)
})

test('refreshAuth_replaces_the_token_and_hands_it_over', async () => {
  const frame = await open()
  const before = await call(frame, 'getAuth')
  const fresh = await ask(frame, 'refreshAuth')
  assert.notEqual(fresh.access_token, before.access_token)
  assert.deepEqual(await call(frame, 'getAuth'), fresh)
  assert.equal(await profile(fresh.access_token), 200)
  assert.equal((await message('refreshAuth')).json, '{}')
})

test('a_refresh_that_fails_is_never_answered_and_the_page_says_why', async () => {
  const frame = await open()
  const before = await call(frame, 'getAuth')
  await world.portal.control('faults', { kind: 'refresh-not-installed', times: 1 })
  await listen(frame, 'refreshAuth')
  await world.page.locator('#alert').waitFor()
  assert.match(await complaint(), /^refreshAuth: /)
  assert.deepEqual([await got(frame), await call(frame, 'getAuth')], [[], before])
})

/** Window commands that are answered: arguments, the JSON that is sent, the answer. */
const WINDOW = [
  ['resizeWindow', [300, 200], '{"width":300,"height":200}', { width: 300, height: 200 }],
  ['resizeWindow', ['50px', '70.9'], '{"width":50,"height":70}', { width: 50, height: 70 }],
  ['resizeWindow', ['100%', 70], '{"width":100,"height":70}', { width: 100, height: 70 }],
  ['setTitle', ['a:b "c"'], '{"title":"a:b \\"c\\""}', { title: 'a:b "c"' }],
  ['setTitle', [7], '{"title":"7"}', { title: '7' }],
  ['scrollParentWindow', ['40px'], '{"scroll":40}', { scroll: 40 }, 'setScroll'],
  ['scrollParentWindow', [-1], '{"scroll":-1}', { scroll: -1 }, 'setScroll'],
]

for (const [name, args, json, answer, command = name] of WINDOW) {
  test(`${name}_of_${args.join('_')}_sends_${command}_and_hears_the_answer`, async () => {
    const frame = await open()
    assert.deepEqual(await ask(frame, name, ...args), answer)
    const said = await message(command)
    assert.equal(said.json, json)
    assert.match(said.id, ID)
    await call(frame, name, ...args)
    await until(async () => (await messages(command)).length === 2, 'one without a callback')
    assert.equal((await message(command)).id, '')
  })
}

test('sizes_and_scrolls_that_are_none_are_not_sent', async () => {
  const frame = await open()
  for (const args of [[0, 5], [5, 0], [-3, 5], ['wide', 5], [5], []]) {
    await listen(frame, 'resizeWindow', ...args)
  }
  await listen(frame, 'scrollParentWindow', 'down')
  await ask(frame, 'setTitle', 'last')
  assert.deepEqual([await messages('resizeWindow'), await messages('setScroll')], [[], []])
})

test('fitWindow_asks_for_the_whole_width_and_its_own_height', async () => {
  const frame = await open()
  await frame.evaluate(() => (document.body.style.height = '777px'))
  const { scrollHeight } = await call(frame, 'getScrollSize')
  const { width, height } = await ask(frame, 'fitWindow')
  assert.equal((await message('resizeWindow')).json, `{"width":"100%","height":${scrollHeight}}`)
  assert.deepEqual(
    [width, height],
    [await world.page.evaluate(() => stage.clientWidth), scrollHeight],
  )
})

test('reloadWindow_reloads_the_portals_page', async () => {
  const frame = await open()
  const loaded = world.page.waitForEvent('load')
  await call(frame, 'reloadWindow')
  await loaded
  await listening()
})

test('setUserOption_is_kept_at_once_here_and_for_the_next_visit_there', async () => {
  const frame = await open()
  const returned = await frame.evaluate(() => {
    BX24.userOption.set('view', { wide: [1, 'two'] })
    return BX24.userOption.get('view')
  })
  assert.deepEqual(returned, { wide: [1, 'two'] })
  const { json, id } = await message('setUserOption')
  assert.deepEqual([json, id], ['{"name":"view","value":{"wide":[1,"two"]}}', ''])
  await ask(frame, 'placement.getInterface') // commands are carried out in order
  const next = await open()
  assert.deepEqual(await call(next, 'userOption.get', 'view'), { wide: ['1', 'two'] })
})

test('setAppOption_answers_with_all_options', async () => {
  const frame = await open()
  const all = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        BX24.appOption.set('first', 1)
        BX24.appOption.set('second', 'b', resolve)
      }),
  )
  assert.deepEqual(all, { first: '1', second: 'b' })
  assert.equal(await call(frame, 'appOption.get', 'first'), 1)
  assert.equal(await call(await open(), 'appOption.get', 'first'), '1')
})

test('setAppOption_may_be_refused', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'page-option-denied' })
  assert.deepEqual(await ask(frame, 'appOption.set', 'a', 1), { error: 'access_denied' })
})

test('setAppOption_is_an_administrators_alone', async () => {
  const frame = await open({ user: 2 })
  await listen(frame, 'appOption.set', 'a', 1)
  await ask(frame, 'setTitle', 'last')
  assert.deepEqual([await messages('setAppOption'), await got(frame)], [[], []])
  assert.equal(await call(frame, 'appOption.get', 'a'), undefined)
})

test('setInstall_ends_the_first_run', async () => {
  const frame = await load()
  await frame.evaluate(
    () =>
      new Promise((resolve) => {
        BX24.install(() => BX24.installFinish())
        BX24.init(resolve)
      }),
  )
  assert.equal((await message('setInstall')).json, '{"install":true}')
  assert.deepEqual(await messages('setInstallFinish'), [])
})

test('setInstallFinish_ends_an_installation_and_the_page_is_loaded_anew', async () => {
  const install = `${world.site.origin}/install.html`
  await world.portal.control('page/app', { app: 'local.app', installed: false })
  world.site.pages['/install.html'] = world.site.pages['/app.html']
  await world.page.goto(world.address({ install }))
  const frame = await listening('/install.html')
  await frame.evaluate(() => BX24.init(() => BX24.installFinish()))
  await listening()
  assert.match(world.page.url(), /install_finished=Y/)
})

test('selectUser_gives_one_person', async () => {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  await listen(frame, 'selectUser', 'Who?')
  await row(/^Mira/)
  await until(async () => (await got(frame)).length > 0, 'an answer')
  const [[person, ...more]] = await got(frame)
  const { id, name, position, sub, sup, photo, url } = person
  assert.deepEqual([id, name, position, more], ['2', 'Mira Lindqvist', 'Manager', []])
  assert.deepEqual([sub, sup, photo, url], [false, false, '', '/company/personal/user/2/'])
  assert.equal((await message('selectUser')).json, '{"title":"Who?","mult":false}')
})

test('selectUsers_gives_several_or_none_and_closing_gives_nothing', async () => {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  await listen(frame, 'selectUsers')
  for (const name of ['Jonas Okafor', 'Mira Lindqvist']) await tick(name)
  await click('Select')
  await until(async () => (await got(frame)).length > 0, 'an answer')
  const [[people]] = await got(frame)
  assert.deepEqual(
    people.map(({ id }) => id),
    ['1', '2'],
  )
  assert.equal((await message('selectUsers'.slice(0, -1))).json, '{"title":"","mult":true}')
  await listen(frame, 'selectUsers')
  await click('Select')
  await until(async () => (await got(frame)).length > 0, 'an empty answer')
  assert.deepEqual(await got(frame), [[[]]])
  await listen(frame, 'selectUsers')
  await click('Close')
  await silence()
  assert.deepEqual(await got(frame), [])
})

test('the_dialog_for_a_single_person_serves_who_asked_last', async () => {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  await frame.evaluate(() => {
    globalThis.got = []
    for (const name of ['first', 'second']) {
      BX24.selectUser(({ id }) => globalThis.got.push([name, id]))
    }
  })
  await until(async () => (await messages('selectUser')).length === 2, 'two messages')
  await row(/^Jonas/)
  await until(async () => (await got(frame)).length > 0, 'an answer')
  assert.deepEqual(await got(frame), [['second', '1']])
})

/** Argument forms: what is sent. */
const FORMS = [
  ['selectAccess', [], { value: [] }],
  ['selectAccess', ['Who may?'], { value: [] }],
  ['selectAccess', [['AU']], { value: ['AU'] }],
  ['selectAccess', ['Who may?', ['AU', 'U1']], { value: ['AU', 'U1'] }],
  ['selectCRM', [], {}],
  [
    'selectCRM',
    [{ entityType: ['deal'], multiple: true }],
    { entityType: ['deal'], multiple: true },
  ],
  [
    'selectCRM',
    [{ entityType: ['deal'], value: { deal: [1] }, more: 1 }],
    { entityType: ['deal'], value: { deal: [1] } },
  ],
]

for (const [name, args, params] of FORMS) {
  test(`${name}_sends_${JSON.stringify(params)}_for_${JSON.stringify(args)}`, async () => {
    const frame = await open()
    await listen(frame, name, ...args)
    assert.deepEqual(JSON.parse((await message(name)).json), params)
    await click('Close')
    await silence()
    assert.deepEqual(await got(frame), [])
  })
}

test('selectAccess_gives_providers_with_codes_and_names', async () => {
  const frame = await open()
  await listen(frame, 'selectAccess', 'Who may?', ['AU'])
  await tick('Group 1')
  await click('Select')
  await until(async () => (await got(frame)).length > 0, 'an answer')
  const [[chosen]] = await got(frame)
  assert.deepEqual(chosen, [
    { provider: 'other', id: 'AU', name: 'All authorized users' },
    { provider: 'group', id: 'G1', name: 'Group 1' },
  ])
})

test('selectCRM_hands_its_buckets_over_as_they_are', async () => {
  const frame = await open()
  await listen(frame, 'selectCRM', {
    entityType: ['deal', 'quote'],
    multiple: true,
    value: { deal: [1] },
  })
  await tick('Quote 1')
  await click('Select')
  await until(async () => (await got(frame)).length > 0, 'an answer')
  const [[chosen]] = await got(frame)
  assert.deepEqual(Object.keys(chosen), ['deal', 'quote'])
  assert.equal(Array.isArray(chosen.deal), false)
  assert.deepEqual([chosen.deal[0].id, chosen.quote[0].id], ['D_1', 'Q_1'])
})
