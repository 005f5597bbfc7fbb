import { type ErrorCode, unexpected } from './error.ts'

/**
 * Throws a `CountersignError` of this code where something is no bytes. They may come from another realm, whose classes are
 * other ones.
 *
 * @example
 * ```ts
 * import { requireBytes } from '@countersign/trail'
 *
 * requireBytes('input', 'the block', Uint8Array.of(10))
 * requireBytes('input', 'the block', 'text') // throws expected bytes
 * ```
 */
export function requireBytes(code: ErrorCode, where: string, value: unknown): void {
  if (Object.prototype.toString.call(value) === '[object Uint8Array]') return
  throw unexpected(code, where, 'bytes (Uint8Array)', { given: value })
}
