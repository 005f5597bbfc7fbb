import { CountersignError } from '@countersign/trail'
import { didYouMean, orList } from '../values/near.ts'

/** An option that is misspelt would be left out without a word, and with it what it asks for; so it is refused. */
export function refuseUnknown(where: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new CountersignError('policy', `${where}: its options are written as { … }: ${names.join(', ')}`, {
      facts: { where },
    })
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    throw new CountersignError('policy', `${where}: there is no option ${name}${didYouMean(name, names)}`, {
      facts: { where, option: name },
    })
  }
}

/** The options of which something is said: one that is undefined is as if it was not there. */
export const stated = <Options extends object>(options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options

/** What is built in several steps has the next ones as its members: `approved('project')` still awaits `.covers(…)`. */
export function refuseUnfinished(where: string, built: unknown): void {
  if (typeof built !== 'object' || built === null) return
  const steps = Object.entries(built).flatMap(([name, step]) => (typeof step === 'function' ? [`.${name}(…)`] : []))
  if (steps.length === 0) return
  throw new CountersignError('policy', `${where} is not finished: it goes on with ${orList(steps)}`, {
    facts: { where },
  })
}
