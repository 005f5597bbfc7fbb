import { templateOf } from '../governance/template-use.ts'
import type { ChecklistItem } from '../policy/checklist.ts'
import type { SingleStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import type { Pinned } from './world.ts'

const nothing: readonly ChecklistItem[] = []

/** The checklist of a stage: its own items, and those that the template of a standard change brings. */
export function itemsOf(
  { governance }: Pinned,
  { team, template }: Change,
  stage: SingleStage,
): readonly ChecklistItem[] {
  if (stage.kind === 'approval') return nothing
  const own = stage.checklist ?? nothing
  if (template === undefined) return own
  const lists = templateOf(governance, team, template.name, template.version)?.checklist
  const brought = lists !== undefined && Object.hasOwn(lists, stage.name) ? (lists[stage.name] ?? nothing) : nothing
  return [...own, ...brought.filter(({ item }) => !own.some(one => one.item === item))]
}
