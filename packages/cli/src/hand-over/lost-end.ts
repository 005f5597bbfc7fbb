import { CountersignError } from '@countersign/trail'
import { InputError } from '../shell/input-error.ts'
import { grouped } from '../shell/number.ts'
import { type Address, asInput, type OpenStore, told } from '../source/store-address.ts'

/**
 * Why a trail file is not whole, as what lies beside it tells: to be asked before it is read, and thrown once what is there was
 * passed on (`passedOnInPart`). Nothing for a database: that throws by itself where its head counts more.
 */
export async function lostEnd(address: Address, { requireWhole }: OpenStore): Promise<CountersignError | undefined> {
  try {
    await requireWhole?.()
    return undefined
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'store.damaged') return error
    throw asInput(error, address)
  }
}

/** That not all of a trail was passed on, with how much was, what is missing, and what would help. */
export function passedOnInPart(address: Address, loss: CountersignError, size: number): InputError {
  const { entries, what, help } = loss.facts
  const why = typeof what === 'string' ? what : loss.message
  const last = typeof entries === 'number' ? entries - 1 : -1
  const gone = last === size ? `entry ${size} is missing: ` : `entries ${size} to ${last} are missing: `
  return new InputError(
    `not all of ${told(address)} was passed on, only ${grouped(size)} ${size === 1 ? 'entry' : 'entries'}: ${last < size ? '' : gone}${why}`,
    { ...(typeof help === 'string' ? { hint: `${sentence(help)} Then do this again.` } : {}), cause: loss },
  )
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
