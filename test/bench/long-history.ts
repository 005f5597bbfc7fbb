import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { EMPTY_ROOT, sealEntry } from '@countersign/trail'
import {
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  type Controls,
  category,
  controls,
  field,
  type Policy,
  policy,
  release,
  role,
  separate,
  task,
  test,
} from 'countersign/policy'
import * as z from 'zod'
import { decide } from '../../packages/countersign/src/record/decide.ts'
import { commandSchema } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { foundingOf } from '../../packages/testing/src/scenario.ts'

const names = ['payments', 'ledger', 'billing', 'treasury', 'tax', 'payroll', 'reporting', 'procurement']
const perTeam = 20
const inProgress = 12

const rules: Controls = controls('finance', {
  'CM-1': separate('make', 'approve').because('nobody approves what they made'),
  'CM-2': separate('make', 'test').because('nobody signs off the test of what they made'),
  'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
})

const form = z.object({
  system: z.enum(['core', 'web', 'batch']),
  risk: z.enum(['low', 'high']),
  rollback: z.string().max(400),
})

const roles = {
  engineer: 'makes changes',
  tester: 'tests them',
  owner: 'answers for what they change',
  finance: 'answers for the books',
  deployer: 'puts them into effect',
}

/** A team's policy: changes, projects whose approval their patches take over, and small ones. */
const policyFor = (team: string): Policy => {
  const material = ['system', 'risk', 'content']
  const production = release('production', { by: role('deployer') })
  const finance = approval('finance', approvals(1).from(role('finance')), { when: field('risk').is('high') })
  const carriedFrom = approved('project').covers({ system: 'system' }).for('90d')
  return policy(
    team,
    { complies: rules, roles },
    {
      normal: category({
        form,
        material,
        flow: [
          task('build', { by: role('engineer') }),
          test('verify', { by: role('tester') }),
          approval('peer', approvals(2).from(role('owner'))),
          finance,
          production,
        ],
      }),
      project: category({
        form,
        material,
        flow: [approval('decide', approvals(2).from(role('owner'))), finance, production],
      }),
      patch: category({
        form,
        material,
        flow: [
          test('verify', { by: role('tester') }),
          approval('decide', approvals(1).from(role('owner')), { carriedFrom }),
          production,
        ],
      }),
      small: category({ form, material, flow: [approval('peer', approvals(1).from(role('owner'))), production] }),
    },
  )
}

/** Numbers that are the same every time. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/**
 * The entries of a company's years, as lines: eight teams of twenty, each with some changes in progress at a time, of
 * which each goes its way through its team's flow: makers, testers, approvers, stand-ins, edits, rejections, patches of
 * projects, and now and then somebody who tries what they may not. All of it is decided by the library's own rules.
 */
export function* longHistory(entries: number): Generator<Uint8Array> {
  const state = new State()
  const pick = chance(20_261_126)
  const one = <Of>(list: readonly Of[]): Of => list[pick(list.length)] as Of
  const person = (team: string, number: number) => `${team}-${number}`
  const held = (number: number) =>
    number < 8
      ? ['engineer']
      : number < 11
        ? ['tester']
        : number < 16
          ? ['owner']
          : number < 18
            ? ['finance']
            : ['deployer']
  const people = Object.fromEntries(
    names.flatMap(team => Array.from({ length: perTeam }, (_, number) => [person(team, number), held(number)])),
  )
  const engineer = (team: string) => person(team, pick(8))
  const tester = (team: string) => person(team, 8 + pick(3))
  const owner = (team: string) => person(team, 11 + pick(5))
  const finance = (team: string) => person(team, 16 + pick(2))
  const deployer = (team: string) => person(team, 18 + pick(2))

  let prev = EMPTY_ROOT
  let now = Date.parse('2026-01-05T08:00:00.000Z')
  let written = 0
  /** Decides a command; gives its line where it is accepted, or refused in a way that is recorded. */
  const give = (account: string, type: string, rest: object): Uint8Array => {
    const command = (commandSchema(type) as z.ZodType).parse({ type, ...rest }) as never
    const at = new Date(now).toISOString()
    const id = `entry-${written.toString().padStart(7, '0')}`
    const decided = decide(state, { id, at, account, command })
    const { stream, streamSeq, by, outcome, policy: under, reads } = decided
    const told = { v: 1, seq: written, id, at, stream, streamSeq, by, command, outcome } as const
    const body = {
      ...told,
      ...(under === undefined ? {} : { policy: under }),
      ...(reads === undefined ? {} : { reads }),
    }
    const { bytes, leafHash } = sealEntry(body, prev)
    state.fold(body as never, decided.next)
    prev = leafHash
    written += 1
    return bytes
  }
  for (const [account, type, rest] of foundingOf({
    controls: rules,
    policies: names.map(policyFor),
    people,
    at: new Date(now).toISOString(),
  })) {
    yield give(account, type, rest)
    if (written === entries) return
  }
  const open = new Map<string, string[]>(names.map(team => [team, []]))
  const projects = new Map<string, string[]>(names.map(team => [team, []]))
  for (let submitted = 0; written < entries; ) {
    now += 1_000 * pick(60)
    const team = one(names)
    const own = open.get(team) ?? []
    if (pick(400) === 0) {
      const from = new Date(now).toISOString()
      const until = new Date(now + 86_400_000 * (1 + pick(10))).toISOString()
      const who = person(team, pick(perTeam))
      const to = held(Number(who.split('-')[1])).includes('owner') ? owner(team) : who
      yield to === who || pick(2) === 0
        ? give(who, 'recordAbsence', { person: who, from, until })
        : give(who, 'delegate', { delegation: `${who}-${written}`, principal: who, to, from, until })
      continue
    }
    if (own.length < inProgress) {
      const change = `${team.slice(0, 3).toUpperCase()}-${submitted++}`
      const parents = projects.get(team) ?? []
      const kind = pick(12)
      const parent = kind < 2 && parents.length > 0 ? one(parents.slice(-4)) : undefined
      const is = parent !== undefined ? 'patch' : kind === 2 ? 'project' : kind < 6 ? 'small' : 'normal'
      const digest = submitted.toString(16).padStart(64, '0')
      yield give(engineer(team), 'submit', {
        change,
        team,
        category: is,
        title: `Change ${submitted} of ${team}`,
        reason: 'the ledger and the bank differ by a cent on one invoice in ten thousand',
        form: {
          system: one(['core', 'web', 'batch']),
          risk: pick(4) === 0 ? 'high' : 'low',
          rollback: 'put back what was there',
        },
        content: { digest, makers: [engineer(team)] },
        ...(parent === undefined ? {} : { parent }),
      })
      if (is === 'project') parents.push(change)
      own.push(change)
      continue
    }
    const id = one(own)
    const change = state.changes.get(id)
    if (change === undefined) throw new Error(`${id} is not there`)
    const bound = { change: id, revision: change.revision, digest: change.digest }
    const isPeer = change.state === 'peer' || change.state === 'decide'
    if (change.state === 'completed') {
      own.splice(own.indexOf(id), 1)
      yield give(change.requestedBy, 'close', { change: id })
    } else if (change.state === 'returned')
      yield give(change.requestedBy, 'resubmit', { change: id, comment: 'the reason is there now' })
    else if (pick(60) === 0)
      yield give(change.requestedBy, 'approve', {
        ...bound,
        stage: change.state === 'finance' ? 'finance' : 'peer',
        comment: 'mine',
      })
    else if (pick(40) === 0)
      yield give(change.requestedBy, 'revise', {
        change: id,
        content: { digest: written.toString(16).padStart(64, 'a'), makers: [engineer(team)] },
        comment: 'what the test has shown',
      })
    else if (change.state === 'build')
      yield give(engineer(team), 'complete', { change: id, stage: 'build', comment: 'done' })
    else if (change.state === 'verify')
      yield give(tester(team), 'signOff', {
        ...bound,
        stage: 'verify',
        result: 'passed',
        evidence: [{ name: 'report' }],
      })
    else if (isPeer && pick(30) === 0) yield give(owner(team), 'reject', { ...bound, comment: 'say why it is needed' })
    else if (isPeer) yield give(owner(team), 'approve', { ...bound, comment: 'read the diff, ran the numbers' })
    else if (change.state === 'finance') yield give(finance(team), 'approve', { ...bound, comment: 'the books agree' })
    else yield give(deployer(team), 'release', bound)
  }
}

/** Writes such a history as a trail file. */
export async function writeLongHistory(path: string, entries: number): Promise<void> {
  const out = createWriteStream(path)
  let lines: Uint8Array[] = []
  for (const line of longHistory(entries)) {
    lines.push(line, Uint8Array.of(10))
    if (lines.length < 4_096) continue
    if (!out.write(Buffer.concat(lines))) await once(out, 'drain')
    lines = []
  }
  out.end(Buffer.concat(lines))
  await once(out, 'finish')
}
