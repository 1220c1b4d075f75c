/**
 * The six steps of the tour. What a step shows as its code is the text of its `run`; `hints` are by
 * outcome, and a step that is to be denied says by which layer. A step with a `beside` has a view of
 * its own, in which both go on behind the rows that they are given.
 */

const yesNo = (flag) => (flag ? 'yes' : 'no')
/** Of a deal in a list of many. */
const SELECT = ['ID', 'TITLE', 'OPPORTUNITY']

const euros = (sum) => sum.toLocaleString('en-GB', { style: 'currency', currency: 'EUR' })

const phones = {
  check: ['voximplant.user.get', { USER_ID: [3, 4, 5] }],
  async run({ portal, signal }) {
    const users = { USER_ID: [3, 4, 5] }
    const wait = { confirmation: 'wait', signal }
    const answer = await portal.call('voximplant.user.get', users, wait)
    return answer.decode()
  },
  columns: ['User', 'Number', 'Phone', 'SIP login', 'SIP password'],
  rows: (users) =>
    users.map((user) => [
      user.ID,
      user.INNER_NUMBER,
      yesNo(user.PHONE_ENABLED),
      user.SIP_LOGIN,
      '••••••',
    ]),
}

export const steps = [
  {
    name: 'Scope',
    title: 'A call whose scope is missing',
    lead: 'Deals need the scope `crm`, and nobody has given it to this app. Callgate knows that before the call leaves.',
    check: ['crm.deal.list', {}],
    async run({ portal }) {
      const answer = await portal.call('crm.deal.list', {
        select: ['ID', 'TITLE', 'OPPORTUNITY'],
      })
      return answer.decode([{ ID: 'int', OPPORTUNITY: 'number' }])
    },
    columns: ['Deal', 'Title', 'Worth'],
    rows: (deals) => deals.map((deal) => [deal.ID, deal.TITLE, euros(deal.OPPORTUNITY)]),
    hints: {
      done: 'The same call and the same code. Only the grant has changed.',
      scope:
        'Grant `crm` as the administrator. The portal then opens the app again, and you can run this once more.',
    },
  },
  {
    name: 'Departments',
    title: 'The heads of departments',
    lead: 'The portal answers with a map of lists, or with an empty list where the map is empty. `decode()` knows the method and makes one thing of it.',
    check: ['im.department.managers.get', { ID: [1, 2, 3] }],
    async run({ portal }) {
      const answer = await portal.call('im.department.managers.get', {
        ID: [1, 2, 3],
        USER_DATA: 'Y',
      })
      return answer.decode()
    },
    columns: ['Department', 'Head', 'Position', 'Last seen'],
    rows: (departments) =>
      Object.entries(departments).flatMap(([department, heads]) =>
        heads.map((head) => [
          department,
          head.name,
          head.work_position,
          head.last_activity_date?.toLocaleDateString('en-GB') ?? '',
        ]),
      ),
  },
  {
    name: 'Confirmation',
    title: 'A call that an administrator confirms',
    lead: 'Phone settings hold passwords, so the portal asks an administrator first. Callgate waits with the token it asked with, and repeats the call until there is an answer.',
    check: phones.check,
    run: phones.run,
    columns: phones.columns,
    rows: phones.rows,
    hints: {
      done: 'The yes holds for this token: run it again, and nobody is asked.',
      aborted: 'The request stays with the administrator: run this again to go on waiting.',
    },
  },
  {
    name: 'Expiry',
    title: 'A token that runs out',
    lead: 'Let an hour pass in the portal, then run this. The portal refuses the old token; Callgate asks the page for a new one, once, and repeats the call.',
    check: ['user.current', {}],
    async run({ portal }) {
      const answer = await portal.call('user.current')
      return answer.decode({ ID: 'int', ACTIVE: 'flag' })
    },
    columns: ['User', 'Name', 'Position', 'Active'],
    rows: (user) => [
      [user.ID, `${user.NAME} ${user.LAST_NAME}`, user.WORK_POSITION, yesNo(user.ACTIVE)],
    ],
    hints: {
      refreshed:
        'The token was replaced on the way. The wire shows it: `expired_token`, one refresh, the call again.',
      done: 'The token was still good. Let an hour pass as the administrator, then run this again.',
    },
  },
  {
    name: 'Refusal',
    title: 'An administrator who says no',
    lead: 'A confirmation belongs to one token. The app holds a new one since the last step, so the portal asks again. Refuse this time.',
    check: phones.check,
    run: phones.run,
    columns: phones.columns,
    rows: phones.rows,
    wanted: 'confirmation',
    hints: {
      confirmation: 'That is the end of it for this token: run it again, and nothing is sent.',
      done: 'This token has its yes already. Let an hour pass and run step 4; then run this again.',
    },
  },
  {
    name: 'Lists',
    title: 'Ten thousand deals',
    lead: '`list` asks for many pages at once and hands the rows out in order. Beside it, the same list page by page. Both share one request bucket.',
    check: ['crm.deal.list', { select: SELECT }],
    async run({ portal, last, show, signal }) {
      const params = { select: SELECT, filter: { '>ID': last } }
      const deals = portal.list('crm.deal.list', params, { signal })
      for await (const page of deals.pages()) show(page, deals.progress)
    },
    async beside({ portal, count, rows, show, signal }) {
      const rest = { signal, start: rows.length }
      let page = await portal.call('crm.deal.list', { select: SELECT }, rest)
      for (let requests = 1; ; requests++) {
        count(page.total)
        show(page.data, { requests })
        if (!page.more) return
        page = await page.nextPage()
      }
    },
  },
]

/** The lines between the braces of a function's own text. */
export function codeOf(run) {
  const lines = run.toString().split('\n').slice(1, -1)
  const indent = Math.min(...lines.map((line) => line.search(/\S/)))
  return lines.map((line) => line.slice(indent)).join('\n')
}
