import type { SingleStage } from '../policy/stage.ts'
import type { RecordBody } from '../record/record.ts'
import type { Command, Event, Judge } from './judge.ts'
import { flowOf, singles, type Ticket } from './ticket.ts'

/** The items of a stage that nobody has ticked since the change was edited, or submitted, last. */
function unticked({ category, template, ticked }: Ticket, stage: SingleStage): string[] {
  if (stage.kind === 'approval') return []
  const brought = template?.document.category === category ? template.document.checklist : undefined
  const more = brought !== undefined && Object.hasOwn(brought, stage.name) ? brought[stage.name] : undefined
  const done = ticked.get(stage.name)
  return [...(stage.checklist ?? []), ...(more ?? [])].map(one => one.item).filter(item => done?.has(item) !== true)
}

export const stagesNamed = (ticket: Ticket, name: string): SingleStage[] =>
  singles(flowOf(ticket)).filter(one => one.name === name)

/** Nothing is done, signed off or put into effect with open items on its checklist. */
export function ready(judge: Judge, ticket: Ticket, stages: readonly SingleStage[], seq: number): void {
  for (const stage of stages) {
    const open = unticked(ticket, stage)
    if (open.length === 0) continue
    const because = `${stage.name} went on with open items on its checklist`
    judge.find('checklist.open', seq, 'every item ticked', `open: ${open.join(', ')}`, because)
  }
}

/** To tick an item of a stage is to take on its duty. */
export function tick(
  judge: Judge,
  ticket: Ticket,
  event: Event<'items.ticked'>,
  command: Command<'tick'>,
  body: RecordBody,
): void {
  const people = judge.acting(body, event)
  const [stage] = stagesNamed(ticket, event.stage)
  const duty = stage?.kind === 'task' ? stage.duty : stage?.kind === 'test' ? 'test' : 'release'
  judge.bound(ticket, command, body.seq)
  if (duty !== 'make') judge.separate(ticket, duty, people, body)
  judge.did(ticket, duty, people, body.seq)
  if (stage?.kind === 'task' && duty !== 'review') {
    judge.did(ticket, 'make', people, body.seq)
    ticket.isMade = true
  }
  const ticked = ticket.ticked.get(event.stage) ?? new Set()
  for (const item of event.items) ticked.add(item)
  ticket.ticked.set(event.stage, ticked)
}

/** What was ticked stays so where stages go by other names from here on. */
export function renameTicked(ticket: Ticket, stages: Readonly<Record<string, string>>): void {
  const ticked = new Map<string, Set<string>>()
  for (const [old, items] of ticket.ticked) {
    const name = (Object.hasOwn(stages, old) ? stages[old] : undefined) ?? old
    ticked.set(name, new Set([...(ticked.get(name) ?? []), ...items]))
  }
  ticket.ticked = ticked
}
