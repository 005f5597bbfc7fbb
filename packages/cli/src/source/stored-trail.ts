import { CountersignError, EMPTY_ROOT, leafHash as hashOf, MAX_ENTRY_BYTES, readEntry, Tree } from '@countersign/trail'
import type { Head, Sealed, Store } from '@countersign/trail/store'
import type { SourceFault } from 'countersign/verify'
import { type Address, asInput, missingIn, openStore } from './store-address.ts'
import type { SourceReading, TrailSource } from './trail-source.ts'

const BLOCK = 1 << 20
const NEWLINE = 0x0a
/** So many faults are told one by one, and all others in one: memory is not to grow with the trail. */
const MOST_TOLD = 1_000
/** So much of what a store keeps for a hash is told. */
const LONGEST_TOLD = 80

/**
 * A trail that lies in a store: its entries as the bytes of a trail file. What the store keeps beside them is held against
 * what they say.
 */
export const storedTrail = (address: Address): TrailSource => ({ blocks: reading => blocksOfStore(address, reading) })

async function* blocksOfStore(address: Address, reading: SourceReading): AsyncGenerator<Uint8Array, void, undefined> {
  const { store, close } = await openStore(address, 'read').catch(error => {
    throw asInput(error, address)
  })
  try {
    yield* blocksIn(store, reading)
  } catch (error) {
    throw asInput(error, address)
  } finally {
    await close()
  }
}

/** The entries of a store as the bytes of a trail file. Whoever takes a block must be done with it before the next. */
export async function* blocksIn(
  store: Store,
  { onProgress, onFault }: SourceReading,
): AsyncGenerator<Uint8Array, void, undefined> {
  const block = new Uint8Array(BLOCK)
  let filled = 0
  let bytesRead = 0
  // Before the entries: what is appended meanwhile is no fault.
  const beside = new Beside(store, await headOf(store), onFault)
  try {
    for await (const entry of store.read()) {
      const { bytes } = entry
      await beside.compare(entry)
      if (filled + bytes.length + 1 > BLOCK) {
        yield block.subarray(0, filled)
        filled = 0
      }
      block.set(bytes, filled)
      filled += bytes.length + 1
      block[filled - 1] = NEWLINE
      // How many bytes there are is not known before they are read; the entries so far tell about how many.
      bytesRead += bytes.length + 1
      onProgress?.(bytesRead, Math.round((bytesRead / beside.count) * beside.total))
    }
    beside.end()
  } catch (error) {
    if (missingIn(error) === undefined) throw error
    beside.end(sizeIn(error), toldIn(error))
  }
  yield block.subarray(0, filled)
}

/** What the head says, or why it says nothing. */
type Said = Head | { readonly unreadable: string; readonly expected: string }

async function headOf(store: Store): Promise<Said> {
  try {
    return await store.head()
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== 'store.damaged') throw error
    const { expected } = error.facts
    return {
      unreadable: error.message,
      expected: typeof expected === 'string' ? expected : 'a head that says how the entries end',
    }
  }
}

/** How many entries a store says that there are, where it tells that one of them is missing. */
const sizeIn = (error: unknown): number | undefined =>
  error instanceof CountersignError && typeof error.facts.size === 'number' ? error.facts.size : undefined

/** What a store tells of an entry that has a row, and is not there all the same. */
function toldIn(error: unknown): Pick<SourceFault, 'expected' | 'found'> | undefined {
  const { expected, found } = error instanceof CountersignError ? error.facts : {}
  return typeof expected === 'string' && typeof found === 'string' ? { expected, found } : undefined
}

/** Holds what a store keeps beside the entries against them: the place and the hash of each, and its head. */
class Beside {
  readonly #store: Store
  readonly #onFault: (fault: SourceFault) => void
  readonly #tree = new Tree()
  /** How many entries there must be at least: what the head says later may count some that come after all that is read. */
  readonly #least: number
  #said: Said | undefined
  #last: string = EMPTY_ROOT
  #next = 0
  /** How far the places that the store keeps are ahead of those that the entries say. */
  #shift = 0
  /** Whether all entries so far are there, and their hashes known. */
  #isWhole = true
  #told = 0
  #untold: number | undefined

  constructor(store: Store, said: Said, onFault: (fault: SourceFault) => void) {
    this.#store = store
    this.#said = said
    this.#least = 'size' in said ? said.size : 0
    this.#onFault = onFault
  }

  /** How many entries there were so far, with those that are missing. */
  get count(): number {
    return this.#next
  }

  /** How many there will be, as far as that is known. */
  get total(): number {
    return Math.max(this.#next, this.#least)
  }

  /** Takes the next entry, as the store gives it. */
  async compare({ seq, leafHash, bytes }: Sealed): Promise<void> {
    const place = seq - this.#next === this.#shift ? this.#next : this.#placeOf(seq, bytes)
    if (bytes.includes(NEWLINE)) this.#differs(place, 'the bytes of one entry', 'a line break among them')
    // Of what is longer than an entry can be a store gives the beginning.
    const hash = bytes.length > MAX_ENTRY_BYTES ? undefined : hashOf(bytes)
    if (hash !== undefined && hash !== leafHash)
      this.#differs(place, `leaf hash ${hash}`, `leaf hash ${shortened(leafHash)}, as the store keeps it`)
    // One that comes after those that it belongs before.
    if (place < this.#next) return
    await this.#passHead()
    if (hash === undefined) this.#isWhole = false
    else {
      this.#tree.append(hash)
      this.#last = hash
    }
    this.#next += 1
  }

  /** That no more entries came. What else the store has said of how many there are is told where its head is of no use. */
  end(size = 0, told?: Pick<SourceFault, 'expected' | 'found'>): void {
    const said = this.#said
    const last = Math.max(0, this.#next - 1)
    if (said !== undefined && 'unreadable' in said) this.#differs(last, said.expected, said.unreadable)
    const count = Math.max(size, this.#least)
    if (count > this.#next) {
      this.#tell({
        code: 'store.missing',
        seq: this.#next,
        expected: `${count} entries, as the ${count === this.#least ? 'head says' : 'store counts them'}`,
        found: this.#isWhole ? `${this.#next} entries` : `none from entry ${this.#next} on`,
        ...told,
      })
    } else this.#compareHead()
    if (this.#untold !== undefined)
      this.#onFault({
        code: 'store.differs',
        seq: this.#untold,
        expected: `what the entries say, from entry ${this.#untold} on as well`,
        found: `something else ${this.#told - MOST_TOLD} more times`,
      })
  }

  /**
   * The place of an entry that has another one in the store than the next: it was moved, by what it says itself, or those
   * between are missing.
   */
  #placeOf(seq: number, bytes: Uint8Array): number {
    const own = placeIn(bytes)
    const place = own !== undefined && own <= seq ? own : seq
    if (place > this.#next) {
      const last = place - 1
      this.#tell({
        code: 'store.missing',
        seq: this.#next,
        expected: last === this.#next ? `entry ${last}` : `entries ${this.#next} to ${last}`,
        found: `entry ${place} after those before them`,
      })
      this.#next = place
      this.#isWhole = false
    }
    if (place !== seq) this.#differs(place, `place ${place}`, `place ${seq}, as the store keeps it`)
    if (place === this.#next) this.#shift = seq - place
    return place
  }

  /** Where there are more entries than the head has said, others have written since, and then it says so by now. */
  async #passHead(): Promise<void> {
    const said = this.#said
    if (said === undefined || 'unreadable' in said || this.#next < said.size) return
    this.#compareHead()
    const now = await headOf(this.#store)
    if ('unreadable' in now || now.size > this.#next) {
      this.#said = now
      return
    }
    this.#differs(this.#next, `more than ${this.#next} entries`, `${now.size} entries, as the head says`)
    this.#said = undefined
  }

  #compareHead(): void {
    const said = this.#said
    if (said === undefined || 'unreadable' in said || !this.#isWhole || this.#next !== said.size) return
    const last = Math.max(0, said.size - 1)
    const root = this.#tree.root()
    if (said.root !== root)
      this.#differs(last, `root ${root} of ${said.size} entries`, `root ${said.root}, as the head says`)
    else if (said.leafHash !== this.#last)
      this.#differs(
        last,
        `leaf hash ${this.#last} of the last entry`,
        `leaf hash ${shortened(said.leafHash)}, as the head says`,
      )
  }

  #differs(seq: number, expected: string, found: string): void {
    this.#tell({ code: 'store.differs', seq, expected, found })
  }

  #tell(fault: SourceFault): void {
    this.#told += 1
    if (this.#told <= MOST_TOLD) this.#onFault(fault)
    else this.#untold ??= fault.seq
  }
}

/** The place that an entry itself says; nothing where it says none. */
function placeIn(bytes: Uint8Array): number | undefined {
  try {
    return readEntry(bytes).body.seq
  } catch {
    return undefined
  }
}

const shortened = (text: string): string => (text.length > LONGEST_TOLD ? `${text.slice(0, LONGEST_TOLD)}…` : text)
