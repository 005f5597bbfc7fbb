import { globSync } from 'node:fs'
import { canonical, parseCanonical } from '@countersign/trail'
import canonicalize from 'canonicalize'
import { describe, expect, it } from 'vitest'
import { absent, shared, sharedPath, where } from './shared.ts'

/** Whether this trail's smaller domain holds a value of JSON. */
function inDomain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (Array.isArray(value)) return value.every(inDomain)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => !/^\d+$/.test(name) && inDomain(member))
}

/** The values inside one that are in the domain, the largest ones. */
function partsInDomain(value: unknown): unknown[] {
  if (inDomain(value)) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(partsInDomain) : []
}

describe.skipIf(absent)(`the files of RFC 8785’s author${where}`, () => {
  const names = absent ? [] : globSync('*.json', { cwd: sharedPath('jcs/testdata/input') }).sort()

  it('are there', () => {
    expect(names.length).toBe(6)
  })

  for (const name of names) {
    it(`${name}: the canonical text is theirs, or the value is refused because a number or a name is out of the domain`, () => {
      const value: unknown = JSON.parse(shared(`jcs/testdata/input/${name}`))
      const expected = shared(`jcs/testdata/output/${name}`)
      expect(canonicalize(value)).toBe(expected)
      if (inDomain(value)) {
        expect(canonical(value)).toBe(expected)
        expect(canonical(parseCanonical(expected))).toBe(expected)
        const hex = shared(`jcs/testdata/outhex/${name.replace('.json', '.txt')}`).replace(/\s+/g, '')
        expect(Buffer.from(canonical(value)).toString('hex')).toBe(hex)
      } else {
        expect(() => canonical(value)).toThrow('no canonical form')
        expect(() => parseCanonical(expected)).toThrow('no canonical form')
      }
      for (const part of partsInDomain(value)) {
        const text = canonical(part)
        expect(text).toBe(canonicalize(part))
        expect(expected).toContain(text)
      }
    })
  }

  it('numbers: integers within ±(2^53−1) are theirs, and all others are refused', () => {
    const { samples } = JSON.parse(shared('jcs/es6-numbers.json')) as { samples: [string, string][] }
    expect(samples.length).toBeGreaterThan(5)
    for (const [bits, expected] of samples) {
      const view = new DataView(new ArrayBuffer(8))
      view.setBigUint64(0, BigInt(`0x${bits}`))
      const number = view.getFloat64(0)
      if (Number.isSafeInteger(number) && !Object.is(number, -0)) expect(canonical(number)).toBe(expected)
      else expect(() => canonical(number), bits).toThrow('no canonical form')
    }
  })
})
