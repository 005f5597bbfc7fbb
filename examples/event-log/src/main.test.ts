import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventLog } from './command.ts'
import type { Report } from './report.ts'
import { written, xesOf } from './testdata/written.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const cases = [
  written('submit +admin +owner +supervisor request paid', { id: 'declaration1' }),
  written('submit +supervisor request paid', { id: 'declaration2', from: '2017-05-02T09:00:00.000Z' }),
  written('submit +supervisor request paid', { id: 'declaration3' }),
  written('submit +admin +supervisor -missing', { id: 'declaration4' }),
  written('save', { id: 'declaration5' }),
]

let folder = ''
let log = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-log-test-'))
  log = join(folder, 'log.xes.gz')
  await writeFile(log, gzipSync(xesOf(cases)))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let runs = 0
const fresh = () => join(folder, `out-${runs++}`)

/** The command as a person gives it, in a process of its own. */
function program(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--conditions=countersign-src', here('main.ts'), ...args], { cwd: folder })
  let out = ''
  let err = ''
  child.stdout.on('data', (part: Buffer) => {
    out += String(part)
  })
  child.stderr.on('data', (part: Buffer) => {
    err += String(part)
  })
  return new Promise((done, failed) => child.on('error', failed).on('close', code => done({ code, out, err })))
}

/** The same command in this process. */
async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []]
  const to = (parts: string[]) => ({ write: (text: string) => parts.push(text) })
  const code = await eventLog(args, { stdout: to(out), stderr: to(err) })
  return { code, out: out.join(''), err: err.join('') }
}

describe('the command event-log', () => {
  it('leaves a verified trail, and tells what was refused and how the cases ended', async () => {
    const out = fresh()
    const { code, out: page, err } = await program(log, '--out', out)
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(readdirSync(out)).toEqual(['trail.jsonl'])
    for (const line of [
      '  5 cases, 19 events, of which 1 asks for nothing:',
      '  18 commands: 14 accepted, 4 refused (22.22 %) in 2 cases',
      '            1  approved by the supervisor while it waited for the administration',
      '               each the first refusal of its case: declaration3',
      '            1  rejected by somebody whose role the log does not name when all was approved and the payment was to be requested',
      '       2  paid',
      '       1  open, approved, and no payment requested',
      '       1  never submitted',
      '  The log calls 3 cases paid. Under this policy 2 are, and 1 is not (such as declaration3).',
    ]) {
      expect(page.split('\n')).toContain(line)
    }
    expect(page).toContain('completeness not attested')
  })

  it('gives the report as JSON and the same trail for the same log, in a new folder below others, or a temporary one', async () => {
    const out = join(fresh(), 'below', 'it')
    const reports: Report[] = []
    for (const where of [['--out', out], []]) {
      const { code, out: text } = await command('--json', log, ...where)
      expect(code).toBe(0)
      const report: Report = JSON.parse(text)
      expect((await readFile(report.trail.path)).length).toBe(report.trail.bytes)
      reports.push(report)
    }
    const [one, other] = reports
    expect(one).toMatchObject({
      log,
      cases: 5,
      commands: 18,
      accepted: 14,
      refused: { count: 4, recorded: 4, cases: 2 },
      ended: { paid: 2, cancelled: 0, open: { administration: 1, payment: 1 }, neverSubmitted: 1 },
      verdict: { exitCode: 0 },
    })
    expect(one?.trail.path).toBe(join(out, 'trail.jsonl'))
    expect(one?.trail.root).toBe(other?.trail.root)
    await rm(join(other?.trail.path ?? '', '..'), { recursive: true })
  })

  it('reads the first cases only where it is told to, and says so', async () => {
    const { out } = await command(log, '--limit', '2', '--out', fresh())
    expect(out).toContain(': the first 2 cases; the rest was not read')
    expect(out).toContain('  2 cases, 10 events')
  })

  it('prints its usage when asked', async () => {
    expect(await command('--help')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('usage: pnpm event-log'),
    })
  })
})

describe('wrong input to event-log', () => {
  // What a person calls by its name alone lies where they are.
  const before = process.cwd()
  beforeAll(() => process.chdir(folder))
  afterAll(() => process.chdir(before))

  const name = (file: string, content: string | Uint8Array) => writeFile(join(folder, file), content)

  it('is told in a sentence, with exit code 2, and nothing is left behind', { timeout: 180_000 }, async () => {
    await name('empty.xes', '')
    await name('web.xes', '<html></html>')
    await name('cut.xes.gz', gzipSync(xesOf(cases)).subarray(0, -20))
    await name('cut.xes', xesOf(cases).slice(0, -20))
    await name('twice.xes', xesOf([cases[0] ?? written('save'), cases[0] ?? written('save')]))
    await name('other.xes', xesOf([written('submit Order_shipped')]))
    await name('file', '')
    await mkdir(join(folder, 'taken'))
    await name('taken/trail.jsonl', 'not mine')
    await mkdir(join(folder, 'interrupted'))
    await name('interrupted/trail.unfinished.jsonl', '')
    await symlink('nowhere', join(folder, 'dangling'))
    const wrong: [args: string[], says: string][] = [
      [[], 'no log is named'],
      [['no.xes'], 'no.xes: there is no such file'],
      [['.'], 'this is a directory'],
      [['empty.xes'], 'this is empty'],
      [['web.xes'], 'the root is <html>'],
      [['cut.xes.gz'], 'the gzip data stops before its end'],
      [['cut.xes'], 'cut.xes:'],
      [['twice.xes'], 'two cases are called declaration1'],
      [['other.xes'], '"Order shipped" is no step of this process'],
      [[log, '--bogus'], "Unknown option '--bogus'"],
      [[log, '--out'], '--out'],
      [[log, '--out='], '--out is empty'],
      [[log, '--limit', '0'], '--limit is "0"'],
      [[log, '--limit', '-1'], '--limit'],
      [[log, '--limit', '1.5'], '--limit is "1.5"'],
      [[log, 'another'], 'one log at a time'],
      [[log, '--out', 'file'], 'file is no folder'],
      [[log, '--out', 'file/below'], 'cannot make the folder'],
      [[log, '--out', 'dangling'], 'cannot make the folder'],
      [[log, '--out', 'taken'], 'taken holds a trail already'],
      [[log, '--out', 'interrupted'], 'what an interrupted run has left'],
      ...(process.platform === 'linux'
        ? [[[log, '--out', '/proc/nothing/here'], 'cannot make the folder'] as [string[], string]]
        : []),
    ]
    const files = readdirSync(folder)
    for (const [args, says] of wrong) {
      const told =
        args.includes('--out') || args.some(arg => arg.startsWith('--out')) ? args : [...args, '--out', 'never']
      const { code, out, err } = await command(...told)
      expect([args, code, out]).toEqual([args, 2, ''])
      expect(err).toContain('event-log: ')
      expect(err).toContain(says)
      expect(err).not.toMatch(/^ +at /m)
    }
    expect(await program('no.xes', '--out', 'never')).toEqual(await command('no.xes', '--out', 'never'))
    expect(readdirSync(folder)).toEqual(files)
    expect(await readFile(join(folder, 'taken/trail.jsonl'), 'utf8')).toBe('not mine')
  })
})
