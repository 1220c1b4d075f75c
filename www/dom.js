/** Makes elements; texts only ever become text nodes, whatever a portal sends. */

/**
 * `el('p', { class: 'quiet', onclick, disabled: true }, 'text', node)`: functions become listeners,
 * true and false switch an attribute, children that are false or undefined are left out.
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value)
    else if (typeof value === 'boolean') element.toggleAttribute(key, value)
    else if (value !== undefined) element.setAttribute(key, value)
  }
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

/** A time of day, with seconds. */
export const clock = (time) =>
  new Date(time).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })

/** A text in which `code` stands between backticks. */
export const prose = (text) =>
  text.split('`').map((part, index) => (index % 2 ? el('code', {}, part) : part))
