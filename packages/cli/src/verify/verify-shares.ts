import { Worker } from 'node:worker_threads'
import {
  type DeclaredSchedule,
  type Judgement,
  joinShares,
  type Sharing,
  shareOptions,
  type Verdict,
  type VerifyOptions,
} from 'countersign/verify'
import { blocksOf, type OnProgress } from '../files/blocks.ts'
import { type Part, startPart } from './integrity-part.ts'
import { readFamilies } from './read-families.ts'
import type { ShareNews, ShareWork } from './share-worker.ts'

/** What a trail comes to that several threads have judged together. */
export interface SharedVerdict {
  readonly verdict: Verdict
  readonly declared: readonly DeclaredSchedule[]
}

/**
 * Verifies a trail file on several threads: a first reading finds out what belongs together, and until when it is asked for;
 * then each judges so much of it, and forgets what is over. `undefined` where anything is found, where the first reading was
 * wrong, or where no process may be started: then the trail is to be judged in one piece, so that what is found hangs on none of
 * that.
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
  if (bytesCheck === undefined) return undefined
  const read = Array.from({ length: threads }, () => 0)
  const shares = read.map((_, index) =>
    startShare({ file, bytes, index, options: taken }, far => {
      read[index] = far
      onProgress?.(Math.min(...read), bytes)
    }),
  )
  const started: Pick<Part, 'stop'>[] = [bytesCheck, ...shares]
  try {
    const { families, isBroken } = await readFamilies(blocksOf(file, { until: bytes }), { alone: false })
    if (isBroken) return undefined
    const sharing = families.sharing(threads)
    for (const share of shares) share.begin(sharing)
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
  const file = new URL(import.meta.resolve('#share-worker'))
  // From source it finds the packages where this one has found them.
  const execArgv = file.pathname.endsWith('.ts') ? { execArgv: ['--conditions=countersign-src'] } : {}
  const worker = new Worker(file, { workerData: work, ...execArgv })
  const done = new Promise<Told | undefined>(resolve => {
    worker.on('message', (news: ShareNews) => {
      if ('read' in news) onRead(news.read)
      else resolve(news)
    })
    // What has gone wrong goes wrong again in one piece, and is told from there.
    worker.on('error', () => resolve(undefined))
    worker.on('exit', () => resolve(undefined))
  })
  return { done, begin: (sharing: Sharing) => worker.postMessage(sharing), stop: () => worker.terminate() }
}
