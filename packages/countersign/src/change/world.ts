import type { Governance } from '../governance/governance.ts'
import type { Category } from '../policy/category.ts'
import type { Policy } from '../policy/policy.ts'
import type { Stage } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import type { Change } from './change.ts'
import { type EffectiveSeparation, separationsOf } from './separation.ts'

/** What a decision about a change reads: what the organisation has said, the change, and the one that it depends on. */
export interface World {
  readonly governance: Governance
  readonly change?: Change | undefined
  readonly parent?: Change | undefined
}

/** A change with the rules that it is pinned to. */
export interface Pinned {
  readonly governance: Governance
  readonly parent: Change | undefined
  readonly policy: Policy
  readonly category: Category
  readonly separations: readonly EffectiveSeparation[]
  readonly at: Instant
}

/** Finds the rules that a change is pinned to. */
export function pin(world: World, change: Pick<Change, 'policy' | 'category'>, at: Instant): Pinned {
  const policy = world.governance.policies[change.policy]?.document
  const category = policy?.categories[change.category]
  if (policy === undefined || category === undefined) {
    throw new RangeError(`no policy ${change.policy} with a category ${change.category} was ever adopted`)
  }
  return {
    governance: world.governance,
    parent: world.parent,
    policy,
    category,
    separations: separationsOf(policy, world.governance),
    at,
  }
}

/** The stage of a name, where the flow has it. */
export const stageOf = (category: Category, name: string): Stage | undefined =>
  category.flow.find(stage => stage.name === name)
