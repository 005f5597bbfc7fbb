import { ownBytes } from '../bytes.ts'
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

const P = 2n ** 255n - 19n

/**
 * Whether 32 bytes may stand for a public key at all: a point of the curve, in its one spelling (a `y` below 2²⁵⁵ − 19), and
 * not of small order, since anybody can sign under such a key.
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
  return isStrong(publicKey) && isOnCurve(publicKey)
}

/**
 * Whether 32 bytes are none of which libraries think differently: of small order, or a second spelling. It is asked before a
 * library sees them, and does not ask for what each of them asks for, whether they are a point.
 */
export function isStrong(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false
  const y = ownBytes(publicKey)
  y[31] = (y[31] as number) & 0x7f
  if (SMALL_ORDER.has(toHex(y))) return false
  for (let at = 31; at >= 0; at--) {
    const difference = (y[at] as number) - (PRIME[at] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

/**
 * Whether there is an `x` with x² = (y² − 1) / (d·y² + 1), where d = −121665 / 121666 (RFC 8032 §5.1.3). A quotient is a square
 * where the product is, and by Euler that is where its power (p − 1) / 2 is 1. An `x` of 0 is of small order.
 */
function isOnCurve(publicKey: Uint8Array): boolean {
  const y = BigInt(`0x${toHex(ownBytes(publicKey).reverse())}`) & ((1n << 255n) - 1n)
  const square = (y * y) % P
  return power(((square - 1n) * 121_666n * (121_666n - 121_665n * square)) % P, (P - 1n) / 2n) === 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = ((base % P) + P) % P
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % P
    factor = (factor * factor) % P
  }
  return result
}

/** Throws `key` where a seed has another length than 32 bytes. */
export function requireSeed(seed: Uint8Array): void {
  if (seed.length !== 32) {
    throw new CountersignError('key', `a seed of Ed25519 has 32 bytes, not ${seed.length}`, {
      facts: { expected: 32, found: seed.length },
    })
  }
}
