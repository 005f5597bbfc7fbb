import type { Category } from '../category.ts'
import type { Policy } from '../policy.ts'
import { singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'
import type { Member } from './population.ts'

export const help = 'Give the role to somebody, name a stand-in (`fallback`), or ask for less.'
const helpInPerson = 'Give the role to somebody, or name another one: in this nobody stands in.'

/** Whether somebody can do what is not an approval in a role, be it by a robot. */
export const canAct = (member: Member, role: string): boolean =>
  member.roles.includes(role) || member.robots.includes(role)

/** What has to be done for a change of a category to go through, and by whom there is nobody. */
export function vacant(at: string, category: Category, members: readonly Member[]): LintFinding[] {
  const { requestedBy, breakGlass, flow } = category
  const stages = singlesOf(flow).flatMap(stage =>
    stage.kind === 'approval' || members.some(member => canAct(member, stage.by))
      ? []
      : [
          finding(
            'role.vacant',
            `${at}.flow.${stage.name}`,
            `nobody holds ${stage.by}, so nobody can do ${stage.name}`,
            help,
          ),
        ],
  )
  return [
    ...inPerson(`${at}.requestedBy`, requestedBy, members, 'can ask for it'),
    ...stages,
    ...inPerson(`${at}.breakGlass`, breakGlass?.by, members, 'can break the glass'),
  ]
}

/** What nobody would do in a category where it came to that: a change can go through without. */
export const idle = (at: string, { flow, triage = [] }: Category, members: readonly Member[]): LintFinding[] => [
  ...singlesOf(flow).flatMap(stage =>
    stage.kind === 'approval'
      ? inPerson(
          `${at}.flow.${stage.name}.veto`,
          stage.veto?.liftedBy,
          members,
          'but whoever placed a veto can lift it',
        )
      : [],
  ),
  ...triage.flatMap(({ to }, place) =>
    inPerson(`${at}.triage.${place}`, to, members, 'is given what this rule is for'),
  ),
]

/** The same of what a policy says beside its categories; of a role that nobody holds the stages that ask for it tell. */
export const idleBeside = ({ roles, exceptions = [] }: Policy, members: readonly Member[]): LintFinding[] => [
  ...Object.entries(roles)
    .filter(([name]) => isHeld(name, members))
    .flatMap(([name, { fallback, delegates }]) => [
      ...(fallback === undefined || isHeld(fallback.role, members)
        ? []
        : inPerson(`roles.${name}.fallback`, fallback.role, members, `stands in for ${name}`)),
      ...inPerson(`roles.${name}.delegates`, delegates, members, `can be a delegate for ${name}`),
    ]),
  ...exceptions.flatMap(({ grantedBy, duties }, place) =>
    inPerson(`exceptions.${place}`, grantedBy, members, `can except anybody from ${duties.join(' and ')}`),
  ),
]

const isHeld = (role: string, members: readonly Member[]): boolean =>
  members.some(one => one.own.includes(role) || one.robots.includes(role))

/** A role in which only those act who hold it themselves: neither a robot nor whoever stands in. */
function inPerson(where: string, role: string | undefined, members: readonly Member[], what: string): LintFinding[] {
  if (role === undefined || members.some(one => one.own.includes(role))) return []
  const who = members.some(one => one.robots.includes(role)) ? 'only robots hold' : 'nobody holds'
  return [finding('role.vacant', where, `${who} ${role}, so nobody ${what}`, helpInPerson)]
}
