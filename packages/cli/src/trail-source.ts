import { join } from 'node:path'
import type { GivenCheckpoint, SourceFault } from 'countersign/verify'
import { InputError } from './input-error.ts'
import { publishedTrail } from './published-trail.ts'
import { blocksOf, kindOf, type OnProgress, trailFile } from './trail-file.ts'

/** Who is told how far the reading is, and what is wrong with the place that is read from. */
export interface SourceReading {
  readonly onProgress?: OnProgress | undefined
  readonly onFault: (fault: SourceFault) => void
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

/** For each scheme of a URL what opens the store that it names. */
const schemes: Readonly<Record<string, (url: string) => Promise<TrailSource>>> = {
  sqlite: notYet,
  postgres: notYet,
  postgresql: notYet,
}

async function notYet(url: string): Promise<TrailSource> {
  throw new InputError(`this version reads no trail from a store such as ${url.slice(0, url.indexOf(':') + 1)}…`, {
    hint: 'Write the entries to a trail.jsonl file, one on each line, and name that.',
  })
}

/**
 * The trail that a person means: a store by its URL, a trail file, a folder that holds one, or a folder to which a trail
 * was published. Throws `InputError` where it is none of these.
 */
export async function trailSource(what: string): Promise<TrailSource> {
  const scheme = /^([a-z]{2,}):/.exec(what)?.[1] ?? ''
  if (Object.hasOwn(schemes, scheme)) return (schemes[scheme] as (url: string) => Promise<TrailSource>)(what)
  if (await isPublication(what)) return publishedTrail(what)
  const file = await trailFile(what)
  return { file, blocks: ({ onProgress }) => blocksOf(file, { onProgress }) }
}

/** A folder with a checkpoint or tiles in it, and no trail file. */
async function isPublication(path: string): Promise<boolean> {
  const [itself, file, checkpoint, tiles] = await Promise.all(
    [path, join(path, 'trail.jsonl'), join(path, 'checkpoint'), join(path, 'tile')].map(one =>
      kindOf(one).catch(() => 'nothing'),
    ),
  )
  return itself === 'folder' && file === 'nothing' && (checkpoint === 'file' || tiles === 'folder')
}
