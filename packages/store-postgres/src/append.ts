import { CountersignError, EMPTY_ROOT, MAX_ENTRY_BYTES, sealEntry, Tree } from '@countersign/trail'
import { type Draft, type Expected, requireAppend, type Sealed, sealAll, unsealedEntry } from '@countersign/trail/store'
import { type Connection, hexOf, queryAll, textLiteral } from './connection.ts'
import { strangeHead, unlessStrange, wrongHead } from './head.ts'
import { isText, requireNames } from './stream-name.ts'

/** One call of `append`. */
export interface Wanted {
  readonly drafts: readonly Draft[]
  readonly expected: Expected
}

/** What an append comes to: what was sealed, or why not. */
export type Outcome = { readonly sealed: readonly Sealed[] } | { readonly refused: unknown }

/**
 * The statements that begin and end the transaction, where it is not the host's, and whether it lets the end of the trail go
 * before it is flushed: then the caller flushes it (`flush`).
 */
export interface Frame {
  readonly begin: readonly string[]
  readonly commit: readonly string[]
  readonly letsGo: boolean
}

/** How a trail ends, as far as whoever has appended last knows. */
export interface End {
  readonly size: number
  readonly leafHash: string
  readonly tree: Tree
}

/** What some appends come to, how many entries there were before them, and how the trail ends after them. */
export interface Appended {
  readonly outcomes: readonly Outcome[]
  readonly before: number
  readonly end: End
}

/**
 * Checks an append by itself, before it is written together with others, so that none of the others is refused for it. Throws
 * `input` and `entry` as `requireAppend` does and for the name of a stream, and `store.conflict` for one that no stream here has.
 */
export function requireKept({ drafts, expected }: Wanted): void {
  requireAppend(drafts, expected)
  requireNames(drafts)
  const unknown = Object.entries(expected).filter(([stream]) => !isText(stream))
  sealAll([], Object.fromEntries(unknown), { size: 0, leafHash: '', version: () => 0 })
}

/**
 * Appends for several callers in one transaction, each all or nothing, by the function that the database has for it: one
 * way there and back. What it has sealed is sealed here once more, from what it says of the end of the trail: so whoever
 * appends gets the bytes, without having them sent back.
 */
export async function appendAll(
  connection: Connection,
  schema: string,
  batch: readonly Wanted[],
  channel: string | undefined,
  { begin, commit, letsGo }: Frame = { begin: [], commit: [], letsGo: false },
): Promise<Appended> {
  const ready = batch.map(readyOf)
  const results = await queryAll(connection, [
    ...begin,
    callOf(schema, ready, channel, { isBegunHere: begin.length > 0, letsGo }),
    ...commit,
  ])
  const said = JSON.parse(String(results[begin.length]?.rows[0]?.said)) as Said | null
  if (said === null) throw await strangeHead(connection, schema)
  if ('head' in said) throw wrongHead(schema, said.head, said.last)
  const found = said.versions.values()
  const outcomes = batch.map((wanted, call): Outcome => {
    const { reads = [], refused } = ready[call] ?? {}
    if (refused !== undefined) return { refused }
    const versions = new Map(reads.map(({ stream }) => [stream, found.next().value]))
    const outcome = sealedAs(wanted, said.sizes[call], said.leafHashes[call], versions)
    const end = 'sealed' in outcome ? outcome.sealed.at(-1)?.leafHash : undefined
    if ('sealed' in outcome === said.accepted[call] && (end ?? said.leafHashes[call]) === said.leafHashes[call + 1])
      return outcome
    throw replaced(`${schema}.append`)
  })
  const size = said.sizes.at(-1) ?? 0
  const end = { size, leafHash: said.leafHashes.at(-1) ?? EMPTY_ROOT, tree: Tree.from({ size, peaks: said.peaks }) }
  return { outcomes, before: said.sizes[0] ?? 0, end }
}

/** What an append comes to where the trail ends like this, and its streams have these versions. */
export function sealedAs(
  { drafts, expected }: Wanted,
  size: number | undefined,
  leafHash: string | undefined,
  versions: ReadonlyMap<string, number | undefined>,
): Outcome {
  try {
    return {
      sealed: sealAll(drafts, expected, {
        size: size ?? 0,
        leafHash: leafHash ?? EMPTY_ROOT,
        version: stream => versions.get(stream) ?? 0,
      }),
    }
  } catch (refused) {
    return { refused }
  }
}

const ANEW = 'somebody has replaced it: stop, verify the trail, and restore the database from a copy'

/** The error for a function of the database that does something else than it was made to. What it wrote is there. */
export const replaced = (name: string): CountersignError =>
  new CountersignError('store.damaged', `the function ${name} does not append as it was made to (${ANEW})`, {
    facts: { function: name, help: ANEW },
  })

/** What the database's function says: what has come of each call, or a head that does not say how the entries end. */
type Said =
  | {
      readonly sizes: readonly number[]
      readonly leafHashes: readonly string[]
      readonly versions: readonly number[]
      readonly accepted: readonly boolean[]
      readonly peaks: readonly string[]
    }
  | { readonly head: Row; readonly last: Row }

type Row = Readonly<Record<string, unknown>>

/** A version that a stream must have for an append. */
interface Read {
  readonly stream: string
  readonly version: number
}

/**
 * The versions that an append hangs on: those that its decision has read, and the place of each draft in its stream,
 * counted back over the drafts before it. Drafts that do not follow each other ask for two versions of one stream.
 */
export function readsOf({ drafts, expected }: Wanted): readonly Read[] {
  const counted = new Map<string, number>()
  const reads = new Map<string, Read>()
  const add = (stream: string, version: number): unknown => reads.set(`${version} ${stream}`, { stream, version })
  for (const [stream, version] of Object.entries(expected)) if (isText(stream)) add(stream, version)
  for (const { stream, streamSeq } of drafts) {
    const earlier = counted.get(stream) ?? 0
    counted.set(stream, earlier + 1)
    add(stream, streamSeq - earlier)
  }
  return [...reads.values()]
}

/** A call as the database is asked for it; or why there can be no such entries, and then it is asked for nothing. */
interface Ready {
  readonly reads: readonly Read[]
  readonly drafts: readonly (Draft & { readonly unsealed: ReturnType<typeof unsealedEntry> })[]
  readonly refused?: unknown
}

function readyOf(wanted: Wanted): Ready {
  try {
    const drafts = wanted.drafts.map(draft => ({ ...draft, unsealed: shortEnough(draft) }))
    return { reads: readsOf(wanted), drafts }
  } catch (refused) {
    return { reads: [], drafts: [], refused }
  }
}

/** The bytes of a draft. One that is too long wherever it stands is refused here, and not sent. */
function shortEnough(draft: Draft): ReturnType<typeof unsealedEntry> {
  const unsealed = unsealedEntry(draft)
  if (unsealed.before.length + unsealed.after.length > MAX_ENTRY_BYTES) sealEntry({ ...draft, seq: 0 }, EMPTY_ROOT)
  return unsealed
}

/** The statement that calls the database's function (`sealing`). */
function callOf(
  schema: string,
  ready: readonly Ready[],
  channel: string | undefined,
  { isBegunHere, letsGo }: { readonly isBegunHere: boolean; readonly letsGo: boolean },
): string {
  const read = ready.flatMap(({ reads }, call) => reads.map(one => ({ ...one, call: call + 1 })))
  const drafts = ready.flatMap(({ drafts }, call) => drafts.map(one => ({ ...one, call: call + 1 })))
  const call = `${schema}.append(${[
    ready.length,
    list(read.map(({ call }) => call)),
    list(read.map(({ stream }) => hexOf(stream))),
    list(read.map(({ version }) => version)),
    list(drafts.map(({ call }) => call)),
    list(drafts.map(({ stream }) => hexOf(stream))),
    list(drafts.map(({ streamSeq }) => streamSeq)),
    list(drafts.map(({ unsealed }) => hexOf(unsealed.before))),
    list(drafts.map(({ unsealed }) => hexOf(unsealed.after))),
    channel === undefined ? 'null' : textLiteral(channel),
    isBegunHere,
    letsGo,
  ].join(', ')})`
  return unlessStrange(schema, call, 'null')
}

/** A list of numbers, or of hexadecimal digits, as PostgreSQL writes it. */
export const list = (items: readonly (string | number)[]): string =>
  `'{${items.map(item => (item === '' ? '""' : item)).join(',')}}'`
