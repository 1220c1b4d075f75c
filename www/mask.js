/** Keeps secrets off the screen: of a token its first four characters, of a password nothing. */

const TOKENS = ['auth', 'access_token', 'refresh_token', 'application_token', 'token']
const PASSWORDS = ['sip_password', 'client_secret']

export const short = (token) => `${token.slice(0, 4)}…`

/** A value by the name under which it stands. */
function hide(name, value) {
  if (typeof value !== 'string' || value === '') return value
  if (TOKENS.includes(name.toLowerCase())) return short(value)
  return PASSWORDS.includes(name.toLowerCase()) ? '••••••' : value
}

/** A form, one field a line. The name of `data[TOKEN]` is TOKEN. */
export function maskForm(text) {
  const lines = [...new URLSearchParams(text)].map(([path, value]) => {
    const name = path.match(/\[([^\]]*)\]$/)?.[1] ?? path
    return `${path} = ${hide(name, value)}`
  })
  return lines.join('\n')
}

/** JSON, laid out; anything else stays as it is. */
export function maskJson(text) {
  try {
    return JSON.stringify(JSON.parse(text, hide), null, 2)
  } catch {
    return text
  }
}
