import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const rules = controls('r', { 'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('a'), 'CM-2': separate('make', 'test').because('b'), 'CM-4': separate('approve', 'release', { exceptions: 'allowed' }).because('c') })
const rule = (a: string, b: string) => exception(a, b).grantedBy(role('head')).atMost('7d').compensatedBy('d').because('e')
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } }), release('production', { by: role('deployer') })]
const policies = [fixturePolicy({ flow, options: { complies: rules, exceptions: [rule('make', 'approve'), rule('approve', 'release')] } })]
const s = await f0Tested({ controls: rules, policies, people: { alice: [], bob: ['appr', 'head', 'deployer'], erin: ['tester'], rita: [] } })
await s.given('bob', 'approve', { change: 'K' }); console.log(JSON.stringify(s.explain('K').waysOut))
const t = await f0Tested({ controls: rules, policies, people: { alice: [], rita: ['appr'], erin: ['tester'], hana: ['head'] }, submit: { content: { digest: 'a'.repeat(64), makers: ['rita'] } } })
console.log(JSON.stringify(t.explain('K').waysOut))
const u = await f0Tested({ controls: rules, policies })
await u.given('bob', 'reject', { change: 'K', comment: 'no' }); await u.given('ada', 'recordDeparture', { person: 'bob' }); await u.given('carol', 'approve', { change: 'K' })
console.log(JSON.stringify(u.explain('K').waysOut), u.explain('K').whoCanUnblock)
