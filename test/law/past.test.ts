import { f0Tested, submitK } from '@countersign/testing'
import { openView } from 'countersign'
import { describe, expect, it } from 'vitest'
import { day, hour, K } from './setting.ts'

describe('a desk that is asked about an instant', () => {
  it('tells the board, the explanation and the rules of then, whatever has happened since', async () => {
    const scenario = await f0Tested()
    const then = scenario.now
    scenario.at(day)
    for (const by of ['bob', 'carol']) await scenario.given(by, 'approve', K)
    await scenario.given('paul', 'release', K)
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'rita', team: '*' })
    await scenario.given('ada', 'defineRole', { role: 'planner', description: 'plans' })
    const view = await scenario.desk.at(then)
    const lies = (board: ReturnType<typeof view.board>) =>
      board?.columns.flatMap(one => one.cards.map(card => [one.name, card.change]))
    expect(lies(view.board('t'))).toEqual([['approve', 'K']])
    expect(lies(scenario.desk.board('t'))).toEqual([['completed', 'K']])
    expect(view.explain('K')).toMatchObject({ at: then, state: 'approve', whoCanUnblock: ['bob', 'carol', 'dan'] })
    expect(view.until()).toBe(then)
    expect(view.change('K')?.releases).toEqual([])
    expect(Object.keys(scenario.desk.governance().roles)).toContain('planner')
    expect(Object.keys(view.governance().roles)).not.toContain('planner')
    expect((await openView(scenario.store)).snapshot()).toEqual(scenario.desk.snapshot())
  })

  it('judges what is there now where the instant is still to come, and what was there then at no instant before it', async () => {
    const scenario = await f0Tested()
    const view = await scenario.desk.at('2027-01-01T01:00+01:00')
    expect(view.board('t')).toMatchObject({ at: '2027-01-01T00:00:00.000Z', progress: { cards: 1 } })
    for (const told of [view, scenario.desk]) {
      expect(() => told.board('t', '2026-02-01T00:00Z')).toThrow(/lies before .*the desk tells what was by then/)
      expect(() => told.explain('K', '2026-02-01T00:00Z')).toThrow(/lies before/)
      expect(() => told.obligations('2026-02-01T00:00Z')).toThrow(/lies before/)
      expect(() => told.board('t', 'yesterday')).toThrow(/has an offset/)
    }
    await expect(scenario.desk.at('2026-03-02T08:00')).rejects.toMatchObject({ code: 'input' })
    // So much two machines' clocks may differ.
    const soon = new Date(Date.parse(scenario.now) - 30_000).toISOString()
    expect(scenario.desk.board('t', soon)?.at).toBe(scenario.now)
  })

  it('takes the instant for what entries say of themselves, so that an older case that was brought in later was there then', async () => {
    const scenario = await f0Tested()
    const then = scenario.now
    scenario.at(3 * hour)
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' } as never)
    await scenario.desk.execute(
      { account: 'rita', id: 'brought-in-later', command: { type: 'submit', ...submitK, change: 'M' } },
      { at: new Date(Date.parse(then) + hour) },
    )
    const ids = async (at: string) => (await scenario.desk.at(at)).changes().map(one => one.id)
    expect(await ids(then)).toEqual(['K'])
    expect(await ids(new Date(Date.parse(then) + hour).toISOString())).toEqual(['K', 'M'])
    expect(await ids(scenario.now)).toEqual(['K', 'L', 'M'])
  })
})

describe('a change to which something has come about that no entry says yet', () => {
  it('lies on the board where its explanation says that it is', async () => {
    const scenario = await f0Tested()
    for (const by of ['bob', 'carol']) await scenario.given(by, 'approve', K)
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'carol', compromised: true })
    const left = scenario.now
    scenario.at(day)
    expect(scenario.change('K').state).toBe('production')
    expect(scenario.explain('K')).toMatchObject({ state: 'approve', since: left })
    const board = scenario.desk.board('t', scenario.now)
    expect(board?.columns.find(one => one.cards.length > 0)).toMatchObject({
      name: 'approve',
      cards: [{ since: left }],
    })
  })
})
