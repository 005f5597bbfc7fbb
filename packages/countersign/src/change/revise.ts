import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import { materialDigest } from './binding.ts'
import { carriedInto, isWithin } from './carry.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { evolveChange } from './evolve.ts'
import { mayEdit } from './participant.ts'
import { isLive } from './standing.ts'
import type { Of, Step } from './step.ts'
import { formRefusal, makersOf } from './submit.ts'
import { type Pinned, stageOf, type World } from './world.ts'

/** Edits a change. What is given for what was there before goes stale, where the edit is material. */
export function revise(world: World, pinned: Pinned, change: Change, command: Of<'revise'>, actor: Actor): Step {
  const editor = actor.person ?? actor.bot
  if (editor === undefined) return refuse('identity.unknown-account', { account: actor.account, near: '' })
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const form = { ...change.form, ...command.form }
  const problem = formRefusal(pinned.category.flow, pinned.category.form, form)
  if (problem !== undefined) return problem
  const makers = makersOf(world, command.content?.makers ?? [])
  if ('refused' in makers) return makers
  const revised = {
    ...change,
    title: command.title ?? change.title,
    reason: command.reason ?? change.reason,
    form,
    ...(command.content === undefined ? {} : { content: command.content.digest }),
  }
  const digest = materialDigest(pinned.category, revised)
  const material = digest !== change.digest
  const revision = change.revision + 1
  const list: ChangeEvent[] = [{ type: 'change.revised', revision, digest, material, editor, makers: makers.persons }]
  for (const [index, approval] of change.approvals.entries()) {
    if (!isLive(change, approval)) continue
    const stands = material ? approval.carried !== undefined && staysWithin(pinned, revised, approval.stage) : true
    list.push({ type: stands ? 'approval.retained' : 'approval.staled', approval: index, revision })
  }
  if (material) {
    for (const [index, one] of change.signOffs.entries())
      if (isLive(change, one)) list.push({ type: 'signoff.staled', signOff: index, revision })
    for (const [index, one] of change.releases.entries())
      if (isLive(change, one)) list.push({ type: 'release.staled', release: index, revision })
  }
  // What the parent has decided meanwhile is taken over now.
  const next = evolveChange(change, list, { command, at: pinned.at }) ?? change
  return { events: [...list, ...carriedInto(pinned, next)] }
}

/** A carried approval was given for a scope, so an edit within the scope leaves it standing. */
function staysWithin({ category, parent }: Pinned, revised: Change, stage: string): boolean {
  const one = stageOf(category, stage)
  return (
    one?.kind === 'approval' &&
    one.carriedFrom !== undefined &&
    parent !== undefined &&
    isWithin(revised, parent, one.carriedFrom)
  )
}
