import { f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { approval, approvals, field, release, role, test } from 'countersign/policy'
const say = (l: string, r: any) => console.log(l, r.outcome, r.refusal?.code ?? '', r.because ?? '', '|', r.help ?? '')
for (const [when, after] of [['vacant', undefined], ['absent', undefined], ['unanswered', '6h']] as const) {
const flow = [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr'))), approval('more', approvals(1).from(role('appr')), { when: field('risk').is('high') }), release('production', { by: role('deployer') })]
const p = fixturePolicy({ flow, options: { roles: { appr: { fallback: { role: 'head', when: [when], ...(after ? { after } : {}) } }, tester: 'tests', deployer: 'releases', head: 'heads' } as any } })
const people: any = { ...fixturePeople, hana: ['head'], hugo: ['head'], carol: [], dan: [], bob: when === 'vacant' ? [] : ['appr'] }
const s = await f0Tested({ policies: [p], people, submit: { form: { system: 'ledger', risk: 'high' } }, ...(when === 'absent' ? { absent: ['bob'] } : {}) })
s.at(7 * 3600_000)
console.log(when, s.explain('K').whoCanUnblock)
say('rita lowers the risk', await s.when('rita', 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'it is less' }))
say('hana lowers the risk', await s.when('hana', 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'it is less' }))
say('bob lowers the risk', await s.when('bob', 'revise', { change: 'K', form: { risk: 'low' } as any, comment: 'it is less' }))
}
