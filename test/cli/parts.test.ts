import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodeOf, verifyFile } from '@countersign/cli'
import {
  bodiesOf,
  dropLine,
  fileOf,
  flipByte,
  type LooseBody,
  renumber,
  reseal,
  tear,
} from '@countersign/testing/tamper'
import { type Verdict, verifyTrail } from 'countersign/verify'
import { beforeAll, describe, expect, test } from 'vitest'
import { findTrail } from '../../packages/cli/src/source/find-trail.ts'
import type { SourceReading } from '../../packages/cli/src/source/trail-source.ts'
import { verifyIntegrity } from '../../packages/cli/src/verify/verify-integrity.ts'
import { verifyWhole } from '../../packages/cli/src/verify/verify-whole.ts'
import {
  call,
  callProcess,
  releasedLines,
  saysThat,
  signer,
  stranger,
  verdictOf,
  written,
  writtenCheckpoint,
  writtenKey,
  writtenLines,
} from './command-line.ts'

let made: Awaited<ReturnType<typeof releasedLines>>
beforeAll(async () => {
  made = await releasedLines()
})

const flat = (page: string) => page.replaceAll(/\s+/g, ' ')
const at = (account: string, type: string) => made.bodies.findIndex(body => saysThat(body, account, type))
const rootOf = (lines: readonly Uint8Array[]) => verifyTrail([fileOf(lines)]).root ?? ''
const upTo = (size: number) => writtenCheckpoint({ size, root: rootOf(made.lines.slice(0, size)) })
const key = () => ['--key', writtenKey(signer)]

/** The trail with Bob’s approval put down to Alice, who made the change, and every hash right again. */
const forged = () => {
  const bodies: LooseBody[] = structuredClone(made.bodies)
  const body = bodies[at('bob', 'approve')]
  if (body === undefined) throw new Error('no approval by Bob')
  body.by = { ...(body.by as object), account: 'alice', person: 'alice' }
  return reseal(renumber(bodies))
}

describe('--threads', () => {
  test('On several threads the document is the same, letter by letter, as on one.', async () => {
    const trail = writtenLines(made.lines)
    const argv = [trail, '--json', '--checkpoint', upTo(made.lines.length), ...key()]
    const one = await call('verify-trail', [...argv, '--threads', '1'])
    expect(one.code).toBe(0)
    for (const threads of ['2', '3']) expect(await call('verify-trail', [...argv, '--threads', threads])).toEqual(one)
  })

  test('What is found is told the same on several threads as on one: a forged approval, a changed byte, a torn end.', async () => {
    for (const file of [fileOf(forged()), flipByte(fileOf(made.lines), 3_000), tear(fileOf(made.lines), 5)]) {
      const trail = written(file)
      const one = await call('verify-trail', [trail, '--json', '--threads', '1'])
      expect(one.code).toBeGreaterThan(0)
      expect(await call('verify-trail', [trail, '--json', '--threads', '2'])).toEqual(one)
      const only = [trail, '--json', '--only', 'integrity']
      const bytesOnOne = await call('verify-trail', [...only, '--threads', '1'])
      expect(await call('verify-trail', [...only, '--threads', '2'])).toEqual(bytesOnOne)
    }
  })

  test('A line that is too long, and a mark before it, are told the same however the file is read, by the bytes alone too.', async () => {
    const mark = '\ufeff'
    const long = (bytes: number) => 'x'.repeat(bytes)
    for (const [file, codes] of [
      [`${long(70_000)}\r\n`, { 'line.oversize': 1 }],
      [`${mark}${long(70_000)}`, { bom: 1, 'tail.torn': 1, 'founding.missing': 1 }],
      [`${mark}${long(131_072)}\r\n`, { bom: 1, 'line.oversize': 1 }],
      [`${mark}${long(262_144)}\r\n`, { bom: 1, 'line.oversize': 1 }],
      [`${mark}${long(300_000)}\n${long(300_000)}\r\n${long(300_000)}`, { bom: 1, 'line.oversize': 2, 'tail.torn': 1 }],
    ] as const) {
      const trail = written(file)
      for (const argv of [[], ['--only', 'integrity']])
        for (const threads of ['1', '2', '3'])
          expect((await verdictOf(trail, ...argv, '--threads', threads)).codes).toEqual(codes)
    }
  })

  test('Where no process may be started, all is judged in one piece, and told the same.', async () => {
    const trail = writtenLines(made.lines)
    const forbidden = { env: { NODE_OPTIONS: '--permission --allow-fs-read=* --allow-worker --no-warnings' } }
    for (const argv of [
      [trail, '--json'],
      [trail, '--json', '--only', 'integrity'],
    ]) {
      const one = await call('verify-trail', [...argv, '--threads', '1'])
      expect(await callProcess('verify-trail', [...argv, '--threads', '2'], forbidden)).toEqual(one)
    }
  })

  test.skipIf(process.platform !== 'linux')(
    'A process that checks a part ends when the one is killed that has started it.',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-parts-'))
      try {
        const file = join(folder, 'trail.jsonl')
        writeFileSync(file, '')
        // It takes minutes to read, and hardly any room.
        truncateSync(file, 400 * 2 ** 30)
        const source = new URL('../../packages/cli/src/verify/integrity-part.ts', import.meta.url)
        const asking = spawn(
          process.execPath,
          [
            '--no-warnings',
            '--conditions=countersign-src',
            '--input-type=module',
            '-e',
            `import { readFileSync } from 'node:fs'
          const { startPart } = await import(process.argv[1])
          startPart({ file: process.argv[2], from: 0, until: ${400 * 2 ** 30}, sizes: [] }, () => {
            console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8'))
          })`,
            source.href,
            file,
          ],
          { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname },
        )
        const [told] = await once(asking.stdout, 'data')
        const part = Number(String(told).trim().split(/\s/)[0])
        // What has ended may lie there until whoever inherits it looks (Z).
        const state = () => {
          const stat = `/proc/${part}/stat`
          return existsSync(stat) ? (readFileSync(stat, 'utf8').split(' ')[2] ?? '') : 'gone'
        }
        expect(state()).toMatch(/^[RSD]$/)
        asking.kill('SIGKILL')
        await expect.poll(state, { timeout: 20_000 }).toMatch(/^(?:Z|gone)$/)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    60_000,
  )

  test('One thread that forgets what is over tells the same of a large trail, be it sound, torn, forged, changed, or written to mislead it.', async () => {
    // Nobody can read these, and the last is on a change that is over long before, and says that it is on something else.
    const unread = Array.from({ length: 2_100 }, (_, index) => ({
      ...(made.bodies[0] as LooseBody),
      id: `unread-${index}`,
      command: { type: 'unknown' },
    }))
    const late = { ...(made.bodies.at(-1) as LooseBody), id: 'of-something-else', stream: 'elsewhere' }
    const misleading = fileOf(reseal([...made.bodies, ...unread, late]))
    const files = [
      fileOf(made.lines),
      tear(fileOf(made.lines), 5),
      fileOf(forged()),
      flipByte(fileOf(made.lines), 3_000),
    ]
    const windows = fileOf(made.lines.map(line => Uint8Array.of(...line, 0x0d)))
    const long = fileOf(made.lines.toSpliced(5, 0, new Uint8Array(300_000).fill(0x61)))
    const empty = fileOf(made.lines.flatMap(line => [line, new Uint8Array()]))
    for (const file of [...files, misleading, windows, long, empty]) {
      const source = await findTrail(written(file))
      const { verdict } = await verifyWhole(source, file.length, {}, { worth: 0 })
      expect(verdict).toEqual(verifyTrail([file]))
    }
  })

  test('What lies in a store is read twice as well, and told the same; what is appended between the two is left to the next look.', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-parts-'))
    try {
      const database = `sqlite:${join(folder, 'trail.db')}`
      expect((await call('countersign', ['copy', writtenLines(made.lines), database])).code).toBe(0)
      const source = await findTrail(database)
      const shares: number[] = []
      const onProgress = (read: number, total: number) => shares.push(read / total)
      const { verdict } = await verifyWhole(source, 0, {}, { worth: 0, onProgress })
      expect(verdict).toEqual(verifyTrail([fileOf(made.lines)]))
      expect(shares).toEqual(shares.toSorted((a, b) => a - b))
      expect(shares.at(-1)).toBe(1)
      let readings = 0
      const grown = {
        async *blocks() {
          yield fileOf(made.lines.slice(0, 12))
          if (readings++ > 0) yield fileOf(made.lines.slice(12))
        },
      }
      const then = await verifyWhole(grown, 0, {}, { worth: 0 })
      expect(then.verdict).toEqual(verifyTrail([fileOf(made.lines.slice(0, 12))]))
      // What is there in the second reading alone was missing by mistake, and what is in the first alone was cut off.
      let looks = 0
      const missing = {
        async *blocks({ onFault }: SourceReading) {
          yield fileOf(made.lines.slice(0, 12))
          if (looks++ > 0) yield fileOf(made.lines.slice(12))
          else onFault({ code: 'tile.missing', seq: 12, expected: 'a file', found: 'nothing' })
        },
      }
      const found = await verifyWhole(missing, 0, {}, { worth: 0 })
      expect(found.verdict).toEqual(verifyTrail([fileOf(made.lines)]))
      const shrunk = {
        async *blocks() {
          yield fileOf(made.lines.slice(0, 12))
          if (looks++ < 3) yield fileOf(made.lines.slice(12))
        },
      }
      await expect(verifyWhole(shrunk, 0, {}, { worth: 0 })).rejects.toThrow('became shorter while it was read')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('A number of threads that is none is refused.', async () => {
    for (const threads of ['0', '65', '1.5', 'many']) {
      const ran = await call('verify-trail', [writtenLines(made.lines), '--threads', threads])
      expect([ran.code, ran.err]).toEqual([
        2,
        expect.stringContaining(`--threads ${threads} is no number from 1 to 64`),
      ])
    }
  })
})

describe('--only integrity', () => {
  test('It says nothing about dates, which it does not read: neither that they are past nor that they are yet to come', async () => {
    const file = written(fileOf(reseal(bodiesOf(made.lines).map(body => ({ ...body, at: `2099${body.at.slice(4)}` })))))
    const ran = await call('verify-trail', [file, '--only', 'integrity'])
    expect(ran.code).toBe(0)
    expect(ran.out).not.toMatch(/2099|\bdate|yet to come|period/)
    expect(ran.out.replaceAll(/\s+/g, ' ')).toContain('was not read: who decided what, under which rules, when')
    const document = (await verdictOf(file, '--only', 'integrity')) as Partial<Verdict>
    expect([document.until, document.ahead]).toEqual(['', undefined])
  })

  test('It says that the bytes are whole, against a checkpoint too, and that no decision was judged.', async () => {
    const argv = [writtenLines(made.lines), '--only', 'integrity', '--checkpoint', upTo(made.lines.length), ...key()]
    const ran = await call('verify-trail', argv)
    expect(ran.code).toBe(0)
    expect(ran.out.split('\n')[0]).toBe('THE BYTES ARE WHOLE, AND NOT ONE DECISION WAS JUDGED')
    expect(flat(ran.out)).toContain('What the entries say was not read')
    expect(flat(ran.out)).toContain('which keys the trail names')
    expect(flat(ran.out)).toContain('signed by a key that you gave')
    for (const absent of ['Decisions re-decided', 'Duties restated', 'Streams complete', 'commands'])
      expect(ran.out).not.toContain(absent)
    expect(await verdictOf(argv[0] ?? '', ...argv.slice(1))).toMatchObject({
      only: 'integrity',
      anchoring: { level: 'given key' },
    })
  })

  test('It does not see an approval that was forged and sealed, and sees every change of what was sealed, on any number of threads.', async () => {
    const keys = [writtenKey(signer)]
    const whole = [upTo(made.lines.length)]
    for (const threads of [1, 2, 3]) {
      const ask = (file: Uint8Array, checkpoints: readonly string[] = []) =>
        verifyFile(written(file), {
          only: 'integrity',
          threads,
          checkpoints,
          keys: checkpoints.length === 0 ? [] : keys,
        })
      const sound = await ask(fileOf(made.lines), whole)
      expect([sound.status, sound.root, sound.size]).toEqual(['sound', rootOf(made.lines), made.lines.length])
      expect(await ask(fileOf(forged()))).toMatchObject({ status: 'sound', found: 0 })
      expect((await ask(fileOf(dropLine(made.lines, 9)))).codes).toEqual({ 'chain.break': 1 })
      expect(exitCodeOf(await ask(tear(fileOf(made.lines), 5)))).toBe(4)
      const cut = await ask(fileOf(made.lines.slice(0, -1)), whole)
      expect(cut.codes).toEqual({ 'checkpoint.truncated': 1 })
      expect((await ask(new Uint8Array())).codes).toEqual({ 'founding.missing': 1 })
      // Where a part begins is read from what the entry there says, which can be anything.
      for (const more of [{ seq: 7 }, { zone: 'behind the rest' }, { stream: 'with a " in it' }]) {
        const lying = reseal(made.bodies.map(body => ({ ...body, ...more })))
        expect(await ask(fileOf(lying))).toMatchObject({ status: 'sound', size: lying.length, root: rootOf(lying) })
      }
    }
  })

  test('It reads the founding from the first block, whatever comes into the memory of that block afterwards.', async () => {
    const memory = Buffer.from(fileOf(made.lines))
    const source = {
      async *blocks() {
        yield memory
        memory.fill(0)
        yield memory.subarray(0, 0)
      },
    }
    const verdict = await verifyIntegrity(source, 0, 1, {})
    expect([verdict.status, verdict.origin]).toEqual(['sound', 'trail.example/scenario'])
  })

  test('It asks nothing of the form of the first entry but the origin, and nothing of one that names none.', async () => {
    const ask = async (body: LooseBody) => {
      const bodies = [body, ...made.bodies.slice(1)]
      return verifyFile(written(fileOf(reseal(bodies))), { only: 'integrity' })
    }
    const [founding] = made.bodies
    if (founding === undefined) throw new Error('nothing was founded')
    const unknown = await ask({ ...founding, more: 1 })
    expect([unknown.origin, unknown.found]).toEqual(['trail.example/scenario', 0])
    const refused = await ask({ ...founding, outcome: { refused: { code: 'name.taken', facts: {} } } })
    expect([refused.origin, refused.found]).toEqual(['', 0])
  })

  test('It finds the example of the format to be whole, and held by the checkpoint that stands there.', async () => {
    const page = readFileSync(new URL('../../docs/format/trail-v1.md', import.meta.url), 'utf8')
    const example = (name: string) =>
      new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? ''
    const checkpoint = written(example('checkpoint'), 'checkpoint')
    const trusted = written(example('keys').split('\n')[1] ?? '', 'vkey')
    const argv = ['--only', 'integrity', '--checkpoint', checkpoint, '--key', trusted]
    expect(await verdictOf(written(example('trail')), ...argv)).toMatchObject({
      code: 0,
      status: 'sound',
      anchoring: { level: 'given key', givenKey: 3 },
    })
  })

  test('It is asked for by this name, and with nothing that has to be read to be compared.', async () => {
    const trail = writtenLines(made.lines)
    const refuse = async (expected: string, ...argv: string[]) => {
      const ran = await call('verify-trail', [trail, ...argv])
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(expected)])
    }
    await refuse('--only decisions is unknown', '--only', 'decisions')
    await refuse('reads nothing that', '--only', 'integrity', '--since', upTo(5), ...key())
    await refuse('reads nothing that', '--only', 'integrity', '--policy', written('{}', 'policy.json'))
  })
})

describe('--since', () => {
  const ask = (trail: string, ...argv: string[]): Promise<Verdict & { readonly code: number | null }> =>
    verdictOf(trail, ...argv)

  test('Decisions are judged from the checkpoint on, and the page says from where.', async () => {
    const approval = at('bob', 'approve')
    const lines = forged()
    const checkpoint = (size: number) => writtenCheckpoint({ size, root: rootOf(lines.slice(0, size)) })
    const before = await ask(writtenLines(lines), '--since', checkpoint(approval), ...key())
    expect([before.code, before.since]).toEqual([3, approval])
    expect(before.findings.map(one => one.seq)).toContain(approval)
    const after = await call('verify-trail', [writtenLines(lines), '--since', checkpoint(lines.length), ...key()])
    expect(after.code).toBe(0)
    expect(flat(after.out)).toContain(`Those before entry ${lines.length} were not judged again`)
    expect(flat(after.out)).toContain('nothing to check: the checkpoint of --since counts every entry')
  })

  test('Where it counts every entry the headline says that not one decision was judged, whatever else was asked for.', async () => {
    const { length } = made.lines
    const trail = writtenLines(made.lines)
    const whole = await call('verify-trail', [trail, '--since', upTo(length), ...key()])
    expect([whole.code, whole.out.split('\n')[0]]).toEqual([0, 'THE BYTES ARE WHOLE, AND NOT ONE DECISION WAS JUDGED'])
    const torn = await call('verify-trail', [
      written(tear(fileOf(made.lines), 5)),
      '--since',
      upTo(length - 1),
      ...key(),
    ])
    expect(torn.code).toBe(4)
    for (const page of [flat(whole.out), flat(torn.out)]) {
      expect(page).toContain('no decision was judged: the checkpoint of --since counts every entry')
      expect(page).not.toMatch(/each decision from entry|SOUND, AND/)
    }
    const last = await call('verify-trail', [trail, '--since', upTo(length - 1), ...key()])
    expect(last.out.split('\n')[0]).toBe('SOUND, AND HELD IN PART BY A CHECKPOINT')
    expect(flat(last.out)).toContain(`each decision from entry ${length - 1} on follows`)
  })

  test('A checkpoint that is given by --checkpoint as well is listed once, and another one beside it.', async () => {
    const trail = writtenLines(made.lines)
    const [since, other] = [upTo(9), upTo(5)]
    for (const only of [[], ['--json']]) {
      const argv = [trail, '--since', since, '--checkpoint', other, '--checkpoint', since, ...key(), ...only]
      const { out, code } = await call('verify-trail', argv)
      expect(code).toBe(0)
      if (only.length === 0) expect(flat(out).match(/The checkpoint \S+ holds the first \d+/g)?.length).toBe(2)
      else
        expect((JSON.parse(out) as Verdict).anchors.map(({ name, size }) => [name, size])).toEqual([
          [since, 9],
          [other, 5],
        ])
    }
  })

  test('Each step that asks only what comes after it says from which entry on, and no step says so of the whole trail.', async () => {
    const page = flat((await call('verify-trail', [writtenLines(made.lines), '--since', upTo(9), ...key()])).out)
    for (const step of ['Policies and controls', 'Decisions re-decided', 'Duties restated'])
      expect(page).toContain(`${step} from entry 9 on: `)
    expect(page.match(/from entry 9 on: /g)?.length).toBe(3)
    expect(flat((await call('verify-trail', [writtenLines(made.lines)])).out)).not.toContain('on: ')
  })

  test('It is given once, as is everything else of which one counts.', async () => {
    for (const argv of [
      ['--since', upTo(5), '--since', upTo(9), ...key()],
      ['--json', '--json'],
    ]) {
      const ran = await call('verify-trail', [writtenLines(made.lines), ...argv])
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('was given twice')])
    }
  })

  test('The bytes of all entries are checked, and where the checkpoint is not of this trail it excuses nothing.', async () => {
    const size = made.lines.length - 3
    const flipped = flipByte(fileOf(made.lines), 3_000)
    expect(await ask(written(flipped), '--since', upTo(size), ...key())).toMatchObject({ code: 1 })
    const other = writtenCheckpoint({ size, root: 'a'.repeat(64) })
    const rewritten = await ask(writtenLines(made.lines), '--since', other, ...key())
    expect([rewritten.code, rewritten.codes]).toEqual([1, { 'checkpoint.root': 1 }])
    const longer = await ask(writtenLines(made.lines.slice(0, size - 1)), '--since', upTo(size), ...key())
    expect([longer.code, longer.codes]).toEqual([1, { 'checkpoint.truncated': 1 }])
  })

  test('A checkpoint that no key of the auditor has signed excuses nothing, and without a key none is taken.', async () => {
    const theirs = writtenCheckpoint({ size: 5, root: rootOf(made.lines.slice(0, 5)) }, stranger)
    const ran = await ask(writtenLines(made.lines), '--since', theirs, ...key())
    expect([ran.code, ran.codes]).toEqual([1, { 'checkpoint.signature': 1 }])
    const without = await call('verify-trail', [writtenLines(made.lines), '--since', theirs])
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('Name the public key with --key')])
    const note = readFileSync(theirs, 'utf8')
    expect(() => verifyTrail([fileOf(made.lines)], { since: { name: 'theirs', note } })).toThrow('takes a key')
  })

  test('What was done before still counts: whoever made the change before the checkpoint does not approve it after it.', async () => {
    const approval = at('bob', 'approve')
    const lines = forged()
    const since = writtenCheckpoint({ size: approval, root: rootOf(lines.slice(0, approval)) })
    const path = writtenLines(lines)
    const { codes } = await ask(path, '--since', since, ...key())
    expect(Object.keys(codes)).toContain('duty.violated')
    const threads = await ask(path, '--since', since, ...key(), '--threads', '2')
    expect(threads.codes).toEqual(codes)
  })
})
