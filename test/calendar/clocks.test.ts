import { fromICalendar } from '@countersign/calendar'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../properties/trial.ts'
import { office } from './office.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const iso = (instant: number) => new Date(instant).toISOString()

/** The plain way to tell the time: what a clock in a zone shows at an instant, as if it were one in UTC. */
const formats = new Map<string, Intl.DateTimeFormat>()
function shown(instant: number, zone: string): number {
  let format = formats.get(zone)
  if (format === undefined) {
    const numeric = 'numeric'
    const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric } as const
    format = new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', ...parts })
    formats.set(zone, format)
  }
  const of = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  return Date.UTC(of.year ?? 0, (of.month ?? 0) - 1, of.day, of.hour, of.minute)
}

/** RFC 5545, 3.3.5: the first instant at which the clock shows it, or, where none does, by how it was set the day before. */
const known = new Map<string, number>()
function meant(local: number, zone: string): number {
  const key = `${zone} ${local}`
  const before = known.get(key)
  if (before !== undefined) return before
  let instant = local - (shown(local - day, zone) - (local - day))
  for (let at = local - 14 * hour; at <= local + 14 * hour; at += 15 * minute)
    if (shown(at, zone) === local) {
      instant = at
      break
    }
  known.set(key, instant)
  return instant
}

/** `Office` is defined in the file, with the clocks of Zurich, and no zone at all is the one that the caller names. */
const clockOf = (zone: string) => (zone === 'Office' || zone === '' ? 'Europe/Zurich' : zone)
const defined = ['BEGIN:VTIMEZONE', ...office, 'END:VTIMEZONE']

const compact = (local: number) => iso(local).replaceAll(/[-:]|\.\d+Z/g, '')
const written = (name: string, local: number, zone: string) =>
  zone === 'UTC'
    ? `${name}:${compact(local)}Z`
    : zone === ''
      ? `${name}:${compact(local)}`
      : `${name};TZID=${zone}:${compact(local)}`

const zones = ['UTC', 'Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'Office']
/** Some days around which the clocks of one of them are changed, and one around which they are not. */
const changes = ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04', '2026-06-15']
const quarters = (most: number) => fc.integer({ min: 0, max: most * 4 - 1 }).map(count => count * 15 * minute)

const events = fc.record({
  zone: fc.constantFrom(...zones, ''),
  about: fc.constantFrom(...changes),
  before: fc.integer({ min: 0, max: 9 }),
  time: quarters(24),
  every: fc.constantFrom(1, 1, 2, 7),
  end: fc.constantFrom('the same', 'the same', 'UTC', 'America/New_York', 'duration'),
  lasts: quarters(20).map(length => length + 15 * minute),
  times: fc.integer({ min: 1, max: 12 }),
  until: fc.option(fc.integer({ min: -4, max: 4 }).map(count => count * 15 * minute)),
  excepted: fc.array(fc.record({ index: fc.nat(11), zone: fc.constantFrom(...zones, 'the same') }), { maxLength: 3 }),
  moved: fc.option(fc.record({ index: fc.nat(11), zone: fc.constantFrom(...zones, 'the same') })),
  added: fc.option(fc.record({ after: quarters(240), isUtc: fc.boolean() })),
})
type Written = typeof events extends fc.Arbitrary<infer T> ? T : never
interface Span {
  readonly from: number
  readonly until: number
}

/** The lines of an event, and what they come to by the standard: an end that is written makes every occurrence exactly as long. */
function made(event: Written): { text: string; spans: Span[] } {
  const { zone, end, lasts } = event
  const clock = clockOf(zone)
  const start = Date.parse(`${event.about}T00:00Z`) - event.before * day + event.time
  const zoneOf = (name: string) => (zones.includes(name) && zone !== '' ? name : zone)
  const first = meant(start, clock)
  const endLocal = zoneOf(end) === zone ? start + lasts : shown(first + lasts, clockOf(zoneOf(end)))
  const exact = end === 'duration' ? lasts : meant(endLocal, clockOf(zoneOf(end))) - first
  const lines = [written('DTSTART', start, zone)]
  lines.push(end === 'duration' ? `DURATION:PT${lasts / minute}M` : written('DTEND', endLocal, zoneOf(end)))
  const locals = Array.from({ length: event.times }, (_, index) => start + index * event.every * day)
  const isUntil = event.until !== null && zone !== ''
  const until = isUntil ? meant(locals.at(-1) ?? 0, clock) + (event.until ?? 0) : Number.POSITIVE_INFINITY
  const rule = event.every === 7 ? 'FREQ=WEEKLY' : `FREQ=DAILY;INTERVAL=${event.every}`
  lines.push(`RRULE:${rule};${isUntil ? `UNTIL=${compact(until)}Z` : `COUNT=${event.times}`}`)
  const instants = locals.map(local => meant(local, clock)).filter((one, index) => index === 0 || one <= until)
  // One more may fit before an end that was put later.
  const next = meant(start + event.times * event.every * day, clock)
  if (isUntil && next <= until) instants.push(next)
  if (event.added !== null) {
    const { after } = event.added
    const added = event.added.isUtc && zone !== '' ? 'UTC' : zone
    const local = added === 'UTC' ? first + after : start + after
    lines.push(written('RDATE', local, added))
    instants.push(meant(local, clockOf(added)))
  }
  const gone = new Set<number>()
  const name = (property: string, at: { index: number; zone: string }) => {
    const by = zoneOf(at.zone)
    const local = shown(meant(locals[at.index % locals.length] ?? 0, clock), clockOf(by))
    gone.add(meant(local, clockOf(by)))
    return written(property, local, by)
  }
  for (const one of event.excepted) lines.push(name('EXDATE', one))
  const spans: Span[] = []
  const parts: string[] = []
  if (event.moved !== null) {
    const from = Date.parse('2026-12-20T10:00Z')
    parts.push('BEGIN:VEVENT', 'UID:one', name('RECURRENCE-ID', event.moved), written('DTSTART', from, 'UTC'))
    parts.push('DURATION:PT1H', 'END:VEVENT')
    spans.push({ from, until: from + hour })
  }
  for (const from of instants) if (!gone.has(from)) spans.push({ from, until: from + exact })
  const vevent = ['BEGIN:VEVENT', 'UID:one', ...lines, 'END:VEVENT', ...parts]
  return { text: ['BEGIN:VCALENDAR', 'VERSION:2.0', ...defined, ...vevent, 'END:VCALENDAR'].join('\r\n'), spans }
}

function joined(spans: readonly Span[]): Span[] {
  const found: Span[] = []
  for (const one of spans.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1)
    if (last === undefined || one.from > last.until) found.push(one)
    else found[found.length - 1] = { from: last.from, until: Math.max(last.until, one.until) }
  }
  return found
}

const read = (text: string, kind: 'freeze' | 'window'): Span[] =>
  fromICalendar(text, { zone: 'Europe/Zurich', from: '2026-01-01T00:00Z', until: '2027-06-01T00:00Z', kind })
    .flatMap(one => one.intervals)
    .map(({ from, until }) => ({ from: Date.parse(from), until: Date.parse(until) }))

const isCalm = ({ about }: Written) => about === '2026-06-15'

describe('an event in whatever mixture of UTC, zones and changes of clocks', () => {
  const seed = 20_261_127

  it('comes to what the plain way comes to, as a freeze and as a window, while no clock is changed', () => {
    const calm = events.filter(isCalm)
    fc.assert(
      fc.property(calm, event => {
        const { text, spans } = made(event)
        expect(read(text, 'freeze'), text).toEqual(joined(spans))
        expect(read(text, 'window'), text).toEqual(joined(spans))
      }),
      { ...runs(150), seed },
    )
  })

  it('is no shorter as a freeze and no longer as a window than the plain way over every change of clocks, nor far from it', () => {
    const isIn = (one: Span, all: readonly Span[]) =>
      all.some(({ from, until }) => from <= one.from && one.until <= until)
    const isNear = (one: number, all: readonly number[]) => all.some(other => Math.abs(other - one) <= 2 * hour)
    fc.assert(
      fc.property(events, event => {
        const { text, spans } = made(event)
        const [isNothing] = spans.filter(({ from, until }) => until <= from)
        fc.pre(isNothing === undefined)
        const all = joined(spans)
        const freeze = read(text, 'freeze')
        expect(
          spans.filter(one => !isIn(one, freeze)),
          text,
        ).toEqual([])
        expect(
          read(text, 'window').filter(one => !isIn(one, all)),
          text,
        ).toEqual([])
        const [begins, ends] = [spans.map(({ from }) => from), spans.map(({ until }) => until)]
        expect(
          freeze.filter(({ from, until }) => !isNear(from, begins) || !isNear(until, ends)),
          text,
        ).toEqual([])
      }),
      { ...runs(300), seed },
    )
  })
})
