import assert from 'node:assert/strict'
import { CountersignError, type ErrorCode } from '@countersign/trail'
import { Chance, mutate, mutateJson } from './mutate.ts'
import type { Target } from './targets.ts'

/** The codes with which something that was handed in may be refused; all others speak of the world. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['canonical', 'entry', 'proof', 'note', 'checkpoint', 'key', 'tile', 'bundle', 'policy', 'input'] as const),
  ...(['witness.policy', 'witness.request', 'store.damaged'] as const),
])

/** What came of the inputs of one target. */
export interface Fuzzed {
  readonly inputs: number
  readonly taken: number
  readonly milliseconds: number
  /** How long the slowest input took, in milliseconds, and which it was. */
  readonly slowest: number
  readonly slowestInput: Uint8Array
}

/** What was thrown, with the input that made it be thrown. */
class Finding extends Error {
  readonly input: Uint8Array

  constructor(target: string, input: Uint8Array, cause: unknown) {
    super(`${target}: ${String(cause)}\n${Buffer.from(input).toString('base64').slice(0, 4_000)}`, { cause })
    this.input = input
  }
}

/**
 * Hands a target so many inputs of a seed. Throws a `Finding` where one makes it throw what it may not. `before` hears of each
 * input before it is read: what hangs never comes to an end.
 */
export function fuzz(target: Target, inputs: number, seed: number, before?: (input: Uint8Array) => void): Fuzzed {
  const chance = new Chance(seed)
  let taken = 0
  let slowest = 0
  let slowestInput: Uint8Array = new Uint8Array()
  const from = performance.now()
  for (let count = 0; count < inputs; count++) {
    const input = inputOf(target, chance)
    before?.(input)
    const began = performance.now()
    try {
      if (target.read(input)) taken += 1
    } catch (error) {
      if (!(error instanceof CountersignError) || !refusals.has(error.code))
        throw new Finding(target.name, input, error)
    }
    const took = performance.now() - began
    if (took > slowest) {
      slowest = took
      slowestInput = input
    }
  }
  return { inputs, taken, milliseconds: performance.now() - from, slowest, slowestInput }
}

function inputOf(target: Target, chance: Chance): Uint8Array {
  const seed = chance.of(target.seeds)
  if (target.json !== true || chance.below(2) === 0) return mutate(seed, chance, target.seeds)
  let value: unknown = JSON.parse(new TextDecoder().decode(seed))
  for (let left = chance.of([1, 1, 2, 4]); left > 0; left--) value = mutateJson(value, chance)
  return new TextEncoder().encode(JSON.stringify(value) ?? 'null')
}

/** Every valid input is taken as it is: else nothing would be tried but refusals. */
export function requireTaken(target: Target): void {
  for (const seed of target.seeds) assert.doesNotThrow(() => target.read(seed), `${target.name} refuses its seed`)
}
