import type { SingleStage } from '../../policy/stage.ts'
import type { RecordBody } from '../../record/record.ts'
import { isDoneBy } from './count.ts'
import { working } from './family.ts'
import type { Command, Event, Judge } from './judge.ts'
import type { People } from './people.ts'
import { type Act, flowOf, type Moment, singles, type Ticked, type Ticket } from './ticket.ts'

/** The items of a stage that nobody has ticked since the change was edited, or submitted, last; not so that it counts now. */
export function unticked(people: People, ticket: Ticket, stage: SingleStage, moment: Moment): string[] {
  if (stage.kind === 'approval') return []
  const { category, template, ticked } = ticket
  const brought = template?.document.category === category ? template.document.checklist : undefined
  const more = brought !== undefined && Object.hasOwn(brought, stage.name) ? brought[stage.name] : undefined
  const items = [...(stage.checklist ?? []), ...(more ?? [])].map(one => one.item)
  const isDone = (one: Ticked) => isDoneBy(people, ticket, one.duty, one.act, moment)
  return items.filter(item => ticked.get(stage.name)?.get(item)?.some(isDone) !== true)
}

/** The stages of a name in the flow of a ticket: one at most, in a policy that is as it should be. */
export const stagesNamed = (ticket: Ticket, name: string): SingleStage[] =>
  singles(flowOf(ticket)).filter(one => one.name === name)

/** Nothing is done, signed off or put into effect with open items on its checklist. */
export function ready(
  judge: Judge,
  ticket: Ticket,
  stages: readonly SingleStage[],
  { seq, at }: Pick<RecordBody, 'seq' | 'at'>,
): void {
  for (const stage of stages) {
    const open = unticked(judge.people, ticket, stage, { at, before: Number.POSITIVE_INFINITY })
    if (open.length === 0) continue
    const because = `${stage.name} went on with open items on its checklist`
    judge.find('checklist.open', seq, 'every item ticked', `open: ${open.join(', ')}`, because)
  }
}

/** To tick an item of a stage is to take on its duty. */
export function tick(
  judge: Judge,
  ticket: Ticket,
  act: Act,
  items: readonly string[],
  command: Command<'tick'>,
  body: RecordBody,
): void {
  const { stage: name, people } = act
  const [stage] = stagesNamed(ticket, name)
  const duty = stage?.kind === 'task' ? stage.duty : stage?.kind === 'test' ? 'test' : 'release'
  judge.bound(ticket, command, body.seq)
  if (duty !== 'make') judge.separate(ticket, duty, people, body)
  judge.did(ticket, duty, people, body.seq)
  if (stage?.kind === 'task' && duty !== 'review') {
    judge.did(ticket, 'make', people, body.seq)
    judge.did(ticket, working, people, body.seq)
    ticket.isMade = true
  }
  const ticked = ticket.ticked.get(name) ?? new Map<string, Ticked[]>()
  for (const item of items) ticked.set(item, [...(ticked.get(item) ?? []), { act, duty }])
  ticket.ticked.set(name, ticked)
}

/** Items that are ticked no more. */
export function untick(ticket: Ticket, { stage, items }: Event<'items.unticked'>): void {
  for (const item of items) ticket.ticked.get(stage)?.delete(item)
}

/** What was ticked stays so where stages go by other names from here on. */
export function renameTicked(ticket: Ticket, stages: Readonly<Record<string, string>>): void {
  const renamed: Ticket['ticked'] = new Map()
  for (const [old, items] of ticket.ticked) {
    const name = (Object.hasOwn(stages, old) ? stages[old] : undefined) ?? old
    const known = renamed.get(name) ?? new Map<string, Ticked[]>()
    for (const [item, acts] of items) {
      for (const { act } of acts) act.stage = name
      known.set(item, [...(known.get(item) ?? []), ...acts])
    }
    renamed.set(name, known)
  }
  ticket.ticked = renamed
}
