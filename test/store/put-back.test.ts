import { f0Tested, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { readEntry } from '@countersign/trail'
import { type Draft, memoryCache, memoryStore, type Store } from '@countersign/trail/store'
import { createDesk, type Desk, type DeskOptions } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, test } from 'vitest'

/** A store in whose place another one can be put while desks are open on it: a backup, or a replica that was behind. */
function replaceable(first: Store): { store: Store; put: (next: Store) => void } {
  let current = first
  const store: Store = {
    append: (drafts, expected) => current.append(drafts, expected),
    read: range => current.read(range),
    head: () => current.head(),
    close: () => current.close(),
  }
  const put = (next: Store): void => {
    current = next
  }
  return { store, put }
}

/** Another store with the first entries of one. */
async function beginningOf(store: Store, to: number): Promise<Store> {
  const drafts: Draft[] = []
  for await (const { bytes } of store.read({ to })) {
    const { seq: _, ...draft } = readEntry(bytes).body
    drafts.push(draft)
  }
  const copy = memoryStore()
  await copy.append(drafts, {})
  return copy
}

const deskOn = (store: Store, { now }: Scenario, more: Partial<DeskOptions> = {}): Promise<Desk> =>
  createDesk({ store, clock: () => new Date(now), ...more })

const approve = (desk: Desk, account: string, id: string) =>
  desk.execute({ account, id, command: { type: 'approve', change: 'K', ...saw(desk) } })

const saw = (desk: Desk, change = 'K') => {
  const { revision = 0, digest = '' } = desk.change(change) ?? {}
  return { revision, digest }
}

const signOff = (desk: Desk, change: string) =>
  desk.by('erin').signOff({ change, ...saw(desk, change), result: 'passed', evidence: [{ name: 'report' }] })

const submit = (desk: Desk, change: string) =>
  desk.execute({ account: 'rita', id: `submit-${change}`, command: { type: 'submit', ...submitK, change } as never })

const withAndWithout = [
  ['without a cache', () => ({})],
  ['with one', () => ({ cache: memoryCache(), cacheEvery: 1 })],
] as const

describe.each(withAndWithout)('a desk whose store is put back while it is open, %s', (_, more) => {
  /** A desk that has seen K approved by Bob and L submitted, on a store that has lost both. */
  async function putBack() {
    const scenario = await f0Tested()
    const { size } = await scenario.store.head()
    const { store, put } = replaceable(scenario.store)
    const desk = await deskOn(store, scenario, more())
    await approve(desk, 'bob', 'approve-bob')
    await submit(desk, 'L')
    const back = await beginningOf(scenario.store, size)
    put(back)
    return { scenario, desk, back }
  }
  const expectOne = async (desk: Desk, back: Store, scenario: Scenario) => {
    expect(desk.snapshot()).toEqual((await deskOn(back, scenario)).snapshot())
    const verdict = verifyTrail([fileOf(await linesOf(back))], {})
    expect(verdict.findings).toEqual([])
  }

  test('reads it anew where it needs what is no longer there, and decides on what there is', async () => {
    const { scenario, desk, back } = await putBack()
    const receipt = await approve(desk, 'carol', 'approve-carol')
    expect(receipt.outcome).toBe('accepted')
    expect(desk.change('L')).toBeUndefined()
    expect(desk.change('K')?.approvals.map(one => one.person)).toEqual(['carol'])
    await expectOne(desk, back, scenario)
  })

  test('reads it anew as soon as it has gone on otherwise beyond what the desk had read', async () => {
    const { scenario, desk, back } = await putBack()
    const other = await deskOn(back, scenario)
    for (const change of ['M', 'N', 'O']) await submit(other, change)
    await desk.catchUp()
    expect([desk.change('L'), desk.change('O')?.id]).toEqual([undefined, 'O'])
    await expectOne(desk, back, scenario)
  })

  test('reads it anew with its own next entry where others have written as many as were lost', async () => {
    const { scenario, desk, back } = await putBack()
    const other = await deskOn(back, scenario)
    for (const change of ['M', 'N']) await submit(other, change)
    expect((await submit(desk, 'O')).outcome).toBe('accepted')
    expect([desk.change('L'), desk.change('N')?.id, desk.change('O')?.id]).toEqual([undefined, 'N', 'O'])
    await expectOne(desk, back, scenario)
  })
})

describe('the outbox of a desk whose store is put back while it is open', () => {
  /** A desk that was drained to its end, on a store from which the submission of L was lost again. */
  async function putBack() {
    const scenario = await f0Tested()
    const { size } = await scenario.store.head()
    const { store, put } = replaceable(scenario.store)
    const desk = await deskOn(store, scenario)
    await submit(desk, 'L')
    const { cursor: after } = await desk.outbox()
    const back = await beginningOf(scenario.store, size)
    put(back)
    return { scenario, desk, back, after }
  }

  test('is read anew where the store has gone on otherwise by as many entries as were lost', async () => {
    const { scenario, desk, back, after } = await putBack()
    const other = await deskOn(back, scenario)
    await submit(other, 'M')
    const told = await desk.outbox({ after })
    expect(told).toEqual(await (await deskOn(back, scenario)).outbox({ after }))
    await signOff(other, 'M')
    expect((await desk.outbox({ after: told.cursor })).notices.map(one => one.change)).toEqual(['M', 'M', 'M'])
  })

  test('is read anew where the store has gone on by more than was lost', async () => {
    const { scenario, desk, back, after } = await putBack()
    const other = await deskOn(back, scenario)
    await submit(other, 'M')
    await signOff(other, 'M')
    const told = await desk.outbox({ after })
    expect(told).toEqual(await (await deskOn(back, scenario)).outbox({ after }))
    expect(told.notices.map(one => [one.change, one.person])).toEqual([
      ['M', 'bob'],
      ['M', 'carol'],
      ['M', 'dan'],
    ])
  })

  test('refuses the cursor as any other does that lies behind the end, while fewer entries are there', async () => {
    const { desk, after } = await putBack()
    await expect(desk.outbox({ after })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('lies behind the end of this trail'),
    })
  })
})

describe('a desk that is asked to catch up', () => {
  test('has read all that was there when it was asked, though a reading is under way that began before', async () => {
    const scenario = await f0Tested()
    const { store } = scenario
    let goOn = (): void => {}
    let held: Promise<void> | undefined
    const slow: Store = {
      ...store,
      async *read(range) {
        const entries = []
        for await (const entry of store.read(range)) entries.push(entry)
        await held
        yield* entries
      },
    }
    const desk = await deskOn(slow, scenario)
    held = new Promise(resolve => {
      goOn = resolve
    })
    const earlier = desk.catchUp()
    await scenario.given('rita', 'submit', { ...submitK, change: 'N' } as never)
    const later = desk.catchUp()
    goOn()
    await later
    expect(desk.change('N')?.id).toBe('N')
    await earlier
  })
})
