/** `callgate scopes`, as npm installs it, on sources good and bad. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeProject } from '../support/project.mjs'

const shop = fileURLToPath(new URL('fixtures/shop', import.meta.url))
let project

before(() => {
  project = makeProject()
  cpSync(shop, join(project.folder, 'shop'), { recursive: true })
})

after(() => project?.remove())

/** Runs the command in the project, or in a folder of it. */
function callgate(args, below = '.') {
  const program = join(project.folder, 'node_modules/.bin/callgate')
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: join(project.folder, below),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** What it finds in sources, given by name. */
function found(sources, ...options) {
  for (const [file, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(project.folder, 'made', file)), { recursive: true })
    writeFileSync(join(project.folder, 'made', file), text)
  }
  const files = Object.keys(sources).map((file) => `made/${file}`)
  const { stdout, stderr } = callgate(['scopes', '--json', ...options, ...files])
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

/** The methods that it finds in one source. */
const methodsIn = (file, text) => found({ [file]: text }).methods.map(({ name }) => name)

/** The names that it takes for methods that don't exist. */
const unknownIn = (file, text) => found({ [file]: text }).unknown.map(({ name }) => name)

test('sources_in_five_languages_are_looked_through', () => {
  const { status, stdout } = callgate(['scopes', '--json', 'shop'])
  const { needs, files, methods, events, unknown, skipped } = JSON.parse(stdout)
  assert.equal(status, 0)
  assert.deepEqual([files, skipped], [5, []])
  assert.deepEqual(needs, {
    scopes: ['crm', 'disk', 'im', 'placement', 'telephony', 'user'],
    alternatives: [{ scope: 'user', instead: ['user_basic', 'user_brief'], methods: ['user.get'] }],
    uncertain: [{ name: 'placement.bind', needed: [['$placement']] }],
    unknown: [],
  })
  const places = ({ name, at }) => [name, ...at.map(({ file, line }) => `${file}:${line}`)]
  assert.deepEqual(methods.map(places), [
    ['crm.company.get', 'shop/deals.js:12'],
    ['crm.contact.list', 'shop/Contacts.vue:8'],
    ['crm.deal.fields', 'shop/report.py:6'],
    ['crm.deal.list', 'shop/deals.js:6', 'shop/phones.ts:9'],
    ['crm.item.list', 'shop/report.py:7'],
    ['crm.productrow.list', 'shop/install.php:10'],
    ['disk.file.get', 'shop/report.py:8'],
    ['event.bind', 'shop/install.php:7'],
    ['im.notify.system.add', 'shop/install.php:9'],
    ['placement.bind', 'shop/install.php:8'],
    ['profile', 'shop/deals.js:9'],
    ['user.get', 'shop/deals.js:11'],
    ['voximplant.user.get', 'shop/phones.ts:8'],
  ])
  assert.deepEqual(events.map(places), [['ONCRMDEALADD', 'shop/install.php:7']])
  assert.deepEqual(unknown, [
    { name: 'crm.deal.lst', nearest: 'crm.deal.list', at: [{ file: 'shop/deals.js', line: 7 }] },
    { name: 'shop.order.list', at: [{ file: 'shop/deals.js', line: 8 }] },
  ])
  const old = methods.find(({ name }) => name === 'crm.productrow.list')
  assert.deepEqual(old.replacements, ['crm.item.productrow.list'])
  assert.match(old.docs, /^https:\/\/apidocs\.bitrix24\.com\/.*\/crm-productrow-list\.html$/)
  const confirmed = methods.filter(({ confirmedBy }) => confirmedBy).map(({ name }) => name)
  assert.deepEqual(confirmed, ['voximplant.user.get'])
})

test('people_read_what_to_ask_for_and_where_it_is_needed', (t) => {
  const { stdout } = callgate(['scopes', '.'], 'shop')
  t.diagnostic(stdout)
  for (const line of [
    'Scopes to ask for: crm, disk, im, placement, telephony, user',
    '  instead of user, user_basic or user_brief would do',
    '  placement.bind: $placement, which depends on the parameters',
    '  crm.deal.list: crm (deals.js:6, phones.ts:9)',
    '  user.get: user or user_basic or user_brief (deals.js:11)',
    '  ONCRMDEALADD: crm (install.php:7)',
    '  voximplant.user.get (phones.ts:8)',
    '  crm.deal.lst: did you mean crm.deal.list? (deals.js:7)',
    '13 methods in 5 files',
  ]) {
    assert.ok(stdout.split('\n').includes(line), line)
  }
  assert.match(
    stdout,
    /^ {2}crm\.productrow\.list: use crm\.item\.productrow\.list; https:.* \(install\.php:10\)$/m,
  )
})

test('a_missing_scope_is_exit_status_1', () => {
  const short = callgate(['scopes', 'shop', '--granted', 'crm,im disk sale'])
  assert.equal(short.status, 1)
  assert.match(short.stdout, /^Missing: placement, telephony, user$/m)
  assert.match(short.stdout, /^Granted and not needed: sale$/m)

  const enough = 'crm,im,disk,placement,telephony,user_brief'
  const { status, stdout } = callgate(['scopes', 'shop', '--json', `--granted=${enough}`])
  assert.equal(status, 0)
  const { missing, granted, unneeded } = JSON.parse(stdout).comparison
  assert.deepEqual([missing, unneeded, granted.length], [[], [], 6])

  const only = found({ 'deal.js': `'crm.deal.list'` }, '--granted', 'app')
  assert.deepEqual(only.comparison.missing, ['crm'])
})

test('an_alternative_is_as_good_as_the_scope_that_is_asked_for', () => {
  const source = { 'call.js': `'voximplant.infocall.startwithtext'` }
  const { needs, comparison } = found(source, '--granted', 'telephony')
  assert.deepEqual([needs.scopes, comparison.missing], [['call'], []])
})

test('names_are_found_however_they_are_written', () => {
  for (const [file, text] of [
    ['a.js', '"crm.deal.list"'],
    ['a.js', '`crm.deal.list`'],
    ['a.js', "call('CRM.Deal.List')"],
    ['a.js', "const it = { 'crm.deal.list': {}, method: 'crm.deal.list' }"],
    ['a.js', "['crm.deal.list?order[ID]=ASC']"],
    ['a.js', '`crm.deal.list?start=${start}`'],
    ['a.js', '`${webhook}crm.deal.list.json`'],
    ['a.js', "'https://portal.example/rest/1/secret/crm.deal.list.json?start=50'"],
    ['a.jsx', "<p>Don't</p>\n<b onClick={() => call('crm.deal.list')} />"],
    ['a.js', "const it = /['\"`//]/; call('crm.deal.list')"],
    ['a.js', "fetch('http://shop.example//'); call('crm.deal.list')"],
    ['a.ts', "call<Map<string, Row>>('crm.deal.list')"],
    ['a.mts', "\ufeffcall('crm.deal.list')"],
    ['a.cjs', "'an unclosed text\ncall('crm.deal.list')"],
    ['a.php', "<?php $it = 'crm.deal.list?' . http_build_query($query);"],
    ['a.php', '#[Route("/deals")]\nCRest::call("crm.deal.list");'],
    ['a.php', "It's HTML # or not\n<?php call('crm.deal.list');"],
    ['a.py', "it = {'method': u'crm.deal.list'}"],
    ['a.py', "it = '#' + 'crm.deal.list'"],
    ['A.JS', "'crm.deal.list'\r\n"],
  ]) {
    assert.deepEqual(methodsIn(file, text), ['crm.deal.list'], text)
  }
})

test('what_is_no_name_of_a_method_is_not_taken_for_one', () => {
  for (const [file, text] of [
    ['a.js', '// call("crm.deal.list")'],
    ['a.js', '/* "crm.deal.list"\n"crm.deal.list" */'],
    ['a.js', '/* "crm.deal.list" and no end'],
    ['a.vue', '<!-- "crm.deal.list"\n-->'],
    ['a.php', '# "crm.deal.list"'],
    ['a.py', '# "crm.deal.list"'],
    ['a.py', 'def f():\n    """Was "crm.deal.list" once.\n\n    And "crm.deal.get".\n    """'],
    ['a.js', 'crm.deal.list'],
    ['a.js', '"crm.deal.list is a method"'],
    ['a.js', '"crm.deal.list, crm.deal.get"'],
    ['a.js', "const scope = ['profile', 'batch', 'events']"],
    ['a.js', '`crm.${entity}.list`'],
    ['a.js', "'crm.deal.' + action"],
  ]) {
    const { methods, unknown } = found({ [file]: text })
    assert.deepEqual([methods, unknown], [[], []], text)
  }
})

test('a_name_that_is_meant_for_a_method_and_is_none_is_told', () => {
  for (const text of [
    "portal.call('crm.deal.lst')",
    "portal.call('vendor.thing')",
    "it = { method: 'vendor.thing.do' }",
    "it = ['vendor.thing?id=1']",
    "const name = 'crm.deal.productrow.gett'",
  ]) {
    assert.equal(unknownIn('a.js', text).length, 1, text)
  }
  for (const text of [
    "translate('user.name')",
    "get(row, 'task.group.id')",
    "fetchList('data.list.json')",
    "callback('crm.example.com')",
    "portal.call('Some.Class')",
    "portal.on('click')",
    "'portal.example.org/crm.deal.lst'",
  ]) {
    assert.deepEqual(unknownIn('a.js', text), [], text)
  }
})

test('only_ones_own_readable_sources_are_looked_through', () => {
  const call = `call('crm.deal.list')\n`
  const many = {
    'own/src/a.js': call,
    'own/node_modules/b/b.js': call,
    'own/vendor/c.php': call,
    'own/.nuxt/d.js': call,
    'own/e.min.js': call,
    'own/f.js': `${call}${'x'.repeat(6_000)}`,
    'own/g.js': `${call}${'x\n'.repeat(600_000)}`,
    'own/h.js': `${call}\0`,
    'own/i.txt': call,
    'own/empty.js': '',
  }
  found({ ...many, 'other.js': '' })
  symlinkSync('.', join(project.folder, 'made/own/loop'))
  const { stdout } = callgate(['scopes', '--json', 'made/own', 'made/own/src/a.js', './made/own'])
  const { files, methods, skipped } = JSON.parse(stdout)
  assert.equal(files, 2)
  assert.deepEqual(methods[0].at, [{ file: 'made/own/src/a.js', line: 1 }])
  const reasons = Object.fromEntries(skipped.map(({ file, reason }) => [file, reason]))
  assert.deepEqual(reasons, {
    'made/own/e.min.js': 'minified',
    'made/own/f.js': 'minified',
    'made/own/g.js': 'larger than 1 MB',
    'made/own/h.js': 'not a text in UTF-8',
    'made/own/node_modules': 'not your own',
    'made/own/vendor': 'not your own',
  })
  assert.match(callgate(['scopes', 'made/own']).stdout, /^ {2}made\/own\/e\.min\.js: minified$/m)
})

test('a_wrong_command_line_is_exit_status_2_and_says_why', () => {
  mkdirSync(join(project.folder, 'nothing'), { recursive: true })
  writeFileSync(join(project.folder, 'notes.txt'), '')
  for (const [args, words] of [
    [[], /a command is missing/],
    [['grants', 'shop'], /there is no command grants/],
    [['scopes'], /no file or folder is named/],
    [['scopes', '--wide', 'shop'], /--wide/],
    [['scopes', 'shop', '--granted'], /--granted/],
    [['scopes', 'shop', '--granted', ' '], /--granted: a list of scopes is wanted/],
    [['scopes', 'shop', 'missing.js'], /cannot read missing\.js: there is no such file/],
    [['scopes', 'nothing'], /no sources in nothing/],
    [['scopes', 'notes.txt'], /no sources in notes\.txt\n {2}notes\.txt: not a source/],
  ]) {
    const { status, stdout, stderr } = callgate(args)
    assert.deepEqual([status, stdout], [2, ''], args.join(' '))
    assert.match(stderr, /^callgate: /)
    assert.match(stderr, words)
    assert.doesNotMatch(stderr, /\n {4}at /)
  }
})

test('help_names_every_option', () => {
  for (const args of [['--help'], ['scopes', '-h']]) {
    const { status, stdout } = callgate(args)
    assert.equal(status, 0)
    for (const option of ['--granted', '--json', '--help']) assert.ok(stdout.includes(option))
  }
})
