import { statSync } from 'node:fs'
import { CountersignError, type ErrorCode } from '@countersign/trail'

const READ_ONLY = 8
const DAMAGED = 11
const FULL = 13
/** An extended result code: the disk took less than it was given. */
const NOT_WRITTEN = 778
/** Another one: there was less to read than there should be. */
const SHORT = 522
/** How many bytes a log has before its first entry. */
export const LOG_HEAD = 32
export const OTHER_LOG =
  'where a copy was put in the place of the file, end whoever has it open, delete -wal and -shm beside it, which are of the file before, and put the copy there once more'
const NO_LOG =
  'the log that SQLite keeps beside it (-wal) was deleted or emptied while another process had the file open: close it there, by which what was appended comes into the file, and then open it again'

/**
 * SQLite's result codes that a person can do something about: what it is, and what would help. They are primary ones (the low
 * byte), and where an extended one says more, that one as well.
 */
const KNOWN: ReadonlyMap<number, readonly [code: ErrorCode, help: string]> = new Map([
  [3, ['store.unwritable', 'let the account of this process read and write the file and its folder']],
  [5, ['store.unavailable', 'another process holds the file; try again later']],
  [6, ['store.unavailable', 'another process holds the file; try again later']],
  [
    READ_ONLY,
    [
      'store.unwritable',
      'the file or its folder is read-only: let this process write both, or open it with readOnly while nobody writes it',
    ],
  ],
  [10, ['store.unwritable', 'the disk reports a fault: check it before you trust it with a trail']],
  [
    NOT_WRITTEN,
    [
      'store.unwritable',
      'the disk took no more: it is full, or a quota or a limit on the size of a file is reached; if neither is, the disk reports a fault: check it before you trust it with a trail',
    ],
  ],
  [
    DAMAGED,
    [
      'store.damaged',
      `the file is damaged: restore it from a copy, and hold the copy against a checkpoint; ${OTHER_LOG}`,
    ],
  ],
  [FULL, ['store.unwritable', 'the disk is full: make room, then try again']],
  [14, ['store.unwritable', 'the file cannot be opened: look at its path, and at who may write to its folder']],
  [15, ['store.unavailable', 'other processes hold the file; try again later']],
  [
    26,
    ['store.damaged', 'the file is no SQLite database: name another one, or, if it was one, restore it from a copy'],
  ],
])

/**
 * The codes that say that the file is held by another process, or within this one, or that SQLite gave up waiting for
 * others.
 */
const BUSY = new Set([5, 6, 15])

const extendedOf = (cause: unknown): number => {
  // Node says this of an integer that JavaScript cannot count with. No sound trail holds one.
  if ((cause as { code?: unknown } | undefined)?.code === 'ERR_OUT_OF_RANGE') return DAMAGED
  const code = (cause as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code : -1
}

const resultOf = (cause: unknown): number => extendedOf(cause) & 0xff

/** Whether another process holds the file at this moment. */
export const isBusy = (cause: unknown): boolean => BUSY.has(resultOf(cause))

/** A failure of SQLite's, told as what was being done, where, why, and what would help. */
export function fault(path: string, doing: string, cause: unknown): CountersignError {
  if (cause instanceof CountersignError) return cause
  const [code, help] = isLogGone(path, cause)
    ? (['store.unwritable', NO_LOG] as const)
    : (KNOWN.get(extendedOf(cause)) ?? KNOWN.get(resultOf(cause)) ?? (['store.unwritable', undefined] as const))
  // The transaction is undone, and every append in it is told the same.
  const undone = doing === 'append to' && resultOf(cause) === FULL ? '; nothing of the append was written' : ''
  const what = `cannot ${doing} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`
  return new CountersignError(code, `${what}${help === undefined ? '' : ` (${help}${undone})`}`, {
    facts: { path, ...(resultOf(cause) === READ_ONLY ? { what, remedy: 'writable' } : {}) },
    cause,
  })
}

/** What `look` gives. Throws `store.unwritable` where the system lets nobody look, as in a folder that may not be searched. */
export function reached<T>(path: string, look: () => T): T {
  try {
    return look()
  } catch (cause) {
    const help = 'let the account of this process search its folder, and read and write the file'
    throw new CountersignError('store.unwritable', `cannot reach ${path}: ${(cause as Error).message} (${help})`, {
      facts: { path },
      cause,
    })
  }
}

/**
 * Whether what processes share (`-shm`) says that there is something in the log, and there is no log. SQLite has the same result code
 * for it as for a disk that gives less than was put onto it. What is shared is not opened to look: with that, or rather with the end of
 * it, this process would lose its locks on it. Only of a log does SQLite complain that it is too short.
 */
function isLogGone(path: string, cause: unknown): boolean {
  if (extendedOf(cause) !== SHORT) return false
  const sizeOf = (ending: string) => statSync(`${path}${ending}`, { throwIfNoEntry: false })?.size ?? 0
  try {
    return sizeOf('-shm') > 0 && sizeOf('-wal') < LOG_HEAD
  } catch {
    return false
  }
}
