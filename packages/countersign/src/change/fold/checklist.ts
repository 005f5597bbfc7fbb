import type { Given, Tick } from '../change.ts'
import { changed, type Folds, type Of } from './fold.ts'
import { given } from './given.ts'
import { holding } from './held.ts'

export const checklistFolds: Folds<Of<'items'>> = {
  'items.ticked': (change, event, { when }) => {
    const { duty, chain, items } = event
    const ticks = [...change.ticks, ...items.map((item): Tick => ({ ...given(change, event, when), item }))]
    const held = holding(change, duty, chain, 'ticked an item', when)
    // To tick an item of a task is to do some of it, and work on a change makes it.
    const isMaking = duty !== 'test' && duty !== 'release' && duty !== 'review'
    return changed(change, {
      ticks,
      held: isMaking ? holding({ ...change, held }, 'make', chain, 'ticked an item', when) : held,
    })
  },
  'items.unticked': (change, { stage, items }, { at }) => {
    const isMeant = (one: Tick) => one.stage === stage && items.includes(one.item)
    return changed(change, { ticks: unticked(change.ticks, isMeant, { how: 'withdrawn', at }) })
  },
}

/** The ticks of a change once some of those that still hold have ended. */
export const unticked = (
  ticks: readonly Tick[],
  which: (one: Tick) => boolean,
  ended: NonNullable<Given['ended']>,
): readonly Tick[] => ticks.map(one => (one.ended === undefined && which(one) ? { ...one, ended } : one))
