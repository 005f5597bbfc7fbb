import type { ChangeCommand, ChangeEvent } from 'countersign/change'
import type { GovernanceCommand, GovernanceEvent } from 'countersign/governance'
import type { Condition, Controls, Policy, Requirement } from 'countersign/policy'

/** What the plain implementation reads of an entry. */
export interface PlainBody {
  readonly at: string
  readonly by: { readonly account: string; readonly person?: string; readonly bot?: string }
  readonly policy?: string
  readonly command: ChangeCommand | GovernanceCommand
  readonly outcome: { readonly accepted: readonly (ChangeEvent | GovernanceEvent)[] } | { readonly refused: object }
}

interface Vote {
  readonly stage: string
  readonly chain: readonly string[]
  readonly roles: readonly string[]
  /** Of a carried approval: on which change it was given, the how many-th there, and from when it is too old. */
  readonly carried?: { readonly change: string; readonly approval: number; readonly until: string }
  /** Of a test sign-off. */
  readonly passed?: boolean
  ended?: boolean
}

interface Ticket {
  readonly policy: string
  readonly category: string
  parts: Record<string, unknown>
  readonly duties: Map<string, Set<string>>
  readonly approvals: Vote[]
  readonly tests: Vote[]
  cancelled?: boolean
}

type Form = Record<string, unknown>
type Way = Record<string, number>

/**
 * Separation and counting once more, from sections A to D of the law and from nothing else: short, slow, with a search
 * through all possibilities where the library is clever. It takes part in no decision; properties hold both together.
 */
export class Plain {
  readonly #accounts = new Map<string, readonly string[]>()
  readonly #bots = new Map<string, readonly string[]>()
  readonly #compromised = new Set<string>()
  readonly #principals = new Map<string, Set<string>>()
  readonly #policies = new Map<string, Policy>()
  readonly #proposedControls = new Map<string, Controls>()
  #controls: Controls | undefined
  readonly tickets = new Map<string, Ticket>()

  /** Takes in the next entry of the trail. */
  fold({ by, command, outcome, policy }: PlainBody): void {
    if (!('accepted' in outcome)) return
    const self = [by.person, by.bot].filter(name => name !== undefined)
    for (const event of outcome.accepted) {
      if ('change' in command) this.#change(event as ChangeEvent, command, self, policy ?? '')
      else this.#governance(event as GovernanceEvent, command)
    }
  }

  #governance(event: GovernanceEvent, command: GovernanceCommand): void {
    if (event.type === 'bot.registered') {
      this.#bots.set(event.bot, [event.bot, ...(event.controller === undefined ? [] : [event.controller])])
    } else if (event.type === 'account.linked') {
      const owner = event.person === undefined ? this.#bots.get(event.bot ?? '') : [event.person]
      this.#accounts.set(event.account, owner ?? [])
    } else if (event.type === 'person.departed' && event.compromised) {
      this.#compromised.add(event.person)
    } else if (event.type === 'delegation.granted') {
      add(this.#principals, event.to, [event.principal])
    } else if (event.type === 'policy.proposed' && command.type === 'proposePolicy') {
      this.#policies.set(event.digest, command.policy)
    } else if (event.type === 'controls.proposed' && command.type === 'proposeControls') {
      this.#proposedControls.set(event.digest, command.controls)
    } else if (event.type === 'controls.adopted') {
      this.#controls = this.#proposedControls.get(event.digest)
    }
  }

  #change(event: ChangeEvent, command: ChangeCommand, self: readonly string[], policy: string): void {
    const makers =
      'content' in command ? (command.content?.makers ?? []).flatMap(one => this.#accounts.get(one) ?? []) : []
    if (event.type === 'change.submitted' && command.type === 'submit') {
      const duties = new Map([['request', new Set(self)]])
      add(duties, 'make', makers)
      const { category } = command
      this.tickets.set(command.change, { policy, category, parts: partsOf(command), duties, approvals: [], tests: [] })
      return
    }
    const ticket = this.tickets.get(command.change)
    if (ticket === undefined) return
    const votes = [...ticket.approvals, ...ticket.tests]
    // Whoever acted, and whoever they acted for.
    const chain =
      'seats' in event ? [...self, ...event.seats.flatMap(one => ('principal' in one ? [one.principal] : []))] : self
    const roles = 'seats' in event ? event.seats.map(one => one.role) : []
    switch (event.type) {
      case 'change.revised': {
        const before = ticket.parts
        ticket.parts = partsOf(command, before)
        add(ticket.duties, 'make', makers)
        const { material } = this.#categoryOf(ticket)
        if (material.every(name => JSON.stringify(before[name]) === JSON.stringify(ticket.parts[name]))) return
        add(ticket.duties, 'make', self)
        // What was given for another change holds for whatever lies in its scope, and for nothing else.
        for (const vote of votes) vote.ended ||= vote.carried === undefined || !this.#isCovered(ticket, vote)
        return
      }
      case 'change.assigned':
        add(ticket.duties, 'make', [event.to])
        return
      case 'task.completed':
        add(ticket.duties, event.duty, chain)
        return
      case 'test.signed-off':
        add(ticket.duties, 'test', chain)
        ticket.tests.push({
          stage: event.stage,
          chain,
          roles,
          passed: command.type === 'signOff' && command.result === 'passed',
        })
        return
      case 'approval.granted':
        add(ticket.duties, 'approve', chain)
        ticket.approvals.push({ stage: event.stage, chain, roles })
        return
      case 'approval.carried': {
        const { chain: givers, roles: taken } = this.tickets.get(event.from)?.approvals[event.approval] ?? {
          chain,
          roles,
        }
        add(ticket.duties, 'approve', givers)
        const carried = { change: event.from, approval: event.approval, until: event.until }
        ticket.approvals.push({ stage: event.stage, chain: givers, roles: taken, carried })
        return
      }
      case 'approval.withdrawn': {
        const vote = ticket.approvals[event.approval]
        if (vote !== undefined) vote.ended = true
        return
      }
      case 'change.rejected':
        add(ticket.duties, 'approve', chain)
        for (const vote of ticket.approvals) vote.ended ||= meet(vote.chain, chain)
        return
      case 'change.resubmitted':
        for (const vote of votes) vote.ended = true
        return
      case 'change.released':
        add(ticket.duties, 'release', chain)
        return
      case 'change.cancelled':
        ticket.cancelled = true
        return
      default:
        return
    }
  }

  /** Whether one of these persons holds a duty on the change which must not meet the given one. */
  conflicts(change: string, duty: string, persons: readonly string[]): boolean {
    const ticket = this.tickets.get(change)
    if (ticket === undefined) return false
    return this.#apartFrom(ticket, duty).some(other => meet([...(ticket.duties.get(other) ?? [])], persons))
  }

  #apartFrom({ policy: digest }: Ticket, duty: string): string[] {
    const policy = this.#policies.get(digest)
    const clauses = Object.values(this.#controls?.clauses ?? {}).flatMap(one =>
      one.rule === 'separate' ? [one.duties] : [],
    )
    const lifted = policy?.permit.some(one => one.duties.includes('request') && one.duties.includes('approve'))
    const pairs = [
      ['make', 'approve'],
      ['make', 'test'],
      ...(lifted ? [] : [['request', 'approve']]),
      ...(policy?.separate.map(one => one.duties) ?? []),
      ...clauses,
    ]
    return pairs.flatMap(([a = '', b = '']) => (a === duty ? [b] : b === duty ? [a] : []))
  }

  /** Everybody behind an account: the person, or the bot and its controller. */
  behind(account: string): readonly string[] {
    return this.#accounts.get(account) ?? []
  }

  /** Everybody for whom a person has ever been made a delegate. */
  principalsOf(person: string): readonly string[] {
    return [...(this.#principals.get(person) ?? [])]
  }

  /** The approvals (or sign-offs) that count at an instant, of a stage or of all. */
  standing(change: string, stage: string | undefined, at: string, kind: 'approvals' | 'tests' = 'approvals'): Vote[] {
    const duty = kind === 'tests' ? 'test' : 'approve'
    return (this.tickets.get(change)?.[kind] ?? []).filter(
      vote =>
        (stage === undefined || vote.stage === stage) &&
        vote.ended !== true &&
        (vote.carried === undefined || (at < vote.carried.until && this.#stillStands(vote.carried, at))) &&
        !vote.chain.some(person => this.#compromised.has(person)) &&
        !this.conflicts(change, duty, vote.chain),
    )
  }

  /** Whether an approval that was carried elsewhere counts where it was given, and the decision there holds. */
  #stillStands({ change, approval }: NonNullable<Vote['carried']>, at: string): boolean {
    const parent = this.tickets.get(change)
    const original = parent?.approvals[approval]
    if (parent === undefined || original === undefined || parent.cancelled) return false
    const stages = this.#categoryOf(parent).flow.filter(one => one.kind === 'approval')
    return (
      this.standing(change, original.stage, at).includes(original) &&
      stages.every(stage => this.isMet(change, stage.name, at) !== false)
    )
  }

  /** Whether a change lies in the scope for which an approval was given on another one. */
  #isCovered(ticket: Ticket, { stage: name, carried }: Vote): boolean {
    const stage = this.#categoryOf(ticket).flow.find(one => one.name === name)
    const scope = stage?.kind === 'approval' ? stage.carriedFrom?.within : undefined
    const parent = this.tickets.get(carried?.change ?? '')
    const values = (value: unknown) => (Array.isArray(value) ? value : [value])
    return Object.entries(scope ?? {}).every(([own, theirs]) =>
      values(ticket.parts[own]).every(one => values(parent?.parts[theirs]).includes(one)),
    )
  }

  /** Whether enough persons have approved a stage, or signed it off; `undefined` where it does not apply to the change. */
  isMet(change: string, name: string, at: string): boolean | undefined {
    const ticket = this.tickets.get(change)
    const stage = ticket && this.#categoryOf(ticket).flow.find(one => one.name === name)
    if (ticket === undefined || stage === undefined) return undefined
    if (stage.when !== undefined && !holds(stage.when, ticket.parts)) return undefined
    if (stage.kind === 'approval') {
      const ways = waysToMeet(stage.requires, ticket.parts)
      if (ways.length === 0) return undefined
      return ways.some(way => canFill(placesOf(way), this.standing(change, name, at)))
    }
    if (stage.kind !== 'test') return undefined
    const passed = this.standing(change, name, at, 'tests').filter(one => one.passed)
    return canFill(
      Array.from({ length: stage.signOffs }, () => stage.by),
      passed,
    )
  }

  #categoryOf(ticket: Ticket) {
    const category = this.#policies.get(ticket.policy)?.categories[ticket.category]
    if (category === undefined) throw new Error(`no policy ${ticket.policy} with a category ${ticket.category}`)
    return category
  }
}

const meet = (some: readonly string[], others: readonly string[]) => some.some(one => others.includes(one))

function add(map: Map<string, Set<string>>, key: string, names: readonly string[]): void {
  map.set(key, new Set([...(map.get(key) ?? []), ...names]))
}

/** The form's fields and the change's own parts, as they are after a submission or a revision. */
function partsOf(command: ChangeCommand, before: Record<string, unknown> = {}): Record<string, unknown> {
  if (command.type !== 'submit' && command.type !== 'revise') return before
  const { title = before.title, reason = before.reason, content } = command
  return { ...before, ...command.form, title, reason, content: content?.digest ?? before.content }
}

/** Conditions over fields that are filled in. */
function holds(one: Condition, form: Form): boolean {
  if ('every' in one) return one.every.every(part => holds(part, form))
  if ('some' in one) return one.some.some(part => holds(part, form))
  if ('not' in one) return !holds(one.not, form)
  const value = form[one.field]
  if ('is' in one) return value === one.is
  if ('oneOf' in one) return one.oneOf.includes(value as string)
  if ('includes' in one) return (value as string[]).includes(one.includes)
  return 'atLeast' in one ? (value as number) >= one.atLeast : (value as number) < one.below
}

/** Every way to meet a requirement: how many persons of which role. None where nothing in it applies. */
export function waysToMeet(one: Requirement, form: Form): Way[] {
  if (one.when !== undefined && !holds(one.when, form)) return []
  if ('from' in one) return [{ [one.from]: one.approvals }]
  if ('approvals' in one) return [{}]
  const parts = ('all' in one ? one.all : one.any).map(part => waysToMeet(part, form)).filter(ways => ways.length > 0)
  if ('any' in one) return parts.flat()
  const [first = [], ...rest] = parts
  return rest.reduce((ways, more) => ways.flatMap(left => more.map(right => stricter(left, right))), first)
}

const stricter = (left: Way, right: Way): Way => {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])]
  return Object.fromEntries(names.map(name => [name, Math.max(left[name] ?? 0, right[name] ?? 0)]))
}

export const placesOf = (way: Way): string[] =>
  Object.entries(way).flatMap(([role, count]) => Array(count).fill(role) as string[])

/** Tries everybody in every place. A person takes one place, be it in their own name or by whoever acts for them. */
export function canFill(places: readonly string[], votes: readonly Pick<Vote, 'chain' | 'roles'>[]): boolean {
  const [role, ...rest] = places
  if (role === undefined) return true
  return votes.some(
    vote =>
      vote.roles.includes(role) &&
      canFill(
        rest,
        votes.filter(other => !meet(other.chain, vote.chain)),
      ),
  )
}
