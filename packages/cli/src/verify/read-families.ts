import { randomInt } from 'node:crypto'
import { Families } from 'countersign/verify'
import { entryIn, Lines } from '../source/lines.ts'

/** No entry is shorter: its frame and the hash in it alone are longer. */
const shortest = 84

/** What a first reading has found. */
interface FirstReading {
  readonly families: Families
  readonly bytes: number
  /** There are lines that are no entries: something will be found. */
  readonly isBroken: boolean
}

/**
 * Reads a trail a first time: what belongs together in it, and until when it is asked for; and how many bytes there are. Where
 * several are to judge it, it ends with the first line that is no entry, as they would find nothing that counts.
 */
export async function readFamilies(
  blocks: AsyncIterable<Uint8Array>,
  { alone }: { readonly alone: boolean },
): Promise<FirstReading> {
  const families = new Families(randomInt(2 ** 31), { alone })
  let isBroken = false
  let isStart = true
  const lines = new Lines(
    line => {
      const entry = entryIn(line, isStart)
      isStart = false
      if (entry.length < shortest) isBroken = true
      // An empty line has no number.
      if (entry.length > 0) families.line(entry)
    },
    () => {
      isStart = false
      isBroken = true
      families.skip()
    },
  )
  let bytes = 0
  for await (const block of blocks) {
    lines.push(block)
    bytes += block.length
    if (isBroken && !alone) break
  }
  return { families, bytes, isBroken }
}
