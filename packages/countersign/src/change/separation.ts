import type { Governance } from '../governance/governance.ts'
import { defaultSeparations, houseSeparations, type Separation, samePair } from '../policy/duty.ts'
import type { Policy } from '../policy/policy.ts'
import type { Change, HeldDuty } from './change.ts'

/** A pair of duties that are kept apart, and the clause of the controls that asks for it. */
export interface EffectiveSeparation extends Separation {
  readonly clause?: string
}

const effective = new WeakMap<Policy, readonly EffectiveSeparation[]>()

/**
 * The separations that hold under a policy: those of the controls (each with its clause), those of the house, the
 * policy's own, and the default ones that the policy does not lift in so many words.
 */
export function separationsOf(policy: Policy, governance: Governance): readonly EffectiveSeparation[] {
  const known = effective.get(policy)
  if (known !== undefined) return known
  const list: EffectiveSeparation[] = []
  const add = (one: EffectiveSeparation) => {
    if (!list.some(other => samePair(other.duties, one.duties))) list.push(one)
  }
  for (const [clause, one] of Object.entries(governance.controls[policy.complies.digest]?.document.clauses ?? {})) {
    if (one.rule === 'separate') add({ duties: one.duties, because: one.because, clause })
  }
  for (const one of [...houseSeparations, ...policy.separate]) add(one)
  for (const one of defaultSeparations) {
    if (!policy.permit.some(lifted => samePair(lifted.duties, one.duties))) add(one)
  }
  effective.set(policy, list)
  return list
}

/** Two duties that would meet in one person. */
export interface Conflict {
  readonly separation: EffectiveSeparation
  readonly person: string
  readonly held: HeldDuty
}

interface Opposing {
  readonly separation: EffectiveSeparation
  readonly against: string
}

const opposed = new WeakMap<readonly EffectiveSeparation[], Map<string, readonly Opposing[]>>()

/** The duties that are kept apart from one, found once for each policy and duty. */
function opposing(separations: readonly EffectiveSeparation[], duty: string): readonly Opposing[] {
  const byDuty = opposed.get(separations) ?? new Map<string, readonly Opposing[]>()
  const known = byDuty.get(duty)
  if (known !== undefined) return known
  const found = separations.flatMap((separation): Opposing[] => {
    const [one, other] = separation.duties
    return one === duty ? [{ separation, against: other }] : other === duty ? [{ separation, against: one }] : []
  })
  opposed.set(separations, byDuty.set(duty, found))
  return found
}

/**
 * The first conflict between a duty that is about to be taken on, or is counted, and what anyone in the chain has done
 * on the change, ever. The chain begins with the person who acts.
 */
export function conflictOf(
  separations: readonly EffectiveSeparation[],
  change: Change,
  duty: string,
  chain: readonly string[],
): Conflict | undefined {
  for (const { separation, against } of opposing(separations, duty)) {
    for (const held of change.held) {
      if (held.duty === against && chain.includes(held.person)) return { separation, person: held.person, held }
    }
  }
  return undefined
}

/** How the person in a conflict comes in: as the actor, as whoever controls the robot that acts, as the one acted for. */
export type Link = 'self' | 'controller' | 'principal'

/** A conflict as the facts of a refusal. */
export const conflictFacts = ({ separation, person, held }: Conflict, link: Link) => ({
  duties: [...separation.duties],
  person,
  link,
  held: held.duty,
  how: held.how,
  revision: held.revision,
  because: separation.because,
  ...(separation.clause === undefined ? {} : { clause: separation.clause }),
})
