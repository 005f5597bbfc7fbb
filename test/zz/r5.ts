import { Scenario, baseline, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, category, policy, release, role, test } from 'countersign/policy'
for (const both of [true, false]) {
const flow = [approval('peer', approvals(1).from(role('appr'))), release('roll', { by: role('deployer') })]
const p = policy('t', { complies: baseline, roles: { appr: 'a', head: 'h', deployer: 'd' } }, { normal: category({ flow }) })
const s = await Scenario.open({ controls: baseline, policies: [p], people: { ann: ['appr'], pam: ['deployer', 'head'], paul: both ? ['deployer'] : [], fred: [] } })
const k = await s.submitted('fred', 'normal', {}, { makers: ['fred'] }); await s.given('ann', 'approve', { change: k })
await s.given('ada', 'declareFreeze', { freeze: 'f', because: 'x', schedule: { calendar: 'B' }, intervals: [{ from: s.now, until: '2026-03-03T06:00Z' }], overriddenBy: { role: 'head', atMost: '6h' } } as never)
console.log('before', JSON.stringify(s.explain(k).waysOut))
const mark = (await s.desk.outbox()).cursor
await s.given('pam', 'overrideFreeze', { change: k, freeze: 'f', until: '2026-03-02T10:00Z', reason: 'x' })
console.log(JSON.stringify(s.explain(k).waysOut), s.explain(k).whoCanUnblock, s.explain(k).freezes, (await s.desk.outbox({ after: mark })).notices.map(n => n.key))
for (const who of ['pam', 'paul']) console.log(who, (await s.when(who, 'release', { change: k })).outcome)
}
{
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, paul: [], hana: ['head', 'deployer'] } })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' })
await s.given('hana', 'liftVeto', { change: 'K', of: 'bob', comment: 'ok' })
for (const p of ['carol', 'dan']) await s.given(p, 'approve', { change: 'K' })
console.log(s.explain('K').waysOut, s.explain('K').stages.map(x => x.status), s.explain('K').stages.at(-1)!.eligible)
for (const p of ['alice', 'hana']) { const r: any = await s.when(p, 'release', { change: 'K' }); console.log(p, r.refusal.code, r.because, r.help) }
}
