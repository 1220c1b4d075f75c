/** The test portal's page: the commands that every application has, in the order of the portal's own table. */
/* global heard, say, sid, stage */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PEOPLE, pageWorld, until } from '../support/page.mjs'

const world = pageWorld()
const {
  address,
  answered,
  answers,
  ask,
  click,
  complaint,
  heardCommands,
  heading,
  listening,
  open,
  profile,
  silent,
  tell,
  title,
  unanswered,
} = world

test('getInitData_tells_everything', async () => {
  const frame = await open()
  const data = await ask(frame, 'getInitData')
  const { AUTH_ID, REFRESH_ID, MEMBER_ID, ...rest } = data
  assert.equal(await profile(AUTH_ID), 200)
  assert.match(REFRESH_ID, /^\w{32}/)
  assert.match(MEMBER_ID, /^\w{32}$/)
  assert.deepEqual(rest, {
    LANG: 'en',
    DOMAIN: new URL(world.portal.portal).host,
    PROTOCOL: 0,
    PATH: '/rest',
    AUTH_EXPIRES: '3600',
    FIRST_RUN: true,
    IS_ADMIN: true,
    INSTALL: false,
    USER_OPTIONS: [],
    APP_OPTIONS: [],
    PLACEMENT: 'DEFAULT',
    PLACEMENT_OPTIONS: '',
  })
  const again = await ask(frame, 'getInitData', {})
  assert.deepEqual(again, { ...data, FIRST_RUN: false })
})

test('the_address_says_who_looks_and_what_the_token_may', async () => {
  const frame = await open({ user: 2, lang: 'de', expires: 60, scopes: 'crm,im', client: 'other' })
  const data = await ask(frame, 'getInitData')
  assert.deepEqual([data.IS_ADMIN, data.LANG, data.AUTH_EXPIRES], [false, 'de', '60'])
  const scope = await fetch(`${world.portal.portal}/rest/scope?auth=${data.AUTH_ID}`)
  assert.deepEqual((await scope.json()).result, ['crm', 'im'])
})

test('refreshAuth_gives_a_new_token_each_time', async () => {
  const frame = await open()
  const { AUTH_ID } = await ask(frame, 'getInitData')
  const ids = [await tell(frame, 'refreshAuth', {}), await tell(frame, 'refreshAuth', {})]
  const fresh = [(await answered(frame, ids[0]))[0], (await answered(frame, ids[1]))[0]]
  assert.deepEqual(Object.keys(fresh[0]), ['AUTH_ID', 'AUTH_EXPIRES', 'REFRESH_ID'])
  assert.equal(fresh[0].AUTH_EXPIRES, '3600')
  const tokens = new Set([AUTH_ID, ...fresh.map((it) => it.AUTH_ID)])
  assert.equal(tokens.size, 3)
  assert.equal(await profile(fresh[1].AUTH_ID), 200)
  assert.equal((await ask(frame, 'getInitData')).AUTH_ID, fresh[1].AUTH_ID)
})

test('a_refresh_that_fails_is_told_to_the_user_alone', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'refresh-not-installed', times: 1 })
  await silent(frame, 'refreshAuth', {})
  assert.match(await complaint(), /^refreshAuth: Application not installed/)
  assert.ok((await ask(frame, 'refreshAuth', {})).AUTH_ID)
})

test('resizeWindow_answers_with_the_measured_pixels', async () => {
  const frame = await open()
  const resize = (width, height) => ask(frame, 'resizeWindow', { width, height })
  assert.deepEqual(await resize(300, 200), { width: 300, height: 200 })
  assert.deepEqual(await resize('250px', '210'), { width: 250, height: 210 })
  assert.deepEqual(await resize('wide', 0), { width: 100, height: 210 })
  assert.deepEqual(await resize(120, 'high'), { width: 120, height: 210 })
  const whole = await resize('100%', 90)
  assert.deepEqual(whole, { width: await world.page.evaluate(() => stage.clientWidth), height: 90 })
  const name = await frame.evaluate(() => window.name)
  const layout = await world.page.locator(`#appframe_layout_${name.split('|')[2]}`).boundingBox()
  assert.deepEqual([layout.width, layout.height], [whole.width, 90])
  assert.deepEqual(await frame.evaluate(() => [innerWidth, innerHeight]), [whole.width, 90])
})

test('setTitle_and_setScroll_answer_with_what_they_were_given', async () => {
  const frame = await open()
  assert.deepEqual(await ask(frame, 'setTitle', { title: 'Ours', more: 1 }), {
    title: 'Ours',
    more: 1,
  })
  assert.equal(await title(), 'Ours')
  await ask(frame, 'resizeWindow', { width: 300, height: 5000 })
  assert.deepEqual(await ask(frame, 'setScroll', { scroll: 400 }), { scroll: 400 })
  const scrolled = () => world.page.evaluate(() => scrollY)
  assert.equal(await scrolled(), 400)
  assert.deepEqual(await ask(frame, 'setScroll', { scroll: -1 }), { scroll: -1 })
  assert.equal(await scrolled(), 400)
})

test('reloadWindow_loads_the_whole_page_again_and_the_first_run_stays_one', async () => {
  const frame = await open()
  assert.equal((await ask(frame, 'getInitData')).FIRST_RUN, true)
  const loaded = world.page.waitForEvent('load')
  await tell(frame, 'reloadWindow', {})
  await loaded
  assert.equal((await ask(await listening(), 'getInitData')).FIRST_RUN, true)
})

test('setInstall_ends_the_first_run_for_this_user', async () => {
  const frame = await open()
  assert.deepEqual(await ask(frame, 'setInstall', { install: true }), { install: true })
  assert.equal((await ask(await open(), 'getInitData')).FIRST_RUN, false)
  assert.equal((await ask(await open({ user: 2 }), 'getInitData')).FIRST_RUN, true)
})

test('options_of_a_user_are_kept_as_texts', async () => {
  const frame = await open()
  for (const [name, value] of Object.entries({ on: true, size: 7, list: [1, { a: null }] })) {
    assert.deepEqual(await ask(frame, 'setUserOption', { name, value }), { name, value })
  }
  const kept = { on: 'true', size: '7', list: ['1', { a: '' }] }
  assert.deepEqual((await ask(await open(), 'getInitData')).USER_OPTIONS, kept)
  assert.deepEqual((await ask(await open({ user: 2 }), 'getInitData')).USER_OPTIONS, [])
  assert.deepEqual((await ask(await open({ client: 'b' }), 'getInitData')).USER_OPTIONS, [])
})

test('options_of_the_application_are_set_together_and_told_in_full', async () => {
  const frame = await open()
  await ask(frame, 'setAppOption', { name: 'a', value: 1 })
  // In one turn of the frame's: what comes later may be too late for the same request.
  await frame.evaluate(() => {
    for (const name of ['b', 'c']) {
      say(['setAppOption', JSON.stringify({ name, value: name }), name, sid].join(':'))
    }
  })
  const all = { a: '1', b: 'b', c: 'c' }
  for (const id of ['b', 'c']) assert.deepEqual(await answered(frame, id), [all])
  assert.deepEqual((await ask(await open({ user: 2 }), 'getInitData')).APP_OPTIONS, all)
})

test('only_an_administrator_sets_options_of_the_application', async () => {
  const frame = await open({ user: 2 })
  await silent(frame, 'setAppOption', { name: 'a', value: 1 })
  const admin = await open()
  assert.deepEqual((await ask(admin, 'getInitData')).APP_OPTIONS, [])
  await world.portal.control('faults', { kind: 'page-option-denied', times: 1 })
  const denied = await ask(admin, 'setAppOption', { name: 'a', value: 1 })
  assert.deepEqual(denied, { error: 'access_denied' })
})

test('an_installation_run_ends_when_the_application_says_so', async () => {
  await world.portal.control('page/app', { app: 'local.app', installed: false })
  const install = `${world.site.origin}/install.html`
  await world.page.goto(address({ install }))
  let frame = await listening('/install.html')
  assert.equal((await ask(frame, 'getInitData')).INSTALL, true)
  for (const [params, mark, path, installing] of [
    [{ value: false }, 'N', '/install.html', true],
    [{}, 'Y', '/app.html', false],
  ]) {
    const reloaded = world.page.waitForURL(
      (url) => url.searchParams.get('install_finished') === mark,
    )
    await tell(frame, 'setInstallFinish', params)
    await reloaded
    frame = await listening(path)
    assert.equal((await ask(frame, 'getInitData')).INSTALL, installing)
  }
})

test('nobody_but_an_administrator_sees_an_installation', async () => {
  await world.portal.control('page/app', { app: 'local.app', installed: false })
  await world.page.goto(address({ install: `${world.site.origin}/install.html`, user: 2 }))
  await world.page.getByText('isn’t installed').waitFor()
  assert.equal(await world.page.locator('iframe').count(), 0)
  // Without a page for its installation there is nothing to run.
  assert.equal((await ask(await open({ user: 2 }), 'getInitData')).INSTALL, false)
})

const MIRA = {
  id: '2',
  name: 'Mira Lindqvist',
  sub: false,
  sup: false,
  position: 'Manager',
  photo: '',
  url: '/company/personal/user/2/',
}

test('selectUser_gives_one_user_or_a_list', async () => {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  const one = await tell(frame, 'selectUser', { title: '', mult: false })
  await world.page.getByRole('button', { name: /^Mira/ }).click()
  assert.deepEqual(await answered(frame, one), [MIRA])
  for (const names of [[/^Mira/], []]) {
    const several = await tell(frame, 'selectUser', { mult: true })
    for (const name of names) await world.page.getByRole('checkbox', { name }).check()
    await click('Select')
    assert.deepEqual(await answered(frame, several), [names.map(() => MIRA)])
  }
  const closed = [await tell(frame, 'selectUser', { mult: false })]
  await click('Close')
  closed.push(await tell(frame, 'selectUser', { mult: true }))
  await click('Close')
  for (const id of closed) await unanswered(frame, id)
})

test('the_dialog_for_one_user_serves_who_asked_last', async () => {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  const first = await tell(frame, 'selectUser', { mult: false })
  const second = await tell(frame, 'selectUser', { mult: false })
  await until(async () => (await heardCommands()).length === 2, 'a second request')
  await world.page.getByRole('button', { name: /^Mira/ }).click()
  assert.deepEqual(await answered(frame, second), [MIRA])
  await unanswered(frame, first)
  assert.equal(await world.page.getByRole('dialog').count(), 0)
})

test('selectAccess_starts_with_what_is_chosen', async () => {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  const id = await tell(frame, 'selectAccess', { value: ['AU'] })
  await world.page.getByRole('checkbox', { name: /^Mira/ }).check()
  await click('Select')
  assert.deepEqual(await answered(frame, id), [
    [
      { provider: 'other', id: 'AU', name: 'All authorized users' },
      { provider: 'user', id: 'U2', name: 'Mira Lindqvist' },
    ],
  ])
  const closed = await tell(frame, 'selectAccess', { value: [] })
  await click('Close')
  await unanswered(frame, closed)
})

test('selectCRM_gives_numbered_objects_by_type', async () => {
  await world.portal.control('data', {
    entity: 'deal',
    rows: [
      { ID: '1', TITLE: 'Roof' },
      { ID: '2', TITLE: 'Pump' },
    ],
  })
  await world.portal.control('data', {
    entity: 'contact',
    rows: [{ ID: '5', NAME: 'Ada', LAST_NAME: 'M' }],
  })
  const frame = await open()
  const item = (type, id, number, name) => ({
    id,
    type,
    place: type,
    title: name,
    desc: '',
    url: `/crm/${type}/details/${number}/`,
  })
  const roof = item('deal', 'D_1', 1, 'Roof')
  const pump = item('deal', 'D_2', 2, 'Pump')
  const several = {
    entityType: ['deal', 'contact'],
    multiple: true,
    value: { deal: [1], contact: ['C_5'] },
  }
  const id = await tell(frame, 'selectCRM', several)
  await world.page.getByRole('checkbox', { name: /^Pump/ }).check()
  assert.equal(await world.page.getByRole('checkbox').count(), 3)
  await click('Select')
  const ada = item('contact', 'C_5', 5, 'Ada M')
  assert.deepEqual(await answered(frame, id), [{ contact: { 0: ada }, deal: { 0: roof, 1: pump } }])

  const one = await tell(frame, 'selectCRM', { entityType: ['deal'], multiple: false })
  await world.page.getByRole('button', { name: /^Roof/ }).click()
  assert.deepEqual(await answered(frame, one), [{ deal: { 0: roof } }])
  const any = await tell(frame, 'selectCRM', {})
  await world.page.getByRole('button', { name: /^Quote 1/ }).click()
  assert.deepEqual(Object.keys((await answered(frame, any))[0]), ['quote'])
  const closed = await tell(frame, 'selectCRM', {})
  await click('Close')
  await unanswered(frame, closed)
})

test('openApplication_opens_it_once_more_and_answers_when_that_is_closed', async () => {
  const frame = await open()
  const params = {
    deal: 7,
    bx24_width: 500,
    bx24_leftBoundary: 'wide',
    bx24_title: 'Deal 7',
    bx24_label: { bgColor: 'green', text: 'new', color: '#ffffff' },
  }
  const id = await tell(frame, 'openApplication', params)
  const child = await listening()
  const data = await ask(child, 'getInitData')
  assert.deepEqual([data.PLACEMENT, data.PLACEMENT_OPTIONS], ['DEFAULT', { deal: 7 }])
  assert.notEqual(await child.evaluate(() => sid), await frame.evaluate(() => sid))
  assert.equal(await heading(), 'Deal 7')
  assert.equal((await world.page.getByRole('dialog').boundingBox()).width >= 500, true)
  assert.equal(await world.page.getByText('new', { exact: true }).isVisible(), true)

  await silent(child, 'resizeWindow', { width: 200, height: 200 })
  assert.deepEqual(await ask(child, 'setTitle', { title: 'Child' }), { title: 'Child' })
  assert.deepEqual([await heading(), await title()], ['Child', '…'])
  await unanswered(frame, id)
  await tell(child, 'closeApplication')
  assert.deepEqual(await answered(frame, id), [''])
  assert.equal(await world.page.getByRole('dialog').count(), 0)
  await silent(frame, 'closeApplication') // nothing is open that it could close
})

test('the_options_of_an_application_that_is_opened_may_be_wrapped_or_absent', async () => {
  const frame = await open()
  for (const [params, options] of [
    [{ options: { x: 1 }, params: { y: 2 } }, { y: 2 }],
    [{ options: { x: 1 } }, { options: { x: 1 } }],
    [{}, ''],
    [undefined, ''],
  ]) {
    await tell(frame, 'openApplication', params)
    const child = await listening()
    assert.deepEqual((await ask(child, 'getInitData')).PLACEMENT_OPTIONS, options)
    await click('Close')
  }
})

test('an_application_in_a_slider_reloads_there', async () => {
  const frame = await open()
  await tell(frame, 'openApplication', {})
  const child = await listening()
  const before = await child.evaluate(() => sid)
  await tell(child, 'reloadWindow', {})
  assert.notEqual(await (await listening()).evaluate(() => sid), before)
  assert.equal(await frame.evaluate(() => heard.length), 0)
  assert.equal(await world.page.getByRole('dialog').count(), 1)
})

test('an_installation_that_ends_in_a_slider_opens_the_application_there_again', async () => {
  await world.portal.control('page/app', { app: 'local.app', installed: false })
  await world.page.goto(address({ install: `${world.site.origin}/install.html` }))
  const frame = await listening('/install.html')
  const id = await tell(frame, 'openApplication', {})
  await tell(await listening('/install.html'), 'setInstallFinish', {})
  const child = await listening('/app.html')
  assert.equal((await ask(child, 'getInitData')).INSTALL, false)
  assert.deepEqual(await answered(frame, id), [''])
})

test('openPath_takes_paths_of_this_portal_and_answers_once', async () => {
  const frame = await open()
  const path = '/crm/deal/../../company/?IFRAME=Y'
  const id = await tell(frame, 'openPath', { path })
  const shown = '/company/?IFRAME=Y&from=rest_placement&from_app=local.app'
  await world.page.getByText(shown, { exact: true }).waitFor()
  await unanswered(frame, id)
  await click('Close')
  assert.deepEqual(await answered(frame, id), [{ result: 'close' }])

  const refused = { result: 'error', errorCode: 'PATH_NOT_AVAILABLE' }
  for (const path of [
    '',
    undefined,
    'crm/deal/',
    'https://x.test/',
    '//x.test/',
    '/\\x.test',
    '/%zz',
  ]) {
    assert.deepEqual(await ask(frame, 'openPath', { path }), refused, path)
  }
  await world.portal.control('faults', { kind: 'page-mobile', times: 1 })
  assert.deepEqual(await ask(frame, 'openPath', { path }), {
    result: 'error',
    errorCode: 'METHOD_NOT_SUPPORTED_ON_DEVICE',
  })
  await world.portal.control('faults', { kind: 'page-known-paths' })
  assert.deepEqual(await ask(frame, 'openPath', { path: '/bizproc/1/' }), refused)
  for (const path of [
    '/crm/type/128/',
    '/marketplace/app/',
    '/company/personal/user/1/',
    '/workgroups/group/3/',
  ]) {
    const id = await tell(frame, 'openPath', { path })
    await click('Close')
    assert.deepEqual(await answered(frame, id), [{ result: 'close' }], path)
  }
})

test('calls_chats_and_forms_are_heard_and_never_answered', async () => {
  const frame = await open()
  const commands = [
    ['imCallTo', { userId: 5, video: true }],
    ['imPhoneTo', { phone: '+49' }],
    ['imOpenMessenger', { dialogId: 'chat7' }],
    ['imOpenHistory', { dialogId: 'imol|7' }],
    ['showAppForm', { a: 1 }],
  ]
  const ids = []
  for (const [command, params] of commands) ids.push(await tell(frame, command, params))
  const shown = commands.map(([command, params]) => `${command} ${JSON.stringify(params)}`)
  await until(async () => (await heardCommands()).length === 5, 'five commands')
  assert.deepEqual(await heardCommands(), shown)
  for (const id of ids) assert.deepEqual(await answers(frame, id), [])
})
