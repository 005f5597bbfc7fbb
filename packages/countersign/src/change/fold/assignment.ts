import { changed, type Folds, unchanged } from './fold.ts'
import { holding } from './held.ts'

export const assignmentFolds: Folds<'change.assigned' | 'change.unassigned'> = {
  'change.assigned': (change, event, { when }) =>
    changed(change, { assignee: event.to, held: holding(change, 'make', [event.to], 'was assigned', when) }),
  'change.unassigned': unchanged,
}
