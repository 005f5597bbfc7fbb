/**
 * Work that goes one after the other: on each key in the order in which it came, on different keys side by side. Work
 * that fails stops nothing that comes after it. A key is forgotten as soon as no work on it is left.
 *
 * @example
 * ```ts
 * import { Turns } from '@countersign/trail/store'
 *
 * const turns = new Turns<string>()
 * const done: string[] = []
 * const first = turns.take('a', async () => {
 *   await Promise.resolve()
 *   done.push('first')
 * })
 * await turns.take('a', async () => done.push('second'))
 * await first
 * done // → ['first', 'second']
 * ```
 */
export class Turns<Key> {
  /** The last work on each key. None of these promises rejects. */
  readonly #last = new Map<Key, Promise<void>>()

  /** Does the work when all that came before it on this key is done, and gives what it gives. */
  take<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
    const done = (this.#last.get(key) ?? Promise.resolve()).then(work)
    const over = (): void => {
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
    const mine = done.then(over, over)
    this.#last.set(key, mine)
    return done
  }

  /** Whether there is work on a key that is not done. */
  has(key: Key): boolean {
    return this.#last.has(key)
  }
}
