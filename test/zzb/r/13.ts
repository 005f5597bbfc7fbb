// A sole assignee; edit/assign; various hand probes of (a)
import { f0, f0Tested, fixturePolicy, fixturePeople, fixtureForm, content, baseline, Scenario } from '@countersign/testing'
import { approval, approvals, approvedTemplate, category, policy, release, role, separate, task, test, permit } from 'countersign/policy'
const h = 3600_000
// 13a: the review afterwards: who ticked the release's checklist and did not release
{
const flow = [approval('authorise', approvals(1).from(role('appr'))), release('production', { by: role('deployer'), checklist: { backup: 'a backup' } }), approval('audit', approvals(1).from(role('appr')), { within: '24h' })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, dan: ['appr', 'deployer'] } })
await s.given('bob', 'approve', { change: 'K' })
await s.given('dan', 'tick', { change: 'K', stage: 'production', items: ['backup'] })
await s.given('paul', 'release', { change: 'K' })
const r: any = await s.when('dan', 'approve', { change: 'K' }); console.log('13a dan who ticked the release reviews:', r.outcome, r.refusal?.code)
}
// 13b: untick by somebody else then still duty
{
const flow = [test('verify', { by: role('tester'), checklist: { load: 'load test' }, evidence: 'optional' }), approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, bob: ['appr', 'tester'] } })
await s.given('bob', 'tick', { change: 'K', stage: 'verify', items: ['load'] })
await s.given('erin', 'untick', { change: 'K', stage: 'verify', items: ['load'], comment: 'x' }); await s.given('erin', 'tick', { change: 'K', stage: 'verify', items: ['load'] })
await s.given('erin', 'signOff', { change: 'K', result: 'passed' })
const r: any = await s.when('bob', 'approve', { change: 'K' }); console.log('13b bob who ticked the test approves:', r.outcome, r.refusal?.code)
}
// 13c: somebody who reviewed via delegate: principal authorised
{
const flow = [approval('authorise', approvals(1).from(role('appr'))), release('production', { by: role('deployer') }), approval('audit', approvals(1).from(role('appr')), { within: '24h' })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, dora: [] }, delegations: { bob: 'dora', carol: 'dora', paul: 'dan' } })
await s.given('dora', 'approve', { change: 'K', for: 'bob' })
await s.given('paul', 'release', { change: 'K' })
for (const [p, f] of [['bob', undefined], ['dora', 'carol'], ['dan', undefined], ['carol', undefined]] as const) { const r: any = await s.when(p, 'approve', { change: 'K', ...(f ? { for: f } : {}) }); console.log('13c', p, f, r.outcome, r.refusal?.code) }
}
// 13d: release delegate; delegate of a deployer releases for paul: then paul reviews
{
const flow = [approval('authorise', approvals(1).from(role('appr'))), release('production', { by: role('deployer') }), approval('audit', approvals(1).from(role('appr')), { within: '24h' })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, paul: ['deployer', 'appr'], dora: [] }, delegations: { paul: 'dora' } })
await s.given('bob', 'approve', { change: 'K' })
await s.given('dora', 'release', { change: 'K' })
const r: any = await s.when('paul', 'approve', { change: 'K' }); console.log('13d paul, for whom dora released, reviews:', r.outcome, r.refusal?.code)
}
// 13e: task done for a principal: is the principal a maker?
{
const flow = [task('build', { by: role('head'), duty: 'make' }), approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, bob: ['head', 'appr'], dora: [] }, delegations: { bob: 'dora' } })
await s.given('dora', 'complete', { change: 'K', stage: 'build' })
const r: any = await s.when('bob', 'approve', { change: 'K' }); console.log('13e bob, for whom dora built, approves:', r.outcome, r.refusal?.code)
}
// 13f: sign-off failed by tester, then K resubmitted; that tester approves (test/approve apart)
{
const s = await f0({ people: { ...fixturePeople, bob: ['appr', 'tester'] } })
await s.given('bob', 'signOff', { change: 'K', result: 'failed', evidence: [{ name: 'x' }] })
await s.given('rita', 'resubmit', { change: 'K', comment: 'again' })
await s.given('erin', 'signOff', { change: 'K', result: 'passed', evidence: [{ name: 'x' }] })
const r: any = await s.when('bob', 'approve', { change: 'K' }); console.log('13f', r.outcome, r.refusal?.code)
}
// 13g: immaterial content; makers of content that is not material, at revise by third person naming bob
{
const free = fixturePolicy({ material: ['system', 'risk'], options: { complies: undefined as never } , flow: [approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })] })
}
