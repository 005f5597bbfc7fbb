import { createHash } from 'node:crypto'
import { CountersignError, type Tree } from '@countersign/trail'
import { type Mark, readLastMark, readMark } from './batch-mark.ts'
import { unreadable } from './fault.ts'
import { type FileSystem, readExactly, systemCode } from './file-system.ts'
import { isUnfinished, scan, strangeEnd } from './scan.ts'
import type { TrailIndex } from './trail-index.ts'
import type { TrailPath } from './trail-path.ts'

/**
 * What an interrupted write had left at the end of the trail. None of it was ever acknowledged.
 *
 * - `offset`: the byte at which the sound trail ends
 * - `droppedBytes`: how many bytes stood after it
 * - `bytes`: these bytes, for whoever wants to keep them
 * - `because`: `torn`, a last record without its newline, or with zeros in place of what did not arrive; or `batch`, a
 *   write of several entries (an append of several, or several appends at once) that did not arrive whole, of which
 *   whole lines may have been there
 * - `cut`: whether the file was cut back to `offset`. False where it was opened with `readOnly`: then the bytes are
 *   only left out, and may be nothing worse than what the writer is just writing
 */
export interface Recovery {
  readonly offset: number
  readonly droppedBytes: number
  readonly bytes: Uint8Array
  readonly because: 'torn' | 'batch'
  readonly cut: boolean
}

/**
 * Reads on from where the index ends to the end of the sound trail, and tells what stands after it.
 *
 * The newline is part of the record: an entry that lacks only its newline is torn like any other, since its append
 * cannot have been acknowledged. A write of several entries is dropped whole where its mark says that it is not whole.
 */
export async function readSound(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  index: TrailIndex,
  tree: Tree,
): Promise<Omit<Recovery, 'cut'> | undefined> {
  const { size, cut } = await endOf(system, fd, at)
  if (size < index.end) {
    throw unreadable(at.file, new Error(`it has ${size} bytes where ${index.end} were read before: it was cut`))
  }
  if (cut !== undefined && cut.start >= index.end) {
    await scan(system, fd, at.file, cut.start, index, tree)
    const isOurs = index.end === cut.start && index.lastHash === cut.prev
    if (isOurs && !(await isWhole(system, fd, at, cut, size))) {
      return { ...(await rest(system, fd, at, index.end, size)), because: 'batch' }
    }
    // The mark speaks of another trail, or of a write that is whole.
  }
  await scan(system, fd, at.file, size, index, tree)
  if (index.end === size) return undefined
  const torn = await rest(system, fd, at, index.end, size)
  if (!isUnfinished(torn.bytes, index)) throw strangeEnd(at.file, torn.bytes, index)
  return { ...torn, because: 'torn' }
}

/** How many bytes are hashed at once. */
const BLOCK = 1 << 20

/** Whether all that a mark speaks of is in a file of so many bytes, as it was to be written. */
async function isWhole(system: FileSystem, fd: number, at: TrailPath, mark: Mark, size: number): Promise<boolean> {
  if (size < mark.end) return false
  const digest = createHash('sha256')
  for (let from = mark.start; from < mark.end; from += BLOCK) {
    digest.update((await rest(system, fd, at, from, Math.min(from + BLOCK, mark.end))).bytes)
  }
  return digest.digest('hex') === mark.digest
}

/** How often the end of the file is looked at before it is looked for in another way, and how often in that one. */
const ROUNDS = 8

/** How much of the file is to be read. `cut` is the mark of a write of several entries in which that part ends, or with which. */
interface End {
  readonly size: number
  readonly cut?: Mark
}

/**
 * Where the file ends. Where it is as long after its mark was read as before, the mark tells whether a write is unfinished.
 * One with whose end the file ends may be, too: a power cut can leave its end without its middle.
 */
async function endOf(system: FileSystem, fd: number, at: TrailPath): Promise<End> {
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const { size } = system.fstat(fd)
      const mark = await readMark(system, at.mark)
      if (system.fstat(fd).size !== size) continue
      return mark !== undefined && mark.start < size && size <= mark.end ? { size, cut: mark } : { size }
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
 * The size is read first and the last mark after it, and the lock must name the same writer before and after. A writer
 * keeps its mark beside the trail until it closes. So a write of several entries across that size is the one that the mark
 * speaks of, or an earlier one, which is durable by now.
 */
async function endOfGrowing(system: FileSystem, fd: number, at: TrailPath): Promise<End> {
  for (let round = 0; round < ROUNDS; round++) {
    const writer = await lockText(system, at)
    const { size } = system.fstat(fd)
    const mark = await readLastMark(system, at.mark)
    if (mark === 'unreadable' || (await lockText(system, at)) !== writer) continue
    // No write of several entries lies across the size: this writer has made none, or the last one ends before it.
    if (mark === 'none' || mark.end <= size) return { size }
    // The last one begins after it, and all that lies before a mark's start is durable when the mark is written.
    if (size <= mark.start) return { size: mark.start }
    // The last one lies across it, and is durable by now or still being written.
    return mark.isBlotted ? { size: mark.end } : { size, cut: mark }
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
