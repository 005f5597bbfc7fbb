import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const flow = [test('verify', { by: role('tester') }), approval('approve', all(approvals(1).from(role('appr')), approvals(1).from(role('head')))), release('production', { by: role('deployer') })]
const roles = { appr: { whileAbsent: 'suspended' }, tester: 't', deployer: 'd', head: 'h' } as const
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles } })], people: { ...fixturePeople, hana: ['head', 'appr'] } })
await s.given('bob', 'approve', { change: 'K' })
await s.given('hana', 'recordAbsence', { person: 'hana', from: s.now, until: '2026-04-01T00:00Z' })
const e = s.explain('K'); console.log(e.stages[1]!.status, e.whoCanUnblock, JSON.stringify(e.waysOut))
console.log((await s.when('hana', 'approve', { change: 'K' })).outcome, s.isApprovable('K'))
