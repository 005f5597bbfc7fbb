import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { content, f0, f0Tested, fixturePolicy, type Scenario, type Setting, submitK } from '@countersign/testing'
import { CountersignError, readEntry } from '@countersign/trail'
import { type Draft, memoryStore, type Store } from '@countersign/trail/store'
import { createDesk, type Receipt } from 'countersign'
import { approval, approvals, board, policyDigest, release, role, task } from 'countersign/policy'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { delegated, f0Approved, people } from '../law/setting.ts'
import { openAt, type Place } from '../store/place.ts'
import { postgresServer, type Server } from '../store/postgres-server.ts'
import { asWritten, runs, sealedIn } from './trial.ts'

interface Given {
  readonly account: string
  readonly type: string
  readonly [member: string]: unknown
}

/** What is there before, and the two commands that come at the same moment. */
interface Race {
  readonly before: () => Promise<Scenario>
  readonly one: (scenario: Scenario) => Given
  readonly other: (scenario: Scenario) => Given
}

const seen = (scenario: Scenario, change = 'K') => {
  const { revision, digest } = scenario.change(change)
  return { change, revision, digest }
}
const approve =
  (account: string, more: object = {}) =>
  (scenario: Scenario) => ({
    account,
    type: 'approve',
    ...seen(scenario),
    ...more,
  })
const always = (given: Given) => () => given

const building = (): Partial<Setting> => ({
  people: people({ alice: ['engineer'] }),
  policies: [
    fixturePolicy({
      options: {
        roles: { appr: 'approves', engineer: 'builds', deployer: 'releases' },
        separate: [],
        board: board({ columns: [{ name: 'doing', stages: ['build'], limit: 1 }] }),
      },
      flow: [
        task('build', { by: role('engineer') }),
        approval('approve', approvals(1).from(role('appr'))),
        release('production', { by: role('deployer') }),
      ],
    }),
  ],
})

const stricter = fixturePolicy({
  flow: [approval('approve', approvals(3).from(role('appr'))), release('production', { by: role('deployer') })],
})
const proposed = async () => {
  const scenario = await f0Tested()
  await scenario.given('ada', 'proposePolicy', { policy: stricter })
  return scenario
}
const adopt = always({ account: 'otto', type: 'adoptPolicy', digest: policyDigest(stricter) })
const races: Readonly<Record<string, Race>> = {
  'the role of an approver is revoked while he approves': {
    before: () => f0Tested(),
    one: approve('bob'),
    other: always({ account: 'ada', type: 'revokeRole', role: 'appr', from: 'bob', team: '*' }),
  },
  'an approver is deprovisioned while he approves': {
    before: () => f0Tested(),
    one: approve('bob'),
    other: always({ account: 'ada', type: 'recordDeparture', person: 'bob' }),
  },
  'a delegation is revoked while the delegate approves for her principal': {
    before: async () => {
      const scenario = await f0Tested({ people: people({ eve: [] }) })
      await delegated(scenario, 'bob', 'eve')
      return scenario
    },
    one: approve('eve', { for: 'bob' }),
    other: always({ account: 'bob', type: 'revokeDelegation', delegation: 'bob-to-eve' }),
  },
  'a freeze is declared while what was approved is released': {
    before: () => f0Approved(),
    one: scenario => ({ account: 'paul', type: 'release', ...seen(scenario) }),
    other: scenario => ({
      account: 'ada',
      type: 'declareFreeze',
      freeze: 'q1-close',
      because: 'the first quarter is being closed',
      schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-09T08:00' },
      intervals: [{ from: scenario.now, until: '2026-03-09T08:00:00.000Z' }],
    }),
  },
  'two changes are moved into the last place of a column': {
    before: async () => {
      const scenario = await f0({ ...building(), submit: null })
      for (const change of ['K', 'L']) {
        const made = { digest: content(change), makers: ['alice'] }
        await scenario.given('rita', 'submit', { ...submitK, change, content: made } as never)
      }
      return scenario
    },
    one: always({ account: 'rita', type: 'move', change: 'K' }),
    other: always({ account: 'rita', type: 'move', change: 'L' }),
  },
  'a policy is replaced while a change is approved under it': { before: proposed, one: approve('bob'), other: adopt },
  'a policy is replaced while a change is submitted under it': {
    before: proposed,
    one: always({ account: 'rita', type: 'submit', ...submitK, change: 'L' }),
    other: adopt,
  },
}

/** What two commands come to: the whole trail, by its root, and what each of the two was told. */
interface Came {
  readonly root: string
  readonly told: readonly string[]
}

const codeOf = (receipt: Receipt) => (receipt.outcome === 'accepted' ? 'accepted' : receipt.refusal.code)

/** A store that can be told to take its time: what is under way at once then comes to pass in any order. */
function slowed(store: Store, wait: (what: string) => Promise<void>, onConflict: () => void): Store {
  return {
    head: () => store.head(),
    async append(drafts, expected) {
      await wait('write')
      try {
        return await store.append(drafts, expected)
      } catch (error) {
        if (error instanceof CountersignError && error.code === 'store.conflict') onConflict()
        throw error
      } finally {
        await wait('tell')
      }
    },
    async *read(range) {
      await wait('read')
      yield* store.read(range)
    },
    close: () => store.close(),
  }
}

/** A race that is ready to be run: over and over from the same beginning. */
async function prepared({ before, one, other }: Race) {
  const scenario = await before()
  const envelopes = [one(scenario), other(scenario)].map(({ account, ...command }, at) => ({
    account,
    id: `at-once-${at}`,
    command,
  }))
  const drafts = (await sealedIn(scenario.store)).map(({ bytes }) => {
    const { seq: _, ...draft } = readEntry(bytes).body
    return draft as Draft
  })
  const clock = () => new Date(scenario.now)
  const deskOn = (store: Store) => createDesk({ store, clock, recordRefusals: 'all' })
  const sequential = async (order: readonly number[]): Promise<Came> => {
    const store = memoryStore()
    await store.append(drafts, {})
    const desk = await deskOn(store)
    const told: string[] = []
    for (const at of order) told[at] = codeOf(await desk.execute(envelopes[at]))
    return { root: (await store.head()).root, told }
  }
  /** The two at two desks, on one trail that each has opened by itself, in an order that the scheduler picks. */
  const atOnce = async (stores: readonly Store[], scheduler: fc.Scheduler, onConflict: () => void): Promise<Came> => {
    await stores[0]?.append(drafts, {})
    let isReady = false
    const wait = async (what: string): Promise<void> => {
      if (isReady) await scheduler.schedule(Promise.resolve(), what)
    }
    const desks = await Promise.all(stores.map(store => deskOn(slowed(store, wait, onConflict))))
    isReady = true
    const both = Promise.all(
      desks.map(async (desk, at) => {
        await wait('decide')
        return codeOf(await desk.execute(envelopes[at]))
      }),
    )
    const told = await scheduler.waitFor(both)
    isReady = false
    return { root: (await (stores[0] as Store).head()).root, told }
  }
  return { orders: [await sequential([0, 1]), await sequential([1, 0])], atOnce }
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-races-'))
let server: Server | undefined

beforeAll(async () => {
  server = await postgresServer()
})
afterAll(async () => {
  await server?.end()
  rmSync(folder, { recursive: true })
})

describe.each(Object.entries(races))('where %s', (_, race) => {
  it('it comes to one of the two orders, however the steps of two desks interleave', async () => {
    const { orders, atOnce } = await prepared(race)
    // Else nothing would hang on which comes first.
    expect(orders[0]).not.toEqual(orders[1])
    const seen = [0, 0]
    let lost = 0
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async scheduler => {
        const store = memoryStore()
        const came = await atOnce([store, store], scheduler, () => {
          lost += 1
        })
        const order = orders.findIndex(one => one.root === came.root)
        expect(came).toEqual(orders[order])
        seen[order] = (seen[order] ?? 0) + 1
      }),
      // `npx -y pnpm@12 faults races` runs a thousand of each.
      runs(100),
    )
    expect(Math.min(...seen)).toBeGreaterThan(asWritten ? 10 : 0)
    if (asWritten) expect(lost).toBeGreaterThan(10)
  })

  it('it comes to one of the two orders in SQLite and in PostgreSQL as well', async () => {
    const { orders, atOnce } = await prepared(race)
    const kinds = server === undefined ? (['sqlite'] as const) : (['sqlite', 'postgres'] as const)
    for (const kind of kinds)
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), async scheduler => {
          count += 1
          const stores = await twice(kind)
          try {
            const came = await atOnce(stores, scheduler, () => {})
            expect(orders).toContainEqual(came)
          } finally {
            for (const store of stores) await store.close()
          }
        }),
        // Each of them on every day as well.
        runs(4 / kinds.length),
      )
  })
})

let count = 0

/** A new trail, opened twice. */
async function twice(kind: 'sqlite' | 'postgres'): Promise<Store[]> {
  const place: Place =
    kind === 'postgres' && server !== undefined
      ? { kind, config: server.config, schema: `races_${process.pid}_${count}` }
      : { kind: 'sqlite', path: join(folder, `${count}.db`) }
  return [await openAt(place), await openAt(place)]
}
