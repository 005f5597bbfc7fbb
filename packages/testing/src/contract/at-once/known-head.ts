import { readEntry } from '@countersign/trail'
import { draft, looksAt, plainHead } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** A head is one that the trail has had, and can be read up to. */
export function knownHead({ expect, trial, besides, expectSound }: Trials): void {
  trial('A head that is read while others append is one that the trail has had, and can be read up to', async store => {
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
  })
}
