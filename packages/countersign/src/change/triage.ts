import { holdersOf, isAbsent } from '../governance/role.ts'
import { conditionHolds } from '../policy/condition.ts'
import { boardFor, takesPlace } from './card.ts'
import type { Change } from './change.ts'
import { eligibleFor } from './eligibility.ts'
import type { ChangeEvent } from './event.ts'
import { evolved } from './evolve.ts'
import { blockedStages } from './outlook.ts'
import { isAsked } from './requirement.ts'
import { conflictOf } from './separation.ts'
import { dutyAt } from './standing.ts'
import { hasEnded, nowIn, type Pinned, type World } from './world.ts'

type Event<Type> = Extract<ChangeEvent, { type: Type }>
type Candidate = Event<'change.unassigned'>['triage']['candidates'][number]

/** So many candidates are recorded, and so many are tried before nobody is given it. */
const mostNamed = 20

/**
 * Gives a new change to whoever has least on their hands among the holders of the role that its category names: on a tie to
 * whoever was given one longest ago, and then by id. It never stands in the way of the submission: where nobody can be
 * given it, it lies with nobody, and why is recorded.
 */
export function triage(
  pinned: Pinned,
  change: Change,
  { team = [], lastGiven = new Map() }: Pick<World, 'team' | 'lastGiven'>,
): ChangeEvent[] {
  const { triage: rules } = pinned.category
  if (rules === undefined) return []
  const place = rules.findIndex(({ when }) => when === undefined || conditionHolds(when, change.form) === true)
  const rule = rules[place]
  if (rule === undefined) return [{ type: 'change.unassigned', why: 'no-rule', triage: { of: 0, candidates: [] } }]
  const candidates = candidatesFor(pinned, change, { team, lastGiven }, rule.to)
  const tried: Candidate[] = []
  let chosen: Candidate | undefined
  const blocked = openToNobody(pinned, change)
  for (const one of candidates.filter(({ passedOver }) => passedOver === undefined).slice(0, mostNamed)) {
    const isNeeded = openToNobody(pinned, given(pinned, change, one.person)).some(stage => !blocked.includes(stage))
    if (!isNeeded) {
      chosen = one
      break
    }
    tried.push({ ...one, passedOver: 'needed' })
  }
  const rest = candidates.filter(one => one !== chosen && !tried.some(({ person }) => person === one.person))
  const told = {
    rule: place,
    role: rule.to,
    of: candidates.length,
    candidates: [...(chosen === undefined ? [] : [chosen]), ...rest, ...tried]
      .toSorted((a, b) => Number(a.passedOver !== undefined) - Number(b.passedOver !== undefined))
      .slice(0, mostNamed),
  }
  if (chosen !== undefined) return [{ type: 'change.assigned', to: chosen.person, triage: told }]
  return [{ type: 'change.unassigned', why: candidates.length === 0 ? 'vacant' : 'passed-over', triage: told }]
}

/** The holders of a role, who comes first at the top; behind them whoever cannot be given it. */
function candidatesFor(
  pinned: Pinned,
  change: Change,
  { team, lastGiven }: Required<Pick<World, 'team' | 'lastGiven'>>,
  role: string,
): Candidate[] {
  const { governance, at } = pinned
  const rules = boardFor(governance, change.team)
  const loads = new Map<string, { load: number; last?: string }>()
  const of = (who: string) => {
    const known = loads.get(who) ?? { load: 0 }
    loads.set(who, known)
    return known
  }
  for (const [person, since] of lastGiven) {
    const known = of(pinned.person(person))
    if (known.last === undefined || since > known.last) known.last = since
  }
  for (const one of team) {
    if (one.assignee !== undefined && !hasEnded(one) && takesPlace(rules, one)) of(pinned.person(one.assignee)).load++
  }
  const candidates = holdersOf(governance, role, change.team, at).map((person): Candidate => {
    const { load = 0, last } = loads.get(person) ?? {}
    const passedOver = isAbsent(governance, person, at)
      ? 'absent'
      : rules?.perPerson !== undefined && load >= rules.perPerson
        ? 'limit'
        : conflictOf(pinned, change, 'make', [person], { fresh: true }) !== undefined
          ? 'separation'
          : undefined
    return {
      person,
      load,
      ...(last === undefined ? {} : { last }),
      ...(passedOver === undefined ? {} : { passedOver }),
    }
  })
  return candidates.toSorted(
    (a, b) =>
      Number(a.passedOver !== undefined) - Number(b.passedOver !== undefined) ||
      a.load - b.load ||
      compare(a.last ?? '', b.last ?? '') ||
      compare(a.person, b.person),
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const given = (pinned: Pinned, change: Change, to: string): Change =>
  evolved(change, [{ type: 'change.assigned', to }], nowIn(pinned))

/** The stages for which nobody, or not enough persons, would be left. */
function openToNobody(pinned: Pinned, change: Change): string[] {
  const work = pinned.stages.filter(stage => {
    if (stage.kind === 'approval' || (stage.kind === 'task' && stage.duty === 'make') || !isAsked(change, stage))
      return false
    const able = eligibleFor(pinned, change, [stage.by], dutyAt(stage), { stage: stage.name })
    const needs = stage.kind === 'test' ? stage.signOffs : 1
    return able.filter(one => one.excluded === undefined).length < needs
  })
  const blocked = blockedStages(pinned, change).flatMap(event => (event.type === 'change.blocked' ? [event.stage] : []))
  return [...work.map(stage => stage.name), ...blocked]
}
