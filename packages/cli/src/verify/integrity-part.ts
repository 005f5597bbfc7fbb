import type { IntegrityReport } from '@countersign/trail'
import type { PartNews, PartWork } from './integrity-worker.ts'
import { startWorker } from './start-worker.ts'

/** Has a thread check the bytes of a file, or of a part of it. `done` gives `undefined` where something has gone wrong. */
export function startPart(work: PartWork, onRead?: (read: number) => void) {
  const worker = startWorker('integrity-worker', work)
  const done = new Promise<IntegrityReport | undefined>(resolve => {
    worker.on('message', (news: PartNews) => {
      if ('read' in news) onRead?.(news.read)
      else resolve(news.report)
    })
    worker.on('error', () => resolve(undefined))
    worker.on('exit', () => resolve(undefined))
  })
  return { done, stop: () => worker.terminate() }
}
