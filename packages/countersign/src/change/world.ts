import { LeadsNowhere } from '../decision/leads-nowhere.ts'
import { isAnybodyMerged, personOf } from '../governance/alias.ts'
import type { Governance } from '../governance/governance.ts'
import type { Category } from '../policy/category.ts'
import { evened } from '../policy/even.ts'
import type { Policy } from '../policy/policy.ts'
import { type SingleStage, type Stage, singlesOf } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import { once } from '../values/once.ts'
import type { Change, Given } from './change.ts'
import type { Discount } from './discount.ts'
import { type EffectiveSeparation, separationsOf } from './effective-separation.ts'

/** What a decision about a change reads: what the organisation has said, the change, and those that it belongs with. */
export interface World {
  readonly governance: Governance
  readonly change?: Change | undefined
  /** The change that it depends on, the one that this depends on, and so on. */
  readonly ancestors?: readonly Change[]
  /** The changes that depend on it, and those that depend on them. */
  readonly descendants?: readonly Change[]
  /** What its team has open, where limits of the team's board are at stake, or who has how much on their hands. */
  readonly team?: readonly Change[]
  /** When somebody was given one of the team's changes last, of whatever has become of it. */
  readonly lastGiven?: ReadonlyMap<string, Instant>
}

/** A change with the rules that it is pinned to. */
export interface Pinned {
  readonly governance: Governance
  readonly ancestors: readonly Change[]
  readonly descendants: readonly Change[]
  readonly policy: Policy
  readonly category: Category
  /** The stages of its flow, those inside parallel ones included. */
  readonly stages: readonly SingleStage[]
  readonly separations: readonly EffectiveSeparation[]
  readonly at: Instant
  /** The instant of now, where that is another one, as the change is over. */
  readonly now: Instant
  /** Until when at most what was given had to hold, where another change has taken effect on it; else until it took effect itself. */
  readonly stood?: Instant | undefined
  /** The natural person behind an id, as far as that was known at the instant. */
  readonly person: (id: string) => string
  /**
   * What was counted already in the decision: it is asked about for the person, for the stage, and for the stages before it. The
   * one member that is written to, and by `discountOf` alone: a `WeakMap` beside it makes the verdict some 6 % slower.
   */
  counted?: Counted | undefined
}

/** When that comes about which is only now being decided: the instant, and how many events of people and rules there are. */
export const nowIn = ({ at, governance }: Pinned) => ({ at, under: governance.entries })

/** What was given on a change, and whether it counts there, or why it does not. */
interface Counted {
  /** The rules by which it was counted: a copy of them with something else in it counts anew. */
  readonly by: Pinned
  readonly given: Map<Given, { readonly change: Change; readonly discount: Discount | undefined }>
}

const none: readonly Change[] = []
const themselves = (id: string) => id

/** The stages of a category's flow, those inside parallel ones included. */
export const stagesIn = once((category: Category): readonly SingleStage[] => singlesOf(category.flow))

/** Whether a change has reached the end of its life, so that nothing which is learned later touches it. */
export const hasEnded = ({ state }: Pick<Change, 'state'>): boolean =>
  state === 'completed' || state === 'closed' || state === 'cancelled'

/** Finds the rules that a change is pinned to. A change whose life has ended is seen as it was then. */
export function pin(
  world: World,
  change: Pick<Change, 'policy' | 'category' | 'state' | 'since' | 'rests'>,
  at: Instant,
): Pinned {
  const { governance, ancestors = none, descendants = none } = world
  const adopted = governance.policies[change.policy]?.document
  const policy = adopted && evened(adopted)
  const category = policy?.categories[change.category]
  if (policy === undefined || category === undefined) {
    throw new LeadsNowhere(`no policy ${change.policy} with a category ${change.category} was ever adopted`)
  }
  const asOf = hasEnded(change) ? (change.rests?.at ?? change.since) : at
  return {
    governance,
    ancestors,
    descendants,
    policy,
    category,
    stages: stagesIn(category),
    separations: separationsOf(policy, governance),
    at: asOf,
    now: at,
    person: isAnybodyMerged(governance) ? id => personOf(governance, id, asOf) : themselves,
    counted: undefined,
  }
}

/** The single stage of a name, where the flow has it. */
export const stageOf = ({ stages }: Pick<Pinned, 'stages'>, name: string): SingleStage | undefined =>
  stages.find(stage => stage.name === name)

/** The single stages that are open in a state: one, or all that are open at the same time. */
export function openIn(category: Category, state: string): readonly SingleStage[] {
  const stage = category.flow.find(one => one.name === state)
  return stage === undefined ? [] : partsOf(stage)
}

/** A stage as the single stages in it. */
export const partsOf = (stage: Stage): readonly SingleStage[] => (stage.kind === 'parallel' ? stage.stages : [stage])

/** Somebody who is in both chains, by whichever id. */
export const meetIn = ({ person }: Pinned, some: readonly string[], others: readonly string[]): string | undefined =>
  some.find(one => others.some(other => person(other) === person(one)))
