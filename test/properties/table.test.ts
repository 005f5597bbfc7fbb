import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, isMetBy } from '../../packages/countersign/src/governance/quorum.ts'
import type { Choice } from '../../packages/countersign/src/policy/requirement.ts'
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

/** Tries everybody in every place, and looks for groups in the same way. */
function isMetPlainly(choice: Choice, candidates: readonly Candidate[]): boolean {
  const places = [...choice].flatMap(([role, { count, groups }]) =>
    Array.from({ length: count }, (_, at) => ({ role, grouped: at < groups })),
  )
  const fill = (at: number, free: readonly Candidate[], groups: ReadonlySet<string>): boolean => {
    const place = places[at]
    if (place === undefined) return true
    return free.some(one => {
      if (!one.roles.includes(place.role)) return false
      const rest = free.filter(other => other !== one)
      if (!place.grouped) return fill(at + 1, rest, groups)
      return one.groups.some(group => {
        const key = `${place.role} ${group}`
        return !groups.has(key) && fill(at + 1, rest, new Set([...groups, key]))
      })
    })
  }
  return fill(0, candidates, new Set())
}

describe('the approvals of a template', () => {
  it('meet what is asked just where somebody who tries every seating finds one', () => {
    const some = (names: readonly string[]) => fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 })
    const candidate = fc.record({ roles: some(['a', 'b']), groups: some(['x', 'y', 'z']) })
    const demand = fc
      .record({ count: fc.integer({ min: 1, max: 3 }), groups: fc.integer({ min: 0, max: 3 }) })
      .map(({ count, groups }) => ({ count, groups: Math.min(count, groups) }))
    fc.assert(
      fc.property(
        fc.array(candidate, { maxLength: 6 }),
        demand,
        fc.option(demand, { nil: undefined }),
        (people, first, second) => {
          const candidates = people.map((one, at) => ({ ...one, person: `p${at}` }))
          const choice: Choice = new Map([['a', first], ...(second === undefined ? [] : [['b', second] as const])])
          expect(isMetBy(choice, candidates)).toBe(isMetPlainly(choice, candidates))
        },
      ),
      { numRuns: 1_500 },
    )
  })
})
