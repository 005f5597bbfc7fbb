import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { endsWithinAppend, openSignerMemory, type SignerMemory } from '@countersign/store-file'
import {
  type Checkpoint,
  CountersignError,
  type Hash,
  Integrity,
  type IntegrityReport,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  requireExtension,
  requireOptions,
  type SignerKey,
  signCheckpoint,
  signExtension,
  Tree,
  verifierKeyOf,
} from '@countersign/trail'
import { Numbering, TrailKeys } from 'countersign/verify'
import type { OnProgress } from '../files/blocks.ts'
import { unreadable } from '../files/file.ts'
import { refuseSecret } from '../files/secret.ts'
import { InputError } from '../shell/input-error.ts'
import { trailFile } from '../source/trail-file.ts'

/** What is signed, with which key, and where the signer keeps what it has signed last. */
export interface SignTrailOptions {
  readonly trail: string
  readonly signer: SignerKey
  readonly memory: string
  /** That nothing was ever signed of this trail, so that no memory is there: said by a person, and never guessed. */
  readonly first?: boolean
  /**
   * The public key to which this one hands over: the tree that ends with its entry is signed, and nothing later. A key that
   * was replaced signs that tree, too, only where a person names the next key here.
   */
  readonly handOver?: string
  readonly onProgress?: OnProgress
}

const names = Object.keys({
  trail: true,
  signer: true,
  memory: true,
  first: true,
  handOver: true,
  onProgress: true,
} satisfies Record<keyof SignTrailOptions, true>)

/** A checkpoint that was signed and is remembered. */
export interface SignedTrail {
  readonly note: string
  readonly checkpoint: Checkpoint
  /** Whether the trail names keys at all. Where it does, this is the one for this size. */
  readonly isNamed: boolean
}

/**
 * Signs a checkpoint of a trail file, which somebody may be writing meanwhile. It reads all of it, checks chain, tree, the
 * form of each entry and its numbers in the trail and in its stream, and signs only what extends what it remembers; the
 * memory is durable before the note is given back. Whether a decision was allowed is for the verifier to say.
 *
 * Throws `CountersignError` `signer.refused` where the trail is broken, unreadable, misnumbered, torn, or does not extend
 * what was signed, or where the key is not the one for its size; `signer.memory` and `signer.locked` as its memory does;
 * `input` where an option is unknown; and `InputError` where something cannot be read, or the trail file has a second name.
 *
 * @example
 * ```ts
 * import { signTrail } from '@countersign/cli'
 * import { signerKey } from '@countersign/trail'
 * const signer = signerKey('trail.example', new Uint8Array(32))
 * await signTrail({ trail: 'no-such-trail.jsonl', signer, memory: 'memory', first: true }) // throws there is no file
 * ```
 */
export async function signTrail(options: SignTrailOptions): Promise<SignedTrail> {
  requireOptions('signTrail', options, names)
  const named = await trailFile(options.trail)
  await requireOneName(named)
  const memory = await openSignerMemory(options.memory, named)
  try {
    return await signedAndRemembered(await realpath(named), memory, options)
  } finally {
    // What was signed is remembered by now, and why nothing was signed says more. A lock that stays is that of a process that
    // ends, and whom it hinders is told of it by name.
    await memory.close().catch(() => undefined)
  }
}

/** Whoever writes the trail under another name could reach a memory beside that one, and nobody can tell where it is. */
async function requireOneName(file: string): Promise<void> {
  const { nlink } = await stat(file).catch(error => {
    throw unreadable(file, error)
  })
  if (nlink > 1)
    throw new InputError(
      `${file} has another name (a hard link), so nobody can tell whether the memory of the signer lies in its folder`,
      { hint: 'Nothing was signed. Remove the other name, or put a copy in its place.' },
    )
}

async function signedAndRemembered(
  file: string,
  memory: SignerMemory,
  { signer, first = false, handOver, onProgress }: SignTrailOptions,
): Promise<SignedTrail> {
  const last = await memory.read()
  // Whoever was told to put a checkpoint in its place would write over the key.
  if (last !== undefined) refuseSecret(memory.path, Buffer.from(last))
  if (last === undefined && !first) {
    throw forgotten(
      `there is no memory in ${memory.path}, and without it nobody can tell what was signed before`,
      'A lost memory is no new beginning: put the last checkpoint that was given out there. Only where nothing was ever signed: --first.',
    )
  }
  // Asked before --first is held against it: to leave that out would not help where the memory says nothing.
  const remembered = last === undefined ? undefined : sizeOf(memory.path, last)
  if (last !== undefined && first)
    throw forgotten(`there is a memory in ${memory.path}, so this is not the first`, 'Leave --first out.')
  const reading = new Reading(remembered, handOver !== undefined)
  await readWhole(file, reading, onProgress)
  const report = requireSound(reading.integrity.finish())
  const { keys } = reading
  const head = { origin: signer.name, size: report.size, root: report.root }
  const asked = {
    checkpoint: head,
    rootAt: (size: number) => report.roots.get(size),
    memory: last === undefined ? ('first' as const) : { note: last },
    keys: keys.verifiers,
  }
  // Before the keys are looked at, as a trail that was replaced as a whole may well name another one.
  try {
    requireExtension(signer, asked)
  } catch (error) {
    throw keys.origin === signer.name ? error : ofAnotherName(error, signer, keys)
  }
  requireName(signer, keys)
  if (handOver === undefined) requireInForce(signer, keys)
  const checkpoint = handOver === undefined ? head : handedOver(signer, handOver, reading)
  const note = handOver === undefined ? signExtension(signer, asked) : signCheckpoint(checkpoint, signer)
  // What is handed over may lie before what the next key has signed already, and the larger one is remembered. It is written
  // once more even so: a run that stopped halfway may have left it where a power cut would take it away.
  const isLarger = remembered !== undefined && remembered > checkpoint.size
  await memory.write(last !== undefined && (isLarger || isSigned(last, signer, checkpoint)) ? last : note)
  return { note, checkpoint, isNamed: keys.ranges.length > 0 }
}

/** Whether a note is this checkpoint, signed by this key: whoever has cosigned it since, it says what would be signed again. */
export function isSigned(note: string, signer: SignerKey, { size, root }: Checkpoint): boolean {
  try {
    const { checkpoint } = openCheckpoint(note, { keys: [verifierKeyOf(signer)], origin: signer.name })
    return checkpoint.size === size && checkpoint.root === root
  } catch (error) {
    if (error instanceof CountersignError) return false
    throw error
  }
}

/** What is gathered while the trail goes by. */
class Reading {
  readonly keys = new TrailKeys()
  readonly #numbering = new Numbering()
  readonly integrity: Integrity
  /** The roots of the trees that end with an entry that names a key. */
  readonly rotated = new Map<number, Hash>()

  constructor(remembered: number | undefined, withRotations: boolean) {
    const tree = new Tree()
    this.integrity = new Integrity({
      sizes: remembered === undefined ? [] : [remembered],
      onLine: ({ seq, bytes, leafHash }) => {
        if (withRotations) tree.append(leafHash)
        const named = this.keys.ranges.length
        this.#read(seq, bytes)
        if (withRotations && this.keys.ranges.length > named) this.rotated.set(seq + 1, tree.root())
      },
    })
  }

  /**
   * Reads an entry as a record: what nobody can read, or what is missing, is nothing that a signature should stand under.
   */
  #read(seq: number, bytes: Uint8Array): void {
    const wrong = this.#numbering.entry(seq, this.#recordIn(seq, bytes))
    if (wrong === undefined) return
    const { code, expected, found } = wrong
    throw refused(
      code === 'entry.seq'
        ? `entry ${seq} says that it is entry ${found} (entry.seq)`
        : `entry ${seq} should be ${expected} of its stream, and says that it is ${found} (stream.gap)`,
    )
  }

  #recordIn(seq: number, bytes: Uint8Array) {
    try {
      return this.keys.read(seq, bytes)
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      throw refused(`entry ${seq} cannot be read: ${error.message}`)
    }
  }
}

const block = 1 << 20
/** An entry that is just being written is waited for: so often, so many milliseconds. */
const rounds = 40
const pause = 50

/** Reads a trail to its end; where that lies in the middle of a write, to the end of that write. */
async function readWhole(file: string, { integrity }: Reading, onProgress: OnProgress | undefined): Promise<void> {
  const handle = await open(file).catch(error => {
    throw unreadable(file, error)
  })
  try {
    let read = 0
    let endsLine = true
    let isWhole = false
    for (let round = 0; round < rounds && !isWhole; round += 1) {
      if (round > 0) await wait(pause)
      const size = await sizeSince(handle, read)
      endsLine = (await readOn(handle, file, integrity, read, size, onProgress)) ?? endsLine
      isWhole = endsLine && !(await endsWithinAppend(file, size))
      read = size
    }
    if (!isWhole) throw refused('it ends in the middle of a record or of an append, as a crash leaves it behind')
    // What is signed must still be there after a crash, or the next checkpoint would not extend this one.
    await handle.datasync().catch(error => {
      if (!unsynced.has((error as NodeJS.ErrnoException).code ?? '')) throw unreadable(file, error)
    })
    await sizeSince(handle, read)
  } finally {
    await handle.close()
  }
}

/** How long the file is. A write that does not fit on a full disk is cut off again, and what was read may be a part of it. */
async function sizeSince(handle: FileHandle, read: number): Promise<number> {
  const { size } = await handle.stat()
  if (size < read) throw refused('what was written last was taken back while it was read: ask again')
  return size
}

/** What a system says of a file that it makes durable by itself, or only for who may write it. */
const unsynced = new Set(['EINVAL', 'EROFS', 'EBADF', 'EPERM', 'EACCES'])

/** Reads from one byte to another; tells whether the last byte was a newline, where there was any. */
async function readOn(
  handle: FileHandle,
  file: string,
  integrity: Integrity,
  from: number,
  to: number,
  onProgress: OnProgress | undefined,
): Promise<boolean | undefined> {
  const memory = Buffer.allocUnsafe(block)
  let last: number | undefined
  for (let read = from; read < to; ) {
    const { bytesRead } = await handle.read(memory, 0, Math.min(block, to - read), read).catch(error => {
      throw unreadable(file, error)
    })
    if (bytesRead === 0) throw new InputError(`${file} became shorter while it was read (${read} of ${to} bytes)`)
    integrity.push(memory.subarray(0, bytesRead))
    last = memory[bytesRead - 1]
    read += bytesRead
    onProgress?.(read, to)
  }
  return last === undefined ? undefined : last === 0x0a
}

function requireSound(report: IntegrityReport): IntegrityReport & { readonly root: Hash } {
  const [finding] = report.findings
  if (finding !== undefined) {
    throw refused(
      `it is broken in ${report.found} ${report.found === 1 ? 'place' : 'places'}, first at entry ${finding.seq} (${finding.code})`,
    )
  }
  if (report.size === 0) throw refused('it has no entry')
  const { root } = report
  if (root === undefined) throw refused('it has no root')
  return { ...report, root }
}

/** The tree that a key which was replaced may sign last, if it is replaced by the key that the person means. */
function handedOver(signer: SignerKey, next: string, { keys, rotated }: Reading): Checkpoint {
  const own = keys.of(verifierKeyOf(signer))[0]
  const size = own?.upTo ?? 0
  const after = keys.ranges.filter(({ seq }) => seq === size - 1)
  const root = rotated.get(size)
  if (after.length === 0 || root === undefined)
    throw refused('no entry of it puts another key in the place of this one', 'Leave --hand-over out.')
  // Whoever trusts this key trusts each key that the entry names, so none of them may be another one.
  const other = after.find(({ key }) => key !== next)
  if (other === undefined) return { origin: signer.name, size, root }
  throw refused(
    `entry ${other.seq} puts ${other.key} in the place of this key, and another one was named`,
    'Find out who has put it there: two administrators are on record in the trail. Sign nothing until then.',
  )
}

/** A trail that does not extend what was signed and has another name was put in its place, or was named by mistake. */
function ofAnotherName(error: unknown, { name }: SignerKey, { origin }: TrailKeys): unknown {
  if (!(error instanceof CountersignError) || error.code !== 'signer.refused') return error
  return new CountersignError(
    'signer.refused',
    `${error.message}; it is called ${origin}, and the key is for ${name}`,
    {
      facts: {
        ...error.facts,
        help: 'Nothing was signed. If another trail was meant, name that one. If not, this one was put in its place: keep it as it is, and verify it with the last checkpoint: verify-trail <trail> --checkpoint FILE --key FILE.',
      },
      cause: error,
    },
  )
}

function requireName({ name }: SignerKey, { origin }: TrailKeys): void {
  if (origin !== name)
    throw refused(`it is called ${origin}, and the key is for ${name}`, 'Name the key of this trail.')
}

/**
 * The trail says which key signs it. A signer that signed with another one would only raise findings. One whose key was
 * replaced would hand over by it, as the tree that ends with the rotation is its to sign: that is for a person to ask for.
 */
function requireInForce(signer: SignerKey, keys: TrailKeys): void {
  const inForce = keys.ranges.at(-1)
  if (inForce === undefined) return
  const own = verifierKeyOf(signer)
  const id = `${own.name}+${own.keyId}`
  const [range] = keys.of(own)
  if (range === undefined)
    throw refused(
      `the key that it names is ${inForce.id}, since entry ${inForce.seq}, and not ${id}`,
      'Sign with that key.',
    )
  const { upTo } = range
  if (upTo === undefined) return
  const next = keys.ranges.find(({ seq }) => seq === upTo - 1)
  throw refused(
    `entry ${upTo - 1} has put ${next?.id} in the place of the key ${id}`,
    inForce.key === range.key
      ? `Entry ${inForce.seq} puts it back, and a key that was replaced never comes back. Sign nothing, and find out who has put it there.`
      : 'If that is the key that was meant, hand the trail over to it once (--hand-over VKEY), and sign with it from then on. If not, sign nothing, and find out who has put it there.',
  )
}

function sizeOf(path: string, note: string): number {
  if (note === '')
    throw forgotten(
      `the memory ${path} is empty, and nobody can tell from it what was signed before`,
      'Put the last checkpoint that was given out there. Only where nothing was ever signed: delete it, and --first.',
    )
  try {
    return parseCheckpointText(parseNote(note).text).size
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause
    throw forgotten(`the memory ${path} is damaged: ${cause.message}`)
  }
}

const refused = (because: string, help?: string): CountersignError =>
  new CountersignError('signer.refused', `the trail is not signed: ${because}`, {
    facts: { because, ...(help === undefined ? {} : { help }) },
  })

const forgotten = (because: string, help?: string): CountersignError =>
  new CountersignError('signer.memory', because, { facts: { because, ...(help === undefined ? {} : { help }) } })
