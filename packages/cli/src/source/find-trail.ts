import { join } from 'node:path'
import { blocksOf } from '../files/blocks.ts'
import { kindOf } from '../files/file.ts'
import { InputError } from '../shell/input-error.ts'
import { publishedTrail } from './published-trail.ts'
import { addressOf } from './store-address.ts'
import { storedTrail } from './stored-trail.ts'
import { trailFile } from './trail-file.ts'
import type { TrailSource } from './trail-source.ts'

/**
 * The trail that a person means: a store by its URL, a trail file, a folder that holds one, or a folder to which a trail
 * was published. Throws `InputError` where it is none of these.
 */
export async function findTrail(what: string): Promise<TrailSource> {
  const address = addressOf(what)
  if (address.kind !== 'file') return storedTrail(address)
  if (await isPublication(what)) return publishedTrail(what)
  const file = await trailFile(what)
  return { file, blocks: ({ onProgress }) => blocksOf(file, { onProgress }) }
}

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
