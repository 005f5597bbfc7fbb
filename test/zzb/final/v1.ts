import { f0Tested, f0, fixturePeople } from '@countersign/testing'
import { verifyTrail } from 'countersign/verify'
for (const many of [0, 1, 2]) {
const s = await f0({ submit: null })
await s.given('ada', 'registerBot', { bot: 'ci', controller: 'bob', accounts: ['ci'] })
await s.given('ada', 'recordDeparture', { person: 'bob', compromised: false })
await s.given('ada', 'recordReturn', { person: 'bob' })
await s.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
s.at(3600_000)
await s.given('rita', 'submit', { change: 'K', team: 't', category: 'normal', title: 'a', reason: 'b', form: { system: 'ledger', risk: 'low' }, content: { digest: 'a'.repeat(64), makers: ['alice', 'ci'] } })
if (many > 0) await s.given('ada', 'assignController', { bot: 'ci', controller: 'paul' })
if (many > 1) await s.given('ada', 'assignController', { bot: 'ci', controller: 'alice' })
await s.given('erin', 'signOff', { change: 'K', result: 'passed', evidence: [{ name: 'r' }] })
const r: any = await s.when('bob', 'approve', { change: 'K' }); console.log(many, 'bob', r.outcome, r.refusal?.code, r.because)
await s.when('carol', 'approve', { change: 'K' }); const q: any = await s.when('paul', 'release', { change: 'K' }); console.log(q.outcome, q.refusal?.code)
const b: Uint8Array[] = []; for await (const { bytes } of s.store.read({ from: 0 })) b.push(bytes, new TextEncoder().encode('\n'))
const v = verifyTrail(b); console.log(v.status, v.findings.map(f => JSON.stringify(f)))
}
