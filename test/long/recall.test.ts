import { baseline, content, histories, play, Scenario, type Step } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { canonical } from '@countersign/trail'
import { type Cache, memoryCache, type Store } from '@countersign/trail/store'
import { type Change, createDesk, type Desk } from 'countersign'
import { approval, approvals, board, category, policy, release, role, task } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { plainGovernance } from '../../packages/countersign/src/governance/folded.ts'
import { tables } from '../../packages/countersign/src/governance/governance.ts'
import { keptGovernance, restoredGovernance } from '../../packages/countersign/src/governance/restore.ts'
import { readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { digestOf } from '../../packages/countersign/src/values/digest.ts'
import { Table } from '../../packages/countersign/src/values/table.ts'
import { asWritten, beginningOf, runs } from '../properties/trial.ts'

/** What happens between two commands, besides: nothing, the process begins anew, its cache is lost or fails, others look. */
const between = fc.infiniteStream(
  fc.constantFrom('go on', 'go on', 'go on', 'go on', 'restart', 'restart', 'save', 'lose', 'fail', 'look'),
)
const measures = fc.record({ cacheEvery: fc.integer({ min: 1, max: 9 }), cacheHolds: fc.integer({ min: 1, max: 3 }) })

/** Everything that a desk tells. */
const toldBy = (desk: Desk, at: string) =>
  canonical({
    until: desk.until(),
    board: desk.board('t', at),
    obligations: [desk.obligations(), desk.obligations(at)],
    collisions: desk.collisions(),
    changes: desk.changes(),
    explanations: desk.changes().map(({ id }) => desk.explain(id, at)),
    digest: digestOf('snapshot', desk.snapshot()),
  })

/** A desk that is begun anew now and then, on one cache that it shares with the desks before it. */
class Restarted {
  readonly seen = { restarts: 0, recalled: 0, lost: 0, failed: 0 }
  readonly #store: Store
  readonly #measure: { readonly cacheEvery: number; readonly cacheHolds: number }
  readonly #kept = new Map<string, Uint8Array>()
  #isFull = false
  #now = ''
  desk!: Desk

  constructor(store: Store, measure: { readonly cacheEvery: number; readonly cacheHolds: number }) {
    this.#store = store
    this.#measure = measure
  }

  async begin(): Promise<void> {
    let asked = 0
    const store: Store = {
      ...this.#store,
      read: range => {
        asked = Math.max(asked, range !== undefined && 'from' in range ? (range.from ?? 0) : 0)
        return this.#store.read(range)
      },
    }
    const inMemory = memoryCache(this.#kept)
    const cache: Cache = {
      ...inMemory,
      write: batch => {
        if (this.#isFull) throw new Error('the disk is full')
        inMemory.write(batch)
      },
    }
    this.desk = await createDesk({ store, cache, clock: () => new Date(this.#now), ...this.#measure })
    this.seen.restarts += 1
    if (asked > 0) this.seen.recalled += 1
  }

  async execute(what: string | undefined, { at, envelope }: Pick<Step, 'at' | 'envelope'>) {
    this.#now = at
    if (what === 'restart') await this.begin()
    if (what === 'save' && !this.#isFull) this.desk.save()
    if (what === 'lose') {
      this.#kept.clear()
      this.seen.lost += 1
      await this.begin()
    }
    if (what === 'fail') {
      this.#isFull = !this.#isFull
      this.seen.failed += 1
    }
    if (what === 'look') toldBy(this.desk, at)
    return this.desk.execute(envelope)
  }
}

/** Lets every step happen once more, at a desk with a cache, and holds it to what came of it at one without. */
async function heldTo(
  steps: readonly Step[],
  founded: Store,
  { desk: plain, store: written }: Pick<Scenario, 'desk' | 'store'>,
  measure: { readonly cacheEvery: number; readonly cacheHolds: number },
  deeds: Iterator<string>,
): Promise<Restarted['seen']> {
  const restarted = new Restarted(founded, measure)
  await restarted.begin()
  for (const step of steps) {
    const receipt = await restarted.execute(deeds.next().value, step)
    // What is malformed may have no id, and is given one then.
    const { id } = step.receipt
    expect('refusal' in receipt && receipt.refusal.code === 'command.malformed' ? { ...receipt, id } : receipt).toEqual(
      step.receipt,
    )
    if ('change' in receipt && receipt.change !== undefined) expect(isFrozen(receipt.change)).toBe(true)
  }
  expect(await linesOf(founded)).toEqual(await linesOf(written))
  const { at } = steps.at(-1) ?? { at: '' }
  expect(toldBy(restarted.desk, at)).toBe(toldBy(plain, at))
  await restarted.begin()
  expect(toldBy(restarted.desk, at)).toBe(toldBy(plain, at))
  return restarted.seen
}

const isFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))

const limited = policy(
  't',
  {
    complies: baseline,
    roles: { engineer: 'builds', appr: 'approves', deployer: 'releases', head: 'heads' },
    board: board({
      columns: [
        { name: 'doing', stages: ['build'], limit: 1 },
        { name: 'deciding', stages: ['approve', 'production'] },
        { name: 'parked', stages: ['review'], wip: false },
      ],
      perPerson: 2,
      expedite: { categories: ['emergency'], size: 1 },
    }),
  },
  {
    normal: category({
      form: z.object({ system: z.enum(['ledger', 'billing']) }),
      touches: ['system'],
      triage: [{ to: role('engineer') }],
      flow: [
        task('build', { by: role('engineer') }),
        approval('approve', approvals(1).from(role('appr'))),
        release('production', { by: role('deployer') }),
      ],
    }),
    emergency: category({
      form: z.object({ incident: z.string().min(1) }),
      emergency: { incident: 'incident' },
      flow: [
        task('build', { by: role('engineer') }),
        approval('approve', approvals(1).from(role('appr'))),
        release('production', { by: role('deployer') }),
        approval('review', approvals(1).from(role('head')), { within: '24h' }),
      ],
    }),
  },
)
const people = {
  rita: [],
  alice: ['engineer'],
  amir: ['engineer'],
  anna: ['engineer'],
  bob: ['appr'],
  hana: ['head'],
  paul: ['deployer'],
}
const ids = Array.from({ length: 7 }, (_, index) => `K${index}`)
const deed = fc.record({
  do: fc.constantFrom('submit', 'submit', 'goOn', 'goOn', 'goOn', 'goOn', 'goOn', 'move', 'cancel', 'plan'),
  change: fc.constantFrom(...ids),
  emergency: fc.boolean(),
  hours: fc.nat({ max: 9 }),
})

describe('a desk with a cache', () => {
  it('gives the receipts, the trail and the state of one without, whenever it begins anew, loses its cache or cannot write it', async () => {
    const seen = { restarts: 0, recalled: 0, lost: 0, failed: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), measures, between, async (history, measure, deeds) => {
        let begun = 0
        const { scenario, steps } = await play(history, {
          before: ({ desk }) => {
            if (begun === 0) begun = Object.values(desk.snapshot().versions).reduce((sum, one) => sum + one, 0)
          },
        })
        const told = await heldTo(steps, await beginningOf(scenario.store, begun), scenario, measure, deeds)
        for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += told[name]
      }),
      runs(9),
    )
    if (asWritten) expect(Math.min(seen.recalled, seen.lost, seen.failed)).toBeGreaterThan(50)
    expect(seen.recalled).toBeGreaterThan(seen.restarts / 3)
  })

  it('does so on boards with limits, where triage gives work away, something is owed, and plans collide', async () => {
    const seen = { triaged: 0, limited: 0, owed: 0, collided: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(deed, { minLength: 60, maxLength: 90 }),
        measures,
        between,
        async (history, measure, deeds) => {
          const scenario = await Scenario.open({ controls: baseline, policies: [limited], people })
          const { desk, store } = scenario
          const founded = await beginningOf(store, (await store.head()).size)
          const steps: Step[] = []
          for (const [place, one] of history.entries()) {
            scenario.at(one.hours * 3_600_000)
            const change = one.do === 'submit' ? `${one.change}-${place}` : (pick(desk, one.change) ?? one.change)
            const there = desk.change(change)
            const seenAs = { change, revision: there?.revision ?? 1, digest: there?.digest ?? '0'.repeat(64) }
            const from = new Date(Date.parse(scenario.now) + 86_400_000).toISOString()
            const until = new Date(Date.parse(scenario.now) + 9 * 86_400_000).toISOString()
            const [account, command] = {
              submit: [
                'rita',
                {
                  change,
                  team: 't',
                  category: one.emergency ? 'emergency' : 'normal',
                  title: 'a change',
                  reason: 'to be moved about',
                  form: one.emergency ? { incident: 'INC-1' } : { system: one.hours % 2 === 0 ? 'ledger' : 'billing' },
                  content: { digest: content(change), makers: ['rita'] },
                },
              ],
              move: ['rita', { change, ...(one.emergency ? { owner: 'amir' } : {}) }],
              goOn: nextStep(there, seenAs),
              cancel: ['rita', { change, comment: 'not needed' }],
              plan: ['rita', { change, from, until }],
            }[one.do] as [string, object]
            const type = one.do === 'plan' ? 'schedule' : one.do
            const envelope = { account, id: `deed-${place}-of-it`, command: { type, ...command } as object }
            const receipt = await desk.execute(envelope)
            steps.push({ at: scenario.now, envelope, receipt })
            if (receipt.outcome === 'refused' && receipt.refusal.code.startsWith('limit.')) seen.limited += 1
            if (receipt.outcome === 'accepted' && receipt.events.some(event => 'triage' in event)) seen.triaged += 1
            seen.owed += desk.obligations().length
            seen.collided += desk.collisions().length
          }
          await heldTo(steps, founded, scenario, measure, deeds)
          expect(verifyTrail([fileOf(await linesOf(founded))]).findings).toEqual([])
        },
      ),
      runs(12),
    )
    if (asWritten) for (const [what, times] of Object.entries(seen)) expect([what, times > 10]).toEqual([what, true])
  })

  it('reads what is open where limits are at stake, somebody is to be given work, something is owed or plans collide, and nothing that is over', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [limited], people })
    const read = new Set<string>()
    const inMemory = memoryCache()
    const cache: Cache = {
      ...inMemory,
      read: key => {
        if (key.startsWith('change ')) read.add(key)
        return inMemory.read(key)
      },
    }
    const clock = () => new Date(scenario.now)
    const desk = await createDesk({ store: scenario.store, clock, cache, cacheEvery: 1, cacheHolds: 1 })
    const submitted = (change: string) =>
      desk.by('rita').submit({
        change,
        team: 't',
        category: 'normal',
        title: 'a change',
        reason: 'to be over, or not',
        form: { system: 'ledger' },
        content: { digest: content(change), makers: ['rita'] },
      })
    for (let count = 0; count < 12; count++) {
      await submitted(`OVER-${count}`)
      await desk.by('rita').cancel({ change: `OVER-${count}`, comment: 'not needed' })
    }
    for (const change of ['OPEN-1', 'OPEN-2', 'OPEN-3']) await submitted(change)
    read.clear()
    await desk.by('rita').move({ change: 'OPEN-1' })
    await submitted('OPEN-4')
    desk.obligations()
    desk.collisions()
    const names = [...read].map(key => key.slice('change '.length))
    expect(names).toContain('OPEN-2')
    expect(names.filter(name => name.startsWith('OVER'))).toEqual([])
  })

  it('has people and rules again as they were folded, to the last list and its order', async () => {
    let merged = 0
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const state = new State()
        for await (const { bytes } of scenario.store.read()) state.fold(readRecord(bytes).body)
        const again = restoredGovernance(JSON.parse(JSON.stringify(keptGovernance(state.governance))))
        if (again === undefined) throw new Error('nothing was restored')
        expect(plainGovernance(again)).toEqual(plainGovernance(state.governance))
        for (const [name, table] of Object.entries(state.governance[tables])) {
          const other = (again[tables] as unknown as Record<string, unknown>)[name]
          if (!(table instanceof Table) || !(other instanceof Table)) expect([name, other]).toEqual([name, table])
          else if (name !== 'grants') expect([name, other.entries()]).toEqual([name, table.entries()])
          else
            for (const [role, holders] of table.entries() as [string, Table<unknown>][])
              expect([role, (other.get(role) as Table<unknown>).entries()]).toEqual([role, holders.entries()])
        }
        expect(isFrozen(plainGovernance(again).policies)).toBe(true)
        merged += state.governance[tables].mergedInto.size
      }),
      runs(14),
    )
    if (asWritten) expect(merged).toBeGreaterThan(5)
  })
})

/** What leads a change on, by whoever may, as far as nobody else has to. */
function nextStep(change: Change | undefined, named: { readonly change: string }): [string, object] {
  const { change: id } = named
  if (change?.state === 'build' && change.column !== 'doing') return ['rita', { type: 'move', change: id }]
  if (change?.state === 'build') return [change.assignee ?? 'alice', { type: 'complete', change: id, stage: 'build' }]
  if (change?.state === 'completed') return ['rita', { type: 'close', change: id }]
  if (change?.state === 'production') return ['paul', { ...named, type: 'release' }]
  return [change?.state === 'review' ? 'hana' : 'bob', { ...named, type: 'approve' }]
}

/** A change that is there, by a name that may be none: one that is not over, mostly. */
function pick(desk: Desk, name: string): string | undefined {
  const open = desk.changes().filter(one => !['completed', 'cancelled', 'closed'].includes(one.state))
  const all = open.length === 0 || name === 'K0' ? desk.changes() : open
  return all.length === 0 ? undefined : all[(Number(name.slice(1)) * 7 + all.length) % all.length]?.id
}
