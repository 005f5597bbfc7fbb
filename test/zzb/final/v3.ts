import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, release, role, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
for (const two of [false, true]) {
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(two ? 2 : 2).from(role('appr')), { leavers: 'reconfirm', ...(two ? { environments: ['staging', 'production'] } : {}) }), ...(two ? [release('rehearsal', { by: role('deployer'), environment: 'staging' })] : []), release('production', { by: role('deployer'), ...(two ? { environment: 'production' } : {}) })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, dan: two ? ['deployer'] : [] } })
for (const x of ['bob', 'carol']) await s.given(x, 'approve', { change: 'K' })
if (two) await s.given('dan', 'release', { change: 'K', environment: 'staging' })
s.at(1000)
await s.given('ada', 'recordDeparture', { person: 'carol' })
s.at(1000)
await s.given('ada', 'recordAlias', { person: 'dan', is: 'carol', comment: 'one' })
s.at(1000)
const r: any = await s.when('paul', 'release', { change: 'K', ...(two ? { environment: 'production' } : {}) }); console.log(r.outcome, r.refusal?.code, s.explain('K').state)
const b: Uint8Array[] = []; for await (const { bytes } of s.store.read({ from: 0 })) b.push(bytes, new TextEncoder().encode('\n'))
const v = verifyTrail(b); console.log(v.status, v.findings.map(f => f.code + ' ' + f.seq + ' ' + (f as any).found + ' ' + (f as any).because))
}
