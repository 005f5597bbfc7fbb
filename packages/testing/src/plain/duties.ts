import type { ChangeEvent } from 'countersign/change'
import type { GovernanceCommand, GovernanceEvent } from 'countersign/governance'
import type { Controls, Policy, SingleStage, Stage } from 'countersign/policy'
import { forever, type Grant, isOn, type Lasting, PlainPeople } from './people.ts'
import type { Form } from './requirement.ts'

export type Seat = Extract<ChangeEvent, { type: 'approval.granted' }>['seats'][number]
export type ApprovalStage = Extract<Stage, { kind: 'approval' }>

/** The stages of each flow, those that run beside each other as well. */
const stagesIn = new WeakMap<readonly Stage[], readonly SingleStage[]>()

export interface Template {
  readonly team: string
  readonly name: string
  readonly version: number
  readonly approvals: {
    readonly person: string
    readonly roles: readonly string[]
    readonly at: string
    readonly entry: number
  }[]
}

/** An approval, a test sign-off, a rejection. */
export interface Vote {
  /** The how many-th it is on its change. */
  readonly number: number
  readonly stage: string
  readonly at: string
  /** In the how many-th entry of the trail it was given; of a carried approval it is not asked. */
  readonly entry: number
  readonly person: string
  readonly chain: readonly string[]
  /**
   * For each seat its role, and the grants on which it rested when the vote was given; none of a template's approval.
   * `places`: for each delegate, those that put them into the pool of the role.
   */
  readonly rights: readonly {
    readonly role: string
    readonly grants?: readonly Grant[]
    readonly places?: readonly (readonly Grant[])[]
  }[]
  /** Of a carried approval: on which change it was given, the how many-th there; from when it is too old; in which entry it was given. */
  readonly carried?: {
    readonly change?: string
    readonly approval?: number
    readonly until: string
    readonly given: number
  }
  readonly environments?: readonly string[] | undefined
  readonly passed?: boolean
  /** Of a rejection: whose role lifts it, where it stops the change, and how many approvals came before it. */
  readonly vetoLiftedBy?: string | undefined
  readonly after?: number
  liftedBy?: { readonly person: string; readonly entry: number; readonly grants: readonly Grant[] }
  ended?: boolean
}

export type Kind = 'approvals' | 'tests'
export type Counted = Vote & { readonly roles: readonly string[] }

interface Asked extends Partial<Lasting> {
  grantedBy?: string
  /** The entry in which it was granted. */
  readonly entry?: number
  /** What gave them the role by which they did. */
  readonly grants?: readonly Grant[]
  readonly person: string
  readonly by: string
  readonly duties: readonly string[]
}

/** A duty that somebody has taken on, in the how many-th entry of the trail. */
interface Held {
  readonly duty: string
  readonly person: string
  readonly entry: number
  readonly assigned?: boolean
  /** By an edit. */
  readonly edited?: boolean
}

/** How a conflict is looked for. `vote`: for something that was given before. */
interface Asking {
  readonly isNew?: boolean
  readonly butAssigned?: boolean
  /** But what was made of this change, or of what it depends on, by an edit, and of what depends on it. */
  readonly butEdited?: boolean
  readonly stood?: string
  readonly chain?: readonly string[]
  readonly vote?: Vote
}

/** Whether two duties met when an exception had been granted. Of what was carried, only the instant is known. */
function metUnder({ entry = Number.POSITIVE_INFINITY, from = '' }: Asked, held: Held, vote?: Vote): boolean {
  if (vote === undefined || entry <= held.entry) return true
  return vote.carried === undefined ? entry <= vote.entry : from <= vote.at
}

/** Who comes to take part in a change by a duty on it: nobody by deciding, nor, as far as their right goes, by making something. */
export const comingBy = (duty: string | undefined, chain: readonly string[]): readonly string[] =>
  duty === 'approve' || duty === 'make' ? [] : chain

export interface Ticket {
  readonly id: string
  readonly team: string
  readonly policy: string
  readonly parent: string | undefined
  /** How many roles had been granted when it was submitted. */
  readonly submitted: number
  category: string
  parts: Form
  readonly duties: Held[]
  /** How many entries the trail has by now. */
  readonly trail: { readonly entries: number }
  readonly approvals: Vote[]
  readonly tests: Vote[]
  readonly rejections: Vote[]
  readonly exceptions: Map<string, Asked>
  electorates: Record<string, Record<string, number>>
  /** The releases of it, as it is now. */
  released: readonly Vote[]
  since: string
  /** When it was edited materially last, or submitted. */
  edited: string
  /** What counted when it was completed, by what was known then: on that it rests for ever. */
  rests?: { readonly [kind in Kind]: readonly Counted[] } & { readonly met: ReadonlyMap<string, boolean | undefined> }
  isCancelled?: boolean
  /** It was sent back, and has not been submitted anew, or was rejected after it had taken effect. */
  isReturned?: boolean
}

/** Who has done what on which change, and what of it must not meet in one person. */
export class PlainDuties {
  readonly people = new PlainPeople()
  readonly templates = new Map<string, Template>()
  readonly policies = new Map<string, Policy>()
  readonly proposedControls = new Map<string, Controls>()
  controls: Controls | undefined
  readonly tickets = new Map<string, Ticket>()

  /** Takes in what was said of people and rules. */
  foldDocument(event: GovernanceEvent, command: GovernanceCommand, at: string, entry: number): void {
    this.people.fold(event, at, entry)
    if (event.type === 'template.proposed') {
      this.templates.set(event.digest, { ...event, approvals: [] })
    } else if (event.type === 'template.approved') {
      const { team, name, version } = event
      for (const one of this.templates.values())
        if (one.team === team && one.name === name && one.version === version) one.approvals.push({ ...event, entry })
    } else if (event.type === 'policy.proposed' && command.type === 'proposePolicy') {
      this.policies.set(event.digest, command.policy)
    } else if (event.type === 'controls.proposed' && command.type === 'proposeControls') {
      this.proposedControls.set(event.digest, command.controls)
    } else if (event.type === 'controls.adopted') {
      this.controls = this.proposedControls.get(event.digest)
    }
  }

  categoryOf(ticket: Ticket) {
    const category = this.policies.get(ticket.policy)?.categories[ticket.category]
    if (category === undefined) throw new Error(`no policy ${ticket.policy} with a category ${ticket.category}`)
    return category
  }

  stagesOf(ticket: Ticket): readonly SingleStage[] {
    const { flow } = this.categoryOf(ticket)
    const known = stagesIn.get(flow)
    if (known !== undefined) return known
    // They are asked for all the time, and a flow stays as it was written.
    const stages = flow.flatMap(one => (one.kind === 'parallel' ? one.stages : [one]))
    stagesIn.set(flow, stages)
    return stages
  }

  approvalStage(ticket: Ticket, name: string): ApprovalStage | undefined {
    const stage = this.stagesOf(ticket).find(one => one.name === name)
    return stage?.kind === 'approval' ? stage : undefined
  }

  ancestors(ticket: Ticket): Ticket[] {
    const parent = this.tickets.get(ticket.parent ?? '')
    return parent === undefined ? [] : [parent, ...this.ancestors(parent)]
  }

  descendants = (ticket: Ticket): Ticket[] =>
    [...this.tickets.values()].filter(one => one !== ticket && this.ancestors(one).includes(ticket))

  /** Who holds which duty on a change: those taken on here, and `make` from the changes on which it depends. */
  duties(ticket: Ticket, isNew: boolean): Ticket['duties'] {
    const family = [...this.ancestors(ticket), ...(isNew ? this.descendants(ticket) : [])]
    return [...ticket.duties, ...family.flatMap(one => one.duties.filter(held => held.duty === 'make'))]
  }

  /** Whether somebody does more on a change than to approve it, or made something in its family. */
  takesPart(change: string, person: string): boolean {
    const ticket = this.tickets.get(change)
    const duties = ticket === undefined ? [] : this.duties(ticket, true)
    return duties.some(held => held.duty !== 'approve' && this.people.same(held.person, person))
  }

  /** A role that a participant, or one of those who come to be some, has granted while the change was under way gives no right on it. */
  isFavour = (ticket: Ticket, { by, number }: Grant, coming: readonly string[] = []): boolean =>
    number >= ticket.submitted && (this.takesPart(ticket.id, by) || this.people.meet(coming, [by]))

  /** Whether somebody had a role by one grant at least that is no favour. */
  isFree = (ticket: Ticket, grants: readonly Grant[], coming?: readonly string[]): boolean =>
    grants.some(one => !this.isFavour(ticket, one, coming))

  /**
   * Whether one of these persons holds a duty on the change which must not meet the given one, and is not excepted from
   * that. Before a new decision, what somebody made further down the family counts as well. `chain`: everybody in it, where
   * these are some of them.
   */
  conflicts(
    change: string,
    duty: string,
    persons: readonly string[],
    at: string,
    { isNew = false, butAssigned = false, butEdited = false, stood = at, chain = persons, vote }: Asking = {},
  ): boolean {
    const ticket = this.tickets.get(change)
    if (ticket === undefined) return false
    const below = this.descendants(ticket)
    const duties = this.duties(ticket, isNew).filter(
      held =>
        !(butAssigned && held.assigned) &&
        !(butEdited && (held.edited || below.some(one => one.duties.includes(held)))),
    )
    const isExcepted = (person: string, held: Held) =>
      [at, stood].some(when => this.isExcepted(ticket, person, chain, [duty, held.duty], when, held, vote))
    return persons.some(person =>
      this.apartFrom(ticket, duty).some(other =>
        duties.some(held => held.duty === other && this.people.same(held.person, person) && !isExcepted(person, held)),
      ),
    )
  }

  isExcepted = (
    ticket: Ticket,
    person: string,
    chain: readonly string[],
    duties: readonly string[],
    at: string,
    held: Held,
    vote?: Vote,
  ): boolean =>
    [...ticket.exceptions.values()].some(
      one =>
        metUnder(one, held, vote) &&
        this.people.same(one.person, person) &&
        duties.every(duty => one.duties.includes(duty)) &&
        // Whoever granted it has no hand in what is decided by it.
        !this.people.meet(chain, [one.grantedBy ?? '']) &&
        isOn({ from: forever, ...one }, at) &&
        // Whoever granted it and takes part by now would have had no right to; no more than somebody compromised.
        !this.takesPart(ticket.id, one.grantedBy ?? '') &&
        this.isFree(ticket, one.grants ?? [], comingBy(duties[0], chain)) &&
        !this.people.isTainted([one.grantedBy ?? ''], one.entry ?? 0),
    )

  apartFrom({ policy: digest }: Ticket, duty: string): string[] {
    const policy = this.policies.get(digest)
    const clauses = Object.values(this.controls?.clauses ?? {}).flatMap(one =>
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
}
