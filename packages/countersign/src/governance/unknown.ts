import type { RefusalFacts } from '../decision/facts.ts'
import { refuse } from '../decision/refusal.ts'
import { didYouMean } from '../values/near.ts'
import { personOf } from './alias.ts'
import { type Governance, tables } from './governance.ts'
import { isActive } from './identity.ts'

/** The refusal of a name that is there already. */
export const taken = (what: RefusalFacts['name.taken']['what'], name: string) => refuse('name.taken', { what, name })

/** The refusal of a name that there is not, with those that are near. */
export const unknown = (what: RefusalFacts['name.unknown']['what'], name: string, known: readonly string[]) =>
  refuse('name.unknown', { what, name, near: didYouMean(name, known) })

/** The refusal of somebody whom nobody knows, or who is not here any more. */
export function unknownPerson(governance: Governance, person: string) {
  const { persons } = governance[tables]
  return isActive(governance, person) || !persons.has(person)
    ? unknown('person', person, persons.keys())
    : refuse('name.unknown', { what: 'active person', name: person, near: '' })
}

/** The id that a person goes by, where the person is here; a refusal otherwise. */
export const activePerson = (governance: Governance, person: string) =>
  isActive(governance, person) ? { person: personOf(governance, person) } : unknownPerson(governance, person)

/** The id that a person goes by, who may have left; a refusal where nobody has the name. */
export const knownPerson = (governance: Governance, person: string) =>
  governance[tables].persons.has(person) ? { person: personOf(governance, person) } : unknownPerson(governance, person)
