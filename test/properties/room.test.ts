import { baseline, content, Scenario } from '@countersign/testing'
import type { Explanation } from 'countersign'
import {
  approval,
  approvals,
  type BoardOptions,
  board,
  category,
  policy,
  release,
  role,
  task,
  test,
} from 'countersign/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { decide } from '../../packages/countersign/src/record/decide.ts'
import { readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { asWritten, runs, sealedIn, submitToMove } from './trial.ts'

const flow = () => [
  task('build', { by: role('engineer') }),
  test('verify', { by: role('tester'), evidence: 'optional' }),
  approval('approve', approvals(1).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const columns: NonNullable<BoardOptions['columns']> = [
  { name: 'doing', stages: ['build'], limit: 2 },
  { name: 'checking', stages: ['verify', 'approve'], limit: 1 },
  { name: 'live', stages: ['production'], limit: 1 },
]
const parked = { name: 'parked', stages: [], wip: false as const, limit: 1 }
const boards: readonly BoardOptions[] = [
  { columns },
  { columns: [...columns, parked], perPerson: 2, capacity: 3, categories: { urgent: { reserve: 1 } } },
  { columns: [...columns, parked], owner: 'required', perPerson: 1 },
  { columns, owner: 'required', expedite: { categories: ['urgent'], size: 1 } },
]
const rules = (of: BoardOptions) =>
  policy(
    't',
    {
      complies: baseline,
      roles: { engineer: 'builds', tester: 'tests', appr: 'approves', deployer: 'releases' },
      board: board(of),
    },
    {
      normal: category({ flow: flow() }),
      urgent: category({
        form: z.object({ incident: z.string().min(1) }),
        emergency: { incident: 'incident' },
        flow: [...flow(), approval('review', approvals(1).from(role('appr')), { within: '24h' })],
      }),
    },
  )
const people = {
  rita: [],
  alice: ['engineer'],
  amir: ['engineer'],
  tess: ['tester'],
  bob: ['appr'],
  paul: ['deployer'],
}
const ids = ['A', 'B', 'C', 'D', 'E']

const deeds = {
  move: 3,
  pull: 2,
  park: 2,
  assign: 2,
  complete: 2,
  pass: 2,
  fail: 1,
  approve: 2,
  release: 2,
  edit: 1,
  recategorise: 1,
  cancel: 1,
}
type Deed = keyof typeof deeds
const step = fc.record({
  do: fc.constantFrom(...Object.entries(deeds).flatMap(([one, times]) => Array<Deed>(times).fill(one as Deed))),
  change: fc.constantFrom(...ids),
  to: fc.constantFrom('alice', 'amir'),
})
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

async function take(scenario: Scenario, { do: deed, change, to }: Step, count: number) {
  const of = { change }
  const ways: Record<Deed, () => ReturnType<Scenario['when']>> = {
    move: () => scenario.when('rita', 'move', of),
    pull: () => scenario.when('rita', 'move', { ...of, owner: to }),
    park: () => scenario.when('rita', 'move', { ...of, column: 'parked' }),
    assign: () => scenario.when('rita', 'assign', { ...of, to }),
    complete: () => scenario.when('alice', 'complete', { ...of, stage: 'build' }),
    pass: () => scenario.when('tess', 'signOff', { ...of, result: 'passed', evidence: [] }),
    fail: () => scenario.when('tess', 'signOff', { ...of, result: 'failed', evidence: [] }),
    approve: () => scenario.when('bob', 'approve', of),
    release: () => scenario.when('paul', 'release', of),
    edit: () =>
      scenario.when('rita', 'revise', {
        ...of,
        content: { digest: content(`${change}${count}`), makers: ['alice'] },
        comment: 'a correction',
      }),
    recategorise: () =>
      scenario.when('rita', 'recategorise', {
        ...of,
        category: to === 'amir' ? 'urgent' : 'normal',
        form: to === 'amir' ? { incident: 'INC-1' } : {},
        comment: 'it is of another kind',
      }),
    cancel: () => scenario.when('rita', 'cancel', { ...of, comment: 'not needed' }),
  }
  return ways[deed]()
}

/** Who is named to pull it, or to give it to somebody for that, as long as it is the same in the same round. */
const named = ({ change, digest, waysOut }: Explanation, round: number): string[] =>
  waysOut.flatMap(({ do: deed, stage, persons }) =>
    deed === 'move' || deed === 'assign'
      ? persons.map(one => `${change} ${deed} ${stage} ${one} ${round} ${digest}`)
      : [],
  )

describe('what is to be pulled on a board with limits', () => {
  it('names nobody who would be refused for want of room or of an owner, leaves nobody out, and asks whom it names', async () => {
    const seen = { move: 0, assign: 0, held: 0, lying: 0, anybodys: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...boards),
        fc.array(step, { minLength: 30, maxLength: 60 }),
        async (of, steps) => {
          const scenario = await Scenario.open({ controls: baseline, policies: [rules(of)], people })
          const state = new State()
          const told: string[] = []
          let before = new Set<string>()
          const look = async () => {
            for (const { bytes } of await sealedIn(scenario.store, state.size)) state.fold(readRecord(bytes).body)
            const now = new Set<string>()
            const refusalOf = (account: string, command: object) => {
              const { outcome } = decide(state, { id: 'asks', at: scenario.now, account, command } as never)
              return 'refused' in outcome ? outcome.refused : undefined
            }
            for (const { id, round } of scenario.desk.changes()) {
              const explained = scenario.explain(id)
              const { held, waysOut } = explained
              for (const one of named(explained, round)) now.add(one)
              const move = { type: 'move', change: id }
              for (const way of waysOut) {
                if (way.do !== 'move' && way.do !== 'assign') continue
                seen[way.do] += 1
                for (const person of way.persons) {
                  const owners = way.do === 'move' ? [{}] : way.persons.map(owner => ({ owner }))
                  const refusals = owners.map(owner => refusalOf(person, { ...move, ...owner }))
                  expect(refusals, `${person} ${way.do} ${id}`).toContain(undefined)
                }
              }
              // What is held back is so for everybody, and what is not is not refused for a limit.
              const refusal = refusalOf('rita', move)
              if (held === undefined) expect(refusal?.code ?? '', id).not.toMatch(/^limit\./)
              else expect(refusal).toEqual(held.refusal)
              const isNobodys = 'owner' in of && scenario.change(id).assignee === undefined
              if (held !== undefined && held.refusal.code !== 'limit.owner' && isNobodys) {
                // There is no room for it, whoever were to have it.
                seen.anybodys += 1
                for (const owner of Object.keys(people))
                  expect(refusalOf('rita', { ...move, owner })?.code).toMatch(/^limit\.(reached|expedite)$/)
              }
              if (held !== undefined) seen.held += 1
              if (held !== undefined && scenario.change(id).column !== undefined) seen.lying += 1
            }
            told.push(...[...now].filter(one => !before.has(one)))
            before = now
          }
          for (const [place, change] of ids.entries()) {
            const kind = place === 2 ? 'urgent' : 'normal'
            await submitToMove(scenario, change, kind)
            await look()
          }
          for (const [place, one] of steps.entries()) {
            if ((await take(scenario, one, place)).outcome === 'accepted') await look()
          }
          const { notices } = await scenario.desk.outbox({ limit: 10_000 })
          const asked = notices
            .filter(one => one.kind === 'asked' && (one.do === 'move' || one.do === 'assign'))
            .map(one => `${one.change} ${one.do} ${one.stage} ${one.person}`)
          expect(asked.toSorted()).toEqual(told.map(one => one.split(' ').slice(0, 4).join(' ')).toSorted())
        },
      ),
      runs(60),
    )
    if (asWritten) for (const [what, times] of Object.entries(seen)) expect([what, times > 0]).toEqual([what, true])
  })
})
