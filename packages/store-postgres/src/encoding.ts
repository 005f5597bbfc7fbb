import { CountersignError } from '@countersign/trail'
import type { Connection } from './connection.ts'

/**
 * In another encoding a database has no room for most names. And a pool of which the host has changed how it reads what is read
 * here would give something else, here or later.
 */
export async function requireText(connection: Connection): Promise<void> {
  const { rows } = await connection.query(
    `select pg_catalog.current_setting('server_encoding') as encoding, 'aB'::text as "text", 12::int4 as "integer",
      12::int8 as "bigint", pg_catalog.decode('6142', 'hex') as "bytea"`,
  )
  const { encoding, ...read } = rows[0] ?? {}
  for (const [type, isRead] of Object.entries(asDriver)) if (!isRead(read[type])) throw changedParser(type, read[type])
  if (encoding === 'UTF8') return
  throw new CountersignError('input', `the database keeps text as ${String(encoding)}: make one with encoding UTF8`, {
    facts: { expected: 'UTF8', found: String(encoding) },
  })
}

/** For each type that is read here whether it was read in a way that is understood. */
const asDriver: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: value => value === 'aB',
  integer: value => Number(value) === 12,
  bigint: value => Number(value) === 12,
  bytea: value => value instanceof Uint8Array && value.length === 2 && value[0] === 0x61 && value[1] === 0x42,
}

/** What a pool has read otherwise than the driver does: that has to be mended where the pool is made. */
export const changedParser = (type: string, found: unknown): CountersignError =>
  new CountersignError(
    'input',
    `the pool reads \`${type}\` in a way of its own (${typeof found}): leave the driver's own way to read it`,
    { facts: { type, found: typeof found } },
  )
