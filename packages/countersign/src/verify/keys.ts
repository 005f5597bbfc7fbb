import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '@countersign/trail'
import { type RecordBody, readRecord } from '../record/record.ts'

/** A key of a trail, and the sizes at which its signature on a checkpoint counts, the last one included. */
export interface KeyRange {
  /** The C2SP verifier key line. */
  readonly key: string
  /** Its name and key id. */
  readonly id: string
  /** The entry that puts it in place. */
  readonly seq: number
  readonly from: number
  /** Not there for the key that is in force. */
  readonly upTo?: number
}

interface Known {
  readonly range: KeyRange
  readonly verifier: VerifierKey
}

/**
 * The keys of a trail as its entries name them: the founding the first one, each rotation the next. A key signs trees
 * from the one that ends with the entry that names it up to the one that ends with the entry that names the next. So that
 * last tree may be signed by both: the key before hands over with it, and the next one begins with it.
 *
 * What is recorded counts here; whether it was allowed is decided elsewhere.
 *
 * @example
 * ```ts
 * import { TrailKeys } from 'countersign/verify'
 * new TrailKeys().ranges // → []
 * ```
 */
export class TrailKeys {
  readonly #known: Known[] = []
  #origin = ''

  /** Takes what an entry says. */
  entry(seq: number, { outcome }: Pick<RecordBody, 'outcome'>): void {
    if ('refused' in outcome) return
    for (const event of outcome.accepted) {
      // A trail is founded once, and what says so later is found to be unjustified.
      if (event.type === 'trail.founded' && seq === 0) {
        this.#origin = event.origin
        if (event.key !== undefined) this.#put(event.key, seq)
      }
      if (event.type === 'key.rotated') this.#put(event.key, seq)
    }
  }

  /** The keys of a trail of which somebody else has read the entries. */
  static of(origin: string, keys: readonly Pick<KeyRange, 'key' | 'seq'>[]): TrailKeys {
    const own = new TrailKeys()
    own.#origin = origin
    for (const { key, seq } of keys) own.#put(key, seq)
    return own
  }

  /**
   * Takes an entry as its bytes; gives what it says. Throws `CountersignError` `entry` where they are no entry of this
   * library.
   */
  read(seq: number, bytes: Uint8Array): RecordBody {
    const { body } = readRecord(bytes)
    this.entry(seq, body)
    return body
  }

  #put(key: string, seq: number): void {
    const before = this.#known.pop()
    if (before !== undefined) this.#known.push({ ...before, range: { ...before.range, upTo: seq + 1 } })
    // The empty tree says nothing, so whoever signs from the founding on may sign it.
    const verifier = parseVerifierKey(key)
    const id = `${verifier.name}+${verifier.keyId}`
    this.#known.push({ range: { key, id, seq, from: seq === 0 ? 0 : seq + 1 }, verifier })
  }

  /** What the founding calls the trail; empty before it. */
  get origin(): string {
    return this.#origin
  }

  /** Every key with its range, the first one first. */
  get ranges(): readonly KeyRange[] {
    return this.#known.map(({ range }) => range)
  }

  get verifiers(): readonly VerifierKey[] {
    return this.#known.map(({ verifier }) => verifier)
  }

  /** The ranges of the keys that may sign a tree of this size. */
  at(size: number): readonly KeyRange[] {
    return this.ranges.filter(range => holds(range, size))
  }

  /** The ranges of one key: none where the trail never names it. */
  of(key: VerifierKey): readonly KeyRange[] {
    const text = formatVerifierKey(key)
    return this.ranges.filter(range => range.key === text)
  }

  /** Whether a key may sign a tree of this size. Before the trail names any key, every one may that it never names. */
  maySign(key: VerifierKey, size: number): boolean {
    const own = this.of(key)
    return own.length > 0 ? own.some(range => holds(range, size)) : this.at(size).length === 0
  }
}

const holds = ({ from, upTo }: KeyRange, size: number): boolean => size >= from && (upTo === undefined || size <= upTo)
