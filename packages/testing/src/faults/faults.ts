import { anchorFaults } from './anchors.ts'
import { bytesFaults } from './bytes.ts'
import { decisionFaults } from './decisions.ts'
import type { Fault } from './fault.ts'
import { openingFaults } from './openings.ts'
import { placeFaults } from './places.ts'
import { recordFaults } from './record.ts'

export type { Fault, Sound, Tables, Tampered } from './fault.ts'

/**
 * Every class of fault that the verifier finds, each with a way to make it from a sound trail: `docs/reference/faults.md`
 * tells them in this order. For whoever writes a verifier of their own.
 *
 * @example
 * ```ts
 * import { faults } from '@countersign/testing/faults'
 * faults.some(fault => fault.code === 'chain.break') // → true
 * ```
 */
export const faults: readonly Fault[] = [
  ...bytesFaults,
  ...recordFaults,
  ...anchorFaults,
  ...openingFaults,
  ...placeFaults,
  ...decisionFaults,
]
