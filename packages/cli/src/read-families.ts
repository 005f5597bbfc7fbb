import { randomInt } from 'node:crypto'
import { Families } from 'countersign/verify'
import { Lines } from './lines.ts'

/** Reads a trail a first time: what belongs together in it, and until when it is asked for; and how many bytes there are. */
export async function readFamilies(
  blocks: AsyncIterable<Uint8Array>,
): Promise<{ readonly families: Families; readonly bytes: number }> {
  const families = new Families(randomInt(2 ** 31))
  const lines = new Lines(line => families.line(line))
  let bytes = 0
  for await (const block of blocks) {
    lines.push(block)
    bytes += block.length
  }
  return { families, bytes }
}
