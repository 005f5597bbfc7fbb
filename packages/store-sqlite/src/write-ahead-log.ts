import type { DatabaseSync } from 'node:sqlite'
import { CountersignError } from '@countersign/trail'

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
