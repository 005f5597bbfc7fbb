import fc from 'fast-check'
import { moves } from '../../packages/testing/src/history.ts'
import { Judge } from './judge.ts'
import { areSame, beginning, playPurely, replayed } from './pure.ts'
import { runs } from './trial.ts'
import { Tally } from './witness.ts'

/** How many histories one part of the test lets happen; there are four parts, which run beside each other. */
const histories = 2_500

/** So long, in milliseconds, a machine may take for its part; the tests give it a little more. */
export const longest = 600_000

/**
 * Lets short histories happen, each command decided and folded with no desk around it, while the library and the plain
 * implementation are held together at every step; at the end each is folded once more from its entries. Gives how often
 * each thing has happened.
 */
export function holdBoth(part: number): Tally {
  const { seed, ...rest } = runs(histories)
  const tally = new Tally()
  const numbers = fc.nat({ max: 1_000 })
  fc.assert(
    fc.property(numbers, fc.array(moves, { minLength: 12, maxLength: 34 }), (number, some) => {
      const begun = beginning(number, seed + part)
      const pure = playPurely(begun, some, new Judge(begun.pure, tally))
      tally.note('histories')
      if (!areSame(replayed(begun, pure), pure.state)) throw new Error('replay gives another state')
    }),
    // They take as long as the machine does: how many there are is what counts, and not when they end.
    { ...rest, seed: seed + part, interruptAfterTimeLimit: longest },
  )
  return tally
}

/** What must have happened in every part, so that it could have come out otherwise. */
export const least = {
  histories,
  'approval.granted': 3_000,
  'change.released': 300,
  'alias.recorded': 700,
  'seat delegate': 700,
  'seat passed on': 250,
  'seat fallback vacant': 200,
  'seat fallback absent': 3,
  'seat fallback unanswered': 40,
  'person.departed': 300,
  'person.returned': 15,
  'absence.recorded': 300,
  'change.rejected': 200,
  'change.vetoed': 40,
  'veto.lifted': 30,
  'exception.granted': 60,
  'exceptions used': 10,
  'change.revised': 400,
  'change.recategorised': 80,
  'change.resubmitted': 200,
  'approval.kept': 40,
  'approval.withdrawn': 20,
  'approval.carried': 150,
  'approval.retained': 80,
  'template.applied': 100,
  'standard.lost': 40,
  electorates: 1_500,
  'shares met': 300,
  'groups asked': 300,
  'parallel stages': 300,
  'discount conflict': 500,
  'discount given-again': 60,
  'discount compromised': 150,
  'discount departed': 20,
  'discount expired': 100,
  'discount environment': 200,
  'refused duty.conflict': 1_000,
  'refused authority.granted-by-participant': 5,
  'refused authority.laxer-rule': 80,
  'refused requirement.unmet': 100,
  'refused veto.standing': 1,
  met: 5_000,
  'not met': 20_000,
}
