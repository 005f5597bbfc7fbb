/**
 * Appends with emmett on PostgreSQL, in a process of its own, as it leaves connections open when it is closed. It is given
 * the module's address, the server's, so many callers, and how many events; it prints the milliseconds that they took.
 */
const [module, url, callers, count] = process.argv.slice(2)
const { getPostgreSQLEventStore } = await import(module)
const stores = Array.from({ length: Number(callers) }, () => getPostgreSQLEventStore(url))
await stores[0].schema.migrate()
const data = { approve: 'a comment as long as comments are', leafHash: '0'.repeat(64), size: 300 }
const append = (store, stream) => store.appendToStream(stream, [{ type: 'approval.granted', data }])
const prefix = `bench-${process.pid}`
// The first one of each connects.
await Promise.all(stores.map((store, caller) => append(store, `${prefix}-warm-${caller}`)))
const from = performance.now()
await Promise.all(
  stores.map(async (store, caller) => {
    for (let turn = 0; turn < Number(count) / Number(callers); turn++) await append(store, `${prefix}-${caller}`)
  }),
)
process.stdout.write(String(performance.now() - from))
process.exit(0)
