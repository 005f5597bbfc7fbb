import { baseline, content, f0Tested, Scenario, type Setting, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { readEntry } from '@countersign/trail'
import { type Cache, type Draft, memoryCache, memoryStore, type Store } from '@countersign/trail/store'
import { createDesk, type Desk, type DeskOptions, type Receipt, type Within } from 'countersign'
import { approval, approvals, category, policy, release, role, task } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

// A transaction of the host's is played by a store in memory: what it sees, and what it appends, is all there is.

const own = 'trail.example/scenario'

const deskOn = (store: Store, { now }: Pick<Scenario, 'now'>, more: Partial<DeskOptions> = {}): Promise<Desk> =>
  createDesk({ store, clock: () => new Date(now), ...more })

/** Another store with the first entries of one; of a trail with another name, where that is given. */
async function beginningOf(store: Pick<Store, 'read'>, to: number, origin = own): Promise<Store> {
  const drafts: Draft[] = []
  for await (const { bytes } of store.read({ to })) {
    const { seq: _, ...draft } = readEntry(bytes).body
    drafts.push(JSON.parse(JSON.stringify(draft).replaceAll(own, origin)) as Draft)
  }
  const copy = memoryStore()
  await copy.append(drafts, {})
  return copy
}

const copyOf = async (store: Store): Promise<Store> => beginningOf(store, (await store.head()).size)

/** A store of which nothing can be read any more once it is held: whoever asks waits, as for a pool that lends none. */
function holdable(of: Store) {
  let current = of
  let isHeld = false
  const store: Store = {
    append: (drafts, expected) => current.append(drafts, expected),
    head: () => current.head(),
    close: () => current.close(),
    async *read(range) {
      if (isHeld) await new Promise(() => {})
      yield* current.read(range)
    },
  }
  return {
    store,
    hold: () => {
      isHeld = true
    },
    put: (next: Store) => {
      current = next
    },
  }
}

const submit = (change: string) =>
  ({ ...submitK, change, content: { digest: content(change), makers: ['alice'] } }) as never

const saw = (desk: Desk) => {
  const { revision = 0, digest = '' } = desk.change('K') ?? {}
  return { change: 'K', revision, digest }
}

const outcomeOf = async (store: Store) => verifyTrail([fileOf(await linesOf(store))]).status

const withAndWithout = [
  ['without a cache', () => ({})],
  ['with one', () => ({ cache: memoryCache(), cacheEvery: 1 })],
] as const

describe('a command within a transaction of the host', () => {
  test('is decided on one moment, whatever else the desk learns while it reads', async () => {
    const outcomes = new Set<string>()
    const turns = async (count: number) => {
      for (let turn = 0; turn < count; turn++) await Promise.resolve()
    }
    for (const ahead of [0, 4, 9, 40]) {
      for (let lag = 0; lag < 40; lag++) {
        const scenario = await f0Tested()
        const { store, desk } = scenario
        const within: Within = {
          append: (drafts, expected) => store.append(drafts, expected),
          async *read(range) {
            yield* store.read(range)
            await turns(lag)
          },
        }
        const revoked = turns(ahead).then(() => desk.by('ada').revokeRole({ role: 'appr', from: 'bob', team: '*' }))
        const [approved] = await Promise.all([desk.by('bob', { within }).approve(saw(desk)), revoked])
        outcomes.add(approved.outcome)
        expect([ahead, lag, await outcomeOf(store)]).toEqual([ahead, lag, 'sound'])
      }
    }
    expect([...outcomes].toSorted()).toEqual(['accepted', 'refused'])
  })

  describe.each(withAndWithout)('whose store was put back, %s', (_, more) => {
    test.each([0, 1, 2, 3])('is decided on what there is, where others have written %i entries', async others => {
      const scenario = await f0Tested()
      const back = await copyOf(scenario.store)
      const { store, hold, put } = holdable(scenario.store)
      const desk = await deskOn(store, scenario, more())
      await desk.by('bob').approve(saw(desk))
      await desk.by('rita').submit(submit('L'))
      put(back)
      const other = await deskOn(back, scenario)
      for (const change of ['M', 'N', 'O'].slice(0, others)) await other.by('rita').submit(submit(change))
      hold()
      const seen = saw(desk)
      const receipt = await desk.by('bob', { within: back }).approve(seen)
      expect(receipt).toMatchObject({ outcome: 'accepted', seq: (await back.head()).size - 1 })
      expect((await desk.by('rita', { within: back }).submit(submit('P'))).outcome).toBe('accepted')
      expect(await outcomeOf(back)).toBe('sound')
    })
  })

  test('is decided on what there is where the cache turns out to be junk, and no other connection is to be had', async () => {
    const scenario = await f0Tested()
    const held = new Map<string, Uint8Array>()
    await deskOn(scenario.store, scenario, { cache: memoryCache(held), cacheEvery: 1 })
    for (const key of held.keys()) if (key.startsWith('change ')) held.set(key, Uint8Array.of(7))
    const { store, hold } = holdable(scenario.store)
    const cache: Cache = memoryCache(held)
    const desk = await deskOn(store, scenario, { cache })
    hold()
    const { revision, digest } = scenario.desk.change('K') as { revision: number; digest: string }
    const receipt = await desk.by('bob', { within: scenario.store }).approve({ change: 'K', revision, digest })
    expect(receipt.outcome).toBe('accepted')
    expect(await outcomeOf(scenario.store)).toBe('sound')
  })

  test('is refused where that is one on another trail, and the desk stays as it is', async () => {
    const { desk, store } = await f0Tested()
    const { size: all } = await store.head()
    for (const part of [3, all - 1, all]) {
      const within = await beginningOf(store, part, 'other.example/trail')
      const { size } = await within.head()
      await expect(desk.by('rita', { within }).submit(submit('X'))).rejects.toMatchObject({
        code: 'input',
        message: '`within` is of the trail other.example/trail, and this desk is of trail.example/scenario',
      })
      expect([(await within.head()).size, desk.change('K')?.id]).toEqual([size, 'K'])
    }
  })

  test('is refused where the store itself is handed in, of which no transaction is', async () => {
    const { store, desk } = await f0Tested()
    const { size } = await store.head()
    const by = desk.by('ada', { within: store })
    await expect(by.defineRole({ role: 'role', description: 'of nobody' })).rejects.toMatchObject({
      code: 'input',
      message: '`within` is the store itself, and no transaction: give `store.join(connection)`',
    })
    expect((await store.head()).size).toBe(size)
  })

  test('goes after those before it, however many are given at once', async () => {
    const { store, desk } = await f0Tested()
    const roles = Array.from({ length: 50 }, (_, at) => `role-${at}`)
    const by = desk.by('ada', { within: { append: store.append.bind(store), read: store.read.bind(store) } })
    const receipts = await Promise.all(roles.map(one => by.defineRole({ role: one, description: one })))
    expect(receipts.map(({ outcome }) => outcome)).toEqual(roles.map(() => 'accepted'))
    expect(await outcomeOf(store)).toBe('sound')
  })

  describe('after others in the same one', () => {
    /** A desk, and a transaction that is played by another store with the same entries, which counts what is read of it. */
    async function begun() {
      const { desk, store, now } = await f0Tested()
      const trail = await copyOf(store)
      const { store: seen, put } = holdable(trail)
      const read: number[] = []
      const within: Within = {
        append: (drafts, expected) => seen.append(drafts, expected),
        async *read(range) {
          const place = read.push(0) - 1
          for await (const sealed of seen.read(range)) {
            read[place] = (read[place] ?? 0) + 1
            yield sealed
          }
        },
      }
      return { desk, store, now, trail, within, put, read }
    }
    const idOf = (at: number) => ({ id: `command-${at}` })
    const child = (change: string, parent: string) => ({ ...(submit(change) as object), parent }) as never

    test('reads on from the last of those, and nothing that was read for them', async () => {
      const { desk, within, read } = await begun()
      for (let at = 0; at < 40; at++)
        expect((await desk.by('rita', { within }).submit(submit(`S${at}`))).outcome).toBe('accepted')
      // The last entry that was folded, to see that it is there still, and the one that came of the command before.
      expect(read).toEqual([1, ...Array.from({ length: 39 }, () => 2)])
    })

    test('comes to the same bytes as in a transaction of its own, and as in none', async () => {
      const { desk, store, now, trail } = await begun()
      const commands: ((of: Desk, manner: { within?: Within }, id: { id: string }) => Promise<Receipt>)[] = [
        (of, manner, id) => of.by('rita', manner).submit(submit('A'), id),
        (of, manner, id) => of.by('bob', manner).approve(saw(desk), id),
        (of, manner, id) => of.by('rita', manner).submit(child('B', 'A'), id),
        (of, manner, id) => of.by('ada', manner).grantRole({ role: 'appr', to: 'rita', team: '*' }, id),
        (of, manner, id) => of.by('alice', manner).approve(saw(desk), id),
        (of, manner, id) => of.by('rita', manner).submit(child('C', 'K'), id),
        (of, manner, id) => of.by('rita', manner).cancel({ change: 'B', comment: 'not needed' }, id),
        (of, manner, id) => of.by('rita', manner).cancel({ change: 'B', comment: 'not needed' }, id),
        (of, manner, id) => of.by('ada', manner).revokeRole({ role: 'appr', from: 'bob', team: '*' }, id),
        (of, manner, id) => of.by('carol', manner).approve(saw(desk), id),
        (of, manner, id) => of.by('dan', manner).approve(saw(desk), id),
      ]
      const all = async (of: Desk, mannerOf: () => { within?: Within }) => {
        const receipts = []
        for (const [at, command] of commands.entries()) receipts.push(await command(of, mannerOf(), idOf(at)))
        return receipts
      }
      const [apart, plain] = [await copyOf(store), await copyOf(store)]
      const through = (of: Store): Within => ({ append: of.append.bind(of), read: of.read.bind(of) })
      const one = through(trail)
      const receipts = await all(desk, () => ({ within: one }))
      expect(await all(desk, () => ({ within: through(apart) }))).toEqual(receipts)
      expect(await all(await deskOn(plain, { now }), () => ({}))).toEqual(receipts)
      expect(new Set(receipts.map(({ outcome }) => outcome))).toEqual(new Set(['accepted', 'refused']))
      expect(await linesOf(trail)).toEqual(await linesOf(apart))
      expect(await linesOf(trail)).toEqual(await linesOf(plain))
      expect(await outcomeOf(trail)).toBe('sound')
    })

    describe.each([1, 2, 3])('of which the host has taken back %i', back => {
      test.each([0, 1, 2, 3, 4])('is decided on what is left, and on %i more entries since', async others => {
        const { desk, store, now, trail, within, put } = await begun()
        const by = desk.by('rita', { within })
        const submitted = ['A', 'B', 'C', 'D']
        for (const change of submitted) await by.submit(submit(change))
        const left = await beginningOf(trail, (await trail.head()).size - back)
        const other = await deskOn(left, { now })
        for (const change of ['W', 'X', 'Y', 'Z'].slice(0, others)) await other.by('rita').submit(submit(change))
        const { size } = await left.head()
        put(left)
        // On what is gone they would be refused, as they were there already.
        for (const [at, change] of submitted.slice(-back).entries())
          expect(await by.submit(submit(change))).toMatchObject({ outcome: 'accepted', seq: size + at })
        for (const change of submitted) expect((await by.submit(submit(change))).outcome).toBe('refused')
        expect((await by.submit(child('E', 'A'))).outcome).toBe('accepted')
        expect(await outcomeOf(left)).toBe('sound')
        // It was the transaction's own, and nothing of it says that the desk has read anything wrong.
        expect(desk.snapshot()).toEqual((await deskOn(store, { now })).snapshot())
      })
    })

    test('is decided anew where somebody else was quicker, on what the desk itself has read', async () => {
      const { desk, now, trail, within, read } = await begun()
      const other = await deskOn(trail, { now })
      let isQuicker = false
      const raced: Within = {
        async append(drafts, expected) {
          if (isQuicker) await other.by('rita').cancel({ change: 'K', comment: 'not needed' })
          isQuicker = false
          return within.append(drafts, expected)
        },
        read: range => within.read(range),
      }
      const by = (account: string) => desk.by(account, { within: raced })
      for (const change of ['A', 'B']) await by('rita').submit(submit(change))
      isQuicker = true
      expect(await by('bob').approve(saw(desk))).toMatchObject({ outcome: 'refused' })
      expect((await by('rita').submit(submit('C'))).outcome).toBe('accepted')
      expect(read).toEqual([1, 2, 2, 1 + 3, 1])
      expect(await outcomeOf(trail)).toBe('sound')
    })

    test.each([1, 2, 3])(
      'is decided on what the transaction has, where the desk has learned of %i other entries meanwhile',
      async learned => {
        const { desk, trail, within } = await begun()
        const by = desk.by('rita', { within })
        for (const change of ['A', 'B']) await by.submit(submit(change))
        const others = ['X', 'Y', 'Z'].slice(0, learned)
        for (const change of others) expect((await desk.by('rita').submit(submit(change))).outcome).toBe('accepted')
        for (const change of others) expect((await by.submit(submit(change))).outcome).toBe('accepted')
        expect((await by.cancel({ change: 'B', comment: 'not needed' })).outcome).toBe('accepted')
        await desk.catchUp()
        expect([desk.change('X')?.id, desk.change('A')]).toEqual(['X', undefined])
        expect(await outcomeOf(trail)).toBe('sound')
      },
    )
  })

  test('lets the desk read in what others have written, and is none the worse where that cannot be done', async () => {
    const scenario = await f0Tested()
    let fails = false
    const store: Store = {
      ...scenario.store,
      async *read(range) {
        if (fails) throw new Error('the database is gone')
        yield* scenario.store.read(range)
      },
    }
    const desk = await deskOn(store, scenario)
    const within = scenario.store
    await scenario.given('rita', 'submit', submit('L'))
    fails = true
    expect((await desk.by('rita', { within }).submit(submit('M'))).outcome).toBe('accepted')
    await new Promise(resolve => setImmediate(resolve))
    expect(desk.change('L')).toBeUndefined()
    fails = false
    expect((await desk.by('rita', { within }).submit(submit('N'))).outcome).toBe('accepted')
    await new Promise(resolve => setImmediate(resolve))
    expect([desk.change('L')?.id, desk.change('M')?.id]).toEqual(['L', 'M'])
  })

  test('gives work away by what was given before, and what comes to nothing has given none', async () => {
    const builders: Setting = {
      controls: baseline,
      people: {
        rita: [],
        alice: ['engineer'],
        amir: ['engineer'],
        anna: ['engineer'],
        bob: ['appr'],
        paul: ['deployer'],
      },
      policies: [
        policy(
          't',
          { complies: baseline, roles: { engineer: 'builds', appr: 'approves', deployer: 'releases' } },
          {
            normal: category({
              form: z.object({ system: z.enum(['ledger', 'billing']) }),
              triage: [{ to: role('engineer') }],
              flow: [
                task('build', { by: role('engineer') }),
                approval('approve', approvals(1).from(role('appr'))),
                release('production', { by: role('deployer') }),
              ],
            }),
          },
        ),
      ],
    }
    const { store, desk, now } = await Scenario.open(builders)
    const wanted = (change: string) => ({ ...submitK, change, form: { system: 'ledger' }, content: undefined }) as never
    const given = async (change: string, within?: Within) => {
      const receipt = await desk.by('rita', within === undefined ? {} : { within }).submit(wanted(change))
      if (receipt.outcome === 'refused') throw new Error(JSON.stringify(receipt.refusal))
      const to = receipt.change.held.find(one => one.how === 'was assigned')?.person
      return to
    }
    const cancel = (change: string, within?: Within) =>
      desk.by('rita', within === undefined ? {} : { within }).cancel({ change, comment: 'not needed' })
    const first = await given('A')
    await cancel('A')
    const undone = await copyOf(store)
    const second = await given('B', undone)
    await cancel('B', undone)
    const third = await given('C', undone)
    expect(new Set([first, second, third]).size).toBe(3)
    // Of what was undone nothing is known.
    expect(await given('D')).toBe(second)
    expect(now).toBeDefined()
  })

  test('takes no option that there is not, and none in another place', async () => {
    const { desk, store } = await f0Tested()
    const { size } = await store.head()
    const append: Store['append'] = (drafts, expected) => store.append(drafts, expected)
    const within: Within = { append, read: range => store.read(range) }
    const command = submit('X')
    const strange = [
      () => desk.by('rita', { witin: within } as never).submit(command),
      () => desk.by('rita').submit(command, { within } as never),
      () => desk.by('rita').submit(command, { Id: 'submit-X-1' } as never),
      () => desk.execute({ account: 'rita', command: {} }, { witin: within } as never),
      () => desk.by('rita', { within: null } as never).submit(command),
      () => desk.by('rita', { within: { append } } as never).submit(command),
    ]
    for (const call of strange) await expect((async () => call())()).rejects.toMatchObject({ code: 'input' })
    expect((await store.head()).size).toBe(size)
  })

  test('leaves nothing half read where the store is put back while the desk is at the end of a reading', async () => {
    const scenario = await f0Tested()
    const back = await copyOf(scenario.store)
    let current = scenario.store
    let goOn = (): void => {}
    let isHeld = false
    const store: Store = {
      ...scenario.store,
      async *read(range) {
        yield* current.read(range)
        if (!isHeld) return
        isHeld = false
        await new Promise<void>(resolve => {
          goOn = resolve
        })
      },
    }
    const desk = await deskOn(store, scenario)
    await scenario.given('rita', 'submit', submit('L'))
    await desk.catchUp()
    current = back
    isHeld = true
    const caughtUp = desk.catchUp()
    await new Promise(resolve => setImmediate(resolve))
    expect((await desk.by('rita', { within: back }).submit(submit('P'))).outcome).toBe('accepted')
    expect(() => desk.changes()).toThrow('is being read again from its beginning')
    goOn()
    await caughtUp
    expect([desk.change('K')?.id, desk.change('L'), desk.change('P')?.id]).toEqual(['K', undefined, 'P'])
    expect(desk.snapshot()).toEqual((await deskOn(back, scenario)).snapshot())
  })

  test('is refused on another trail where the desk was recalled from its cache, or is being read again', async () => {
    const scenario = await f0Tested()
    const { size } = await scenario.store.head()
    const other = await beginningOf(scenario.store, size, 'other.example/trail')
    const refused = { code: 'input', message: expect.stringContaining('is of the trail other.example/trail') }
    const held = new Map<string, Uint8Array>()
    for (let opened = 0; opened < 2; opened++) {
      const desk = await deskOn(scenario.store, scenario, { cache: memoryCache(held), cacheEvery: 1 })
      await expect(desk.by('rita', { within: other }).submit(submit('X'))).rejects.toMatchObject(refused)
    }
    const back = await copyOf(scenario.store)
    const { store, hold, put } = holdable(scenario.store)
    const desk = await deskOn(store, scenario)
    await desk.by('rita').submit(submit('L'))
    put(back)
    hold()
    await desk.by('rita', { within: back }).submit(submit('P'))
    await expect(desk.by('rita', { within: other }).submit(submit('Q'))).rejects.toMatchObject(refused)
    expect((await other.head()).size).toBe(size)
  })

  test('is seen by a desk that was recalled from its cache where another trail lies in the place of its own', async () => {
    const scenario = await f0Tested()
    const held = new Map<string, Uint8Array>()
    const more = () => ({ cache: memoryCache(held), cacheEvery: 1 })
    const { store, put } = holdable(scenario.store)
    await deskOn(store, scenario, more())
    const desk = await deskOn(store, scenario, more())
    const other = await beginningOf(scenario.store, (await scenario.store.head()).size, 'other.example/trail')
    put(other)
    await desk.by('rita').submit(submit('X'))
    expect([desk.governance().origin, desk.change('X')?.id]).toEqual(['other.example/trail', 'X'])
    expect(await outcomeOf(other)).toBe('sound')
  })
})
