/**
 * What the results of single methods mean. `src/bitrix24/results.rs` has the same as Rust types;
 * tests hold both against the answers that the documentation prints.
 */

const user = {
  id: 'int',
  extranet: 'flag',
  network: 'flag',
  bot: 'flag',
  connector: 'flag',
  idle: 'date',
  last_activity_date: 'date',
  desktop_last_date: 'date',
  mobile_last_date: 'date',
  departments: ['int'],
  absent: 'date',
  phones: { work_phone: 'text', personal_mobile: 'text', personal_phone: 'text' },
}

/** Ids or, with USER_DATA=Y, people. */
const head = (value) => (typeof value === 'object' ? user : 'int')

export const shapes = {
  'im.department.managers.get': { '*': [head] },
  'voximplant.user.get': [{ ID: 'int', PHONE_ENABLED: 'flag' }],
}
