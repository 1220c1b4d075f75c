/** What `cargo xtask test` holds our JavaScript against, beyond its layout. */
import js from '@eslint/js'
import globals from 'globals'

const rules = {
  eqeqeq: 'error',
  'no-unused-vars': ['error', { args: 'after-used', caughtErrors: 'none' }],
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
}

export default [
  { ignores: ['target/', 'pkg/bx24.js', 'pkg/wasm/', '**/node_modules/'] },
  js.configs.recommended,
  { files: ['**/*.{js,mjs}'], rules },
  // What ships runs anywhere: only what every runtime has, and Node's own in Node's own files.
  {
    files: ['src/js/*.js', 'pkg/*.js', 'pkg/edge/**/*.js', 'pkg/systems/*.js'],
    languageOptions: { globals: { ...globals['shared-node-browser'], ...globals.worker } },
  },
  {
    files: ['pkg/edge/cloudflare.js'],
    languageOptions: {
      globals: { WebSocketPair: 'readonly', WebSocketRequestResponsePair: 'readonly' },
    },
  },
  {
    files: ['src/js/{channel,frame}.js', 'pkg/bx24/**'],
    languageOptions: { globals: globals.browser },
  },
  {
    files: ['pkg/{node*,disk,cli,cli/*}.js', 'pkg/systems/{node,disk}.js'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['examples/**/*.js'],
    languageOptions: { globals: { ...globals.node, Deno: 'readonly' } },
  },
  {
    files: ['www/**/*.{js,mjs}', 'portal/page/*.js'],
    languageOptions: { globals: globals.browser },
  },
  // The demo's app for BX24 is written as such apps are: scripts, and the library is there.
  {
    files: ['www/bx24/app/*.js'],
    languageOptions: { sourceType: 'script', globals: { BX24: 'readonly' } },
  },
  {
    files: ['*.js', 'tests/**/*.{js,mjs}', 'benches/**/*.{js,mjs}', 'xtask/**/*.mjs'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
]
