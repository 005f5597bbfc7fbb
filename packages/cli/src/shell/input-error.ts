/**
 * Something that the caller can mend: a wrong option, a file that is not there or cannot be read. It ends with exit code
 * 2, one line, and a hint; never with a stack.
 *
 * @example
 * ```ts
 * import { InputError, verifyFile } from '@countersign/cli'
 * const error = await verifyFile('no-such-trail.jsonl').catch((cause: InputError) => cause)
 * error instanceof InputError // → true
 * ```
 */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly hint: string | undefined

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.hint = options.hint
  }
}
