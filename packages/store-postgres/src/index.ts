export type { Connection, Lent, Pool } from './connection.ts'
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './postgres-store.ts'
export { migrate, type Place } from './schema.ts'
