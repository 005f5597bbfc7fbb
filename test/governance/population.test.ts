import { f0 } from '@countersign/testing'
import { populationOf } from 'countersign/governance'
import { describe, expect, it } from 'vitest'

describe('who there is in a team at an instant', () => {
  it('is told of the instant, whatever the offset that it is written with', async () => {
    const { desk } = await f0()
    const until = '2026-04-01T10:30:00.000Z'
    await desk.by('ada').grantRole({ role: 'appr', to: 'rita', team: 't', until })
    const governance = desk.governance()
    const roles = (when: string) => populationOf(governance, 't', when).people.rita
    for (const before of ['2026-04-01T10:29:59.999Z', '2026-04-01T11:00+02:00', '2026-04-01T04:29-06:00'])
      expect([before, roles(before)]).toEqual([before, ['appr']])
    for (const after of [until, '2026-04-01T10:30Z', '2026-04-01T12:30+02:00', '2026-04-01T09:30-06:00'])
      expect([after, roles(after)]).toEqual([after, []])
  })

  it.each([['garbage'], [undefined], [null], [new Date(0)], ['2026-04-01T10:30']])('is not told of %s', async when => {
    const { desk } = await f0()
    expect(() => populationOf(desk.governance(), 't', when as string)).toThrow(
      expect.objectContaining({ name: 'CountersignError', code: 'input' }),
    )
  })

  it('is those who hold a role in every team, where nothing is recorded of the team: its first policy is held against them', async () => {
    const { desk, now } = await f0()
    await desk.by('ada').grantRole({ role: 'head', to: 'rita', team: 't' })
    expect(populationOf(desk.governance(), 'new', now).people).toMatchObject({ bob: ['appr'], rita: [] })
  })
})
