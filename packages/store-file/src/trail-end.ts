import { CountersignError } from '@countersign/trail'
import { unreadable } from './fault.ts'
import { type FileSystem, systemCode } from './file-system.ts'
import { type Journalled, type JournalState, readJournal } from './journal.ts'
import type { TrailPath } from './trail-path.ts'

/** How often the end of the file is looked at before it is looked for in another way, and how often in that one. */
const ROUNDS = 8

/** How much of the file is to be read, and the batches of the journal with which that part may end. */
interface End {
  readonly size: number
  readonly batches: readonly Journalled[]
}

/**
 * Where the file ends. Where it is as long after its journal was read as before, that tells whether a write is unfinished.
 * One with whose end the file ends may be, too: a power cut can leave its end without its middle.
 */
export async function endOf(system: FileSystem, fd: number, at: TrailPath): Promise<End> {
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const { size } = system.fstat(fd)
      const journal = await readJournal(system, at.journal)
      if (system.fstat(fd).size !== size) continue
      const isOpen = typeof journal !== 'string' && !journal.isBlotted && reaches(journal, size)
      return { size, batches: isOpen ? journal.batches : [] }
    }
    return await endOfGrowing(system, fd, at)
  } catch (cause) {
    throw cause instanceof CountersignError ? cause : unreadable(at.file, cause)
  }
}

/** Whether a trail of so many bytes ends in what the journal holds, or where that begins. */
const reaches = ({ batches }: JournalState, size: number): boolean =>
  batches[0].start <= size && size <= (batches.at(-1) as Journalled).end

/**
 * Where the file of a writer that never pauses ends. Everything that was acknowledged before this question lies before that
 * place, and no write lies across it.
 *
 * The size is read first and the journal after it, and the lock must name the same writer before and after. A writer
 * keeps its journal beside the trail until it closes. So a write across that size is one of which the journal tells, or an
 * earlier one, which is durable by now.
 */
async function endOfGrowing(system: FileSystem, fd: number, at: TrailPath): Promise<End> {
  for (let round = 0; round < ROUNDS; round++) {
    const writer = await lockText(system, at)
    const { size } = system.fstat(fd)
    const journal = await readJournal(system, at.journal)
    if (journal === 'unreadable' || (await lockText(system, at)) !== writer) continue
    if (journal === 'none') {
      // Whoever has it open has not written yet, or writes no more.
      if (system.fstat(fd).size === size) return { size, batches: [] }
      continue
    }
    const { batches } = journal
    const { end } = batches.at(-1) as Journalled
    // What is in the journal came after it, and all that lies before the journal's start was durable when that was begun.
    if (size <= batches[0].start) return { size: batches[0].start, batches: [] }
    // It lies in what the journal holds, which is durable by now or still being written. Else the journal began anew meanwhile.
    if (size <= end) return { size, batches }
  }
  throw new CountersignError(
    'store.unavailable',
    `cannot read ${at.file}: it was written, or opened by another writer, each time it was looked at; try again later`,
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
