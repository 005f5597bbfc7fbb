import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const flow = [approval('approve', approvals(2).from(role('appr'))), task('build', { by: role('head'), duty: 'make' }), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, bob: ['appr', 'head'] } })
for (const p of ['bob', 'carol']) await s.given(p, 'approve', { change: 'K' })
const e = s.explain('K'); console.log(e.stages[1]!.status, e.whoCanUnblock, JSON.stringify(e.waysOut), JSON.stringify(e.stages[1]!.eligible))
const a: any = await s.when('alice', 'complete', { change: 'K', stage: 'build' }); console.log('alice', a.refusal.code, a.help)
console.log('bob', (await s.when('bob', 'complete', { change: 'K', stage: 'build' })).outcome, s.change('K').state, s.explain('K').whoCanUnblock)
