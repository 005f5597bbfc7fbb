import { wholeTrail } from '@countersign/trail'
import type { Sealed, Store } from '@countersign/trail/store'
import { all, conflictOf, draft, orLocked } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** Stores that write to one trail make one trail, each of them by what all have written. */
export function severalWriters({ expect, trial, expectRefusal, expectSound, stores }: Trials): void {
  const { second } = stores
  if (second === undefined) return
  const withSecond = (title: string, body: (store: Store, other: Store) => Promise<void>): void =>
    trial(title, async store => {
      // Where a second writer is not let in, the first has nobody to agree with.
      const other = await orLocked(second(store))
      if (other === undefined) return
      try {
        await body(store, other)
      } finally {
        await other.close()
      }
    })

  withSecond('Writers that append in turn to streams of their own make one trail', async (store, other) => {
    for (let at = 0; at < 4; at++) {
      for (const [writer, stream] of [
        [store, 'a'],
        [other, 'b'],
      ] as const) {
        const [sealed] = await writer.append([draft(stream, at)], { [stream]: at })
        expect((sealed as Sealed).seq).toEqual(stream === 'a' ? 2 * at : 2 * at + 1)
      }
    }
    expect((await expectSound(store)).length).toEqual(8)
    expect((await expectSound(other)).length).toEqual(8)
  })

  withSecond(
    'A writer compares with what others have written, whether it has looked at that or not',
    async (store, other) => {
      for (let at = 0; at < 3; at++) {
        await store.append([draft('a', at)], { a: at, b: at, [wholeTrail]: 2 * at })
        await expectRefusal(other.append([draft('b', at)], { a: at, b: at }), conflictOf('a', at, at + 1))
        await expectRefusal(other.append([draft('a', at)], {}), conflictOf('a', at, at + 1))
        await other.append([draft('b', at)], { a: at + 1, b: at, [wholeTrail]: 2 * at + 1 })
        await expectRefusal(store.append([], { b: at }), conflictOf('b', at, at + 1))
        await expectRefusal(store.append([], { [wholeTrail]: 2 * at + 1 }), conflictOf('*', 2 * at + 1, 2 * at + 2))
      }
      expect((await expectSound(store)).length).toEqual(6)
    },
  )

  withSecond(
    'A stream that two write or read has moved for both of them, whatever one has known of it before',
    async (store, other) => {
      let s = 0
      let t = 0
      const write = (writer: Store) => writer.append([draft('s', s)], { s: s++ })
      const knowing: ((writer: Store) => Promise<unknown>)[] = [
        write,
        writer => writer.append([], { s }),
        async writer => expect((await all(writer, { stream: 's' })).length).toEqual(s),
      ]
      const asking: ((writer: Store) => Promise<unknown>)[] = [
        writer => writer.append([draft('s', s - 1)], { s: s - 1 }),
        writer => writer.append([draft('s', s - 1)], {}),
        writer => writer.append([], { s: s - 1 }),
        writer => writer.append([draft('t', t)], { t, s: s - 1 }),
      ]
      for (const know of knowing)
        for (const [at, ask] of asking.entries()) {
          const [one, another] = at % 2 === 0 ? [store, other] : [other, store]
          await know(one)
          await write(another)
          await expectRefusal(ask(one), conflictOf('s', s - 1, s))
          await one.append([draft('t', t)], { t: t++, s })
        }
      await write(store)
      await write(other)
      expect((await expectSound(store)).length).toEqual(s + t)
      expect((await expectSound(other)).length).toEqual(s + t)
    },
  )

  withSecond(
    'Writers that append at once to streams of their own make one trail, and none is refused',
    async (store, other) => {
      const append = async (writer: Store, stream: string) => {
        for (let at = 0; at < 6; at++) await writer.append([draft(stream, at)], { [stream]: at })
      }
      await Promise.all([append(store, 'a'), append(other, 'b'), append(store, 'c'), append(other, 'd')])
      expect((await expectSound(store)).length).toEqual(24)
      expect((await expectSound(other)).length).toEqual(24)
    },
  )
}
