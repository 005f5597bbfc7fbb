import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { check, type Found, type Load } from './file-load.ts'

const PROGRAM = fileURLToPath(new URL('./file-killed.ts', import.meta.url))

export interface Doom {
  /** The system call at which the process is killed, counted from 1. */
  readonly at: number
  /** Whether half of the call is done, where it is a write; `of trail`: of those to the trail alone, which alone are counted then. */
  readonly half: boolean | 'of trail'
}

/** Kills a process at one of its system calls, and checks what it has left. */
export async function tryKill(folder: string, load: Load, { at, half }: Doom): Promise<Found> {
  const rounds = `${folder}.rounds.json`
  writeFileSync(rounds, JSON.stringify(load.rounds))
  const child = spawn(
    process.execPath,
    [
      '--conditions=countersign-src',
      '--no-warnings',
      PROGRAM,
      folder,
      rounds,
      String(at),
      half === true ? 'half' : half === false ? 'before' : 'half of trail',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  const signal = await new Promise(resolve => child.once('close', (_, killed) => resolve(killed)))
  rmSync(rounds)
  assert.equal(signal, 'SIGKILL', `it was to be killed at call ${at}`)
  const acknowledged = Math.max(0, ...text.split('\n').slice(0, -1).map(Number))
  return check(folder, load, acknowledged)
}
