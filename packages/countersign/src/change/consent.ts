import { ableFacts } from '../decision/able.ts'
import { type Refused, refuse } from '../decision/refusal.ts'
import { type Actor, answering } from '../governance/identity.ts'
import { hasAccount } from '../governance/reachable.ts'
import { templateOf } from '../governance/template-use.ts'
import { type Agreement, agreementTo, type IsHeld, type Move } from './agreement.ts'
import { mayTake } from './authority.ts'
import type { Change } from './change.ts'
import { eligibleFor } from './eligibility.ts'
import { takesPart } from './participant.ts'
import { carryOf } from './scope.ts'
import { type Pinned, pin, type World } from './world.ts'

/**
 * Less is asked for only where somebody agrees whom the stricter rule asks and who has no part in the change; the edit
 * itself makes them one of its makers. Where it is less than was asked before anybody could choose who is asked, those rules
 * have to ask them as well; and where by those of now nobody could agree, it is enough that those do.
 */
export function agreedBy(
  world: World,
  pinned: Pinned,
  change: Change,
  move: Move,
  actor: Actor,
): Refused | { readonly asksLess?: true } {
  // Whoever has a role and may not agree leaves it to nobody else. Who can act in one, the people and rules of now say, whatever rule asks.
  const isHeld = (roles: readonly string[]) =>
    eligibleFor(pinned, change, roles, 'approve').some(one => hasAccount(pinned.governance, one.person))
  const ableIn = ({ roles }: Agreement) =>
    eligibleFor(pinned, change, roles, 'approve')
      .filter(one => one.suspended !== true && one.favoured !== true)
      .map(one => one.person)
      .filter(one => !takesPart(pinned, change, one))
  const now = agreementTo(pinned, change, move, isHeld)
  const first = firstAgreement(world, pinned, change, move, now, isHeld)
  const present = first !== undefined && now !== undefined && ableIn(now).length === 0 ? undefined : now
  const needed = [first, present].filter(one => one !== undefined)
  const person = answering(actor)
  const isOutsider = actor.bot === undefined && !takesPart(pinned, change, person)
  const against = needed.find(({ roles }) => !isOutsider || !mayTake(pinned, change, person, roles))
  if (against === undefined) {
    // Who is asked only since an edit agrees to what that asked for, and the rules of before it go on being kept.
    return needed.length === 0 || (first === undefined && change.before !== undefined) ? {} : { asksLess: true }
  }
  const able = needed.map(ableIn).reduce((some, more) => some.filter(one => more.includes(one)))
  return refuse('authority.laxer-rule', {
    person,
    stages: [...against.stages],
    ...(against === first && change.before !== undefined ? { before: change.before.category } : {}),
    ...(actor.bot === undefined ? {} : { robot: actor.bot }),
    ...ableFacts(able),
  })
}

/**
 * Who agrees where less is asked than by the rules of before the edits, if this edit is what makes it less. Each edit may be no
 * laxer than the one before it, and the last be laxer than what was there before them all.
 */
function firstAgreement(
  world: World,
  pinned: Pinned,
  change: Change,
  move: Move,
  now: Agreement | undefined,
  isHeld: IsHeld,
): Agreement | undefined {
  const first = beforeEdits(world, pinned, change)
  if (first === undefined) return undefined
  // Shares are counted as of now on both sides: of how many they were recorded is held against by the present rules.
  const agreement = (other: Move) =>
    agreementTo(first.pinned, first.change, { ...other, after: { ...other.after, electorates: {} } }, isHeld)
  const present = { to: pinned, after: change, counting: move.counting }
  return now === undefined && agreement(present) !== undefined ? undefined : agreement(move)
}

/** A change as it was judged before its edits, where nobody has agreed to less since. */
export function beforeEdits(world: World, { at }: Pinned, change: Change) {
  if (change.before === undefined) return undefined
  const first: Change = { ...change, ...change.before, electorates: {} }
  return { pinned: boundByTemplate(pin(world, first, at), first), change: first }
}

/**
 * What a template leaves to its tickets nobody has approved, and so it binds nobody, whatever is material in its category: title
 * and reason, and, where nobody is asked to approve each ticket, what can be edited in it.
 */
export function boundByTemplate(pinned: Pinned, { template, team }: Change): Pinned {
  if (template === undefined) return pinned
  const { governance, category } = pinned
  const document = templateOf(governance, team, template.name, template.version)
  const isByTicket = pinned.stages.some(
    stage => stage.kind === 'approval' && (stage.carriedFrom === undefined || carryOf(stage) !== undefined),
  )
  const free = ['title', 'reason', ...(isByTicket ? [] : (document?.editable ?? []))]
  return { ...pinned, category: { ...category, material: category.material.filter(name => !free.includes(name)) } }
}
