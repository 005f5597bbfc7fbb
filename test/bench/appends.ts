import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { EMPTY_ROOT, sealEntry } from '@countersign/trail'
import { inTurn, median, type Row, ratiosOf, timed } from './measure.ts'

const rounds = 9
const callers = 64
const each = 64

const draft = (stream: string, streamSeq: number, id: string) =>
  ({
    v: 1,
    id,
    at: '2026-03-02T08:00:00.000Z',
    stream,
    streamSeq,
    by: { account: 'bob', person: 'bob' },
    command: { type: 'approve', change: stream, revision: 1, comment: 'a comment as long as comments are' },
  }) as const

/** Durable appends of many callers at once, against one write and one fdatasync for each record. */
export async function appendsRow(): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  try {
    let run = 0
    const ours = async () => {
      run += 1
      const store = await openFileStore(join(folder, `store-${run}`))
      const time = await timed(() =>
        Promise.all(
          Array.from({ length: callers }, async (_, caller) => {
            for (let turn = 0; turn < each; turn++) {
              const stream = `caller-${caller}`
              await store.append([draft(stream, turn, `${caller}-${turn}`)], { [stream]: turn })
            }
          }),
        ),
      )
      await store.close()
      return time
    }
    const rival = async () => {
      run += 1
      const { bytes } = sealEntry({ ...draft('rival', 0, 'rival-0'), seq: 0 }, EMPTY_ROOT)
      const line = Buffer.concat([bytes, Buffer.from('\n')])
      const file = openSync(join(folder, `plain-${run}`), 'a')
      const time = await timed(() => {
        for (let record = 0; record < callers * each; record++) {
          writeSync(file, line)
          fdatasyncSync(file)
        }
      })
      closeSync(file)
      return time
    }
    const times = await inTurn(rounds, ours, rival, 4)
    // A throughput: how many times as many records in the same time.
    const ratios = ratiosOf({ ours: times.rival, rival: times.ours })
    return {
      what: `durable appends of ${callers} callers at once, records a second`,
      rival: 'one write and one fdatasync a record',
      aim: '≥ 12',
      ratios,
      median: median(ratios),
      holds: median(ratios) >= 12,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
