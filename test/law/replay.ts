// Reads the lines of a trail on stdin, opens a desk on them, and prints what it makes of them: first how far local time is
// from UTC here, then the state, an explanation of every change and the verdict. Run in another process, so that time zone and locale are another machine's.
import { readFileSync } from 'node:fs'
import { canonical, readEntry } from '@countersign/trail'
import { memoryStore } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { verifyTrail } from 'countersign/verify'

const store = memoryStore()
const text = readFileSync(0, 'utf8')
for (const line of text.split('\n')) {
  if (line === '') continue
  const { seq: _, ...draft } = readEntry(new TextEncoder().encode(line)).body
  await store.append([draft], {})
}
const desk = await createDesk({ store })
const at = process.argv[2]
console.log(new Date(Date.UTC(2026, 2, 2)).getTimezoneOffset())
console.log(
  canonical({
    snapshot: desk.snapshot(),
    explanations: desk.changes().map(change => desk.explain(change.id, at)),
    verdict: verifyTrail([new TextEncoder().encode(`${text}\n`)]),
  }),
)
