import { histories, play, Scenario, type Step, settingOf } from '@countersign/testing'
import { CountersignError } from '@countersign/trail'
import { memoryStore, type Store } from '@countersign/trail/store'
import { createDesk, type Desk, type Receipt } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { again, asWritten, bodyOf, fileOf, linesOf, runs, sealedIn } from './trial.ts'

/** A store that takes its time, as a disk or a server does: what is under way at once comes to pass in any order. */
function slowed(store: Store, scheduler: fc.Scheduler, onConflict: () => void): Store {
  const wait = (what: string) => scheduler.schedule(Promise.resolve(), what)
  return {
    head: () => store.head(),
    async append(drafts, expected) {
      await wait('write')
      try {
        return await store.append(drafts, expected)
      } catch (error) {
        if (error instanceof CountersignError && error.code === 'store.conflict') onConflict()
        throw error
      } finally {
        await wait('tell')
      }
    },
    async *read(range) {
      await wait('read')
      yield* store.read(range)
    },
    close: () => store.close(),
  }
}

/**
 * How the steps of a history are dealt out: how many at once, at which of the desks, and what is handed in beside: the
 * same command once more, or the next one under its id.
 */
const deal = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 4, maxLength: 12 }),
  desks: fc.infiniteStream(fc.nat({ max: 1 })),
  beside: fc.infiniteStream(fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'the same', 'its id')),
})

type Deal = typeof deal extends fc.Arbitrary<infer One> ? One : never

interface Handed {
  readonly envelope: unknown
  readonly receipt: Receipt
}

async function atOnce(
  steps: readonly Step[],
  { sizes, desks: picks, beside }: Deal,
  clock: { now: Date },
  desks: readonly Desk[],
  scheduler: fc.Scheduler,
): Promise<Handed[]> {
  const handed: Handed[] = []
  const handIn = async (envelope: unknown): Promise<Handed> => {
    const desk = desks[(picks.next().value ?? 0) % desks.length]
    if (desk === undefined) throw new Error('there is no desk')
    return { envelope, receipt: await desk.execute(envelope) }
  }
  for (let done = 0, batch = 0; done < steps.length; batch += 1) {
    const some = steps.slice(done, done + (sizes[batch % sizes.length] ?? 1))
    done += some.length
    clock.now = new Date(some.at(-1)?.at ?? clock.now)
    const envelopes = some.flatMap(({ envelope }, index) => {
      const also = beside.next().value
      const next = some[(index + 1) % some.length]?.envelope
      if (also === 'the same') return [envelope, envelope]
      return also === 'its id' && isGiven(envelope) && isGiven(next)
        ? [envelope, { ...next, id: envelope.id }]
        : [envelope]
    })
    handed.push(...(await scheduler.waitFor(Promise.all(envelopes.map(handIn)))))
  }
  return handed
}

const isGiven = (envelope: unknown): envelope is { readonly id: string; readonly account: string } =>
  typeof envelope === 'object' && envelope !== null && 'id' in envelope && 'account' in envelope

describe('concurrent callers', () => {
  for (const count of [1, 2]) {
    it(`${count === 1 ? 'the desk' : 'two desks over one store'} under concurrent callers ${count === 1 ? 'gives' : 'give'} a trail that one caller at a time could have produced`, async () => {
      let lost = 0
      await fc.assert(
        fc.asyncProperty(histories({ aliases: false }), deal, fc.scheduler(), async (history, dealt, scheduler) => {
          const { steps } = await play(history)
          const store = memoryStore()
          await Scenario.open(settingOf(history, store))
          const clock = { now: new Date() }
          const slow = slowed(store, scheduler, () => {
            lost += 1
          })
          const desks: Desk[] = []
          for (let index = 0; index < count; index += 1) {
            desks.push(await scheduler.waitFor(createDesk({ store: slow, clock: () => clock.now })))
          }
          const handed = await atOnce(steps, dealt, clock, desks, scheduler)

          const entries = await sealedIn(store)
          const bodies = entries.map(bodyOf)
          expect(verifyTrail([fileOf(linesOf(entries))])).toMatchObject({ status: 'sound', findings: [] })
          const versions = new Map<string, number>()
          for (const [seq, body] of bodies.entries()) {
            expect(body.seq).toBe(seq)
            expect(body.streamSeq).toBe(versions.get(body.stream) ?? 0)
            versions.set(body.stream, body.streamSeq + 1)
          }
          // The id of a command is its key within its stream, which is what a store can hold under its lock.
          expect(new Set(bodies.map(({ stream, id }) => `${stream} ${id}`)).size).toBe(bodies.length)
          for (const { envelope, receipt } of handed) {
            const told = receipt.outcome === 'accepted' ? receipt : receipt.recorded
            if (told === undefined) continue
            const body = bodies[told.seq]
            expect(entries[told.seq]?.leafHash).toBe(told.leafHash)
            expect(body).toMatchObject({ id: receipt.id, by: { account: isGiven(envelope) ? envelope.account : '' } })
            const outcome = receipt.outcome === 'accepted' ? { accepted: receipt.events } : { refused: receipt.refusal }
            expect(body?.outcome).toEqual(outcome)
          }
          expect(await again(entries)).toEqual(linesOf(entries))
        }),
        runs(count === 1 ? 12 : 16),
      )
      // Where nobody ever loses a race, nothing was raced for.
      if (asWritten && count === 2) expect(lost).toBeGreaterThan(100)
    })
  }
})
