import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { financeBoard, tell } from './main.ts'
import { study, variants } from './study.ts'
import { studyTable } from './table.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
let folder: string
let said: string
let code: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finance-board-'))
  const lines: string[] = []
  code = await tell(folder, 0, line => lines.push(line))
  said = lines.join('\n')
})
afterAll(() => rm(folder, { recursive: true }))

describe('the finance board', () => {
  it('tells what its README tells, number for number', async () => {
    const readme = await readFile(here('../README.md'), 'utf8')
    const [, told = ''] = /```text\n( +without limits[\s\S]*?)```/.exec(readme) ?? []
    expect(told).not.toBe('')
    expect(said).toContain(told)
  })

  it('draws the picture that is shown, byte for byte', async () => {
    const drawn = await readFile(join(folder, 'flow.svg'), 'utf8')
    expect(drawn).toBe(await readFile(here('../flow.svg'), 'utf8'))
  })

  it('finds both of its trails sound, and draws the board with limits within the terminal', () => {
    expect(code).toBe(0)
    expect(said.match(/ sound: .*, 0 findings/g)?.length).toBe(2)
    expect(said).toMatch(/In progress: \d of 6; with ines\s\d\/2, noor\s\d\/2, pavel\s\d\/2/)
    expect(said).toMatch(/asked \(\d+\), not in\s/)
    expect(said).toMatch(/building \(\d\/3\)(, full)? +checking \(\d\/3\)(, full)? +deciding \(\d\/3\)/)
  })

  it('plays the same requests under every variant of its assumptions', async () => {
    const [head, ...rows] = studyTable(await study(1))
    expect(head).toMatch(/more done in/)
    expect(rows.length).toBe(variants.length)
    for (const row of rows) expect(row).toMatch(/[01] of 1( +[\d.]+ → [\d.]+){4}$/)
  })

  it('says in a sentence what is wrong with its arguments, and ends with 2', async () => {
    for (const args of [
      ['--seeds', '-1'],
      ['--seeds', '201'],
      ['--sedes', '1'],
    ]) {
      const [out, err]: [string[], string[]] = [[], []]
      const to = (parts: string[]) => ({ write: (text: string) => parts.push(text) })
      expect([args, await financeBoard(args, { stdout: to(out), stderr: to(err) }), out]).toEqual([args, 2, []])
      expect(err.join('')).toMatch(/^finance-board: .*\nusage: /)
      expect(err.join('')).not.toContain('    at ')
    }
    const ran = spawnSync(process.execPath, ['--conditions=countersign-src', here('main.ts'), '--sedes', '1'], {
      encoding: 'utf8',
    })
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([2, '', expect.stringMatching(/^finance-board: .*\nusage: /)])
  })
})
