import { fromICalendar } from '@countersign/calendar'
import { describe, expect, it } from 'vitest'

const day = 86_400_000
const event = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:one', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n')
const range = { zone: 'UTC', from: '1996-01-01T00:00:00Z', until: '2040-01-01T00:00:00Z' }
const begins = (lines: string[], until = range.until) =>
  fromICalendar(event(...lines), { ...range, until }).flatMap(one => one.intervals.map(({ from }) => from))

/** Of `1997-09: 2..4 9; 1998-01: 5` each day that it names. */
const days = (told: string): string[] =>
  told.split('; ').flatMap(month => {
    const [name, list = ''] = month.split(': ')
    return list.split(' ').flatMap(one => {
      const [first = 0, last = first] = one.split('..').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => `${name}-${String(first + index).padStart(2, '0')}`)
    })
  })

const january = '1998-01: 1..31; 1999-01: 1..31; 2000-01: 1..31'
const fiveWeeks = '1997-09: 2 4 9 11 16 18 23 25 30; 1997-10: 2'

/** The examples of RFC 5545, 3.8.5.3, each at 9:00 in New York, in their order: the first day, the rule, and the days. */
const examples: readonly [first: string, rule: string, days: string][] = [
  ['19970902', 'FREQ=DAILY;COUNT=10', '1997-09: 2..11'],
  ['19970902', 'FREQ=DAILY;UNTIL=19971224T000000Z', '1997-09: 2..30; 1997-10: 1..31; 1997-11: 1..30; 1997-12: 1..23'],
  [
    '19970902',
    'FREQ=DAILY;INTERVAL=2',
    '1997-09: 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30; 1997-10: 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30; 1997-11: 1 3',
  ],
  ['19970902', 'FREQ=DAILY;INTERVAL=10;COUNT=5', '1997-09: 2 12 22; 1997-10: 2 12'],
  ['19980101', 'FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA', january],
  ['19980101', 'FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1', january],
  ['19970902', 'FREQ=WEEKLY;COUNT=10', '1997-09: 2 9 16 23 30; 1997-10: 7 14 21 28; 1997-11: 4'],
  [
    '19970902',
    'FREQ=WEEKLY;UNTIL=19971224T000000Z',
    '1997-09: 2 9 16 23 30; 1997-10: 7 14 21 28; 1997-11: 4 11 18 25; 1997-12: 2 9 16 23',
  ],
  [
    '19970902',
    'FREQ=WEEKLY;INTERVAL=2;WKST=SU',
    '1997-09: 2 16 30; 1997-10: 14 28; 1997-11: 11 25; 1997-12: 9 23; 1998-01: 6 20; 1998-02: 3 17',
  ],
  ['19970902', 'FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH', fiveWeeks],
  ['19970902', 'FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH', fiveWeeks],
  [
    '19970901',
    'FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR',
    '1997-09: 1 3 5 15 17 19 29; 1997-10: 1 3 13 15 17 27 29 31; 1997-11: 10 12 14 24 26 28; 1997-12: 8 10 12 22',
  ],
  ['19970902', 'FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH', '1997-09: 2 4 16 18 30; 1997-10: 2 14 16'],
  [
    '19970905',
    'FREQ=MONTHLY;COUNT=10;BYDAY=1FR',
    '1997-09: 5; 1997-10: 3; 1997-11: 7; 1997-12: 5; 1998-01: 2; 1998-02: 6; 1998-03: 6; 1998-04: 3; 1998-05: 1; 1998-06: 5',
  ],
  ['19970905', 'FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR', '1997-09: 5; 1997-10: 3; 1997-11: 7; 1997-12: 5'],
  [
    '19970907',
    'FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU',
    '1997-09: 7 28; 1997-11: 2 30; 1998-01: 4 25; 1998-03: 1 29; 1998-05: 3 31',
  ],
  [
    '19970922',
    'FREQ=MONTHLY;COUNT=6;BYDAY=-2MO',
    '1997-09: 22; 1997-10: 20; 1997-11: 17; 1997-12: 22; 1998-01: 19; 1998-02: 16',
  ],
  [
    '19970928',
    'FREQ=MONTHLY;BYMONTHDAY=-3',
    '1997-09: 28; 1997-10: 29; 1997-11: 28; 1997-12: 29; 1998-01: 29; 1998-02: 26',
  ],
  [
    '19970902',
    'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15',
    '1997-09: 2 15; 1997-10: 2 15; 1997-11: 2 15; 1997-12: 2 15; 1998-01: 2 15',
  ],
  [
    '19970930',
    'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1',
    '1997-09: 30; 1997-10: 1 31; 1997-11: 1 30; 1997-12: 1 31; 1998-01: 1 31; 1998-02: 1',
  ],
  ['19970910', 'FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15', '1997-09: 10..15; 1999-03: 10..13'],
  [
    '19970902',
    'FREQ=MONTHLY;INTERVAL=2;BYDAY=TU',
    '1997-09: 2 9 16 23 30; 1997-11: 4 11 18 25; 1998-01: 6 13 20 27; 1998-03: 3 10 17 24 31',
  ],
  [
    '19970610',
    'FREQ=YEARLY;COUNT=10;BYMONTH=6,7',
    [1997, 1998, 1999, 2000, 2001].map(year => `${year}-06: 10; ${year}-07: 10`).join('; '),
  ],
  [
    '19970310',
    'FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3',
    ['1997-03: 10', ...[1999, 2001, 2003].map(year => `${year}-01: 10; ${year}-02: 10; ${year}-03: 10`)].join('; '),
  ],
  [
    '19970101',
    'FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200',
    '1997-01: 1; 1997-04: 10; 1997-07: 19; 2000-01: 1; 2000-04: 9; 2000-07: 18; 2003-01: 1; 2003-04: 10; 2003-07: 19; 2006-01: 1',
  ],
  ['19970519', 'FREQ=YEARLY;BYDAY=20MO', '1997-05: 19; 1998-05: 18; 1999-05: 17'],
  ['19970512', 'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', '1997-05: 12; 1998-05: 11; 1999-05: 17'],
  ['19970313', 'FREQ=YEARLY;BYMONTH=3;BYDAY=TH', '1997-03: 13 20 27; 1998-03: 5 12 19 26; 1999-03: 4 11 18 25'],
  [
    '19970605',
    'FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8',
    '1997-06: 5 12 19 26; 1997-07: 3 10 17 24 31; 1997-08: 7 14 21 28; 1998-06: 4 11 18 25; 1998-07: 2 9 16 23 30; 1998-08: 6 13 20 27',
  ],
  [
    '19970902',
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13\r\nEXDATE;TZID=America/New_York:19970902T090000',
    '1998-02: 13; 1998-03: 13; 1998-11: 13; 1999-08: 13; 2000-10: 13',
  ],
  [
    '19970913',
    'FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13',
    '1997-09: 13; 1997-10: 11; 1997-11: 8; 1997-12: 13; 1998-01: 10; 1998-02: 7; 1998-03: 7; 1998-04: 11; 1998-05: 9; 1998-06: 13',
  ],
  [
    '19961105',
    'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
    '1996-11: 5; 2000-11: 7; 2004-11: 2',
  ],
  ['19970904', 'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3', '1997-09: 4; 1997-10: 7; 1997-11: 6'],
  [
    '19970929',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2',
    '1997-09: 29; 1997-10: 30; 1997-11: 27; 1997-12: 30; 1998-01: 29; 1998-02: 26; 1998-03: 30',
  ],
  ['19970805', 'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO', '1997-08: 5 10 19 24'],
  ['19970805', 'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU', '1997-08: 5 17 19 31'],
  ['20070115', 'FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5', '2007-01: 15 30; 2007-02: 15; 2007-03: 15 30'],
]

/** Whole days of rules that go on without an end: the first day, the rule, and the days up to the last that is named. */
const others: readonly [first: string, rule: string, days: string][] = [
  [
    '20260630',
    'FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=-1',
    '2026-06: 30; 2026-12: 31; 2027-06: 30; 2027-12: 31; 2028-06: 30',
  ],
  ['20260629', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1', '2026-06: 29; 2026-07: 6 13 20 27'],
  ['20260626', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '2026-06: 26; 2026-07: 3 10 17 24 31'],
  [
    '20260131',
    'FREQ=YEARLY;BYMONTHDAY=31',
    '2026-01: 31; 2026-03: 31; 2026-05: 31; 2026-07: 31; 2026-08: 31; 2026-10: 31; 2026-12: 31; 2027-01: 31',
  ],
  ['20260131', 'FREQ=DAILY;BYMONTHDAY=-1', '2026-01: 31; 2026-02: 28; 2026-03: 31; 2026-04: 30'],
  ['20280131', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1', '2028-01: 31; 2028-02: 29; 2028-03: 31; 2028-04: 30'],
  ['20260601', 'FREQ=DAILY;BYDAY=MO;BYSETPOS=-1', '2026-06: 1 8 15 22 29'],
  ['20260131', 'FREQ=YEARLY;BYDAY=SA;BYMONTH=1,3;BYSETPOS=5,-1', '2026-01: 31; 2026-03: 28; 2027-01: 30; 2027-03: 27'],
  ['20260130', 'FREQ=YEARLY;BYMONTH=1,2,3', '2026-01: 30; 2026-03: 30; 2027-01: 30; 2027-03: 30'],
  ['20240229', 'FREQ=YEARLY;COUNT=2', '2024-02: 29; 2028-02: 29'],
  ['20241231', 'FREQ=YEARLY;BYYEARDAY=366,-366', '2024-12: 31; 2028-01: 1; 2028-12: 31; 2032-01: 1'],
  ['20251229', 'FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO', '2025-12: 29; 2027-01: 4; 2028-01: 3; 2029-01: 1; 2029-12: 31'],
  ['20210101', 'FREQ=YEARLY;BYWEEKNO=-1;BYDAY=FR', '2021-01: 1; 2021-12: 31; 2022-12: 30; 2023-12: 29'],
  ['20260513', 'FREQ=YEARLY;BYWEEKNO=20', '2026-05: 13; 2027-05: 19; 2028-05: 17'],
  ['20260101', 'FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=OMIT', '2026-01: 1; 2026-02: 1'],
  ['20260101', 'FREQ=MONTHLY;BYHOUR=8,12;BYMINUTE=30;', '2026-01: 1; 2026-02: 1'],
]

describe('a rule of recurrence', () => {
  it.each(examples)('that begins on %s, %s, comes to the days that the standard says', (first, rule, told) => {
    const wanted = days(told)
    const isEnding = /COUNT|UNTIL/.test(rule)
    const until = isEnding ? range.until : new Date(Date.parse(wanted.at(-1) ?? '') + day).toISOString()
    const found = begins([`DTSTART;TZID=America/New_York:${first}T090000`, 'DURATION:PT1H', `RRULE:${rule}`], until)
    expect(found.map(one => one.slice(0, 10))).toEqual(wanted)
    expect(found.every(one => /T1[34]:00:00/.test(one))).toBe(true)
  })

  it('comes to the hours and minutes that the standard says', () => {
    const lines = ['DTSTART;TZID=America/New_York:19970902T090000', 'DURATION:PT1M']
    // Erratum 3883 of the standard has the end of this rule at 21:00.
    const hourly = begins([...lines, 'RRULE:FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z'])
    expect(hourly.map(one => one.slice(8, 16))).toEqual(['02T13:00', '02T16:00', '02T19:00'])
    const often = begins([...lines, 'RRULE:FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40;COUNT=25'])
    const hours = [13, 14, 15, 16, 17, 18, 19, 20].flatMap(one =>
      ['00', '20', '40'].map(minute => `02T${one}:${minute}`),
    )
    expect(often.map(one => one.slice(8, 16))).toEqual([...hours, '03T13:00'])
  })

  it.each(others)('that begins on %s, %s, comes to each of its days and to no other', (first, rule, told) => {
    const wanted = days(told)
    const until = new Date(Date.parse(wanted.at(-1) ?? '') + day).toISOString()
    expect(begins([`DTSTART;VALUE=DATE:${first}`, `RRULE:${rule}`], until).map(one => one.slice(0, 10))).toEqual(wanted)
  })

  it.each([
    ['FREQ=DAILY;BYHOUR=8,12,16;BYSETPOS=2', ['01T12:00:00', '02T12:00:00', '03T12:00:00']],
    ['FREQ=MONTHLY;BYDAY=MO;BYHOUR=8,12;BYSETPOS=-1', ['29T12:00:00', '27T12:00:00', '31T12:00:00']],
    ['FREQ=HOURLY;BYMINUTE=0,30,45;BYSETPOS=-2;COUNT=9', ['01T12:30:00', '01T13:30:00', '01T14:30:00']],
    ['FREQ=HOURLY;INTERVAL=5;BYDAY=MO', ['01T12:00:00', '01T17:00:00', '01T22:00:00', '08T04:00:00']],
    ['FREQ=HOURLY;BYHOUR=1,13;BYDAY=MO', ['01T13:00:00', '08T01:00:00', '08T13:00:00']],
    ['FREQ=DAILY;BYSECOND=0,59,60', ['01T12:00:00', '01T12:00:59', '02T12:00:00']],
  ])('%s comes to its times of a day', (rule, wanted) => {
    const first = ['DTSTART:20260601T120000Z', 'DURATION:PT1S', 'EXDATE:20260601T120000Z']
    const isFirst = wanted[0] === '01T12:00:00'
    const lines = [...first.slice(0, isFirst ? 2 : 3), `RRULE:${rule}`]
    expect(
      begins(lines, '2026-09-01T00:00:00Z')
        .slice(0, wanted.length)
        .map(one => one.slice(8, 19)),
    ).toEqual(wanted)
  })

  it.each([
    ['COUNT=2', 'it does not say how often (FREQ)'],
    ['FREQ=DAILY;FREQ=DAILY', 'it says FREQ twice'],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z', 'both COUNT and UNTIL'],
    ['FREQ=DAILY;COUNT=0', 'COUNT=0 is none that is read'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL=0 is none that is read'],
    ['FREQ=DAILY;INTERVAL=-1', 'INTERVAL=-1 is none that is read'],
    ['FREQ=DAILY;X-FOO=1', 'X-FOO=1 is no part of a rule that is read'],
    ['FREQ=DAILY;constructor=1', 'constructor=1 is no part of a rule that is read'],
    ['FREQ=DAILY;;COUNT=1', 'is no part of a rule that is read'],
    ['RSCALE=HEBREW;FREQ=YEARLY', 'RSCALE=HEBREW is none that is read'],
    ['RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD', 'SKIP=FORWARD is none that is read'],
    ['FREQ=MONTHLY;SKIP=OMIT', 'SKIP without RSCALE'],
    ['FREQ=YEARLY;BYMONTH=0', 'numbers from 1 to 12'],
    ['FREQ=YEARLY;BYMONTH=-1', 'numbers from 1 to 12'],
    ['FREQ=YEARLY;BYMONTH=5L', 'numbers from 1 to 12'],
    ['FREQ=YEARLY;BYMONTH=1,,2', 'numbers from 1 to 12'],
    ['FREQ=MONTHLY;BYMONTHDAY=0', 'numbers from 1 to 31, or from -1 to -31'],
    ['FREQ=MONTHLY;BYMONTHDAY=-32', 'numbers from 1 to 31, or from -1 to -31'],
    ['FREQ=YEARLY;BYYEARDAY=367', 'numbers from 1 to 366, or from -1 to -366'],
    ['FREQ=YEARLY;BYWEEKNO=54', 'numbers from 1 to 53, or from -1 to -53'],
    ['FREQ=DAILY;BYHOUR=24', 'numbers from 0 to 23'],
    ['FREQ=DAILY;BYMINUTE=60', 'numbers from 0 to 59'],
    ['FREQ=DAILY;BYSECOND=61', 'numbers from 0 to 60'],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0', 'numbers from 1 to 366, or from -1 to -366'],
    ['FREQ=MONTHLY;BYDAY=0MO', 'BYDAY=0MO is none that is read'],
    ['FREQ=MONTHLY;BYDAY=+MO', 'BYDAY=+MO is none that is read'],
    ['FREQ=MONTHLY;BYDAY=54MO', 'BYDAY=54MO is none that is read'],
    ['FREQ=MONTHLY;WKST=XX', 'WKST=XX is none that is read'],
    ['FREQ=MONTHLY;BYWEEKNO=20', 'BYWEEKNO goes with FREQ=YEARLY, and not with MONTHLY'],
    ['FREQ=MONTHLY;BYYEARDAY=20', 'BYYEARDAY does not go with FREQ=MONTHLY'],
    ['FREQ=WEEKLY;BYMONTHDAY=20', 'BYMONTHDAY does not go with FREQ=WEEKLY'],
    ['FREQ=WEEKLY;BYDAY=1MO', 'FREQ=MONTHLY and YEARLY, and not with WEEKLY'],
    ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO', 'does not go with BYWEEKNO'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS picks some of the times of another part'],
    ['FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1', 'means one of two things'],
    ['FREQ=YEARLY;BYWEEKNO=20,-1;BYSETPOS=1', 'means one of two things'],
  ])('%s is refused with its line, and not read as another one', (rule, problem) => {
    const facts = { line: 6, property: 'RRULE', value: rule.slice(0, 40) }
    expect(() => begins(['DTSTART:20260601T120000Z', 'DURATION:PT1H', `RRULE:${rule}`])).toThrow(
      expect.objectContaining({ code: 'input', facts, message: expect.stringContaining(problem) }),
    )
  })

  it('is refused where it recurs each hour from a day without a time, and where it is handed in as something else', () => {
    expect(() => begins(['DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=HOURLY'])).toThrow('begins on a day without a time')
    expect(() => begins(['DTSTART;VALUE=DATE:20260601', 'RRULE;VALUE=TEXT:FREQ=DAILY'])).toThrow('what is no rule')
    const excepted = ['DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=DAILY;COUNT=3', 'EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2']
    expect(() => begins(excepted)).toThrow('leaves times out by a rule (EXRULE)')
  })

  it('is refused beside a second one where the clocks of a time zone are set by both', () => {
    const offsets = ['DTSTART:19701025T030000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100']
    const rules = ['RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU', 'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU']
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Office',
      'BEGIN:STANDARD',
      ...offsets,
      ...rules,
      'END:STANDARD',
      'END:VTIMEZONE',
    ]
    const placed = event('DTSTART;TZID=Office:20260601T120000', 'DURATION:PT1H')
    const text = placed.replace('BEGIN:VEVENT', [...zone, 'BEGIN:VEVENT'].join('\r\n'))
    expect(() => fromICalendar(text, range)).toThrow('the time zone Office recurs by 2 rules')
  })

  it('is read or refused before it takes long, whatever it is that it picks, or never comes to', () => {
    const list = (values: readonly (number | string)[]) => values.join(',')
    const all = (least: number, most: number) => Array.from({ length: most - least + 1 }, (_, index) => least + index)
    const times = `BYHOUR=${list(all(0, 23))};BYMINUTE=${list(all(0, 59))};BYSECOND=${list(all(0, 59))}`
    const positions = [...all(1, 366), ...all(-366, -1)]
    const upTo = (most: number) => list(positions.filter(one => Math.abs(one) <= most))
    const mondays = list(all(6, 53).map(one => `${one}MO`))
    const rules = [
      `FREQ=YEARLY;${times};BYMONTH=2;BYMONTHDAY=29;BYDAY=1MO`,
      `FREQ=YEARLY;${times};BYYEARDAY=${upTo(366)};BYSETPOS=${upTo(366)}`,
      `FREQ=HOURLY;BYMINUTE=0;BYSETPOS=${list(positions.filter(one => Math.abs(one) > 1))}`,
      `FREQ=YEARLY;BYYEARDAY=${upTo(366)};BYMONTHDAY=31;BYMONTH=2,1;BYDAY=${mondays}`,
      `FREQ=YEARLY;BYWEEKNO=${upTo(53)};BYMONTH=2;BYMONTHDAY=30,31,29;BYDAY=MO`,
    ]
    const began = performance.now()
    for (const rule of rules) {
      const many = Array.from({ length: 20 }, (_, index) =>
        [
          'BEGIN:VEVENT',
          `UID:${index}`,
          'DTSTART:19450601T120000Z',
          'DURATION:PT1S',
          `RRULE:${rule}`,
          'END:VEVENT',
        ].join('\r\n'),
      )
      const text = ['BEGIN:VCALENDAR', ...many, 'END:VCALENDAR'].join('\r\n')
      try {
        fromICalendar(text, range)
      } catch (fault) {
        expect(fault).toMatchObject({ code: 'input' })
      }
    }
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})
