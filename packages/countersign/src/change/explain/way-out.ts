import { hasAccount, reachable } from '../../governance/reachable.ts'
import { exceptionRuleFor } from '../../policy/exception.ts'
import { later } from '../../values/instant.ts'
import { actorsIn, mayEdit, outsidersIn, roleAt } from '../authority.ts'
import { type HeldBack, hasOwnerAmong, notPulled } from '../card.ts'
import type { Change, Exception } from '../change.ts'
import { withdraw } from '../commands/withdraw.ts'
import { deedCounts } from '../deed-counts.ts'
import { actingAt, type Eligible, eligibleFor, hasGivenAt, withoutVetoers } from '../eligibility.ts'
import { evolved } from '../evolve.ts'
import { closedFor, frozenBy } from '../frozen.ts'
import { deeds, lifecycle } from '../lifecycle.ts'
import { liftersOf } from '../lifters.ts'
import { blockedStages } from '../outlook.ts'
import { asTakingPart, deskOf, isMade, rolesIn, takesPart } from '../participant.ts'
import { childrenOf, unfitFor } from '../remedy.ts'
import { type Conflict, madeByRequester } from '../separation.ts'
import { dutyAt, signOffsFor } from '../standing.ts'
import { lifterOf, vetoesAt } from '../veto.ts'
import type { Pinned } from '../world.ts'
import type { StageNode, WayOut } from './explanation.ts'

/**
 * What was rejected after it had taken effect is made good by a change that depends on it: it is named once there is one, and
 * submitted until then, in whichever team and category.
 */
export function waysToRemedy(pinned: Pinned, change: Change): WayOut[] {
  const children = childrenOf(pinned, change)
  return change.obligations.flatMap(one => {
    if (one.kind !== 'remedy' || one.ended !== undefined) return []
    const isThere = children.some(child => unfitFor(one, child) === undefined)
    return byOwners(pinned, change, isThere ? 'remediate' : 'submit', one.stage)
  })
}

/** What was sent back begins anew once it is handed in again. */
export const waysBack = (pinned: Pinned, change: Change): WayOut[] =>
  change.state === 'returned' ? byOwners(pinned, change, 'resubmit', pinned.stages[0]?.name ?? '') : []

/** What would lift the vetoes that stand at a stage: they stop a change wherever it is. */
export function waysToLift(pinned: Pinned, change: Change, { stage, vetoes }: StageNode): WayOut[] {
  if (vetoes.length === 0) return []
  const persons = whoLifts(pinned, change, stage)
  const way: WayOut = { do: 'liftVeto', stage, persons }
  const [role] = persons.length > 0 ? [] : vetoesOf(pinned, change, stage).flatMap(one => lifterOf(pinned, one) ?? [])
  return role === undefined ? [way] : [way, { do: 'grantRole', stage, role, persons: granters(pinned, change) }]
}

/** What the team has open, and what keeps the change from being pulled, as far as that is known. */
export interface OnBoard {
  readonly team: readonly Change[]
  readonly held: HeldBack | undefined
}

/** What would take a stage on: whoever can act, then what the rules leave open where nobody can. */
export function waysOutOf(pinned: Pinned, change: Change, node: StageNode, board: OnBoard): WayOut[] {
  const { stage, eligible, kind } = node
  const ways = waysToLift(pinned, change, node)
  // Whoever has vetoed a change, at whichever stage, approves nothing of it until that is lifted, nor does anybody for them.
  const afterwards = node.afterwards === true
  const able = (some: readonly Eligible[]) => [...new Set(actingAt(some))].toSorted()
  const acting = kind === 'approval' ? withoutVetoers(pinned, change, eligible, { stage, afterwards }) : eligible
  const persons = able(acting)
  // What is not where its work is done is pulled there first.
  if (kind !== 'approval' && Object.keys(node.missing).length > 0 && notPulled(pinned, change) !== undefined) {
    const by = { stage, persons: whoPulls(pinned, change, node) }
    return [...ways, ...waysToPull(pinned, change, by, board)]
  }
  // Whoever has tested already may still tick what is open.
  const ticking = able(eligible.map(one => (hasGivenAt(one, stage) ? free(one) : one)))
  const isOpen = node.checklist?.some(one => one.ticked === undefined) === true
  if (ticking.length > 0 && isOpen) ways.push({ do: 'tick', stage, persons: ticking })
  const isUnmade = kind === 'release' && !isMade(pinned, change)
  if (isOpen && node.acts.length > 0 && isOnlyUnticked(pinned, change, stage)) return ways
  // A freeze holds no list up: what is open on it is ticked meanwhile.
  if (node.status === 'frozen') return [...ways, ...waysThrough(pinned, change, stage, actingAt(eligible))]
  // Before its list is ticked nothing is done, signed off or put into effect: that a test failed can be said, and leads nowhere on.
  if (isUnmade && Object.keys(node.missing).length > 0)
    ways.push({ do: 'revise', stage, persons: deskOf(pinned, change) })
  else if (persons.length > 0 && !isOpen && Object.keys(node.missing).length > 0)
    ways.push({ do: deeds[kind], stage, persons, ...inNamesOf(acting) })
  if (node.status !== 'vacant' && node.status !== 'unsatisfiable') return ways
  const own = kind === 'release' ? madeByRequester(pinned, change) : undefined
  if (own !== undefined) return [...ways, ...wayRound(pinned, change, stage, own)]
  const elsewhere = waysByWithdrawing(pinned, change, node)
  if (elsewhere.length > 0) ways.push({ do: 'withdraw', stage, persons: elsewhere })
  for (const one of eligible) {
    const excepting = wayAround(pinned, change, node, one)
    if (excepting === undefined) continue
    ways.push(excepting)
    break
  }
  const [role] = Object.keys(node.missing)
  if (role !== undefined) {
    ways.push({ do: 'grantRole', stage, role, persons: granters(pinned, change) })
  }
  return ways
}

/** What is not where its work is done is pulled there; where only an owner is in the way, it is given to another one with that. */
function waysToPull(pinned: Pinned, change: Change, by: Omit<WayOut, 'do'>, { team, held }: OnBoard): WayOut[] {
  if (held === undefined) return byOwners(pinned, change, 'move', by.stage, by.persons)
  return hasOwnerAmong(pinned, change, team, by.persons) ? [{ do: 'assign', ...by }] : []
}

/** What those do to whom a change belongs; where all of them have left, somebody is given a role of its flow, who does it then. */
function byOwners(
  pinned: Pinned,
  change: Change,
  deed: WayOut['do'],
  stage: string,
  persons: readonly string[] = deskOf(pinned, change),
): WayOut[] {
  const [role] = persons.length > 0 ? [] : rolesIn(pinned)
  const way: WayOut = { do: deed, stage, persons }
  return role === undefined ? [way] : [way, { do: 'grantRole', stage, role, persons: granters(pinned, change) }]
}

/**
 * Those to whom a change belongs, and those who do the work of a stage, as far as they may edit it: whoever may put it into effect
 * on the broken glass alone has nothing to do in its flow, and those have who would release it otherwise.
 */
function whoPulls(pinned: Pinned, change: Change, { stage: name, eligible }: StageNode): string[] {
  const stage = pinned.stages.find(one => one.name === name)
  const isBroken = stage?.kind === 'release' && roleAt(pinned, change, stage) !== stage.by
  const working = [...themselves(eligible), ...(isBroken ? actorsIn(pinned, change, stage.by) : [])]
  const pulling = working.filter(person => mayEdit(pinned, change, { account: person, person }) === undefined)
  return [...new Set([...deskOf(pinned, change), ...pulling])].toSorted()
}

/** Those who could act themselves, and not by way of a delegate. */
const themselves = (eligible: readonly Eligible[]): string[] =>
  eligible.flatMap(one => (one.excluded === undefined && one.suspended !== true ? [one.person] : []))

/** Of those who could act by way of a delegation alone, in whose name. */
function inNamesOf(eligible: readonly Eligible[]): Pick<WayOut, 'for'> {
  const own = new Set(themselves(eligible))
  const acting = eligible
    .filter(one => one.excluded === undefined)
    .flatMap(({ person, delegates }) => delegates.map(to => ({ to, person })))
    .filter(({ to }) => !own.has(to))
  if (acting.length === 0) return {}
  const byDelegate = [...Map.groupBy(acting, one => one.to)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { for: Object.fromEntries(byDelegate.map(([to, all]) => [to, all.map(one => one.person).toSorted()])) }
}

function free(one: Eligible): Eligible {
  const { excluded: _, ...rest } = one
  return rest
}

/** Whether nothing is missing at a stage but what is open on its checklist. */
function isOnlyUnticked(pinned: Pinned, change: Change, name: string): boolean {
  const stage = pinned.stages.find(one => one.name === name)
  return stage?.kind === 'test' && signOffsFor(pinned, change, stage).length >= stage.signOffs
}

/** An exception by which somebody could act who is shut out, and those who could grant it: nobody to themselves. */
function wayAround(pinned: Pinned, change: Change, node: StageNode, one: Eligible): WayOut | undefined {
  const { person, excluded } = one
  if (excluded?.why !== 'conflict') return undefined
  const rule = exceptionRuleFor(pinned.policy, excluded.duties)
  if (rule === undefined) return undefined
  const { at } = pinned
  const persons = outsidersIn(pinned, change, rule.grantedBy).filter(by => by !== pinned.person(person))
  const [by] = persons
  if (by !== undefined) {
    const until = later(at, rule.atMost)
    const granted = { by, at, under: pinned.governance.entries, after: deedCounts(change) }
    const exception: Exception = {
      id: '',
      person,
      duties: excluded.duties,
      until,
      reason: '',
      requestedBy: person,
      granted,
    }
    const excepted = { ...change, exceptions: [...change.exceptions, exception] }
    // Where another pair of duties would still meet in them, or they have acted already, it is no way.
    if (!isAbleAt(pinned, excepted, node, one)) return undefined
  }
  return { do: 'requestException', stage: node.stage, role: rule.grantedBy, persons }
}

/** An exception by which a change may be put into effect that whoever asked for it has made. */
function wayRound(pinned: Pinned, change: Change, stage: string, { separation, person }: Conflict): WayOut[] {
  const rule = exceptionRuleFor(pinned.policy, separation.duties)
  if (rule === undefined) return []
  const persons = outsidersIn(pinned, change, rule.grantedBy).filter(by => by !== pinned.person(person))
  return [{ do: 'requestException', stage, role: rule.grantedBy, persons }]
}

/**
 * Those who have approved at another stage and could approve at this one instead, where by what they withdraw there every
 * stage could be met by somebody.
 */
function waysByWithdrawing(pinned: Pinned, change: Change, { stage, kind, eligible }: StageNode): string[] {
  if (kind !== 'approval' || !lifecycle(change.category, pinned.category).commands(change.state).includes('withdraw'))
    return []
  const { at, governance } = pinned
  const isElsewhere = (one: Eligible) => one.excluded?.why === 'given' && !hasGivenAt(one, stage)
  const elsewhere = eligible.filter(one => isElsewhere(one) && hasAccount(governance, one.person))
  return elsewhere.flatMap(({ person }) => {
    const step = withdraw(pinned, change, { account: person, person })
    if ('refused' in step) return []
    const without = evolved(change, step.events, { at, under: governance.entries })
    return blockedStages(pinned, without).length === 0 ? [person] : []
  })
}

/** Whether somebody could act at a stage as the change is. */
function isAbleAt(pinned: Pinned, change: Change, node: StageNode, { person, roles }: Eligible): boolean {
  const stage = pinned.stages.find(one => one.name === node.stage)
  if (stage === undefined) return false
  const asking = { stage: node.stage, afterwards: node.afterwards === true }
  const eligible = eligibleFor(pinned, change, roles, dutyAt(stage), asking)
  return eligible.some(one => one.person === person && one.excluded === undefined)
}

/** Those who could grant a role: what somebody who takes part in the change grants gives no right on it. */
const granters = (pinned: Pinned, change: Change): string[] =>
  reachable(pinned.governance, pinned.governance.administrators)
    .filter(one => !takesPart(pinned, change, one))
    .toSorted()

/**
 * Those who could except the change from the freezes that stop a release, so that somebody else could go through with it; nobody,
 * where it would be stopped all the same: by a freeze that nobody can override, or by a window that is closed.
 */
function waysThrough(pinned: Pinned, change: Change, name: string, releasers: readonly string[]): WayOut[] {
  const stage = pinned.stages.find(one => one.name === name)
  if (stage?.kind !== 'release' || closedFor(pinned, change, stage) !== undefined) return []
  const frozen = frozenBy(pinned, asTakingPart(pinned, change, releasers), stage)
  const roles = frozen.flatMap(({ declared: { overriddenBy } }) => overriddenBy?.role ?? [])
  if (roles.length < frozen.length) return []
  const overriders = roles.map(role => ({ role, outsiders: outsidersIn(pinned, change, role) }))
  // Whoever goes through has opened none of the ways; a role that nobody has is given to somebody else.
  const leaves = (outsiders: readonly string[], one: string) =>
    outsiders.length === 0 || outsiders.some(other => other !== one)
  const through = releasers.filter(one => overriders.every(({ outsiders }) => leaves(outsiders, one)))
  return overriders.flatMap(({ role, outsiders }) => {
    const persons = outsiders.filter(one => releasers.length === 0 || through.some(other => other !== one))
    const way: WayOut = { do: 'overrideFreeze', stage: name, role, persons }
    if (persons.length > 0) return [way]
    return [way, { do: 'grantRole', stage: name, role, persons: granters(pinned, change) }]
  })
}

function vetoesOf(pinned: Pinned, change: Change, name: string) {
  const stage = pinned.stages.find(one => one.name === name)
  return stage === undefined ? [] : vetoesAt(pinned, change, stage)
}

/** Those who could lift the vetoes at a stage. */
const whoLifts = (pinned: Pinned, change: Change, name: string): string[] =>
  liftersOf(pinned, change, vetoesOf(pinned, change, name))
