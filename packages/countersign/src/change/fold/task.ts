import type { TaskDone } from '../change.ts'
import type { Event, Folds, Of, When } from './fold.ts'
import { holding } from './held.ts'

export const taskFolds: Folds<Of<'task'>> = {
  'task.completed': (change, event, { when }) => {
    const { duty, chain } = event
    const done = { ...change, tasks: [...change.tasks, taskOf(event, when)] }
    const held = holding(done, duty, chain, 'did the task', when)
    // Whatever a team calls it, work on a change makes it; only a review looks at it.
    return {
      ...done,
      held: duty === 'review' ? held : holding({ ...done, held }, 'make', chain, 'did the task', when),
    }
  },
}

const taskOf = ({ stage, duty, person, chain, seats }: Event<'task.completed'>, when: When): TaskDone => ({
  stage,
  duty,
  person,
  chain,
  seats,
  ...when,
})
