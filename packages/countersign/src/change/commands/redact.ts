import { refuse } from '../../decision/refusal.ts'
import { personOf } from '../../governance/alias.ts'
import type { Actor } from '../../governance/identity.ts'
import { reachable } from '../../governance/reachable.ts'
import { didYouMean } from '../../values/near.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { takesPart, whoHolds } from '../participant.ts'
import { events, natural, type Of, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'

/** So many commitments go into one entry; what is left is redacted by the same command again. */
const most = 400

/**
 * Takes what was filled in in private fields out of reach, all of it up to now: an administrator says so who has no part in
 * the change, not even an approval, as nobody takes away what others would hold against them.
 */
export function redact(pinned: Pinned, change: Change, command: Of<'redact'>, actor: Actor): Step {
  const me = natural(actor)
  if ('refused' in me) return me
  const { person } = me
  const administrators = [...pinned.governance.administrators]
  if (!administrators.includes(person)) return refuse('authority.not-administrator', { person, administrators })
  // Who is who by now counts, also on a change that has ended: it is now that something is taken away.
  const now = { ...pinned, person: (id: string) => personOf(pinned.governance, id) }
  const hasPart = (who: string) =>
    takesPart(now, change, who) || change.held.some(one => whoHolds(now, one).includes(now.person(who)))
  if (hasPart(person)) {
    const able = reachable(pinned.governance, administrators)
      .filter(one => !hasPart(one))
      .toSorted()
    return refuse('duty.second-person', { person, what: 'redact', able })
  }
  const { committed = [] } = change
  const known = [...new Set(committed.map(one => one.field))]
  const stranger = command.fields.find(field => !known.includes(field))
  if (stranger !== undefined) {
    const near = didYouMean(stranger, known)
    return refuse('name.unknown', { what: 'private value', name: stranger, change: change.id, near })
  }
  const open = committed.filter(one => one.redacted === undefined && command.fields.includes(one.field)).slice(0, most)
  const list = command.fields.flatMap((field): ChangeEvent[] => {
    const commitments = open.flatMap(one => (one.field === field ? [one.commitment] : []))
    return commitments.length === 0 ? [] : [{ type: 'value.redacted', field, commitments, by: person }]
  })
  return list.length === 0
    ? refuse('nothing-to-do', { what: change.id, state: 'redacted', fields: [...command.fields] })
    : events(...list)
}
