import { toldApart, toldCase } from '../cases.ts'
import type { Category } from '../category.ts'
import { conditionHolds } from '../condition.ts'
import { defaultSeparations, houseSeparations, reviewsApart, type Separation, samePair } from '../duty.ts'
import type { ExceptionRule } from '../exception.ts'
import type { Form } from '../form.ts'
import { bestMatch, type Candidate, isMatched, type Matching } from '../matching.ts'
import type { Policy } from '../policy.ts'
import { type Choice, choicesOf, type Requirement } from '../requirement.ts'
import { type ApprovalStage, conditionsIn, isForBrokenGlass, isOwed, type SingleStage, singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'
import type { Member } from './population.ts'
import { told } from './shadow.ts'
import { canAct, help, vacant } from './vacant.ts'

/** More ways of going through a flow, or of approving all of it, than this are not told apart. */
const mostFlows = 64
/** So many persons are tried for the duties of one change; what was not decided by then is not known. */
const mostTries = 3_000
const mostNamed = 8

/** What the people that there are cannot do: roles without anybody, and requirements that take more than there are. */
export function shortages(at: string, category: Category, policy: Policy, setting: ShortSetting): LintFinding[] {
  const { members, cases } = setting
  const flow = singlesOf(category.flow)
  const found = [
    ...vacant(at, category, members),
    ...fewTesters(at, flow, members),
    ...flow.flatMap(stage => alone(at, stage, members, cases)),
  ]
  if (found.length > 0) return found
  const flows = [...new Map(cases.map(one => asTaken(flow, one)).map(taken => [taken.key, taken])).values()]
  if (flows.length > mostFlows)
    return [untried(at, `its conditions make ${flows.length} different flows of it, and none of them was tried`)]
  const look: Look = {
    at,
    category,
    members: enoughOf(members, flow),
    apart: separations(policy, setting.separations),
    exceptions: policy.exceptions ?? [],
    reviewsApart: reviewsApart(policy),
    releasersReview: false,
  }
  const plain = tried(flows, { ...look, exceptions: [] })
  const stuck = tried(plain.none, look)
  const [lost] = stuck.none
  if (lost === undefined) {
    const [unknown] = [...stuck.unknown, ...plain.unknown]
    return [
      ...stuck.some.slice(0, 1).map(taken => excepted(look, taken)),
      ...(unknown === undefined ? makersStuck(look, flows) : [untried(at, brokenOff(unknown))]),
    ]
  }
  return [
    finding(
      'category.unmeetable',
      at,
      `each stage could be met, and all of them together by nobody${whereIn(lost)}: who asks, makes, tests and approves are more different persons than there are with these roles${hangingOn(look, lost)}`,
      'Give the roles to more persons, or ask for fewer.',
    ),
  ]
}

/** The flows that somebody can be found for, those that nobody can, and those of which that is not known. */
function tried(flows: readonly Taken[], look: Look) {
  const answers = flows.map(taken => ({ taken, can: canGoThrough(look, taken) }))
  const that = (is: boolean | undefined) => answers.filter(one => one.can === is).map(one => one.taken)
  return { some: that(true), none: that(false), unknown: that(undefined) }
}

const brokenOff = (taken: Taken): string =>
  `there are more ways to share it out among these people${whereIn(taken)} than are tried, so the search was broken off`

/** What these people can or cannot do is not said, and neither is it said that all is well. */
const untried = (at: string, because: string): LintFinding =>
  finding(
    'ways.untried',
    at,
    `${because}: whether these people can take it through is not known`,
    'Use fewer conditions, alternatives or persons at one stage, or more categories; or try it out with these people.',
  )

/** The pairs of duties of which each stands in the way by itself: were it not kept apart, it could be done. */
function hangingOn(look: Look, taken: Taken): string {
  const pairs = look.apart.filter(one => canGoThrough({ ...look, apart: withoutPair(look.apart, one) }, taken) === true)
  const afterwards = [
    ...(canGoThrough({ ...look, releasersReview: true }, taken) === true ? [['release', 'review']] : []),
    ...(canGoThrough({ ...look, reviewsApart: true }, taken) === true ? [['approve', 'review']] : []),
  ]
  const names = new Set([...pairs.map(one => one.duties), ...afterwards].map(([one, other]) => `${one} and ${other}`))
  return names.size === 0 ? '' : `; it hangs on ${[...names].join(', or on ')} being kept apart`
}

const withoutPair = (apart: readonly Separation[], { duties }: Separation): readonly Separation[] =>
  apart.filter(one => !samePair(one.duties, duties))

/** What nobody could take through if nobody were excepted. */
function excepted(look: Look, taken: Taken): LintFinding {
  const enough = look.exceptions.filter(one => canGoThrough({ ...look, exceptions: [one] }, taken) !== false)
  const pairs = enough.map(one => one.duties.join(' and ')).join(', or from ')
  return finding(
    'exception.needed',
    look.at,
    `without ${enough.length === 0 ? 'several exceptions at once' : `an exception from ${pairs}`} nobody can take it through${whereIn(taken)}: who asks, makes, tests and approves are more different persons than there are with these roles`,
    'It is said aloud, so it may stand, and is shown as an exception and never as compliance; or give the roles to more persons.',
  )
}

const whereIn = ({ one }: Taken): string => {
  const where = toldCase(one)
  return where === '' ? '' : ` where ${where}`
}

/**
 * As many of those who come to the same as one change could take at most. Where a share is asked for everybody counts, as
 * it is one of them all.
 */
function enoughOf(members: readonly Member[], flow: readonly SingleStage[]): readonly Member[] {
  const places = flow.map(stage =>
    stage.kind === 'approval' ? mostIn(stage.requires) : 'signOffs' in stage ? stage.signOffs : 1,
  )
  // One of them asks, one makes, and one excepts others.
  const most = 3 + places.reduce((sum, one) => sum + one, 0)
  const seen = new Map<string, number>()
  return members.filter(({ kind }) => {
    const count = (seen.get(kind) ?? 0) + 1
    seen.set(kind, count)
    return count <= most
  })
}

function mostIn(one: Requirement): number {
  if ('share' in one) return Number.POSITIVE_INFINITY
  if ('approvals' in one) return one.approvals
  return ('all' in one ? one.all : one.any).reduce((sum, part) => sum + mostIn(part), 0)
}

/** What is known beside the policy. */
interface ShortSetting {
  readonly members: readonly Member[]
  readonly cases: readonly Form[]
  /** The duties that the controls keep apart. */
  readonly separations: readonly Separation[]
}

/** Tests that more persons have to sign off than could. */
const fewTesters = (at: string, flow: readonly SingleStage[], members: readonly Member[]): LintFinding[] =>
  flow.flatMap(stage => {
    if (stage.kind !== 'test') return []
    const able = members.filter(member => canAct(member, stage.by)).length
    if (able === 0 || able >= stage.signOffs) return []
    const because = `${stage.signOffs} persons sign it off, and ${able} could`
    return [finding('requirement.unmeetable', `${at}.flow.${stage.name}`, because, help)]
  })

/** An approval that could not be met even if nobody had done anything on the change. */
function alone(at: string, stage: SingleStage, members: readonly Member[], cases: readonly Form[]): LintFinding[] {
  if (stage.kind !== 'approval') return []
  const where = `${at}.flow.${stage.name}`
  const candidates = candidatesAmong(members)
  for (const one of toldApart(cases, conditionsIn(stage))) {
    if (stage.when !== undefined && conditionHolds(stage.when, one) !== true) continue
    const choices = waysIn(stage.requires, one, members)
    const best = bestMatch(choices, candidates)
    if (best === undefined || best.missing.size === 0) continue
    const which = toldCase(one)
    const here = which === '' ? '' : ` where ${which}`
    if (choices.every(way => [...way.keys()].every(role => !members.some(member => member.roles.includes(role)))))
      return [finding('approval.nobody', where, `nobody can approve it${here}: ${told(stage.requires)}`, help)]
    return [
      finding(
        'requirement.unmeetable',
        where,
        `${told(stage.requires)} takes more than there are${here}: ${toldMissing(best)}`,
        help,
      ),
    ]
  }
  return []
}

const toldMissing = ({ missing }: Matching): string =>
  [...missing].map(([role, count]) => `${count} of ${role} ${count === 1 ? 'is' : 'are'} missing`).join(', ')

const candidatesAmong = (members: readonly Member[]): Candidate[] =>
  members.map(({ person, roles, groups }) => ({ person, roles, groups }))

/** The ways to meet a requirement in a case, with shares of those who hold a role. */
const waysIn = (requirement: Requirement, one: Form, members: readonly Member[]): Choice[] =>
  choicesOf(requirement, when => conditionHolds(when, one) === true, sizesOf(members))

function sizesOf(members: readonly Member[]): Record<string, number> {
  const sizes = new Map<string, number>()
  for (const { roles } of members) for (const role of roles) sizes.set(role, (sizes.get(role) ?? 0) + 1)
  return Object.fromEntries(sizes)
}

/** The pairs of duties that are kept apart on a change, before it takes effect and afterwards. */
function separations(policy: Policy, others: readonly Separation[]): readonly Separation[] {
  const isLifted = (one: Separation) => policy.permit.some(lifted => samePair(lifted.duties, one.duties))
  return [...others, ...houseSeparations, ...policy.separate, ...defaultSeparations.filter(one => !isLifted(one))]
}

/** What is asked for in a case. Flows with the same key come to the same. */
interface Taken {
  readonly one: Form
  readonly key: string
  readonly stages: readonly SingleStage[]
}

function asTaken(flow: readonly SingleStage[], one: Form): Taken {
  const stages = flow.filter(
    stage => !isForBrokenGlass(stage) && (stage.when === undefined || conditionHolds(stage.when, one) === true),
  )
  const asked = stages.map(stage =>
    stage.kind === 'approval'
      ? choicesOf(stage.requires, when => conditionHolds(when, one) === true).map(way => [...way])
      : [],
  )
  return { one, stages, key: JSON.stringify([stages.map(stage => stage.name), asked]) }
}

interface Look {
  readonly at: string
  readonly category: Category
  readonly members: readonly Member[]
  readonly apart: readonly Separation[]
  /** From what somebody can be excepted, as far as there is anybody to grant it. */
  readonly exceptions: readonly ExceptionRule[]
  /** A person counts once before it takes effect, and once after. */
  readonly reviewsApart: boolean
  /** Whoever puts it into effect may review it afterwards, which no policy lets them. */
  readonly releasersReview: boolean
}

/** Something to be done on a change by one person, other than to approve it. */
interface Seat {
  readonly duties: readonly string[]
  readonly role?: string
  /** By a robot, or by who stands in, it is not done. */
  readonly inPerson?: true
  /** Those who take the seats of one test are different persons. */
  readonly among?: string
}

/** Who has which duties on the change that is thought of. */
type Held = ReadonlyMap<string, ReadonlySet<string>>

/** Whether somebody can be found for everything that a change takes, each separation kept; `undefined`, where that was not found out. */
function canGoThrough(look: Look, taken: Taken, maker?: string): boolean | undefined {
  const seats = seatsOf(look.category, taken.stages)
  const firm = without(look.apart, look.exceptions)
  let tries = 0
  const seated = (place: number, held: Held, among: readonly (readonly [string, string])[]): boolean | undefined => {
    const seat = seats[place]
    if (seat === undefined) return isKept(look, taken, held)
    const tried = new Set<string>()
    // Whoever has done something already is tried first, so that the others are left for the approvals.
    const isAtIt = ({ person }: Member) => held.has(person)
    for (const member of [...look.members.filter(isAtIt), ...look.members.filter(one => !isAtIt(one))]) {
      const { person } = member
      if (seat.duties.includes('make') && seat.role === undefined && maker !== undefined && person !== maker) continue
      if (seat.role !== undefined && !(seat.inPerson ? member.own.includes(seat.role) : canAct(member, seat.role)))
        continue
      if (among.some(([stage, other]) => stage === seat.among && other === person)) continue
      const duties = new Set([...(held.get(person) ?? []), ...seat.duties])
      if (isInConflict(firm, duties)) continue
      // Persons who can do the same and have done the same come to the same.
      const kind = JSON.stringify([member.kind, person === maker, ...(held.get(person) ?? [])])
      if (tried.has(kind)) continue
      tried.add(kind)
      if (++tries > mostTries) return undefined
      const next = seat.among === undefined ? among : [...among, [seat.among, person] as const]
      const can = seated(place + 1, new Map(held).set(person, duties), next)
      if (can !== false) return can
    }
    return false
  }
  return seated(0, new Map(), [])
}

function seatsOf(category: Category, stages: readonly SingleStage[]): Seat[] {
  const releases = stages.some(stage => stage.kind === 'release')
  return [
    {
      duties: ['request'],
      ...(category.requestedBy === undefined ? {} : { role: category.requestedBy, inPerson: true }),
    },
    // Nothing is released of which nobody knows who made it.
    ...(releases ? [{ duties: ['make'] }] : []),
    ...stages.flatMap((stage): Seat[] => {
      if (stage.kind === 'task')
        return [{ duties: stage.duty === 'review' ? ['review'] : [stage.duty, 'make'], role: stage.by }]
      if (stage.kind === 'release') return [{ duties: ['release'], role: stage.by }]
      if (stage.kind === 'approval') return []
      return Array.from({ length: stage.signOffs }, () => ({ duties: ['test'], role: stage.by, among: stage.name }))
    }),
  ]
}

const without = (apart: readonly Separation[], exceptions: readonly ExceptionRule[]): readonly Separation[] =>
  apart.filter(one => !exceptions.some(rule => samePair(rule.duties, one.duties)))

const isInConflict = (apart: readonly Separation[], duties: ReadonlySet<string>): boolean =>
  apart.some(({ duties: [one, other] }) => duties.has(one) && duties.has(other))

/**
 * Whether every separation is kept, but for those from which somebody can except others who takes no part: whoever only
 * approves takes none.
 */
function isKept(look: Look, taken: Taken, held: Held): boolean | undefined {
  const granted = look.exceptions.filter(({ grantedBy }) =>
    look.members.some(({ person, own }) => own.includes(grantedBy) && !held.has(person)),
  )
  const kept = without(look.apart, granted)
  if ([...held.values()].some(duties => isInConflict(kept, duties))) return false
  const asking = taken.stages.filter(stage => stage.kind === 'approval')
  const jointly = look.reviewsApart ? [asking.filter(one => !isOwed(one)), asking.filter(isOwed)] : [asking]
  const answers = jointly.map(stages => areApproved(look, { one: taken.one, stages }, held, kept))
  return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true
}

/** What else may not have been done by whoever approves, or reviews what has taken effect. */
const isFree = (
  { apart, releasersReview }: Pick<Look, 'apart' | 'releasersReview'>,
  stage: ApprovalStage,
  done: ReadonlySet<string> = new Set(),
): boolean =>
  !apart.some(({ duties: [one, other] }) => {
    const isGiven = (duty: string) => duty === 'approve' || (duty === 'review' && isOwed(stage))
    return (isGiven(one) && done.has(other)) || (isGiven(other) && done.has(one))
  }) &&
  (releasersReview || !(isOwed(stage) && done.has('release')))

/** Whether the approvals of some stages can be given by different persons, none of whom has done what is kept apart. */
function areApproved(
  { members, apart, releasersReview }: Look,
  { one, stages }: { readonly one: Form; readonly stages: readonly ApprovalStage[] },
  held: Held,
  kept: readonly Separation[],
): boolean | undefined {
  const jointly = stages.flatMap((stage, place) => {
    const able = members.filter(({ person }) => isFree({ apart: kept, releasersReview }, stage, held.get(person)))
    // Whoever is excepted later than a stage opens is none of those of whom a share is asked.
    const asked = members.filter(({ person }) => isFree({ apart, releasersReview }, stage, held.get(person)))
    const ways = waysIn(stage.requires, one, asked)
    // What cannot be met by itself cannot be met beside others.
    return ways.length === 0 ? [] : [{ place, able, ways: ways.filter(way => isMatched([way], able)) }]
  })
  if (jointly.length === 0) return true
  const count = jointly.reduce((product, { ways }) => product * ways.length, 1)
  // What hangs on which of very many ways are taken is not found out.
  if (count > mostFlows) return undefined
  const placed = (place: number, role: string) => `${place} ${role}`
  const choices = jointly
    .map(({ place, ways }) => ways.map(way => [...way].map(([role, demand]) => [placed(place, role), demand] as const)))
    .reduce((all, ways) => all.flatMap(some => ways.map(way => [...some, ...way])), [[]] as (readonly [
      string,
      { count: number; groups: number },
    ])[][])
    .map((way): Choice => new Map(way))
  const candidates = jointly.flatMap(({ place, able }) =>
    able.map(({ person, roles, groups }) => ({ person, roles: roles.map(role => placed(place, role)), groups })),
  )
  return bestMatch(choices, candidates)?.missing.size === 0
}

/** Those whose own work could be approved by nobody, though others' could; and those of whom that is not known. */
function makersStuck(look: Look, flows: readonly Taken[]): LintFinding[] {
  const known = new Map<string, boolean | undefined>()
  const released = flows.filter(taken => taken.stages.some(isRelease))
  const goesThrough = ({ kind, person }: Member): boolean | undefined => {
    if (known.has(kind)) return known.get(kind)
    let all: boolean | undefined = true
    for (const taken of released) {
      const can = canGoThrough(look, taken, person)
      if (can !== true) all = can
      if (can === false) break
    }
    known.set(kind, all)
    return all
  }
  const makers = look.members.filter(one => one.roles.length > 0)
  const stuck = makers.filter(one => goesThrough(one) === false)
  const unknown = makers.filter(one => goesThrough(one) === undefined)
  return [
    ...(stuck.length === 0
      ? []
      : [
          finding(
            'maker.stuck',
            look.at,
            `what ${named(stuck)} made could not go through: without them there are too few for the rest`,
            'Give their roles to one person more, or name a stand-in.',
          ),
        ]),
    ...(unknown.length === 0
      ? []
      : [untried(look.at, `the search for who takes through what ${named(unknown)} made was broken off`)]),
  ]
}

function named(members: readonly Member[]): string {
  const names = members.slice(0, mostNamed).map(one => one.person)
  const more = members.length > names.length ? ` and ${members.length - names.length} more` : ''
  return `${names.join(', ')}${more}`
}

const isRelease = (stage: SingleStage): boolean => stage.kind === 'release'
