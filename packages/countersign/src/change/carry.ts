import type { Governance } from '../governance/governance.ts'
import { countingApprovals } from '../governance/template-approval.ts'
import { templateUse, versionOf } from '../governance/template-use.ts'
import { bestMatch, type Candidate } from '../policy/matching.ts'
import type { Policy } from '../policy/policy.ts'
import { rolesOf } from '../policy/requirement.ts'
import type { ApprovalStage, Carry } from '../policy/stage.ts'
import { later } from '../values/instant.ts'
import { once } from '../values/once.ts'
import { candidates } from './candidate.ts'
import type { Approval, Change } from './change.ts'
import { isLive } from './discount.ts'
import type { ChangeEvent } from './event.ts'
import { choicesFor } from './requirement.ts'
import { carryOf, reaches } from './scope.ts'
import { decidedParent, standingApprovals } from './standing.ts'
import { meetIn, type Pinned, stageOf, stagesIn } from './world.ts'

/**
 * The approvals of the parent that the stages of this change take over: those that count there, while the parent's own
 * decision stands; recent enough; for a scope that this change lies in; in a role that the stage asks for; and not by
 * somebody who has rejected this change. They come with the original persons and the original times. A person counts once, so of several stages that
 * lean on the parent the earlier takes only those whom it needs.
 */
export function carriedInto(pinned: Pinned, child: Change): ChangeEvent[] {
  const [parent] = pinned.ancestors
  if (parent === undefined) return []
  const leaning: { readonly stage: ApprovalStage; readonly carry: Carry }[] = []
  for (const stage of pinned.stages) {
    const carry = stage.kind === 'approval' ? carryOf(stage) : undefined
    if (stage.kind !== 'approval' || carry === undefined || !reaches(parent, child, carry)) continue
    if (choicesFor(child, stage).length > 0) leaning.push({ stage, carry })
  }
  const theirs = leaning.length === 0 ? undefined : decidedParent(pinned)
  if (theirs === undefined) return []
  const counting = theirs.pinned.stages
    .filter(stage => stage.kind === 'approval')
    .flatMap(stage => standingApprovals(theirs.pinned, parent, stage.name))
    .filter(one => one.carried === undefined)
  const taken = [
    ...child.rejections.flatMap(one => one.chain),
    ...child.approvals.filter(one => holdsBack(child, parent, one)).flatMap(one => one.chain),
  ]
  return leaning.flatMap(({ stage, carry }, place) => {
    const choices = choicesFor(child, stage)
    const isAskedFor = ({ roles }: Candidate) => choices.some(choice => roles.some(role => choice.has(role)))
    const free = counting.filter(
      one =>
        meetIn(pinned, one.chain, taken) === undefined &&
        pinned.at < later(one.at, carry.for) &&
        candidates(theirs.pinned, parent, [one]).some(isAskedFor),
    )
    const needed = bestMatch(choices, candidates(theirs.pinned, parent, free))?.taken
    const carried = place === leaning.length - 1 ? free : free.filter(one => needed?.has(one.person))
    taken.push(...carried.flatMap(one => one.chain))
    return carried.map(
      (one): ChangeEvent => ({
        at: one.at,
        chain: [...one.chain],
        from: { approval: parent.approvals.indexOf(one), change: parent.id },
        person: one.person,
        seats: [...one.seats],
        stage: stage.name,
        type: 'approval.carried',
        until: later(one.at, carry.for),
        ...environmentsOf(theirs.pinned, one),
      }),
    )
  })
}

/** Whether whoever gave something on a change is taken over nothing from its parent: it is there still, or they took it back. */
const holdsBack = (child: Change, parent: Change, one: Approval): boolean =>
  (isLive(child, one) && !isOver(parent, one)) || (one.ended?.how === 'withdrawn' && one.round === child.round)

/** Whether it was carried from the parent and has ended there, so that whoever decides on the parent anew is carried anew. */
function isOver(parent: Change, { carried }: Approval): boolean {
  if (carried === undefined || !('change' in carried) || carried.change !== parent.id) return false
  const original = parent.approvals[carried.approval]
  return original !== undefined && !isLive(parent, original)
}

/** Where the parent may be put into effect on an approval, if not everywhere: its carried copy reaches no further. */
function environmentsOf(pinned: Pinned, { stage: name, environments }: Approval): { environments?: string[] } {
  const stage = stageOf(pinned, name)
  const covered = stage?.kind === 'approval' ? stage.environments : undefined
  if (covered === undefined) return environments === undefined ? {} : { environments: [...environments] }
  return { environments: environments === undefined ? [...covered] : covered.filter(one => environments.includes(one)) }
}

/** The categories of a policy whose approvals other categories take over, found once. */
const leanedOnIn = once((policy: Policy): ReadonlySet<string> => {
  const stages = Object.values(policy.categories).flatMap(stagesIn)
  return new Set(stages.flatMap(stage => (stage.kind === 'approval' ? (carryOf(stage)?.category ?? []) : [])))
})

/** Whether changes of other categories may take over approvals of a change, so that there may be one at any time. */
export const mayBeLeanedOn = ({ policies, policyInForce }: Governance, change: Change): boolean =>
  [change.policy, policyInForce[change.team] ?? ''].some(digest => {
    const policy = policies[digest]?.document
    return policy !== undefined && leanedOnIn(policy).has(change.category)
  })

/** What the stages of a change take over, from its parent or from the template that it follows. */
export const carriedTo = (pinned: Pinned, change: Change): ChangeEvent[] => [
  ...carriedInto(pinned, change),
  ...carriedFromTemplate(pinned, change),
]

/** The approvals of the template that a change follows, for the stage that leans on it and asks for their roles. */
function carriedFromTemplate(pinned: Pinned, change: Change): ChangeEvent[] {
  const { template, team } = change
  if (template === undefined) return []
  const { governance } = pinned
  const followed = versionOf(governance, team, template.name, template.version)
  if (followed === undefined || !templateUse(governance, team, template.name, template.version, pinned.at).usable)
    return []
  const taken = [
    ...change.rejections.flatMap(one => one.chain),
    ...change.approvals.filter(one => isLive(change, one)).flatMap(one => one.chain),
  ]
  return pinned.stages.flatMap(stage => {
    if (stage.kind !== 'approval' || stage.carriedFrom === undefined || !('template' in stage.carriedFrom)) return []
    const { for: length } = stage.carriedFrom
    const asked = rolesOf(stage.requires)
    return countingApprovals(governance, followed, asked)
      .filter(({ roles }) => roles.some(role => asked.includes(role)))
      .filter(one => pinned.at < later(one.at, length) && meetIn(pinned, [one.person], taken) === undefined)
      .map(
        ({ person, roles, at }): ChangeEvent => ({
          at,
          chain: [person],
          from: { template: template.digest },
          person,
          seats: roles.map(role => ({ capacity: 'own', role })),
          stage: stage.name,
          type: 'approval.carried',
          until: later(at, length),
        }),
      )
  })
}
