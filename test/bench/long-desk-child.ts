/** Opens a desk, with a cache where one is named, and prints what the heap holds then, in MiB. */
import { openFileStore } from '@countersign/store-file'
import { openSqliteCache, openSqliteStore } from '@countersign/store-sqlite'
import { createDesk } from 'countersign'

const [kind, path = '', file] = process.argv.slice(2)
const store = kind === 'sqlite' ? await openSqliteStore(path) : await openFileStore(path)
const cache = file === undefined ? undefined : await openSqliteCache(file)
const desk = await createDesk({ store, ...(cache === undefined ? {} : { cache }) })
globalThis.gc?.()
const held = process.memoryUsage().heapUsed / 2 ** 20
if (desk.until() === '') throw new Error('there is nothing in the trail')
process.stdout.write(held.toFixed(1))
cache?.close()
await store.close()
