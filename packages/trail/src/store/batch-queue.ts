/** A call that waits for its batch, and how it is answered. Only its first answer counts. */
export interface Waiting<Asked, Answer> {
  readonly asked: Asked
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** What is done with calls that come at the same time. */
export interface Batching<Asked, Answer> {
  /** How much a call adds to a batch, in whatever `most` counts. */
  readonly weigh: (asked: Asked) => number
  /** How much a batch holds at most. A call that is heavier than that makes a batch of its own. */
  readonly most: number
  /** Resolves when everybody who asks in this turn of the program has asked. It is waited for before each batch. */
  readonly endOfTurn: () => Promise<void>
  /** Does what all calls of a batch ask for, and answers each. Where it rejects, so does every call that has no answer yet. */
  readonly flush: (batch: readonly Waiting<Asked, Answer>[]) => Promise<void>
}

/**
 * Group commit: one batch is flushed at a time, and the calls that come meanwhile make the next one. They keep their order.
 *
 * @example
 * ```ts
 * import { BatchQueue } from '@countersign/trail/store'
 *
 * const batches: number[][] = []
 * const queue = new BatchQueue<number, string>({
 *   weigh: () => 1,
 *   most: 2,
 *   endOfTurn: () => Promise.resolve(),
 *   flush: async batch => {
 *     batches.push(batch.map(call => call.asked))
 *     for (const call of batch) call.resolve(`done ${call.asked}`)
 *   },
 * })
 * await Promise.all([queue.ask(1), queue.ask(2), queue.ask(3)]) // → ['done 1', 'done 2', 'done 3']
 * batches // → [[1, 2], [3]]
 * ```
 */
export class BatchQueue<Asked, Answer> {
  readonly #batching: Batching<Asked, Answer>
  #waiting: Waiting<Asked, Answer>[] = []
  #flushing: Promise<void> | undefined

  constructor(batching: Batching<Asked, Answer>) {
    this.#batching = batching
  }

  /** How many calls wait for the next batch. */
  get length(): number {
    return this.#waiting.length
  }

  /** Puts a call into the next batch that has room for it, and gives its answer. */
  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject })
      this.#flushing ??= this.#flushAll()
    })
  }

  /** Rejects all calls that wait for the next batch. */
  rejectWaiting(error: unknown): void {
    for (const call of this.#waiting.splice(0)) call.reject(error)
  }

  /** Resolves when every call has its answer. */
  async settled(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing
  }

  async #flushAll(): Promise<void> {
    const { endOfTurn, flush } = this.#batching
    while (this.#waiting.length > 0) {
      await endOfTurn()
      const batch = this.#nextBatch()
      try {
        await flush(batch)
      } catch (error) {
        for (const call of batch) call.reject(error)
      }
    }
    this.#flushing = undefined
  }

  #nextBatch(): readonly Waiting<Asked, Answer>[] {
    const { weigh, most } = this.#batching
    let weight = 0
    const over = this.#waiting.findIndex((call, at) => {
      weight += weigh(call.asked)
      return at > 0 && weight > most
    })
    if (over !== -1) return this.#waiting.splice(0, over)
    const all = this.#waiting
    this.#waiting = []
    return all
  }
}
