import { turnBits } from '../bits.ts'
import { longHistory } from './long-history.ts'
import type { Row } from './measure.ts'

/** Every bit of a whole trail of 200 entries, turned over one at a time: how many of them are not found. */
export function bitsRow(): Row {
  const { turned, found } = turnBits([...longHistory(200)], () => true)
  return {
    what: 'bits of a trail of 200 entries, each turned over, of which it is found that they are not',
    rival: 'all of them',
    aim: '= 1',
    ratios: [found / turned],
    median: found / turned,
    holds: found === turned,
    note: `${found.toLocaleString('en')} of ${turned.toLocaleString('en')}`,
  }
}
