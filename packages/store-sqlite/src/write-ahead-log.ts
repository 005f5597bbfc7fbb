import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { CountersignError } from '@countersign/trail'
import { LOG_HEAD, OTHER_LOG } from './fault.ts'
import { headQuestion, headRowOf } from './head.ts'

/** Whether there is something in the log beside a file. */
export const hasLog = (path: string): boolean =>
  (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > LOG_HEAD

/** So begins every file of SQLite. */
const MAGIC = 'SQLite format 3\0'

/**
 * Throws `store.damaged` where the file beside a log is gone, empty or no file of SQLite any more. SQLite keeps a log only of what is one.
 * Whoever opened it would have SQLite delete the log, or put it into whatever lies there.
 */
export function requireLogged(path: string): void {
  if (beginningOf(path) !== MAGIC)
    throw otherLog(path, 'does not belong to what lies there: the file is gone, empty or damaged')
}

function beginningOf(path: string): string {
  if (!existsSync(path)) return ''
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(MAGIC.length)
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0))
  } finally {
    closeSync(file)
  }
}

/**
 * Throws `store.damaged` where what is in the log does not go on from where the file itself ends: somebody has put another file in the
 * place of the one to which the log belongs. SQLite lays the one over the other, and does not see it: what came between the two is
 * nowhere, or in the table and not in its index. No more entries are looked at than the log brings.
 */
export function requireOwnLog(database: DatabaseSync, path: string, asLeft: () => DatabaseSync): void {
  const left = headIn(asLeft, path)
  if (left === undefined) return
  const rows = database
    .prepare(
      `select seq, leaf_hash, (select seq from entries where stream = e.stream and stream_seq = e.stream_seq) as found
       from entries as e where seq >= ? order by seq`,
    )
    .iterate(left.size - 1)
  let next = Math.max(0, left.size - 1)
  let isOwn = true
  for (const { seq, leaf_hash: leafHash, found } of rows) {
    isOwn &&= seq === next && found === seq && (seq !== left.size - 1 || leafHash === left.leafHash)
    next += 1
  }
  if (!isOwn || next < Math.max(left.size, headRowOf(headQuestion(database), path).size))
    throw otherLog(path, `does not go on from the ${left.size} entries in the file`)
}

const otherLog = (path: string, because: string): CountersignError =>
  new CountersignError(
    'store.damaged',
    `cannot open ${path}: the log that SQLite keeps beside it (-wal) ${because} (${OTHER_LOG})`,
    { facts: { path, log: `${path}-wal`, help: OTHER_LOG } },
  )

/** How the file itself ends, without its log; nothing where it cannot be read alone, as while the log is being put into it. */
function headIn(
  asLeft: () => DatabaseSync,
  path: string,
): { readonly size: number; readonly leafHash: string } | undefined {
  let left: DatabaseSync | undefined
  try {
    left = asLeft()
    const { size, leaf_hash: leafHash } = headRowOf(headQuestion(left), path)
    return { size, leafHash }
  } catch {
    return undefined
  } finally {
    left?.close()
  }
}

/**
 * Throws `store.unwritable` where the log is gone beside a file, and what processes share (`-shm`) is there. SQLite makes the log before
 * the other and deletes it after, so somebody has taken it away while the file was open. Whoever opened the file then would have
 * SQLite begin both anew: it would be as if what was in the log had never been appended, and nothing would be left that shows it. So
 * nothing is opened, be it to read.
 */
export function requireLog(path: string): void {
  // Looked at twice, as others may close the file and open it meanwhile.
  const isGone = () => existsSync(`${path}-shm`) && !existsSync(`${path}-wal`)
  if (!isGone() || !isGone()) return
  const help =
    'close the file where a process has it open still, by which what was appended comes into it, and then open it again. ' +
    'If none has, what was appended last is lost: restore a copy, and hold it against a checkpoint; ' +
    `to go on with what is there, delete ${path}-shm, and to read it, copy the file alone`
  throw new CountersignError(
    'store.unwritable',
    `cannot open ${path}: the log that SQLite keeps beside it (-wal) was deleted while the file was open (${help})`,
    { facts: { path, log: `${path}-wal`, help } },
  )
}

/**
 * Has SQLite keep what is written in a log beside the file (`-wal`), for good. SQLite answers with the mode that it has come
 * to: where the file system, or how the library was built, does not allow a log, that is another one, and no error. Throws
 * `store.unwritable` then.
 */
export function keepLog(database: DatabaseSync, path: string): void {
  const mode = String(database.prepare('pragma journal_mode = wal').get()?.journal_mode)
  if (mode === 'wal') return
  const message =
    `cannot open ${path}: SQLite cannot keep a log beside it (it stays with journal_mode = ${mode}); ` +
    'put the file on a disk of this machine that lets processes share memory'
  throw new CountersignError('store.unwritable', message, { facts: { path, mode } })
}
