import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const appr = approvals(1).from(role('appr'))
const flow = [test('verify', { by: role('tester') }), approval('approve', appr), approval('more', appr, { when: field('risk').is('high') }), release('production', { by: role('deployer') })]
const roles = { appr: { fallback: { role: 'head', when: ['vacant'] as const } }, tester: 't', deployer: 'd', head: 'h' } as any
const s = await f0Tested({ policies: [fixturePolicy({ flow, options: { roles } })], people: { ...fixturePeople, bob: [], carol: [], dan: [], hana: ['head'] }, submit: { form: { system: 'ledger', risk: 'high' } } })
console.log(s.explain('K').whoCanUnblock)
await s.given("hana", "approve", { change: "K" }); const r: any = await s.when("hana", "revise", { change: "K", form: { risk: "low" } as any, comment: "less" }); console.log(r.outcome, r.refusal?.code)
