import { type RecordBody, streamOf } from '../record/record.ts'

/** An entry that stands elsewhere than it says. */
export interface Misnumbered {
  readonly code: 'entry.seq' | 'stream.gap'
  readonly expected: string
  readonly found: string
}

/**
 * Whether the entries of a trail are numbered one after the other, in the trail and in their streams, for whoever reads all
 * of them and judges none. It keeps a number for each stream.
 *
 * @example
 * ```ts
 * import { Numbering } from 'countersign/verify'
 * const entry = (seq: number, streamSeq: number) => ({
 *   seq, stream: 'change/K', streamSeq, command: { type: 'close', change: 'K', comment: 'done' } as const,
 * })
 * const numbering = new Numbering()
 * numbering.entry(0, entry(0, 0)) // → undefined
 * numbering.entry(1, entry(1, 2))?.code // → 'stream.gap'
 * ```
 */
export class Numbering {
  readonly #next = new Map<string, number>()

  /** Takes the next entry; gives what is wrong with its numbers. */
  entry(
    seq: number,
    { seq: told, stream, streamSeq, command }: Pick<RecordBody, 'seq' | 'stream' | 'streamSeq' | 'command'>,
  ): Misnumbered | undefined {
    if (told !== seq) return { code: 'entry.seq', expected: `${seq}`, found: `${told}` }
    // It could stand in another stream than that of what it is about, and leave none there.
    const own = streamOf(command)
    const next = this.#next.get(own) ?? 0
    if (stream !== own || streamSeq !== next)
      return { code: 'stream.gap', expected: `${own} ${next}`, found: `${stream} ${streamSeq}` }
    this.#next.set(own, next + 1)
    return undefined
  }
}
