import { type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CountersignError } from '@countersign/trail'

/**
 * Throws `input` where a path is none of a file. SQLite would read `file:…` as a URL, whose parameters can switch off what
 * makes a trail durable, or keep it in memory alone.
 */
export function checkPath(path: string, what: 'trail' | 'cache'): void {
  if (typeof path !== 'string' || path === '' || path === ':memory:')
    throw unfit(path, `a ${what} needs the path of a file`)
  if (path.includes('\0')) throw unfit(path, `${JSON.stringify(path)} holds a NUL character, and no path does`)
  if (/^file:/i.test(path)) throw unfit(path, `a ${what} needs the path of a file, and no URL`)
}

/**
 * Checks that a path can be that of a trail and, where it is only to be read, that a file is there. SQLite itself has
 * one message for everything that it cannot open. Throws `input` where the path is none or no file is there, and
 * `store.unwritable` where a file to be written has several names.
 */
export function requirePath(path: string, readOnly: boolean): void {
  checkPath(path, 'trail')
  const there = lookAt(path)
  if (there === 'unknown') return
  if (there?.isFile() === true) {
    if (!readOnly && there.nlink > 1) throw manyNamed(path, there.nlink)
    return
  }
  if (there?.isDirectory() === true)
    throw unfit(path, `${path} is a folder where the file of a trail is expected: name a file in it`)
  if (there !== undefined)
    throw unfit(path, `${path} is no regular file (a device, pipe or socket cannot hold a trail)`)
  const folder = dirname(resolve(path))
  const above = lookAt(folder)
  if (above === undefined) throw unfit(path, `there is no folder ${folder} for ${path}: make it first`)
  if (above !== 'unknown' && !above.isDirectory())
    throw unfit(path, `${folder} is no folder, so there is nothing at ${path}`)
  if (readOnly)
    throw unfit(path, `there is no file at ${path}; open it without readOnly to begin a trail`, { absent: true })
}

/** What is at a path; where the system does not tell, SQLite is left to say why. */
function lookAt(path: string): Stats | undefined | 'unknown' {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? undefined : 'unknown'
  }
}

/**
 * SQLite puts what is appended into a file beside the name by which the trail was opened, and only later into the trail
 * itself. Two processes with two names would have two such files, and overwrite each other's entries in the trail.
 */
const manyNamed = (path: string, names: number): CountersignError =>
  new CountersignError(
    'store.unwritable',
    `cannot open ${path} to write: the file has ${names} names (hard links), and SQLite keeps what is appended beside one of ` +
      'them, where nobody finds it by the other (close it everywhere, keep the name beside which a -wal file lies, ' +
      'if there is one, and delete the others)',
    { facts: { path, names } },
  )

const unfit = (path: string, because: string, facts: { readonly absent?: true } = {}): CountersignError =>
  new CountersignError('input', because, { facts: { path, ...facts } })
