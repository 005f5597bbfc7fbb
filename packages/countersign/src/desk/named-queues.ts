/**
 * Who may go at once: work on different names runs side by side, work on one name in the order in which it came, and
 * exclusive work alone.
 */
export class NamedQueues {
  readonly #tails = new Map<string, Promise<unknown>>()
  /** The work that is not done yet, and began after the latest exclusive work. */
  readonly #running = new Set<Promise<unknown>>()
  #gate: Promise<unknown> = Promise.resolve()

  /** Runs the work when all earlier work on any of the names, and all earlier exclusive work, is done. */
  async on<Result>(names: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const before = [this.#gate, ...names.map(name => this.#tails.get(name))]
    const done = after(before, work)
    const settled = done.then(nothing, nothing)
    for (const name of names) this.#tails.set(name, settled)
    this.#running.add(settled)
    await settled
    this.#running.delete(settled)
    for (const name of names) if (this.#tails.get(name) === settled) this.#tails.delete(name)
    return done
  }

  /** Runs the work when everything before it is done, and nothing beside it. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = [this.#gate, ...this.#running]
    // Whatever comes later waits for this, and so for all that this waits for.
    this.#running.clear()
    const done = after(before, work)
    this.#gate = done.then(nothing, nothing)
    return done
  }
}

const nothing = () => undefined

async function after<Result>(before: readonly unknown[], work: () => Promise<Result>): Promise<Result> {
  await Promise.all(before)
  return work()
}
