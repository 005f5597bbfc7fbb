import {
  type ApprovalStage,
  type Counted,
  comingBy,
  type Kind,
  PlainDuties,
  type Seat,
  type Ticket,
  type Vote,
} from './duties.ts'
import { type Delegation, forever, type Grant, isOn } from './people.ts'
import { canFill, holds, placesOf, sharedBy, type Way, waysToMeet } from './requirement.ts'

/** Who has a right to what on a change, what of all that was given counts, and whether it is enough. */
export class PlainCount extends PlainDuties {
  // Rights

  /** The delegations on which a seat rests, the actor's own first. */
  linksOf(seat: Seat): Delegation[] {
    if (seat.capacity !== 'delegate') return []
    return [seat.delegation, ...(seat.through ?? [])].flatMap(id => this.people.delegations.get(id) ?? [])
  }

  /** The grants that give somebody a seat at an instant. None where they have no right to it. */
  rightsTo(change: string, stage: string, seat: Seat, self: readonly string[], at: string): Grant[] {
    const ticket = this.tickets.get(change)
    if (ticket === undefined) return []
    const links = this.linksOf(seat)
    const coming = comingBy(this.#dutyAt(ticket, stage), [...self, ...links.map(one => one.principal)])
    const grants = (persons: readonly string[], role: string) =>
      persons
        .flatMap(one => this.people.grantsOf(one, role, ticket.team, at))
        .filter(one => !this.isFavour(ticket, one, coming))
    const [actor = ''] = self
    // Who holds one of two roles that exclude each other does not act in the other one for somebody else either.
    if (seat.capacity !== 'own' && this.people.isBarred(actor, seat.role, ticket.team, at)) return []
    const use = this.policies.get(ticket.policy)?.roles[seat.role]
    if (seat.capacity === 'own') return this.#isSuspended(ticket, seat.role, actor, at) ? [] : grants(self, seat.role)
    if (seat.capacity === 'fallback')
      return seat.via === use?.fallback?.role && this.#causes(ticket, stage, seat.role, at).includes(seat.cause)
        ? grants(self, seat.via)
        : []
    const isWhole = links.every((link, index) => {
      const holder = index === 0 ? actor : (links[index - 1]?.principal ?? '')
      return this.people.same(link.to, holder) && this.#isInForce(ticket, seat.role, link, at, coming)
    })
    const inPool = this.poolGrants(ticket, seat, at).every(place => this.isFree(ticket, place, coming))
    const reaches = links.length > 0 && this.people.same(links.at(-1)?.principal ?? '', seat.principal)
    const isEnd = links.at(-1)?.of === undefined
    return isWhole && inPool && reaches && isEnd ? grants([seat.principal], seat.role) : []
  }

  /** For each delegate of a seat what puts them into the pool out of which they have to be. */
  poolGrants(ticket: Ticket, seat: Seat, at: string): Grant[][] {
    const pool = this.policies.get(ticket.policy)?.roles[seat.role]?.delegates
    return pool === undefined
      ? []
      : this.linksOf(seat).map(link => this.people.grantsOf(link.to, pool, ticket.team, at))
  }

  #isInForce = (ticket: Ticket, role: string, link: Delegation, at: string, coming: readonly string[] = []): boolean =>
    isOn(link, at) &&
    (link.scope.roles?.includes(role) ?? true) &&
    (link.scope.teams?.includes(ticket.team) ?? true) &&
    (link.scope.categories?.includes(ticket.category) ?? true) &&
    !this.people.same(link.to, link.principal) &&
    // A principal arranges their own; whether they may act here is for separation to say.
    (this.people.same(link.by, link.principal) ||
      !(this.takesPart(ticket.id, link.by) || this.people.meet(coming, [link.by])))

  #isSuspended = (ticket: Ticket, role: string, person: string, at: string): boolean =>
    this.policies.get(ticket.policy)?.roles[role]?.whileAbsent === 'suspended' && this.people.isAbsent(person, at)

  /** For which reasons another role acts in the place of this one now. */
  #causes(ticket: Ticket, stage: string, role: string, at: string): string[] {
    const { when = [], after } = this.policies.get(ticket.policy)?.roles[role]?.fallback ?? {}
    const holders = this.people.holdersOf(role, ticket.team, at)
    const isAway = (one: string) =>
      this.people.isAbsent(one, at) &&
      ![...this.people.delegations.values()].some(
        link =>
          link.of === undefined &&
          this.people.same(link.principal, one) &&
          this.#isInForce(ticket, role, link, at, comingBy(this.#dutyAt(ticket, stage), [link.to, one])) &&
          !this.people.hasLeft(link.to) &&
          this.#couldAct(ticket, stage, role, [link.to, one], at),
      )
    const since = [ticket.since, ticket.edited].toSorted().at(-1) ?? ''
    const unanswered = after !== undefined && at >= later(since, after) && !this.isMet(ticket.id, stage, at)
    const is = { vacant: holders.length === 0, absent: holders.length > 0 && holders.every(isAway), unanswered }
    return when.filter(cause => is[cause])
  }

  /** Whether a delegate could act for a principal on this very change. */
  #couldAct(
    ticket: Ticket,
    name: string,
    role: string,
    [to, principal]: readonly [string, string],
    at: string,
  ): boolean {
    const duty = this.#dutyAt(ticket, name)
    const coming = comingBy(duty, [to, principal])
    const pool = this.policies.get(ticket.policy)?.roles[role]?.delegates
    return (
      !this.#haveDecided(ticket, name, duty, [to, principal], at) &&
      !this.people.isBarred(to, role, ticket.team, at) &&
      (pool === undefined || this.isFree(ticket, this.people.grantsOf(to, pool, ticket.team, at), coming)) &&
      this.isFree(ticket, this.people.grantsOf(principal, role, ticket.team, at), coming) &&
      (duty === 'make' || !this.conflicts(ticket.id, duty, [to, principal], at, { isNew: true }))
    )
  }

  #dutyAt(ticket: Ticket, name: string): string {
    const stage = this.stagesOf(ticket).find(one => one.name === name)
    return stage === undefined || stage.kind === 'approval'
      ? 'approve'
      : stage.kind === 'task'
        ? stage.duty
        : stage.kind
  }

  /** Whether one of some persons has approved the change, at whichever stage, or signed this one off, and that counts. */
  #haveDecided(ticket: Ticket, stage: string, duty: string, persons: readonly string[], at: string): boolean {
    const given =
      duty === 'approve'
        ? this.standing(ticket.id, at)
        : this.standing(ticket.id, at, 'tests').filter(one => duty === 'test' && one.stage === stage && one.passed)
    return given.some(one => this.people.meet(one.chain, persons))
  }

  /** Whether somebody may except another one from a separation: a holder of the rule's role with no part in it. */
  mayGrant(change: string, exception: string, by: string, at: string): boolean {
    const ticket = this.tickets.get(change)
    const asked = ticket?.exceptions.get(exception)
    if (ticket === undefined || asked === undefined) return false
    const rule = this.ruleFor(ticket, asked.duties)
    return (
      rule !== undefined &&
      (asked.until ?? forever) <= later(at, rule.atMost) &&
      this.isFree(ticket, this.people.grantsOf(by, rule.grantedBy, ticket.team, at)) &&
      !this.people.meet([by], [asked.person, asked.by]) &&
      !this.takesPart(change, by)
    )
  }

  ruleFor = ({ policy }: Ticket, duties: readonly string[]) =>
    this.policies.get(policy)?.exceptions?.find(one => one.duties.every(duty => duties.includes(duty)))

  /** Whether somebody may lift a veto: who placed it, or a holder of the rule's role with no part and no veto. */
  mayLift(change: string, rejection: number, by: string, at: string): boolean {
    const ticket = this.tickets.get(change)
    const veto = ticket?.rejections[rejection]
    if (ticket === undefined || veto === undefined) return false
    if (this.people.meet(veto.chain, [by])) return true
    const others = ticket.rejections.filter(one => this.#isVetoing(ticket, one) && one !== veto)
    return (
      this.isFree(ticket, this.people.grantsOf(by, veto.vetoLiftedBy ?? '', ticket.team, at)) &&
      !this.takesPart(change, by) &&
      !others.some(one => this.people.meet(one.chain, [by]))
    )
  }

  /** Of how many persons a share is one when a stage opens: nobody makes it one of fewer by an edit while the others can give it. */
  electorate(change: string, name: string, role: string, at: string): number {
    const ticket = this.tickets.get(change)
    const stage = ticket && this.approvalStage(ticket, name)
    if (ticket === undefined || stage === undefined) return 0
    const able = this.#able(ticket, name, role, at, false)
    return sharedBy(stage.requires, role, able, this.#able(ticket, name, role, at, true))
  }

  #able(ticket: Ticket, stage: string, role: string, at: string, butEdited: boolean): number {
    const { id: change } = ticket
    const causes = this.#causes(ticket, stage, role, at).filter(cause => cause !== 'unanswered')
    const standIn = this.policies.get(ticket.policy)?.roles[role]?.fallback?.role
    const elsewhere = this.standing(change, at).filter(vote => vote.stage !== stage)
    // Whoever is away is still one of them; whoever stands in meanwhile, only where nobody is.
    const seats = [role, ...(causes.length > 0 && standIn !== undefined ? [standIn] : [])].flatMap(asked =>
      this.people.holdersOf(asked, ticket.team, at).map(one => ({ one, asked })),
    )
    const able = seats.filter(
      ({ one, asked }) =>
        this.isFree(ticket, this.people.grantsOf(one, asked, ticket.team, at)) &&
        (asked === role || !this.people.isBarred(one, role, ticket.team, at)) &&
        // Nobody makes it a share of fewer persons by giving them the work.
        !this.conflicts(change, 'approve', [one], at, { isNew: true, butAssigned: true, butEdited }) &&
        !elsewhere.some(vote => this.people.meet(vote.chain, [one])),
    )
    const holders = able.filter(({ asked }) => asked === role)
    return new Set((holders.length > 0 ? holders : able).map(({ one }) => one)).size
  }

  // Counting

  /** The approvals (or sign-offs) that count at an instant, each with the roles for which it does. */
  standing(change: string, at: string, kind: Kind = 'approvals'): readonly Counted[] {
    const ticket = this.tickets.get(change)
    if (ticket === undefined) return []
    if (ticket.rests !== undefined) return ticket.rests[kind]
    const counted: Counted[] = []
    // What was given here comes before what was carried over, and what was given earlier before the later.
    const here = ticket[kind].filter(one => one.carried === undefined)
    for (const vote of [...here, ...ticket[kind].filter(one => one.carried !== undefined)]) {
      // A person counts once on a change, at whatever stage; a test is signed off once per stage.
      const again = counted.some(
        one => (kind === 'approvals' || one.stage === vote.stage) && this.people.meet(one.chain, vote.chain),
      )
      const roles = this.#rolesOf(ticket, vote)
      if (!again && roles.length > 0 && this.#isGood(ticket, vote, kind, at)) counted.push({ ...vote, roles })
    }
    return counted
  }

  #isGood(ticket: Ticket, vote: Vote, kind: Kind, at: string): boolean {
    const stage = this.approvalStage(ticket, vote.stage)
    const { validFor, leavers } = stage ?? {}
    const needed = stage === undefined ? [] : this.#environmentsAsked(ticket, stage, at)
    const stood = this.#stood(ticket, vote, at)
    return !(
      vote.ended ||
      // Whoever rejects after they approved has changed their mind, under whatever id.
      (kind === 'approvals' &&
        ticket.rejections.some(one => vote.number < (one.after ?? 0) && this.people.meet(one.chain, vote.chain))) ||
      (vote.carried !== undefined && (stood >= vote.carried.until || !this.#stillStands(vote.carried, at, stood))) ||
      (validFor !== undefined && stood >= later(vote.at, validFor)) ||
      (vote.environments !== undefined && needed.some(one => vote.environments?.includes(one) !== true)) ||
      (leavers === 'reconfirm' &&
        vote.chain.some(one => this.people.hasLeft(one, vote.carried?.given ?? vote.entry, stood))) ||
      this.people.isTainted(vote.chain, vote.carried?.given ?? vote.entry) ||
      this.conflicts(ticket.id, kind === 'tests' ? 'test' : 'approve', vote.chain, at, { stood, vote })
    )
  }

  /** While a parent is asked about: when the change that leans on it took effect, as it had to hold until then. */
  #restedOnAt: string | undefined

  /** When a vote had to hold: at the last release after its stage, where all of them count and it came before; else now. */
  #stood(ticket: Ticket, { stage: name, at: given }: Vote, at: string): string {
    const stages = this.stagesOf(ticket)
    const done = stages
      .slice(stages.findIndex(one => one.name === name) + 1)
      .filter(one => one.kind === 'release' && (one.when === undefined || holds(one.when, ticket.parts)))
      .map(one => ticket.released.find(it => it.stage === one.name && this.#isReleased(ticket, it, at))?.at ?? at)
    const last = done.toSorted().at(-1)
    const own = last === undefined || given > last ? at : last
    return this.#restedOnAt !== undefined && this.#restedOnAt < own ? this.#restedOnAt : own
  }

  /** Whether an approval that was carried elsewhere counts where it was given, and the decision there holds. */
  #stillStands({ change, approval = 0 }: NonNullable<Vote['carried']>, at: string, stood: string): boolean {
    if (change === undefined) return true
    this.#restedOnAt = stood
    try {
      return this.#standsOn(change, approval, at)
    } finally {
      this.#restedOnAt = undefined
    }
  }

  #standsOn(change: string, approval: number, at: string): boolean {
    const parent = this.tickets.get(change)
    const original = parent?.approvals[approval]
    if (parent === undefined || original === undefined || parent.isCancelled || parent.isReturned) return false
    return (
      this.standing(change, at).some(one => one.number === approval) &&
      this.stagesOf(parent).every(one => one.kind !== 'approval' || this.isMet(change, one.name, at) !== false)
    )
  }

  /** Whether a change lies in the scope for which an approval was given on another one. */
  isCovered(ticket: Ticket, { stage: name, carried }: Vote): boolean {
    const from = this.approvalStage(ticket, name)?.carriedFrom
    const parent = this.tickets.get(carried?.change ?? '')
    const values = (value: unknown) => (Array.isArray(value) ? value : value === undefined ? [] : [value])
    return Object.entries(from !== undefined && 'within' in from ? from.within : {}).every(([own, theirs]) => {
      const asked = values(ticket.parts[own])
      const allowed = values(parent?.parts[theirs])
      return asked.length > 0 && asked.every(one => allowed.includes(one))
    })
  }

  /** The roles that somebody had by nobody's favour who takes part. */
  #rolesOf = (ticket: Ticket, { rights }: Vote): string[] =>
    rights.flatMap(({ role, grants, places = [] }) =>
      (grants === undefined ? places : [grants, ...places]).every(some => this.isFree(ticket, some)) ? [role] : [],
    )

  /** Whether a release still counts as one: of somebody who was not misused, and has made nothing since. */
  #isReleased = (ticket: Ticket, done: Vote, at: string): boolean =>
    !this.people.isTainted(done.chain, done.entry) &&
    this.#rolesOf(ticket, done).length > 0 &&
    !this.conflicts(ticket.id, 'release', done.chain, at, { stood: done.at, vote: done })

  /** Where the change goes next on the approvals of a stage, or went last; of a review, wherever it has gone. */
  #environmentsAsked(ticket: Ticket, { name, environments }: ApprovalStage, at: string): string[] {
    const stages = this.stagesOf(ticket)
    const place = stages.findIndex(one => one.name === name)
    const releases = stages.flatMap((one, where) =>
      one.kind === 'release' && (one.when === undefined || holds(one.when, ticket.parts))
        ? [{ stage: one.name, where, environment: one.environment ?? '' }]
        : [],
    )
    const done = (stage: string) => ticket.released.filter(one => one.stage === stage)
    if (!releases.some(one => one.where > place))
      return releases.filter(one => done(one.stage).length > 0).map(one => one.environment)
    const covered = releases.filter(one => one.where > place && (environments?.includes(one.environment) ?? true))
    const next = covered.find(one => !done(one.stage).some(it => this.#isReleased(ticket, it, at))) ?? covered.at(-1)
    return next === undefined ? [] : [next.environment]
  }

  /** Whether a rejection stops the change. To have been lifted by somebody compromised is not to have been lifted. */
  #isVetoing = (ticket: Ticket, { vetoLiftedBy, liftedBy, chain }: Vote): boolean => {
    if (vetoLiftedBy === undefined || liftedBy === undefined) return vetoLiftedBy !== undefined
    const { person, entry, grants } = liftedBy
    // Whoever lifted it for somebody else and takes part by now, or owes the role to such a one, had no right to.
    return (
      this.people.isTainted([person], entry) ||
      (!this.people.meet(chain, [person]) && (this.takesPart(ticket.id, person) || !this.isFree(ticket, grants)))
    )
  }

  /**
   * Whether enough persons have approved a stage, or signed it off; `undefined` where it does not apply to the change.
   * Whoever asks of several stages counts once, and hands in what counts.
   */
  isMet(
    change: string,
    name: string,
    at: string,
    counted: Readonly<Partial<Record<Kind, readonly Counted[]>>> = {},
  ): boolean | undefined {
    const ticket = this.tickets.get(change)
    const stage = ticket && this.stagesOf(ticket).find(one => one.name === name)
    if (ticket === undefined || stage === undefined) return undefined
    if (ticket.rests !== undefined) return ticket.rests.met.get(name)
    // A veto outlives its stage: where the change has become one without it, the veto stands at the first approval.
    const first = this.stagesOf(ticket).find(one => one.kind === 'approval')
    const placed = (one: Vote) => this.approvalStage(ticket, one.stage)?.name ?? first?.name
    if (ticket.rejections.some(one => this.#isVetoing(ticket, one) && placed(one) === name)) return false
    if (stage.when !== undefined && !holds(stage.when, ticket.parts)) return undefined
    const kind = stage.kind === 'test' ? 'tests' : 'approvals'
    const votes = (counted[kind] ?? this.standing(change, at, kind))
      .filter(one => one.stage === name && one.passed !== false)
      .map(one => ({ ...one, groups: this.people.groupsOf(one.chain) }))
    // More places than there are votes need not be laid out to see that they stay empty.
    const isFilled = (way: Way) =>
      Object.values(way).reduce((sum, { count }) => sum + count, 0) <= votes.length && canFill(placesOf(way), votes)
    if (stage.kind === 'test') return isFilled({ [stage.by]: { count: stage.signOffs, groups: 0 } })
    if (stage.kind !== 'approval') return undefined
    const ways = waysToMeet(stage.requires, ticket.parts, ticket.electorates[name])
    if (ways.length === 0) return undefined
    return ways.some(isFilled)
  }

  /** The approvals and tests before a stage that are not there. */
  lackingBefore(change: string, name: string, at: string): string[] {
    const ticket = this.tickets.get(change)
    const stages = ticket === undefined ? [] : this.stagesOf(ticket)
    const before = stages.slice(
      0,
      stages.findIndex(one => one.name === name),
    )
    const isAsked = stages.some(one => one.kind === 'approval' && this.isMet(change, one.name, at) !== undefined)
    return before.flatMap(one =>
      ['approval', 'test'].includes(one.kind) && (!isAsked || this.isMet(change, one.name, at) === false)
        ? [one.name]
        : [],
    )
  }
}

const lengths = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const last = Date.parse('9999-12-31T23:59:59.999Z')

const later = (from: string, by: string): string => {
  const end = Date.parse(from) + Number(by.slice(0, -1)) * lengths[by.at(-1) as keyof typeof lengths]
  return new Date(Math.min(end, last)).toISOString()
}
