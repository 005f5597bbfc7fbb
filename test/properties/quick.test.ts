import { histories, play, policies } from '@countersign/testing'
import { canonical, sameJson } from '@countersign/trail'
import { type Change, type ChangeEvent, evolveChange, lifeConfig, lifecycle } from 'countersign/change'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMachine, getInitialSnapshot, transition } from 'xstate'
import { changeCommand } from '../../packages/countersign/src/change/command.ts'
import { governanceCommand } from '../../packages/countersign/src/governance/command.ts'
import { bestMatch, type Candidate, isMatched, match } from '../../packages/countersign/src/policy/matching.ts'
import type { Choice, Demand } from '../../packages/countersign/src/policy/requirement.ts'
import { isGovernance, readRecord } from '../../packages/countersign/src/record/record.ts'
import { acceptance } from '../../packages/countersign/src/values/acceptance.ts'
import { type Place, placesOf } from '../../packages/testing/src/plain/requirement.ts'
import { atLeast, bodyOf, runs, sealedIn } from './trial.ts'

const roles = ['appr', 'owner', 'head', 'cfo']
const demand = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 0, 1, 2, 3))
  .map(([count, groups]): Demand => ({ count, groups: Math.min(count, groups) }))
const choice = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...roles), demand), { selector: ([role]) => role, maxLength: 4 })
  .map(places => new Map(places))
const candidates = fc
  .array(fc.tuple(fc.subarray(roles), fc.subarray(['north', 'south', 'east'], { maxLength: 2 })), { maxLength: 6 })
  .map(held => held.map(([own, groups], index): Candidate => ({ person: `p${index}`, roles: own, groups })))
  .chain(people => fc.shuffledSubarray(people, { minLength: people.length }))

/** The most places that can be taken, by trying everybody in every place and leaving it open too. */
function mostTaken(
  [place, ...rest]: readonly Place[],
  people: readonly Candidate[],
  stoodFor: readonly string[] = [],
): number {
  if (place === undefined) return 0
  const { role, apart } = place
  const taken = people
    .filter(one => one.roles.includes(role))
    .flatMap(one => {
      const left = people.filter(other => other !== one)
      const free = (one.groups ?? []).map(group => `${role} ${group}`).filter(group => !stoodFor.includes(group))
      return apart
        ? free.map(group => 1 + mostTaken(rest, left, [...stoodFor, group]))
        : [1 + mostTaken(rest, left, stoodFor)]
    })
  return Math.max(mostTaken(rest, people, stoodFor), ...taken)
}

/** What stands in the place of something in a command that is not as it should be; some of it may do there. */
const strange = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1,
  1.5,
  2 ** 53,
  '',
  ' ',
  'x',
  'constructor',
  'high',
  '2026-03-02T08:00:00.000Z',
  '2026-03-02T09:00+01:00',
  '30d',
  '\ud800',
  'x'.repeat(5_000),
  [],
  ['ann', 'ann'],
  {},
  { toString: 'x' },
)

/** Every place in a value that can be another one. */
const placesWithin = (value: unknown): [holder: Record<string, unknown>, name: string][] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => [
        [value as Record<string, unknown>, name] as [Record<string, unknown>, string],
        ...placesWithin(inner),
      ])

const placesIn = (asked: Choice) => placesOf(Object.fromEntries(asked))

describe('the quick agrees with the plain', () => {
  it('match() takes as many places as any assignment can, and none twice', () => {
    fc.assert(
      fc.property(choice, candidates, (asked, people) => {
        const { taken, missing } = match(asked, people)
        expect(taken.size).toBe(mostTaken(placesIn(asked), people))
        for (const [person, role] of taken) expect(people.find(one => one.person === person)?.roles).toContain(role)
        for (const [role, { count }] of asked) {
          const has = [...taken.values()].filter(one => one === role).length
          expect(has + (missing.get(role) ?? 0)).toBe(count)
        }
      }),
      runs(400),
    )
  })

  it('bestMatch() lacks as few persons as the best of the choices, and does not ask who came first', () => {
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 4 }), candidates, (choices, people) => {
        const best = bestMatch(choices, people)
        const least = Math.min(...choices.map(one => placesIn(one).length - mostTaken(placesIn(one), people)))
        expect([...(best?.missing.values() ?? [])].reduce((sum, count) => sum + count, 0)).toBe(least)
        expect(bestMatch(choices, people.toReversed())).toEqual(best)
      }),
      runs(200),
    )
  })

  it('isMatched() says whether bestMatch() lacks nobody', () => {
    const some = fc.array(choice, { maxLength: 3 })
    fc.assert(
      fc.property(some, candidates, fc.nat(5), (choices, people, twice) => {
        // Somebody may have given something twice, and is one person all the same.
        const given = people.flatMap((one, place) => (place === twice ? [one, { ...one, roles: [...roles] }] : one))
        expect(isMatched(choices, given)).toBe(bestMatch(choices, given)?.missing.size === 0)
      }),
      runs(400),
    )
  })

  it('acceptance() takes nothing that a schema refuses or gives back as something else, and whatever changes are told', async () => {
    const tally = { taken: 0, asked: 0, refused: 0 }
    const changed = fc.array(
      fc.record({ place: fc.nat(), by: fc.option(strange, { nil: undefined }), more: fc.nat(9) }),
      {
        minLength: 60,
        maxLength: 120,
      },
    )
    const [takesGovernance, takesChange] = [acceptance(governanceCommand), acceptance(changeCommand)]
    await fc.assert(
      fc.asyncProperty(histories(), changed, async (history, changes) => {
        const { scenario } = await play(history)
        const entries = await sealedIn(scenario.store)
        const commands = entries.map(one => bodyOf(one).command)
        for (const { bytes } of entries) {
          // Whichever way it was read, its members are in the order in which they are recorded, and were decided on.
          let told: unknown
          readRecord(bytes, ({ command }) => {
            told = command
            return undefined
          })
          expect(JSON.stringify(told)).toBe(canonical(told))
          const { body } = readRecord(bytes)
          expect(JSON.stringify(body)).toBe(canonical(body))
        }
        for (const command of commands) {
          // An instant may be written in several ways, so those that bear one are left to their schema.
          if (isGovernance(command) || /"(?:from|until|inEffectSince)":/.test(JSON.stringify(command))) continue
          expect(takesChange(command), JSON.stringify(command)).toBe(true)
          tally.taken += 1
        }
        for (const { place, by, more } of changes) {
          const copy = structuredClone(commands[place % commands.length]) as Record<string, unknown>
          const places = placesWithin(copy)
          const [holder, name] = places[place % places.length] ?? [copy, 'type']
          if (more === 0) holder.more = by
          else if (by === undefined) delete holder[name]
          else holder[name] = by
          for (const [takes, schema] of [
            [takesGovernance, governanceCommand],
            [takesChange, changeCommand],
          ] as const) {
            tally.asked += 1
            const parsed = schema.safeParse(copy)
            if (!parsed.success) tally.refused += 1
            if (takes(copy)) expect(parsed.success && sameJson(parsed.data, copy), JSON.stringify(copy)).toBe(true)
          }
        }
      }),
      runs(40),
    )
    expect(tally.refused).toBeGreaterThan(tally.asked / 2)
    expect(tally.refused).toBeLessThan(tally.asked)
    expect(tally.taken).toBeGreaterThan(atLeast(400))
  })

  it('lifecycle().next equals walking the machine', () => {
    fc.assert(
      fc.property(policies(), rules => {
        for (const [name, category] of Object.entries(rules.categories)) {
          const life = lifecycle(name, category)
          const machine = createMachine(lifeConfig(name, category))
          const first = getInitialSnapshot(machine)
          expect(life.initial).toBe(first.value)
          const events = [
            'complete',
            'signOff',
            'approve',
            'release',
            'revise',
            'assign',
            'reject',
            'withdraw',
            'resubmit',
          ] as const
          const others = ['cancel', 'close', 'met', 'reopened'] as const
          const seen = new Set<string>()
          const queue = [first]
          for (const snapshot of queue) {
            const state = snapshot.value as string
            if (seen.has(state)) continue
            seen.add(state)
            for (const type of [...events, ...others]) {
              const [next] = transition(machine, snapshot, { type })
              const can = snapshot.can({ type })
              expect(life.next(state, type), `${state} ${type}`).toBe(can ? next.value : undefined)
              if (can) queue.push(next)
            }
          }
          expect([...seen].toSorted()).toEqual(Object.keys(machine.states).toSorted())
          expect(life.next('nowhere', 'approve')).toBeUndefined()
        }
      }),
      runs(60),
    )
  })

  it('the fold of an entry equals the fold of its events one by one, and changes nothing that it was given', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const quick = new Map<string, Change>()
        let under = 0
        for (const { command, outcome, at } of (await sealedIn(scenario.store)).map(bodyOf)) {
          if (!('accepted' in outcome)) continue
          if (!('change' in command)) {
            under += outcome.accepted.length
            continue
          }
          const events = outcome.accepted as readonly ChangeEvent[]
          const before = quick.get(command.change)
          const kept = structuredClone(before)
          const whole = evolveChange(before, events, { command, at, under })
          expect(before).toEqual(kept)
          let single = kept
          for (const event of events) single = structuredClone(evolveChange(single, [event], { command, at, under }))
          expect(single).toEqual(whole)
          if (whole !== undefined) quick.set(command.change, whole)
        }
        expect(Object.fromEntries(scenario.desk.changes().map(one => [one.id, one]))).toEqual(Object.fromEntries(quick))
      }),
      runs(40),
    )
  })
})
