/** Finds the names of methods and events in source texts, without understanding the language. */

const single = /'(?:[^'\\\n]|\\[^])*'/
const double = /"(?:[^"\\\n]|\\[^])*"/
const template = /`(?:[^`\\]|\\[^])*`/
const tripled = /"""[^]*?"""|'''[^]*?'''/
const pattern =
  /(?<=(?:^|[(,=:[!&|?{};+\n]|\b(?:return|typeof|case))\s*)\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//

const slashes = /(?<!:)\/\/[^\n]*|\/\*[^]*?(?:\*\/|(?![^]))/
const markup = /<!--[^]*?(?:-->|(?![^]))/
const hash = /#(?!\[)[^\n]*/
const docstring = /(?<=^[ \t]*)[rRbBuU]*(?:"""[^]*?"""|'''[^]*?''')/

/** What comes first wins: a comment, or a text in which no comment can start. */
const script = either([slashes, markup], [single, double, template, pattern])
const php = either([slashes, markup, hash], [single, double, template])
const python = either([hash, docstring], [tripled, single, double])

function either(comments, texts) {
  const any = (patterns) => patterns.map(({ source }) => source).join('|')
  return new RegExp(`(${any(comments)})|${any(texts)}`, 'gm')
}

const syntaxes = {
  ...{ js: script, mjs: script, cjs: script, jsx: script, ts: script, mts: script, cts: script },
  ...{ tsx: script, vue: script, php, py: python },
}

/** The endings of the files that names are looked for in. */
export const extensions = Object.keys(syntaxes)

/**
 * A text that is a name, or the address or batch command of one: what stands before the name, the
 * name, and then the end of the text or a query.
 */
const candidate =
  /(['"`])((?:[\w.:$/{}-]*[/}])?)([A-Za-z]\w*(?:(?:\.|::)\w+)*)(?=\1|\?(?:\1|[${]|\w+[=[%]))/g

/** What stands before a text that is meant for a method's name, whatever it is. */
const calling =
  /(?:\w*(?:call|check|list|batch|method)\w*\s*(?:<[^<>()]*>)?\s*\(|\bmethod['"]?\s*(?::|=>|=))\s*$/i

/**
 * The texts of a source that could be names, with their lines. `meant`: by where it stands, it is
 * meant for a method's name. `bare`: the text is the name, and not an address with the name in it.
 *
 * @param {string} text
 * @param {string} extension one of `extensions`
 * @returns {Generator<{ name: string, line: number, meant: boolean, bare: boolean }>}
 */
export function* namesIn(text, extension) {
  const code = text.replace(syntaxes[extension], (token, comment) =>
    comment === undefined ? token : comment.replace(/[^\n]/g, ' '),
  )
  let line = 1
  let counted = 0
  for (const match of code.matchAll(candidate)) {
    for (; counted < match.index; counted++) if (code[counted] === '\n') line++
    const before = code.slice(Math.max(0, match.index - 80), match.index)
    const query = code[match.index + match[0].length] === '?'
    const name = match[3].replace(/\.(json|xml)$/i, '')
    yield {
      name,
      line,
      meant: query || calling.test(before),
      bare: match[2] + name === match[3],
    }
  }
}
