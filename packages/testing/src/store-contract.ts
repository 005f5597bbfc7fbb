import {
  CountersignError,
  EMPTY_ROOT,
  type Hash,
  leafHash,
  MAX_ENTRY_BYTES,
  nodeHash,
  prevOf,
  readEntry,
  wholeTrail,
} from '@countersign/trail'
import type { Draft, Range, Sealed, Store } from '@countersign/trail/store'

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
}

/** Bigger than any block that a store may read at once, together. */
const BIG_ENTRIES = 48
const BIG_TEXT = 'é'.repeat(30_000)

/**
 * Declares the tests that every `Store` must pass. It brings no runner of its own.
 *
 * @example
 * ```ts
 * import { storeContract } from '@countersign/testing/store-contract'
 * import { memoryStore } from '@countersign/trail/store'
 *
 * const titles: string[] = []
 * const runner = {
 *   describe: (_: string, body: () => void) => body(),
 *   test: (title: string) => void titles.push(title),
 *   expect: () => ({ toEqual: () => {} }),
 * }
 * storeContract('memoryStore', runner, { open: async () => memoryStore() })
 * titles.length > 20 // → true
 * ```
 */
export function storeContract(name: string, runner: ContractRunner, stores: ContractStores): void {
  const { describe, test, expect } = runner
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
  /** Chain, places, streams, root, and the three ways to read them agree. */
  const expectSound = async (store: Store): Promise<readonly Sealed[]> => {
    const entries = await all(store)
    const streams = new Map<string, number>()
    let prev = EMPTY_ROOT
    for (const [seq, entry] of entries.entries()) {
      const { body } = readEntry(entry.bytes)
      const streamSeq = streams.get(body.stream) ?? 0
      streams.set(body.stream, streamSeq + 1)
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
    expect(await store.head()).toEqual({ size: entries.length, leafHash: prev, root: plainRoot(entries) })
    for (const [stream, count] of streams) expect((await all(store, { stream })).length).toEqual(count)
    return entries
  }

  describe(`${name} keeps the contract of a store`, () => {
    describe('sealing', () => {
      trial('A trail without entries has size 0, and both its hashes are the root of the empty tree', async store => {
        expect(await store.head()).toEqual({ size: 0, leafHash: EMPTY_ROOT, root: EMPTY_ROOT })
        expect(await all(store)).toEqual([])
      })

      trial('Each entry gets the next place and hangs on the one before it', async store => {
        for (let at = 0; at < 5; at++) {
          const wanted = draft('ticket', at)
          const [sealed, ...others] = await store.append([wanted], { ticket: at })
          expect(others).toEqual([])
          expect(readEntry((sealed as Sealed).bytes).body).toEqual({ ...wanted, seq: at })
        }
        await expectSound(store)
      })

      trial('The head is the one that the definition gives, at every size', async store => {
        for (let at = 0; at < 20; at++) {
          await store.append([draft('ticket', at)], {})
          await expectSound(store)
        }
      })

      trial(
        'An entry is the same bytes when it is acknowledged, when it is read by place, and by stream',
        async store => {
          const sealed = await store.append([draft('a', 0), draft('b', 0)], {})
          expect((await all(store)).map(plain)).toEqual(sealed.map(plain))
          expect((await all(store, { stream: 'b' })).map(plain)).toEqual(sealed.slice(1).map(plain))
        },
      )

      trial('An entry may have as many bytes as an entry can have, and not one more', async store => {
        const [small] = await store.append([{ ...draft('big', 0), command: '' }], {})
        // The place of the second entry has as many digits as that of the first, and so has its version.
        const room = MAX_ENTRY_BYTES - (small as Sealed).bytes.length
        await expectRefusal(store.append([{ ...draft('big', 1), command: 'x'.repeat(room + 1) }], {}), {
          code: 'entry',
        })
        const [full] = await store.append([{ ...draft('big', 1), command: 'x'.repeat(room) }], {})
        expect((full as Sealed).bytes.length).toEqual(MAX_ENTRY_BYTES)
        expect((await expectSound(store)).length).toEqual(2)
      })

      trial('What the caller does to a draft after handing it in does not reach the trail', async store => {
        const command = { type: 'approve' }
        const appended = store.append([{ ...draft('ticket', 0), command }], {})
        command.type = 'reject'
        const [sealed] = await appended
        expect(readEntry((sealed as Sealed).bytes).body.command).toEqual({ type: 'approve' })
        await expectSound(store)
      })
    })

    describe('expected versions', () => {
      trial(
        'A stream that has moved since it was read refuses the append, and says how far it has moved',
        async store => {
          await store.append([draft('ticket', 0)], { ticket: 0 })
          await expectRefusal(store.append([draft('ticket', 1)], { ticket: 0 }), conflictOf('ticket', 0, 1))
          expect((await store.head()).size).toEqual(1)
        },
      )

      trial('Every stream that was read counts, not only the one that is written', async store => {
        await store.append([draft('governance', 0), draft('ticket', 0)], {})
        await store.append([draft('governance', 1)], { governance: 1 })
        await expectRefusal(
          store.append([draft('ticket', 1)], { ticket: 1, governance: 1 }),
          conflictOf('governance', 1, 2),
        )
        expect((await all(store, { stream: 'ticket' })).length).toEqual(1)
        await store.append([draft('ticket', 1)], { ticket: 1, governance: 2 })
        await expectSound(store)
      })

      trial(
        'The trail as a whole can be expected not to have moved, whichever stream it is that moves',
        async store => {
          await store.append([draft('governance', 0), draft('ticket', 0)], { [wholeTrail]: 0 })
          await expectRefusal(store.append([draft('ticket', 1)], { ticket: 1, [wholeTrail]: 1 }), conflictOf('*', 1, 2))
          await store.append([draft('other', 0)], {})
          await expectRefusal(store.append([draft('ticket', 1)], { ticket: 1, [wholeTrail]: 2 }), conflictOf('*', 2, 3))
          await store.append([draft('ticket', 1)], { ticket: 1, [wholeTrail]: 3 })
          await expectSound(store)
        },
      )

      trial('A stream that is not there has 0 entries', async store => {
        await expectRefusal(store.append([draft('ticket', 0)], { other: 1 }), conflictOf('other', 1, 0))
        await store.append([draft('ticket', 0)], { ticket: 0, other: 0 })
        await expectSound(store)
      })

      trial('A draft stands where its stream ends: no gap, and no place twice', async store => {
        await expectRefusal(store.append([draft('ticket', 1)], {}), conflictOf('ticket', 1, 0))
        await store.append([draft('ticket', 0)], {})
        await expectRefusal(store.append([draft('ticket', 0)], {}), conflictOf('ticket', 0, 1))
        await expectRefusal(store.append([draft('ticket', 2)], { ticket: 1 }), conflictOf('ticket', 2, 1))
        expect((await store.head()).size).toEqual(1)
      })

      trial('No name of a stream means anything to the store', async store => {
        const names = [
          '__proto__',
          'constructor',
          'toString',
          'hasOwnProperty',
          ' ',
          '..',
          "';--",
          '%s',
          'é',
          'e\u0301',
          '🂡',
          // Told apart by case, by white space around them, and by the last letter of the longest that a change can have.
          'change/K',
          'change/k',
          ' change/K',
          'change/K ',
          'change/_',
          ...['a', 'b'].map(last => `change/${'x'.repeat(63)}${last}`),
        ]
        for (const stream of names) {
          await store.append([draft(stream, 0)], Object.fromEntries([[stream, 0]]))
          await expectRefusal(
            store.append([draft(stream, 1)], Object.fromEntries([[stream, 0]])),
            conflictOf(stream, 0, 1),
          )
        }
        for (const [seq, stream] of names.entries()) {
          expect((await all(store, { stream })).map(entry => entry.seq)).toEqual([seq])
        }
        await expectSound(store)
      })
    })

    describe('batches', () => {
      trial('A batch takes the next places in its order, and its streams count up within it', async store => {
        await store.append([draft('a', 0)], {})
        const drafts = [draft('a', 1), draft('b', 0), draft('a', 2), draft('b', 1)]
        const sealed = await store.append(drafts, { a: 1, b: 0 })
        expect(sealed.map(entry => entry.seq)).toEqual([1, 2, 3, 4])
        expect(sealed.map(entry => readEntry(entry.bytes).body)).toEqual(
          drafts.map((body, at) => ({ ...body, seq: at + 1 })),
        )
        await expectSound(store)
      })

      trial('Where one draft of a batch conflicts, nothing of the batch is written', async store => {
        await expectRefusal(
          store.append([draft('a', 0), draft('b', 0), draft('a', 0)], { a: 0, b: 0 }),
          conflictOf('a', 0, 1),
        )
        expect((await store.head()).size).toEqual(0)
        await store.append([draft('a', 0), draft('b', 0)], { a: 0, b: 0 })
        await expectSound(store)
      })

      trial('Where one draft of a batch cannot be an entry, nothing of the batch is written', async store => {
        const half = { ...draft('b', 0), command: { share: 0.5 } }
        const long = { ...draft('b', 0), command: 'x'.repeat(MAX_ENTRY_BYTES) }
        await expectRefusal(store.append([draft('a', 0), half], {}), { code: 'canonical' })
        await expectRefusal(store.append([draft('a', 0), long], {}), { code: 'entry' })
        expect((await store.head()).size).toEqual(0)
        await store.append([draft('a', 0), draft('b', 0)], { a: 0, b: 0 })
        await expectSound(store)
      })

      trial('A batch of nothing writes nothing, and still compares what was read', async store => {
        expect(await store.append([], { ticket: 0 })).toEqual([])
        await expectRefusal(store.append([], { ticket: 1 }), conflictOf('ticket', 1, 0))
        expect((await store.head()).size).toEqual(0)
      })
    })

    describe('callers at once', () => {
      trial('64 callers at once make a trail without gaps, in which each entry stands once', async store => {
        const callers = Array.from({ length: 64 }, (_, caller) => `caller-${caller}`)
        await Promise.all(
          callers.map(async stream => {
            for (let at = 0; at < 8; at++) {
              const size = at % 3 === 2 ? 2 : 1
              const version = await versionOf(store, stream)
              const drafts = Array.from({ length: size }, (_, more) =>
                draft(stream, version + more, `${stream}/${at}/${more}`),
              )
              await store.append(drafts, { [stream]: version })
            }
          }),
        )
        const ids = (await expectSound(store)).map(entry => readEntry(entry.bytes).body.id)
        expect(ids.length).toEqual(64 * 10)
        expect(new Set(ids).size).toEqual(ids.length)
      })

      trial(
        'Of callers that read the same version one succeeds, and whoever tries again loses nothing',
        async store => {
          let conflicts = 0
          const insist = async (id: string): Promise<void> => {
            for (;;) {
              const version = await versionOf(store, 'ticket')
              try {
                await store.append([draft('ticket', version, id)], { ticket: version })
                return
              } catch (error) {
                if (!(error instanceof CountersignError) || error.code !== 'store.conflict') throw error
                conflicts++
                // What moved can be read by now: else whoever tries again would only spin.
                const actual = error.facts.actual as number
                expect((await versionOf(store, 'ticket')) >= actual).toEqual(true)
              }
            }
          }
          const ids = Array.from({ length: 24 }, (_, caller) => `caller-${caller}`)
          await Promise.all(ids.map(insist))
          expect(conflicts > 0).toEqual(true)
          const found = (await expectSound(store)).map(entry => readEntry(entry.bytes).body.id)
          expect(found.toSorted()).toEqual(ids.toSorted())
        },
      )

      trial('An entry that is acknowledged can be read, and so can all that stand before it', async store => {
        await Promise.all(
          Array.from({ length: 32 }, async (_, caller) => {
            const stream = `caller-${caller}`
            for (let at = 0; at < 4; at++) {
              const [sealed] = await store.append([draft(stream, at)], { [stream]: at })
              const { seq } = sealed as Sealed
              expect((await store.head()).size > seq).toEqual(true)
              const seen = await all(store, { to: seq + 1 })
              expect(seen.length).toEqual(seq + 1)
              expect(plain(seen[seq] as Sealed)).toEqual(plain(sealed as Sealed))
              expect((await all(store, { stream })).length).toEqual(at + 1)
            }
          }),
        )
      })

      trial('Fork: two writers append to the same head, and one append is refused', async store => {
        await store.append([draft('ticket', 0)], { ticket: 0 })
        const second = stores.second === undefined ? store : await orLocked(stores.second(store))
        // Where a second writer is not let in at all, it has no append that could be accepted.
        const writers = second === undefined ? [store] : [store, second]
        const results = await Promise.allSettled(
          writers.map((writer, at) => writer.append([draft('ticket', 1, `writer-${at}`)], { ticket: 1 })),
        )
        expect(results.filter(result => result.status === 'fulfilled').length).toEqual(1)
        for (const result of results) {
          if (result.status === 'rejected') expect((result.reason as CountersignError).code).toEqual('store.conflict')
        }
        if (second !== undefined && second !== store) await second.close()
        expect((await expectSound(store)).length).toEqual(2)
      })
    })

    describe('reading', () => {
      trial(
        'A range goes from its first place up to the one before its last, and ends where the trail ends',
        async store => {
          await store.append(
            Array.from({ length: 10 }, (_, at) => draft('ticket', at)),
            {},
          )
          const seqs = async (range: Range): Promise<number[]> => (await all(store, range)).map(entry => entry.seq)
          expect(await seqs({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
          expect(await seqs({ from: 7 })).toEqual([7, 8, 9])
          expect(await seqs({ to: 2 })).toEqual([0, 1])
          expect(await seqs({ to: 0 })).toEqual([])
          expect(await seqs({ from: 3, to: 5 })).toEqual([3, 4])
          expect(await seqs({ from: 8, to: 99 })).toEqual([8, 9])
          expect(await seqs({ from: 5, to: 5 })).toEqual([])
          expect(await seqs({ from: 6, to: 3 })).toEqual([])
          expect(await seqs({ from: 10 })).toEqual([])
          expect(await seqs({ from: 99 })).toEqual([])
        },
      )

      trial('A place is an integer from 0', async store => {
        for (const range of [
          { from: -1 },
          { to: -1 },
          { from: 0.5 },
          { to: Number.NaN },
          { from: Number.POSITIVE_INFINITY },
        ]) {
          await expectRefusal(all(store, range), { code: 'input' })
        }
      })

      trial('A stream is read oldest first and alone; one that is not there has no entries', async store => {
        for (let at = 0; at < 30; at++) await store.append([draft(`s${at % 3}`, Math.floor(at / 3))], {})
        const entries = await all(store, { stream: 's1' })
        expect(entries.map(entry => entry.seq)).toEqual([1, 4, 7, 10, 13, 16, 19, 22, 25, 28])
        expect(await all(store, { stream: 's3' })).toEqual([])
      })

      trial('A reader that has begun keeps the end that it began with', async store => {
        await store.append([draft('ticket', 0), draft('ticket', 1)], {})
        for (const range of [{}, { stream: 'ticket' }, { to: 99 }]) {
          const { size } = await store.head()
          const seen: number[] = []
          for await (const entry of store.read(range)) {
            seen.push(entry.seq)
            if (seen.length === 1) await store.append([draft('ticket', size)], {})
          }
          expect(seen.length).toEqual(size)
        }
      })

      trial('A reader may stop early, and others may read at the same time', async store => {
        await store.append(
          Array.from({ length: 20 }, (_, at) => draft('ticket', at)),
          {},
        )
        for await (const entry of store.read()) if (entry.seq === 3) break
        const [one, two] = await Promise.all([all(store), all(store, { stream: 'ticket' })])
        expect(one.map(plain)).toEqual(two.map(plain))
      })

      trial('Bytes that a reader changes are the reader’s own', async store => {
        const sealed = await store.append([draft('ticket', 0), draft('ticket', 1)], {})
        const before = sealed.map(plain)
        for (const entry of sealed) entry.bytes.fill(0)
        for (const range of [{ from: 0 }, { stream: 'ticket' }]) {
          for (const entry of await all(store, range)) entry.bytes.fill(0)
          for await (const entry of store.read(range)) new Uint8Array(entry.bytes.buffer).fill(0)
        }
        expect((await expectSound(store)).map(plain)).toEqual(before)
      })

      trial('Long entries come whole, however a store cuts what it reads', async store => {
        for (let at = 0; at < BIG_ENTRIES; at++) {
          await store.append(
            [
              {
                ...draft(at % 5 === 0 ? 'few' : 'many', at % 5 === 0 ? at / 5 : at - Math.ceil(at / 5)),
                command: BIG_TEXT,
              },
            ],
            {},
          )
        }
        expect((await expectSound(store)).length).toEqual(BIG_ENTRIES)
      })
    })

    describe('the end', () => {
      trial('A closed store takes no call, and may be closed again', async store => {
        await store.append([draft('ticket', 0)], {})
        const begun = store.read()
        await store.close()
        await expectRefusal(store.head(), { code: 'store.closed' })
        await expectRefusal(store.append([draft('ticket', 1)], {}), { code: 'store.closed' })
        await expectRefusal(all(store), { code: 'store.closed' })
        await expectRefusal(begun[Symbol.asyncIterator]().next(), { code: 'store.closed' })
        await store.close()
      })

      trial('What was handed in before closing is finished first', async store => {
        const appends = Array.from({ length: 10 }, (_, at) => store.append([draft('ticket', at)], {}))
        const closed = store.close()
        const sealed = (await Promise.all(appends)).flat()
        await closed
        expect(sealed.map(entry => entry.seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      })

      const { reopen } = stores
      if (reopen === undefined) return
      trial(
        'What was acknowledged is there when the trail is opened again, and the trail goes on from it',
        async store => {
          await store.append([draft('a', 0), draft('b', 0)], {})
          await Promise.all([store.append([draft('a', 1)], {}), store.append([draft('c', 0)], {})])
          const before = { head: await store.head(), entries: (await all(store)).map(plain) }
          await store.close()
          const again = await reopen(store)
          try {
            expect({ head: await again.head(), entries: (await all(again)).map(plain) }).toEqual(before)
            await expectRefusal(again.append([draft('a', 1)], {}), conflictOf('a', 1, 2))
            const [next] = await again.append([draft('a', 2)], { a: 2, b: 1, c: 1 })
            expect((next as Sealed).seq).toEqual(4)
            await expectSound(again)
          } finally {
            await again.close()
          }
        },
      )
    })
  })
}

let drawn = 0

function draft(stream: string, streamSeq: number, id = `id-${drawn++}`): Draft {
  const by = { account: 'bob', person: 'bob', capacity: 'own' }
  const command = { type: 'approve', change: stream, comment: 'seen, and “tested” ✓' }
  return { v: 1, id, at: '2026-11-21T09:30:00.000Z', stream, streamSeq, by, command, outcome: { accepted: [] } }
}

async function all(store: Store, range?: Range): Promise<Sealed[]> {
  const entries: Sealed[] = []
  for await (const entry of store.read(range)) entries.push(entry)
  return entries
}

async function versionOf(store: Store, stream: string): Promise<number> {
  return (await all(store, { stream })).length
}

/** As values that every runner compares alike, whatever kind of byte array a store uses. The hash stands for the bytes. */
function plain(entry: Sealed): { seq: number; leafHash: Hash; found: Hash } {
  return { seq: entry.seq, leafHash: entry.leafHash, found: leafHash(entry.bytes) }
}

/** RFC 6962 §2.1 as it is defined, without any memory: split at the largest power of two below the size. */
function plainRoot(entries: readonly Sealed[]): Hash {
  const [first, ...others] = entries
  if (first === undefined) return EMPTY_ROOT
  if (others.length === 0) return leafHash(first.bytes)
  let half = 1
  while (half * 2 < entries.length) half *= 2
  return nodeHash(plainRoot(entries.slice(0, half)), plainRoot(entries.slice(half)))
}

function conflictOf(stream: string, expected: number, actual: number): Record<string, unknown> {
  return { code: 'store.conflict', facts: { stream, expected, actual } }
}

/** What a call was refused with: the code, and for a conflict its facts, which a caller acts on. */
async function refusalOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return error.code === 'store.conflict' ? { code: error.code, facts: error.facts } : { code: error.code }
  }
  return { code: 'none: it was accepted' }
}

async function orLocked(second: Promise<Store>): Promise<Store | undefined> {
  try {
    return await second
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'store.locked') return undefined
    throw error
  }
}
