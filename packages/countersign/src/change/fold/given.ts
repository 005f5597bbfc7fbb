import type { Change, Given } from '../change.ts'
import type { When } from './fold.ts'

/** What somebody gives at a stage, in the round and for the revision in which the change is. */
export const given = (
  change: Change,
  { stage, person, chain, seats }: Pick<Given, 'stage' | 'person' | 'chain' | 'seats'>,
  when: When,
): Given => ({
  stage,
  person,
  chain,
  seats,
  round: change.round,
  revision: change.revision,
  ...when,
})
