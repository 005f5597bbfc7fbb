import { CountersignError } from '@countersign/trail'

/** Counts what a desk is doing, so that closing it waits for that. Whatever is asked of it afterwards throws `store.closed`. */
export class UnderWay {
  #count = 0
  #isClosed = false
  #done: (() => void) | undefined

  requireOpen(): void {
    if (this.#isClosed)
      throw new CountersignError('store.closed', 'this desk was closed: open another one with createDesk')
  }

  /** Does something that begins while the desk is open. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.requireOpen()
    this.#count += 1
    try {
      return await work()
    } finally {
      this.#count -= 1
      if (this.#count === 0) this.#done?.()
    }
  }

  /** Takes in nothing more, and resolves when all that had begun has ended. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#count === 0
      ? Promise.resolve()
      : new Promise(resolve => {
          this.#done = resolve
        })
  }
}
