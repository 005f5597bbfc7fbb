import type { Controls } from '../../policy/controls.ts'
import type { Policy } from '../../policy/policy.ts'
import { authorising, isFavour, madeAbove, madeBelow, reviewing, takePart } from './family.ts'
import { holdsDuty, type Party, type People } from './people.ts'
import { type Act, type Exception, endOf, type Moment, type Pair, type Ticket } from './ticket.ts'

const found = new WeakMap<Policy, { readonly controls: Controls | undefined; readonly pairs: readonly Pair[] }>()

/** The duties that a policy and its controls keep apart, found once for both. */
export function pairsOf(policy: Policy, controls: Controls | undefined): readonly Pair[] {
  const known = found.get(policy)
  if (known !== undefined && known.controls === controls) return known.pairs
  const pairs = keptApart(policy, controls)
  found.set(policy, { controls, pairs })
  return pairs
}

/** Told from the law: what nobody has to write down as well. */
function keptApart(policy: Policy, controls: Controls | undefined): Pair[] {
  const clauses = Object.values(controls?.clauses ?? {}).filter(one => one.rule === 'separate')
  const isFirm = (pair: readonly [string, string]) =>
    clauses.some(one => isSame(one.duties, pair) && one.exceptions !== 'allowed')
  const isLifted = policy.permit.some(one => isSame(one.duties, ['request', 'approve']))
  const all: (readonly [string, string])[] = [
    ['make', 'approve'],
    ['make', 'test'],
    ...(isLifted ? [] : [['request', 'approve'] as const]),
    ...policy.separate.map(one => one.duties),
    ...clauses.map(one => one.duties),
  ]
  return all.map(duties => ({ duties, isFirm: isFirm(duties) }))
}

/** Whether two pairs are of the same duties, in whichever order. */
export const isSame = (one: readonly [string, string], other: readonly [string, string]): boolean =>
  (one[0] === other[0] && one[1] === other[1]) || (one[0] === other[1] && one[1] === other[0])

/** What was given: when, in which entry, where that is known, and whether it was carried from elsewhere. */
export type Given = Pick<Act, 'at' | 'from'> & Partial<Pick<Act, 'given'>>

/** What keeps people from a duty, and the exceptions that let them have it all the same. */
export interface Judged {
  readonly clash?: string
  readonly rests: readonly { readonly exception: Exception; readonly person: string }[]
}

/**
 * Whether duties that are kept apart meet in one of these people. `given`: what they decided, or that they decide `now`: what
 * was given rests on no exception of later. `effect`: when an exception had to hold, where what they decided took effect.
 */
export function separate(
  people: People,
  ticket: Ticket,
  duty: string,
  ids: readonly string[],
  moment: Moment,
  given: Given | 'now',
  effect?: Moment,
): Judged {
  const rests: { exception: Exception; person: string }[] = []
  for (const pair of ticket.apart) {
    const { duties: kept } = pair
    const asked = duty === reviewing ? 'review' : duty
    const against = asked === kept[0] ? kept[1] : asked === kept[1] ? kept[0] : undefined
    // Of a review afterwards beside an approval before, hindsight tells.
    if (against === undefined || (duty === reviewing && against === 'approve')) continue
    for (const person of ids) {
      const party = people.of(person)
      const hasReviewed =
        against === 'review' && duty !== 'approve' && holdsDuty(party, ticket, reviewing, moment.before)
      const where = hasReviewed ? 'this change' : whereHeld(party, ticket, against, moment.before, given === 'now')
      if (where === undefined) continue
      const mayBeExcepted = !pair.isFirm && ticket.exceptions.size > 0
      const duties = hasReviewed ? [against, reviewing] : [against]
      const met = given === 'now' || !mayBeExcepted ? undefined : { given, since: heldSince(party, ticket, duties) }
      const exception = mayBeExcepted ? exceptionFor(people, ticket, person, pair, moment, ids, met, effect) : undefined
      if (exception === undefined) return { clash: `${person} also holds ${against} on ${where}`, rests }
      rests.push({ exception, person })
    }
  }
  return { rests }
}

/** Whether whoever has asked for a change has made it, where that is kept apart: then it is not put into effect. */
export function madeByRequester(people: People, ticket: Ticket, moment: Moment): Judged {
  const rests: { exception: Exception; person: string }[] = []
  for (const pair of ticket.apart) {
    if (!isSame(pair.duties, ['request', 'make'])) continue
    for (const person of ticket.requesters) {
      if (whereHeld(people.of(person), ticket, 'make', moment.before, false) === undefined) continue
      const exception = pair.isFirm ? undefined : exceptionFor(people, ticket, person, pair, moment, ticket.requesters)
      if (exception === undefined) return { clash: `${person} has asked for it and made it`, rests }
      rests.push({ exception, person })
    }
  }
  return { rests }
}

/** Whether a policy lets whoever has authorised a change review it afterwards as well, which then counts by itself. */
export const mayReview = ({ policy: { permit } }: Ticket): boolean =>
  permit.some(one => isSame(one.duties, ['approve', 'review']))

/** Who of some people cannot review a change that has taken effect: whoever put it there, or authorised it. */
export function hindsight(
  people: People,
  ticket: Ticket,
  ids: readonly string[],
  { before }: Moment,
): string | undefined {
  const isPermitted = mayReview(ticket)
  for (const id of ids) {
    const party = people.of(id)
    if (holdsDuty(party, ticket, 'release', before)) return `${id} has put it into effect`
    if (!isPermitted && holdsDuty(party, ticket, authorising, before)) return `${id} has authorised it`
  }
  return undefined
}

function whereHeld(party: Party, ticket: Ticket, duty: string, before: number, anew: boolean): string | undefined {
  if (holdsDuty(party, ticket, duty, before)) return 'this change'
  if (duty !== 'make') return undefined
  if (madeAbove(party, ticket, before)) return 'a change on which this one depends'
  return anew && madeBelow(party, ticket, before) ? 'a change that depends on this one' : undefined
}

/** Under which rule somebody is excepted. */
export const ruleFor = ({ policy }: Ticket, { duties }: Exception) =>
  policy.exceptions?.find(one => isSame(one.duties, duties))

/** Whether the policy to which a change was moved since lets whoever granted an exception grant it. */
function isProvided(people: People, { policy, team, migrated = 0 }: Ticket, exception: Exception): boolean {
  const { from = 0, at, duties, granters } = exception
  if (migrated < from || at === undefined) return true
  const rules = (policy.exceptions ?? []).filter(one => isSame(one.duties, duties))
  const parties = [...people.all(granters)]
  return rules.some(rule => parties.some(party => people.grantsOf(party, rule.grantedBy, team, at).length > 0))
}

/** What was given, and since which entry the duty is held that is kept apart from it. */
interface Met {
  readonly given: Given
  readonly since: number
}

/** Whether an exception was granted only after two duties met. Of what was carried, only the instant is known. */
function isLater({ at, from }: Exception, { given, since }: Met): boolean {
  if (at === undefined || from === undefined) return true
  if (from <= since) return false
  return given.from !== undefined || given.given === undefined ? at > given.at : from > given.given
}

/** Since which entry somebody has one of some duties on a change, or has made something on which it depends. */
function heldSince(party: Party, ticket: Ticket, duties: readonly string[]): number {
  let first = Number.POSITIVE_INFINITY
  for (const duty of duties) {
    for (let one: Ticket | undefined = ticket; one !== undefined; one = duty === 'make' ? one.parent : undefined)
      first = Math.min(first, party.held.get(one)?.[duty] ?? first)
  }
  return first
}

/** Whether somebody who granted an exception has left as compromised since. */
const wasMisused = (people: People, { granters, from = 0 }: Exception, { before }: Moment): boolean =>
  [...people.all(granters)].some(one => one.compromised.some(gone => from < gone && gone < before))

function exceptionFor(
  people: People,
  ticket: Ticket,
  person: string,
  pair: Pair,
  moment: Moment,
  chain: readonly string[],
  met?: Met,
  effect?: Moment,
) {
  // What it was granted under may be another policy than the one by which the change is judged by now.
  const rules = (ticket.policy.exceptions ?? []).filter(one => isSame(one.duties, pair.duties))
  const lasts = (one: Exception, when: Moment) => {
    const { from = Number.POSITIVE_INFINITY, to = Number.POSITIVE_INFINITY, at = when.at } = one
    if (from >= when.before || when.before > to || when.at >= one.until) return false
    return rules.some(({ atMost }) => when.at < endOf(at, atMost))
  }
  for (const one of ticket.exceptions.values()) {
    if (!isSame(one.duties, pair.duties) || people.of(one.person) !== people.of(person)) continue
    if (!lasts(one, moment) && (effect === undefined || !lasts(one, effect))) continue
    if (!isProvided(people, ticket, one)) continue
    if (met !== undefined && isLater(one, met)) continue
    if (wasMisused(people, one, moment)) continue
    // Who gains by it, or has come to take part since, has not granted it; nor has who was let in by one of these.
    // Nor does whoever granted it decide by it, in the name of the one excepted.
    const isOwn = people.share(one.granters, [one.person, ...one.requesters, ...chain])
    const { late } = one
    const isByRole = late !== undefined && late.role === ruleFor(ticket, one)?.grantedBy
    if (isByRole && isFavour(people, late, ticket, moment.before)) continue
    if (!isOwn && !takePart(people, one.granters, ticket, moment.before)) return one
  }
  return undefined
}
