import { refuse } from '../decision/refusal.ts'
import { type Actor, selfOf } from '../governance/identity.ts'
import type { ApprovalStage, TestStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import { evolved } from './evolve.ts'
import { blockedAt, blockedStages } from './outlook.ts'
import { firstThat, type Of, type Step, type Taken } from './step.ts'
import { nowIn, type Pinned } from './world.ts'

/**
 * At which of the stages that are open together something is given that names none. What somebody has a right to themselves
 * goes before what they could do for others, and whoever could do it for several says for whom. Else it is the first
 * that leaves every stage to be met by those who are left: then it does not matter in which order they come.
 */
export function placed<Open extends ApprovalStage | TestStage>(
  pinned: Pinned,
  change: Change,
  { command, actor }: { readonly command: Of<'approve' | 'signOff'>; readonly actor: Actor },
  stages: readonly Open[],
  attempt: (stage: Open) => Step,
): Step {
  if (stages.length < 2) return firstThat(stages, attempt)
  const steps = stages.map(attempt)
  const taken = steps.filter((one): one is Taken => !('refused' in one))
  const own = taken.filter(({ as }) => as?.capacity !== 'delegate')
  const principals = new Set(steps.flatMap(principalsIn))
  if (own.length === 0 && principals.size > 1)
    return refuse('authority.which-principal', { person: selfOf(actor), principals: [...principals].toSorted() })
  const free = own.length > 0 ? own : taken
  if (free.length < 2) return free[0] ?? firstThat(steps, one => one)
  const occasion = { command, ...nowIn(pinned) }
  const left = free.map(step => ({ step, change: evolved(change, step.events, occasion) }))
  const best =
    left.find(one => blockedStages(pinned, one.change).length === 0) ??
    // Where one of those further on is blocked whatever is given, these need not be.
    left.find(one => blockedAt(pinned, one.change, stages).length === 0)
  return (best ?? left[0])?.step ?? firstThat(steps, one => one)
}

/** For whom a step is, or could be where the actor does not say. */
const principalsIn = (step: Step): readonly string[] =>
  'refused' in step
    ? step.refused.code === 'authority.which-principal'
      ? step.refused.facts.principals
      : []
    : step.as?.capacity === 'delegate'
      ? [step.as.principal]
      : []
