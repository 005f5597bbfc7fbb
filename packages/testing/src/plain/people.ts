import type { GovernanceEvent } from 'countersign/governance'

export const forever = '9999'

/** Something that begins, and may end. */
export interface Lasting {
  readonly from: string
  until?: string | undefined
}

export interface Grant extends Lasting {
  /** The how many-th of all grants it is. */
  readonly number: number
  readonly role: string
  readonly to: string
  readonly team: string
  readonly by: string
}

export interface Delegation extends Lasting {
  readonly principal: string
  readonly to: string
  readonly by: string
  readonly of?: string | undefined
  readonly scope: { readonly [kind in 'roles' | 'teams' | 'categories']?: readonly string[] | undefined }
}

export const isOn = ({ from, until = forever }: Lasting, at: string): boolean => from <= at && at < until

export function end(one: Partial<Lasting> | undefined, at: string): void {
  if (one !== undefined && (one.until === undefined || one.until > at)) one.until = at
}

/** Who is who, who is there, who holds what and who acts for whom: lists of what was recorded, searched every time. */
export class PlainPeople {
  readonly #accounts = new Map<string, { person?: string | undefined; bot?: string | undefined }>()
  readonly #controllers = new Map<string, string | undefined>()
  readonly #aliases = new Map<string, string>()
  /** Who came and who went, in the order in which it was recorded. */
  readonly #presence: { readonly person: string; readonly how: string; readonly at: string; readonly entry: number }[] =
    []
  readonly #groups = new Map<string, readonly string[]>()
  readonly #grants: Grant[] = []
  readonly #juniors = new Map<string, readonly string[]>()
  readonly #exclusions: { readonly roles: readonly string[]; readonly team: string }[] = []
  #absences: ({ readonly person: string } & Lasting)[] = []
  readonly delegations = new Map<string, Delegation>()

  fold(event: GovernanceEvent, at: string, entry: number): void {
    switch (event.type) {
      case 'bot.registered':
      case 'bot.assigned':
        this.#controllers.set(event.bot, event.controller)
        return
      case 'account.linked':
        this.#accounts.set(event.account, event)
        return
      case 'account.unlinked':
        this.#accounts.delete(event.account)
        return
      case 'alias.recorded': {
        const groups = [...this.groupsOf([event.is]), ...this.groupsOf([event.person])]
        this.#aliases.set(event.person, event.is)
        this.#groups.set(this.personOf(event.is), groups)
        for (const one of this.#grants) {
          const to = this.#controllers.get(one.to) ?? one.to
          if (this.same(to, event.is) && this.same(one.by, to)) end(one, at)
        }
        for (const one of this.delegations.values())
          if (this.same(one.to, event.is) && this.same(one.by, one.to)) end(one, at)
        return
      }
      case 'groups.assigned':
        this.#groups.set(this.personOf(event.person), event.groups)
        return
      case 'person.returned':
        for (const person of this.#idsOf(event.person)) this.#presence.push({ person, how: 'returned', at, entry })
        return
      case 'person.departed': {
        const how = event.compromised ? 'compromised' : 'departed'
        for (const person of this.#idsOf(event.person)) this.#presence.push({ person, how, at, entry })
        for (const one of this.#grants) if (this.same(one.to, event.person)) end(one, at)
        for (const one of this.delegations.values())
          if (this.meet([one.principal, one.to], [event.person])) end(one, at)
        this.#absences = this.#absences.filter(one => one.from <= at || !this.same(one.person, event.person))
        return
      }
      case 'role.defined':
        this.#juniors.set(event.role, event.inherits ?? [])
        return
      case 'roles.excluded':
        this.#exclusions.push(event)
        return
      case 'role.granted':
        this.#grants.push({ ...event, number: this.#grants.length })
        return
      case 'role.revoked':
        for (const one of this.#grants)
          if (one.role === event.role && one.team === event.team && this.same(one.to, event.from)) end(one, at)
        return
      case 'absence.recorded':
        this.#absences.push(event)
        return
      case 'absence.cancelled': {
        const { person, from, until } = event
        this.#absences = this.#absences.filter(
          one => one.from !== from || one.until !== until || !this.same(one.person, person),
        )
        return
      }
      case 'delegation.granted':
        this.delegations.set(event.delegation, { ...event })
        return
      case 'delegation.revoked':
        end(this.delegations.get(event.delegation), at)
        return
      default:
        return
    }
  }

  /** The natural person behind an id. */
  personOf(id: string): string {
    const is = this.#aliases.get(id)
    return is === undefined ? id : this.personOf(is)
  }

  same = (one: string, other: string): boolean => one === other || this.personOf(one) === this.personOf(other)

  meet = (some: readonly string[], others: readonly string[]): boolean =>
    some.some(one => others.some(other => this.same(one, other)))

  /** Every id that this natural person has. */
  #idsOf = (person: string): string[] => [
    ...new Set([person, ...[...this.#aliases].flat().filter(one => this.same(one, person))]),
  ]

  /** Everybody behind an account: the person, or the bot and its controller. */
  behind(account: string): readonly string[] {
    const { person, bot } = this.#accounts.get(account) ?? {}
    return [bot, person ?? this.#controllers.get(bot ?? '')].filter(one => one !== undefined)
  }

  /** The groups to which each of these persons belongs. */
  groupsOf(persons: readonly string[]): readonly string[] {
    const [first = [], ...others] = persons.map(one => this.#groups.get(this.personOf(one)) ?? [])
    return first.filter(group => others.every(groups => groups.includes(group)))
  }

  /** Whether somebody is not here, or, since an entry, was not, as it was at an instant: under every id that they have. */
  hasLeft = (person: string, since = Number.POSITIVE_INFINITY, then = forever): boolean =>
    this.#idsOf(person).every(id => {
      const said = this.#presence.filter(one => one.person === id && one.at <= then)
      const left = said.some(one => one.how !== 'returned' && one.entry > since)
      return left || (said.length > 0 && said.at(-1)?.how !== 'returned')
    })

  /** Whether what these persons gave in an entry was in the hands of somebody who left as compromised since. */
  isTainted = (persons: readonly string[], entry: number): boolean =>
    this.#presence.some(one => one.how === 'compromised' && entry < one.entry && this.meet(persons, [one.person]))

  get granted(): number {
    return this.#grants.length
  }

  isAbsent = (person: string, at: string): boolean =>
    this.#absences.some(one => isOn(one, at) && this.same(one.person, person))

  #withJuniors = (role: string): string[] => [
    role,
    ...(this.#juniors.get(role) ?? []).flatMap(one => this.#withJuniors(one)),
  ]

  /**
   * What gives a person a role in a team at an instant: their grants of it, and of the roles that inherit it. Of roles
   * that exclude each other, whoever has been given two holds none.
   */
  grantsOf(person: string, role: string, team: string, at: string): Grant[] {
    const own = this.#grants.filter(
      one => (one.team === '*' || one.team === team) && isOn(one, at) && this.same(one.to, person),
    )
    const held = new Set(own.flatMap(one => this.#withJuniors(one.role)))
    const excluded = this.#exclusions.some(
      rule =>
        (rule.team === '*' || rule.team === team) &&
        rule.roles.includes(role) &&
        rule.roles.filter(one => held.has(one)).length > 1,
    )
    return excluded || this.hasLeft(person) ? [] : own.filter(one => this.#withJuniors(one.role).includes(role))
  }

  /** Whether a person who would act in this role holds another one that excludes it. */
  isBarred = (person: string, role: string, team: string, at: string): boolean =>
    this.#exclusions.some(
      rule =>
        (rule.team === '*' || rule.team === team) &&
        rule.roles.includes(role) &&
        this.#grants.some(
          one =>
            (one.team === '*' || one.team === team) &&
            isOn(one, at) &&
            this.same(one.to, person) &&
            this.#withJuniors(one.role).some(held => held !== role && rule.roles.includes(held)),
        ),
    )

  /** The persons who hold a role; a robot never approves. */
  holdersOf = (role: string, team: string, at: string): string[] =>
    [...new Set(this.#grants.map(one => this.personOf(one.to)))].filter(
      one => !this.#controllers.has(one) && this.grantsOf(one, role, team, at).length > 0,
    )

  /** A delegation and those behind it, of which it was passed on. */
  linksFrom(id: string | undefined): Delegation[] {
    const one = id === undefined ? undefined : this.delegations.get(id)
    return one === undefined ? [] : [one, ...this.linksFrom(one.of)]
  }

  /** Everybody for whom a person has ever been made a delegate, at first or second hand. */
  principalsOf = (person: string): readonly string[] =>
    [...this.delegations].flatMap(([id, one]) =>
      this.same(one.to, person) ? this.linksFrom(id).map(link => link.principal) : [],
    )
}
