import type { GovernanceCommand } from '../../governance/command.ts'
import type { GovernanceEvent } from '../../governance/event.ts'
import { takePart } from './family.ts'
import type { People } from './people.ts'
import type { Ticket } from './ticket.ts'

/** Who may take private values out of reach: administrators, told a second time. */
export class Redactions {
  readonly #people: People
  readonly #administrators = new Set<string>()

  constructor(people: People) {
    this.#people = people
  }

  /** Takes in who becomes an administrator, and who is none any more. */
  event(event: GovernanceEvent, command: GovernanceCommand): void {
    if (event.type === 'trail.founded' && command.type === 'found')
      for (const { person } of command.administrators) this.#administrators.add(person)
    if (event.type === 'administrator.appointed') this.#administrators.add(event.person)
    if (event.type === 'person.departed')
      for (const id of this.#people.of(event.person).ids) this.#administrators.delete(id)
  }

  /** What keeps somebody from redacting a value of a change: a part in it, of whatever kind, or that they are no administrator. */
  against(ticket: Ticket, account: string): string | undefined {
    if (this.#people.isRobot(account)) return 'a robot has redacted it'
    const redactors = this.#people.behind(account)
    const parties = [...this.#people.all(redactors)]
    if (!parties.some(({ ids }) => [...ids].some(id => this.#administrators.has(id))))
      return 'whoever redacted it is no administrator'
    const isIn = parties.some(party => party.held.has(ticket))
    return isIn || takePart(this.#people, redactors, ticket)
      ? 'whoever redacted it takes part in the change'
      : undefined
  }
}
