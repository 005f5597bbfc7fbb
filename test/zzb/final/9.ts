import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester'), signOffs: 2, evidence: 'optional' }), approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, alice: ['tester'] } })
await s.given('erin', 'signOff', { change: 'K', result: 'passed' })
console.log(s.explain('K').whoCanUnblock, JSON.stringify(s.explain('K').waysOut))
for (const p of ['alice', 'bob', 'erin']) { const r: any = await s.when(p, 'signOff', { change: 'K', result: 'passed' }); console.log(p, r.refusal.code, r.help) }
