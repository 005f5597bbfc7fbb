import { accept, type Decision, type Facts, refuse } from '../decision/refusal.ts'
import { problemsOf } from '../policy/check.ts'
import { controlsDigest } from '../policy/controls.ts'
import { policyDigest } from '../policy/policy.ts'
import type { Instant } from '../values/instant.ts'
import { didYouMean } from '../values/near.ts'
import type { GovernanceCommand } from './command.ts'
import { cycleThrough } from './delegation.ts'
import type { GovernanceEvent } from './event.ts'
import type { Governance } from './governance.ts'
import { identifyPerson, isActive, isRefused } from './identity.ts'

type Outcome = Decision<GovernanceEvent>

/** Decides a command about people or rules. Whoever gives it is a person; most of it is for administrators. */
export function decideGovernance(
  governance: Governance,
  command: GovernanceCommand,
  account: string,
  at: Instant,
): Outcome {
  if (command.type === 'found') return found(governance, command, account)
  const actor = identifyPerson(governance, account)
  if (isRefused(actor)) return actor
  const me = actor.person
  switch (command.type) {
    case 'proposeControls':
      return proposed(governance.controls, controlsDigest(command.controls), digest => ({
        type: 'controls.proposed',
        digest,
        by: me,
      }))
    case 'proposePolicy':
      return proposePolicy(governance, command, me)
    case 'delegate':
      return delegate(governance, command, me, at)
    case 'revokeDelegation':
      return revokeDelegation(governance, command.delegation, me, at)
    case 'recordAbsence':
      return recordAbsence(governance, command, me)
    default:
      if (!governance.administrators.includes(me)) {
        return refuse('authority.not-administrator', { person: me, administrators: [...governance.administrators] })
      }
      return administer(governance, command, me, at)
  }
}

type Of<Type extends GovernanceCommand['type']> = Extract<GovernanceCommand, { type: Type }>
type Administrative = Exclude<
  GovernanceCommand,
  { type: 'found' | 'proposeControls' | 'proposePolicy' | 'delegate' | 'revokeDelegation' | 'recordAbsence' }
>

function administer(governance: Governance, command: Administrative, me: string, at: Instant): Outcome {
  switch (command.type) {
    case 'registerPerson':
      return registerPerson(governance, command)
    case 'registerBot':
      return registerBot(governance, command)
    case 'linkAccount':
      if (governance.accounts[command.account] !== undefined) return taken('account', command.account)
      if (governance.persons[command.person] === undefined) return unknownPerson(governance, command.person)
      return accept({ type: 'account.linked', account: command.account, person: command.person })
    case 'recordDeparture':
      if (governance.persons[command.person] === undefined) return unknownPerson(governance, command.person)
      if (!isActive(governance, command.person))
        return refuse('nothing-to-do', { person: command.person, state: 'departed' })
      return accept({ type: 'person.departed', person: command.person, at, compromised: command.compromised })
    case 'appointAdministrator':
      if (!isActive(governance, command.person)) return unknownPerson(governance, command.person)
      if (governance.administrators.includes(command.person)) {
        return refuse('nothing-to-do', { person: command.person, state: 'administrator' })
      }
      return appoint(governance, command.person, me)
    case 'defineRole':
      if (governance.roles[command.role] !== undefined) return taken('role', command.role)
      return accept({ type: 'role.defined', role: command.role, description: command.description })
    case 'grantRole':
      return grantRole(governance, command, me, at)
    case 'revokeRole':
      return revokeRole(governance, command, at)
    case 'adoptControls':
      return adopt(governance.controls, command.digest, me, () => [
        { type: 'controls.adopted', digest: command.digest, by: me, at },
      ])
    case 'adoptPolicy':
      return adoptPolicy(governance, command.digest, me, at)
    default:
      return command satisfies never
  }
}

/** Whoever adopts rules is appointed as rules are adopted: one administrator nominates, and another one agrees. */
function appoint(governance: Governance, person: string, me: string): Outcome {
  const by = governance.nominated[person]
  if (by === undefined) return accept({ type: 'administrator.nominated', person, by: me })
  if (by === me) return refuse('duty.second-person', { person: me, what: 'appoint an administrator' })
  return accept({ type: 'administrator.appointed', person })
}

function found(governance: Governance, command: Of<'found'>, account: string): Outcome {
  if (governance.origin !== '') return taken('trail', governance.origin)
  const persons = command.administrators.map(one => one.person)
  const accounts = command.administrators.flatMap(one => one.accounts)
  const twice = duplicate(persons) ?? duplicate(accounts)
  if (twice !== undefined) return taken('name', twice)
  if (!accounts.includes(account))
    return refuse('identity.unknown-account', { account, near: didYouMean(account, accounts) })
  const { origin, key } = command
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

function registerPerson(governance: Governance, command: Of<'registerPerson'>): Outcome {
  const { person, name, accounts } = command
  if (isNamed(governance, person)) return taken('person', person)
  const used = accounts.find(account => governance.accounts[account] !== undefined) ?? duplicate(accounts)
  if (used !== undefined) return taken('account', used)
  return accept<GovernanceEvent>(
    { type: 'person.registered', person, name },
    ...accounts.map((account): GovernanceEvent => ({ type: 'account.linked', account, person })),
  )
}

function registerBot(governance: Governance, command: Of<'registerBot'>): Outcome {
  const { bot, controller, accounts } = command
  if (isNamed(governance, bot)) return taken('bot', bot)
  const used = accounts.find(account => governance.accounts[account] !== undefined) ?? duplicate(accounts)
  if (used !== undefined) return taken('account', used)
  if (controller !== undefined && !isActive(governance, controller)) return unknownPerson(governance, controller)
  return accept<GovernanceEvent>(
    { type: 'bot.registered', bot, ...(controller === undefined ? {} : { controller }) },
    ...accounts.map((account): GovernanceEvent => ({ type: 'account.linked', account, bot })),
  )
}

function grantRole(governance: Governance, command: Of<'grantRole'>, me: string, at: Instant): Outcome {
  const { role, to, team, until } = command
  if (governance.roles[role] === undefined) return unknown('role', role, Object.keys(governance.roles))
  const bot = governance.bots[to]
  if (bot === undefined && !isActive(governance, to)) return unknownPerson(governance, to)
  // Nobody hands authority to themselves, nor to the robot that does as they say.
  if (to === me || bot?.controller === me) return refuse('duty.second-person', { person: me, what: 'grant a role' })
  const from = command.from ?? at
  if (until !== undefined && until <= from) return refuse('interval.invalid', { from, until })
  return accept({ type: 'role.granted', by: me, role, to, team, from, ...(until === undefined ? {} : { until }) })
}

function revokeRole(governance: Governance, command: Of<'revokeRole'>, at: Instant): Outcome {
  const { role, from, team } = command
  if (governance.roles[role] === undefined) return unknown('role', role, Object.keys(governance.roles))
  const grants = governance.roles[role].grants[from] ?? []
  if (!grants.some(grant => grant.team === team && (grant.until === undefined || grant.until > at))) {
    return refuse('nothing-to-do', { person: from, state: `without ${role} in ${team}` })
  }
  return accept({ type: 'role.revoked', role, from, team, at })
}

function recordAbsence(governance: Governance, command: Of<'recordAbsence'>, me: string): Outcome {
  const { person, from, until } = command
  if (!isActive(governance, person)) return unknownPerson(governance, person)
  if (person !== me && !governance.administrators.includes(me)) {
    return refuse('authority.not-principal', {
      person: me,
      principal: person,
      administrators: [...governance.administrators],
    })
  }
  if (until <= from) return refuse('interval.invalid', { from, until })
  return accept({ type: 'absence.recorded', person, from, until })
}

function delegate(governance: Governance, command: Of<'delegate'>, me: string, at: Instant): Outcome {
  const { delegation, principal, to, from, until, scope } = command
  if (governance.delegations[delegation] !== undefined) return taken('delegation', delegation)
  if (!isActive(governance, principal)) return unknownPerson(governance, principal)
  if (!isActive(governance, to)) return unknownPerson(governance, to)
  if (principal === to) return refuse('delegation.self', { principal })
  // An administrator may arrange it for somebody who is away, but not in their own favour.
  const arranged = governance.administrators.includes(me) && me !== to
  if (me !== principal && !arranged) {
    return refuse('authority.not-principal', { person: me, principal, administrators: [...governance.administrators] })
  }
  if (until <= from) return refuse('delegation.interval', { from, until })
  if (from < at) return refuse('delegation.back-dated', { from, at })
  const chain = cycleThrough(governance, { principal, to, from, until })
  if (chain !== undefined) return refuse('delegation.cycle', { chain })
  return accept({ type: 'delegation.granted', by: me, delegation, principal, to, from, until, scope })
}

function revokeDelegation(governance: Governance, id: string, me: string, at: Instant): Outcome {
  const delegation = governance.delegations[id]
  if (delegation === undefined) return unknown('delegation', id, Object.keys(governance.delegations))
  if (me !== delegation.principal && me !== delegation.to && !governance.administrators.includes(me)) {
    return refuse('authority.not-principal', {
      person: me,
      principal: delegation.principal,
      administrators: [...governance.administrators],
    })
  }
  if (delegation.revokedAt !== undefined) return refuse('nothing-to-do', { delegation: id, state: 'revoked' })
  return accept({ type: 'delegation.revoked', delegation: id, at })
}

function proposed(
  documents: Governance['controls'] | Governance['policies'],
  digest: string,
  event: (digest: string) => GovernanceEvent,
): Outcome {
  return documents[digest] === undefined
    ? accept(event(digest))
    : refuse('nothing-to-do', { digest, state: 'proposed' })
}

function proposePolicy(governance: Governance, command: Of<'proposePolicy'>, me: string): Outcome {
  const invalid = policyProblems(governance, command.policy)
  if (invalid !== undefined) return invalid
  return proposed(governance.policies, policyDigest(command.policy), digest => ({
    type: 'policy.proposed',
    digest,
    by: me,
  }))
}

/** A policy is held against the controls in force when it is proposed and again when it is adopted. */
function policyProblems(governance: Governance, policy: Of<'proposePolicy'>['policy']) {
  const controls = governance.controls[governance.controlsInForce ?? '']?.document
  if (controls === undefined) return unknown('controls in force', policy.complies.controls, [])
  const problems = problemsOf(policy, controls).map((problem): Facts => ({ ...problem }))
  for (const role of Object.keys(policy.roles)) {
    if (governance.roles[role] !== undefined) continue
    const near = didYouMean(role, Object.keys(governance.roles))
    problems.push({ where: `roles.${role}`, problem: `the organisation has no role ${role}${near}` })
  }
  return problems.length === 0 ? undefined : refuse('policy.invalid', { team: policy.team, problems })
}

function adopt(
  documents: Governance['controls'] | Governance['policies'],
  digest: string,
  me: string,
  events: () => GovernanceEvent[],
): Outcome {
  const proposal = documents[digest]
  if (proposal === undefined) return unknown('proposal', digest, Object.keys(documents))
  if (proposal.proposedBy === me) return refuse('duty.second-person', { person: me, what: 'adopt what they proposed' })
  return { accepted: events() }
}

function adoptPolicy(governance: Governance, digest: string, me: string, at: Instant): Outcome {
  const policy = governance.policies[digest]?.document
  if (policy === undefined) return unknown('proposal', digest, Object.keys(governance.policies))
  if (governance.policyInForce[policy.team] === digest) return refuse('nothing-to-do', { digest, state: 'in force' })
  const invalid = policyProblems(governance, policy)
  if (invalid !== undefined) return invalid
  return adopt(governance.policies, digest, me, () => [
    { type: 'policy.adopted', digest, team: policy.team, by: me, at },
  ])
}

/** Persons and bots share one space of names, so that a holder of a role is one of them and not either. */
const isNamed = (governance: Governance, name: string) =>
  governance.persons[name] !== undefined || governance.bots[name] !== undefined

const duplicate = (names: readonly string[]) => names.find((name, index) => names.indexOf(name) !== index)

const taken = (what: string, name: string) => refuse('name.taken', { what, name })

const unknown = (what: string, name: string, known: readonly string[]) =>
  refuse('name.unknown', { what, name, near: didYouMean(name, known) })

const unknownPerson = (governance: Governance, person: string) =>
  isActive(governance, person) || governance.persons[person] === undefined
    ? unknown('person', person, Object.keys(governance.persons))
    : refuse('name.unknown', { what: 'active person', name: person, near: '' })
