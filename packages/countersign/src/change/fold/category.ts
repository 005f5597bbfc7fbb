import type { Change } from '../change.ts'
import { withCommitted } from '../committed.ts'
import { type Command, changed, type Event, type Folds, type When } from './fold.ts'
import { edited, editorsOf, holding } from './held.ts'

export const categoryFolds: Folds<'change.recategorised'> = {
  'change.recategorised': (change, event, { command, when }) =>
    command?.type === 'recategorise' ? recategorised(change, event, command, when) : change,
}

function recategorised(
  change: Change,
  event: Event<'change.recategorised'>,
  command: Command<'recategorise'>,
  when: When,
): Change {
  const next = changed(edited(change, event.asksLess === true), {
    template: undefined,
    category: event.category,
    revision: event.revision,
    digest: event.digest,
    digestSince: when.at,
    round: event.round,
    form: command.form ?? change.form,
    committed: withCommitted(change.committed, command.form),
    tasks: [],
    electorates: {},
  })
  return { ...next, held: holding(next, 'make', editorsOf(event), 'edited', when) }
}
