import type { DatabaseSync, StatementSync } from 'node:sqlite'

const QUESTION = 'select size from head'

/**
 * A second connection to a file, which only reads. Whoever is the last to close a file has SQLite put what is in the log into it.
 * Where the files beside it were deleted meanwhile, and others went on with new ones, that would be a log that is over, put over what
 * they have written. While this connection is open no other one of the process is the last; and it cannot write itself.
 *
 * A process that ends without having closed its connections has Node close them, each with the last of its statements, or one that
 * has none in the reverse order in which they were made. So that this one is the last by either, it is made before the other one
 * (`newWatch`), opened once there is something to open (`openWatch`), and gets its last statement after the other one has all of its
 * own (`outlast`). Then nothing of a log comes into the file, as when a process is killed: whoever opens the file next finds the log,
 * but for one that was deleted, which only a store that is closed still puts there.
 */
export const newWatch = (Database: typeof DatabaseSync, path: string): DatabaseSync =>
  new Database(path, { open: false, readOnly: true, timeout: 0 })

export function openWatch(watch: DatabaseSync): void {
  watch.open()
  try {
    watch.exec('pragma trusted_schema = off')
    // From its first question on it has its part in the file.
    watch.prepare(QUESTION).get()
  } catch (cause) {
    watch.close()
    throw cause
  }
}

/** Closes a connection while the other one has the file open, as far as that can be, so that the log stays where it is. */
export function closeBefore(watch: DatabaseSync, database: DatabaseSync): void {
  try {
    openWatch(watch)
  } catch {
    // The file cannot be read, and so neither can it be kept open.
  }
  database.close()
  if (watch.isOpen) watch.close()
}

/** The last statement of each, which has to live as long as it does. */
const last = new WeakMap<DatabaseSync, StatementSync>()

export const outlast = (watch: DatabaseSync): unknown => last.set(watch, watch.prepare(QUESTION))
