import { CountersignError, canonical, encodeUtf8, sha256Hex } from '@countersign/trail'
import { changeover, declaration, team } from './policy.ts'
import type { XesEvent, XesTrace } from './xes.ts'

/** A command for which an event of the log stands. What the person saw, a decision's revision and digest, is not in it. */
export interface Step {
  /** The idempotency key: the same case always gives the same ids. */
  readonly id: string
  readonly at: string
  readonly account: string
  /** What the log calls the event. */
  readonly activity: string
  readonly command: { readonly type: string; readonly change: string; readonly [member: string]: unknown }
}

/** A case of the log, as the desk is asked about it. */
export interface Case {
  readonly id: string
  readonly steps: readonly Step[]
  readonly events: number
  /** Events that ask the desk for nothing: drafts, and declarations taken back in order to be handed in again. */
  readonly drafts: number
  readonly takenBack: number
  /** Whether the log says that it was paid. */
  readonly paid: boolean
}

/**
 * What the events of one declaration ask of the desk.
 *
 * | in the log | as a command |
 * |---|---|
 * | SUBMITTED, the first | `submit` |
 * | SUBMITTED again | `revise` with what is handed in now, and `resubmit` where it had been rejected |
 * | APPROVED, FINAL_APPROVED by a role | `approve` by the account of that role |
 * | REJECTED by a role | `reject` by the account of that role |
 * | REJECTED by EMPLOYEE, and never submitted again | `cancel` |
 * | REJECTED by EMPLOYEE, and submitted again later | none: it is on the employee's desk, or will be edited there |
 * | SAVED | none: a draft is nobody else's business |
 * | Request Payment | `release` by the robot |
 * | Payment Handled | `close` by the robot |
 *
 * Throws `input` for an event that is none of these: what is not understood is not left out.
 */
export function mapCase(trace: XesTrace): Case {
  const id = trace.id.replaceAll(' ', '')
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,47}$/.test(id)) {
    throw unfit(trace, 'its name is no id of a change', 'up to 48 letters, digits, _ and -, beginning with a letter')
  }
  // A log is in the order of time by its standard; where one is not, the times are believed.
  const events = trace.events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const acts = events.map(event => ({ event, ...actOf(trace, event) }))
  const steps: Step[] = []
  const first = acts.find(act => act.does === 'submit')
  let drafts = 0
  let takenBack = 0
  let returned = false
  for (const [index, { event, does, account }] of acts.entries()) {
    const step = (type: string, more: object) =>
      steps.push({
        id: `event-${id}-${steps.length}`,
        at: event.at,
        account,
        activity: event.activity,
        command: { ...more, type, change: id },
      })
    const submittedLater = acts.slice(index + 1).some(act => act.does === 'submit')
    switch (does) {
      case 'submit': {
        const round = acts.slice(0, roundEnd(acts, index))
        const said = { form: formOf(trace, first?.event ?? event, round), content: contentOf(trace, event) }
        if (event === first?.event) {
          const title = `Expense declaration ${numberOf(trace, event) ?? id}`
          step('submit', {
            team,
            category: declaration,
            title,
            reason: 'expenses to be paid back; the log says no more',
            ...said,
          })
        } else {
          step('revise', { ...said, comment: 'handed in again' })
          if (returned) step('resubmit', { comment: 'handed in again after a rejection' })
        }
        returned = false
        break
      }
      case 'save':
        drafts += 1
        break
      case 'approve':
        step('approve', {})
        break
      case 'reject':
        step('reject', { comment: 'the log gives no reason' })
        // The desk lets nobody without a role return a declaration, so it is still where it was.
        returned ||= account !== unnamed
        break
      case 'take-back':
        if (submittedLater) takenBack += 1
        else step('cancel', { comment: 'taken back by the employee, and not handed in again' })
        break
      case 'pay':
        step('release', {})
        break
      case 'finish':
        step('close', {})
        break
      default:
        does satisfies never
    }
  }
  return { id, steps, events: events.length, drafts, takenBack, paid: acts.some(act => act.does === 'finish') }
}

type Does = 'save' | 'submit' | 'approve' | 'reject' | 'take-back' | 'pay' | 'finish'

interface Act {
  readonly event: XesEvent
  readonly does: Does
  readonly account: string
}

const unnamed = 'unnamed'

/** The account of each role in the log. MISSING is what the log says where it does not know the role. */
const accounts: Readonly<Record<string, string>> = {
  EMPLOYEE: 'employee',
  ADMINISTRATION: 'administration',
  PRE_APPROVER: 'pre-approver',
  'BUDGET OWNER': 'budget-owner',
  SUPERVISOR: 'supervisor',
  MISSING: unnamed,
}

const verbs: Readonly<Record<string, Does>> = {
  SAVED: 'save',
  SUBMITTED: 'submit',
  APPROVED: 'approve',
  FINAL_APPROVED: 'approve',
  REJECTED: 'reject',
}

function actOf(trace: XesTrace, { activity, lifecycle }: XesEvent): Omit<Act, 'event'> {
  if (lifecycle !== undefined && lifecycle !== 'complete') {
    throw unfit(trace, `an event is at lifecycle:transition ${quoted(lifecycle)}`, 'events that are complete')
  }
  if (activity === 'Request Payment') return { does: 'pay', account: 'system' }
  if (activity === 'Payment Handled') return { does: 'finish', account: 'system' }
  const [, verb = '', by = ''] = /^Declaration ([A-Z_]+) by ([A-Z_ ]+)$/.exec(activity) ?? []
  const does = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  const account = Object.hasOwn(accounts, by) ? accounts[by] : undefined
  if (does === undefined || account === undefined) {
    throw unfit(
      trace,
      `${quoted(activity)} is no step of this process`,
      'the domestic declarations of the BPI Challenge 2020',
    )
  }
  return { does: does === 'reject' && account === 'employee' ? 'take-back' : does, account }
}

/** Where the round of a submission ends: at the next submission, or with the case. */
function roundEnd(acts: readonly Act[], submission: number): number {
  const next = acts.findIndex((act, index) => index > submission && act.does === 'submit')
  return next < 0 ? acts.length : next
}

/**
 * The form of a submission. Whose step is owed is a fact that the log does not give and the caller attests: it is owed
 * where the log shows that step in this round or in an earlier one. So it is told with hindsight, by one round at most,
 * and a step that was once asked for is owed again whenever the declaration is handed in again.
 */
function formOf(trace: XesTrace, first: XesEvent, acts: readonly Act[]) {
  const acted = (...by: string[]) => acts.some(act => by.includes(act.account))
  const owed =
    first.at < changeover
      ? { preApprover: acted('pre-approver', 'administration') ? 'asked' : 'none' }
      : { budgetOwner: acted('budget-owner') ? 'another-person' : 'the-supervisor' }
  const amount = amountOf(trace, first)
  const amountCents = amount === undefined ? undefined : cents(amount)
  if (amount !== undefined && amountCents === undefined) {
    throw unfit(
      trace,
      `the amount ${quoted(amount)} is no amount`,
      'digits with a decimal point or without, below ten billion',
    )
  }
  return {
    ...(amountCents === undefined ? {} : { amountCents }),
    budget: textOf(trace, first, 'BudgetNumber') ?? 'unknown',
    ...owed,
  }
}

/**
 * What the employee handed in, by its digest: SHA-256 of the RFC 8785 form of what the log says of it and of the instant
 * at which it was handed in. The log does not show what was changed in between, so each submission counts as another one.
 */
function contentOf(trace: XesTrace, event: XesEvent) {
  const handedIn = {
    case: trace.id,
    number: textOf(trace, event, 'DeclarationNumber') ?? '',
    amount: textOf(trace, event, 'Amount') ?? '',
    budget: textOf(trace, event, 'BudgetNumber') ?? '',
    at: event.at,
  }
  return { digest: sha256Hex(encodeUtf8(canonical(handedIn))), makers: ['employee'] }
}

function numberOf(trace: XesTrace, event: XesEvent): string | undefined {
  const number = textOf(trace, event, 'DeclarationNumber')
  return number === undefined || number === 'UNKNOWN' ? undefined : number.replace('declaration number ', '')
}

/** The amount as the log writes it. One of zero on a declaration without a number says that it is not known. */
function amountOf(trace: XesTrace, event: XesEvent): string | undefined {
  const amount = textOf(trace, event, 'Amount')
  return numberOf(trace, event) === undefined && amount !== undefined && /^0*(?:\.0*)?$/.test(amount)
    ? undefined
    : amount
}

/** A fact about the case, which some exports of the log write on every event and others on the case. */
function textOf(trace: XesTrace, event: XesEvent, key: string): string | undefined {
  const value = event.attributes.get(`(case)_${key}`) ?? trace.attributes.get(key)
  return value === undefined ? undefined : String(value.value).slice(0, 200)
}

/**
 * An amount in whole cents: the third decimal rounds, half a cent upwards, and the decimals behind it have no say. It is
 * read from the digits, never through a binary fraction; a sign, an exponent or a comma makes it no amount.
 */
export function cents(amount: string): number | undefined {
  const match = /^(\d{1,10})(?:\.(\d+))?$/.exec(amount)
  if (match === null) return undefined
  const decimals = (match[2] ?? '').padEnd(3, '0')
  const whole = Number(match[1]) * 100 + Number(decimals.slice(0, 2))
  return decimals.charAt(2) >= '5' ? whole + 1 : whole
}

const quoted = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

function unfit(trace: XesTrace, found: string, expected: string): CountersignError {
  const facts = { case: trace.id, found, expected }
  return new CountersignError('input', `case ${quoted(trace.id)}: ${found}; expected ${expected}`, { facts })
}
