import { baseline, Scenario } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { memoryOpenings, type Opening } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../properties/trial.ts'
import { given, payments, people, submission } from './setting.ts'

const marker = 'Zq7-marker-'

const change = fc.constantFrom('K', 'L')
const who = fc.constantFrom('rita', 'alice', 'bob', 'carol', 'paul', 'ada', 'otto', 'zoe', 'gone')
const account = fc.oneof(
  fc.string({ maxLength: 8 }).map(text => `${marker}${text}`),
  fc.constantFrom(marker.slice(0, 4), `${marker}${'x'.repeat(60)}`, 7, true, null, { commitment: 'c'.repeat(64) }),
)
const values = fc.record(
  {
    system: fc.constantFrom('ledger', 'billing'),
    account,
    limit: fc.integer({ min: 0, max: 6 }),
    owners: fc.array(account, { maxLength: 2 }),
    acount: fc.constant(`${marker}typo`),
  },
  { requiredKeys: ['system', 'account'] },
)
const sloppy = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      system: fc.constantFrom('ledger', 'billing'),
      account: fc.string({ maxLength: 8 }).map(text => `${marker}${text}`),
    }),
  },
  { weight: 1, arbitrary: values },
)
const move = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('submit'),
      who,
      change,
      form: sloppy,
      category: fc.constantFrom('normal', 'urgent', 'nowhere'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('revise'), who, change, form: sloppy, isAsRead: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('recategorise'),
      who,
      change,
      category: fc.constantFrom('normal', 'urgent'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('approve', 'release', 'close', 'cancel'), who, change }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('redact'),
      who: fc.oneof(fc.constantFrom('ada', 'otto'), who),
      change,
      fields: fc.subarray(['account', 'limit', 'owners', 'system'], { minLength: 1 }),
    }),
  },
)

interface Move {
  readonly type: string
  readonly who: string
  readonly change: string
  readonly form?: object
  readonly category?: string
  readonly isAsRead?: boolean
  readonly fields?: readonly string[]
}

/** What a move is as a command. An edit may hand in the form as it was read, private values and all. */
function commandOf(move: Move, scenario: Scenario): object {
  const { type, who: _, isAsRead, ...rest } = move
  const { content: __, ...asked } = submission
  if (type === 'submit') return { ...asked, ...rest }
  if (type === 'revise' && isAsRead === true)
    return { change: move.change, form: scenario.desk.change(move.change)?.form, comment: 'as it was' }
  return { ...rest, comment: 'because it is so' }
}

async function played(moves: readonly Move[], recordRefusals: 'violations' | 'all' | 'none') {
  const inner = memoryOpenings()
  const held = new Map<string, Opening>()
  const gone: Opening[] = []
  const openings = {
    put: async (some: readonly Opening[]) => {
      for (const one of some) held.set(one.commitment, one)
      await inner.put(some)
    },
    get: (one: string) => inner.get(one),
    delete: async (some: Iterable<string>) => {
      for (const one of some) {
        const opening = held.get(one)
        if (opening !== undefined && held.delete(one)) gone.push(opening)
      }
      await inner.delete(some)
    },
  }
  const setting = { controls: baseline, policies: [payments()], people: { ...people, zoe: [], gone: [] } }
  const scenario = await Scenario.open({ ...setting, openings, recordRefusals })
  await scenario.given('ada', 'recordDeparture', { person: 'gone', compromised: false })
  await scenario.given('ada', 'grantRole', { role: 'appr', to: 'otto', team: 't' })
  const receipts: string[] = []
  for (const [at, one] of moves.entries()) {
    const command = commandOf(one, scenario)
    const id = `move-number-${at}`
    const receipt = await scenario.when(one.who, one.type as 'submit', command as never, { id })
    receipts.push(JSON.stringify(receipt))
    // Sent again it is the same; but once its value is gone nobody can tell.
    const again = await scenario.when(one.who, one.type as 'submit', command as never, { id })
    if (receipt.outcome === 'accepted' && again.outcome === 'accepted') expect(again).toEqual(receipt)
    if (receipt.outcome === 'refused' && receipt.recorded !== undefined) expect(again).toEqual(receipt)
    if (receipt.outcome === 'accepted' && again.outcome === 'refused') throw new Error(`${one.type}: ${again.because}`)
  }
  return { scenario, held, gone, receipts, openings }
}

describe('whatever is done with private values', () => {
  it('none of their bytes is ever in the trail, in a receipt or in a verdict, and the trail is sound with its openings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(move as fc.Arbitrary<Move>, { minLength: 4, maxLength: 24 }),
        fc.constantFrom('violations' as const, 'all' as const, 'none' as const),
        fc.nat(),
        async (moves, recordRefusals, pick) => {
          const { scenario, held, gone, receipts } = await played(moves, recordRefusals)
          const bytes = fileOf(await linesOf(scenario.store))
          expect(new TextDecoder().decode(bytes)).not.toContain('marker')
          expect(receipts.join('')).not.toContain('marker')
          const verdict = verifyTrail([bytes], { openings: given(held.values()) })
          expect([verdict.status, verdict.codes]).toEqual(['sound', {}])
          expect(verdict.privateValues).toEqual({
            values: held.size + gone.length,
            redacted: gone.length,
            looked: { opened: held.size, missing: 0, unused: 0 },
          })
          expect(verifyTrail([bytes])).toMatchObject({ status: 'sound', codes: {} })
          // Of some openings each one that is left out is missing, and of those that are gone each is too much.
          const [kept, lost] = [[...held.values()].slice(pick % 3), [...held.values()].slice(0, pick % 3)]
          const less = verifyTrail([bytes], { openings: given(kept) })
          expect(less.codes).toEqual(lost.length === 0 ? {} : { 'opening.missing': lost.length })
          const more = verifyTrail([bytes], { openings: given([...held.values(), ...gone]) })
          expect(more.codes).toEqual(gone.length === 0 ? {} : { 'opening.unexpected': gone.length })
          expect(JSON.stringify([verdict, less, more])).not.toContain('marker')
        },
      ),
      runs(60),
    )
  }, 60_000)

  it('what stands in the form of each change is opened, or was redacted, and a desk that opens anew says the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move as fc.Arbitrary<Move>, { minLength: 4, maxLength: 20 }), async moves => {
        const { scenario, openings } = await played(moves, 'violations')
        const anew = await createDesk({ store: scenario.store, openings, clock: () => new Date(scenario.now) })
        expect(anew.snapshot()).toEqual(scenario.desk.snapshot())
        for (const { id, form, committed = [] } of anew.changes()) {
          const opened = (await anew.opened(id)) ?? {}
          for (const [field, value] of Object.entries(form)) {
            if (typeof value !== 'object' || !('commitment' in value)) continue
            const one = committed.find(({ commitment }) => commitment === value.commitment)
            expect(one?.field).toBe(field)
            const isOpen = typeof opened[field] !== 'object' || Array.isArray(opened[field])
            expect(isOpen).toBe(one?.redacted === undefined)
          }
        }
      }),
      runs(40),
    )
  }, 60_000)
})
