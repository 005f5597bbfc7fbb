import type { GovernanceCommand } from './command.ts'
import type { GovernanceEvent } from './event.ts'
import { absenceFolds } from './fold/absence.ts'
import { accountFolds } from './fold/account.ts'
import { administratorFolds } from './fold/administrator.ts'
import { botFolds } from './fold/bot.ts'
import { controlsFolds } from './fold/controls.ts'
import { delegationFolds } from './fold/delegation.ts'
import { exclusionFolds } from './fold/exclusion.ts'
import type { Fold, Folding, Folds } from './fold/fold.ts'
import { freezeFolds } from './fold/freeze.ts'
import { keyFolds } from './fold/key.ts'
import { personFolds } from './fold/person.ts'
import { policyFolds } from './fold/policy.ts'
import { priorityFolds } from './fold/priority.ts'
import { roleFolds } from './fold/role.ts'
import { templateFolds } from './fold/template.ts'
import { trailFolds } from './fold/trail.ts'
import { windowFolds } from './fold/window.ts'
import { governanceOf } from './folded.ts'
import { type Governance, tables } from './governance.ts'

/**
 * Folds what an entry says into the state, and leaves the state before as it is. The command is read for the document
 * that an event names by digest. What an event touches is copied along its path in a table and nowhere else, so an entry
 * costs the same in a large organisation as in a small one (docs/decisions/0011).
 *
 * @example
 * ```ts
 * import { evolveGovernance, noGovernance } from 'countersign/governance'
 * const event = { type: 'person.registered', person: 'bob', name: 'Bob' } as const
 * const command = { type: 'registerPerson', person: 'bob', name: 'Bob' } as const
 * evolveGovernance(noGovernance, [event], command).persons.bob // → { name: 'Bob' }
 * ```
 */
export function evolveGovernance(
  governance: Governance,
  events: readonly GovernanceEvent[],
  command: GovernanceCommand,
): Governance {
  const next: Folding = { ...governance[tables] }
  for (const event of events) {
    next.entries += 1
    apply(next, event, command)
  }
  return governanceOf(next)
}

/** What each event changes in the tables, by the noun that it is about. An event without a fold does not compile. */
const folds: Folds = {
  ...trailFolds,
  ...keyFolds,
  ...personFolds,
  ...accountFolds,
  ...botFolds,
  ...administratorFolds,
  ...roleFolds,
  ...exclusionFolds,
  ...absenceFolds,
  ...delegationFolds,
  ...freezeFolds,
  ...windowFolds,
  ...priorityFolds,
  ...controlsFolds,
  ...policyFolds,
  ...templateFolds,
}

/** Applies an event to the tables. No entry admits an event of an unknown type; such a one changes nothing. */
function apply(next: Folding, event: GovernanceEvent, command: GovernanceCommand): void {
  if (!Object.hasOwn(folds, event.type)) return
  const fold = folds[event.type] as Fold<GovernanceEvent['type']>
  fold(next, event, command)
}
