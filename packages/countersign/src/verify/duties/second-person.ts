import type { GovernanceEvent } from '../../governance/event.ts'
import type { RecordBody } from '../../record/record.ts'
import type { People } from './people.ts'

/** Something that one person has proposed, and another one has put in place. */
interface Done {
  readonly what: string
  readonly seq: number
  readonly proposers: readonly string[]
  readonly adopters: readonly string[]
}

/** What takes two persons among people and rules: controls and policies, administrators, keys. */
export class SecondPersons {
  readonly #people: People
  readonly #proposed = new Map<string, readonly string[]>()
  #done: Done[] = []

  constructor(people: People) {
    this.#people = people
  }

  event(event: GovernanceEvent, { seq, by }: RecordBody): void {
    const [begun, what] = matterOf(event) ?? []
    if (what === undefined) return
    const ids = this.#people.behind(by.account)
    if (begun === true) {
      this.#proposed.set(what, ids)
      return
    }
    const proposers = this.#proposed.get(what)
    // The founding appoints without a nomination, and one person who does both is refused, and found, at once.
    if (proposers !== undefined && !this.#people.share(proposers, ids))
      this.#done.push({ what, seq, proposers, adopters: ids })
  }

  /** That of which it has turned out that one person has done both, each once. */
  learned(): Done[] {
    const isOne = ({ proposers, adopters }: Done) => this.#people.share(proposers, adopters)
    const found = this.#done.filter(isOne)
    if (found.length > 0) this.#done = this.#done.filter(one => !isOne(one))
    return found
  }
}

/** What an event is about, and whether it proposes that or puts it in place. */
function matterOf(event: GovernanceEvent): readonly [begun: boolean, what: string] | undefined {
  switch (event.type) {
    case 'controls.proposed':
    case 'controls.adopted':
      return [event.type === 'controls.proposed', `controls ${event.digest}`]
    case 'policy.proposed':
    case 'policy.adopted':
      return [event.type === 'policy.proposed', `policy ${event.digest}`]
    case 'administrator.nominated':
    case 'administrator.appointed':
      return [event.type === 'administrator.nominated', `administrator ${event.person}`]
    case 'key.proposed':
    case 'key.rotated':
      return [event.type === 'key.proposed', `key ${event.key}`]
    default:
      return undefined
  }
}
