import { CountersignError } from '@countersign/trail'
import { type Draft, type Expected, requireAppend, type Sealed, sealAll, streamsIn } from '@countersign/trail/store'
import { type Connection, queryAll, textLiteral } from './connection.ts'
import { lastOf, soundHeadOf } from './head.ts'

/** One call of `append`. */
export interface Wanted {
  readonly drafts: readonly Draft[]
  readonly expected: Expected
}

/** What an append comes to: what was sealed, or why not. */
export type Outcome = { readonly sealed: readonly Sealed[] } | { readonly refused: unknown }

/** The statements that begin and end the transaction, where it is not the host's. */
export interface Frame {
  readonly begin: readonly string[]
  readonly commit: readonly string[]
}

/** Checks an append by itself before it is written together with others, so that none of the others is refused for it. */
export function requireKept({ drafts, expected }: Wanted): void {
  requireAppend(drafts, expected)
  requireNames(drafts)
}

/**
 * Where the connection was made with `synchronous_commit = off`, lets the commit wait for the flush all the same. Any
 * other setting stays as it is: it waits for more, or on purpose for this machine alone.
 */
const flushed = `select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`

/**
 * Appends for several callers in one transaction, each all or nothing. The row of the head is the lock: whoever has it sees
 * every entry that there is, as each statement of a transaction that is `read committed` does. Others wait for as long
 * as it is held, so all statements before the sealing are sent at once, and all after it.
 */
export async function appendAll(
  connection: Connection,
  schema: string,
  batch: readonly Wanted[],
  channel: string | undefined,
  { begin, commit }: Frame = { begin: [], commit: [] },
): Promise<Outcome[]> {
  const asked = batch.flatMap(({ drafts, expected }) => streamsIn(drafts, expected))
  const streams = [...new Set(asked)].filter(isText)
  const results = await queryAll(connection, [
    ...begin,
    flushed,
    `select size, leaf_hash, peaks from ${schema}.head for update`,
    lastOf(schema),
    versionsOf(schema, streams),
  ])
  const [locked, last, found] = results.slice(-3)
  const head = soundHeadOf(schema, locked?.rows ?? [], last?.rows[0])
  const versions = new Map((found?.rows ?? []).map(({ place, version }) => [streams[Number(place)], Number(version)]))
  const outcomes: Outcome[] = []
  const written: { readonly draft: Draft; readonly entry: Sealed }[] = []
  let { size, leafHash } = head
  for (const { drafts, expected } of batch) {
    try {
      const sealed = sealAll(drafts, expected, { size, leafHash, version: stream => versions.get(stream) ?? 0 })
      for (const [at, entry] of sealed.entries()) {
        const draft = drafts[at] as Draft
        versions.set(draft.stream, draft.streamSeq + 1)
        head.tree.append(entry.leafHash)
        written.push({ draft, entry })
        size = entry.seq + 1
        leafHash = entry.leafHash
      }
      outcomes.push({ sealed })
    } catch (refused) {
      outcomes.push({ refused })
    }
  }
  const statements = []
  if (written.length > 0) {
    const rows = written.map(({ draft, entry }) => rowOf(draft, entry))
    const peaks = JSON.stringify(head.tree.state().peaks)
    statements.push(
      `insert into ${schema}.entry (seq, stream, stream_seq, leaf_hash, bytes) values ${rows.join(', ')}`,
      `update ${schema}.head set size = ${size}, leaf_hash = '${leafHash}', peaks = '${peaks}'`,
    )
    if (channel !== undefined) statements.push(`select pg_notify(${textLiteral(channel)}, '${size}')`)
  }
  if (statements.length + commit.length > 0) await queryAll(connection, [...statements, ...commit])
  return outcomes
}

const rowOf = ({ stream, streamSeq }: Draft, { seq, leafHash, bytes }: Sealed): string =>
  `(${seq}, ${textLiteral(stream)}, ${streamSeq}, '${leafHash}', decode('${Buffer.from(bytes).toString('hex')}', 'hex'))`

/** The longest name of a stream, in bytes: no more has room in an entry of PostgreSQL's index. */
const MAX_NAME = 2_600

/** Whether PostgreSQL can be asked for a stream of that name. One that it cannot be asked for has no entries. */
export const isText = (name: unknown): name is string =>
  typeof name === 'string' && name.isWellFormed() && !name.includes('\0')

/**
 * Throws `entry` where PostgreSQL cannot keep the name of a stream. A name that is no well-formed text is left to the
 * sealing, which refuses it.
 */
function requireNames(drafts: readonly Draft[]): void {
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

/** Asks how many entries each stream has, by its place among them. */
function versionsOf(schema: string, streams: readonly string[]): string {
  return `select place - 1 as place,
    coalesce((select max(stream_seq) + 1 from ${schema}.entry where entry.stream = asked.stream), 0) as version
    from unnest(array[${streams.map(textLiteral).join(', ')}]::text[]) with ordinality as asked (stream, place)`
}
