import { Scenario } from '@countersign/testing'
import { approval, approvals, category, controls, field, policy, release, role, separate } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

const sox = controls('sox', {
  'SOX-CM-1': separate('make', 'approve').because('nobody approves what they made'),
})
const owner = role('owner')
const payments = policy(
  'payments',
  { complies: sox, roles: { owner: 'owns the ledger', deployer: 'puts it into effect' } },
  {
    normal: category({
      form: z.object({ risk: z.enum(['low', 'high']) }),
      flow: [
        approval('peer', approvals(1).from(owner)),
        approval('board', approvals(2).from(owner).fromDifferentGroups(), { when: field('risk').is('high') }),
        release('production', { by: role('deployer') }),
      ],
    }),
  },
)

describe('a team tests its own policy in ten lines', () => {
  it('whoever made it does not approve it, a delegate does, and a high risk takes two from different houses', async () => {
    const people = { ann: ['owner'], bob: ['owner'], cleo: ['owner'], dan: ['owner'], eve: [], paul: ['deployer'] }
    const groups = { bob: ['east'], cleo: ['east'], dan: ['west'] }
    const team = await Scenario.open({
      controls: sox,
      policies: [payments],
      people,
      groups,
      delegations: { bob: 'eve' },
    })
    const ticket = await team.submitted('paul', 'normal', { risk: 'low' }, { makers: ['ann'] })
    expect(await team.refused('ann', 'approve', { change: ticket })).toBe('duty.conflict')
    await team.given('eve', 'approve', { change: ticket, for: 'bob' })
    expect(team.isApprovable(ticket)).toBe(true)
    await team.given('paul', 'release', { change: ticket })
    expect(team.change(ticket).state).toBe('completed')
  })

  it('a role whose holders are all away stands still where the policy names nobody for it', async () => {
    const people = { ann: [], bob: ['owner'], paul: ['deployer'] }
    const team = await Scenario.open({ controls: sox, policies: [payments], people, absent: ['bob'] })
    const ticket = await team.submitted('ann', 'normal', { risk: 'low' }, { makers: ['ann'] })
    expect(await team.refused('paul', 'release', { change: ticket })).toBe('requirement.unmet')
    expect(team.isApprovable(ticket)).toBe(false)
  })

  it('a command that was to be refused and is accepted is a failure of the test', async () => {
    const people = { ann: [], bob: ['owner'], paul: ['deployer'] }
    const team = await Scenario.open({ controls: sox, policies: [payments], people })
    const ticket = await team.submitted('ann', 'normal', { risk: 'low' })
    await expect(team.refused('bob', 'approve', { change: ticket })).rejects.toThrow('accepted, and was to be refused')
    await expect(team.given('paul', 'approve', { change: ticket })).rejects.toThrow('refused')
  })
})
