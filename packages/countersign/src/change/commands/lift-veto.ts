import { ableFacts } from '../../decision/able.ts'
import { refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import { lacksRole } from '../authority.ts'
import type { Change } from '../change.ts'
import { liftersOf } from '../lifters.ts'
import { takesPart } from '../participant.ts'
import { events, natural, type Of, type Step } from '../step.ts'
import { lifterOf, standingVetoes } from '../veto.ts'
import { meetIn, type Pinned } from '../world.ts'

/**
 * Lifts a veto, with a reason: whoever placed it, whoever it was placed for, or a holder of the role that the policy
 * names, who takes no part in the change and has no veto of their own on it.
 */
export function liftVeto(pinned: Pinned, change: Change, command: Of<'liftVeto'>, actor: Actor): Step {
  const me = natural(actor)
  if ('refused' in me) return me
  const { person } = me
  const vetoes = standingVetoes(pinned, change)
  const meant = vetoes.filter(one => meetIn(pinned, one.chain, [command.of]) !== undefined)
  if (meant.length === 0) return refuse('nothing-to-do', { person: command.of, state: 'without a veto' })
  const others = meant.filter(one => meetIn(pinned, one.chain, [person]) === undefined)
  const lifted = meant.map(one => ({
    type: 'veto.lifted' as const,
    rejection: change.rejections.indexOf(one),
    by: person,
  }))
  if (others.length === 0) return events(...lifted)
  const able = () => liftersOf(pinned, change, others)
  for (const one of others) {
    const role = lifterOf(pinned, one)
    const lacking =
      role === undefined
        ? refuse('authority.no-role', { person, roles: [], ...ableFacts(able()), at: pinned.at })
        : lacksRole(pinned, change, person, role, able)
    if (lacking !== undefined) return lacking
  }
  if (takesPart(pinned, change, person) || vetoes.some(one => meetIn(pinned, one.chain, [person]) !== undefined))
    return refuse('duty.second-person', { person, what: 'liftVeto' })
  return events(...lifted)
}
