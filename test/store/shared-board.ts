import { baseline, content, Scenario } from '@countersign/testing'
import type { Store } from '@countersign/trail/store'
import type { Desk } from 'countersign'
import { approval, approvals, board, category, policy, release, role, task } from 'countersign/policy'
import fc from 'fast-check'

export const limits = { doing: 2, capacity: 4, person: 2 }

/** What everybody works on who takes part: few tickets, so that they meet on them, and limits that are soon reached. */
const rules = policy(
  't',
  {
    complies: baseline,
    roles: { engineer: 'builds', appr: 'approves', deployer: 'releases' },
    board: board({
      columns: [
        { name: 'doing', stages: ['build'], limit: limits.doing },
        { name: 'deciding', stages: ['approve', 'production'] },
      ],
      perPerson: limits.person,
      capacity: limits.capacity,
    }),
  },
  {
    normal: category({
      flow: [
        task('build', { by: role('engineer') }),
        approval('approve', approvals(2).from(role('appr'))),
        release('production', { by: role('deployer') }),
      ],
    }),
  },
)
const approvers = ['bob', 'carol', 'dan', 'eve']
const people = {
  rita: [],
  alice: ['engineer'],
  amir: ['engineer'],
  paul: ['deployer'],
  ...Object.fromEntries(approvers.map(person => [person, ['appr']])),
}
const tickets = 6
/** How many ids there are that several callers give. */
const shared = 50

/** Founds the trail, with the first tickets on the board. */
export async function found(store: Store): Promise<void> {
  const scenario = await Scenario.open({ controls: baseline, policies: [rules], people, store })
  for (let at = 0; at < tickets; at++) await scenario.given('rita', 'submit', submission(`K${at}`))
}

const submission = (change: string) => ({
  change,
  team: 't',
  category: 'normal',
  title: 'a change',
  reason: 'to be worked on by many',
  form: {},
  content: { digest: content(change), makers: ['alice'] },
})

const wish = fc.record({
  do: fc.constantFrom(
    ...'submit revise reject resubmit withdraw cancel revoke regroup again assign grant again assign grant grant'.split(
      ' ',
    ),
    ...'move complete approve approve release '.repeat(5).trim().split(' '),
  ),
  ticket: fc.nat({ max: 999 }),
  who: fc.nat({ max: 999 }),
})

export interface Envelope {
  readonly account: string
  readonly id: string
  readonly command: object
}

/**
 * Commands without end, the same for the same seed as long as the desk says the same: about any ticket, by any of those
 * who could be meant. Under some ids (`again`) several callers give one and the same command.
 */
export function* commandsOf(desk: Desk, seed: number, prefix: string): Generator<Envelope, never, undefined> {
  for (let block = 0; ; block++) {
    for (const [at, one] of fc.sample(wish, { seed: seed + block * 7_919, numRuns: 100 }).entries()) {
      const [account, command] = commandOf(desk, one)
      const id =
        one.do === 'again' ? `shared-${String(one.ticket % shared).padStart(4, '0')}` : `${prefix}-${block}-${at}-id`
      yield { account, id, command }
    }
  }
}

const ended = ['completed', 'closed', 'cancelled']

interface Wish {
  readonly do: string
  readonly ticket: number
  readonly who: number
}

function commandOf(desk: Desk, { do: type, ticket, who }: Wish): [account: string, object] {
  // What two callers hand in under one id is one command.
  if (type === 'again') return ['rita', { type: 'assign', change: `K${(ticket % shared) % tickets}`, to: 'amir' }]
  const open = desk.changes().filter(one => !ended.includes(one.state))
  const change = open[ticket % Math.max(1, open.length)]
  // When few are left, somebody asks for more; two who see the same end ask for the same.
  if (type === 'submit' || change === undefined || (open.length < 4 && who % 3 === 0))
    return ['rita', { type: 'submit', ...submission(`K${desk.changes().length}`) }]
  const about = { change: change.id }
  const seen = { ...about, revision: change.revision, digest: change.digest }
  const comment = 'as agreed'
  const approver = approvers[who % approvers.length] ?? 'bob'
  const engineer = who % 2 === 0 ? 'alice' : 'amir'
  switch (type) {
    case 'move':
      return ['rita', { type, ...about }]
    case 'assign':
      return ['rita', { type, ...about, to: engineer }]
    case 'complete':
      return [engineer, { type, ...about, stage: 'build' }]
    case 'approve':
      return [approver, { type, ...seen }]
    case 'reject':
      return [approver, { type, ...seen, comment }]
    case 'withdraw':
      return [approver, { type, ...about, comment }]
    case 'release':
      return ['paul', { type, ...seen }]
    case 'revise':
      return ['alice', { type, ...about, content: { digest: content(`r${who}`), makers: [engineer] }, comment }]
    case 'resubmit':
    case 'cancel':
      return ['rita', { type, ...about, comment }]
    case 'grant':
      return ['ada', { type: 'grantRole', role: 'appr', to: approver, team: '*' }]
    case 'revoke':
      return ['otto', { type: 'revokeRole', role: 'appr', from: approver, team: '*' }]
    case 'regroup':
      return ['ada', { type: 'assignGroups', person: approver, groups: [`g${who % 3}`] }]
    default:
      throw new Error(`nobody wishes to ${type}`)
  }
}
