import type { GovernanceEvent } from '../../governance/event.ts'
import type { RecordBody } from '../../record/record.ts'
import type { Instant } from '../../values/instant.ts'
import type { Ticket } from './ticket.ts'

// Who is who, told a second time: logins, ids that turned out to be one person, robots, roles, delegations.

/** A role as it was given: by whom, in which entry, and for how long. */
export interface Grant {
  readonly role: string
  readonly team: string
  readonly granters: readonly string[]
  readonly seq: number
  readonly from: Instant
  until?: Instant | undefined
}

/** What somebody did on each change, and in which entry first. */
type Held = Map<Ticket, Record<string, number>>

/** A natural person, or a robot, under all the ids that are known to be theirs. */
export interface Party {
  readonly ids: Set<string>
  /** What they did on each change, and in which entry first. */
  readonly held: Held
  /** The same of a robot for which nobody answers, since nobody does. */
  alone?: Held | undefined
  /** Whether they made anything anywhere. */
  hasMade: boolean
  readonly grants: Grant[]
  /** The entries in which they left as compromised. */
  readonly compromised: number[]
  groups: readonly string[]
  isPerson: boolean
  /** Whether they have left, and in which entry that was recorded last. */
  hasLeft: boolean
  left?: number | undefined
  /** Roles that exclude each other have met in them: what they hold is another question than what they were given. */
  isExcluded: boolean
  /**
   * They have proposed a template, asked for an exception or granted one, or given whoever granted it the role for that. Releases
   * rest on them with which they need not have had anything to do.
   */
  hasVouched: boolean
  /** Not all that they did is kept. */
  hasForgotten: boolean
}

interface Link {
  readonly principal: string
  readonly to: string
  readonly of?: string | undefined
  readonly arrangers: readonly string[]
}

const nothing: readonly never[] = []

/** More links than this is no delegation's length; the rules allow five. */
const longestChain = 20

/** The people of a trail as they are at its latest entry. */
export class People {
  readonly #parties = new Map<string, Party>()
  readonly #accounts = new Map<string, { person?: string | undefined; bot?: string | undefined }>()
  readonly #controllers = new Map<string, string>()
  readonly #delegations = new Map<string, Link>()
  readonly #inherits = new Map<string, readonly string[]>()
  readonly #holders = new Map<string, Set<string>>()

  of(id: string): Party {
    const known = this.#parties.get(id)
    if (known !== undefined) return known
    const party: Party = {
      ids: new Set([id]),
      held: new Map(),
      hasMade: false,
      grants: [],
      compromised: [],
      groups: [],
      isPerson: false,
      hasLeft: false,
      isExcluded: false,
      hasVouched: false,
      hasForgotten: false,
    }
    this.#parties.set(id, party)
    return party
  }

  all(ids: readonly string[]): Set<Party> {
    return new Set(ids.map(id => this.of(id)))
  }

  share(some: readonly string[], others: readonly string[]): boolean {
    const parties = this.all(some)
    return others.some(id => parties.has(this.of(id)))
  }

  /** The groups to which everybody belongs who answers for something. */
  groupsOf(ids: readonly string[]): string[] {
    const [one, ...others] = ids
    const groups = one === undefined ? [] : this.of(one).groups
    return groups.filter(group => others.every(other => this.of(other).groups.includes(group)))
  }

  /** The person or the robot whose account it is, and the robot's controller. */
  behind(account: string): string[] {
    const owner = this.#accounts.get(account)
    if (owner === undefined) return [account]
    const controller = owner.bot === undefined ? undefined : this.#controllers.get(owner.bot)
    return [owner.person, owner.bot, controller].filter(one => one !== undefined)
  }

  /** The same, for something that others will rest on. */
  vouching(account: string): string[] {
    const people = this.behind(account)
    this.vouch(people)
    return people
  }

  /** Others will rest on something that these have done. */
  vouch(ids: readonly string[]): void {
    for (const party of this.all(ids)) party.hasVouched = true
  }

  isRobot(account: string): boolean {
    return this.#accounts.get(account)?.bot !== undefined
  }

  /** Everybody in whose name somebody acts in a seat. What an entry says of a seat can be anything. */
  actedFor(seat: unknown): string[] {
    const { capacity, principal } = (seat ?? {}) as { readonly [member: string]: unknown }
    if (capacity !== 'delegate') return []
    const links = this.#linksOf(seat).map(link => link.principal)
    return typeof principal === 'string' ? [...links, principal] : links
  }

  /** Who has arranged the delegations of a seat, but for those that the principal has. */
  arrangersOf(seat: unknown): (readonly string[])[] {
    const links = this.#linksOf(seat).filter(link => !this.share(link.arrangers, [link.principal]))
    return links.map(link => link.arrangers)
  }

  /** To whom each delegation of a seat was made out. */
  delegatesIn(seat: unknown): string[] {
    return this.#linksOf(seat).map(link => link.to)
  }

  #linksOf(seat: unknown): readonly Link[] {
    const { delegation, through } = (seat ?? {}) as { readonly [member: string]: unknown }
    if (delegation === undefined && through === undefined) return nothing
    const asked = new Set([delegation, ...(Array.isArray(through) ? through.slice(0, longestChain) : [])])
    const links: Link[] = []
    for (const id of asked) {
      const link = typeof id === 'string' ? this.#delegations.get(id) : undefined
      if (link === undefined || links.length === longestChain) continue
      links.push(link)
      if (link.of !== undefined) asked.add(link.of)
    }
    return links
  }

  /** What gives a person a role in a team at an instant. */
  grantsOf(party: Party, role: string, team: string, at: Instant): Grant[] {
    return party.grants.filter(
      one =>
        (one.team === '*' || one.team === team) &&
        one.from <= at &&
        (one.until === undefined || at < one.until) &&
        this.#gives(one.role, role),
    )
  }

  /** Everybody to whom a role, or one that inherits it, was ever given. */
  holders(role: string): Set<Party> {
    const all = new Set<Party>()
    for (const [given, ids] of this.#holders) {
      if (this.#gives(given, role)) for (const id of ids) all.add(this.of(id))
    }
    return all
  }

  #gives(senior: string, role: string): boolean {
    if (senior === role) return true
    if ((this.#inherits.get(senior) ?? nothing).length === 0) return false
    const roles = new Set([senior])
    for (const one of roles) {
      if (one === role) return true
      for (const junior of this.#inherits.get(one) ?? []) roles.add(junior)
    }
    return false
  }

  /** Takes in what has happened; two parties that turn out to be one come back as the smaller and the whole. */
  event(event: GovernanceEvent, body: RecordBody): { readonly smaller: Party; readonly whole: Party } | undefined {
    switch (event.type) {
      case 'person.registered':
        this.of(event.person).isPerson = true
        return undefined
      case 'account.linked':
        this.#accounts.set(event.account, event)
        return undefined
      case 'account.unlinked':
        this.#accounts.delete(event.account)
        return undefined
      case 'bot.registered':
      case 'bot.assigned':
        this.#answer(event.bot, event.controller)
        return undefined
      case 'alias.recorded':
        // An id that had left stays without a robot: whoever is still here has their own.
        for (const one of this.all([event.person, event.is])) if (one.hasLeft) this.#leave(one)
        return this.#join(this.of(event.person), this.of(event.is), event.at)
      case 'person.departed':
        this.#left(this.of(event.person), event, body.seq)
        return undefined
      case 'person.returned':
        this.of(event.person).hasLeft = false
        return undefined
      case 'groups.assigned':
        this.of(event.person).groups = event.groups
        return undefined
      case 'role.defined':
        this.#inherits.set(event.role, event.inherits ?? [])
        return undefined
      case 'role.granted': {
        const granters = this.behind(body.by.account)
        const { role, team, from, until } = event
        this.of(event.to).grants.push({ role, team, granters, seq: body.seq, from, until })
        const holders = this.#holders.get(role) ?? new Set()
        this.#holders.set(role, holders.add(event.to))
        return undefined
      }
      case 'role.revoked':
        for (const one of this.of(event.from).grants)
          if (one.role === event.role && one.team === event.team) end(one, event.at)
        return undefined
      case 'roles.excluded':
        for (const { person } of event.violations) this.of(person).isExcluded = true
        return undefined
      case 'exclusion.violated':
        this.of(event.person).isExcluded = true
        return undefined
      case 'delegation.granted':
        this.#delegations.set(event.delegation, { ...event, arrangers: this.behind(body.by.account) })
        return undefined
      default:
        return undefined
    }
  }

  /** A new controller takes on all that a robot has done since it lost its last one. */
  #answer(bot: string, controller: string | undefined): void {
    const robot = this.of(bot)
    if (controller === undefined) {
      robot.alone = new Map()
      return
    }
    this.#controllers.set(bot, controller)
    const { alone } = robot
    if (alone === undefined) return
    robot.alone = undefined
    const heir = this.of(controller)
    // What is forgotten of the robot is forgotten of whoever answers for it from here on.
    heir.hasForgotten ||= robot.hasForgotten
    for (const [ticket, duties] of alone)
      for (const [duty, seq] of Object.entries(duties)) hold(heir, ticket, duty, seq)
  }

  /** Nobody answers any more for the robots of somebody, unless they are given to them once more. */
  #leave(party: Party): void {
    for (const [bot, controller] of this.#controllers)
      if (this.of(controller) === party) this.of(bot).alone ??= new Map()
  }

  #left(party: Party, { at, compromised }: { at: Instant; compromised: boolean }, seq: number): void {
    party.hasLeft = true
    party.left = seq
    this.#leave(party)
    for (const one of party.grants) end(one, at)
    if (compromised) party.compromised.push(seq)
  }

  /** The changes on which persons hold something whom a later entry declares to be somebody else. */
  *heldBy(isLearned: (person: string) => boolean): Generator<Ticket> {
    for (const { ids, held } of new Set(this.#parties.values())) if ([...ids].some(isLearned)) yield* held.keys()
  }

  /** Forgets what people did on changes. */
  forget(isForgotten: (ticket: Ticket) => boolean): void {
    for (const party of this.#parties.values()) {
      for (const ticket of party.held.keys()) {
        if (!isForgotten(ticket)) continue
        party.held.delete(ticket)
        party.alone?.delete(ticket)
        party.hasForgotten = true
      }
    }
  }

  /** The smaller goes over to the greater, so that a long row of aliases costs little more than its length. */
  #join(first: Party, second: Party, at: Instant): { smaller: Party; whole: Party } | undefined {
    if (first === second) return undefined
    const size = ({ ids, held, grants }: Party) => ids.size + held.size + grants.length
    const [smaller, whole] = size(first) < size(second) ? [first, second] : [second, first]
    for (const id of smaller.ids) {
      whole.ids.add(id)
      this.#parties.set(id, whole)
    }
    for (const [ticket, duties] of smaller.held)
      for (const [duty, seq] of Object.entries(duties)) hold(whole, ticket, duty, seq)
    for (const grant of smaller.grants) whole.grants.push(grant)
    // Nobody gives themselves a role, under whichever id, nor their own robot.
    const robots = [...this.#controllers].flatMap(([bot, controller]) =>
      whole.ids.has(controller) ? [this.of(bot)] : [],
    )
    for (const { grants } of [whole, ...robots])
      for (const grant of grants) if (grant.granters.some(id => whole.ids.has(id))) end(grant, at)
    whole.compromised.push(...smaller.compromised)
    whole.groups = [...new Set([...whole.groups, ...smaller.groups])]
    // Whoever is here under one id has not left.
    whole.hasLeft &&= smaller.hasLeft
    const [one, other] = [whole.left, smaller.left]
    whole.left = one === undefined || other === undefined ? undefined : Math.max(one, other)
    whole.isPerson ||= smaller.isPerson
    whole.isExcluded ||= smaller.isExcluded
    whole.hasVouched ||= smaller.hasVouched
    whole.hasForgotten ||= smaller.hasForgotten
    return { smaller, whole }
  }
}

function end(one: { until?: Instant | undefined }, at: Instant): void {
  if (one.until === undefined || at < one.until) one.until = at
}

/** Whether somebody was compromised in whose name something was given in an entry. What is given after a return is another matter. */
export const wasCompromised = (people: People, ids: readonly string[], given: number): boolean =>
  [...people.all(ids)].some(one => one.compromised.some(gone => given < gone))

/** Somebody has taken on a duty, for good. */
export function hold(party: Party, ticket: Ticket, duty: string, seq: number): void {
  if (duty === 'make') party.hasMade = true
  note(party.held, ticket, duty, seq)
  if (party.alone !== undefined) note(party.alone, ticket, duty, seq)
}

function note(held: Held, ticket: Ticket, duty: string, seq: number): void {
  const duties = held.get(ticket)
  if (duties === undefined) {
    const first: Record<string, number> = {}
    first[duty] = seq
    held.set(ticket, first)
  } else if (seq < (duties[duty] ?? Number.POSITIVE_INFINITY)) duties[duty] = seq
}

/** Whether somebody had a duty before an entry. */
export const holdsDuty = (party: Party, ticket: Ticket, duty: string, before: number): boolean =>
  (party.held.get(ticket)?.[duty] ?? before) < before
