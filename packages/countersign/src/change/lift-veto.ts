import { ableFacts } from '../decision/able.ts'
import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import { lacksRole, outsidersIn } from './authority.ts'
import type { Change, Rejection } from './change.ts'
import { takesPart } from './participant.ts'
import { hasLeft } from './standing.ts'
import { events, type Of, robot, type Step } from './step.ts'
import { lifterOf, standingVetoes, vetoersOn } from './veto.ts'
import { meetIn, type Pinned } from './world.ts'

/** Those who could lift some vetoes. */
export function liftersOf(pinned: Pinned, change: Change, vetoes: readonly Rejection[]): string[] {
  const vetoers = vetoersOn(pinned, change)
  const lifters = vetoes.flatMap(veto => {
    const role = lifterOf(pinned, veto)
    const holders = role === undefined ? [] : outsidersIn(pinned, change, role)
    // Whoever has a veto of their own lifts no other.
    return [...veto.chain, ...holders.filter(one => !vetoers.has(pinned.person(one)))]
  })
  return [...new Set(lifters)].filter(one => !hasLeft(pinned, one)).toSorted()
}

/**
 * Lifts a veto, with a reason: whoever placed it, whoever it was placed for, or a holder of the role that the policy
 * names, who takes no part in the change and has no veto of their own on it.
 */
export function liftVeto(pinned: Pinned, change: Change, command: Of<'liftVeto'>, actor: Actor): Step {
  const machine = robot(actor)
  if (machine !== undefined) return machine
  const { person } = actor
  if (person === undefined) return refuse('identity.unknown-account', { account: actor.account, near: '' })
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
    return refuse('duty.second-person', { person, what: 'lift a veto on a change in which they have a part' })
  return events(...lifted)
}
