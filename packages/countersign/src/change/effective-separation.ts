import type { Governance } from '../governance/governance.ts'
import type { Controls } from '../policy/controls.ts'
import { defaultSeparations, houseSeparations, type Separation, samePair } from '../policy/duty.ts'
import type { Policy } from '../policy/policy.ts'

/** A pair of duties that are kept apart, and the clause of the controls that asks for it. */
export interface EffectiveSeparation extends Separation {
  readonly clause?: string
}

/** What was found for a policy under the controls that it names; `undefined` where nobody has proposed these. */
const effective = new WeakMap<
  Policy,
  { readonly controls: Controls | undefined; readonly list: readonly EffectiveSeparation[] }
>()

/**
 * The separations that hold under a policy: those of the controls (each with its clause), those of the house, the
 * policy's own, and the default ones that the policy does not lift in so many words.
 *
 * @example
 * ```ts
 * import { f0, fixturePolicy } from '@countersign/testing'
 * import { separationsOf } from 'countersign/change'
 * const { desk } = await f0()
 * separationsOf(fixturePolicy(), desk.governance()).map(one => one.duties.join(' and '))
 * // → ['make and approve', 'make and test', 'test and approve', 'request and approve']
 * ```
 */
export function separationsOf(policy: Policy, governance: Governance): readonly EffectiveSeparation[] {
  const controls = governance.controls[policy.complies.digest]?.document
  const known = effective.get(policy)
  if (known !== undefined && known.controls === controls) return known.list
  const list = effectiveUnder(policy, controls)
  effective.set(policy, { controls, list })
  return list
}

function effectiveUnder(policy: Policy, controls: Controls | undefined): EffectiveSeparation[] {
  const list: EffectiveSeparation[] = []
  const add = (one: EffectiveSeparation) => {
    if (!list.some(other => samePair(other.duties, one.duties))) list.push(one)
  }
  for (const [clause, one] of Object.entries(controls?.clauses ?? {})) {
    if (one.rule === 'separate') add({ duties: one.duties, because: one.because, clause })
  }
  for (const one of [...houseSeparations, ...policy.separate]) add(one)
  for (const one of defaultSeparations) {
    if (!policy.permit.some(lifted => samePair(lifted.duties, one.duties))) add(one)
  }
  return list
}
