import { CountersignError, type IntegrityLine, requireOptions } from '@countersign/trail'
import { BundleChooser, BundleMaker } from 'countersign/bundle'
import type { GivenCheckpoint } from 'countersign/verify'
import type { OnProgress } from '../files/blocks.ts'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { openedCheckpoint, readAgainst } from '../source/read-against.ts'
import { toldAs } from '../source/store-address.ts'

/** What a bundle is made of. */
export interface BundleOf {
  /** The path of a trail file, or the address of a store. */
  readonly trail: string
  readonly change: string
  /** The signed checkpoint against which the bundle proves its entries. */
  readonly checkpoint: GivenCheckpoint
  /** Public keys (C2SP vkey lines) of which one must have signed it; where there is none, nobody is asked. */
  readonly keys?: readonly string[]
  readonly onProgress?: OnProgress
}

const names = Object.keys({
  trail: true,
  change: true,
  checkpoint: true,
  keys: true,
  onProgress: true,
} satisfies Record<keyof BundleOf, true>)

/**
 * Makes the bundle of evidence about one change: its entries and its family's, all about people and rules, and the
 * proof against a checkpoint. Gives the bytes of the file.
 *
 * Throws `InputError` where the trail is not the one of the checkpoint, or holds no such change up to its size, and
 * `CountersignError` `input` where an option is unknown.
 *
 * @example
 * ```ts
 * import { makeBundle } from '@countersign/cli'
 * const checkpoint = { name: 'checkpoint', note: 'no note' }
 * await makeBundle({ trail: 'trail.jsonl', change: 'PAY-1', checkpoint }) // throws not a signed checkpoint
 * ```
 */
export async function makeBundle(of: BundleOf): Promise<Uint8Array> {
  requireOptions('makeBundle', of, names)
  const { trail, change, checkpoint, keys, onProgress } = of
  const opened = openedCheckpoint(checkpoint, keys)
  const next = { name: checkpoint.name, ...opened }
  const chooser = new BundleChooser()
  try {
    await readAgainst(trail, next, { onEntry: line => choose(chooser, line, trail), onProgress })
    const maker = new BundleMaker(chooser.choose(change), opened, checkpoint.note)
    await readAgainst(trail, next, { onEntry: ({ seq, bytes, leafHash }) => maker.entry(seq, bytes, leafHash) })
    return maker.finish()
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw new InputError(`no bundle can be made of ${toldAs(trail)} at ${opened.size} entries: ${error.message}`, {
      hint: `countersign log ${shellWord(toldAs(trail))} lists what is in it.`,
      cause: error,
    })
  }
}

/** What cannot be read cannot be chosen either. */
function choose(chooser: BundleChooser, { seq, bytes }: IntegrityLine, trail: string): void {
  try {
    chooser.entry(bytes)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw new InputError(`${toldAs(trail)} is damaged at entry ${seq}: ${error.message}`, {
      hint: `verify-trail ${shellWord(toldAs(trail))} tells more.`,
      cause: error,
    })
  }
}
