import type { XesEvent, XesTrace } from '../xes.ts'

/** The events of the published log, by a word each. */
const words: Readonly<Record<string, readonly [activity: string, role: string]>> = {
  save: ['Declaration SAVED by EMPLOYEE', 'EMPLOYEE'],
  submit: ['Declaration SUBMITTED by EMPLOYEE', 'EMPLOYEE'],
  '-employee': ['Declaration REJECTED by EMPLOYEE', 'EMPLOYEE'],
  '+employee': ['Declaration APPROVED by EMPLOYEE', 'EMPLOYEE'],
  '+admin': ['Declaration APPROVED by ADMINISTRATION', 'ADMINISTRATION'],
  '-admin': ['Declaration REJECTED by ADMINISTRATION', 'ADMINISTRATION'],
  '+pre': ['Declaration APPROVED by PRE_APPROVER', 'PRE_APPROVER'],
  '-pre': ['Declaration REJECTED by PRE_APPROVER', 'PRE_APPROVER'],
  '+owner': ['Declaration APPROVED by BUDGET OWNER', 'BUDGET OWNER'],
  '-owner': ['Declaration REJECTED by BUDGET OWNER', 'BUDGET OWNER'],
  '+supervisor': ['Declaration FINAL_APPROVED by SUPERVISOR', 'SUPERVISOR'],
  '-supervisor': ['Declaration REJECTED by SUPERVISOR', 'SUPERVISOR'],
  '-missing': ['Declaration REJECTED by MISSING', 'MISSING'],
  request: ['Request Payment', 'UNDEFINED'],
  paid: ['Payment Handled', 'UNDEFINED'],
}

export interface Written {
  readonly id?: string
  /** The instant of the first event; each further one comes an hour later, or at the instant that stands before it. */
  readonly from?: string
  readonly amount?: string
  readonly number?: string
}

/**
 * A case in short: `written('submit +admin +supervisor request paid')`. A word of another kind is an activity as it
 * stands, with `_` for a space; an instant moves the clock.
 */
export function written(short: string, more: Written = {}): XesTrace {
  const { id = 'declaration1', amount = '26.855', number = 'declaration number 7' } = more
  let clock = Date.parse(more.from ?? '2018-03-01T09:00:00.000Z')
  const events: XesEvent[] = []
  for (const word of short.split(' ')) {
    if (/^\d{4}-/.test(word)) {
      clock = Date.parse(word)
      continue
    }
    const [activity, role] = words[word] ?? [word.replaceAll('_', ' '), 'UNDEFINED']
    const at = new Date(clock).toISOString()
    clock += 3_600_000
    const facts = { '(case)_Amount': amount, '(case)_BudgetNumber': 'budget 1', '(case)_DeclarationNumber': number }
    const attributes = new Map(Object.entries(facts).map(([key, value]) => [key, { type: 'string', value } as const]))
    events.push({ activity, at, role, lifecycle: 'complete', attributes })
  }
  return { id, attributes: new Map(), events }
}

const string = (key: string, value: string) => `<string key="${key}" value="${value}"/>`

/** The cases as a log in XES. */
export function xesOf(traces: readonly XesTrace[]): string {
  const event = ({ activity, at, role, attributes }: XesEvent) =>
    `<event>${string('concept:name', activity)}<date key="time:timestamp" value="${at}"/>${string('org:role', role ?? '')}${[
      ...attributes,
    ]
      .map(([key, { value }]) => string(key, String(value)))
      .join('')}</event>`
  const cases = traces.map(
    ({ id, events }) => `<trace>${string('concept:name', id)}${events.map(event).join('\n')}</trace>`,
  )
  return `<log xmlns="http://www.xes-standard.org/">\n${cases.join('\n')}\n</log>\n`
}
