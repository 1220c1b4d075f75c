/** 1E through its class: the issuer's side and the approver's, against the test portal's 1E server. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { CallgateError as PortalsError } from '../../pkg/node.js'
import { CallgateError, OneE } from '../../pkg/systems/node.js'
import { ACTION, oneEWorld, STATUSES } from '../support/systems.mjs'
import {
  facts,
  fakeFetch,
  ownClock,
  rejection,
  response,
  thrown,
  uncaught,
  until,
} from '../support/world.mjs'

const world = oneEWorld()

const SCHEDULED = { id: 6, kind: 'scheduled' }
const DAILY = { definitionId: 7, scheduleFreqType: 4, scheduleFreqInterval: 1 }

/** Each row of the tables: what is called, what the server is asked first, with what body. */
const ROWS = [
  [
    (one) => one.issue(ACTION),
    'POST Instructions',
    { DefinitionId: 8, InstructionTtlMinutes: 60, ResponseTtlMinutes: 120 },
  ],
  [
    (one) => one.issue({ definitionName: 'Demo-RestartService', targets: ['pc1'] }),
    'POST Instructions/Targeted',
    { DefinitionName: 'Demo-RestartService', Devices: ['pc1'] },
  ],
  [
    (one) => one.issue(DAILY),
    'POST ScheduledInstructions',
    { DefinitionId: 7, ScheduleFreqType: 4, ScheduleFreqInterval: 1 },
  ],
  [
    (one) => one.issue({ ...DAILY, targets: ['pc1'] }),
    'POST ScheduledInstructions/Targeted',
    { DefinitionId: 7, ScheduleFreqType: 4, ScheduleFreqInterval: 1, Devices: ['pc1'] },
  ],
  [(one) => one.run(5), 'GET Instructions/5'],
  [(one) => one.run(SCHEDULED), 'GET ScheduledInstructions/6'],
  [(one) => one.approvals.pending(), 'GET Approvals/notifications'],
  [(one) => one.approvals.check(5), 'GET Approvals/CanApprove/instruction/5'],
  [(one) => one.approvals.check(SCHEDULED), 'GET Approvals/canapprove/scheduledinstruction/6'],
  [
    (one) => one.approvals.decide(5, { approve: true, comment: 'fine' }),
    'POST Approvals/Instruction',
    { InstructionId: 5, Comment: 'fine', Approved: true },
  ],
  [
    (one) => one.approvals.decide(SCHEDULED, { approve: false }),
    'POST Approvals/ScheduledInstruction',
    { ScheduledInstructionId: 6, Comment: '', Approved: false },
  ],
]

test('every_row_of_the_tables_is_asked_as_it_is_written', async () => {
  for (const [call, asked, body] of ROWS) {
    const one = await world.client()
    await world.forget()
    await call(one).catch(() => {})
    const [first] = await world.requests()
    assert.equal(first.asked.replace('/Consumer/', ''), asked)
    assert.deepEqual(first.body ? JSON.parse(first.body) : undefined, body)
  }
})

test('every_row_about_a_run_is_asked_as_it_is_written', async () => {
  const one = await world.client()
  const run = await one.issue(ACTION)
  const daily = await one.issue(DAILY)
  for (const [call, asked, body] of [
    [
      () => run.submitCode(' 1"2 '),
      'POST Authentication/Instruction/Token',
      { Id: 1, Token: '1"2' },
    ],
    [
      () => daily.submitCode('12'),
      'POST Authentication/ScheduledInstruction/Token',
      { Id: daily.id, Token: '12' },
    ],
    [() => run.settled({ timeout: 500 }), 'GET Instructions/1'],
    [
      () => run.responses({ pageSize: 50 }).next(),
      'POST Responses/1',
      { Filter: null, Start: '0;0', PageSize: 50 },
    ],
    [
      () => run.responses({ filter: { attribute: 'Row', operator: '>', value: 3 } }).next(),
      'POST Responses/1',
      {
        Filter: { Attribute: 'Row', Operator: '>', Value: 3 },
        Start: '0;0',
        PageSize: 500,
      },
    ],
    [() => run.cancel({ keepData: false }), 'POST Instructions/1/cancel/false'],
    [() => run.cancel(), 'POST Instructions/1/cancel/true'],
    [() => daily.cancel(), `POST ScheduledInstructions/${daily.id}/cancel`],
  ]) {
    await world.forget()
    await call().catch(() => {})
    const [first] = await world.requests()
    assert.equal(first.asked.replace('/Consumer/', ''), asked)
    assert.deepEqual(first.body ? JSON.parse(first.body) : undefined, body)
  }
})

test('older_servers_are_asked_as_they_want_it_and_a_warning_says_so', async () => {
  const lists = ['notifications', 'notifications/instructions', 'GetNotifications']
  for (const [version, asked, old] of [
    ['9.0', lists.slice(0, 1), false],
    ['3.1', [...lists.slice(0, 2), 'notifications/scheduledinstructions'], false],
    ['3.0', lists, true],
  ]) {
    const run = await world.waiting()
    await world.settings({ version })
    const bob = await world.client('bob')
    const warnings = []
    bob.on('warning', ({ message }) => warnings.push(message))
    await world.forget()
    const pending = await bob.approvals.pending()
    assert.deepEqual(
      await world.asked(),
      asked.map((list) => `GET /Consumer/Approvals/${list}`),
    )
    assert.equal(warnings.length, old ? 1 : 0)
    assert.ok(pending.some(({ id }) => id === run.id))

    await world.forget()
    assert.equal((await bob.approvals.check(run)).verdict, 'allowed')
    const decided = await bob.approvals.decide(run, { approve: true })
    assert.equal(decided.status, 'approved')
    const ways = (await world.asked()).slice(0, 2).map((it) => it.replace(/.*Approvals/, ''))
    const now = [`/CanApprove/instruction/${run.id}`, '/Instruction']
    assert.deepEqual(ways, old ? [`/CanApprove/${run.id}`, ''] : now)
    await world.settings({ version: '9.0' })
  }
})

test('a_fixed_version_and_another_path_go_into_the_address', async () => {
  const { token } = await world.control('one-e/users', { name: 'ann' })
  const { fetch, requests } = fakeGets('[]')
  for (const [url, version, expected] of [
    ['https://onee.example', undefined, 'https://onee.example/Consumer/'],
    ['https://onee.example/x/consumer/', 'v3.2', 'https://onee.example/x/consumer/v3.2/'],
  ]) {
    await new OneE({ url, version, consumer: 'C', token, fetch }).approvals.pending()
    assert.equal(requests.at(-1).url, `${expected}Approvals/notifications`)
  }
  assert.deepEqual(requests.at(-1).headers, {
    Accept: 'application/json',
    'X-Tachyon-Consumer': 'C',
    'X-Tachyon-Authenticate': token,
  })
})

test('an_instruction_goes_from_its_code_over_the_approval_to_its_responses', async () => {
  const clock = ownClock()
  try {
    const ann = await world.client('ann')
    let run = await ann.issue(ACTION)
    assert.deepEqual([run.id, run.kind, run.status], [1, 'instruction', 'needs-code'])
    assert.deepEqual([run.name, run.createdBy], ['Demo-RestartService', 'ann'])
    assert.equal(run.details.Status, 12)
    assert.ok(run.codeExpiresAt > Date.now())
    assert.deepEqual([run.check().verdict, run.check().layer], ['pending', 'approval'])

    run = await run.submitCode(await world.code())
    assert.equal(run.status, 'waiting')
    const changes = []
    const settled = run.settled({ onChange: ({ status }) => changes.push(status) })

    const bob = await world.client('bob')
    const [item] = await bob.approvals.pending()
    assert.equal((await bob.approvals.check(item)).verdict, 'allowed')
    await bob.approvals.decide(item, { approve: true, comment: 'fine' })
    await world.pass(60)
    await clock.advance(5_000)
    run = await settled
    assert.deepEqual([run.status, run.actionedBy, run.actionReason], ['complete', 'bob', 'fine'])
    assert.deepEqual(changes, ['complete'])
    assert.equal(run.check().verdict, 'allowed')

    const rows = []
    for await (const row of run.responses()) rows.push(row.Id)
    assert.equal(new Set(rows).size, 45)
    assert.equal((await world.asked()).filter((it) => it.endsWith('/Instructions')).length, 1)
  } finally {
    clock.stop()
  }
})

test('a_rejection_is_an_answer_that_says_who_and_why', async () => {
  const run = await world.waiting()
  const eve = await world.client('eve')
  await eve.approvals.decide(run, { approve: false, comment: 'not today' })
  const settled = await run.settled()
  const decision = settled.check()
  assert.deepEqual([settled.status, decision.verdict], ['rejected', 'denied'])
  assert.match(decision.remedy, /eve rejected it, saying "not today"/)
})

test('a_code_that_comes_too_late_is_denied', async () => {
  const ann = await world.client('ann')
  const run = await ann.issue(ACTION)
  const code = await world.code()
  await world.pass(601)
  const error = await rejection(run.submitCode(code))
  assert.deepEqual([error.code, error.kind, error.ran], ['CALLGATE_CODE_REFUSED', 'denied', 'no'])
  assert.equal(error.decision.verdict, 'denied')
})

/** What is done to the waiting run, what the server then refuses, and what has to come of it. */
const REFUSALS = {
  permission: [
    async (run) => (await world.client('tom')).approvals.decide(run, { approve: true }),
    { kind: 'denied', layer: 'right' },
  ],
  ownership: [
    async (run) => (await world.client('ann')).approvals.decide(run, { approve: true }),
    { kind: 'denied', layer: 'right' },
  ],
  workflow: [
    async (run) => {
      await (await world.client('eve')).approvals.decide(run, { approve: false, comment: 'mine' })
      return (await world.client('bob')).approvals.decide(run, { approve: true })
    },
    { kind: 'portal', layer: 'approval', words: /eve rejected it, saying "mine"/ },
  ],
  invisible: [
    async (run) => {
      await world.control('one-e/users', { name: 'ann', groups: ['berlin'] })
      const bob = await world.client('bob')
      return bob.approvals.decide(run, { approve: true })
    },
    { words: /management group/ },
  ],
  code: [
    async () => {
      const run = await (await world.client('ann')).issue(ACTION)
      return run.submitCode('wrong')
    },
    { kind: 'invalid', layer: 'approval' },
  ],
  consumer: [
    async (run) => {
      await world.settings({ consumers: ['Another'] })
      return (await world.client('bob')).approvals.decide(run, { approve: true })
    },
    {},
  ],
}

for (const status of STATUSES) {
  for (const [name, [act, expected]] of Object.entries(REFUSALS)) {
    test(`status ${status} for ${name} is read as what it is`, async () => {
      await world.settings({ [name]: status, consumers: ['Callgate'] })
      const run = await world.waiting()
      const error = await rejection(act(run))
      assert.deepEqual([error.status, error.ran], [status, 'no'])
      if (expected.kind) assert.equal(error.kind, expected.kind)
      if (expected.layer) assert.equal(error.decision.layer, expected.layer)
      if (expected.words) assert.match(error.message, expected.words)
      assert.ok(['denied', 'portal', 'auth', 'invalid'].includes(error.kind), error.kind)
    })
  }
}

test('the_two_401s_are_told_apart', async () => {
  const run = await world.waiting()
  const [tom, stranger] = [await world.client('tom'), world.clientOf('no-such-token')]
  const denied = await rejection(tom.approvals.decide(run, { approve: true }))
  assert.deepEqual([denied.kind, denied.status], ['denied', 401])
  const dead = await rejection(stranger.approvals.pending())
  assert.deepEqual([dead.kind, dead.status], ['auth', 401])
})

test('errors_are_read_in_each_form', async () => {
  for (const errors of ['array', 'object', 'html', 'empty']) {
    await world.settings({ errors })
    const error = await rejection((await world.client()).run(99))
    assert.deepEqual([error.status, error.ran], [404, 'no'], errors)
    assert.doesNotMatch(error.message, /<|DOCTYPE/)
  }
})

test('the_documented_list_is_read_whole', async () => {
  const sample = new URL('../seeds/one-e-notifications.200.json', import.meta.url)
  const { fetch } = fakeGets(await readFile(sample, 'utf8'))
  const one = new OneE({ url: 'https://onee.example', consumer: 'C', token: 't', fetch })
  const pending = await one.approvals.pending()
  assert.deepEqual(
    pending.map(({ kind, id, name }) => [kind, id, name]),
    [
      ['instruction', 2, '1E-Explorer-1ECore-MyInstruction1'],
      ['instruction', 3, '1E-Explorer-1ECore-MyInstruction2'],
      ['scheduled', 1, '1E-Explorer-Examples-MyInstruction1'],
      ['scheduled', 1, '1E-Explorer-Examples-MyInstruction2'],
    ],
  )
  assert.equal(pending[2].details.InstructionTtlMinutes, 60)
})

test('rule_3_an_instruction_is_posted_once_and_a_failure_says_what_is_known', async () => {
  for (const [answer, expected] of [
    [() => Promise.reject(refused()), { kind: 'network', ran: 'no', retryable: true }],
    [() => Promise.reject(new Error('reset')), { kind: 'network', ran: 'unknown' }],
    [() => Promise.reject('a text'), { kind: 'network', ran: 'unknown' }],
    [() => undefined, { kind: 'network', ran: 'unknown' }],
    [() => ({ status: 200 }), { kind: 'network', ran: 'unknown' }],
    [() => response('', 500), { kind: 'portal', ran: 'unknown', status: 500 }],
    [() => response('', 302), { kind: 'protocol', ran: 'no', status: 302 }],
    [() => response('', 0), { kind: 'protocol', ran: 'no', status: 302 }],
    [() => response('<html>', 200), { kind: 'protocol', ran: 'yes' }],
  ]) {
    const { fetch, requests } = fakeGets(answer)
    const one = new OneE({ url: 'https://onee.example', consumer: 'C', token: 't', fetch })
    const error = await rejection(one.issue(ACTION))
    const { code, method, ...told } = facts(error)
    assert.deepEqual(told, { retryable: false, ...expected })
    assert.equal(method, 'POST /Consumer/Instructions')
    assert.ok(code.startsWith('CALLGATE_'))
    assert.equal(requests.length, 1)
  }
})

test('rule_9_no_secret_is_in_an_error_whatever_is_thrown_or_answered', async () => {
  const [token, code] = ['a-secret-token', 'a-secret-code']
  const words = `no: ${token} ${code}`
  for (const answer of [
    () => Promise.reject(new Error(words, { cause: new Error(words) })),
    () => response(JSON.stringify([{ ErrorCode: token, Message: words }]), 400),
    () => response(words, 500),
  ]) {
    const { fetch } = fakeGets(answer)
    const one = new OneE({ url: 'https://onee.example', consumer: 'C', token, fetch })
    const read = new OneE({
      url: 'https://onee.example',
      consumer: 'C',
      token,
      fetch: async (...request) =>
        request[1].method === 'GET' ? response('{"Id":1,"Status":12}') : fetch(...request),
    })
    const run = await read.run(1)
    const show = (error) => `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`
    for (const call of [one.run(1), one.issue(ACTION), one.approvals.pending()])
      assert.doesNotMatch(show(await rejection(call)), /secret-token/)
    assert.doesNotMatch(show(await rejection(run.submitCode(code))), /a-secret/)
  }
})

test('what_callers_give_is_refused_by_name_before_anything_is_sent', async () => {
  const { fetch, requests } = fakeGets('{"Id":1,"Status":1}')
  const options = { url: 'https://onee.example', consumer: 'C', token: 't', fetch }
  for (const [given, words] of [
    [undefined, /OneE: an object of options/],
    [{ ...options, url: undefined }, /url: is missing/],
    [{ ...options, url: 'http://onee.example' }, /http/],
    [{ ...options, consumer: undefined }, /consumer: is missing/],
    [{ ...options, consumer: 'a\nb' }, /consumer/],
    [{ ...options, token: undefined }, /token: is missing/],
    [{ ...options, token: 'a b' }, /token/],
    [{ ...options, version: 'latest' }, /version/],
    [{ ...options, fetch: 'fetch' }, /fetch: a function/],
    [{ ...options, timeout: 'soon' }, /timeout/],
    [{ ...options, tokn: 't' }, /options\.tokn: there is no such option/],
  ]) {
    const error = thrown(() => new OneE(given))
    assert.deepEqual([error.code, error.kind], ['CALLGATE_INVALID', 'invalid'])
    assert.match(error.message, words)
  }

  const one = new OneE(options)
  const run = await one.run(1)
  const before = requests.length
  for (const [call, words] of [
    [() => one.issue(), /definitionId/],
    [() => one.issue('text'), /instruction: an object/],
    [() => one.issue({ definitionId: 1n }), /instruction\.definitionId: a BigInt/],
    [() => one.issue({ definitionId: 1, ttl: 5 }), /ttl: an instruction has no such member/],
    [() => one.issue(ACTION, { idempotent: true }), /options\.idempotent/],
    [() => one.issue(ACTION, { signal: {} }), /signal: an AbortSignal/],
    [() => one.run(0), /id: a run's id/],
    [() => one.run(1.5), /id: a run's id/],
    [() => one.run('1'), /id: a run or the number/],
    [() => one.run({ id: 1, kind: 'other' }), /kind/],
    [() => one.approvals.check({}), /item/],
    [() => one.approvals.decide(1), /approve: true or false/],
    [() => one.approvals.decide(1, { approve: 'yes' }), /approve: true or false/],
    [() => one.approvals.decide(1, { approve: true, comment: 1 }), /comment/],
    [() => run.submitCode(), /code: a text/],
    [() => run.submitCode(' '), /code: it is empty/],
    [() => run.settled({ timeout: -1 }), /timeout/],
    [() => run.settled({ onChange: 'told' }), /onChange: a function/],
    [() => run.cancel({ keepData: 'yes' }), /keepData/],
    [() => run.responses({ pageSize: 0 }).next(), /pageSize/],
    [() => run.responses({ filter: { attribute: 'A' } }).next(), /filter/],
  ]) {
    const error = await rejection(call())
    assert.deepEqual([error.code, error.kind, error.ran], ['CALLGATE_INVALID', 'invalid', 'no'])
    assert.match(error.message, words)
  }
  assert.equal(requests.length, before)
  assert.match(
    thrown(() => one.on('news', () => {})).message,
    /there is no event 'news', but warning/,
  )
})

test('a_signal_ends_every_wait_and_nothing_is_left_behind', async () => {
  const hanging = { url: 'https://onee.example', consumer: 'C', token: 't', fetch: hang }
  const one = new OneE(hanging)
  const shown = new OneE({ ...hanging, fetch: async () => response('{"Id":1,"Status":1}') })
  const run = await shown.run(1)
  for (const call of [
    (options) => one.issue(ACTION, options),
    (options) => one.run(1, options),
    (options) => one.approvals.pending(options),
    (options) => one.approvals.check(1, options),
    (options) => one.approvals.decide(1, { approve: true, ...options }),
    (options) => run.settled(options),
  ]) {
    const controller = new AbortController()
    const promise = call({ signal: controller.signal })
    controller.abort()
    assert.equal((await rejection(promise)).kind, 'aborted')
    const error = await rejection(call({ signal: AbortSignal.abort() }))
    assert.deepEqual([error.kind, error.ran], ['aborted', 'no'])
  }
  assert.equal(timers(), 0)
})

test('an_exchange_that_lasts_too_long_and_a_run_that_does_end_with_kind_timeout', async () => {
  const clock = ownClock()
  try {
    const options = { url: 'https://onee.example', consumer: 'C', token: 't' }
    const signals = []
    const fetch = (url, init) => {
      signals.push(init.signal)
      return hang()
    }
    const issued = rejection(new OneE({ ...options, fetch, timeout: 2_000 }).issue(ACTION))
    await clock.advance(2_000)
    const error = await issued
    assert.deepEqual([error.code, error.ran], ['CALLGATE_TIMEOUT', 'unknown'])
    assert.ok(signals[0].aborted)

    const shown = async () => response('{"Id":1,"Status":1}')
    const run = await new OneE({ ...options, fetch: shown }).run(1)
    const waited = rejection(run.settled({ timeout: 20_000 }))
    await clock.advance(20_000)
    const late = await waited
    assert.deepEqual([late.code, late.kind], ['CALLGATE_RUN_TIMEOUT', 'timeout'])
    assert.equal(late.decision.verdict, 'pending')
  } finally {
    clock.stop()
  }
})

test('close_ends_what_waits_and_refuses_what_comes', async () => {
  const run = await world.waiting()
  const bob = await world.client('bob')
  const waited = rejection((await bob.run(run.id)).settled())
  bob.close()
  assert.equal((await waited).kind, 'aborted')
  assert.equal((await rejection(bob.run(run.id))).code, 'CALLGATE_CLOSED')
})

test('another_token_takes_up_what_is_followed', async () => {
  const run = await world.waiting()
  const bob = await world.client('bob')
  bob.useToken('an-old-one')
  assert.equal((await rejection(bob.run(run.id))).kind, 'auth')
  const { token } = await world.control('one-e/users', { name: 'bob' })
  bob.useToken(token)
  assert.equal((await bob.run(run.id)).status, 'waiting')
  assert.match(thrown(() => bob.useToken('a\nb')).message, /token/)
})

test('a_listener_that_throws_disturbs_nobody', async () => {
  const shown = [1, 4, 6].map((status) => `{"Id":1,"Status":${status}}`)
  const { fetch } = fakeGets(() => response(shown.length > 1 ? shown.shift() : shown[0]))
  const one = new OneE({ url: 'https://onee.example', consumer: 'C', token: 't', fetch })
  const run = await one.run(1)
  const clock = ownClock()
  const onChange = () => {
    throw new Error('mine')
  }
  try {
    const caught = await uncaught(async () => {
      let end
      const settled = run.settled({ onChange }).then((run) => (end = run))
      await until(async () => {
        await clock.advance(5_000)
        return end
      })
      assert.equal((await settled).status, 'complete')
    })
    assert.deepEqual(
      caught.map(({ message }) => message),
      ['mine', 'mine'],
    )
  } finally {
    clock.stop()
  }
})

test('its_errors_are_of_the_same_class_as_a_portals', () => {
  assert.equal(CallgateError, PortalsError)
})

/** A fetch that answers the same, or what a function says, and keeps what it was asked. */
function fakeGets(answer) {
  const { fetch, requests } = fakeFetch(typeof answer === 'string' ? () => answer : answer)
  return { requests, fetch: (url, init) => fetch(url, { ...init, body: init.body ?? 'null' }) }
}

const hang = () => new Promise(() => {})
const refused = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
const timers = () => process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length
