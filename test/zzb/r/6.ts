// way out by an exception that does not help: Bob both tested and ... 
import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, controls, exception, release, role, separate, test } from 'countersign/policy'
const rules = controls('r', { 'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'), 'CM-2': separate('make', 'test').because('nobody tests what they made') })
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const p = fixturePolicy({ flow, options: { complies: rules, exceptions: [exception('make', 'approve').grantedBy(role('head')).atMost('7d').compensatedBy('the head looks at it').because('two people')] } })
const s = await f0Tested({ controls: rules, policies: [p], people: { alice: ['appr'], bob: [], erin: ['tester'], rita: ['appr'], paul: ['deployer'], hana: ['head'] }, submit: { content: { digest: 'a'.repeat(64), makers: ['rita'] } } })
// Rita asked for it and made it, and she alone may approve (Alice holds appr and is on leave for good)
await s.given('ada', 'revokeRole', { role: 'appr', from: 'alice', team: '*' })
const e = s.explain('K'); console.log(JSON.stringify(e.waysOut), e.whoCanUnblock, JSON.stringify(e.stages[1]!.eligible))
await s.given('rita', 'requestException', { change: 'K', exception: 'x', person: 'rita', duties: ['make', 'approve'], until: '2026-03-05T00:00Z', reason: 'alone' })
await s.given('hana', 'grantException', { change: 'K', exception: 'x', comment: 'seen' })
const r: any = await s.when('rita', 'approve', { change: 'K' }); console.log(r.outcome, r.refusal?.code, r.because)
console.log(JSON.stringify(s.explain('K').waysOut))
const q: any = await s.when('rita', 'requestException', { change: 'K', exception: 'y', person: 'rita', duties: ['request', 'approve'], until: '2026-03-05T00:00Z', reason: 'alone' }); console.log(q.refusal?.code)
