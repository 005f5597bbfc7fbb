import { readCheckpoint, readKey } from '../files/supplied.ts'
import { createNew } from '../files/written-file.ts'
import { makeBundle } from '../hand-over/make-bundle.ts'
import { count } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { Progress } from '../shell/progress.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { fileOrStore } from '../source/trail-file.ts'

/** Writes the evidence about one change into one file. */
export async function bundle(
  [trail = '', change = '']: readonly string[],
  { checkpoint, key = [], out }: Options,
  shell: Shell,
): Promise<number> {
  if (change === '') throw misuse('countersign bundle', 'bundle of which change? Name it after the trail')
  if (checkpoint === undefined)
    throw misuse(
      'countersign bundle',
      'bundle asks for --checkpoint FILE: the signed checkpoint that proves its entries',
    )
  if (out === undefined) throw misuse('countersign bundle', 'bundle asks for --out FILE: where to write it')
  const progress = new Progress(shell.stderr)
  try {
    const bytes = await makeBundle({
      trail: await fileOrStore(trail),
      change,
      checkpoint: await readCheckpoint(checkpoint),
      keys: await Promise.all(key.map(readKey)),
      onProgress: (read, total) => progress.update(read, total),
    })
    // Evidence that somebody may hold already is not written over.
    await createNew(out, bytes)
    return endWith(
      shell,
      `${terminalText(out)}: the evidence about ${terminalText(change)}, ${count(bytes.length, 'byte')}. verify-trail bundle ${shellWord(out)} judges it.\n`,
    )
  } finally {
    progress.done()
  }
}
