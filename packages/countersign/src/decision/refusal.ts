/** Every reason for which a command can be refused. A closed list; each has its sentence in {@link describeRefusal}. */
export const refusalCodes = [
  // who asks
  'identity.unknown-account',
  'identity.departed',
  'identity.bot',
  'identity.no-controller',
  'identity.own-controller',
  // duties that must not meet in one person
  'duty.conflict',
  'duty.second-person',
  'role.exclusive',
  // what the person may do
  'authority.not-administrator',
  'authority.no-role',
  'authority.not-principal',
  'authority.which-principal',
  'authority.not-participant',
  'authority.granted-by-participant',
  'authority.laxer-rule',
  'exception.not-permitted',
  'delegation.self',
  'delegation.cycle',
  'delegation.interval',
  'delegation.back-dated',
  'delegation.depth',
  'delegation.pool',
  'delegation.principal-decided',
  // whether it may happen now
  'lifecycle.not-now',
  'binding.revision',
  'binding.digest',
  'binding.environment',
  'approval.already-given',
  'approval.none-standing',
  'veto.standing',
  'board.none',
  'board.no-planning',
  'quorum.missing',
  'board.not-pulled',
  'limit.reached',
  'limit.owner',
  'limit.expedite',
  'requirement.unmet',
  'checklist.open',
  'obligation.open',
  'remedy.unfit',
  'freeze.active',
  'freeze.no-override',
  'window.closed',
  'glass.not-permitted',
  'make.unknown',
  // what the rules say about it
  'policy.none',
  'policy.outdated',
  'policy.no-category',
  'policy.no-rule',
  'policy.unknown-field',
  'policy.invalid',
  'proposal.overtaken',
  'migration.not-in-force',
  'migration.unmapped',
  'migration.misplaced',
  'form.invalid',
  'carry.parent',
  'template.needed',
  'template.unusable',
  'template.invalid',
  'evidence.missing',
  // names
  'name.unknown',
  'name.taken',
  'name.confusable',
  'erasure.impossible',
  'key.unfit',
  'directory.difference',
  'nothing-to-do',
  'interval.invalid',
  'command.malformed',
  'command.id-reused',
] as const

export type RefusalCode = (typeof refusalCodes)[number]

/** What a refusal rests on: plain data, so that a page, a program and the verifier read the same. */
export type Facts = { readonly [fact: string]: FactValue }
export type FactValue = string | number | boolean | null | readonly FactValue[] | { readonly [fact: string]: FactValue }

/** Why a command was refused. The sentence for people is made from it by {@link describeRefusal}. */
export interface Refusal {
  readonly code: RefusalCode
  readonly facts: Facts
}

/** What came of a command. It is recorded as it stands here. */
export type Decision<Event> = { readonly accepted: readonly Event[] } | Refused

export interface Refused {
  readonly refused: Refusal
}

export const accept = <Event>(...events: Event[]): Decision<Event> => ({ accepted: events })

/** A refusal with its facts in the order in which they are written. */
export const refuse = (code: RefusalCode, facts: Facts = {}): Refused => ({
  refused: { code, facts: Object.fromEntries(Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1))) },
})

/** Facts that advise the person who was refused, and hang on more than what was refused. */
const advice: ReadonlySet<string> = new Set([
  'able',
  'administrators',
  'allowed',
  'because',
  'condition',
  'inForce',
  'known',
  'near',
  'next',
  'others',
  'participants',
  'problems',
  'stages',
  'waitsFor',
])

/** What a recorded refusal is evidence of: its code, and the facts that name persons, duties and places. */
export const evidenceOf = ({ code, facts }: Refusal): Refusal => ({
  code,
  facts: Object.fromEntries(Object.entries(facts).filter(([fact]) => !advice.has(fact))),
})

/**
 * A refusal as the verifier compares it: every fact is a function of what is recorded before. Of problems it is where they
 * are, and not in which words, as these are in part those of the library that reads forms.
 */
export const comparedOf = ({ code, facts }: Refusal): Refusal =>
  Array.isArray(facts.problems)
    ? { code, facts: { ...facts, problems: facts.problems.map(wordless) } }
    : { code, facts }

const wordless = (one: FactValue): FactValue => {
  if (typeof one !== 'object' || one === null || !('problem' in one)) return one
  return { ...one, problem: 'not as it has to be' }
}

/**
 * Refusals that are evidence: a known person tried what a duty, an authority or a delegation does not allow, or to put
 * into effect what was not approved or tested.
 */
export const isViolation = (code: RefusalCode): boolean =>
  code.startsWith('duty.') ||
  code.startsWith('authority.') ||
  code.startsWith('delegation.') ||
  code.startsWith('exception.') ||
  code === 'identity.bot' ||
  code === 'identity.no-controller' ||
  code === 'identity.departed' ||
  code === 'requirement.unmet' ||
  code === 'obligation.open' ||
  code === 'freeze.active' ||
  code === 'freeze.no-override' ||
  code === 'window.closed' ||
  code === 'glass.not-permitted'
