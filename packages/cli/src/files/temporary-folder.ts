import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../shell/input-error.ts'

/** By which a person or the system ends a process: Ctrl-C, `kill`, a terminal that is closed. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Lends a folder of its own among the temporary ones, which only this account may read, and removes it afterwards with all
 * that is in it; also where a signal ends the process meanwhile, as it still does then.
 */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-')).catch(error => {
    throw temporaryUnwritable(error)
  })
  const stopListening = () => {
    for (const signal of endings) process.off(signal, end)
  }
  const end = (signal: NodeJS.Signals): void => {
    rmSync(folder, { recursive: true, force: true })
    // With nobody who listens it does what it does by itself, so whoever waits for this process sees what has ended it.
    stopListening()
    process.kill(process.pid, signal)
  }
  for (const signal of endings) process.on(signal, end)
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    stopListening()
  }
}

/** That nothing can be laid among the temporary files, and what helps. */
export const temporaryUnwritable = (cause: unknown): InputError =>
  new InputError(`nothing can be written in the temporary folder ${tmpdir()}: ${(cause as Error).message}`, {
    hint: 'Make room there, or let TMPDIR (on Windows TEMP) name a folder on a disk with room for it.',
    cause,
  })
