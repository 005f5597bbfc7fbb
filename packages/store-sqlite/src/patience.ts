import { setTimeout as pause } from 'node:timers/promises'
import { isBusy } from './fault.ts'

/** The longest pause between two attempts, in milliseconds. */
const LONGEST = 50

/**
 * Does what needs a lock of the file's as soon as nobody else has it, and waits for that as long as the patience lasts, in
 * which this process does everything else. Throws what SQLite says to the last attempt; with a patience of 0 there is one.
 */
export async function patiently<T>(patience: number, work: () => T): Promise<T> {
  const end = performance.now() + patience
  for (let wait = 1; ; wait = Math.min(wait * 2, LONGEST)) {
    try {
      return work()
    } catch (cause) {
      const left = end - performance.now()
      if (!isBusy(cause) || left <= 0) throw cause
      // Not in step with others that wait.
      await pause(Math.min(wait * (0.5 + Math.random()), left))
    }
  }
}
