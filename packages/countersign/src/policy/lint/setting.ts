import { CountersignError, requireOptions, unexpected } from '@countersign/trail'
import { didYouMean } from '../../values/near.ts'
import type { Controls } from '../controls.ts'
import type { Policy } from '../policy.ts'
import type { Population } from './population.ts'

/** What a policy is held against beside itself: who there is, and the controls in force. */
export interface LintSetting extends Population {
  readonly controls?: Controls
}

const names = Object.keys({
  people: true,
  roles: true,
  groups: true,
  robots: true,
  calendars: true,
  controls: true,
} satisfies Record<keyof LintSetting, true>)

/** Throws `CountersignError` `input` where a name of a setting, a list or a role in it is a slip. */
export function requireSetting({ roles }: Policy, setting: Partial<LintSetting>): void {
  // The setting of a scenario may be handed in as it is, and has more than these: what is nearly one of them is a slip.
  const slips = Object.entries(setting).filter(([name]) => didYouMean(name, names) !== '')
  requireOptions('lint', Object.fromEntries(slips), names)
  for (const name of ['people', 'groups', 'robots'] as const) {
    const given: unknown = setting[name]
    if (given === undefined) continue
    if (typeof given !== 'object' || given === null)
      throw unexpected('input', `lint: the option ${name}`, 'a list for each person', { given })
    for (const [person, held] of Object.entries(given))
      if (!isListOfTexts(held)) throw unexpected('input', `lint: ${name}.${person}`, 'a list of texts', { given: held })
  }
  const there = [...Object.keys(roles), ...(setting.roles ?? [])]
  for (const name of ['people', 'robots'] as const)
    for (const [person, held] of Object.entries(setting[name] ?? {})) requireRoles(`${name}.${person}`, held, there)
}

/** A role of another team is none of the policy's; one that is near to one of these is a slip. */
function requireRoles(where: string, held: readonly string[], there: readonly string[]): void {
  for (const role of held) {
    const near = there.includes(role) ? '' : didYouMean(role, there)
    if (near === '') continue
    const problem = `there is no role ${role}${near} Name it in \`roles\` otherwise.`
    throw new CountersignError('input', `lint: ${where}: ${problem}`, { facts: { where, role } })
  }
}

const isListOfTexts = (value: unknown): boolean => Array.isArray(value) && value.every(one => typeof one === 'string')
