import { createHash } from 'node:crypto'
import { CountersignError, type Tree } from '@countersign/trail'
import { type Batch, entriesOf, readBatch, readLastBatch } from './batch-file.ts'
import { damagedBatch, unreadable } from './fault.ts'
import { type FileSystem, readExactly, systemCode } from './file-system.ts'
import { addAll, isUnfinished, scan, strangeEnd } from './scan.ts'
import type { TrailIndex } from './trail-index.ts'
import type { TrailPath } from './trail-path.ts'

/**
 * What an interrupted write had left at the end of the trail.
 *
 * - `offset`: the byte at which the sound trail ends
 * - `droppedBytes`: how many bytes stood after it
 * - `bytes`: these bytes, for whoever wants to keep them
 * - `because`: `torn`, a last record without its newline, or with zeros in place of what did not arrive, which was never
 *   acknowledged; or `batch`, a write of several entries (an append of several, or several appends at once) that did not
 *   arrive whole, of which whole lines may have been there
 * - `restoredBytes`: how many bytes were put in their place, as the side file holds them: all entries of that batch, as
 *   they may have been acknowledged. 0 where a record was torn
 * - `cut`: whether the file was cut back to `offset`, and what is restored was written. False where it was opened with
 *   `readOnly`: then the bytes are only left out, nothing is restored, and they may be nothing worse than what the writer
 *   is just writing
 */
export interface Recovery {
  readonly offset: number
  readonly droppedBytes: number
  readonly bytes: Uint8Array
  readonly because: 'torn' | 'batch'
  readonly restoredBytes: number
  readonly cut: boolean
}

/** What stands after the sound trail. */
export type Rest = Omit<Recovery, 'cut' | 'restoredBytes'>

/**
 * Reads on from where the index ends to the end of the sound trail, and tells what stands after it.
 *
 * The newline is part of the record: an entry that lacks only its newline is torn like any other, since its append
 * cannot have been acknowledged. Of a write of several entries nothing is taken where the side file says that it is not whole.
 */
export async function readSound(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  index: TrailIndex,
  tree: Tree,
): Promise<Rest | undefined> {
  const { size, cut } = await endOf(system, fd, at)
  if (size < index.end) {
    throw unreadable(at.file, new Error(`it has ${size} bytes where ${index.end} were read before: it was cut`))
  }
  if (cut !== undefined && cut.start >= index.end) {
    await scan(system, fd, at.file, cut.start, index, tree)
    const isOurs = index.end === cut.start && index.lastHash === cut.prev
    // Nothing is written to the trail before all of it is durable in the side file.
    const isBegun = size > cut.start || (await entriesOf(system, at.batch, cut)) !== undefined
    if (isOurs && isBegun && !(await isWhole(system, fd, at, cut, size))) {
      return { ...(await rest(system, fd, at, index.end, size)), because: 'batch' }
    }
    // The side file speaks of another trail, or of a write that is whole.
  }
  await scan(system, fd, at.file, size, index, tree)
  if (index.end === size) return undefined
  const torn = await rest(system, fd, at, index.end, size)
  if (!isUnfinished(torn.bytes, index)) throw strangeEnd(at.file, torn.bytes, index)
  return { ...torn, because: 'torn' }
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

/** How often the end of the file is looked at before it is looked for in another way, and how often in that one. */
const ROUNDS = 8

/** How much of the file is to be read. `cut` is the batch in which that part ends, or with which. */
interface End {
  readonly size: number
  readonly cut?: Batch
}

/**
 * Where the file ends. Where it is as long after its side file was read as before, that tells whether a write is unfinished.
 * One with whose end the file ends may be, too: a power cut can leave its end without its middle.
 */
async function endOf(system: FileSystem, fd: number, at: TrailPath): Promise<End> {
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const { size } = system.fstat(fd)
      const batch = await readBatch(system, at.batch)
      if (system.fstat(fd).size !== size) continue
      return batch !== undefined && batch.start <= size && size <= batch.end ? { size, cut: batch } : { size }
    }
    return await endOfGrowing(system, fd, at)
  } catch (cause) {
    throw cause instanceof CountersignError ? cause : unreadable(at.file, cause)
  }
}

/**
 * Where the file of a writer that never pauses ends. Everything that was acknowledged before this question lies before that
 * place, and no write of several entries lies across it.
 *
 * The size is read first and the last batch after it, and the lock must name the same writer before and after. A writer
 * keeps its side file beside the trail until it closes. So a write of several entries across that size is the one of which
 * it speaks, or an earlier one, which is durable by now.
 */
async function endOfGrowing(system: FileSystem, fd: number, at: TrailPath): Promise<End> {
  /** Where the file ended before there was no side file, where it ended after that, and who wrote it. */
  let without: { readonly size: number; readonly after: number; readonly writer: string } | undefined
  for (let round = 0; round < ROUNDS; round++) {
    const writer = await lockText(system, at)
    const { size } = system.fstat(fd)
    // It has written since there was none, so it was not about to close, and had made no write of several entries by then.
    if (without?.writer === writer && size > without.after) return { size: without.size }
    const last = await readLastBatch(system, at.batch)
    if (last === 'unreadable' || (await lockText(system, at)) !== writer) continue
    if (last === 'none') {
      const after = system.fstat(fd).size
      if (after === size) return { size }
      without = { size, after, writer }
      continue
    }
    // No write of several entries lies across the size: the last one ends before it.
    if (last.end <= size) return { size }
    // The last one begins after it, and all that lies before its start was durable when it was written to the side file.
    if (size <= last.start) return { size: last.start }
    // The last one lies across it, and is durable by now or still being written.
    return last.isBlotted ? { size: last.end } : { size, cut: last }
  }
  throw new CountersignError(
    'store.unavailable',
    `cannot read ${at.file}: whoever writes it was another one each time it was looked at; try again later`,
    { facts: { path: at.file } },
  )
}

/** What the lock says, or the code of the error for which it cannot be read. */
async function lockText(system: FileSystem, { lock }: TrailPath): Promise<string> {
  try {
    return await system.readText(lock)
  } catch (cause) {
    return systemCode(cause) ?? ''
  }
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

/** A batch that may not be durable in the trail, though its entries may have been acknowledged. */
export interface Unfinished extends Written {
  /** Whether the trail ends before it. Then its entries were added to the index and the tree now. */
  readonly isMissing: boolean
}

/**
 * The batch in the side file that is to be written to the trail once more, where the trail ends with it or before it; `left`
 * stands after that.
 *
 * Throws `store.damaged` where the trail has a part of it and the side file has not all.
 */
export async function unfinishedBatch(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  left: Rest | undefined,
  index: TrailIndex,
  tree: Tree,
): Promise<Unfinished | undefined> {
  try {
    const { size } = system.fstat(fd)
    const batch = await readLastBatch(system, at.batch)
    // While the side file is written nothing is to the trail, so no crash leaves both of them in the middle of it.
    if (batch === 'unreadable' && left !== undefined) throw damagedBatch(at, left.offset, 'its line cannot be read')
    if (typeof batch === 'string' || batch.isBlotted) return undefined
    const isMissing = index.end === batch.start && index.lastHash === batch.prev
    if (!isMissing && index.end !== batch.end) return undefined
    const entries = await entriesOf(system, at.batch, batch)
    if (!isMissing) {
      const isThere = entries !== undefined && (await isWhole(system, fd, at, batch, size))
      return isThere ? { start: batch.start, entries, isMissing } : undefined
    }
    if (entries === undefined) {
      // Nothing is written to the trail before all of it is durable here.
      if (size === batch.start) return undefined
      throw damagedBatch(at, batch.start, 'is not what that file announces')
    }
    addAll(entries, index, tree, because => damagedBatch(at, batch.start, `a line of it ${because}`))
    return { start: batch.start, entries, isMissing }
  } catch (cause) {
    throw cause instanceof CountersignError ? cause : unreadable(at.batch, cause)
  }
}
