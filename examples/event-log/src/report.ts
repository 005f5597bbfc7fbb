import type { Desk, RefusalCode } from 'countersign'
import type { Case } from './map.ts'
import type { Told } from './replay.ts'

/** Refusals of one kind: what was done, where the declaration stood, and in which cases. */
interface Reason {
  readonly reason: string
  readonly count: number
  /** How many of them are the first refusal of their case; the others may follow from an earlier one. */
  readonly first: number
  readonly examples: readonly string[]
}

interface RefusedCode {
  readonly code: RefusalCode
  readonly count: number
  readonly means: string
  readonly examples: readonly string[]
  readonly reasons: readonly Reason[]
}

/** What came of a log. */
export interface Report {
  readonly log: string
  /** Set where only the first cases were asked for. */
  readonly limit?: number
  readonly cases: number
  readonly events: number
  /** Events that ask for nothing. */
  readonly silent: { readonly drafts: number; readonly takenBack: number }
  readonly commands: number
  readonly accepted: number
  readonly refused: {
    readonly count: number
    readonly recorded: number
    readonly cases: number
    readonly codes: readonly RefusedCode[]
  }
  /** Where the declarations stand at the end: cases by state. */
  readonly ended: {
    readonly paid: number
    readonly cancelled: number
    readonly open: Readonly<Record<string, number>>
    readonly neverSubmitted: number
  }
  /** Cases that the log calls paid: how many the desk let through, and how many not. */
  readonly paid: {
    readonly inLog: number
    readonly letThrough: number
    readonly not: number
    readonly examples: readonly string[]
  }
  readonly trail: { readonly path: string; readonly entries: number; readonly bytes: number; readonly root: string }
  readonly seconds: { readonly reading: number; readonly running: number; readonly verifying: number }
  readonly verdict: Verdict
}

/** What the verifier says of the trail: its exit code, and its page. */
export interface Verdict {
  readonly exitCode: number
  readonly text: string
}

/** Counts outcomes as they come. */
export class Tally {
  commands = 0
  accepted = 0
  recorded = 0
  readonly #refusedCases = new Set<string>()
  readonly #codes = new Map<RefusalCode, Map<string, { count: number; first: number; cases: Set<string> }>>()

  add({ of, step, stood, receipt }: Told): void {
    this.commands += 1
    if (receipt.outcome === 'accepted') {
      this.accepted += 1
      return
    }
    if (receipt.recorded !== undefined) this.recorded += 1
    const reasons = this.#codes.get(receipt.refusal.code) ?? new Map()
    this.#codes.set(receipt.refusal.code, reasons)
    const reason = `${doneBy(step.command.type, step.account)} ${stoodAt(stood)}`
    const known = reasons.get(reason) ?? { count: 0, first: 0, cases: new Set<string>() }
    reasons.set(reason, known)
    known.count += 1
    known.cases.add(of.id)
    if (!this.#refusedCases.has(of.id)) known.first += 1
    this.#refusedCases.add(of.id)
  }

  refused(): Report['refused'] {
    const codes = [...this.#codes].map(([code, byReason]): RefusedCode => {
      const reasons = [...byReason]
        .map(([reason, { count, first, cases }]): Reason => ({ reason, count, first, examples: examplesOf(cases) }))
        .toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
      return {
        code,
        count: reasons.reduce((sum, one) => sum + one.count, 0),
        means: meanings[code] ?? 'a refusal that this example did not expect; see the reference of refusals',
        examples: examplesOf(new Set([...byReason.values()].flatMap(one => [...one.cases]))),
        reasons,
      }
    })
    return {
      count: this.commands - this.accepted,
      recorded: this.recorded,
      cases: this.#refusedCases.size,
      codes: codes.toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    }
  }
}

/** The same two examples whatever the order in which the outcomes came. */
const examplesOf = (cases: ReadonlySet<string>) => [...cases].toSorted().slice(0, 2)

/** Where the cases stand at the end, held against what the log says of them. */
export function endings(cases: readonly Case[], desk: Desk): Pick<Report, 'ended' | 'paid'> {
  const states = new Map<string, number>()
  const notPaid: string[] = []
  let inLog = 0
  for (const one of cases) {
    const state = desk.change(one.id)?.state ?? ''
    states.set(state, (states.get(state) ?? 0) + 1)
    if (!one.paid) continue
    inLog += 1
    if (state !== 'closed') notPaid.push(one.id)
  }
  const take = (state: string) => {
    const count = states.get(state) ?? 0
    states.delete(state)
    return count
  }
  const [paid, cancelled, neverSubmitted] = [take('closed'), take('cancelled'), take('')]
  return {
    ended: {
      paid,
      cancelled,
      open: Object.fromEntries([...states].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      neverSubmitted,
    },
    paid: { inLog, letThrough: inLog - notPaid.length, not: notPaid.length, examples: examplesOf(new Set(notPaid)) },
  }
}

/** What a refusal means for a declaration. */
const meanings: Partial<Record<RefusalCode, string>> = {
  'lifecycle.not-now': 'a step out of order: something before it was missing, or it came when all was decided',
  'authority.no-role': 'whoever acted had no say there: another role was to decide, or the role is not known',
  'name.unknown': 'it was never submitted',
  'duty.conflict': 'two duties that must lie in different hands would have met in one person',
  'approval.already-given': 'the same person approved twice',
  'requirement.unmet': 'an approval that is owed was missing when the payment was requested',
  'form.invalid': 'the declaration lacks what the form asks for',
  'command.malformed': 'what the log says does not make a command',
}

function doneBy(type: string, account: string): string {
  const who = account === 'unnamed' ? 'somebody whose role the log does not name' : `the ${account}`
  switch (type) {
    case 'approve':
      return `approved by ${who}`
    case 'reject':
      return `rejected by ${who}`
    case 'submit':
      return 'submitted'
    case 'revise':
      return 'edited and handed in again'
    case 'resubmit':
      return 'submitted again'
    case 'cancel':
      return 'taken back for good'
    case 'release':
      return 'payment requested'
    case 'close':
      return 'payment handled'
    default:
      return type
  }
}

function stoodAt(state: string | undefined): string {
  switch (state) {
    case undefined:
      return 'though it was never submitted'
    case 'payment':
      return 'when all was approved and the payment was to be requested'
    case 'returned':
      return 'while it was rejected and lay with the employee'
    case 'completed':
      return 'after its payment was requested'
    case 'closed':
      return 'after it was paid'
    case 'cancelled':
      return 'after it was taken back for good'
    default:
      return `while it waited for the ${state}`
  }
}

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
const share = (part: number, whole: number) => (whole === 0 ? '' : ` (${((part / whole) * 100).toFixed(2)} %)`)

/** The report as a page for a person. */
export function page(report: Report): string {
  const { silent, refused, ended, paid, trail, seconds, verdict } = report
  const open = Object.entries(ended.open)
  const lines = [
    `${report.log}${report.limit === undefined ? '' : `: the first ${counted(report.limit, 'case')}; the rest was not read`}`,
    '',
    `  ${counted(report.cases, 'case')}, ${counted(report.events, 'event')}, of which ${counted(silent.drafts + silent.takenBack, 'asks', 'ask')} for nothing:`,
    `    ${counted(silent.drafts, 'draft')}, ${silent.takenBack.toLocaleString('en-US')} taken back to be handed in again`,
    `  ${counted(report.commands, 'command')}: ${report.accepted.toLocaleString('en-US')} accepted, ${refused.count.toLocaleString('en-US')} refused${share(refused.count, report.commands)} in ${counted(refused.cases, 'case')}`,
    '',
    'Refused',
    ...(refused.codes.length === 0 ? ['  nothing'] : []),
    ...refused.codes.flatMap(code => [
      `  ${String(code.count).padStart(5)}  ${code.code}: ${code.means}`,
      `         such as ${code.examples.join(', ')}`,
      ...code.reasons.flatMap(one => [
        `         ${String(one.count).padStart(4)}  ${one.reason}`,
        `               ${told(one)}: ${one.examples.join(', ')}`,
      ]),
    ]),
    '',
    'In the end',
    `  ${ended.paid.toLocaleString('en-US').padStart(6)}  paid`,
    `  ${ended.cancelled.toLocaleString('en-US').padStart(6)}  taken back for good`,
    ...open.map(([state, count]) => `  ${count.toLocaleString('en-US').padStart(6)}  open, ${whereOpen(state)}`),
    `  ${ended.neverSubmitted.toLocaleString('en-US').padStart(6)}  never submitted`,
    `  The log calls ${counted(paid.inLog, 'case')} paid. Under this policy ${counted(paid.letThrough, 'is', 'are')}, and ${counted(paid.not, 'is', 'are')} not${paid.not === 0 ? '' : ` (such as ${paid.examples.join(', ')})`}.`,
    '',
    'The trail',
    `  ${trail.path}`,
    `  ${counted(trail.entries, 'entry', 'entries')} (${counted(refused.recorded, 'of a refusal', 'of refusals')}), ${counted(trail.bytes, 'byte')}, root ${trail.root}`,
    `  ${seconds.reading.toFixed(1)} s to read the log, ${seconds.running.toFixed(1)} s to decide and write, ${seconds.verifying.toFixed(1)} s to verify`,
    '',
    ...verdict.text.trimEnd().split('\n'),
  ]
  return `${lines.join('\n')}\n`
}

const told = ({ count, first }: Reason): string =>
  first === count
    ? 'each the first refusal of its case'
    : first === 0
      ? 'each after an earlier refusal of its case'
      : `${first} of them the first refusal of their case`

const whereOpen = (state: string): string => {
  if (state === 'returned') return 'rejected and not handed in again'
  if (state === 'completed') return 'payment requested and not handled'
  return state === 'payment' ? 'approved, and no payment requested' : `waiting for the ${state}`
}
