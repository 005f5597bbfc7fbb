import { openFileStore } from '@countersign/store-file'
import { content, f0, f0Tested, histories, play, Scenario, settingOf, submitK } from '@countersign/testing'
import { readEntry, sealEntry } from '@countersign/trail'
import { memoryStore, type Sealed, type Store } from '@countersign/trail/store'
import { createDesk, type Desk, openView } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileOf, linesOf, runs, sealedIn } from '../properties/trial.ts'
import { newFolder } from './trial.ts'

const deskOn = (store: Store, { now }: Pick<Scenario, 'now'>): Promise<Desk> =>
  createDesk({ store, clock: () => new Date(now) })

const submit = (change: string) =>
  ({ ...submitK, change, content: { digest: content(change), makers: ['alice'] } }) as never

describe('several desks on one trail', () => {
  it('fold an entry of their own behind those before it, which others have written and they have not read', async () => {
    const scenario = await f0({ submit: null })
    const { store } = scenario
    const [one, two] = [await deskOn(store, scenario), await deskOn(store, scenario)]
    // Paul is given his role by somebody who has part in the change, which the desk that records it has not read.
    await two.by('ada').submit(submit('C'))
    expect((await one.by('ada').grantRole({ role: 'appr', to: 'paul', team: '*' })).outcome).toBe('accepted')
    await one.catchUp()
    const fresh = await deskOn(store, scenario)
    expect(one.snapshot()).toEqual(fresh.snapshot())
    const { revision, digest } = one.change('C') as { revision: number; digest: string }
    const seen = { change: 'C', revision, digest }
    await one.by('erin').signOff({ ...seen, result: 'passed', evidence: [{ name: 'report' }] })
    expect(await one.by('paul').approve(seen)).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'authority.granted-by-participant' },
    })
  })

  it('come to the same state, whoever of them has decided what', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(),
        fc.infiniteStream(fc.record({ desk: fc.nat({ max: 2 }), looks: fc.nat({ max: 5 }) })),
        async (history, deals) => {
          const { steps } = await play(history)
          const store = memoryStore()
          await Scenario.open(settingOf(history, store))
          let now = ''
          const clock = () => new Date(now)
          const desks: Desk[] = []
          for (let index = 0; index < 3; index++) desks.push(await createDesk({ store, clock }))
          for (const { at, envelope } of steps) {
            now = at
            const { desk = 0, looks = 0 } = deals.next().value ?? {}
            await desks[desk]?.execute(envelope)
            if (looks === 0) await desks[(desk + 1) % desks.length]?.catchUp()
          }
          const fresh = (await createDesk({ store, clock })).snapshot()
          for (const desk of desks) {
            await desk.catchUp()
            expect(desk.snapshot()).toEqual(fresh)
          }
          const { findings } = verifyTrail([fileOf(linesOf(await sealedIn(store)))])
          expect(findings.filter(one => one.code !== 'alias.late')).toEqual([])
        },
      ),
      runs(12),
    )
  })

  it('read none of their own entries again, however many commands they carry out at once', async () => {
    const scenario = await f0({ submit: null })
    const stores = [scenario.store, await openFileStore(newFolder())]
    for (const into of stores) {
      if (into !== scenario.store) await f0({ store: into, submit: null })
      const read: number[] = []
      const store: Store = {
        append: (drafts, expected) => into.append(drafts, expected),
        head: () => into.head(),
        close: () => into.close(),
        async *read(range) {
          for await (const sealed of into.read(range)) {
            read.push(sealed.seq)
            yield sealed
          }
        },
      }
      const { size } = await into.head()
      const desk = await deskOn(store, scenario)
      await Promise.all(
        Array.from({ length: 40 }, async (_, at) => {
          await desk.by('rita').submit(submit(`C-${at}`))
          await desk.by('rita').cancel({ change: `C-${at}`, comment: 'not needed' })
        }),
      )
      expect([read.length, desk.changes().length]).toEqual([size, 40])
    }
    await stores[1]?.close()
  })

  it('read in what others have written before they decide, be it nothing that the decision could name', async () => {
    const scenario = await f0Tested()
    const { store } = scenario
    const [one, two] = [await deskOn(store, scenario), await deskOn(store, scenario)]
    const made = { parent: 'K', content: { digest: content('child'), makers: ['bob'] } }
    const child = { ...submitK, ...made, change: 'C' } as never
    expect((await two.by('rita').submit(child)).outcome).toBe('accepted')
    const { revision, digest } = one.change('K') as { revision: number; digest: string }
    expect(await one.by('bob').approve({ change: 'K', revision, digest })).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'duty.conflict' },
    })
  })
})

describe('a trail in which an entry is missing, was changed, or does not continue the one before it', () => {
  const given = (entries: readonly Sealed[]): Store => ({
    ...memoryStore(),
    async *read(range = {}) {
      if ('stream' in range) return
      yield* entries.filter(({ seq }) => seq >= (range.from ?? 0))
    },
  })

  /** The entry with another instant, and the hash that was kept beside it. */
  const altered = ({ seq, leafHash, bytes }: Sealed): Sealed => {
    const { body, prev } = readEntry(bytes)
    return { seq, leafHash, bytes: sealEntry({ ...body, at: '2026-03-02T08:00:00.001Z' }, prev).bytes }
  }

  it('is opened by no desk and shown by no view, which say where', async () => {
    const scenario = await f0Tested()
    const all = await sealedIn(scenario.store)
    const other = await sealedIn((await f0Tested({ at: '2026-03-02T09:00:00.000Z' })).store)
    const { body } = readEntry((all[0] as Sealed).bytes)
    const behind: Sealed = { seq: 0, ...sealEntry(body, (all[3] as Sealed).leafHash) }
    const without = (seq: number) => all.filter(one => one.seq !== seq)
    for (const [entries, message] of [
      [
        without(0),
        'entry 0 of the trail is missing; verify-trail tells more. Restore the store from a copy that it finds whole',
      ],
      [
        without(7),
        'entry 7 of the trail is missing; verify-trail tells more. Restore the store from a copy that it finds whole',
      ],
      [
        all.with(9, other[9] as Sealed),
        'entry 9 of the trail does not continue the one before it; verify-trail tells more. Restore the store from a copy that it finds whole',
      ],
      ...[9, all.length - 1].map(
        seq =>
          [
            all.with(seq, altered(all[seq] as Sealed)),
            `entry ${seq} of the trail has another hash than is kept beside it; verify-trail tells more. Restore the store from a copy that it finds whole`,
          ] as const,
      ),
      [
        all.with(0, all[1] as Sealed),
        'entry 0 of the trail is missing; verify-trail tells more. Restore the store from a copy that it finds whole',
      ],
      [
        [behind],
        'entry 0 of the trail does not continue the one before it; verify-trail tells more. Restore the store from a copy that it finds whole',
      ],
    ] as const) {
      const error = { code: 'store.damaged', message }
      await expect(deskOn(given(entries), scenario)).rejects.toMatchObject(error)
      await expect(openView(given(entries))).rejects.toMatchObject(error)
    }
  })

  it('is told by a desk that has it open as soon as it reads on', async () => {
    const scenario = await f0Tested()
    let entries = await sealedIn(scenario.store)
    const { size } = await scenario.store.head()
    const store: Store = { ...scenario.store, read: range => given(entries).read(range) }
    const desk = await deskOn(store, scenario)
    for (const change of ['L', 'M', 'N']) await scenario.given('rita', 'submit', submit(change))
    entries = (await sealedIn(scenario.store)).filter(({ seq }) => seq !== size + 1)
    await expect(desk.catchUp()).rejects.toMatchObject({
      code: 'store.damaged',
      message: `entry ${size + 1} of the trail is missing; verify-trail tells more. Restore the store from a copy that it finds whole`,
    })
    entries = await sealedIn(scenario.store)
    await desk.catchUp()
    expect(desk.change('N')?.id).toBe('N')
  })
})
