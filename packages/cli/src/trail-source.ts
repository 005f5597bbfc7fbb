import { join } from 'node:path'
import { type Hash, parseCheckpointText, parseNote } from '@countersign/trail'
import type { GivenCheckpoint, SourceFault } from 'countersign/verify'
import { InputError } from './input-error.ts'
import { publishedTrail } from './published-trail.ts'
import { shellWord } from './shell-word.ts'
import { addressOf, toldAs } from './store-address.ts'
import { storedTrail } from './stored-trail.ts'
import { blocksOf, kindOf, type OnProgress, trailFile } from './trail-file.ts'

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
 * The trail that a person means: a store by its URL, a trail file, a folder that holds one, or a folder to which a trail
 * was published. Throws `InputError` where it is none of these.
 */
export async function trailSource(what: string): Promise<TrailSource> {
  const address = addressOf(what)
  if (address.kind !== 'file') return storedTrail(address)
  if (await isPublication(what)) return publishedTrail(what)
  const file = await trailFile(what)
  return { file, blocks: ({ onProgress }) => blocksOf(file, { onProgress }) }
}

/**
 * A trail in blocks, of a place with which nothing is wrong by itself. Throws `InputError` where something is, with the entry
 * from which on it is, and where the entries of a publication are not those of its checkpoint. What a store keeps beside its
 * entries is no part of what is read, and keeps nobody from reading.
 */
export function soundBlocks(what: string, source: TrailSource, onProgress?: OnProgress): AsyncIterable<Uint8Array> {
  const name = nameOf(what, source)
  const damaged = (where: string) =>
    new InputError(`${name} is damaged${where}`, { hint: `verify-trail ${shellWord(name)} tells more.` })
  const published = source.published && parseCheckpointText(parseNote(source.published.note).text)
  return source.blocks({
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

/**
 * A folder with a checkpoint or tiles in it, and no trail file. Throws `InputError` where there are both, as one of them would
 * be read and the other not looked at.
 */
async function isPublication(path: string): Promise<boolean> {
  const [itself, file, checkpoint, tiles] = await Promise.all(
    [path, join(path, 'trail.jsonl'), join(path, 'checkpoint'), join(path, 'tile')].map(one =>
      kindOf(one).catch(() => 'nothing'),
    ),
  )
  if (itself !== 'folder') return false
  if (file === 'nothing') return checkpoint === 'file' || tiles === 'folder'
  if (tiles !== 'folder') return false
  throw new InputError(
    `${path} holds a trail file and what was published of a trail, and only one of them would be read`,
    {
      hint: `Name ${join(path, 'trail.jsonl')} for the one, and look how it came into the folder of the other.`,
    },
  )
}
