/** BX24's helpers around the page's own document. */
/* global BX24, told */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bx24World, call, withScript } from '../support/bx24.mjs'

const world = bx24World({
  '/ready.html': withScript(`
    <script>
      const told = [BX24.isReady()]
      BX24.ready('no function')
      BX24.ready(() => told.push('one', document.getElementById('last') !== null, BX24.isReady()))
      BX24.ready(() => { throw new Error('the second') })
      BX24.ready(() => told.push('three'))
    </script>
    <p id="last"></p>`),
  '/one.js': `globalThis.loaded = ['one']`,
  '/two.js': `globalThis.loaded.push('two', document.querySelectorAll('head script[src]').length)`,
})

test('ready_waits_for_the_document_and_init_for_nothing_of_it', async () => {
  const frame = await world.load({ path: '/ready.html' })
  await frame.waitForFunction(() => told.length >= 5)
  assert.deepEqual(await frame.evaluate(() => told), [false, 'one', true, true, 'three'])
  assert.equal(await call(frame, 'isReady'), true)
  const order = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        const order = []
        BX24.ready(() => resolve(order))
        order.push('here')
      }),
  )
  assert.deepEqual(order, ['here'])
})

test('an_event_is_bound_by_all_its_names_and_unbound_by_all', async () => {
  const frame = await world.load()
  const heard = await frame.evaluate(() => {
    const heard = []
    const hear = ({ type }) => heard.push(type)
    const names = {
      click: ['click'],
      mousewheel: ['mousewheel', 'DOMMouseScroll'],
      transitionend: ['transitionend', 'webkitTransitionEnd', 'msTransitionEnd', 'oTransitionEnd'],
    }
    const fire = (name) => names[name].map((it) => document.body.dispatchEvent(new Event(it)))
    BX24.bind(null, 'click', hear)
    BX24.unbind(undefined, 'click', hear)
    for (const name of Object.keys(names)) {
      BX24.bind(document.body, name, hear)
      fire(name)
      BX24.unbind(document.body, name, hear)
      fire(name)
    }
    return heard
  })
  assert.deepEqual(heard.slice(0, 3), ['click', 'mousewheel', 'DOMMouseScroll'])
  assert.deepEqual([...new Set(heard)].length, heard.length)
  assert.ok(heard.includes('transitionend'))
})

test('a_proxy_is_made_once_for_a_function_and_an_object', async () => {
  const frame = await world.load()
  const facts = await frame.evaluate(() => {
    const object = { name: 'object' }
    const element = { name: 'element' }
    function whose(...args) {
      return [this.name, BX24.proxyContext()?.name, ...args]
    }
    const proxy = BX24.proxy(whose, object)
    const inner = BX24.proxy(() => BX24.proxyContext().name, object)
    const outer = BX24.proxy(
      () => [inner.call({ name: 'inner' }), BX24.proxyContext().name],
      object,
    )
    const throws = BX24.proxy(() => {
      throw new Error('no')
    }, object)
    try {
      throws()
    } catch {
      // The context is over all the same.
    }
    return [
      proxy.call(element, 1, 2),
      BX24.proxy(whose, object) === proxy,
      BX24.proxy(whose, element) === proxy,
      outer.call({ name: 'outer' }),
      BX24.proxyContext(),
      BX24.proxy(whose) === whose,
      BX24.proxy(null, object),
      Object.keys(object),
    ]
  })
  assert.deepEqual(facts, [
    ['object', 'element', 1, 2],
    true,
    false,
    ['inner', 'outer'],
    null,
    true,
    null,
    ['name'],
  ])
})

test('scripts_are_loaded_one_after_the_other', async () => {
  const frame = await world.load()
  const loaded = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        BX24.loadScript(['/one.js', '', '/two.js', null], (...args) =>
          resolve([
            ...globalThis.loaded,
            args.length,
            document.querySelectorAll('[src$="o.js"]').length,
          ]),
        )
      }),
  )
  // Beside the one that runs there is BX24's own.
  assert.deepEqual(loaded, ['one', 'two', 2, 0, 0])
  await frame.evaluate(() => new Promise((resolve) => BX24.loadScript('/one.js', resolve)))
  assert.deepEqual(await frame.evaluate(() => globalThis.loaded), ['one'])
})

test('a_script_that_cannot_be_loaded_is_told_of_and_ends_the_rest', async () => {
  const frame = await world.load()
  const told = await frame.evaluate(async () => {
    const failed = new Promise((resolve) => BX24.onError(resolve))
    let called = false
    BX24.loadScript(['/none.js', '/one.js'], () => (called = true))
    const { code, kind, message } = await failed
    return [code, kind, message.startsWith('/none.js'), called, typeof globalThis.loaded]
  })
  assert.deepEqual(told, ['CALLGATE_SCRIPT', 'network', true, false, 'undefined'])
  const words = await frame.evaluate(() => {
    try {
      BX24.loadScript({})
    } catch (error) {
      return error.message
    }
  })
  assert.match(words, /^loadScript: /)
})

test('a_document_has_a_size', async () => {
  const frame = await world.load()
  const sizes = await frame.evaluate(() => {
    document.body.style.cssText = 'margin: 0; width: 3000px; height: 4000px'
    return BX24.getScrollSize()
  })
  assert.deepEqual(sizes, { scrollWidth: 3000, scrollHeight: 4000 })
})

test('files_can_be_read_and_all_else_can_be_used_anyway', async () => {
  const frame = await world.load()
  assert.equal(await call(frame, 'canUse', 'upload'), true)
  assert.equal(await call(frame, 'canUse', 'anything'), true)
  await frame.evaluate(() => delete globalThis.FileReader)
  assert.equal(await call(frame, 'canUse', 'upload'), false)
})
