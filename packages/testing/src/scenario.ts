import { CountersignError, encodeUtf8, requireOptions, sha256Hex } from '@countersign/trail'
import { memoryStore, type Openings, type Store } from '@countersign/trail/store'
import {
  type Change,
  type Commands,
  createDesk,
  type Desk,
  didYouMean,
  type Explanation,
  type Receipt,
  type RefusalCode,
} from 'countersign'
import { type Controls, controlsDigest, type Policy, type Population, policyDigest } from 'countersign/policy'

/** Who is there and which rules hold before the first command of a scenario. */
export interface Setting {
  readonly controls: Controls
  readonly policies: readonly Policy[]
  /** For each person the roles that they hold in every team; the person's account has the person's name. */
  readonly people: Readonly<Record<string, readonly string[]>>
  /**
   * Roles beyond those of the policies and of people, so that a role can be vacant from the start. One that is named here is no
   * slip, however near it is to one of the policies.
   */
  readonly roles?: readonly string[]
  /** For each person the groups, such as departments, to which they belong. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /** Who cannot be reached for the first thirty days. */
  readonly absent?: readonly string[]
  /** For each principal the delegate who may act for them in everything for the first thirty days. */
  readonly delegations?: Readonly<Record<string, string>>
  /** The public key that the founding entry names; none, where nothing is said. Its name is `trail.example/scenario`. */
  readonly key?: string
  /** The instant at which it begins, 2026-03-02T08:00:00Z unless told otherwise. */
  readonly at?: string
  readonly store?: Store
  readonly recordRefusals?: 'violations' | 'all' | 'none'
  /** Where what opens private values is kept; nowhere, where nothing is said. */
  readonly openings?: Openings
}

const settingNames = Object.keys({
  controls: true,
  policies: true,
  people: true,
  roles: true,
  groups: true,
  absent: true,
  delegations: true,
  key: true,
  at: true,
  store: true,
  recordRefusals: true,
  openings: true,
  // A setting may say them for `lint`.
  robots: true,
  calendars: true,
} satisfies Record<keyof Setting | keyof Population, true>)

/** A role that a later policy names may be held before; one that is near to a role of these policies is a slip. */
function requireRoles({ policies, people, roles = [] }: Setting): void {
  const there = [...policies.flatMap(policy => Object.keys(policy.roles)), ...roles]
  for (const [person, held] of Object.entries(people)) {
    for (const role of held) {
      const near = there.includes(role) ? '' : didYouMean(role, there)
      if (near === '') continue
      const problem = `there is no role ${role}${near} Name it in \`roles\` otherwise.`
      throw new CountersignError('input', `Scenario.open: people.${person}: ${problem}`, { facts: { person, role } })
    }
  }
}

type Type = keyof Commands
type Loose<T extends Type> = Partial<Parameters<Commands[T]>[0]>

/** The two administrators of every scenario. They hold no role and have no part in any change. */
export const administrators = ['ada', 'otto'] as const

const firstInstant = '2026-03-02T08:00:00.000Z'
const thirtyDays = 30 * 86_400_000

/**
 * A digest for a revision of some content, another one for each name: the SHA-256 of the name, as 64 hex digits.
 *
 * @example
 * ```ts
 * import { content } from '@countersign/testing'
 * content('r1') // → '82f3e9c695dc6b8d1b11818d5701919e286de8d47f7c3eb3100c485f79e57828'
 * content('r1') === content('r9') // → false
 * content('K0-s') === content('K0-3') // → false
 * ```
 */
export const content = (name: string): string => sha256Hex(encodeUtf8(name))

/**
 * The commands by which a setting comes about, each with its account: the trail is founded, everybody registered, and
 * controls and policies are adopted by two persons.
 */
export function foundingOf(setting: Setting): (readonly [account: string, type: Type, command: object])[] {
  const [ada, otto] = administrators
  const { controls, policies, people, groups = {}, absent = [], delegations = {} } = setting
  const from = setting.at ?? firstInstant
  const until = new Date(Date.parse(from) + thirtyDays).toISOString()
  const named = policies.flatMap(policy => Object.keys(policy.roles))
  const roles = new Set([...Object.values(people).flat(), ...(setting.roles ?? []), ...named])
  return [
    [
      ada,
      'found',
      {
        origin: 'trail.example/scenario',
        format: 'countersign/trail/v1',
        ...(setting.key === undefined ? {} : { key: setting.key }),
        administrators: administrators.map(person => ({ person, name: person, accounts: [person] })),
      },
    ],
    ...Object.keys(people).map(
      person => [ada, 'registerPerson', { person, name: person, accounts: [person] }] as const,
    ),
    ...[...roles].map(role => [ada, 'defineRole', { role, description: role }] as const),
    ...Object.entries(people).flatMap(([to, held]) =>
      held.map(role => [ada, 'grantRole', { role, to, team: '*' }] as const),
    ),
    [ada, 'proposeControls', { controls }],
    [otto, 'adoptControls', { digest: controlsDigest(controls) }],
    ...policies.flatMap(policy => [
      [ada, 'proposePolicy', { policy }] as const,
      [otto, 'adoptPolicy', { digest: policyDigest(policy) }] as const,
    ]),
    ...Object.entries(groups)
      .filter(([, all]) => all.length > 0)
      .map(([person, all]) => [ada, 'assignGroups', { person, groups: [...all] }] as const),
    ...absent.map(person => [ada, 'recordAbsence', { person, from, until }] as const),
    ...Object.entries(delegations).map(
      ([principal, to]) =>
        [principal, 'delegate', { delegation: `${principal}-to-${to}`, principal, to, from, until }] as const,
    ),
  ]
}

/**
 * A desk with people, rules and a clock that stands still until it is told to go on: given, when, then for whoever
 * writes a policy.
 *
 * @example
 * ```ts
 * import { Scenario } from '@countersign/testing'
 * import { approval, approvals, category, controls, policy, release, role, separate } from 'countersign/policy'
 * const sox = controls('sox', { 'CM-1': separate('make', 'approve').because('nobody approves what they made') })
 * const flow = [approval('peer', approvals(1).from(role('owner'))), release('production', { by: role('deployer') })]
 * const roles = { owner: 'owns the ledger', deployer: 'puts it into effect' }
 * const payments = policy('payments', { complies: sox, roles }, { normal: category({ flow }) })
 *
 * const people = { ann: ['owner'], bob: ['owner'], eve: [], paul: ['deployer'] }
 * const team = await Scenario.open({ controls: sox, policies: [payments], people, delegations: { bob: 'eve' } })
 * const ticket = await team.submitted('paul', 'normal', {}, { makers: ['ann'] })
 * await team.refused('ann', 'approve', { change: ticket }) // → 'duty.conflict'
 * await team.given('eve', 'approve', { change: ticket, for: 'bob' })
 * team.isApprovable(ticket) // → true
 * await team.given('paul', 'release', { change: ticket })
 * team.change(ticket).state // → 'completed'
 * ```
 */
export class Scenario {
  readonly desk: Desk
  readonly store: Store
  readonly #clock: { now: Date }
  readonly #team: string
  #ids = 0
  #tickets = 0

  private constructor(desk: Desk, store: Store, clock: { now: Date }, team: string) {
    this.desk = desk
    this.store = store
    this.#clock = clock
    this.#team = team
  }

  /** Opens a desk on which the setting has come about. Throws `CountersignError` `input` where it says something unknown. */
  static async open(setting: Setting): Promise<Scenario> {
    requireOptions('Scenario.open', setting, settingNames)
    requireRoles(setting)
    const store = setting.store ?? memoryStore()
    const clock = { now: new Date(setting.at ?? firstInstant) }
    const desk = await createDesk({
      store,
      clock: () => clock.now,
      ...(setting.recordRefusals === undefined ? {} : { recordRefusals: setting.recordRefusals }),
      ...(setting.openings === undefined ? {} : { openings: setting.openings }),
    })
    const scenario = new Scenario(desk, store, clock, setting.policies[0]?.team ?? '')
    for (const [account, type, command] of foundingOf(setting)) await scenario.given(account, type, command as never)
    return scenario
  }

  /** Proposes a policy by one administrator and adopts it by the other. */
  async adopt(policy: Policy): Promise<void> {
    await this.given('ada', 'proposePolicy', { policy })
    await this.given('otto', 'adoptPolicy', { digest: policyDigest(policy) })
  }

  /** A ticket that somebody asks for, with what somebody made where makers are named. Gives its id. */
  async submitted(
    account: string,
    category: string,
    form: Loose<'submit'>['form'] = {},
    options: { readonly makers?: readonly string[] } = {},
  ): Promise<string> {
    requireOptions('submitted', options, ['makers'])
    const { makers = [] } = options
    this.#tickets += 1
    const change = `T${this.#tickets}`
    await this.given(account, 'submit', {
      change,
      team: this.#team,
      category,
      title: `a ${category} change`,
      reason: 'to see what the policy makes of it',
      form,
      ...(makers.length === 0 ? {} : { content: { digest: content(change), makers: [...makers] } }),
    })
    return change
  }

  /** The code with which a command is refused. Throws where it is accepted. */
  async refused<T extends Type>(account: string, type: T, command: Loose<T>): Promise<RefusalCode> {
    const receipt = await this.when(account, type, command)
    if (receipt.outcome === 'refused') return receipt.refusal.code
    throw new Error(`${account} ${type}: accepted, and was to be refused`)
  }

  /** Something that has happened. Throws where it is refused: a scenario that does not come about is no scenario. */
  async given<T extends Type>(account: string, type: T, command: Loose<T>): Promise<Change> {
    const receipt = await this.when(account, type, command)
    if (receipt.outcome === 'accepted') return receipt.change as Change
    throw new Error(`given ${account} ${type}: refused ${receipt.refusal.code}: ${receipt.because}. ${receipt.help}`)
  }

  /**
   * A command, and what comes of it. A decision about a change that names no revision and digest is about the change as
   * it stands, as it is for a person who looks at it and decides.
   */
  when<T extends Type>(
    account: string,
    type: T,
    command: Loose<T>,
    options: { readonly id?: string } = {},
  ): Promise<Receipt> {
    requireOptions('when', options, ['id'])
    const { change: id } = command as { change?: string }
    const change = id === undefined ? undefined : this.desk.change(id)
    const names =
      ['approve', 'reject', 'signOff', 'tick', 'release', 'breakGlass'].includes(type) && change !== undefined
    const seen = names ? { revision: change.revision, digest: change.digest } : {}
    this.#ids += 1
    return this.desk.execute({
      account,
      id: options.id ?? `scenario-${this.#ids}`,
      command: { ...seen, ...command, type },
    })
  }

  /** Lets time pass, in milliseconds, or sets the clock to an instant. */
  at(when: string | number): void {
    this.#clock.now = typeof when === 'number' ? new Date(this.#clock.now.getTime() + when) : new Date(when)
  }

  get now(): string {
    return this.#clock.now.toISOString()
  }

  change(id: string): Change {
    const change = this.desk.change(id)
    if (change === undefined) throw new Error(`there is no change ${id}`)
    return change
  }

  explain(id: string): Explanation {
    const told = this.desk.explain(id, this.now)
    if (told === undefined) throw new Error(`there is no change ${id}`)
    return told
  }

  /** How many approvals of a stage count now; without a stage, of all stages. */
  approvals(id: string, stage?: string): number {
    return this.explain(id)
      .stages.filter(one => one.kind === 'approval' && (stage === undefined || one.stage === stage))
      .flatMap(one => one.acts)
      .filter(act => act.countsFor !== undefined).length
  }

  /** Whether everything before the first release is met now, be it by an exception. */
  isApprovable(id: string): boolean {
    const { stages } = this.explain(id)
    const release = stages.findIndex(one => one.kind === 'release')
    return stages.slice(0, release).every(one => ['satisfied', 'excepted', 'skipped'].includes(one.status))
  }
}
