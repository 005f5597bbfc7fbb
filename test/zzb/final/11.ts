import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })] })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' })
await s.given('ada', 'recordDeparture', { person: 'bob' })
await s.given('carol', 'approve', { change: 'K' })
console.log(s.explain('K').stages[1]!.status, s.explain('K').whoCanUnblock, JSON.stringify(s.explain('K').waysOut))
await s.given('ada', 'grantRole', { role: 'head', to: 'dan', team: '*' })
await s.given('dan', 'liftVeto', { change: 'K', of: 'bob', comment: 'he left' }); console.log(s.isApprovable('K'))
