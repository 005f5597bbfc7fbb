import { Worker } from 'node:worker_threads'

/** Starts a thread that runs one of the files that `package.json` names for it, wherever this one was built into. */
export function startWorker(name: 'integrity-worker' | 'share-worker', workerData: unknown): Worker {
  const file = new URL(import.meta.resolve(`#${name}`))
  // From source it finds the packages where this one has found them.
  const execArgv = file.pathname.endsWith('.ts') ? { execArgv: ['--conditions=countersign-src'] } : {}
  return new Worker(file, { workerData, ...execArgv })
}
