import type { Policy } from 'countersign/policy'
import { demandOf } from './demand.ts'
import { type Figures, measure } from './measure.ts'
import { withLimits, withoutLimits, withoutReserve } from './policy.ts'
import { type Model, model, playQuarter } from './quarter.ts'

/** A quarter without limits and one with them, to which the same was asked. */
export interface Pair {
  readonly without: Figures
  readonly with: Figures
}

/** An assumption that is changed to see what hangs on it. */
export interface Variant {
  readonly name: string
  readonly model: Model
  readonly limits: Policy
}

const equally = { incident: 1, audit: 1, business: 1, debt: 1 }
export const variants: readonly Variant[] = [
  { name: 'as assumed', model, limits: withLimits },
  { name: 'half the cost of switching', model: { ...model, switching: model.switching / 2 }, limits: withLimits },
  { name: 'no cost of switching', model: { ...model, switching: 0 }, limits: withLimits },
  { name: 'everybody equally loud', model: { ...model, loudness: equally }, limits: withLimits },
  { name: 'no reserve for debt', model, limits: withoutReserve },
]

/** Plays pairs of quarters with other requests, from seed 1 on, under each of the variants. */
export async function study(seeds: number): Promise<ReadonlyMap<Variant, readonly Pair[]>> {
  const pairs = new Map<Variant, Pair[]>()
  for (const variant of variants) {
    const own: Pair[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const wishes = demandOf(seed)
      const play = async (policy: Policy) => measure((await playQuarter(policy, wishes, variant.model)).lines)
      own.push({ without: await play(withoutLimits), with: await play(variant.limits) })
    }
    pairs.set(variant, own)
  }
  return pairs
}
