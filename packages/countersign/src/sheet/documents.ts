import type { GovernanceCommand } from '../governance/command.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import type { Scope } from '../governance/governance.ts'
import { isGovernance, type RecordBody } from '../record/record.ts'
import type { Instant } from '../values/instant.ts'
import type { Place } from './place.ts'

/** Who has done something about people or rules, and in which entry. */
export interface Said extends Place {
  readonly by: string
}

/** Who proposed a document, and who adopted it. */
export interface Adopted {
  readonly proposed?: Said
  readonly adopted?: Said
}

/** The authority of a principal in the hands of a delegate, and the entry that gave it to them. */
export interface DelegationUsed extends Said {
  readonly delegation: string
  readonly principal: string
  readonly to: string
  readonly from: Instant
  readonly until: Instant
  readonly scope: Scope
  /** The delegation that is passed on. */
  readonly of?: string
  readonly revoked?: Place
}

/** Who proposed a version of a template, and who approved it. */
export interface TemplateAgreed {
  readonly proposed?: Said
  readonly approvals: readonly (Said & { readonly roles: readonly string[] })[]
  readonly revoked?: Said
}

/** What is said of freezes: why, by whom, and in which entry. */
export interface FreezeDeclared extends Said {
  readonly because: string
}

type Event<Type extends GovernanceEvent['type']> = Extract<GovernanceEvent, { type: Type }>

const versionKey = (team: string, name: string, version: number) => `${team}/${name}/${version}`

/** In which entries the rules stand on which changes lean: policies, controls, templates, delegations, freezes. */
export class Documents {
  readonly #proposed = new Map<string, Said>()
  readonly #adopted = new Map<string, Said>()
  readonly #delegations = new Map<string, DelegationUsed>()
  readonly #templates = new Map<string, TemplateAgreed>()
  readonly #freezes = new Map<string, FreezeDeclared>()

  /** Takes in the next entry. */
  entry({ seq, at, command, outcome }: RecordBody): void {
    if (!isGovernance(command) || 'refused' in outcome) return
    for (const event of outcome.accepted) this.#happen(event as GovernanceEvent, command, { seq, at })
  }

  /** The document with this digest, as it was proposed and adopted last. */
  document(digest: string): Adopted {
    const [proposed, adopted] = [this.#proposed.get(digest), this.#adopted.get(digest)]
    return { ...(proposed === undefined ? {} : { proposed }), ...(adopted === undefined ? {} : { adopted }) }
  }

  delegation(id: string): DelegationUsed | undefined {
    return this.#delegations.get(id)
  }

  template(team: string, name: string, version: number): TemplateAgreed {
    return this.#templates.get(versionKey(team, name, version)) ?? { approvals: [] }
  }

  freeze(name: string): FreezeDeclared | undefined {
    return this.#freezes.get(name)
  }

  #happen(event: GovernanceEvent, command: GovernanceCommand, place: Place): void {
    switch (event.type) {
      case 'policy.proposed':
      case 'controls.proposed':
        this.#proposed.set(event.digest, { ...place, by: event.by })
        return
      case 'policy.adopted':
      case 'controls.adopted':
        this.#adopted.set(event.digest, { ...place, by: event.by })
        return
      case 'delegation.granted':
        this.#delegate(event, place)
        return
      case 'delegation.revoked': {
        const known = this.#delegations.get(event.delegation)
        if (known !== undefined) this.#delegations.set(event.delegation, { ...known, revoked: place })
        return
      }
      case 'template.proposed':
      case 'template.approved':
      case 'template.revoked':
        this.#agree(event, place)
        return
      case 'freeze.declared':
        if (command.type === 'declareFreeze')
          this.#freezes.set(event.freeze, { ...place, by: event.by, because: command.because })
        return
      default:
    }
  }

  #delegate(event: Event<'delegation.granted'>, place: Place): void {
    const { delegation, by, principal, to, from, until, scope, of } = event
    const granted = { ...place, by, delegation, principal, to, from, until, scope, ...(of === undefined ? {} : { of }) }
    this.#delegations.set(delegation, granted)
  }

  #agree(event: Event<'template.proposed' | 'template.approved' | 'template.revoked'>, place: Place): void {
    const key = versionKey(event.team, event.name, event.version)
    const known = this.#templates.get(key) ?? { approvals: [] }
    if (event.type === 'template.proposed') this.#templates.set(key, { ...known, proposed: { ...place, by: event.by } })
    else if (event.type === 'template.revoked')
      this.#templates.set(key, { ...known, revoked: { ...place, by: event.by } })
    else {
      const approval = { ...place, by: event.person, roles: event.roles }
      this.#templates.set(key, { ...known, approvals: [...known.approvals, approval] })
    }
  }
}
