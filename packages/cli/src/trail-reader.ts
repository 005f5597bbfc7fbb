import { CountersignError, EMPTY_ROOT, leafHash, readEntry } from '@countersign/trail'
import type { Sealed, Store } from '@countersign/trail/store'
import { createDesk, type Desk, parseInstant } from 'countersign'
import { InputError } from './input-error.ts'
import { readBlocks, trailFile } from './trail-file.ts'

/** A line of a trail file. `bytes` are the line's own. */
export interface TrailLine {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** Longer than any entry: what has no newline by then is no trail. */
const longestLine = 1 << 17
const NEWLINE = 0x0a

/** Hands over the complete lines of a trail file. An unfinished last one is left out: it was never acknowledged. */
export async function readLines(path: string, take: (line: TrailLine) => void): Promise<void> {
  const file = await trailFile(path)
  let rest: Uint8Array = new Uint8Array()
  let seq = 0
  await readBlocks(file, block => {
    let start = 0
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      const bytes = new Uint8Array(rest.length + end - start)
      bytes.set(rest)
      bytes.set(block.subarray(start, end), rest.length)
      rest = new Uint8Array()
      take({ seq, bytes })
      seq += 1
      start = end + 1
    }
    const more = block.subarray(start)
    if (rest.length + more.length > longestLine) throw unfit(file, `its line ${seq + 1} is longer than an entry can be`)
    const joined = new Uint8Array(rest.length + more.length)
    joined.set(rest)
    joined.set(more, rest.length)
    rest = joined
  })
  if (seq === 0) throw unfit(file, rest.length === 0 ? 'it is empty' : 'it has no complete line')
}

const unfit = (file: string, because: string) =>
  new InputError(`${file} is no trail: ${because}`, { hint: `verify-trail ${file} tells more.` })

/** An instant that somebody has typed. */
export function instantOf(text: string): string {
  const instant = parseInstant(text)
  if (instant !== undefined) return instant
  throw new InputError(`--at ${text} is no instant`, {
    hint: 'Write it with an offset, such as 2026-03-02T10:00Z or 2026-03-02T11:00+01:00.',
  })
}

/**
 * Opens a trail file to look at what it says, without a lock and without writing. With `at` only what was said to have
 * happened by then is read.
 */
export async function openTrail(path: string, at?: string): Promise<Desk> {
  const lines: Sealed[] = []
  await readLines(path, ({ seq, bytes }) => lines.push({ seq, leafHash: leafHash(bytes), bytes }))
  const until = at === undefined ? lines : lines.filter(line => isBy(path, line, at))
  try {
    return await createDesk({ store: readOnly(until) })
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'store.damaged')
      throw new InputError(`${path} cannot be shown: ${error.message}`, {
        hint: `verify-trail ${path} tells more.`,
        cause: error,
      })
    throw error
  }
}

/** In each stream instants only grow, so what was there by an instant is the beginning of each. */
function isBy(path: string, { seq, bytes }: Sealed, at: string): boolean {
  try {
    return readEntry(bytes).body.at <= at
  } catch (cause) {
    throw new InputError(`${path} cannot be shown: entry ${seq} is no entry`, {
      hint: `verify-trail ${path} tells more.`,
      cause,
    })
  }
}

/** The port of a store, of which only reading is there. */
function readOnly(lines: readonly Sealed[]): Store {
  return {
    head: async () => ({ size: lines.length, leafHash: lines.at(-1)?.leafHash ?? EMPTY_ROOT, root: EMPTY_ROOT }),
    append: async () => {
      throw new CountersignError('store.unwritable', 'the trail was opened to look at it only')
    },
    async *read() {
      yield* lines
    },
    close: async () => {},
  }
}
