import { describe, expect, it } from 'vitest'
import { firstFew, holdBoth, leastIn, longest } from './both.ts'
import { asWritten } from './trial.ts'

describe('over the first five hundred of ten thousand histories', () => {
  it(
    'the library and the plain count agree at every step on who made what, whose approval counts, and what is met',
    () => {
      const tally = holdBoth(1, firstFew)
      console.log(String(tally))
      if (asWritten) expect(tally.lacks(leastIn(firstFew))).toEqual([])
    },
    longest + 30_000,
  )
})
