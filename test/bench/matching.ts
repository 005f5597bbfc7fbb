import { type Candidate, match } from '../../packages/countersign/src/policy/matching.ts'
import type { Choice } from '../../packages/countersign/src/policy/requirement.ts'
import { median, type Row, timed } from './measure.ts'

const rounds = 99
// Few at a time, so that a median does not tell how often another program had the processor meanwhile.
const each = 2
const bound = 1

const roles = Array.from({ length: 20 }, (_, index) => `role-${index}`)
const places = 10

/** Two hundred persons, each in two of twenty groups. */
const persons = (rolesOf: (index: number) => readonly string[]): Candidate[] =>
  Array.from({ length: roles.length * places }, (_, index) => ({
    person: `p${String(index).padStart(3, '0')}`,
    roles: rolesOf(index),
    groups: [`g${index % 20}`, `g${(index + 3) % 20}`],
  }))

const asked = (different: number): Choice => new Map(roles.map(role => [role, { count: places, groups: different }]))

/** The number of the role of which a person is one of the ten. */
const own = (index: number) => Math.floor(index / places)

const shapes: Readonly<Record<string, readonly Candidate[]>> = {
  'all in all roles': persons(() => roles),
  'all in all roles, one lacking': persons(() => roles).slice(1),
  'the last role has ten only': persons(index => (index < places ? roles : roles.slice(0, -1))),
  'a chain of roles': persons(index => roles.slice(own(index), own(index) + 2)),
  'fewer and fewer roles': persons(index => roles.slice(0, roles.length - own(index))),
}

/** Persons matched to what is asked for, at worst of several shapes, against the time that it may take. */
export async function matchingRow(): Promise<Row> {
  const runs = Object.entries(shapes).flatMap(([shape, people]) =>
    [0, places / 2, places].map(different => ({ shape, people, choice: asked(different), times: [] as number[] })),
  )
  for (let round = -9; round < rounds; round++) {
    for (const { choice, people, times } of runs) {
      const time = await timed(() => {
        for (let count = 0; count < each; count++) match(choice, people)
      })
      if (round >= 0) times.push(time / each)
    }
  }
  const worst = runs.reduce((one, other) => (median(other.times) > median(one.times) ? other : one))
  const ratios = worst.times.map(time => time / bound)
  const one = [{ person: 'bob', roles: ['appr'] }]
  const two: Choice = new Map([['appr', { count: 2, groups: 0 }]])
  const turns = 100_000
  const single = await timed(() => {
    for (let count = 0; count < turns; count++) match(two, one)
  })
  return {
    what: 'matching 200 persons to 20 requirements, groups included, at worst',
    rival: 'a millisecond',
    aim: '≤ 1',
    ratios,
    median: median(ratios),
    holds: median(ratios) <= 1,
    note: `${worst.shape}; one approval ${((single / turns) * 1_000).toFixed(1)} µs`,
  }
}
