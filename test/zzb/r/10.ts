import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, controls, exception, release, role, separate, test } from 'countersign/policy'
const rules = controls('r', { 'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'), 'CM-2': separate('make', 'test').because('nobody tests what they made') })
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const p = fixturePolicy({ flow, options: { complies: rules, exceptions: [exception('make', 'approve').grantedBy(role('head')).atMost('7d').compensatedBy('somebody looks at it').because('two people')] } })
const s = await f0Tested({ controls: rules, policies: [p], people: { alice: ['appr', 'head'], erin: ['tester'], rita: [], paul: ['deployer'] } })
const e = s.explain('K'); console.log(JSON.stringify(e.waysOut), e.whoCanUnblock)
await s.given('rita', 'requestException', { change: 'K', exception: 'x', person: 'alice', duties: ['make', 'approve'], until: '2026-03-05T00:00Z', reason: 'alone' })
const r: any = await s.when('alice', 'grantException', { change: 'K', exception: 'x', comment: 'seen' }); console.log(r.outcome, r.refusal?.code, r.because, r.help)
