import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Table } from '../../packages/countersign/src/values/table.ts'

const name = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map(one => `p${one}`),
  fc.string({ minLength: 1, maxLength: 3 }),
)
const step = fc.record({ name, value: fc.option(fc.nat(), { nil: undefined }), looks: fc.boolean() })

const sorted = (map: ReadonlyMap<string, number>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))

describe('a persistent table', () => {
  it('is at every step what a map is, in the order of the names, and stays so whatever comes after', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1_500, size: 'max' }), steps => {
        const versions: { readonly table: Table<number>; readonly entries: [string, number][] }[] = []
        const map = new Map<string, number>()
        let table = Table.empty<number>()
        for (const [index, { name: key, value, looks }] of steps.entries()) {
          if (value === undefined) {
            table = table.delete(key)
            map.delete(key)
          } else {
            table = table.set(key, value)
            map.set(key, value)
          }
          expect(table.get(key)).toBe(map.get(key))
          expect(table.size).toBe(map.size)
          if (looks && index % 50 === 0) versions.push({ table, entries: sorted(map) })
        }
        for (const { table: then, entries } of [...versions, { table, entries: sorted(map) }]) {
          expect(then.entries()).toEqual(entries)
          expect(then.keys()).toEqual(entries.map(([key]) => key))
          for (const [key, value] of entries) expect(then.get(key)).toBe(value)
          expect(then.get('nobody at all')).toBeUndefined()
        }
      }),
      { numRuns: 30 },
    )
  })

  it('gives a record that nobody can change', () => {
    const { record } = Table.empty<number>().set('b', 2).set('a', 1)
    expect(Object.entries(record)).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(Object.isFrozen(record)).toBe(true)
  })
})
