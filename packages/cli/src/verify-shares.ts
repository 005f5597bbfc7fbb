import { randomInt } from 'node:crypto'
import { Integrity } from '@countersign/trail'
import {
  type DeclaredSchedule,
  Families,
  type Judgement,
  joinShares,
  ShareVerifier,
  type Sharing,
  shareOptions,
  type Verdict,
  type VerifyOptions,
} from 'countersign/verify'
import { startPart } from './integrity-part.ts'
import { Lines } from './lines.ts'
import type { ShareNews, ShareWork } from './share-worker.ts'
import { startWorker } from './start-worker.ts'
import { blocksOf, type OnProgress, readBlocks } from './trail-file.ts'

/** What a trail comes to that several threads have judged together. */
export interface SharedVerdict {
  readonly verdict: Verdict
  readonly declared: readonly DeclaredSchedule[]
}

/**
 * Verifies a trail file in two passes: the first finds out what belongs together, and until when it is asked for; the second
 * judges, on several threads so many shares, and forgets what is over. `undefined` where anything is found, or where the first
 * pass was wrong: then the trail is to be judged in one piece, so that what is found hangs on neither.
 */
export async function verifyInShares(
  file: string,
  bytes: number,
  threads: number,
  options: VerifyOptions,
  onProgress?: OnProgress,
): Promise<SharedVerdict | undefined> {
  return threads < 2 ? alone(file, bytes, options, onProgress) : together(file, bytes, threads, options, onProgress)
}

async function familiesIn(file: string, bytes: number): Promise<Families> {
  const families = new Families(randomInt(2 ** 31))
  const lines = new Lines(line => families.line(line))
  await readBlocks(file, block => lines.push(block), { until: bytes })
  return families
}

async function alone(file: string, bytes: number, options: VerifyOptions, onProgress?: OnProgress) {
  const { sizes, since } = shareOptions(options)
  const families = await familiesIn(file, bytes)
  const declared: DeclaredSchedule[] = []
  const share = new ShareVerifier(families.sharing(1), 0, { sizes, since, onSchedule: one => declared.push(one) })
  let isUseful = true
  const integrity = new Integrity({
    sizes,
    onLine: ({ seq, bytes: line }) => {
      isUseful &&= share.line(seq, line)
    },
  })
  for await (const block of blocksOf(file, {
    until: bytes,
    ...(onProgress === undefined ? {} : { onProgress: read => onProgress(read, bytes) }),
  })) {
    integrity.push(block)
    if (!isUseful) return undefined
  }
  const verdict = joinShares(integrity.finish(), [share.finish()], options)
  return verdict === undefined ? undefined : { verdict, declared }
}

async function together(file: string, bytes: number, threads: number, options: VerifyOptions, onProgress?: OnProgress) {
  const taken = shareOptions(options)
  // The bytes are checked meanwhile: there is no need to know what belongs together for that.
  const bytesCheck = startPart({ file, from: 0, until: bytes, sizes: taken.sizes })
  const read = Array.from({ length: threads }, () => 0)
  const shares = read.map((_, index) =>
    startShare({ file, bytes, index, options: taken }, far => {
      read[index] = far
      onProgress?.(Math.min(...read), bytes)
    }),
  )
  const started: { stop(): Promise<number> }[] = [bytesCheck, ...shares]
  try {
    const families = await familiesIn(file, bytes)
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
  return { done, begin: (sharing: Sharing) => worker.postMessage(sharing), stop: () => worker.terminate() }
}
