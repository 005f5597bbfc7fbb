import { CountersignError } from '@countersign/trail'
import { didYouMean } from '../values/near.ts'

/** An option that is misspelt would be left out without a word, and with it what it asks for; so it is refused. */
export function refuseUnknown(where: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    throw new CountersignError('policy', `${where}: there is no option ${name}${didYouMean(name, names)}`, {
      facts: { where, option: name },
    })
  }
}
