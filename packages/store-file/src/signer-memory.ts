import { constants } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { CountersignError, MAX_NOTE_BYTES, unexpected } from '@countersign/trail'
import { unwritable } from './fault.ts'
import { type FileSystem, nodeFileSystem, syncFolder, systemCode, writeAll } from './file-system.ts'
import { readJournal } from './journal.ts'
import { type Holder, Lock } from './lock.ts'
import { trailPath } from './trail-path.ts'

/** Whoever else could write there could let the signer forget. */
const MODE = 0o600

/**
 * What a signer of checkpoints has signed last, in a file of its own: the signed note itself, so that damage to it shows.
 * It is locked while it is open, and its permissions are those of its account alone (0600).
 */
export interface SignerMemory {
  /** The file, with all symbolic links followed. */
  readonly path: string
  /** The note, or nothing where nothing was ever signed, or the memory is lost: nobody can tell these two apart. */
  readonly read: () => Promise<string | undefined>
  /** Keeps the note; resolves when it is durable. Until then nobody else must get it. */
  readonly write: (note: string) => Promise<void>
  /** Throws `store.unwritable` where the lock cannot be given back. What was written stays durable. */
  readonly close: () => Promise<void>
}

/**
 * Opens the memory of a trail's signer. It lies outside of the trail's folder: whoever can write there could cut the trail
 * and let the signer forget what it has signed.
 *
 * Throws `input` where a path is no text; `signer.memory` where it lies in the trail's folder or beneath it, whatever symbolic
 * links lead there, has a second name (a hard link), or is no file that could be one; `signer.locked` where another signer has it open; `store.unwritable` where the system refuses.
 *
 * @example
 * ```ts
 * import { mkdir, mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openSignerMemory } from '@countersign/store-file'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
 * await mkdir(join(folder, 'trail'))
 * const memory = await openSignerMemory(join(folder, 'memory'), join(folder, 'trail'))
 * await memory.read() // → undefined
 * await memory.write('a note')
 * await memory.read() // → 'a note'
 * await openSignerMemory(join(folder, 'memory'), join(folder, 'trail')) // throws another signer
 * await openSignerMemory(join(folder, 'trail', 'memory'), join(folder, 'trail')) // throws in the folder of the trail
 * await memory.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export function openSignerMemory(path: string, trail: string): Promise<SignerMemory> {
  return openMemoryOn(nodeFileSystem, path, trail)
}

/** `openSignerMemory` on a file system of the caller's: for tests that let its calls fail. Internal. */
export async function openMemoryOn(system: FileSystem, path: string, trail: string): Promise<SignerMemory> {
  const file = await outside(system, path, trail, 'the memory of the signer')
  await requireOneName(system, file)
  const what = {
    taken: `another signer has the memory ${file} open`,
    help: 'wait until it is done',
    isForTrail: false,
  } as const
  const lock = await Lock.take(system, `${file}.lock`, () => false, what).catch(cause => {
    if (!(cause instanceof CountersignError) || cause.code !== 'store.locked') throw cause
    const { pid, host, since } = cause.facts as Partial<Holder>
    const who = pid === undefined ? 'it is just opening it' : `process ${pid} on ${host}, since ${since}`
    const help = `If you are certain that nobody signs, delete ${file}.lock.`
    throw new CountersignError('signer.locked', `another signer has the memory ${file} open: ${who}`, {
      facts: { ...cause.facts, help },
      cause,
    })
  })
  return {
    path: file,
    read: () => readNote(system, file),
    write: note => replace(system, file, note),
    close: () => lock.release(),
  }
}

/**
 * Where a file of the signer really lies. Throws `signer.memory` where that is in the folder of the trail or beneath it, or
 * where something else than a file is there. `what` names it in the message.
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { outsideOfTrail } from '@countersign/store-file'
 * import { mkdtemp, rm } from 'node:fs/promises'
 * const trail = await mkdtemp(join(tmpdir(), 'trail-'))
 * await outsideOfTrail(join(trail, 'secret'), trail, 'the secret') // throws the secret
 * await rm(trail, { recursive: true })
 * ```
 */
export async function outsideOfTrail(path: string, trail: string, what: string): Promise<string> {
  return await outside(nodeFileSystem, path, trail, what)
}

async function outside(system: FileSystem, path: string, trail: string, what: string): Promise<string> {
  if (typeof path !== 'string') throw unexpected('input', `the path of ${what}`, 'a text', { given: path })
  const named = resolve(path)
  const file = await whereItLies(system, named, what)
  for (const folder of await foldersOf(system, trail)) {
    if (!isWithin(file, folder) && !isWithin(named, folder)) continue
    const help = 'Keep it where whoever writes the trail can neither read nor write.'
    throw unfit(file, `${what} lies in the folder of the trail, ${folder}`, help)
  }
  return file
}

/**
 * The folder in which the trail lies, and that in which it is named, where that is a link to it: whoever can write there
 * says which trail is signed.
 */
async function foldersOf(system: FileSystem, trail: string): Promise<Set<string>> {
  const { folder } = await trailPath(system, trail)
  const named = resolve(trail)
  const isFolder = (await system.stat(named).catch(() => undefined))?.kind === 'folder'
  const some = [folder, isFolder ? named : dirname(named)]
  // Links to the folders themselves are followed as well.
  const real = await Promise.all(some.map(one => system.realpath(one).catch(() => one)))
  return new Set([...real, ...some])
}

function isWithin(file: string, folder: string): boolean {
  const way = relative(folder, file)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
}

/** The file itself where it is there, and else its place in its folder, with all links followed. */
async function whereItLies(system: FileSystem, named: string, what: string): Promise<string> {
  try {
    const file = await system.realpath(named)
    if ((await system.stat(file)).kind !== 'file') throw unfit(named, `${what} is no regular file`)
    return file
  } catch (cause) {
    if (cause instanceof CountersignError) throw cause
    if (systemCode(cause) !== 'ENOENT') throw unwritable(named, 'reach', cause, { isForTrail: false })
  }
  // A link that leads nowhere would be followed by the first write.
  const leads = await system.readLink(named).catch(() => undefined)
  if (leads !== undefined) throw unfit(named, `${what} is a symbolic link to ${leads}, which is not there`)
  try {
    return join(await system.realpath(dirname(named)), basename(named))
  } catch (cause) {
    throw unwritable(dirname(named), 'reach the folder', cause, { isForTrail: false })
  }
}

/**
 * Each name of a file would have a lock of its own, and the first write puts another file under one of them: the other one
 * goes on from what was remembered before.
 */
async function requireOneName(system: FileSystem, file: string): Promise<void> {
  const state = await system.stat(file).catch(cause => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw unwritable(file, 'reach', cause, { isForTrail: false })
  })
  if (state === undefined || state.names <= 1) return
  const help =
    'Nothing was signed. Find out who has given it the other name, and remove that one: nobody may sign by it.'
  throw unfit(file, 'it has another name (a hard link), under which somebody could sign another history', help)
}

async function readNote(system: FileSystem, file: string): Promise<string | undefined> {
  try {
    const { size } = await system.stat(file)
    if (size > MAX_NOTE_BYTES) throw unfit(file, `it has ${size} bytes, and no note has more than ${MAX_NOTE_BYTES}`)
    return await system.readText(file)
  } catch (cause) {
    if (cause instanceof CountersignError) throw cause
    if (systemCode(cause) === 'ENOENT') return undefined
    throw unwritable(file, 'read', cause, { isForTrail: false })
  }
}

/** Puts a new file in the old one's place. After a crash the one or the other is there, and never half of one. */
async function replace(system: FileSystem, file: string, note: string): Promise<void> {
  const draft = `${file}.new`
  try {
    // What a crash has left behind; nothing that somebody else has put there is written into.
    await system.unlink(draft).catch(cause => {
      if (systemCode(cause) !== 'ENOENT') throw cause
    })
    const fd = await system.open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, MODE)
    try {
      // What the process masks may leave its own account without them. Windows keeps rights elsewhere.
      if (process.platform !== 'win32' && (system.fstat(fd).mode & MODE) !== MODE) await system.fchmod(fd, MODE)
      writeAll(system, fd, new TextEncoder().encode(note), 0)
      await system.fsync(fd)
    } finally {
      await system.close(fd)
    }
    await system.rename(draft, file)
    await syncFolder(system, dirname(file))
  } catch (cause) {
    throw unwritable(file, 'keep what was signed in', cause, { help: 'nothing was given out', isForTrail: false })
  }
}

/**
 * Whether a trail file that somebody may be writing ends, with so many bytes, in the middle of a write of several
 * entries: they are all there only once the last of them is.
 *
 * @example
 * ```ts
 * import { endsWithinAppend } from '@countersign/store-file'
 *
 * await endsWithinAppend('no-such-folder/trail.jsonl', 100) // → false
 * ```
 */
export async function endsWithinAppend(file: string, bytes: number): Promise<boolean> {
  const journal = await readJournal(nodeFileSystem, `${file}.journal`)
  if (typeof journal === 'string' || journal.isBlotted) return false
  return journal.batches.some(batch => batch.start < bytes && bytes < batch.end)
}

const unfit = (path: string, because: string, help = 'Name another file.'): CountersignError =>
  new CountersignError('signer.memory', `${path} cannot be used: ${because}`, { facts: { path, because, help } })
