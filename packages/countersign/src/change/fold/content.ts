import type { Change } from '../change.ts'
import { withCommitted, withRedacted } from '../committed.ts'
import { unticked } from './checklist.ts'
import { inUse } from './electorate.ts'
import { type Command, changed, type Event, type Folds, type When } from './fold.ts'
import { edited, editorsOf, holding, making } from './held.ts'

/** What a change puts into effect, and what is filled in of it. */
export const contentFolds: Folds<'change.revised' | 'value.redacted'> = {
  'change.revised': (change, event, { command, when }) =>
    command?.type === 'revise' ? revised(change, event, command, when) : change,
  'value.redacted': (change, event, { command, at }) =>
    command?.type === 'redact'
      ? changed(change, { committed: withRedacted(change, event, command.comment, at) })
      : change,
}

function revised(change: Change, event: Event<'change.revised'>, command: Command<'revise'>, when: When): Change {
  const { at } = when
  const { title = change.title, reason = change.reason, content } = command
  const next = changed(edited(change, event.asksLess === true), {
    revision: event.revision,
    digest: event.digest,
    digestSince: event.material ? at : change.digestSince,
    title,
    reason,
    form: { ...change.form, ...command.form },
    committed: withCommitted(change.committed, command.form),
    content: content?.digest ?? change.content,
    // Who has reviewed what was there before has not reviewed this.
    tasks: event.material ? change.tasks.filter(one => one.duty !== 'review') : change.tasks,
    ticks: event.material
      ? unticked(change.ticks, () => true, { how: 'stale', revision: event.revision, at })
      : change.ticks,
    electorates: event.material ? inUse(change) : change.electorates,
  })
  const made = making(next, event.makers, when)
  return {
    ...next,
    held: event.material ? holding({ ...next, held: made }, 'make', editorsOf(event), 'edited', when) : made,
  }
}
