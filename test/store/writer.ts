/**
 * A process that writes to the trail in the folder it is given until it is killed, and prints the id of each entry
 * once it is acknowledged. Batches of three stand between single entries, and several callers write at once.
 */
import { writeSync } from 'node:fs'
import { openFileStore } from '@countersign/store-file'
import { draft } from './draft.ts'

const store = await openFileStore(process.argv[2] as string)
const { size } = await store.head()
writeSync(1, 'open\n')
const callers = Array.from({ length: 8 }, (_, caller) => `${size}-${caller}`)
await Promise.all(
  callers.map(async stream => {
    for (let at = 0; ; ) {
      const drafts = Array.from({ length: at % 4 === 0 ? 3 : 1 }, (_, more) => draft(stream, at + more))
      await store.append(drafts, { [stream]: at })
      at += drafts.length
      writeSync(1, `${drafts.map(({ id }) => id).join(' ')}\n`)
    }
  }),
)
