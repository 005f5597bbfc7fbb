// suspended in one role, free in the other
import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, approval, approvals, release, role, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', all(approvals(1).from(role('appr')), approvals(1).from(role('head')))), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles: { appr: { whileAbsent: 'suspended' }, tester: 'tests', deployer: 'releases', head: 'heads' } } })], people: { ...fixturePeople, hana: ['head', 'appr'] } })
await s.given('bob', 'approve', { change: 'K' })
await s.given('hana', 'recordAbsence', { person: 'hana', from: s.now, until: '2026-04-01T00:00Z' })
const e = s.explain('K')
console.log(JSON.stringify(e.waysOut), e.whoCanUnblock, e.stages[1]!.status, JSON.stringify(e.stages[1]!.eligible.find(x => x.person === 'hana')))
const a: any = await s.when('alice', 'approve', { change: 'K' }); console.log('alice', a.refusal.code, a.help)
console.log((await s.when('hana', 'approve', { change: 'K' })).outcome, s.isApprovable('K'))
