import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, controls, exception, release, role, separate, test } from 'countersign/policy'
const rules = controls('r', { 'CM-1': separate('make', 'approve').because('nobody approves what they made'), 'CM-2': separate('make', 'test').because('nobody tests what they made'), 'CM-4': separate('approve', 'release', { exceptions: 'allowed' }).because('four eyes') })
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const p = fixturePolicy({ flow, options: { complies: rules, exceptions: [exception('approve', 'release').grantedBy(role('head')).atMost('7d').compensatedBy('somebody looks at it').because('two people')] } })
const s = await f0Tested({ controls: rules, policies: [p], people: { alice: [], bob: ['appr', 'head', 'deployer'], erin: ['tester'], rita: [] } })
await s.given('bob', 'approve', { change: 'K' })
const e = s.explain('K'); console.log(JSON.stringify(e.waysOut), e.whoCanUnblock)
await s.given('rita', 'requestException', { change: 'K', exception: 'x', person: 'bob', duties: ['approve', 'release'], until: '2026-03-05T00:00Z', reason: 'alone' })
const r: any = await s.when('bob', 'grantException', { change: 'K', exception: 'x', comment: 'seen' }); console.log(r.outcome, r.refusal?.code, r.because, r.help)
