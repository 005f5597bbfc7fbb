import { EMPTY_ROOT, leafHash, prevOf } from '@countersign/trail'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { toldAs } from './store-address.ts'
import { readLines } from './trail-reader.ts'

/**
 * Hands over the entries of a trail, each of which has to continue the one before it. Throws `InputError` at the first that
 * does not, or that whoever takes it cannot read.
 */
export async function readEntries(trail: string, take: (bytes: Uint8Array) => void): Promise<void> {
  let before: string = EMPTY_ROOT
  await readLines(trail, ({ seq, bytes }) => {
    try {
      if (prevOf(bytes) !== before) throw new Error('it does not continue the one before it')
      take(bytes)
    } catch (cause) {
      throw notShown(trail, `entry ${seq} is no entry: ${(cause as Error).message}`, cause)
    }
    before = leafHash(bytes)
  })
}

/** A trail that cannot be shown, and who tells more of that. */
export const notShown = (trail: string, because: string, cause: unknown): InputError =>
  new InputError(`${toldAs(trail)} cannot be shown: ${because}`, {
    hint: `verify-trail ${shellWord(toldAs(trail))} tells more.`,
    cause,
  })
