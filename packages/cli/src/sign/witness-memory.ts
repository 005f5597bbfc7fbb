import { readdir, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { takeLock } from '@countersign/store-file'
import {
  type Checkpoint,
  CountersignError,
  decodeUtf8,
  encodeUtf8,
  MAX_NOTE_BYTES,
  openNote,
  parseCheckpointText,
  parseNote,
  type SignerKey,
  sha256Hex,
  type VerifierKey,
  verifyCosignature,
  witnessKeyOf,
} from '@countersign/trail'
import { bytesIn, unreadable } from '../files/file.ts'
import { makeFolder } from '../files/folder.ts'
import { putWhole } from '../files/written-file.ts'
import { InputError } from '../shell/input-error.ts'

/** The last checkpoint of a log that the witness has cosigned, and when. Both signatures over it hold. */
interface Remembered {
  readonly checkpoint: Checkpoint
  readonly note: string
  readonly time: number
}

/** What a witness remembers of each log. */
export interface WitnessMemory {
  readonly latest: (origin: string) => Promise<Remembered | undefined>
  /** Resolves when the note would be there after a power cut. */
  readonly remember: (origin: string, note: string) => Promise<void>
  /** Keeps the first fork that a log was caught at by each of its keys: what convicts one of them says nothing of the next. */
  readonly keepFork: (origin: string, keyId: string, notes: string) => Promise<void>
}

const ending = '.checkpoint'
/** What a crash has left of a file that the witness was writing: nobody else's has such a name. */
const draft = /^[0-9a-f]{64}\.(?:checkpoint|[0-9a-f]{8}\.fork)\.[0-9a-f]{16}\.new$/

const anew = 'Without its memory a witness could sign a fork. It has to begin anew with another folder and another key.'

/**
 * The memory of a witness in a folder: for each log one file, which is the checkpoint as the log signed it and the
 * witness cosigned it. One process at a time has the folder open.
 */
export class WitnessFolder implements WitnessMemory {
  readonly #folder: string
  readonly #key: VerifierKey
  readonly #logs: ReadonlyMap<string, readonly VerifierKey[]>
  readonly #lock: { readonly release: () => Promise<void> }

  private constructor(
    folder: string,
    key: VerifierKey,
    logs: ReadonlyMap<string, readonly VerifierKey[]>,
    lock: { readonly release: () => Promise<void> },
  ) {
    this.#folder = folder
    this.#key = key
    this.#logs = logs
    this.#lock = lock
  }

  /**
   * `logs` holds the keys of the logs that the witness knows, by origin. Throws `InputError` where another witness has the
   * folder open, something in it cannot be read, or the signatures over it do not hold.
   */
  static async open(
    folder: string,
    key: SignerKey,
    logs: ReadonlyMap<string, readonly VerifierKey[]>,
  ): Promise<WitnessFolder> {
    await makeFolder(folder, 0o700).catch(error => {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new InputError(`${folder} is a file, and a witness remembers in a folder`, {
          hint: 'Name a folder with --state, or a place where one can be made.',
          cause: error,
        })
      throw unreadable(folder, error)
    })
    const lock = await takeLock(join(folder, 'lock')).catch(error => {
      throw locked(folder, error)
    })
    const memory = new WitnessFolder(folder, witnessKeyOf(key), logs, lock)
    try {
      const listed = await readdir(folder, { withFileTypes: true }).catch(error => {
        throw unreadable(folder, error)
      })
      for (const found of listed) {
        const path = join(folder, found.name)
        // What is left lying does no harm, so to fail for it would.
        if (found.isFile() && draft.test(found.name)) await unlink(path).catch(() => undefined)
        // Read once now: a witness that cannot remember must not begin to sign.
        if (found.name.endsWith(ending) && (await memory.#read(path)) === undefined)
          throw unfit(path, 'it is a link that leads to no file', `Make the link lead to the file again. ${anew}`)
      }
    } catch (error) {
      await lock.release()
      throw error
    }
    return memory
  }

  latest(origin: string): Promise<Remembered | undefined> {
    return this.#read(this.#file(origin))
  }

  remember(origin: string, note: string): Promise<void> {
    return putWhole(this.#file(origin), note, 0o600)
  }

  async keepFork(origin: string, keyId: string, notes: string): Promise<void> {
    const file = `${this.#file(origin).slice(0, -ending.length)}.${keyId}.fork`
    if (!(await readdir(this.#folder)).includes(basename(file))) await putWhole(file, notes, 0o600)
  }

  close(): Promise<void> {
    return this.#lock.release()
  }

  /** An origin may hold what no file's name may, so its hash stands for it. */
  #file(origin: string): string {
    return join(this.#folder, `${sha256Hex(encodeUtf8(origin))}${ending}`)
  }

  async #read(file: string): Promise<Remembered | undefined> {
    let bytes: Awaited<ReturnType<typeof bytesIn>>
    try {
      bytes = await bytesIn(file, MAX_NOTE_BYTES)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw unreadable(file, error)
    }
    if ('instead' in bytes) {
      const { instead } = bytes
      const because =
        typeof instead === 'string'
          ? `it is ${instead}`
          : `it has ${instead} bytes, and no note has more than ${MAX_NOTE_BYTES}`
      throw unfit(file, because, anew)
    }
    try {
      return this.#opened(file, bytes)
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      throw unfit(file, error.message, anew, error)
    }
  }

  /**
   * What is decided upon, and shown to others as a proof, is what signatures cover. Of a log that the witness does not know
   * any more it is asked for nothing, and its own cosignature is all that can be verified.
   */
  #opened(file: string, bytes: Uint8Array): Remembered {
    const { text, signatures } = parseNote(bytes)
    const checkpoint = parseCheckpointText(text)
    const { origin } = checkpoint
    if (file !== this.#file(origin)) throw unfit(file, `it is of ${origin}, which its name does not stand for`, anew)
    const lineOf = (keys: readonly VerifierKey[]) =>
      signatures.find(({ name, keyId }) => keys.some(key => key.name === name && key.keyId === keyId))
    const { name, keyId, publicKey } = this.#key
    const own = lineOf([this.#key])
    if (own === undefined)
      throw unfit(
        file,
        `it is not cosigned by ${name}+${keyId}`,
        `With another key a witness begins in another folder. Where the key is the one that it had here, the file was changed. ${anew}`,
      )
    const cosignature = verifyCosignature(publicKey, text, own.bytes)
    if (cosignature === undefined) throw unfit(file, `the cosignature of ${name}+${keyId} does not hold`, anew)
    const keys = this.#logs.get(origin)
    if (keys !== undefined && lineOf(keys) === undefined)
      throw unfit(
        file,
        `none of the keys that --logs has for ${origin} has signed it`,
        `Where the log has taken another key, put the line of the earlier one back into --logs until a checkpoint by the new one is cosigned. Where it has not, the file was changed. ${anew}`,
      )
    if (keys !== undefined) openNote(bytes, keys)
    return { checkpoint, note: decodeUtf8(bytes) ?? '', time: cosignature.time }
  }
}

function unfit(file: string, because: string, hint: string, cause?: unknown): InputError {
  return new InputError(`${file} is not what a witness remembers: ${because}`, { hint, cause })
}

function locked(folder: string, error: unknown): Error {
  if (!(error instanceof CountersignError)) return error as Error
  if (error.code !== 'store.locked') return new InputError(error.message, { cause: error })
  const { pid, host, lock } = error.facts as { pid?: number; host?: string; lock?: string }
  const who = pid === undefined ? 'another process' : `process ${pid} on ${host}`
  return new InputError(`a witness has ${folder} open: ${who}`, {
    hint: `Two witnesses on one folder could sign a fork. If you are certain that none is running, delete ${lock}.`,
    cause: error,
  })
}
