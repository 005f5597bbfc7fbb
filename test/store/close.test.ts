import { f0, f0Tested, type Scenario, submitK } from '@countersign/testing'
import { type Cache, memoryCache, type Store } from '@countersign/trail/store'
import { createDesk, type Desk, type DeskOptions } from 'countersign'
import { describe, expect, it } from 'vitest'

const deskOn = (store: Store, { now }: Pick<Scenario, 'now'>, more: Partial<DeskOptions> = {}): Promise<Desk> =>
  createDesk({ store, clock: () => new Date(now), ...more })

/** A store whose appends wait until they are let through. */
function held(store: Store): { store: Store; letThrough: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const append: Store['append'] = async (...given) => {
    await promise
    return store.append(...given)
  }
  return { store: { ...store, append }, letThrough: resolve }
}

const directory = { people: [{ person: 'grace', name: 'Grace', accounts: ['grace'] }] }

describe('a desk that is closed', () => {
  it('lets another desk have its cache, in which everything is that was worked out', async () => {
    const scenario = await f0Tested()
    const cache = memoryCache()
    const first = await deskOn(scenario.store, scenario, { cache })
    await first.by('rita').submit({ ...submitK, change: 'L' } as never)
    await first.close()
    let entries = 0
    const read: Store['read'] = async function* (range) {
      for await (const sealed of scenario.store.read(range)) {
        entries += 1
        yield sealed
      }
    }
    const second = await deskOn({ ...scenario.store, read }, scenario, { cache })
    // The last one, by which the desk sees that the cache is of this trail.
    expect(entries).toBe(1)
    expect(second.change('L')?.state).toBe('verify')
  })

  it('is closed, though it is closed twice, and by `await using` as well', async () => {
    const scenario = await f0Tested()
    const cache = memoryCache()
    const desk = await deskOn(scenario.store, scenario, { cache })
    await Promise.all([desk.close(), desk.close()])
    await desk[Symbol.asyncDispose]()
    const other = await deskOn(scenario.store, scenario, { cache })
    // The cache is another desk's by now, and closing the first one once more does not take it from there.
    await desk.close()
    await expect(deskOn(scenario.store, scenario, { cache })).rejects.toMatchObject({ code: 'input' })
    await other[Symbol.asyncDispose]()
    await deskOn(scenario.store, scenario, { cache })
  })

  it('refuses whatever is asked of it later, and writes nothing', async () => {
    const { store, desk } = await f0()
    const { size } = await store.head()
    await desk.close()
    const told = { code: 'store.closed', message: 'this desk was closed: open another one with createDesk' }
    for (const asked of [
      desk.by('rita').cancel({ change: 'K', comment: 'not needed' }),
      desk.execute({ account: 'rita', command: { type: 'cancel', change: 'K', comment: 'not needed' } }),
      desk.loadDirectory('ada', directory, 'hr'),
      desk.at('2026-03-02T10:00Z'),
      desk.catchUp(),
      desk.outbox(),
      desk.opened('K'),
      desk.head(),
    ])
      await expect(asked).rejects.toMatchObject(told)
    for (const ask of [() => desk.changes(), () => desk.board('t'), () => desk.until(), () => desk.save()])
      expect(ask).toThrow(told.message)
    expect((await store.head()).size).toBe(size)
  })

  it('has done first what was under way, a directory that comes in several entries included', async () => {
    const scenario = await f0Tested()
    const { store, letThrough } = held(scenario.store)
    const cache = memoryCache()
    const desk = await deskOn(store, scenario, { cache })
    const order: string[] = []
    const people = Array.from({ length: 400 }, (_, count) => {
      const person = `person-${count}`
      return { person, name: person, accounts: [person] }
    })
    const work = Promise.all([
      desk.by('rita').submit({ ...submitK, change: 'L' } as never),
      desk.loadDirectory('ada', { people }, 'hr'),
    ]).then(done => {
      order.push('done')
      return done
    })
    await Promise.resolve()
    const closed = desk.close().then(() => order.push('closed'))
    await expect(desk.by('rita').cancel({ change: 'K', comment: 'too late' })).rejects.toMatchObject({
      code: 'store.closed',
    })
    await expect(deskOn(scenario.store, scenario, { cache })).rejects.toMatchObject({ code: 'input' })
    letThrough()
    const [submitted, loaded] = await work
    await closed
    expect(order).toEqual(['done', 'closed'])
    expect(submitted.outcome).toBe('accepted')
    expect(loaded.length).toBeGreaterThan(1)
    expect(new Set(loaded.map(one => one.outcome))).toEqual(new Set(['accepted']))
    await deskOn(scenario.store, scenario, { cache })
  })

  it('says where its cache cannot be written, and is closed all the same', async () => {
    const scenario = await f0Tested()
    const inMemory = memoryCache()
    let isFull = false
    const cache: Cache = {
      ...inMemory,
      write(batch) {
        if (isFull) throw new Error('the disk is full')
        inMemory.write(batch)
      },
    }
    const desk = await deskOn(scenario.store, scenario, { cache })
    await desk.by('rita').submit({ ...submitK, change: 'L' } as never)
    isFull = true
    await expect(desk.close()).rejects.toThrow('the disk is full')
    expect(() => desk.changes()).toThrow('this desk was closed')
    isFull = false
    expect((await deskOn(scenario.store, scenario, { cache })).change('L')?.state).toBe('verify')
  })
})

describe('a cache that serves its desk no longer', () => {
  it('may serve another one: it could not be cleared, so the first has gone without', async () => {
    const scenario = await f0Tested()
    const inMemory = memoryCache()
    let isBroken = true
    const cache: Cache = {
      ...inMemory,
      clear() {
        if (isBroken) throw new Error('the disk has gone')
        inMemory.clear()
      },
    }
    await deskOn(scenario.store, scenario, { cache })
    isBroken = false
    await deskOn(scenario.store, scenario, { cache })
  })

  it('may serve another one: junk was found in it over and over', async () => {
    const scenario = await f0Tested()
    const inMemory = memoryCache()
    let junk = 0
    const cache: Cache = {
      ...inMemory,
      read(key) {
        if (!key.startsWith('version ') || junk === 3) return inMemory.read(key)
        junk += 1
        return new TextEncoder().encode('junk')
      },
    }
    const desk = await deskOn(scenario.store, scenario, { cache, cacheEvery: 1, cacheHolds: 1 })
    for (const change of ['L', 'M', 'N']) await desk.by('rita').submit({ ...submitK, change } as never)
    expect(junk).toBe(3)
    await deskOn(scenario.store, scenario, { cache })
    expect(desk.changes().map(one => one.id)).toEqual(['K', 'L', 'M', 'N'])
  })
})
