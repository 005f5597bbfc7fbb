import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
{
const flow = [test('verify', { by: role('tester') }), approval('approve', all(approvals(1).from(role('appr')), approvals(1).from(role('head')))), release('production', { by: role('deployer') })]
const roles = { appr: { whileAbsent: 'suspended' }, tester: 't', deployer: 'd', head: 'h' } as const
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles } })], people: { ...fixturePeople, hana: ['head', 'appr'] } })
await s.given('bob', 'approve', { change: 'K' })
await s.given('hana', 'recordAbsence', { person: 'hana', from: s.now, until: '2026-04-01T00:00Z' })
const e = s.explain('K'); console.log(e.stages[1]!.status, e.whoCanUnblock, JSON.stringify(e.waysOut))
console.log((await s.when('hana', 'approve', { change: 'K' })).outcome, s.isApprovable('K'))
}
{
const flow = [test('verify', { by: role('tester') }), approval('approve', any(approvals(1).from(role('head')), approvals(2).from(role('appr')))), release('production', { by: role('deployer') })]
const roles = { appr: { whileAbsent: 'suspended' }, head: { whileAbsent: 'suspended' }, tester: 't', deployer: 'd' } as const
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles } })], people: { alice: [], rita: [], erin: ['tester'], paul: ['deployer'], bob: ['appr', 'head'], carol: ['appr'], dora: [] } })
await s.given('bob', 'delegate', { delegation: 'd', principal: 'bob', to: 'dora', from: s.now, until: '2026-04-01T00:00Z', scope: { roles: ['appr'] } })
await s.given('bob', 'recordAbsence', { person: 'bob', from: s.now, until: '2026-04-01T00:00Z' })
await s.given('carol', 'approve', { change: 'K' })
const e = s.explain('K'); console.log(e.stages[1]!.status, e.whoCanUnblock, JSON.stringify(e.waysOut))
console.log((await s.when('dora', 'approve', { change: 'K', for: 'bob' })).outcome, s.isApprovable('K'))
}
// 4
{
const appr = approvals(1).from(role('appr'))
const flow = [test('verify', { by: role('tester') }), approval('approve', appr), approval('more', appr, { when: field('risk').is('high') }), release('production', { by: role('deployer') })]
const roles = { appr: { fallback: { role: 'head', when: ['vacant'] as const } }, tester: 't', deployer: 'd', head: 'h' } as any
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles } })], people: { ...fixturePeople, bob: [], carol: [], dan: [], hana: ['head'] }, submit: { form: { system: 'ledger', risk: 'high' } } })
for (const p of ['rita', 'hana']) { const r: any = await s.when(p, 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'it is less' }); console.log(p, r.refusal?.code, r.help, r.outcome) }
}
// 8
{
const s = await f0Tested()
for (const p of ['bob', 'carol']) await s.given(p, 'approve', { change: 'K' })
await s.given('paul', 'release', { change: 'K' })
for (const p of ['alice', 'bob', 'carol', 'erin', 'rita', 'paul']) await s.given('ada', 'recordDeparture', { person: p })
for (const p of ['dan', 'ada']) { const r: any = await s.when(p, 'close', { change: 'K', comment: 'done' }); console.log(p, r.refusal?.code, r.help) }
console.log(((await s.when('dan', 'assign', { change: 'K', to: 'dan' })) as any).refusal.code)
}
// 9
{
const s = await f0Tested()
await s.given('bob', 'reject', { change: 'K', comment: 'not like this' })
const e = s.explain('K'); console.log(e.state, JSON.stringify(e.waysOut), e.whoCanUnblock)
console.log((await s.when('rita', 'resubmit', { change: 'K', comment: 'again' })).outcome)
}
// 10
{
const flow = [test('verify', { by: role('tester'), signOffs: 2, evidence: 'optional' }), approval('approve', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, carol: [], dan: [], dora: [], tess: ['tester'], alice: ['tester'] }, delegations: { bob: 'dora' } })
await s.given('erin', 'signOff', { change: 'K', result: 'passed' })
for (const p of ['alice', 'erin']) { const r: any = await s.when(p, 'signOff', { change: 'K', result: 'passed' }); console.log(p, r.refusal.code, r.help) }
await s.given('tess', 'signOff', { change: 'K', result: 'passed' })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' })
console.log(JSON.stringify(s.explain('K').waysOut))
for (const p of ['alice', 'bob', 'dora']) { const r: any = await s.when(p, 'approve', { change: 'K' }); console.log(p, r.refusal.code, r.help) }
}
// 11
{
const flow = [approval('approve', approvals(2).from(role('appr'))), task('build', { by: role('head'), duty: 'make' }), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, bob: ['appr', 'head'] } })
for (const p of ['bob', 'carol']) await s.given(p, 'approve', { change: 'K' })
console.log(s.explain('K').stages[1]!.status, JSON.stringify(s.explain('K').waysOut), s.explain('K').stages[1]!.eligible)
const a: any = await s.when('alice', 'complete', { change: 'K', stage: 'build' }); console.log(a.help)
console.log((await s.when('bob', 'complete', { change: 'K', stage: 'build' })).outcome, s.change('K').state)
}
