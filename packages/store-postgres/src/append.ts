import { CountersignError, Tree } from '@countersign/trail'
import { type Draft, type Expected, type Head, type Sealed, sealAll, streamsIn } from '@countersign/trail/store'
import type { Connection } from './connection.ts'

/** One call of `append`. */
export interface Wanted {
  readonly drafts: readonly Draft[]
  readonly expected: Expected
}

/** What an append comes to: what was sealed, or why not. */
export type Outcome = { readonly sealed: readonly Sealed[] } | { readonly refused: unknown }

/** How a trail ends, as its row says. */
export function headOf(rows: readonly Record<string, unknown>[]): Head & { readonly tree: Tree } {
  const [row] = rows
  if (row === undefined) throw new CountersignError('store.damaged', 'the trail has lost its head')
  const size = Number(row.size)
  try {
    const tree = Tree.from({ size, peaks: JSON.parse(String(row.peaks)) as string[] })
    return { size, leafHash: String(row.leaf_hash), root: tree.root(), tree }
  } catch (cause) {
    throw new CountersignError('store.damaged', 'the head of the trail is none', { cause })
  }
}

/**
 * Appends for several callers in the transaction that is under way, each all or nothing. The row of the head is the lock:
 * whoever has it sees every entry that there is, as each statement of a transaction that is `read committed` does.
 */
export async function appendAll(
  connection: Connection,
  schema: string,
  batch: readonly Wanted[],
  channel: string | undefined,
): Promise<Outcome[]> {
  const locked = await connection.query(`select size, leaf_hash, peaks from ${schema}.head for update`)
  const head = headOf(locked.rows)
  const streams = [...new Set(batch.flatMap(({ drafts, expected }) => streamsIn(drafts, expected)))]
  const versions = await versionsOf(connection, schema, streams)
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
  if (written.length === 0) return outcomes
  await connection.query(
    `with written as (
       insert into ${schema}.entry (seq, stream, stream_seq, leaf_hash, bytes)
       select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bytea[])
     )
     update ${schema}.head set size = $6, leaf_hash = $7, peaks = $8`,
    [
      written.map(({ entry }) => entry.seq),
      written.map(({ draft }) => draft.stream),
      written.map(({ draft }) => draft.streamSeq),
      written.map(({ entry }) => entry.leafHash),
      written.map(({ entry }) => Buffer.from(entry.bytes)),
      size,
      leafHash,
      JSON.stringify(head.tree.state().peaks),
    ],
  )
  if (channel !== undefined) await connection.query('select pg_notify($1, $2)', [channel, String(size)])
  return outcomes
}

async function versionsOf(
  connection: Connection,
  schema: string,
  streams: readonly string[],
): Promise<Map<string, number>> {
  const strange = streams.find(stream => stream.includes('\0'))
  if (strange !== undefined)
    throw new CountersignError('entry', 'the name of a stream holds U+0000, which PostgreSQL does not keep')
  const { rows } = await connection.query(
    `select asked.stream,
       (select max(stream_seq) + 1 from ${schema}.entry where entry.stream = asked.stream) as version
     from unnest($1::text[]) as asked (stream)`,
    [streams],
  )
  return new Map(rows.map(row => [String(row.stream), Number(row.version ?? 0)]))
}
