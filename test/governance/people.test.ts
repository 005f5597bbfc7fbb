import {
  approval,
  approvals,
  approvedBeforeRelease,
  category,
  controls,
  controlsDigest,
  policy,
  policyDigest,
  release,
  role,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Refusal } from '../../packages/countersign/src/decision/facts.ts'
import { personOf } from '../../packages/countersign/src/governance/alias.ts'
import type { GovernanceCommand } from '../../packages/countersign/src/governance/command.ts'
import { decideGovernance } from '../../packages/countersign/src/governance/decide.ts'
import type { GovernanceEvent } from '../../packages/countersign/src/governance/event.ts'
import { evolveGovernance } from '../../packages/countersign/src/governance/evolve.ts'
import { noGovernance, plainGovernance } from '../../packages/countersign/src/governance/folded.ts'
import { type Governance, tables } from '../../packages/countersign/src/governance/governance.ts'
import type { PersonName } from '../../packages/countersign/src/governance/name.ts'
import type { Template } from '../../packages/countersign/src/governance/template.ts'
import { skeletonOf } from '../../packages/countersign/src/values/confusable.ts'

type Plain = ReturnType<typeof plainGovernance>
type Step = readonly [account: string, command: GovernanceCommand, at?: string]

const day = (n: number) => `2025-01-${String(n).padStart(2, '0')}T00:00:00.000Z`
const commitment = { commitment: 'c'.repeat(64) }

const administrator = (person: string, accounts = [person], name: PersonName = person) => ({ person, name, accounts })
const founding = (
  administrators = [administrator('ada'), administrator('otto', ['otto', 'otto-adm']), administrator('uma')],
  key?: string,
): GovernanceCommand => ({
  type: 'found',
  origin: 't.example/changes',
  format: 'countersign/trail/v1',
  ...(key === undefined ? {} : { key }),
  administrators,
})
const register = (person: string, accounts = [person], name: PersonName = person): GovernanceCommand => ({
  type: 'registerPerson',
  person,
  name,
  accounts,
})
const robot = (bot: string, controller?: string, accounts = [bot]): GovernanceCommand => ({
  type: 'registerBot',
  bot,
  accounts,
  ...(controller === undefined ? {} : { controller }),
})
const assign = (bot: string, controller: string): GovernanceCommand => ({ type: 'assignController', bot, controller })
const link = (account: string, person: string): GovernanceCommand => ({ type: 'linkAccount', account, person })
const unlink = (account: string): GovernanceCommand => ({ type: 'unlinkAccount', account })
const alias = (person: string, is: string): GovernanceCommand => ({
  type: 'recordAlias',
  person,
  is,
  comment: 'one file',
})
const departure = (person: string, compromised = false): GovernanceCommand => ({
  type: 'recordDeparture',
  person,
  compromised,
})
const comesBack = (person: string): GovernanceCommand => ({ type: 'recordReturn', person })
const erase = (person: string): GovernanceCommand => ({ type: 'erasePerson', person, reason: 'they asked for it' })
const groups = (person: string, ...names: string[]): GovernanceCommand => ({
  type: 'assignGroups',
  person,
  groups: names,
})
const appoint = (person: string): GovernanceCommand => ({ type: 'appointAdministrator', person })
const define = (role: string, inherits?: string[]): GovernanceCommand => ({
  type: 'defineRole',
  role,
  description: `holds ${role}`,
  ...(inherits === undefined ? {} : { inherits }),
})
const grant = (role: string, to: string, from?: string, until?: string, team = 't'): GovernanceCommand => ({
  type: 'grantRole',
  role,
  to,
  team,
  ...(from === undefined ? {} : { from }),
  ...(until === undefined ? {} : { until }),
})
const revoke = (role: string, from: string, team = 't'): GovernanceCommand => ({
  type: 'revokeRole',
  role,
  from,
  team,
})
const exclude = (...roles: string[]): GovernanceCommand => ({
  type: 'excludeRoles',
  roles,
  team: '*',
  because: 'nobody does both',
})
const absence = (
  person: string,
  from: string,
  until: string,
  type: 'recordAbsence' | 'cancelAbsence' = 'recordAbsence',
): GovernanceCommand => ({ type, person, from, until })
const delegation = (id: string, principal: string, to: string): GovernanceCommand => ({
  type: 'delegate',
  delegation: id,
  principal,
  to,
  from: day(2),
  until: day(20),
  scope: { roles: ['appr'] },
})

/** What can be reached from a value, and is no empty record or list, cannot be changed. */
function isFrozenThroughout(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const within = Object.values(value)
  return within.length === 0 || (Object.isFrozen(value) && within.every(isFrozenThroughout))
}

type Pairs = [string, string][]

/** The second of each pair, by the first. */
function listed(pairs: Pairs): Record<string, string[]> {
  const lists: Record<string, string[]> = {}
  for (const [name, one] of pairs) {
    lists[name] ??= []
    lists[name].push(one)
  }
  return sorted(lists)
}

const sorted = (lists: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.toSorted()]))

function rootOf(persons: Plain['persons'], id: string): string {
  const is = persons[id]?.is
  return is === undefined ? id : rootOf(persons, is.person)
}

/** What finds things without a search, as the records say that it has to be. */
function listsIn(state: Plain) {
  const { accounts, bots, roles, persons, delegations, exclusions } = state
  const held = Object.entries(roles).flatMap(([role, one]): Pairs => Object.keys(one.grants).map(who => [who, role]))
  return {
    accountsOf: listed(Object.entries(accounts).map(([id, one]) => ['bot' in one ? one.bot : one.person, id])),
    botsOf: listed(
      Object.entries(bots).flatMap(([bot, { controller }]): Pairs => (controller ? [[controller, bot]] : [])),
    ),
    rolesOf: listed(held),
    mergedInto: listed(
      Object.entries(persons).flatMap(([id, one]): Pairs => (one.is === undefined ? [] : [[rootOf(persons, id), id]])),
    ),
    delegatedTo: listed(Object.entries(delegations).map(([id, one]) => [one.to, id])),
    delegatedBy: listed(Object.entries(delegations).map(([id, one]) => [one.principal, id])),
    seniors: listed(
      Object.entries(roles).flatMap(([role, one]): Pairs => (one.inherits ?? []).map(junior => [junior, role])),
    ),
    exclusionsOf: listed(exclusions.flatMap((one): Pairs => one.roles.map(role => [role, JSON.stringify(one)]))),
    skeletons: Object.fromEntries(Object.keys(roles).map(role => [skeletonOf(role), role])),
  }
}

function listsOf(state: Governance) {
  const { accountsOf, botsOf, rolesOf, mergedInto, delegatedTo, delegatedBy, seniors, exclusionsOf, skeletons } =
    state[tables]
  return {
    accountsOf: sorted(accountsOf.record),
    botsOf: sorted(botsOf.record),
    rolesOf: sorted(rolesOf.record),
    mergedInto: sorted(mergedInto.record),
    delegatedTo: sorted(delegatedTo.record),
    delegatedBy: sorted(delegatedBy.record),
    seniors: sorted(seniors.record),
    exclusionsOf: sorted(
      Object.fromEntries(exclusionsOf.entries().map(([role, all]) => [role, all.map(one => JSON.stringify(one))])),
    ),
    skeletons: { ...skeletons.record },
  }
}

/** Folds events, and checks what holds of every state. */
function folded(before: Governance, events: readonly GovernanceEvent[], command: GovernanceCommand): Governance {
  const next = evolveGovernance(before, events, command)
  const plain = plainGovernance(next)
  expect(Object.entries(plain).filter(([, value]) => !isFrozenThroughout(value))).toEqual([])
  expect(listsOf(next)).toStrictEqual(listsIn(plain))
  return next
}

/** The events of a command that is accepted. */
function events(before: Governance, [account, command, at = day(1)]: Step): readonly GovernanceEvent[] {
  const outcome = decideGovernance(before, command, account, at)
  if ('refused' in outcome) throw new Error(`${outcome.refused.code}: ${JSON.stringify(outcome.refused.facts)}`)
  return outcome.accepted
}

const after = (before: Governance, ...steps: Step[]): Governance =>
  steps.reduce((state, step) => folded(state, events(state, step), step[1]), before)

/** One command, after which the records named are as they are given, and all others are as before. */
function expectAfter(before: Governance, step: Step, changed: Partial<Plain>): Governance {
  const then = structuredClone(plainGovernance(before))
  const said = events(before, step)
  const next = folded(before, said, step[1])
  expect(plainGovernance(next)).toStrictEqual({ ...then, entries: then.entries + said.length, ...changed })
  expect(plainGovernance(before)).toStrictEqual(then)
  return next
}

/** Events that no command decided, as a forged trail has them. */
function expectForged(before: Governance, event: GovernanceEvent, changed: Partial<Plain> = {}): void {
  const next = folded(before, [event], unlink('nothing'))
  expect(plainGovernance(next)).toStrictEqual({ ...plainGovernance(before), entries: before.entries + 1, ...changed })
}

const founded = after(noGovernance, ['ada', founding()])

/** Three administrators; Bob, Carol, Dan and Bobby; a robot of Bob and one of nobody; four roles. */
const here = after(
  founded,
  ['ada', register('bob', ['bob', 'bob-adm'])],
  ['ada', register('carol')],
  ['ada', register('dan')],
  ['ada', register('bobby')],
  ['ada', robot('ci', 'bob', ['ci', 'ci-2'])],
  ['ada', robot('stray')],
  ['ada', define('appr')],
  ['ada', define('tester')],
  ['ada', define('deployer')],
  ['ada', define('head', ['tester', 'appr', 'tester'])],
)
/** Carol has left. */
const withoutCarol = after(here, ['ada', departure('carol'), day(2)])
/** Nina, who was registered by a commitment, has left and is erased. */
const erased = after(
  here,
  ['ada', register('nina', ['nina'], commitment)],
  ['ada', departure('nina'), day(2)],
  ['ada', erase('nina'), day(3)],
)

const nobody = (name: string, near = '') => ({ what: 'person' as const, name, near })
const inactive = (name: string) => ({ what: 'active person' as const, name, near: '' })

interface Case {
  readonly what: string
  readonly before?: Governance
  readonly step: Step
}

const refusals: readonly (Case & { readonly refused: Refusal })[] = [
  {
    what: 'the founding of a trail that is founded',
    step: ['ada', founding()],
    refused: { code: 'name.taken', facts: { what: 'trail', name: 't.example/changes' } },
  },
  {
    what: 'one person as two administrators at the founding',
    before: noGovernance,
    step: ['ada', founding([administrator('ada'), administrator('ada', ['ada-adm'])])],
    refused: { code: 'name.taken', facts: { what: 'name', name: 'ada' } },
  },
  {
    what: 'one account of two administrators at the founding',
    before: noGovernance,
    step: ['ada', founding([administrator('ada'), administrator('otto', ['otto', 'ada'])])],
    refused: { code: 'name.taken', facts: { what: 'name', name: 'ada' } },
  },
  {
    what: 'a founder who is none of the administrators',
    before: noGovernance,
    step: ['otta', founding()],
    refused: { code: 'identity.unknown-account', facts: { account: 'otta', near: '; did you mean otto?' } },
  },
  {
    what: 'a person under the id of another person',
    step: ['ada', register('bob', ['robert'])],
    refused: { code: 'name.taken', facts: { what: 'person', name: 'bob' } },
  },
  {
    what: 'a person under the id of a robot',
    step: ['ada', register('ci', ['cilia'])],
    refused: { code: 'name.taken', facts: { what: 'person', name: 'ci' } },
  },
  {
    what: 'a person with an account that somebody has',
    step: ['ada', register('eve', ['eve', 'bob-adm'])],
    refused: { code: 'name.taken', facts: { what: 'account', name: 'bob-adm' } },
  },
  {
    what: 'a person with one account twice',
    step: ['ada', register('eve', ['eve', 'eva', 'eve'])],
    refused: { code: 'name.taken', facts: { what: 'account', name: 'eve' } },
  },
  {
    what: 'a robot under the id of a person',
    step: ['ada', robot('bob', 'carol', ['deploy'])],
    refused: { code: 'name.taken', facts: { what: 'bot', name: 'bob' } },
  },
  {
    what: 'a robot with an account that somebody has',
    step: ['ada', robot('deploy', 'carol', ['deploy', 'ci'])],
    refused: { code: 'name.taken', facts: { what: 'account', name: 'ci' } },
  },
  {
    what: 'a new robot of itself',
    step: ['ada', robot('deploy', 'deploy')],
    refused: { code: 'identity.own-controller', facts: { bot: 'deploy' } },
  },
  {
    what: 'a robot of somebody whom nobody knows',
    step: ['ada', robot('deploy', 'carl')],
    refused: { code: 'name.unknown', facts: nobody('carl', '; did you mean carol?') },
  },
  {
    what: 'a robot of somebody who has left',
    before: withoutCarol,
    step: ['ada', robot('deploy', 'carol')],
    refused: { code: 'name.unknown', facts: inactive('carol') },
  },
  {
    what: 'a robot as its own controller',
    step: ['ada', assign('ci', 'ci')],
    refused: { code: 'identity.own-controller', facts: { bot: 'ci' } },
  },
  {
    what: 'a controller for a robot that nobody knows',
    step: ['ada', assign('strai', 'bob')],
    refused: { code: 'name.unknown', facts: { what: 'bot', name: 'strai', near: '; did you mean stray?' } },
  },
  {
    what: 'a robot as the controller of another',
    step: ['ada', assign('stray', 'ci')],
    refused: { code: 'name.unknown', facts: nobody('ci') },
  },
  {
    what: 'Bob as the controller of the robot that is his',
    step: ['ada', assign('ci', 'bob')],
    refused: { code: 'nothing-to-do', facts: { person: 'bob', state: 'controller', bot: 'ci' } },
  },
  {
    what: 'Ada, who would take over a robot',
    step: ['ada', assign('stray', 'ada')],
    refused: { code: 'duty.second-person', facts: { person: 'ada', what: 'assignController' } },
  },
  {
    what: 'an account that somebody has as another one of theirs',
    step: ['ada', link('bob', 'carol')],
    refused: { code: 'name.taken', facts: { what: 'account', name: 'bob' } },
  },
  {
    what: 'an account for somebody whom nobody knows',
    step: ['ada', link('zoe', 'zoe')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'to take away an account that nobody has',
    step: ['ada', unlink('bob-ad')],
    refused: {
      code: 'name.unknown',
      facts: { what: 'account', name: 'bob-ad', near: '; did you mean bob-adm or bob?' },
    },
  },
  {
    what: 'that somebody whom nobody knows is Bob',
    step: ['ada', alias('zoe', 'bob')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'that Bob is somebody whom nobody knows',
    step: ['ada', alias('bob', 'zoe')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'what is known already of two ids',
    before: after(here, ['ada', alias('bobby', 'bob')]),
    step: ['ada', alias('bob', 'bobby')],
    refused: { code: 'nothing-to-do', facts: { person: 'bob', state: 'same person', is: 'bobby' } },
  },
  {
    what: 'Ada, who would record that she is Bob',
    step: ['ada', alias('ada', 'bob')],
    refused: { code: 'duty.second-person', facts: { person: 'ada', what: 'recordAlias' } },
  },
  {
    what: 'Ada, who would record that Bob is she',
    step: ['ada', alias('bob', 'ada')],
    refused: { code: 'duty.second-person', facts: { person: 'ada', what: 'recordAlias' } },
  },
  {
    what: 'the departure of somebody whom nobody knows',
    step: ['ada', departure('zoe')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'a second departure',
    before: withoutCarol,
    step: ['ada', departure('carol'), day(3)],
    refused: { code: 'nothing-to-do', facts: { person: 'carol', state: 'departed' } },
  },
  {
    what: 'to hear twice that Carol was compromised',
    before: after(here, ['ada', departure('carol', true), day(2)]),
    step: ['ada', departure('carol', true), day(3)],
    refused: { code: 'nothing-to-do', facts: { person: 'carol', state: 'departed' } },
  },
  {
    what: 'to hear that Carol, who was compromised, was not',
    before: after(here, ['ada', departure('carol', true), day(2)]),
    step: ['ada', departure('carol'), day(3)],
    refused: { code: 'nothing-to-do', facts: { person: 'carol', state: 'departed' } },
  },
  {
    what: 'the return of somebody whom nobody knows',
    step: ['ada', comesBack('zoe')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'the return of somebody who is here',
    step: ['ada', comesBack('carol')],
    refused: { code: 'nothing-to-do', facts: { person: 'carol', state: 'here' } },
  },
  {
    what: 'the return of Nina, who is erased',
    before: erased,
    step: ['ada', comesBack('nina'), day(4)],
    refused: { code: 'person.erased', facts: { person: 'nina' } },
  },
  {
    what: 'an account for Nina, who is erased',
    before: erased,
    step: ['ada', link('nina-2', 'nina'), day(4)],
    refused: { code: 'person.erased', facts: { person: 'nina' } },
  },
  {
    what: 'to erase somebody whom nobody knows',
    step: ['ada', erase('zoe')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'to erase Nina a second time',
    before: erased,
    step: ['ada', erase('nina'), day(4)],
    refused: { code: 'nothing-to-do', facts: { person: 'nina', state: 'erased' } },
  },
  {
    what: 'to erase somebody who is here',
    before: after(here, ['ada', register('nina', ['nina'], commitment)]),
    step: ['ada', erase('nina')],
    refused: { code: 'erasure.impossible', facts: { person: 'nina', problem: 'not left' } },
  },
  {
    what: 'to erase somebody whose name stands in clear',
    before: withoutCarol,
    step: ['ada', erase('carol'), day(3)],
    refused: {
      code: 'erasure.impossible',
      facts: {
        person: 'carol',
        problem: 'name in clear',
        name: 'carol',
      },
    },
  },
  {
    what: 'to erase somebody whose name stands in clear under an id that they gave up',
    before: after(
      here,
      ['ada', register('nina', ['nina'], commitment)],
      ['ada', alias('bobby', 'nina')],
      ['ada', departure('nina'), day(2)],
    ),
    step: ['ada', erase('nina'), day(3)],
    refused: {
      code: 'erasure.impossible',
      facts: {
        person: 'nina',
        problem: 'name in clear',
        name: 'bobby',
      },
    },
  },
  {
    what: 'groups for somebody whom nobody knows',
    step: ['ada', groups('zoe', 'red')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'groups for somebody who has left',
    before: withoutCarol,
    step: ['ada', groups('carol', 'red'), day(3)],
    refused: { code: 'name.unknown', facts: inactive('carol') },
  },
  {
    what: 'the groups that Bob has, in whatever order and however often',
    before: after(here, ['ada', groups('bob', 'blue', 'red')]),
    step: ['ada', groups('bob', 'red', 'blue', 'red')],
    refused: { code: 'nothing-to-do', facts: { person: 'bob', state: 'in these groups' } },
  },
  {
    what: 'to take Bob out of all groups who is in none',
    step: ['ada', groups('bob')],
    refused: { code: 'nothing-to-do', facts: { person: 'bob', state: 'in these groups' } },
  },
  {
    what: 'somebody whom nobody knows as an administrator',
    step: ['ada', appoint('zoe')],
    refused: { code: 'name.unknown', facts: nobody('zoe') },
  },
  {
    what: 'somebody who has left as an administrator',
    before: withoutCarol,
    step: ['ada', appoint('carol'), day(3)],
    refused: { code: 'name.unknown', facts: inactive('carol') },
  },
  {
    what: 'an administrator as one',
    step: ['ada', appoint('otto')],
    refused: { code: 'nothing-to-do', facts: { person: 'otto', state: 'administrator' } },
  },
  {
    what: 'Ada, who would agree to her own nomination of Bob',
    before: after(here, ['ada', appoint('bob')]),
    step: ['ada', appoint('bob')],
    refused: { code: 'duty.second-person', facts: { person: 'ada', what: 'appointAdministrator' } },
  },
]

const acceptances: readonly (Case & { readonly accepted: readonly GovernanceEvent[] })[] = [
  {
    what: 'a robot of nobody',
    step: ['ada', robot('deploy', undefined, ['deploy', 'deploy-2'])],
    accepted: [
      { type: 'bot.registered', bot: 'deploy' },
      { type: 'account.linked', account: 'deploy', bot: 'deploy' },
      { type: 'account.linked', account: 'deploy-2', bot: 'deploy' },
    ],
  },
  {
    what: 'a robot of Bobby, who is Bob, as one of Bob',
    before: after(here, ['ada', alias('bobby', 'bob')]),
    step: ['ada', robot('deploy', 'bobby')],
    accepted: [
      { type: 'bot.registered', bot: 'deploy', controller: 'bob' },
      { type: 'account.linked', account: 'deploy', bot: 'deploy' },
    ],
  },
  {
    what: 'an account for Carol, who has left',
    before: withoutCarol,
    step: ['ada', link('carola', 'carol'), day(3)],
    accepted: [{ type: 'account.linked', account: 'carola', person: 'carol' }],
  },
  {
    what: 'that Carol, who has left, was compromised',
    before: withoutCarol,
    step: ['ada', departure('carol', true), day(3)],
    accepted: [{ type: 'person.departed', person: 'carol', at: day(3), compromised: true }],
  },
  {
    what: 'as many groups, one of which Bob has, for others',
    before: after(here, ['ada', groups('bob', 'blue', 'red')]),
    step: ['ada', groups('bob', 'red', 'green')],
    accepted: [{ type: 'groups.assigned', person: 'bob', groups: ['green', 'red'] }],
  },
  {
    what: 'fewer groups, all of which Bob has, for others',
    before: after(here, ['ada', groups('bob', 'blue', 'red')]),
    step: ['ada', groups('bob', 'red')],
    accepted: [{ type: 'groups.assigned', person: 'bob', groups: ['red'] }],
  },
  {
    what: 'that Bobby is Bob, with the roles that exclude one another and are now in one person',
    before: after(
      here,
      ['ada', exclude('tester', 'appr')],
      ['ada', grant('appr', 'bob')],
      ['ada', grant('tester', 'bobby')],
    ),
    step: ['ada', alias('bobby', 'bob'), day(2)],
    accepted: [
      { type: 'alias.recorded', person: 'bobby', is: 'bob', at: day(2) },
      { type: 'exclusion.violated', person: 'bob', roles: ['appr', 'tester'] },
    ],
  },
  {
    what: 'the nomination by one administrator and the appointment by another',
    before: after(here, ['ada', appoint('bob')]),
    step: ['otto', appoint('bob')],
    accepted: [{ type: 'administrator.appointed', person: 'bob' }],
  },
]

describe('commands about people', () => {
  it.each(refusals)('refuses $what', ({ before = here, step: [account, command, at = day(1)], refused }) => {
    expect(decideGovernance(before, command, account, at)).toStrictEqual({ refused })
  })

  it.each(acceptances)('accepts $what', ({ before = here, step: [account, command, at = day(1)], accepted }) => {
    expect(decideGovernance(before, command, account, at)).toStrictEqual({ accepted })
  })
})

describe('the founding', () => {
  it('names the trail, its key, and the administrators with their accounts', () => {
    const administrators = [administrator('ada', ['ada', 'ada-adm']), administrator('otto', ['otto'], commitment)]
    const command = founding(administrators, 't.example/changes+key')
    expect(events(noGovernance, ['otto', command])).toStrictEqual([
      { type: 'trail.founded', origin: 't.example/changes', key: 't.example/changes+key' },
      { type: 'person.registered', person: 'ada', name: 'ada' },
      { type: 'account.linked', account: 'ada', person: 'ada' },
      { type: 'account.linked', account: 'ada-adm', person: 'ada' },
      { type: 'administrator.appointed', person: 'ada' },
      { type: 'person.registered', person: 'otto', name: commitment },
      { type: 'account.linked', account: 'otto', person: 'otto' },
      { type: 'administrator.appointed', person: 'otto' },
    ])
    expectAfter(noGovernance, ['otto', command], {
      origin: 't.example/changes',
      key: 't.example/changes+key',
      keys: ['t.example/changes+key'],
      administrators: ['ada', 'otto'],
      persons: { ada: { name: 'ada' }, otto: { name: commitment } },
      accounts: { ada: { person: 'ada' }, 'ada-adm': { person: 'ada' }, otto: { person: 'otto' } },
    })
  })

  it('names no key where the trail has none', () => {
    expect(events(noGovernance, ['ada', founding()])[0]).toStrictEqual({
      type: 'trail.founded',
      origin: 't.example/changes',
    })
    expect(Object.keys(plainGovernance(founded))).not.toContain('key')
  })
})

describe('people and robots', () => {
  it('knows who answers for a robot, and that nobody does for another', () => {
    expect(here.bots).toStrictEqual({ ci: { controller: 'bob' }, stray: {} })
    expect(here.accounts).toMatchObject({ ci: { bot: 'ci' }, 'ci-2': { bot: 'ci' }, stray: { bot: 'stray' } })
  })

  it('loses an account of several, and another one of a robot', () => {
    const { 'bob-adm': _, ...accounts } = here.accounts
    const next = expectAfter(here, ['ada', unlink('bob-adm')], { accounts })
    const { ci: __, ...others } = accounts
    expectAfter(next, ['ada', unlink('ci')], { accounts: others })
  })

  it('gives a robot from one person to another and on to a third, and the first keeps the other ones', () => {
    const before = after(here, ['ada', robot('deploy', 'bob')])
    const second = expectAfter(before, ['ada', assign('ci', 'carol')], {
      bots: { ...before.bots, ci: { controller: 'carol' } },
    })
    expectAfter(second, ['ada', assign('ci', 'dan')], { bots: { ...second.bots, ci: { controller: 'dan' } } })
  })

  it('keeps who took a robot over when nobody answered for it, whatever becomes of it', () => {
    const tookOver = [{ person: 'carol', at: day(2), nth: here.entries + 1 }]
    const taken = expectAfter(here, ['ada', assign('stray', 'carol'), day(2)], {
      bots: { ...here.bots, stray: { controller: 'carol', tookOver } },
    })
    const alone = { formerly: 'carol', since: day(3), left: here.entries + 2 }
    const back = after(taken, ['ada', departure('carol'), day(3)], ['ada', comesBack('carol'), day(4)])
    expect(back.bots).toStrictEqual({ ...here.bots, stray: { tookOver, ...alone } })
    expectAfter(back, ['ada', assign('stray', 'dan'), day(5)], {
      bots: {
        ...here.bots,
        stray: {
          controller: 'dan',
          tookOver: [...tookOver, { person: 'dan', at: day(5), nth: here.entries + 4, ...alone }],
        },
      },
    })
  })

  it('takes a person back without anything but their id, their groups, and that they had left', () => {
    const before = after(here, ['ada', groups('carol', 'red')], ['ada', departure('carol'), day(2)])
    expectAfter(before, ['ada', comesBack('carol'), day(3)], {
      persons: { ...before.persons, carol: { name: 'carol', groups: ['red'], left: day(2) } },
    })
  })

  it('erases a person under every id that they had', () => {
    const before = after(
      here,
      ['ada', register('nina', ['nina'], commitment)],
      ['ada', register('nora', ['nora'], commitment)],
      ['ada', alias('nora', 'nina'), day(2)],
      ['ada', departure('nina'), day(3)],
    )
    const { nina, nora } = before.persons
    expect([nina, nora]).toStrictEqual([
      { name: commitment, departed: { at: day(3), compromised: false }, left: day(3) },
      { name: commitment, is: { person: 'nina', at: day(2) } },
    ])
    expectAfter(before, ['ada', erase('nora'), day(4)], {
      persons: {
        ...before.persons,
        nina: { name: commitment, departed: { at: day(3), compromised: false }, left: day(3), erased: day(4) },
        nora: { name: commitment, is: { person: 'nina', at: day(2) }, erased: day(4) },
      } as Plain['persons'],
    })
  })

  it('replaces the groups of a person, and of nobody else', () => {
    const before = after(here, ['ada', groups('carol', 'red')])
    expectAfter(before, ['ada', groups('bob', 'red', 'blue')], {
      persons: { ...before.persons, bob: { name: 'bob', groups: ['blue', 'red'] } },
    })
  })
})

describe('roles and absences', () => {
  it('keeps what a role is and which roles it inherits, each once and in their order', () => {
    expect(here.roles).toStrictEqual({
      appr: { description: 'holds appr', grants: {} },
      tester: { description: 'holds tester', grants: {} },
      deployer: { description: 'holds deployer', grants: {} },
      head: { description: 'holds head', inherits: ['appr', 'tester'], grants: {} },
    })
  })

  it('keeps one grant after another, with who gave it, when, and the how many-th event it was', () => {
    const nth = here.entries + 1
    const first = { by: 'ada', at: day(1), nth, team: 't', from: day(1) }
    const before = expectAfter(here, ['ada', grant('appr', 'bob')], {
      roles: { ...here.roles, appr: { description: 'holds appr', grants: { bob: [first] } } },
    })
    const second = { by: 'otto', at: day(2), nth: nth + 1, team: 'u', from: day(3), until: day(4) }
    expectAfter(before, ['otto', grant('appr', 'bob', day(3), day(4), 'u'), day(2)], {
      roles: { ...here.roles, appr: { description: 'holds appr', grants: { bob: [first, second] } } },
    })
  })

  const given = (team: string, from: string, until?: string) => ({
    by: 'ada',
    at: day(1),
    nth: 0,
    team,
    from,
    ...(until === undefined ? {} : { until }),
  })

  it.each([
    { what: 'ends one that is open', one: given('t', day(2)), left: [given('t', day(2), day(10))], ends: true },
    {
      what: 'ends one that would last longer',
      one: given('t', day(2), day(11)),
      left: [given('t', day(2), day(10))],
      ends: true,
    },
    { what: 'leaves one that is over', one: given('t', day(2), day(9)), left: [given('t', day(2), day(9))] },
    { what: 'leaves one that ends now', one: given('t', day(2), day(10)), left: [given('t', day(2), day(10))] },
    { what: 'leaves one in another team', one: given('u', day(2)), left: [given('u', day(2))] },
    { what: 'leaves one in every team', one: given('*', day(2)), left: [given('*', day(2))] },
    // Somebody may have acted by it in this instant, before.
    { what: 'ends one that begins now', one: given('t', day(10)), left: [given('t', day(10), day(10))], ends: true },
    { what: 'takes back one that is to begin', one: given('t', day(11), day(12)), left: [] },
    { what: 'leaves one that is to begin in another team', one: given('u', day(11)), left: [given('u', day(11))] },
  ])(
    'of the grants of a role in a team that is revoked, $what',
    ({ one: { team, from, until }, left, ends = false }) => {
      const before = after(
        here,
        ['ada', grant('appr', 'carol')],
        // One in force, so that there is something to revoke.
        ['ada', grant('appr', 'bob', day(1))],
        ['ada', grant('appr', 'bob', from, until, team)],
      )
      const [first, second] = before.roles.appr?.grants.bob ?? []
      expect(second).toMatchObject({ team, from })
      const ended = before.entries + 1
      const rest = { nth: second?.nth ?? 0, ...(ends ? { ended } : {}) }
      expectAfter(before, ['ada', revoke('appr', 'bob'), day(10)], {
        roles: {
          ...before.roles,
          appr: {
            description: 'holds appr',
            grants: {
              carol: before.roles.appr?.grants.carol ?? [],
              bob: [{ ...first, until: day(10), ended }, ...left.map(one => ({ ...one, ...rest }))],
            },
          },
        } as Plain['roles'],
      })
    },
  )

  it('keeps an exclusion with its reason, and reports who violates it without any other trace', () => {
    const before = after(here, ['ada', grant('appr', 'bob')], ['ada', grant('tester', 'bobby')])
    const excluded = expectAfter(before, ['ada', exclude('tester', 'appr')], {
      exclusions: [{ roles: ['appr', 'tester'], team: '*', because: 'nobody does both' }],
    })
    const { bobby: _, ...testers } = excluded.roles.tester?.grants ?? {}
    expectAfter(excluded, ['ada', alias('bobby', 'bob'), day(2)], {
      persons: { ...excluded.persons, bobby: { name: 'bobby', is: { person: 'bob', at: day(2) } } },
      accounts: { ...excluded.accounts, bobby: { person: 'bob' } },
      roles: {
        ...excluded.roles,
        tester: {
          description: 'holds tester',
          grants: { ...testers, bob: excluded.roles.tester?.grants.bobby ?? [] },
        },
      },
    })
  })

  it('cancels the absence that is named, and neither one of the same beginning nor one of the same end', () => {
    const [first, second, third] = [
      { from: day(3), until: day(5) },
      { from: day(3), until: day(6) },
      { from: day(4), until: day(5) },
    ] as const
    const before = after(
      here,
      ['bob', absence('bob', first.from, first.until)],
      ['bob', absence('bob', second.from, second.until)],
      ['bob', absence('bob', third.from, third.until)],
      ['carol', absence('carol', first.from, first.until)],
    )
    expect(before.absences).toStrictEqual({ bob: [first, second, third], carol: [first] })
    const next = expectAfter(before, ['bob', absence('bob', first.from, first.until, 'cancelAbsence')], {
      absences: { bob: [second, third], carol: [first] },
    })
    expectAfter(next, ['carol', absence('carol', first.from, first.until, 'cancelAbsence')], {
      absences: { bob: [second, third] },
    })
  })
})

describe('a departure', () => {
  it('ends roles and delegations, takes back what was to come, and leaves what others have', () => {
    const before = after(
      here,
      ['ada', grant('appr', 'bob')],
      ['ada', grant('tester', 'bob', day(5))],
      ['ada', grant('appr', 'carol')],
      ['bob', delegation('by-bob', 'bob', 'carol')],
      ['dan', delegation('to-bob', 'dan', 'bob')],
      ['dan', delegation('to-carol', 'dan', 'carol')],
      ['bob', absence('bob', day(2), day(9))],
      ['bob', absence('bob', day(3), day(9))],
      ['bob', absence('bob', day(4), day(9))],
    )
    const { roles, delegations } = before
    const ended = (id: string) => ({ ...delegations[id], revokedAt: day(3) })
    expectAfter(before, ['ada', departure('bob', true), day(3)], {
      persons: {
        ...before.persons,
        bob: { name: 'bob', departed: { at: day(3), compromised: true }, left: day(3) },
      },
      compromised: { bob: day(3) },
      roles: {
        ...roles,
        appr: {
          description: 'holds appr',
          grants: {
            ...roles.appr?.grants,
            bob: [{ ...roles.appr?.grants.bob?.[0], until: day(3), ended: before.entries + 1 }],
          },
        },
        tester: { description: 'holds tester', grants: { bob: [] } },
      } as Plain['roles'],
      delegations: { ...delegations, 'by-bob': ended('by-bob'), 'to-bob': ended('to-bob') } as Plain['delegations'],
      absences: {
        bob: [
          { from: day(2), until: day(9) },
          { from: day(3), until: day(9) },
        ],
      },
    })
  })

  it('leaves the end of a delegation that was revoked before', () => {
    const before = after(
      here,
      ['bob', delegation('by-bob', 'bob', 'carol')],
      ['bob', { type: 'revokeDelegation', delegation: 'by-bob' }, day(2)],
    )
    expect(before.delegations['by-bob']).toStrictEqual({
      by: 'bob',
      principal: 'bob',
      to: 'carol',
      from: day(2),
      until: day(20),
      scope: { roles: ['appr'] },
      revokedAt: day(2),
    })
    expect(after(before, ['ada', departure('bob'), day(3)]).delegations).toStrictEqual(before.delegations)
  })

  it('leaves the day of a departure as it was when it is learned that the person was compromised', () => {
    expectAfter(withoutCarol, ['ada', departure('carol', true), day(5)], {
      persons: {
        ...withoutCarol.persons,
        carol: { name: 'carol', departed: { at: day(2), compromised: true }, left: day(5) },
      },
      compromised: { carol: day(5) },
    })
  })

  it('ends the nominations of a person and by a person, and no others', () => {
    const before = after(here, ['ada', appoint('bob')], ['otto', appoint('carol')], ['otto', appoint('dan')])
    expect(before.nominated).toStrictEqual({ bob: 'ada', carol: 'otto', dan: 'otto' })
    const next = after(before, ['ada', departure('carol'), day(2)])
    expect(next.nominated).toStrictEqual({ bob: 'ada', dan: 'otto' })
    const last = after(next, ['ada', departure('otto'), day(2)])
    expect(last.nominated).toStrictEqual({ bob: 'ada' })
    expect(last.administrators).toStrictEqual(['ada', 'uma'])
  })
})

describe('two ids that are one person', () => {
  it('has under one id what was under either', () => {
    const before = after(
      here,
      ['ada', link('bobby-2', 'bobby')],
      ['ada', robot('deploy', 'bobby')],
      ['ada', groups('bob', 'red', 'green')],
      ['ada', groups('bobby', 'red', 'blue')],
      ['ada', grant('appr', 'bob')],
      ['ada', grant('appr', 'bobby')],
      ['ada', grant('tester', 'bobby')],
      ['bobby', absence('bobby', day(2), day(3))],
      ['bob', absence('bob', day(4), day(5))],
      ['bobby', delegation('by-bobby', 'bobby', 'carol')],
      ['dan', delegation('to-bobby', 'dan', 'bobby')],
      ['bobby', delegation('to-bob', 'bobby', 'bob')],
      ['carol', delegation('to-uma', 'carol', 'uma')],
    )
    const { roles, delegations } = before
    const [bobs, bobbys] = [roles.appr?.grants.bob ?? [], roles.appr?.grants.bobby ?? []]
    expectAfter(before, ['ada', alias('bobby', 'bob'), day(2)], {
      persons: {
        ...before.persons,
        bob: { name: 'bob', groups: ['blue', 'green', 'red'] },
        bobby: { name: 'bobby', is: { person: 'bob', at: day(2) } },
      },
      accounts: { ...before.accounts, bobby: { person: 'bob' }, 'bobby-2': { person: 'bob' } },
      bots: { ...before.bots, deploy: { controller: 'bob' } },
      roles: {
        ...roles,
        appr: { description: 'holds appr', grants: { bob: [...bobs, ...bobbys] } },
        tester: { description: 'holds tester', grants: { bob: roles.tester?.grants.bobby ?? [] } },
      },
      absences: {
        bob: [
          { from: day(4), until: day(5) },
          { from: day(2), until: day(3) },
        ],
      },
      delegations: {
        ...delegations,
        'by-bobby': { ...delegations['by-bobby'], by: 'bob', principal: 'bob' },
        'to-bobby': { ...delegations['to-bobby'], to: 'bob' },
        'to-bob': { ...delegations['to-bob'], by: 'bob', principal: 'bob', revokedAt: day(2) },
      } as Plain['delegations'],
      delegatedTo: { bob: ['to-bob', 'to-bobby'], carol: ['by-bobby'], uma: ['to-uma'] },
    })
  })

  it('has nothing of an id that had neither account nor robot nor group nor role', () => {
    const before = after(here, ['ada', unlink('bobby')])
    expectAfter(before, ['ada', alias('bobby', 'dan'), day(2)], {
      persons: { ...before.persons, bobby: { name: 'bobby', is: { person: 'dan', at: day(2) } } },
    })
  })

  it.each([
    { what: 'given up', person: 'bobby', is: 'bob' },
    { what: 'kept', person: 'bob', is: 'bobby' },
  ])('has the groups of one id where the other one, which is $what, has none', ({ person, is }) => {
    const before = after(here, ['ada', groups('bob', 'red')])
    const { persons } = after(before, ['ada', alias(person, is), day(2)])
    expect(persons[is]).toStrictEqual({ name: is, groups: ['red'] })
    expect(persons[person]).toStrictEqual({ name: person, is: { person: is, at: day(2) } })
  })

  it('leads from every id that was given up on the way to the one that is left', () => {
    const before = after(here, ['ada', alias('bobby', 'bob'), day(2)], ['ada', alias('dan', 'carol'), day(3)])
    const next = after(before, ['ada', alias('bob', 'carol'), day(4)])
    expect(next[tables].mergedInto.record).toStrictEqual({ carol: ['dan', 'bob', 'bobby'] })
    expect(next.accounts).toMatchObject({ bobby: { person: 'carol' }, bob: { person: 'carol' } })
  })

  it('leaves the robot of an id that had left with nobody to answer for it', () => {
    const before = after(here, ['ada', departure('bob'), day(2)])
    const { bob: _, 'bob-adm': __, ...accounts } = before.accounts
    expectAfter(before, ['ada', alias('bob', 'bobby'), day(3)], {
      persons: {
        ...before.persons,
        bob: { name: 'bob', left: day(2), is: { person: 'bobby', at: day(3) } },
        bobby: { name: 'bobby' },
      },
      accounts,
      bots: { ...before.bots, ci: { formerly: 'bob', since: day(2), left: here.entries + 1 } },
    })
  })

  const left = (n: number, compromised: boolean) => ({ at: day(n), compromised })

  it.each([
    { what: 'the id that is given up before', bobby: left(2, false), bob: left(3, false), departed: left(3, false) },
    { what: 'the id that is kept before', bobby: left(3, false), bob: left(2, false), departed: left(3, false) },
    {
      what: 'the id that is given up as compromised',
      bobby: left(2, true),
      bob: left(3, false),
      departed: left(3, true),
    },
    { what: 'the id that is kept as compromised', bobby: left(3, false), bob: left(2, true), departed: left(3, true) },
    { what: 'both as compromised', bobby: left(2, true), bob: left(3, true), departed: left(3, true) },
  ])('has left when both ids have, $what', ({ bobby, bob, departed }) => {
    const before = after(
      here,
      ['ada', departure('bobby', bobby.compromised), bobby.at],
      ['ada', departure('bob', bob.compromised), bob.at],
    )
    const compromised = [bobby, bob].filter(one => one.compromised).map(one => one.at)
    const since = compromised.toSorted().at(-1)
    const { bob: _, 'bob-adm': __, bobby: ___, ...accounts } = before.accounts
    expectAfter(before, ['ada', alias('bobby', 'bob'), day(5)], {
      persons: {
        ...before.persons,
        bobby: { name: 'bobby', left: bobby.at, is: { person: 'bob', at: day(5) } },
        bob: { name: 'bob', departed, left: departed.at },
      },
      compromised: since === undefined ? {} : { bob: since, bobby: since },
      accounts,
      bots: { ...before.bots, ci: { formerly: 'bob', since: bob.at, left: here.entries + 2 } },
    })
  })

  it.each([
    {
      what: 'goes on being nominated',
      nominated: ['ada', 'bobby'],
      person: 'bobby',
      is: 'bob',
      nominees: { bob: 'ada' },
    },
    {
      what: 'is nominated by who is the same',
      nominated: ['ada', 'bobby'],
      person: 'ada',
      is: 'carol',
      nominees: { bobby: 'carol' },
    },
    { what: 'nominates nobody but others', nominated: ['ada', 'bobby'], person: 'bobby', is: 'ada', nominees: {} },
    {
      what: 'nominates nobody but others, the other way',
      nominated: ['ada', 'bobby'],
      person: 'ada',
      is: 'bobby',
      nominees: {},
    },
    {
      what: 'is an administrator and nominated no more',
      nominated: ['ada', 'bobby'],
      person: 'bobby',
      is: 'uma',
      nominees: {},
    },
    {
      what: 'is neither nominated nor nominates',
      nominated: ['ada', 'bobby'],
      person: 'dan',
      is: 'carol',
      nominees: { bobby: 'ada' },
    },
  ])('$what, where two ids are one', ({ nominated: [by = '', whom = ''], person, is, nominees }) => {
    const before = after(here, [by, appoint(whom)])
    const next = after(before, ['otto', alias(person, is), day(2)])
    expect(next.nominated).toStrictEqual(nominees)
  })

  it('leaves the nominations of others beside its own', () => {
    const before = after(here, ['ada', appoint('bobby')], ['uma', appoint('dan')], ['ada', appoint('carol')])
    const next = after(before, ['otto', alias('bobby', 'bob'), day(2)])
    expect(next.nominated).toStrictEqual({ bob: 'ada', carol: 'ada', dan: 'uma' })
    const last = after(next, ['otto', alias('ada', 'bobby'), day(3)])
    expect(last.nominated).toStrictEqual({ carol: 'bob', dan: 'uma' })
    expect(last.administrators).toStrictEqual(['bob', 'otto', 'uma'])
  })
})

describe('documents', () => {
  const baseline = controls('baseline', {
    'CM-1': approvedBeforeRelease().because('nothing unapproved reaches production'),
  })
  const ours = policy(
    't',
    { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
    {
      normal: category({
        form: z.object({ system: z.enum(['ledger', 'billing']) }),
        flow: [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })],
      }),
    },
  )
  const [controlsId, policyId] = [controlsDigest(baseline), policyDigest(ours)]

  it('keeps what was proposed, by whom, and who has adopted it when', () => {
    const proposed = expectAfter(here, ['bob', { type: 'proposeControls', controls: structuredClone(baseline) }], {
      controls: { [controlsId]: { document: baseline, proposedBy: 'bob' } },
    })
    const adopted = expectAfter(proposed, ['ada', { type: 'adoptControls', digest: controlsId }, day(2)], {
      controls: { [controlsId]: { document: baseline, proposedBy: 'bob', adopted: { by: 'ada', at: day(2) } } },
      controlsInForce: controlsId,
    })
    const next = expectAfter(adopted, ['bob', { type: 'proposePolicy', policy: structuredClone(ours) }, day(3)], {
      policies: { [policyId]: { document: ours, proposedBy: 'bob' } },
    })
    expectAfter(next, ['ada', { type: 'adoptPolicy', digest: policyId }, day(4)], {
      policies: { [policyId]: { document: ours, proposedBy: 'bob', adopted: { by: 'ada', at: day(4) } } },
      policyInForce: { t: policyId },
    })
  })

  it('keeps the versions of a template, and what becomes of each', () => {
    const of = (version: number): Template => ({
      format: 'countersign/template/v1',
      team: 't',
      name: 'restart',
      version,
      category: 'standard',
      description: 'restarts the ledger',
      fixed: { system: 'ledger' },
      editable: ['title'],
    })
    const digest = (version: number) => String(version).repeat(64)
    const named = (version: number) => ({ team: 't', name: 'restart', version })
    const propose = (state: Governance, version: number) =>
      folded(state, [{ type: 'template.proposed', ...named(version), digest: digest(version), by: 'bob' }], {
        type: 'proposeTemplate',
        template: of(version),
      })
    const start = propose(propose(here, 1), 2)
    const nth = here.entries + 1
    const one = { version: 1, digest: digest(1), document: of(1), proposedBy: 'bob', nth, approvals: [] }
    const two = { version: 2, digest: digest(2), document: of(2), proposedBy: 'bob', nth: nth + 1, approvals: [] }
    expect(start.templates).toStrictEqual({ 't/restart': [one, two] })
    const approved = folded(
      start,
      [{ type: 'template.approved', ...named(2), person: 'carol', roles: ['appr'], at: day(2) }],
      { type: 'approveTemplate', ...named(2) },
    )
    const approvals = [{ person: 'carol', roles: ['appr'], at: day(2), nth: nth + 2 }]
    expect(approved.templates).toStrictEqual({ 't/restart': [one, { ...two, approvals }] })
    const revoked = folded(approved, [{ type: 'template.revoked', ...named(1), by: 'ada', at: day(3) }], {
      type: 'revokeTemplate',
      ...named(1),
      comment: 'not any more',
    })
    expect(revoked.templates).toStrictEqual({
      't/restart': [
        { ...one, revoked: { by: 'ada', at: day(3) } },
        { ...two, approvals },
      ],
    })
  })
})

describe('what a forged trail says of who was never there', () => {
  const digest = 'd'.repeat(64)
  const version = { team: 't', name: 'nothing', version: 1 }
  const without: readonly { readonly what: string; readonly event: GovernanceEvent }[] = [
    { what: 'an alias of nobody', event: { type: 'alias.recorded', person: 'zoe', is: 'bob', at: day(2) } },
    { what: 'an alias for nobody', event: { type: 'alias.recorded', person: 'bob', is: 'zoe', at: day(2) } },
    { what: 'an alias of nobody for nobody', event: { type: 'alias.recorded', person: 'zoe', is: 'zed', at: day(2) } },
    { what: 'an account of nobody', event: { type: 'account.linked', account: 'zoe' } },
    { what: 'the loss of an account that is not there', event: { type: 'account.unlinked', account: 'zoe' } },
    {
      what: 'the departure of nobody',
      event: { type: 'person.departed', person: 'zoe', at: day(2), compromised: false },
    },
    { what: 'the erasure of nobody', event: { type: 'person.erased', person: 'zoe', at: day(2) } },
    { what: 'groups of nobody', event: { type: 'groups.assigned', person: 'zoe', groups: ['red'] } },
    {
      what: 'the grant of a role that is not defined',
      event: { type: 'role.granted', by: 'ada', role: 'none', to: 'bob', team: 't', at: day(2), from: day(2) },
    },
    {
      what: 'the revocation of a role that is not defined',
      event: { type: 'role.revoked', role: 'none', from: 'bob', team: 't', at: day(2) },
    },
    {
      what: 'the revocation of a role that nobody was given',
      event: { type: 'role.revoked', role: 'tester', from: 'bob', team: 't', at: day(2) },
    },
    {
      what: 'the revocation of a role that somebody else was given',
      event: { type: 'role.revoked', role: 'appr', from: 'bob', team: 't', at: day(2) },
    },
    {
      what: 'the cancellation of an absence that is not there',
      event: { type: 'absence.cancelled', person: 'bob', from: day(2), until: day(3) },
    },
    {
      what: 'the revocation of a delegation that is not there',
      event: { type: 'delegation.revoked', delegation: 'none', at: day(2) },
    },
    { what: 'a proposal of controls without them', event: { type: 'controls.proposed', digest, by: 'bob' } },
    { what: 'a proposal of a policy without it', event: { type: 'policy.proposed', digest, by: 'bob' } },
    {
      what: 'a proposal of a template without it',
      event: { type: 'template.proposed', ...version, digest, by: 'bob' },
    },
  ]

  it.each(without)('leaves no trace of $what', ({ event }) => {
    expectForged(after(here, ['ada', grant('appr', 'carol')]), event)
  })

  it('leaves no document of an adoption without a proposal', () => {
    expectForged(here, { type: 'controls.adopted', digest, by: 'ada', at: day(2) }, { controlsInForce: digest })
    const team = { team: 't', digest, by: 'ada', at: day(2) }
    expectForged(here, { type: 'policy.adopted', ...team }, { policyInForce: { t: digest } })
  })

  it('leaves no version of a template that was approved and not proposed', () => {
    const event = { ...version, person: 'bob', roles: ['appr'], at: day(2) }
    expectForged(here, { type: 'template.approved', ...event }, { templates: { 't/nothing': [] } })
  })

  it('leaves no nomination by the nominated, once two ids are one, where no administrator had nominated', () => {
    const nominated = folded(here, [{ type: 'administrator.nominated', person: 'bobby', by: 'bob' }], appoint('bobby'))
    expect(nominated.nominated).toStrictEqual({ bobby: 'bob' })
    expect(after(nominated, ['ada', alias('bobby', 'bob')]).nominated).toStrictEqual({})
    expect(after(nominated, ['ada', alias('bob', 'bobby')]).nominated).toStrictEqual({})
  })

  it('leaves who returned, and was never here, without a name', () => {
    const persons = { ...here.persons, zoe: { name: '' } }
    expectForged(here, { type: 'person.returned', person: 'zoe', at: day(2) }, { persons })
  })
})

describe('two ids of one person', () => {
  const left = [
    ['ada', departure('bob'), day(2)],
    ['ada', departure('carol'), day(3)],
  ] as const satisfies readonly Step[]

  it.each<[string, readonly Step[], string, string]>([
    [
      'both have come back',
      [
        ['ada', comesBack('bob'), day(4)],
        ['ada', comesBack('carol'), day(4)],
      ],
      'bob',
      'carol',
    ],
    [
      'both have come back, the other way round',
      [
        ['ada', comesBack('bob'), day(4)],
        ['ada', comesBack('carol'), day(4)],
      ],
      'carol',
      'bob',
    ],
    ['the one has come back', [['ada', comesBack('bob'), day(4)]], 'bob', 'carol'],
    ['the one has come back, the other way round', [['ada', comesBack('bob'), day(4)]], 'carol', 'bob'],
    ['neither has come back', [], 'bob', 'carol'],
  ])('have left when the later of them did, where each has, and %s', (_, back, person, is) => {
    const state = after(here, ...left, ...back, ['ada', alias(person, is), day(5)])
    expect(plainGovernance(state).persons[is]?.left).toBe(day(3))
  })

  it('have not left where one of them never has', () => {
    const state = after(here, left[0], ['ada', comesBack('bob'), day(4)], ['ada', alias('bob', 'carol'), day(5)])
    expect(plainGovernance(state).persons.carol?.left).toBeUndefined()
  })

  it('are nominated for nothing that one of them is already', () => {
    const nominated = after(here, ['otto', appoint('bob'), day(2)])
    expect(plainGovernance(nominated).nominated).toEqual({ bob: 'otto' })
    const state = after(nominated, ['otto', alias('ada', 'bob'), day(3)])
    expect(plainGovernance(state)).toMatchObject({ administrators: ['bob', 'otto', 'uma'], nominated: {} })
  })

  it('are not erased where one of them is here', () => {
    const state = after(erased, ['ada', alias('carol', 'nina'), day(9)])
    expect(plainGovernance(state).persons.nina).not.toHaveProperty('erased')
  })

  it('are looked for to an end, where a record says that they go in a circle', () => {
    const told = (person: string, is: string): GovernanceEvent => ({ type: 'alias.recorded', person, is, at: day(2) })
    const state = evolveGovernance(here, [told('bob', 'carol'), told('carol', 'bob')], alias('bob', 'carol'))
    expect(['bob', 'carol']).toContain(personOf(state, 'bob'))
  })
})
