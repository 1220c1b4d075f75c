/**
 * Applications that know nothing but the documentation of the portal's own library, in the portal's
 * page: they run unchanged.
 */
/* global BX24 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { bx24World } from '../support/bx24.mjs'
import { PEOPLE, until } from '../support/page.mjs'

const fixture = (name) => readFile(new URL(`fixtures/bx24/${name}.html`, import.meta.url), 'utf8')
const world = bx24World({
  '/app.html': await fixture('app'),
  '/tab.html': await fixture('tab'),
  '/card.html': await fixture('card'),
  '/install.html': await fixture('install'),
  '/one.js': 'var loaded = ["one"]',
  '/two.js': 'loaded.push("two")',
})
const { click, heading, listening, load, title } = world

const log = (frame) => frame.locator('#log > li').allInnerTexts()

/** Waits until an application has noted something, and gives all that it has noted. */
async function noted(frame, text) {
  const isThere = async () => (await log(frame)).includes(text)
  await until(isThere, text).catch(async () => {
    assert.fail(`no "${text}" in:\n${(await log(frame)).join('\n')}`)
  })
  return log(frame)
}

/** Waits for something more to be noted when one of the application's buttons is pressed. */
async function press(frame, name, act) {
  const known = (await log(frame)).length
  await frame.getByRole('button', { name, exact: true }).click()
  await act?.()
  await until(async () => (await log(frame)).length > known, `something after ${name}`)
  return (await log(frame)).slice(known)
}

async function data() {
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  await world.portal.control('data', { entity: 'deal', rows: 120 })
}

const scopes = 'crm,user,placement,disk'

test('an_application_with_nested_callbacks_runs_from_its_first_run_to_its_last_batch', async () => {
  await data()
  const frame = await load({ scopes })
  const lines = await noted(frame, 'done')
  assert.ok(lines.includes('document ready true'))
  const inOrder = lines.filter((line) => !line.startsWith('document'))
  assert.deepEqual(inOrder, [
    'before init false null true false',
    'install',
    'placement bound true',
    'init true en 32',
    'visit 1',
    'page 50 of 120',
    'page 100 of 120',
    'deals 120 of 120 false',
    'batch Tea & coffee, 50% 1',
    'batch errors false false 200',
    'halted 2 Not found {}',
    'first page 50 121',
    'second page 50',
    'error 400 true',
    'words true',
    'unknown 404 ERROR_METHOD_NOT_FOUND',
    'binding undefined',
    'bound true',
    'events 1 ONAPPUPDATE',
    'unbound 1',
    'options {"colour":"green"} green',
    'scripts ["one","two"]',
    'fits true',
    'done',
  ])
  assert.equal(await frame.locator('#who').innerText(), 'Hello Jonas')
  assert.equal(await frame.locator('#deals > li').count(), 120)
  assert.equal(await title(), 'Deal book')
})

test('the_second_visit_is_no_first_run_and_finds_its_options', async () => {
  await data()
  await noted(await load({ scopes }), 'done')
  const lines = await noted(await load({ scopes }), 'done')
  assert.equal(lines.includes('install'), false)
  assert.ok(lines.includes('visit 2'))
})

test('its_dialogs_sliders_and_files_work', async () => {
  await data()
  const frame = await load({ scopes })
  await noted(frame, 'done')
  const dialog = () => world.page.getByRole('dialog')
  const row = (name) => () => dialog().getByRole('button', { name }).click()
  assert.deepEqual(await press(frame, 'Responsible', row(/^Mira/)), [
    'person Mira Lindqvist 2 desk person',
  ])
  assert.deepEqual(
    await press(frame, 'Team', async () => {
      await dialog().getByLabel('Mira Lindqvist').check()
      await click('Select')
    }),
    ['people 1'],
  )
  assert.deepEqual(await press(frame, 'Access', () => click('Select')), [
    'access AU All authorized users',
  ])
  assert.deepEqual(
    await press(frame, 'Customer', async () => {
      await dialog()
        .getByLabel(/deal D_3$/)
        .check()
      await click('Select')
    }),
    ['chosen deal D_3'],
  )
  assert.deepEqual(
    await press(frame, 'Open a deal', async () => {
      await noted(await listening(), 'scripts ["one","two"]')
      assert.equal(await heading(), 'Deal book')
      await world.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    }),
    ['closed'],
  )
  const path = await press(frame, 'Its page', () => click('Close'))
  assert.deepEqual(path, ['path {"result":"close"}'])

  const file = { name: 'no te.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }
  await frame.locator('#file').setInputFiles(file)
  assert.deepEqual(await press(frame, 'Send the file'), ['sent yes'])
  const sent = (await world.portal.log()).find(({ url }) => /uploadfile/i.test(url))
  assert.equal(sent.url, '/rest/disk.folder.uploadFile')
  assert.match(sent.headers['content-type'], /^application\/x-www-form-urlencoded/)
  assert.match(sent.body, /&fileContent\[0\]=no%20te\.txt&fileContent\[1\]=aGVsbG8%3D$/)
})

test('a_tab_of_a_deals_card_shows_its_deal_and_reloads_the_card', async () => {
  await world.portal.control('data', { entity: 'deal', rows: 3 })
  const query = { path: '/tab.html', placement: 'CRM_DEAL_DETAIL_TAB', options: '{"ID":"2"}' }
  const frame = await load(query)
  const [place, commands] = await noted(frame, 'high true')
  assert.deepEqual([place, commands], ['place CRM_DEAL_DETAIL_TAB', 'commands reloadData'])
  await press(frame, 'Rename')
  await noted(frame, 'reloaded []')
  assert.equal(await frame.locator('#title').innerText(), 'Renamed')
})

test('a_call_card_hears_its_events_and_asks_for_more', async () => {
  await data()
  const frame = await load({ path: '/card.html', placement: 'CALL_CARD' })
  await noted(frame, 'listening')
  assert.ok((await noted(frame, 'for Jonas')).includes('incoming +493012345'))
  const payload = world.page.getByLabel('What it carries, as JSON')
  for (const callState of ['connecting', 'connected']) {
    await payload.fill(JSON.stringify({ callState }))
    await click('CallCard::CallStateChanged')
    await noted(frame, `now ${callState}`)
  }
  await noted(frame, 'stays')
  await click('CallCard::BeforeClose')
  await noted(frame, 'closes')
})

test('an_installation_binds_its_events_and_leads_to_the_application', async () => {
  await data()
  await world.portal.control('page/app', { app: 'local.app', installed: false })
  await world.page.goto(world.address({ scopes, install: `${world.site.origin}/install.html` }))
  const frame = await listening('/install.html')
  assert.deepEqual(await noted(frame, 'ready'), ['installing true', 'bound true true', 'ready'])
  await frame.getByRole('button', { name: 'Finish' }).click()
  const app = await listening('/app.html')
  assert.ok((await noted(app, 'done')).includes('events 3 ONAPPUPDATE'))
})

test('the_types_name_what_the_script_sets', async () => {
  const types = await readFile(new URL('../../pkg/bx24.d.ts', import.meta.url), 'utf8')
  const [, body] = /^export interface BX24 \{\n([^]*?)^\}/m.exec(types)
  const declared = []
  for (const [, indent, name] of body.matchAll(/^( {2}| {4}(?=\w+\())(?:readonly )?(\w+)[<(:]/gm)) {
    if (indent.length === 2) declared.push(name)
    else declared.push(`${declared.findLast((it) => !it.includes('.'))}.${name}`)
  }
  const frame = await load({ path: '/card.html' })
  const set = await frame.evaluate(() => {
    const isPlain = (value) => value?.constructor === Object
    const namesIn = ([name, value]) => [
      name,
      ...(isPlain(value) ? Object.keys(value).map((it) => `${name}.${it}`) : []),
    ]
    return Object.entries(BX24).flatMap(namesIn)
  })
  assert.deepEqual([...new Set(declared)].sort(), set.sort())
})
