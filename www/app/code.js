/** Gives code a little colour: words of the language, texts, the rest. */
import { el } from '../dom.js'

const PARTS =
  /(?<text>'[^']*')|(?<word>\b(?:const|for|of|await|return|async|new|function|if)\b)|[^'\w]+|\w+/g

export function highlight(code) {
  const parts = [...code.matchAll(PARTS)].map(({ 0: part, groups: { text, word } }) => {
    if (text) return el('span', { class: 'text' }, part)
    return word ? el('span', { class: 'word' }, part) : part
  })
  return el('code', {}, ...parts)
}
