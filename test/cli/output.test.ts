import { existsSync } from 'node:fs'
import { fileOf, flipByte } from '@countersign/testing/tamper'
import { EMPTY_ROOT, sealEntry } from '@countersign/trail'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportTrail } from '../../packages/cli/src/commands/export.ts'
import type { Output } from '../../packages/cli/src/shell/shell.ts'
import { call, callProcess, releasedLines, written, writtenLines } from './command-line.ts'

let lines: Uint8Array[]

beforeAll(async () => {
  lines = (await releasedLines()).lines
})

/** A trail that is larger than all that a system keeps between two processes. */
function longLines(): Uint8Array[] {
  const sealed: Uint8Array[] = []
  let before = EMPTY_ROOT
  for (let seq = 0; seq < 100; seq += 1) {
    const body = {
      v: 1,
      seq,
      id: `${seq}`,
      at: '2026-11-21T09:30:00.000Z',
      stream: 'trail',
      streamSeq: seq,
      by: 'x'.repeat(50_000),
    } as const
    const { bytes, leafHash } = sealEntry(body, before)
    sealed.push(bytes)
    before = leafHash
  }
  return sealed
}

const unread = 'countersign: the output was not read to its end\n'

describe('a reader that hangs up', () => {
  test('before all of a trail was exported ends the export with 2, at once or while it waits to be read', async () => {
    const trail = writtenLines(longLines())
    for (const hangUp of ['at once', 'later'] as const) {
      const { code, err } = await callProcess('countersign', ['export', trail], { hangUp })
      expect([hangUp, code, err]).toEqual([hangUp, 2, unread])
    }
    const whole = await call('countersign', ['export', trail])
    expect([whole.code, whole.err, whole.out === Buffer.from(fileOf(longLines())).toString()]).toEqual([0, '', true])
  })

  test('makes nothing sound that is not: the code of the verdict stands', async () => {
    const broken = written(flipByte(fileOf(lines), 900))
    const ran = await callProcess('verify-trail', [broken, '--json'], { hangUp: 'at once' })
    expect([ran.code, ran.err]).toEqual([1, ''])
  })

  test('of the first lines of a page has what was asked for, and causes no complaint', async () => {
    const ran = await callProcess('countersign', ['log', writtenLines(lines)], { hangUp: 'at once' })
    expect([ran.code, ran.err.replace(/^countersign shows.*\n/, '')]).toEqual([0, ''])
  })
})

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  test('is told of on the page of help as it is: a code that is known already stands', async () => {
    const help = (await call('verify-trail', ['--help'])).out.replaceAll(/\s+/g, ' ')
    expect(help).toContain('a verdict that cannot be written and would end with 0; any other code stands')
  })

  test('ends with no 0, and leaves the code of a verdict as it is', async () => {
    for (const [name, argv, code] of [
      ['countersign', ['export', writtenLines(lines)], 2],
      ['verify-trail', [written(flipByte(fileOf(lines), 900))], 1],
    ] as const) {
      const ran = await callProcess(name, argv, { into: '/dev/full' })
      expect([argv, ran.code]).toEqual([argv, code])
      expect(ran.err.split('\n').filter(line => line.startsWith(`${name}: `))).toHaveLength(1)
      expect(ran.err).toMatch(new RegExp(`(^|\\n)${name}: the output cannot be written: ENOSPC[^\\n]*\\n$`))
    }
  })

  test('for what is said besides keeps nobody from what was asked for, nor changes how it ends', async () => {
    const trail = writtenLines(lines)
    for (const [name, argv, code] of [
      ['verify-trail', [trail], 0],
      ['verify-trail', [trail, '--json'], 0],
      ['verify-trail', [written(flipByte(fileOf(lines), 900))], 1],
      ['verify-trail', ['--mispelt'], 2],
      ['countersign', ['log', trail], 0],
    ] as const) {
      const ran = await callProcess(name, argv, { complainsInto: '/dev/full' })
      expect([argv, ran.code]).toEqual([argv, code])
      expect(ran.out).toBe((await call(name, argv)).out)
    }
  })
})

test('An export keeps no more in memory than a part, however slow its reader is.', async () => {
  const trail = writtenLines(longLines())
  let [waiting, most] = [0, 0]
  const slow = {
    write(part: Uint8Array, done: () => void) {
      waiting += part.length
      most = Math.max(most, waiting)
      setTimeout(() => {
        waiting -= part.length
        done()
      }, 1)
      return false
    },
  } as unknown as Output
  const { env, stdin, stderr } = process
  expect(await exportTrail([trail], {}, { env, stdin, stderr, stdout: slow })).toBe(0)
  expect(most).toBeLessThan(400_000)
})

test('What cannot be written in the middle is told, and no 0 comes of it.', async () => {
  const trail = writtenLines(longLines())
  let parts = 0
  const failing = {
    write(_: Uint8Array, done: (error?: Error) => void) {
      parts += 1
      queueMicrotask(() =>
        done(parts < 3 ? undefined : Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' })),
      )
      return true
    },
  } as unknown as Output
  const { env, stdin, stderr } = process
  await expect(exportTrail([trail], {}, { env, stdin, stderr, stdout: failing })).rejects.toThrow(
    'the output cannot be written: ENOSPC: no space',
  )
  expect(parts).toBe(3)
})
