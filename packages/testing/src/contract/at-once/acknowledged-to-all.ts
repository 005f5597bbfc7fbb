import type { Sealed } from '@countersign/trail/store'
import { all, draft, plain } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** What is acknowledged is seen from then on by whoever else has the trail open. */
export function acknowledgedToAll({ expect, trial, besides, expectSound }: Trials): void {
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
}
