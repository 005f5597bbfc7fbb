import { describe, expect, it } from 'vitest'
import { holdBoth, least, longest } from '../properties/both.ts'
import { asWritten } from '../properties/trial.ts'

describe('over ten thousand histories, their first part', () => {
  it(
    'the library and the plain count agree at every step on who made what, whose approval counts, and what is met',
    () => {
      const tally = holdBoth(1)
      console.log(String(tally))
      if (asWritten) expect(tally.lacks(least)).toEqual([])
    },
    longest + 30_000,
  )
})
