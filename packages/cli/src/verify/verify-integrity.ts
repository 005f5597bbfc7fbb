import {
  Integrity,
  type IntegrityReport,
  joinIntegrity,
  MAX_ENTRY_BYTES,
  parseCheckpointText,
  parseNote,
} from '@countersign/trail'
import type { SourceFault, Verdict, VerifyOptions } from 'countersign/verify'
import { type OnProgress, readBlocks } from '../files/blocks.ts'
import { entryIn, Lines } from '../source/lines.ts'
import type { TrailSource } from '../source/trail-source.ts'
import { type Part, startPart } from './integrity-part.ts'

/** The verdict on the bytes of a trail alone, wherever it lies; of a file on so many threads. */
export async function verifyIntegrity(
  source: TrailSource,
  bytes: number,
  threads: number,
  options: VerifyOptions,
  onProgress?: OnProgress,
): Promise<Verdict> {
  const { checkpoints = [], published } = options
  const sizes = [...checkpoints, ...(published === undefined ? [] : [published])].map(
    one => parseCheckpointText(parseNote(one.note).text).size,
  )
  const { file } = source
  const joined =
    file === undefined || threads < 2 ? undefined : await checkInParts(file, bytes, threads, sizes, onProgress)
  let founding: Uint8Array | undefined
  let isStart = true
  const first = new Lines(
    line => {
      const entry = founding === undefined ? entryIn(line, isStart) : undefined
      isStart = false
      // The blocks share their memory, and a slice of a Buffer is a view of it.
      if (entry !== undefined && entry.length > 0) founding = Uint8Array.from(isEntry(entry) ? entry : none)
    },
    // What is too long has the number 0 all the same, and no later entry founds the trail.
    () => {
      founding ??= none
    },
  )
  if (file !== undefined && joined !== undefined) {
    await readBlocks(file, block => first.push(block), { until: Math.min(bytes, longestFirst) })
    return verdictOn(joined, founding, options)
  }
  const faults: SourceFault[] = []
  const integrity = new Integrity({ sizes })
  for await (const block of source.blocks({ onProgress, onFault: fault => faults.push(fault) })) {
    if (founding === undefined) first.push(block)
    integrity.push(block)
  }
  return verdictOn(integrity.finish(), founding, options, faults)
}

async function verdictOn(
  report: IntegrityReport,
  founding: Uint8Array | undefined,
  options: VerifyOptions,
  faults: readonly SourceFault[] = [],
): Promise<Verdict> {
  // Loaded when the reading is over, so that it takes the memory that the reading leaves.
  const { bytesVerdict } = await import('countersign/verify/integrity')
  return bytesVerdict(report, founding, options, faults)
}

const isEntry = (line: Uint8Array) => line.length <= MAX_ENTRY_BYTES
const none = new Uint8Array()

/** A first entry is within these bytes, or it is none. */
const longestFirst = 1 << 17

/**
 * Checks a file in parts, the first by this process and each other by one of its own. `undefined` where the parts do not fit
 * together, so that it is checked in one piece.
 */
async function checkInParts(
  file: string,
  bytes: number,
  threads: number,
  sizes: readonly number[],
  onProgress?: OnProgress,
): Promise<IntegrityReport | undefined> {
  const cuts: number[] = [0]
  for (let part = 1; part < threads; part++) {
    const cut = await lineAfter(file, Math.floor((bytes * part) / threads), bytes)
    if (cut > (cuts.at(-1) ?? 0) && cut < bytes) cuts.push(cut)
  }
  const read = cuts.map(() => 0)
  const far = (part: number, to: number) => {
    read[part] = to
    // While this process reads it hears of no other; they come about as far.
    const all = read.reduce((sum, one) => sum + Math.max(one, read[0] as number), 0)
    onProgress?.(Math.min(all, bytes), bytes)
  }
  const others: Part[] = []
  try {
    for (const [index, from] of cuts.slice(1).entries()) {
      const part = startPart({ file, from, until: cuts[index + 2] ?? bytes, sizes }, to => far(index + 1, to))
      if (part === undefined) return undefined
      others.push(part)
    }
    const integrity = new Integrity({ sizes })
    const onRead = (to: number) => far(0, to)
    await readBlocks(file, block => integrity.push(block), { until: cuts[1] ?? bytes, onProgress: onRead })
    const reports = await Promise.all(others.map(part => part.done))
    const known = [integrity.finish(), ...reports.flatMap(report => report ?? [])]
    const whole = known.length < cuts.length ? undefined : joinIntegrity(known)
    // At a seam one fault can look like another, so what is found is looked for again in one piece.
    return whole !== undefined && whole.found === (whole.torn ? 1 : 0) ? whole : undefined
  } finally {
    await Promise.all(others.map(part => part.stop()))
  }
}

/** The byte at which the first line begins that begins at a byte or after it. */
async function lineAfter(file: string, from: number, until: number): Promise<number> {
  let found: number | undefined
  let at = from
  await readBlocks(
    file,
    block => {
      const newline = found === undefined ? block.indexOf(0x0a) : -1
      if (newline >= 0) found = at + newline + 1
      at += block.length
    },
    { from, until: Math.min(until, from + longestFirst) },
  )
  return found ?? until
}
