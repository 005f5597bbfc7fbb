import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { CountersignError } from '@countersign/trail'
import { inTemporaryFolder, temporaryUnwritable } from '../files/temporary-folder.ts'
import type { Copied } from '../hand-over/copy-trail.ts'
import { count } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { jsonText } from '../shell/json-text.ts'
import { endWith } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { type Address, addressOf, asInput, told } from '../source/store-address.ts'
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

const importTo = (to: Address, shell: Shell): Promise<Copied> =>
  inTemporaryFolder(async folder => {
    const path = join(folder, 'trail.jsonl')
    await lay(shell.stdin, path)
    await checkWhole(path)
    return copyBetween({ kind: 'file', path }, to, shell)
  })

/** Lays what comes into a new file. */
async function lay(input: AsyncIterable<string | Uint8Array>, path: string): Promise<void> {
  const writing = <T>(work: Promise<T>): Promise<T> =>
    work.catch(error => {
      throw temporaryUnwritable(error)
    })
  const file = await writing(open(path, 'wx', 0o600))
  try {
    for await (const part of input) await writing(file.writeFile(part))
  } finally {
    await writing(file.close())
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
