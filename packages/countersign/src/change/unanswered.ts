import { mergedAt } from '../governance/alias.ts'
import { personNamed, tookOverAt } from '../governance/identity.ts'
import { versionOf } from '../governance/template-use.ts'
import { type Candidate, isMatched } from '../policy/matching.ts'
import { rolesOf } from '../policy/requirement.ts'
import type { SingleStage } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import { groupsOfAll } from './candidate.ts'
import type { Approval, Change, Given, HeldDuty } from './change.ts'
import type { Discount } from './discount.ts'
import { openOn } from './open-stages.ts'
import { choicesFor } from './requirement.ts'
import { exceptedUntil } from './separation.ts'
import { discountOf, isMet, taskDiscount } from './standing.ts'
import { type Pinned, pin } from './world.ts'

/**
 * Since when a role has been asked for without an answer that is enough, where its stand-in waits for that: at one stage, or
 * where none is named, at the last of those that ask for it. `undefined` where it does not, or where the role is not asked for now.
 */
export function unansweredSince(pinned: Pinned, change: Change, role: string, at?: string): Instant | undefined {
  if (pinned.policy.roles[role]?.fallback?.after === undefined) return undefined
  const asks = (stage: SingleStage) =>
    stage.kind === 'approval' ? rolesOf(stage.requires).includes(role) : stage.by === role
  return openOn(pinned, change)
    .filter(stage => (at === undefined || stage.name === at) && asks(stage) && !isMet(pinned, change, stage))
    .map(stage => waitingSince(pinned, change, stage))
    .toSorted()
    .at(-1)
}

/** Since when a stage has been waiting: since it opened, what it asks for was edited, or what was enough for it fell away. */
function waitingSince(pinned: Pinned, change: Change, stage: SingleStage): Instant {
  const lost = wasMet(pinned, change, stage) ? losses(pinned, change, stage) : []
  return [change.since, change.digestSince, ...lost].toSorted().at(-1) ?? change.since
}

const isOf =
  (stage: SingleStage, { round }: Change) =>
  (one: Given): boolean =>
    one.stage === stage.name && one.round === round

/** Whether all that was given at a stage in this round, whatever has become of it, was enough together. */
function wasMet(pinned: Pinned, change: Change, stage: SingleStage): boolean {
  const isHere = isOf(stage, change)
  switch (stage.kind) {
    case 'approval': {
      // By the roles in which they acted then, whatever is known of these by now.
      const asGiven = ({ person, chain, seats }: Approval): Candidate => ({
        person,
        roles: seats.map(seat => seat.role),
        groups: groupsOfAll(pinned, chain),
      })
      return isMatched(choicesFor(change, stage), change.approvals.filter(isHere).map(asGiven))
    }
    case 'test': {
      const passed = change.signOffs.filter(one => isHere(one) && one.result === 'passed')
      // By the ids under which they gave it: that two of them were one is known by now.
      return new Set(passed.map(one => one.person)).size >= stage.signOffs
    }
    case 'task':
      return change.tasks.some(one => one.stage === stage.name)
    case 'release':
      return change.releases.some(isHere)
    default:
      return stage satisfies never
  }
}

/** When what was enough for a stage that a change has come past ceased to be, as far as that is known. */
export const lostLast = (pinned: Pinned, change: Change): Instant | undefined =>
  pinned.stages
    .filter(stage => wasMet(pinned, change, stage) && !isMet(pinned, change, stage))
    .flatMap(stage => losses(pinned, change, stage))
    .toSorted()
    .at(-1)

/** When what was given at a stage ceased to count, as far as that is known. */
function losses(pinned: Pinned, change: Change, stage: SingleStage): Instant[] {
  const isHere = isOf(stage, change)
  const lost = (one: Pick<Given, 'chain'>, why: Discount | undefined) =>
    why === undefined ? [] : (lostAt(pinned, change, one, why) ?? [])
  switch (stage.kind) {
    case 'task':
      return change.tasks
        .filter(one => one.stage === stage.name)
        .flatMap(one => lost(one, taskDiscount(pinned, change, one)))
    case 'approval':
      return change.approvals.filter(isHere).flatMap(one => lost(one, discountOf(pinned, change, one, 'approve')))
    case 'test':
      return change.signOffs.filter(isHere).flatMap(one => {
        const merged = one.chain.flatMap(who => mergedAt(pinned.governance, pinned.person(who)))
        return merged.concat(lost(one, discountOf(pinned, change, one, 'test')))
      })
    case 'release':
      return change.releases.filter(isHere).flatMap(one => lost(one, discountOf(pinned, change, one, 'release')))
    default:
      return stage satisfies never
  }
}

/**
 * The last instant at which something came about by which what was given could have ceased to count for this reason. It is
 * rather too late than too early: a stand-in waits for it.
 */
function lostAt(pinned: Pinned, change: Change, given: Pick<Given, 'chain'>, why: Discount): Instant | undefined {
  const { governance, person, ancestors, descendants, at } = pinned
  const instants: (Instant | undefined)[] = []
  if (why.why === 'ended') instants.push(why.ended.at)
  if (why.why === 'expired') instants.push(why.until)
  const persons = new Set(given.chain.map(person))
  for (const who of ['person' in why ? why.person : undefined, 'by' in why ? why.by : undefined])
    if (who !== undefined) persons.add(person(who))
  for (const who of persons) {
    const { left, departed } = personNamed(governance, who) ?? {}
    instants.push(left, departed?.at, ...mergedAt(governance, who), ...tookOverAt(governance, who))
  }
  for (const one of [change, ...ancestors, ...descendants]) {
    const meets = ({ duty, person: who }: HeldDuty) =>
      persons.has(person(who)) && (why.why !== 'conflict' || duty === why.duty)
    instants.push(...one.held.filter(meets).map(held => held.at))
    for (const exception of one.exceptions) {
      if (exception.granted === undefined) continue
      instants.push(one === change ? exceptedUntil(pinned, exception) : exception.until, exception.revoked?.at)
    }
  }
  for (const parent of ancestors)
    instants.push(parent.since, parent.digestSince, ...parent.approvals.map(one => one.ended?.at))
  if (why.why === 'parent') instants.push(lostAbove(pinned))
  if (why.why === 'template' && change.template !== undefined) {
    const followed = versionOf(governance, change.team, change.template.name, change.template.version)
    instants.push(followed?.revoked?.at, followed?.document.until)
  }
  return instants
    .flatMap(one => (one !== undefined && one <= at ? [one] : []))
    .toSorted()
    .at(-1)
}

/** When what was enough for the change that one depends on ceased to be, though nothing has happened on it. */
function lostAbove({ governance, ancestors: [parent, ...others], at }: Pinned): Instant | undefined {
  return parent === undefined ? undefined : lostLast(pin({ governance, ancestors: others }, parent, at), parent)
}
