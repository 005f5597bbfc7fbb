import {
  type Checkpoint,
  CountersignError,
  Integrity,
  type IntegrityLine,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  parseVerifierKey,
  unexpected,
} from '@countersign/trail'
import type { GivenCheckpoint } from 'countersign/verify'
import { originIn } from 'countersign/verify/integrity'
import type { OnProgress } from '../files/blocks.ts'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { findTrail } from './find-trail.ts'
import { nameOf, soundBlocks } from './trail-source.ts'

/** Opens a checkpoint. Throws `InputError` where it is none, or keys were given and none of them has signed it. */
export function openedCheckpoint(given: GivenCheckpoint, keys: readonly string[] = []): Checkpoint {
  if (typeof given?.note !== 'string') throw unexpected('input', 'the checkpoint', '{ name, note }', { given })
  const { name, note } = given
  try {
    if (keys.length > 0) return openCheckpoint(note, { keys: keys.map(parseVerifierKey) }).checkpoint
    return parseCheckpointText(parseNote(note).text)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const what = keys.length > 0 ? 'a signed checkpoint of a key that was given' : 'a signed checkpoint'
    throw new InputError(`${name} is not ${what}: ${error.message}`, { cause: error })
  }
}

/** What else is asked of a trail, and who is told about its entries. */
export interface Against {
  /** A checkpoint that was published before. */
  readonly before?: Checkpoint | undefined
  /** Told of each entry up to the checkpoint's size. */
  readonly onEntry?: (line: IntegrityLine) => void
  readonly onProgress?: OnProgress | undefined
}

/**
 * Reads a trail, which must be the one that a checkpoint was made of, and the one that was published before.
 * Throws `InputError` where it is not, or is damaged.
 */
export async function readAgainst(
  trail: string,
  next: Checkpoint & { readonly name: string },
  { before, onEntry, onProgress }: Against = {},
): Promise<void> {
  let origin: string | undefined
  const integrity = new Integrity({
    sizes: [next.size, before?.size ?? 0],
    onLine: line => {
      if (line.seq === 0) origin = originIn(line.bytes)
      if (line.seq < next.size) onEntry?.(line)
    },
  })
  const source = await findTrail(trail)
  for await (const block of soundBlocks(trail, source, onProgress)) integrity.push(block)
  const report = integrity.finish()
  const { name } = next
  const told = nameOf(trail, source)
  const hint = `verify-trail ${shellWord(told)} --checkpoint ${shellWord(name)} tells more.`
  const broken = report.findings.find(one => one.code !== 'tail.torn')
  if (broken !== undefined) throw new InputError(`${told} is damaged at entry ${broken.seq} (${broken.code})`, { hint })
  if (next.size > 0 && origin !== next.origin)
    throw new InputError(`${told} is not a trail of ${next.origin}, of which ${name} is a checkpoint`, { hint })
  if (next.size > report.size)
    throw new InputError(`${name} counts ${next.size} entries, and ${told} has ${report.size}`, { hint })
  const root = report.roots.get(next.size)
  if (root !== next.root)
    throw new InputError(
      `${told} is not what ${name} was made of: at ${next.size} entries its root is ${root}, not ${next.root}`,
      { hint },
    )
  const earlier = before === undefined ? undefined : report.roots.get(before.size)
  if (before !== undefined && earlier !== before.root)
    throw new InputError(
      `${told} does not extend what was published: at ${before.size} entries its root is ${earlier}, not ${before.root}`,
      { hint: 'One of the two was rewritten. Keep both, and find out which.' },
    )
}
