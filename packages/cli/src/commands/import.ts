import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CountersignError } from '@countersign/trail'
import type { Options } from '../commands.ts'
import type { Copied } from '../copy-trail.ts'
import { InputError } from '../input-error.ts'
import { jsonText } from '../json-text.ts'
import { count } from '../page.ts'
import { endWith } from '../run.ts'
import type { Shell } from '../shell.ts'
import { type Address, addressOf, asInput, told } from '../store-address.ts'
import { terminalText } from '../terminal-text.ts'
import { copyBetween } from './copy.ts'

/**
 * Reads the lines of a trail file from standard input into a store. All of it is read and found whole before anything is
 * written, so that an input that was cut off writes nothing.
 */
export async function importTrail([target = '']: readonly string[], { json }: Options, shell: Shell): Promise<number> {
  if (shell.stdin.isTTY)
    throw new InputError('import reads the lines of a trail from standard input, and there is none', {
      hint: 'countersign export <trail> | countersign import <target>, or countersign copy <trail> <target>.',
    })
  const to = addressOf(target)
  const copied = await importTo(to, shell)
  const page = `${terminalText(told(to))} has ${count(copied.size, 'entry', 'entries')} now.\nroot ${copied.root}\n`
  // Only now that nothing lies in a folder of its own any more: where nobody reads on, the process ends at once.
  return endWith(shell, json ? `${jsonText(copied)}\n` : page)
}

async function importTo(to: Address, shell: Shell): Promise<Copied> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-import-'))
  const path = join(folder, 'trail.jsonl')
  try {
    await pipeline(shell.stdin, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    await checkWhole(path)
    return await copyBetween({ kind: 'file', path }, to, shell)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function checkWhole(path: string): Promise<void> {
  const { openFileStore } = await import('@countersign/store-file')
  try {
    const store = await openFileStore(path, { readOnly: true })
    const { recovered } = store
    let size: number
    try {
      ;({ size } = await store.head())
    } finally {
      await store.close()
    }
    if (size === 0 && recovered === undefined)
      throw new InputError('nothing came on standard input: nothing was imported', {
        hint: 'See what the program before the pipe has said. (In a shell, `set -o pipefail` ends with its status.)',
      })
    if (recovered !== undefined)
      throw new InputError('the input ends in the middle of an entry: nothing was imported', {
        hint: 'Hand it in again from its beginning.',
      })
  } catch (error) {
    throw asInput(inInput(error))
  }
}

/** What is wrong with a line of the input: where it was laid meanwhile is gone by the time somebody reads this. */
function inInput(error: unknown): unknown {
  if (!(error instanceof CountersignError) || error.code !== 'store.damaged') return error
  const { line, offset, because } = error.facts
  if (typeof line !== 'number') return error
  return new InputError(
    `nothing was imported: line ${line} of standard input (at byte ${String(offset)}) ${String(because)}`,
    {
      hint: 'Write the input into a file: verify-trail <file> lists everything that is wrong with it.',
      cause: error,
    },
  )
}
