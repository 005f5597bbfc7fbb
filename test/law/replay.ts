// Reads the lines of a trail on stdin, opens a desk on them, and prints what it makes of them: the state, and an
// explanation of every change. Run in another process, so that time zone and locale are another machine's.
import { readFileSync } from 'node:fs'
import { canonical, readEntry } from '@countersign/trail'
import { memoryStore } from '@countersign/trail/store'
import { createDesk } from 'countersign'

const store = memoryStore()
for (const line of readFileSync(0, 'utf8').split('\n')) {
  if (line === '') continue
  const { seq: _, ...draft } = readEntry(new TextEncoder().encode(line)).body
  await store.append([draft], {})
}
const desk = await createDesk({ store })
const at = process.argv[2]
console.log(
  canonical({
    offset: new Date(Date.UTC(2026, 2, 2)).getTimezoneOffset(),
    snapshot: desk.snapshot(),
    explanations: desk.changes().map(change => desk.explain(change.id, at)),
  }),
)
