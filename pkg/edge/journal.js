/** What a gate tells of its work: a record for each decision, and counters. Neither holds a secret. */

const HELP = {
  callgate_requests_total: 'Requests, by portal and what became of them.',
  callgate_refusals_total: "Requests that got the gate's own answer, by its code.",
  callgate_answers_total: "The portals' answers, by status.",
  callgate_lessons_total: "What the portals' answers taught.",
}

export class Journal {
  #onDecision
  #counts = new Map()

  constructor(onDecision) {
    this.#onDecision = onDecision
  }

  /** A request got the portal's answer. */
  passed(visit, { headers, status }) {
    const { portal, seen } = visit
    this.#count('callgate_requests_total', { portal, outcome: 'passed' })
    this.#count('callgate_answers_total', { portal, status })
    if (!this.#onDecision) return
    const location = status >= 300 && status < 400 ? hostIn(headers.get('location')) : undefined
    const moved = location !== portal ? location : undefined
    this.#decided(visit, seen.decision, { outcome: 'passed', status, moved })
  }

  /** A request got an answer of the gate's own. */
  turnedAway(visit, { code, status }) {
    const portal = visit?.portal ?? ''
    this.#count('callgate_requests_total', { portal, outcome: 'turned away' })
    this.#count('callgate_refusals_total', { portal, code })
    if (!this.#onDecision) return
    this.#decided(visit, visit?.seen?.decision, { outcome: 'turned away', status, code })
  }

  /** An answer taught something. */
  learnt(kind) {
    this.#count('callgate_lessons_total', { kind })
  }

  /** Hands a record to the operator, whose mistakes must not become the client's. */
  tell(record) {
    try {
      this.#onDecision?.(record)
    } catch (error) {
      console.error('callgate: onDecision threw', error)
    }
  }

  /** The counters in the text format of Prometheus. */
  counters() {
    let text = ''
    for (const [name, help] of Object.entries(HELP)) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} counter\n`
      for (const [series, count] of this.#counts) {
        if (series.startsWith(`${name}{`)) text += `${series} ${count}\n`
      }
    }
    return text
  }

  #decided(visit, decision, ending) {
    const { at = Date.now(), key, portal, seen } = visit ?? {}
    this.tell({
      at,
      portal,
      caller: seen?.caller,
      key: key?.slice(0, 8),
      method: seen?.method,
      version: seen?.version,
      commands: seen?.commands,
      verdict: decision?.verdict,
      layer: decision?.layer,
      evidence: decision?.evidence,
      problems: decision?.problems,
      ...ending,
      millis: Date.now() - at,
    })
  }

  /** Labels are words of the gate's own and the operator's, never a caller's. */
  #count(name, labels) {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    const series = `${name}{${pairs.join(',')}}`
    this.#counts.set(series, (this.#counts.get(series) ?? 0) + 1)
  }
}

const hostIn = (address) => (URL.canParse(address) ? new URL(address).host : undefined)
