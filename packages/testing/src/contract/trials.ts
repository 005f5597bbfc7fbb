import { EMPTY_ROOT, leafHash, prevOf, readEntry, wholeTrail } from '@countersign/trail'
import type { Sealed, Store } from '@countersign/trail/store'
import { ACCEPTED, all, conflictOf, draft, orLocked, plain, plainHead, refusalOf } from './entries.ts'

/** The three functions of a test runner that the contract needs: Vitest's, Jest's and Bun's fit. */
export interface ContractRunner {
  readonly describe: (title: string, body: () => void) => void
  readonly test: (title: string, body: () => Promise<void>) => void
  readonly expect: (actual: unknown) => { toEqual(expected: unknown): void }
}

/** How the contract gets at the stores that it tries. */
export interface ContractStores {
  /** Opens a trail that has no entry yet. */
  readonly open: () => Promise<Store>
  /** Opens a trail again after its store was closed. Left out where a trail ends with its store, as in memory. */
  readonly reopen?: (closed: Store) => Promise<Store>
  /** Opens the same trail for a second writer while the first has it open. It may throw `store.locked`. */
  readonly second?: (first: Store) => Promise<Store>
  /** Opens the same trail for a reader while a writer has it open, where that is another thing than a second writer. */
  readonly reader?: (writer: Store) => Promise<Store>
}

/** Who of three writers hands in first, second and third: each in every place, and several at one. */
const TURNS = [
  [0, 1, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
  [0, 0, 0],
  [1, 1, 0],
] as const

/** One of several appends that are handed in at once: the streams that it writes, and those that it has read. */
interface Call {
  readonly writes: readonly string[]
  readonly reads: readonly string[]
}

/** What the trials of a store are made with. */
export interface Trials {
  readonly describe: ContractRunner['describe']
  readonly test: ContractRunner['test']
  readonly expect: ContractRunner['expect']
  readonly stores: ContractStores
  /** Declares one trial, on a trail that has no entry yet. */
  readonly trial: (title: string, body: (store: Store) => Promise<void>) => void
  /** The call is refused with this code, and for a conflict with these facts. */
  readonly expectRefusal: (call: Promise<unknown>, expected: Record<string, unknown>) => Promise<void>
  /** The trail once more, for all that the store lets in beside the one that has it open. */
  readonly besides: (store: Store, body: (others: readonly Store[]) => Promise<void>) => Promise<void>
  /** Three who write: stores of their own where the trail lets them in, else callers of one. */
  readonly withWriters: (store: Store, body: (writers: readonly Store[]) => Promise<void>) => Promise<void>
  /** Hands in all of the calls at once, in every turn of the writers, and each turn again while the first of them is busy. */
  readonly race: (store: Store, calls: readonly Call[], accepted: number) => Promise<void>
  /** Chain, places, streams, root, and the three ways to read them agree. */
  readonly expectSound: (store: Store) => Promise<readonly Sealed[]>
}

/** Makes them, for one kind of store. */
export function trialsOn({ describe, test, expect }: ContractRunner, stores: ContractStores): Trials {
  const trial = (title: string, body: (store: Store) => Promise<void>): void => {
    test(title, async () => {
      const store = await stores.open()
      try {
        await body(store)
      } finally {
        await store.close()
      }
    })
  }
  const expectRefusal = async (call: Promise<unknown>, expected: Record<string, unknown>): Promise<void> => {
    expect(await refusalOf(call)).toEqual(expected)
  }
  const besides = async (store: Store, body: (others: readonly Store[]) => Promise<void>): Promise<void> => {
    const others: Store[] = []
    try {
      for (const opens of [stores.second, stores.reader]) {
        const other = opens === undefined ? undefined : await orLocked(opens(store))
        if (other !== undefined) others.push(other)
      }
      await body(others)
    } finally {
      for (const other of others) await other.close()
    }
  }
  const withWriters = async (store: Store, body: (writers: readonly Store[]) => Promise<void>): Promise<void> => {
    const writers = [store]
    try {
      while (stores.second !== undefined && writers.length < 3) {
        const other = await orLocked(stores.second(store))
        if (other === undefined) break
        writers.push(other)
      }
      await body(writers)
    } finally {
      for (const other of writers.slice(1)) await other.close()
    }
  }
  const race = async (store: Store, calls: readonly Call[], accepted: number): Promise<void> => {
    await withWriters(store, async writers => {
      const versions: Record<string, number> = { [wholeTrail]: 0, x: 0, y: 0, z: 0 }
      for (const turn of TURNS)
        for (const busy of [0, 1, 3]) {
          const before = { ...versions }
          const at = (stream: string): number => before[stream] as number
          const handedIn = calls.map(({ writes, reads }, place) => {
            const writer = writers[(turn[place] as number) % writers.length] as Store
            const ahead = place === 0 ? Array.from({ length: busy }, () => writer.append([], {})) : []
            const drafts = writes.map(stream => draft(stream, at(stream)))
            const call = writer.append(drafts, Object.fromEntries(reads.map(read => [read, at(read)])))
            return Promise.all([refusalOf(call), ...ahead])
          })
          const told = (await Promise.all(handedIn)).map(([answer]) => answer)
          const moved = calls.filter((_, place) => told[place]?.code === ACCEPTED.code).map(({ writes }) => writes)
          expect(moved.length).toEqual(accepted)
          for (const stream of moved.flatMap(writes => [...writes, ...writes.map(() => wholeTrail)]))
            versions[stream] = (versions[stream] as number) + 1
          for (const [place, { reads }] of calls.entries()) {
            const { code, facts } = told[place] as { code: string; facts?: { stream: string } }
            if (code === ACCEPTED.code) continue
            // Of several that have moved it may tell any.
            const possible = reads.filter(stream => versions[stream] !== before[stream])
            const stream = possible.find(name => name === facts?.stream) ?? (possible[0] as string)
            expect({ code, facts }).toEqual(conflictOf(stream, at(stream), versions[stream] as number))
          }
        }
      await expectSound(store)
    })
  }
  const expectSound = async (store: Store): Promise<readonly Sealed[]> => {
    const entries = await all(store)
    const streams = new Map<string, Sealed[]>()
    let prev = EMPTY_ROOT
    for (const [seq, entry] of entries.entries()) {
      const { body } = readEntry(entry.bytes)
      const own = streams.get(body.stream) ?? []
      streams.set(body.stream, own)
      const streamSeq = own.push(entry) - 1
      expect({
        ...entry,
        bytes: undefined,
        prev: prevOf(entry.bytes),
        own: body.seq,
        streamSeq: body.streamSeq,
      }).toEqual({
        seq,
        leafHash: leafHash(entry.bytes),
        bytes: undefined,
        prev,
        own: seq,
        streamSeq,
      })
      prev = entry.leafHash
    }
    expect(await store.head()).toEqual(plainHead(entries))
    for (const [stream, own] of streams) expect((await all(store, { stream })).map(plain)).toEqual(own.map(plain))
    return entries
  }
  return { describe, test, expect, stores, trial, expectRefusal, besides, withWriters, race, expectSound }
}
