import { CountersignError } from '@countersign/trail'
import { safeParse } from '../values/safe-parse.ts'
import type { BoardRules } from './board.ts'
import type { Category } from './category.ts'
import { problemsOf } from './check/check.ts'
import { type Controls, controlsDigest, controlsSchema } from './controls.ts'
import type { Separation } from './duty.ts'
import type { ExceptionRule } from './exception.ts'
import { refuseUnfinished, refuseUnknown, stated } from './options.ts'
import { type Policy, readPolicy } from './policy.ts'
import type { RoleUse } from './role.ts'

export interface PolicyOptions {
  /** The organisation's controls, which this policy satisfies. */
  complies: Controls
  description?: string
  /** The roles that the policy speaks of: a sentence each, or more. A name that is missing here is a slip. */
  roles: Record<string, string | RoleUse>
  separate?: Separation[]
  permit?: Separation[]
  /** From which separations somebody can be excepted, by whom, for how long. */
  exceptions?: ExceptionRule[]
  /** A delegation is passed on at most so often: 1 (not at all) where nothing is said, up to 5. */
  delegation?: { depth: number }
  /** The team's board: columns and limits. */
  board?: BoardRules
}

/**
 * Writes down a team's policy and checks it: every name must be known, every control satisfied.
 * Throws `CountersignError` `policy` with every problem that was found, not only the first.
 *
 * @example
 * ```ts
 * import { approval, approvals, approvedBeforeRelease, category, controls, policy, release, role } from 'countersign/policy'
 * const house = controls('house', { 'H-1': approvedBeforeRelease().because('nothing goes live unapproved') })
 * const live = release('live', { by: role('owner') })
 * const roles = { owner: 'owns the system' }
 * const asked = category({ flow: [approval('decide', approvals(1).from(role('owner'))), live] })
 * policy('payments', { complies: house, roles }, { normal: asked }).team // → 'payments'
 * policy('payments', { complies: house, roles }, { normal: category({ flow: [live] }) }) // throws H-1
 * ```
 */
export function policy(team: string, options: PolicyOptions, categories: Record<string, Category>): Policy {
  refuseUnknown(`policy ${team}`, options, [
    'complies',
    'description',
    'roles',
    'separate',
    'permit',
    'exceptions',
    'delegation',
    'board',
  ])
  if (!safeParse(controlsSchema, options.complies).success) {
    throw new CountersignError('policy', `policy ${team}: \`complies\` names the controls, as controls(…) makes them`)
  }
  for (const list of ['separate', 'permit', 'exceptions'] as const) {
    const given: unknown = options[list]
    if (Array.isArray(given)) for (const [place, one] of given.entries()) refuseUnfinished(`${list}.${place}`, one)
  }
  const data = {
    format: 'countersign/policy/v1',
    team,
    ...(options.description === undefined ? {} : { description: options.description }),
    complies: { controls: options.complies.name, digest: controlsDigest(options.complies) },
    roles: rolesAs(options.roles),
    separate: options.separate === undefined ? [] : options.separate,
    permit: options.permit === undefined ? [] : options.permit,
    ...(options.exceptions === undefined ? {} : { exceptions: options.exceptions }),
    ...(options.delegation === undefined ? {} : { delegation: options.delegation }),
    ...(options.board === undefined ? {} : { board: options.board }),
    categories,
  }
  return parsePolicy(data, options.complies)
}

/** Each role with what is said of it. What is no list of roles by their names is handed on, to be refused. */
const rolesAs = (roles: PolicyOptions['roles']): unknown =>
  typeof roles !== 'object' || roles === null || Array.isArray(roles)
    ? roles
    : Object.fromEntries(
        Object.entries(roles).map(([name, use]) => [
          name,
          typeof use === 'string' ? { description: use } : usedAs(use),
        ]),
      )

function usedAs(use: RoleUse): unknown {
  if (typeof use !== 'object' || use === null || Array.isArray(use)) return use
  const { fallback } = use
  const isSaid = typeof fallback === 'object' && fallback !== null && !Array.isArray(fallback)
  return { ...stated(use), ...(isSaid ? { fallback: stated(fallback) } : {}) }
}

/**
 * Reads a policy from unknown data and checks it against the controls that it says it satisfies.
 * Throws `CountersignError` `policy` with every problem that was found.
 *
 * @example
 * ```ts
 * import { controls, parsePolicy } from 'countersign/policy'
 * parsePolicy({}, controls('house', {})) // throws this policy cannot be used
 * ```
 */
export function parsePolicy(data: unknown, controls: Controls): Policy {
  const read = readPolicy(data)
  if (read.document === undefined) throw refused(read.problems)
  const problems = problemsOf(read.document, controls)
  if (problems.length > 0) throw refused(problems)
  return read.document
}

const refused = (problems: readonly { where: string; problem: string }[]) =>
  new CountersignError(
    'policy',
    `this policy cannot be used:\n${problems.map(({ where, problem }) => `  ${where || 'policy'}: ${problem}`).join('\n')}`,
    { facts: { problems } },
  )
