import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, approval, approvals, release, role, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', all(approvals(1).from(role('appr')), approvals(1).from(role('head')))), release('production', { by: role('deployer') })]
const p = fixturePolicy({ flow, options: { roles: { appr: { whileAbsent: 'suspended' }, tester: 'tests', deployer: 'releases', head: { whileAbsent: 'suspended' } } } })
for (const scope of [{}, { roles: ['appr'] }]) {
const s = await f0Tested({ policies: [p], people: { alice: [], rita: [], erin: ['tester'], paul: ['deployer'], bob: ['appr', 'head'], hana: ['head'], dora: [] } })
await s.given('bob', 'delegate', { delegation: 'd', principal: 'bob', to: 'dora', from: s.now, until: '2026-04-01T00:00Z', scope })
await s.given('bob', 'recordAbsence', { person: 'bob', from: s.now, until: '2026-04-01T00:00Z' })
await s.given('hana', 'approve', { change: 'K' })
const e = s.explain('K')
console.log(JSON.stringify(e.waysOut), e.whoCanUnblock, e.stages[1]!.status, JSON.stringify(e.stages[1]!.eligible))
const a: any = await s.when('alice', 'approve', { change: 'K' }); console.log('alice', a.refusal.code, a.help)
console.log('dora for bob', (await s.when('dora', 'approve', { change: 'K', for: 'bob' })).outcome, s.isApprovable('K'))
}
