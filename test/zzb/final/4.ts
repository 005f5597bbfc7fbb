import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, paul: [], hana: ['head', 'deployer'] } })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' })
await s.given('hana', 'liftVeto', { change: 'K', of: 'bob', comment: 'ok' })
for (const p of ['carol', 'dan']) await s.given(p, 'approve', { change: 'K' })
const e = s.explain('K'); console.log(e.whoCanUnblock, JSON.stringify(e.waysOut), e.stages.map(x => x.status))
for (const p of ['alice', 'hana']) { const r: any = await s.when(p, 'release', { change: 'K' }); console.log(p, r.refusal.code, r.because, r.help) }
// the same with a role that the releaser has granted
const t = await f0Tested({ people: { ...fixturePeople, paul: [], dan: [], carol: [] } })
await t.given('ada', 'grantRole', { role: 'deployer', to: 'otto', team: '*' })
await t.given('otto', 'grantRole', { role: 'appr', to: 'carol', team: '*' })
for (const p of ['bob', 'carol']) await t.given(p, 'approve', { change: 'K' })
const r: any = await t.when('otto', 'release', { change: 'K' }); console.log(t.explain('K').whoCanUnblock, r.refusal.code, r.because, r.help)
