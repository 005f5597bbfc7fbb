import { baseline, fixtureForm, Scenario } from '@countersign/testing'
import { approval, approvals, category, policy, role, share } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
const p = policy('t', { complies: baseline, roles: { appr: 'a' } }, { found: category({ form: fixtureForm, material: ['system', 'risk', 'content'], retrospective: true, flow: [approval('audit', share(1, 2).of(role('appr')), { within: '24h' }), approval('second', approvals(2).from(role('appr')), { within: '48h' })] }) })
const s = await Scenario.open({ controls: baseline, policies: [p], people: { alice: [], rita: [], erin: ['appr'], bob: ['appr'], carol: ['appr'], dan: ['appr'] } })
await s.given('rita', 'submit', { change: 'K', team: 't', category: 'found', title: 'a', reason: 'b', form: { system: 'ledger', risk: 'low' }, content: { digest: 'a'.repeat(64), makers: ['alice'] }, inEffectSince: '2026-03-02T07:00Z' })
for (const x of ['bob', 'carol']) await s.given(x, 'approve', { change: 'K' }) // 2 of 4, in time
s.at(72 * 3600_000)
for (const x of ['dan', 'erin']) await s.given('ada', 'recordDeparture', { person: x })
const show = (a: any) => console.log(a.outcome, a.events?.map((e: any) => e.type + (e.late ?? '')).join(), s.change('K').state, JSON.stringify(s.change('K').electorates))
show(await s.when('rita', 'assign', { change: 'K', to: 'carol' })) // 1 is left
show(await s.when('alice', 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'nothing is changed' }))
show(await s.when('rita', 'assign', { change: 'K', to: 'alice' }))
const b: Uint8Array[] = []; for await (const { bytes } of s.store.read({ from: 0 })) b.push(bytes, new TextEncoder().encode('\n'))
const v = verifyTrail(b); console.log(v.status, v.findings.map(f => JSON.stringify(f)))
