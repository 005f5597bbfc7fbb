import { type RecordBody, readRecord } from '../../record/record.ts'
import { isKeyOf, KeyRanges, type NamedKey } from './key-ranges.ts'

/** The origin that an entry's first accepted event gives the trail; empty where it gives none. */
export function foundedAs({ outcome }: Pick<RecordBody, 'outcome'>): string {
  const [first] = 'accepted' in outcome ? outcome.accepted : []
  return first?.type === 'trail.founded' ? first.origin : ''
}

/** The keys that an entry names. A trail is founded once, so what says so later, and is found to be unjustified, names none. */
export function keysNamed(seq: number, { outcome }: Pick<RecordBody, 'outcome'>): NamedKey[] {
  if ('refused' in outcome) return []
  return outcome.accepted.flatMap(event => {
    const names = event.type === 'key.rotated' || (event.type === 'trail.founded' && seq === 0)
    return names && event.key !== undefined ? [{ key: event.key, seq }] : []
  })
}

/**
 * The keys of a trail as its entries name them: the founding the first one, each rotation the next.
 *
 * What is recorded counts here; whether it was allowed is decided elsewhere. But a key of another name than the trail's is none
 * of its keys, so that it ends no range of the one that is there; and none is known before the trail has a name.
 *
 * @example
 * ```ts
 * import { TrailKeys } from 'countersign/verify'
 * new TrailKeys().ranges // → []
 * ```
 */
export class TrailKeys extends KeyRanges {
  #origin = ''
  /** Named before the founding. */
  readonly #waiting: NamedKey[] = []

  /** Takes what an entry says. */
  entry(seq: number, body: Pick<RecordBody, 'outcome'>): void {
    this.#origin ||= foundedAs(body)
    this.#waiting.push(...keysNamed(seq, body))
    if (this.#origin === '') return
    for (const one of this.#waiting.splice(0)) if (isKeyOf(this.#origin, one.key)) this.put(one.key, one.seq)
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

  /** What the founding calls the trail; empty before it. */
  get origin(): string {
    return this.#origin
  }
}
