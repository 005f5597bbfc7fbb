import { CountersignError } from '../error.ts'

/** A function of every engine that runs JavaScript, which the language itself does not have. */
declare function structuredClone<T>(value: T): T

/**
 * A copy of what a caller hands in, so that nothing that the caller does to it later reaches the trail. Throws
 * `CountersignError` `canonical` where there is something in it that cannot be copied, as a function: no entry can hold it.
 *
 * @example
 * ```ts
 * import { ownCopy } from '@countersign/trail/store'
 *
 * const command = { type: 'approve', revision: 1 }
 * const own = ownCopy(command)
 * command.revision = 2
 * own.revision // → 1
 * ownCopy({ type: () => 'approve' }) // throws no canonical form
 * ```
 */
export function ownCopy<T>(value: T): T {
  try {
    return structuredClone(value)
  } catch (cause) {
    throw new CountersignError('canonical', `a draft has no canonical form: ${(cause as Error).message}`, { cause })
  }
}
