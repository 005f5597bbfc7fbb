import { CountersignError } from '../error.ts'
import { fromHex, toHex } from '../hash.ts'

/** 2²⁵⁵ − 19, little-endian: a `y` from here on is a second spelling of a smaller one. */
const PRIME = fromHex(`ed${'ff'.repeat(30)}7f`)

/** The `y` of every point whose order divides eight. Under such a key anybody can make signatures that hold. */
const SMALL_ORDER = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/**
 * Whether 32 bytes may stand for a public key at all. Libraries disagree about keys of small order and about second
 * spellings (a `y` of 2²⁵⁵ − 19 or more), so both are refused before a library sees them.
 *
 * @example
 * ```ts
 * import { isSoundKey, signerKey, verifierKeyOf } from '@countersign/trail'
 *
 * isSoundKey(verifierKeyOf(signerKey('log.example', new Uint8Array(32))).publicKey) // → true
 * isSoundKey(new Uint8Array(32)) // → false
 * ```
 */
export function isSoundKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false
  const y = publicKey.slice()
  y[31] = (y[31] as number) & 0x7f
  if (SMALL_ORDER.has(toHex(y))) return false
  for (let at = 31; at >= 0; at--) {
    const difference = (y[at] as number) - (PRIME[at] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Throws `key` where a seed has another length than 32 bytes. */
export function requireSeed(seed: Uint8Array): void {
  if (seed.length !== 32) {
    throw new CountersignError('key', `a seed of Ed25519 has 32 bytes, not ${seed.length}`, {
      facts: { expected: 32, found: seed.length },
    })
  }
}
