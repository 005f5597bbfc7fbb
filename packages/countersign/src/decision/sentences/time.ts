import type { RefusalFacts } from '../facts.ts'
import { type Description, type SentencesOf, shown, whole } from '../sentence.ts'

/** Why a time cannot be given: it comes out of its order, is too long, is over, or does not run forward. */
function interval({ from, until, after, atMost }: RefusalFacts['interval.invalid']): Description {
  if (after !== undefined)
    return {
      because: `one of its intervals would begin (${shown(from)}) before the one before it ends (${shown(after)})`,
      help: 'Give them in their order, and those that overlap as one.',
    }
  const [isForward, isLimited] = [shown(until) > shown(from), atMost !== undefined]
  if (isForward && isLimited)
    return {
      because: `it would last until ${shown(until)}, and ${shown(atMost)} from ${shown(from)} is the longest that is allowed`,
      help: 'Give an end within that time; when it is over, another one can be asked for.',
    }
  // What runs forward and has no limit is refused only where it is over, and what has one begins now.
  if (isForward || isLimited)
    return {
      because: `it would be over already, as it ends at ${shown(until)}`,
      help: 'Give an end that is still to come.',
    }
  return {
    because: `it would end (${shown(until)}) no later than it begins (${shown(from)})`,
    help: 'Give an end after the beginning.',
  }
}

/** Whether it is the time for it. */
export const ofTime: SentencesOf<'freeze' | 'window' | 'glass'> & SentencesOf<'interval'> = {
  'freeze.active': f => ({
    because: `${shown(f.because)}: the freeze ${shown(f.freeze)} holds from ${shown(f.from)} until ${shown(f.until)}`,
    help:
      f.overriddenBy === null
        ? 'Wait until it is over; approving and testing go on.'
        : `Wait until it is over, or ask a holder of ${shown(f.overriddenBy)} without a part in the change to override it for this one. Approving and testing go on.`,
  }),
  'freeze.no-override': f => ({
    because: `the freeze ${shown(f.freeze)} names nobody who could except a change from it`,
    help: 'Wait until it is over, or have an administrator without a part in the change lift it for all.',
  }),
  'window.closed': f => ({
    because: `it may be put into effect only within the windows of ${shown(f.calendar)}, and none is open`,
    help:
      f.next === null
        ? 'No further window is declared that is not all in freezes; an administrator can declare one.'
        : `The next one is open from ${shown(whole(f.next).from)} until ${shown(whole(f.next).until)}.`,
  }),
  'glass.not-permitted': f => ({
    because: `the policy lets nobody break the glass on changes of the category ${shown(f.category)}`,
    help: 'The approvals before it have to be given, by whoever stands in for those who are away.',
  }),
  'interval.invalid': interval,
}
