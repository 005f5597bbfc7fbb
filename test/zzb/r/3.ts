// refusal of a sign-off names those who have signed off
import { f0, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, release, role, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester'), signOffs: 2, evidence: 'optional' }), approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, alice: ['tester'] } })
await s.given('erin', 'signOff', { change: 'K', result: 'passed' })
console.log(JSON.stringify(s.explain('K').waysOut))
const a: any = await s.when('alice', 'signOff', { change: 'K', result: 'passed' })
console.log('alice:', a.refusal.code, '|', a.help)
const b: any = await s.when('erin', 'signOff', { change: 'K', result: 'passed' })
console.log('erin:', b.refusal.code, '|', b.because)
