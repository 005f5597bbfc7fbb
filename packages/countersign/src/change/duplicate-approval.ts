import { reviewsApart } from '../policy/duty.ts'
import type { Approval, Change } from './change.ts'
import { isLive } from './discount.ts'
import { isOneWith } from './separation.ts'
import { meetIn, type Pinned } from './world.ts'

interface Shared {
  readonly governance: Pinned['governance']
  readonly round: number
  readonly approvals: ReadonlySet<Approval>
}

const shared = new WeakMap<readonly Approval[], Shared>()

/** Whether somebody has a part in both of two approvals, so that only one of them counts. */
export const areOfOne = (pinned: Pinned, one: Approval, other: Approval): boolean =>
  meetIn(pinned, one.chain, other.chain) !== undefined && isOneWith(pinned, one, other.afterwards === true)

/** The live approvals of a change in which somebody has a part who has one in another as well, in their order. */
export function givenByMore(pinned: Pinned, change: Change): ReadonlySet<Approval> {
  const { approvals, round } = change
  const known = shared.get(approvals)
  if (known !== undefined && known.governance === pinned.governance && known.round === round) return known.approvals
  const live = approvals.filter(one => isLive(change, one))
  const found = live.length < 8 ? meetingAnother(pinned, live) : meetingAnyOf(pinned, live)
  shared.set(approvals, { governance: pinned.governance, round, approvals: found })
  return found
}

/** Each held against each, which is quickest for a few. */
const meetingAnother = (pinned: Pinned, live: readonly Approval[]): ReadonlySet<Approval> =>
  new Set(live.filter(one => live.some(other => other !== one && areOfOne(pinned, one, other))))

/** Counted by person, for the cost not to grow with the square. */
function meetingAnyOf(pinned: Pinned, live: readonly Approval[]): ReadonlySet<Approval> {
  const byPerson = new Map<string, number>()
  const isApart = reviewsApart(pinned.policy)
  const personsIn = (one: Approval) =>
    new Set(one.chain.map(who => `${isApart && one.afterwards === true ? 'afterwards ' : ''}${pinned.person(who)}`))
  for (const one of live) for (const person of personsIn(one)) byPerson.set(person, (byPerson.get(person) ?? 0) + 1)
  return new Set(live.filter(one => [...personsIn(one)].some(person => (byPerson.get(person) ?? 0) > 1)))
}
