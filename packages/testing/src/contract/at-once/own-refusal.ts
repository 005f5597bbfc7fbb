import { ACCEPTED, draft, refusalOf } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** A refusal is the caller’s own, and takes nobody with it who asks at the same time. */
export function ownRefusal({ expect, trial, expectSound }: Trials): void {
  trial('A refusal is the caller’s own: those who ask at the same time are answered as though alone', async store => {
    const calls = [
      store.append([draft('a', 0)], { a: 0 }),
      store.append([draft('a', 0)], { a: 0 }),
      store.append([{ ...draft('b', 0), command: 0.5 }], {}),
      store.append([draft('a\0', 1)], {}),
      store.append([{ ...draft('c', 0), command: (() => {}) as never }], {}),
      store.append([draft('b', 0)], { a: 1, b: 0 }),
      store.append([], { b: 7 }),
      store.append([draft('b', 1)], { a: 1, b: 1 }),
    ]
    const told = await Promise.all(calls.map(refusalOf))
    const [first, conflict, canonical, name, unfit, second, moved, third] = told.map(({ code }) => String(code))
    const accepted = ACCEPTED.code
    expect([first, second, third]).toEqual([accepted, accepted, accepted])
    expect([conflict, canonical, unfit, moved]).toEqual(['store.conflict', 'canonical', 'canonical', 'store.conflict'])
    // A name that a store cannot keep, at a place that it has not: it may say either first.
    expect(name === 'entry' || name === 'store.conflict').toEqual(true)
    await store.append([draft('b', 2)], { a: 1, b: 2 })
    expect((await expectSound(store)).length).toEqual(4)
  })
}
