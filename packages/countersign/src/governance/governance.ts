import type { Controls } from '../policy/controls.ts'
import type { Policy } from '../policy/policy.ts'
import type { Digest } from '../values/digest.ts'
import type { Instant } from '../values/instant.ts'

/** A natural person. */
export interface Person {
  readonly name: string
  readonly departed?: { readonly at: Instant; readonly compromised: boolean }
}

/** A robot. Its acts are those of the person who controls it, where there is one. */
export interface Bot {
  readonly controller?: string
}

export type AccountOwner = { readonly person: string } | { readonly bot: string }

/** A role given to a person or a bot: for one team or, with `*`, for every team; from an instant until another. */
export interface Grant {
  /** Who has granted it. */
  readonly by: string
  readonly team: string
  readonly from: Instant
  readonly until?: Instant
}

export interface Role {
  readonly description: string
  /** Grants by holder. */
  readonly grants: Readonly<Record<string, readonly Grant[]>>
}

/** Times at which a person cannot be reached, half-open. */
export interface Absence {
  readonly from: Instant
  readonly until: Instant
}

/** What a delegation covers; a list that is left out covers all. */
export interface Scope {
  readonly roles?: readonly string[] | undefined
  readonly teams?: readonly string[] | undefined
  readonly categories?: readonly string[] | undefined
}

/** The authority of a principal in the hands of a delegate, for a time and within a scope. */
export interface Delegation {
  /** Who has arranged it: the principal, or an administrator. */
  readonly by: string
  readonly principal: string
  readonly to: string
  readonly from: Instant
  readonly until: Instant
  readonly scope: Scope
  readonly revokedAt?: Instant
}

/** A document that one person proposes and another one adopts. */
export interface Proposal<Document> {
  readonly document: Document
  readonly proposedBy: string
  readonly adopted?: { readonly by: string; readonly at: Instant }
}

/** Everything that the organisation has said of its people and its rules, as folded from the trail. */
export interface Governance {
  /** The name of the trail, and of the key that signs it; empty before the founding entry. */
  readonly origin: string
  readonly key?: string
  readonly administrators: readonly string[]
  /** Persons whom one administrator has nominated, each with that one's id: another one has to agree. */
  readonly nominated: Readonly<Record<string, string>>
  readonly persons: Readonly<Record<string, Person>>
  /** Those who have left as compromised: nothing that they gave counts. */
  readonly compromised: readonly string[]
  readonly bots: Readonly<Record<string, Bot>>
  readonly accounts: Readonly<Record<string, AccountOwner>>
  readonly roles: Readonly<Record<string, Role>>
  readonly absences: Readonly<Record<string, readonly Absence[]>>
  readonly delegations: Readonly<Record<string, Delegation>>
  /** Ids of the delegations to a person. */
  readonly delegatedTo: Readonly<Record<string, readonly string[]>>
  readonly controls: Readonly<Record<Digest, Proposal<Controls>>>
  readonly policies: Readonly<Record<Digest, Proposal<Policy>>>
  /** The controls in force, and for each team the policy in force. */
  readonly controlsInForce?: Digest
  readonly policyInForce: Readonly<Record<string, Digest>>
}

export const noGovernance: Governance = {
  origin: '',
  administrators: [],
  nominated: {},
  persons: {},
  compromised: [],
  bots: {},
  accounts: {},
  roles: {},
  absences: {},
  delegations: {},
  delegatedTo: {},
  controls: {},
  policies: {},
  policyInForce: {},
}
