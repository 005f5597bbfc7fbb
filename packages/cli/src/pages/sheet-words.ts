import type { ApprovalLine, Flag, Signed } from 'countersign/sheet'

type Seat = ApprovalLine['seats'][number]

/** An instant to the last digit that says something: an auditor compares it with what others have written down. */
export function stamp(instant: string): string {
  if (instant === '') return 'never'
  const [day = '', time = ''] = instant.slice(0, -1).split('T')
  const shown = time.endsWith(':00.000') ? time.slice(0, 5) : time.endsWith('.000') ? time.slice(0, 8) : time
  return `${day} ${shown}\u00a0UTC`
}

/** Where something stands in the trail. */
export const inEntry = (seq: number | undefined): string =>
  seq === undefined ? 'not recorded yet' : `entry\u00a0${seq}`

/** The entries in which something was recorded, as `entry 7` or `entries 7, 9`. */
export const inEntries = (list: readonly number[]): string =>
  `${list.length === 1 ? 'entry' : 'entries'}\u00a0${list.join(', ')}`

/** When and where something was recorded. */
export const placed = ({ seq, at }: { readonly seq?: number | undefined; readonly at: string }): string =>
  `${stamp(at)}, ${inEntry(seq)}`

/** Who gave a command, by which account. */
export function signer({ account, person, bot }: Pick<Signed, 'account' | 'person' | 'bot'>): string {
  if (bot !== undefined)
    return `robot ${bot}${person === undefined ? ', which nobody answers for' : ` of ${person}`} (account ${account})`
  return personBy(person ?? account, account)
}

/** A person, by which account and by which robot of theirs. */
export function personBy(person: string, account: string | undefined, bot?: string): string {
  if (bot !== undefined && account !== undefined)
    return `robot ${bot}${bot === person ? '' : ` of ${person}`} (account ${account})`
  return account === undefined || account === person ? person : `${person} (account ${account})`
}

/** By what right somebody acted. */
export function seatWords(seat: Seat): string {
  switch (seat.capacity) {
    case 'own':
      return `as ${seat.role} in their own right`
    case 'delegate': {
      const links = [seat.delegation, ...(seat.through ?? [])]
      return `as ${seat.role}, delegate of ${seat.principal} (delegation ${links.join(', ')})`
    }
    case 'fallback':
      return `as ${seat.via}, standing in for ${seat.role} (${seat.cause})`
    default:
      return seat satisfies never
  }
}

export const flagWords: Record<Flag, string> = {
  exception: 'an exception',
  'broken-glass': 'the glass was broken',
  found: 'found outside of the process',
  afterwards: 'reviewed after it took effect',
  late: 'late with what was owed',
  delegate: 'a delegate decided',
  'stand-in': 'somebody stood in',
  carried: 'an approval was carried over',
  'freeze-override': 'a freeze was overridden',
  migrated: 'moved to another policy',
  'veto-lifted': 'a veto was lifted',
  condemned: 'rejected after it took effect',
  refused: 'an attempt was refused',
}
