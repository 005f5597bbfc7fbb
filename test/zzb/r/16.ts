import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, field, release, role, test, share, all } from 'countersign/policy'
const say = (l: string, r: any) => console.log(l, r.outcome, r.refusal?.code ?? '', r.because ?? '', '|', r.help ?? '')
{
const s = await f0Tested({})
await s.given('bob', 'reject', { change: 'K', comment: 'no' })
const e = s.explain('K'); console.log(e.state, JSON.stringify(e.waysOut), e.whoCanUnblock, e.stages.map(x => x.status))
for (const p of ['alice', 'erin', 'rita', 'bob']) await s.given('ada', 'recordDeparture', { person: p })
const e2 = s.explain('K'); console.log(e2.state, JSON.stringify(e2.waysOut), e2.whoCanUnblock)
say('carol resubmits', await s.when('carol', 'resubmit', { change: 'K', comment: 'again' }))
say('carol revises', await s.when('carol', 'revise', { change: 'K', reason: 'another reason for it', comment: 'again' }))
say('carol resubmits', await s.when('carol', 'resubmit', { change: 'K', comment: 'again' }))
}
{ // delegate & laxer
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr'))), approval('more', approvals(1).from(role('appr')), { when: field('risk').is('high') }), release('production', { by: role('deployer') })]
const s = await f0Tested({ policies: [fixturePolicy({ flow })], people: { ...fixturePeople, carol: [], dan: [], dora: [] }, delegations: { bob: 'dora' }, submit: { form: { system: 'ledger', risk: 'high' } } })
say('rita', await s.when('rita', 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'less' }))
await s.given('bob', 'approve', { change: 'K' })
say('rita after bob approved', await s.when('rita', 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'less' }))
say('bob', await s.when('bob', 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'less' }))
}
