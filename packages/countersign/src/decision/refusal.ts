import type { Facts, FactValue, Refusal, RefusalFacts } from './facts.ts'
import type { RefusalCode } from './refusal-code.ts'

/** What came of a command. It is recorded as it stands here. */
export type Decision<Event> = { readonly accepted: readonly Event[] } | Refused

export interface Refused<Code extends RefusalCode = RefusalCode> {
  readonly refused: Refusal<Code>
}

/** A decision that accepts a command, with what has happened by it. */
export const accept = <Event>(...events: Event[]): Decision<Event> => ({ accepted: events })

/** A refusal with its facts in the order in which they are written. */
export function refuse<Code extends RefusalCode>(code: Code, facts: RefusalFacts[Code]): Refused<Code> {
  const written = Object.fromEntries(Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { refused: { code, facts: written } as Refusal<Code> }
}

/** A refusal as it is compared, of whatever code. */
export interface Compared {
  readonly code: RefusalCode
  readonly facts: Facts
}

/**
 * A refusal as the verifier compares it: every fact is a function of what is recorded before. Of problems it is where they
 * are, and not in which words, as these are in part those of the library that reads forms.
 */
export function comparedOf({ code, facts }: Refusal): Compared {
  const { problems }: Facts = facts
  return Array.isArray(problems) ? { code, facts: { ...facts, problems: problems.map(wordless) } } : { code, facts }
}

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
  code === 'exception.not-permitted' ||
  code === 'identity.bot' ||
  code === 'identity.no-controller' ||
  code === 'identity.departed' ||
  code === 'requirement.unmet' ||
  code === 'obligation.open' ||
  code === 'freeze.active' ||
  code === 'freeze.no-override' ||
  code === 'window.closed' ||
  code === 'glass.not-permitted'
