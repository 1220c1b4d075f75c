/** Speaks to the control plane, which is to the page what a portal's server is to its pages. */

async function ask(path, init) {
  const response = await fetch(`/_portal/${path}`, init)
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

export const read = (path) => ask(path)

export const tell = (path, what = {}) =>
  ask(path, {
    method: 'POST',
    body: JSON.stringify(what),
    headers: { 'Content-Type': 'application/json' },
  })
