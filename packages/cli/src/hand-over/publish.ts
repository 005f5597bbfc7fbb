import { dirname, join, resolve } from 'node:path'
import {
  type Checkpoint,
  CountersignError,
  encodeEntries,
  encodeHashTile,
  Integrity,
  parseCheckpointText,
  parseNote,
  requireOptions,
  TILE_WIDTH,
  type Tile,
  Tiler,
  tilePath,
  tilesOf,
  unexpected,
} from '@countersign/trail'
import type { GivenCheckpoint } from 'countersign/verify'
import type { OnProgress } from '../files/blocks.ts'
import { foldersOf } from '../files/folder.ts'
import { InputError } from '../shell/input-error.ts'
import { grouped } from '../shell/number.ts'
import { findTrail } from '../source/find-trail.ts'
import { openedCheckpoint, readAgainst } from '../source/read-against.ts'
import { toldAs } from '../source/store-address.ts'
import { soundBlocks } from '../source/trail-source.ts'
import { nodeFiles, type PublishFiles } from './publish-files.ts'

/** What is published where. */
export interface Publication {
  /** The path of a trail file, or the address of a store. */
  readonly trail: string
  readonly folder: string
  /** The signed checkpoint up to whose size the trail is published. */
  readonly checkpoint: GivenCheckpoint
  /** Public keys (C2SP vkey lines) of which one must have signed it; where there is none, nobody is asked. */
  readonly keys?: readonly string[]
  readonly files?: PublishFiles
  readonly onProgress?: OnProgress
}

const names = Object.keys({
  trail: true,
  folder: true,
  checkpoint: true,
  keys: true,
  files: true,
  onProgress: true,
} satisfies Record<keyof Publication, true>)

/** What a publication has done. */
export interface Published {
  readonly origin: string
  readonly size: number
  /** The size that was published before. Where it is the larger one, the checkpoint that lies there was left as it is. */
  readonly since: number
  /** How many files were written besides the checkpoint. */
  readonly written: number
}

/**
 * Publishes a trail as a folder of static files (C2SP tlog-tiles) which any web server can hand out. Each file is whole
 * before it is seen, and the checkpoint comes last, so that whoever reads meanwhile, or after a crash, finds what was
 * there before or what is there now. What is new is written, and what is there and is not what it must be.
 *
 * Of a checkpoint that is older than the one that lies there the partial tiles are added whose full ones are not there, for whoever
 * has that checkpoint; the one that lies there stays.
 *
 * Throws `InputError`, and writes nothing, where the trail is not the one of the checkpoint, or not the one that was
 * published before, or where somebody else is publishing there: never do two histories come out of one place. Throws
 * `CountersignError` `input` where an option is unknown.
 *
 * @example
 * ```ts
 * import { publishTrail } from '@countersign/cli'
 * const checkpoint = { name: 'checkpoint', note: 'no note' }
 * await publishTrail({ trail: 'trail.jsonl', folder: 'public', checkpoint }) // throws not a signed checkpoint
 * ```
 */
export async function publishTrail(publication: Publication): Promise<Published> {
  requireOptions('publishTrail', publication, names)
  const { files = nodeFiles } = publication
  if (typeof publication.folder !== 'string')
    throw unexpected('input', 'publishTrail: the folder', 'a path', { given: publication.folder })
  const folder = resolve(publication.folder)
  const next = openedCheckpoint(publication.checkpoint, publication.keys)
  const before = await publishedIn(files, folder)
  const { origin, size } = next
  const since = before?.checkpoint.size ?? 0
  if (before !== undefined) mustFollow(before.checkpoint, next, folder)
  await readAgainst(
    publication.trail,
    { name: publication.checkpoint.name, ...next },
    {
      before: before?.checkpoint,
      onProgress: publication.onProgress,
    },
  )
  await files.makeFolder(folder)
  const lock = await lockOf(files, folder)
  try {
    await mustBeAsBefore(files, folder, before?.bytes)
    const { written, touched } = await writeTiles(publication.trail, folder, files, next, since)
    for (const one of touched) await files.syncFolder(one)
    if (since > size) return { origin, size, since, written }
    // Not everybody who writes there asks for the lock.
    await mustBeAsBefore(files, folder, before?.bytes)
    const path = join(folder, 'checkpoint')
    await files.write(draftOf(path), new TextEncoder().encode(publication.checkpoint.note))
    await files.rename(draftOf(path), path)
    await files.syncFolder(folder)
    await files.syncFolder(dirname(folder))
    // What was in a partial tile is in a full one now, and nobody needs the partial one for the new checkpoint.
    for (const tile of tilesOf(size, since))
      if (tile.width === TILE_WIDTH) await files.remove(join(folder, `${tilePath(tile)}.p`))
    return { origin, size, since, written }
  } finally {
    await lock.release()
  }
}

/**
 * The lock of the one who publishes. It lies in the folder, so that it is one however the folder is reached; nobody looks
 * there for a tile or a checkpoint. It is taken when nothing speaks against the publication any more.
 */
async function lockOf(files: PublishFiles, folder: string): Promise<{ readonly release: () => Promise<void> }> {
  try {
    return await files.lock(join(folder, '.publish.lock'))
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    // What the system says of the folder is told as it is where a tile cannot be written.
    if (error.code !== 'store.locked') throw error.cause ?? error
    const { pid, host, lock } = error.facts as { pid?: number; host?: string; lock?: string }
    const who = pid === undefined ? 'another process' : `process ${pid} on ${host}`
    throw new InputError(`somebody else is just publishing to ${folder}: ${who}`, {
      hint: `Publish again when that is done. If you are certain that nobody publishes there, delete ${lock}.`,
      cause: error,
    })
  }
}

async function mustBeAsBefore(files: PublishFiles, folder: string, before: Uint8Array | undefined): Promise<void> {
  if (!sameBytes((await publishedIn(files, folder))?.bytes, before))
    throw new InputError(`somebody else has published to ${folder} meanwhile`, { hint: 'Publish again.' })
}

/** The checkpoint that lies in the folder, where one does. */
async function publishedIn(
  files: PublishFiles,
  folder: string,
): Promise<{ bytes: Uint8Array; checkpoint: Checkpoint } | undefined> {
  const path = join(folder, 'checkpoint')
  const bytes = await files.read(path)
  if (bytes === undefined) return undefined
  try {
    return { bytes, checkpoint: parseCheckpointText(parseNote(bytes).text) }
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw new InputError(`${path} is no checkpoint, so it cannot be told what was published: ${error.message}`, {
      hint: 'Publish to an empty folder, and find out who wrote this file.',
      cause: error,
    })
  }
}

function mustFollow(before: Checkpoint, next: Checkpoint, folder: string): void {
  if (before.origin === next.origin) return
  const published = `${folder} holds ${grouped(before.size)} ${before.size === 1 ? 'entry' : 'entries'} of ${before.origin}`
  throw new InputError(`${published}, and the checkpoint is one of ${next.origin}`, {
    hint: 'Publish each trail to a folder of its own.',
  })
}

/**
 * Writes the tiles that are new, and those that are not there as they must be. None has its name before the whole trail was
 * seen to be what it was: it must not be another one that takes the place of what was published. Gives how many were
 * written, and the folders that hold something new.
 */
async function writeTiles(
  trail: string,
  folder: string,
  files: PublishFiles,
  { size, root }: Checkpoint,
  since: number,
): Promise<{ written: number; touched: ReadonlySet<string> }> {
  // Written even where they are there already: it may be that an attempt which broke off did not get them to the disk.
  const isOlder = since > size
  const fresh = new Set(isOlder ? [] : [...tilesOf(size, since)].map(tilePath))
  const targets: string[] = []
  const ready: { path: string; bytes: Uint8Array }[] = []
  const put = (tile: Tile, bytes: Uint8Array) => {
    // Whoever misses a partial tile looks for the full one.
    const isServed = isOlder && tile.width < TILE_WIDTH && isFullAt(since, tile)
    if (!isServed) ready.push({ path: tilePath(tile), bytes })
  }
  const tiler = new Tiler((tile, hashes) => put(tile, encodeHashTile(hashes)))
  let entries: Uint8Array[] = []
  const integrity = new Integrity({
    sizes: [size],
    onLine: ({ seq, bytes, leafHash }) => {
      if (seq >= size) return
      tiler.append(leafHash)
      entries.push(bytes.slice())
      if (entries.length < TILE_WIDTH && seq + 1 < size) return
      const tile = { level: 'entries', index: Math.floor(seq / TILE_WIDTH), width: entries.length } as const
      put(tile, encodeEntries(entries))
      entries = []
      if (seq + 1 === size) tiler.finish()
    },
  })
  const flush = async () => {
    for (const { path, bytes } of ready.splice(0)) {
      const target = join(folder, path)
      if (!fresh.has(path) && (await files.holds(target, bytes))) continue
      await files.makeFolder(dirname(target))
      targets.push(target)
      await files.write(draftOf(target), bytes)
    }
  }
  try {
    for await (const block of soundBlocks(trail, await findTrail(trail))) {
      integrity.push(block)
      await flush()
    }
    const found = integrity.finish().roots.get(size)
    await flush()
    if (found !== root)
      throw new InputError(`${toldAs(trail)} was changed while it was published; what was published was left as it was`)
    for (const target of targets) await files.rename(draftOf(target), target)
  } catch (error) {
    for (const target of targets) await files.remove(draftOf(target)).catch(() => undefined)
    throw error
  }
  return { written: targets.length, touched: foldersOf(targets, folder) }
}

/** Whether a log of so many entries has the full tile at the place of this one. */
const isFullAt = (size: number, { level, index }: Tile): boolean =>
  size >= (index + 1) * TILE_WIDTH ** (level === 'entries' ? 1 : level + 1)

/** What a file is called until it is whole, and may be seen where it is read. */
const draftOf = (path: string): string => `${path}.new`

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0)
