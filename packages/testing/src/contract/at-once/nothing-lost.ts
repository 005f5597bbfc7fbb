import { CountersignError, readEntry } from '@countersign/trail'
import type { Sealed } from '@countersign/trail/store'
import { draft, versionOf } from '../entries.ts'
import type { Trials } from '../trials.ts'

/** However many append at once, each entry stands in the trail once. */
export function nothingLost({ expect, trial, expectSound }: Trials): void {
  trial('64 callers at once make a trail without gaps, in which each entry stands once', async store => {
    const callers = Array.from({ length: 64 }, (_, caller) => `caller-${caller}`)
    await Promise.all(
      callers.map(async stream => {
        for (let at = 0; at < 8; at++) {
          const size = at % 3 === 2 ? 2 : 1
          const version = await versionOf(store, stream)
          const drafts = Array.from({ length: size }, (_, more) =>
            draft(stream, version + more, `${stream}/${at}/${more}`),
          )
          const sealed = await store.append(drafts, { [stream]: version })
          const first = (sealed[0] as Sealed).seq
          expect(sealed.map(entry => readEntry(entry.bytes).body)).toEqual(
            drafts.map((body, more) => ({ ...body, seq: first + more })),
          )
        }
      }),
    )
    const ids = (await expectSound(store)).map(entry => readEntry(entry.bytes).body.id)
    expect(ids.length).toEqual(64 * 10)
    expect(new Set(ids).size).toEqual(ids.length)
  })

  trial('Of callers that read the same version one succeeds, and whoever tries again loses nothing', async store => {
    let conflicts = 0
    const ids = Array.from({ length: 24 }, (_, caller) => `caller-${caller}`)
    const insist = async (id: string): Promise<void> => {
      // With each conflict another has succeeded, so nobody has more of them than there are others.
      for (const _ of ids) {
        const version = await versionOf(store, 'ticket')
        try {
          await store.append([draft('ticket', version, id)], { ticket: version })
          return
        } catch (error) {
          if (!(error instanceof CountersignError) || error.code !== 'store.conflict') throw error
          conflicts++
          // What moved can be read by now: else whoever tries again would only spin.
          const actual = error.facts.actual as number
          expect((await versionOf(store, 'ticket')) >= actual).toEqual(true)
        }
      }
      expect(`${id} has succeeded`).toEqual(`${id} has had more conflicts than there are others`)
    }
    await Promise.all(ids.map(insist))
    expect(conflicts > 0).toEqual(true)
    const found = (await expectSound(store)).map(entry => readEntry(entry.bytes).body.id)
    expect(found.toSorted()).toEqual(ids.toSorted())
  })
}
