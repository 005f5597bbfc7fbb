import { setTimeout as pause } from 'node:timers/promises'
import { isBusy } from './fault.ts'

/** The longest pause between two attempts, in milliseconds. */
const LONGEST = 50

/**
 * Does work that needs a lock of the file. While another process holds the file, it tries again for as long as the
 * patience lasts; between two attempts this process does everything else. Throws what SQLite says to the last attempt.
 * With a patience of 0 there is one.
 */
export async function patiently<T>(patience: number, work: () => T): Promise<T> {
  const end = performance.now() + patience
  for (let wait = 1; ; wait = Math.min(wait * 2, LONGEST)) {
    try {
      return work()
    } catch (cause) {
      const left = end - performance.now()
      if (!isBusy(cause) || left <= 0) throw cause
      // Of a random length, so that all who wait do not try at the same moment.
      await pause(Math.min(wait * (0.5 + Math.random()), left))
    }
  }
}
