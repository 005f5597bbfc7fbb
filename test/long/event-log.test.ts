import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventLog } from '../../examples/event-log/src/command.ts'
import type { Report } from '../../examples/event-log/src/report.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const published = here('../../../shared/data/event-logs/DomesticDeclarations.xes.gz')

describe('the published log of a university', () => {
  const title = 'comes to the figures of the README (skipped where ../shared/data is missing)'

  it.skipIf(!existsSync(published))(title, { timeout: 180_000 }, async () => {
    const out: string[] = []
    const folder = await mkdtemp(join(tmpdir(), 'event-log-test-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const quiet = { write: () => undefined }
    const code = await eventLog([published, '--json', '--out', folder], {
      stdout: { write: (text: string) => out.push(text) },
      stderr: quiet,
    })
    expect(code).toBe(0)
    const report: Report = JSON.parse(out.join(''))
    expect(report).toMatchObject({
      cases: 10_357,
      events: 55_628,
      silent: { drafts: 135, takenBack: 1_066 },
      commands: 55_509,
      accepted: 55_321,
      refused: { count: 188, recorded: 188, cases: 121 },
      ended: {
        paid: 9_879,
        cancelled: 284,
        open: { 'budget-owner': 26, completed: 3, payment: 26, 'pre-approver': 4 },
        neverSubmitted: 135,
      },
      paid: { inLog: 9_912, letThrough: 9_879, not: 33 },
      trail: { entries: 55_537 },
      verdict: { exitCode: 0 },
    })
    const readme = await readFile(here('../../examples/event-log/README.md'), 'utf8')
    for (const { reasons } of report.refused.codes) {
      for (const { reason, count } of reasons)
        expect(readme).toMatch(new RegExp(`^\\| ${count} +\\| ${reason} +\\|`, 'm'))
    }
  })
})
