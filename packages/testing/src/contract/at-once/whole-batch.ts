import type { Sealed } from '@countersign/trail/store'
import { conflictOf, draft, looksAt, places, plain } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** More entries than a store writes at once. */
const BATCH = 1_100

/** Nobody ever sees a part of a batch, nor anything of one that was refused. */
export function wholeBatch({ expect, trial, expectRefusal, besides, expectSound }: Trials): void {
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
}
