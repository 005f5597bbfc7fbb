import { describe, expect, test } from 'vitest'
import { fuzz, requireTaken } from './fuzz.ts'
import { targets } from './targets.ts'

const all = await targets()

/** `npx -y pnpm@12 fuzz` hands in a million and more. */
describe('whatever is handed in', () => {
  test.each(all.map(target => [target.name, target] as const))(
    'as %s is read, or refused with one of the codes that there are, and what was read is written as it was',
    (_, target) => {
      requireTaken(target)
      const inputs = Math.max(30, target.share * 3)
      const { taken } = fuzz(target, inputs, 20_261_126)
      expect(taken).toBeLessThan(inputs)
    },
  )

  test('is found where it makes something throw what it may not', () => {
    const read = (bytes: Uint8Array): boolean => {
      if (bytes.length % 7 === 3) throw new TypeError('bytes is undefined')
      return true
    }
    const target = { name: 'something', seeds: [new Uint8Array(20)], share: 1, read }
    expect(() => fuzz(target, 200, 1)).toThrow('something: TypeError: bytes is undefined')
  })
})
