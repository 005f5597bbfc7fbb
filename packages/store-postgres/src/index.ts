export type { Connection, Lent, Pool } from './connection.ts'
export { type Joined, openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './postgres-store.ts'
export { migrate, type Place } from './schema.ts'
