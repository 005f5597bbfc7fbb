import type { DatabaseSync } from 'node:sqlite'

/**
 * A second connection to a file, which only reads. Whoever is the last to close a file has SQLite put what is in the log into it.
 * Where the files beside it were deleted meanwhile, and others went on with new ones, that would be a log that is over, put over what
 * they have written. While this connection is open no other one of the process is the last; and it cannot write itself.
 */
export function watchOver(Database: typeof DatabaseSync, path: string): DatabaseSync {
  const watch = new Database(path, { readOnly: true, timeout: 0 })
  try {
    watch.exec('pragma trusted_schema = off')
    // From its first question on it has its part in the file.
    watch.prepare('select size from head').get()
    return watch
  } catch (cause) {
    watch.close()
    throw cause
  }
}
