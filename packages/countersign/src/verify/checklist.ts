import type { SingleStage } from '../policy/stage.ts'
import type { Ticket } from './ticket.ts'

/** The items of a stage that nobody has ticked since the change was edited, or submitted, last. */
export function unticked({ category, template, ticked }: Ticket, stage: SingleStage): string[] {
  if (stage.kind === 'approval') return []
  const brought = template?.document.category === category ? template.document.checklist : undefined
  const more = brought !== undefined && Object.hasOwn(brought, stage.name) ? brought[stage.name] : undefined
  const done = ticked.get(stage.name)
  return [...(stage.checklist ?? []), ...(more ?? [])].map(one => one.item).filter(item => done?.has(item) !== true)
}
