import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { f0, fixturePolicy, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import { approval, approvals, type Policy, release, role, test as tested } from 'countersign/policy'
import { type Finding, verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordBody } from '../../packages/countersign/src/record/record.ts'
import { Duties } from '../../packages/countersign/src/verify/duties/duties.ts'
import { type Given, isEnough, type Way, ways } from '../../packages/countersign/src/verify/duties/enough.ts'

// Histories written by hand, in which everything is accepted, as whoever forges a whole trail can write them. The duties
// are told from them alone: nothing here decides anything.

type Flow = Policy['categories'][string]['flow']
type Stage = Flow[number]
type Approval = Extract<Stage, { kind: 'approval' }>
type Loose = { readonly [member: string]: unknown }

const digest = (of: number): string => String(of).padStart(64, '0')
const day = 86_400_000
const appr = (count: number, more: object = {}) => ({ approvals: count, from: 'appr', ...more })
const asks = (requires: Approval['requires'], more: Partial<Approval> = {}): Approval => ({
  kind: 'approval',
  name: 'approve',
  requires,
  ...more,
})
const verify: Stage = { kind: 'test', name: 'verify', by: 'tester', signOffs: 1, evidence: 'optional' }
const production: Stage = { kind: 'release', name: 'production', by: 'deployer' }
const flow = (...stages: Stage[]): Flow => [...stages, production]

const policyOf = (normal: Flow, more: Partial<Policy> = {}, categories: Record<string, Loose> = {}): Policy => {
  const category = { form: { type: 'object', properties: {}, required: [], additionalProperties: false }, material: [] }
  return {
    format: 'countersign/policy/v1',
    team: 't',
    complies: { controls: 'baseline', digest: digest(1) },
    roles: { appr: {}, head: {}, tester: {}, deployer: {} },
    separate: [],
    permit: [],
    categories: {
      normal: { ...category, flow: normal },
      ...Object.fromEntries(Object.entries(categories).map(([name, one]) => [name, { ...category, ...one }])),
    },
    ...more,
  } as Policy
}

/** A history of one team under one policy; what was found in it, and on which exceptions it rested. */
class History {
  readonly findings: Finding[] = []
  readonly duties = new Duties(finding => this.findings.push(finding))
  readonly #approvals = new Map<string, number>()
  #now = Date.parse('2026-03-02T08:00:00.000Z')
  #seq = 0

  constructor(policy: Policy, clauses: Loose = {}) {
    this.write('ada', { type: 'found', administrators: [] }, [{ type: 'trail.founded' }])
    for (const person of ['ada', 'alice', 'bob', 'carol', 'dan', 'erin', 'rita', 'paul', 'hana', 'dora'])
      this.write('ada', { type: 'registerPerson' }, [
        { type: 'person.registered', person },
        { type: 'account.linked', account: person, person },
      ])
    for (const [name, ...people] of [
      ['appr', 'bob', 'carol', 'dan'],
      ['tester', 'erin'],
      ['deployer', 'paul'],
      ['head', 'hana'],
    ] as [string, ...string[]][])
      for (const person of people) this.grant(name, person)
    const controls = { format: 'countersign/controls/v1', name: 'baseline', clauses }
    this.write('ada', { type: 'proposeControls', controls }, [{ type: 'controls.proposed', digest: digest(1) }])
    this.write('ada', { type: 'proposePolicy', policy }, [{ type: 'policy.proposed', digest: digest(2) }])
  }

  get codes(): string[] {
    return this.findings.map(one => one.code)
  }

  get at(): string {
    return new Date(this.#now).toISOString()
  }

  later(time: number): this {
    this.#now += time
    return this
  }

  write(account: string, command: Loose, events: Loose[], as?: unknown): this {
    const by = as === undefined ? { account } : { account, as }
    // What an entry says of its own place is nothing to go by.
    const body = { seq: 7, at: this.at, by, command, outcome: { accepted: events }, policy: digest(2) }
    this.duties.entry(this.#seq, body as unknown as RecordBody)
    this.#seq += 1
    return this
  }

  // People

  grant(name: string, to: string, by = 'ada'): this {
    const event = { type: 'role.granted', by, role: name, to, team: '*', at: this.at, from: this.at }
    return this.write(by, { type: 'grantRole' }, [event])
  }

  alias(person: string, is: string): this {
    return this.write('ada', { type: 'recordAlias' }, [{ type: 'alias.recorded', person, is, at: this.at }])
  }

  departs(person: string, compromised = false): this {
    const event = { type: 'person.departed', person, at: this.at, compromised }
    return this.write('ada', { type: 'recordDeparture' }, [event])
  }

  groups(groups: Record<string, string[]>): this {
    for (const [person, list] of Object.entries(groups))
      this.write('ada', { type: 'assignGroups' }, [{ type: 'groups.assigned', person, groups: list }])
    return this
  }

  delegates(principal: string, to: string, more: Loose = {}, by = principal): this {
    const event = { type: 'delegation.granted', delegation: `${principal}-${to}`, by, principal, to, ...more }
    return this.write(by, { type: 'delegate' }, [event])
  }

  // Changes

  submit(change = 'K', more: Loose = {}, events: Loose[] = []): this {
    const command = { type: 'submit', change, team: 't', category: 'normal', form: {}, ...more }
    const content = { digest: digest(9), makers: ['alice'] }
    this.#approvals.set(change, 0)
    return this.write('rita', { content, ...command }, [
      { type: 'change.submitted', digest: digest(3) },
      ...this.#told(change, events),
    ])
  }

  revise(change: string, by: string, to: number, more: Loose = {}, events: Loose[] = []): this {
    const event = { type: 'change.revised', revision: to, digest: digest(to + 2), material: true }
    return this.write(by, { type: 'revise', change, ...more }, [event, ...this.#told(change, events)])
  }

  approve(person: string, more: Loose = {}, change = 'K'): this {
    const { stage = 'approve', role: name = 'appr', seat, as, ...rest } = more
    const command = { type: 'approve', change, revision: 1, digest: digest(3), ...rest }
    const seats = [seat ?? { role: name, capacity: 'own' }]
    this.#approvals.set(change, (this.#approvals.get(change) ?? 0) + 1)
    return this.write(person, command, [{ type: 'approval.granted', stage, person, chain: [person], seats }], as)
  }

  signOff(person = 'erin', change = 'K', more: Loose = {}): this {
    const command = { type: 'signOff', change, revision: 1, digest: digest(3), result: 'passed', ...more }
    const seats = [{ role: 'tester', capacity: 'own' }]
    return this.write(person, command, [{ type: 'test.signed-off', stage: 'verify', person, chain: [person], seats }])
  }

  reject(person: string, change = 'K', more: Loose = {}): this {
    const command = { type: 'reject', change, revision: 1, digest: digest(3), ...more }
    return this.write(person, command, [
      { type: 'change.rejected', stage: 'approve', person, chain: [person], seats: [] },
    ])
  }

  release(more: Loose = {}, change = 'K', person = 'paul'): this {
    const { stage = 'production', ...rest } = more
    const command = { type: 'release', change, revision: 1, digest: digest(3), ...rest }
    const event = {
      type: 'change.released',
      stage,
      person,
      chain: [person],
      seats: [{ role: 'deployer', capacity: 'own' }],
    }
    return this.write(person, command, [event])
  }

  lift(person: string, rejection = 0): this {
    return this.write(person, { type: 'liftVeto', change: 'K' }, [{ type: 'veto.lifted', rejection, by: person }])
  }

  /** Asks for an exception for Alice from keeping make and approve apart, for a week. */
  ask(by = 'alice', more: Loose = {}): this {
    const until = new Date(this.#now + 7 * day).toISOString()
    const asked = { exception: 'x1', person: 'alice', duties: ['approve', 'make'], until, ...more }
    return this.write(by, { type: 'requestException', change: 'K', ...asked }, [{ type: 'exception.requested' }])
  }

  except(by: string): this {
    const event = { type: 'exception.granted', exception: 'x1', by }
    return this.write(by, { type: 'grantException', change: 'K', exception: 'x1' }, [event])
  }

  /** What comes with an entry; approvals that are carried are counted among those of the change. */
  #told(change: string, events: Loose[]): Loose[] {
    const carried = events.filter(one => one.type === 'approval.carried').length
    this.#approvals.set(change, (this.#approvals.get(change) ?? 0) + carried)
    return events
  }
}

/** Whether every place can be given to a different person, by trying everybody for each. */
function tryAll(way: Way, given: readonly Given[]): boolean {
  const places = [...way].flatMap(([name, { count, groups }]) =>
    Array.from({ length: count }, (_, at) => ({ name, isGrouped: at < groups })),
  )
  const fill = (at: number, left: readonly Given[], taken: readonly string[]): boolean => {
    const place = places[at]
    if (place === undefined) return true
    return left.some(one => {
      const others = left.filter(other => other !== one)
      if (!one.roles.includes(place.name)) return false
      if (!place.isGrouped) return fill(at + 1, others, taken)
      const free = one.groups.map(group => `${place.name} ${group}`).filter(group => !taken.includes(group))
      return free.some(group => fill(at + 1, others, [...taken, group]))
    })
  }
  return fill(0, given, [])
}

const two = policyOf(flow(asks(appr(2))))
const open = (policy: Policy = two, clauses?: Loose) => new History(policy, clauses)
const unapproved = ['release.unapproved']
const carried = (from: Loose, person: string, more: Loose = {}) => ({
  type: 'approval.carried',
  stage: 'approve',
  person,
  chain: [person],
  seats: [{ role: 'appr', capacity: 'own' }],
  from,
  at: '2026-03-02T08:00:00.000Z',
  until: '2030-01-01T00:00:00.000Z',
  ...more,
})

describe('separation, told again', () => {
  it('is silent where two others approve what Alice made', () => {
    expect(open().submit().approve('bob').approve('carol').release().codes).toEqual([])
  })

  it('finds the maker, the requester, and whoever edits or is given the work, among those who decide', () => {
    expect(open().submit().approve('alice').codes).toEqual(['duty.violated'])
    expect(open().submit().approve('rita').codes).toEqual(['duty.violated'])
    expect(open().submit().reject('alice').codes).toEqual(['duty.violated'])
    expect(
      open(policyOf(flow(verify, asks(appr(1)))))
        .submit()
        .signOff('alice').codes,
    ).toEqual(['duty.violated'])
    expect(
      open()
        .submit()
        .revise('K', 'bob', 2)
        .approve('bob', { revision: 2, digest: digest(4) }).codes,
    ).toEqual(['duty.violated'])
    const given = open().submit().approve('bob').approve('carol')
    given.write('rita', { type: 'assign', change: 'K', to: 'bob' }, [{ type: 'change.assigned', to: 'bob' }])
    expect(given.release().codes).toEqual(unapproved)
  })

  it('lets the requester approve where the policy says so, and whoever made nothing since', () => {
    const permit = [{ duties: ['approve', 'request'], because: 'said' }] as Policy['permit']
    expect(
      open(policyOf(flow(asks(appr(1))), { permit }))
        .submit()
        .approve('rita')
        .release().codes,
    ).toEqual([])
  })

  it('finds the maker behind another login, a robot, a delegate in the middle and another id', () => {
    const link = (account: string, event: Loose) => [{ type: 'account.linked', account, ...event }]
    const login = open().write('ada', { type: 'linkAccount' }, link('alice-adm', { person: 'alice' }))
    expect(login.submit().approve('alice-adm').codes).toEqual(['duty.violated'])

    const robot = open().write('ada', { type: 'registerBot' }, [
      { type: 'bot.registered', bot: 'bot', controller: 'dan' },
      ...link('bot', { bot: 'bot' }),
    ])
    robot.write('ada', { type: 'assignController' }, [{ type: 'bot.assigned', bot: 'bot', controller: 'alice' }])
    expect(robot.submit().signOff('bot').codes).toEqual(['duty.violated'])

    const passedOn = open().delegates('bob', 'alice').delegates('alice', 'dora', { of: 'bob-alice' })
    const seat = { role: 'appr', capacity: 'delegate', principal: 'bob', delegation: 'alice-dora' }
    expect(passedOn.submit().approve('dora', { seat }).codes).toEqual(['duty.violated'])

    const known = open().submit().alias('bob', 'dora').alias('dora', 'alice').approve('bob')
    expect(known.codes).toEqual(['duty.violated'])
  })

  it('stops counting what was approved before it was known whose it is', () => {
    const learned = open().submit().approve('bob').approve('carol').alias('bob', 'alice')
    expect(learned.release().codes).toEqual(unapproved)
  })

  it('takes a login that was given to another human for theirs from then on, and no earlier', () => {
    const again = open().submit().approve('bob')
    again.write('ada', { type: 'unlinkAccount' }, [{ type: 'account.unlinked', account: 'bob' }])
    again.write('ada', { type: 'linkAccount' }, [{ type: 'account.linked', account: 'bob', person: 'dan' }])
    expect(again.approve('bob').release().codes).toEqual([])
  })

  it('reaches up to what was made on a parent and on its parent, and down for a new decision only', () => {
    const made = (maker: string) => ({ content: { digest: digest(9), makers: [maker] } })
    const family = () =>
      open()
        .submit('G', made('dora'))
        .submit('P', { parent: 'G', ...made('hana') })
        .submit('K', { parent: 'P', ...made('alice') })
    expect(family().approve('dora').codes).toEqual(['duty.violated'])
    expect(family().approve('alice', {}, 'G').codes).toEqual(['duty.violated'])
    const before = open().submit('P', made('hana')).approve('bob', {}, 'P').approve('carol', {}, 'P')
    before.submit('K', { parent: 'P', ...made('bob') })
    expect(before.release({}, 'P').codes).toEqual([])
    expect(before.approve('carol').approve('dan').release().codes).toEqual([])
    const since = open().submit('P', made('hana')).submit('K', { parent: 'P' }).approve('bob').approve('carol')
    expect(since.revise('P', 'carol', 2).release().codes).toEqual(unapproved)
  })

  it('finds whoever releases what they made, where that is kept apart', () => {
    const separate = [{ duties: ['make', 'release'], because: 'said' }] as Policy['separate']
    const other = open(policyOf(flow(asks(appr(1))), { separate })).submit('K', { content: { makers: ['paul'] } })
    expect(other.approve('bob').release().codes).toEqual(['duty.violated'])
  })
})

describe('binding, told again', () => {
  it('finds a decision for another revision, another digest, and another environment', () => {
    expect(open().submit().approve('bob', { revision: 2 }).codes).toEqual(['approval.unbound'])
    expect(
      open()
        .submit()
        .reject('bob', 'K', { digest: digest(7) }).codes,
    ).toEqual(['approval.unbound'])
    const done = open().submit().approve('bob').approve('carol').release({ environment: 'production' })
    expect(done.codes).toEqual(['approval.unbound'])
  })

  it('does not count what was approved before a material edit, nor in another category', () => {
    const seen = { revision: 2, digest: digest(4) }
    expect(open().submit().approve('bob').approve('carol').revise('K', 'alice', 2).release(seen).codes).toEqual(
      unapproved,
    )
    const other = open(policyOf(flow(asks(appr(2))), {}, { minor: { flow: flow(asks(appr(1))) } })).submit()
    const moved = { type: 'change.recategorised', category: 'minor', ...seen, editor: 'dan', round: 2 }
    other.approve('bob').write('dan', { type: 'recategorise', change: 'K', category: 'minor' }, [moved])
    expect(other.approve('dan', seen).release(seen).codes).toEqual(['duty.violated', ...unapproved])
    expect(other.approve('carol', seen).release(seen).codes).toEqual(['duty.violated', ...unapproved])
  })
})

describe('counting, told again', () => {
  it('takes each person once over all stages, whichever role they act in', () => {
    const stages = flow(asks(appr(1)), asks({ approvals: 1, from: 'head' }, { name: 'board' }))
    const twice = open(policyOf(stages)).submit().approve('bob').approve('bob', { stage: 'board', role: 'head' })
    expect(twice.release().codes).toEqual(unapproved)
    expect(twice.approve('hana', { stage: 'board', role: 'head' }).release().codes).toEqual(unapproved)
    expect(open().submit().approve('bob').approve('bob').release().codes).toEqual(unapproved)
    const known = open().alias('bob', 'dan').submit().approve('bob').approve('dan')
    expect(known.release().codes).toEqual(unapproved)
  })

  it('takes a delegate and the principal for one, and one delegate of two principals', () => {
    const seat = (principal: string) => ({
      role: 'appr',
      capacity: 'delegate',
      principal,
      delegation: `${principal}-dora`,
    })
    const both = () => open().delegates('bob', 'dora').delegates('carol', 'dora').submit()
    expect(
      both()
        .approve('dora', { seat: seat('bob') })
        .approve('bob')
        .release().codes,
    ).toEqual(unapproved)
    const served = both()
      .approve('dora', { seat: seat('bob') })
      .approve('dora', { seat: seat('carol') })
    expect(served.release().codes).toEqual(unapproved)
    expect(
      both()
        .approve('dora', { seat: seat('bob') })
        .approve('carol')
        .release().codes,
    ).toEqual([])
  })

  it('finds a place for everybody, whoever came first', () => {
    const roles = { all: [appr(1), { approvals: 1, from: 'head' }] }
    const seats = (...names: string[]) => names.map(name => ({ role: name, capacity: 'own' }))
    const told = open(policyOf(flow(asks(roles)))).submit()
    const command = { type: 'approve', change: 'K', revision: 1, digest: digest(3) }
    const granted = { type: 'approval.granted', stage: 'approve', person: 'hana', chain: ['hana'] }
    told.write('hana', command, [{ ...granted, seats: seats('appr', 'head') }])
    expect(told.approve('bob').release().codes).toEqual([])
  })

  it('counts what applies: any of several, conditions, and nothing where nothing applies', () => {
    const high = { field: 'risk', is: 'high' }
    const either = policyOf(flow(asks({ any: [appr(2), { approvals: 1, from: 'head' }] })))
    expect(open(either).submit().approve('hana', { role: 'head' }).release().codes).toEqual([])
    expect(open(either).submit().approve('bob').release().codes).toEqual(unapproved)
    const risky = policyOf(flow(asks({ all: [appr(1), { ...appr(2), when: high }] })))
    expect(
      open(risky)
        .submit('K', { form: { risk: 'low' } })
        .approve('bob')
        .release().codes,
    ).toEqual([])
    expect(
      open(risky)
        .submit('K', { form: { risk: 'high' } })
        .approve('bob')
        .release().codes,
    ).toEqual(unapproved)
    expect(open(risky).submit().approve('bob').release().codes).toEqual(unapproved)
    const none = policyOf(flow(asks(appr(1), { when: high })))
    expect(
      open(none)
        .submit('K', { form: { risk: 'low' } })
        .release().codes,
    ).toEqual(unapproved)
    const way = policyOf(flow(asks({ any: [appr(2), { ...appr(1), when: high }] })))
    expect(open(way).submit().approve('bob').release().codes).toEqual(unapproved)
    expect(
      open(policyOf(flow(asks({ approvals: 0 }))))
        .submit()
        .release().codes,
    ).toEqual([])
  })

  it('asks for stages that are open together, each of them', () => {
    const both: Stage = { kind: 'parallel', name: 'both', stages: [asks(appr(1)), verify] }
    expect(
      open(policyOf([both, production]))
        .submit()
        .approve('bob')
        .signOff()
        .release().codes,
    ).toEqual([])
    expect(
      open(policyOf([both, production]))
        .submit()
        .approve('bob')
        .release().codes,
    ).toEqual(['release.untested'])
    expect(
      open(policyOf([both, production]))
        .submit()
        .signOff()
        .release().codes,
    ).toEqual(unapproved)
  })

  it('counts testers once in a stage, and nobody whose test has become their own work', () => {
    const tests = policyOf(flow({ ...verify, signOffs: 2 } as Stage, asks(appr(1))))
    const once = open(tests).submit().signOff().signOff().approve('bob')
    expect(once.release().codes).toEqual(['release.untested'])
    const own = open(policyOf(flow(verify, asks(appr(1)))))
      .submit()
      .signOff()
      .approve('bob')
      .alias('erin', 'alice')
    expect(own.release().codes).toEqual(['release.untested'])
  })

  it('takes a rejection for the end of what the same person approved, under whichever id', () => {
    expect(open().submit().approve('bob').approve('carol').reject('bob').release().codes).toEqual(unapproved)
    const known = open().submit().approve('bob').approve('carol').reject('dan').alias('dan', 'bob')
    expect(known.release().codes).toEqual(unapproved)
  })

  it('counts no robot, and nothing that a compromised person gave', () => {
    const robot = open(policyOf(flow(asks(appr(1))))).write('ada', { type: 'registerBot' }, [
      { type: 'bot.registered', bot: 'bot', controller: 'bob' },
      { type: 'account.linked', account: 'bot', bot: 'bot' },
    ])
    expect(robot.submit().approve('bot').release().codes).toEqual(unapproved)
    const gone = () => open().submit().approve('bob').approve('carol')
    expect(gone().departs('bob', true).release().codes).toEqual(unapproved)
    expect(gone().alias('bob', 'dora').departs('dora', true).release().codes).toEqual(unapproved)
    expect(gone().departs('bob').release().codes).toEqual([])
    expect(gone().release().departs('bob', true).codes).toEqual([])
    const back = gone().departs('bob', true)
    back.write('ada', { type: 'recordReturn' }, [{ type: 'person.returned', person: 'bob', at: back.at }])
    expect(back.later(1).approve('bob').release().codes).toEqual([])
  })

  it('asks again for a leaver where the policy says so, hired again or not', () => {
    const stages = policyOf(flow(asks(appr(2), { leavers: 'reconfirm' })))
    const left = open(stages).submit().approve('bob').approve('carol').departs('bob')
    left.write('ada', { type: 'recordReturn' }, [{ type: 'person.returned', person: 'bob', at: left.at }])
    expect(left.release().codes).toEqual(unapproved)
    expect(
      open(stages).submit().approve('bob').approve('carol').departs('bob').alias('bob', 'dora').release().codes,
    ).toEqual([])
  })

  it('counts an approval up to the end of its time', () => {
    const stages = policyOf(flow(asks(appr(1), { validFor: '14d' })))
    expect(
      open(stages)
        .submit()
        .approve('bob')
        .later(14 * day - 1)
        .release().codes,
    ).toEqual([])
    expect(
      open(stages)
        .submit()
        .approve('bob')
        .later(14 * day)
        .release().codes,
    ).toEqual(unapproved)
  })

  it('counts an approval where it was given for, and a stage where it is for', () => {
    const staging: Stage = { kind: 'release', name: 'staging', by: 'deployer', environment: 'staging' }
    const live = { ...production, environment: 'live' } as Stage
    const told = open(policyOf([asks(appr(1)), staging, live]))
      .submit()
      .approve('bob', { environments: ['staging'] })
    expect(told.release({ stage: 'staging' }).codes).toEqual([])
    expect(told.release().codes).toEqual(unapproved)
    told.approve('bob', { environments: ['live'] })
    expect(told.release().codes).toEqual(unapproved)
    expect(
      open()
        .submit()
        .approve('bob', { environments: ['staging'] })
        .approve('carol')
        .release().codes,
    ).toEqual(unapproved)
    const stages = [
      asks(appr(1), { environments: ['staging'] }),
      staging,
      asks({ approvals: 1, from: 'head' }, { name: 'go', environments: ['live'] }),
      live,
    ]
    const each = open(policyOf(stages)).submit().approve('bob').release({ stage: 'staging', environment: 'staging' })
    expect(each.approve('hana', { stage: 'go', role: 'head' }).release().codes).toEqual([])
    expect(
      open(policyOf([asks(appr(1), { environments: ['staging'] }), live]))
        .submit()
        .approve('bob')
        .release().codes,
    ).toEqual(unapproved)
  })

  it('counts in a new round what is kept, where the policy keeps it and it was not edited since', () => {
    const stages = policyOf(flow(asks(appr(2), { onResubmit: 'retain' })))
    const again = (policy: Policy, edit: boolean) => {
      const told = open(policy).submit().approve('bob').reject('carol')
      if (edit) told.revise('K', 'alice', 2)
      told.write('rita', { type: 'resubmit', change: 'K' }, [
        { type: 'change.resubmitted', round: 2 },
        { type: 'approval.kept', approval: 0, round: 2 },
      ])
      const seen = edit ? { revision: 2, digest: digest(4) } : {}
      return told.approve('dan', seen).release(seen).codes
    }
    expect(again(stages, false)).toEqual([])
    expect(again(two, false)).toEqual(unapproved)
    expect(again(stages, true)).toEqual(unapproved)
  })

  it('gives no right to whom a participant has given the role, or the delegation, since', () => {
    const late = (by: string) =>
      open(policyOf(flow(asks(appr(1)))))
        .submit()
        .grant('appr', 'dora', by)
        .approve('dora')
    expect(late('ada').release().codes).toEqual([])
    expect(late('alice').release().codes).toEqual(unapproved)
    const becomes = late('ada')
    becomes.write('rita', { type: 'assign', change: 'K', to: 'ada' }, [{ type: 'change.assigned', to: 'ada' }])
    expect(becomes.release().codes).toEqual(unapproved)
    expect(late('ada').grant('appr', 'dora', 'alice').release().codes).toEqual([])
    const seat = { role: 'appr', capacity: 'delegate', principal: 'bob', delegation: 'bob-dora' }
    const arranged = (by: string) =>
      open(policyOf(flow(asks(appr(1)))))
        .delegates('bob', 'dora', {}, by)
        .submit()
        .approve('dora', { seat })
        .release()
    expect(arranged('bob').codes).toEqual([])
    expect(arranged('ada').codes).toEqual([])
    expect(arranged('alice').codes).toEqual(unapproved)
  })

  it('gives no right to a delegate whom a participant has let into the pool since', () => {
    const seat = { role: 'appr', capacity: 'delegate', principal: 'bob', delegation: 'bob-dora' }
    const pooled = policyOf(flow(asks(appr(1))), { roles: { appr: { delegates: 'head' }, head: {} } })
    const late = (...by: string[]) => {
      const told = open(pooled).submit().delegates('bob', 'dora')
      for (const one of by) told.grant('head', 'dora', one)
      return told.approve('dora', { seat })
    }
    expect(late('ada').release().codes).toEqual([])
    expect(late('alice').release().codes).toEqual(unapproved)
    expect(late('alice', 'ada').release().codes).toEqual([])
    const becomes = late('ada')
    becomes.write('rita', { type: 'assign', change: 'K', to: 'ada' }, [{ type: 'change.assigned', to: 'ada' }])
    expect(becomes.release().codes).toEqual(unapproved)
    expect(
      open(pooled).grant('head', 'dora', 'alice').delegates('bob', 'dora').submit().approve('dora', { seat }).release()
        .codes,
    ).toEqual([])
  })
})

describe('shares and groups, told again', () => {
  const half = policyOf(flow(asks({ share: [1, 2], from: 'appr' })))
  const opened = (count: number) => ({
    type: 'stage.entered',
    stage: 'approve',
    electorates: { approve: { appr: count } },
  })

  it('asks for the exact share of those who were there, rounded up', () => {
    expect(
      open(half)
        .submit('K', {}, [opened(3)])
        .approve('bob')
        .approve('carol')
        .release().codes,
    ).toEqual([])
    expect(
      open(half)
        .submit('K', {}, [opened(3)])
        .approve('bob')
        .release().codes,
    ).toEqual(unapproved)
    expect(
      open(half)
        .submit('K', {}, [opened(4)])
        .approve('bob')
        .approve('carol')
        .release().codes,
    ).toEqual([])
    expect(open(half).submit().approve('bob').approve('carol').approve('dan').release().codes).toEqual(unapproved)
  })

  it('finds a share of fewer persons than could approve, and none that were left out rightly', () => {
    expect(open(half).submit('K', {}, [opened(2)]).codes).toEqual(['electorate.understated'])
    const makers = { content: { digest: digest(9), makers: ['alice', 'dan'] } }
    expect(open(half).submit('K', makers, [opened(2)]).codes).toEqual([])
    expect(
      open(half)
        .departs('dan')
        .submit('K', {}, [opened(2)]).codes,
    ).toEqual([])
    expect(
      open(half)
        .alias('dan', 'carol')
        .submit('K', {}, [opened(2)]).codes,
    ).toEqual([])
    const excluded = { type: 'roles.excluded', violations: [{ person: 'dan', roles: ['appr', 'tester'] }] }
    expect(
      open(half)
        .write('ada', { type: 'excludeRoles' }, [excluded])
        .submit('K', {}, [opened(2)]).codes,
    ).toEqual([])
    const elsewhere = policyOf(flow(asks({ approvals: 1, from: 'head' }, { name: 'board' }), asks(appr(1))))
    const board = open(elsewhere).grant('head', 'dan').submit().approve('dan', { stage: 'board', role: 'head' })
    const enters = (count: number) => board.write('dan', { type: 'resubmit', change: 'K' }, [opened(count)])
    expect(enters(2).codes).toEqual([])
  })

  it('tells persons who belong to a group together from those who do not', () => {
    const told = (groups: Record<string, string[]>, ...people: string[]) => {
      const history = open(policyOf(flow(asks(appr(2, { groups: 'different' })))))
        .groups(groups)
        .submit()
      for (const person of people) history.approve(person)
      return history.release().codes
    }
    expect(told({ bob: ['ops'], carol: ['ops'] }, 'bob', 'carol')).toEqual(unapproved)
    expect(told({ bob: ['ops'], carol: ['ops'], dan: ['risk'] }, 'bob', 'carol', 'dan')).toEqual([])
    expect(told({ bob: ['ops'] }, 'bob', 'carol')).toEqual(unapproved)
    expect(told({ bob: ['ops', 'risk'], carol: ['risk'] }, 'bob', 'carol')).toEqual([])
    expect(told({ bob: [], carol: ['risk'], dan: ['ops'] }, 'bob', 'carol', 'dan')).toEqual([])
  })

  it('lets a delegate stand for a group of the principal to which they belong as well', () => {
    const seat = { role: 'appr', capacity: 'delegate', principal: 'carol', delegation: 'carol-dora' }
    const told = (groups: Record<string, string[]>) =>
      open(policyOf(flow(asks(appr(2, { groups: 'different' })))))
        .groups(groups)
        .delegates('carol', 'dora')
        .submit()
        .approve('bob')
        .approve('dora', { seat })
        .release().codes
    expect(told({ bob: ['ops'], carol: ['risk'], dora: ['risk'] })).toEqual([])
    expect(told({ bob: ['ops'], carol: ['ops'], dora: ['risk'] })).toEqual(unapproved)
    expect(told({ bob: ['ops'], carol: ['risk'], dora: ['ops'] })).toEqual(unapproved)
  })

  it('seats by search what no rule of thumb would', () => {
    const given = (roles: string[], groups: string[]) => ({ roles, groups })
    const all = ways({ all: [appr(2, { groups: 'different' }), { approvals: 1, from: 'head' }] }, {})
    const [first, second] = [given(['appr', 'head'], ['a']), given(['appr'], ['a', 'b'])]
    expect(isEnough(all, [first, second, given(['appr'], ['c'])])).toBe(true)
    expect(isEnough(all, [first, second, given(['appr'], ['a'])])).toBe(true)
    expect(isEnough(all, [first, given(['appr'], ['a']), given(['appr'], ['a'])])).toBe(false)
    expect(isEnough(all, [first, given(['appr'], ['b']), given(['head'], [])])).toBe(true)
    const both = [...ways(appr(2, { groups: 'different' }), {}), ...ways(appr(3), {})]
    expect(
      isEnough(
        both,
        [second, second, second].map(one => ({ ...one })),
      ),
    ).toBe(true)
  })

  it('finds enough exactly where somebody who tries every assignment does', () => {
    const given = fc.array(
      fc.record({
        roles: fc.uniqueArray(fc.constantFrom('appr', 'head')),
        groups: fc.uniqueArray(fc.constantFrom('x', 'y', 'z')),
      }),
      { maxLength: 6 },
    )
    const demand = fc
      .integer({ min: 0, max: 3 })
      .chain(count => fc.record({ count: fc.constant(count), groups: fc.integer({ min: 0, max: count }) }))
    const way = fc.dictionary(fc.constantFrom('appr', 'head'), demand).map(one => new Map(Object.entries(one)))
    fc.assert(
      fc.property(way, given, (asked, people) => isEnough([asked], people) === tryAll(asked, people)),
      { numRuns: 2_000, seed: 20_261_121 },
    )
  })

  it('tells whether sixty persons of three groups each are enough, which to try all ways of would never end', () => {
    const many = Array.from({ length: 120 }, (_, at) => ({
      roles: ['appr'],
      groups: [`g${at % 19}`, `g${(at * 7) % 31}`, `g${(at * 13) % 37}`],
    }))
    expect(isEnough(ways({ ...appr(60), groups: 'different' }, {}), many)).toBe(false)
    expect(isEnough(ways({ ...appr(37), groups: 'different' }, {}), many)).toBe(true)
  })
})

describe('vetoes, told again', () => {
  const stages = policyOf(
    flow(asks(appr(1), { veto: { liftedBy: 'head' } })),
    {},
    { other: { flow: flow(asks(appr(1), { name: 'else' })) } },
  )
  const vetoed = () => open(stages).submit().approve('bob').reject('dan')

  it('finds a release while a veto stands, over edits and other categories', () => {
    expect(vetoed().release().codes).toEqual(['veto.overridden'])
    const seen = { revision: 2, digest: digest(4) }
    expect(vetoed().revise('K', 'alice', 2).approve('carol', seen).release(seen).codes).toEqual(['veto.overridden'])
    const moved = { type: 'change.recategorised', category: 'other', ...seen, editor: 'rita', round: 2 }
    const other = vetoed().write('rita', { type: 'recategorise', change: 'K', category: 'other' }, [moved])
    expect(other.approve('carol', { ...seen, stage: 'else' }).release(seen).codes).toEqual(['veto.overridden'])
  })

  it('is silent where the vetoer has lifted it, another id of theirs, or its authority', () => {
    expect(vetoed().lift('dan').release().codes).toEqual([])
    expect(vetoed().lift('hana').release().codes).toEqual([])
    expect(vetoed().alias('dora', 'dan').lift('dora').release().codes).toEqual([])
  })

  it('finds who lifts a veto and may not: a participant, without the role, with a veto of their own', () => {
    const both = ['veto.overridden', 'veto.overridden']
    expect(vetoed().grant('head', 'alice').lift('alice').release().codes).toEqual(both)
    expect(vetoed().lift('carol').release().codes).toEqual(both)
    expect(vetoed().grant('head', 'dora', 'rita').lift('dora').release().codes).toEqual(both)
    expect(vetoed().reject('hana').lift('hana').release().codes).toEqual([...both, 'veto.overridden'])
    expect(vetoed().lift('dan', 3).release().codes).toEqual(both)
  })

  it('finds a release over a veto whose lifter takes part by now, was compromised, or had the role by favour', () => {
    const given = (told: History, to: string) =>
      told.write('rita', { type: 'assign', change: 'K', to }, [{ type: 'change.assigned', to }])
    const late = () => vetoed().grant('head', 'dora', 'erin').lift('dora')
    expect(given(vetoed().lift('hana'), 'hana').release().codes).toEqual(['veto.overridden'])
    expect(given(vetoed().lift('dan'), 'dan').release().codes).toEqual([])
    expect(vetoed().lift('hana').departs('hana').release().codes).toEqual([])
    expect(vetoed().lift('hana').departs('hana', true).release().codes).toEqual(['veto.overridden'])
    expect(late().release().codes).toEqual([])
    expect(given(late(), 'erin').release().codes).toEqual(['veto.overridden'])
    expect(given(late().lift('hana'), 'erin').release().codes).toEqual([])
  })

  it('lets nothing be carried from a parent that is vetoed', () => {
    const carriedFrom = { category: 'normal', within: { system: 'system' }, for: '30d' }
    const policy = policyOf(
      flow(asks(appr(1), { veto: { liftedBy: 'head' } })),
      {},
      { update: { flow: flow(asks(appr(1), { carriedFrom })) } },
    )
    const form = { system: 'ledger' }
    const parent = open(policy).submit('P', { form }).approve('bob', {}, 'P')
    parent.submit('K', { category: 'update', parent: 'P', form }, [carried({ change: 'P', approval: 0 }, 'bob')])
    expect(parent.release().codes).toEqual([])
    expect(parent.reject('dan', 'P').release().codes).toEqual(unapproved)
  })
})

describe('what is carried, told again', () => {
  const carriedFrom = { category: 'normal', within: { system: 'systems' }, for: '30d' }
  const policy = policyOf(flow(asks(appr(2))), {}, { update: { flow: flow(asks(appr(2), { carriedFrom })) } })
  const from = (approval: number, change = 'P') => ({ change, approval })
  const child = { category: 'update', parent: 'P', form: { system: 'ledger' } }
  const decided = () =>
    open(policy)
      .submit('P', { form: { systems: ['ledger', 'billing'] } })
      .approve('bob', {}, 'P')
      .approve('carol', {}, 'P')
  const both = [carried(from(0), 'bob'), carried(from(1), 'carol')]

  it('counts what stands on the parent, with its persons, its time and its scope', () => {
    expect(decided().submit('K', child, both).release().codes).toEqual([])
    expect(
      decided()
        .later(30 * day - 1)
        .submit('K', child, both)
        .release().codes,
    ).toEqual([])
    expect(
      decided()
        .submit('K', child, both)
        .later(30 * day)
        .release().codes,
    ).toEqual(unapproved)
    expect(
      decided()
        .submit('K', { ...child, form: { system: 'payroll' } }, both)
        .release().codes,
    ).toEqual(unapproved)
    expect(
      decided()
        .submit('K', { ...child, form: {} }, both)
        .release().codes,
    ).toEqual(unapproved)
    expect(
      decided()
        .submit('K', { ...child, category: 'normal' }, both)
        .release().codes,
    ).toEqual(unapproved)
  })

  it('counts nothing that was not given there, or no longer stands there', () => {
    const undecided = open(policy)
      .submit('P', { form: { systems: ['ledger'] } })
      .approve('bob', {}, 'P')
    expect(undecided.submit('K', child, both).release().codes).toEqual(unapproved)
    expect(
      decided()
        .submit('K', child, [carried(from(0), 'bob'), carried(from(0), 'carol')])
        .release().codes,
    ).toEqual(unapproved)
    expect(
      decided()
        .submit('Q')
        .submit('K', { ...child, parent: 'Q' }, both)
        .release().codes,
    ).toEqual(unapproved)
    const withdrawn = decided().submit('K', child, both)
    withdrawn.write('bob', { type: 'withdraw', change: 'P' }, [{ type: 'approval.withdrawn', approval: 0 }])
    expect(withdrawn.release().codes).toEqual(unapproved)
    expect(decided().submit('K', child, both).departs('bob', true).release().codes).toEqual(unapproved)
    const onlyStaging = open(policy)
      .submit('P', { form: { systems: ['ledger'] } })
      .approve('carol', {}, 'P')
    onlyStaging.approve('bob', { environments: ['staging'] }, 'P')
    expect(onlyStaging.submit('K', child, both).release().codes).toEqual(unapproved)
  })

  it('counts nobody who makes the child', () => {
    const own = { ...child, content: { digest: digest(9), makers: ['bob'] } }
    expect(decided().submit('K', own, both).release().codes).toEqual(unapproved)
    expect(decided().submit('K', own, both).approve('dan').release().codes).toEqual([])
  })

  it('judges a parent that is completed as of then', () => {
    const done = decided().write('paul', { type: 'release', change: 'P', revision: 1, digest: digest(3) }, [
      { type: 'change.released', stage: 'production', person: 'paul', chain: ['paul'], seats: [] },
      { type: 'stage.entered', stage: 'completed' },
    ])
    expect(done.later(day).revise('P', 'alice', 2).submit('K', child, both).release().codes).toEqual([])
  })

  it('carries nothing on that was itself carried, however long the chain', () => {
    const chain = Array.from({ length: 3_000 }, (_, approval) => carried(from(approval, 'K'), 'bob'))
    expect(open(policy).submit('K', child, chain).release().codes).toEqual(unapproved)
  })
})

describe('templates, told again', () => {
  const stages = flow(asks(appr(2), { carriedFrom: { template: true, for: '365d' } }))
  const policy = policyOf(flow(asks(appr(2))), {}, { standard: { flow: stages, template: { otherwise: 'normal' } } })
  const names = { team: 't', name: 'restart', version: 1 }
  const template = { ...names, category: 'standard', fixed: { system: 'ledger' }, editable: ['window'] }
  const proposed = (by = 'hana') =>
    open(policy).write(by, { type: 'proposeTemplate', template }, [
      { type: 'template.proposed', ...names, digest: digest(5), by },
    ])
  const approved = (history: History, ...people: string[]) => {
    for (const person of people) {
      const event = { type: 'template.approved', ...names, person, roles: ['appr'], at: history.at }
      history.write(person, { type: 'approveTemplate', ...names }, [event])
    }
    return history
  }
  const follow = (history: History, more: Loose = {}, approvers = ['bob', 'carol']) =>
    history.submit('K', { category: 'standard', form: { system: 'ledger', window: 'night' }, ...more }, [
      { type: 'template.applied', name: 'restart', version: 1, digest: digest(5), approvers },
      ...approvers.map(person => carried({ template: digest(5) }, person)),
    ])

  it('counts the approvals of a template that was approved by others than its proposer', () => {
    expect(follow(approved(proposed(), 'bob', 'carol')).release().codes).toEqual([])
    expect(follow(approved(proposed(), 'bob', 'carol').later(365 * day - 1)).release().codes).toEqual([])
    expect(
      follow(approved(proposed(), 'bob', 'carol'))
        .later(365 * day)
        .release().codes,
    ).toEqual(unapproved)
  })

  it('finds the proposer, under whichever id, and the same person again among its approvers', () => {
    const wrong = ['template.unjustified', ...unapproved]
    expect(follow(approved(proposed('bob'), 'bob', 'carol')).release().codes).toEqual(wrong)
    expect(follow(approved(proposed('dora').alias('dora', 'bob'), 'bob', 'carol')).release().codes).toEqual(wrong)
    expect(follow(approved(proposed(), 'bob', 'bob')).release().codes).toEqual(wrong)
    expect(follow(approved(proposed('dora'), 'bob', 'carol').alias('dora', 'bob')).release().codes).toEqual(unapproved)
  })

  it('counts no approver of the template who makes the change, or was compromised', () => {
    const made = { content: { digest: digest(9), makers: ['bob'] } }
    expect(follow(approved(proposed(), 'bob', 'carol'), made).release().codes).toEqual(unapproved)
    expect(
      follow(approved(proposed(), 'bob', 'carol'))
        .departs('bob', true)
        .release().codes,
    ).toEqual(unapproved)
  })

  it('finds what follows a template that is unknown, revoked, over, or of another category', () => {
    const wrong = ['template.unjustified', ...unapproved]
    expect(follow(open(policy)).release().codes).toEqual(wrong)
    expect(follow(proposed()).release().codes).toEqual(wrong)
    const revoke = (history: History) =>
      history.write('hana', { type: 'revokeTemplate' }, [{ type: 'template.revoked', ...names, by: 'hana' }])
    expect(follow(revoke(approved(proposed(), 'bob', 'carol'))).release().codes).toEqual(wrong)
    expect(revoke(follow(approved(proposed(), 'bob', 'carol'))).release().codes).toEqual(unapproved)
    expect(follow(approved(proposed(), 'bob', 'carol'), { category: 'normal' }).release().codes).toEqual(wrong)
  })

  it('finds what leaves the bounds of its template and stays a standard change', () => {
    const bounds = ['template.unjustified', ...unapproved]
    const ready = () => approved(proposed(), 'bob', 'carol')
    expect(follow(ready(), { form: { system: 'billing' } }).release().codes).toEqual(bounds)
    expect(follow(ready(), { form: { system: 'ledger', other: 'x' } }).release().codes).toEqual(bounds)
    const kept = [0, 1].map(approval => ({ type: 'approval.retained', approval, revision: 2 }))
    const seen = { revision: 2, digest: digest(4) }
    const edited = (form: Loose) => follow(ready()).revise('K', 'alice', 2, { form }, kept).release(seen).codes
    expect(edited({ window: 'day' })).toEqual([])
    expect(edited({ system: 'billing' })).toEqual(bounds)
    const lost = { type: 'standard.lost', category: 'normal', fields: ['system'] }
    const normal = follow(ready()).revise('K', 'alice', 2, { form: { system: 'billing' } }, [...kept, lost])
    expect(normal.release(seen).codes).toEqual(unapproved)
    expect(normal.approve('dan', seen).approve('hana', seen).release(seen).codes).toEqual(unapproved)
  })
})

describe('freezes, told again', () => {
  const until = new Date(Date.parse(open().at) + 5 * day).toISOString()
  const frozen = () => {
    const told = open().submit().approve('bob').approve('carol')
    const intervals = [{ from: told.at, until }]
    const declared = { freeze: 'f', scope: {}, intervals, overriddenBy: { role: 'head', atMost: '7d' } }
    return told.write('ada', { type: 'declareFreeze', ...declared }, [{ type: 'freeze.declared', freeze: 'f' }])
  }
  const overridden = (told: History, by: string, assigned?: string) => {
    told.write(by, { type: 'overrideFreeze', change: 'K' }, [{ type: 'freeze.overridden', freeze: 'f', by, until }])
    if (assigned !== undefined)
      told.write('rita', { type: 'assign', change: 'K' }, [{ type: 'change.assigned', to: assigned }])
    return told.release().codes
  }

  it('finds a release in one, but for an override by somebody with no part in it, nor let in by one with a part', () => {
    const untimely = ['release.untimely']
    expect(frozen().release().codes).toEqual(untimely)
    expect(overridden(frozen(), 'hana')).toEqual([])
    expect(overridden(frozen(), 'hana', 'hana')).toEqual(untimely)
    expect(overridden(frozen(), 'dora')).toEqual(untimely)
    expect(overridden(frozen().grant('head', 'dora', 'dan'), 'dora')).toEqual([])
    expect(overridden(frozen().grant('head', 'dora', 'dan'), 'dora', 'dan')).toEqual(untimely)
    expect(overridden(frozen().grant('head', 'dora', 'dan').grant('head', 'dora'), 'dora', 'dan')).toEqual([])
  })

  it('keeps nothing of a change that is forgotten, be it excepted from a freeze', async () => {
    const told = frozen()
    const form = (change: string) => {
      const filled = {}
      told.submit(change, { form: filled })
      told.write('hana', { type: 'overrideFreeze', change }, [{ type: 'freeze.overridden', freeze: 'f', until }])
      return new WeakRef(filled)
    }
    const [gone, kept] = [form('gone'), form('kept')]
    told.duties.forget(
      change => change === 'gone',
      () => false,
    )
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    // What a reference was made to is there until the next turn.
    await setImmediate()
    collect()
    expect([gone.deref() === undefined, kept.deref() === undefined]).toEqual([true, false])
  })
})

describe('exceptions, told again', () => {
  const rule = { duties: ['make', 'approve'], grantedBy: 'head', atMost: '7d', compensation: 'c', because: 'b' }
  const policy = policyOf(flow(asks(appr(1))), { exceptions: [rule] as Policy['exceptions'] })
  const excepted = () => open(policy).submit().ask().except('hana')
  const refused = ['exception.unjustified', 'duty.violated']

  it('excuses whom it is for while it is in force, and says on which exceptions decisions rest', () => {
    const told = excepted().approve('alice').release()
    expect(told.codes).toEqual([])
    expect(told.duties.exceptions).toEqual([
      { change: 'K', exception: 'x1', person: 'alice', seq: told.duties.exceptions[0]?.seq },
    ])
    expect(excepted().alias('dora', 'alice').approve('dora').release().codes).toEqual([])
    expect(excepted().approve('bob').release().duties.exceptions).toEqual([])
  })

  it('excuses nobody else, from nothing else, nor before it is granted', () => {
    expect(open(policy).submit().ask().approve('alice').codes).toEqual(['duty.violated'])
    expect(
      excepted()
        .revise('K', 'dora', 2)
        .approve('dora', { revision: 2, digest: digest(4) }).codes,
    ).toEqual(['duty.violated'])
    expect(excepted().signOff('alice').codes).toEqual(['duty.violated'])
    expect(excepted().submit('L').approve('alice', {}, 'L').codes).toEqual(['duty.violated'])
  })

  it('does not count what was given under it once it is over, or revoked', () => {
    expect(
      excepted()
        .approve('alice')
        .later(7 * day - 1)
        .release().codes,
    ).toEqual([])
    expect(
      excepted()
        .approve('alice')
        .later(7 * day)
        .release().codes,
    ).toEqual(unapproved)
    const revoked = excepted().approve('alice')
    revoked.write('hana', { type: 'revokeException', change: 'K' }, [{ type: 'exception.revoked', exception: 'x1' }])
    expect(revoked.release().codes).toEqual(unapproved)
    expect(
      excepted()
        .approve('alice')
        .release()
        .later(8 * day).codes,
    ).toEqual([])
  })

  it('finds who granted it and gains by it, asked for it, takes part, or does not hold the role', () => {
    const granted = (history: History, by: string) => history.except(by).approve('alice').codes
    const asked = (by = 'alice') => open(policy).submit().ask(by)
    expect(granted(asked().grant('head', 'alice'), 'alice')).toEqual(refused)
    expect(granted(asked('hana'), 'hana')).toEqual(refused)
    expect(granted(asked().grant('head', 'rita'), 'rita')).toEqual(refused)
    expect(granted(asked(), 'bob')).toEqual(refused)
    expect(granted(asked().grant('head', 'bob', 'alice'), 'bob')).toEqual(refused)
    expect(granted(asked().alias('hana', 'alice'), 'hana')).toEqual(refused)
    expect(granted(asked().grant('head', 'bob').approve('bob'), 'bob')).toEqual([])
    expect(granted(open(policy).submit(), 'hana')).toEqual(refused)
    expect(granted(asked().alias('dora', 'alice'), 'dora')).toEqual(refused)
  })

  it('finds one that the policy or the controls do not know, or for longer than they allow', () => {
    expect(open(two).submit().ask().except('hana').codes).toEqual(['exception.unjustified'])
    const clause = { rule: 'separate', duties: ['approve', 'make'], because: 'b' }
    expect(open(policy, { c: clause }).submit().ask().except('hana').codes).toEqual(['exception.unjustified'])
    const lenient = { c: { ...clause, exceptions: 'allowed' } }
    expect(open(policy, lenient).submit().ask().except('hana').approve('alice').release().codes).toEqual([])
    const until = '2026-04-01T00:00:00.000Z'
    expect(open(policy).submit().ask('alice', { until }).except('hana').codes).toEqual(['exception.unjustified'])
  })

  it('does not count what rests on one whose granter had the role from somebody who has come to take part', () => {
    const given = (...by: string[]) => {
      const told = open(policy).submit().ask()
      for (const one of by) told.grant('head', 'dora', one)
      told.except('dora').approve('alice')
      return told.write('rita', { type: 'assign', change: 'K', to: 'dan' }, [{ type: 'change.assigned', to: 'dan' }])
    }
    expect(given('dan').release().codes).toEqual(unapproved)
    expect(given('dan', 'ada').release().codes).toEqual([])
  })

  it('does not count what rests on one whose granter has come to take part, or turns out to gain by it', () => {
    const given = excepted().approve('alice')
    given.write('rita', { type: 'assign', change: 'K', to: 'hana' }, [{ type: 'change.assigned', to: 'hana' }])
    expect(given.release().codes).toEqual(unapproved)
    expect(excepted().approve('alice').alias('hana', 'alice').release().codes).toEqual(unapproved)
  })
})

describe('what is learned too late', () => {
  const released = () => open().submit().approve('bob').approve('carol').release()

  it('is found once, where separation or counting would have failed', () => {
    expect(released().alias('bob', 'alice').codes).toEqual(['alias.late'])
    expect(released().alias('carol', 'bob').codes).toEqual(['alias.late'])
    expect(released().alias('bob', 'dora').alias('dora', 'rita').alias('carol', 'alice').codes).toEqual(['alias.late'])
    const tests = open(policyOf(flow(verify, asks(appr(1)))))
      .submit()
      .signOff()
      .approve('bob')
      .release()
    expect(tests.alias('erin', 'alice').codes).toEqual(['alias.late'])
    const separate = [{ duties: ['make', 'release'], because: 'said' }] as Policy['separate']
    const own = open(policyOf(flow(asks(appr(1))), { separate }))
      .submit()
      .approve('bob')
      .release()
    expect(own.alias('paul', 'alice').codes).toEqual(['alias.late'])
  })

  it('is nothing where others stand behind it, nobody had two parts, or it was known', () => {
    const three = open().submit().approve('bob').approve('carol').approve('dan').release()
    expect(three.alias('carol', 'bob').codes).toEqual([])
    expect(released().alias('dora', 'bob').alias('hana', 'alice').codes).toEqual([])
    expect(released().revise('K', 'dora', 2).alias('dora', 'bob').codes).toEqual([])
    expect(open().alias('dora', 'alice').submit().approve('bob').approve('carol').release().codes).toEqual([])
  })

  it('reaches over a family, and back to a compromise and a rejection that were known then', () => {
    const family = open().submit('P', { content: { digest: digest(9), makers: ['dora'] } })
    family.submit('K', { parent: 'P' }).approve('bob').approve('carol').release()
    expect(family.alias('dora', 'bob').codes).toEqual(['alias.late'])
    const before = open().submit().approve('bob').approve('carol').departs('dora', true).release()
    expect(before.alias('dora', 'bob').codes).toEqual(['alias.late'])
    expect(released().departs('dora', true).alias('dora', 'bob').codes).toEqual([])
    const rejected = open(policyOf(flow(asks(appr(2), { veto: { liftedBy: 'head' } })))).submit()
    rejected.approve('bob').approve('carol').reject('dan').lift('hana').release()
    expect(rejected.alias('dan', 'bob').codes).toEqual(['alias.late'])
  })

  it('reaches those who have vouched for it: the proposer of a template, the granter of an exception', () => {
    const names = { team: 't', name: 'restart', version: 1 }
    const stages = flow(asks(appr(1), { carriedFrom: { template: true, for: '365d' } }))
    const policy = policyOf(stages, {
      exceptions: [
        { duties: ['make', 'approve'], grantedBy: 'head', atMost: '7d', compensation: 'c', because: 'b' },
      ] as Policy['exceptions'],
    })
    const template = { ...names, category: 'normal', fixed: {}, editable: [] }
    const standard = open(policy)
      .write('hana', { type: 'proposeTemplate', template }, [
        { type: 'template.proposed', ...names, digest: digest(5), by: 'hana' },
      ])
      .write('bob', { type: 'approveTemplate', ...names }, [
        { type: 'template.approved', ...names, person: 'bob', roles: ['appr'], at: '2026-03-02T08:00:00.000Z' },
      ])
      .submit('K', {}, [
        { type: 'template.applied', name: 'restart', version: 1, digest: digest(5), approvers: ['bob'] },
        carried({ template: digest(5) }, 'bob'),
      ])
      .release()
    expect(standard.codes).toEqual([])
    expect(standard.alias('hana', 'bob').codes).toEqual(['alias.late'])
    const excepted = open(policy).submit().ask().except('hana').approve('alice').release()
    expect(excepted.codes).toEqual([])
    expect(excepted.alias('hana', 'alice').codes).toEqual(['alias.late'])
  })

  it('reaches whoever has given the granter of an exception the role for it', () => {
    const exceptions = [
      { duties: ['make', 'approve'], grantedBy: 'head', atMost: '7d', compensation: 'c', because: 'b' },
    ] as Policy['exceptions']
    const given = open(policyOf(flow(asks(appr(1))), { exceptions }))
      .submit()
      .ask()
      .grant('head', 'dora', 'ada')
    expect(given.except('dora').approve('alice').release().codes).toEqual([])
    expect(given.alias('ada', 'alice').codes).toEqual(['alias.late'])
  })

  it('is looked for only on what somebody had to do with, where they have vouched for nothing', () => {
    let judged = 0
    const policy = Object.defineProperty(policyOf(flow(asks(appr(1)))), 'permit', {
      get() {
        judged += 1
        return []
      },
    })
    const history = open(policy)
    history.submit().approve('bob').release()
    const judgedFor = (command: Loose & { readonly type: string }, ...events: Loose[]): number => {
      const [person, before] = [`of ${command.type}`, judged]
      history.write(person, command, events).alias(person, 'bob')
      return judged - before
    }
    const freeze = { freeze: 'f', scope: {}, intervals: [] }
    expect([
      judgedFor({ type: 'defineRole', role: 'new' }, { type: 'role.defined', role: 'new' }),
      judgedFor({ type: 'declareFreeze', ...freeze }, { type: 'freeze.declared', freeze: 'f' }),
      judgedFor({ type: 'liftFreeze', freeze: 'f' }, { type: 'freeze.lifted', freeze: 'f' }),
    ]).toEqual([0, 0, 0])
    const template = { team: 't', name: 'restart', version: 1 }
    const proposed = { type: 'template.proposed', ...template, digest: digest(5) }
    expect(judgedFor({ type: 'proposeTemplate', template }, proposed)).toBeGreaterThan(0)
  })
})

describe('a forged trail of any size', () => {
  it('with delegations in a circle, or in a row without an end', () => {
    const history = open().delegates('bob', 'dora', { of: 'dora-bob' }).delegates('dora', 'bob', { of: 'bob-dora' })
    for (let at = 0; at < 3_000; at += 1) history.delegates(`p${at}`, `p${at + 1}`, { of: `p${at - 1}-p${at}` })
    const seat = { role: 'appr', capacity: 'delegate', principal: 'bob', delegation: 'dora-bob' }
    const long = { ...seat, delegation: 'p2999-p3000' }
    history.submit()
    for (let at = 0; at < 500; at += 1) history.approve('carol', { seat, as: long })
    expect(history.release().codes).toEqual(unapproved)
  })

  it('with aliases in a circle, in a row, and all of one person', () => {
    const history = open().submit().alias('bob', 'carol').alias('carol', 'dan').alias('dan', 'bob')
    for (let at = 0; at < 20_000; at += 1) history.alias(`p${at}`, `p${at + 1}`)
    history.alias('p0', 'bob').alias('p20000', 'alice')
    expect(history.approve('p777').codes).toEqual(['duty.violated'])
  })

  it('with parents without an end, and children without number', () => {
    const history = open().submit('c0', { content: { makers: ['dora'] } })
    for (let at = 1; at < 5_000; at += 1) history.submit(`c${at}`, { parent: `c${at - 1}` })
    for (let at = 0; at < 5_000; at += 1) history.submit(`d${at}`, { parent: 'c0' })
    for (let at = 0; at < 200; at += 1) history.approve('bob', {}, 'c4999').approve('bob', {}, 'c0')
    expect(history.approve('dora', {}, 'c4999').codes).toEqual(['duty.violated'])
  })

  it('with a seat that is none', () => {
    for (const as of [null, 7, 'x', [], { capacity: 'delegate' }, { capacity: 'delegate', delegation: {}, through: 7 }])
      expect(open().submit().approve('bob', { as }).approve('carol').release().codes).toEqual([])
  })

  it('with a change that is submitted again, as if nothing had been done on it', () => {
    expect(
      open()
        .submit()
        .submit('K', { content: { makers: ['dora'] } })
        .approve('alice').codes,
    ).toEqual(['duty.violated'])
  })
})

describe('the verifier on a whole trail', () => {
  it('finds the veto that was taken out of the way, sealed anew with every hash right', async () => {
    const veto = { liftedBy: role('head') }
    const stages = [
      tested('verify', { by: role('tester') }),
      approval('approve', approvals(1).from(role('appr')), { veto }),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow: stages })] })
    await scenario.given('erin', 'signOff', { change: 'K', result: 'passed', evidence: [{ name: 'report' }] })
    await scenario.given('bob', 'approve', { change: 'K' })
    await scenario.given('dan', 'reject', { change: 'K', comment: 'not like that' })
    await scenario.given('dan', 'liftVeto', { change: 'K', of: 'dan', comment: 'seen' })
    await scenario.given('paul', 'release', { change: 'K' })
    const bodies = bodiesOf(await linesOf(scenario.store))
    expect(verifyTrail([fileOf(reseal(bodies))]).status).toBe('sound')
    const without = renumber(bodies.filter(body => (body.command as { type: string }).type !== 'liftVeto'))
    const verdict = verifyTrail([fileOf(reseal(without))])
    expect(verdict.status).toBe('unjustified')
    expect(verdict.codes).toHaveProperty('veto.overridden')
  })

  it('finds the approval by the maker under another id, known before, put down to somebody else', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'recordAlias', { person: 'dan', is: 'alice', comment: 'one and the same' })
    await scenario.given('rita', 'submit', submitK as never)
    await scenario.given('erin', 'signOff', { change: 'K', result: 'passed', evidence: [{ name: 'report' }] })
    await scenario.given('bob', 'approve', { change: 'K' })
    const bodies = bodiesOf(await linesOf(scenario.store))
    const last = bodies.at(-1) as LooseBody
    Object.assign(last, JSON.parse(JSON.stringify(last).replaceAll('"bob"', '"dan"')))
    expect(verifyTrail([fileOf(reseal(bodies))]).codes).toHaveProperty('duty.violated')
  })
})
