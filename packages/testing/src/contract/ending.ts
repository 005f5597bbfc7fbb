import { prevOf, wholeTrail } from '@countersign/trail'
import type { Range, Sealed, Store } from '@countersign/trail/store'
import { ACCEPTED, all, conflictOf, countOf, draft, FEW, MANY, manyIn, places, plain, refusalOf } from './entries.ts'
import type { Trials } from './trials.ts'

/** What becomes of a store that is closed, and of its trail when it is opened again. */
export function ending({ describe, expect, trial, expectRefusal, expectSound, stores }: Trials): void {
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
          // The last of several is an entry: a refusal may be told at once, before those that were handed in earlier.
          store.append([draft('a', 6), draft('b6', 0)], { a: 6 }),
        ]
        const answers = Promise.allSettled(
          calls.map(async (call, at) => {
            told[at] = await refusalOf(call)
          }),
        )
        await close(store)
        // An answer may have some turns to go to its caller, of promises. But nothing is waited for any more.
        for (let turns = 0; turns < 64; turns++) await Promise.resolve()
        expect([...told]).toEqual([...places(0, 6).map(() => ACCEPTED), conflictOf('a', 7, 6), ACCEPTED])
        await answers
        if (reopen === undefined) return
        const again = await reopen(store)
        try {
          const found = (await expectSound(again)).map(plain)
          const accepted = calls.filter((_, at) => told[at]?.code === ACCEPTED.code)
          expect(found).toEqual((await Promise.all(accepted)).flat().map(plain))
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
}
