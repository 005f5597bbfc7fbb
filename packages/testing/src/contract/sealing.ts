import { EMPTY_ROOT, MAX_ENTRY_BYTES, readEntry, sealEntry, wholeTrail } from '@countersign/trail'
import type { Draft, Head, Sealed } from '@countersign/trail/store'
import { ACCEPTED, all, conflictOf, draft, frozen, places, plain, plainHead } from './entries.ts'
import { SAID } from './said.ts'
import type { Trials } from './trials.ts'

/** A function of every engine that runs JavaScript, which the language itself does not have. */
declare function structuredClone<T>(value: T): T

/** Sizes at which a tree begins a level, is full, or has one leaf more. */
const SIZES = [255, 256, 257, 511, 512, 513, 1_023, 1_024, 1_025]

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

    trial('The head is the one that the definition gives, also where its tree has many leaves', async store => {
      const append = async (from: number, to: number): Promise<void> => {
        const drafts = places(from, to).map(at => draft('ticket', at))
        entries.push(...(await store.append(drafts, {})))
        heads.push(await store.head())
      }
      const entries: Sealed[] = []
      const heads: Head[] = []
      for (let size = 0; size < 130; size++) await append(size, size + 1)
      for (const size of SIZES) await append(entries.length, size)
      for (const head of heads) expect(head).toEqual(plainHead(entries.slice(0, head.size)))
      expect(heads.map(({ size }) => size)).toEqual([...places(1, 131), ...SIZES])
      await expectSound(store)
    })

    trial(
      'An entry is the same bytes when it is acknowledged, when it is read by place, and by stream',
      async store => {
        const sealed = await store.append([draft('a', 0), draft('b', 0)], {})
        expect((await all(store)).map(plain)).toEqual(sealed.map(plain))
        expect((await all(store, { stream: 'b' })).map(plain)).toEqual(sealed.slice(1).map(plain))
      },
    )

    trial('What a draft says stands in its entry as it was said, letter for letter', async store => {
      const drafts = SAID.map((said, at): Draft => ({ ...draft(at % 2 === 0 ? 'a' : 'b', at >> 1), ...said }))
      const sealed = [
        ...(await store.append(drafts.slice(0, 1), {})),
        ...(await store.append(drafts.slice(1, -1), {})),
        ...(await store.append(drafts.slice(-1), {})),
      ].map(plain)
      let prev = EMPTY_ROOT
      const wanted = drafts.map((said, seq) => {
        const { leafHash } = sealEntry({ ...said, seq }, prev)
        prev = leafHash
        return { seq, leafHash, found: leafHash }
      })
      expect(sealed).toEqual(wanted)
      expect((await all(store)).map(plain)).toEqual(wanted)
      for (const [at, stream] of ['a', 'b'].entries())
        expect((await all(store, { stream })).map(plain)).toEqual(wanted.filter(({ seq }) => seq % 2 === at))
      await expectSound(store)
    })

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
        // A clock goes back by a day and by a millisecond, stands still, and has been wrong by ages.
        const instants = [
          '2026-11-21T09:30:00.000Z',
          '2026-11-20T09:30:00.120Z',
          '2026-11-22T09:30:00.007Z',
          '2026-11-22T09:30:00.006Z',
          '2026-11-22T09:30:00.006Z',
          '2026-11-19T09:30:00.999Z',
          '9999-12-31T23:59:59.999Z',
          '2024-02-29T00:00:00.001Z',
          '0000-01-01T00:00:00.000Z',
          '1969-12-31T23:59:59.999Z',
        ]
        const drafts = instants.map((at, place): Draft => ({ ...draft('a', place, 'again'), at }))
        const others = [draft('b', 0, 'again'), { ...draft('b', 1, 'a'), at: '2026-11-21T09:30:00.001Z' }]
        await store.append(drafts.slice(0, 3), { a: 0 })
        await store.append(others, { b: 0 })
        for (const [more, said] of drafts.slice(3).entries()) await store.append([said], { a: 3 + more })
        const bodies = (await expectSound(store)).map(entry => readEntry(entry.bytes).body)
        const wanted = [...drafts.slice(0, 3), ...others, ...drafts.slice(3)]
        expect(bodies).toEqual(wanted.map((said, seq) => ({ ...said, seq })))
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

    trial('A store changes nothing of what it is handed, whether it takes it or refuses it', async store => {
      await store.append([draft('a', 0), draft('b', 0)], {})
      const long = { ...draft('b', 1), command: 'x'.repeat(MAX_ENTRY_BYTES) }
      const half = { ...draft('b', 1), command: [{ share: 0.5 }] }
      const calls: [Draft[], Record<string, number>, Record<string, unknown>][] = [
        [[draft('a', 1), draft('c', 0)], { a: 0, b: 1 }, conflictOf('a', 0, 1)],
        [[draft('a', 1), draft('c', 0)], { a: 1, b: 7, c: 0 }, conflictOf('b', 7, 1)],
        [[draft('a', 1), draft('c', 0)], { a: 1, [wholeTrail]: 1 }, conflictOf('*', 1, 2)],
        [[draft('a', 1), draft('b', 2)], { a: 1, b: 1 }, conflictOf('b', 2, 1)],
        [[draft('a', 1), long], { a: 1, b: 1 }, { code: 'entry' }],
        [[draft('a', 1), half], { a: 1, b: 1 }, { code: 'canonical' }],
        [[draft('a', 1), draft(wholeTrail, 0)], { a: 1 }, { code: 'entry' }],
        [[draft('a', 1)], { a: 1, b: -1 }, { code: 'input' }],
        [[], { a: 1, b: 0 }, conflictOf('b', 0, 1)],
        [[draft('a', 1), draft('c', 0)], { a: 1, b: 1, c: 0, d: 0 }, ACCEPTED],
      ]
      for (const [drafts, expected, answer] of calls) {
        // What can be changed is handed in first. What was accepted once has moved the streams, and is refused then.
        const handed = structuredClone({ drafts, expected })
        await expectRefusal(store.append(handed.drafts, handed.expected), answer)
        expect(handed).toEqual({ drafts, expected })
        const again = answer === ACCEPTED ? conflictOf('a', 1, 2) : answer
        await expectRefusal(store.append(frozen(drafts), frozen(expected)), again)
      }
      expect((await expectSound(store)).length).toEqual(4)
    })
  })
}
