import {
  all,
  any,
  approval,
  approvals,
  category,
  controls,
  exception,
  type LintSetting,
  lint,
  type Policy,
  permit,
  policy,
  type Requirement,
  release,
  role,
  type Stage,
  separate,
  singlesOf,
  test as tested,
} from 'countersign/policy'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atLeast, runs } from './trial.ts'

const roles = ['a', 'b', 'c'] as const
const lenient = controls('lenient', {
  'C-1': separate('make', 'approve', { exceptions: 'allowed' }).because('two pairs of eyes'),
  'C-2': separate('make', 'test', { exceptions: 'allowed' }).because('two pairs of eyes'),
})
const persons = ['p1', 'p2', 'p3', 'p4'] as const

const someRole = fc.constantFrom(...roles).map(role)
const leaf = fc.tuple(fc.integer({ min: 1, max: 2 }), someRole).map(([count, from]) => approvals(count).from(from))
const requirement = fc.oneof(
  leaf,
  fc.tuple(leaf, leaf).map(([one, other]) => all(one, other)),
  fc.tuple(leaf, leaf).map(([one, other]) => any(one, other)),
)

const stages = (
  by: ReturnType<typeof role>,
  signOffs: number,
  asked: readonly Stage[],
  owed: readonly Stage[],
): Stage[] => [
  ...(signOffs > 0 ? [tested('verify', { by, signOffs })] : []),
  ...asked,
  release('live', { by }),
  ...owed,
]

const pairs = [
  ['test', 'approve'],
  ['test', 'release'],
  ['approve', 'release'],
  ['make', 'release'],
  ['request', 'make'],
] as const

/** What somebody may be excepted from, where the policy keeps it apart. */
const exceptable = [['make', 'approve'], ['make', 'test'], ['request', 'approve'], ...pairs] as const

/**
 * Small policies with one or two approvals, a test, a release, a review afterwards, pairs of duties kept apart, and
 * exceptions from some of them.
 */
const small: fc.Arbitrary<Policy> = fc
  .record({
    by: someRole,
    signOffs: fc.integer({ min: 0, max: 2 }),
    first: requirement,
    second: fc.option(requirement, { freq: 2 }),
    apart: fc.subarray([...pairs]),
    review: fc.option(leaf, { freq: 2 }),
    alone: fc.boolean(),
    twice: fc.boolean(),
    excepted: fc.subarray([...exceptable]),
    grantedBy: someRole,
  })
  .map(({ by, signOffs, first, second, review, apart, alone, twice, excepted, grantedBy }) => {
    const exceptions = excepted
      .filter(pair => !pairs.some(one => one === pair) || apart.some(one => one === pair))
      .filter(([one]) => one !== 'request' || !alone)
      .map(([one, other]) =>
        exception(one, other).grantedBy(grantedBy).atMost('7d').compensatedBy('a look later').because('we are few'),
      )
    return policy(
      't',
      {
        complies: lenient,
        ...(exceptions.length === 0 ? {} : { exceptions }),
        roles: Object.fromEntries(roles.map(name => [name, `the ${name}s`])),
        separate: apart.map(([one, other]) => separate(one, other).because('two pairs of hands')),
        permit: [
          ...(alone ? [permit('request', 'approve').because('the owner decides')] : []),
          ...(twice ? [permit('approve', 'review').because('we are few')] : []),
        ],
      },
      {
        normal: category({
          flow: stages(
            by,
            signOffs,
            [approval('first', first), ...(second === null ? [] : [approval('second', second)])],
            review === null ? [] : [approval('review', review, { within: '24h' })],
          ),
        }),
      },
    )
  })

const people = fc
  .tuple(...persons.map(() => fc.subarray([...roles])))
  .map(held => Object.fromEntries(persons.map((person, place) => [person, held[place] ?? []])))

type People = LintSetting['people']
const subsets = <T>(from: readonly T[], size: number): T[][] =>
  size === 0
    ? [[]]
    : from.flatMap((one, place) => subsets(from.slice(place + 1), size - 1).map(others => [one, ...others]))

/** Whether different persons can fill a requirement: each way of naming one of them for each place is tried. */
function canFill(one: Requirement, free: readonly string[], held: People): boolean {
  const ways = (rule: Requirement): string[][] => {
    if ('any' in rule) return rule.any.flatMap(ways)
    if ('all' in rule)
      return rule.all.map(ways).reduce((some, more) => some.flatMap(left => more.map(right => [...left, ...right])))
    return 'from' in rule && 'approvals' in rule ? [Array.from({ length: rule.approvals }, () => rule.from)] : [[]]
  }
  // Two rules on one role ask for the stricter one.
  const merged = 'all' in one ? strictest(one.all) : undefined
  return (merged === undefined ? ways(one) : [merged]).some(places => fillsAll(places, free, held))
}

function strictest(parts: readonly Requirement[]): string[] {
  const most = new Map<string, number>()
  for (const part of parts)
    if ('from' in part && 'approvals' in part) most.set(part.from, Math.max(most.get(part.from) ?? 0, part.approvals))
  return [...most].flatMap(([name, count]) => Array.from({ length: count }, () => name))
}

function fillsAll([place, ...rest]: readonly string[], free: readonly string[], held: People): boolean {
  if (place === undefined) return true
  return free.some(
    person =>
      held[person]?.includes(place) === true &&
      fillsAll(
        rest,
        free.filter(one => one !== person),
        held,
      ),
  )
}

/** Every way of giving the duties of a change to persons, one after the other, and whether one of them keeps all apart. */
function plainly(
  written: Policy,
  held: People,
  { makers = persons, exceptions = written.exceptions ?? [] }: Partial<Tried> = {},
): boolean {
  const flow = singlesOf(Object.values(written.categories).flatMap(one => one.flow))
  const holding = (name: string) => persons.filter(person => held[person]?.includes(name))
  const test = flow.find(stage => stage.kind === 'test')
  const live = flow.find(stage => stage.kind === 'release')
  const asked = flow.filter(stage => stage.kind === 'approval')
  const permits = (one: string, other: string) =>
    written.permit.some(({ duties }) => duties.includes(one) && duties.includes(other))
  const apart = [
    ['make', 'approve'],
    ['make', 'test'],
    ...(permits('request', 'approve') ? [] : [['request', 'approve']]),
    ...written.separate.map(one => one.duties),
  ]
  const testers = test === undefined ? [[]] : subsets(holding(test.by), test.signOffs)
  return persons.some(request =>
    makers.some(make =>
      testers.some(testing =>
        holding(live?.by ?? '').some(releasing => {
          const dutiesOf = (person: string) => [
            ...(person === request ? ['request'] : []),
            ...(person === make ? ['make'] : []),
            ...(testing.includes(person as (typeof persons)[number]) ? ['test'] : []),
            ...(person === releasing ? ['release'] : []),
          ]
          const isExcepted = (one: string, other: string) =>
            exceptions.some(
              ({ duties, grantedBy }) =>
                duties.includes(one) &&
                duties.includes(other) &&
                holding(grantedBy).some(person => dutiesOf(person).length === 0),
            )
          const isFree = (person: string, more: readonly string[]) => {
            const own = [...dutiesOf(person), ...more]
            return !apart.some(
              ([one = '', other = '']) => own.includes(one) && own.includes(other) && !isExcepted(one, other),
            )
          }
          if (!persons.every(person => isFree(person, []))) return false
          const free = persons.filter(person => isFree(person, ['approve']))
          const [first, second] = asked.filter(stage => stage.within === undefined)
          const review = asked.find(stage => stage.within !== undefined)
          const isReviewed = (some: readonly string[]) =>
            review === undefined ||
            canFill(
              review.requires,
              some.filter(person => person !== releasing),
              held,
            )
          return splits(free).some(([some, others]) => {
            if (first === undefined || !canFill(first.requires, some, held)) return false
            return splits(others).some(
              ([more, rest]) =>
                (second === undefined || canFill(second.requires, more, held)) &&
                isReviewed(permits('approve', 'review') ? free : rest),
            )
          })
        }),
      ),
    ),
  )
}

interface Tried {
  readonly makers: readonly string[]
  readonly exceptions: NonNullable<Policy['exceptions']>
}

const splits = (list: readonly string[]): (readonly [string[], string[]])[] =>
  Array.from({ length: 1 << list.length }, (_, chosen) => [
    list.filter((_, place) => ((chosen >> place) & 1) === 1),
    list.filter((_, place) => ((chosen >> place) & 1) === 0),
  ])

const short = ['role.vacant', 'approval.nobody', 'requirement.unmeetable', 'category.unmeetable']

/** What lint says of the only category. */
const saidOf = (written: Policy, held: People) =>
  lint(written, { people: held ?? {} }).filter(one => one.where.startsWith('categories.'))

describe('what lint says of people', () => {
  test('is what trying every way of giving the duties to them says, with exceptions and without', () => {
    const seen = { stuck: 0, excepted: 0, plain: 0 }
    fc.assert(
      fc.property(small, people, (written, held) => {
        const can = plainly(written, held)
        const canPlainly = can && plainly(written, held, { exceptions: [] })
        const told = saidOf(written, held)
        expect(told.every(one => !short.includes(one.code))).toBe(can)
        expect(told.some(one => one.code === 'exception.needed')).toBe(can && !canPlainly)
        seen[canPlainly ? 'plain' : can ? 'excepted' : 'stuck'] += 1
      }),
      { numRuns: runs(1_000).numRuns },
    )
    // Each of them comes about, or nothing was said.
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(atLeast(10))
    expect(Math.min(seen.stuck, seen.plain)).toBeGreaterThan(atLeast(50))
  })

  test('names exactly the makers whose work could not go through, where others’ could', () => {
    fc.assert(
      fc.property(small, people, (written, held) => {
        fc.pre(plainly(written, held))
        const stuck = persons.filter(one => (held[one]?.length ?? 0) > 0 && !plainly(written, held, { makers: [one] }))
        const told = saidOf(written, held).find(one => one.code === 'maker.stuck')
        expect(/^what (.*) made/.exec(told?.because ?? '')?.[1] ?? '').toBe(stuck.join(', '))
      }),
      { numRuns: runs(300).numRuns },
    )
  })
})
