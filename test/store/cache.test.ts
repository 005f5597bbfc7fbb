import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteCache, openSqliteStore } from '@countersign/store-sqlite'
import { f0, f0Tested, histories, play, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { CountersignError, canonical, readEntry } from '@countersign/trail'
import { type Cache, type Draft, memoryCache, memoryOpenings, memoryStore, type Store } from '@countersign/trail/store'
import { type Accepted, createDesk, type Desk, type DeskOptions } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { atLeast, runs } from '../properties/trial.ts'
import { commitmentIn, opened, secret } from '../redaction/setting.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-cache-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const fresh = () => join(folder, `${files++}.cache`)

const bytes = (text: string) => new TextEncoder().encode(text)
const codeOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work()
  } catch (error) {
    return error instanceof CountersignError ? error.code : error
  }
  return 'nothing'
}

for (const [name, open] of Object.entries({
  memoryCache: async () => memoryCache(),
  openSqliteCache: () => openSqliteCache(fresh()),
})) {
  describe(`a cache: ${name}`, () => {
    it('gives what was written last under a key, and nothing under one that was never written', async () => {
      const cache = await open()
      cache.write(
        new Map([
          ['a', bytes('1')],
          ['b', bytes('2')],
        ]),
      )
      cache.write(new Map([['a', bytes('3')]]))
      expect(cache.read('a')).toEqual(bytes('3'))
      expect(cache.read('b')).toEqual(bytes('2'))
      expect(cache.read('c')).toBeUndefined()
      cache.close()
    })

    it('gives all that begins in one way, and nothing besides', async () => {
      const cache = await open()
      const keys = [
        'id change/A x',
        'id change/Aé',
        'id change/A\u{10ffff}',
        'id change/A\u{10ffff}x',
        'id change/B',
        'ie',
        'i',
        'id',
        '',
      ]
      cache.write(new Map(keys.map(key => [key, bytes(key)])))
      const told = (prefix: string) => new Map([...cache.all(prefix)].map(([key, one]) => [key, new Uint8Array(one)]))
      for (const prefix of ['id change/A', 'id ', 'i', '', 'z'])
        expect(told(prefix)).toEqual(new Map(keys.filter(key => key.startsWith(prefix)).map(key => [key, bytes(key)])))
      cache.close()
    })

    it('is empty once it was cleared, and can be written again', async () => {
      const cache = await open()
      cache.write(new Map([['a', bytes('1')]]))
      cache.clear()
      expect([...cache.all('')]).toEqual([])
      cache.write(new Map([['b', bytes('2')]]))
      expect(cache.read('b')).toEqual(bytes('2'))
      cache.close()
    })
  })
}

describe('the cache in a SQLite file', () => {
  it('is there again when it is opened again, and takes none of a batch that does not go in whole', async () => {
    const path = fresh()
    const cache = await openSqliteCache(path)
    cache.write(new Map([['a', bytes('1')]]))
    const half = new Map<string, Uint8Array>([
      ['a', bytes('2')],
      ['b', 'no bytes' as never],
      ['c', {} as never],
    ])
    expect(await codeOf(() => cache.write(half))).not.toBe('nothing')
    expect(cache.read('a')).toEqual(bytes('1'))
    cache.close()
    const again = await openSqliteCache(path)
    expect([...again.all('')].map(([key]) => key)).toEqual(['a'])
    again.close()
    expect(await codeOf(() => again.read('a'))).toBe('store.closed')
    expect(await codeOf(() => again.clear())).toBe('store.closed')
  })

  it('says what went wrong where it could not be made anew, and that it was closed once it was', async () => {
    const path = fresh()
    const cache = await openSqliteCache(path)
    mkdirSync(`${path}-shm`)
    const told = ['clear', 'read', 'all', 'write', 'clear'].map(name => {
      try {
        return (cache as unknown as Record<string, (one: unknown) => unknown>)[name]?.(
          name === 'write' ? new Map() : 'a',
        )
      } catch (error) {
        return (error as CountersignError).message
      }
    })
    expect(told[0]).toContain(`cannot make anew ${path}: `)
    expect(told).toEqual(told.map(() => told[0]))
    cache.close()
    expect(await codeOf(() => cache.read('a'))).toBe('store.closed')
  })

  it('is open once: who comes second is told so, and may come when the first has closed', async () => {
    const path = fresh()
    const first = await openSqliteCache(path)
    expect(await codeOf(() => openSqliteCache(path))).toBe('store.locked')
    first.close()
    ;(await openSqliteCache(path)).close()
  })

  it('leaves a file alone that is none: a text, another database, a trail', async () => {
    const text = fresh()
    writeFileSync(
      text,
      'not a cache, and longer than the head of a database is, which has room for a hundred bytes in all: so it is',
    )
    const database = fresh()
    const other = new DatabaseSync(database)
    other.exec('create table kept (key text primary key, bytes blob)')
    other.close()
    const trail = fresh()
    await (await openSqliteStore(trail)).close()
    for (const path of [text, database, trail, folder]) {
      const before = path === folder ? '' : readFileSync(path, 'latin1')
      expect(await codeOf(() => openSqliteCache(path))).toBe(path === folder ? 'store.unwritable' : 'input')
      expect(path === folder ? '' : readFileSync(path, 'latin1')).toBe(before)
    }
    for (const path of ['', ':memory:', 'a\0b', 7 as never])
      expect(await codeOf(() => openSqliteCache(path))).toBe('input')
  })

  it('is made anew where it is damaged, or holds something that could act by itself', async () => {
    for (const damage of [
      (path: string) => truncateSync(path, statSync(path).size - 5_000),
      (path: string) => {
        const file = readFileSync(path)
        file.fill(0xff, 100, 2_000)
        writeFileSync(path, file)
      },
      (path: string) => {
        const database = new DatabaseSync(path)
        database.exec("create trigger act after insert on kept begin delete from kept where key = 'a'; end")
        database.close()
      },
    ]) {
      const path = fresh()
      const cache = await openSqliteCache(path)
      cache.write(new Map(Array.from({ length: 300 }, (_, place) => [`key ${place}`, new Uint8Array(200)])))
      cache.close()
      damage(path)
      const again = await openSqliteCache(path)
      again.clear()
      again.write(new Map([['a', bytes('1')]]))
      expect(again.read('a')).toEqual(bytes('1'))
      again.close()
    }
  })
})

/** A trail on which K was approved once and needs another one, and the cache of a desk on it that has ended. */
async function kept(): Promise<{ scenario: Scenario; held: Map<string, Uint8Array> }> {
  const scenario = await f0Tested()
  await scenario.given('rita', 'submit', { ...submitK, change: 'L' } as never)
  await scenario.given('bob', 'approve', { change: 'K' })
  const held = new Map<string, Uint8Array>()
  await deskOn(scenario.store, scenario, { cache: memoryCache(held) })
  return { scenario, held }
}

const deskOn = (store: Store, { now }: Pick<Scenario, 'now'>, more: Partial<DeskOptions> = {}): Promise<Desk> =>
  createDesk({ store, clock: () => new Date(now), ...more })

/** A store that counts how many entries are read of it. */
function counted(store: Store): { store: Store; read: () => number } {
  let count = 0
  const read: Store['read'] = async function* (range) {
    for await (const sealed of store.read(range)) {
      count += 1
      yield sealed
    }
  }
  return { store: { ...store, read }, read: () => count }
}

/** Another store with the same entries. */
async function copyOf(store: Store, to?: number): Promise<Store> {
  const copy = memoryStore()
  const drafts: Draft[] = []
  for await (const { bytes: line } of store.read(to === undefined ? {} : { to })) {
    const { seq: _, ...draft } = readEntry(line).body
    drafts.push(draft)
  }
  await copy.append(drafts, {})
  return copy
}

const nobody = { revision: 1, digest: '0'.repeat(64) }

/** What one who approves K and L comes to, what is there then, and the trail of it. */
async function approved(desk: Desk, store: Store) {
  const receipts: unknown[] = []
  for (const [account, change, id] of [
    ['alice', 'K', 'her-own-change'],
    ['carol', 'K', 'the-second-one'],
    ['erin', 'L', 'not-for-a-tester'],
    ['carol', 'K', 'the-second-one'],
  ] as const) {
    const { revision, digest } = await patiently(desk, () => desk.change(change) ?? nobody)
    receipts.push(await desk.execute({ account, id, command: { type: 'approve', change, revision, digest } }))
  }
  const told = await patiently(desk, () => ({ changes: desk.changes(), snapshot: desk.snapshot() }))
  return { receipts, ...told, lines: await linesOf(store) }
}

/** What a desk tells, asked again as it says where its cache was thrown away. */
async function patiently<Told>(desk: Desk, ask: () => Told): Promise<Told> {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== 'store.unavailable') throw error
    await desk.catchUp()
    return ask()
  }
}

describe('a desk that has a cache', () => {
  it('reads in only what came since, and the last entry before that', async () => {
    const { scenario, held } = await kept()
    await scenario.given('carol', 'approve', { change: 'K' })
    const { store, read } = counted(scenario.store)
    const desk = await deskOn(store, scenario, { cache: memoryCache(held) })
    expect(read()).toBe(2)
    expect(desk.snapshot()).toEqual(scenario.desk.snapshot())
  })

  it('throws away the cache of another trail', async () => {
    const { held } = await kept()
    const other = await f0Tested({ submit: { title: 'Another change, of another trail' } })
    const desk = await deskOn(other.store, other, { cache: memoryCache(held) })
    expect(desk.snapshot()).toEqual(other.desk.snapshot())
    const { store, read } = counted(other.store)
    await deskOn(store, other, { cache: memoryCache(held) })
    expect(read()).toBe(1)
  })

  it('throws away the cache of a trail that was put back, whether or not it has gone on otherwise since', async () => {
    const { scenario, held } = await kept()
    const { size } = await scenario.store.head()
    const back = await copyOf(scenario.store, size - 2)
    const shorter = await deskOn(back, scenario, { cache: memoryCache(new Map(held)) })
    expect(shorter.snapshot()).toEqual((await deskOn(back, scenario)).snapshot())
    for (const [account, id] of [
      ['carol', 'first-otherwise'],
      ['dan', 'second-otherwise'],
      ['bob', 'third-otherwise'],
    ] as const) {
      const { revision = 0, digest = '' } = shorter.change('K') ?? {}
      await shorter.execute({ account, id, command: { type: 'approve', change: 'K', revision, digest } })
    }
    const other = await deskOn(back, scenario, { cache: memoryCache(held) })
    expect((await back.head()).size).toBeGreaterThanOrEqual(size)
    expect(other.snapshot()).toEqual((await deskOn(back, scenario)).snapshot())
    expect(other.change('L')).toBeUndefined()
  })

  it('throws away what another version has kept', async () => {
    const { scenario, held } = await kept()
    held.set('desk', lying('desk', { ...toldBy(held.get('desk')), format: 'countersign/cache/v0' }))
    const { store, read } = counted(scenario.store)
    await deskOn(store, scenario, { cache: memoryCache(held) })
    expect(read()).toBe((await store.head()).size)
  })

  it('keeps what the number of its format stands for: whoever changes that raises the number, and then this digest', async () => {
    const { held } = await kept()
    const told = [...held].toSorted(([one], [other]) => (one < other ? -1 : 1))
    const text = told.map(([key, one]) => `${key} ${canonical(toldBy(one))}\n`).join('')
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '5ae21ef70dea8671838e9fc610c15b298ba7b8799620b6f9485abee0528ecf6b',
    )
  })

  it('folds as the number of its format says: whoever changes that raises the number, and then this digest', async () => {
    const hash = createHash('sha256')
    const told = (held: ReadonlyMap<string, Uint8Array>) => {
      for (const [key, one] of [...held].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        // The ids of commands are others each time, and so are the hashes of their entries.
        if (key.startsWith('id ')) continue
        const value = toldBy(one)
        hash.update(`${key} ${canonical(key === 'desk' ? { ...value, leafHash: '' } : value)}\n`)
      }
    }
    for (const history of fc.sample(histories(), { seed: 20_261_127, numRuns: 40 })) {
      const { scenario } = await play(history)
      const held = new Map<string, Uint8Array>()
      await deskOn(scenario.store, scenario, { cache: memoryCache(held) })
      told(held)
    }
    // Robots, and what becomes of those who answer for them.
    const scenario = await f0Tested()
    for (const [type, command] of [
      ['registerBot', { bot: 'ci', accounts: ['ci'], controller: 'erin' }],
      ['recordDeparture', { person: 'erin' }],
      ['assignController', { bot: 'ci', controller: 'dan' }],
      ['recordReturn', { person: 'erin' }],
      ['recordDeparture', { person: 'dan', compromised: true }],
      ['recordAlias', { person: 'dan', is: 'erin', comment: 'it is one person' }],
    ] as const)
      await scenario.given('ada', type as 'registerBot', command as never)
    const held = new Map<string, Uint8Array>()
    await deskOn(scenario.store, scenario, { cache: memoryCache(held) })
    told(held)
    expect(hash.digest('hex')).toBe('10fb779f756fba0830f7117079d24e68c988c6f56ea6363c5bf03b99b3774a52')
  })

  it('goes on where the cache cannot be written or read, and says so only to whoever asks it to save', async () => {
    const { scenario } = await kept()
    const expected = await approved(await deskOn(await copyOf(scenario.store), scenario), await copyOf(scenario.store))
    const broken: Cache = {
      read: () => {
        throw new Error('the disk has gone')
      },
      all: () => {
        throw new Error('the disk has gone')
      },
      write: () => {
        throw new Error('the disk is full')
      },
      clear: () => {
        throw new Error('the disk has gone')
      },
      close() {},
    }
    for (const cache of [
      broken,
      { ...broken, clear() {} },
      { ...broken, clear() {}, read: () => undefined, all: () => [] },
    ]) {
      const store = await copyOf(scenario.store)
      const desk = await deskOn(store, scenario, { cache, cacheEvery: 2, cacheHolds: 1 })
      const { lines: _, ...told } = await approved(desk, store)
      const { lines: __, ...others } = expected
      expect(others.changes.length).toBe(2)
      expect(told.changes.map(one => one.approvals.length)).toEqual([2, 0])
      // One that cannot even be read it has left alone by now.
      if (cache.read === broken.read) desk.save()
      else expect(() => desk.save()).toThrow('the disk is full')
    }
  })

  it('comes to what it comes to without one, whatever somebody has written over any part of it, and no crash', async () => {
    const { scenario, held } = await kept()
    const plainStore = await copyOf(scenario.store)
    const plain = await approved(await deskOn(plainStore, scenario), plainStore)
    const kinds = [...new Set([...held.keys()].map(kindOf))]
    expect(kinds.toSorted()).toEqual(['change', 'desk', 'governance', 'id', 'instant', 'version'])
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.json().map(bytes),
      fc.constantFrom('', 'null', '{}', '[]', '"', '{"__proto__":{"polluted":true}}', '1e999', '-1', '0.5').map(bytes),
    )
    const damage = fc.oneof(
      fc.record({ how: fc.constant('over' as const), with: junk }),
      fc.record({ how: fc.constant('cut' as const), at: fc.nat() }),
      fc.record({ how: fc.constant('turn' as const), at: fc.nat(), bit: fc.nat({ max: 7 }) }),
      fc.record({
        how: fc.constant('member' as const),
        name: fc.constantFrom('__proto__', 'constructor', 'size', 'more'),
      }),
      fc.record({ how: fc.constant('out' as const) }),
    )
    const seen = { same: 0 }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), fc.nat(), damage, async (kind, place, one) => {
        const keys = [...held.keys()].filter(other => kindOf(other) === kind)
        const key = keys[place % keys.length] as string
        const before = held.get(key) as Uint8Array
        const doctored = new Map(held)
        if (one.how === 'out') doctored.delete(key)
        else
          doctored.set(
            key,
            one.how === 'over'
              ? one.with
              : one.how === 'cut'
                ? before.slice(0, one.at % before.length)
                : one.how === 'turn'
                  ? before.with(one.at % before.length, (before[one.at % before.length] ?? 0) ^ (1 << one.bit))
                  : bytes(new TextDecoder().decode(before).replace(/^\{/, `{"${one.name}":{"polluted":true},`)),
          )
        const store = await copyOf(scenario.store)
        const desk = await deskOn(store, scenario, { cache: memoryCache(doctored) })
        const told = await approved(desk, store)
        expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
        // A command of which the cache has nothing more is carried out again.
        if (kind === 'id' && one.how === 'out') return
        expect(told).toEqual(plain)
        seen.same += 1
      }),
      runs(400),
    )
    expect(seen.same).toBeGreaterThan(atLeast(250))
  })

  it('throws away one that has lost what it knew of a stream, be there nothing but refusals in it', async () => {
    const { scenario } = await kept()
    const held = new Map<string, Uint8Array>()
    const options = { cache: memoryCache(held), recordRefusals: 'all' } as const
    const desk = await deskOn(scenario.store, scenario, options)
    const receipt = await desk.by('erin').submit({ ...submitK, change: 'R', category: 'no-such' } as never)
    expect(receipt).toMatchObject({ outcome: 'refused', recorded: {} })
    await desk.close()
    expect(toldBy(held.get('change R'))).toBe(null)
    const plain = (await deskOn(scenario.store, scenario)).snapshot()
    const asked = async (cache: Cache) => {
      const { store, read } = counted(scenario.store)
      const again = await deskOn(store, scenario, { cache })
      await patiently(again, () => [again.change('R'), again.changes()])
      const found = await patiently(again, () => again.snapshot())
      expect(found).toEqual(plain)
      return read()
    }
    const { size } = await scenario.store.head()
    expect(await asked(memoryCache(new Map(held)))).toBeLessThan(size)
    for (const lost of ['change R', 'version change/R', 'change K', 'version governance']) {
      const less = new Map(held)
      expect(less.delete(lost)).toBe(true)
      expect(await asked(memoryCache(less)), lost).toBeGreaterThan(size)
    }
  })

  it('carries out each of many commands at once, whenever what it reads of its cache turns out to be junk', async () => {
    const seen = { junk: 0, told: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 150 }), { minLength: 1, maxLength: 4 }), async places => {
        const { scenario, held } = await kept()
        const inMemory = memoryCache(held)
        let reads = 0
        const cache: Cache = {
          ...inMemory,
          read: key => {
            if (!places.includes(reads++)) return inMemory.read(key)
            seen.junk += 1
            void lookOn()
            return bytes('junk')
          },
        }
        const { store } = scenario
        let looked: Desk | undefined
        /** Whoever looks while the trail is read again is told so, and never shown a part of it. */
        const lookOn = async () => {
          for (let turn = 0; turn < 50; turn++) {
            await Promise.resolve()
            look()
          }
        }
        const look = () => {
          try {
            looked?.changes()
          } catch (error) {
            expect(error).toMatchObject({ code: 'store.unavailable' })
            seen.told += 1
          }
        }
        const desk = await deskOn(store, scenario, { cache, cacheEvery: 2, cacheHolds: 1 })
        looked = desk
        const receipts = await Promise.all(
          Array.from({ length: 24 }, async (_, count) => {
            const submitted = await desk.by('rita').submit({ ...submitK, change: `C-${count}` } as never)
            if (count % 3 === 0)
              return [submitted, await desk.by('rita').cancel({ change: `C-${count}`, comment: 'not needed' })]
            look()
            return [submitted]
          }),
        )
        expect(receipts.flat().map(one => one.outcome)).toEqual(Array.from({ length: 32 }, () => 'accepted'))
        const lines = await linesOf(store)
        expect(new Set(receipts.flat().map(one => (one as Accepted).seq)).size).toBe(32)
        expect(verifyTrail([fileOf(lines)]).findings).toEqual([])
        const told = await patiently(desk, () => desk.snapshot())
        expect(told).toEqual((await deskOn(store, scenario)).snapshot())
      }),
      runs(25),
    )
    expect(Math.min(seen.junk, seen.told)).toBeGreaterThan(3)
  })

  it('believes what somebody has forged in it, and a verifier of the trail finds what came of that', async () => {
    const { scenario, held } = await kept()
    const { place, value } = toldBy(held.get('change K'))
    const [one] = value.approvals
    const forged = { ...one, person: 'dan', chain: ['dan'] }
    held.set(
      'change K',
      lying('change K', { place, value: { ...value, approvals: [one, forged], state: 'production' } }),
    )
    const { store } = scenario
    const desk = await deskOn(store, scenario, { cache: memoryCache(held) })
    const { revision = 0, digest = '' } = desk.change('K') ?? {}
    const receipt = await desk.execute({ account: 'paul', command: { type: 'release', change: 'K', revision, digest } })
    expect(receipt.outcome).toBe('accepted')
    const { findings } = verifyTrail([fileOf(await linesOf(store))])
    const { seq } = receipt as Accepted
    expect(findings.map(one => [one.code, one.seq])).toEqual([
      ['decision.unjustified', seq],
      ['release.unapproved', seq],
    ])
  })

  it('deletes once more what opens redacted values, where the openings were put back from a copy', async () => {
    const openings = memoryOpenings()
    const { scenario } = await opened({ openings })
    const commitment = commitmentIn(scenario, 'account')
    const copy = await openings.get(commitment)
    if (copy === undefined) throw new Error('nothing opens it')
    await scenario.given('ada', 'redact', { change: 'K', fields: ['account'], comment: 'asked for' } as never)
    const held = new Map<string, Uint8Array>()
    await deskOn(scenario.store, scenario, { cache: memoryCache(held) })
    await openings.put([copy])
    await deskOn(scenario.store, scenario, { cache: memoryCache(held), openings })
    expect(await openings.get(commitment)).toBeUndefined()
    expect([...held].some(([, one]) => new TextDecoder().decode(one).includes(secret))).toBe(false)
  })

  it('is refused a cache that serves another desk, and what is none', async () => {
    const { scenario, held } = await kept()
    const cache = memoryCache(held)
    const away = {
      ...scenario.store,
      read: () => {
        throw new CountersignError('store.unavailable', 'the database has gone')
      },
    }
    expect(await codeOf(() => deskOn(away, scenario, { cache }))).toBe('store.unavailable')
    await deskOn(scenario.store, scenario, { cache })
    expect(await codeOf(() => deskOn(scenario.store, scenario, { cache }))).toBe('input')
    for (const wrong of [{ cache: {} as Cache }, { cacheEvery: 0 }, { cacheHolds: 1.5 }, { cacheHold: 3 } as never])
      expect(await codeOf(() => deskOn(scenario.store, scenario, wrong))).toBe('input')
  })

  it('holds no more of what is over in memory than it is told to', async () => {
    const scenario = await f0({ submit: null })
    const reads: string[] = []
    const inMemory = memoryCache()
    const cache: Cache = {
      ...inMemory,
      read: key => {
        reads.push(key)
        return inMemory.read(key)
      },
    }
    const desk = await deskOn(scenario.store, scenario, { cache, cacheEvery: 1, cacheHolds: 4 })
    for (let count = 0; count < 20; count++) {
      await desk.by('rita').submit({ ...submitK, change: `C-${count}` } as never, { id: `submitted-${count}` })
      await desk.by('rita').cancel({ change: `C-${count}`, comment: 'not needed' }, { id: `cancelled-${count}` })
    }
    reads.length = 0
    // Of each kind it holds two times as many at most.
    for (let count = 0; count < 20; count++) desk.change(`C-${count}`)
    expect(new Set(reads).size).toBeGreaterThanOrEqual(12)
    expect(desk.changes().map(one => one.id)).toEqual(Array.from({ length: 20 }, (_, count) => `C-${count}`))
  })
})

const kindOf = (key: string): string => key.split(' ')[0] ?? ''

/** What lies under a key, without the beginning of its hash. */
const toldBy = (lies: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(lies).slice(16))

/** How a value lies under a key: behind the first 16 digits of the hash of key, line end and JSON. */
const lying = (key: string, value: unknown): Uint8Array => {
  const text = JSON.stringify(value)
  return bytes(`${createHash('sha256').update(`${key}\n${text}`).digest('hex').slice(0, 16)}${text}`)
}
