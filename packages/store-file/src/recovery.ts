import { createHash } from 'node:crypto'
import { CountersignError, type Tree } from '@countersign/trail'
import { damagedJournal, unreadable } from './fault.ts'
import { type FileSystem, readExactly } from './file-system.ts'
import { type Batch, entriesOf, type Journalled, readJournal } from './journal.ts'
import { addAll, isUnfinished, scan, strangeEnd } from './scan.ts'
import { endOf, lockText } from './trail-end.ts'
import type { TrailIndex } from './trail-index.ts'
import type { TrailPath } from './trail-path.ts'

/**
 * What an interrupted write had left at the end of the trail.
 *
 * - `offset`: the byte at which the sound trail ends
 * - `droppedBytes`: how many bytes stood after it
 * - `bytes`: these bytes, for whoever wants to keep them
 * - `because`: `journal`, what was written last did not arrive whole, of which whole lines may have been there, and the
 *   journal holds it; or `torn`, a last record without its newline, or with zeros in place of what did not arrive, of which no
 *   journal tells, so that it was never acknowledged
 * - `restoredBytes`: how many bytes were put in their place, as the journal holds them: all that the trail lacks, as
 *   it may have been acknowledged. 0 where a record was torn
 * - `cut`: whether the file was cut back to `offset`, and what is restored was written. False where it was opened with
 *   `readOnly`: then the bytes are only left out, nothing is restored, and they may be nothing worse than what the writer
 *   is just writing
 */
export interface Recovery {
  readonly offset: number
  readonly droppedBytes: number
  readonly bytes: Uint8Array
  readonly because: 'torn' | 'journal'
  readonly restoredBytes: number
  readonly cut: boolean
}

/** What stands after the sound trail. */
export type Rest = Omit<Recovery, 'cut' | 'restoredBytes'>

/**
 * Reads on from where the index ends to the end of the sound trail, and tells what stands after it.
 *
 * The newline is part of the record: an entry that lacks only its newline is torn like any other. Of a write nothing is taken
 * where the journal says that it is not whole.
 */
export async function readSound(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  index: TrailIndex,
  tree: Tree,
): Promise<Rest | undefined> {
  const { size, batches } = await endOf(system, fd, at)
  if (size < index.end) {
    throw unreadable(at.file, new Error(`it has ${size} bytes where ${index.end} were read before: it was cut`))
  }
  for (const batch of batches) {
    if (batch.start < index.end) continue
    await scan(system, fd, at.file, batch.start, index, tree)
    const isOurs = index.end === batch.start && index.lastHash === batch.prev
    // Nothing is written to the trail before all of it is durable in the journal.
    const isBegun = size > batch.start || (await entriesOf(system, at.journal, batch)) !== undefined
    // The journal speaks of another trail, or of what was never begun.
    if (!isOurs || !isBegun) break
    if (!(await isWhole(system, fd, at, batch, size))) {
      return { ...(await rest(system, fd, at, index.end, size)), because: 'journal' }
    }
  }
  await scan(system, fd, at.file, size, index, tree)
  if (index.end === size) return undefined
  const torn = await rest(system, fd, at, index.end, size)
  if (!isUnfinished(torn.bytes, index)) throw strangeEnd(at.file, torn.bytes, index)
  return { ...torn, because: 'torn' }
}

/** How often a reader looks whether what it found unfinished is just being written, and how many milliseconds lie between. */
const LOOKS = 10
const PAUSE = 10

/** `readSound` for a reader, who may come while somebody writes: what is just being written was left behind by nobody. */
export async function readLying(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  index: TrailIndex,
  tree: Tree,
): Promise<Rest | undefined> {
  let left = await readSound(system, fd, at, index, tree)
  for (let look = 0; look < LOOKS; look++) {
    if (left?.because !== 'journal' || (await lockText(system, at)) === 'ENOENT') break
    const { offset } = left
    await new Promise(resolve => setTimeout(resolve, PAUSE))
    left = await readSound(system, fd, at, index, tree)
    if (left?.offset !== offset) return undefined
  }
  return left
}

/** How many bytes are hashed at once. */
const BLOCK = 1 << 20

/** Whether all of a batch is in a file of so many bytes, as it was to be written. */
async function isWhole(system: FileSystem, fd: number, at: TrailPath, batch: Batch, size: number): Promise<boolean> {
  if (size < batch.end) return false
  const digest = createHash('sha256')
  for (let from = batch.start; from < batch.end; from += BLOCK) {
    digest.update((await rest(system, fd, at, from, Math.min(from + BLOCK, batch.end))).bytes)
  }
  return digest.digest('hex') === batch.digest
}

async function rest(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  offset: number,
  size: number,
): Promise<{ offset: number; droppedBytes: number; bytes: Uint8Array }> {
  try {
    return { offset, droppedBytes: size - offset, bytes: await readExactly(system, fd, size - offset, offset) }
  } catch (cause) {
    throw unreadable(at.file, cause)
  }
}

/** Entries as they stand in the trail, or belong there, from a byte on. */
export interface Written {
  readonly start: number
  readonly entries: Uint8Array
}

/** What may not be durable in the trail, though it may have been acknowledged. */
export interface Unfinished extends Written {
  /** How many bytes of it the trail lacks. Their entries were added to the index and the tree now. */
  readonly missing: number
}

/**
 * What is in the journal and is to be written to the trail once more, as the trail ends in it; `left` stands after what of the
 * trail is sound.
 *
 * Throws `store.damaged` where the journal lacks something that may have been acknowledged.
 */
export async function unfinished(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  left: Rest | undefined,
  index: TrailIndex,
  tree: Tree,
): Promise<Unfinished | undefined> {
  try {
    const journal = await readJournal(system, at.journal)
    // While the journal begins anew nothing is written to the trail, so no crash leaves both of them in the middle of it.
    if (journal === 'unreadable' && left !== undefined) throw damagedJournal(at, left.offset, 'its line cannot be read')
    if (typeof journal === 'string' || journal.isBlotted) return undefined
    const { size } = system.fstat(fd)
    const { there, lacking } = partsOf(journal.batches, index)
    const last = journal.batches.at(-1) as Journalled
    if (there.length + lacking.length > 0 && left !== undefined && size > last.end)
      throw damagedJournal(at, last.end, 'its line cannot be read')
    const arrived = await arrivedOf(system, fd, at, there, size)
    const missing: Uint8Array[] = []
    for (const batch of lacking) {
      const entries = await entriesOf(system, at.journal, batch)
      // Nothing is written to the trail, or to the journal after it, before all of it is durable here.
      if (entries === undefined && batch === last && size <= batch.start) break
      if (entries === undefined) throw damagedJournal(at, batch.start, 'is not what that file announces')
      addAll(entries, index, tree, because => damagedJournal(at, batch.start, `a line of it ${because}`))
      missing.push(entries)
    }
    const entries = Buffer.concat([...arrived, ...missing])
    if (entries.length === 0) return undefined
    return { start: index.end - entries.length, entries, missing: missing.reduce((sum, one) => sum + one.length, 0) }
  } catch (cause) {
    throw cause instanceof CountersignError ? cause : unreadable(at.journal, cause)
  }
}

/** Which batches the sound trail has, and which it lacks; neither where they speak of another trail. */
function partsOf(
  batches: readonly Journalled[],
  index: TrailIndex,
): { there: readonly Journalled[]; lacking: readonly Journalled[] } {
  const next = batches.findIndex(batch => batch.start === index.end)
  if (next !== -1 && batches[next]?.prev === index.lastHash)
    return { there: batches.slice(0, next), lacking: batches.slice(next) }
  return { there: batches.at(-1)?.end === index.end ? batches : [], lacking: [] }
}

/** The entries of these batches, where all of them are in the trail and in the journal alike. */
async function arrivedOf(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  batches: readonly Journalled[],
  size: number,
): Promise<readonly Uint8Array[]> {
  const arrived: Uint8Array[] = []
  for (const batch of batches) {
    const entries = (await isWhole(system, fd, at, batch, size))
      ? await entriesOf(system, at.journal, batch)
      : undefined
    if (entries === undefined) return []
    arrived.push(entries)
  }
  return arrived
}
