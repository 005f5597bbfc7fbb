import { Worker } from 'node:worker_threads'

/** From source the worker is a source file as well, and finds the packages where this one has found them. */
const isSource = import.meta.url.endsWith('.ts')

/** Starts a thread that runs one of the files beside this one. */
export const startWorker = (name: string, workerData: unknown): Worker =>
  new Worker(new URL(`./${name}.${isSource ? 'ts' : 'js'}`, import.meta.url), {
    workerData,
    ...(isSource ? { execArgv: ['--conditions=countersign-src'] } : {}),
  })
