import type { Controls } from '../policy/controls.ts'
import type { Policy } from '../policy/policy.ts'
import type { Digest } from '../values/digest.ts'
import type { Instant } from '../values/instant.ts'
import type { Interval } from '../values/schedule.ts'
import type { Table } from '../values/table.ts'
import type { PersonName } from './name.ts'
import type { Template } from './template.ts'

/** A natural person. */
export interface Person {
  readonly name: PersonName
  readonly groups?: readonly string[]
  readonly departed?: { readonly at: Instant; readonly compromised: boolean }
  /** When they left last, whether or not they have come back since. */
  readonly left?: Instant
  /** This id and another one turned out to be one person, who goes by the other one since then. */
  readonly is?: { readonly person: string; readonly at: Instant }
  /** Since when the opening of the name's commitment is gone for good. */
  readonly erased?: Instant
}

/** A robot. Its acts are those of the person who controls it, where there is one. */
export interface Bot {
  readonly controller?: string
  /** Who answered for it last, where nobody does now, and since when: what it does is put down to them. */
  readonly formerly?: string
  readonly since?: Instant
  /** The how many-th event of people and rules has left it alone: in one instant, it tells what came first. */
  readonly left?: number
  /**
   * Those who came to answer for it when nobody did, oldest first, each by the how many-th event of people and rules: what it did
   * meanwhile is put down to them, and to whoever had answered for it last.
   */
  readonly tookOver?: readonly {
    readonly person: string
    readonly at: Instant
    readonly nth: number
    readonly formerly?: string
    readonly since?: Instant
    readonly left?: number
  }[]
}

export type AccountOwner = { readonly person: string } | { readonly bot: string }

/** When something was done: at an instant, and, where that is known, after so many events of people and rules. */
export interface When {
  readonly at: Instant
  readonly under?: number | undefined
}

/** A role given to a person or a bot: for one team or, with `*`, for every team; from an instant until another. */
export interface Grant {
  /** Who has granted it, when, and by the how many-th event of people and rules. */
  readonly by: string
  readonly at: Instant
  readonly nth: number
  readonly team: string
  readonly from: Instant
  readonly until?: Instant
  /** The how many-th event of people and rules has ended it before its time: in one instant, it tells what came first. */
  readonly ended?: number
}

interface RoleDefinition {
  readonly description: string
  /** The roles that whoever holds this one holds as well. */
  readonly inherits?: readonly string[]
}

export interface Role extends RoleDefinition {
  /** Grants by holder. */
  readonly grants: Readonly<Record<string, readonly Grant[]>>
}

/** Roles of which a person holds at most one in a team (`*`: in any one team). */
export interface Exclusion {
  readonly roles: readonly string[]
  readonly team: string
  readonly because: string
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
  /** The delegation that is passed on, where it is not the principal's own authority. */
  readonly of?: string
  readonly principal: string
  readonly to: string
  readonly from: Instant
  readonly until: Instant
  readonly scope: Scope
  readonly revokedAt?: Instant
}

/** A time in which nothing in its scope is put into effect. */
export interface Freeze {
  readonly because: string
  readonly scope: FreezeScope
  readonly intervals: readonly Interval[]
  /** The role whose holders may except one change from it, and for how long at most; nobody, where there is none. */
  readonly overriddenBy?: { readonly role: string; readonly atMost: string } | undefined
  readonly by: string
  readonly at: Instant
  /** By whom it was lifted, each person once: for a change on which somebody takes part, somebody else has to. */
  readonly lifted?: readonly { readonly by: string; readonly at: Instant }[]
}

/** What a freeze covers; a list that is left out covers all. */
interface FreezeScope {
  readonly teams?: readonly string[] | undefined
  readonly categories?: readonly string[] | undefined
  readonly environments?: readonly string[] | undefined
}

/** The order in which a team's changes come, and who decided it in whose presence. */
export interface Priorities {
  readonly order: readonly string[]
  readonly by: string
  readonly present: readonly string[]
  readonly at: Instant
}

/** Times at which something may be put into effect, where a policy asks for those of this calendar. */
export interface Window {
  readonly calendar: string
  readonly teams?: readonly string[] | undefined
  readonly intervals: readonly Interval[]
  readonly by: string
  readonly at: Instant
  readonly withdrawn?: { readonly by: string; readonly at: Instant }
}

/** A key that is to replace the one in force, and who has asked for it. */
export interface KeyProposal {
  readonly key: string
  readonly by: string
}

/** A document that one person proposes and another one adopts. */
export interface Proposal<Document> {
  readonly document: Document
  readonly proposedBy: string
  /** What was in force in its place when it was proposed. Once that has changed the proposal is over. */
  readonly over?: Digest
  readonly adopted?: { readonly by: string; readonly at: Instant }
}

export interface TemplateApproval {
  readonly person: string
  readonly roles: readonly string[]
  readonly at: Instant
  /** By the how many-th event of people and rules it was given. */
  readonly nth: number
}

/** One version of a template for standard changes. */
export interface TemplateVersion {
  readonly version: number
  readonly digest: Digest
  readonly document: Template
  readonly proposedBy: string
  /** By the how many-th event of people and rules it was proposed. */
  readonly nth: number
  readonly approvals: readonly TemplateApproval[]
  readonly revoked?: { readonly by: string; readonly at: Instant }
}

/** Where the fold keeps what grows with the organisation. Only this room looks into it. */
export const tables = Symbol('tables')

/** Everything that was said, in persistent tables, with what finds things in them without a search. */
export interface Tables {
  /** How many events were folded. */
  readonly entries: number
  /** The count at which somebody was given a role last. */
  readonly lastGrant: number
  readonly origin: string
  readonly key?: string
  readonly keys: readonly string[]
  readonly keyProposed?: KeyProposal
  readonly administrators: readonly string[]
  readonly controlsInForce?: Digest
  readonly exclusions: readonly Exclusion[]
  readonly nominated: Table<string>
  readonly persons: Table<Person>
  readonly compromised: Table<Instant>
  readonly bots: Table<Bot>
  readonly accounts: Table<AccountOwner>
  readonly roles: Table<RoleDefinition>
  /** For each role its grants by holder. */
  readonly grants: Table<Table<readonly Grant[]>>
  readonly absences: Table<readonly Absence[]>
  readonly delegations: Table<Delegation>
  readonly freezes: Table<Freeze>
  readonly windows: Table<Window>
  readonly priorities: Table<Priorities>
  readonly controls: Table<Proposal<Controls>>
  readonly policies: Table<Proposal<Policy>>
  readonly policyInForce: Table<Digest>
  /** Versions by team and name (`team/name`), oldest first. */
  readonly templates: Table<readonly TemplateVersion[]>
  /** Accounts by owner, bots by controller, roles ever granted by holder, merged ids by the id that they go by. */
  readonly accountsOf: Table<readonly string[]>
  readonly botsOf: Table<readonly string[]>
  readonly rolesOf: Table<readonly string[]>
  readonly mergedInto: Table<readonly string[]>
  /** For each merged id the how many-th event said so; for each grant that went over by one, by its number, to whom it was given. */
  readonly mergedBy: Table<number>
  readonly grantedTo: Table<string>
  /** For each of those who have left, and who have as compromised, the how many-th event said so last. */
  readonly leftBy: Table<number>
  /** For each of those who are gone, the how many-th event said so first. */
  readonly goneBy: Table<number>
  readonly compromisedBy: Table<number>
  /** Ids of the delegations to a person, and by one. */
  readonly delegatedTo: Table<readonly string[]>
  readonly delegatedBy: Table<readonly string[]>
  /** The roles that inherit a role directly, the exclusions that name a role, the role that has a skeleton. */
  readonly seniors: Table<readonly string[]>
  readonly exclusionsOf: Table<readonly Exclusion[]>
  readonly skeletons: Table<string>
}

/**
 * Everything that the organisation has said of its people and its rules, as folded from the trail. Every version stays as
 * it is. What decides asks the functions of this room; a record costs its size when it is first asked for.
 */
export interface Governance {
  readonly [tables]: Tables
  /** How many events of people and rules there are: what comes first is told by this, where instants are equal. */
  readonly entries: number
  /** The name of the trail, and of the key that signs it; empty before the founding entry. */
  readonly origin: string
  /** The public key in force, and all that there were, oldest first: a key that was replaced never comes back. */
  readonly key?: string
  readonly keys: readonly string[]
  /** A key that one administrator has asked for: another one has to agree. */
  readonly keyProposed?: KeyProposal
  readonly administrators: readonly string[]
  /** Persons whom one administrator has nominated, each with that one's id: another one has to agree. */
  readonly nominated: Readonly<Record<string, string>>
  readonly persons: Readonly<Record<string, Person>>
  /** Those who have left as compromised: nothing that they gave up to that instant counts. */
  readonly compromised: Readonly<Record<string, Instant>>
  readonly bots: Readonly<Record<string, Bot>>
  readonly accounts: Readonly<Record<string, AccountOwner>>
  readonly roles: Readonly<Record<string, Role>>
  readonly exclusions: readonly Exclusion[]
  readonly absences: Readonly<Record<string, readonly Absence[]>>
  readonly delegations: Readonly<Record<string, Delegation>>
  /** Ids of the delegations to a person. */
  readonly delegatedTo: Readonly<Record<string, readonly string[]>>
  /** Times in which nothing is put into effect, and, by calendars that policies name, those at which it may be. */
  readonly freezes: Readonly<Record<string, Freeze>>
  readonly windows: Readonly<Record<string, Window>>
  /** For each team the order in which its changes come, as it was decided last. */
  readonly priorities: Readonly<Record<string, Priorities>>
  readonly controls: Readonly<Record<Digest, Proposal<Controls>>>
  readonly policies: Readonly<Record<Digest, Proposal<Policy>>>
  /** The controls in force, and for each team the policy in force. */
  readonly controlsInForce?: Digest
  readonly policyInForce: Readonly<Record<string, Digest>>
  /** The versions of templates for standard changes by team and name (`team/name`), oldest first. */
  readonly templates: Readonly<Record<string, readonly TemplateVersion[]>>
}
