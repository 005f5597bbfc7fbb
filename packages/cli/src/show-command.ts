import { once } from 'node:events'
import { CountersignError } from '@countersign/trail'
import type { Desk } from 'countersign'
import { Metrics } from 'countersign/metrics'
import { boardPage } from './board-page.ts'
import type { CountersignArguments } from './countersign-arguments.ts'
import { explainPage } from './explain-page.ts'
import { InputError } from './input-error.ts'
import { changeOf, entryOf, logEntry, logLine } from './log.ts'
import { metricsPage } from './metrics-page.ts'
import { obligationsPage } from './obligations-page.ts'
import { outboxPage } from './outbox-page.ts'
import { settingFor } from './page.ts'
import { instantOf, openTrail, readLines } from './trail-reader.ts'

type Asked<Show> = Extract<CountersignArguments, { show: Show }>

const unverified = 'countersign shows what the trail says and does not verify it; verify-trail does.\n'
const mostNamed = 12

/** Shows what was asked for, and gives the exit code. */
export async function showCommand(
  asked: Asked<'explain' | 'log' | 'board' | 'obligations' | 'outbox' | 'metrics'>,
): Promise<number> {
  switch (asked.show) {
    case 'explain':
      await print(await explained(asked))
      break
    case 'log':
      await printLog(asked)
      break
    case 'board':
      await print(await boards(asked))
      break
    case 'obligations':
      await print(await owed(asked))
      break
    case 'outbox':
      await print(await toldTo(asked))
      break
    case 'metrics':
      await print(await measured(asked))
      break
    default:
      asked satisfies never
  }
  return 0
}

/** Says once that nothing was verified, then prints. */
async function print(text: string): Promise<void> {
  process.stderr.write(unverified)
  process.stdout.write(text)
}

async function explained({ trail, change: id, at, json }: Asked<'explain'>): Promise<string> {
  const when = at === undefined ? undefined : instantOf(at)
  const desk = await openTrail(trail, when)
  const change = desk.change(id)
  const told = change === undefined ? undefined : desk.explain(id, when ?? present(desk, id))
  if (change === undefined || told === undefined)
    throw unknown(
      'change',
      id,
      desk.changes().map(one => one.id),
      when,
    )
  return json ? document({ change, explanation: told }) : explainPage(change, told, settingFor(process.stdout))
}

/** The present, or the last entry where its clock was ahead of ours. */
function present(desk: Desk, change: string): string {
  const now = new Date().toISOString()
  const last = desk.explain(change)?.at ?? now
  return [now, last].toSorted().at(-1) ?? now
}

async function boards({ trail, team, at, json }: Asked<'board'>): Promise<string> {
  const when = at === undefined ? undefined : instantOf(at)
  const desk = await openTrail(trail, when)
  const known = teamsOf(desk)
  if (team !== undefined && !known.includes(team)) throw unknown('team', team, known, when)
  const [first] = desk.changes()
  const instant = when ?? (first === undefined ? new Date().toISOString() : present(desk, first.id))
  const shown = (team === undefined ? known : [team]).map(one => desk.board(one, instant))
  if (json) return document(shown)
  if (shown.length === 0) return 'No team has a policy in force, and there is no change.\n'
  return shown.map(board => boardPage(board, settingFor(process.stdout))).join('\n')
}

async function owed({ trail, team, at, json }: Asked<'obligations'>): Promise<string> {
  const when = at === undefined ? undefined : instantOf(at)
  const desk = await openTrail(trail, when)
  const teams = teamsOf(desk)
  if (team !== undefined && !teams.includes(team)) throw unknown('team', team, teams, when)
  const [first] = desk.changes()
  const instant = when ?? (first === undefined ? new Date().toISOString() : present(desk, first.id))
  const list = desk.obligations(instant).filter(one => team === undefined || one.team === team)
  return json ? document(list) : obligationsPage(list, instant, settingFor(process.stdout))
}

async function toldTo({ trail, after, limit, at, json }: Asked<'outbox'>): Promise<string> {
  const desk = await openTrail(trail)
  try {
    const drained = await desk.outbox({
      at: instantOf(at ?? new Date().toISOString()),
      ...(after === undefined ? {} : { after }),
      ...(limit === undefined ? {} : { limit }),
    })
    return json ? document(drained) : outboxPage(drained, settingFor(process.stdout))
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'input')
      throw new InputError(error.message, { cause: error })
    throw error
  }
}

async function measured({ trail, team, from, until, json }: Asked<'metrics'>): Promise<string> {
  const metrics = new Metrics()
  await readLines(trail, ({ seq, bytes }) => {
    try {
      metrics.line(bytes)
    } catch (cause) {
      throw new InputError(`${trail} cannot be measured: entry ${seq} is no entry`, {
        hint: `verify-trail ${trail} tells more.`,
        cause,
      })
    }
  })
  if (team !== undefined && !metrics.teams.includes(team)) throw unknown('team', team, metrics.teams, undefined)
  const begin = from === undefined ? metrics.from : instantOf(from)
  // The end of an interval does not belong to it, and the last entry does.
  const end = until === undefined ? new Date(Date.parse(metrics.until) + 1).toISOString() : instantOf(until)
  if (end <= begin) throw new InputError(`the interval would end (${end}) no later than it begins (${begin})`)
  const asked = team === undefined ? [...(metrics.teams.length > 1 ? [undefined] : []), ...metrics.teams] : [team]
  const reports = asked.map(one =>
    metrics.report({ from: begin, until: end, ...(one === undefined ? {} : { team: one }) }),
  )
  if (json) return document(reports)
  if (reports.length === 0) return 'There is no change in it.\n'
  return reports.map(report => metricsPage(report, settingFor(process.stdout))).join('\n')
}

const teamsOf = (desk: Desk): string[] =>
  [...new Set([...Object.keys(desk.governance().policyInForce), ...desk.changes().map(one => one.team)])].toSorted()

async function printLog({ trail, change, json }: Asked<'log'>): Promise<void> {
  const setting = settingFor(process.stdout)
  const lines: string[] = []
  const changes = new Set<string>()
  let read = 0
  let unreadable = 0
  await readLines(trail, ({ seq, bytes }) => {
    const body = entryOf(bytes)
    read += 1
    if (body === undefined) {
      unreadable += 1
      if (change === undefined)
        lines.push(
          json
            ? JSON.stringify({ seq, unreadable: true })
            : `${String(seq).padStart(5)}  (this line is no entry; verify-trail tells more)`,
        )
      return
    }
    const about = changeOf(body)
    if (about !== undefined) changes.add(about)
    if (change !== undefined && about !== change) return
    const entry = logEntry(body)
    lines.push(json ? JSON.stringify({ ...body, said: entry }) : logLine(entry, setting))
  })
  if (change !== undefined && !changes.has(change)) throw unknown('change', change, [...changes], undefined)
  process.stderr.write(unverified)
  const hint = `verify-trail ${trail} tells more.`
  if (unreadable === read) throw new InputError(`${trail} is no trail: none of its lines is an entry`, { hint })
  for (const line of lines) if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
  if (unreadable > 0) throw new InputError(`${unreadable} of the ${read} lines of ${trail} are no entries`, { hint })
}

const document = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

function unknown(what: string, name: string, known: readonly string[], at: string | undefined): InputError {
  const named = known.slice(0, mostNamed).join(', ')
  const more = known.length > mostNamed ? ` and ${known.length - mostNamed} more` : ''
  return new InputError(`there is no ${what} ${name} in this trail${at === undefined ? '' : ` at ${at}`}`, {
    hint: known.length === 0 ? `There is no ${what} in it at all.` : `There is: ${named}${more}.`,
  })
}
