import { CountersignError } from '@countersign/trail'
import type { Draft } from '@countersign/trail/store'

/** The longest name of a stream, in bytes: no more has room in an entry of PostgreSQL's index. */
const MAX_NAME = 2_600

/** Whether PostgreSQL can be asked for a stream of that name. One that it cannot be asked for has no entries. */
export const isText = (name: unknown): name is string =>
  typeof name === 'string' && name.isWellFormed() && !name.includes('\0')

/**
 * Throws `entry` where PostgreSQL cannot keep the name of a stream. A name that is no well-formed text is left to the
 * sealing, which refuses it.
 */
export function requireNames(drafts: readonly Draft[]): void {
  for (const { stream } of drafts) {
    const because = isText(stream)
      ? Buffer.byteLength(stream) > MAX_NAME && `has more than ${MAX_NAME} bytes`
      : (stream as string).includes('\0') && 'holds U+0000'
    if (because === false) continue
    throw new CountersignError('entry', `the name of a stream ${because}, which PostgreSQL does not keep`, {
      facts: {
        path: '$.body.stream',
        expected: `at most ${MAX_NAME} bytes without U+0000`,
        found: stream.slice(0, 80),
      },
    })
  }
}
