import { refuse } from '../../decision/refusal.ts'
import { freezeOf } from '../../governance/freeze.ts'
import type { Actor } from '../../governance/identity.ts'
import { later } from '../../values/instant.ts'
import { didYouMean } from '../../values/near.ts'
import { lacksRole } from '../authority.ts'
import type { Change } from '../change.ts'
import { takesPart } from '../participant.ts'
import { events, natural, type Of, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'

/**
 * Excepts one change from a freeze, with a reason and for a time: by a holder of the role that the freeze names, who takes
 * no part in the change. An administrator is nobody in this.
 */
export function overrideFreeze(pinned: Pinned, change: Change, command: Of<'overrideFreeze'>, actor: Actor): Step {
  const { freeze: name, until } = command
  const { governance, at } = pinned
  const me = natural(actor)
  if ('refused' in me) return me
  const { person } = me
  const freeze = freezeOf(governance, name)
  if (freeze === undefined)
    return refuse('name.unknown', { what: 'freeze', name, near: didYouMean(name, Object.keys(governance.freezes)) })
  if (freeze.overriddenBy === undefined) return refuse('freeze.no-override', { freeze: name })
  const { role, atMost } = freeze.overriddenBy
  const lacking = lacksRole(pinned, change, person, role)
  if (lacking !== undefined) return lacking
  if (takesPart(pinned, change, person)) return refuse('duty.second-person', { person, what: 'overrideFreeze' })
  if (until <= at || until > later(at, atMost)) return refuse('interval.invalid', { from: at, until, atMost })
  return events({ type: 'freeze.overridden', freeze: name, by: person, until })
}
