import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', any(approvals(1).from(role('head')), approvals(2).from(role('appr')))), release('production', { by: role('deployer') })]
const roles = { appr: { whileAbsent: 'suspended' }, head: { whileAbsent: 'suspended' }, tester: 't', deployer: 'd' } as const
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles } })], people: { alice: [], rita: [], erin: ['tester'], paul: ['deployer'], bob: ['appr', 'head'], carol: ['appr'], dora: [] } })
await s.given('bob', 'delegate', { delegation: 'd', principal: 'bob', to: 'dora', from: s.now, until: '2026-04-01T00:00Z', scope: { roles: ['appr'] } })
await s.given('bob', 'recordAbsence', { person: 'bob', from: s.now, until: '2026-04-01T00:00Z' })
await s.given('carol', 'approve', { change: 'K' })
const e = s.explain('K'); console.log(e.stages[1]!.status, e.whoCanUnblock, JSON.stringify(e.waysOut))
console.log((await s.when('dora', 'approve', { change: 'K', for: 'bob' })).outcome, s.isApprovable('K'))
