import { hash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { CountersignError } from '@countersign/trail'
import { unwritable } from './fault.ts'
import { type FileSystem, nodeFileSystem, systemCode, writeAll } from './file-system.ts'

/** Who has a trail open for writing, as its lock file says. What a system does not tell is empty. */
export interface Holder {
  readonly pid: number
  /** The machine's name. */
  readonly host: string
  /** ISO 8601, by the holder's clock. */
  readonly since: string
  /** A digest of what identifies the machine beside its name, which two machines may share. */
  readonly machine: string
  /** Differs after every start of the machine. */
  readonly boot: string
  /** In which list of processes the pid counts: a container has its own. */
  readonly space: string
  /** When the process began, in ticks of the machine: a later process with the same pid began at another. */
  readonly started: string
  /** Differs for every lock. */
  readonly token: string
}

/** Asked about a holder that cannot be judged from here; true says that it is gone. */
export type TakeOver = (holder: Holder) => boolean | Promise<boolean>

/** What to say to whoever is refused the lock: that somebody has it, and what helps. */
export interface Locked {
  readonly taken: string
  readonly help: string
  /** Given where it is the lock of no trail, so that none is spoken of where the system refuses it. */
  readonly isForTrail?: false
}

const TOKEN = /^[0-9a-f]{32}$/
/** What comes after the lock's name in the name of a draft, which was to become that lock or the right to replace it. */
const DRAFT = /^(?:\.over\.[0-9a-f]{32})*\.new\.[0-9a-f]{32}$/
/**
 * How often to try again where a lock changes hands while it is judged, and how often in a row to replace somebody who
 * died while they replaced a lock.
 */
const ROUNDS = 8
const DEPTH = 4

/**
 * The lock of one writer, without native code: a file beside the trail that says who holds it.
 *
 * - **To take it** is to give a finished file the lock's name with link(2), which fails where the name is taken (as
 *   O_EXCL does), so a lock is never seen half written. A file system without links gets an exclusive create.
 * - **A holder is dead** if it is of this machine and its pid is no process, or a zombie, or a process that began at
 *   another time (a pid that was given out again), or if the machine was started anew since. A holder of another
 *   machine or another container cannot be judged, and its lock is left alone unless `takeOver` says that it is gone.
 * - **To replace a dead holder's lock** needs the right to do so, and that is a lock, too: `….over.<token of the dead>`.
 *   Whoever has it looks again whether the lock still is the dead one's, and then renames its own onto it. So of any
 *   number of processes that see the same dead holder exactly one replaces it, and a process that comes late finds
 *   another token there and does nothing. A breaker that dies leaves a right that is replaced in the same way.
 * - **What a killed process had finished, and not yet given the lock's name,** is removed by whoever takes the lock next: its
 *   name holds a token of that process alone, so nobody else would ever do anything with it.
 *
 * What it cannot guarantee: that nobody deletes the file by hand while the holder lives (the writer notices foreign
 * bytes before its next write, but two writes in the same moment fork the trail); that two names of one file (hard
 * links, the same folder mounted twice) are seen to be one; that link and rename are atomic on a network file system
 * whose server or client caches names (some NFS set-ups); that two machines with the same name and the same
 * /etc/machine-id (cloned and not made their own) are told apart. Several machines belong on a database.
 */
export class Lock {
  readonly holder: Holder
  readonly #system: FileSystem
  readonly #path: string
  readonly #what: Locked

  private constructor(system: FileSystem, path: string, holder: Holder, what: Locked) {
    this.#system = system
    this.#path = path
    this.holder = holder
    this.#what = what
  }

  /** Throws `store.locked` at once where another one holds it, and `store.unwritable` where it cannot be written. */
  static async take(system: FileSystem, path: string, takeOver: TakeOver, what: Locked): Promise<Lock> {
    const holder = await thisProcess(system)
    try {
      await take({ system, me: holder, takeOver, what }, path, DEPTH)
    } catch (cause) {
      throw cause instanceof CountersignError ? cause : unwritable(path, 'take the lock', cause, about(what))
    }
    // What is left lying does no harm, so to fail for it would.
    await removeDrafts(system, path, holder).catch(() => undefined)
    return new Lock(system, path, holder, what)
  }

  /**
   * Gives it back. Does nothing where it is no longer ours: somebody has deleted it by hand. Throws `store.unwritable` where
   * the system refuses.
   */
  async release(): Promise<void> {
    try {
      await giveBack(this.#system, this.#path, this.holder.token)
    } catch (cause) {
      throw unwritable(this.#path, 'give back the lock', cause, about(this.#what))
    }
  }
}

/**
 * Takes a lock like that of a trail at any path, for what must have one writer as well. `release` gives it back. Where
 * its holder was killed, whoever takes it next replaces it. Throws `store.locked` at once where another process holds
 * it, and `store.unwritable` where it cannot be written; `release` throws that, too.
 *
 * @example
 * ```ts
 * import { takeLock } from '@countersign/store-file'
 *
 * await takeLock('/no/such/folder/lock') // throws no such file
 * ```
 */
export const takeLock = (path: string): Promise<{ readonly release: () => Promise<void> }> =>
  Lock.take(nodeFileSystem, path, () => false, {
    taken: `${path} is held elsewhere`,
    help: 'wait until it is given back',
    isForTrail: false,
  })

/** Whether a lock is held by somebody who lives, as far as can be told from here. */
export async function isHeld(system: FileSystem, path: string): Promise<boolean> {
  const holder = await readHolder(system, path).catch(() => 'unreadable' as const)
  return typeof holder !== 'string' && !(await isDead(system, holder, await thisProcess(system), () => false))
}

/** What of it counts where a system call fails. */
const about = ({ isForTrail }: Locked): { isForTrail?: false } => (isForTrail === undefined ? {} : { isForTrail })

/** Who wants a lock, whether they may take over one whose holder cannot be judged, and what to say where it is refused. */
interface Bid {
  readonly system: FileSystem
  readonly me: Holder
  readonly takeOver: TakeOver
  readonly what: Locked
}

async function take(bid: Bid, path: string, depth: number): Promise<void> {
  const { system, me, takeOver, what } = bid
  for (let round = 0; round < ROUNDS; round++) {
    if (await place(system, path, me)) return
    const found = await readHolder(system, path)
    if (found === 'gone') continue
    if (found === 'unreadable') throw locked(path, undefined, what)
    if (depth === 0 || !(await isDead(system, found, me, takeOver))) throw locked(path, found, what)
    if (await replace(bid, path, found, depth)) return
  }
  throw locked(path, undefined, what)
}

/** Puts our lock in the dead one's place, holding the right to; false where the lock has changed hands meanwhile. */
async function replace(bid: Bid, path: string, dead: Holder, depth: number): Promise<boolean> {
  const { system, me } = bid
  const right = `${path}.over.${dead.token}`
  const breaker = { ...me, token: newToken() }
  await take({ ...bid, me: breaker }, right, depth - 1)
  try {
    const found = await readHolder(system, path)
    if (typeof found === 'string' || found.token !== dead.token) return false
    const draft = await writeDraft(system, path, me)
    try {
      await system.rename(draft, path)
    } catch (cause) {
      await system.unlink(draft).catch(() => undefined)
      throw cause
    }
    return true
  } finally {
    // Where the right is not given back, it does no harm: the dead one's token, for which alone it was good, is gone.
    await giveBack(system, right, breaker.token).catch(() => undefined)
  }
}

/** True if the name was free and the lock now is ours. */
async function place(system: FileSystem, path: string, me: Holder): Promise<boolean> {
  const draft = await writeDraft(system, path, me)
  try {
    await system.link(draft, path)
    return true
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'EEXIST') return false
    // EPERM is what Linux says of a file system that knows no links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return await create(system, path, me)
    throw cause
  } finally {
    // What is left of it does no harm, and to fail for it would leave the lock behind.
    await system.unlink(draft).catch(() => undefined)
  }
}

async function create(system: FileSystem, path: string, me: Holder): Promise<boolean> {
  try {
    await write(system, path, me)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false
    throw cause
  }
}

async function writeDraft(system: FileSystem, path: string, me: Holder): Promise<string> {
  const draft = `${path}.new.${newToken()}`
  await write(system, draft, me)
  return draft
}

/** Removes the drafts of processes that were killed. One that was not written to its end tells not whose it is, and stays. */
async function removeDrafts(system: FileSystem, path: string, me: Holder): Promise<void> {
  const [folder, lock] = [dirname(path), basename(path)]
  for (const name of await system.list(folder)) {
    if (!name.startsWith(lock) || !DRAFT.test(name.slice(lock.length))) continue
    const draft = join(folder, name)
    const holder = await readHolder(system, draft).catch(() => 'unreadable' as const)
    if (typeof holder !== 'string' && (await isDead(system, holder, me, () => false))) await system.unlink(draft)
  }
}

/** Durable before it has the lock's name: after a power cut an empty lock would have to be judged by a person. */
async function write(system: FileSystem, path: string, me: Holder): Promise<void> {
  const fd = await system.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
  try {
    writeAll(system, fd, new TextEncoder().encode(`${JSON.stringify(me)}\n`), 0)
    await system.fdatasync(fd)
  } catch (cause) {
    await system.unlink(path).catch(() => undefined)
    throw cause
  } finally {
    await system.close(fd)
  }
}

async function giveBack(system: FileSystem, path: string, token: string): Promise<void> {
  const found = await readHolder(system, path)
  if (typeof found === 'string' || found.token !== token) return
  await system.unlink(path)
}

async function readHolder(system: FileSystem, path: string): Promise<Holder | 'gone' | 'unreadable'> {
  let text: string
  try {
    text = await system.readText(path)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return 'gone'
    throw cause
  }
  try {
    const value: unknown = JSON.parse(text)
    return isHolder(value) ? value : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Strict, because a pid is handed to kill(2), where 0 and -1 mean many, and a token becomes part of a file's name. */
function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false
  const { pid, token, ...rest } = value as Partial<Record<keyof Holder, unknown>>
  return (
    typeof pid === 'number' &&
    Number.isSafeInteger(pid) &&
    pid > 0 &&
    typeof token === 'string' &&
    TOKEN.test(token) &&
    [rest.host, rest.since, rest.machine, rest.boot, rest.space, rest.started].every(text => typeof text === 'string')
  )
}

async function isDead(system: FileSystem, holder: Holder, me: Holder, takeOver: TakeOver): Promise<boolean> {
  const sameMachine = holder.host === me.host && holder.machine === me.machine
  const restarted = me.machine !== '' && holder.boot !== '' && me.boot !== '' && holder.boot !== me.boot
  if (sameMachine && restarted) return true
  if (!sameMachine || holder.boot !== me.boot || holder.space !== me.space) return await takeOver(holder)
  if (!isProcess(holder.pid)) return true
  const process = await processState(system, `${holder.pid}`)
  if (process === undefined) return false
  return process.ended || (holder.started !== '' && process.started !== holder.started)
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return systemCode(cause) !== 'ESRCH'
  }
}

async function thisProcess(system: FileSystem): Promise<Holder> {
  const machine = await told(system.readText('/etc/machine-id'))
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    // The id itself is not for others to read (machine-id(5)), so a digest stands for it.
    machine: machine === '' ? '' : hash('sha256', `countersign/lock\n${machine}`).slice(0, 32),
    boot: await bootOf(system),
    space: await told(system.readLink('/proc/self/ns/pid')),
    started: (await processState(system, 'self'))?.started ?? '',
    token: newToken(),
  }
}

/** Fields 3 and 22 of /proc/<pid>/stat; the second field, a name in brackets, may hold anything. */
async function processState(system: FileSystem, pid: string): Promise<{ ended: boolean; started: string } | undefined> {
  const text = await told(system.readText(`/proc/${pid}/stat`))
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const started = fields[19]
  return started === undefined ? undefined : { ended: fields[0] === 'Z' || fields[0] === 'X', started }
}

/** Differs after every start of the machine; empty where the system does not tell. */
export const bootOf = (system: FileSystem): Promise<string> => told(system.readText('/proc/sys/kernel/random/boot_id'))

async function told(text: Promise<string>): Promise<string> {
  try {
    return (await text).trim()
  } catch {
    return ''
  }
}

function newToken(): string {
  return randomBytes(16).toString('hex')
}

function locked(path: string, holder: Holder | undefined, what: Locked): CountersignError {
  const who =
    holder === undefined
      ? `another process is just opening it, or was stopped while it did (${path} names no holder)`
      : `process ${holder.pid} on ${holder.host} has it open since ${holder.since}`
  const help = `${what.help}. If you are certain that nobody has it, delete ${path}`
  const told = `${what.taken}: ${who}`
  return new CountersignError('store.locked', `${told}; ${help}`, {
    facts: {
      what: told,
      lock: path,
      help,
      ...(holder === undefined ? {} : { pid: holder.pid, host: holder.host, since: holder.since }),
    },
  })
}
