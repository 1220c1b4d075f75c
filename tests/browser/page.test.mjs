/**
 * The test portal's page: every command of a portal, asked for by an application at another origin
 * that knows nothing but the wire.
 */
/* global say, heard, sid, stage */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'
import { startSite } from '../support/site.mjs'

/** Long enough for an answer that must not come. */
const SILENCE = 150

const application = `<!doctype html>
  <title>An application that speaks by hand</title>
  <body style="height: 900px">
  <script>
    const [host, secure, sid] = window.name.split('|')
    const heard = []
    addEventListener('message', ({ data, origin }) => {
      const [id] = data.split(':')
      heard.push({ id, text: data.slice(id.length + 1), origin })
    })
    const say = (message) =>
      parent.postMessage(message, (secure === '1' ? 'https://' : 'http://') + host)
  </script>`

let browser, portal, site, page
before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
  site = await startSite({
    pages: { '/app.html': application, '/install.html': application, '/x/other.html': application },
  })
})
after(async () => {
  site?.stop()
  await Promise.all([browser?.close(), portal?.stop()])
})
beforeEach(async () => {
  await portal.reset()
  page = await browser.newPage()
  page.setDefaultTimeout(5_000)
})
afterEach(() => page.close())

const address = (query) =>
  `${portal.portal}/_portal/page?${new URLSearchParams({ app: `${site.origin}/app.html`, ...query })}`

/** Opens the application, and gives its frame once it listens. */
async function open(query = {}) {
  await page.goto(address(query))
  return listening()
}

/** The frames that this has given already. */
const met = new WeakSet()

/** Waits for a frame that shows the application anew. */
async function listening(path = '/app.html') {
  const unmet = () =>
    page.frames().find((it) => it.url().startsWith(site.origin + path) && !met.has(it))
  await until(unmet, `a frame with ${path}`)
  const frame = unmet()
  met.add(frame)
  await frame.waitForFunction(() => typeof sid === 'string')
  return frame
}

async function until(isSo, what) {
  const late = Date.now() + 5_000
  while (!(await isSo())) {
    assert.ok(Date.now() < late, `in vain: until there is ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

let asked = 0

/** Says a command, and gives its callback's id. */
async function tell(frame, command, params) {
  const id = `id${++asked}`
  const json = params === undefined ? '' : JSON.stringify(params)
  await frame.evaluate((parts) => say([...parts, sid].join(':')), [command, json, id])
  return id
}

/** The texts that answered a callback so far. */
const answers = (frame, id) =>
  frame.evaluate((id) => heard.filter((it) => it.id === id).map(({ text }) => text), id)

/** Waits for so many answers, and gives them. */
async function answered(frame, id, count = 1) {
  await frame
    .waitForFunction(
      ([id, count]) => heard.filter((it) => it.id === id).length >= count,
      [id, count],
    )
    .catch(() => assert.fail(`no answer came`))
  return (await answers(frame, id)).map((text) => text && JSON.parse(text))
}

/** Says a command and gives the value that answers it. */
const ask = async (frame, command, params) =>
  (await answered(frame, await tell(frame, command, params)))[0]

/** Makes sure that a command, or an id, is not answered. */
async function unanswered(frame, id) {
  await page.waitForTimeout(SILENCE)
  assert.deepEqual(await answers(frame, id), [])
}

const silent = async (frame, command, params) =>
  unanswered(frame, await tell(frame, command, params))

const title = () => page.locator('#title').innerText()
const heading = () => page.getByRole('dialog').last().getByRole('heading').innerText()
const heardCommands = () => page.locator('#heard li').allInnerTexts()
const complaint = () => page.locator('#alert').innerText()
const click = (name) => page.getByRole('button', { name, exact: true }).click()
const profile = async (auth) => (await fetch(`${portal.portal}/rest/profile?auth=${auth}`)).status

// How it is opened

test('an_application_is_opened_by_a_post_and_finds_its_frame_named', async () => {
  const request = page.waitForRequest((it) => it.url().startsWith(`${site.origin}/app.html`))
  const frame = await open({ placement: 'crm_deal_detail_tab', options: '{"ID":"42"}' })
  const posted = await request
  const { host } = new URL(portal.portal)
  const [domain, protocol, sid] = (await frame.evaluate(() => window.name)).split('|')
  assert.deepEqual([domain, protocol, sid.length], [host, '0', 32])
  assert.equal(posted.method(), 'POST')
  const query = Object.fromEntries(new URL(posted.url()).searchParams)
  assert.deepEqual(query, { DOMAIN: host, PROTOCOL: '0', LANG: 'en', APP_SID: sid })
  const fields = Object.fromEntries(new URLSearchParams(posted.postData()))
  assert.deepEqual(Object.keys(fields), [
    'AUTH_ID',
    'AUTH_EXPIRES',
    'REFRESH_ID',
    'APPLICATION_TOKEN',
    'APPLICATION_SCOPE',
    'member_id',
    'status',
    'PLACEMENT',
    'PLACEMENT_OPTIONS',
  ])
  assert.equal(fields.PLACEMENT, 'CRM_DEAL_DETAIL_TAB')
  assert.equal(fields.PLACEMENT_OPTIONS, '{"ID":"42"}')
  assert.equal(await profile(fields.AUTH_ID), 200)
})

test('what_else_the_address_says_are_the_applications_options_as_texts', async () => {
  const frame = await open({ view: '7' })
  const { PLACEMENT, PLACEMENT_OPTIONS } = await ask(frame, 'getInitData')
  assert.deepEqual([PLACEMENT, PLACEMENT_OPTIONS], ['DEFAULT', { view: '7' }])
})

test('a_wrong_address_is_named', async () => {
  for (const [query, words] of [
    [{ app: 'javascript:alert(1)' }, /^app: /],
    [{ app: 'nowhere' }, /^app: /],
    [{ install: 'ftp://x/' }, /^install: /],
    [{ options: '{' }, /JSON/],
    [{ user: 'me' }, /user/],
  ]) {
    await page.goto(address(query))
    await page.locator('#alert').waitFor()
    assert.match(await complaint(), words)
  }
  await page.goto(`${portal.portal}/_portal/page`)
  await page.locator('#alert').waitFor()
  assert.match(await complaint(), /app: is missing/)
})

// The grammar

test('a_message_is_a_text_of_three_or_four_parts_or_an_object', async () => {
  const frame = await open()
  await frame.evaluate(() => say(`getInterface:three:${sid}`))
  await frame.evaluate(() => say({ method: 'getInterface', callback: 'four', appSid: sid }))
  const nothing = { command: [], event: [] }
  assert.deepEqual(await answered(frame, 'three'), [nothing])
  assert.deepEqual(await answered(frame, 'four'), [nothing])
  const params = { title: 'a:b:{"c":1}' }
  assert.deepEqual(await ask(frame, 'setTitle', params), params)
  assert.equal(await title(), params.title)
  const object = { title: 'by an object' }
  await frame.evaluate((params) => {
    say({ method: 'setTitle', params, callback: 'five', appSid: sid, requestId: 1 })
  }, object)
  assert.deepEqual(await answered(frame, 'five'), [object])
})

test('an_answer_comes_from_the_portals_origin', async () => {
  const frame = await open()
  await ask(frame, 'getInterface')
  assert.deepEqual(await frame.evaluate(() => heard.map(({ origin }) => origin)), [portal.portal])
})

test('whatever_else_comes_is_ignored', async () => {
  const frame = await open()
  await frame.evaluate(() => {
    say(`getInterface::other:${'0'.repeat(32)}`)
    for (const name of ['noSuch', 'toString', '__proto__', '']) say(`${name}::other:${sid}`)
    for (const what of [null, 7, [], {}, '', ':', 'getInterface']) say(what)
    say({ method: 'getInterface', callback: 'other', appSid: 'another' })
  })
  // The right words, but from the portal's own origin.
  const name = await frame.evaluate(() => window.name)
  await page.evaluate((sid) => postMessage(`getInterface::other:${sid}`, '*'), name.split('|')[2])
  await ask(frame, 'getInterface')
  await unanswered(frame, 'other')
  assert.equal((await heardCommands()).length, 1)
})

test('parameters_that_are_no_json_get_no_answer_but_a_complaint', async () => {
  const frame = await open()
  await frame.evaluate(() => say(`setTitle:{"title":bad:${sid}`))
  await frame.evaluate(() => say(`setTitle:{"title":bad:six:${sid}`))
  await page.locator('#alert').waitFor()
  assert.match(await complaint(), /^setTitle: /)
  await unanswered(frame, 'six')
  assert.deepEqual(await ask(frame, 'getInterface'), { command: [], event: [] })
})

test('a_command_without_a_callback_is_carried_out', async () => {
  const frame = await open()
  await frame.evaluate(() => say(`setTitle:{"title":"No callback"}::${sid}`))
  await until(async () => (await title()) === 'No callback', 'a title')
  assert.deepEqual(await frame.evaluate(() => heard), [])
})

// The base commands, in the table's order

test('getInitData_tells_everything', async () => {
  const frame = await open()
  const data = await ask(frame, 'getInitData')
  const { AUTH_ID, REFRESH_ID, MEMBER_ID, ...rest } = data
  assert.equal(await profile(AUTH_ID), 200)
  assert.match(REFRESH_ID, /^\w{32}/)
  assert.match(MEMBER_ID, /^\w{32}$/)
  assert.deepEqual(rest, {
    LANG: 'en',
    DOMAIN: new URL(portal.portal).host,
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
  const scope = await fetch(`${portal.portal}/rest/scope?auth=${data.AUTH_ID}`)
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
  await portal.control('faults', { kind: 'refresh-not-installed', times: 1 })
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
  assert.deepEqual(whole, { width: await page.evaluate(() => stage.clientWidth), height: 90 })
  const name = await frame.evaluate(() => window.name)
  const layout = await page.locator(`#appframe_layout_${name.split('|')[2]}`).boundingBox()
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
  const scrolled = () => page.evaluate(() => scrollY)
  assert.equal(await scrolled(), 400)
  assert.deepEqual(await ask(frame, 'setScroll', { scroll: -1 }), { scroll: -1 })
  assert.equal(await scrolled(), 400)
})

test('reloadWindow_loads_the_whole_page_again_and_the_first_run_stays_one', async () => {
  const frame = await open()
  assert.equal((await ask(frame, 'getInitData')).FIRST_RUN, true)
  const loaded = page.waitForEvent('load')
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
  const ids = []
  for (const name of ['b', 'c']) ids.push(tell(frame, 'setAppOption', { name, value: name }))
  const all = { a: '1', b: 'b', c: 'c' }
  for (const id of ids) assert.deepEqual(await answered(frame, await id), [all])
  assert.deepEqual((await ask(await open({ user: 2 }), 'getInitData')).APP_OPTIONS, all)
})

test('only_an_administrator_sets_options_of_the_application', async () => {
  const frame = await open({ user: 2 })
  await silent(frame, 'setAppOption', { name: 'a', value: 1 })
  const admin = await open()
  assert.deepEqual((await ask(admin, 'getInitData')).APP_OPTIONS, [])
  await portal.control('faults', { kind: 'page-option-denied', times: 1 })
  const denied = await ask(admin, 'setAppOption', { name: 'a', value: 1 })
  assert.deepEqual(denied, { error: 'access_denied' })
})

test('an_installation_run_ends_when_the_application_says_so', async () => {
  await portal.control('page/app', { app: 'local.app', installed: false })
  const install = `${site.origin}/install.html`
  await page.goto(address({ install }))
  let frame = await listening('/install.html')
  assert.equal((await ask(frame, 'getInitData')).INSTALL, true)
  for (const [params, mark, path, installing] of [
    [{ value: false }, 'N', '/install.html', true],
    [{}, 'Y', '/app.html', false],
  ]) {
    const reloaded = page.waitForURL((url) => url.searchParams.get('install_finished') === mark)
    await tell(frame, 'setInstallFinish', params)
    await reloaded
    frame = await listening(path)
    assert.equal((await ask(frame, 'getInitData')).INSTALL, installing)
  }
})

test('nobody_but_an_administrator_sees_an_installation', async () => {
  await portal.control('page/app', { app: 'local.app', installed: false })
  await page.goto(address({ install: `${site.origin}/install.html`, user: 2 }))
  await page.getByText('isn’t installed').waitFor()
  assert.equal(await page.locator('iframe').count(), 0)
  // Without a page for its installation there is nothing to run.
  assert.equal((await ask(await open({ user: 2 }), 'getInitData')).INSTALL, false)
})

const PEOPLE = [
  { ID: '1', NAME: 'Jonas', LAST_NAME: 'Okafor', WORK_POSITION: 'Administrator' },
  { ID: '2', NAME: 'Mira', LAST_NAME: 'Lindqvist', WORK_POSITION: 'Manager' },
]
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
  await portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  const one = await tell(frame, 'selectUser', { title: '', mult: false })
  await page.getByRole('button', { name: /^Mira/ }).click()
  assert.deepEqual(await answered(frame, one), [MIRA])
  for (const names of [[/^Mira/], []]) {
    const several = await tell(frame, 'selectUser', { mult: true })
    for (const name of names) await page.getByRole('checkbox', { name }).check()
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
  await portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  const first = await tell(frame, 'selectUser', { mult: false })
  const second = await tell(frame, 'selectUser', { mult: false })
  await until(async () => (await heardCommands()).length === 2, 'a second request')
  await page.getByRole('button', { name: /^Mira/ }).click()
  assert.deepEqual(await answered(frame, second), [MIRA])
  await unanswered(frame, first)
  assert.equal(await page.getByRole('dialog').count(), 0)
})

test('selectAccess_starts_with_what_is_chosen', async () => {
  await portal.control('data', { entity: 'user', rows: PEOPLE })
  const frame = await open()
  const id = await tell(frame, 'selectAccess', { value: ['AU'] })
  await page.getByRole('checkbox', { name: /^Mira/ }).check()
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
  await portal.control('data', {
    entity: 'deal',
    rows: [
      { ID: '1', TITLE: 'Roof' },
      { ID: '2', TITLE: 'Pump' },
    ],
  })
  await portal.control('data', {
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
  await page.getByRole('checkbox', { name: /^Pump/ }).check()
  assert.equal(await page.getByRole('checkbox').count(), 3)
  await click('Select')
  const ada = item('contact', 'C_5', 5, 'Ada M')
  assert.deepEqual(await answered(frame, id), [{ contact: { 0: ada }, deal: { 0: roof, 1: pump } }])

  const one = await tell(frame, 'selectCRM', { entityType: ['deal'], multiple: false })
  await page.getByRole('button', { name: /^Roof/ }).click()
  assert.deepEqual(await answered(frame, one), [{ deal: { 0: roof } }])
  const any = await tell(frame, 'selectCRM', {})
  await page.getByRole('button', { name: /^Quote 1/ }).click()
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
  assert.equal((await page.getByRole('dialog').boundingBox()).width >= 500, true)
  assert.equal(await page.getByText('new', { exact: true }).isVisible(), true)

  await silent(child, 'resizeWindow', { width: 200, height: 200 })
  assert.deepEqual(await ask(child, 'setTitle', { title: 'Child' }), { title: 'Child' })
  assert.deepEqual([await heading(), await title()], ['Child', '…'])
  await unanswered(frame, id)
  await tell(child, 'closeApplication')
  assert.deepEqual(await answered(frame, id), [''])
  assert.equal(await page.getByRole('dialog').count(), 0)
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
  assert.equal(await page.getByRole('dialog').count(), 1)
})

test('an_installation_that_ends_in_a_slider_opens_the_application_there_again', async () => {
  await portal.control('page/app', { app: 'local.app', installed: false })
  await page.goto(address({ install: `${site.origin}/install.html` }))
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
  await page.getByText(shown, { exact: true }).waitFor()
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
  await portal.control('faults', { kind: 'page-mobile', times: 1 })
  assert.deepEqual(await ask(frame, 'openPath', { path }), {
    result: 'error',
    errorCode: 'METHOD_NOT_SUPPORTED_ON_DEVICE',
  })
  await portal.control('faults', { kind: 'page-known-paths' })
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

// The places

const CRM = ['CRM_DEAL_DETAIL_TAB', 'CRM_CONTACT_LIST_MENU', 'CRM_DYNAMIC_128_DETAIL_TAB']
const SEARCH = ['CRM_DETAIL_SEARCH', 'CRM_REQUISITE_AUTOCOMPLETE', 'CRM_BANK_DETAIL_AUTOCOMPLETE']
const cards = (names) => names.map((name) => `BackgroundCallCard::${name}`)

/** Codes, commands, events. */
const PLACES = [
  [
    ['CALL_CARD'],
    ['getStatus', 'disableAutoClose', 'enableAutoClose'],
    ['CallCard::EntityChanged', 'CallCard::BeforeClose', 'CallCard::CallStateChanged'],
  ],
  [
    ['PAGE_BACKGROUND_WORKER'],
    [
      'CallCardSetMute',
      'CallCardSetHold',
      'CallCardSetUiState',
      'CallCardGetListUiStates',
      'CallCardSetCardTitle',
      'CallCardSetStatusText',
      'CallCardStartTimer',
      'CallCardStopTimer',
      'CallCardClose',
    ],
    cards([
      'initialized',
      'entityChanged',
      'addCommentButtonClick',
      'answerButtonClick',
      'cancelTransferButtonClick',
      'closeButtonClick',
      'completeTransferButtonClick',
      'dialpadButtonClick',
      'hangupButtonClick',
      'holdButtonClick',
      'makeCallButtonClick',
      'muteButtonClick',
      'nextButtonClick',
      'notifyAdminButtonClick',
      'qualityMeterClick',
      'skipButtonClick',
      'transferButtonClick',
    ]),
  ],
  [
    ['CALENDAR_GRIDVIEW'],
    ['getEvents', 'viewEvent', 'addEvent', 'editEvent', 'deleteEvent'],
    [
      'Calendar.customView:refreshEntries',
      'Calendar.customView:decreaseViewRangeDate',
      'Calendar.customView:increaseViewRangeDate',
      'Calendar.customView:adjustToDate',
    ],
  ],
  [CRM, ['reloadData'], []],
  [
    ['CRM_LEAD_DETAIL_ACTIVITY'],
    [
      'reloadData',
      'setLayout',
      'setLayoutItemState',
      'setPrimaryButtonState',
      'setSecondaryButtonState',
      'bindLayoutEventCallback',
      'bindValueChangeCallback',
      'bindPrimaryButtonClickCallback',
      'bindSecondaryButtonClickCallback',
      'bindEntityUpdateCallback',
      'lock',
      'unlock',
      'finish',
    ],
    [],
  ],
  [SEARCH, ['crmShowFoundEntities', 'crmShowCreatedEntity'], ['onCrmEntityIsNeedToCreate']],
  [
    ['CATALOG_EXTERNAL_PRODUCT'],
    ['onReady', 'onProductCreated', 'onProductUpdated', 'onProductsFound'],
    [
      'Catalog:ProductSelectorPlacement:onNeedProductCreate',
      'Catalog:ProductSelectorPlacement:onNeedProductUpdate',
      'Catalog:ProductSelectorPlacement:onNeedSearchProducts',
    ],
  ],
  [['USERFIELD_TYPE'], ['getValue', 'setValue', 'resizeWindow'], []],
  [['LANDING_BLOCK_about', 'LANDING_BLOCK_*'], ['refreshBlock'], []],
  [['BIZPROC_ACTIVITY_PROPERTIES_DIALOG'], ['setPropertyValue'], []],
  [['DEFAULT', 'TASK_VIEW_TAB'], [], []],
]

for (const [codes, command, event] of PLACES) {
  for (const placement of codes) {
    test(`${placement}_has_its_commands_and_events`, async () => {
      const frame = await open({ placement, options: '{"ID":"1"}' })
      const data = await ask(frame, 'getInitData')
      assert.equal(data.PLACEMENT, placement.toUpperCase())
      assert.deepEqual(data.PLACEMENT_OPTIONS, { ID: '1' })
      assert.deepEqual(await ask(frame, 'getInterface'), { command, event })
    })
  }
}

for (const [[placement], , events] of PLACES.filter(([, , events]) => events.length > 0)) {
  test(`events_of_${placement}_reach_those_who_bound_them_each_time_they_happen`, async () => {
    const frame = await open({ placement })
    const bind = (event) => tell(frame, 'placementBindEvent', { event })
    const twice = [await bind(events[0]), await bind(events[0])]
    const bound = []
    for (const event of events) bound.push(await bind(event))
    const unknown = await bind('nobody')
    await ask(frame, 'getInterface')
    const payload = page.getByLabel('What it carries, as JSON')
    for (const [index, event] of events.entries()) {
      await payload.fill('{"ID":7}')
      await click(event)
      await payload.fill('')
      await click(event)
      assert.deepEqual(await answered(frame, bound[index], 2), [{ ID: 7 }, ''], event)
    }
    for (const id of [...twice, ...bound]) assert.equal((await answers(frame, id)).length, 2)
    await unanswered(frame, unknown)
  })
}

test('the_title_is_the_first_places_alone_and_events_are_the_others', async () => {
  let frame = await open({ placement: 'CRM_DEAL_DETAIL_TAB' })
  await silent(frame, 'setTitle', { title: 'No' })
  assert.equal(await title(), '…')
  frame = await open()
  await silent(frame, 'placementBindEvent', { event: 'CallCard::BeforeClose' })
  assert.deepEqual(await heardCommands(), [])
})

const plainly = [
  ['CALL_CARD', ['disableAutoClose', 'enableAutoClose']],
  ['CALENDAR_GRIDVIEW', ['viewEvent', 'addEvent', 'editEvent', 'deleteEvent']],
  ['CRM_DEAL_DETAIL_TAB', ['reloadData']],
  [
    'CRM_DEAL_DETAIL_ACTIVITY',
    [
      'setLayout',
      'setLayoutItemState',
      'setPrimaryButtonState',
      'setSecondaryButtonState',
      'lock',
      'unlock',
      'finish',
    ],
  ],
  ['CRM_DETAIL_SEARCH', ['crmShowFoundEntities', 'crmShowCreatedEntity']],
  ['LANDING_BLOCK_about', ['refreshBlock']],
  ['BIZPROC_ACTIVITY_PROPERTIES_DIALOG', ['setPropertyValue']],
]

for (const [placement, commands] of plainly) {
  test(`commands_of_${placement}_without_data_answer_an_empty_list`, async () => {
    const frame = await open({ placement })
    for (const command of commands)
      assert.deepEqual(await ask(frame, command, { id: 1 }), [], command)
  })
}

test('a_call_card_tells_its_status_and_a_calendar_its_entries', async () => {
  const card = await ask(await open({ placement: 'CALL_CARD' }), 'getStatus')
  assert.deepEqual([card.CALL_ID, card.CALL_DIRECTION], ['externalCall.1', 'incoming'])
  const entries = await ask(await open({ placement: 'CALENDAR_GRIDVIEW' }), 'getEvents', {})
  assert.equal(entries[0].NAME, 'Meeting')
})

test('commands_to_a_call_card_need_one', async () => {
  const frame = await open({ placement: 'PAGE_BACKGROUND_WORKER' })
  const commands = PLACES[1][1].filter((name) => name !== 'CallCardGetListUiStates')
  const refused = (errorCode) => [{ result: 'error', errorCode }]
  for (const command of commands) {
    assert.deepEqual(await ask(frame, command, {}), refused('Call card is undefined'), command)
  }
  const states = await ask(frame, 'CallCardGetListUiStates', {})
  assert.equal(states.length, 12)
  await click('BackgroundCallCard::initialized')
  for (const command of ['SetMute', 'SetHold', 'SetCardTitle', 'SetStatusText']) {
    assert.deepEqual(await ask(frame, `CallCard${command}`, {}), [], command)
  }
  for (const command of ['CallCardStartTimer', 'CallCardStopTimer'])
    await silent(frame, command, {})
  assert.deepEqual(await ask(frame, 'CallCardSetUiState', { uiState: states[5] }), [])
  const wrong = await ask(frame, 'CallCardSetUiState', { uiState: 'happy' })
  assert.deepEqual(wrong, refused('Invalid ui state'))
  assert.deepEqual(await ask(frame, 'CallCardClose'), [])
  assert.deepEqual(await ask(frame, 'CallCardClose'), refused('Call card is undefined'))
})

test('callbacks_of_the_timeline_are_answered_as_often_as_they_are_called', async () => {
  const frame = await open({ placement: 'CRM_DEAL_DETAIL_ACTIVITY' })
  for (const command of PLACES[4][1].filter((name) => name.startsWith('bind'))) {
    const id = await tell(frame, command, {})
    await ask(frame, 'getInterface')
    assert.deepEqual(await answers(frame, id), [])
    for (let times = 0; times < 2; times++) await click(command)
    assert.deepEqual(await answered(frame, id, 2), [{}, {}])
  }
})

test('the_product_selector_takes_what_it_is_told_and_says_nothing', async () => {
  const frame = await open({ placement: 'CATALOG_EXTERNAL_PRODUCT' })
  for (const command of PLACES[6][1]) await silent(frame, command, { id: 1 })
  assert.equal((await heardCommands()).length, 4)
})

test('a_fields_value_is_what_was_set_and_the_frame_changes_its_height_alone', async () => {
  const frame = await open({ placement: 'USERFIELD_TYPE', options: '{"VALUE":"old"}' })
  assert.equal(await ask(frame, 'getValue'), 'old')
  for (const value of ['new', { a: 1 }, [1]]) {
    assert.deepEqual(await ask(frame, 'setValue', value), [])
    assert.deepEqual(await ask(frame, 'getValue'), value)
  }
  await frame.evaluate(() => say(`setValue::nothing:${sid}`)) // what a falsy value looks like
  assert.deepEqual(await answered(frame, 'nothing'), [[]])
  assert.deepEqual(await ask(frame, 'getValue'), [])
  const { width, height } = await ask(frame, 'resizeWindow', { width: 100, height: 70 })
  assert.equal(height, 70)
  assert.ok(width > 100, `${width}`)
})

test('a_name_with_a_colon_is_asked_for_by_an_object', async () => {
  const frame = await open({ placement: 'CALL_CARD' })
  const event = { event: 'CallCard::BeforeClose' }
  await frame.evaluate((params) => {
    say({ method: 'placementBindEvent', params, callback: 'bound', appSid: sid })
    say({ method: 'Some:Command', params: '', callback: 'unknown', appSid: sid })
  }, event)
  await ask(frame, 'getInterface')
  await click(event.event)
  assert.deepEqual(await answered(frame, 'bound'), [{}])
  await unanswered(frame, 'unknown')
})

// Faults

test('a_page_that_is_silent_does_nothing_either', async () => {
  const frame = await open()
  await portal.control('faults', { kind: 'page-silent', method: 'setTitle', times: 1 })
  await silent(frame, 'setTitle', { title: 'No' })
  assert.equal(await title(), '…')
  assert.deepEqual(await ask(frame, 'setTitle', { title: 'Yes' }), { title: 'Yes' })
})

test('a_page_of_old_hears_no_objects', async () => {
  const frame = await open()
  await portal.control('faults', { kind: 'page-texts-only' })
  await frame.evaluate(() => say({ method: 'getInterface', callback: 'old', appSid: sid }))
  await ask(frame, 'getInterface')
  await unanswered(frame, 'old')
})

test('an_answer_may_come_twice', async () => {
  const frame = await open()
  await portal.control('faults', { kind: 'page-twice', method: 'getInitData' })
  const id = await tell(frame, 'getInitData')
  const [first, second] = await answered(frame, id, 2)
  assert.deepEqual(first, second)
  await ask(frame, 'getInterface')
  assert.equal((await answers(frame, id)).length, 2)
})

test('a_command_may_be_answered_again_with_something_else', async () => {
  const frame = await open()
  await portal.control('faults', { kind: 'page-again' })
  const [first, second] = await answered(frame, await tell(frame, 'refreshAuth', {}), 2)
  assert.notEqual(first.AUTH_ID, second.AUTH_ID)
  const runs = await answered(frame, await tell(frame, 'getInitData'), 2)
  assert.deepEqual(
    runs.map(({ FIRST_RUN }) => FIRST_RUN),
    [true, false],
  )
  await portal.control('data', { entity: 'user', rows: PEOPLE })
  const id = await tell(frame, 'selectUser', { mult: false })
  for (const name of [/^Mira/, /^Jonas/]) await page.getByRole('button', { name }).click()
  const chosen = await answered(frame, id, 2)
  assert.deepEqual(
    chosen.map(({ name }) => name),
    ['Mira Lindqvist', 'Jonas Okafor'],
  )
})

test('an_answer_may_come_from_another_origin', async () => {
  const frame = await open()
  await portal.control('faults', { kind: 'page-other-origin', method: 'setTitle', times: 1 })
  const params = { title: '</script>"' }
  const id = await tell(frame, 'setTitle', params)
  assert.deepEqual(await answered(frame, id), [params])
  const origins = await frame.evaluate(() => heard.map(({ origin }) => origin))
  assert.deepEqual(origins, ['null'])
})
