import { histories } from '@countersign/testing'
import {
  type ApprovalLine,
  Population,
  type PopulationReport,
  SampleSheet,
  type Sheet,
  type TestLine,
} from 'countersign/sheet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { widthOf } from '../../packages/cli/src/pages/page.ts'
import { sheetPage } from '../../packages/cli/src/pages/sheet-page.ts'
import { flagWords, stamp } from '../../packages/cli/src/pages/sheet-words.ts'
import { terminalText } from '../../packages/cli/src/shell/terminal-text.ts'
import { asWritten, linesOf, runs, sealedIn, watched } from './trial.ts'

/** What a line of a trail says, read as JSON and as nothing else. */
interface RawBody {
  readonly seq: number
  readonly at: string
  readonly command: { readonly type: string; readonly change?: string; readonly team?: string }
  readonly outcome: { readonly accepted?: readonly { readonly type: string; readonly [member: string]: unknown }[] }
}

const bodyIn = (line: string): RawBody => (JSON.parse(line) as { body: RawBody }).body
const has = ({ outcome }: RawBody, type: string) => (outcome.accepted ?? []).some(event => event.type === type)

/** The population by a second count, that asks every line for itself. */
function counted(bodies: readonly RawBody[], from: string, until: string, team: string | undefined) {
  const about = (change: string | undefined) => bodies.filter(one => one.command.change === change)
  const isOf = (change: string | undefined) =>
    team === undefined || about(change).some(one => one.command.team === team && has(one, 'change.submitted'))
  return bodies
    .filter(one => has(one, 'change.closed') && from <= one.at && one.at < until && isOf(one.command.change))
    .map(({ seq, command: { change } }) => ({
      change,
      closed: seq,
      requested: about(change).find(one => has(one, 'change.submitted'))?.seq,
      releases: about(change)
        .filter(one => has(one, 'change.released'))
        .map(one => one.seq),
      entries: about(change).length,
    }))
}

const shortly = ({ changes }: PopulationReport) =>
  changes.map(({ change, closed, requested, releases, entries }) => ({
    change,
    closed: closed.seq,
    requested: requested.seq,
    releases: releases.map(one => one.seq),
    entries,
  }))

/** What is told in other words on the page: by its mark, in a sentence, or by the line in which it stands. */
const reworded = new Set(['capacity', 'status', 'flags', 'refused', 'requirement', 'why', 'cause', 'how', 'seq', 'at'])

/** Every fact of a document that stands on the page as it is. */
function factsIn(value: unknown): string[] {
  if (typeof value === 'string') return [/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? stamp(value) : terminalText(value)]
  if (typeof value === 'number') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(factsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => {
    if (name === 'seq') return [`entry ${String(one)}`]
    return reworded.has(name) ? [] : factsIn(one)
  })
}

const without = (text: string) => text.replaceAll(/\s/g, '')

describe('what an auditor is given of a trail', () => {
  it('lists of each period and team what a second count over the lines finds, as often as the trail closes a change', async () => {
    const seen = { closed: 0, some: 0 }
    await fc.assert(
      fc.asyncProperty(
        histories({ least: 70, most: 120 }),
        fc.nat({ max: 99 }),
        fc.nat({ max: 99 }),
        async (history, one, other) => {
          const { scenario } = await watched(history, {})
          const sealed = await sealedIn(scenario.store)
          const bodies = linesOf(sealed).map(bodyIn)
          const [begin, end] = [Date.parse(bodies[0]?.at ?? ''), Date.parse(bodies.at(-1)?.at ?? '') + 1]
          const at = (percent: number) => new Date(begin + Math.floor(((end - begin) * percent) / 100)).toISOString()
          for (const [from, until, team] of [
            [at(0), at(100), undefined],
            [at(0), at(100), 't'],
            [at(Math.min(one, other)), at(Math.max(one, other) + 1), 't'],
          ] as const) {
            const population = new Population({ from, until, ...(team === undefined ? {} : { team }) })
            for (const { bytes } of sealed) population.line(bytes)
            const report = population.report()
            expect(shortly(report)).toEqual(counted(bodies, from, until, team))
            expect(report.closes).toBe(report.changes.length)
            // What took effect in the period is in one of the two lists, or was closed before it took effect once more.
            const effective = bodies.filter(body => has(body, 'change.released') && from <= body.at && body.at < until)
            const listed = [...report.changes, ...report.unclosed].map(row => row.change)
            for (const { command } of effective) expect(listed).toContain(command.change)
            seen.closed += report.changes.length
            if (report.changes.length > 0) seen.some += 1
          }
        },
      ),
      runs(20),
    )
    if (asWritten) expect(seen.closed).toBeGreaterThan(seen.some)
  })

  it('counts on each sheet the approvals and tests that the desk explains to count, and names entries in which they stand', async () => {
    const seen = {
      counted: 0,
      uncounted: 0,
      carried: 0,
      delegate: 0,
      ended: 0,
      refused: 0,
      tests: 0,
      excepted: 0,
      rested: 0,
    }
    await fc.assert(
      fc.asyncProperty(histories({ least: 70, most: 120 }), async history => {
        const { scenario } = await watched(history, {})
        const sealed = await sealedIn(scenario.store)
        const bodies = linesOf(sealed).map(bodyIn)
        const population = new Population()
        for (const { bytes } of sealed) population.line(bytes)
        const flags = new Map(population.report().changes.map(one => [one.change, one.flags]))
        for (const { id } of scenario.desk.changes()) {
          const sheet = sheetOf(id, sealed)
          const told = scenario.desk.explain(id, sheet.at)
          const inStages = (lines: readonly { stage: string; person: string; at: string }[]) =>
            lines.map(({ stage, person, at }) => `${stage} ${person} ${at}`).toSorted()
          for (const [kind, lines] of [
            ['approval', sheet.approvals],
            ['release', sheet.releases],
          ] as const) {
            const acts = (told?.stages ?? [])
              .filter(one => one.kind === kind)
              .flatMap(({ stage, acts: all }) =>
                all.flatMap(({ person, at, discounted }) => (discounted === undefined ? [{ stage, person, at }] : [])),
              )
            expect(inStages(lines.filter(one => one.counts))).toEqual(inStages(acts))
          }
          const passed = told?.stages.filter(one => one.kind === 'test' && one.status === 'satisfied') ?? []
          for (const { stage } of passed) expect(sheet.tests.some(one => one.stage === stage && one.counts)).toBe(true)
          expect(sheet.stages.map(one => one.status)).toEqual(told?.stages.map(one => one.status))
          // Every line stands in an entry about the change, of that instant, that was accepted; what was carried elsewhere.
          expect(sheet.entries).toEqual(bodies.filter(one => one.command.change === id).map(one => one.seq))
          const lines = [...sheet.approvals, ...sheet.tests, ...sheet.releases, ...sheet.rejections, ...sheet.tasks]
          for (const line of lines) {
            if (line.seq === undefined) continue
            const body = bodies[line.seq]
            expect([body?.command.change, body?.outcome.accepted === undefined]).toEqual([id, false])
            if (line.capacity !== 'carried') expect(line.at).toBe(body?.at)
          }
          for (const { carried, at } of sheet.approvals) {
            if (carried === undefined || !('change' in carried.from)) continue
            const given = bodies[carried.seq ?? -1]
            expect([given?.command.change, given?.at, given !== undefined && has(given, 'approval.granted')]).toEqual([
              carried.from.change,
              at,
              true,
            ])
            seen.carried += 1
          }
          for (const { seq = 0, at, approvedIn, testedIn, fellAway = [] } of sheet.releases) {
            for (const before of [...approvedIn, ...testedIn]) expect(before).toBeLessThanOrEqual(seq)
            const late = sheet.approvals.filter(one => one.afterwards === true).map(one => one.seq)
            expect(approvedIn.filter(one => late.includes(one))).toEqual([])
            // Counted a second time: what the lines before it say that counts, and is not given afterwards by its stage. What
            // had come about by itself came into the trail with the release.
            const before = sheetOf(id, sealed.slice(0, seq), at)
            const stood = (lines: readonly (ApprovalLine | TestLine)[]) => [
              ...new Set(lines.filter(one => one.counts && one.afterwards !== true).map(one => one.seq ?? seq)),
            ]
            expect([approvedIn, testedIn]).toEqual([stood(before.approvals), stood(before.tests)])
            for (const one of fellAway) {
              const lines = [...sheet.approvals, ...sheet.tests].filter(line => line.seq === one.seq)
              expect(lines.some(line => !line.counts)).toBe(true)
              expect(one.lostIn ?? seq + 1).toBeGreaterThan(seq)
            }
            seen.rested += approvedIn.length
          }
          const granted = bodies.filter(one => one.command.change === id && has(one, 'approval.granted'))
          expect(sheet.approvals.flatMap(one => (one.carried === undefined ? (one.seq ?? []) : []))).toEqual(
            granted.map(one => one.seq),
          )
          const used = sheet.exceptions.filter(one => one.usedIn.length > 0).map(one => one.exception)
          for (const exception of told?.exceptions ?? []) expect(used).toContain(exception)
          if (flags.has(id)) expect(sheet.flags).toEqual(flags.get(id))
          seen.counted += sheet.approvals.filter(one => one.counts).length
          seen.uncounted += sheet.approvals.filter(one => !one.counts).length
          seen.ended += sheet.approvals.filter(one => one.ended?.seq !== undefined).length
          seen.delegate += sheet.approvals.filter(one => one.capacity === 'delegate').length
          seen.refused += sheet.refusals.length
          seen.tests += sheet.tests.filter(one => one.counts).length
          seen.excepted += sheet.exceptions.length
        }
      }),
      runs(20),
    )
    if (asWritten) for (const [what, times] of Object.entries(seen)) expect([what, times > 0]).toEqual([what, true])
  })

  it('says on the page what the document says: the same persons, instants, digests, words and entries', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), fc.integer({ min: 60, max: 130 }), async (history, columns) => {
        const { scenario } = await watched(history, {})
        const sealed = await sealedIn(scenario.store)
        for (const { id } of scenario.desk.changes()) {
          const sheet = sheetOf(id, sealed)
          const page = sheetPage(sheet, { columns, paint: (_, text) => text })
          for (const line of page.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(columns)
          const text = without(page)
          // Entries that are named in a row stand behind one word.
          const entries = new Set(text.match(/\d+/g))
          for (const fact of factsIn(sheet)) {
            const entry = /^entry (\d+)$/.exec(fact)?.[1]
            const isThere = entry === undefined ? text.includes(without(fact)) : entries.has(entry)
            expect([fact, isThere]).toEqual([fact, true])
          }
          for (const flag of sheet.flags) expect(text).toContain(without(flagWords[flag]))
          for (const { refused } of sheet.refusals) expect(text).toContain(`(${refused.code})`)
        }
      }),
      runs(8),
    )
  })
})

function sheetOf(change: string, sealed: Awaited<ReturnType<typeof sealedIn>>, at?: string): Sheet {
  const sample = new SampleSheet(change)
  for (const { bytes } of sealed) sample.line(bytes)
  const sheet = sample.sheet(at)
  if (sheet === undefined) throw new Error(`there is no ${change}`)
  return sheet
}
