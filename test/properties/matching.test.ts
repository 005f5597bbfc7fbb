import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestMatch, type Candidate, lacking, match } from '../../packages/countersign/src/policy/matching.ts'
import type { Choice, Demand } from '../../packages/countersign/src/policy/requirement.ts'
import { runs } from './trial.ts'

const one = (person: string, roles: readonly string[], ...groups: string[]): Candidate =>
  groups.length === 0 ? { person, roles } : { person, roles, groups }

const asked = (demands: Readonly<Record<string, number | readonly [count: number, groups: number]>>): Choice =>
  new Map(
    Object.entries(demands).map(([role, demand]): [string, Demand] => {
      const [count, groups] = typeof demand === 'number' ? [demand, 0] : demand
      return [role, { count, groups }]
    }),
  )

/** A matching as plain data: who takes what, which group they count for, and what is missing. */
function told(choice: Choice, candidates: readonly Candidate[]) {
  const { taken, groups, missing } = match(choice, candidates)
  return [taken, groups, missing].map(map => Object.fromEntries(map))
}

const roles = ['appr', 'head', 'owner']
const demand = fc
  .integer({ min: 0, max: 3 })
  .chain(count => fc.integer({ min: 0, max: count }).map((groups): Demand => ({ count, groups })))
const choices = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...roles), demand), { selector: ([role]) => role, maxLength: 3 })
  .map((demands): Choice => new Map(demands))
const groups = fc.option(fc.shuffledSubarray(['east', 'north', 'west'], { maxLength: 2 }), { nil: undefined })
const candidates = fc
  .array(fc.tuple(fc.shuffledSubarray(roles), groups), { maxLength: 6 })
  .map(people => people.map(([own, theirs], index): Candidate => ({ person: `p${index}`, roles: own, groups: theirs })))
  .chain(people => fc.shuffledSubarray(people, { minLength: people.length }))

interface Room {
  readonly role: string
  readonly plain: number
  readonly grouped: number
  readonly gone: readonly string[]
}

/** The most places that can be taken, by leaving everybody out and by trying them in every place. */
function mostTaken(rooms: readonly Room[], [candidate, ...rest]: readonly Candidate[]): number {
  if (candidate === undefined) return 0
  const ways = rooms.flatMap((room, index) => {
    if (!candidate.roles.includes(room.role)) return []
    const free = candidate.groups?.filter(group => !room.gone.includes(group)) ?? []
    const after: Room[] = []
    if (room.plain > 0) after.push({ ...room, plain: room.plain - 1 })
    if (room.grouped > 0)
      after.push(...free.map(group => ({ ...room, grouped: room.grouped - 1, gone: [...room.gone, group] })))
    return after.map(left => 1 + mostTaken(rooms.with(index, left), rest))
  })
  return Math.max(mostTaken(rooms, rest), ...ways)
}

/** How few persons can be missing, by the plain way. */
function fewestMissing(choice: Choice, people: readonly Candidate[]): number {
  const rooms = [...choice].map(([role, { count, groups: different }]): Room => {
    return { role, plain: count - different, grouped: different, gone: [] }
  })
  return rooms.reduce((sum, room) => sum + room.plain + room.grouped, 0) - mostTaken(rooms, people)
}

describe('whoever is matched', () => {
  it('takes as many places as any assignment can, in the first roles first', () => {
    fc.assert(
      fc.property(choices, candidates, (choice, people) => {
        const { taken, missing } = match(choice, people)
        const demands = [...choice]
        for (let size = 0; size <= demands.length; size++) {
          const first = new Map(demands.slice(0, size))
          const lacks = [...first.keys()].reduce((sum, role) => sum + (missing.get(role) ?? 0), 0)
          expect(lacks).toBe(fewestMissing(first, people))
        }
        expect(taken.size + lacking({ taken, groups: new Map(), missing })).toBe(
          demands.reduce((sum, [, { count }]) => sum + count, 0),
        )
        for (const lacks of missing.values()) expect(lacks).toBeGreaterThan(0)
      }),
      runs(600),
    )
  })

  it('takes one place, in a role of theirs, for a group of theirs that nobody else takes there', () => {
    fc.assert(
      fc.property(choices, candidates, (choice, people) => {
        const matching = match(choice, people)
        for (const [person, role] of matching.taken)
          expect(people.find(candidate => candidate.person === person)?.roles).toContain(role)
        for (const [person, group] of matching.groups)
          expect(people.find(candidate => candidate.person === person)?.groups).toContain(group)
        for (const [role, { count, groups: different }] of choice) {
          const persons = [...matching.taken].filter(([, taken]) => taken === role).map(([person]) => person)
          const counted = persons.flatMap(person => matching.groups.get(person) ?? [])
          expect(persons.length + (matching.missing.get(role) ?? 0)).toBe(count)
          expect(new Set(counted).size).toBe(counted.length)
          expect(counted.length).toBeLessThanOrEqual(different)
          expect(persons.length - counted.length).toBeLessThanOrEqual(count - different)
        }
        expect([...matching.taken.keys()]).toEqual(expect.arrayContaining([...matching.groups.keys()]))
      }),
      runs(600),
    )
  })

  it('is the same whoever came first, and is told in the order of the ids', () => {
    fc.assert(
      fc.property(
        choices,
        candidates.chain(people =>
          fc.tuple(fc.constant(people), fc.shuffledSubarray(people, { minLength: people.length })),
        ),
        (choice, [people, others]) => {
          const matching = match(choice, Object.freeze(people))
          expect(match(choice, others)).toEqual(matching)
          const persons = [...matching.taken.keys()]
          expect(persons).toEqual(persons.toSorted())
        },
      ),
      runs(300),
    )
  })

  it('counts once though they come twice, with all of their roles and groups', () => {
    fc.assert(
      fc.property(choices, candidates, (choice, people) => {
        const halves = people.flatMap(({ person, roles: own, groups: theirs }): Candidate[] => [
          { person, roles: own.slice(0, 1), groups: theirs?.slice(0, 1) },
          { person, roles: own.slice(1), groups: theirs?.slice(1) },
        ])
        expect(match(choice, halves)).toEqual(match(choice, people))
      }),
      runs(300),
    )
    expect(told(asked({ appr: 2 }), [one('bob', ['appr']), one('bob', ['appr'])])).toEqual([
      { bob: 'appr' },
      {},
      { appr: 1 },
    ])
  })

  it('lacks exactly those with whom it would be met', () => {
    fc.assert(
      fc.property(choices, candidates, (choice, people) => {
        const matching = match(choice, people)
        const anybody = Array.from({ length: lacking(matching) }, (_, index) => one(`q${index}`, roles, `new-${index}`))
        const named = [...matching.missing].flatMap(([role, count]) =>
          Array.from({ length: count }, (_, index) => one(`${role}-${index}`, [role], `${role}-${index}`)),
        )
        expect(lacking(match(choice, [...people, ...anybody]))).toBe(0)
        expect(lacking(match(choice, [...people, ...named]))).toBe(0)
        if (anybody.length > 0) expect(lacking(match(choice, [...people, ...anybody.slice(1)]))).toBe(1)
      }),
      runs(300),
    )
  })
})

describe('several roles', () => {
  it('gives Carol, who is both, the role that Bob cannot take, in either order [LAW 14]', () => {
    const carol = one('carol', ['dba', 'owner'])
    const bob = one('bob', ['dba'])
    const adam = one('adam', ['dba', 'owner'])
    for (const choice of [asked({ dba: 1, owner: 1 }), asked({ owner: 1, dba: 1 })]) {
      for (const people of [
        [carol, bob],
        [bob, carol],
      ])
        expect(told(choice, people)).toEqual([{ bob: 'dba', carol: 'owner' }, {}, {}])
      for (const people of [
        [adam, bob],
        [bob, adam],
      ])
        expect(told(choice, people)).toEqual([{ adam: 'owner', bob: 'dba' }, {}, {}])
    }
  })

  it('fills the roles in the order of the choice, with the first by id', () => {
    const both = ['dba', 'owner']
    const people = [one('dan', both), one('carol', both)]
    expect(told(asked({ owner: 1, dba: 2 }), people)).toEqual([{ carol: 'owner', dan: 'dba' }, {}, { dba: 1 }])
    expect(told(asked({ dba: 2, owner: 1 }), people)).toEqual([{ carol: 'dba', dan: 'dba' }, {}, { owner: 1 }])
  })

  it('moves nobody where somebody is free', () => {
    const people = [one('adam', ['dba', 'owner']), one('bob', ['dba']), one('carol', ['owner'])]
    expect(told(asked({ dba: 1, owner: 1 }), people)).toEqual([{ adam: 'dba', carol: 'owner' }, {}, {}])
  })

  it('moves as few as it takes', () => {
    const people = [
      one('adam', ['r1', 'r3']),
      one('bob', ['r2', 'r3']),
      one('carol', ['r1', 'r4']),
      one('dan', ['r4']),
      one('erin', ['r2']),
    ]
    // For r3, Adam would have to be followed by Carol and she by Dan; Bob by Erin alone.
    expect(told(asked({ r1: 1, r2: 1, r4: 1, r3: 1 }), people)).toEqual([
      { adam: 'r1', bob: 'r3', carol: 'r4', erin: 'r2' },
      {},
      {},
    ])
  })

  it('asks for nothing, and nobody comes: nothing is taken and nothing is missing', () => {
    expect(told(asked({}), [one('bob', ['appr'])])).toEqual([{}, {}, {}])
    expect(told(asked({ appr: 0 }), [one('bob', ['appr'])])).toEqual([{}, {}, {}])
    expect(told(asked({ appr: [2, 1] }), [])).toEqual([{}, {}, { appr: 2 }])
  })

  it('says how many a role lacks that asks for more than there are', () => {
    const people = ['adam', 'bob', 'carol'].map((person, index) => one(person, ['appr'], `g${index}`))
    const everybody = { adam: 'appr', bob: 'appr', carol: 'appr' }
    expect(told(asked({ appr: 100 }), people)).toEqual([everybody, {}, { appr: 97 }])
    expect(told(asked({ appr: [100, 100] }), people)).toEqual([
      everybody,
      { adam: 'g0', bob: 'g1', carol: 'g2' },
      { appr: 97 },
    ])
  })
})

describe('different groups', () => {
  const appr = ['appr']

  it('takes two of three persons who come from two groups', () => {
    const people = [one('adam', appr, 'east'), one('bob', appr, 'east'), one('carol', appr, 'west')]
    expect(told(asked({ appr: [3, 3] }), people)).toEqual([
      { adam: 'appr', carol: 'appr' },
      { adam: 'east', carol: 'west' },
      { appr: 1 },
    ])
    expect(told(asked({ appr: [2, 2] }), people)[2]).toEqual({})
    expect(told(asked({ appr: [2, 2] }), people.slice(0, 2))[2]).toEqual({ appr: 1 })
  })

  it('lets a person of two groups count for the one that nobody else can', () => {
    const people = [one('adam', appr, 'east', 'west'), one('bob', appr, 'east')]
    for (const order of [people, people.toReversed()])
      expect(told(asked({ appr: [2, 2] }), order)).toEqual([
        { adam: 'appr', bob: 'appr' },
        { adam: 'west', bob: 'east' },
        {},
      ])
  })

  it('takes the others of a role without a group, and with one where the role asks for groups', () => {
    const people = [one('adam', appr, 'east'), one('bob', appr, 'east'), one('carol', appr), one('dan', appr, 'west')]
    expect(told(asked({ appr: [3, 2] }), people)).toEqual([
      { adam: 'appr', bob: 'appr', dan: 'appr' },
      { adam: 'east', dan: 'west' },
      {},
    ])
    expect(told(asked({ appr: [4, 2] }), people)[2]).toEqual({})
    expect(told(asked({ appr: [4, 3] }), people)).toEqual([
      { adam: 'appr', bob: 'appr', dan: 'appr' },
      { adam: 'east', dan: 'west' },
      { appr: 1 },
    ])
  })

  it('counts nobody for a group who is in none', () => {
    expect(told(asked({ appr: [2, 1] }), [one('adam', appr), one('bob', appr)])).toEqual([
      { adam: 'appr' },
      {},
      { appr: 1 },
    ])
    expect(told(asked({ appr: [1, 1] }), [{ person: 'adam', roles: appr, groups: [] }])[2]).toEqual({ appr: 1 })
  })

  it('asks for as many persons as groups, though the count says fewer', () => {
    const people = [one('adam', appr, 'east'), one('bob', appr, 'east')]
    expect(told(asked({ appr: [1, 2] }), people)[2]).toEqual({ appr: 1 })
  })

  it('lets two roles take persons of one group', () => {
    const people = [one('adam', ['appr'], 'east'), one('bob', ['owner'], 'east')]
    expect(told(asked({ appr: [1, 1], owner: [1, 1] }), people)).toEqual([
      { adam: 'appr', bob: 'owner' },
      { adam: 'east', bob: 'east' },
      {},
    ])
  })

  it('makes room for another group where somebody leaves for another role', () => {
    const people = [one('adam', ['appr', 'owner'], 'east'), one('bob', appr, 'west')]
    expect(told(asked({ appr: [1, 1], owner: 1 }), people)).toEqual([
      { adam: 'owner', bob: 'appr' },
      { bob: 'west' },
      {},
    ])
  })

  it('makes room for the same group where somebody leaves for another role', () => {
    const people = [one('adam', ['appr', 'owner'], 'east'), one('bob', appr, 'east')]
    expect(told(asked({ appr: [1, 1], owner: 1 }), people)).toEqual([
      { adam: 'owner', bob: 'appr' },
      { bob: 'east' },
      {},
    ])
  })

  it('makes room again for a group that somebody has left', () => {
    const people = [
      one('adam', ['appr', 'owner'], 'east'),
      one('bob', ['appr', 'head'], 'west'),
      one('erin', ['dba', 'owner']),
      one('fred', ['dba']),
    ]
    // Adam leaves for owner, as Bob can stand in from the west; he comes back when nobody but Bob can be head.
    const first = { dba: 1, appr: [1, 1], owner: 1 } as const
    expect(told(asked(first), people)).toEqual([{ adam: 'owner', bob: 'appr', erin: 'dba' }, { bob: 'west' }, {}])
    expect(told(asked({ ...first, head: 1 }), people)).toEqual([
      { adam: 'appr', bob: 'head', erin: 'owner', fred: 'dba' },
      { adam: 'east' },
      {},
    ])
  })

  it('follows a chain of a hundred persons, of whom each frees a group for the next', () => {
    const id = (index: number) => String(index).padStart(3, '0')
    const chain = Array.from({ length: 100 }, (_, index) =>
      one(`p${id(index)}`, appr, `g${id(index)}`, `g${id(index + 1)}`),
    )
    const people = [...chain, one('q', appr, 'g000')]
    const matching = match(asked({ appr: [101, 101] }), people)
    expect(matching.missing).toEqual(new Map())
    expect(matching.groups.get('p000')).toBe('g001')
    expect(matching.groups.get('q')).toBe('g000')
    expect(match(asked({ appr: [101, 101] }), [...people, one('r', appr, 'g100')]).missing).toEqual(new Map())
    expect(match(asked({ appr: [102, 102] }), [...people, one('r', appr, 'g100')]).missing).toEqual(
      new Map([['appr', 1]]),
    )
  })
})

describe('the best of several choices', () => {
  it('lacks as few persons as the best of them, and is the first that does', () => {
    fc.assert(
      fc.property(fc.array(choices, { minLength: 1, maxLength: 4 }), candidates, (several, people) => {
        const fewest = several.map(choice => fewestMissing(choice, people))
        const first = several[fewest.indexOf(Math.min(...fewest))] ?? new Map()
        expect(bestMatch(several, people)).toEqual(match(first, people))
      }),
      runs(200),
    )
  })

  it('is none where there is no choice', () => {
    expect(bestMatch([], [one('bob', ['appr'])])).toBeUndefined()
  })
})

it('lacking() adds up what every role lacks', () => {
  expect(lacking(match(asked({ appr: 2, owner: [3, 2] }), []))).toBe(5)
})
