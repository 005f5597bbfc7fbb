import { open } from 'node:fs/promises'
import type { bundleFormat } from 'countersign/bundle'
import { kindOf } from '../files/file.ts'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'

/** The first line of a bundle. It stands here again, as what reads bundles takes long to load, and most files are none. */
const mark: typeof bundleFormat = 'countersign/bundle/v1'
/** One that was rewritten on its way is told as such where bundles are read: it is no trail either. */
const beginning = new RegExp(`^\ufeff?${mark}\r?\n`)
/** The mark, three bytes before it, and two behind. */
const longest = mark.length + 5

/** Whether a file begins as a bundle does. What cannot be read is none. */
export async function isBundle(path: string): Promise<boolean> {
  if ((await kindOf(path).catch(() => 'nothing')) !== 'file') return false
  try {
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(longest), 0, longest, 0)
      return beginning.test(buffer.toString('utf8', 0, bytesRead))
    } finally {
      await handle.close()
    }
  } catch {
    return false
  }
}

/** Throws `InputError` where a file that is taken for a trail is a bundle. `name`: how it is told. */
export async function refuseBundle(file: string, name = file): Promise<void> {
  if (!(await isBundle(file))) return
  throw new InputError(`${name} is a bundle, which is the evidence about one change and no trail`, {
    hint: `verify-trail bundle ${shellWord(name)} judges it, and --json prints all that it comes to. This command takes the trail that it was made of.`,
  })
}
