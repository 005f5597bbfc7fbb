import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fixturePolicy } from '@countersign/testing'
import { fileOf, flipByte } from '@countersign/testing/tamper'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, callProcess, newFolder, releasedLines, written, writtenLines } from '../cli/command-line.ts'
import { moduleFile, peer, words } from '../cli/policy-module.ts'

let lines: Uint8Array[]

beforeAll(async () => {
  lines = (await releasedLines()).lines
})

describe('a reader that hangs up', () => {
  test('makes nothing sound that is not: the code of the verdict stands', async () => {
    const broken = written(flipByte(fileOf(lines), 900))
    const policy = written(JSON.stringify({ ...fixturePolicy(), roles: {} }), 'policy.json')
    for (const [name, argv, code] of [
      ['verify-trail', [broken], 1],
      ['verify-trail', [broken, '--json'], 1],
      ['verify-trail', [broken, '--only', 'integrity'], 1],
      ['verify-trail', ['nowhere'], 2],
      ['countersign', ['lint', policy], 1],
    ] as const) {
      const ran = await callProcess(name, argv, { hangUp: 'at once' })
      expect([argv, ran.code]).toEqual([argv, code])
    }
  })

  test('of the first lines of a page has what was asked for', async () => {
    const trail = writtenLines(lines)
    for (const argv of [['log', trail], ['explain', trail, 'K'], ['--help']]) {
      const ran = await callProcess('countersign', argv, { hangUp: 'at once' })
      expect([argv[0], ran.code, ran.err.replace(/^countersign shows.*\n/, '')]).toEqual([argv[0], 0, ''])
    }
    const damaged = writtenLines(lines.with(3, new Uint8Array()))
    expect((await callProcess('countersign', ['log', damaged], { hangUp: 'at once' })).code).toBe(2)
  })
})

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  test('ends with no 0 whatever was to be written, and leaves the code of a verdict as it is', async () => {
    const trail = writtenLines(lines)
    for (const [name, argv, code] of [
      ['countersign', ['export', trail], 2],
      ['countersign', ['log', trail], 2],
      ['countersign', ['copy', trail, join(newFolder(), 'trail.jsonl')], 2],
      ['verify-trail', [trail], 2],
      ['verify-trail', [written(flipByte(fileOf(lines), 900))], 1],
    ] as const) {
      const ran = await callProcess(name, argv, { into: '/dev/full' })
      expect([argv, ran.code]).toEqual([argv, code])
      expect(ran.err.split('\n').filter(line => line.startsWith(`${name}: `))).toHaveLength(1)
      expect(ran.err).toMatch(new RegExp(`(^|\\n)${name}: the output cannot be written: ENOSPC[^\\n]*\\n$`))
    }
  })
})

test('a program prints what its command line does, reads what is piped into it, and ends with the same code', async () => {
  const [sound, altered] = [fileOf(lines), flipByte(fileOf(lines), 900)].map(bytes => written(bytes))
  const [one, other] = [newFolder(), newFolder()]
  const calls: readonly (readonly ['verify-trail' | 'countersign', readonly string[], Uint8Array?])[] = [
    ['verify-trail', [sound ?? '', '--json']],
    ['verify-trail', [altered ?? '']],
    ['verify-trail', ['nowhere']],
    ['verify-trail', [sound ?? '', '--require-anchor']],
    ['countersign', ['log', sound ?? '']],
    ['countersign', ['board', 'nowhere']],
    ['countersign', ['import', 'HERE', '--json'], fileOf(lines)],
  ]
  const codes: (number | null)[] = []
  for (const [name, argv, input] of calls) {
    const asked = input === undefined ? {} : { input }
    const inFolder = (folder: string) => argv.map(part => (part === 'HERE' ? join(folder, 'trail.jsonl') : part))
    const ran = await callProcess(name, inFolder(one), asked)
    expect(ran).toEqual(await call(name, inFolder(other), asked))
    codes.push(ran.code)
  }
  expect(codes).toEqual([0, 1, 2, 5, 0, 2, 0])
})

test('a module that never comes to its end, or ends the process, is no policy, whatever code it ends with', async () => {
  for (const [code, because] of [
    ['await new Promise(() => {})', 'waits for something that never comes (a top-level await)'],
    ['process.exit(0)', 'ends the process\n'],
    ['process.exit(1)', 'ends the process\n'],
    ["setTimeout(() => { throw new Error('late') }); await new Promise(() => {})", 'ends the process\n'],
  ] as const) {
    const file = moduleFile(`${words}${code}\n${peer}`)
    const ran = await callProcess('countersign', ['lint', file])
    expect([code, ran.code, ran.out]).toEqual([code, 2, ''])
    expect(ran.err).toContain(`countersign: ${file} cannot be judged: a module that was run for it ${because}`)
    expect(ran.err).not.toContain('Warning')
  }
})
