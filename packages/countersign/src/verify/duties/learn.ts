import type { Judge } from './judge.ts'
import { wrongAsOfThen } from './late-alias.ts'
import type { Party } from './people.ts'
import type { SecondPersons } from './second-person.ts'

/** Two are one: judges again what the smaller of them has to do with, and what depends on it, as of its release. */
export function learn(
  judge: Judge,
  secondPersons: SecondPersons,
  { smaller, whole }: { readonly smaller: Party; readonly whole: Party },
  seq: number,
): void {
  const [one] = smaller.ids
  const [other = one] = whole.ids
  const late = (because: string) =>
    judge.find('alias.late', seq, 'two persons', 'one', `${one} and ${other} are one person, and ${because}`)
  for (const { what, seq: done } of secondPersons.learned())
    late(`who proposed ${what} put it in place in entry ${done}, which takes another one`)
  // What somebody had no part in rests on them as well, where they have vouched for it, or are not to be relied on.
  const reaches = smaller.hasVouched || smaller.compromised.length > 0
  const touched = new Set(reaches ? whole.held.keys() : smaller.held.keys())
  for (const ticket of touched) for (const child of ticket.children) touched.add(child)
  for (const ticket of touched) {
    const { releases, completion } = ticket
    for (const release of completion === undefined ? releases : [...releases, completion]) {
      const wrong = release.isWrong ? undefined : wrongAsOfThen(judge.people, ticket, release)
      if (wrong === undefined) continue
      release.isWrong = true
      late(`${ticket.id} ${release === completion ? 'was completed' : 'took effect'} in entry ${release.seq}: ${wrong}`)
    }
  }
}
