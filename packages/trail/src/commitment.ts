import { sha256Hex } from '#sha256'
import { canonical } from './canonical.ts'
import { CountersignError } from './error.ts'
import { type Hash, isHash } from './hash.ts'
import type { Json } from './json.ts'
import { encodeUtf8 } from './utf8.ts'

/** A salt is as long as the hash, so that nobody can find the value by trying all salts. */
const SALT_BYTES = 32

const CONTEXT = encodeUtf8('countersign/commit/v1\n')

/**
 * A commitment to a value that must not stand in the trail: SHA-256 of `countersign/commit/v1`, a newline, 32 random
 * bytes, and the value's RFC 8785 form (docs/format/trail-v1.md). Whoever has the salt and the value can open it; once
 * the salt is gone, it says nothing of the value.
 *
 * The salt is given as a value, is random, and serves one occurrence of one value. Throws `CountersignError` `input`
 * where it is not 32 bytes long, and `canonical` for a value without a canonical form.
 *
 * @example
 * ```ts
 * import { commitmentTo } from '@countersign/trail'
 *
 * const salt = new Uint8Array(32).fill(7) // from a source of randomness, in earnest
 * commitmentTo('Ann Smith', salt).length // → 64
 * commitmentTo('Ann Smith', salt.slice(16)) // throws a salt has 32 bytes
 * ```
 */
export function commitmentTo(value: Json, salt: Uint8Array): Hash {
  if (salt.length !== SALT_BYTES) {
    throw new CountersignError('input', `a salt has ${SALT_BYTES} bytes, and this one ${salt.length}`, {
      facts: { expected: SALT_BYTES, found: salt.length },
    })
  }
  const form = encodeUtf8(canonical(value))
  const bytes = new Uint8Array(CONTEXT.length + SALT_BYTES + form.length)
  bytes.set(CONTEXT)
  bytes.set(salt, CONTEXT.length)
  bytes.set(form, CONTEXT.length + SALT_BYTES)
  return sha256Hex(bytes)
}

/**
 * Whether a value and a salt are what a commitment was made of. Throws as `commitmentTo` does; what is no hash is opened
 * by nothing.
 *
 * @example
 * ```ts
 * import { commitmentTo, opens } from '@countersign/trail'
 *
 * const salt = new Uint8Array(32).fill(7)
 * const commitment = commitmentTo('Ann Smith', salt)
 * opens(commitment, 'Ann Smith', salt) // → true
 * opens(commitment, 'Bob Smith', salt) // → false
 * ```
 */
export const opens = (commitment: unknown, value: Json, salt: Uint8Array): boolean =>
  commitmentTo(value, salt) === commitment && isHash(commitment)
