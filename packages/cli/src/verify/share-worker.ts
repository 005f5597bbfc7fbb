import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import {
  type DeclaredSchedule,
  type Judgement,
  type ShareOptions,
  ShareVerifier,
  type Sharing,
} from 'countersign/verify'
import { blocksOf, seldom } from '../files/blocks.ts'
import { Lines } from '../source/lines.ts'

/** What a thread is given to do. How the changes are shared out is told once that is known: it gets ready meanwhile. */
export interface ShareWork {
  readonly file: string
  readonly bytes: number
  readonly index: number
  readonly options: Pick<ShareOptions, 'sizes' | 'since'>
}

/** What a thread tells: how far it has read, and at last what its share comes to. */
export type ShareNews =
  | { readonly read: number }
  | { readonly judgement: Judgement | undefined; readonly declared: readonly DeclaredSchedule[] }

const { file, bytes, index, options } = workerData as ShareWork
const tell = (news: ShareNews) => parentPort?.postMessage(news)
const [sharing] = (parentPort === null ? [] : await once(parentPort, 'message')) as [Sharing]
const declared: DeclaredSchedule[] = []
const share = new ShareVerifier(sharing, index, { ...options, onSchedule: one => declared.push(one) })
let seq = 0
let isUseful = true
const lines = new Lines(line => {
  isUseful &&= share.line(seq, line)
  seq += 1
})
const onProgress = seldom(read => tell({ read }))
for await (const block of blocksOf(file, { until: bytes, onProgress })) {
  lines.push(block)
  if (!isUseful) break
}
tell({ judgement: share.finish(), declared })
