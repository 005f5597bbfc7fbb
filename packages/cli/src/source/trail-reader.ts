import { CountersignError, leafHash } from '@countersign/trail'
import type { Sealed } from '@countersign/trail/store'
import { type Drained, drainOf, type OutboxAsked, openView, parseInstant, type View } from 'countersign'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { findTrail } from './find-trail.ts'
import { asInput, toldAs } from './store-address.ts'
import { nameOf, soundBlocks } from './trail-source.ts'

/** A line of a trail. `bytes` are the line's own. */
interface TrailLine {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** Longer than any entry: what has no newline by then is no trail. */
const longestLine = 1 << 17
const NEWLINE = 0x0a

/**
 * Hands over the complete lines of a trail, wherever it lies. An unfinished last one of a file is left out: it was never
 * acknowledged.
 */
export async function readLines(path: string, take: (line: TrailLine) => void): Promise<void> {
  const source = await findTrail(path)
  const name = nameOf(path, source)
  let rest: Uint8Array = new Uint8Array()
  let seq = 0
  for await (const block of soundBlocks(path, source)) {
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
    if (rest.length + more.length > longestLine) throw unfit(name, `its line ${seq + 1} is longer than an entry can be`)
    const joined = new Uint8Array(rest.length + more.length)
    joined.set(rest)
    joined.set(more, rest.length)
    rest = joined
  }
  if (seq === 0) throw unfit(name, rest.length === 0 ? 'it is empty' : 'it has no complete line')
}

const unfit = (name: string, because: string) =>
  new InputError(`${name} is no trail: ${because}`, { hint: `verify-trail ${shellWord(name)} tells more.` })

/** An instant that somebody has typed after an option. */
export function instantOf(text: string, option: 'at' | 'from' | 'until' = 'at'): string {
  const instant = parseInstant(text)
  if (instant !== undefined) return instant
  throw new InputError(`--${option} ${text} is no instant`, {
    hint: 'Write it with an offset, such as 2026-03-02T10:00Z or 2026-03-02T11:00+01:00.',
  })
}

/** Opens a trail to look at what it says, or said by an instant, without a lock and without writing. */
export const openTrail = async (path: string, at?: string): Promise<View> => viewOf(path, await sealedIn(path), at)

/** The outbox of a trail, and what the same entries say. */
export async function drainTrail(
  path: string,
  asked: OutboxAsked,
): Promise<{ readonly drained: Drained; readonly view: () => Promise<View> }> {
  const lines = await sealedIn(path)
  try {
    const drained = await drainOf({ read: () => inOrder(lines) }, () => new Date())(asked)
    return { drained, view: () => viewOf(path, lines) }
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'input') throw asInput(error)
    throw notShown(path, error)
  }
}

async function sealedIn(path: string): Promise<readonly Sealed[]> {
  const lines: Sealed[] = []
  await readLines(path, ({ seq, bytes }) => lines.push({ seq, leafHash: leafHash(bytes), bytes }))
  return lines
}

async function viewOf(path: string, lines: readonly Sealed[], at?: string): Promise<View> {
  try {
    return await openView({ read: () => inOrder(lines) }, at)
  } catch (error) {
    throw notShown(path, error)
  }
}

/** Why a trail cannot be shown: the entry that is none, and what is wrong with it. */
function notShown(path: string, error: unknown): unknown {
  if (!(error instanceof CountersignError)) return error
  const { seq } = error.facts
  const because =
    typeof seq === 'number' && error.cause instanceof Error
      ? `entry ${seq} is no entry of this library: ${error.cause.message}`
      : error.message
  return new InputError(`${toldAs(path)} cannot be shown: ${because}`, {
    hint: `verify-trail ${shellWord(toldAs(path))} tells more.`,
    cause: error,
  })
}

async function* inOrder(lines: readonly Sealed[]) {
  yield* lines
}
