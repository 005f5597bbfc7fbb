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
import type { Draft, Head, Range, Sealed, Store } from '@countersign/trail/store'

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

/** Every place where stores run has it, and no type for it is taken in for that. */
declare const setTimeout: (then: () => void) => unknown
declare const setImmediate: (then: () => void) => unknown

/** Bigger than any block that a store may read at once, together. */
const BIG_ENTRIES = 48
const BIG_TEXT = 'é'.repeat(30_000)

/** More entries than a store reads at once, as a whole and of one stream: two pages of 1,024 at least. */
const MANY = 1_100
const FEW = 128

/** More entries than a store writes at once. */
const BATCH = 300

/** What adapters put between a name and what they add to it. */
const SEPARATORS = [':', '#', '/', '|', '.', '-', ',', ';', '=', '@', ' ', '_', '\u001f']

/** Names that could come to the same key, row, file or number as another one, or as what is no stream. */
const LIKE_KEYS = [
  ...new Set([
    'a',
    'b',
    ...SEPARATORS.flatMap(sep => [`a${sep}b`, `a${sep}`, `${sep}a`, `a${sep}1`]),
    'v:a',
    's:a',
    'e:0',
    'a:0',
    'a:seq',
    'a::b',
    'a#0',
    'a1',
    '::',
    'a\\:b',
    'a%3Ab',
    'a%20b',
    'ab',
    '0',
    '1',
    '00',
    '0.0',
    '-0',
    '1e1',
    '10',
    '00000000',
    '0000000000',
    '0x0',
    'null',
    'true',
    '{}',
    '[]',
    '"a"',
    'head',
    'size',
    'root',
    'leaf',
    'leafHash',
    'peaks',
    'entries',
    'entry',
    'length',
    'stream',
    'streams',
    'seq',
    'versions',
    'lock',
    'index',
    'meta',
    '.',
    'ss',
    'ß',
    'ﬁ',
    'fi',
    '🂡',
    '🂢',
  ]),
]

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
  /** The trail once more, for all that the store lets in beside the one that has it open. */
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
  /** Three who write: stores of their own where the trail lets them in, else callers of one. */
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
  /** Hands in all of the calls at once, in every turn of the writers, and each turn again while the first of them is busy. */
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
  /** Chain, places, streams, root, and the three ways to read them agree. */
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

      trial(
        'What else a draft says means nothing to the store: an id may come again, and a clock go back',
        async store => {
          const days = ['2026-11-21', '2026-11-20', '2026-11-22', '2026-11-19']
          const drafts = days.map((day, at): Draft => ({ ...draft('a', at, 'again'), at: `${day}T09:30:00.000Z` }))
          await store.append(drafts.slice(0, 3), { a: 0 })
          await store.append([draft('b', 0, 'again'), draft('b', 1, 'a')], { b: 0 })
          await store.append(drafts.slice(3), { a: 3 })
          const entries = await expectSound(store)
          expect(entries.map(entry => readEntry(entry.bytes).body.id)).toEqual([
            'again',
            'again',
            'again',
            'again',
            'a',
            'again',
          ])
        },
      )

      trial('What the caller does to a draft after handing it in does not reach the trail', async store => {
        const command = { type: 'approve' }
        const appended = store.append([{ ...draft('ticket', 0), command }], {})
        command.type = 'reject'
        const [sealed] = await appended
        expect(readEntry((sealed as Sealed).bytes).body.command).toEqual({ type: 'approve' })
        await expectSound(store)
      })

      trial(
        'What the caller does to the versions that it expects after handing them in counts for nothing',
        async store => {
          const drafts = [draft('ticket', 0)]
          const expected: Record<string, number> = { ticket: 0 }
          const appended = store.append(drafts, expected)
          expected.ticket = 7
          expected.other = 7
          drafts.push(draft('ticket', 1))
          expect((await appended).length).toEqual(1)
          await expectSound(store)
        },
      )

      trial('A store changes nothing of what it is handed, and takes what cannot be changed', async store => {
        const drafts = [draft('a', 0), draft('b', 0)]
        const expected = { a: 0, b: 0 }
        const before = JSON.parse(JSON.stringify({ drafts, expected }))
        await store.append(frozen(drafts), frozen(expected))
        expect({ drafts, expected }).toEqual(before)
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
          'change/K\n',
          'change/K\r\n',
          '\tchange/K',
          '\ufeffchange/K',
          'change/K\u200b',
          'change/_',
          'change/%',
          '%',
          'change/',
          'change',
          'change/K*',
          '\\',
          ...['a', 'b'].map(last => `change/${'x'.repeat(63)}${last}`),
          ...['a', 'b'].map(last => `${'x'.repeat(1_999)}${last}`),
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
        expect(await all(store, { stream: wholeTrail })).toEqual([])
        await expectSound(store)
      })

      trial('No letter of a name means anything to the store, and no name is that of anything else', async store => {
        // More than ten of one, so that the place of the last has two digits.
        const counts = new Map(LIKE_KEYS.map(stream => [stream, stream === 'a' ? 12 : 2]))
        const own = new Map(LIKE_KEYS.map((stream): [string, number[]] => [stream, []]))
        const write = async (streams: readonly string[], from: number): Promise<void> => {
          const drafts = streams.flatMap(stream =>
            places(from, from === 0 ? 1 : (counts.get(stream) as number)).map(at => draft(stream, at)),
          )
          const expected = Object.fromEntries(streams.map(stream => [stream, from]))
          for (const [at, { seq }] of (await store.append(drafts, expected)).entries())
            own.get((drafts[at] as Draft).stream)?.push(seq)
        }
        const [one, ...others] = LIKE_KEYS
        await write([one as string], 0)
        await write(others, 0)
        await write(LIKE_KEYS.toReversed(), 1)
        for (const [stream, seqs] of own)
          expect({ stream, seqs: (await all(store, { stream })).map(entry => entry.seq) }).toEqual({ stream, seqs })
        expect(await store.append([], Object.fromEntries(counts))).toEqual([])
        await Promise.all(
          [...counts].map(([stream, count]) =>
            expectRefusal(store.append([], { [stream]: 1 }), conflictOf(stream, 1, count)),
          ),
        )
        await expectSound(store)
      })

      trial('However many streams were read, each of them counts', async store => {
        const streams = places(0, MANY).map(at => `s${at}`)
        const last = `s${MANY - 1}`
        await store.append([draft('s0', 0), draft(last, 0)], {})
        const expected = Object.fromEntries(streams.map(stream => [stream, 0]))
        await expectRefusal(store.append([draft('t', 0)], { ...expected, s0: 1 }), conflictOf(last, 0, 1))
        await expectRefusal(store.append([draft('t', 0)], { ...expected, [last]: 1 }), conflictOf('s0', 0, 1))
        await store.append([draft('t', 0)], { ...expected, s0: 1, [last]: 1 })
        await expectSound(store)
      })

      trial('A name that a store cannot keep is refused, and never taken for another', async store => {
        // What a text or an index of a database need not hold; the last of each row can be the name of no stream at all.
        const long = Array.from({ length: 3_000 }, (_, at) =>
          String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000)),
        ).join('')
        const rows = [
          { names: ['a', 'a\0', 'a\0b', '\0a', '\0'], none: '' },
          { names: [long, `${long}a`], none: `${long}b` },
          { names: ['\ufffd', '?'], none: '\ud800' },
        ]
        let size = 0
        for (const { names, none } of rows) {
          const seqs = new Map<string, number[]>([[none, []]])
          for (const stream of names) {
            const told = await refusalOf(store.append([draft(stream, 0)], { [stream]: 0 }))
            if (told.code !== 'entry') expect(told).toEqual(ACCEPTED)
            seqs.set(stream, told.code === 'entry' ? [] : [size++])
          }
          for (const [stream, own] of seqs) {
            expect((await all(store, { stream })).map(entry => entry.seq)).toEqual(own)
            const moved = await refusalOf(store.append([], { [stream]: own.length + 1 }))
            if (own.length > 0 || moved.code !== 'entry')
              expect(moved).toEqual(conflictOf(stream, own.length + 1, own.length))
          }
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
              const sealed = await store.append(drafts, { [stream]: version })
              const first = (sealed[0] as Sealed).seq
              expect(sealed.map(entry => readEntry(entry.bytes).body)).toEqual(
                drafts.map((body, more) => ({ ...body, seq: first + more })),
              )
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

      const x = { writes: ['x'], reads: ['x', 'y'] }
      const y = { writes: ['y'], reads: ['y', 'x'] }
      trial('Of callers at once of whom each has read what the others write, one is accepted', async store => {
        await race(store, [x, y], 1)
      })

      trial(
        'Of three at once who have all read the same streams, each writing one of them, one is accepted',
        async store => {
          const streams = ['x', 'y', 'z']
          await race(
            store,
            streams.map((stream, at) => ({ writes: [stream], reads: [...streams.slice(at), ...streams.slice(0, at)] })),
            1,
          )
        },
      )

      trial('Of three at once of whom each has read what the next one writes, two are accepted', async store => {
        await race(store, [x, { writes: ['y'], reads: ['y', 'z'] }, { writes: ['z'], reads: ['z', 'x'] }], 2)
      })

      trial('Of callers at once who write the same streams, in one order or another, one is accepted', async store => {
        await race(
          store,
          [
            { ...x, writes: ['x', 'y'] },
            { ...y, writes: ['y', 'x'] },
            { ...x, writes: ['x', 'y'] },
          ],
          1,
        )
      })

      trial('Of callers at once who have read the trail as a whole, one is accepted', async store => {
        await race(
          store,
          ['x', 'y', 'z'].map(stream => ({ writes: [stream], reads: [stream, wholeTrail] })),
          1,
        )
      })

      trial(
        'A refusal is the caller’s own: those who ask at the same time are answered as though alone',
        async store => {
          const calls = [
            store.append([draft('a', 0)], { a: 0 }),
            store.append([draft('a', 0)], { a: 0 }),
            store.append([{ ...draft('b', 0), command: 0.5 }], {}),
            store.append([draft('a\0', 1)], {}),
            store.append([{ ...draft('c', 0), command: (() => {}) as never }], {}),
            store.append([draft('b', 0)], { a: 1, b: 0 }),
            store.append([], { b: 7 }),
            store.append([draft('b', 1)], { a: 1, b: 1 }),
          ]
          const told = await Promise.all(calls.map(refusalOf))
          const [first, conflict, canonical, name, unfit, second, moved, third] = told.map(({ code }) => String(code))
          const accepted = ACCEPTED.code
          expect([first, second, third]).toEqual([accepted, accepted, accepted])
          expect([conflict, canonical, unfit, moved]).toEqual([
            'store.conflict',
            'canonical',
            'canonical',
            'store.conflict',
          ])
          // A name that a store cannot keep, at a place that it has not: it may say either first.
          expect(name === 'entry' || name === 'store.conflict').toEqual(true)
          await store.append([draft('b', 2)], { a: 1, b: 2 })
          expect((await expectSound(store)).length).toEqual(4)
        },
      )

      trial('Nobody sees a part of a batch, nor anything of one that is refused', async store => {
        await besides(store, async others => {
          const looks = await looksAt([store, ...others], async () => {
            for (let at = 0; at < 12; at++) {
              const version = at * 2
              const batch = [draft('a', version), draft('b', at), draft('a', version + 1)]
              await expectRefusal(store.append([...batch, draft('c', 1)], {}), conflictOf('c', 1, 0))
              await store.append(batch, { a: version, b: at })
            }
            // As many as fit into no one call of what a store may lie in.
            await store.append(
              places(0, BATCH).map(at => draft('d', at)),
              { d: 0 },
            )
          })
          const whole = (await expectSound(store)).map(plain)
          for (const { head, entries, ofA } of looks) {
            expect([Math.min(head.size, 36) % 3, Math.min(entries.length, 36) % 3, ofA % 2]).toEqual([0, 0, 0])
            for (const size of [head.size, entries.length]) expect(size <= 36 || size === whole.length).toEqual(true)
            expect(entries.map(plain)).toEqual(whole.slice(0, entries.length))
          }
        })
      })

      trial(
        'A head that is read while others append is one that the trail has had, and can be read up to',
        async store => {
          await besides(store, async others => {
            const looks = await looksAt([store, ...others], async () => {
              const append = async (stream: string) => {
                for (let at = 0; at < 8; at++) await store.append([draft(stream, at)], {})
              }
              await Promise.all(['a', 'b', 'c', 'd'].map(append))
            })
            const whole = await expectSound(store)
            const heads = new Map(looks.map(({ head }) => [JSON.stringify(head), head]))
            for (const head of heads.values()) expect(head).toEqual(plainHead(whole.slice(0, head.size)))
            for (const { head, entries } of looks) expect(entries.length >= head.size).toEqual(true)
            // Whichever way somebody looks at it: what was seen one way is seen the other way from then on.
            for (const { lastOfA, head, entries, ofA, after } of looks) {
              const own = entries.filter(entry => readEntry(entry.bytes).body.stream === 'a').length
              expect([lastOfA < head.size, own <= ofA, entries.length <= after.size]).toEqual([true, true, true])
            }
          })
        },
      )
    })

    if (stores.second !== undefined || stores.reader !== undefined)
      describe('a trail that is opened twice', () => {
        trial(
          'What is acknowledged to a writer can be read at once by whoever else has the trail open',
          async store => {
            await besides(store, async others => {
              for (let at = 0; at < 3; at++) {
                const [sealed] = await store.append([draft('a', at), draft(`a${at}`, 0)], { a: at })
                for (const other of others) {
                  const entries = await all(other)
                  expect(entries.length).toEqual(2 * at + 2)
                  expect(plain(entries[2 * at] as Sealed)).toEqual(plain(sealed as Sealed))
                  expect((await all(other, { stream: 'a' })).length).toEqual(at + 1)
                  expect((await other.head()).size).toEqual(2 * at + 2)
                }
              }
              for (const other of others) await expectSound(other)
            })
          },
        )

        const { second } = stores
        if (second === undefined) return
        const withSecond = (title: string, body: (store: Store, other: Store) => Promise<void>): void =>
          trial(title, async store => {
            // Where a second writer is not let in, the first has nobody to agree with.
            const other = await orLocked(second(store))
            if (other === undefined) return
            try {
              await body(store, other)
            } finally {
              await other.close()
            }
          })

        withSecond('Writers that append in turn to streams of their own make one trail', async (store, other) => {
          for (let at = 0; at < 4; at++) {
            for (const [writer, stream] of [
              [store, 'a'],
              [other, 'b'],
            ] as const) {
              const [sealed] = await writer.append([draft(stream, at)], { [stream]: at })
              expect((sealed as Sealed).seq).toEqual(stream === 'a' ? 2 * at : 2 * at + 1)
            }
          }
          expect((await expectSound(store)).length).toEqual(8)
          expect((await expectSound(other)).length).toEqual(8)
        })

        withSecond(
          'A writer compares with what others have written, whether it has looked at that or not',
          async (store, other) => {
            for (let at = 0; at < 3; at++) {
              await store.append([draft('a', at)], { a: at, b: at, [wholeTrail]: 2 * at })
              await expectRefusal(other.append([draft('b', at)], { a: at, b: at }), conflictOf('a', at, at + 1))
              await expectRefusal(other.append([draft('a', at)], {}), conflictOf('a', at, at + 1))
              await other.append([draft('b', at)], { a: at + 1, b: at, [wholeTrail]: 2 * at + 1 })
              await expectRefusal(store.append([], { b: at }), conflictOf('b', at, at + 1))
              await expectRefusal(
                store.append([], { [wholeTrail]: 2 * at + 1 }),
                conflictOf('*', 2 * at + 1, 2 * at + 2),
              )
            }
            expect((await expectSound(store)).length).toEqual(6)
          },
        )

        withSecond(
          'A stream that two write or read has moved for both of them, whatever one has known of it before',
          async (store, other) => {
            let s = 0
            let t = 0
            const write = (writer: Store) => writer.append([draft('s', s)], { s: s++ })
            const knowing: ((writer: Store) => Promise<unknown>)[] = [
              write,
              writer => writer.append([], { s }),
              async writer => expect((await all(writer, { stream: 's' })).length).toEqual(s),
            ]
            const asking: ((writer: Store) => Promise<unknown>)[] = [
              writer => writer.append([draft('s', s - 1)], { s: s - 1 }),
              writer => writer.append([draft('s', s - 1)], {}),
              writer => writer.append([], { s: s - 1 }),
              writer => writer.append([draft('t', t)], { t, s: s - 1 }),
            ]
            for (const know of knowing)
              for (const [at, ask] of asking.entries()) {
                const [one, another] = at % 2 === 0 ? [store, other] : [other, store]
                await know(one)
                await write(another)
                await expectRefusal(ask(one), conflictOf('s', s - 1, s))
                await one.append([draft('t', t)], { t: t++, s })
              }
            await write(store)
            await write(other)
            expect((await expectSound(store)).length).toEqual(s + t)
            expect((await expectSound(other)).length).toEqual(s + t)
          },
        )

        withSecond(
          'Writers that append at once to streams of their own make one trail, and none is refused',
          async (store, other) => {
            const append = async (writer: Store, stream: string) => {
              for (let at = 0; at < 6; at++) await writer.append([draft(stream, at)], { [stream]: at })
            }
            await Promise.all([append(store, 'a'), append(other, 'b'), append(store, 'c'), append(other, 'd')])
            expect((await expectSound(store)).length).toEqual(24)
            expect((await expectSound(other)).length).toEqual(24)
          },
        )
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

      trial('A reader gets all that there is, however a store cuts it into pages', async store => {
        const whole = (await manyIn(store)).map(plain)
        expect((await all(store)).map(plain)).toEqual(whole)
        for (const stream of ['many', 'few']) {
          const own = whole.filter(({ seq }) => streamAt(seq) === stream)
          expect((await all(store, { stream })).map(plain)).toEqual(own)
        }
        // A page, and one more or one less; from the middle of one to the middle of another.
        for (const page of [100, 128, 256, 500, 512, 1_000, 1_024])
          for (const to of [page, page + 1, page + 99]) {
            const from = to === page + 99 ? 99 : 0
            expect((await all(store, { from, to })).map(({ seq }) => seq)).toEqual(places(from, to))
          }
        expect((await all(store, { from: 7 })).map(({ seq }) => seq)).toEqual(places(7, whole.length))
      })

      trial('A reader that has begun keeps the end that it began with', async store => {
        await manyIn(store)
        const ranges: Range[] = [{}, { stream: 'many' }, { from: 5, to: 9_999 }]
        for (const [at, range] of ranges.entries()) {
          const wanted = (await all(store, range)).length
          const seen: number[] = []
          for await (const entry of store.read(range)) {
            seen.push(entry.seq)
            if (seen.length === 1) await store.append([draft('many', MANY + at)], {})
          }
          expect(seen.length).toEqual(wanted)
        }
      })

      trial('A reader may stop early, and others may read at the same time', async store => {
        await store.append(
          Array.from({ length: 20 }, (_, at) => draft('ticket', at)),
          {},
        )
        // As often as no store has connections, if it has any.
        for (let reader = 0; reader < 24; reader++) {
          const range: Range = reader % 2 === 0 ? {} : { stream: 'ticket' }
          for await (const entry of store.read(range)) if (entry.seq === 3) break
        }
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

      trial('A reader whose store is closed meanwhile is told so, if it is not given the rest', async store => {
        await manyIn(store)
        const ranges: Range[] = [{}, { stream: 'many' }, { from: 7, to: MANY }]
        const wanted = [MANY + FEW, MANY, MANY - 7]
        const begun = ranges.map(range => store.read(range)[Symbol.asyncIterator]())
        for (const reader of begun) await reader.next()
        // Others ask for their first entry at the moment at which it is closed.
        const asking = ranges.map(range => countOf(store.read(range)[Symbol.asyncIterator]()))
        await store.close()
        for (const [at, reader] of begun.entries()) {
          const count = await countOf(reader)
          if (count !== 'store.closed') expect(count + 1).toEqual(wanted[at])
        }
        for (const [at, asked] of asking.entries()) {
          const count = await asked
          if (count !== 'store.closed') expect(count).toEqual(wanted[at])
        }
      })

      trial('What was handed in before closing is finished first', async store => {
        const appends = Array.from({ length: 10 }, (_, at) => store.append([draft('ticket', at)], {}))
        const closed = store.close()
        const sealed = (await Promise.all(appends)).flat()
        await closed
        expect(sealed.map(entry => entry.seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      })

      const { reopen } = stores
      for (const [title, close] of [
        ['A store that has been closed has finished what was handed in before', (store: Store) => store.close()],
        [
          'A store that is closed by two at once is closed for neither before it has finished what was handed in',
          (store: Store) => Promise.race([store.close(), store.close()]),
        ],
      ] as const)
        trial(title, async store => {
          const told: Record<string, unknown>[] = []
          const calls = [
            ...places(0, 6).map(at => store.append([draft('a', at), draft(`b${at}`, 0)], { a: at })),
            store.append([draft('a', 7)], {}),
          ]
          const answers = Promise.allSettled(
            calls.map(async (call, at) => {
              told[at] = await refusalOf(call)
            }),
          )
          await close(store)
          // An answer may have some turns to go to its caller, of promises and of the loop. But nothing is waited for any more.
          for (let turns = 0; turns < 64; turns++) await Promise.resolve()
          await new Promise<void>(resolve => setImmediate(resolve))
          expect([...told]).toEqual([...places(0, 6).map(() => ACCEPTED), conflictOf('a', 7, 6)])
          await answers
          if (reopen === undefined) return
          const again = await reopen(store)
          try {
            const found = (await expectSound(again)).map(plain)
            expect(found).toEqual((await Promise.all(calls.slice(0, 6))).flat().map(plain))
          } finally {
            await again.close()
          }
        })

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

      trial('A long trail is opened again as it was, to its end', async store => {
        await manyIn(store)
        const head = await store.head()
        await store.close()
        const again = await reopen(store)
        try {
          expect(await again.head()).toEqual(head)
          await expectRefusal(again.append([], { many: 0 }), conflictOf('many', 0, MANY))
          const [next] = await again.append([draft('many', MANY)], { few: FEW, [wholeTrail]: MANY + FEW })
          expect((next as Sealed).seq).toEqual(MANY + FEW)
          expect(prevOf((next as Sealed).bytes)).toEqual(head.leafHash)
          expect((await all(again, { stream: 'many' })).length).toEqual(MANY + 1)
        } finally {
          await again.close()
        }
      })
    })
  })
}

const ACCEPTED = { code: 'none: it was accepted' }

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

/** Whose the entry at a place is, where there are many: a few stand between them. */
const streamAt = (seq: number): 'many' | 'few' => (seq % 9 === 4 && seq < 9 * FEW ? 'few' : 'many')

/** A long trail, in some batches. */
async function manyIn(store: Store): Promise<Sealed[]> {
  const versions = { many: 0, few: 0 }
  const drafts = places(0, MANY + FEW).map((seq): Draft => {
    const stream = streamAt(seq)
    return { v: 1, id: `${seq}`, at: '2026-11-21T09:30:00.000Z', stream, streamSeq: versions[stream]++ }
  })
  const sealed: Sealed[] = []
  for (let at = 0; at < drafts.length; at += 307) sealed.push(...(await store.append(drafts.slice(at, at + 307), {})))
  return sealed
}

const places = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

/** How many entries a reader still gives, or that it is told that its store was closed. */
async function countOf(reader: AsyncIterator<Sealed>): Promise<number | 'store.closed'> {
  try {
    for (let count = 0; ; count++) if ((await reader.next()).done === true) return count
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'store.closed') return error.code
    throw error
  }
}

/** What somebody sees of a trail, one after the other. */
interface Look {
  /** The place of the last entry of a stream that can be read. */
  readonly lastOfA: number
  readonly head: Head
  readonly entries: readonly Sealed[]
  readonly ofA: number
  readonly after: Head
}

/** Looks at a trail, through each of the stores, for as long as something is done to it. */
async function looksAt(stores: readonly Store[], work: () => Promise<void>): Promise<Look[]> {
  const looks: Look[] = []
  let isDone = false
  const working = work().finally(() => {
    isDone = true
  })
  const looking = stores.map(async store => {
    for (let look = 1; !isDone; look++) {
      const lastOfA = (await all(store, { stream: 'a' })).at(-1)?.seq ?? -1
      const head = await store.head()
      const entries = await all(store)
      const ofA = await versionOf(store, 'a')
      looks.push({ lastOfA, head, entries, ofA, after: await store.head() })
      // A store that answers at once must not keep the other from its disk.
      if (look % 8 === 0) await new Promise<void>(resolve => void setTimeout(resolve))
    }
  })
  await Promise.all([working, ...looking])
  return looks
}

/** The value, with nothing in it that could be changed. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
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

function plainHead(entries: readonly Sealed[]): Head {
  return { size: entries.length, leafHash: entries.at(-1)?.leafHash ?? EMPTY_ROOT, root: plainRoot(entries) }
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
  return ACCEPTED
}

async function orLocked(second: Promise<Store>): Promise<Store | undefined> {
  try {
    return await second
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'store.locked') return undefined
    throw error
  }
}
