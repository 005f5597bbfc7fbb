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

/**
 * A copy of bytes that a caller hands in: nothing that is done to it reaches the caller, and nothing that the caller does later
 * reaches it. It is a plain `Uint8Array` with a memory of its own. `bytes.slice()` is neither where the bytes are a `Buffer` of
 * Node: that shares the memory, which may be a block in which other things of the process lie as well.
 *
 * @example
 * ```ts
 * import { ownBytes } from '@countersign/trail'
 *
 * const given = Uint8Array.of(1, 2)
 * const own = ownBytes(given)
 * given[0] = 9
 * own // → Uint8Array.of(1, 2)
 * own.buffer.byteLength // → 2
 * ```
 */
export const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)

/**
 * The same bytes as a plain `Uint8Array`, where they are a `Buffer`: views that are cut out of them are plain as well. The memory is
 * the caller's.
 *
 * @example
 * ```ts
 * import { plainBytes } from '@countersign/trail'
 *
 * const given = Uint8Array.of(1, 2)
 * const plain = plainBytes(given)
 * given[0] = 9
 * plain // → Uint8Array.of(9, 2)
 * ```
 */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
