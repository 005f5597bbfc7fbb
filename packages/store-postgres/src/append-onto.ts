import { Tree } from '@countersign/trail'
import type { Draft, Sealed } from '@countersign/trail/store'
import {
  type Appended,
  type End,
  type Frame,
  list,
  type Outcome,
  readsOf,
  replaced,
  sealedAs,
  type Wanted,
} from './append.ts'
import { type Connection, hexOf, queryAll, textLiteral } from './connection.ts'
import { unlessStrange } from './head.ts'

/**
 * Appends for several callers in one transaction what is sealed here, onto an end of the trail that is known. Nothing where it
 * cannot be done so: the trail ends otherwise by now, or one of the calls is refused.
 */
export async function appendOnto(
  known: End,
  connection: Connection,
  schema: string,
  batch: readonly Wanted[],
  channel: string | undefined,
  { begin, commit }: Frame,
): Promise<Appended | undefined> {
  /** The versions that the streams must have in the database, and those that they have come to within the batch. */
  const asked = new Map<string, number>()
  const versions = new Map<string, number>()
  const tree = Tree.from(known.tree.state())
  let { size, leafHash } = known
  const outcomes: Outcome[] = []
  const rows: (readonly [draft: Draft, entry: Sealed])[] = []
  for (const wanted of batch) {
    for (const { stream, version } of readsOf(wanted)) {
      if ((versions.get(stream) ?? version) !== version) return undefined
      if (!versions.has(stream)) asked.set(stream, version)
      versions.set(stream, version)
    }
    const outcome = sealedAs(wanted, size, leafHash, versions)
    if ('refused' in outcome) return undefined
    for (const [at, entry] of outcome.sealed.entries()) {
      const draft = wanted.drafts[at] as Draft
      rows.push([draft, entry])
      versions.set(draft.stream, draft.streamSeq + 1)
      tree.append(entry.leafHash)
      leafHash = entry.leafHash
      size = entry.seq + 1
    }
    outcomes.push(outcome)
  }
  if (rows.length === 0) return undefined
  const call = `${schema}.append_sealed(${[
    known.size,
    `'${known.leafHash}'`,
    peaksOf(known),
    list([...asked.keys()].map(hexOf)),
    list([...asked.values()]),
    list(rows.map(([{ stream }]) => hexOf(stream))),
    list(rows.map(([{ streamSeq }]) => streamSeq)),
    list(rows.map(([, entry]) => entry.leafHash)),
    list(rows.map(([, { bytes }]) => hexOf(bytes))),
    peaksOf({ tree }),
    channel === undefined ? 'null' : textLiteral(channel),
    begin.length > 0,
  ].join(', ')})`
  const results = await queryAll(connection, [...begin, unlessStrange(schema, call, `'otherwise'`), ...commit])
  const said = results[begin.length]?.rows[0]?.said
  if (said === 'otherwise') return undefined
  if (said === 'appended') return { outcomes, before: known.size, end: { size, leafHash, tree } }
  throw replaced(`${schema}.append_sealed`)
}

/** The peaks of a tree within SQL, as the head keeps them. */
const peaksOf = ({ tree }: Pick<End, 'tree'>): string => `'${JSON.stringify(tree.state().peaks)}'`
