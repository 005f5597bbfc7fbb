import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { IntegrityReport } from '@countersign/trail'
import type { PartNews, PartWork } from './integrity-worker.ts'

/** What is checked elsewhere: its report, `undefined` where something has gone wrong, and an end to it in any case. */
export interface Part {
  readonly done: Promise<IntegrityReport | undefined>
  stop(): Promise<unknown>
}

/**
 * Has a process check the bytes of a file, or of a part of it. Two threads of one process would wait for each other at each hash,
 * as OpenSSL counts in one place who uses an algorithm. `undefined` where no process may be started.
 */
export function startPart(work: PartWork, onRead?: (read: number) => void): Part | undefined {
  const child = started()
  if (child === undefined) return undefined
  const done = new Promise<IntegrityReport | undefined>(resolve => {
    child.on('message', (news: PartNews) => {
      if ('read' in news) onRead?.(news.read)
      else resolve(news.report)
    })
    child.on('error', () => resolve(undefined))
    child.on('exit', () => resolve(undefined))
  })
  // Where it cannot be told it has ended, or has never begun.
  child.send(work, () => undefined)
  return { done, stop: () => ended(child) }
}

/** A process that waits to be told what to check. */
function started(): ChildProcess | undefined {
  const file = fileURLToPath(import.meta.resolve('#integrity-worker'))
  // From source it finds the packages where this one has found them.
  const found = file.endsWith('.ts') ? ['--conditions=countersign-src'] : []
  try {
    return fork(file, {
      // Hardly anything is young for long: with more room for it, it would only take more.
      execArgv: [...found, '--semi-space-growth-factor=1'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
  } catch {
    return undefined
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
