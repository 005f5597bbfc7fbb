// a vetoed stage: who is named as able although the veto stands in their principal's name
import { f0Tested, fixturePolicy, normalFlow, fixturePeople } from '@countersign/testing'
import { approval, approvals, release, role, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, dora: [], hana: ['head'] }, delegations: { bob: 'dora' } })
await s.given('bob', 'reject', { change: 'K', comment: 'not yet' }) // Bob's veto
console.log(s.explain('K').waysOut, s.explain('K').whoCanUnblock)
const r: any = await s.when('dora', 'approve', { change: 'K', for: 'bob' })
console.log('dora for bob:', r.refusal.code, '|', r.because, '|', r.help)
const a: any = await s.when('alice', 'approve', { change: 'K' })
console.log('alice:', a.refusal.code, '|', a.help, a.refusal.facts.able)
const b: any = await s.when('bob', 'approve', { change: 'K' })
console.log('bob:', b.refusal.code, b.because, b.help)
