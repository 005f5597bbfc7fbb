import { histories, type Played, play, type Scenario } from '@countersign/testing'
import { createDesk, type Desk, type Notice } from 'countersign'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asWritten, runs } from '../properties/trial.ts'

const keysOf = (notices: readonly Notice[]) => notices.map(one => one.key)

/** Drains a desk to its end in pages of any size; gives the notices and every cursor on the way. */
async function drained(desk: Desk, sizes: Iterator<number>, from = '0') {
  const notices: Notice[] = []
  const cursors: { readonly cursor: string; readonly told: number }[] = []
  let after = from
  for (;;) {
    const page = await desk.outbox({ after, limit: sizes.next().value ?? 1 })
    notices.push(...page.notices)
    after = page.cursor
    cursors.push({ cursor: after, told: notices.length })
    if (!page.more) return { notices, cursors }
  }
}

const sizes = () => fc.infiniteStream(fc.integer({ min: 1, max: 40 }))

describe('the outbox of any history', () => {
  it('gives nothing twice, nothing less, and the same list, in pages of any size and from any cursor on', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories({ least: 30, most: 60 }),
        sizes(),
        sizes(),
        fc.nat(),
        async (history, some, others, n) => {
          const { scenario } = await play(history)
          const whole = (await scenario.desk.outbox({ limit: 10_000 })).notices
          expect(new Set(keysOf(whole)).size).toBe(whole.length)
          const { notices, cursors } = await drained(scenario.desk, some)
          expect(notices).toEqual(whole)
          // Another host, at another desk, which knows nothing but a cursor.
          const { cursor = '0', told = 0 } = cursors[n % cursors.length] ?? {}
          const other = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
          expect((await drained(other, others, cursor)).notices).toEqual(whole.slice(told))
        },
      ),
      runs(9),
    )
  })

  it('is the same to whoever drains while it happens, crashes at any moment, and keeps one notice for each key', async () => {
    const seen = new Map<string, number>()
    let repeated = 0
    await fc.assert(
      fc.asyncProperty(
        histories({ least: 30, most: 60 }),
        fc.infiniteStream(fc.constantFrom('drain', 'drain', 'crash', 'wait', 'wait')),
        async (history, deeds) => {
          const told = new Map<string, Notice>()
          let cursor = '0'
          const look = async ({ desk }: Pick<Scenario, 'desk'>) => {
            const deed = deeds.next().value
            if (deed === 'wait') return
            const page = await desk.outbox({ after: cursor, limit: 10_000 })
            for (const one of page.notices) {
              if (told.has(one.key)) repeated += 1
              told.set(one.key, one)
            }
            // Whoever crashes has handed the notices on, and not kept the cursor.
            if (deed !== 'crash') ({ cursor } = page)
          }
          const { scenario }: Played = await play(history, { after: look })
          for (const one of (await scenario.desk.outbox({ after: cursor, limit: 10_000 })).notices)
            told.set(one.key, one)
          const whole = (await scenario.desk.outbox({ limit: 10_000 })).notices
          expect([...told.keys()].toSorted()).toEqual(keysOf(whole).toSorted())
          for (const one of whole) {
            expect(told.get(one.key)).toEqual(one)
            seen.set(one.kind, (seen.get(one.kind) ?? 0) + 1)
          }
        },
      ),
      runs(9),
    )
    if (!asWritten) return
    expect(repeated).toBeGreaterThan(0)
    for (const kind of ['asked', 'actedFor', 'stale', 'assigned', 'returned', 'vetoed', 'blocked'])
      expect([kind, (seen.get(kind) ?? 0) > 0]).toEqual([kind, true])
  })

  it('leaves nobody out: whoever could take a change on when it ends was told so, whatever brought it about', async () => {
    const seen = { asked: 0, absent: 0 }
    await fc.assert(
      fc.asyncProperty(histories({ least: 30, most: 60 }), async history => {
        const { scenario } = await play(history)
        const { notices } = await scenario.desk.outbox({ limit: 10_000 })
        const { persons, bots } = scenario.desk.governance()
        expect(notices.filter(one => persons[one.person] === undefined)).toEqual([])
        const told = new Set(notices.map(one => `${one.change} ${one.stage} ${one.person}`))
        for (const { id, assignee } of scenario.desk.changes()) {
          const { stages, unmade, waysOut } = scenario.explain(id)
          for (const { stage, kind, here, missing, status, eligible } of stages) {
            if (!here || status === 'frozen' || status === 'vetoed' || Object.keys(missing).length === 0) continue
            if (kind === 'release' && unmade === true) {
              const able = waysOut.flatMap(one => (one.do === 'revise' && one.stage === stage ? one.persons : []))
              for (const one of able) expect([id, 'unmade', one, told.has(`${id} ${stage} ${one}`)]).toContain(true)
              continue
            }
            const able = eligible.filter(one => one.excluded === undefined && bots[one.person] === undefined)
            if (kind === 'task' && able.some(one => one.person === assignee)) continue
            for (const { person, absent, delegates } of able) {
              const asked = absent && delegates.length > 0 ? delegates : [person]
              for (const one of asked) expect([id, stage, one, told.has(`${id} ${stage} ${one}`)]).toContain(true)
              seen.asked += 1
              if (asked !== delegates) continue
              seen.absent += 1
            }
          }
        }
      }),
      runs(35),
    )
    if (asWritten) for (const [what, times] of Object.entries(seen)) expect([what, times > 0]).toEqual([what, true])
  })
})
