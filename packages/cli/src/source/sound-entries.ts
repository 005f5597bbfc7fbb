import { type Body, CountersignError, EMPTY_ROOT, type Entry, type Hash, leafHash, readEntry } from '@countersign/trail'
import type { Sealed, Store } from '@countersign/trail/store'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { type Address, asInput, missingIn, told } from './store-address.ts'

/** A store that was opened, and where it lies. */
export interface Located {
  readonly store: Store
  readonly address: Address
}

/** An entry, and what it says. */
export interface SoundEntry extends Sealed {
  readonly body: Body
}

/**
 * The entries of a trail in their order up to a size, each found to be one: it is there, has the form and the hash of an
 * entry, says its own number, and hangs on the one before it. Throws `InputError` at the first of which that is not so, with
 * where it lies and its number.
 */
export async function* soundEntries({ store, address }: Located, to?: number): AsyncGenerator<SoundEntry> {
  let next = 0
  let before: Hash = EMPTY_ROOT
  try {
    for await (const entry of store.read(to === undefined ? {} : { to })) {
      if (entry.seq !== next) throw damaged(address, `entry ${next} is missing`)
      const { body, prev } = entryIn(entry, address)
      if (leafHash(entry.bytes) !== entry.leafHash)
        throw damaged(address, `entry ${next} has another hash there than its bytes have`)
      if (body.seq !== next) throw damaged(address, `entry ${next} says that it is entry ${body.seq}`)
      if (prev !== before)
        throw damaged(
          address,
          next === 0 ? 'entry 0 hangs on another' : `entry ${next} does not hang on entry ${next - 1}`,
        )
      yield { ...entry, body }
      before = entry.leafHash
      next += 1
    }
  } catch (error) {
    const missing = missingIn(error)
    throw missing === undefined ? asInput(error, address) : damaged(address, `entry ${missing} is missing`, error)
  }
}

function entryIn({ seq, bytes }: Sealed, address: Address): Entry {
  try {
    return readEntry(bytes)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw damaged(address, `entry ${seq} cannot be read: ${error.message}`, error)
  }
}

/** That a trail is not whole, with where it lies and what would help. */
export const damaged = (address: Address, because: string, cause?: unknown): InputError =>
  new InputError(`${told(address)} is damaged: ${because}`, {
    hint: `verify-trail ${shellWord(told(address))} lists everything that is wrong with it. Go on with a copy or a backup that it finds whole.`,
    cause,
  })
