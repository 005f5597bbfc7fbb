import type { Hindrance } from '../decision/hindrance.ts'
import { isOwed, type ReleaseStage, type TaskStage, type TestStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import { waysFor } from './delegation.ts'
import { type Eligible, givenAlready } from './eligibility.ts'
import { notTime } from './frozen.ts'
import { asTakingPart } from './participant.ts'
import { madeByRequester, ruleOf } from './separation.ts'
import { dutyAt, isMet } from './standing.ts'
import { isUnderGlass } from './under-glass.ts'
import { standingVetoes } from './veto.ts'
import type { Pinned } from './world.ts'

type WorkStage = TaskStage | TestStage | ReleaseStage

/**
 * Why somebody may not put a change into effect that others may, or better does not work on it, in their own name or as a chain
 * of persons of whom the first acts for the others: they have opened the way round a freeze, or what stands before it is there
 * by their favour, or is a review of theirs of what has taken effect, which would count no more.
 */
export function hindrance(
  pinned: Pinned,
  change: Change,
  stage: WorkStage,
  chain: readonly string[],
): Hindrance | undefined {
  const done = asTakingPart(pinned, change, chain)
  const own = stage.kind === 'release' ? madeByRequester(pinned, done) : undefined
  if (own !== undefined) return { why: 'own-request', person: own.person, ...ruleOf(own) }
  const isRelease = stage.kind === 'release'
  if (isRelease && notTime(pinned, change, stage) === undefined && notTime(pinned, done, stage) !== undefined)
    return { why: 'freeze' }
  if (standingVetoes(pinned, done).length > standingVetoes(pinned, change).length) return { why: 'veto' }
  const others = isRelease
    ? pinned.stages.slice(0, pinned.stages.indexOf(stage))
    : pinned.stages.filter(one => one !== stage)
  // The broken glass waives nothing for a release that takes place without it.
  const waiving = !isRelease || isUnderGlass(pinned, change, stage)
  const lostBy = (then: Change) =>
    others.find(one => isMet(pinned, change, one, waiving) && !isMet(pinned, then, one, waiving))
  const lost = lostBy(done)
  if (lost !== undefined) return { why: 'favour', stage: lost.name }
  const reviewed = isRelease && others.some(isOwed) ? lostBy(asTakingPart(pinned, change, chain, 'release')) : undefined
  return reviewed === undefined ? undefined : { why: 'own-review', stage: reviewed.name }
}

/** Those who could act for somebody at a stage by a way on which there is a hindrance to nobody. */
export function unhinderedDelegates(
  pinned: Pinned,
  change: Change,
  stage: WorkStage,
  { person, roles, delegates }: Eligible,
): string[] {
  if (delegates.length === 0) return []
  const duty = dutyAt(stage)
  const spent = givenAlready(pinned, change, duty, { stage: stage.name })
  const ways = roles.flatMap(role => waysFor(pinned, change, person, role, duty, false, spent))
  const fit = ways.filter(({ chain }) => hindrance(pinned, change, stage, chain) === undefined)
  return delegates.filter(to => fit.some(one => one.delegate === to))
}
