import { samePair } from '../policy/duty.ts'
import { exceptionRuleFor } from '../policy/exception.ts'
import { ownParts } from '../policy/form.ts'
import type { ApprovalStage, SingleStage, TestStage } from '../policy/stage.ts'
import { later } from '../values/instant.ts'
import { renamed } from '../values/renamed.ts'
import { type Pinned, stageOf } from './world.ts'

/**
 * Whether a policy holds somebody to less than another one, whatever its stages ask for: a pair that is no longer kept
 * apart or from which somebody else can except, a glass that can be broken, more persons who act for others, approvals
 * that live longer or count in more places.
 */
export const isLoosened = (from: Pinned, to: Pinned, moved: Moved): boolean =>
  countsMore(from, to, moved) || heldAgainst(from, to, moved).some(([before, after]) => losesVeto(before, after))

/** The same of one stage and another one in its place. */
export const isLoosenedAt = (before: SingleStage, after: SingleStage): boolean =>
  isLooser(before, after) || losesVeto(before, after)

/** The same, whoever may veto: a veto that was given stands in whichever category the change is. */
export const countsMore = (from: Pinned, to: Pinned, moved: Moved): boolean =>
  bindsLess(from, to) ||
  lifts(from, to) ||
  opens(from, to) ||
  heldAgainst(from, to, moved).some(([before, after]) => isLooser(before, after))

/**
 * How a stage is called in another flow, where otherwise than here; whether it is asked for here, and whether one that takes its
 * place asks for as much.
 */
interface Moved {
  readonly stages?: Readonly<Record<string, string>>
  readonly isAsked: (stage: SingleStage) => boolean
  readonly standsFor: (stage: SingleStage, heir: SingleStage) => boolean
}

/**
 * Pairs each old stage with the one of its kind that takes its place: by its name, or by the name that `stages` gives it. A stage
 * without one is paired with every new stage of its kind, so that no rule becomes easier by being renamed; and one whose place is
 * taken by less, or by no new one, with every stage of its kind, so that none does by being shared out or merged.
 */
function heldAgainst(
  from: Pinned,
  to: Pinned,
  { stages = {}, isAsked, standsFor }: Moved,
): (readonly [before: SingleStage, after: SingleStage])[] {
  const heirs = new Map(from.stages.map(stage => [stage, heirOf(stage, stageOf(to, renamed(stages, stage.name)))]))
  const known = new Set(heirs.values())
  const fresh = to.stages.filter(one => !known.has(one))
  const isRenamed = (stage: SingleStage) =>
    !isAsked(stage) || fresh.some(one => one.kind === stage.kind && standsFor(stage, one))
  return [...heirs].flatMap(([before, heir]) =>
    (heir !== undefined && standsFor(before, heir)
      ? [heir]
      : (heir === undefined && isRenamed(before) ? fresh : to.stages).filter(one => one.kind === before.kind)
    ).map(after => [before, after] as const),
  )
}

const heirOf = (stage: SingleStage, other: SingleStage | undefined): SingleStage | undefined =>
  other?.kind === stage.kind ? other : undefined

const losesVeto = (before: SingleStage, after: SingleStage): boolean =>
  before.kind === 'approval' &&
  after.kind === 'approval' &&
  before.veto !== undefined &&
  after.veto?.liftedBy !== before.veto.liftedBy

/** Whether something that can be edited there without a word was a part of what was approved here. */
function bindsLess({ category: from }: Pinned, { category: to }: Pinned): boolean {
  const isThere = (name: string) => isOwnPart(name) || Object.hasOwn(to.form.properties, name)
  return from.material.some(name => isThere(name) && !to.material.includes(name))
}

const isOwnPart = (name: string): boolean => (ownParts as readonly string[]).includes(name)

/** Fewer pairs of duties, or more ways round one. */
const lifts = (from: Pinned, to: Pinned): boolean =>
  from.separations.some(one => !to.separations.some(other => samePair(one.duties, other.duties))) ||
  to.policy.permit.some(one => !from.policy.permit.some(other => samePair(one.duties, other.duties))) ||
  (to.policy.exceptions ?? []).some(rule => {
    const known = exceptionRuleFor(from.policy, rule.duties)
    return known === undefined || known.grantedBy !== rule.grantedBy || isLonger(known.atMost, rule.atMost)
  })

/** More persons who act in somebody's place, or before anything is approved. */
function opens(from: Pinned, to: Pinned): boolean {
  const [before, after] = [from.category.breakGlass, to.category.breakGlass]
  if (after !== undefined && (before?.by !== after.by || isLonger(before.lasts, after.lasts))) return true
  if ((to.policy.delegation?.depth ?? 1) > (from.policy.delegation?.depth ?? 1)) return true
  return Object.entries(to.policy.roles).some(([name, use]) => {
    const known = Object.hasOwn(from.policy.roles, name) ? from.policy.roles[name] : undefined
    if (known === undefined) return false
    const standsIn = use.fallback !== undefined && JSON.stringify(use.fallback) !== JSON.stringify(known.fallback)
    return (
      standsIn ||
      (known.delegates !== undefined && use.delegates !== known.delegates) ||
      (known.whileAbsent !== undefined && use.whileAbsent === undefined)
    )
  })
}

/** Whether something counts at a stage that did not before. What a stage asks for is compared elsewhere. */
export function isLooser(before: SingleStage, after: SingleStage): boolean {
  if (after.kind === 'test' && before.kind === 'test') return asksLess(before, after)
  if (after.kind !== 'approval' || before.kind !== 'approval') return false
  return (
    (before.validFor !== undefined && (after.validFor === undefined || isLonger(before.validFor, after.validFor))) ||
    (before.leavers !== undefined && after.leavers === undefined) ||
    (before.onResubmit === undefined && after.onResubmit !== undefined) ||
    carriesMore(before, after) ||
    isWider(before, after)
  )
}

/** Whether something may be carried to a stage that could not be, or for longer. */
function carriesMore({ carriedFrom: before }: ApprovalStage, { carriedFrom: after }: ApprovalStage): boolean {
  if (after === undefined) return false
  if (before === undefined || isLonger(before.for, after.for)) return true
  return JSON.stringify({ ...after, for: '' }) !== JSON.stringify({ ...before, for: '' })
}

const asksLess = (before: TestStage, after: TestStage): boolean =>
  before.evidence === 'required' && after.evidence === 'optional'

/** Whether an approval stage is for an environment that another one is not for. */
export const isWider = (before: ApprovalStage, after: ApprovalStage): boolean =>
  before.environments !== undefined &&
  (after.environments === undefined || after.environments.some(one => !before.environments?.includes(one)))

const epoch = '2000-01-01T00:00:00.000Z'
/** Whether a length of time is longer than another one. */
export const isLonger = (before: string, after: string): boolean => later(epoch, after) > later(epoch, before)
