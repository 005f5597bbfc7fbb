import type { Sealed } from '@countersign/trail/store'
import { all, draft, plain } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** What is acknowledged can be read from then on, and so can all that stands before it. */
export function acknowledged({ expect, trial }: Trials): void {
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
}
