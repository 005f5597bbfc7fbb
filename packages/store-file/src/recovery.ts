import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { CountersignError, Tree } from '@countersign/trail'
import { damagedJournal, harmedSince, lacking, tornEnd, unreadable, unwritable } from './fault.ts'
import { type FileSystem, readExactly, syncFolder, writeAll } from './file-system.ts'
import {
  type Batch,
  entriesOf,
  Journal,
  type Journalled,
  type JournalState,
  readJournal,
  secure,
  tellsOfLater,
} from './journal.ts'
import { isHeld } from './lock.ts'
import { addAll, isUnfinished, scan, strangeEnd } from './scan.ts'
import { endOf } from './trail-end.ts'
import { TrailIndex } from './trail-index.ts'
import type { TrailPath } from './trail-path.ts'

/**
 * What an interrupted write had left at the end of the trail.
 *
 * - `offset`: the byte at which the sound trail ends
 * - `droppedBytes`: how many bytes stood after it
 * - `bytes`: these bytes, for whoever wants to keep them
 * - `because`: `journal`, what was written last did not arrive whole, of which whole lines may have been there, and the
 *   journal holds it; or `torn`, a last record without its newline, or with zeros in place of what did not arrive, of which no
 *   journal tells: a killed writer leaves one, so the trail was cut since it was closed, or copied while it was written
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

/** How many bytes are read at once, to be hashed or written over. */
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

/** What may not be durable in the trail, though it may have been acknowledged. */
export interface Unfinished {
  /** From this byte on the trail is to be written once more, as far as it is sound. */
  readonly from: number
  /** At this byte it ends, and these entries belong there, which were added to the index and the tree now. */
  readonly at: number
  readonly missing: Uint8Array
  /** How many bytes of the journal hold all that. */
  readonly journal: number
}

/**
 * What is in the journal and is to be written to the trail once more, as the trail ends in it; `left` stands after what of the
 * trail is sound.
 *
 * Throws `store.damaged` where the journal lacks something that may have been acknowledged, or does not go with this trail.
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
    if (journal === 'none') return undefined
    const { end } = index
    if (journal === 'unreadable') {
      // While the journal begins anew nothing is written to the trail, so no crash leaves both of them in the middle of it.
      if (left !== undefined || (await tellsOfLater(system, at.journal, 0, end))) throw damagedJournal(at, end, UNREAD)
      return undefined
    }
    const { batches } = journal
    const { size } = system.fstat(fd)
    if (journal.isBlotted) {
      await requireFlushed(system, fd, at, batches.at(-1) as Journalled, size)
      return undefined
    }
    const lacking = await lackingOf(system, fd, at, batches, index, size)
    const missing: Uint8Array[] = []
    let { until } = batches.at(-1) as Journalled
    for (const batch of lacking) {
      const entries = await entriesOf(system, at.journal, batch)
      if (entries === undefined && batch === batches.at(-1) && size <= batch.start) {
        // It was never durable here, so it was never begun there.
        until = batch.at
        break
      }
      if (entries === undefined) throw damagedJournal(at, batch.start, 'is not what that file announces')
      addAll(entries, index, tree, because => damagedJournal(at, batch.start, `a line of it ${because}`))
      missing.push(entries)
    }
    // Nothing is written to the trail, or behind it in the journal, before the journal has it.
    if ((left !== undefined && size > index.end) || (await tellsOfLater(system, at.journal, until, index.end)))
      throw damagedJournal(at, index.end, UNREAD)
    if (batches[0].start === index.end) return undefined
    return { from: batches[0].start, at: end, missing: Buffer.concat(missing), journal: until }
  } catch (cause) {
    throw cause instanceof CountersignError ? cause : unreadable(at.journal, cause)
  }
}

const UNREAD = 'a line of it cannot be read'

/**
 * Throws where a batch is not in the trail that was durable there before the journal was blotted out. A writer that was killed leaves
 * such a journal: it shows whether the trail was cut since, or is an older one.
 */
async function requireFlushed(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  batch: Journalled,
  size: number,
): Promise<void> {
  if (await isWhole(system, fd, at, batch, size)) return
  const because = size < batch.end ? cutAt(batch.end, size) : 'it has other bytes there'
  throw harmedSince(at, batch.start, because)
}

const cutAt = (was: number, size: number): string =>
  `it reached byte ${was} and ends at byte ${size}; it was cut, or is an older one`

const endsBefore = (at: TrailPath, start: number, end: number): CountersignError =>
  damagedJournal(at, start, `the trail ends before it, at byte ${end}`)

/** How often what the trail lacks is looked for, where somebody opens it to write meanwhile. */
const ROUNDS = 8

/**
 * Throws `store.damaged` where the trail has lost its end, as far as the journal beside it tells, or ends in the middle of an entry. It
 * takes no lock, so a writer may come and go: what is found twice in the same words is so, and nobody is at work on it.
 */
export async function requireJournalled(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  index: TrailIndex,
  tree: Tree,
): Promise<void> {
  let found: CountersignError | undefined
  for (let round = 0; round < ROUNDS; round++) {
    const lost = await compareJournal(system, fd, at, index, tree)
    if (lost === undefined) return
    if (lost.message === found?.message) throw lost
    found = lost
  }
  throw found
}

async function compareJournal(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  index: TrailIndex,
  tree: Tree,
): Promise<CountersignError | undefined> {
  try {
    const isWritten = await isHeld(system, at.lock)
    const journal = await readJournal(system, at.journal)
    if (isWritten) requireReached(at, journal, system.fstat(fd).size)
    const left = await readSound(system, fd, at, index, tree)
    if (!isWritten && journal !== 'none') await requireBroughtIn(system, fd, at, left, index, tree)
    if (left?.because === 'torn') throw tornEnd(at.file, left.offset, left.droppedBytes)
    return undefined
  } catch (cause) {
    if (cause instanceof CountersignError && cause.code === 'store.damaged') return cause
    throw cause
  }
}

/**
 * Throws where the trail ends before its journal does that was blotted out, or before any other begins. Of one that is being written no
 * more can be told: what is in it comes to the trail, and is acknowledged, a moment later.
 */
function requireReached(at: TrailPath, journal: JournalState | 'none' | 'unreadable', size: number): void {
  if (typeof journal === 'string') return
  const [first] = journal.batches
  const last = journal.batches.at(-1) as Journalled
  if (!journal.isBlotted && size < first.start) throw endsBefore(at, first.start, size)
  if (journal.isBlotted && size < last.end) throw harmedSince(at, last.start, cutAt(last.end, size))
}

/** Throws where opening to write would find that the trail does not go with its journal, or would bring in something. */
async function requireBroughtIn(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  left: Rest | undefined,
  index: TrailIndex,
  tree: Tree,
): Promise<void> {
  // Of its own, as what is in the journal alone does not come to what is read.
  const whole = new TrailIndex(index.state())
  const last = await unfinished(system, fd, at, left, whole, Tree.from(tree.state()))
  if (last !== undefined && last.missing.length > 0) throw lacking(at, last.at, index.size, whole.size)
}

/** Which batches come after the sound trail. Throws where they do not go with it. */
async function lackingOf(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  batches: JournalState['batches'],
  { end, lastHash }: TrailIndex,
  size: number,
): Promise<readonly Journalled[]> {
  const [{ start }] = batches
  if (end < start) throw endsBefore(at, start, end)
  const next = batches.findIndex(batch => batch.start === end)
  const there = next === -1 ? batches : batches.slice(0, next)
  if (next !== -1 && batches[next]?.prev !== lastHash)
    throw damagedJournal(at, end, 'it continues another entry than the one that stands before it')
  // Where the trail goes on behind it, the next batch was about to be written over it, and the rest is durable.
  if (next === -1 && end < (batches.at(-1) as Journalled).end)
    throw damagedJournal(at, start, 'the trail has other entries there')
  for (const batch of there)
    if (!(await isWhole(system, fd, at, batch, size)))
      throw damagedJournal(at, batch.start, 'the trail has other entries there')
  return next === -1 ? [] : batches.slice(next)
}

/** What there is to tell of what was found: what stands after the sound trail, and what comes in its place. */
export function recoveryOf(left: Rest | undefined, last: Unfinished | undefined): Omit<Recovery, 'cut'> | undefined {
  const restoredBytes = last?.missing.length ?? 0
  if (last === undefined || restoredBytes === 0) return left && { ...left, restoredBytes }
  return { offset: last.at, droppedBytes: 0, bytes: new Uint8Array(), ...left, because: 'journal', restoredBytes }
}

/**
 * Makes the trail on the disk what was read, up to the byte `end`. A writer that was killed may have left whole entries that
 * are in the system's memory only; they count from now on, so they are made durable before anything is built on them. What its
 * journal holds is made durable there first, and written once more: after a flush that failed a system may show what never reached
 * the disk, and take it for clean. It is written over and not cut off before, so that whoever reads meanwhile, or whatever comes
 * in between, finds no less. Gives the journal that begins then.
 */
export async function settle(
  system: FileSystem,
  fd: number,
  at: TrailPath,
  last: Unfinished | undefined,
  end: number,
): Promise<Journal> {
  try {
    if (last !== undefined) {
      await secure(system, at.journal, last.journal)
      await writeOver(system, at.file, last)
    }
    if (system.fstat(fd).size > end) await system.ftruncate(fd, end)
    await system.fdatasync(fd)
    const journal = await Journal.begin(system, at.journal, system.fstat(fd))
    await syncFolder(system, at.folder).catch(async cause => {
      await journal.close().catch(() => undefined)
      throw cause
    })
    return journal
  } catch (cause) {
    throw unwritable(at.file, 'make durable', cause)
  }
}

/** Writes to the trail where it belongs. What is open to append writes to the end, wherever it is told to. */
async function writeOver(system: FileSystem, path: string, { from, at, missing }: Unfinished): Promise<void> {
  const fd = await system.open(path, constants.O_RDWR)
  try {
    for (let start = from; start < at; start += BLOCK) {
      writeAll(system, fd, await readExactly(system, fd, Math.min(BLOCK, at - start), start), start)
    }
    writeAll(system, fd, missing, at)
  } finally {
    await system.close(fd)
  }
}
