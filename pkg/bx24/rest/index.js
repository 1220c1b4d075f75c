/** The calls of `BX24`. They go the way of every call of the `Portal` behind it. */
import { ask, deliver } from './ask.js'
import { askAll, commandsIn } from './batch.js'
import { without } from './form.js'

export function createRest(life) {
  function callMethod(method, params, callback, options) {
    let data = params
    if (hasIdleStart(params)) data = without(data, 'start')
    // Some programs add the token themselves. It goes with every call.
    if (params?.auth && params.auth === life.auth.access_token) data = without(data, 'auth')
    return deliver(ask(life, { method, data, callback }, options), callback)
  }

  function callBatch(calls, callback, halt) {
    const commands = commandsIn(calls)
    const results = Array.isArray(calls) ? [] : {}
    const isAwaited = typeof callback !== 'function'
    if (commands.length === 0) return isAwaited ? Promise.resolve(results) : undefined
    return deliver(askAll(life, commands, results, callback, halt), callback)
  }

  function callBind(event, handler, authType = 0, callback) {
    const params = { event: event || '', handler: handler || '', auth_type: authType }
    return administer('event.bind', params, callback)
  }

  function callUnbind(event, handler, authType, callback) {
    const params = { event: event || '', handler: handler || '' }
    if (authType !== undefined && authType !== null) params.auth_type = authType
    return administer('event.unbind', params, callback)
  }

  /** A call that only administrators make; false where it isn't made, or not yet. */
  function administer(method, params, callback) {
    if (!life.isInit) {
      life.init(() => administer(method, params, callback))
      return false
    }
    return life.isAdmin && callMethod(method, params, callback)
  }

  return { callMethod, callBatch, callBind, callUnbind, callUnBind: callUnbind }
}

/**
 * Whether the `start` among the parameters asks for no page: the portal's own library sends none but
 * 0, and programs page through a list that they ask for with -1, which has no pages.
 */
const hasIdleStart = (params) => params?.start && !(params.start > 0)
