import { setTimeout as pause } from 'node:timers/promises'
import { answered, connected, type Lent, type Pool } from './connection.ts'

/** How long it waits before it connects again: longer each time, up to this many milliseconds. */
const LONGEST_PAUSE = 5_000

/**
 * Listens on a channel, with a connection of its own, which it makes again whenever it is lost. What was notified meanwhile
 * is lost with it, so it tells once more as soon as it is connected.
 */
export class Listener {
  readonly #pool: Pool
  readonly #patience: number
  readonly #channel: string
  readonly #told: () => void
  #connection: Lent | undefined
  #stopped = false
  #stop: AbortController = new AbortController()
  #again: Promise<void> = Promise.resolve()

  constructor(pool: Pool, patience: number, channel: string, told: () => void) {
    this.#pool = pool
    this.#patience = patience
    this.#channel = channel
    this.#told = told
  }

  async start(): Promise<void> {
    const connection = await connected(this.#pool, this.#patience)
    // Until the connection listens, whoever has called `start` learns of its loss, by what is thrown here, and nobody
    // else does.
    let isLost = false
    let reason: Error | undefined
    const lost = (...[error]: readonly Error[]) => {
      isLost = true
      reason ??= error
    }
    connection.on('error', lost)
    connection.on('end', lost)
    connection.on('notification', this.#heard)
    try {
      await answered(connection.query(`listen "${this.#channel}"`), this.#patience, 'answer')
      if (isLost) throw reason ?? new Error('Connection terminated while it was asked to listen')
    } catch (cause) {
      this.#free(connection)
      throw cause
    }
    if (this.#stopped) {
      this.#free(connection)
      return
    }
    connection.on('error', this.#lost)
    connection.on('end', this.#lost)
    this.#connection = connection
    this.#tell()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#stop.abort()
    await this.#again
    this.#letGo()
  }

  readonly #heard = (): void => {
    if (!this.#stopped) this.#tell()
  }

  /**
   * Tells that others have written. An error of whoever is told is shown as a warning, and ends neither the connection
   * nor the process.
   */
  #tell(): void {
    const told = async () => this.#told()
    void told().catch((error: unknown) => {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      process.emitWarning('what was told by `listen` that others have written has failed', { detail })
    })
  }

  readonly #lost = (): void => {
    if (this.#connection === undefined || this.#stopped) return
    this.#letGo()
    this.#again = this.#connectAgain()
  }

  async #connectAgain(): Promise<void> {
    for (let wait = 50; !this.#stopped; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      try {
        await pause(wait, undefined, { signal: this.#stop.signal })
        await this.start()
        return
      } catch {
        // Tried again, until it is there or nobody listens any more.
      }
    }
  }

  #letGo(): void {
    const connection = this.#connection
    this.#connection = undefined
    if (connection !== undefined) this.#free(connection)
  }

  /** A connection that listens, or was asked to, is not lent to somebody else. */
  #free(connection: Lent): void {
    connection.removeListener('error', this.#lost)
    connection.removeListener('end', this.#lost)
    connection.removeListener('notification', this.#heard)
    connection.on('error', () => {})
    connection.release(true)
  }
}
