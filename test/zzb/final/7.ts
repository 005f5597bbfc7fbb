import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, carol: [], dan: [], dora: [] }, delegations: { bob: 'dora' } })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' })
console.log(s.explain('K').whoCanUnblock, JSON.stringify(s.explain('K').waysOut))
for (const p of ['alice', 'bob', 'dora']) { const r: any = await s.when(p, 'approve', { change: 'K' }); console.log(p, r.refusal.code, r.help) }
