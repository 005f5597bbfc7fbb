import { LeadsNowhere } from '../../decision/leads-nowhere.ts'
import { type Actor, answering } from '../../governance/identity.ts'
import { templateOf } from '../../governance/template-use.ts'
import { formRefusal, lateFound } from '../admission.ts'
import { inCategory } from '../agreement.ts'
import { mayAskHere, mayEdit } from '../authority.ts'
import { materialDigest } from '../binding.ts'
import { carriedInto } from '../carry.ts'
import type { Change } from '../change.ts'
import { agreedBy, boundByTemplate } from '../consent.ts'
import { isLive } from '../discount.ts'
import type { ChangeEvent } from '../event.ts'
import { evolved } from '../evolve.ts'
import { makersOf } from '../makers.ts'
import { stillOwing, unasked } from '../obligation.ts'
import { beginning } from '../progress.ts'
import { carryOf, isWithin } from '../scope.ts'
import type { Of, Step } from '../step.ts'
import { fieldsOut } from '../template-bounds.ts'
import { nowIn, type Pinned, pin, stageOf, type World } from '../world.ts'

/** Edits a change. What is given for what was there before goes stale, where the edit is material. */
export function revise(pinned: Pinned, change: Change, command: Of<'revise'>, actor: Actor, world: World): Step {
  const editor = answering(actor)
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const revised: Change = {
    ...change,
    title: command.title ?? change.title,
    reason: command.reason ?? change.reason,
    form: { ...change.form, ...command.form },
    ...(command.content === undefined ? {} : { content: command.content.digest }),
  }
  const lost = lostStandard(pinned, change, command)
  if (lost !== undefined)
    return stillOwing(change, 'recategorise') ?? leaveTemplate(world, pinned, change, revised, command, actor, lost)
  const problem = formRefusal(pinned.category, revised.form)
  if (problem !== undefined) return problem
  const makers = makersOf(world, command.content?.makers ?? [])
  if ('refused' in makers) return makers
  const agreed = agreedBy(world, pinned, change, { to: pinned, after: revised, counting: inCategory }, actor)
  if ('refused' in agreed) return agreed
  const owed = unasked(pinned, change, revised)
  if (owed !== undefined) return owed
  const digest = materialDigest(pinned.category, revised)
  const material = digest !== change.digest
  const revision = change.revision + 1
  const list: ChangeEvent[] = [
    {
      digest,
      editor,
      makers: makers.persons,
      material,
      revision,
      ...robotIn(actor),
      ...agreed,
      type: 'change.revised',
    },
    ...staled(change, revision, material, stage => staysWithin(pinned, revised, stage)),
  ]
  // What the parent has decided meanwhile is taken over now.
  const next = evolved(change, list, { command, ...nowIn(pinned) })
  return { events: [...list, ...carriedInto(pinned, next)] }
}

/** The robot that edits, beside whoever answers for it. */
export const robotIn = ({ bot, person }: Actor) => (bot === undefined || person === undefined ? {} : { robot: bot })

/** What an edit does to all that was given: it goes stale, or is retained where the edit does not touch it. */
function staled(
  change: Change,
  revision: number,
  material: boolean,
  staysWithin: (stage: string) => boolean,
): ChangeEvent[] {
  const list: ChangeEvent[] = []
  for (const [index, approval] of change.approvals.entries()) {
    if (!isLive(change, approval)) continue
    const stands = !material || (approval.carried !== undefined && staysWithin(approval.stage))
    list.push({ approval: index, revision, type: stands ? 'approval.retained' : 'approval.staled' })
  }
  if (!material) return list
  for (const [index, one] of change.signOffs.entries())
    if (isLive(change, one)) list.push({ revision, signOff: index, type: 'signoff.staled' })
  for (const [index, one] of change.releases.entries())
    if (isLive(change, one)) list.push({ release: index, revision, type: 'release.staled' })
  return list
}

/** A carried approval was given for a scope, so an edit within the scope leaves it standing. */
function staysWithin(pinned: Pinned, revised: Change, name: string): boolean {
  const stage = stageOf(pinned, name)
  if (stage?.kind !== 'approval' || stage.carriedFrom === undefined) return false
  const carry = carryOf(stage)
  // What a template was approved for is what its editable fields leave open; an edit beyond them ends the standard.
  if (carry === undefined) return true
  const [parent] = pinned.ancestors
  return parent !== undefined && isWithin(revised, parent, carry)
}

/** The fields in which an edit leaves the bounds of the template that the change follows. */
function lostStandard({ governance }: Pinned, change: Change, command: Of<'revise'>): string[] | undefined {
  const { template, team } = change
  if (template === undefined) return undefined
  const document = templateOf(governance, team, template.name, template.version)
  const out = document === undefined ? ['template'] : fieldsOut(document, command)
  return out.length === 0 ? undefined : out
}

/** It is no standard change any more: it goes the way of any other, from its first stage. */
function leaveTemplate(
  world: World,
  pinned: Pinned,
  change: Change,
  revised: Change,
  command: Of<'revise'>,
  actor: Actor,
  fields: string[],
): Step {
  const editor = answering(actor)
  const category = pinned.category.template?.otherwise ?? revised.category
  const flow = pinned.policy.categories[category]
  if (flow === undefined) throw new LeadsNowhere(`the policy has no category ${category}`)
  const found = lateFound(flow, category)
  if (found !== undefined) return found
  const stranger = mayAskHere(pinned, change, flow, editor)
  if (stranger !== undefined) return stranger
  const problem = formRefusal(flow, revised.form)
  if (problem !== undefined) return problem
  const makers = makersOf(world, command.content?.makers ?? [])
  if ('refused' in makers) return makers
  const other: Change = { ...revised, template: undefined, category, electorates: {} }
  const move = { to: pin(world, other, pinned.at), after: other, counting: inCategory }
  const agreed = agreedBy(world, boundByTemplate(pinned, change), change, move, actor)
  if ('refused' in agreed) return agreed
  const revision = revised.revision + 1
  const digest = materialDigest(flow, { ...revised, category })
  const list: ChangeEvent[] = [
    {
      digest,
      editor,
      makers: makers.persons,
      material: true,
      revision,
      ...robotIn(actor),
      ...agreed,
      type: 'change.revised',
    },
    ...staled(revised, revision, true, () => false),
    { type: 'standard.lost', category, fields },
  ]
  const next = evolved(world.change, list, { command, ...nowIn(pinned) })
  if (next === undefined || next.state === 'returned') return { events: list }
  return { events: [...list, ...beginning(pin(world, next, pinned.at), next)] }
}
