import { createDesk, memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { mapCase } from './map.ts'
import { changingOver, founding } from './policy.ts'
import { batches, replay, type Told } from './replay.ts'
import { endings, Tally } from './report.ts'
import { type Written, written } from './testdata/written.ts'

const in2017 = { from: '2017-05-02T09:00:00.000Z' }

/** Runs cases in memory. */
async function run(...traces: ReturnType<typeof written>[]) {
  const desk = await createDesk({ store: memoryStore(), recordRefusals: 'all' })
  const cases = traces.map(mapCase)
  const outcomes: Told[] = []
  const tally = new Tally()
  await replay(desk, cases, one => {
    outcomes.push(one)
    tally.add(one)
  })
  return { desk, cases, outcomes, tally, head: await desk.head() }
}

/** What was refused of one case, and where the case stands in the end. */
async function one(short: string, more?: Written) {
  const { desk, outcomes } = await run(written(short, more))
  const refused = outcomes.flatMap(({ step, stood, receipt }) =>
    receipt.outcome === 'refused' ? [`${step.account} ${step.command.type} at ${stood}: ${receipt.refusal.code}`] : [],
  )
  return { refused, state: desk.change('declaration1')?.state, change: desk.change('declaration1') }
}

describe('a declaration from 2018 on', () => {
  it('is paid after the administration, the budget owner where owed, and the supervisor', async () => {
    for (const short of ['submit +admin +supervisor request paid', 'submit +admin +owner +supervisor request paid']) {
      expect(await one(short)).toMatchObject({ refused: [], state: 'closed' })
    }
  })

  it('is not paid without the administration, and the refusals say what it waits for', async () => {
    expect(await one('submit +supervisor request paid')).toMatchObject({
      refused: [
        'supervisor approve at administration: authority.no-role',
        'system release at administration: requirement.unmet',
        'system close at administration: lifecycle.not-now',
      ],
      state: 'administration',
    })
  })

  it('is not paid when the budget owner rejected it and is not asked again', async () => {
    const { refused, state } = await one('submit +admin -owner -employee submit +admin +supervisor request paid')
    expect(refused[0]).toBe('supervisor approve at budget-owner: authority.no-role')
    expect(refused).toHaveLength(3)
    expect(state).toBe('budget-owner')
  })

  it('is not approved by the employee who made it [LAW 1]', async () => {
    const { refused } = await one('submit +employee')
    expect(refused).toEqual(['employee approve at administration: duty.conflict'])
  })

  it('is not paid while it is rejected, nor without a request, nor without a submission', async () => {
    expect((await one('submit +admin -supervisor request paid')).refused).toEqual([
      'system release at returned: lifecycle.not-now',
      'system close at returned: lifecycle.not-now',
    ])
    expect((await one('submit +admin +supervisor paid')).refused).toEqual([
      'system close at payment: lifecycle.not-now',
    ])
    expect((await one('save request paid')).refused).toEqual([
      'system release at undefined: name.unknown',
      'system close at undefined: name.unknown',
    ])
  })

  it('stays where it is when somebody without a role rejects it, and asks everybody again when it is handed in again', async () => {
    const taken = await one('submit +admin +supervisor -missing')
    expect(taken).toMatchObject({ refused: ['unnamed reject at payment: authority.no-role'], state: 'payment' })
    const again = await one('submit +admin +supervisor -missing submit +admin +supervisor request paid')
    expect(again).toMatchObject({ refused: ['unnamed reject at payment: authority.no-role'], state: 'closed' })
    expect(again.change?.approvals.map(approval => approval.ended?.how)).toEqual([
      'stale',
      'stale',
      undefined,
      undefined,
    ])
    const lazy = await one('submit +admin +supervisor -missing submit request')
    expect(lazy.refused[1]).toBe('system release at administration: requirement.unmet')
  })

  it('is cancelled when the employee takes it back for good', async () => {
    expect(await one('submit -admin -employee')).toMatchObject({ refused: [], state: 'cancelled' })
    expect(await one('submit -employee')).toMatchObject({ refused: [], state: 'cancelled' })
  })
})

describe('a declaration of 2017', () => {
  it('is paid after the supervisor, and after the pre-approver where one was asked', async () => {
    for (const short of ['submit +supervisor request paid', 'submit +pre +supervisor request paid']) {
      expect(await one(short, in2017)).toMatchObject({ refused: [], state: 'closed' })
    }
  })

  it('keeps its procedure in 2018, when the administration stands in for the pre-approvers who are no more [LAW 76, 93]', async () => {
    const { refused, state, change } = await one(
      'submit -pre 2018-02-01T09:00:00.000Z submit +admin +owner +supervisor request paid',
      in2017,
    )
    expect(refused).toEqual(['budget-owner approve at supervisor: authority.no-role'])
    expect(state).toBe('closed')
    expect(change?.approvals[0]?.seats).toEqual([
      { role: 'pre-approver', capacity: 'fallback', via: 'administration', cause: 'vacant' },
    ])
  })

  it('is not approved by the administration while there are pre-approvers', async () => {
    expect((await one('submit +admin', in2017)).refused).toEqual([
      'administration approve at pre-approver: authority.no-role',
    ])
  })
})

describe('a whole log', () => {
  const traces = [
    written('submit +admin +supervisor request paid', { id: 'a' }),
    written('save', { id: 'b' }),
    written('submit +supervisor request paid', { id: 'c', ...in2017 }),
    written('submit +supervisor request paid', { id: 'd' }),
    written('submit -admin -employee', { id: 'e' }),
    written('submit -admin -employee submit +admin', { id: 'f' }),
  ]

  it('gives the same trail each time', async () => {
    expect((await run(...traces)).head).toEqual((await run(...traces)).head)
  })

  it('is counted to the last command, refusal and case', async () => {
    const { cases, desk, tally, head } = await run(...traces)
    expect(tally).toMatchObject({ commands: 21, accepted: 18, recorded: 3 })
    expect(head.size).toBe(21 + founding.length + changingOver.length)
    expect(tally.refused()).toMatchObject({
      count: 3,
      cases: 1,
      codes: [
        {
          code: 'authority.no-role',
          count: 1,
          reasons: [
            { reason: 'approved by the supervisor while it waited for the administration', count: 1, first: 1 },
          ],
        },
        { code: 'lifecycle.not-now', count: 1, examples: ['d'] },
        { code: 'requirement.unmet', count: 1, examples: ['d'] },
      ],
    })
    expect(endings(cases, desk)).toEqual({
      ended: { paid: 2, cancelled: 1, open: { administration: 1, supervisor: 1 }, neverSubmitted: 1 },
      paid: { inLog: 3, letThrough: 2, not: 1, examples: ['d'] },
    })
  })

  it('without a case leaves only people and rules', async () => {
    expect((await run()).tally.commands).toBe(0)
  })

  it('stops at the first failure of the store, and throws it', async () => {
    const store = memoryStore()
    const desk = await createDesk({ store })
    const work = replay(desk, traces.map(mapCase), () => void store.close())
    await expect(work).rejects.toMatchObject({ code: 'store.closed' })
  })
})

describe('a batch', () => {
  it('holds no case twice, and every case keeps its order', () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    for (let round = 0; round < 200; round++) {
      const most = 1 + random(8)
      const work = Array.from({ length: random(60) }, (_, index) => ({ of: random(6), index }))
      const cut = [...batches(work, most)]
      for (const batch of cut) {
        expect(batch.length).toBeGreaterThan(0)
        expect(batch.length).toBeLessThanOrEqual(most)
        expect(new Set(batch.map(step => step.of)).size).toBe(batch.length)
      }
      const flat = cut.flat()
      expect(flat.toSorted((a, b) => a.index - b.index)).toEqual(work)
      for (let of = 0; of < 6; of++) {
        expect(flat.filter(step => step.of === of)).toEqual(work.filter(step => step.of === of))
      }
    }
  })
})
