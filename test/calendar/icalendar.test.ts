import { fromICalendar, resolve } from '@countersign/calendar'
import { describe, expect, it } from 'vitest'
import { office } from './office.ts'

const ics = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n')
const part = (name: string, ...lines: string[]) => [`BEGIN:${name}`, ...lines, `END:${name}`].join('\r\n')
const event = (...lines: string[]) => ics(part('VEVENT', 'UID:one', ...lines))
const year = { zone: 'Europe/Zurich', from: '2026-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' }
const intervals = (text: string, options = year) => fromICalendar(text, options).flatMap(one => one.intervals)

describe('a schedule', () => {
  it('comes to the instants of its time zone, before and after clocks are changed', () => {
    const written = { zone: 'Europe/Zurich', from: '2026-03-28T12:00', until: '2026-03-30T12:00' }
    expect(resolve(written)).toEqual([{ from: '2026-03-28T11:00:00.000Z', until: '2026-03-30T10:00:00.000Z' }])
  })

  it('is rather too long than too short where a local time comes twice, or not at all', () => {
    const zone = 'Europe/Zurich'
    expect(resolve({ zone, from: '2026-10-25T02:30', until: '2026-10-26T00:00' })[0]?.from).toBe(
      '2026-10-25T00:30:00.000Z',
    )
    expect(resolve({ zone, from: '2026-10-24T00:00', until: '2026-10-25T02:30' })[0]?.until).toBe(
      '2026-10-25T01:30:00.000Z',
    )
    expect(resolve({ zone, from: '2026-03-29T02:30', until: '2026-03-30T00:00' })[0]?.from).toBe(
      '2026-03-29T00:30:00.000Z',
    )
    expect(resolve({ zone, from: '2026-03-28T00:00', until: '2026-03-29T02:30' })[0]?.until).toBe(
      '2026-03-29T01:30:00.000Z',
    )
  })

  it('of a window is rather too short than too long there, and skips a night in which nothing is left of it', () => {
    const zone = 'Europe/Zurich'
    const window = (from: string, until: string) => resolve({ zone, from, until }, 'window')
    expect(window('2026-10-25T02:30', '2026-10-26T00:00')[0]?.from).toBe('2026-10-25T01:30:00.000Z')
    expect(window('2026-10-24T00:00', '2026-10-25T02:30')[0]?.until).toBe('2026-10-25T00:30:00.000Z')
    expect(window('2026-03-29T02:30', '2026-03-30T00:00')[0]?.from).toBe('2026-03-29T01:30:00.000Z')
    expect(window('2026-03-28T00:00', '2026-03-29T02:30')[0]?.until).toBe('2026-03-29T00:30:00.000Z')
    expect(() => window('2026-10-25T02:30', '2026-10-25T02:45')).toThrow(/no later than it begins/)
    const weekly = {
      zone,
      weekly: ['sun' as const],
      from: '02:15',
      until: '02:45',
      first: '2026-10-18',
      last: '2026-11-01',
    }
    const [before, after] = [
      { from: '2026-10-18T00:15:00.000Z', until: '2026-10-18T00:45:00.000Z' },
      { from: '2026-11-01T01:15:00.000Z', until: '2026-11-01T01:45:00.000Z' },
    ]
    expect(resolve(weekly, 'window')).toEqual([before, after])
    const recurring = event(
      'DTSTART;TZID=Europe/Zurich:20261018T021500',
      'DTEND;TZID=Europe/Zurich:20261018T024500',
      'RRULE:FREQ=WEEKLY;COUNT=3',
    )
    expect(fromICalendar(recurring, { ...year, kind: 'window' })[0]?.intervals).toEqual([before, after])
    expect(intervals(recurring)).toHaveLength(3)
  })

  it('recurs every week on its days, over midnight where it ends no later than it begins', () => {
    const nights = {
      zone: 'America/New_York',
      weekly: ['fri' as const],
      from: '18:00',
      until: '06:00',
      first: '2026-03-01',
      last: '2026-03-14',
    }
    expect(resolve(nights)).toEqual([
      { from: '2026-03-06T23:00:00.000Z', until: '2026-03-07T11:00:00.000Z' },
      { from: '2026-03-13T22:00:00.000Z', until: '2026-03-14T10:00:00.000Z' },
    ])
  })

  it('is refused with a time zone that there is not, and where it recurs for ever, too often or never', () => {
    const weekly = { zone: 'UTC', from: '08:00', until: '09:00', first: '2026-01-01', weekly: ['mon' as const] }
    expect(() => resolve({ zone: 'Mars/Olympus', from: '2026-01-01T00:00', until: '2026-01-02T00:00' })).toThrow(
      /no time zone Mars\/Olympus/,
    )
    expect(() => resolve({ ...weekly, last: '9999-12-31' })).toThrow(/more than 5 years; declare it again then/)
    expect(() => resolve({ ...weekly, weekly: ['mon', 'tue', 'wed'], last: '2030-12-31' })).toThrow(
      /intervals are more than one declaration takes \(500\)/,
    )
    expect(() => resolve({ ...weekly, last: '2026-01-02' })).toThrow(/never comes about/)
    expect(() => resolve({ ...weekly, last: '2025-01-02' })).toThrow(/before it begins/)
  })

  it('is refused as a window of which changed clocks leave nothing on any of its days, and not as one without a day', () => {
    const night = { zone: 'Europe/Zurich', weekly: ['sun' as const], from: '02:00', until: '03:00' }
    const written = { ...night, first: '2026-03-26', last: '2026-04-01' }
    expect(() => resolve(written, 'window')).toThrow(
      'clocks are changed on each of its days, which leaves nothing of it',
    )
    expect(resolve(written)).toHaveLength(1)
    expect(() => resolve({ ...written, last: '2026-03-27' }, 'window')).toThrow(/never comes about/)
  })

  it('joins days that touch', () => {
    const weekend = {
      zone: 'UTC',
      weekly: ['sat' as const, 'sun' as const],
      from: '00:00',
      until: '00:00',
      first: '2026-03-02',
      last: '2026-03-15',
    }
    expect(resolve(weekend)).toEqual([
      { from: '2026-03-07T00:00:00.000Z', until: '2026-03-09T00:00:00.000Z' },
      { from: '2026-03-14T00:00:00.000Z', until: '2026-03-16T00:00:00.000Z' },
    ])
  })

  it.each<[string, object, RegExp]>([
    [
      'a time zone that there is not',
      { zone: 'Europe/Zuerich', from: '2026-03-28T12:00', until: '2026-03-30T12:00' },
      /no time zone Europe\/Zuerich/,
    ],
    [
      'a day that there is not',
      { zone: 'UTC', from: '2026-02-30T12:00', until: '2026-03-30T12:00' },
      /no local time 2026-02-30/,
    ],
    [
      'an end before the beginning',
      { zone: 'UTC', from: '2026-03-30T12:00', until: '2026-03-28T12:00' },
      /no later than it begins/,
    ],
    [
      'an end at the beginning',
      { zone: 'UTC', from: '2026-03-30T12:00', until: '2026-03-30T12:00' },
      /no later than it begins/,
    ],
    [
      'a recurrence that ends before it begins',
      { zone: 'UTC', weekly: ['mon'], from: '10:00', until: '12:00', first: '2026-03-30', last: '2026-03-28' },
      /before it begins/,
    ],
    [
      'a recurrence of a lifetime',
      { zone: 'UTC', weekly: ['mon'], from: '10:00', until: '12:00', first: '2026-03-30', last: '9999-03-28' },
      /more than 5 years/,
    ],
    [
      'a day of the week on which it never is',
      { zone: 'UTC', weekly: ['mon'], from: '10:00', until: '12:00', first: '2026-03-31', last: '2026-04-01' },
      /never comes about/,
    ],
    [
      'more intervals than one declaration takes',
      {
        zone: 'UTC',
        weekly: ['mon', 'wed', 'fri'],
        from: '10:00',
        until: '12:00',
        first: '2026-01-01',
        last: '2030-01-01',
      },
      /more than one declaration takes/,
    ],
    ['an offset in a local time', { zone: 'UTC', from: '2026-03-28T12:00Z', until: '2026-03-30T12:00' }, /no schedule/],
    ['something else', { weekly: ['mon'] }, /no schedule/],
  ])('is refused with %s', (_, written, problem) => {
    expect(() => resolve(written as never)).toThrow(problem)
  })
})

describe('a calendar file', () => {
  it('gives events in UTC, in an IANA zone, without one, and of whole days', () => {
    const text = ics(
      part('VEVENT', 'UID:utc', 'DTSTART:20260601T100000Z', 'DTEND:20260601T120000Z'),
      part('VEVENT', 'UID:iana', 'DTSTART;TZID=Asia/Tokyo:20260601T100000', 'DURATION:PT2H'),
      part('VEVENT', 'UID:none', 'DTSTART:20260601T100000', 'DTEND:20260601T120000'),
      part('VEVENT', 'UID:days', 'SUMMARY:Close', 'DTSTART;VALUE=DATE:20260629', 'DTEND;VALUE=DATE:20260702'),
    )
    expect(fromICalendar(text, year)).toEqual([
      {
        uid: 'utc',
        summary: '',
        schedule: { calendar: 'an event (utc)' },
        intervals: [{ from: '2026-06-01T10:00:00.000Z', until: '2026-06-01T12:00:00.000Z' }],
      },
      {
        uid: 'iana',
        summary: '',
        schedule: { calendar: 'an event (iana)' },
        intervals: [{ from: '2026-06-01T01:00:00.000Z', until: '2026-06-01T03:00:00.000Z' }],
      },
      {
        uid: 'none',
        summary: '',
        schedule: { calendar: 'an event (none)' },
        intervals: [{ from: '2026-06-01T08:00:00.000Z', until: '2026-06-01T10:00:00.000Z' }],
      },
      {
        uid: 'days',
        summary: 'Close',
        schedule: { calendar: 'Close (days)' },
        intervals: [{ from: '2026-06-28T22:00:00.000Z', until: '2026-07-01T22:00:00.000Z' }],
      },
    ])
  })

  it('recurs at the same local time over a change of clocks, with exceptions, additions and an occurrence that was moved', () => {
    const text = ics(
      'BEGIN:VEVENT',
      'UID:one',
      'DTSTART;TZID=Europe/Zurich:20260320T180000',
      'DTEND;TZID=Europe/Zurich:20260320T200000',
      'RRULE:FREQ=WEEKLY;COUNT=4',
      'EXDATE;TZID=Europe/Zurich:20260327T180000',
      'RDATE;TZID=Europe/Zurich:20260415T180000',
      'END:VEVENT',
      'BEGIN:VEVENT',
      'UID:one',
      'RECURRENCE-ID;TZID=Europe/Zurich:20260403T180000',
      'DTSTART;TZID=Europe/Zurich:20260404T090000',
      'DTEND;TZID=Europe/Zurich:20260404T100000',
      'END:VEVENT',
    )
    expect(intervals(text)).toEqual([
      { from: '2026-03-20T17:00:00.000Z', until: '2026-03-20T19:00:00.000Z' },
      { from: '2026-04-04T07:00:00.000Z', until: '2026-04-04T08:00:00.000Z' },
      { from: '2026-04-10T16:00:00.000Z', until: '2026-04-10T18:00:00.000Z' },
      { from: '2026-04-15T16:00:00.000Z', until: '2026-04-15T18:00:00.000Z' },
    ])
  })

  it('counts the first time of an event to which only others are added, and not one that is excepted', () => {
    const begin = ['DTSTART;TZID=Europe/Zurich:20260605T100000', 'DTEND;TZID=Europe/Zurich:20260605T110000']
    const added = 'RDATE:20260608T080000Z'
    const first = { from: '2026-06-05T08:00:00.000Z', until: '2026-06-05T09:00:00.000Z' }
    const other = { from: '2026-06-08T08:00:00.000Z', until: '2026-06-08T09:00:00.000Z' }
    expect(intervals(event(...begin, added))).toEqual([first, other])
    expect(intervals(event(...begin, added, 'EXDATE;TZID=Europe/Zurich:20260605T100000'))).toEqual([other])
    expect(intervals(event(...begin, added, 'EXDATE;VALUE=DATE:20260605'))).toEqual([other])
    expect(intervals(event(...begin, 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=1'))).toEqual([first, other])
    expect(intervals(event(...begin, 'RDATE;TZID=Europe/Zurich:20260601T100000'))).toHaveLength(2)
  })

  it('has the first time to which its rule does not come as a freeze, and as a window only counts it', () => {
    const begin = ['DTSTART:20260605T100000Z', 'DURATION:PT1H']
    const days = (rule: string, kind: 'freeze' | 'window') =>
      intervals(event(...begin, `RRULE:${rule}`), { ...year, kind } as typeof year).map(one => one.from.slice(5, 10))
    for (const [rule, added, asWindow] of [
      ['FREQ=WEEKLY;BYDAY=MO;COUNT=3', ['06-05', '06-08', '06-15', '06-22'], ['06-08', '06-15']],
      ['FREQ=WEEKLY;BYDAY=MO;COUNT=1', ['06-05', '06-08'], []],
      ['FREQ=WEEKLY;BYDAY=MO;UNTIL=20260615T100000Z', ['06-05', '06-08', '06-15'], ['06-08', '06-15']],
      ['FREQ=DAILY;UNTIL=20260601T000000Z', ['06-05'], []],
      ['FREQ=WEEKLY;BYDAY=FR,MO;COUNT=3', ['06-05', '06-08', '06-12'], ['06-05', '06-08', '06-12']],
    ] as const) {
      expect(days(rule, 'freeze'), rule).toEqual(added)
      expect(days(rule, 'window'), rule).toEqual(asWindow)
    }
    expect(intervals(event(...begin), { ...year, kind: 'window' } as typeof year)).toHaveLength(1)
  })

  it('is refused where it counts hours over a change of clocks, which can be done in two ways', () => {
    const hourly = (rule: string, start: string, options: object = {}) =>
      intervals(event(start, 'DURATION:PT15M', `RRULE:FREQ=HOURLY;${rule}`), { ...year, ...options })
    const [night, june] = ['DTSTART;TZID=Europe/Zurich:20261025T000000', 'DTSTART;TZID=Europe/Zurich:20260601T000000']
    for (const kind of ['freeze', 'window'])
      for (const [rule, start] of [
        ['INTERVAL=6', night],
        ['INTERVAL=6', june],
        ['COUNT=24', night],
        ['INTERVAL=24;COUNT=3', night],
        ['INTERVAL=6;BYHOUR=0,6', night],
        ['COUNT=24', 'DTSTART;TZID=Europe/Zurich:20260329T000000'],
      ] as const)
        expect(() => hourly(rule, start, { kind }), rule).toThrow(
          /^calendar: one counts hours .* over a change of clocks, .* name the hours of a day \(FREQ=DAILY;BYHOUR=0,6,12,18\)/,
        )
    // Where nothing of it lies over the change, or it begins in UTC, both are the same.
    expect(hourly('INTERVAL=6', june, { until: '2026-07-01T00:00:00Z' })).toHaveLength(121)
    expect(hourly('COUNT=5', june)).toHaveLength(5)
    expect(hourly('INTERVAL=6;COUNT=4', 'DTSTART:20261024T220000Z').map(one => one.from.slice(11, 16))).toEqual([
      '22:00',
      '04:00',
      '10:00',
      '16:00',
    ])
  })

  it('recurs each hour of the clock: of one that comes twice or not at all a freeze has all, and a window nothing', () => {
    const hourly = (kind: string, start: string, until: string) => {
      const text = event(`DTSTART;TZID=Europe/Zurich:${start}`, 'DURATION:PT15M', `RRULE:FREQ=HOURLY;UNTIL=${until}`)
      return intervals(text, { ...year, kind } as typeof year).map(one =>
        [one.from, one.until].map(at => at.slice(11, 16)).join('-'),
      )
    }
    const [autumn, spring] = [
      ['20261025T010000', '20261025T020000Z'],
      ['20260329T010000', '20260329T010000Z'],
    ] as const
    expect(hourly('freeze', ...autumn)).toEqual(['23:00-23:15', '00:00-01:15', '02:00-02:15'])
    expect(hourly('window', ...autumn)).toEqual(['23:00-23:15', '02:00-02:15'])
    expect(hourly('freeze', ...spring)).toEqual(['00:00-01:15'])
    expect(hourly('window', ...spring)).toEqual(['00:00-00:15', '01:00-01:15'])
  })

  it('takes what was moved into what is read, and an occurrence without its event', () => {
    const moved = (recurrence: string) =>
      part('VEVENT', 'UID:one', `RECURRENCE-ID:${recurrence}`, 'DTSTART:20260524T220000Z', 'DTEND:20260524T230000Z')
    const there = [{ from: '2026-05-24T22:00:00.000Z', until: '2026-05-24T23:00:00.000Z' }]
    const whole = part(
      'VEVENT',
      'UID:one',
      'DTSTART:20250316T220000Z',
      'DTEND:20250316T230000Z',
      'RRULE:FREQ=YEARLY;BYMONTH=3',
    )
    expect(intervals(ics(moved('20310316T220000Z')))).toEqual(there)
    expect(intervals(ics(whole, moved('20310316T220000Z')))).toEqual([
      { from: '2026-03-16T22:00:00.000Z', until: '2026-03-16T23:00:00.000Z' },
      ...there,
    ])
  })

  it('lasts as many hours as it says over a change of clocks, and as many days as the calendar has', () => {
    const lasting = (length: string, day = '20260328') =>
      intervals(event(`DTSTART;TZID=Europe/Zurich:${day}T220000`, `DURATION:${length}`))[0]?.until
    expect(lasting('PT24H')).toBe('2026-03-29T21:00:00.000Z')
    expect(lasting('P1D')).toBe('2026-03-29T20:00:00.000Z')
    expect(lasting('P1DT1H')).toBe('2026-03-29T21:00:00.000Z')
    expect(lasting('PT12H', '20261024')).toBe('2026-10-25T08:00:00.000Z')
  })

  it('is on no day that a month does not have', () => {
    const leap = event('DTSTART:20240229T100000Z', 'DTEND:20240229T110000Z', 'RRULE:FREQ=YEARLY')
    const years = { ...year, from: '2026-01-01T00:00:00Z', until: '2030-01-01T00:00:00Z' }
    expect(intervals(leap, years)).toEqual([{ from: '2028-02-29T10:00:00.000Z', until: '2028-02-29T11:00:00.000Z' }])
  })

  it.each([
    ['a day that there is in no year', ['RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'], /days that there are not/],
    [
      'an interval for which nobody waits',
      ['RRULE:FREQ=DAILY;INTERVAL=999999999'],
      /interval that is not from 1 to 1000/,
    ],
    ['two rules', ['RRULE:FREQ=DAILY;COUNT=2', 'RRULE:FREQ=MONTHLY;COUNT=2'], /2 rules, and one is read/],
    ['periods', ['RDATE;VALUE=PERIOD:20260210T100000Z/PT3H'], /adds periods/],
    ['times of another zone', ['RDATE;TZID=America/New_York:20260610T100000'], /another time zone/],
  ])('is refused where it recurs by %s, and not read as something else', (_, lines, problem) => {
    const begin = ['DTSTART;TZID=Europe/Zurich:20260601T100000', 'DTEND;TZID=Europe/Zurich:20260601T110000']
    expect(() => intervals(event(...begin, ...lines))).toThrow(problem)
  })

  it('is read as far as was asked for where it recurs without an end, and what is over is left out', () => {
    const text = event('DTSTART:20200101T100000Z', 'DTEND:20200101T110000Z', 'RRULE:FREQ=MONTHLY')
    expect(intervals(text)).toHaveLength(12)
    expect(() => intervals(event('DTSTART:20200101T100000Z', 'DTEND:20200101T100001Z', 'RRULE:FREQ=HOURLY'))).toThrow(
      /recurs more than/,
    )
  })

  it('is refused where it recurs every second without an end, or often in many events, before it takes long', () => {
    for (const rule of ['FREQ=SECONDLY', 'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29', 'FREQ=MINUTELY;BYMONTH=12']) {
      const text = event('DTSTART:20260101T000000Z', 'DTEND:20260101T000001Z', `RRULE:${rule}`)
      expect(() => intervals(text, { ...year, until: '2036-01-01T00:00:00Z' })).toThrow(/each hour or more seldom/)
    }
    const hourly = event('DTSTART:20260101T000000Z', 'DTEND:20260101T000001Z', 'RRULE:FREQ=HOURLY')
    expect(() => intervals(hourly, { ...year, until: '2036-01-01T00:00:00Z' })).toThrow(/recurs more than 20000 times/)
    for (const start of ['00010101', '16010101', '19250101'])
      expect(() =>
        intervals(event(`DTSTART:${start}T000000Z`, 'DURATION:PT1H', 'RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=29')),
      ).toThrow(/over a hundred years at the most/)
    const many = ics(
      ...Array.from({ length: 15 }, (_, index) =>
        part('VEVENT', `UID:${index}`, 'DTSTART:20160101T000000Z', 'DTEND:20160101T000001Z', 'RRULE:FREQ=DAILY'),
      ),
    )
    expect(() => intervals(many)).toThrow(/its events recur more than 30000 times/)
  })

  it('is refused where it lasts for ages or recurs once in ages, which would be counted day by day', () => {
    const start = 'DTSTART:20261130T180000Z'
    for (const lines of [
      [start, 'DURATION:PT999999999999999999999999999999H'],
      [start, 'DURATION:-P99999999999999D'],
      [start, 'DTEND:20261130T190000Z', 'RRULE:FREQ=DAILY;INTERVAL=999999999999'],
      [start, 'DTEND:20261130T190000Z', 'RDATE;VALUE=PERIOD:20261201T180000Z/P99999999999W'],
    ])
      expect(() => intervals(event(...lines)), lines.join(' ')).toThrow(/longer than ten years|interval|cannot be read/)
    const rule = [
      'DTSTART:19701025T030000',
      'RRULE:FREQ=YEARLY;INTERVAL=99999999',
      'TZOFFSETFROM:+0200',
      'TZOFFSETTO:+0100',
    ]
    const zone = part('VTIMEZONE', 'TZID:Office', part('STANDARD', ...rule))
    const placed = part('VEVENT', 'UID:one', 'DTSTART;TZID=Office:20261130T180000', 'DURATION:PT1H')
    expect(() => intervals(ics(zone, placed))).toThrow('interval')
    const often = ['DTSTART:16010101T030000', 'RRULE:FREQ=HOURLY', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100']
    const restless = part('VTIMEZONE', 'TZID:Office', part('STANDARD', ...often))
    expect(() => intervals(ics(restless, placed))).toThrow('each month or more seldom')
    const rules = Array.from({ length: 11 }, () => 'RRULE:FREQ=MONTHLY;COUNT=6;BYMONTHDAY=-1')
    expect(() => intervals(event(start, 'DURATION:PT1H', ...rules))).toThrow('11 rules')
  })

  it('is refused with one message where a value is none, wherever it stands', () => {
    const placed = part('VEVENT', 'UID:one', 'DTSTART;TZID=Office:20261130T180000', 'DURATION:PT1H')
    for (const [when, from] of [
      ['19701025T0300constructor', '+0200'],
      ['19701025T030000', '+__proto__'],
    ] as const) {
      const standard = part('STANDARD', `DTSTART:${when}`, `TZOFFSETFROM:${from}`, 'TZOFFSETTO:+0100')
      const text = ics(part('VTIMEZONE', 'TZID:Office', standard), placed)
      expect(() => intervals(text)).toThrow(expect.objectContaining({ code: 'input' }))
    }
    expect(() => intervals(event('DTSTART:20261130T18x000', 'DURATION:PT1H'))).toThrow('cannot be read')
  })

  it.each([
    '20260231',
    '20260229',
    '20261301',
    '20260100',
    '2026010',
    '202601011',
    '20260101T250000Z',
    '20260101T240000Z',
    '20260101T106000Z',
    '20260101T100061Z',
    '20260101T1000Z',
    '20260101T100000+0100',
    '20260231T100000Z',
  ])('is refused with the line of %s, of which there is none, wherever it stands', written => {
    const [begins, lasts] = ['DTSTART:20260101T100000Z', 'DURATION:PT1H']
    const kind = written.includes('T') ? '' : ';VALUE=DATE'
    for (const [property, line, ...others] of [
      ['DTSTART', `DTSTART${kind}:${written}`],
      ['DTEND', `DTEND${kind}:${written}`, begins],
      ['EXDATE', `EXDATE${kind}:20260102T100000Z,${written}`, begins, lasts],
      ['RDATE', `RDATE${kind}:20260102T100000Z,${written}`, begins, lasts],
      ['RECURRENCE-ID', `RECURRENCE-ID${kind}:${written}`, begins, lasts],
      ['RRULE', `RRULE:FREQ=DAILY;UNTIL=${written}`, begins, lasts],
      ['EXDATE', `EXDATE;X-A="a:b;c":\r\n ${written}`, begins, lasts],
    ] as const)
      expect(() => intervals(event(line, ...others)), line).toThrow(
        expect.objectContaining({ code: 'input', facts: { line: 5, property, value: written } }),
      )
    const standard = [`RDATE:${written}`, 'DTSTART:19701025T030000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100']
    const text = ics(part('VTIMEZONE', 'TZID:Office', part('STANDARD', ...standard)), event(begins, lasts))
    expect(() => intervals(text)).toThrow(/line 6: RDATE cannot be read: \S+ is neither a day that there is/)
  })

  it('may have what is no time where none is read, and the 29th of February in a leap year', () => {
    const alarm = part('VALARM', 'RDATE:whenever')
    const text = event('DTSTART;VALUE=DATE:20280229', 'X-DAY:20260231', alarm)
    expect(intervals(text, { ...year, zone: 'UTC', until: '2029-01-01T00:00:00Z' })).toEqual([
      { from: '2028-02-29T00:00:00.000Z', until: '2028-03-01T00:00:00.000Z' },
    ])
  })

  it('takes a leap second for the second before it', () => {
    expect(intervals(event('DTSTART:20261231T225960Z', 'DTEND:20261231T235960Z'))).toEqual([
      { from: '2026-12-31T22:59:59.000Z', until: '2026-12-31T23:59:59.000Z' },
    ])
    const daily = event('DTSTART:20260601T100060Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20260602T100060Z')
    expect(intervals(daily).map(({ from }) => from)).toEqual(['2026-06-01T10:00:59.000Z', '2026-06-02T10:00:59.000Z'])
  })

  it('may begin with a byte order mark, and with nothing else', () => {
    const text = event('DTSTART:20260601T100000Z', 'DURATION:PT1H')
    expect(intervals(`\ufeff${text}`)).toEqual(intervals(text))
    expect(() => intervals(`UID:one\r\n${text}`)).toThrow('something else than one calendar')
  })

  it('is refused where a part of it would be passed over for a blank: behind its name, or before the end of a rule', () => {
    const text = event('DTSTART:20260601T100000Z', 'DURATION:PT1H')
    for (const spoilt of [text.replace('BEGIN:VEVENT', 'BEGIN:VEVENT '), text.replace('END:VEVENT', 'END:VEVENT\t')])
      expect(() => intervals(spoilt)).toThrow(/line \d+: (BEGIN|END) has a blank in it/)
    const weekly = event('DTSTART:20260601T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY; UNTIL=20260630T000000Z')
    expect(() => intervals(weekly)).toThrow(/line \d+: RRULE has a blank in it \(FREQ=WEEKLY; UNTIL=/)
  })

  it('leaves out what was cancelled, whole or in one occurrence', () => {
    expect(intervals(event('STATUS:CANCELLED', 'DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z'))).toEqual([])
    const text = ics(
      part('VEVENT', 'UID:one', 'DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z', 'RRULE:FREQ=DAILY;COUNT=2'),
      part(
        'VEVENT',
        'UID:one',
        'STATUS:CANCELLED',
        'RECURRENCE-ID:20260602T100000Z',
        'DTSTART:20260602T100000Z',
        'DTEND:20260602T110000Z',
      ),
    )
    expect(intervals(text)).toEqual([{ from: '2026-06-01T10:00:00.000Z', until: '2026-06-01T11:00:00.000Z' }])
  })

  it('leaves out an occurrence that was cancelled by a part that says no more than which, and what comes after, where it says so', () => {
    const begin = ['DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z', 'RRULE:FREQ=DAILY;COUNT=4']
    const cancelled = (recurrence: string) =>
      intervals(
        ics(part('VEVENT', 'UID:one', ...begin), part('VEVENT', 'UID:one', 'STATUS:CANCELLED', recurrence)),
      ).map(({ from }) => from.slice(8, 10))
    expect(cancelled('RECURRENCE-ID:20260602T100000Z')).toEqual(['01', '03', '04'])
    expect(cancelled('RECURRENCE-ID;RANGE=THISANDFUTURE:20260602T100000Z')).toEqual(['01'])
    const once = ['DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z']
    const only = part('VEVENT', 'UID:one', 'STATUS:CANCELLED', 'RECURRENCE-ID:20260601T100000Z')
    expect(intervals(ics(part('VEVENT', 'UID:one', ...once), only))).toEqual([])
  })

  it('tells events apart by the whole of their UID, of which it tells no more than a beginning', () => {
    const long = 'u'.repeat(80)
    const times = ['DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z']
    const named = (uid: string, ...lines: string[]) => part('VEVENT', `UID:${long}${uid}`, ...times, ...lines)
    const read = fromICalendar(ics(named('1'), named('2'), named('1', 'RECURRENCE-ID:20260601T100000Z')), year)
    expect(read.map(({ uid, schedule }) => [uid, schedule.calendar])).toEqual([
      [`${long}1`, `an event (${long})`],
      [`${long}2`, `an event (${long})`],
    ])
    expect(() => fromICalendar(ics(named('1'), named('1')), year)).toThrow(/two events have the UID u{80}$/)
  })

  const zurich = part('VTIMEZONE', ...office)

  it.each(['Europe/Zurich', 'Office'])(
    'compares what it says in UTC with times of %s as the instants that they are',
    zone => {
      const from = (...lines: string[]) =>
        intervals(
          ics(
            zurich,
            part('VEVENT', 'UID:one', `DTSTART;TZID=${zone}:20260302T233000`, 'DURATION:PT1H', ...lines.slice(0, 2)),
            ...lines.slice(2),
          ),
        ).map(one => one.from.slice(5, 16))
      const [second, third, fourth] = ['03-02T22:30', '03-03T22:30', '03-04T22:30']
      expect(from('RRULE:FREQ=DAILY;UNTIL=20260304T223000Z')).toEqual([second, third, fourth])
      expect(from('RRULE:FREQ=DAILY;UNTIL=20260304T222959Z')).toEqual([second, third])
      const three = 'RRULE:FREQ=DAILY;COUNT=3'
      expect(from(three, 'EXDATE:20260303T223000Z')).toEqual([second, fourth])
      expect(from(three, 'EXDATE;TZID=Asia/Tokyo:20260304T073000')).toEqual([second, fourth])
      expect(from(three, 'EXDATE:20260303T233000Z')).toEqual([second, third, fourth])
      const moved = ['DTSTART:20260310T100000Z', 'DURATION:PT1H']
      expect(from(three, '', part('VEVENT', 'UID:one', 'RECURRENCE-ID:20260303T223000Z', ...moved))).toEqual([
        second,
        fourth,
        '03-10T10:00',
      ])
      const inUtc = event('DTSTART:20260302T223000Z', 'DURATION:PT1H', three, `EXDATE;TZID=${zone}:20260303T233000`)
      expect(intervals(inUtc.replace('BEGIN:VEVENT', `${zurich}\r\nBEGIN:VEVENT`))).toHaveLength(2)
    },
  )

  it.each([
    ['UTC', 'DTEND:20260303T003000Z'],
    ['another zone', 'DTEND;TZID=America/New_York:20260302T193000'],
    ['one of the file', 'DTEND;TZID=Office:20260303T013000'],
  ])('lasts as long where it recurs as it does at first where its end is in %s', (_, end) => {
    for (const zone of ['Europe/Zurich', 'Office']) {
      const begin = [`DTSTART;TZID=${zone}:20260302T233000`, end, 'RRULE:FREQ=WEEKLY;COUNT=5']
      for (const kind of ['freeze', 'window'] as const) {
        const [read] = fromICalendar(ics(zurich, part('VEVENT', 'UID:one', ...begin)), { ...year, kind })
        const lengths = read?.intervals.map(({ from, until }) => Date.parse(until) - Date.parse(from))
        expect(lengths).toEqual(Array.from({ length: 5 }, () => 7_200_000))
      }
    }
  })

  it('ends over a change of clocks by the hour that is written or as long after, a freeze by the later and a window by the earlier', () => {
    const nights = (day: string) =>
      event(
        `DTSTART;TZID=Europe/Zurich:${day}T220000`,
        `DTEND;TZID=Europe/Zurich:${String(Number(day) + 1)}T060000`,
        'RRULE:FREQ=DAILY;COUNT=3',
      )
    const ends = (day: string, kind: 'freeze' | 'window') =>
      fromICalendar(nights(day), { ...year, kind })[0]?.intervals.map(one => one.until.slice(8, 13))
    expect(ends('20260327', 'freeze')).toEqual(['28T05', '29T05', '30T04'])
    expect(ends('20260327', 'window')).toEqual(['28T05', '29T04', '30T04'])
    expect(ends('20261023', 'freeze')).toEqual(['24T04', '25T05', '26T05'])
    expect(ends('20261023', 'window')).toEqual(['24T04', '25T04', '26T05'])
  })

  it('takes a local time of a zone that it defines itself for either that it may be, as of any other', () => {
    for (const zone of ['Europe/Zurich', 'Office'])
      for (const [day, from, until, kind] of [
        ['20261025', '2026-10-25T00:30', '2026-10-25T03:00', 'freeze'],
        ['20261025', '2026-10-25T01:30', '2026-10-25T03:00', 'window'],
        ['20260329', '2026-03-29T00:30', '2026-03-29T02:00', 'freeze'],
        ['20260329', '2026-03-29T01:30', '2026-03-29T02:00', 'window'],
      ] as const) {
        const lines = [`DTSTART;TZID=${zone}:${day}T023000`, `DTEND;TZID=${zone}:${day}T040000`]
        const [read] = fromICalendar(ics(zurich, part('VEVENT', 'UID:one', ...lines)), { ...year, kind })
        expect(read?.intervals, `${zone} ${kind}`).toEqual([{ from: `${from}:00.000Z`, until: `${until}:00.000Z` }])
      }
  })

  it('keeps a freeze and gives up a window where it cannot be told whose clock an exception or an end is by', () => {
    const days = (kind: 'freeze' | 'window', ...lines: string[]) =>
      fromICalendar(event(...lines), { ...year, zone: 'Asia/Tokyo', kind })[0]?.intervals.map(one =>
        one.from.slice(8, 10),
      )
    const begin = ['DTSTART;TZID=Europe/Zurich:20260302T100000', 'DURATION:PT1H']
    const exception = [...begin, 'RRULE:FREQ=DAILY;COUNT=3', 'EXDATE:20260303T100000']
    expect(days('freeze', ...exception)).toEqual(['02', '03', '04'])
    expect(days('window', ...exception)).toEqual(['02', '04'])
    for (const until of ['20260304', '20260304T100000']) {
      expect(days('freeze', ...begin, `RRULE:FREQ=DAILY;UNTIL=${until}`)).toEqual(['02', '03', '04'])
      expect(days('window', ...begin, `RRULE:FREQ=DAILY;UNTIL=${until}`)).toEqual(['02', '03'])
    }
    const whole = ['DTSTART;VALUE=DATE:20260302', 'RRULE:FREQ=DAILY;UNTIL=20260303T150000Z']
    const ends = (kind: 'freeze' | 'window') =>
      fromICalendar(event(...whole), { ...year, zone: 'Asia/Tokyo', kind })[0]?.intervals.map(one => one.until)
    expect(ends('freeze')).toEqual(['2026-03-04T15:00:00.000Z'])
    expect(ends('window')).toEqual(['2026-03-03T15:00:00.000Z'])
  })

  it.each([
    ['ends at a time of nobody knows which clock', ['DTEND:20260601T120000'], /another kind of time/],
    ['ends on a day, and begins at a time', ['DTEND;VALUE=DATE:20260602'], /another kind of time/],
    ['ends before it begins, and recurs', ['DTEND:20260601T010000Z', 'RRULE:FREQ=DAILY'], /no later than it begins/],
    ['adds a day to times', ['DURATION:PT1H', 'RDATE;VALUE=DATE:20260603'], /adds another kind of time/],
  ])('is refused where it %s', (_, lines, problem) => {
    const text = event('DTSTART;TZID=America/New_York:20260601T100000', ...lines)
    for (const kind of ['freeze', 'window'] as const)
      expect(() => fromICalendar(text, { ...year, kind })).toThrow(problem)
  })

  it('is refused where it is changed from a time on that cannot be compared with its own, or by a zone without an offset', () => {
    const begin = ['DTSTART;TZID=America/New_York:20260601T100000', 'DURATION:PT1H']
    const since = part('VEVENT', 'UID:one', 'RECURRENCE-ID;RANGE=THISANDFUTURE:20260602T100000', ...begin)
    const daily = part('VEVENT', 'UID:one', ...begin, 'RRULE:FREQ=DAILY;COUNT=3')
    expect(() => intervals(ics(daily, since))).toThrow(/cannot be compared/)
    const placed = part('VEVENT', 'UID:one', 'DTSTART;TZID=Office:20260601T100000', 'DURATION:PT1H')
    expect(() => intervals(ics(part('VTIMEZONE', 'TZID:Office'), placed))).toThrow(/without an offset/)
    const standard = part('STANDARD', 'DTSTART:19701025T030000', 'TZOFFSETTO:+0100')
    expect(() => intervals(ics(part('VTIMEZONE', 'TZID:Office', standard), placed))).toThrow(/without tzoffsetfrom/)
  })

  it('is read before it takes long, or refused, where its rules never come to a time, in events and in zones', () => {
    const begin = ['DTSTART:20260601T100000Z', 'DURATION:PT1H']
    const never = 'RRULE:FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=15;BYDAY=1MO'
    expect(intervals(event(...begin, never))).toHaveLength(1)
    expect(() => intervals(event(...begin, never.replace('YEARLY', 'DAILY')))).toThrow(/not with DAILY/)
    const rare = Array.from({ length: 20 }, (_, index) =>
      part(
        'VEVENT',
        `UID:${index}`,
        'DTSTART:19290301T100000Z',
        'DURATION:PT1H',
        'RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=29',
      ),
    )
    expect(() => intervals(ics(...rare))).toThrow(/too seldom: more than 500000 have been looked at/)
    const change = ['DTSTART:00010101T030000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100', never]
    const zone = part('VTIMEZONE', 'TZID:Office', ...Array.from({ length: 60 }, () => part('STANDARD', ...change)))
    const placed = part('VEVENT', 'UID:one', 'DTSTART;TZID=Office:20260601T100000', 'DURATION:PT1H')
    expect(() => intervals(ics(zone, placed))).toThrow(/time zones change more than 100000 times/)
  })

  it('uses a time zone that the file defines where its name is no IANA one', () => {
    const text = ics(
      part(
        'VTIMEZONE',
        'TZID:Head Office',
        'BEGIN:STANDARD',
        'DTSTART:19700101T000000',
        'TZOFFSETFROM:+0530',
        'TZOFFSETTO:+0530',
        'END:STANDARD',
      ),
      part('VEVENT', 'UID:one', 'DTSTART;TZID=Head Office:20260601T100000', 'DTEND;TZID=Head Office:20260601T110000'),
    )
    expect(intervals(text)).toEqual([{ from: '2026-06-01T04:30:00.000Z', until: '2026-06-01T05:30:00.000Z' }])
  })

  it.each<[string, string, RegExp]>([
    ['nothing in it', '', /something else than one calendar/],
    ['a line that is broken', event('DTSTART:20260601T100000Z', 'DTEND 20260601T110000Z'), /cannot be read/],
    ['an end that is missing', ['BEGIN:VCALENDAR', 'BEGIN:VEVENT'].join('\r\n'), /cannot be read/],
    ['two calendars', ics() + ics(), /something else than one calendar|cannot be read/],
    [
      'an event that ends before it begins',
      event('DTSTART:20260601T100000Z', 'DTEND:20260601T090000Z'),
      /no later than it begins/,
    ],
    ['an event without a length', event('DTSTART:20260601T100000Z'), /no later than it begins|no end/],
    [
      'an event without a name',
      ics('BEGIN:VEVENT', 'DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z', 'END:VEVENT'),
      /no UID/,
    ],
    [
      'two events of one name',
      ics(
        ...['a', 'b'].flatMap(() => [
          'BEGIN:VEVENT',
          'UID:x',
          'DTSTART:20260601T100000Z',
          'DTEND:20260601T110000Z',
          'END:VEVENT',
        ]),
      ),
      /two events have the UID x/,
    ],
    [
      'a time zone that nobody defines',
      event('DTSTART;TZID=Mars/Olympus:20260601T100000', 'DTEND;TZID=Mars/Olympus:20260601T110000'),
      /neither known nor defined/,
    ],
    [
      'a rule that is none',
      event('DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z', 'RRULE:FREQ=SOMETIMES'),
      /cannot be read/,
    ],
    [
      'ten megabytes',
      `${event('DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z')}${' '.repeat(10_000_000)}`,
      /more than are read/,
    ],
  ])('is refused with %s', (_, text, problem) => {
    expect(() => intervals(text)).toThrow(problem)
  })

  it('is refused with an option that there is not, or a kind that is none', () => {
    const text = event('DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z')
    expect(() => intervals(text, { ...year, knd: 'window' } as never)).toThrow(
      /no option knd; those that there are: zone/,
    )
    expect(() => intervals(text, { ...year, kind: 'windw' } as never)).toThrow(/`kind` is 'freeze' or 'window'.*windw/)
  })

  it('is refused with a range or a zone that is none', () => {
    const text = event('DTSTART:20260601T100000Z', 'DTEND:20260601T110000Z')
    expect(() => intervals(text, { ...year, zone: 'Mars' })).toThrow(/no time zone Mars/)
    expect(() => intervals(text, { ...year, until: year.from })).toThrow(/no later than `from`/)
    expect(() => intervals(text, { ...year, from: '2026-01-01' })).toThrow(/`from` is an instant/)
    expect(() => intervals(text, { ...year, until: '2026-01-01T00:00' })).toThrow(/`until` is an instant/)
  })
})
