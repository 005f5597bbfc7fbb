import { formatVerifierKey, isSoundKey, parseVerifierKey, type VerifierKey } from '@countersign/trail'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64, toBase64 } from '../../packages/trail/src/base64.ts'
import * as edNode from '../../packages/trail/src/ed25519/node.ts'
import * as edPortable from '../../packages/trail/src/ed25519/portable.ts'
import { fromHex, toHex } from '../../packages/trail/src/hash.ts'
import * as newlineNode from '../../packages/trail/src/newline/node.ts'
import * as newlinePortable from '../../packages/trail/src/newline/portable.ts'
import * as shaNode from '../../packages/trail/src/sha256/node.ts'
import * as shaPortable from '../../packages/trail/src/sha256/portable.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('what runs in Node and what runs elsewhere give the same', () => {
  it('SHA-256, as bytes, as digits and in place', () => {
    fc.assert(
      fc.property(bytes, given => {
        expect(toHex(shaNode.sha256(given))).toBe(shaNode.sha256Hex(given))
        expect(shaPortable.sha256Hex(given)).toBe(shaNode.sha256Hex(given))
        expect(shaPortable.sha256(given)).toEqual(shaNode.sha256(given))
        const one = new Uint8Array(40)
        const other = new Uint8Array(40)
        shaNode.sha256Writer(one)(given, 3)
        shaPortable.sha256Writer(other)(given, 3)
        expect(one).toEqual(other)
        expect(toHex(one)).toBe(`000000${shaNode.sha256Hex(given)}0000000000`)
      }),
    )
  })

  it('SHA-256 as a plain Uint8Array, whose slice is a copy', () => {
    expect(shaNode.sha256(new Uint8Array()).constructor).toBe(Uint8Array)
    expect(shaPortable.sha256(new Uint8Array()).constructor).toBe(Uint8Array)
    expect(edNode.ed25519PublicKey(new Uint8Array(32)).constructor).toBe(Uint8Array)
    expect(edNode.ed25519Sign(new Uint8Array(32), new Uint8Array(1)).constructor).toBe(Uint8Array)
  })

  it('the place of the next newline', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(10, 13, 0, 65)),
        fc.nat({ max: 40 }),
        fc.nat({ max: 4 }),
        (given, from, skip) => {
          const view = Uint8Array.from([10, 10, 10, 10, ...given]).subarray(skip)
          expect(newlineNode.newlineFinder(view)(from)).toBe(newlinePortable.newlineFinder(view)(from))
        },
      ),
    )
  })

  it('public keys, signatures and verdicts of Ed25519', () => {
    fc.assert(
      fc.property(seed, bytes, fc.nat({ max: 511 }), (secret, message, bit) => {
        const key = edNode.ed25519PublicKey(secret)
        const signature = edNode.ed25519Sign(secret, message)
        expect(edPortable.ed25519PublicKey(secret)).toEqual(key)
        expect(edPortable.ed25519Sign(secret, message)).toEqual(signature)
        expect(edNode.ed25519Verify(key, message, signature)).toBe(true)
        expect(edPortable.ed25519Verify(key, message, signature)).toBe(true)
        const forged = signature.slice()
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(edNode.ed25519Verify(key, message, forged)).toBe(false)
        expect(edPortable.ed25519Verify(key, message, forged)).toBe(false)
      }),
      { numRuns: 25 },
    )
  })
})

/** Points whose order divides eight, in every spelling, and a `y` beyond the prime. */
const weakKeys = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

/** 2^252 + 27742317777372353535851937790883648493, how many points the base point generates. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

describe('Ed25519 at its edges', () => {
  const secret = new Uint8Array(32).fill(5)
  const message = Uint8Array.of(1, 2, 3)
  const key = edNode.ed25519PublicKey(secret)
  const signature = edNode.ed25519Sign(secret, message)
  const both = (publicKey: Uint8Array, signed: Uint8Array): boolean[] =>
    [edNode, edPortable].map(({ ed25519Verify }) => ed25519Verify(publicKey, message, signed))

  it('has the first test vector of RFC 8032 §7.1', () => {
    const vector = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
    expect(toHex(edNode.ed25519PublicKey(vector))).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    )
    expect(toHex(edNode.ed25519Sign(vector, new Uint8Array()))).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    )
  })

  it('takes no key of small order, under which anybody signs, and no second spelling of a key', () => {
    for (const weak of weakKeys) {
      // R = the identity and s = 0 hold for every message where the key has order one.
      const zero = fromHex(`01${'00'.repeat(63)}`)
      expect(both(fromHex(weak), zero), weak).toEqual([false, false])
      expect(both(fromHex(weak), signature), weak).toEqual([false, false])
    }
  })

  it('reads no such key, nor one that is no point of the curve, by its text', () => {
    const textOf = (publicKey: Uint8Array, name = 'log.example') => {
      const keyId = shaNode
        .sha256Hex(Uint8Array.of(...new TextEncoder().encode(`${name}\n`), 1, ...publicKey))
        .slice(0, 8)
      return formatVerifierKey({ name, keyId, publicKey, algorithm: 'ed25519' } satisfies VerifierKey)
    }
    expect(parseVerifierKey(textOf(key)).publicKey).toEqual(key)
    for (const weak of weakKeys) {
      expect(isSoundKey(fromHex(weak)), weak).toBe(false)
      expect(() => parseVerifierKey(textOf(fromHex(weak))), weak).toThrow('a weak key (log.example)')
    }
    const outside = fromHex(`02${'00'.repeat(31)}`)
    expect(() => parseVerifierKey(textOf(outside))).toThrow('expected a point of the curve')
  })

  it('takes no s of the order or more, which would be a second signature', () => {
    const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + ORDER
    const second = signature.slice()
    second.set(fromHex(s.toString(16).padStart(64, '0')).reverse(), 32)
    expect(both(key, second)).toEqual([false, false])
  })

  it('takes nothing of another length, and never throws', () => {
    expect(both(key, signature)).toEqual([true, true])
    for (const length of [0, 31, 33, 64])
      expect(both(new Uint8Array(length).fill(9), signature)).toEqual([false, false])
    for (const length of [0, 63, 65]) expect(both(key, new Uint8Array(length))).toEqual([false, false])
  })

  it('gives one verdict on signatures and keys made of anything', () => {
    const any = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(any, fc.uint8Array({ minLength: 64, maxLength: 64 }), (publicKey, signed) => {
        const [one, other] = both(publicKey, signed)
        expect(one).toBe(other)
      }),
      { numRuns: 50 },
    )
  })
})

describe('base64', () => {
  it('is read as it was written, and in one spelling only', () => {
    fc.assert(
      fc.property(bytes, given => {
        expect(fromBase64(toBase64(given))).toEqual(given)
        expect(toBase64(given)).toBe(Buffer.from(given).toString('base64'))
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/=]{0,12}$/), text => {
        const read = fromBase64(text)
        if (read !== undefined) expect(toBase64(read)).toBe(text)
      }),
    )
    for (const text of ['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA==\n', 'AA==AA==', '-_==']) {
      expect(fromBase64(text), text).toBeUndefined()
    }
  })
})
