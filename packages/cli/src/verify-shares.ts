import {
  type DeclaredSchedule,
  Families,
  type Judgement,
  joinShares,
  shareOptions,
  type Verdict,
  type VerifyOptions,
} from 'countersign/verify'
import { startPart } from './integrity-part.ts'
import { Lines } from './lines.ts'
import type { ShareNews, ShareWork } from './share-worker.ts'
import { startWorker } from './start-worker.ts'
import { type OnProgress, readBlocks } from './trail-file.ts'

/** What a trail comes to that several threads have judged together. */
export interface SharedVerdict {
  readonly verdict: Verdict
  readonly declared: readonly DeclaredSchedule[]
}

/**
 * Verifies a trail file on several threads: one for chain and tree, and so many others that judge a share of the changes
 * each. `undefined` where anything is found, or where the changes cannot be shared out: then the trail is to be judged in
 * one piece, so that what is found does not hang on the number of threads.
 */
export async function verifyInShares(
  file: string,
  bytes: number,
  threads: number,
  options: VerifyOptions,
  onProgress?: OnProgress,
): Promise<SharedVerdict | undefined> {
  const taken = shareOptions(options)
  // The bytes are checked meanwhile: there is no need to know what belongs together for that.
  const bytesCheck = startPart({ file, from: 0, until: bytes, sizes: taken.sizes })
  const started: { stop(): Promise<number> }[] = [bytesCheck]
  try {
    const families = new Families()
    const lines = new Lines(line => families.line(line))
    await readBlocks(file, block => lines.push(block), { until: bytes })
    const sharing = families.sharing(threads)
    const read = Array.from({ length: threads }, () => 0)
    const shares = read.map((_, index) =>
      startShare({ file, bytes, sharing, index, options: taken }, far => {
        read[index] = far
        onProgress?.(Math.min(...read), bytes)
      }),
    )
    started.push(...shares)
    const [report, ...told] = await Promise.all([bytesCheck.done, ...shares.map(share => share.done)])
    if (report === undefined) return undefined
    const judgements = told.map(one => one?.judgement)
    const verdict = joinShares(report, judgements, options)
    return verdict === undefined ? undefined : { verdict, declared: told.flatMap(one => one?.declared ?? []) }
  } finally {
    await Promise.all(started.map(one => one.stop()))
  }
}

interface Told {
  readonly judgement: Judgement | undefined
  readonly declared: readonly DeclaredSchedule[]
}

function startShare(work: ShareWork, onRead: (read: number) => void) {
  const worker = startWorker('share-worker', work)
  const done = new Promise<Told | undefined>(resolve => {
    worker.on('message', (news: ShareNews) => {
      if ('read' in news) onRead(news.read)
      else resolve(news)
    })
    // What has gone wrong goes wrong again in one piece, and is told from there.
    worker.on('error', () => resolve(undefined))
    worker.on('exit', () => resolve(undefined))
  })
  return { done, stop: () => worker.terminate() }
}
