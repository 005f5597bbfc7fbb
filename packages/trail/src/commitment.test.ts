import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { commitmentTo, opens } from './commitment.ts'

const salt = Uint8Array.from({ length: 32 }, (_, at) => at)

describe('a commitment', () => {
  it('is SHA-256 of its context, the salt and the canonical form', () => {
    const expected = createHash('sha256')
      .update('countersign/commit/v1\n')
      .update(salt)
      .update('{"a":"é","b":1}')
      .digest('hex')
    expect(commitmentTo({ b: 1, a: 'é' }, salt)).toBe(expected)
    expect(opens(expected, { a: 'é', b: 1 }, salt)).toBe(true)
  })

  it('is the one that docs/format/trail-v1.md writes down', () => {
    expect(commitmentTo('Jo Bloggs', new Uint8Array(32).fill(2))).toBe(
      '50589d12e94cb2ff3fc6851805892d2dda2e28ddd4965c2c5b51f50643a072b7',
    )
  })

  it('is opened by its value and its salt, and by nothing else', () => {
    const commitment = commitmentTo('Ann Smith', salt)
    const other = salt.slice()
    other[31] = 0
    expect(opens(commitment, 'Ann Smith', salt)).toBe(true)
    expect(opens(commitment, 'Ann Smyth', salt)).toBe(false)
    expect(opens(commitment, ['Ann Smith'], salt)).toBe(false)
    expect(opens(commitment, 'Ann Smith', other)).toBe(false)
    expect(opens(commitment.toUpperCase(), 'Ann Smith', salt)).toBe(false)
    expect(opens(undefined, 'Ann Smith', salt)).toBe(false)
  })

  it('takes no salt of another length: a short one could be found by trying', () => {
    for (const length of [0, 16, 31, 33]) {
      expect(() => commitmentTo('Ann Smith', new Uint8Array(length))).toThrow(/32 bytes/)
    }
  })

  it('takes no value that has two readings', () => {
    expect(() => commitmentTo(0.5, salt)).toThrow(/\$/)
    expect(() => commitmentTo('\ud800', salt)).toThrow()
  })
})
