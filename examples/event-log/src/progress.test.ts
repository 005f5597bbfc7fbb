import { describe, expect, it } from 'vitest'
import { type ProgressOutput, progress } from './progress.ts'

const erase = '\r\u001b[2K'

/** An output that remembers, and a clock that stands until it is moved. */
function stage(output: Omit<ProgressOutput, 'write'>) {
  const written: string[] = []
  let at = 40_000
  const shown = progress({ ...output, write: text => written.push(text) }, () => at)
  const tell = (after: number, bytes: number, cases: number, of: number | null = 1_000_000) => {
    shown.done(cases)
    at = 40_000 + after
    shown.read(bytes, of ?? undefined)
  }
  return { written, shown, tell }
}

describe('a progress bar', () => {
  it('shows nothing at all when the reading takes less than a second', () => {
    for (const isTTY of [true, false]) {
      const { written, shown, tell } = stage({ isTTY })
      tell(0, 0, 0)
      tell(500, 400_000, 10)
      tell(999, 1_000_000, 20)
      shown.end()
      expect(written).toEqual([])
    }
  })

  it('tells the share, the bytes and the cases on a terminal', () => {
    const { written, tell } = stage({ isTTY: true, columns: 100 })
    tell(900, 475_000, 4812)
    tell(1000, 475_000, 4812)
    expect(written).toEqual([`${erase}[==============>               ]   47 %  0.5 of 1.0 MB  4,812 cases`])
  })

  it('is redrawn ten times a second and no more often', () => {
    const { written, tell } = stage({ isTTY: true })
    for (let at = 1000; at < 2000; at++) tell(at, at, at)
    expect(written).toHaveLength(10)
  })

  it('is taken away at the end, and stays away', () => {
    const { written, shown, tell } = stage({ isTTY: true })
    tell(1500, 500_000, 1)
    shown.end()
    shown.end()
    tell(9000, 1_000_000, 2)
    expect(written).toHaveLength(2)
    expect(written.at(-1)).toBe(erase)
  })

  it('never fills a line of the terminal, whatever its width', () => {
    for (let columns = 1; columns <= 120; columns++) {
      const { written, tell } = stage({ isTTY: true, columns })
      tell(1000, 999_999_999, 123_456_789, 2_000_000_000)
      expect(written[0]?.replace(erase, '').length).toBeLessThan(columns)
    }
  })

  it('is full and not more than full when the file has grown meanwhile', () => {
    const { written, tell } = stage({ isTTY: true })
    tell(1000, 3_000_000, 1, 1_000_000)
    expect(written[0]).toContain('[==============================]  100 %')
    expect(written[0]).toContain('1 case')
  })

  it('has no bar where the size is unknown', () => {
    const { written, tell } = stage({ isTTY: true })
    tell(1000, 2_500_000, 3, null)
    expect(written).toEqual([`${erase}2.5 MB  3 cases`])
  })

  it('is one plain line every five seconds where there is no terminal', () => {
    const { written, shown, tell } = stage({})
    for (let at = 0; at <= 11_000; at += 10) tell(at, at * 50, at)
    shown.end()
    expect(written).toEqual([
      '25 %, 0.3 of 1.0 MB, 5,000 cases after 5 s\n',
      '50 %, 0.5 of 1.0 MB, 10,000 cases after 10 s\n',
    ])
  })
})
