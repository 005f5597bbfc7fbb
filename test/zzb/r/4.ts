// task: the only one who can
import { f0, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, release, role, task } from 'countersign/policy'
for (const checklist of [{}, { checklist: { backup: 'a backup was made' } }]) {
const flow = [approval('approve', approvals(2).from(role('appr'))), task('build', { by: role('head'), duty: 'make', ...checklist }), approval('again', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const s = await f0({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, bob: ['appr', 'head'], fay: ['appr'] } })
await s.given('bob', 'approve', { change: 'K' }); await s.given('carol', 'approve', { change: 'K' })
const e = s.explain('K')
console.log(e.state, JSON.stringify(e.waysOut), e.whoCanUnblock, e.stages[1]!.status, JSON.stringify(e.stages[1]!.eligible))
const a: any = await s.when('alice', 'complete', { change: 'K', stage: 'build' }); console.log('alice', a.refusal?.code, a.because, a.help)
if ('checklist' in checklist) console.log('bob tick', (await s.when('bob', 'tick', { change: 'K', stage: 'build', items: ['backup'] })).outcome)
const b: any = await s.when('bob', 'complete', { change: 'K', stage: 'build' }); console.log('bob', b.outcome, b.refusal?.code, s.change('K').state, s.explain('K').whoCanUnblock)
}
