import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '@countersign/trail'

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

/** A key as an entry names it, whatever the name in it. */
export type NamedKey = Pick<KeyRange, 'key' | 'seq'>

/** Whether a key has the name of the trail, without which it is none of its keys. */
export const isKeyOf = (origin: string, key: string): boolean => key.startsWith(`${origin}+`)

interface Known {
  readonly range: KeyRange
  readonly verifier: VerifierKey
}

/**
 * The keys of a trail, each with the sizes at which it may sign. A key signs trees from the one that ends with the entry
 * that names it up to the one that ends with the entry that names the next. So that last tree may be signed by both: the
 * key before hands over with it, and the next one begins with it.
 */
export class KeyRanges {
  readonly #known: Known[] = []

  /**
   * Begins with those that somebody else has found in the entries, as far as they have the name of the trail: of what has
   * no name no key is known.
   */
  constructor(named: readonly NamedKey[] = [], origin = '') {
    for (const { key, seq } of named) if (isKeyOf(origin, key)) this.put(key, seq)
  }

  /** Takes the key that an entry names, in the place of the one before. */
  protected put(key: string, seq: number): void {
    const before = this.#known.pop()
    if (before !== undefined) this.#known.push({ ...before, range: { ...before.range, upTo: seq + 1 } })
    // The empty tree says nothing, so whoever signs from the founding on may sign it.
    const verifier = parseVerifierKey(key)
    const id = `${verifier.name}+${verifier.keyId}`
    this.#known.push({ range: { key, id, seq, from: seq === 0 ? 0 : seq + 1 }, verifier })
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
