import type { DutyTaken, Hindrance } from './hindrance.ts'
import type { RefusalCode } from './refusal-code.ts'

/** What a refusal rests on: plain data, so that a page, a program and the verifier read the same. */
export type Facts = { readonly [fact: string]: FactValue }
export type FactValue = string | number | boolean | null | readonly FactValue[] | { readonly [fact: string]: FactValue }

type Instant = string

/** Who could do it instead: the first of them by name, and how many others there are. */
export type Able = { readonly able: readonly string[]; readonly others?: number }

/** A place that is not as it has to be. The words are for people, and the verifier does not compare them. */
type Problem = { readonly where: string; readonly problem: string }
type FieldProblem = { readonly field: string; readonly problem: string }

/** So many of each role. */
type Count = { readonly [role: string]: number }

/** A stage before which nothing is put into effect, as it stands. */
export type StageFacts = {
  readonly stage: string
  readonly status: string
  readonly missing: Count
  /** Whose act counts for nothing there, and why. */
  readonly discounted: readonly { readonly person: string; readonly why: string }[]
  readonly vetoes?: readonly string[]
}

/** What no person does alone. The command says it, but for `adopt`, which is so of controls and of a policy. */
export type SharedDeed =
  | 'assignController'
  | 'recordAlias'
  | 'appointAdministrator'
  | 'adopt'
  | 'grantRole'
  | 'rotateKey'
  | 'approveTemplate'
  | 'grantException'
  | 'overrideFreeze'
  | 'liftVeto'
  | 'redact'

/** What a name is looked for as. */
type NameKind =
  | 'account'
  | 'active person'
  | 'bot'
  | 'category'
  | 'change'
  | 'controls in force'
  | 'delegation'
  | 'delegation in force'
  | 'dependent change'
  | 'environment'
  | 'environment of this flow'
  | 'exception'
  | 'freeze'
  | 'item'
  | 'person'
  | 'private value'
  | 'proposal'
  | 'role'
  | 'role of this stage'
  | 'stage'
  | 'team with a policy'
  | 'template'
  | 'window'

/** How something is already that was to become so. */
type StateAlready =
  | 'administrator'
  | 'assigned'
  | 'controller'
  | 'departed'
  | 'erased'
  | 'glass broken'
  | 'granted'
  | 'here'
  | 'in category'
  | 'in column'
  | 'in force'
  | 'in these groups'
  | 'lifted'
  | 'met'
  | 'open'
  | 'proposed'
  | 'redacted'
  | 'remedied'
  | 'revoked'
  | 'same person'
  | 'the key of the trail'
  | 'ticked'
  | 'under policy in force'
  | 'vetoing'
  | 'withdrawn'
  | 'without a veto'
  | 'without absence'
  | 'without role'

type BotFacts = { readonly account: string; readonly bot: string; readonly controller: string | null }

/** Two duties that would meet in one person, and by which link whoever acts is that person. */
type ConflictFacts = {
  readonly duties: readonly string[]
  readonly person: string
  readonly link: 'self' | 'controller' | 'principal' | 'link' | 'requester'
  /** The duty that the person has on the change already, by what, and since which revision. */
  readonly held: string
  readonly how: DutyTaken
  readonly revision: number
  readonly because: string
  /** The clause of the controls. */
  readonly clause?: string
  /** The robot that has done it while nobody answered for it, where the person has to answer for that. */
  readonly bot?: string
  /** The change that this one belongs with, where the duty is held on that. */
  readonly on?: string
} & Able

/**
 * On what each refusal rests: the shape of the facts of each code, as they are recorded. Names are ids of persons, roles,
 * stages and so on. `near` ends the sentence with names that may have been meant, and is empty where none is near.
 */
export interface RefusalFacts {
  'identity.unknown-account': { readonly account: string; readonly near: string }
  'identity.departed': { readonly account: string; readonly person: string; readonly at: Instant }
  'identity.bot': BotFacts
  /** `controller` is written only where a person was asked for. */
  'identity.no-controller': { readonly account: string; readonly bot: string; readonly controller?: null }
  'identity.own-controller': { readonly bot: string }
  'duty.conflict': ConflictFacts
  'duty.second-person': { readonly person: string; readonly what: SharedDeed; readonly able?: readonly string[] }
  'role.exclusive': {
    readonly person: string
    readonly roles: readonly string[]
    readonly team: string
    readonly because: string
  }
  'authority.not-administrator': { readonly person: string; readonly administrators: readonly string[] }
  /** `principal` is the one acted for, where one was named. Of a mere slip it is not told who is `able`. */
  'authority.no-role': {
    readonly person: string
    readonly roles: readonly string[]
    readonly principal?: string
    readonly at: Instant
  } & Partial<Able>
  'authority.not-principal': {
    readonly person: string
    readonly principal: string
    readonly administrators: readonly string[]
  }
  'authority.which-principal': { readonly person: string; readonly principals: readonly string[] }
  'authority.not-participant': {
    readonly person: string
    readonly participants: readonly string[]
    readonly others?: number
  }
  'authority.granted-by-participant': {
    readonly person: string
    readonly role: string
    readonly by: string
    /** To whom the role was given, where that is another one: somebody for whom the person would act. */
    readonly to?: string
    /** It is by this very deed that `by` would take part in the change. */
    readonly thereby?: true
    /** Given if what is refused is the approval of a template, which `by` has proposed. */
    readonly template?: string
  } & Able
  'authority.laxer-rule': {
    readonly person: string
    readonly stages: readonly string[]
    /** As what the change was judged before its edits, where it is less than was asked then. */
    readonly before?: string
    /** A robot that would have made the edit. */
    readonly robot?: string
  } & Able
  'exception.not-permitted': { readonly duties: readonly string[] }
  'exception.revoked': { readonly exception: string }
  'delegation.self': { readonly principal: string }
  'delegation.cycle': { readonly chain: readonly string[] }
  'delegation.interval': { readonly from: Instant; readonly until: Instant }
  'delegation.back-dated': { readonly from: Instant; readonly at: Instant }
  'delegation.depth': { readonly depth: number }
  'delegation.pool': { readonly to: string; readonly role: string; readonly pool: string }
  /** `by` is who has decided for the principal. */
  'delegation.principal-decided': {
    readonly person: string
    readonly stage: string
    readonly by: string
    readonly principal: string | null
  }
  /** `allowed` are the commands that have a place there, and `waitsFor` how many of each role it waits for. */
  'lifecycle.not-now': {
    readonly change: string
    readonly state: string
    readonly command: string
    readonly allowed: readonly string[]
    readonly waitsFor?: Count
  }
  'binding.revision': {
    readonly change: string
    readonly named: number
    readonly current: number
    readonly digest: string
  }
  'binding.digest': { readonly change: string; readonly named: string; readonly current: string }
  'binding.environment': { readonly named: string | null; readonly environment: string | null }
  /** Given at a stage by `by`, for `principal` where it was given for somebody; or on a `template`, of which no more is told. */
  'approval.already-given': {
    readonly person: string
    readonly stage?: string
    readonly template?: string
    readonly by?: string
    readonly principal?: string | null
  }
  /** `parent`, `template`: what they have given counts here, and was given there. */
  'approval.none-standing': { readonly person: string; readonly parent?: string; readonly template?: string }
  'veto.standing': { readonly person: string; readonly of: string }
  'board.none': { readonly team: string }
  'board.no-planning': { readonly team: string }
  'quorum.missing': {
    readonly team: string
    readonly role: string
    readonly needs: number
    readonly counted: readonly string[]
  }
  /** `known` are the columns to which it can be moved now. */
  'board.out-of-reach': {
    readonly change: string
    readonly column: string
    readonly known: readonly string[]
    readonly near: string
  }
  'priority.twice': { readonly team: string; readonly change: string }
  'board.not-pulled': { readonly change: string; readonly column: string; readonly lies: string | null }
  /**
   * `limit` is `capacity`, or what it is of and its name: `column build`, `person mia`, `category normal`. `kept`: so many places of
   * it nobody has taken are reserved, for each category. `aside`: the columns outside of what is in progress to which one of those
   * that are there could be moved, where there are such.
   */
  'limit.reached': {
    readonly change: string
    readonly limit: string
    readonly most: number
    readonly there: readonly string[]
    readonly kept?: Count
    readonly aside?: readonly string[]
  }
  /** `left`: with whom it lies, where they are not here any more. */
  'limit.owner': { readonly change: string; readonly column: string; readonly left?: string }
  'limit.expedite': { readonly change: string; readonly most: number; readonly there: readonly string[] }
  /** `person` and `why` are there where it would be met, but for who puts it into effect. */
  'requirement.unmet': {
    readonly change: string
    readonly state: string
    readonly release: string
    readonly stages: readonly StageFacts[]
    readonly person?: string
    readonly why?: Hindrance
  } & Partial<Able>
  'checklist.open': { readonly change: string; readonly stage: string; readonly items: readonly string[] }
  'obligation.open': {
    readonly change: string
    readonly owed: readonly {
      readonly kind: string
      readonly stage: string
      readonly since: Instant
      readonly due: Instant
    }[]
  }
  /** It was asked for before the rejection (`asked`, `since`), is at another `state`, or no release of it stands. */
  'remedy.unfit': {
    readonly change: string
    readonly remedy: string
    readonly problem: 'older' | 'not completed' | 'nothing in effect'
    readonly asked?: Instant
    readonly since?: Instant
    readonly state?: string
  }
  'freeze.active': {
    readonly change: string
    readonly freeze: string
    readonly from: Instant
    readonly until: Instant
    readonly because: string
    readonly overriddenBy: string | null
  }
  'freeze.no-override': { readonly freeze: string }
  'window.closed': {
    readonly change: string
    readonly calendar: string
    readonly next: { readonly from: Instant; readonly until: Instant } | null
  }
  'glass.not-permitted': { readonly change: string; readonly category: string }
  'make.unknown': { readonly change: string }
  'policy.none': { readonly team: string; readonly near: string }
  'policy.outdated': { readonly team: string; readonly controls: string }
  'policy.no-category': {
    readonly team: string
    readonly category: string
    readonly known: readonly string[]
    readonly near: string
  }
  /** `before` is a release, or `null` for the end of a flow without one. */
  'policy.no-rule': { readonly stages: readonly string[]; readonly before: string | null }
  /** `condition` is the JSON of what the policy asks. */
  'policy.unknown-field': { readonly stage: string; readonly condition: string }
  'policy.invalid': { readonly team: string; readonly problems: readonly (Problem & { readonly clause?: string })[] }
  /** The digests of what it was proposed in the place of, and of what is in force. */
  'proposal.overtaken': { readonly digest: string; readonly over: string | null; readonly inForce: string | null }
  'migration.not-in-force': { readonly named: string; readonly inForce: string }
  'migration.unmapped': {
    readonly change: string
    readonly unmapped: readonly string[]
    readonly known: readonly string[]
  }
  /** `still`: the policy in force has the stage still. `past`: it would come to count after that stage. One of the two is there. */
  'migration.misplaced': {
    readonly change: string
    readonly stage: string
    readonly onto: string
    readonly still?: true
    readonly past?: string
  }
  'form.invalid': { readonly problems: readonly FieldProblem[] }
  /** No such change, or one that hangs on too many in a row: `length`, where `most` is the most. */
  'carry.parent': {
    readonly parent: string
    readonly problem: 'unknown' | 'too deep'
    readonly length?: number
    readonly most?: number
  }
  /** `otherwise` is the category of what follows no template. */
  'template.needed': { readonly category: string; readonly otherwise: string }
  /** `category` is the one that follows no template (`none`), or the other one for which the template is. */
  'template.unusable': {
    readonly template: string
    readonly version: number
    readonly why: 'unknown' | 'not approved' | 'superseded' | 'revoked' | 'expired' | 'none' | 'other category'
    readonly category?: string
  }
  'template.invalid': { readonly template: string; readonly problems: readonly Problem[] }
  'evidence.missing': { readonly stage: string }
  /** The command that founds a trail. */
  'trail.unfounded': { readonly first: 'found' }
  /** An item is looked for at a `stage`; a private value in a `change`, and a dependent change below one. */
  'name.unknown': {
    readonly what: NameKind
    readonly name: string
    readonly near: string
    readonly stage?: string
    readonly change?: string
  }
  /**
   * `name` is a person or an account that a founding has twice. An exclusion is of the roles that its name lists, in a `team`. An
   * `excluded role` is the only one that was named, as one that is named twice counts once.
   */
  'name.taken': {
    readonly what:
      | 'account'
      | 'bot'
      | 'change'
      | 'delegation'
      | 'excluded role'
      | 'exception'
      | 'exclusion'
      | 'freeze'
      | 'name'
      | 'person'
      | 'role'
      | 'trail'
      | 'window'
    readonly name: string
    readonly team?: string
  }
  'person.erased': { readonly person: string }
  'name.confusable': { readonly what: 'role'; readonly name: string; readonly like: string }
  /** `name` is the id under which the name stands in clear. */
  'erasure.impossible': {
    readonly person: string
    readonly problem: 'not left' | 'name in clear'
    readonly name?: string
  }
  /** Its name is not the `origin` of the trail, it was its key before, or one that was had the same key id. */
  'key.unfit': {
    readonly key: string
    readonly problem: 'other name' | 'retired' | 'same id'
    readonly origin?: string
  }
  /** The place of the difference in its batch, its command, and why that is refused. */
  'directory.difference': { readonly index: number; readonly command: string; readonly refusal: Refusal }
  /** What is so already, and how; the last members say of what a state is, where it takes that. */
  'nothing-to-do': {
    readonly state: StateAlready
    readonly what?: string
    readonly person?: string
    readonly digest?: string
    readonly delegation?: string
    readonly bot?: string
    readonly is?: string
    readonly role?: string
    readonly team?: string
    readonly from?: Instant
    readonly until?: Instant
    readonly column?: string
    readonly category?: string
    /** To whom it was to be given by the way. */
    readonly owner?: string
    readonly fields?: readonly string[]
  }
  /** `after`: it would begin before the one before it ends, then. `atMost`: so long may it be. */
  'interval.invalid': {
    readonly from: Instant
    readonly until?: Instant
    readonly after?: Instant
    readonly atMost?: string
  }
  'command.malformed': { readonly problems: readonly Problem[] }
  /** The entry with the other command. */
  'command.id-reused': { readonly id: string; readonly seq: number }
}

/**
 * Why a command was refused: its code, and the facts of that code. Whoever asks for the code has the facts typed.
 * {@link describeRefusal} makes the sentence for people.
 */
export type Refusal<Code extends RefusalCode = RefusalCode> = {
  [One in Code]: { readonly code: One; readonly facts: RefusalFacts[One] }
}[Code]
