import { createHash } from 'node:crypto'
import { timestampRequest, verifyTimestamp } from '@countersign/timestamp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Der, readDer } from '../../packages/timestamp/src/der.ts'
import { readAnswer } from '../../packages/timestamp/src/token.ts'
import { signedIn, signerIn } from '../timestamp/answer.ts'
import { Authority, absent, forAuthorities, forTimestamps, rsaKey, where } from '../timestamp/authority.ts'

const digest = createHash('sha256').update('checkpoint\n').digest()

/** Two of the bits of a byte, or all of them where more runs are asked for. */
const bitsAt = (at: number): readonly number[] =>
  Number(process.env.COUNTERSIGN_RUNS ?? 1) > 1 ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8, (at + 5) % 8]

describe.skipIf(absent)(`a time stamp of an authority that OpenSSL plays${where}`, () => {
  let tsa: Authority
  let root: string
  let response: Uint8Array
  beforeAll(() => {
    tsa = new Authority()
    root = tsa.make({ name: 'root', extensions: forAuthorities })
    tsa.make({ name: 'stamper', by: 'root', extensions: forTimestamps })
    response = tsa.answer(timestampRequest(digest, { nonce: 0x9f00_0000_0000_0001n }), 'stamper')
  })
  afterAll(() => tsa.close())

  const code = (bytes: Uint8Array): string => {
    const result = verifyTimestamp(bytes, { authorities: [root], digest })
    return 'code' in result ? result.code : 'holds'
  }

  test('of which one bit is turned over holds no longer: one in every byte, and two in a byte that nobody has signed, or all eight.', () => {
    const signed = signedIn(readDer(response)).map(({ bytes }) => {
      const from = bytes.byteOffset - response.byteOffset
      return { from, to: from + bytes.length }
    })
    let unsigned = 0
    for (let at = 0; at < response.length; at++) {
      const isSigned = signed.some(({ from, to }) => from <= at && at < to)
      unsigned += isSigned ? 0 : 1
      for (const bit of isSigned ? [at % 8] : bitsAt(at)) {
        const changed = Uint8Array.from(response)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        expect([at, bit, code(changed)]).not.toEqual([at, bit, 'holds'])
      }
    }
    expect(unsigned).toBeGreaterThan(100)
  })

  test('that was signed with RSA may name the hash once or twice, in two bytes of which nobody has signed one; nothing else may change around it.', () => {
    tsa.make({ name: 'rsa-bits', by: 'root', extensions: forTimestamps, key: rsaKey(2048) })
    const stamped = tsa.answer(timestampRequest(digest), 'rsa-bits')
    const same: string[] = []
    const signer = signerIn(readDer(stamped))
    for (const { bytes, parts } of [signer.parts[2], signer.parts[4]].flatMap(part => part ?? [])) {
      const from = bytes.byteOffset - stamped.byteOffset
      // Behind the two heads, the last byte of the name is the one that tells algorithms of a family apart.
      const last = from + 3 + (parts[0]?.body.length ?? 0)
      for (let at = from; at < from + bytes.length; at++) {
        const values = Array.from({ length: at === last ? 255 : 8 }, (_, one) => (at === last ? one + 1 : 1 << one))
        for (const value of values) {
          const changed = Uint8Array.from(stamped)
          changed[at] = (changed[at] ?? 0) ^ value
          if (code(changed) === 'holds') same.push(`${stamped[at]} → ${changed[at]}`)
        }
      }
    }
    // rsaEncryption (1), after the digest algorithm that says SHA-256, and sha256WithRSAEncryption (11) say the same.
    expect(same).toEqual(['1 → 11'])
  })

  test('signed with RSASSA-PSS tells the hash, the mask and the length of the salt, and not one byte of these is loose.', () => {
    tsa.make({ name: 'pss', by: 'root', extensions: forTimestamps, key: rsaKey(2048) })
    const content = readAnswer(response).token?.content ?? new Uint8Array()
    const stamped = tsa.forge(content, 'pss', { flags: '-cades -keyopt rsa_padding_mode:pss' })
    expect(code(stamped)).toBe('holds')
    const told = signerIn(readDer(stamped)).parts[4]
    if (told === undefined) throw new Error('there is no algorithm')
    const algorithm = told.bytes
    // What a value is stands in its first byte, of which each bit is turned.
    const tags = new Set<number>()
    const within = ({ bytes, parts }: Der) => {
      tags.add(bytes.byteOffset)
      parts.forEach(within)
    }
    within(told)
    expect(tags.size).toBeGreaterThan(10)
    for (let at = 0; at < algorithm.length; at++)
      for (const bit of tags.has(algorithm.byteOffset + at) ? [0, 1, 2, 3, 4, 5, 6, 7] : bitsAt(at)) {
        const changed = Uint8Array.from(stamped)
        const place = algorithm.byteOffset - stamped.byteOffset + at
        changed[place] = (changed[place] ?? 0) ^ (1 << bit)
        expect([at, bit, code(changed)]).not.toEqual([at, bit, 'holds'])
      }
  })

  test('in bytes that were thrown together throws nothing, whatever they are.', () => {
    // A small generator with a fixed seed: the same bytes in every run.
    let state = 88_172_645
    const next = (below: number) => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return (state >>> 0) % below
    }
    for (let round = 0; round < 500; round++) {
      const bytes = Uint8Array.from(response)
      for (let edits = 1 + next(8); edits > 0; edits--) bytes[next(bytes.length)] = next(256)
      const from = next(4) === 0 ? next(200) : 0
      const to = next(4) === 0 ? next(bytes.length) : bytes.length
      code(bytes.subarray(Math.min(from, to), to))
    }
    for (let round = 0; round < 500; round++) code(Uint8Array.from({ length: next(300) }, () => next(256)))
    expect(code(response)).toBe('holds')
  })
})
