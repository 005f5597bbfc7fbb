/** The numbers of a part of a rule (RFC 5545, 3.3.10): from one up to another, and whether they may be counted from the end (-1). */
const numbers: Readonly<Record<string, readonly [least: number, most: number, fromEnd: boolean]>> = {
  BYSECOND: [0, 60, false],
  BYMINUTE: [0, 59, false],
  BYHOUR: [0, 23, false],
  BYMONTHDAY: [1, 31, true],
  BYYEARDAY: [1, 366, true],
  BYWEEKNO: [1, 53, true],
  BYMONTH: [1, 12, false],
  BYSETPOS: [1, 366, true],
}

/** The other parts, and what each may be; of UNTIL it is looked at elsewhere which time it is. */
const others: Readonly<Record<string, RegExp>> = {
  FREQ: /^(?:SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  UNTIL: /^\d/,
  COUNT: /^0*[1-9]\d*$/,
  INTERVAL: /^0*[1-9]\d*$/,
  BYDAY:
    /^(?:[+-]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:SU|MO|TU|WE|TH|FR|SA)(?:,(?:[+-]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:SU|MO|TU|WE|TH|FR|SA))*$/,
  WKST: /^(?:SU|MO|TU|WE|TH|FR|SA)$/,
  // Other calendars (RFC 7529) have other months, and other ways to pass over a day that there is not.
  RSCALE: /^GREGORIAN$/,
  SKIP: /^OMIT$/,
}

/**
 * What is wrong with a rule of recurrence as it is written, or can be read in two ways; undefined where nothing is.
 *
 *     FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20271231T000000Z
 */
export function wrongIn(written: string): string | undefined {
  const parts = new Map<string, string>()
  // Some write one semicolon more than they need, behind the last part.
  for (const part of written.replace(/;$/, '').split(';')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(part) ?? []
    const known = name.toUpperCase()
    if (parts.has(known)) return `it says ${known} twice`
    const wrong = wrongWith(known, value)
    if (wrong !== undefined) return `${part.slice(0, 40)} ${wrong}`
    parts.set(known, value)
  }
  return wrongTogether(parts)
}

function wrongWith(name: string, value: string): string | undefined {
  if (Object.hasOwn(others, name)) return others[name]?.test(value) === true ? undefined : 'is none that is read'
  const range = Object.hasOwn(numbers, name) ? numbers[name] : undefined
  if (range === undefined) return 'is no part of a rule that is read'
  const [least, most, fromEnd] = range
  const isOne = (one: string): boolean => {
    const [, sign, digits] = /^([+-]?)(\d{1,3})$/.exec(one) ?? []
    return digits !== undefined && (fromEnd || sign === '') && Number(digits) >= least && Number(digits) <= most
  }
  const ends = fromEnd ? `, or from -1 to -${most}` : ''
  return value.split(',').every(isOne)
    ? undefined
    : `has something else in it than numbers from ${least} to ${most}${ends}`
}

/** The weeks that may have days in two years, in one of which a rule picks some, or which it may pass over. */
const weeksOfTwoYears = new Set([1, 52, 53, -1, -52, -53])

function wrongTogether(parts: ReadonlyMap<string, string>): string | undefined {
  const frequency = parts.get('FREQ')
  if (frequency === undefined) return 'it does not say how often (FREQ)'
  const isOf = (...frequencies: string[]) => frequencies.includes(frequency)
  const [weeks, days, positions] = [parts.get('BYWEEKNO'), parts.get('BYDAY'), parts.get('BYSETPOS')]
  if (parts.has('COUNT') && parts.has('UNTIL')) return 'it says both COUNT and UNTIL, and may say one of them'
  if (parts.has('SKIP') && !parts.has('RSCALE')) return 'it says SKIP without RSCALE'
  if (weeks !== undefined && !isOf('YEARLY')) return `BYWEEKNO goes with FREQ=YEARLY, and not with ${frequency}`
  if (parts.has('BYYEARDAY') && isOf('DAILY', 'WEEKLY', 'MONTHLY'))
    return `BYYEARDAY does not go with FREQ=${frequency}`
  if (parts.has('BYMONTHDAY') && isOf('WEEKLY')) return 'BYMONTHDAY does not go with FREQ=WEEKLY'
  if (days !== undefined && /\d/.test(days)) {
    const which = `BYDAY=${days.slice(0, 40)} counts days of the week`
    if (!isOf('MONTHLY', 'YEARLY'))
      return `${which}, which goes with FREQ=MONTHLY and YEARLY, and not with ${frequency}`
    if (weeks !== undefined) return `${which}, which does not go with BYWEEKNO`
  }
  if (positions !== undefined && ![...parts.keys()].some(name => name.startsWith('BY') && name !== 'BYSETPOS'))
    return 'BYSETPOS picks some of the times of another part (BYDAY and the like), and there is none'
  const isPicked = positions !== undefined || Number(parts.get('INTERVAL') ?? 1) > 1
  if (isPicked && weeks?.split(',').some(one => weeksOfTwoYears.has(Number(one))) === true)
    return `BYWEEKNO=${weeks.slice(0, 40)} has a week with days in two years, so with BYSETPOS or INTERVAL it means one of two things`
  return undefined
}
