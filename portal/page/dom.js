/** Makes elements, and shows dialogs. */

/** `el('button', { type: 'button', onclick }, 'text', node)`: functions become listeners. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value)
    else if (typeof value === 'boolean') element.toggleAttribute(key, value)
    else element.setAttribute(key, value)
  }
  element.append(...children)
  return element
}

/** Shows a dialog over the page until it is closed, or until the layout ends that it belongs to. */
export function showDialog(layout, dialog, closed) {
  dialog.addEventListener('close', () => {
    dialog.remove()
    closed()
  })
  layout.ended.addEventListener('abort', () => dialog.close())
  document.body.append(dialog)
  dialog.showModal()
}
