import { bestMatch, lacking, type Matching } from '../policy/matching.ts'
import type { ApprovalStage, ReleaseStage, SingleStage, TaskStage, TestStage } from '../policy/stage.ts'
import { roleAt } from './authority.ts'
import { candidates } from './candidate.ts'
import type { Approval, Change } from './change.ts'
import { withElectorate } from './outlook.ts'
import { choicesFor, isAsked } from './requirement.ts'
import { isWaived, openItems, releasedAt, signOffsFor, standingApprovals, taskDone } from './standing.ts'
import { vetoesAt } from './veto.ts'
import type { Pinned } from './world.ts'

/** How many persons of each role a stage still waits for, as its explanation tells it. */
export function missingAt(pinned: Pinned, change: Change, stage: SingleStage): Record<string, number> {
  if (vetoesAt(pinned, change, stage).length === 0 && isSkipped(change, stage)) return {}
  if (stage.kind === 'approval')
    return Object.fromEntries(matchedAt(pinned, withElectorate(pinned, change, stage), stage).missing)
  const missing = missingWork(pinned, change, stage)
  return missing === 0 ? {} : { [roleAt(pinned, change, stage)]: missing }
}

/** How many persons a stage still waits for, be it for an item of its checklist. */
export function missingWork(
  pinned: Pinned,
  change: Change,
  stage: TaskStage | TestStage | ReleaseStage,
  lacks = lackingAt(pinned, change, stage),
): number {
  const isUnticked = !(stage.kind === 'release' && lacks === 0) && openItems(pinned, change, stage).length > 0
  return isSettled(pinned, change, stage) ? 0 : Math.max(lacks, Number(isUnticked))
}

/** How often it is still to be done what a stage asks for. */
export function lackingAt(pinned: Pinned, change: Change, stage: TaskStage | TestStage | ReleaseStage): number {
  if (stage.kind === 'test') return Math.max(0, stage.signOffs - signOffsFor(pinned, change, stage).length)
  const isThere =
    stage.kind === 'task' ? taskDone(pinned, change, stage) : releasedAt(pinned, change, stage) !== undefined
  return isThere ? 0 : 1
}

/** Who takes which place of a requirement. */
export function matchedAt(
  pinned: Pinned,
  change: Change,
  stage: ApprovalStage,
  standing = standingApprovals(pinned, change, stage.name),
): Matching {
  const matched = bestMatch(choicesFor(change, stage), candidates(pinned, change, standing)) ?? nothingMatched
  // Where people have changed since, what counted then counts; where not, it is told as it was matched.
  const isOver = isSettled(pinned, change, stage) && lacking(matched) > 0
  return isOver ? settledBy(matched, standing) : matched
}

/** The matching of a change that is completed: it was enough, so nothing is missing, and all that counted counts. */
const settledBy = ({ taken, groups }: Matching, standing: readonly Approval[]): Matching => ({
  taken: new Map([...standing.map((one): [string, string] => [one.person, one.seats[0]?.role ?? '']), ...taken]),
  groups,
  missing: new Map(),
})

const nothingMatched: Matching = { taken: new Map(), groups: new Map(), missing: new Map() }

/** Whether nothing of a stage applies to a change. */
export const isSkipped = (change: Change, stage: SingleStage): boolean =>
  !isAsked(change, stage) || (stage.kind === 'approval' && choicesFor(change, stage).length === 0)

/** Whether a stage was met when the change was completed, which nothing that is learned later undoes. */
const isSettled = (pinned: Pinned, change: Change, stage: SingleStage): boolean =>
  change.rests !== undefined && !isUnasked(pinned, change, stage)

/** Whether the change goes on without what a stage asks for: the glass was broken, or what was rejected was made good. */
export const isUnasked = (pinned: Pinned, change: Change, stage: SingleStage): boolean =>
  isWaived(pinned, change, stage) ||
  (change.rests !== undefined &&
    change.obligations.some(one => one.stage === stage.name && one.kind !== 'remedy' && one.ended?.how === 'rejected'))
