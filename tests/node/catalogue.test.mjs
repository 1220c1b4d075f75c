/** What `loadCatalogue` puts in use, and what it refuses. The files run one after the other. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import details from '../../pkg/catalogue.js'
import { Portal, loadCatalogue } from '../../pkg/node.js'
import shapes from '../../pkg/shapes.js'
import { heard, portalWorld, rejection } from '../support/world.mjs'

const world = portalWorld()
const bundled = readFileSync(new URL('../../catalogue/first.bin', import.meta.url))
const whole = readFileSync(new URL('../../pkg/catalogue.bin', import.meta.url))

const client = () =>
  Portal.token({ domain: 'portal.example', accessToken: 'token', scope: ['crm'] })
const problems = (portal, ...call) =>
  portal.check(...call).problems?.map(({ path, reason }) => `${path}: ${reason}`)
const wrong = ['crm.deal.list', { filtre: {} }]
const finding = ['filtre: unknown; did you mean filter?']

// What is in use holds for the whole program.
beforeEach(() => loadCatalogue(bundled))

test('without_it_a_check_knows_names_scopes_and_required_parameters', () => {
  assert.equal(problems(client(), ...wrong), undefined)
  assert.deepEqual(problems(client(), 'crm.item.get', { id: 1 }), [
    'entityTypeId: required, and missing',
  ])
  assert.equal(client().check('crm.item.get').docs, undefined)
})

test('the_packages_own_facts_reach_portals_that_exist_already', async () => {
  const portal = client()
  await loadCatalogue()
  assert.deepEqual(problems(portal, ...wrong), finding)
  const { docs, deprecated } = portal.check('crm.deal.list')
  assert.equal(docs, 'https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-list.html')
  assert.deepEqual(deprecated, { replacements: ['crm.item.list'] })
})

test('files_are_taken_as_text_or_bytes_in_any_order', async () => {
  const bytes = new TextEncoder().encode(details)
  for (const files of [[details], [bytes], [bytes.buffer], [shapes, details], [whole]]) {
    await loadCatalogue(bundled)
    await loadCatalogue(...files)
    assert.deepEqual(problems(client(), ...wrong), finding)
  }
})

test('a_file_that_is_none_is_named_and_changes_nothing', async () => {
  await loadCatalogue()
  const changed = Buffer.from(whole)
  changed[40_000] ^= 1
  for (const [file, why] of [
    ['<html>', 'not a method catalogue'],
    ['', 'not a method catalogue'],
    [whole.subarray(0, 40_000), 'cut short'],
    [changed, 'damaged'],
    [details.slice(0, -1), 'cut short'],
    [details.replace('CGD1', 'CGD9'), 'of a form that this build does not read'],
    [details.replace('crm', 'crn'), 'damaged'],
    [shapes.slice(0, -9), 'damaged'],
    [undefined, 'a text or as bytes'],
    [{}, 'a text or as bytes'],
    [7, 'a text or as bytes'],
  ]) {
    const error = await rejection(loadCatalogue(file))
    assert.equal(error.kind, 'invalid')
    assert.match(error.message, new RegExp(why))
    assert.deepEqual(problems(client(), ...wrong), finding, 'what was in use stays in use')
  }
})

test('a_newer_catalogue_replaces_the_bundled_one_and_takes_no_older_details', async () => {
  await loadCatalogue(renamed(bundled, 'profile', 'profilf'))
  assert.equal(client().check('profile').verdict, 'unknown')
  assert.equal(client().check('profilf').verdict, 'allowed')
  const error = await rejection(loadCatalogue(details))
  assert.match(error.message, /belong to another method catalogue/)
})

test('ask_lets_the_portal_decide_once_for_each_method_and_token', async () => {
  const { portal } = await world.client({ scopes: ['crm'] })
  const [first, second] = await Promise.all([
    portal.ask('crm.deal.list'),
    portal.ask('CRM.deal.list'),
  ])
  assert.equal(first.verdict, 'allowed')
  assert.equal(first.evidence, 'method.get')
  assert.deepEqual(second, first)
  const denied = await portal.ask('user.get', { ID: 1 })
  assert.deepEqual(
    [denied.verdict, denied.layer, denied.evidence],
    ['denied', 'scope', 'method.get'],
  )
  assert.equal((await portal.ask('vendor.nothing')).layer, 'method')
  await portal.ask('user.get')
  const asked = (await world.requests()).filter(({ url }) => url.endsWith('/method.get'))
  assert.equal(asked.length, 3)
})

test('ask_refuses_a_wrong_call_and_fails_as_a_call_does', async () => {
  const portal = client()
  assert.equal((await rejection(portal.ask('no name'))).kind, 'invalid')
  assert.equal((await rejection(portal.ask('user.get', 5))).kind, 'invalid')
  portal.close()
  assert.equal((await rejection(portal.ask('user.get'))).kind, 'aborted')
})

test('warnings_come_once_for_each_finding_whatever_the_values', async () => {
  await loadCatalogue()
  const { portal } = await world.client({ scopes: ['crm'] })
  const warnings = heard(portal, 'warning')
  for (const id of [1, 2, 3]) {
    await portal.call('crm.item.list', { entityTypeId: 2, filtre: { id } })
    await portal.call('crm.item.list', { entityTypeId: 2, selekt: [id] })
  }
  assert.equal(warnings.length, 2)
})

/** A first tier in which a method has another name, checksum and all. */
function renamed(file, old, name) {
  const text = file.toString('latin1').replace(old, name)
  const body = Buffer.from(text.slice(0, -6), 'latin1')
  let sum = 0x811c9dc5
  for (const byte of body) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0
  const digits = [30, 24, 18, 12, 6, 0].map((shift) => 48 + (Math.floor(sum / 2 ** shift) & 63))
  return Buffer.concat([body, Buffer.from(digits)])
}
