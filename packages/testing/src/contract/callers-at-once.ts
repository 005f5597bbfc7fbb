import { CountersignError, readEntry, wholeTrail } from '@countersign/trail'
import type { Sealed, Store } from '@countersign/trail/store'
import {
  ACCEPTED,
  all,
  conflictOf,
  draft,
  looksAt,
  orLocked,
  places,
  plain,
  plainHead,
  refusalOf,
  versionOf,
} from './entries.ts'
import type { Trials } from './trials.ts'

/** More entries than a store writes at once. */
const BATCH = 1_100

/** What holds where several append, and others look on. */
export function callersAtOnce({
  describe,
  expect,
  trial,
  expectRefusal,
  besides,
  race,
  expectSound,
  stores,
}: Trials): void {
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

    trial('Of callers that read the same version one succeeds, and whoever tries again loses nothing', async store => {
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
    })

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

    trial('A refusal is the caller’s own: those who ask at the same time are answered as though alone', async store => {
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
    })

    trial('Nobody sees a part of a batch, nor anything of one that is refused', async store => {
      await besides(store, async others => {
        const acknowledged: Sealed[] = []
        const looks = await looksAt([store, ...others], async () => {
          for (let at = 0; at < 12; at++) {
            const version = at * 2
            const batch = [draft('a', version), draft('b', at), draft('a', version + 1)]
            await expectRefusal(store.append([...batch, draft('c', 1)], {}), conflictOf('c', 1, 0))
            acknowledged.push(...(await store.append(batch, { a: version, b: at })))
          }
          // As many as fit into no one call of what a store may lie in.
          const many = places(0, BATCH).map(at => draft('d', at))
          acknowledged.push(...(await store.append(many, { d: 0 })))
        })
        const whole = (await expectSound(store)).map(plain)
        expect(whole).toEqual(acknowledged.map(plain))
        expect(whole.length).toEqual(36 + BATCH)
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
      trial('What is acknowledged to a writer can be read at once by whoever else has the trail open', async store => {
        await besides(store, async others => {
          for (let at = 0; at < 3; at++) {
            const [sealed] = await store.append([draft('a', at), draft(`a${at}`, 0)], { a: at })
            for (const other of others) {
              const asking = [
                async () => {
                  const entries = await all(other)
                  expect(entries.length).toEqual(2 * at + 2)
                  expect(plain(entries[2 * at] as Sealed)).toEqual(plain(sealed as Sealed))
                },
                async () => expect((await all(other, { stream: 'a' })).length).toEqual(at + 1),
                async () => expect((await other.head()).size).toEqual(2 * at + 2),
              ]
              // Each is asked first once: what a store finds out for the one, it may believe of the other.
              for (const ask of [...asking.slice(at), ...asking.slice(0, at)]) await ask()
            }
          }
          for (const other of others) await expectSound(other)
        })
      })

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
            await expectRefusal(store.append([], { [wholeTrail]: 2 * at + 1 }), conflictOf('*', 2 * at + 1, 2 * at + 2))
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
}
