import { freeze } from 'immer'
import type { Instant } from '../values/instant.ts'
import { once } from '../values/once.ts'
import type { Change } from './change.ts'
import type { ChangeCommand } from './command.ts'
import type { ChangeEvent } from './event.ts'
import { approvalFolds } from './fold/approval.ts'
import { assignmentFolds } from './fold/assignment.ts'
import { cardFolds } from './fold/card.ts'
import { categoryFolds } from './fold/category.ts'
import { checklistFolds } from './fold/checklist.ts'
import { contentFolds } from './fold/content.ts'
import { exceptionFolds } from './fold/exception.ts'
import type { Fold, Folds, Happening } from './fold/fold.ts'
import { freezeFolds } from './fold/freeze.ts'
import { obligationFolds } from './fold/obligation.ts'
import { planFolds } from './fold/plan.ts'
import { policyFolds } from './fold/policy.ts'
import { rejectionFolds } from './fold/rejection.ts'
import { releaseFolds } from './fold/release.ts'
import { signOffFolds } from './fold/sign-off.ts'
import { stageFolds } from './fold/stage.ts'
import { begin, submissionFolds } from './fold/submission.ts'
import { taskFolds } from './fold/task.ts'
import { templateFolds } from './fold/template.ts'
import { type Stated, stated } from './stated.ts'

/** The entry in which events happened, as far as the fold reads it. */
export interface Occasion {
  /** Left out for what comes about by itself, which no command says more of. */
  readonly command?: ChangeCommand
  readonly at: Instant
  /** How many events of people and rules came before. */
  readonly under?: number
}

/**
 * Folds the events of one entry into a change; before `change.submitted` there is none. What did not change is shared
 * with the change before, and all of it is frozen.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { evolveChange } from 'countersign/change'
 * const scenario = await f0()
 * const command = { type: 'cancel', change: 'K', comment: 'not needed any more' } as const
 * const occasion = { command, at: scenario.now, under: scenario.desk.governance().entries }
 * evolveChange(scenario.change('K'), [{ type: 'change.cancelled' }], occasion)?.state // → 'cancelled'
 * ```
 */
export function evolveChange(change: Change, events: readonly ChangeEvent[], occasion: Occasion): Change
export function evolveChange(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined
export function evolveChange(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined {
  const next = evolved(change, events, occasion)
  return next === undefined ? undefined : immutable(next)
}

/**
 * A change that others get to see: without members of which there is nothing to say, and frozen deeply, which is still quick, as what
 * is frozen already is not entered again. The same change always gives the same.
 */
export const immutable = (change: Change): Change => (Object.isFrozen(change) ? change : shown(change))

const shown = once((change: Change): Change => freeze(stated(change), true) as Stated as Change)

/** The same, and not frozen: a decision folds several times over what nobody else has seen yet. */
export function evolved(change: Change, events: readonly ChangeEvent[], occasion: Occasion): Change
export function evolved(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined
export function evolved(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined {
  const { command, at, under } = occasion
  const happening: Happening = { command, at, when: under === undefined ? { at } : { at, under }, own: [] }
  let next = change
  for (const event of events) next = next === undefined ? begin(event, happening) : applied(next, event, happening)
  return next
}

/** What each event makes of a change, by the noun that it is about. An event without a fold does not compile. */
const folds: Folds = {
  ...submissionFolds,
  ...contentFolds,
  ...categoryFolds,
  ...policyFolds,
  ...templateFolds,
  ...assignmentFolds,
  ...taskFolds,
  ...checklistFolds,
  ...signOffFolds,
  ...approvalFolds,
  ...rejectionFolds,
  ...exceptionFolds,
  ...planFolds,
  ...freezeFolds,
  ...releaseFolds,
  ...obligationFolds,
  ...stageFolds,
  ...cardFolds,
}

/** The change with an event applied to it. No entry admits an event of an unknown type; such a one changes nothing. */
function applied(change: Change, event: ChangeEvent, happening: Happening): Change {
  if (!Object.hasOwn(folds, event.type)) return change
  return (folds[event.type] as Fold<ChangeEvent['type']>)(change, event, happening)
}
