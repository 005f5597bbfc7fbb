import type { Sealed, Store } from '@countersign/trail/store'
import { all, conflictOf, draft, looksAt, places, plain, versionOf } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** More entries than a store writes at once. */
const BATCH = 1_100

/** How many entries stand before them. */
const BEFORE = 36

/**
 * What a question is answered that is asked again at each of some turns of promises, though by few at a time: where a store
 * writes in such turns alone, nobody else has one.
 */
async function atEachTurn<Answer>(ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Promise<Answer>[] = []
  let open = 0
  for (let turn = 0; turn < 64; turn++) {
    if (open < 8) {
      open++
      answers.push(
        ask().finally(() => {
          open--
        }),
      )
    }
    await Promise.resolve()
  }
  return Promise.all(answers)
}

/** Nobody ever sees a part of a batch, nor anything of one that was refused. */
export function wholeBatch({ expect, trial, expectRefusal, besides, expectSound }: Trials): void {
  trial('Nobody sees a part of a batch, nor anything of one that is refused', async store => {
    await besides(store, async others => {
      const acknowledged: Sealed[] = []
      const work = async (): Promise<void> => {
        for (let at = 0; at < 12; at++) {
          const version = at * 2
          const batch = [draft('a', version), draft('b', at), draft('a', version + 1)]
          await expectRefusal(store.append([...batch, draft('c', 1)], {}), conflictOf('c', 1, 0))
          acknowledged.push(...(await store.append(batch, { a: version, b: at })))
        }
        // As many as fit into no one call of what a store may lie in.
        const many = places(0, BATCH).map(at => draft('d', at))
        const appended = store.append(many, { d: 0 })
        const sizes = await Promise.all([
          atEachTurn(async () => (await store.head()).size),
          atEachTurn(async () => BEFORE + (await all(store, { from: BEFORE })).length),
          atEachTurn(async () => BEFORE + (await versionOf(store, 'd'))),
        ])
        acknowledged.push(...(await appended))
        for (const size of sizes.flat()) expect([BEFORE, BEFORE + BATCH].includes(size)).toEqual(true)
      }
      // Whoever reads all of it may be too slow to see a batch that comes in two or three parts. Where the first of it is
      // seen, whichever way, all of it is there from then on.
      const isWhole = async (looker: Store): Promise<boolean> => {
        const ways = [
          async () => (await looker.head()).size > BEFORE,
          async () => (await all(looker, { from: BEFORE, to: BEFORE + 1 })).length === 1,
          async () => {
            for await (const _ of looker.read({ stream: 'd' })) return true
            return false
          },
        ]
        let seen = 0
        for (const isBegun of ways) {
          if (!(await isBegun())) continue
          seen++
          expect((await all(looker, { from: BEFORE + BATCH - 1 })).length).toEqual(1)
        }
        if (seen < ways.length) return false
        expect([(await looker.head()).size, await versionOf(looker, 'd')]).toEqual([BEFORE + BATCH, BATCH])
        return true
      }
      const looks = await looksAt([store, ...others], work, isWhole)
      const whole = (await expectSound(store)).map(plain)
      expect(whole).toEqual(acknowledged.map(plain))
      expect(whole.length).toEqual(BEFORE + BATCH)
      for (const { head, entries, ofA } of looks) {
        expect([Math.min(head.size, BEFORE) % 3, Math.min(entries.length, BEFORE) % 3, ofA % 2]).toEqual([0, 0, 0])
        for (const size of [head.size, entries.length]) expect(size <= BEFORE || size === whole.length).toEqual(true)
        expect(entries.map(plain)).toEqual(whole.slice(0, entries.length))
      }
    })
  })
}
