import type { Change, Governance } from 'countersign'
import { policyDigest, type Requirement, type SingleStage } from 'countersign/policy'
import { systems, team } from './arbitraries.ts'
import type { History, Move } from './history.ts'
import { content } from './scenario.ts'

/** What a player sees of the world, and the time that they let pass. */
export interface World {
  now(): string
  pass(milliseconds: number): void
  governance(): Governance
  changes(): readonly Change[]
}

export interface Envelope {
  readonly account: string
  readonly id: string
  readonly command: { readonly type: string; readonly [member: string]: unknown }
}

/** Somebody who could take a step, and for whom. */
interface Able {
  readonly person: string
  readonly for?: string
}

/** A move of one kind. */
type Of<Name extends Move['do']> = Extract<Move, { do: Name }>

/** That a move comes to no command. */
export const nothing = Symbol('nothing')

const day = 86_400_000
const firstTicket = {
  category: 'normal' as const,
  makers: [1],
  risk: 'low' as const,
  systems: [...systems],
  parent: null,
  strange: false,
}
const ended = ['completed', 'closed', 'cancelled']

/** Makes commands of moves: looks at what is there, and picks by the numbers of the move. */
export class Player {
  readonly #world: World
  readonly #history: Pick<History, 'people' | 'later'>
  readonly #given: Envelope[] = []
  readonly #people: readonly string[]
  readonly #prefix: string
  #submitted = 0
  #delegated = 0
  #excepted = 0

  constructor(history: Pick<History, 'people' | 'later'>, world: World, prefix = 'history') {
    this.#world = world
    this.#history = history
    this.#people = Object.keys(history.people)
    this.#prefix = prefix
    this.#delegated = Object.keys(world.governance().delegations).length
  }

  /**
   * Several accounts of one person, a robot with a controller and one without, a role that inherits others, a third
   * administrator who takes part in changes, and a template.
   */
  prelude(): unknown[] {
    const [first = '', second = '', third = ''] = this.#people
    const template = {
      format: 'countersign/template/v1',
      team,
      name: 'routine',
      version: 1,
      category: 'standard',
      description: 'what is done every week',
      fixed: { risk: 'low' },
      editable: ['systems', 'note', 'title', 'reason', 'content'],
    }
    const approvers = this.#holders('appr')
    const [principal = third, delegate = second] = [
      approvers.at(-1),
      this.#people.find(one => !approvers.includes(one)),
    ]
    const passes = (from: string, to: string, of?: string) => {
      this.#delegated += 1
      const window = { from: this.#later(0), until: this.#later(60 * day) }
      const id = `d${this.#delegated}`
      return this.#by(from, 'delegate', {
        delegation: id,
        ...given('of', of ?? null),
        principal: from,
        to,
        ...window,
        scope: {},
      })
    }
    return [
      ...[first, second, third].map(person => this.#by('ada', 'linkAccount', { account: `${person}-adm`, person })),
      this.#by('ada', 'registerBot', { bot: 'robot', controller: second, accounts: ['robot'] }),
      this.#by('ada', 'registerBot', { bot: 'orphan', accounts: ['orphan'] }),
      ...['appr', 'tester', 'deployer'].flatMap(held =>
        ['robot', 'orphan'].map(to => this.#by('ada', 'grantRole', { role: held, to, team: '*' })),
      ),
      this.#by('ada', 'defineRole', { role: 'chief', description: 'the chief', inherits: ['head'] }),
      this.#by('otto', 'grantRole', { role: 'chief', to: this.#people.at(-1), team: '*' }),
      this.#by('ada', 'appointAdministrator', { person: first }),
      this.#by('otto', 'appointAdministrator', { person: first }),
      passes(principal, delegate),
      passes(delegate, this.#people.find(one => one !== principal && one !== delegate) ?? first, 'd1'),
      this.#by('otto', 'proposeTemplate', { template }),
      ...approvers.slice(0, 2).map(one => this.#by(one, 'approveTemplate', { team, name: 'routine', version: 1 })),
    ]
  }

  envelope(move: Move): unknown {
    if (this.#world.changes().length === 0 && 'change' in move && typeof move.change === 'number')
      return this.#submit({ ...firstTicket, who: move.change })
    return (this.#moves[move.do] as (move: Move) => unknown)(move)
  }

  /** What comes of each kind of move. */
  readonly #moves: { readonly [Name in Move['do']]: (move: Of<Name>) => unknown } = {
    wait: () => nothing,
    again: move => this.#again(move),
    malformed: move => this.#malformed(move),
    // Changes
    goOn: move => this.#goOn(move),
    act: move => this.#act(move),
    handle: move => this.#handle(move),
    submit: move => this.#submit(move),
    revise: move => this.#revise(move),
    recategorise: move => this.#recategorise(move),
    assign: move => this.#assign(move),
    except: move => this.#except(move),
    lift: move => this.#lift(move),
    unsettle: move => this.#unsettle(move),
    // Who acts for whom
    delegate: move => this.#delegate(move),
    undelegate: move => this.#undelegate(move),
    // Roles
    grant: move => this.#grant(move),
    revoke: move => this.#revoke(move),
    exclude: ({ roles }) => this.#by('ada', 'excludeRoles', { roles, team, because: 'nobody is both' }),
    // Persons
    absent: move => this.#absent(move),
    present: move => this.#present(move),
    alias: move => this.#alias(move),
    regroup: ({ who, groups }) => this.#by('ada', 'assignGroups', { person: pick(this.#people, who), groups }),
    depart: move => this.#depart(move),
    goBack: move => this.#goBack(move),
    link: move => this.#link(move),
    // Rules
    rules: move => this.#rules(move),
  }

  #handle({ change: number, who, participant, type }: Of<'handle'>): Envelope {
    const change = this.#change(number)
    const person = participant ? pick(participants(change), who) : undefined
    return this.#by(person ?? this.#account(who), type, { change: change?.id ?? 'C1', comment: 'as agreed' })
  }

  #revise(move: Of<'revise'>): Envelope {
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

  #recategorise({ change: number, who, participant, category }: Of<'recategorise'>): Envelope {
    const change = this.#change(number)
    const by = participant ? pick(participants(change), who) : pick(this.#people, who)
    return this.#by(by ?? 'ghost', 'recategorise', { change: change?.id ?? 'C1', category, comment: 'it fits better' })
  }

  #assign(move: Of<'assign'>): Envelope {
    const change = this.#change(move.change)
    const person = move.participant ? pick(participants(change), move.who) : undefined
    // Often to the administrator among them, who takes part from then on.
    const to = pick(move.to % 3 === 0 ? this.#people.slice(0, 1) : this.#people, move.to) ?? 'ghost'
    return this.#by(person ?? this.#account(move.who), 'assign', { change: change?.id ?? 'C1', to })
  }

  #undelegate({ who, delegation }: Of<'undelegate'>): Envelope {
    const id = `d${1 + (delegation % Math.max(1, this.#delegated))}`
    return this.#by(this.#account(who), 'revokeDelegation', { delegation: id })
  }

  #grant(move: Of<'grant'>): Envelope {
    const change = this.#open(move.to)
    const asked = change === undefined ? [] : this.#stagesOf(change).flatMap(rolesAt)
    return this.#by(this.#administrator(move.by), 'grantRole', {
      role: move.to % 2 === 0 ? (pick(asked, move.by) ?? move.role) : move.role,
      to: pick([...this.#people, 'robot'], move.to),
      team: move.team,
      ...(move.days === null ? {} : { until: this.#later(move.days * day) }),
    })
  }

  #revoke({ role, from, by }: Of<'revoke'>): Envelope {
    return this.#by(this.#administrator(by), 'revokeRole', { role, from: pick(this.#people, from), team: '*' })
  }

  #absent({ who, days }: Of<'absent'>): Envelope {
    const person = pick(who % 2 === 0 ? this.#holders('owner') : this.#people, who) ?? 'ghost'
    return this.#by(person, 'recordAbsence', { person, from: this.#later(0), until: this.#later(days * day) })
  }

  #present({ who }: Of<'present'>): Envelope {
    const all = Object.entries(this.#world.governance().absences)
    const [person, absences = []] = pick(all, who) ?? ['ghost']
    const away = absences.at(-1) ?? { from: this.#later(0), until: this.#later(day) }
    return this.#by('ada', 'cancelAbsence', { person, from: away.from, until: away.until })
  }

  #depart({ who, by, compromised }: Of<'depart'>): Envelope {
    return this.#by(this.#administrator(by), 'recordDeparture', { person: pick(this.#people, who), compromised })
  }

  #goBack({ who }: Of<'goBack'>): Envelope {
    const { persons } = this.#world.governance()
    const gone = this.#people.filter(one => persons[one]?.departed !== undefined)
    return this.#by('otto', 'recordReturn', { person: pick(gone, who) ?? pick(this.#people, who) })
  }

  #link({ person: number, how }: Of<'link'>): Envelope {
    const person = pick(this.#people, number) ?? 'ghost'
    if (how === 'unlink') return this.#by('otto', 'unlinkAccount', { account: `${person}-adm` })
    return this.#by('otto', 'linkAccount', { account: how === 'taken' ? person : `${person}-2`, person })
  }

  #rules({ who, adopt }: Of<'rules'>): Envelope {
    const by = pick(['ada', 'otto', 'ada', 'otto', ...this.#people], who) ?? 'ghost'
    const { later } = this.#history
    return adopt
      ? this.#by(by, 'adoptPolicy', { digest: policyDigest(later) })
      : this.#by(by, 'proposePolicy', { policy: later })
  }

  #by(account: string, type: string, members: object): Envelope {
    const id = `${this.#prefix}-${this.#given.length}`
    const envelope = { account, id, command: { ...members, type } }
    this.#given.push(envelope)
    return envelope
  }

  #later(milliseconds: number): string {
    return new Date(Date.parse(this.#world.now()) + milliseconds).toISOString()
  }

  /** Somebody's account: of a person, another of theirs, of a robot, of an administrator, of nobody. */
  #account(number: number): string {
    const others = [...this.#people.slice(0, 3).map(one => `${one}-adm`), 'robot', 'orphan', 'ada', 'ghost']
    return pick([...this.#people, ...this.#people, ...others], number) ?? 'ghost'
  }

  #administrator(number: number): string {
    if (number % 5 === 0) return this.#account(number)
    return number % 3 === 0 ? (this.#people[0] ?? 'ghost') : number % 2 === 0 ? 'otto' : 'ada'
  }

  #change(number: number): Change | undefined {
    return pick(this.#world.changes(), number)
  }

  /** The changes whose life goes on; where there are none, all. */
  #open(number: number): Change | undefined {
    const all = this.#world.changes()
    const open = all.filter(one => !ended.includes(one.state))
    return pick(open.length > 0 ? open : all, number)
  }

  /** The person by whose name somebody goes who has several ids. */
  #root(person: string): string {
    const is = this.#world.governance().persons[person]?.is
    return is === undefined ? person : this.#root(is.person)
  }

  #submit(move: Omit<Of<'submit'>, 'do' | 'wait'>): Envelope {
    const isLeaning = move.category === 'patch'
    const projects = this.#world.changes().filter(one => one.category === 'project')
    const decided = projects.filter(one => one.approvals.length > 0)
    const parent = move.parent === null ? undefined : pick(decided.length > 0 ? decided : projects, move.parent)
    this.#submitted += 1
    return this.#by(move.strange ? this.#account(move.who) : (pick(this.#people, move.who) ?? 'ghost'), 'submit', {
      change: move.strange && this.#submitted > 1 ? `C${this.#submitted - 1}` : `C${this.#submitted}`,
      team: move.strange && move.who % 2 === 0 ? 'u' : team,
      category: move.category,
      title: 'Round half a cent to even',
      reason: 'the ledger and the bank differ by a cent',
      form: { risk: move.risk, systems: parent !== undefined && move.who % 8 > 0 ? parent.form.systems : move.systems },
      ...(move.makers.length === 0
        ? {}
        : { content: { digest: content('r1'), makers: move.makers.map(one => this.#account(one)) } }),
      ...(parent === undefined || (!isLeaning && !move.strange && move.who % 4 > 0) ? {} : { parent: parent.id }),
      ...(move.category === 'standard' ? { template: { name: 'routine', version: 1 } } : {}),
    })
  }

  /** Somebody's next step on one of the first changes that can go on; where there is none, a new change. */
  #goOn(move: Of<'goOn'>): Envelope {
    const open = this.#world.changes().filter(one => !['closed', 'cancelled'].includes(one.state))
    const from = move.change % 3
    for (const change of [...open.slice(from), ...open.slice(0, from)]) {
      const step = this.#stepOn(change, move)
      if (step !== undefined) return step
    }
    const decided = this.#world.changes().some(one => one.category === 'project' && one.approvals.length > 0)
    return this.#submit({
      category: decided ? (move.who % 3 > 1 ? 'normal' : 'patch') : move.who % 3 > 0 ? 'normal' : 'project',
      who: move.who,
      makers: [move.who + 1],
      risk: move.change % 2 === 0 ? 'low' : 'high',
      systems: [...systems],
      parent: 0,
      strange: false,
    })
  }

  #policyOf = (change: Change) => this.#world.governance().policies[change.policy]?.document

  /** The stages that are open on a change now. */
  #stagesOf(change: Change): readonly SingleStage[] {
    const flow = this.#policyOf(change)?.categories[change.category]?.flow ?? []
    const stage = flow.find(one => one.name === change.state)
    return stage === undefined ? [] : stage.kind === 'parallel' ? stage.stages : [stage]
  }

  #stepOn(change: Change, move: Of<'goOn'>): Envelope | undefined {
    const about = { change: change.id }
    const seen = { ...about, revision: change.revision, digest: change.digest }
    if (change.state === 'returned') return this.#by(change.requestedBy, 'resubmit', { ...about, comment: 'mended' })
    const stages = this.#stagesOf(change)
    const first = move.who % Math.max(1, stages.length)
    for (const stage of [...stages.slice(first), ...stages.slice(0, first)]) {
      const veto = change.rejections.find(one => one.veto && one.lifted === undefined && one.stage === stage.name)
      if (veto !== undefined && move.careful)
        return this.#by(veto.person, 'liftVeto', { ...about, of: veto.person, comment: 'it is mended' })
      const unmade = stage.kind === 'release' && change.held.every(one => one.duty !== 'make')
      if (unmade && move.careful)
        return this.#by(change.requestedBy, 'assign', { ...about, to: pick(this.#people, move.who) ?? 'ghost' })
      const who = this.#ableAt(change, stage, move)
      if (who === undefined) continue
      const account = `${who.person}-adm`
      const other = move.otherAccount && this.#world.governance().accounts[account] !== undefined
      const by = other ? account : who.person
      const acting = { ...given('for', who.for ?? null), ...(stages.length > 1 ? { stage: stage.name } : {}) }
      const environment = stage.kind === 'release' ? given('environment', stage.environment ?? null) : {}
      switch (stage.kind) {
        case 'task':
          return this.#by(by, 'complete', { ...about, ...acting, stage: stage.name })
        case 'test': {
          const result = move.who % 12 === 0 ? 'failed' : 'passed'
          return this.#by(by, 'signOff', { ...seen, result, evidence: [{ name: 'report' }], ...acting })
        }
        case 'approval': {
          const where =
            stage.environments !== undefined && move.change % 3 === 0
              ? { environments: [pick(stage.environments, move.who)] }
              : {}
          const { stage: _, ...rejecting } = { stage: '', ...acting }
          return move.who % 12 === 0
            ? this.#by(by, 'reject', { ...seen, ...rejecting, comment: 'not like this' })
            : this.#by(by, 'approve', { ...seen, ...acting, ...where })
        }
        case 'release':
          return this.#by(by, 'release', { ...seen, ...acting, ...environment })
        default:
          return stage satisfies never
      }
    }
    return stages.length === 0 && move.careful ? this.#by(change.requestedBy, 'close', about) : undefined
  }

  /** Somebody who can act at a stage; with care, somebody whom nothing keeps from it. */
  #ableAt(change: Change, stage: SingleStage, move: Of<'goOn'>): Able | undefined {
    const asked = rolesAt(stage)
    const all = this.#able(change, asked, move.careful, stage.kind !== 'approval')
    const busy = [
      'make',
      'request',
      ...(stage.kind === 'approval' ? ['test'] : stage.kind === 'test' ? ['approve'] : []),
    ]
    const spent = stage.kind === 'approval' ? change.approvals : change.signOffs.filter(one => one.stage === stage.name)
    const now = this.#world.now()
    const excepted = change.exceptions.flatMap(one =>
      one.granted !== undefined && one.revoked === undefined && now < one.until ? [one.person] : [],
    )
    const barred = [
      ...change.held
        .filter(({ duty, person }) => busy.includes(duty) && !excepted.includes(person))
        .map(({ person }) => person),
      ...spent.filter(one => one.ended === undefined && one.round === change.round).flatMap(one => one.chain),
      ...this.#people.filter(one => this.#world.governance().persons[one]?.departed !== undefined),
    ].map(one => this.#root(one))
    const isFree = (one: string) => !barred.includes(this.#root(one))
    const free = all.filter(one => isFree(one.person) && isFree(one.for ?? one.person))
    const able = move.careful ? free : all
    const delegates = able.filter(one => one.for !== undefined)
    const excepts = able.filter(one => excepted.includes(one.person))
    if (stage.kind === 'approval' && excepts.length > 0 && move.who % 2 === 0) return pick(excepts, move.who)
    return pick(move.delegate && delegates.length > 0 ? delegates : able, move.who)
  }

  /** Holders of the roles, delegates of theirs, and for a role that nobody holds those of the role that stands in. */
  #able(change: Change, asked: readonly string[], careful: boolean, machine: boolean): Able[] {
    const { roles: all, delegations } = this.#world.governance()
    const now = this.#world.now()
    const holders = (name: string) => [
      ...new Set(
        [name, ...Object.keys(all).filter(senior => all[senior]?.inherits?.includes(name))].flatMap(one =>
          Object.entries(all[one]?.grants ?? {})
            .filter(([, grants]) => grants.some(grant => grant.until === undefined || grant.until > now))
            .map(([person]) => person)
            .filter(who => this.#people.includes(who) || (machine && who === 'robot')),
        ),
      ),
    ]
    const inForce = Object.entries(delegations).filter(
      ([, one]) => !careful || (one.revokedAt === undefined && one.from <= now && now < one.until),
    )
    const far = (id: string): string => {
      const { of, principal = '' } = delegations[id] ?? {}
      return of === undefined ? principal : far(of)
    }
    return asked.flatMap((name): Able[] => {
      const own = holders(name)
      const standIn = this.#policyOf(change)?.roles[name]?.fallback?.role
      const delegates = inForce
        .map(([id, one]) => ({ person: one.to, for: far(id), passed: one.of !== undefined }))
        .filter(one => own.includes(one.for))
      const passed = delegates.filter(one => one.passed)
      const others = standIn === undefined || (own.length > 0 && Date.parse(now) % 4 > 0) ? [] : holders(standIn)
      return [
        ...[...own, ...others].map(person => ({ person })),
        ...(passed.length > 0 ? passed : delegates).map(({ person, for: principal }) => ({ person, for: principal })),
      ]
    })
  }

  #delegate(move: Of<'delegate'>): Envelope {
    const [last, one] = Object.entries(this.#world.governance().delegations).at(-1) ?? []
    const goesOn = one !== undefined && move.link !== 'none'
    const principal = goesOn ? one.to : (pick(this.#people, move.principal) ?? 'ghost')
    const anybody = pick([...this.#people.filter(other => other !== principal), principal, 'ghost'], move.to) ?? 'ghost'
    this.#delegated += 1
    const by = { principal, administrator: 'ada', anybody: this.#account(move.who) }[goesOn ? 'principal' : move.by]
    return this.#by(by, 'delegate', {
      delegation: `d${this.#delegated}`,
      ...(goesOn && (move.link === 'chain' || move.who % 2 === 0) ? { of: last } : {}),
      principal,
      to: goesOn && move.link === 'circle' ? one.principal : anybody,
      from: this.#later(move.delay),
      until: this.#later(move.days * day),
      scope: move.scope,
    })
  }

  #alias({ change: number, who, other, of }: Of<'alias'>): Envelope {
    const change = this.#open(number)
    const approvers = [...new Set(change?.approvals.map(one => one.person))]
    const makers = change?.held.filter(one => one.duty === 'make').map(one => one.person) ?? []
    const one = of === 'anybody' ? undefined : pick(approvers, who)
    const among = of === 'approvers' ? approvers : of === 'maker' ? makers : []
    const is = pick(
      among.filter(known => known !== one),
      other,
    )
    const [person = pick(this.#people, who) ?? 'ghost', known = pick(this.#people, other) ?? 'ghost'] = [one, is]
    return this.#by(who % 2 === 0 ? 'ada' : 'otto', 'recordAlias', { person, is: known, comment: 'it is one person' })
  }

  #except({ how, change: number, who, duties, days, right }: Of<'except'>): Envelope {
    const asked = this.#world
      .changes()
      .filter(one => !ended.includes(one.state) && one.exceptions.some(pending => pending.granted === undefined))
    const change = how === 'request' ? this.#open(number) : (pick(asked, number) ?? this.#open(number))
    const about = { change: change?.id ?? 'C1' }
    const anybody = this.#account(who)
    const pending = change?.exceptions.filter(one => one.granted === undefined) ?? []
    if (how === 'request' || pending.length === 0) {
      const makers = change?.held.filter(one => one.duty === duties[0]).map(one => one.person) ?? []
      const approvers = makers.filter(one =>
        this.#history.people[one]?.some(held => ['appr', 'owner', 'head'].includes(held)),
      )
      const person = pick(right ? (approvers.length > 0 ? approvers : makers) : this.#people, who) ?? anybody
      this.#excepted += 1
      return this.#by(right ? person : anybody, 'requestException', {
        ...about,
        exception: `x${this.#excepted}`,
        person,
        duties,
        until: this.#later(days * day),
        reason: 'there are two of us',
      })
    }
    const exception = pick(how === 'revoke' ? (change?.exceptions ?? pending) : pending, who)?.id ?? 'x1'
    const heads = this.#holders('head').filter(one => !participants(change).includes(one))
    const by = right ? (pick(heads, who) ?? anybody) : anybody
    return this.#by(by, how === 'grant' ? 'grantException' : 'revokeException', {
      ...about,
      exception,
      ...(how === 'grant' ? {} : { comment: 'it was not needed' }),
    })
  }

  /** Who holds a role in their own right. */
  #holders = (role: string): string[] => this.#people.filter(one => this.#history.people[one]?.includes(role))

  #lift({ change: number, who, right }: Of<'lift'>): Envelope {
    const vetoed = this.#world
      .changes()
      .filter(one => one.rejections.some(rejection => rejection.veto && rejection.lifted === undefined))
    const change = pick(vetoed, number) ?? this.#change(number)
    const of = change?.rejections.find(one => one.veto && one.lifted === undefined)?.person ?? 'ghost'
    const heads = this.#holders('head').filter(one => !participants(change).includes(one))
    const by = right ? (pick([of, ...heads], who) ?? of) : this.#account(who)
    return this.#by(by, 'liftVeto', { change: change?.id ?? 'C1', of, comment: 'it is mended' })
  }

  #unsettle({ change: number, how, who }: Of<'unsettle'>): unknown {
    const changes = this.#world.changes()
    const open = changes.filter(one => !ended.includes(one.state))
    const leaning = open.filter(one => one.parent !== undefined)
    if (how === 'age') {
      this.#world.pass((number % 2 === 0 ? 5 : 11) * day)
      return nothing
    }
    const approved = open.filter(one => one.approvals.length > 0).at(-1)
    if (how === 'compromise') {
      const person = pick(approved?.approvals ?? [], who)?.person
      return this.#by('ada', 'recordDeparture', { person: person ?? 'ghost', compromised: number % 2 === 0 })
    }
    const parent = changes.find(one => one.id === pick(leaning, number)?.parent)
    const about = { change: parent?.id ?? 'C1', comment: 'a second thought' }
    const by = how === 'withdraw' ? pick(parent?.approvals ?? [], who)?.person : parent?.requestedBy
    const form = { risk: parent?.form.risk === 'low' ? 'high' : 'low' }
    return this.#by(by ?? 'ghost', how, how === 'revise' ? { ...about, form } : about)
  }

  #act(move: Of<'act'>): Envelope {
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

  #again({ which, changed }: Of<'again'>): unknown {
    const earlier = pick(this.#given, which)
    if (earlier === undefined || !changed) return earlier
    return which % 2 === 0
      ? { ...earlier, account: this.#account(which) }
      : { ...earlier, command: pick(this.#given, which + 1)?.command }
  }

  #malformed({ which, change, junk }: Of<'malformed'>): unknown {
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

const pick = <T>(some: readonly T[], number: number): T | undefined => some[number % Math.max(1, some.length)]

const given = (name: string, value: unknown) => (value === null ? {} : { [name]: value })

const participants = (change: Change | undefined): string[] => [...new Set(change?.held.map(one => one.person))]

/** The roles whose holders act at a stage. */
const rolesAt = (stage: SingleStage): string[] => (stage.kind === 'approval' ? rolesNamed(stage.requires) : [stage.by])

const rolesNamed = (one: Requirement): string[] =>
  'from' in one ? [one.from] : 'approvals' in one ? [] : ('all' in one ? one.all : one.any).flatMap(rolesNamed)
