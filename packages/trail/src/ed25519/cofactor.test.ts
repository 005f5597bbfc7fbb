import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../hash.ts'
import * as node from './node.ts'
import * as portable from './portable.ts'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
/** The point of order two. */
const TWO = Point.fromHex(`ec${'ff'.repeat(30)}7f`)

const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.slice().reverse())}`)
const encoded = (scalar: bigint): Uint8Array => fromHex(scalar.toString(16).padStart(64, '0')).reverse()

/** A signature by s = r + k·a, as RFC 8032 has it, for a nonce point and a key that may both be shifted. */
function signed(message: Uint8Array, nonce: InstanceType<typeof Point>, key: InstanceType<typeof Point>): Uint8Array {
  const k = number(sha512(Uint8Array.of(...nonce.toBytes(), ...key.toBytes(), ...message))) % ORDER
  return Uint8Array.of(...nonce.toBytes(), ...encoded((R + k * A) % ORDER))
}

const A = 123_456_789n
const R = 987_654_321n

describe('Ed25519 without the cofactor', () => {
  it('refuses a signature that holds only after multiplication by eight, in Node and elsewhere', () => {
    const key = Point.BASE.multiply(A)
    const message = Uint8Array.of(1)
    const plain = signed(message, Point.BASE.multiply(R), key)
    const shifted = signed(message, Point.BASE.multiply(R).add(TWO), key)
    expect(ed25519.verify(shifted, message, key.toBytes())).toBe(true)
    for (const { ed25519Verify } of [node, portable]) {
      expect(ed25519Verify(key.toBytes(), message, plain)).toBe(true)
      expect(ed25519Verify(key.toBytes(), message, shifted)).toBe(false)
    }
  })

  it('refuses a signature whose R is of small order, in Node and elsewhere, though the equation holds', () => {
    const key = Point.BASE.multiply(A)
    const message = Uint8Array.of(1)
    const k = number(sha512(Uint8Array.of(...Point.ZERO.toBytes(), ...key.toBytes(), ...message))) % ORDER
    const small = Uint8Array.of(...Point.ZERO.toBytes(), ...encoded((k * A) % ORDER))
    expect(ed25519.verify(small, message, key.toBytes())).toBe(true)
    for (const { ed25519Verify } of [node, portable]) expect(ed25519Verify(key.toBytes(), message, small)).toBe(false)
  })

  it('gives one verdict under a key that is not in the subgroup of the base point', () => {
    const key = Point.BASE.multiply(A).add(TWO)
    const verdicts = Array.from({ length: 16 }, (_, at) => {
      const message = Uint8Array.of(at)
      const signature = signed(message, Point.BASE.multiply(R), key)
      const [one, other] = [node, portable].map(({ ed25519Verify }) => ed25519Verify(key.toBytes(), message, signature))
      expect(one).toBe(other)
      return one
    })
    expect(new Set(verdicts)).toEqual(new Set([true, false]))
  })
})
