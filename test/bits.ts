import { EMPTY_ROOT, Integrity, leafHash, Tree } from '@countersign/trail'

/** How many bits were turned over, and how many of them the check of the bytes has found. */
export interface Turned {
  readonly turned: number
  readonly found: number
}

/** A line with its newline. */
const ended = (line: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(line.length + 1)
  bytes.set(line)
  bytes[line.length] = 0x0a
  return bytes
}

/**
 * Turns over every bit of some lines of a sound trail, newlines included, one at a time, and counts those that chain and tree
 * tell, held against the root of the whole. What comes before a line is as it was, so the check begins there; what comes
 * after the next one is as it was, too, so it ends there, or at the end of the trail.
 */
export function turnBits(lines: readonly Uint8Array[], which: (index: number) => boolean): Turned {
  const whole = Tree.from({ size: 0, peaks: [] })
  for (const line of lines) whole.append(leafHash(line))
  const root = whole.root()
  const before = Tree.from({ size: 0, peaks: [] })
  let last = EMPTY_ROOT
  let offset = 0
  let turned = 0
  let found = 0
  for (const [index, line] of lines.entries()) {
    const bytes = ended(line)
    if (which(index)) {
      const start = { tree: before.state(), leafHash: last, offset }
      const next = lines[index + 1]
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        const integrity = new Integrity({ start })
        integrity.push(flipped)
        if (next !== undefined) integrity.push(ended(next))
        const report = integrity.finish()
        turned += 1
        if (report.found > 0 || (next === undefined && report.root !== root)) found += 1
      }
    }
    last = leafHash(line)
    before.append(last)
    offset += bytes.length
  }
  return { turned, found }
}
