import { f0, f0Tested, fixturePolicy, fixturePeople, fixtureForm, content, baseline, Scenario } from '@countersign/testing'
import { approval, approvals, approvedTemplate, category, policy, release, role, separate, task, test, permit, share, all, any } from 'countersign/policy'
const say = (l: string, r: any) => console.log(l, r.outcome, r.refusal?.code ?? '', r.because ?? '', '|', r.help ?? '')
// 14a the only deployer lifted the veto
{
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, paul: [], hana: ['head', 'deployer'] } })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' }); await s.given('hana', 'liftVeto', { change: 'K', of: 'bob', comment: 'ok' })
await s.given('carol', 'approve', { change: 'K' }); await s.given('dan', 'approve', { change: 'K' })
console.log('14a', JSON.stringify(s.explain('K').waysOut), s.explain('K').whoCanUnblock)
say('hana release', await s.when('hana', 'release', { change: 'K' }))
say('alice release', await s.when('alice', 'release', { change: 'K' }))
}
// 14b admin-deployer granted the role
{
const s = await f0Tested({ people: { ...fixturePeople, dan: [], carol: [] } })
await s.given('ada', 'grantRole', { role: 'deployer', to: 'otto', team: '*' })
await s.given('otto', 'grantRole', { role: 'appr', to: 'carol', team: '*' })
await s.given('bob', 'approve', { change: 'K' }); await s.given('carol', 'approve', { change: 'K' })
await s.given('ada', 'revokeRole', { role: 'deployer', from: 'paul', team: '*' })
console.log('14b', JSON.stringify(s.explain('K').waysOut), s.explain('K').whoCanUnblock)
say('otto release', await s.when('otto', 'release', { change: 'K' }))
}
// 14c override of a freeze by the releaser
{
const s = await f0Tested({ people: { ...fixturePeople, paul: ['deployer', 'head'], carol: ['appr'] } })
await s.given('bob', 'approve', { change: 'K' }); await s.given('carol', 'approve', { change: 'K' })
await s.given('ada', 'declareFreeze', { freeze: 'f', because: 'year end', scope: {}, schedule: 'x', intervals: [{ from: s.now, until: '2026-04-01T00:00Z' }], overriddenBy: { role: 'head', atMost: '7d' } } as any)
console.log('14c', JSON.stringify(s.explain('K').waysOut), s.explain('K').whoCanUnblock)
say('paul override', await s.when('paul', 'overrideFreeze', { change: 'K', freeze: 'f', until: '2026-03-04T00:00Z', reason: 'must' }))
console.log(JSON.stringify(s.explain('K').waysOut), s.explain('K').whoCanUnblock)
say('paul release', await s.when('paul', 'release', { change: 'K' }))
}
// 14d exception granted by the releaser
