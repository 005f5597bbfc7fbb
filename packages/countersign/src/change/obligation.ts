import { refuse } from '../decision/refusal.ts'
import type { Category } from '../policy/category.ts'
import { type ApprovalStage, isOwed, type SingleStage, type TestStage } from '../policy/stage.ts'
import { later } from '../values/instant.ts'
import { once } from '../values/once.ts'
import type { Change, Obligation } from './change.ts'
import { isLive } from './discount.ts'
import type { ChangeEvent } from './event.ts'
import { evolved } from './evolve.ts'
import { asksAnybody, isAsked } from './requirement.ts'
import { isMet } from './standing.ts'
import { nowIn, type Pinned, stagesIn } from './world.ts'

type OwedStage = (ApprovalStage | TestStage) & { readonly within: string }

/** The stages of a category that are owed after it has taken effect, found once. */
const owedStages = once((category: Category): readonly OwedStage[] => stagesIn(category).filter(isOwed))

/** What is owed on a change and not there. */
export const openObligations = <One extends Obligation>({
  obligations,
}: {
  readonly obligations: readonly One[]
}): One[] => obligations.filter(one => one.ended === undefined)

/** Commands after which nobody would ask any more for what is owed on a change. */
const leavesBehind: ReadonlySet<string> = new Set(['cancel', 'close', 'recategorise'])

/** The refusal of a command that would leave something owed behind. */
export const stillOwing = (change: Change, command: string) =>
  leavesBehind.has(command) ? owing(change, openObligations(change)) : undefined

/** The refusal of an edit after which nobody would be asked any more for a review that is owed. */
export const unasked = ({ stages }: Pinned, change: Change, revised: Change) =>
  owing(
    change,
    openObligations(change).filter(({ kind, stage }) => {
      const review = stages.find(one => one.name === stage)
      return kind === 'review' && (review === undefined || !asksAnybody(revised, review))
    }),
  )

const owing = (change: Change, open: readonly Obligation[]) =>
  open.length === 0
    ? undefined
    : refuse('obligation.open', {
        change: change.id,
        owed: open.map(({ kind, stage, since, due }) => ({ kind, stage, since, due })),
      })

/** What has become owed, is fulfilled, or is owed again, as things stand now. */
export function settleObligations(pinned: Pinned, change: Change): ChangeEvent[] {
  const stages = owedStages(pinned.category)
  if (stages.length === 0) return []
  const opened = stages.flatMap((stage): ChangeEvent[] => {
    const { since, nth } = inEffectSince(pinned, change, stage)
    // What asks for more than what is in effect is owed it once it is there.
    if (since === undefined || !reviewsLive(pinned, change, stage) || !isAsked(change, stage)) return []
    // What was still owed when it took effect once more stays owed by its first instant, and is given for both.
    const isOfThis = ({ since: first, ended }: Obligation) =>
      ended === undefined || first >= since || ended.releases > nth
    const isKnown = change.obligations.some(one => one.kind === 'review' && one.stage === stage.name && isOfThis(one))
    return isKnown
      ? []
      : [{ type: 'obligation.opened', kind: 'review', stage: stage.name, since, due: later(since, stage.within) }]
  })
  const owed = evolved(change, opened, nowIn(pinned))
  const moved = stages.flatMap((stage): ChangeEvent[] => {
    const place = owed.obligations.findLastIndex(one => one.kind === 'review' && one.stage === stage.name)
    const obligation = owed.obligations[place]
    if (obligation === undefined || obligation.ended?.how === 'rejected') return []
    // What nobody is asked for is not given by that.
    const met = isMet(pinned, owed, stage) && (obligation.ended !== undefined || isAsked(owed, stage))
    if (met === (obligation.ended !== undefined)) return []
    // What was reviewed before the change was edited stays reviewed; what takes effect then is owed a review of its own.
    if (!met && !reviewsLive(pinned, owed, stage)) return []
    return met
      ? [{ type: 'obligation.fulfilled', obligation: place, late: pinned.at >= obligation.due }]
      : [{ type: 'obligation.reopened', obligation: place }]
  })
  return [...opened, ...moved]
}

/** Whether what a stage reviews is what is in effect now. */
const reviewsLive = ({ stages }: Pinned, change: Change, stage: SingleStage): boolean => {
  const before = stages.slice(0, stages.indexOf(stage)).map(one => one.name)
  return (
    change.inEffectSince !== undefined || change.releases.some(one => isLive(change, one) && before.includes(one.stage))
  )
}

/** Since when a change has been in effect, as far as a stage asks about it, and by which release: or it was found there. */
function inEffectSince({ stages }: Pinned, change: Change, stage: SingleStage) {
  if (change.inEffectSince !== undefined) return { since: change.submittedAt, nth: -1 }
  const before = stages.slice(0, stages.indexOf(stage))
  const nth = change.releases.findLastIndex(one => before.some(other => other.name === one.stage))
  return { since: change.releases[nth]?.at, nth }
}

/** What is owed once what has taken effect is rejected: the review is over, and a remedy is asked for. */
export function remedyFor(pinned: Pinned, change: Change, stage: SingleStage): ChangeEvent[] {
  if (!isOwed(stage)) return []
  const rejected = change.obligations.flatMap((one, place): ChangeEvent[] =>
    one.ended === undefined ? [{ type: 'obligation.rejected', obligation: place, late: pinned.at >= one.due }] : [],
  )
  const due = later(pinned.at, stage.remedyWithin ?? stage.within)
  return [
    ...rejected,
    { type: 'obligation.opened', kind: 'remedy', stage: stage.name, since: pinned.at, due },
    { type: 'change.condemned' },
  ]
}
