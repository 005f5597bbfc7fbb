import { Session } from 'node:inspector/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Outbox } from '../../packages/countersign/src/outbox/outbox.ts'
import type { RecordBody } from '../../packages/countersign/src/record/record.ts'

// How often anything is run in the outbox for so many roles that are given for a time, until all are over.

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString()

/** A role that is given for a time, in the entry of that minute. */
function grant(seq: number, from: string, until: string): RecordBody {
  const given = { role: 'r', to: `p${seq}`, team: '*', from, until }
  return {
    v: 1,
    seq,
    id: `command-${seq}`,
    at: at(seq),
    stream: 'governance',
    streamSeq: seq,
    by: { account: 'ann', person: 'ann' },
    command: { type: 'grantRole', ...given },
    outcome: { accepted: [{ type: 'role.granted', by: 'ann', at: at(seq), ...given }] },
  } as unknown as RecordBody
}

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
const steps: number[] = []
for (const count of workerData as readonly number[]) {
  const outbox = new Outbox()
  for (let seq = 0; seq < count; seq += 1) outbox.entry(grant(seq, at(seq + 500), at(10_000 + ((seq * 7) % count))))
  outbox.until(at(50_000))
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const ranges = result
    .filter(({ url }) => url.includes('/countersign/src/outbox/'))
    .flatMap(({ functions }) => functions.flatMap(one => one.ranges))
  steps.push(ranges.reduce((all, range) => all + range.count, 0))
}
session.disconnect()
parentPort?.postMessage(steps)
