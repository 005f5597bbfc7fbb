import {
  baseline,
  content,
  f0,
  f0Tested,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, reseal } from '@countersign/testing/tamper'
import type { Store } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { approval, approvals, board, release, role } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { hour, K, people } from '../law/setting.ts'

const one = approvals(1).from(role('appr'))
const bodies = async ({ store }: Scenario) => bodiesOf(await linesOf(store))
const last = async (scenario: Scenario) => (await bodies(scenario)).at(-1) as LooseBody
const findings = (some: readonly LooseBody[]) => verifyTrail([fileOf(reseal(some))]).findings
const other = (change: string, makers: readonly string[] = ['dora']) => ({
  ...submitK,
  change,
  content: { digest: content(change), makers: [...makers] },
})

/** The version of a stream: how many entries it has. */
const version = async (scenario: Scenario, stream: string) =>
  (await bodies(scenario)).filter(one => one.stream === stream).length

describe('an entry says what its decision has read besides its own stream', () => {
  it('people and rules, at their version, where it is about a change', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    expect((await last(scenario)).reads).toEqual({ governance: await version(scenario, 'governance') })
  })

  it('nothing, where it is about people and rules', async () => {
    const scenario = await f0()
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    expect(await last(scenario)).not.toHaveProperty('reads')
  })

  it('a change that depends on it, unless that came about within the minute', async () => {
    const flow = [release('production', { by: role('deployer') }), approval('review', one, { within: '24h' })]
    const emergency = fixturePolicy({ flow: [approval('authorise', one), ...flow] })
    const scenario = await f0({ policies: [emergency], people: people({ dora: [], hana: ['appr'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    scenario.at(30 * hour)
    await scenario.given('rita', 'submit', { ...other('C'), parent: 'K' } as never)
    scenario.at(90 * hour)
    await scenario.given('carol', 'approve', K)
    const honest = await bodies(scenario)
    const { reads = {}, ...entry } = honest.at(-1) as LooseBody
    const { 'change/C': _, '*': __, ...less } = reads as Record<string, number>
    const accepted = (entry.outcome as unknown as { accepted: object[] }).accepted
    const timely = accepted.map(event => ('late' in event ? { ...event, late: false } : event))
    const at = new Date(Date.parse(scenario.now) - 97 * hour).toISOString()
    const forged = { ...entry, reads: less, at, outcome: { accepted: timely } } as unknown as LooseBody
    expect(findings(honest)).toEqual([])
    expect(new Set(findings([...honest.slice(0, -1), forged]).map(({ code }) => code))).toContain('entry.back-dated')
  })

  it('what a refused command has read, as well', async () => {
    const scenario = await f0Tested()
    await scenario.refused('alice', 'approve', K)
    expect(await last(scenario)).toMatchObject({ outcome: { refused: {} }, reads: { governance: expect.any(Number) } })
  })

  it('each change above it and each that depends on it, and then that there is no other one', async () => {
    const scenario = await f0({ people: people({ dora: [] }), submit: null })
    await scenario.given('rita', 'submit', other('P'))
    await scenario.given('rita', 'submit', { ...other('K'), parent: 'P' })
    const governance = await version(scenario, 'governance')
    expect((await last(scenario)).reads).toEqual({ governance, 'change/P': 1 })
    await scenario.given('rita', 'submit', { ...other('L'), parent: 'K' })
    expect((await last(scenario)).reads).toEqual({ governance, 'change/K': 1, 'change/P': 1 })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed', evidence: [{ name: 'report' }] })
    const { reads, seq } = await last(scenario)
    expect(reads).toEqual({ '*': seq, governance, 'change/L': 1, 'change/P': 1 })
    expect(findings(await bodies(scenario))).toEqual([])
  })

  it('the whole trail, where a place on a board is at stake', async () => {
    const columns = [{ name: 'checking', stages: ['verify', 'approve'], limit: 2 }]
    const rules = fixturePolicy({ options: { board: board({ columns }) } })
    const scenario = await f0({ controls: baseline, policies: [rules] })
    await scenario.given('rita', 'move', { ...K, column: 'checking' })
    const { reads, seq } = await last(scenario)
    expect(reads).toEqual({ '*': seq, governance: await version(scenario, 'governance') })
  })

  it('of more than 64 changes that depend on it none, so that an entry does not grow with them', async () => {
    const scenario = await f0({ people: people({ dora: [] }) })
    for (let at = 0; at < 64; at++) await scenario.given('rita', 'submit', { ...other(`C${at}`), parent: 'K' })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed', evidence: [{ name: 'report' }] })
    expect(Object.keys((await last(scenario)).reads as object).length).toBe(66)
    await scenario.given('rita', 'submit', { ...other('C64'), parent: 'K' })
    await scenario.given('bob', 'approve', K)
    expect(Object.keys((await last(scenario)).reads as object)).toEqual(['*', 'governance'])
    expect(findings(await bodies(scenario))).toEqual([])
  })
})

describe('what an entry says it has read is compared with what the rules read', () => {
  async function approved(forge: (body: LooseBody, all: LooseBody[]) => void) {
    const scenario = await f0({ people: people({ dora: [] }) })
    await scenario.given('rita', 'submit', { ...other('C'), parent: 'K' })
    scenario.at(hour)
    await scenario.given('erin', 'signOff', { ...K, result: 'passed', evidence: [{ name: 'report' }] })
    await scenario.given('bob', 'approve', K)
    const all = await bodies(scenario)
    expect(findings(all)).toEqual([])
    const body = all.at(-1) as LooseBody
    forge(body, all)
    return findings(all).map(one => ({ code: one.code, seq: one.seq - body.seq }))
  }
  const differs = [{ code: 'decision.reads-differ', seq: 0 }]

  it('an older version of people and rules is found', async () => {
    expect(
      await approved(body => {
        const reads = body.reads as Record<string, number>
        reads.governance = (reads.governance ?? 0) - 1
      }),
    ).toEqual(differs)
  })

  it('that it says nothing is found', async () => {
    expect(
      await approved(body => {
        delete body.reads
      }),
    ).toEqual(differs)
  })

  it('a change that is left out is found, and so is one that it never read', async () => {
    expect(
      await approved(body => {
        delete (body.reads as Record<string, number>)['change/C']
      }),
    ).toEqual(differs)
    expect(
      await approved(body => {
        Object.assign(body.reads as object, { 'change/X': 3 })
      }),
    ).toEqual(differs)
  })

  it('that it has not read the whole trail is found', async () => {
    expect(
      await approved(body => {
        delete (body.reads as Record<string, number>)['*']
      }),
    ).toEqual(differs)
  })

  it('that it has read neither the whole trail nor what depended on it for an hour is found', async () => {
    expect(
      await approved(body => {
        body.reads = { governance: (body.reads as Record<string, number>).governance }
      }),
    ).toEqual(differs)
  })

  it('what people and rules say that they have read is found', async () => {
    const scenario = await f0()
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    const all = await bodies(scenario)
    Object.assign(all.at(-1) as LooseBody, { reads: { 'change/K': 1 } })
    expect(findings(all).map(one => one.code)).toEqual(['decision.reads-differ'])
  })
})

describe('the first change that depends on another, submitted in the moment in which that one is decided on', () => {
  const flow = [...normalFlow().slice(1, 2), release('production', { by: role('deployer') })]
  const open = () => f0({ policies: [fixturePolicy({ flow })], people: people({ dora: [] }) })
  const approve = (scenario: Scenario) => ({ ...K, revision: 1, digest: scenario.change('K').digest })

  it('waits for the decision at the same desk, or the decision for it', async () => {
    const scenario = await open()
    await Promise.all([
      scenario.desk.by('rita').submit({ ...other('C'), parent: 'K' }),
      scenario.desk.by('bob').approve(approve(scenario)),
      scenario.desk.by('rita').submit({ ...other('D'), parent: 'K' }),
    ])
    const { reads } = (await bodies(scenario)).find(
      one => (one.by as { account: string }).account === 'bob',
    ) as LooseBody
    expect(reads).toMatchObject({ 'change/C': 1 })
    expect(findings(await bodies(scenario))).toEqual([])
  })

  it('is not held against a decision at another desk, which cannot have read it', async () => {
    const scenario = await open()
    const { store } = scenario
    // Between what that desk reads and what it writes, and by a clock that is a little ahead.
    const append: Store['append'] = async (drafts, expected) => {
      scenario.at(1_000)
      await scenario.given('rita', 'submit', { ...other('C'), parent: 'K' })
      return store.append(drafts, expected)
    }
    const elsewhere = await createDesk({ store: { ...store, append }, clock: () => new Date(scenario.now) })
    expect(await elsewhere.by('bob').approve(approve(scenario))).toMatchObject({ outcome: 'accepted' })
    const { reads } = await last(scenario)
    expect(reads).toEqual({ governance: await version(scenario, 'governance') })
    expect(findings(await bodies(scenario))).toEqual([])
  })
})
