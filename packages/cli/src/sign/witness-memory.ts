import { readdir, readFile, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { takeLock } from '@countersign/store-file'
import {
  type Checkpoint,
  CountersignError,
  decodeUtf8,
  encodeUtf8,
  parseCheckpointText,
  parseNote,
  type SignerKey,
  sha256Hex,
  verifyCosignature,
  witnessKeyOf,
} from '@countersign/trail'
import { unreadable } from '../files/file.ts'
import { makeFolder } from '../files/folder.ts'
import { putWhole } from '../files/written-file.ts'
import { InputError } from '../shell/input-error.ts'

/** The last checkpoint of a log that the witness has cosigned, and when; the time is missing under an older key. */
interface Remembered {
  readonly checkpoint: Checkpoint
  readonly note: string
  readonly time?: number
}

/** What a witness remembers of each log. */
export interface WitnessMemory {
  readonly latest: (origin: string) => Promise<Remembered | undefined>
  /** Resolves when the note would be there after a power cut. */
  readonly remember: (origin: string, note: string) => Promise<void>
  /** Keeps the first fork that a log was caught at. */
  readonly keepFork: (origin: string, notes: string) => Promise<void>
}

const ending = '.checkpoint'

/**
 * The memory of a witness in a folder: for each log one file, which is the checkpoint as the log signed it and the
 * witness cosigned it. One process at a time has the folder open.
 */
export class WitnessFolder implements WitnessMemory {
  readonly #folder: string
  readonly #key: SignerKey
  readonly #lock: { readonly release: () => Promise<void> }

  private constructor(folder: string, key: SignerKey, lock: { readonly release: () => Promise<void> }) {
    this.#folder = folder
    this.#key = key
    this.#lock = lock
  }

  /** Throws `InputError` where another witness has the folder open, or something in it cannot be read. */
  static async open(folder: string, key: SignerKey): Promise<WitnessFolder> {
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
    const memory = new WitnessFolder(folder, key, lock)
    try {
      for (const name of await readdir(folder)) {
        if (name.endsWith('.new')) await unlink(join(folder, name))
        // Read once now: a witness that cannot remember must not begin to sign.
        if (name.endsWith(ending)) await memory.#read(join(folder, name))
      }
    } catch (error) {
      await lock.release()
      throw error
    }
    return memory
  }

  async latest(origin: string): Promise<Remembered | undefined> {
    const file = this.#file(origin)
    const found = await this.#read(file)
    if (found !== undefined && found.checkpoint.origin !== origin)
      throw new InputError(`${file} is of another log: expected ${origin}, found ${found.checkpoint.origin}`)
    return found
  }

  remember(origin: string, note: string): Promise<void> {
    return putWhole(this.#file(origin), note, 0o600)
  }

  async keepFork(origin: string, notes: string): Promise<void> {
    const file = `${this.#file(origin).slice(0, -ending.length)}.fork`
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
    let bytes: Uint8Array
    try {
      bytes = await readFile(file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw unreadable(file, error)
    }
    try {
      const { text, signatures } = parseNote(bytes)
      const { keyId, name, publicKey } = witnessKeyOf(this.#key)
      const own = signatures.filter(one => one.name === name && one.keyId === keyId).at(-1)
      const time = own === undefined ? undefined : verifyCosignature(publicKey, text, own.bytes)?.time
      return {
        checkpoint: parseCheckpointText(text),
        note: decodeUtf8(bytes) ?? '',
        ...(time === undefined ? {} : { time }),
      }
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      throw new InputError(`${file} is not what a witness remembers: ${error.message}`, {
        hint: 'Without its memory a witness could sign a fork. It has to begin anew with another folder and another key.',
        cause: error,
      })
    }
  }
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
