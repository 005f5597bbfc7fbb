import { parentPort, workerData } from 'node:worker_threads'
import { Integrity, type IntegrityReport } from '@countersign/trail'
import { readBlocks } from './trail-file.ts'

/** The part of a file that a thread checks: from a byte at which a line begins, to another. */
export interface PartWork {
  readonly file: string
  readonly from: number
  readonly until: number
  readonly sizes: readonly number[]
}

export type PartNews = { readonly read: number } | { readonly report: IntegrityReport }

const { file, from, until, sizes } = workerData as PartWork
const tell = (news: PartNews) => parentPort?.postMessage(news)
// How many entries come before is counted by their newlines, which is far quicker than to hash them.
let seq = 0
await readBlocks(
  file,
  block => {
    for (let at = block.indexOf(0x0a); at >= 0; at = block.indexOf(0x0a, at + 1)) seq += 1
  },
  { until: from },
)
const integrity = new Integrity({ sizes, start: { seq, offset: from } })
await readBlocks(file, block => integrity.push(block), { from, until, onProgress: read => tell({ read: read - from }) })
tell({ report: integrity.finish() })
