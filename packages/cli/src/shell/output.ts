import { InputError } from './input-error.ts'
import { whyUnwritten } from './run.ts'
import type { Output } from './shell.ts'

/**
 * Writes the next part of something that is of use only as a whole, and comes back when it was taken: so no more than that
 * waits for a reader that is slow. Throws `InputError` where it cannot be written, or nobody reads any more.
 */
export function written(stdout: Output, part: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(part, error => {
      if (error === null || error === undefined) resolve()
      else reject(new InputError(whyUnwritten(error), { cause: error }))
    })
  })
}
