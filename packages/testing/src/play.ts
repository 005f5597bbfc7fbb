import type { Store } from '@countersign/trail/store'
import type { Receipt } from 'countersign'
import { groups } from './arbitraries.ts'
import type { History } from './history.ts'
import { nothing, Player } from './player.ts'
import { Scenario, type Setting } from './scenario.ts'

/** A command as it was handed in, and what came of it. */
export interface Step {
  readonly at: string
  readonly envelope: unknown
  readonly receipt: Receipt
}

/** A history that has happened. */
export interface Played {
  readonly scenario: Scenario
  readonly steps: readonly Step[]
}

/** Somebody who looks on while a history happens. */
export interface Watch {
  readonly before?: (scenario: Scenario) => void
  readonly after?: (scenario: Scenario, step: Step) => void | Promise<void>
}

/**
 * The people and the rules with which a history begins.
 *
 * @example
 * ```ts
 * import { histories, settingOf } from '@countersign/testing'
 * import fc from 'fast-check'
 * fc.sample(histories({ most: 60 }), { numRuns: 1, seed: 1 }).map(one => settingOf(one).policies.length) // → [1]
 * ```
 */
export const settingOf = (history: History, store?: Store): Setting => ({
  controls: history.controls,
  policies: [history.policy],
  people: history.people,
  // Two of three belong to a group, so that a few stand outside.
  groups: Object.fromEntries(
    Object.keys(history.people).flatMap((person, at) => (at % 3 === 2 ? [] : [[person, [groups[at % 2] ?? '']]])),
  ),
  ...(store === undefined ? {} : { store }),
})

/**
 * Lets a history happen at a desk, one command after the other.
 *
 * @example
 * ```ts
 * import { histories, play } from '@countersign/testing'
 * import { fileOf, linesOf } from '@countersign/testing/tamper'
 * import { verifyTrail } from 'countersign/verify'
 * import fc from 'fast-check'
 * const [history] = fc.sample(histories({ most: 60 }), { numRuns: 1, seed: 1 })
 * const { scenario } = await play(history)
 * verifyTrail([fileOf(await linesOf(scenario.store))]).status // → 'sound'
 * ```
 */
export async function play(history: History, watch: Watch = {}): Promise<Played> {
  const scenario = await Scenario.open(settingOf(history))
  const { desk } = scenario
  const player = new Player(history, {
    now: () => scenario.now,
    pass: milliseconds => scenario.at(milliseconds),
    governance: () => desk.governance(),
    changes: () => desk.changes(),
  })
  const steps: Step[] = []
  const take = async (envelope: unknown) => {
    watch.before?.(scenario)
    const step = { at: scenario.now, envelope, receipt: await scenario.desk.execute(envelope) }
    steps.push(step)
    await watch.after?.(scenario, step)
  }
  for (const envelope of player.prelude()) await take(envelope)
  for (const move of history.moves) {
    scenario.at(move.wait)
    const envelope = player.envelope(move)
    if (envelope !== nothing) await take(envelope)
  }
  return { scenario, steps }
}
