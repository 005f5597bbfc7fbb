import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { CountersignError } from '@countersign/trail'

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
