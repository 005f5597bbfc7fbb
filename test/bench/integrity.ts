import { once } from 'node:events'
import { closeSync, createWriteStream, fsyncSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EMPTY_ROOT, sealEntry } from '@countersign/trail'
import { inTurn, median, type Row, ratiosOf, run, runQuietly, timed } from './measure.ts'

const rounds = 9
const cli = fileURLToPath(new URL('../../packages/cli/dist/verify-trail.js', import.meta.url))

/** Writes a trail of so many entries of about 400 bytes: the form is that of an entry, the words are filler. */
export async function writeLongTrail(path: string, entries: number): Promise<void> {
  const out = createWriteStream(path)
  const command = { type: 'approve', change: 'BENCH-1', revision: 1, comment: 'a comment as long as comments are' }
  let prev = EMPTY_ROOT
  let lines: Uint8Array[] = []
  for (let seq = 0; seq < entries; seq++) {
    const body = {
      v: 1,
      seq,
      id: `bench-${seq}`,
      at: '2026-03-02T08:00:00.000Z',
      stream: `change/BENCH-${seq % 1000}`,
      streamSeq: Math.floor(seq / 1000),
      by: { account: 'bob', person: 'bob', as: { role: 'approver', capacity: 'own' } },
      command,
    } as const
    const { bytes, leafHash } = sealEntry(body, prev)
    prev = leafHash
    lines.push(bytes, Uint8Array.of(10))
    if (lines.length < 4_096 && seq + 1 < entries) continue
    if (!out.write(Buffer.concat(lines))) await once(out, 'drain')
    lines = []
  }
  out.end()
  await once(out, 'finish')
  // What is still on its way to the disk would be measured along.
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

/** Chain and tree of a whole trail, on two processors and on one thread, as processes, against the hash of the same bytes. */
export async function integrityRows(path: string, entries: number): Promise<Row[]> {
  const child = new URL('./integrity-child.js', import.meta.url).pathname
  const peaks: number[] = []
  const ours = async () => {
    let printed = ''
    const time = await timed(async () => {
      printed = await run(process.execPath, [child, path])
    })
    const report = JSON.parse(printed) as { size: number; found: number; peak: number }
    if (report.size !== entries || report.found !== 0) throw new Error(`the check saw ${printed}`)
    peaks.push(report.peak)
    return time
  }
  const rival = () => timed(() => run('openssl', ['dgst', '-sha256', path]))
  const ratios = ratiosOf(await inTurn(rounds, ours, rival))
  const againstJq = ratiosOf(await inTurn(5, ours, () => timed(() => runQuietly('jq', ['-c', '.', path])), 0))
  const shared = await inTurn(
    rounds,
    () => timed(() => run(process.execPath, [cli, path, '--json', '--only', 'integrity', '--threads', '2'])),
    () => timed(() => run('sha256sum', [path])),
  )
  const onTwo = ratiosOf(shared)
  const peak = median(peaks)
  const count = entries.toLocaleString('en')
  return [
    {
      what: `chain and tree of ${count} entries, \`verify-trail\` on two processors`,
      rival: '`sha256sum` of the file',
      aim: '≤ 0.8',
      ratios: onTwo,
      median: median(onTwo),
      holds: median(onTwo) <= 0.8,
      note: `${(median(shared.ours) / 1_000).toFixed(2)} s against ${(median(shared.rival) / 1_000).toFixed(2)} s`,
    },
    {
      what: 'the same, one thread',
      rival: '`openssl dgst -sha256` of the file',
      aim: '≤ 5',
      ratios,
      median: median(ratios),
      holds: median(ratios) <= 5,
    },
    {
      what: 'the same',
      rival: '`jq -c .` of the file',
      aim: '≤ 1/6',
      ratios: againstJq,
      median: median(againstJq),
      holds: median(againstJq) <= 1 / 6,
    },
    {
      what: 'peak memory of the same',
      rival: '70 MiB',
      aim: '≤ 1',
      ratios: peaks.map(one => one / 70),
      median: peak / 70,
      holds: peak <= 70,
      note: `${peak.toFixed(0)} MiB`,
    },
  ]
}
