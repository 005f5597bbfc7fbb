import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
const s = await f0Tested({})
for (const p of ['bob', 'carol']) await s.given(p, 'approve', { change: 'K' })
await s.given('paul', 'release', { change: 'K' })
for (const p of ['alice', 'bob', 'carol', 'erin', 'rita', 'paul']) await s.given('ada', 'recordDeparture', { person: p })
for (const p of ['ada', 'otto', 'dan']) { const r: any = await s.when(p, 'close', { change: 'K', comment: 'done' }); console.log(p, r.refusal.code, r.because, r.help) }
console.log(s.explain('K').state, s.explain('K').waysOut)
for (const [t, c] of [['revise', { reason: 'another reason', comment: 'x' }], ['assign', { to: 'dan' }], ['cancel', { comment: 'x' }], ['recategorise', { category: 'normal', comment: 'x' }], ['schedule', { from: '2026-04-01T00:00Z', until: '2026-04-02T00:00Z' }], ['reject', { comment: 'x' }], ['requestException', { exception: 'x', person: 'dan', duties: ['make', 'approve'], until: '2026-04-01T00:00Z', reason: 'x' }]] as any) { const r: any = await s.when('dan', t, { change: 'K', ...c }); console.log(t, r.outcome, r.refusal?.code) }
