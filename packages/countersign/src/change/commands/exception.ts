import { ableFacts } from '../../decision/able.ts'
import { type Refused, refuse } from '../../decision/refusal.ts'
import { type Actor, isActive } from '../../governance/identity.ts'
import { reachable } from '../../governance/reachable.ts'
import { exceptionRuleFor } from '../../policy/exception.ts'
import { later } from '../../values/instant.ts'
import { didYouMean } from '../../values/near.ts'
import { actorsIn, lacksRole } from '../authority.ts'
import type { Change, Exception } from '../change.ts'
import { holdsHere, takesPart } from '../participant.ts'
import { events, natural, type Of, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'

/** Asks that somebody be excepted from a separation, on this change, until an instant, for a reason. */
export function requestException(pinned: Pinned, change: Change, command: Of<'requestException'>, actor: Actor): Step {
  const me = natural(actor)
  if ('refused' in me) return me
  const { exception, duties, until } = command
  if (!isActive(pinned.governance, command.person))
    return refuse('name.unknown', { what: 'active person', name: command.person, near: '' })
  const person = pinned.person(command.person)
  if (change.exceptions.some(one => one.id === exception))
    return refuse('name.taken', { what: 'exception', name: exception })
  const rule = exceptionRuleFor(pinned.policy, duties)
  if (rule === undefined) return refuse('exception.not-permitted', { duties: [...duties] })
  if (until <= pinned.at || until > later(pinned.at, rule.atMost))
    return refuse('interval.invalid', { from: pinned.at, until, atMost: rule.atMost })
  return events({ type: 'exception.requested', exception, person, duties: [...duties], until, by: me.person })
}

/** Grants it: by a holder of the role that the policy names, who gains nothing by it and takes no part in the change. */
export function grantException(pinned: Pinned, change: Change, command: Of<'grantException'>, actor: Actor): Step {
  const me = natural(actor)
  if ('refused' in me) return me
  const found = named(change, command.exception)
  if ('refused' in found) return found
  if (found.revoked !== undefined) return refuse('exception.revoked', { exception: found.id })
  if (found.granted !== undefined) return refuse('nothing-to-do', { what: found.id, state: 'granted' })
  if (pinned.at >= found.until) return refuse('interval.invalid', { from: pinned.at, until: found.until })
  const rule = exceptionRuleFor(pinned.policy, found.duties)
  if (rule === undefined) return refuse('exception.not-permitted', { duties: [...found.duties] })
  const same = (one: string) => pinned.person(one) === me.person
  const gains = same(found.person) || same(found.requestedBy) || takesPart(pinned, change, me.person)
  if (gains) return refuse('duty.second-person', { person: me.person, what: 'grantException' })
  const lacking = lacksRole(pinned, change, me.person, rule.grantedBy)
  if (lacking !== undefined) return lacking
  return events({ type: 'exception.granted', exception: found.id, by: me.person })
}

/** Takes it back: whoever is excepted, whoever granted it, or another holder of the role. */
export function revokeException(pinned: Pinned, change: Change, command: Of<'revokeException'>, actor: Actor): Step {
  const me = natural(actor)
  if ('refused' in me) return me
  const found = named(change, command.exception)
  if ('refused' in found) return found
  if (found.revoked !== undefined) return refuse('nothing-to-do', { what: found.id, state: 'revoked' })
  const same = (one: string | undefined) => one !== undefined && pinned.person(one) === me.person
  const rule = exceptionRuleFor(pinned.policy, found.duties)
  const may =
    same(found.person) ||
    same(found.requestedBy) ||
    same(found.granted?.by) ||
    (rule !== undefined && holdsHere(pinned, change, me.person, rule.grantedBy))
  return may
    ? events({ type: 'exception.revoked', exception: found.id, by: me.person })
    : refuse('authority.no-role', {
        person: me.person,
        roles: rule === undefined ? [] : [rule.grantedBy],
        ...ableFacts([
          ...reachable(
            pinned.governance,
            [found.person, found.requestedBy, found.granted?.by].filter(one => one !== undefined).map(pinned.person),
          ),
          ...(rule === undefined ? [] : actorsIn(pinned, change, rule.grantedBy)),
        ]),
        at: pinned.at,
      })
}

function named({ exceptions }: Change, id: string): Exception | Refused {
  const found = exceptions.find(one => one.id === id)
  if (found !== undefined) return found
  const near = didYouMean(
    id,
    exceptions.map(one => one.id),
  )
  return refuse('name.unknown', { what: 'exception', name: id, near })
}
