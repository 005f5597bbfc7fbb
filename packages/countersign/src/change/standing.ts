import { type Condition, holds as conditionHolds } from '../policy/condition.ts'
import type { Form } from '../policy/form.ts'
import { type Choice, choicesOf } from '../policy/requirement.ts'
import type { ApprovalStage, ReleaseStage, Stage, TaskStage, TestStage } from '../policy/stage.ts'
import type { Approval, Change, Given, Released, SignOff } from './change.ts'
import { bestMatch, lacking } from './matching.ts'
import { conflictOf } from './separation.ts'
import { type Pinned, pin } from './world.ts'

/** A condition that cannot be answered counts as met: what is in doubt asks for more, not for less. */
export const applies = (change: Pick<Change, 'form'>, condition: Condition | undefined): boolean =>
  condition === undefined || conditionHolds(condition, change.form) !== false

const choices = new WeakMap<Form, Map<ApprovalStage, readonly Choice[]>>()

/**
 * The ways in which an approval stage can be met, as far as its conditions apply to this change. They hang on the form
 * and on nothing else, so they are worked out once for each form.
 */
export function choicesFor({ form }: Pick<Change, 'form'>, stage: ApprovalStage): readonly Choice[] {
  const byStage = choices.get(form) ?? new Map<ApprovalStage, readonly Choice[]>()
  const known = byStage.get(stage)
  if (known !== undefined) return known
  const found = applies({ form }, stage.when)
    ? choicesOf(stage.requires, condition => applies({ form }, condition))
    : []
  choices.set(form, byStage.set(stage, found))
  return found
}

/** Why something that was given does not count now; `undefined` where it counts. */
export type Discount =
  | { readonly why: 'ended'; readonly ended: NonNullable<Given['ended']> }
  | { readonly why: 'earlier-round' }
  | { readonly why: 'conflict'; readonly person: string; readonly duty: string }
  | { readonly why: 'expired'; readonly until: string }
  | { readonly why: 'parent' }
  | { readonly why: 'given-again'; readonly person: string }
  | { readonly why: 'compromised'; readonly person: string }

export function discountOf(
  pinned: Pinned,
  change: Change,
  given: Approval | SignOff | Released,
  duty: string,
): Discount | undefined {
  if (given.ended !== undefined) return { why: 'ended', ended: given.ended }
  if (given.round !== change.round) return { why: 'earlier-round' }
  const { compromised: gone } = pinned.governance
  const compromised = gone.length === 0 ? undefined : given.chain.find(person => gone.includes(person))
  if (compromised !== undefined) return { why: 'compromised', person: compromised }
  const conflict = conflictOf(pinned.separations, change, duty, given.chain)
  if (conflict !== undefined) return { why: 'conflict', person: conflict.person, duty: conflict.held.duty }
  if ('carried' in given && given.carried !== undefined) {
    // A carried approval can fall away with the parent's decision and come back with it; meanwhile somebody may have
    // given the same person's approval here, and that is the one that counts.
    const again = change.approvals.find(
      other =>
        other.carried === undefined &&
        other.chain.some(person => given.chain.includes(person)) &&
        discountOf(pinned, change, other, 'approve') === undefined,
    )
    if (again !== undefined) return { why: 'given-again', person: again.person }
    if (pinned.at >= given.carried.until) return { why: 'expired', until: given.carried.until }
    const theirs = decidedParent(pinned)
    const original = theirs?.change.approvals[given.carried.approval]
    const lost = theirs === undefined || original === undefined || theirs.change.id !== given.carried.change
    if (lost || discountOf(theirs.pinned, theirs.change, original, 'approve') !== undefined) return { why: 'parent' }
  }
  return undefined
}

/**
 * The change that this one depends on, while its own decision stands: not sent back, not cancelled, and every approval
 * that its flow asks for is there.
 */
export function decidedParent({ parent, governance, at }: Pinned): { pinned: Pinned; change: Change } | undefined {
  if (parent === undefined || parent.state === 'returned' || parent.state === 'cancelled') return undefined
  const pinned = pin({ governance }, parent, at)
  const decided = pinned.category.flow.every(stage => stage.kind !== 'approval' || isMet(pinned, parent, stage))
  return decided ? { pinned, change: parent } : undefined
}

/** Whether something that was given is of this round and was not ended since. It may still not count. */
export const isLive = (change: Change, given: Given): boolean =>
  given.ended === undefined && given.round === change.round

/** The approvals of a stage that count now. */
export const standingApprovals = (pinned: Pinned, change: Change, stage: string): Approval[] =>
  change.approvals.filter(one => one.stage === stage && discountOf(pinned, change, one, 'approve') === undefined)

/** Whether a stage is met now: everything that it asks for is given and counts, or it does not apply. */
export function isMet(pinned: Pinned, change: Change, stage: Stage): boolean {
  if (!applies(change, stage.when)) return true
  switch (stage.kind) {
    case 'task':
      return taskDone(change, stage)
    case 'test':
      return signOffsFor(pinned, change, stage).length >= stage.signOffs
    case 'approval': {
      const choices = choicesFor(change, stage)
      if (choices.length === 0) return true
      const best = bestMatch(choices, candidates(standingApprovals(pinned, change, stage.name)))
      return best !== undefined && lacking(best) === 0
    }
    case 'release':
      return releasedAt(pinned, change, stage) !== undefined
    default:
      return stage satisfies never
  }
}

export const candidates = (approvals: readonly Approval[]) =>
  approvals.map(({ person, seats }) => ({ person, roles: seats.map(seat => seat.role) }))

export const taskDone = (change: Change, stage: TaskStage): boolean =>
  change.tasks.some(one => one.stage === stage.name)

/** The sign-offs of a test that count, one for each person. */
export function signOffsFor(pinned: Pinned, change: Change, stage: TestStage): SignOff[] {
  const persons = new Set<string>()
  return change.signOffs.filter(one => {
    if (one.stage !== stage.name || one.result !== 'passed' || one.chain.some(person => persons.has(person)))
      return false
    if (discountOf(pinned, change, one, 'test') !== undefined) return false
    for (const person of one.chain) persons.add(person)
    return true
  })
}

export const releasedAt = (pinned: Pinned, change: Change, stage: ReleaseStage): Released | undefined =>
  change.releases.find(one => one.stage === stage.name && discountOf(pinned, change, one, 'release') === undefined)
