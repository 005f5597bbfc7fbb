import {
  type Checkpoint,
  CountersignError,
  decodeUtf8,
  encodeUtf8,
  isHash,
  MAX_ENTRY_BYTES,
  MAX_NOTE_BYTES,
  parseCheckpointText,
  parseNote,
  plainBytes,
  requireBytes,
  unexpected,
} from '@countersign/trail'
import { changeId } from '../values/identifier.ts'
import { safeParse } from '../values/safe-parse.ts'

/** The longest bundle that is read, in bytes: 256 MiB. */
export const MAX_BUNDLE_BYTES = 268_435_456
const mostEntries = 1_000_000
const mostStreams = 100_000

/** The first line of every bundle. */
export const bundleFormat = 'countersign/bundle/v1'

/**
 * The evidence about one change, in one file. It holds entries of the trail as they are, and the hashes that lead from
 * them to the root of one checkpoint.
 */
export interface Bundle {
  readonly change: string
  /** For each stream that it holds how many entries of it there were, as whoever made the bundle says. */
  readonly streams: readonly { readonly stream: string; readonly entries: number }[]
  /** The entries' bytes, in the order of the trail. */
  readonly entries: readonly Uint8Array[]
  /** The shared inclusion proof, from left to right. */
  readonly hashes: readonly string[]
  /** The signed note of the checkpoint, and what it says. */
  readonly note: string
  readonly checkpoint: Checkpoint
}

/**
 * A bundle as text (docs/format/bundle-v1.md):
 *
 * ```text
 * countersign/bundle/v1
 * change PAY-1
 * stream 7 change/PAY-1
 * stream 41 governance
 * entries 48
 * {"body":{…},"prev":"…"}
 * …
 * hashes 13
 * 8917db65a499773a2487027371c0f4a204a837fba1a7996bab2d3c7d6536aaac
 * …
 *
 * trail.example/payments
 * …
 * ```
 *
 * @example
 * ```ts
 * import { formatBundle, parseBundle } from 'countersign/bundle'
 * parseBundle(formatBundle({ change: 'K', streams: [], entries: [], hashes: [], note: '' })) // throws line
 * ```
 */
export function formatBundle({ change, streams, entries, hashes, note }: Omit<Bundle, 'checkpoint'>): Uint8Array {
  const head = [
    bundleFormat,
    `change ${change}`,
    ...streams.map(one => `stream ${one.entries} ${one.stream}`),
    `entries ${entries.length}`,
  ]
  const before = encodeUtf8(`${head.join('\n')}\n`)
  const after = encodeUtf8(`${[`hashes ${hashes.length}`, ...hashes].join('\n')}\n\n${note}`)
  const bytes = new Uint8Array(before.length + after.length + entries.reduce((sum, one) => sum + one.length + 1, 0))
  bytes.set(before)
  let at = before.length
  for (const entry of entries) {
    bytes.set(entry, at)
    at += entry.length
    bytes[at++] = NEWLINE
  }
  bytes.set(after, at)
  return bytes
}

const NEWLINE = 0x0a
const longestLine = MAX_ENTRY_BYTES

/**
 * Reads a bundle, strictly: each part in its place, each number as it is written, nothing else. What it says is for
 * `verifyBundle` to judge. Its entries are views of the bytes.
 *
 * Throws `CountersignError` `bundle`, naming the line, and `note` or `checkpoint` where its checkpoint is none.
 *
 * @example
 * ```ts
 * import { parseBundle } from 'countersign/bundle'
 * parseBundle(new Uint8Array()) // throws line 1
 * ```
 */
export function parseBundle(bytes: Uint8Array): Bundle {
  requireBytes('bundle', 'the bundle', bytes)
  if (bytes.length > MAX_BUNDLE_BYTES)
    throw unexpected('bundle', 'the bundle', `at most ${MAX_BUNDLE_BYTES} bytes`, `${bytes.length} bytes`)
  const lines = new Lines(plainBytes(bytes))
  lines.text(line => (line === bundleFormat ? line : undefined), bundleFormat)
  const change = lines.text(line => changeIn(line), 'change and the id of a change')
  const streams: { stream: string; entries: number }[] = []
  let count: number | undefined
  while (count === undefined) {
    const next = lines.text(
      line => streamIn(line) ?? numberAfter('entries ', line, mostEntries),
      'a stream, or entries',
    )
    if (typeof next === 'number') count = next
    else if (next.stream > (streams.at(-1)?.stream ?? '') && streams.length < mostStreams) streams.push(next)
    else
      throw unexpected('bundle', `line ${lines.number} of the bundle`, `a stream behind ${streams.at(-1)?.stream}`, {
        given: next.stream,
      })
  }
  const entries: Uint8Array[] = []
  for (let at = 0; at < count; at++) entries.push(lines.bytes())
  const hashCount = lines.text(line => numberAfter('hashes ', line, Number.MAX_SAFE_INTEGER), 'hashes and their number')
  const hashes: string[] = []
  for (let at = 0; at < hashCount; at++)
    hashes.push(lines.text(line => (isHash(line) ? line : undefined), '64 lower-case hex digits'))
  lines.text(line => (line === '' ? line : undefined), 'an empty line')
  const note = lines.rest()
  return { change, streams, entries, hashes, note, checkpoint: checkpointIn(note, lines.number) }
}

/** The checkpoint in a note. What is wrong is told by the note's own lines, so it is said where these begin. */
function checkpointIn(note: string, before: number): Checkpoint {
  try {
    return parseCheckpointText(parseNote(note).text)
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause
    const message = `the note that begins at line ${before + 1} of the bundle: ${cause.message}`
    throw new CountersignError(cause.code, message, { facts: cause.facts, cause })
  }
}

/** The lines of a bundle, one after the other. */
class Lines {
  readonly #bytes: Uint8Array
  #at = 0
  /** The number of the line that was read last, from 1. */
  number = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  bytes(): Uint8Array {
    this.number += 1
    const end = this.#bytes.indexOf(NEWLINE, this.#at)
    if (end < 0)
      throw unexpected('bundle', `line ${this.number} of the bundle`, 'a newline at its end', 'the end of the bundle')
    if (end - this.#at > longestLine)
      throw unexpected(
        'bundle',
        `line ${this.number} of the bundle`,
        `at most ${longestLine} bytes`,
        `${end - this.#at} bytes`,
      )
    const line = this.#bytes.subarray(this.#at, end)
    this.#at = end + 1
    return line
  }

  text<T>(read: (line: string) => T | undefined, expected: string): T {
    const line = decodeUtf8(this.bytes())
    const value = line === undefined ? undefined : read(line)
    if (value === undefined)
      throw unexpected(
        'bundle',
        `line ${this.number} of the bundle`,
        expected,
        line === undefined ? 'bytes that are no UTF-8' : { given: line },
      )
    return value
  }

  rest(): string {
    const bytes = this.#bytes.subarray(this.#at)
    const text = bytes.length > MAX_NOTE_BYTES ? undefined : decodeUtf8(bytes)
    if (text === undefined)
      throw unexpected(
        'bundle',
        `line ${this.number + 1} of the bundle`,
        'a signed note',
        `${bytes.length} other bytes`,
      )
    return text
  }
}

function changeIn(line: string): string | undefined {
  const id = line.startsWith('change ') ? line.slice(7) : undefined
  return safeParse(changeId, id).success ? id : undefined
}

function streamIn(line: string): { stream: string; entries: number } | undefined {
  const [, count = '', stream = ''] = /^stream ([0-9]+) ([!-~]{1,80})$/.exec(line) ?? []
  const entries = numberAfter('', count, mostEntries)
  // A stream begins with its first entry, so there is none without.
  return entries === undefined || entries === 0 ? undefined : { stream, entries }
}

function numberAfter(name: string, line: string, most: number): number | undefined {
  if (!line.startsWith(name)) return undefined
  const decimal = line.slice(name.length)
  return /^[1-9][0-9]{0,15}$|^0$/.test(decimal) && Number(decimal) <= most ? Number(decimal) : undefined
}
