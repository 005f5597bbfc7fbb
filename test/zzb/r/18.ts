import { f0, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, release, role } from 'countersign/policy'
const say = (l: string, r: any) => console.log(l, r.outcome, r.refusal?.code ?? '', r.because ?? '', '|', r.help ?? '')
const flow = [approval('authorise', approvals(1).from(role('appr'))), release('production', { by: role('deployer') }), approval('audit', approvals(1).from(role('appr')), { within: '24h' })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, zoe: [], yan: ['deployer', 'appr'], xia: ['appr'] } })
await s.given('bob', 'approve', { change: 'K' }); await s.given('paul', 'release', { change: 'K' })
await s.given('carol', 'reject', { change: 'K', comment: 'wrong' })
for (const p of ['alice', 'bob', 'carol', 'rita', 'paul']) await s.given('ada', 'recordDeparture', { person: p })
await s.given('zoe', 'submit', { change: 'L', team: 't', category: 'normal', title: 'mend K', reason: 'carol rejected K afterwards', form: { system: 'ledger', risk: 'low' }, content: { digest: 'b'.repeat(64), makers: ['zoe'] }, parent: 'K' })
await s.given('xia', 'approve', { change: 'L' }); await s.given('yan', 'release', { change: 'L' }); await s.given('dan', 'approve', { change: 'L' })
const e = s.explain('K'); console.log(e.state, JSON.stringify(e.waysOut), e.whoCanUnblock, e.obligations.map(o => [o.kind, o.ended]), s.explain('L').state)
for (const p of ['zoe', 'xia', 'dan', 'yan', 'ada', 'otto']) say(p, await s.when(p, 'remediate', { change: 'K', by: 'L', comment: 'mended' }))
for (const [t, c] of [['revise', { form: { risk: 'high' }, comment: 'x' }], ['assign', { to: 'zoe' }], ['cancel', { comment: 'x' }], ['close', { comment: 'x' }], ['resubmit', { comment: 'x' }], ['approve', {}], ['reject', { comment: 'x' }], ['schedule', { from: '2026-04-01T00:00Z', until: '2026-04-02T00:00Z' }]] as any) say('xia ' + t, await s.when('xia', t, { change: 'K', ...c }))
