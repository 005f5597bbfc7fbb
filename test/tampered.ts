import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { verifyFile } from '@countersign/cli'
import { openSqliteStore } from '@countersign/store-sqlite'
import type { Tables, Tampered } from '@countersign/testing/faults'
import { formatVerifierKey, readEntry, verifierKeyOf } from '@countersign/trail'
import { verifyBundle } from 'countersign/bundle'
import { type Verdict, verifyTrail } from 'countersign/verify'
import { signer } from './sound-trail.ts'

const keys = [formatVerifierKey(verifierKeyOf(signer))]

/** What is said of what a fault has made of a trail, wherever that lies; what needs a place gets one in the folder. */
export async function judge(
  { file, files, tables, bundle, options }: Tampered,
  folder: string,
): Promise<Pick<Verdict, 'status' | 'codes' | 'anchoredSize'>> {
  if (bundle !== undefined) return verifyBundle(bundle, { keys, checkpoints: options?.checkpoints ?? [] })
  if (tables !== undefined) return verifyFile(await database(tables, folder))
  if (files === undefined) return verifyTrail([file ?? new Uint8Array()], options)
  const place = mkdtempSync(join(folder, 'published-'))
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(place, path)), { recursive: true })
    writeFileSync(join(place, path), bytes)
  }
  return verifyFile(place)
}

/** The address of a database with these tables, as somebody leaves it who may do everything there. */
async function database({ entries, head }: Tables, folder: string): Promise<string> {
  const path = join(mkdtempSync(join(folder, 'tables-')), 'trail.db')
  await (await openSqliteStore(path)).close()
  const tables = new DatabaseSync(path)
  const triggers = tables.prepare("select name, sql from sqlite_schema where type = 'trigger'").all()
  for (const { name } of triggers) tables.exec(`drop trigger ${String(name)}`)
  tables.exec('begin')
  const insert = tables.prepare('insert into entries values (?, ?, ?, ?, ?)')
  for (const { seq, leafHash, bytes } of entries) {
    const { stream, streamSeq } = readEntry(bytes).body
    insert.run(seq, stream, streamSeq, leafHash, bytes)
  }
  tables.prepare('update head set size = ?, leaf_hash = ?, peaks = ?').run(head.size, head.leafHash, head.peaks)
  tables.exec('commit')
  for (const { sql } of triggers) tables.exec(String(sql))
  tables.close()
  return `sqlite:${path}`
}
