import { freeze } from 'immer'
import { releaseBots } from './bot.ts'
import { endDelegation } from './delegation.ts'
import { type Event, type Folding, type Folds, kept, type Of } from './fold.ts'
import { merge } from './merge.ts'
import { endGrants } from './role.ts'

/** Persons: who comes and goes, who turns out to be somebody else, and who belongs to which groups. */
export const personFolds: Folds<Of<'person' | 'alias' | 'groups'>> = {
  'person.registered': (tables, { person, name }) => {
    tables.persons = tables.persons.set(person, freeze({ name }, true))
  },
  'person.departed': depart,
  'person.returned': (tables, event) => {
    // What a robot may do is the authority of whoever answers for it, and a return gives none back.
    releaseBots(tables, event.person)
    const { departed: _, ...person } = tables.persons.get(event.person) ?? { name: '' }
    tables.persons = tables.persons.set(event.person, freeze(person))
    tables.goneBy = tables.goneBy.delete(event.person)
  },
  'person.erased': (tables, event) => {
    for (const id of [event.person, ...(tables.mergedInto.get(event.person) ?? [])]) {
      const person = tables.persons.get(id)
      if (person !== undefined) tables.persons = tables.persons.set(id, freeze({ ...person, erased: event.at }))
    }
  },
  'alias.recorded': merge,
  'groups.assigned': (tables, { person: id, groups }) => {
    const person = tables.persons.get(id)
    if (person !== undefined) tables.persons = tables.persons.set(id, freeze({ ...person, groups }, true))
  },
}

/** A departure ends for good what was open to its instant, and what was to come later never comes. */
function depart(tables: Folding, { person, at, compromised }: Event<'person.departed'>): void {
  const one = tables.persons.get(person)
  if (one !== undefined) {
    const departed = { at: one.departed?.at ?? at, compromised }
    tables.persons = tables.persons.set(person, freeze({ ...one, departed, left: at }, true))
    tables.leftBy = tables.leftBy.set(person, tables.entries)
    if (one.departed === undefined) tables.goneBy = tables.goneBy.set(person, tables.entries)
  }
  if (compromised) {
    tables.compromised = tables.compromised.set(person, at)
    tables.compromisedBy = tables.compromisedBy.set(person, tables.entries)
  }
  tables.administrators = freeze(tables.administrators.filter(other => other !== person))
  for (const [nominated, by] of tables.nominated.entries()) {
    if (nominated === person || by === person) tables.nominated = tables.nominated.delete(nominated)
  }
  if (tables.keyProposed?.by === person) delete tables.keyProposed
  for (const role of tables.rolesOf.get(person) ?? []) endGrants(tables, role, person, at)
  const delegations = [...(tables.delegatedTo.get(person) ?? []), ...(tables.delegatedBy.get(person) ?? [])]
  for (const id of delegations) endDelegation(tables, id, at)
  tables.absences = kept(tables.absences, person, absence => absence.from <= at)
}
