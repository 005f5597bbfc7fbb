import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import type { Instant } from '../../values/instant.ts'
import { didYouMean } from '../../values/near.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { evolveGovernance } from '../evolve.ts'
import { type Governance, tables } from '../governance.ts'
import { isActive } from '../identity.ts'
import { activePerson, knownPerson, taken, unknown, unknownPerson } from '../unknown.ts'
import { violationsOf } from '../violation.ts'
import { foreignKey } from './key.ts'

type Outcome = Decision<GovernanceEvent>

/** Founds the trail: its name, its first administrators, of whom one gives the command, and its key. */
export function found(governance: Governance, command: Of<'found'>, account: string): Outcome {
  if (governance.origin !== '') return taken('trail', governance.origin)
  const persons = command.administrators.map(one => one.person)
  const accounts = command.administrators.flatMap(one => one.accounts)
  const twice = duplicate(persons) ?? duplicate(accounts)
  if (twice !== undefined) return taken('name', twice)
  if (!accounts.includes(account))
    return refuse('identity.unknown-account', { account, near: didYouMean(account, accounts) })
  const { origin, key } = command
  const foreign = key === undefined ? undefined : foreignKey(origin, key)
  if (foreign !== undefined) return foreign
  return accept<GovernanceEvent>(
    { type: 'trail.founded', origin, ...(key === undefined ? {} : { key }) },
    ...command.administrators.flatMap((one): GovernanceEvent[] => [
      { type: 'person.registered', person: one.person, name: one.name },
      ...one.accounts.map(
        (linked): GovernanceEvent => ({ type: 'account.linked', account: linked, person: one.person }),
      ),
      { type: 'administrator.appointed', person: one.person },
    ]),
  )
}

/** Registers a natural person with their accounts. */
export function registerPerson(governance: Governance, command: Of<'registerPerson'>): Outcome {
  const { person, name, accounts } = command
  const named = isTaken(governance, 'person', person, accounts)
  if (named !== undefined) return named
  return accept<GovernanceEvent>(
    { type: 'person.registered', person, name },
    ...accounts.map((account): GovernanceEvent => ({ type: 'account.linked', account, person })),
  )
}

/** Registers a robot with its accounts, and the person who answers for it, where there is one. */
export function registerBot(governance: Governance, command: Of<'registerBot'>): Outcome {
  const { bot, accounts } = command
  if (command.controller === bot) return refuse('identity.own-controller', { bot })
  const named = isTaken(governance, 'bot', bot, accounts)
  if (named !== undefined) return named
  const controller = command.controller === undefined ? undefined : activePerson(governance, command.controller)
  if (controller !== undefined && 'refused' in controller) return controller
  return accept<GovernanceEvent>(
    { type: 'bot.registered', bot, ...(controller === undefined ? {} : { controller: controller.person }) },
    ...accounts.map((account): GovernanceEvent => ({ type: 'account.linked', account, bot })),
  )
}

/** Gives a robot to another person, who answers for it from now on. Nobody takes one over by themselves. */
export function assignController(
  governance: Governance,
  command: Of<'assignController'>,
  me: string,
  at: Instant,
): Outcome {
  const { bot } = command
  const { bots } = governance[tables]
  if (command.controller === bot) return refuse('identity.own-controller', { bot })
  const known = bots.get(bot)
  if (known === undefined) return unknown('bot', bot, bots.keys())
  const controller = activePerson(governance, command.controller)
  if ('refused' in controller) return controller
  const { person } = controller
  if (known.controller === person) return refuse('nothing-to-do', { person, state: 'controller', bot })
  // Whoever controls a robot acts by the roles that it holds.
  if (person === me) return refuse('duty.second-person', { person: me, what: 'assignController' })
  return accept({ type: 'bot.assigned', bot, controller: person, at })
}

/** Gives a person one more account; nobody who was erased gets one. */
export function linkAccount(governance: Governance, command: Of<'linkAccount'>): Outcome {
  const { account } = command
  if (governance[tables].accounts.has(account)) return taken('account', account)
  const known = knownPerson(governance, command.person)
  if ('refused' in known) return known
  const { person } = known
  // A login often spells a name, and of somebody who is erased nothing is to tell it.
  if (isErased(governance, person)) return refuse('person.erased', { person })
  return accept({ type: 'account.linked', account, person })
}

/** Takes an account from whoever has it, so that nobody is known by it any more. */
export function unlinkAccount(governance: Governance, { account }: Of<'unlinkAccount'>): Outcome {
  const { accounts } = governance[tables]
  return accounts.has(account)
    ? accept({ type: 'account.unlinked', account })
    : unknown('account', account, accounts.keys())
}

/** Records that two ids are one person. Neither may be whoever records it. */
export function recordAlias(governance: Governance, command: Of<'recordAlias'>, me: string, at: Instant): Outcome {
  const one = knownPerson(governance, command.person)
  if ('refused' in one) return one
  const other = knownPerson(governance, command.is)
  if ('refused' in other) return other
  const { person } = one
  const is = other.person
  if (person === is) return refuse('nothing-to-do', { person: command.person, state: 'same person', is: command.is })
  // What the other id was given would come to whoever records it.
  if (person === me || is === me) return refuse('duty.second-person', { person: me, what: 'recordAlias' })
  const events: GovernanceEvent[] = [{ type: 'alias.recorded', person, is, at }]
  return accept(...events, ...violationsOf(evolveGovernance(governance, events, command), is, at))
}

/** Records that somebody has left, and whether their accounts were misused; that may be learned later as well. */
export function recordDeparture(governance: Governance, command: Of<'recordDeparture'>, at: Instant): Outcome {
  const known = knownPerson(governance, command.person)
  if ('refused' in known) return known
  const { person } = known
  const departed = governance[tables].persons.get(person)?.departed
  // That somebody was compromised may be learned only after they have left.
  if (departed !== undefined && (departed.compromised || !command.compromised)) {
    return refuse('nothing-to-do', { person, state: 'departed' })
  }
  return accept({ type: 'person.departed', person, at, compromised: command.compromised })
}

/** Records that somebody who had left is here again; nobody who was erased comes back. */
export function recordReturn(governance: Governance, command: Of<'recordReturn'>, at: Instant): Outcome {
  const known = knownPerson(governance, command.person)
  if ('refused' in known) return known
  const { person } = known
  if (isErased(governance, person)) return refuse('person.erased', { person })
  if (isActive(governance, person)) return refuse('nothing-to-do', { person, state: 'here' })
  return accept({ type: 'person.returned', person, at })
}

/**
 * Records that the name of somebody who has left is to be deleted. It can be, where it is committed to under each of their
 * ids.
 */
export function erasePerson(governance: Governance, command: Of<'erasePerson'>, at: Instant): Outcome {
  const known = knownPerson(governance, command.person)
  if ('refused' in known) return known
  const { person } = known
  const { persons, mergedInto } = governance[tables]
  const one = persons.get(person)
  if (one?.erased !== undefined) return refuse('nothing-to-do', { person, state: 'erased' })
  if (one?.departed === undefined) return refuse('erasure.impossible', { person, problem: 'not left' })
  const inClear = [person, ...(mergedInto.get(person) ?? [])].find(id => typeof persons.get(id)?.name === 'string')
  if (inClear !== undefined) {
    return refuse('erasure.impossible', { person, problem: 'name in clear', name: inClear })
  }
  return accept({ type: 'person.erased', person, at })
}

const isErased = (governance: Governance, person: string): boolean =>
  governance[tables].persons.get(person)?.erased !== undefined

/** Puts a person into these groups, and into no others. */
export function assignGroups(governance: Governance, command: Of<'assignGroups'>): Outcome {
  const known = activePerson(governance, command.person)
  if ('refused' in known) return known
  const { person } = known
  const groups = [...new Set(command.groups)].toSorted()
  const before = governance[tables].persons.get(person)?.groups ?? []
  if (before.length === groups.length && before.every(one => groups.includes(one))) {
    return refuse('nothing-to-do', { person, state: 'in these groups' })
  }
  return accept({ type: 'groups.assigned', person, groups })
}

/** Whoever adopts rules is appointed as rules are adopted: one administrator nominates, and another one agrees. */
export function appointAdministrator(governance: Governance, command: Of<'appointAdministrator'>, me: string): Outcome {
  if (!isActive(governance, command.person)) return unknownPerson(governance, command.person)
  const person = personOf(governance, command.person)
  if (governance.administrators.includes(person)) return refuse('nothing-to-do', { person, state: 'administrator' })
  const by = governance[tables].nominated.get(person)
  if (by === undefined) return accept({ type: 'administrator.nominated', person, by: me })
  if (by === me) return refuse('duty.second-person', { person: me, what: 'appointAdministrator' })
  return accept({ type: 'administrator.appointed', person })
}

/** Persons and bots share one space of names, so that a holder of a role is one of them and not either. */
function isTaken(governance: Governance, what: 'person' | 'bot', name: string, linked: readonly string[]) {
  const { persons, bots, accounts } = governance[tables]
  if (persons.has(name) || bots.has(name)) return taken(what, name)
  const used = linked.find(account => accounts.has(account)) ?? duplicate(linked)
  return used === undefined ? undefined : taken('account', used)
}

const duplicate = (names: readonly string[]) => names.find((name, index) => names.indexOf(name) !== index)
