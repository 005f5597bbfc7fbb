import { type Hash, parseCheckpointText, parseNote } from '@countersign/trail'
import type { GivenCheckpoint, SourceFault } from 'countersign/verify'
import type { OnProgress } from '../files/blocks.ts'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { refuseBundle } from './bundle-mark.ts'
import { toldAs } from './store-address.ts'

/**
 * From so many bytes on a trail is read twice, and given to several threads or forgotten where it is over: below it that takes
 * more time than it saves, and what is held is little.
 */
export const worthTwoReadings = 16 << 20

/** Who is told how far the reading is, and what is wrong with the place that is read from. */
export interface SourceReading {
  readonly onProgress?: OnProgress | undefined
  readonly onFault: (fault: SourceFault) => void
  /** Told the root over the entries of a publication, when all of them were read. */
  readonly onRoot?: ((root: Hash) => void) | undefined
}

/** Where a trail is read from. */
export interface TrailSource {
  /** The file, where it lies in one. */
  readonly file?: string
  /** The checkpoint that lies with it. */
  readonly published?: GivenCheckpoint
  /** The trail as the bytes of its file. Whoever takes a block must be done with it before the next. */
  readonly blocks: (reading: SourceReading) => AsyncIterable<Uint8Array>
}

/**
 * A trail in blocks, of a place with which nothing is wrong by itself. Throws `InputError` where something is, with the entry
 * from which on it is, and where the entries of a publication are not those of its checkpoint. What a store keeps beside its
 * entries is no part of what is read, and keeps nobody from reading. A bundle is no trail.
 */
export async function* soundBlocks(
  what: string,
  source: TrailSource,
  onProgress?: OnProgress,
): AsyncGenerator<Uint8Array, void, undefined> {
  const name = nameOf(what, source)
  if (source.file !== undefined) await refuseBundle(source.file, name)
  const damaged = (where: string) =>
    new InputError(`${name} is damaged${where}`, { hint: `verify-trail ${shellWord(name)} tells more.` })
  const published = source.published && parseCheckpointText(parseNote(source.published.note).text)
  yield* source.blocks({
    onProgress,
    onFault: ({ code, seq }) => {
      if (code !== 'store.differs') throw damaged(` at entry ${seq} (${code})`)
    },
    onRoot: root => {
      if (published !== undefined && published.root !== root)
        throw damaged(': its entries are not those of its checkpoint (checkpoint.root)')
    },
  })
}

/** How a trail is told: by its file, or its address without what is secret in it. */
export const nameOf = (what: string, { file }: TrailSource): string => file ?? toldAs(what)
