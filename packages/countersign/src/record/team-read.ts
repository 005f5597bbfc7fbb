import { boardFor, isUnderLimits } from '../change/card.ts'
import type { Change } from '../change/change.ts'
import type { ChangeCommand } from '../change/command.ts'
import type { Governance } from '../governance/governance.ts'
import { policyOf } from '../governance/in-force.ts'

/** Commands that may ask for limits of the team's board. */
const asksLimits: ReadonlySet<string> = new Set(['move', 'assign', 'recategorise', 'revise'])

/** What it takes to tell: people and rules, and the changes by their ids. */
interface Told {
  readonly governance: Governance
  readonly changes: { get(id: string): Change | undefined }
}

/**
 * The team on whose other changes a decision hangs: where a command asks for limits of the team's board, or submits a
 * change that is given to whoever has least on their hands.
 */
export function teamRead({ governance, changes }: Told, command: ChangeCommand): string | undefined {
  if (command.type === 'submit') {
    const { team, category } = command
    const categories = policyOf(governance, team)?.categories ?? {}
    const find = (name: string) => (Object.hasOwn(categories, name) ? categories[name] : undefined)
    const own = find(category)
    const other = own?.template === undefined ? undefined : find(own.template.otherwise)
    return own?.triage === undefined && other?.triage === undefined ? undefined : team
  }
  if (!asksLimits.has(command.type)) return undefined
  const change = changes.get(command.change)
  if (change === undefined || boardFor(governance, change.team) === undefined) return undefined
  if (command.type === 'move' || command.type === 'assign') return change.team
  // Another category takes another place; an edit gives one only to a change that follows a template.
  const mayBecomeAnother = command.type === 'recategorise' || change.template !== undefined
  return mayBecomeAnother && isUnderLimits(governance, change) ? change.team : undefined
}
