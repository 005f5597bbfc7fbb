import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, release, role, test } from 'countersign/policy'
for (const kind of [0, 1]) {
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer'), ...(kind === 1 ? { checklist: { backup: 'a backup' } } : {}) })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, hana: ['head', 'deployer'] } })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' })
await s.given('hana', 'liftVeto', { change: 'K', of: 'bob', comment: 'ok' })
await s.given('carol', 'approve', { change: 'K' }); await s.given('dan', 'approve', { change: 'K' })
const show = () => { const e = s.explain('K'); console.log(e.state, JSON.stringify(e.waysOut), e.whoCanUnblock, e.stages.map(x => x.status + '/' + x.vetoes)) }
show()
if (kind === 1) { console.log('hana ticks', (await s.when('hana', 'tick', { change: 'K', stage: 'production', items: ['backup'] })).outcome); show() }
for (const p of ['hana', 'paul']) { const r: any = await s.when(p, 'release', { change: 'K' }); console.log(p, 'release', r.outcome, r.refusal?.code, r.because, r.help) ; show() }
for (const p of ['hana', 'bob']) { const r: any = await s.when(p, 'liftVeto', { change: 'K', of: 'bob', comment: 'x' }); console.log(p, 'liftVeto', r.outcome, r.refusal?.code, r.because, r.help) }
for (const p of ['carol', 'dan']) { const r: any = await s.when(p, 'approve', { change: 'K' }); console.log(p, 'approve', r.outcome, r.refusal?.code, r.because, r.help) }
show()
}
