import type { Range } from '@countersign/trail/store'
import { all, draft, MANY, manyIn, places, plain, streamAt } from './entries.ts'
import type { Trials } from './trials.ts'

/** Bigger than any block that a store may read at once, together. */
const BIG_ENTRIES = 48
const BIG_TEXT = 'é'.repeat(30_000)

/** As many readers as no store has connections, files or turns for, if each that stops early costs it one. */
const ABANDONED = 128

/** What a reader gets. */
export function reading({ describe, expect, trial, expectRefusal, expectSound }: Trials): void {
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
        // What comes from JSON: nothing is no place, and neither is a text.
        { from: null },
        { to: null },
        { from: 0, to: null },
        { from: '0' },
        { to: true },
        { to: [] },
      ]) {
        await expectRefusal(all(store, range as Range), { code: 'input' })
      }
      expect(await all(store, { from: undefined, to: undefined } as unknown as Range)).toEqual([])
    })

    trial('What is undefined is not there: a range without it says the same', async store => {
      await store.append([draft('a', 0), draft('b', 0), draft('a', 1), draft('undefined', 0)], {})
      const seqs = async (range: object): Promise<number[]> =>
        (await all(store, range as Range)).map(entry => entry.seq)
      expect(await seqs({ from: undefined })).toEqual([0, 1, 2, 3])
      expect(await seqs({ to: undefined })).toEqual([0, 1, 2, 3])
      expect(await seqs({ from: undefined, to: undefined })).toEqual([0, 1, 2, 3])
      expect(await seqs({ from: 1, to: undefined })).toEqual([1, 2, 3])
      expect(await seqs({ from: undefined, to: 2 })).toEqual([0, 1])
      expect(await seqs({ stream: 'a', from: undefined })).toEqual([0, 2])
      expect(await seqs({ from: undefined, to: undefined, stream: 'b' })).toEqual([1])
      // Only a stream has to be said: whoever has no name for the one he wants would else be given all of them.
      for (const range of [
        { stream: undefined },
        { stream: undefined, from: undefined },
        { stream: undefined, from: 1 },
      ])
        await expectRefusal(all(store, range as unknown as Range), { code: 'input' })
    })

    trial('A range is what it was when it was handed in, and is not changed', async store => {
      await store.append(
        places(0, 9).map(at => draft(at % 3 === 2 ? 'b' : 'a', at % 3 === 2 ? (at - 2) / 3 : at - Math.floor(at / 3))),
        {},
      )
      const others: object[] = [{ from: 8, to: 9, stream: undefined }, { stream: 'b' }, { form: 7 }]
      const ranges: [Range, number[]][] = [
        [{}, places(0, 9)],
        [{ from: 2, to: 6 }, places(2, 6)],
        [{ to: 4 }, places(0, 4)],
        [{ stream: 'a' }, [0, 1, 3, 4, 6, 7]],
      ]
      for (const [range, wanted] of ranges)
        for (const other of others)
          for (const turns of [0, 1, 2]) {
            const given: object = { ...range }
            const reader = store.read(given as Range)[Symbol.asyncIterator]()
            const seen: number[] = []
            for (let turn = 0; turn <= wanted.length; turn++) {
              if (turn === turns) {
                expect(given).toEqual(range)
                for (const name of Object.keys(given)) Reflect.deleteProperty(given, name)
                Object.assign(given, other)
              }
              const { done, value } = await reader.next()
              if (done !== true) seen.push(value.seq)
            }
            expect(seen).toEqual(wanted)
            expect(given).toEqual({ ...other })
          }
      for (const [range, wanted] of ranges)
        expect((await all(store, Object.freeze({ ...range }))).map(({ seq }) => seq)).toEqual(wanted)
    })

    trial('A range that has a stream and a place, or what no range has, is refused', async store => {
      await store.append([draft('ticket', 0), draft('ticket', 1)], {})
      for (const range of [
        { from: 1, stream: 'ticket' },
        { stream: 'ticket', to: 1 },
        { from: 0, to: 1, stream: 'ticket' },
        { form: 1 },
        { from: 0, limit: 1 },
        { stream: 'ticket', seq: 1 },
        { stream: undefined },
        [],
        [1],
        null,
        'ticket',
      ])
        await expectRefusal(all(store, range as unknown as Range), { code: 'input' })
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

    trial('Of readers that stop early nothing is left, however many they are', async store => {
      // More than come in one page.
      await store.append(
        places(0, 200).map(at => draft('ticket', at)),
        {},
      )
      for (let reader = 0; reader < ABANDONED; reader++) {
        const range: Range = reader % 2 === 0 ? {} : { stream: 'ticket' }
        if (reader % 8 < 6) {
          for await (const entry of store.read(range)) if (entry.seq === reader % 3) break
        } else if (reader % 8 === 6) {
          await store.read(range)[Symbol.asyncIterator]().return?.()
        } else {
          const ended = new Error('the reader has found what it wanted')
          const reading = async (): Promise<void> => {
            for await (const _ of store.read(range)) throw ended
          }
          expect(await reading().catch(error => error === ended)).toEqual(true)
        }
        // Now and then somebody appends.
        if (reader % 16 === 15) await store.append([draft('ticket', 200 + (reader >> 4))], {})
      }
      expect((await expectSound(store)).length).toEqual(200 + (ABANDONED >> 4))
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
}
