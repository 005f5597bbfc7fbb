import { baseline, Scenario } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { memoryStore } from '@countersign/trail/store'
import { type Change, createDesk } from 'countersign'
import { approval, approvals, board, category, policy, release, role, task } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { bundleVerdicts } from '../bundle/bundled.ts'
import { asWritten, runs, submitToMove } from './trial.ts'

const limits = { doing: 2, capacity: 4, person: 2, debt: 2, normal: 3, lane: 1 }
const flow = () => [
  task('build', { by: role('engineer') }),
  approval('approve', approvals(1).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const emergencyFlow = () => [...flow(), approval('review', approvals(1).from(role('head')), { within: '24h' })]
const rules = policy(
  't',
  {
    complies: baseline,
    roles: { engineer: 'builds', appr: 'approves', deployer: 'releases', head: 'heads' },
    board: board({
      columns: [
        { name: 'doing', stages: ['build'], limit: limits.doing },
        { name: 'deciding', stages: ['approve', 'production'] },
        { name: 'parked', stages: ['review'], wip: false },
      ],
      perPerson: limits.person,
      capacity: limits.capacity,
      categories: { debt: { reserve: 1, max: limits.debt }, normal: { max: limits.normal } },
      expedite: { categories: ['emergency'], size: limits.lane },
    }),
  },
  {
    normal: category({ flow: flow() }),
    debt: category({ flow: flow() }),
    emergency: category({
      form: z.object({ incident: z.string().min(1) }),
      emergency: { incident: 'incident' },
      flow: emergencyFlow(),
    }),
  },
)
const people = { rita: [], alice: ['engineer'], amir: ['engineer'], bob: ['appr'], hana: ['head'], paul: ['deployer'] }
const kinds = ['normal', 'normal', 'debt', 'emergency'] as const
const ids = Array.from({ length: 9 }, (_, index) => `K${index}`)

const why = { form: {}, comment: 'it is of another kind' }

const step = fc.record({
  do: fc.constantFrom('move', 'move', 'pull', 'park', 'assign', 'assign', 'complete', 'cancel', 'recategorise'),
  change: fc.constantFrom(...ids),
  to: fc.constantFrom('alice', 'amir'),
  desk: fc.nat({ max: 2 }),
})

/** The limits that so many changes together exceed. */
function exceededBy(open: readonly Change[]): string[] {
  const progress = open.filter(one => one.column !== undefined && one.column !== 'parked')
  const count = (category: string) => progress.filter(one => one.category === category).length
  const withPerson = (who: string) => open.filter(one => one.assignee === who && one.column !== 'parked').length
  const found = {
    doing: progress.filter(one => one.column === 'doing').length > limits.doing,
    capacity: progress.length > limits.capacity,
    reserve: progress.length - count('debt') > limits.capacity - 1,
    debt: count('debt') > limits.debt,
    normal: count('normal') > limits.normal,
    alice: withPerson('alice') > limits.person,
    amir: withPerson('amir') > limits.person,
  }
  return Object.entries(found).flatMap(([name, isExceeded]) => (isExceeded ? [name] : []))
}

describe('no limit of a board', () => {
  it('is exceeded at any entry, however many callers move at once at three desks, but through the lane for what cannot wait', async () => {
    const seen = { full: 0, lane: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 2, maxLength: 8 }), { minLength: 4, maxLength: 8 }),
        async batches => {
          const store = memoryStore()
          const scenario = await Scenario.open({ controls: baseline, policies: [rules], people, store })
          for (const [place, change] of ids.entries()) {
            const kind = kinds[place % kinds.length] ?? 'normal'
            await submitToMove(scenario, change, kind)
          }
          const clock = () => new Date(scenario.now)
          const desks = [scenario.desk, await createDesk({ store, clock }), await createDesk({ store, clock })]
          let count = 0
          for (const batch of batches) {
            const receipts = await Promise.all(
              batch.map(one => {
                const { change } = one
                const command = {
                  move: { type: 'move', change },
                  pull: { type: 'move', change, owner: one.to },
                  recategorise: {
                    type: 'recategorise',
                    change,
                    category: one.to === 'amir' ? 'debt' : 'normal',
                    ...why,
                  },
                  park: { type: 'move', change, column: 'parked' },
                  assign: { type: 'assign', change, to: one.to },
                  complete: { type: 'complete', change, stage: 'build' },
                  cancel: { type: 'cancel', change, comment: 'not needed' },
                }[one.do]
                count += 1
                return (desks[one.desk] ?? scenario.desk).execute({
                  account: one.do === 'complete' ? 'alice' : 'rita',
                  id: `move-${count}-entry`,
                  command,
                })
              }),
            )
            for (const one of receipts)
              if (one?.outcome === 'refused' && one.refusal.code.startsWith('limit.')) seen.refused += 1
          }
          const state = new State()
          for await (const { bytes } of store.read()) {
            state.fold(readRecord(bytes).body)
            const open = [...state.changes.values()].filter(
              one => !['completed', 'closed', 'cancelled'].includes(one.state),
            )
            // What has become something else since is held to the limits like everything else.
            const flagged = open.filter(one => one.lane !== undefined && one.category === 'emergency')
            seen.lane += flagged.length
            // What came in by the lane is a change like any other once there is room for it; the lane holds the rest.
            const ways = [undefined, ...flagged].map(held => exceededBy(open.filter(one => one !== held)))
            expect(Math.min(...ways.map(found => found.length)), ways.map(found => found.join(', ')).join(' | ')).toBe(
              0,
            )
            if (open.filter(one => one.column === 'doing').length === limits.doing) seen.full += 1
          }
          const lines = await linesOf(store)
          expect(verifyTrail([fileOf(lines)]).findings).toEqual([])
          // Whether there was room hangs on the others, which none of them holds.
          for (const { findings } of bundleVerdicts(lines)) expect(findings).toEqual([])
        },
      ),
      runs(40),
    )
    if (asWritten) for (const [what, times] of Object.entries(seen)) expect([what, times > 0]).toEqual([what, true])
  })
})
