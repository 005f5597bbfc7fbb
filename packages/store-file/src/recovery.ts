import { CountersignError, type Tree } from '@countersign/trail'
import { readMark } from './batch-mark.ts'
import { unreadable } from './fault.ts'
import { type FileSystem, readExactly } from './file-system.ts'
import { isUnfinished, scan, strangeEnd } from './scan.ts'
import type { TrailIndex } from './trail-index.ts'
import type { TrailPath } from './trail-path.ts'

/**
 * What an interrupted write had left at the end of the trail. None of it was ever acknowledged.
 *
 * - `offset`: the byte at which the sound trail ends
 * - `droppedBytes`: how many bytes stood after it
 * - `bytes`: these bytes, for whoever wants to keep them
 * - `because`: `torn`, a last record without its newline; or `batch`, an append of several entries that was cut, of
 *   which whole lines may have been there
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
 * cannot have been acknowledged. An append of several entries is dropped whole where its mark says that it was cut.
 */
export async function readSound(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  index: TrailIndex,
  tree: Tree,
): Promise<Omit<Recovery, 'cut'> | undefined> {
  const { size, cut } = await ends(system, fd, at)
  if (size < index.end) {
    throw unreadable(at.file, new Error(`it has ${size} bytes where ${index.end} were read before: it was cut`))
  }
  if (cut !== undefined && cut.start >= index.end) {
    await scan(system, fd, at.file, cut.start, index, tree)
    if (index.end === cut.start && index.lastHash === cut.prev) {
      return { ...(await rest(system, fd, at, index.end, size)), because: 'batch' }
    }
    // The mark speaks of another trail.
  }
  await scan(system, fd, at.file, size, index, tree)
  if (index.end === size) return undefined
  const torn = await rest(system, fd, at, index.end, size)
  if (!isUnfinished(torn.bytes, index.size === 0)) throw strangeEnd(at.file, torn.bytes, index)
  return { ...torn, because: 'torn' }
}

/** The file's size, and where an unfinished append of several entries begins if the file ends within it. */
async function ends(
  system: FileSystem,
  fd: number,
  at: TrailPath,
): Promise<{ size: number; cut?: { start: number; prev: string } }> {
  try {
    for (;;) {
      const { size } = system.fstat(fd)
      const mark = await readMark(system, at.mark)
      // A reader beside a writer may have read a later mark than the one for this size: look again.
      if (system.fstat(fd).size !== size) continue
      return mark !== undefined && mark.start < size && size < mark.end ? { size, cut: mark } : { size }
    }
  } catch (cause) {
    throw cause instanceof CountersignError ? cause : unreadable(at.file, cause)
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
