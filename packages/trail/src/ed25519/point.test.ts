import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { expect, it } from 'vitest'
import { isSoundKey } from './point.ts'

const isPoint = (bytes: Uint8Array): boolean => {
  try {
    return !ed25519.Point.fromBytes(bytes).isSmallOrder()
  } catch {
    return false
  }
}

it('a public key is what another library takes as a point, and not as one of small order', () => {
  for (let at = 0; at < 200; at++) {
    const bytes = sha256(Uint8Array.of(at))
    expect([at, isSoundKey(bytes)]).toEqual([at, isPoint(bytes)])
  }
  for (const last of [0x00, 0x7f, 0x80, 0xff])
    for (let first = 0; first < 256; first++) {
      const bytes = new Uint8Array(32).fill(last === 0x7f || last === 0xff ? 0xff : 0)
      bytes[0] = first
      bytes[31] = last
      expect([first, last, isSoundKey(bytes)]).toEqual([first, last, isPoint(bytes)])
    }
})
