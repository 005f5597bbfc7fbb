import type ICAL from 'ical.js'
import { type Budget, look } from './bounds.ts'
import { periodsOf } from './period.ts'
import { dayLength, localOf } from './place.ts'
import { type Rule, ruleFrom } from './recurrence.ts'

/**
 * The local times to which a rule comes (RFC 5545, 3.3.10) up to some time, in their order. The end of a rule (UNTIL) may be an
 * instant, so they go on for some days after it, and whoever asks compares it as the instant that it is.
 *
 * The time at which an event begins is among them, and counted (COUNT), where the rule comes to it.
 */
export function* timesOf(read: ICAL.Recur, start: ICAL.Time, ends: number, budget: Budget): Generator<number, void> {
  const rule = ruleFrom(read, start)
  look(budget, rule.times.length)
  const first = localOf(start)
  const last = Math.min(ends, read.until === null ? ends : localOf(read.until)) + 3 * dayLength
  let left = rule.count
  for (const period of periodsOf(rule, first, last, budget)) {
    for (const local of timesIn(period, rule, first)) {
      if (local < first) continue
      if (local > last) return
      yield local
      left -= 1
      if (left === 0) return
    }
  }
}

/** The times of one period, in their order: each time of each day or hour, or those of them that the rule picks (BYSETPOS). */
function* timesIn(period: readonly number[], { times, positions }: Rule, first: number): Generator<number, void> {
  if (positions === undefined) {
    for (const begin of period) if (begin + dayLength > first) for (const time of times) yield begin + time
    return
  }
  const all = period.length * times.length
  const picked = new Set<number>()
  for (const one of positions) {
    if (Math.abs(one) > all) break
    picked.add(one > 0 ? one - 1 : all + one)
  }
  for (const index of [...picked].toSorted((a, b) => a - b))
    yield (period[Math.floor(index / times.length)] ?? 0) + (times[index % times.length] ?? 0)
}
