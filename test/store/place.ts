import { migrate, openPostgresStore } from '@countersign/store-postgres'
import { openSqliteStore } from '@countersign/store-sqlite'
import type { Store } from '@countersign/trail/store'
import pg from 'pg'

/** Where a trail lies that several processes write, as one tells the other. */
export type Place =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly config: pg.PoolConfig; readonly schema: string }

/** A store at a place, which lets go of its connections when it is closed. Where there is no trail yet, it makes one. */
export async function openAt(place: Place, { patience = 20_000 } = {}): Promise<Store> {
  if (place.kind === 'sqlite') return openSqliteStore(place.path, { patience })
  const { config, schema } = place
  const pool = new pg.Pool({ ...config, max: 2 })
  pool.on('error', () => {})
  try {
    await migrate(pool, { schema })
    const store = await openPostgresStore(pool, { schema, patience, notify: false })
    return {
      head: () => store.head(),
      append: (drafts, expected) => store.append(drafts, expected),
      read: range => store.read(range),
      close: async () => {
        await store.close()
        await pool.end()
      },
    }
  } catch (cause) {
    await pool.end()
    throw cause
  }
}
