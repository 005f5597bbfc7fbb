import type { Matching } from '../../policy/matching.ts'
import { placesOf, type Requirement } from '../../policy/requirement.ts'
import type { Change } from '../change.ts'
import type { Eligible } from '../eligibility.ts'
import { applies } from '../requirement.ts'
import { isDone, type RequirementNode, type Status } from './explanation.ts'

/** What a node of the tree is told from. */
interface Telling {
  readonly change: Change
  readonly matching: Matching
  readonly eligible: readonly Eligible[]
  readonly whole: Status
  readonly electorate: Readonly<Record<string, number>>
}

/** What a requirement comes to on a change, in the shape of the requirement. */
export function nodeOf(telling: Telling, one: Requirement): RequirementNode {
  const because = one.because === undefined ? {} : { because: one.because }
  if ('from' in one) return { ...because, ...leafOf(telling, one) }
  if (!applies(telling.change, one.when)) return { status: 'skipped', ...because, preauthorised: true }
  if ('approvals' in one) return { status: 'satisfied', ...because, preauthorised: true }
  const parts = ('all' in one ? one.all : one.any).map(part => nodeOf(telling, part))
  const live = parts.filter(part => part.status !== 'skipped')
  // Where nothing of it applies, nothing of it is missing.
  if (live.length === 0) return { status: 'skipped', ...because, ...('any' in one ? { any: parts } : { all: parts }) }
  const met = 'any' in one ? live.some(part => isDone(part.status)) : live.every(part => isDone(part.status))
  const status: Status = met
    ? live.some(part => part.status === 'excepted')
      ? 'excepted'
      : 'satisfied'
    : isDone(telling.whole)
      ? 'pending'
      : telling.whole
  return 'any' in one ? { status, ...because, any: parts } : { status, ...because, all: parts }
}

type Leaf = Extract<Requirement, { from: string }>
type LeafNode = Extract<RequirementNode, { role: string }>

/** So many persons of a role, or a share of them: how many there are, and whether there can be more. */
function leafOf({ change, matching, eligible, whole, electorate }: Telling, one: Leaf): LeafNode {
  const of = electorate[one.from] ?? 0
  const needs = 'share' in one ? placesOf(one.share, of) : one.approvals
  const asShare = 'share' in one ? { share: one.share, of } : {}
  if (!applies(change, one.when)) return { status: 'skipped', role: one.from, needs, has: 0, persons: [], ...asShare }
  const persons = [...matching.taken].flatMap(([person, role]) => (role === one.from ? [person] : [])).toSorted()
  const has = Math.min(needs, persons.length)
  const open = eligible.filter(who => who.roles.includes(one.from))
  const able = open.filter(who => who.excluded === undefined).length
  // It was a share of nobody, and is one person's since there is somebody: one of none is no share.
  const share = of === 0 && able + has > 0 ? {} : asShare
  const status: Status =
    has >= needs
      ? whole === 'excepted'
        ? 'excepted'
        : 'satisfied'
      : open.length === 0 && has === 0
        ? 'vacant'
        : able + has < needs
          ? 'unsatisfiable'
          : whole === 'stale'
            ? 'stale'
            : 'pending'
  const groups = one.groups === undefined ? {} : { groups: groupsIn(matching, persons) }
  return { status, role: one.from, needs, has, persons, ...share, ...groups }
}

const groupsIn = ({ groups }: Matching, persons: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    persons.flatMap(person => {
      const group = groups.get(person)
      return group === undefined ? [] : [[person, group]]
    }),
  )
