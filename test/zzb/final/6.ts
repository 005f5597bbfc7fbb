import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const s = await f0Tested()
for (const p of ['bob', 'carol']) await s.given(p, 'approve', { change: 'K' })
await s.given('paul', 'release', { change: 'K' })
for (const p of ['alice', 'bob', 'carol', 'erin', 'rita', 'paul']) await s.given('ada', 'recordDeparture', { person: p })
for (const p of ['dan', 'ada']) { const r: any = await s.when(p, 'close', { change: 'K', comment: 'done' }); console.log(p, r.refusal.code, r.help) }
const a: any = await s.when('dan', 'assign', { change: 'K', to: 'dan' }); console.log('assign', a.refusal.code)
