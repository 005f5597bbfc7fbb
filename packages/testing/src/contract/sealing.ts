import { EMPTY_ROOT, MAX_ENTRY_BYTES, readEntry } from '@countersign/trail'
import type { Draft, Sealed } from '@countersign/trail/store'
import { all, draft, frozen, plain } from './entries.ts'
import type { Trials } from './trials.ts'

/** How entries are sealed, one onto the other. */
export function sealing({ describe, expect, trial, expectRefusal, expectSound }: Trials): void {
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
}
