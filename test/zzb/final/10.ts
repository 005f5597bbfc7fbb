import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const rules = controls('r', { 'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('a'), 'CM-2': separate('make', 'test').because('b'), 'CM-4': separate('approve', 'release', { exceptions: 'allowed' }).because('c') })
const rule = (a: string, b: string) => exception(a, b).grantedBy(role('head')).atMost('7d').compensatedBy('d').because('e')
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const policies = [fixturePolicy({ flow, options: { complies: rules, exceptions: [rule('make', 'approve'), rule('approve', 'release')] } })]
// (i) the only head is the one who needs it
const s = await f0Tested({ controls: rules, policies, people: { alice: [], bob: ['appr', 'head', 'deployer'], erin: ['tester'], rita: [] } })
await s.given('bob', 'approve', { change: 'K' }); console.log(JSON.stringify(s.explain('K').waysOut))
await s.given('rita', 'requestException', { change: 'K', exception: 'x', person: 'bob', duties: ['approve', 'release'], until: '2026-03-05T00:00Z', reason: 'alone' })
const r: any = await s.when('bob', 'grantException', { change: 'K', exception: 'x', comment: 'seen' }); console.log(r.refusal.code)
// (ii) it takes away one of two conflicts, and of the other there is none
const t = await f0Tested({ controls: rules, policies, people: { alice: [], rita: ['appr'], erin: ['tester'], hana: ['head'] }, submit: { content: { digest: 'a'.repeat(64), makers: ['rita'] } } })
console.log(JSON.stringify(t.explain('K').waysOut))
await t.given('rita', 'requestException', { change: 'K', exception: 'x', person: 'rita', duties: ['make', 'approve'], until: '2026-03-05T00:00Z', reason: 'alone' })
await t.given('hana', 'grantException', { change: 'K', exception: 'x', comment: 'seen' })
const q: any = await t.when('rita', 'approve', { change: 'K' }); console.log(q.refusal.code, q.refusal.facts.duties, JSON.stringify(t.explain('K').waysOut))
