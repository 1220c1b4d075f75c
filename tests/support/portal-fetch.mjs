/**
 * Loaded into a program before it starts: what it fetches from https://portal.example comes from the
 * test portal, so that the program needs no option for tests.
 */
const { fetch } = globalThis

globalThis.fetch = (address, init) =>
  fetch(String(address).replace('https://portal.example', process.env.TEST_PORTAL), init)
