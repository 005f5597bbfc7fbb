import { changeOf, entryOf, logEntry, logLine } from '../pages/log-page.ts'
import { settingFor } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { jsonText } from '../shell/json-text.ts'
import { written } from '../shell/output.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { unknown, unverified } from '../source/show.ts'
import { toldAs } from '../source/store-address.ts'
import { readLines } from '../source/trail-reader.ts'

/** Lines that are written at once: more would wait for a reader that is slow. */
const atOnce = 256

/** Lists what happened, an entry a line. */
export async function log([trail = '']: readonly string[], { change, json }: Options, shell: Shell): Promise<number> {
  const setting = settingFor(shell.stdout, shell.env)
  const lines: string[] = []
  const changes = new Set<string>()
  let read = 0
  const unreadable: number[] = []
  await readLines(trail, ({ seq, bytes }) => {
    const body = entryOf(bytes)
    read += 1
    if (body === undefined) {
      unreadable.push(seq)
      if (change === undefined)
        lines.push(
          json
            ? jsonText({ seq, unreadable: true })
            : `${String(seq).padStart(5)}  (this line is no entry; verify-trail tells more)`,
        )
      return
    }
    const about = changeOf(body)
    if (about !== undefined) changes.add(about)
    if (change !== undefined && about !== change) return
    const entry = logEntry(body)
    lines.push(json ? jsonText({ ...body, said: entry }) : logLine(entry, setting))
  })
  if (change !== undefined && !changes.has(change)) throw unknown('change', change, [...changes])
  shell.stderr.write(unverified)
  const name = toldAs(trail)
  const hint = `verify-trail ${shellWord(name)} tells more.`
  if (unreadable.length === read) throw new InputError(`${name} is no trail: none of its lines is an entry`, { hint })
  // Whoever reads the first ones only has what was asked for.
  shell.exitCode = unreadable.length > 0 ? 2 : 0
  for (let from = 0; from < lines.length; from += atOnce)
    await written(shell.stdout, `${lines.slice(from, from + atOnce).join('\n')}\n`)
  if (unreadable.length > 0)
    throw new InputError(
      unreadable.length === 1
        ? `one of the ${read} lines of ${name} is no entry, in the place of entry ${unreadable[0]}`
        : `${unreadable.length} of the ${read} lines of ${name} are no entries, the first one in the place of entry ${unreadable[0]}`,
      { hint },
    )
  return 0
}
