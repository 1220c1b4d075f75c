/**
 * What an application can have the portal's page do: the window, dialogs, navigation, options, the
 * placement. Every answer goes to the callback as it comes, some commands have many and some none.
 */
import { ofValues } from '../wasm/js/channel.js'
import { getScrollSize } from './dom.js'

/** @param isOwn whether the façade has something by that name */
export function pageFunctions(life, isOwn) {
  const say = (command, params, callback) => {
    const json = params ? (JSON.stringify(params) ?? '') : ''
    const hear = ofValues((value) => callback.call(window, value))
    life.channel.send(command, json, callback ? hear : undefined)
  }

  return {
    resizeWindow(givenWidth, givenHeight, callback) {
      const [width, height] = [givenWidth, givenHeight].map((it) => Number.parseInt(it, 10))
      if (width > 0 && height > 0) say('resizeWindow', { width, height }, callback)
    },
    fitWindow(callback) {
      say('resizeWindow', { width: '100%', height: getScrollSize().scrollHeight }, callback)
    },
    reloadWindow: (callback) => say('reloadWindow', {}, callback),
    setTitle: (title, callback) => say('setTitle', { title: title.toString() }, callback),
    scrollParentWindow(pixels, callback) {
      const scroll = Number.parseInt(pixels, 10)
      if (!Number.isNaN(scroll)) say('setScroll', { scroll }, callback)
    },

    selectUser: (...args) => selectPeople(say, false, ...args),
    selectUsers: (...args) => selectPeople(say, true, ...args),
    selectAccess(...args) {
      if (typeof args[0] === 'string') args.shift() // a title, which no dialog shows
      const value = typeof args[0] === 'function' ? undefined : args.shift()
      say('selectAccess', { value: value ?? [] }, args[0])
    },
    selectCRM(...args) {
      const { entityType, multiple, value } = typeof args[0] === 'function' ? {} : args.shift()
      say('selectCRM', { entityType, multiple, value }, args[0])
    },

    openApplication(...args) {
      const params = typeof args[0] === 'function' ? {} : args.shift()
      const [callback, settings] = args
      say('openApplication', withSettings(params, settings), callback)
    },
    closeApplication: (callback) => say('closeApplication', undefined, callback),
    openPath: (path, callback) => say('openPath', { path }, callback),
    im: {
      callTo: (userId, video) => say('imCallTo', { userId, video }),
      phoneTo: (phone) => say('imPhoneTo', { phone }),
      openMessenger: (dialogId) => say('imOpenMessenger', { dialogId }),
      openHistory: (dialogId) => say('imOpenHistory', { dialogId }),
    },

    userOption: {
      get: (name) => option(life.told.USER_OPTIONS, name),
      set(name, value) {
        if (!life.isInit) return
        life.told.USER_OPTIONS[name] = value
        say('setUserOption', { name, value })
      },
    },
    appOption: {
      get: (name) => option(life.told.APP_OPTIONS, name),
      set(name, value, callback) {
        if (!life.isAdmin) return
        life.told.APP_OPTIONS[name] = value
        say('setAppOption', { name, value }, callback)
      },
    },

    placement: {
      info: () => ({
        placement: life.told.PLACEMENT ?? null,
        options: life.told.PLACEMENT_OPTIONS ?? null,
      }),
      getInterface: (callback) => say('getInterface', undefined, callback),
      bindEvent: (event, callback) => say('placementBindEvent', { event }, callback),
      call(command, ...args) {
        if (isOwn(command)) return // it has a function of its own
        const params = typeof args[0] === 'function' ? {} : args.shift()
        say(command, params, args[0])
      },
    },
  }
}

function selectPeople(say, mult, ...args) {
  const title = typeof args[0] === 'function' ? '' : args.shift()
  say('selectUser', { title: title || '', mult }, args[0])
}

/** Settings of the slider stand among the parameters, by names of their own. */
function withSettings(params, settings) {
  if (!settings) return params
  const named = Object.entries(settings).map(([name, value]) => [`bx24_${name}`, value])
  return { ...params, ...Object.fromEntries(named) }
}

const option = (options, name) =>
  options && Object.hasOwn(options, name) ? options[name] : undefined
