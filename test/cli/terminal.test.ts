import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileOf } from '@countersign/testing/tamper'
import { leafHash, rootOf } from '@countersign/trail'
import { beforeAll, expect, test } from 'vitest'
import { jsonText } from '../../packages/cli/src/shell/json-text.ts'
import { shellWord } from '../../packages/cli/src/shell/shell-word.ts'
import {
  call,
  newFolder,
  type Ran,
  releasedLines,
  signer,
  writtenCheckpoint,
  writtenKey,
  writtenSecret,
} from './command-line.ts'

let lines: Uint8Array[]
beforeAll(async () => {
  ;({ lines } = await releasedLines())
})

/** What a terminal would act on, turn around, or take for the end of a line that somebody else has written. */
const strange = 'a\u001b[31m b\nexit code 0\u202e\u009b\u2028'
const moves = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u
const still = (ran: Ran, most: number) => {
  expect(ran.code).toBe(0)
  const printed = `${ran.out}${ran.err}`.split('\n')
  expect(printed.filter(line => moves.test(line))).toEqual([])
  expect(printed).not.toContain('exit code 0')
  expect(printed.length).toBeLessThanOrEqual(most)
}

test.skipIf(process.platform === 'win32')(
  'A name that is given to a command moves nothing on the terminal, and begins no line, where all goes well.',
  async () => {
    const cwd = newFolder()
    const checkpoint = writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) })
    writeFileSync(join(cwd, 'trail.jsonl'), fileOf(lines))
    const run = (...argv: string[]) => call('countersign', argv, { cwd, input: fileOf(lines) })
    still(await run('copy', 'trail.jsonl', `${strange}.copy`), 3)
    still(await run('copy', `${strange}.copy`, 'again.jsonl'), 3)
    still(await run('import', `${strange}.import`), 3)
    still(await run('publish', 'trail.jsonl', `${strange}.public`, '--checkpoint', checkpoint), 2)
    still(await run('bundle', 'trail.jsonl', 'K', '--checkpoint', checkpoint, '--out', `${strange}.bundle`), 2)
    still(await run('timestamp-request', checkpoint, '--out', `${strange}.tsq`), 3)
    still(await run('keygen', '--name', 'trail.example', '--out', join(newFolder(), strange)), 3)
    const memory = join(newFolder(), 'memory')
    const secret = writtenSecret(signer)
    chmodSync(secret, 0o600)
    const signing = ['--secret', secret, '--memory', memory, '--first', '--out', `${strange}.note`]
    still(await run('checkpoint', 'trail.jsonl', ...signing), 4)
    const judged = await call('verify-trail', [`${strange}.copy`, '--checkpoint', `${strange}.note`], { cwd })
    expect(judged.code).toBe(0)
    expect(judged.out.split('\n').filter(line => moves.test(line) || line === 'exit code 0')).toEqual(['exit code 0'])
  },
)

test.skipIf(process.platform === 'win32')(
  'A command that is printed to be pasted names what it is about, whatever the name.',
  async () => {
    const cwd = newFolder()
    const checkpoint = writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) })
    for (const name of [
      'plain.tsq',
      'with space.tsq',
      "it's $(touch owned) `touch owned`; touch owned",
      '-x',
      strange,
    ]) {
      const out = name.startsWith('-') ? `./${name}` : name
      const ran = await call('countersign', ['timestamp-request', checkpoint, '--out', out], { cwd })
      const command = ran.out.split('\n')[1]?.replace('<URL>', 'URL') ?? ''
      const pasted = spawnSync('bash', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], { cwd, encoding: 'utf8' })
      expect(pasted.stdout.split('\0').slice(0, 2)).toEqual(['--data-binary', `@${out}`])
      const echoed = spawnSync('bash', ['-c', `printf '%s' ${shellWord(name)}`], { cwd, encoding: 'utf8' })
      expect(echoed.stdout).toBe(name.startsWith('-') ? `./${name}` : name)
    }
    expect(readdirSync(cwd)).not.toContain('owned')
  },
)

test('A document for machines holds nothing that a terminal acts on, and the same values.', async () => {
  const value = { [`k${strange}`]: `${strange}\u007f\u061c\u200f\u2066\u2069\u0085 Zoë 你好 👩‍💻` }
  expect(jsonText(value)).not.toMatch(moves)
  expect(JSON.parse(jsonText(value, 2))).toEqual(value)
  const cwd = newFolder()
  writeFileSync(join(cwd, 'trail.jsonl'), fileOf(lines))
  const log = await call('countersign', ['log', 'trail.jsonl', '--json'], { cwd })
  expect(log.out.split('\n').filter(line => moves.test(line))).toEqual([])
  expect(log.out).toContain('Pay\\u202e \\u001b')
  const key = ['--key', writtenKey(signer)]
  const verdict = await call('verify-trail', ['trail.jsonl', '--json', ...key], { cwd })
  expect(verdict.out.split('\n').filter(line => moves.test(line))).toEqual([])
})

test('Every document of a command is written in the one way.', () => {
  const sources = fileURLToPath(new URL('../../packages/cli/src/', import.meta.url))
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  const own = files.filter(name => /(?<!: )JSON\.stringify\((?!desk)/.test(readFileSync(join(sources, name), 'utf8')))
  expect(own).toEqual(['shell/json-text.ts'])
})
