import { CountersignError } from '@countersign/trail'
import { didYouMean } from 'countersign'
import { SampleSheet, type Sheet } from 'countersign/sheet'
import { settingFor } from '../pages/page.ts'
import { sheetPage } from '../pages/sheet-page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import type { Shell } from '../shell/shell.ts'
import { notShown, readEntries } from '../source/read-entries.ts'
import { document, show, unknown } from '../source/show.ts'
import { instantOf } from '../source/trail-reader.ts'

/** Shows all that a trail says of one change, and in which entries. */
export async function sheet([trail = '', id = '']: readonly string[], asked: Options, shell: Shell): Promise<number> {
  const { json } = asked
  const at = asked.at === undefined ? undefined : instantOf(asked.at)
  const sample = new SampleSheet(id, at === undefined ? {} : { at })
  await readEntries(trail, bytes => sample.line(bytes))
  const told = sheetIn(sample, trail, at ?? new Date().toISOString())
  if (told === undefined) {
    const { message, hint = '' } = unknown('change', id, sample.changes, at)
    throw new InputError(`${message}${didYouMean(id, sample.changes)}`, { hint })
  }
  return show(
    shell,
    json ? document({ schema: 'countersign/sheet/v1', ...told }) : sheetPage(told, settingFor(shell.stdout, shell.env)),
  )
}

/** What is recorded may lead nowhere in a trail that this library has not written. */
function sheetIn(sample: SampleSheet, trail: string, at: string): Sheet | undefined {
  try {
    return sample.sheet(at)
  } catch (error) {
    throw error instanceof CountersignError ? notShown(trail, error.message, error) : error
  }
}
