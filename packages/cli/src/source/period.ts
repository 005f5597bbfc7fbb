import { InputError } from '../shell/input-error.ts'

/** Refuses a period that has nothing in it. Where no end was named, it ends with the last entry. */
export function requirePeriod(what: 'period' | 'interval', from: string, until: string, named?: string): void {
  if (from < until) return
  if (named !== undefined) throw new InputError(`the ${what} would end (${until}) no later than it begins (${from})`)
  const future = from > new Date().toISOString() ? ', in the future' : ''
  throw new InputError(`the ${what} would begin (${from}) after the last entry${future}`, {
    hint: 'Name an earlier beginning with --from.',
  })
}
