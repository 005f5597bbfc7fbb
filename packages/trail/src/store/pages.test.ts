import { describe, expect, it } from 'vitest'
import { CountersignError } from '../error.ts'
import { PAGE, pagesOf, type Row, type Table } from './pages.ts'
import type { Range } from './store.ts'

/** A table of so many entries, every third of which is one of the stream `a`, without some; and what it was asked for. */
function tableOf(count: number, without: readonly number[] = []) {
  const rows = Array.from({ length: count }, (_, seq) => ({ seq, stream_seq: Math.floor(seq / 3) })).filter(
    ({ seq }) => !without.includes(seq),
  )
  const asked: unknown[] = []
  const table: Table<Row> = {
    async ofStream(stream, from, size) {
      asked.push([stream, from])
      const members = rows.filter(
        row => row.seq % 3 === 0 && stream === 'a' && row.stream_seq >= from && row.seq < size,
      )
      return members.slice(0, PAGE)
    },
    async between(from, to) {
      asked.push([from, to])
      return rows.filter(row => row.seq >= from && row.seq < to).slice(0, PAGE)
    },
    missing: (seq, size) => new CountersignError('store.damaged', `${seq} of ${size}`),
  }
  return { table, asked }
}

async function seqsOf(range: Range, size: number, table: Table<Row>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const rows of pagesOf(range, size, table)) found.push(...rows.map(row => row.seq))
  return found
}

const places = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, at) => from + at * step)

describe('the pages of a table', () => {
  it('give a range of places, and nothing that came since its size was asked for', async () => {
    const { table, asked } = tableOf(2 * PAGE + 10)
    expect(await seqsOf({ from: 3 }, 2 * PAGE + 4, table)).toEqual(places(3, 2 * PAGE + 4))
    expect(asked).toEqual([3, 3 + PAGE, 3 + 2 * PAGE].map(from => [from, 2 * PAGE + 4]))
    expect(await seqsOf({ from: 3, to: 5 }, 20, table)).toEqual([3, 4])
    expect(await seqsOf({ from: 3, to: 99 }, 5, table)).toEqual([3, 4])
    expect(await seqsOf({ from: 7, to: 7 }, 20, table)).toEqual([])
    expect(await seqsOf({ from: 30 }, 20, table)).toEqual([])
    expect(await seqsOf({}, 0, table)).toEqual([])
  })

  it('give a stream, which is asked for once more where its last page is full', async () => {
    const { table, asked } = tableOf(3 * 2 * PAGE)
    expect(await seqsOf({ stream: 'a' }, 3 * 2 * PAGE, table)).toEqual(places(0, 3 * 2 * PAGE, 3))
    expect(asked).toEqual([0, PAGE, 2 * PAGE].map(from => ['a', from]))
    expect(await seqsOf({ stream: 'a' }, 7, table)).toEqual([0, 3, 6])
    expect(await seqsOf({ stream: 'b' }, 7, table)).toEqual([])
  })

  it('go on after entries that are missing between others, and throw where none comes any more', async () => {
    const { table } = tableOf(10, [2, 3])
    expect(await seqsOf({}, 10, table)).toEqual([0, 1, 4, 5, 6, 7, 8, 9])
    const cut = tableOf(10, [8, 9])
    await expect(seqsOf({}, 10, cut.table)).rejects.toThrow('8 of 10')
    await expect(seqsOf({ from: 8, to: 9 }, 10, cut.table)).rejects.toThrow('8 of 10')
  })

  it('refuse what is no place before anything is asked', async () => {
    const { table, asked } = tableOf(10)
    await expect(seqsOf({ from: -1 }, 10, table)).rejects.toThrow('from: expected an integer from 0, found -1')
    await expect(seqsOf({ to: 0.5 }, 10, table)).rejects.toThrow('to: expected an integer from 0, found 0.5')
    expect(asked).toEqual([])
  })
})
