import { type RecordBody, readRecord } from '../../record/record.ts'
import { KeyRanges } from './key-ranges.ts'

/**
 * The keys of a trail as its entries name them: the founding the first one, each rotation the next.
 *
 * What is recorded counts here; whether it was allowed is decided elsewhere. But a key of another name than the trail's is none
 * of its keys, so that it ends no range of the one that is there.
 *
 * @example
 * ```ts
 * import { TrailKeys } from 'countersign/verify'
 * new TrailKeys().ranges // → []
 * ```
 */
export class TrailKeys extends KeyRanges {
  #origin = ''

  /** Takes what an entry says. */
  entry(seq: number, { outcome }: Pick<RecordBody, 'outcome'>): void {
    if ('refused' in outcome) return
    for (const event of outcome.accepted) {
      // A trail is founded once, and what says so later is found to be unjustified.
      if (event.type === 'trail.founded' && seq === 0) {
        this.#origin = event.origin
        if (event.key !== undefined) this.#name(event.key, seq)
      }
      if (event.type === 'key.rotated') this.#name(event.key, seq)
    }
  }

  #name(key: string, seq: number): void {
    if (this.#origin === '' || key.startsWith(`${this.#origin}+`)) this.put(key, seq)
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
