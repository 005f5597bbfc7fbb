import { Integrity, type IntegrityReport, joinIntegrity, parseCheckpointText, parseNote } from '@countersign/trail'
import type { SourceFault, Verdict, VerifyOptions } from 'countersign/verify'
import { startPart } from './integrity-part.ts'
import { Lines } from './lines.ts'
import { type OnProgress, readBlocks } from './trail-file.ts'
import type { TrailSource } from './trail-source.ts'

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
  const first = new Lines(line => {
    const entry = founding === undefined ? entryIn(line, isStart) : undefined
    isStart = false
    // The blocks share their memory, and a slice of a Buffer is a view of it.
    if (entry !== undefined) founding = Uint8Array.from(entry)
  })
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

/** A line as the entry that it is read as: without a mark of byte order or a carriage return; an empty one is none. */
function entryIn(line: Uint8Array, isStart: boolean): Uint8Array | undefined {
  const isMarked = isStart && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf
  const entry = line.subarray(isMarked ? 3 : 0, line.at(-1) === 0x0d ? -1 : undefined)
  return entry.length === 0 ? undefined : entry
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

/** A first entry is within these bytes, or it is none. */
const longestFirst = 1 << 17

/** Checks a file in parts, each by a thread. `undefined` where the parts do not fit together, so that it is checked in one piece. */
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
  const parts = cuts.map((from, index) =>
    startPart({ file, from, until: cuts[index + 1] ?? bytes, sizes }, far => {
      read[index] = far
      onProgress?.(
        read.reduce((sum, one) => sum + one, 0),
        bytes,
      )
    }),
  )
  try {
    const reports = await Promise.all(parts.map(part => part.done))
    const known = reports.flatMap(report => report ?? [])
    const whole = known.length < parts.length ? undefined : joinIntegrity(known)
    // At a seam one fault can look like another, so what is found is looked for again in one piece.
    return whole !== undefined && whole.found === (whole.torn ? 1 : 0) ? whole : undefined
  } finally {
    await Promise.all(parts.map(part => part.stop()))
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
