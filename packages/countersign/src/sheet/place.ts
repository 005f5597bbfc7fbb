import type { By, RecordBody } from '../record/record.ts'
import type { Instant } from '../values/instant.ts'

/** The entry of the trail in which something stands, and its instant. */
export interface Place {
  readonly seq: number
  readonly at: Instant
}

/** Who has done something: the account, the person behind it, and the robot where one acted. */
export interface Signed extends Place {
  readonly account: string
  readonly person?: string
  readonly bot?: string
}

/** By whom and in which entry something was done. */
export function signedIn({ seq, at, by }: Pick<RecordBody, 'seq' | 'at' | 'by'>): Signed {
  const { account, person, bot }: By = by
  return { seq, at, account, ...(person === undefined ? {} : { person }), ...(bot === undefined ? {} : { bot }) }
}

/**
 * In which entries the members of a list came about that only grows, and in which a mark was put on each of them last, such
 * as its end.
 */
export class Places<One> {
  readonly #markOf: (one: One) => unknown
  readonly #came: number[] = []
  readonly #marks: unknown[] = []
  readonly #marked = new Map<number, number>()

  constructor(markOf: (one: One) => unknown = () => undefined) {
    this.#markOf = markOf
  }

  /** Looks at the list as it is after an entry. */
  look(list: readonly One[], seq: number): void {
    for (const [place, one] of list.entries()) {
      if (place >= this.#came.length) this.#came.push(seq)
      const mark = this.#markOf(one)
      if (mark !== undefined && mark !== this.#marks[place]) this.#marked.set(place, seq)
      this.#marks[place] = mark
    }
  }

  /** The entry in which a member came about; none where it did so since the last entry, by time alone. */
  cameIn(place: number): number | undefined {
    return this.#came[place]
  }

  markedIn(place: number): number | undefined {
    return this.#marked.get(place)
  }
}
