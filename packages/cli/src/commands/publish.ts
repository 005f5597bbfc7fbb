import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { kindOf } from '../files/file.ts'
import { readCheckpoint, readKey } from '../files/supplied.ts'
import { type Published, publishTrail } from '../hand-over/publish.ts'
import { count } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { grouped } from '../shell/number.ts'
import { Progress } from '../shell/progress.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { addressOf } from '../source/store-address.ts'
import { fileOrStore } from '../source/trail-file.ts'

/** Publishes a trail as static files, up to a signed checkpoint. */
export async function publish(
  [trail = '', folder = '']: readonly string[],
  { checkpoint, key = [] }: Options,
  shell: Shell,
): Promise<number> {
  if (checkpoint === undefined)
    throw misuse(
      'countersign publish',
      'publish asks for --checkpoint FILE: the signed checkpoint up to which the trail is published',
    )
  if (folder === '') throw misuse('countersign publish', 'publish to where? The name of the folder is empty')
  const source = await fileOrStore(trail)
  await requireNoTrail(folder, source)
  const progress = new Progress(shell.stderr)
  try {
    const published = await publishTrail({
      trail: source,
      folder,
      checkpoint: await readCheckpoint(checkpoint),
      keys: await Promise.all(key.map(readKey)),
      onProgress: (read, total) => progress.update(read, total),
    })
    return endWith(shell, publishedLine(published, folder))
  } catch (error) {
    throw unwritten(folder, error)
  } finally {
    progress.done()
  }
}

/** What was published, in a line. */
export function publishedLine({ origin, size, since, written }: Published, folder: string): string {
  const [entries, where] = [count(size, 'entry', 'entries'), terminalText(folder)]
  const told =
    since > size
      ? `${where} holds ${count(since, 'entry', 'entries')}, and its checkpoint stays. Of the earlier one of ${entries} ${count(written, 'file')} written.`
      : `${entries} in ${where}, ${grouped(since)} of them before; ${count(written, 'file')} written, and the checkpoint.`
  return `${terminalText(origin)}: ${told}\n`
}

/** A folder that holds a trail is read as that trail, so nobody would look at what is published there. */
async function requireNoTrail(folder: string, source: string): Promise<void> {
  const address = addressOf(source)
  const here = await realpath(folder).catch(() => folder)
  // Where there is no file, it is told when it is read.
  const itself = address.kind === 'postgres' ? undefined : await realpath(address.path).catch(() => undefined)
  const isOwn = itself !== undefined && here === dirname(itself)
  if (!isOwn && (await kindOf(join(folder, 'trail.jsonl')).catch(() => undefined)) === undefined) return
  throw new InputError(`${folder} holds a trail, and nothing is published into the folder of one`, {
    hint: 'Name another folder: whoever may read what is published need not see what else lies with the trail.',
  })
}

/** What the system says of a folder, as something that the caller can mend. */
function unwritten(folder: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof InputError || code === undefined || syscall === undefined) return error
  const because =
    code === 'ENOTDIR' || code === 'EEXIST' ? 'it is no folder, or lies beneath a file' : (error as Error).message
  return new InputError(`the trail cannot be published to ${folder}: ${because}`, {
    hint: 'Name a folder that you may write into, or a place where one can be made.',
    cause: error,
  })
}
