import { batches } from './contract/batches.ts'
import { callersAtOnce } from './contract/callers-at-once.ts'
import { ending } from './contract/ending.ts'
import { expectedVersions } from './contract/expected-versions.ts'
import { names } from './contract/names.ts'
import { reading } from './contract/reading.ts'
import { sealing } from './contract/sealing.ts'
import { type ContractRunner, type ContractStores, trialsOn } from './contract/trials.ts'

export type { ContractRunner, ContractStores }

/**
 * Declares the tests that every `Store` must pass. It brings no runner of its own.
 *
 * @example
 * ```ts
 * import { storeContract } from '@countersign/testing/store-contract'
 * import { memoryStore } from '@countersign/trail/store'
 *
 * const titles: string[] = []
 * const runner = {
 *   describe: (_: string, body: () => void) => body(),
 *   test: (title: string) => void titles.push(title),
 *   expect: () => ({ toEqual: () => {} }),
 * }
 * storeContract('memoryStore', runner, { open: async () => memoryStore() })
 * titles.length > 20 // → true
 * ```
 */
export function storeContract(name: string, runner: ContractRunner, stores: ContractStores): void {
  const trials = trialsOn(runner, stores)
  runner.describe(`${name} keeps the contract of a store`, () => {
    sealing(trials)
    expectedVersions(trials)
    names(trials)
    batches(trials)
    callersAtOnce(trials)
    reading(trials)
    ending(trials)
  })
}
