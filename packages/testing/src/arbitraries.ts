import type { Store } from '@countersign/trail/store'
import type { Change, Receipt } from 'countersign'
import {
  all,
  any,
  approval,
  approvals,
  approved,
  type Controls,
  category,
  controls,
  field,
  type Policy,
  permit,
  policy,
  policyDigest,
  type Requirement,
  type RequirementBuilder,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import fc from 'fast-check'
import * as z from 'zod'
import { content } from './fixture.ts'
import { Scenario, type Setting } from './scenario.ts'

const names = ['alice', 'bob', 'carol', 'dan', 'erin', 'fay', 'gus', 'hana', 'ivo'] as const
const roles = ['appr', 'owner', 'head', 'tester', 'deployer', 'engineer'] as const
const systems = ['ledger', 'billing', 'rates'] as const
const team = 't'

/** Who holds which role. Approvers, testers and deployers there are; the owner's role may be vacant. */
export const people = (): fc.Arbitrary<Setting['people']> =>
  fc.integer({ min: 6, max: names.length }).chain(count => {
    const some = (minLength: number, maxLength: number) => fc.subarray(names.slice(0, count), { minLength, maxLength })
    const held = fc.record({
      appr: some(3, count),
      owner: fc.oneof(some(0, 0), some(1, 2)),
      head: some(1, 3),
      tester: some(2, 4),
      deployer: some(2, 4),
      engineer: some(1, 4),
    })
    return held.map(holders =>
      Object.fromEntries(
        names.slice(0, count).map(name => [name, roles.filter(one => holders[one].includes(name))] as const),
      ),
    )
  })

const leaf = fc
  .tuple(
    fc.constantFrom<(typeof roles)[number]>('appr', 'appr', 'appr', 'owner', 'owner', 'head'),
    fc.integer({ min: 1, max: 2 }),
  )
  .map(([from, count]) => approvals(count).from(role(from)))

const riskIs = fc.constantFrom('low', 'high').map(risk => field('risk').is(risk))

/** A tree of all-of, any-of and so-many-of-a-role, with conditions on the form here and there. */
export const requirements = (): fc.Arbitrary<RequirementBuilder> =>
  fc.letrec<{ tree: RequirementBuilder; part: RequirementBuilder }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 2 },
      { weight: 3, arbitrary: leaf },
      { weight: 1, arbitrary: fc.array(tie('part'), { minLength: 2, maxLength: 3 }).map(parts => all(...parts)) },
      { weight: 1, arbitrary: fc.array(tie('part'), { minLength: 2, maxLength: 3 }).map(parts => any(...parts)) },
    ),
    part: fc.oneof(
      { weight: 4, arbitrary: tie('tree') },
      { weight: 1, arbitrary: fc.tuple(tie('tree'), riskIs).map(([tree, condition]) => tree.when(condition)) },
    ),
  })).tree

const form = z.object({
  risk: z.enum(['low', 'high']),
  systems: z.array(z.enum(systems)),
  note: z.string().max(400).optional(),
})

/** The stages before something is put into effect, and the step that does it. */
const flow = (name: string, carried: boolean): fc.Arbitrary<Stage[]> =>
  fc
    .record({
      build: fc.option(fc.constantFrom('make', 'review'), { freq: 3 }),
      verify: fc.option(fc.integer({ min: 1, max: 2 })),
      first: requirements(),
      second: fc.option(requirements(), { freq: 2 }),
      conditional: fc.boolean(),
      late: fc.boolean(),
    })
    .map(({ build, verify, first, second, conditional, late }) => {
      const tests =
        verify === null ? [] : [test('verify', { by: role('tester'), signOffs: verify, evidence: 'optional' })]
      const carriedFrom = approved('project').covers({ systems: 'systems' }).for('10d')
      return [
        ...(build === null ? [] : [task('build', { by: role('engineer'), duty: build })]),
        ...(late ? [] : tests),
        approval(name, first, carried ? { carriedFrom } : {}),
        ...(late ? tests : []),
        ...(second === null ? [] : [approval('second', second, conditional ? { when: field('risk').is('high') } : {})]),
        release('production', { by: role('deployer') }),
      ]
    })

/** The organisation's controls in these histories. */
export const historyControls = controls('histories', {
  'H-1': separate('make', 'approve').because('nobody approves what they made'),
  'H-2': separate('make', 'test').because('nobody signs off the test of what they made'),
})

const strictControls = controls('histories', {
  ...historyControls.clauses,
  'H-3': separate('test', 'approve').because('whoever tests does not approve'),
})

/** A policy of the team `t`: projects, patches that carry a project's approvals over, and everything else. */
export const policies = (under = historyControls): fc.Arbitrary<Policy> =>
  fc
    .record({
      project: requirements(),
      projectShips: fc.boolean(),
      patch: flow('agree', true),
      normal: flow('agree', false),
      testersApart: fc.boolean(),
      makersDoNotRelease: fc.boolean(),
      requesterMayApprove: fc.boolean(),
      ownerStandIn: fc.constantFrom('head', 'appr', undefined),
      apprStandIn: fc.option(fc.constant('head'), { nil: undefined }),
      whenAbsent: fc.boolean(),
      contentIsMaterial: fc.boolean(),
    })
    .map(given => {
      const standIn = (name: string | undefined) => ({
        description: 'stands in',
        ...(name === undefined
          ? {}
          : {
              fallback: {
                role: name,
                when: given.whenAbsent ? ['vacant' as const, 'absent' as const] : ['vacant' as const],
              },
            }),
      })
      const material = ['risk', 'systems', ...(given.contentIsMaterial ? ['content'] : [])]
      return policy(
        team,
        {
          complies: under,
          roles: {
            ...Object.fromEntries(roles.map(name => [name, `the ${name}`])),
            owner: standIn(given.ownerStandIn),
            appr: standIn(given.apprStandIn),
          },
          separate: [
            ...(given.testersApart ? [separate('test', 'approve').because('two pairs of eyes')] : []),
            ...(given.makersDoNotRelease ? [separate('make', 'release').because('another pair of hands')] : []),
          ],
          permit: given.requesterMayApprove ? [permit('request', 'approve').because('the owner decides')] : [],
        },
        {
          normal: category({ form, material, flow: given.normal }),
          project: category({
            form,
            material,
            flow: [
              approval('decide', given.project),
              ...(given.projectShips ? [release('rollout', { by: role('deployer') })] : []),
            ],
          }),
          patch: category({ form, material, flow: given.patch }),
        },
      )
    })

const n = fc.nat({ max: 1_000 })
const own = fc.constantFrom('approve', 'reject', 'signOff', 'complete', 'release')
const other = fc.constantFrom('withdraw', 'resubmit', 'cancel', 'close')
const mostly = (often: number) => fc.nat({ max: 99 }).map(value => value < often)

/** What somebody does, in terms of a history that is not yet there: numbers choose among whatever will be there then. */
const deeds = {
  /** Nothing: to this every other deed of a failing history shrinks that has no part in the failure. */
  wait: fc.record({ do: fc.constant('wait') }),
  /** The next step that a change waits for, by somebody who could be meant to take it. */
  goOn: fc.record({
    do: fc.constant('goOn'),
    change: n,
    who: n,
    careful: mostly(80),
    delegate: mostly(50),
    otherAccount: mostly(15),
  }),
  /** A decision by anybody about anything, right or wrong. */
  act: fc.record({
    do: fc.constant('act'),
    type: own,
    change: n,
    who: n,
    seen: fc.constantFrom('current', 'current', 'current', 'revision', 'digest', 'unknown change'),
    principal: fc.option(n, { freq: 3 }),
    as: fc.option(fc.constantFrom(...roles), { freq: 2 }),
  }),
  handle: fc.record({ do: fc.constant('handle'), type: other, change: n, who: n, participant: mostly(60) }),
  submit: fc.record({
    do: fc.constant('submit'),
    category: fc.constantFrom('normal', 'normal', 'project', 'patch', 'patch', 'unheard-of'),
    who: n,
    makers: fc.oneof(
      { weight: 1, arbitrary: fc.constant<number[]>([]) },
      { weight: 6, arbitrary: fc.array(n, { minLength: 1, maxLength: 2 }) },
    ),
    risk: fc.constantFrom('low', 'high'),
    systems: fc.subarray([...systems], { minLength: 1 }),
    parent: fc.option(n, { freq: 8 }),
    strange: mostly(6),
  }),
  revise: fc.record({
    do: fc.constant('revise'),
    change: n,
    who: n,
    risk: fc.option(fc.constantFrom('low', 'high')),
    note: fc.option(fc.constant('reworded')),
    content: fc.option(n),
    maker: n,
  }),
  assign: fc.record({ do: fc.constant('assign'), change: n, who: n, to: n, participant: mostly(70) }),
  delegate: fc.record({
    do: fc.constant('delegate'),
    principal: n,
    to: n,
    /** On from the last delegation, or round to where that came from. */
    link: fc.constantFrom('none', 'none', 'none', 'none', 'chain', 'circle'),
    by: fc.constantFrom('principal', 'principal', 'principal', 'administrator', 'anybody'),
    who: n,
    delay: fc.constantFrom(0, 0, 0, 0, 60_000, -60_000),
    days: fc.constantFrom(30, 30, 30, 1, 1, 0),
    scope: fc.constantFrom(
      {},
      {},
      {},
      {},
      { roles: ['appr', 'head', 'tester'] },
      { teams: ['u'] },
      { categories: ['patch'] },
    ),
  }),
  undelegate: fc.record({ do: fc.constant('undelegate'), delegation: n, who: n }),
  grant: fc.record({
    do: fc.constant('grant'),
    role: fc.constantFrom(...roles),
    to: n,
    by: n,
    team: fc.constantFrom('*', 't', 'u'),
    days: fc.option(fc.constantFrom(1, 40)),
  }),
  revoke: fc.record({ do: fc.constant('revoke'), role: fc.constantFrom(...roles), from: n, by: n }),
  /** What lets an approval fall away that somebody leans on: on the parent, with a person, or by the time that passes. */
  unsettle: fc.record({
    do: fc.constant('unsettle'),
    change: n,
    how: fc.constantFrom('withdraw', 'withdraw', 'revise', 'cancel', 'compromise', 'compromise', 'age'),
    who: n,
  }),
  absent: fc.record({ do: fc.constant('absent'), who: n, days: fc.constantFrom(2, 30) }),
  depart: fc.record({ do: fc.constant('depart'), who: n, by: n, compromised: fc.boolean() }),
  link: fc.record({ do: fc.constant('link'), person: n, taken: fc.boolean() }),
  rules: fc.record({ do: fc.constant('rules'), who: n, adopt: fc.boolean() }),
  /** A command that was given already, again; or its id on another one. */
  again: fc.record({ do: fc.constant('again'), which: n, changed: mostly(30) }),
  malformed: fc.record({ do: fc.constant('malformed'), which: n, change: n, junk: fc.anything() }),
}

type Deed = {
  [Name in keyof typeof deeds]: (typeof deeds)[Name] extends fc.Arbitrary<infer One>
    ? Omit<One, 'do'> & { do: Name }
    : never
}[keyof typeof deeds]

const weights: Record<keyof typeof deeds, number> = {
  wait: 1,
  goOn: 52,
  act: 9,
  handle: 4,
  submit: 7,
  revise: 3,
  assign: 1,
  delegate: 9,
  undelegate: 1,
  grant: 3,
  revoke: 2,
  unsettle: 3,
  absent: 1,
  depart: 1,
  link: 1,
  rules: 2,
  again: 4,
  malformed: 4,
}

/** A deed, and the milliseconds that pass before it. */
export type Move = Deed & { readonly wait: number }

const waits = fc.oneof(
  { weight: 60, arbitrary: fc.constant(0) },
  { weight: 25, arbitrary: fc.constant(60_000) },
  { weight: 12, arbitrary: fc.constant(6 * 3_600_000) },
  { weight: 3, arbitrary: fc.constant(4 * 86_400_000) },
)

const moves: fc.Arbitrary<Move> = fc
  .tuple(
    fc.oneof(
      { withCrossShrink: true },
      ...Object.entries(deeds).map(([name, arbitrary]) => ({
        weight: weights[name as keyof typeof deeds],
        arbitrary: arbitrary as fc.Arbitrary<unknown> as fc.Arbitrary<Deed>,
      })),
    ),
    waits,
  )
  .map(([deed, wait]) => ({ ...deed, wait }))

/** People, rules, and what they do: everything that a trail can come of. */
export interface History {
  readonly people: Setting['people']
  readonly controls: Controls
  readonly policy: Policy
  /** The rules that may be proposed on the way. */
  readonly later: Policy
  readonly moves: readonly Move[]
}

/**
 * Histories of at least `least` commands by at least six persons, the sensible and the absurd mixed.
 *
 * @example
 * ```ts
 * import { histories, play } from '@countersign/testing'
 * import fc from 'fast-check'
 * const [history] = fc.sample(histories(), { seed: 1, numRuns: 1 })
 * history.moves.length >= 50 // → true
 * (await play(history)).steps.length > 50 // → true
 * ```
 */
export const histories = ({ least = 50, most = 90 } = {}): fc.Arbitrary<History> =>
  fc.boolean().chain(strict => {
    const under = strict ? strictControls : historyControls
    return fc.record({
      people: people(),
      controls: fc.constant(under),
      policy: policies(under),
      later: policies(under),
      moves: fc.array(moves, { minLength: least, maxLength: most }),
    })
  })

/** A command as it was handed in, and what came of it. */
export interface Step {
  readonly at: string
  readonly envelope: unknown
  readonly receipt: Receipt
}

/** A history that has happened. */
export interface Played {
  readonly scenario: Scenario
  readonly steps: readonly Step[]
}

/** Somebody who looks on while a history happens. */
export interface Watch {
  readonly before?: (scenario: Scenario) => void
  readonly after?: (scenario: Scenario, step: Step) => void | Promise<void>
}

/** The people and the rules with which a history begins. */
export const settingOf = (history: History, store?: Store): Setting => ({
  controls: history.controls,
  policies: [history.policy],
  people: history.people,
  ...(store === undefined ? {} : { store }),
})

/** Lets a history happen at a desk, one command after the other. */
export async function play(history: History, watch: Watch = {}): Promise<Played> {
  const scenario = await Scenario.open(settingOf(history))
  const player = new Player(scenario, history)
  const steps: Step[] = []
  const take = async (envelope: unknown) => {
    watch.before?.(scenario)
    const step = { at: scenario.now, envelope, receipt: await scenario.desk.execute(envelope) }
    steps.push(step)
    await watch.after?.(scenario, step)
  }
  for (const envelope of player.prelude()) await take(envelope)
  for (const move of history.moves) {
    scenario.at(move.wait)
    const envelope = player.envelope(move)
    if (envelope !== nothing) await take(envelope)
  }
  return { scenario, steps }
}

interface Envelope {
  readonly account: string
  readonly id: string
  readonly command: { readonly type: string; readonly [member: string]: unknown }
}

/** Somebody who could take a step, and for whom. */
interface Able {
  readonly person: string
  readonly for?: string
}

/** Makes commands of moves: looks at what is there, and picks by the numbers of the move. */
class Player {
  readonly #scenario: Scenario
  readonly #history: History
  readonly #given: Envelope[] = []
  readonly #people: readonly string[]
  #submitted = 0
  #delegated = 0

  constructor(scenario: Scenario, history: History) {
    this.#scenario = scenario
    this.#history = history
    this.#people = Object.keys(history.people)
  }

  /** Several accounts of one person, a robot with a controller and one without, both with a role. */
  prelude(): unknown[] {
    const [first = '', second = '', third = ''] = this.#people
    return [
      ...[first, second, third].map(person => this.#by('ada', 'linkAccount', { account: `${person}-adm`, person })),
      this.#by('ada', 'registerBot', { bot: 'robot', controller: second, accounts: ['robot'] }),
      this.#by('ada', 'registerBot', { bot: 'orphan', accounts: ['orphan'] }),
      ...['appr', 'tester', 'deployer'].flatMap(held =>
        ['robot', 'orphan'].map(to => this.#by('ada', 'grantRole', { role: held, to, team: '*' })),
      ),
    ]
  }

  envelope(move: Move): unknown {
    switch (move.do) {
      case 'wait':
        return nothing
      case 'goOn':
        return this.#goOn(move)
      case 'act':
        return this.#act(move)
      case 'handle': {
        const change = this.#change(move.change)
        const person = move.participant ? pick(participants(change), move.who) : undefined
        return this.#by(person ?? this.#account(move.who), move.type, {
          change: change?.id ?? 'C1',
          comment: 'as agreed',
        })
      }
      case 'submit':
        return this.#submit(move)
      case 'revise': {
        const change = this.#change(move.change)
        const among = move.who % 2 === 0 ? participants(change) : this.#people
        const form = { ...given('risk', move.risk), ...given('note', move.note) }
        return this.#by(pick(among, move.who) ?? 'ghost', 'revise', {
          change: change?.id ?? 'C1',
          ...(Object.keys(form).length === 0 ? {} : { form }),
          ...(move.content === null
            ? {}
            : { content: { digest: content(`r${move.content % 7}`), makers: [this.#account(move.maker)] } }),
          comment: 'after the review',
        })
      }
      case 'assign': {
        const change = this.#change(move.change)
        const person = move.participant ? pick(participants(change), move.who) : undefined
        const to = pick(this.#people, move.to) ?? 'ghost'
        return this.#by(person ?? this.#account(move.who), 'assign', { change: change?.id ?? 'C1', to })
      }
      case 'delegate': {
        const last = Object.values(this.#scenario.desk.governance().delegations).at(-1)
        const goesOn = last !== undefined && move.link !== 'none'
        const principal = goesOn ? last.to : (pick(this.#people, move.principal) ?? 'ghost')
        const anybody = pick([...this.#people.filter(one => one !== principal), principal, 'ghost'], move.to) ?? 'ghost'
        const to = goesOn && move.link === 'circle' ? last.principal : anybody
        const by = { principal, administrator: 'ada', anybody: this.#account(move.who) }[move.by]
        this.#delegated += 1
        return this.#by(by, 'delegate', {
          delegation: `d${this.#delegated}`,
          principal,
          to,
          from: this.#later(move.delay),
          until: this.#later(move.days * day),
          scope: move.scope,
        })
      }
      case 'undelegate':
        return this.#by(this.#account(move.who), 'revokeDelegation', {
          delegation: `d${1 + (move.delegation % Math.max(1, this.#delegated))}`,
        })
      case 'grant':
        return this.#by(this.#administrator(move.by), 'grantRole', {
          role: move.role,
          to: pick([...this.#people, 'robot'], move.to),
          team: move.team,
          ...(move.days === null ? {} : { until: this.#later(move.days * day) }),
        })
      case 'revoke':
        return this.#by(this.#administrator(move.by), 'revokeRole', {
          role: move.role,
          from: pick(this.#people, move.from),
          team: '*',
        })
      case 'unsettle':
        return this.#unsettle(move)
      case 'absent': {
        const person = pick(this.#people, move.who) ?? 'ghost'
        return this.#by(person, 'recordAbsence', { person, from: this.#later(0), until: this.#later(move.days * day) })
      }
      case 'depart':
        return this.#by(this.#administrator(move.by), 'recordDeparture', {
          person: pick(this.#people, move.who),
          compromised: move.compromised,
        })
      case 'link': {
        const person = pick(this.#people, move.person) ?? 'ghost'
        return this.#by('otto', 'linkAccount', { account: move.taken ? person : `${person}-2`, person })
      }
      case 'rules': {
        const by = pick(['ada', 'otto', 'ada', 'otto', ...this.#people], move.who) ?? 'ghost'
        const { later } = this.#history
        return move.adopt
          ? this.#by(by, 'adoptPolicy', { digest: policyDigest(later) })
          : this.#by(by, 'proposePolicy', { policy: later })
      }
      case 'again':
        return this.#again(move)
      case 'malformed':
        return this.#malformed(move)
      default:
        return move satisfies never
    }
  }

  #by(account: string, type: string, members: object): Envelope {
    const id = `history-${this.#given.length}`
    const envelope = { account, id, command: { ...members, type } }
    this.#given.push(envelope)
    return envelope
  }

  #later(milliseconds: number): string {
    return new Date(Date.parse(this.#scenario.now) + milliseconds).toISOString()
  }

  /** Somebody's account: of a person, another of theirs, of a robot, of an administrator, of nobody. */
  #account(number: number): string {
    const others = [...this.#people.slice(0, 3).map(one => `${one}-adm`), 'robot', 'orphan', 'ada', 'ghost']
    return pick([...this.#people, ...this.#people, ...others], number) ?? 'ghost'
  }

  #administrator(number: number): string {
    return number % 5 === 0 ? this.#account(number) : number % 2 === 0 ? 'otto' : 'ada'
  }

  #change(number: number): Change | undefined {
    return pick(this.#scenario.desk.changes(), number)
  }

  #submit(move: Omit<Extract<Move, { do: 'submit' }>, 'do' | 'wait'>): Envelope {
    const projects = this.#scenario.desk.changes().filter(one => one.category === 'project')
    const decided = projects.filter(one => one.approvals.length > 0)
    const parent = move.parent === null ? undefined : pick(decided.length > 0 ? decided : projects, move.parent)
    this.#submitted += 1
    return this.#by(move.strange ? this.#account(move.who) : (pick(this.#people, move.who) ?? 'ghost'), 'submit', {
      change: move.strange && this.#submitted > 1 ? `C${this.#submitted - 1}` : `C${this.#submitted}`,
      team: move.strange && move.who % 2 === 0 ? 'u' : team,
      category: move.category,
      title: 'Round half a cent to even',
      reason: 'the ledger and the bank differ by a cent',
      form: { risk: move.risk, systems: parent !== undefined && move.who % 3 > 0 ? parent.form.systems : move.systems },
      ...(move.makers.length === 0
        ? {}
        : { content: { digest: content('r1'), makers: move.makers.map(one => this.#account(one)) } }),
      ...(parent === undefined || (move.category !== 'patch' && !move.strange) ? {} : { parent: parent.id }),
    })
  }

  /** Somebody's next step on one of the first changes that can go on; where there is none, a new change. */
  #goOn(move: Extract<Move, { do: 'goOn' }>): Envelope {
    const open = this.#scenario.desk.changes().filter(one => !['closed', 'cancelled'].includes(one.state))
    const from = move.change % 3
    for (const change of [...open.slice(from), ...open.slice(0, from)]) {
      const step = this.#stepOn(change, move)
      if (step !== undefined) return step
    }
    const decided = this.#scenario.desk.changes().some(one => one.category === 'project' && one.approvals.length > 0)
    return this.#submit({
      category: move.who % 3 > 0 ? 'normal' : decided ? 'patch' : 'project',
      who: move.who,
      makers: [move.who + 1],
      risk: move.change % 2 === 0 ? 'low' : 'high',
      systems: [...systems],
      parent: 0,
      strange: false,
    })
  }

  #stepOn(change: Change, move: Extract<Move, { do: 'goOn' }>): Envelope | undefined {
    const about = { change: change.id }
    const seen = { ...about, revision: change.revision, digest: change.digest }
    const governance = this.#scenario.desk.governance()
    const flow = governance.policies[change.policy]?.document.categories[change.category]?.flow ?? []
    const stage = flow.find(one => one.name === change.state)
    if (change.state === 'returned') return this.#by(change.requestedBy, 'resubmit', { ...about, comment: 'mended' })
    if (stage === undefined) return this.#by(change.requestedBy, 'close', about)
    const unmade = stage.kind === 'release' && change.held.every(one => one.duty !== 'make')
    if (unmade && move.careful)
      return this.#by(change.requestedBy, 'assign', { ...about, to: pick(this.#people, move.who) ?? 'ghost' })
    const asked = stage.kind === 'approval' ? rolesNamed(stage.requires) : [stage.by]
    const all = this.#able(change, asked, move.careful, stage.kind !== 'approval')
    const busy = [
      'make',
      'request',
      ...(stage.kind === 'approval' ? ['test'] : stage.kind === 'test' ? ['approve'] : []),
    ]
    const spent = stage.kind === 'approval' ? change.approvals : change.signOffs
    const barred = [
      ...change.held.filter(({ duty }) => busy.includes(duty)).map(({ person }) => person),
      ...spent
        .filter(one => one.stage === stage.name && one.ended === undefined && one.round === change.round)
        .flatMap(one => one.chain),
      ...this.#people.filter(one => governance.persons[one]?.departed !== undefined),
    ]
    const free = all.filter(one => !barred.includes(one.person) && !barred.includes(one.for ?? one.person))
    if (move.careful && free.length === 0) return undefined
    const able = move.careful ? free : all
    const delegates = able.filter(one => one.for !== undefined)
    const who = pick(move.delegate && delegates.length > 0 ? delegates : able, move.who)
    if (who === undefined) return undefined
    const account = `${who.person}-adm`
    const by = move.otherAccount && governance.accounts[account] !== undefined ? account : who.person
    const acting = given('for', who.for ?? null)
    switch (stage.kind) {
      case 'task':
        return this.#by(by, 'complete', { ...about, stage: stage.name, ...acting })
      case 'test': {
        const result = move.who % 12 === 0 ? 'failed' : 'passed'
        return this.#by(by, 'signOff', { ...seen, result, evidence: [{ name: 'report' }], ...acting })
      }
      case 'approval':
        return move.who % 25 === 0
          ? this.#by(by, 'reject', { ...seen, ...acting, comment: 'not like this' })
          : this.#by(by, 'approve', { ...seen, ...acting })
      case 'release':
        return this.#by(by, 'release', { ...seen, ...acting })
      default:
        return stage satisfies never
    }
  }

  #unsettle({ change: number, how, who }: Extract<Move, { do: 'unsettle' }>): unknown {
    const changes = this.#scenario.desk.changes()
    const open = changes.filter(one => !['completed', 'closed', 'cancelled'].includes(one.state))
    const leaning = open.filter(one => one.parent !== undefined)
    if (how === 'age') {
      this.#scenario.at(11 * day)
      return nothing
    }
    const approved = open.filter(one => one.approvals.length > 0).at(-1)
    if (how === 'compromise') {
      const person = pick(approved?.approvals ?? [], who)?.person
      return this.#by('ada', 'recordDeparture', { person: person ?? 'ghost', compromised: true })
    }
    const parent = changes.find(one => one.id === pick(leaning, number)?.parent)
    const about = { change: parent?.id ?? 'C1', comment: 'a second thought' }
    const by = how === 'withdraw' ? pick(parent?.approvals ?? [], who)?.person : parent?.requestedBy
    const form = { risk: parent?.form.risk === 'low' ? 'high' : 'low' }
    return this.#by(by ?? 'ghost', how, how === 'revise' ? { ...about, form } : about)
  }

  /** Holders of the roles, delegates of theirs, and for a role that nobody holds those of the role that stands in. */
  #able(change: Change, asked: readonly string[], careful: boolean, machine: boolean): Able[] {
    const { roles: all, delegations, policies } = this.#scenario.desk.governance()
    const now = this.#scenario.now
    const holders = (name: string) =>
      Object.entries(all[name]?.grants ?? {})
        .filter(([, grants]) => grants.some(one => one.until === undefined || one.until > now))
        .map(([person]) => person)
        .filter(who => this.#people.includes(who) || (machine && who === 'robot'))
    return asked.flatMap((name): Able[] => {
      const own = holders(name)
      const standIn = policies[change.policy]?.document.roles[name]?.fallback?.role
      const delegates = Object.values(delegations)
        .filter(one => own.includes(one.principal))
        .filter(one => !careful || (one.revokedAt === undefined && one.from <= now && now < one.until))
        .map(one => ({ person: one.to, for: one.principal }))
      const others = own.length === 0 && standIn !== undefined ? holders(standIn) : []
      return [...[...own, ...others].map(person => ({ person })), ...delegates]
    })
  }

  #act(move: Extract<Move, { do: 'act' }>): Envelope {
    const change = this.#change(move.change)
    const seen = {
      change: move.seen === 'unknown change' ? 'NONE' : (change?.id ?? 'C1'),
      revision: Math.max(1, (change?.revision ?? 1) + (move.seen === 'revision' ? 1 - 2 * (move.who % 2) : 0)),
      digest: move.seen === 'digest' ? content('another') : (change?.digest ?? content('none')),
    }
    const acting = given('for', move.principal === null ? null : (pick(this.#people, move.principal) ?? null))
    const by = this.#account(move.who)
    switch (move.type) {
      case 'approve':
        return this.#by(by, 'approve', { ...seen, ...acting, ...given('as', move.as) })
      case 'reject':
        return this.#by(by, 'reject', { ...seen, ...acting, comment: 'not like this' })
      case 'signOff':
        return this.#by(by, 'signOff', { ...seen, ...acting, result: move.who % 3 === 0 ? 'failed' : 'passed' })
      case 'complete':
        return this.#by(by, 'complete', { change: seen.change, stage: 'build', ...acting })
      case 'release':
        return this.#by(by, 'release', { ...seen, ...acting })
      default:
        return move.type satisfies never
    }
  }

  #again({ which, changed }: Extract<Move, { do: 'again' }>): unknown {
    const earlier = pick(this.#given, which)
    if (earlier === undefined || !changed) return earlier
    return which % 2 === 0
      ? { ...earlier, account: this.#account(which) }
      : { ...earlier, command: pick(this.#given, which + 1)?.command }
  }

  #malformed({ which, change, junk }: Extract<Move, { do: 'malformed' }>): unknown {
    const id = this.#change(change)?.id ?? 'C1'
    const account = this.#people[0] ?? 'ghost'
    const approve = { type: 'approve', change: id, revision: 1, digest: content('r1') }
    const strange = [
      junk,
      { account, command: junk },
      { account, command: { ...approve, comment: junk } },
      { account, command: { type: 'approve', change: id } },
      { account, command: { ...approve, revision: 0.5 } },
      { account, command: { ...approve, revision: '1' } },
      { account, command: { ...approve, digest: approve.digest.toUpperCase() } },
      { account, command: { ...approve, approved: true } },
      { account, command: { ...approve, comment: '\ud800' } },
      { account, command: { ...approve, comment: ' ' } },
      { account, id: 'short', command: approve },
      { account: 'constructor', command: approve },
      { account: 'Ann', command: approve },
      { account, command: { ...approve, type: 'aprove' } },
      { account, command: { ...approve, type: 'constructor' } },
      { account, command: JSON.parse(`{"type":"submit","change":"${id}","form":{"__proto__":1}}`) },
      { account, command: approve, at: '2020-01-01T00:00:00.000Z' },
      { account: [account], command: approve },
    ]
    return pick(strange, which)
  }
}

const day = 86_400_000
const nothing = Symbol('nothing')

const pick = <T>(some: readonly T[], number: number): T | undefined => some[number % Math.max(1, some.length)]

const given = (name: string, value: unknown) => (value === null ? {} : { [name]: value })

const participants = (change: Change | undefined): string[] => [...new Set(change?.held.map(one => one.person))]

const rolesNamed = (one: Requirement): string[] =>
  'from' in one ? [one.from] : 'approvals' in one ? [] : ('all' in one ? one.all : one.any).flatMap(rolesNamed)
