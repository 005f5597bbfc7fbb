import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, release, role, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: fixturePeople })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' })
await s.given('ada', 'recordDeparture', { person: 'bob' })
const show = () => { const e = s.explain('K'); console.log(JSON.stringify(e.waysOut), e.whoCanUnblock, e.stages[1]!.status) }
show()
await s.given('carol', 'approve', { change: 'K' }); await s.given('dan', 'approve', { change: 'K' }); show()
await s.given('ada', 'registerPerson', { person: 'hana', name: 'hana', accounts: ['hana'] }); await s.given('ada', 'grantRole', { role: 'head', to: 'hana', team: '*' }); show()
await s.given('hana', 'liftVeto', { change: 'K', of: 'bob', comment: 'he left' }); console.log(s.isApprovable('K'))
