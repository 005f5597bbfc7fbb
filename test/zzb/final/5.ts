import { f0, f0Tested, fixturePolicy, fixturePeople } from '@countersign/testing'
import { all, any, approval, approvals, controls, exception, field, release, role, separate, task, test } from 'countersign/policy'
const s = await f0Tested()
await s.given('bob', 'reject', { change: 'K', comment: 'not like this' })
const e = s.explain('K'); console.log(e.state, e.waysOut, e.whoCanUnblock)
console.log((await s.when('rita', 'resubmit', { change: 'K', comment: 'again' })).outcome)
