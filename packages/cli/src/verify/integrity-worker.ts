import { once } from 'node:events'
import { Integrity, type IntegrityReport } from '@countersign/trail'
import { blocksOf, readBlocks, seldom } from '../files/blocks.ts'
import { Lines } from '../source/lines.ts'

/** The part of a file that a process checks: from a byte at which a line begins, to another. */
export interface PartWork {
  readonly file: string
  readonly from: number
  readonly until: number
  readonly sizes: readonly number[]
}

/** What it tells: how far it has read, and at last what it has found; nothing where it cannot tell where it stands. */
export type PartNews = { readonly read: number } | { readonly report: IntegrityReport | undefined }

/** The members that end an entry are within these bytes, as it is mostly written. */
const longestEnd = 400

const parent = process.ppid
const [{ file, from, until, sizes }] = (await once(process, 'message')) as [PartWork]
const tell = (news: PartNews) => process.send?.(news)
const seq = from === 0 ? 0 : await seqAt(from)
if (seq === undefined) tell({ report: undefined })
else {
  const integrity = new Integrity({ sizes, start: { seq, offset: from } })
  const onProgress = seldom(read => {
    // It hears of nothing while it reads, so whoever has asked may be gone, and has nobody to tell it.
    if (process.ppid !== parent) process.exit(2)
    tell({ read: read - from })
  })
  await readBlocks(file, block => integrity.push(block), { from, until, onProgress })
  tell({ report: integrity.finish() })
}

/**
 * Which entry begins at a byte, by what it says itself: to count those before it would be to read them. It need not be
 * right, as the parts do not fit together then.
 */
async function seqAt(start: number): Promise<number | undefined> {
  let found: number | undefined
  let isRead = false
  const first = new Lines(line => {
    if (!isRead) found = seqOf(line)
    isRead = true
  })
  for await (const block of blocksOf(file, { from: start, until })) {
    first.push(block)
    if (isRead) break
  }
  return found
}

function seqOf(line: Uint8Array): number | undefined {
  const end = Buffer.from(line.subarray(-longestEnd)).toString('latin1')
  const [, seq] = /"seq":(\d{1,15}),"stream":"[^"]*","streamSeq":\d+,"v":1\},"prev":"[0-9a-f]{64}"\}$/.exec(end) ?? []
  return seq === undefined ? undefined : Number(seq)
}
