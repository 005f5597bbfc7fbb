import { MAX_ENTRY_BYTES, readEntry } from '@countersign/trail'
import { conflictOf, draft } from './entries.ts'
import type { Trials } from './trials.ts'

/** An append of several entries is written whole, or not at all. */
export function batches({ describe, expect, trial, expectRefusal, expectSound }: Trials): void {
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
}
