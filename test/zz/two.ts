import { createDesk } from 'countersign'
import { openSqliteStore } from '@countersign/store-sqlite'
import { Scenario, baseline, content } from '@countersign/testing'
import { approval, approvals, category, policy, release, role } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { rmSync } from 'node:fs'
rmSync('/tmp/zz-two.db', {force:true})
const flow = [approval('peer', approvals(1).from(role('appr'))), release('roll', { by: role('deployer') })]
const p = policy('t', { complies: baseline, roles: { appr: 'a', deployer: 'd' } }, { normal: category({ flow }) })
const s = await Scenario.open({ controls: baseline, policies: [p], people: { ann: ['appr'], bob: ['appr'], paul: ['deployer'], fred: [], mia: [] }, store: await openSqliteStore('/tmp/zz-two.db') })
const A = s.desk
const B = await createDesk({ store: await openSqliteStore('/tmp/zz-two.db'), clock: () => new Date(s.now) })
const K = await s.submitted('fred', 'normal', {}, { makers: ['mia'] })
await B.by('fred').submit({ change: 'C', team: 't', category: 'normal', title: 'x', reason: 'x', form: {}, parent: K, content: { digest: content('c'), makers: ['ann'] } })
s.at(10 * 24 * 3600_000)
const { revision, digest } = A.change(K)!
console.log((await A.by('ann').approve({ change: K, revision, digest })).outcome)
console.log((await A.by('paul').release({ change: K, revision, digest })).outcome)
