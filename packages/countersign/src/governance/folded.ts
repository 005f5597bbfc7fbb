import type { Digest } from '../values/digest.ts'
import { Table } from '../values/table.ts'
import { type Exclusion, type Governance, type KeyProposal, type Role, type Tables, tables } from './governance.ts'

/** The state that these tables are. A record is made of a table when somebody asks for it. */
class Folded implements Governance {
  readonly [tables]: Tables
  readonly entries: number
  readonly origin: string
  readonly key?: string
  readonly keys: readonly string[]
  readonly keyProposed?: KeyProposal
  readonly administrators: readonly string[]
  readonly exclusions: readonly Exclusion[]
  readonly controlsInForce?: Digest
  #roles: Readonly<Record<string, Role>> | undefined

  constructor(of: Tables) {
    this[tables] = of
    this.entries = of.entries
    this.origin = of.origin
    if (of.key !== undefined) this.key = of.key
    this.keys = of.keys
    if (of.keyProposed !== undefined) this.keyProposed = of.keyProposed
    this.administrators = of.administrators
    this.exclusions = of.exclusions
    if (of.controlsInForce !== undefined) this.controlsInForce = of.controlsInForce
  }

  get nominated() {
    return this[tables].nominated.record
  }
  get persons() {
    return this[tables].persons.record
  }
  get compromised() {
    return this[tables].compromised.record
  }
  get bots() {
    return this[tables].bots.record
  }
  get accounts() {
    return this[tables].accounts.record
  }
  get roles() {
    this.#roles ??= rolesIn(this[tables])
    return this.#roles
  }
  get absences() {
    return this[tables].absences.record
  }
  get delegations() {
    return this[tables].delegations.record
  }
  get freezes() {
    return this[tables].freezes.record
  }
  get windows() {
    return this[tables].windows.record
  }
  get priorities() {
    return this[tables].priorities.record
  }
  get delegatedTo() {
    return this[tables].delegatedTo.record
  }
  get controls() {
    return this[tables].controls.record
  }
  get policies() {
    return this[tables].policies.record
  }
  get policyInForce() {
    return this[tables].policyInForce.record
  }
  get templates() {
    return this[tables].templates.record
  }
}

/** People and rules, as records that are made of the tables when somebody asks for them. */
export const governanceOf = (of: Tables): Governance => new Folded(of)

const rolesIn = ({ roles, grants }: Tables): Readonly<Record<string, Role>> =>
  Object.freeze(
    Object.fromEntries(
      roles
        .entries()
        .map(([role, definition]) => [role, Object.freeze({ ...definition, grants: grants.get(role)?.record ?? {} })]),
    ),
  )

/** The same as plain data, such as a snapshot has. */
export const plainGovernance = (governance: Governance): Omit<Governance, typeof tables> => ({
  entries: governance.entries,
  origin: governance.origin,
  ...(governance.key === undefined ? {} : { key: governance.key }),
  keys: governance.keys,
  ...(governance.keyProposed === undefined ? {} : { keyProposed: governance.keyProposed }),
  administrators: governance.administrators,
  nominated: governance.nominated,
  persons: governance.persons,
  compromised: governance.compromised,
  bots: governance.bots,
  accounts: governance.accounts,
  roles: governance.roles,
  exclusions: governance.exclusions,
  absences: governance.absences,
  delegations: governance.delegations,
  delegatedTo: governance.delegatedTo,
  freezes: governance.freezes,
  windows: governance.windows,
  priorities: governance.priorities,
  controls: governance.controls,
  policies: governance.policies,
  ...(governance.controlsInForce === undefined ? {} : { controlsInForce: governance.controlsInForce }),
  policyInForce: governance.policyInForce,
  templates: governance.templates,
})

/** The state for whoever looks at all of it: every record is there, and functions of this room take it as well. */
export const openGovernance = (governance: Governance): Governance =>
  Object.freeze({ [tables]: governance[tables], ...plainGovernance(governance) })

const none = Table.empty<never>()

export const noGovernance: Governance = governanceOf({
  entries: 0,
  lastGrant: 0,
  origin: '',
  keys: [],
  administrators: [],
  exclusions: [],
  nominated: none,
  persons: none,
  compromised: none,
  bots: none,
  accounts: none,
  roles: none,
  grants: none,
  absences: none,
  delegations: none,
  freezes: none,
  windows: none,
  priorities: none,
  controls: none,
  policies: none,
  policyInForce: none,
  templates: none,
  accountsOf: none,
  botsOf: none,
  rolesOf: none,
  mergedInto: none,
  mergedBy: none,
  grantedTo: none,
  leftBy: none,
  goneBy: none,
  compromisedBy: none,
  delegatedTo: none,
  delegatedBy: none,
  seniors: none,
  exclusionsOf: none,
  skeletons: none,
})
