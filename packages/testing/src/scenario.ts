import { memoryStore, type Store } from '@countersign/trail/store'
import { type Change, type Commands, createDesk, type Desk, type Explanation, type Receipt } from 'countersign'
import { type Controls, controlsDigest, type Policy, policyDigest } from 'countersign/policy'

/** Who is there and which rules hold before the first command of a scenario. */
export interface Setting {
  readonly controls: Controls
  readonly policies: readonly Policy[]
  /** For each person the roles that they hold in every team; the person's account has the person's name. */
  readonly people: Readonly<Record<string, readonly string[]>>
  /** Roles beyond those that people hold, so that a role can be vacant from the start. */
  readonly roles?: readonly string[]
  /** The instant at which it begins, 2026-03-02T08:00:00Z unless told otherwise. */
  readonly at?: string
  readonly store?: Store
  readonly recordRefusals?: 'violations' | 'all' | 'none'
}

type Type = keyof Commands
type Loose<T extends Type> = Partial<Parameters<Commands[T]>[0]>

/** The two administrators of every scenario. They hold no role and have no part in any change. */
export const administrators = ['ada', 'otto'] as const

/** A desk with people, rules and a clock that stands still until it is told to go on. */
export class Scenario {
  readonly desk: Desk
  readonly store: Store
  #clock: { now: Date }
  #ids = 0

  private constructor(desk: Desk, store: Store, clock: { now: Date }) {
    this.desk = desk
    this.store = store
    this.#clock = clock
  }

  /** Founds a trail, registers everybody, adopts controls and policies by two persons. */
  static async open(setting: Setting): Promise<Scenario> {
    const store = setting.store ?? memoryStore()
    const clock = { now: new Date(setting.at ?? '2026-03-02T08:00:00.000Z') }
    const desk = await createDesk({
      store,
      clock: () => clock.now,
      ...(setting.recordRefusals === undefined ? {} : { recordRefusals: setting.recordRefusals }),
    })
    const scenario = new Scenario(desk, store, clock)
    const [ada, otto] = administrators
    await scenario.given(ada, 'found', {
      origin: 'trail.example/scenario',
      format: 'countersign/trail/v1',
      administrators: administrators.map(person => ({ person, name: person, accounts: [person] })),
    })
    for (const person of Object.keys(setting.people))
      await scenario.given(ada, 'registerPerson', { person, name: person, accounts: [person] })
    const named = setting.policies.flatMap(policy => Object.keys(policy.roles))
    const roles = new Set([...Object.values(setting.people).flat(), ...(setting.roles ?? []), ...named])
    for (const role of roles) await scenario.given(ada, 'defineRole', { role, description: role })
    for (const [person, held] of Object.entries(setting.people)) {
      for (const role of held) await scenario.given(ada, 'grantRole', { role, to: person, team: '*' })
    }
    await scenario.given(ada, 'proposeControls', { controls: setting.controls })
    await scenario.given(otto, 'adoptControls', { digest: controlsDigest(setting.controls) })
    for (const policy of setting.policies) await scenario.adopt(policy)
    return scenario
  }

  /** Proposes a policy by one administrator and adopts it by the other. */
  async adopt(policy: Policy): Promise<void> {
    await this.given('ada', 'proposePolicy', { policy })
    await this.given('otto', 'adoptPolicy', { digest: policyDigest(policy) })
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
    const { change: id } = command as { change?: string }
    const change = id === undefined ? undefined : this.desk.change(id)
    const names = ['approve', 'reject', 'signOff', 'release'].includes(type) && change !== undefined
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

  /** Whether everything before the first release is met now. */
  isApprovable(id: string): boolean {
    const { stages } = this.explain(id)
    const release = stages.findIndex(one => one.kind === 'release')
    return stages.slice(0, release).every(one => one.status === 'satisfied' || one.status === 'skipped')
  }
}
