import { unexpected } from '@countersign/trail'
import { didYouMean } from '../../values/near.ts'
import { casesOf, toldApart } from '../cases.ts'
import type { Category } from '../category.ts'
import { dutiesOf } from '../check/check.ts'
import { conditionHolds } from '../condition.ts'
import type { Controls } from '../controls.ts'
import { samePair } from '../duty.ts'
import { type Policy, readPolicy } from '../policy.ts'
import { rolesOf } from '../requirement.ts'
import { conditionsIn, singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'
import { impliesAmong, type Member, membersOf } from './population.ts'
import { rings } from './ring.ts'
import { type LintSetting, requireSetting } from './setting.ts'
import { shadowed } from './shadow.ts'
import { shortages } from './shortage.ts'
import { unapproved } from './unapproved.ts'
import { unreachableStages } from './unreachable-stage.ts'
import { unseen } from './unseen.ts'
import { idle, idleBeside } from './vacant.ts'

/**
 * What can be said against a policy that may be used: what keeps it from being used is refused where it is written
 * ({@link problemsOf}). Pure: the same policy and people give the same findings, in the order of the policy. With the
 * people who there are it tells, too, what none of them can do; with the controls alone, what of them comes to nothing.
 *
 * Throws `CountersignError` `input` where the policy is none, an option is unknown, people have no lists of
 * texts, or a role of theirs is nearly one of the policy's.
 *
 * @example
 * ```ts
 * import { any, approval, approvals, category, controls, lint, policy, release, role } from 'countersign/policy'
 * const one = approvals(1).from(role('owner'))
 * const flow = [approval('peer', any(one, approvals(2).from(role('owner')))), release('live', { by: role('owner') })]
 * const house = controls('house', {})
 * const team = policy('t', { complies: house, roles: { owner: 'owns it' } }, { normal: category({ flow }) })
 * lint(team).map(one => one.code) // → ['alternative.shadowed']
 * lint(team, { people: { ann: ['owner'] } }).map(one => one.code) // → ['alternative.shadowed', 'category.unmeetable']
 * ```
 */
export function lint(policy: Policy, setting?: Partial<LintSetting>): LintFinding[] {
  requirePolicy(policy)
  if (setting !== undefined) requireSetting(policy, setting)
  const { people, controls } = setting ?? {}
  const members = people === undefined ? undefined : membersOf(policy, { ...setting, people })
  const found = Object.entries(policy.categories).flatMap(([name, category]) =>
    inCategory(`categories.${name}`, category, policy, members, setting),
  )
  return [
    ...found,
    ...idlePairs(policy, controls),
    ...(members === undefined ? [] : idleBeside(policy, members)),
    ...boardFindings(policy, members),
    ...rings(policy),
    ...unusedRoles(policy),
  ]
}

function requirePolicy(policy: Policy): void {
  const [first] = readPolicy(policy).problems ?? []
  if (first !== undefined)
    throw unexpected(
      'input',
      `lint: the policy${first.where === '' ? '' : `, ${first.where}`}`,
      'a policy',
      first.problem,
    )
}

/** Pairs of duties of which something is said that comes to nothing. */
function idlePairs(policy: Policy, controls: Controls | undefined): LintFinding[] {
  const found: LintFinding[] = []
  for (const [place, { duties }] of policy.permit.entries()) {
    const kept = policy.separate.find(one => samePair(one.duties, duties))
    if (kept === undefined) continue
    const because = `lifts nothing: the policy itself keeps ${kept.duties.join(' and ')} apart (${kept.because})`
    found.push(finding('permit.overruled', `permit.${place}`, because, 'Leave out the one that is not meant.'))
  }
  const known = dutiesOf(policy)
  for (const [clause, one] of Object.entries(controls?.clauses ?? {})) {
    if (one.rule !== 'separate') continue
    for (const duty of new Set(one.duties)) {
      if (known.has(duty)) continue
      const says = `${clause} (${one.because}) keeps ${one.duties.join(' and ')} apart`
      const because = `${says}, and nobody ever has the duty ${duty} here${didYouMean(duty, known)}`
      const help = 'Correct the clause, where it is a slip; where it is meant for other teams, it may stand.'
      found.push(finding('duty.nobody', 'complies', because, help))
    }
  }
  return found
}

function inCategory(
  at: string,
  category: Category,
  policy: Policy,
  members: readonly Member[] | undefined,
  setting: Partial<LintSetting> | undefined,
): LintFinding[] {
  const stages = singlesOf(category.flow)
  const cases = casesOf(category.form, stages.flatMap(conditionsIn))
  const found: LintFinding[] = []
  if (cases === undefined) {
    const because = 'its conditions tell more cases apart than are tried out, so they were not looked at'
    found.push(finding('cases.untried', at, because, 'Use fewer conditions, or more categories.'))
  } else {
    found.push(
      ...unreachableStages(at, category, cases),
      ...unapproved(at, category, cases),
      ...unseen(at, category, cases),
    )
    const implies = members === undefined ? () => false : impliesAmong(members)
    for (const stage of stages) {
      if (stage.kind !== 'approval') continue
      const here = toldApart(cases, conditionsIn(stage)).filter(
        one => stage.when === undefined || conditionHolds(stage.when, one) === true,
      )
      found.push(...shadowed(`${at}.flow.${stage.name}`, stage.requires, here, implies))
    }
  }
  if (setting === undefined) return found
  for (const stage of stages) {
    if (stage.kind !== 'release' || stage.during === undefined || setting.calendars === undefined) continue
    if (setting.calendars.includes(stage.during)) continue
    const because = `nobody has declared a window of ${stage.during}, so there is no time at which it may be done${didYouMean(stage.during, setting.calendars)}`
    const help = 'An administrator declares it (declareWindow).'
    found.push(finding('calendar.undeclared', `${at}.flow.${stage.name}`, because, help))
  }
  if (members === undefined) return found
  const separations = Object.values(setting.controls?.clauses ?? {}).flatMap(one =>
    one.rule === 'separate' ? [{ duties: one.duties, because: one.because }] : [],
  )
  const people = shortages(at, category, policy, { members, cases: cases ?? [], separations })
  return [...found, ...people, ...idle(at, category, members)]
}

function boardFindings({ board, categories }: Policy, members: readonly Member[] | undefined): LintFinding[] {
  const found: LintFinding[] = []
  const kept = Object.entries(board?.categories ?? {}).filter(([, { reserve = 0 }]) => reserve > 0)
  const reserved = kept.reduce((sum, [, { reserve = 0 }]) => sum + reserve, 0)
  const fast = board?.expedite?.categories ?? []
  const without = Object.keys(categories).filter(name => !kept.some(([one]) => one === name) && !fast.includes(name))
  if (board?.capacity !== undefined && reserved >= board.capacity && without.length > 0)
    found.push(
      finding(
        'board.full',
        'board.capacity',
        `every place is kept for ${kept.map(([name]) => name).join(', ')}, so nothing of ${without.join(', ')} ever comes into progress`,
        'Keep fewer places, or have more.',
      ),
    )
  const { planning } = board ?? {}
  if (planning === undefined || members === undefined) return found
  const help = 'Give the role to more persons, or ask for fewer.'
  const holding = (role: string) => members.filter(one => one.own.includes(role)).length
  if (holding(planning.by) === 0)
    found.push(
      finding('role.vacant', 'board.planning.by', `nobody holds ${planning.by}, so nobody decides on the order`, help),
    )
  if (holding(planning.present) < planning.quorum)
    found.push(
      finding(
        'requirement.unmeetable',
        'board.planning.quorum',
        `${planning.quorum} of ${planning.present} have to be present, and there are ${holding(planning.present)}`,
        help,
      ),
    )
  return found
}

/** The roles that nothing in the policy asks for: a rule about them may have been forgotten. */
function unusedRoles(policy: Policy): LintFinding[] {
  const used = new Set<string | undefined>([
    ...Object.values(policy.roles).flatMap(({ fallback, delegates }) => [fallback?.role, delegates]),
    ...(policy.exceptions ?? []).map(one => one.grantedBy),
    policy.board?.planning?.by,
    policy.board?.planning?.present,
    ...Object.values(policy.categories).flatMap(({ requestedBy, breakGlass, triage = [], flow }) => [
      requestedBy,
      breakGlass?.by,
      ...triage.map(one => one.to),
      ...singlesOf(flow).flatMap(stage =>
        stage.kind === 'approval' ? [...rolesOf(stage.requires), stage.veto?.liftedBy] : [stage.by],
      ),
    ]),
  ])
  return Object.keys(policy.roles)
    .filter(name => !used.has(name))
    .map(name =>
      finding(
        'role.unused',
        `roles.${name}`,
        'nothing in the policy asks for it',
        'Leave it out, or write the rule that was meant.',
      ),
    )
}
