import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { any, all, approval, approvals, release, role, test } from 'countersign/policy'
const run = async (name: string, req: any, people: any, deleg: any = {}, acts: string[] = [], more: any = {}) => {
const flow = [test('verify', { by: role('tester') }), approval('approve', req), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles: { appr: 'a', head: 'h', tester: 't', deployer: 'd', pool: 'p', ...more } } })], people: { rita: [], erin: ['tester'], paul: ['deployer'], alice: [], ...people }, delegations: deleg })
for (const a of acts) await s.given(a, 'approve', { change: 'K' })
const e = s.explain('K'); console.log(name, JSON.stringify(e.waysOut), e.whoCanUnblock, e.stages[1]!.status, e.stages[1]!.missing)
return s }
await run('any, head is the maker', any(approvals(1).from(role('head')), approvals(2).from(role('appr'))), { alice: ['head'], bob: ['appr'], carol: ['appr'] })
await run('any, head is the maker, bob gave', any(approvals(1).from(role('head')), approvals(2).from(role('appr'))), { alice: ['head'], bob: ['appr'], carol: ['appr'] }, {}, ['bob'])
await run('any, equal', any(approvals(1).from(role('head')), approvals(1).from(role('appr'))), { hana: ['head'], bob: ['appr'] })
// a delegate out of a pool for the one role, not for the other: Bob is both, pool for head is empty
const s = await run('pool', any(approvals(1).from(role('head')), approvals(1).from(role('appr'))), { bob: ['appr', 'head'], dora: [] }, {}, [], { head: { description: 'h', delegates: 'pool' } })
console.log((await s.when('bob', 'delegate', { delegation: 'd', principal: 'bob', to: 'dora', from: s.now, until: '2026-04-01T00:00Z', scope: { roles: ['appr'] } })).outcome)
console.log(JSON.stringify(s.explain('K').waysOut), (await s.when('dora', 'approve', { change: 'K' })).outcome, s.isApprovable('K'))
