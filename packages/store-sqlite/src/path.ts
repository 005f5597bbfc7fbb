import { CountersignError } from '@countersign/trail'

/**
 * Throws `input` where a path is none of a file. SQLite would read `file:…` as a URL, whose parameters can switch off what
 * makes a trail durable, or keep it in memory alone.
 */
export function checkPath(path: string, what: 'trail' | 'cache'): void {
  const isOther = typeof path !== 'string' || path === '' || path === ':memory:' || path.includes('\0')
  if (!isOther && !/^file:/i.test(path)) return
  throw new CountersignError('input', `a ${what} needs the path of a file${isOther ? '' : ', and no URL'}`, {
    facts: { path },
  })
}
