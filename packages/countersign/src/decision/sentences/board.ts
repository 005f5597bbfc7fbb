import { orList } from '../../values/near.ts'
import type { RefusalFacts } from '../facts.ts'
import { list, type SentencesOf, shown, whole } from '../sentence.ts'

/** What takes the places of a limit: what is there, and for which categories others are kept. */
function takenBy({ there, kept }: RefusalFacts['limit.reached']): string[] {
  const [first, ...others] = list(there)
  const reserved = Object.entries(whole(kept)).map(
    ([category, places]) => `${shown(places)} ${places === 1 ? 'place is' : 'places are'} kept for ${category}`,
  )
  if (first === undefined) return reserved.length === 0 ? ['the places are reserved'] : reserved
  return [`${[first, ...others].join(', ')} ${others.length === 0 ? 'is' : 'are'} there`, ...reserved]
}

/** Whether a board has room for it. */
export const ofBoard: SentencesOf<'board' | 'priority' | 'quorum' | 'limit'> = {
  'board.none': f => ({
    because: `the policy in force for ${shown(f.team)} has no board`,
    help: 'Nothing has to be moved: it goes on by itself.',
  }),
  'board.no-planning': f => ({
    because: `the policy of ${shown(f.team)} does not say who decides in which order its changes come`,
    help: 'Its board needs `planning`: the role that decides, and how many of another one are present.',
  }),
  'quorum.missing': f => ({
    because: `${shown(f.needs)} of ${shown(f.role)} have to be present, and ${list(f.counted).length === 0 ? 'nobody is' : `only ${list(f.counted).join(', ')} ${list(f.counted).length === 1 ? 'is' : 'are'}`}`,
    help: 'Decide it when more of them are there.',
  }),
  'board.out-of-reach': f => ({
    because: `${shown(f.change)} cannot be moved to ${shown(f.column)} now${shown(f.near ?? '')}`,
    help:
      list(f.known).length === 0
        ? 'It lies where it is until it goes on.'
        : `It can be moved to ${orList(list(f.known))}, as far as there is room.`,
  }),
  'priority.twice': f => ({
    because: `the order names ${shown(f.change)} twice`,
    help: 'Name each change once, in the place that it is to have.',
  }),
  'board.not-pulled': f => ({
    because: `${shown(f.change)} lies ${f.lies === null ? 'in no column yet' : `in ${shown(f.lies)}`}, and this is done in ${shown(f.column)}`,
    help: `Pull it into ${shown(f.column)} first (move), when there is room.`,
  }),
  'limit.reached': f => ({
    because: `the limit of ${shown(f.limit)} is ${shown(f.most)}, and ${takenBy(f).join(', and ')}`,
    help:
      list(f.there).length === 0
        ? 'The board has to have more places, or to keep fewer.'
        : list(f.aside).length === 0
          ? 'Finish one of them first; where none of them can go on, cancel one, or adopt a policy whose board has more room, or a column outside of what is in progress that takes all (`wip: false`, without a limit).'
          : `Finish one of them first, or put one aside: move it to ${orList(list(f.aside))}.`,
  }),
  'limit.owner': f => ({
    because: `${shown(f.change)} lies with ${f.left === undefined ? 'nobody' : `${shown(f.left)}, who has left`}, and nothing comes into ${shown(f.column)} unless it lies with somebody who is here`,
    help: 'Assign it to somebody first, or name who is to have it when it is moved (`owner`).',
  }),
  'limit.expedite': f => ({
    because: `the lane for what cannot wait takes ${shown(f.most)}, and ${list(f.there).join(', ')} ${list(f.there).length === 1 ? 'is' : 'are'} in it`,
    help: 'Finish that first.',
  }),
}
