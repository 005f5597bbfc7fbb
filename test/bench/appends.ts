import {
  closeSync,
  fdatasync as fdatasyncCallback,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  write as writeCallback,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openFileStore } from '@countersign/store-file'
import { EMPTY_ROOT, sealEntry } from '@countersign/trail'
import { inTurn, median, type Row, ratiosOf, timed } from './measure.ts'

const write = promisify(writeCallback)
const fdatasync = promisify(fdatasyncCallback)

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

/** Durable appends of many callers at once, against one write and one fdatasync for each record, in both ways. */
export async function appendsRows(): Promise<Row[]> {
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
    const { bytes } = sealEntry({ ...draft('rival', 0, 'rival-0'), seq: 0 }, EMPTY_ROOT)
    const line = Buffer.concat([bytes, Buffer.from('\n')])
    const rival = (append: (file: number) => unknown) => async () => {
      run += 1
      const file = openSync(join(folder, `plain-${run}`), 'a')
      const time = await timed(async () => {
        for (let record = 0; record < callers * each; record++) await append(file)
      })
      closeSync(file)
      return time
    }
    const awaited = async (file: number) => {
      await write(file, line)
      await fdatasync(file)
    }
    const blocking = (file: number) => {
      writeSync(file, line)
      fdatasyncSync(file)
    }
    const row = async (name: string, append: (file: number) => unknown): Promise<Row> => {
      const times = await inTurn(rounds, ours, rival(append), 4)
      // A throughput: how many times as many records in the same time.
      const ratios = ratiosOf({ ours: times.rival, rival: times.ours })
      return {
        what: `durable appends of ${callers} callers at once, records a second`,
        rival: name,
        aim: '≥ 12',
        ratios,
        median: median(ratios),
        holds: median(ratios) >= 12,
      }
    }
    return [
      await row('a write and an fdatasync for each record, awaited', awaited),
      await row('the same, blocking the thread', blocking),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
