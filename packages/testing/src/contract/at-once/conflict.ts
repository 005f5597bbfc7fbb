import { type CountersignError, wholeTrail } from '@countersign/trail'
import { draft, orLocked } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** An append is refused where another one has moved what it had read; of those at once, one at least is accepted. */
export function conflict({ expect, trial, race, expectSound, stores }: Trials): void {
  trial('Fork: two writers append to the same head, and one append is refused', async store => {
    await store.append([draft('ticket', 0)], { ticket: 0 })
    const second = stores.second === undefined ? store : await orLocked(stores.second(store))
    // Where a second writer is not let in at all, it has no append that could be accepted.
    const writers = second === undefined ? [store] : [store, second]
    const results = await Promise.allSettled(
      writers.map((writer, at) => writer.append([draft('ticket', 1, `writer-${at}`)], { ticket: 1 })),
    )
    expect(results.filter(result => result.status === 'fulfilled').length).toEqual(1)
    for (const result of results) {
      if (result.status === 'rejected') expect((result.reason as CountersignError).code).toEqual('store.conflict')
    }
    if (second !== undefined && second !== store) await second.close()
    expect((await expectSound(store)).length).toEqual(2)
  })

  const x = { writes: ['x'], reads: ['x', 'y'] }
  const y = { writes: ['y'], reads: ['y', 'x'] }
  trial('Of callers at once of whom each has read what the others write, one is accepted', async store => {
    await race(store, [x, y], 1)
  })

  trial(
    'Of three at once who have all read the same streams, each writing one of them, one is accepted',
    async store => {
      const streams = ['x', 'y', 'z']
      await race(
        store,
        streams.map((stream, at) => ({ writes: [stream], reads: [...streams.slice(at), ...streams.slice(0, at)] })),
        1,
      )
    },
  )

  trial('Of three at once of whom each has read what the next one writes, two are accepted', async store => {
    await race(store, [x, { writes: ['y'], reads: ['y', 'z'] }, { writes: ['z'], reads: ['z', 'x'] }], 2)
  })

  trial('Of callers at once who write the same streams, in one order or another, one is accepted', async store => {
    await race(
      store,
      [
        { ...x, writes: ['x', 'y'] },
        { ...y, writes: ['y', 'x'] },
        { ...x, writes: ['x', 'y'] },
      ],
      1,
    )
  })

  trial('Of callers at once who have read the trail as a whole, one is accepted', async store => {
    await race(
      store,
      ['x', 'y', 'z'].map(stream => ({ writes: [stream], reads: [stream, wholeTrail] })),
      1,
    )
  })
}
