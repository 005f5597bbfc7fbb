import { baseline, fixtureForm, fixturePeople, fixturePolicy, Scenario } from '@countersign/testing'
import { approval, approvals, board, category, policy, release, role } from 'countersign/policy'
import { describe, expect, it } from 'vitest'

const flow = [approval('agree', approvals(1).from(role('appr'))), release('go', { by: role('deployer') })]
const planned = policy(
  'u',
  {
    complies: baseline,
    roles: { appr: 'a', deployer: 'd', chair: 'c', adviser: 'v' },
    board: board({ planning: { by: role('chair'), present: role('adviser'), quorum: 2 } }),
  },
  { normal: category({ form: fixtureForm, flow }) },
)
const opened = () =>
  Scenario.open({
    controls: baseline,
    policies: [fixturePolicy(), planned],
    people: { ...fixturePeople, cora: ['chair'], vera: ['adviser'], viktor: ['adviser'], robert: ['adviser'] },
  })
const order = (more: object = {}) => ({ team: 'u', order: ['K', 'L'], present: ['vera', 'viktor', 'alice'], ...more })
const tried = async (scenario: Scenario, account: string, more: object = {}) => {
  const receipt = await scenario.when(account, 'prioritise', order(more))
  return receipt.outcome === 'refused' ? receipt.refusal : receipt.outcome
}

describe('the order of priority', () => {
  it('is decided by the role that the board names, with enough advisers present', async () => {
    const scenario = await opened()
    expect(await tried(scenario, 'cora')).toBe('accepted')
    const told: { outcome: { accepted: object[] } }[] = []
    for await (const { bytes } of scenario.store.read()) told.push(JSON.parse(new TextDecoder().decode(bytes)).body)
    expect(told.at(-1)?.outcome.accepted).toEqual([
      { type: 'priorities.decided', team: 'u', by: 'cora', present: ['alice', 'vera', 'viktor'], at: scenario.now },
    ])
    expect(scenario.desk.governance().priorities.u?.order).toEqual(['K', 'L'])
  })

  it('is of a team that has a policy, and whose board is planned', async () => {
    const scenario = await opened()
    expect(await tried(scenario, 'cora', { team: 'uu' })).toEqual({
      code: 'name.unknown',
      facts: { what: 'team with a policy', name: 'uu', near: '; did you mean u?' },
    })
    expect(await tried(scenario, 'cora', { team: 't' })).toEqual({ code: 'board.no-planning', facts: { team: 't' } })
  })

  it('is no administrator’s to decide, nor an adviser’s', async () => {
    const scenario = await opened()
    for (const person of ['ada', 'vera'])
      expect(await tried(scenario, person)).toEqual({
        code: 'authority.no-role',
        facts: { person, roles: ['chair'], able: ['cora'], at: scenario.now },
      })
  })

  it('names each change once, and those who are here', async () => {
    const scenario = await opened()
    expect(await tried(scenario, 'cora', { order: ['K', 'L', 'K'] })).toEqual({
      code: 'priority.twice',
      facts: { team: 'u', change: 'K' },
    })
    expect(await tried(scenario, 'cora', { present: ['vera', 'vikto'] })).toEqual({
      code: 'name.unknown',
      facts: { what: 'active person', name: 'vikto', near: '; did you mean viktor?' },
    })
  })

  it('is refused with the change that it names twice, and not with a name that was taken', async () => {
    const scenario = await opened()
    expect(await scenario.when('cora', 'prioritise', order({ order: ['K', 'L', 'K'] }))).toMatchObject({
      because: 'the order names K twice',
      help: 'Name each change once, in the place that it is to have.',
    })
  })

  it('counts advisers and nobody else, each once, by whichever id', async () => {
    const scenario = await opened()
    const missing = (...counted: string[]) => ({
      code: 'quorum.missing',
      facts: { team: 'u', role: 'adviser', needs: 2, counted },
    })
    expect(await tried(scenario, 'cora', { present: ['vera', 'alice'] })).toEqual(missing('vera'))
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'vera', comment: 'one file' })
    expect(await tried(scenario, 'cora', { present: ['vera', 'robert'] })).toEqual(missing('vera'))
    expect(await tried(scenario, 'cora', { present: ['viktor', 'robert'] })).toBe('accepted')
  })
})

describe('what an administrator does', () => {
  it('is nobody else’s, who is told who they are', async () => {
    const scenario = await opened()
    const receipt = await scenario.when('bob', 'defineRole', { role: 'x', description: 'x' })
    expect(receipt.outcome === 'refused' && receipt.refusal).toEqual({
      code: 'authority.not-administrator',
      facts: { person: 'bob', administrators: ['ada', 'otto'] },
    })
  })
})
