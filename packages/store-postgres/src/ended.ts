import { errorMonitor } from 'node:events'

/** Why connections have ended, as far as anybody heard it. */
const reasons = new WeakMap<object, Error>()
const watched = new WeakSet<object>()

/** Keeps the first that is told of how a connection ends: the driver refuses whatever is asked later, and no longer knows why. */
export function keepReason(connection: object, error: Error | undefined): void {
  if (error !== undefined && !reasons.has(connection)) reasons.set(connection, error)
}

/** Hears why a connection of somebody else's ends. Whether its error is heeded, or ends the process, is left to them. */
export function hearReason(connection: object): void {
  if (watched.has(connection)) return
  watched.add(connection)
  const { on } = connection as { on?: (event: symbol, told: (error: Error) => void) => unknown }
  if (typeof on === 'function') on.call(connection, errorMonitor, error => keepReason(connection, error))
}

/** A connection had ended before it was asked something, so that this was not sent. */
export class Ended extends Error {
  /** What the server or the system has said as it ended, where it has said something. */
  readonly code: unknown

  constructor(connection: object, cause: unknown) {
    const reason = reasons.get(connection)
    super(`the connection had ended${reason === undefined ? ', and nobody has heard why' : `: ${reason.message}`}`, {
      cause: reason ?? cause,
    })
    this.code = (reason as { code?: unknown } | undefined)?.code
  }
}

/** Asks something of a connection. Where it has ended before, throws `Ended`, with why. */
export async function asked<T>(connection: object, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (/not queryable/.test((cause as Error | undefined)?.message ?? '')) throw new Ended(connection, cause)
    throw cause
  }
}
