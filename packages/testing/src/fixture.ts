import { requireOptions } from '@countersign/trail'
import {
  approval,
  approvals,
  approvedBeforeRelease,
  type Category,
  category,
  controls,
  type Policy,
  type PolicyOptions,
  policy,
  release,
  role,
  type Stage,
  separate,
  test,
} from 'countersign/policy'
import * as z from 'zod'
import { content, Scenario, type Setting } from './scenario.ts'

/** The controls of the fixture: whoever makes a change neither approves nor tests it, and nothing is released unapproved. */
export const baseline = controls('baseline', {
  'CM-1': separate('make', 'approve').because('nobody approves what they made'),
  'CM-2': separate('make', 'test').because('nobody signs off the test of what they made'),
  'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
})

export const fixtureForm = z.object({
  system: z.enum(['ledger', 'billing']),
  risk: z.enum(['low', 'high']),
  note: z.string().max(400).optional(),
})

/**
 * The flow of `normal`: one test sign-off by `tester`, two approvals from `appr`, the release by `deployer`.
 *
 * @example
 * ```ts
 * import { normalFlow } from '@countersign/testing'
 * normalFlow().map(stage => stage.name) // → ['verify', 'approve', 'production']
 * ```
 */
export const normalFlow = (): Stage[] => [
  test('verify', { by: role('tester') }),
  approval('approve', approvals(2).from(role('appr'))),
  release('production', { by: role('deployer') }),
]

/** A policy that has the category `normal`. */
export type FixturePolicy = Policy & { readonly categories: { readonly normal: Category } }

/**
 * The policy of team `t` in the fixture, with whatever a case varies.
 *
 * @example
 * ```ts
 * import { fixturePolicy, normalFlow } from '@countersign/testing'
 * fixturePolicy({ flow: normalFlow().slice(1) }).categories.normal.flow.length // → 2
 * ```
 */
export const fixturePolicy = (
  vary: { options?: Partial<PolicyOptions>; flow?: Stage[]; material?: string[] } = {},
): FixturePolicy => {
  requireOptions('fixturePolicy', vary, ['options', 'flow', 'material'])
  return policy(
    't',
    {
      complies: baseline,
      roles: { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads the department' },
      separate: [separate('test', 'approve').because('whoever tests does not approve')],
      ...vary.options,
    },
    {
      normal: category({
        form: fixtureForm,
        material: vary.material ?? ['system', 'risk', 'content'],
        flow: vary.flow ?? normalFlow(),
      }),
    },
  ) as FixturePolicy
}

/** Alice makes, Bob, Carol and Dan approve, Erin tests, Rita asks, Paul releases. */
export const fixturePeople: Readonly<Record<string, readonly string[]>> = {
  alice: [],
  bob: ['appr'],
  carol: ['appr'],
  dan: ['appr'],
  erin: ['tester'],
  rita: [],
  paul: ['deployer'],
}

/** Rita's ticket K, whose content r1 Alice made. */
export const submitK = {
  change: 'K',
  team: 't',
  category: 'normal',
  title: 'Round half a cent to even',
  reason: 'the ledger and the bank differ by a cent on one invoice in ten thousand',
  form: { system: 'ledger', risk: 'low' },
  content: { digest: content('r1'), makers: ['alice'] },
}

/**
 * Fixture F0: team T, Alice implemented, Bob, Carol and Dan may approve, Erin tests, Rita asked; ticket K is submitted.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * const scenario = await f0()
 * scenario.change('K').state // → 'verify'
 * await scenario.refused('alice', 'signOff', { change: 'K', result: 'passed', evidence: [] }) // → 'duty.conflict'
 * ```
 */
export async function f0(vary: Partial<Setting> & { submit?: object | null } = {}): Promise<Scenario> {
  const { submit, ...setting } = vary
  const scenario = await Scenario.open({
    controls: baseline,
    policies: [fixturePolicy()],
    people: fixturePeople,
    ...setting,
  })
  if (submit !== null) await scenario.given('rita', 'submit', { ...submitK, ...submit } as never)
  return scenario
}

/**
 * F0 after Erin has signed off the test, so that K is up for approval.
 *
 * @example
 * ```ts
 * import { f0Tested } from '@countersign/testing'
 * const scenario = await f0Tested()
 * scenario.change('K').state // → 'approve'
 * (await scenario.when('alice', 'approve', { change: 'K' })).outcome // → 'refused'
 * ```
 */
export async function f0Tested(vary: Partial<Setting> & { submit?: object } = {}): Promise<Scenario> {
  const scenario = await f0(vary)
  await scenario.given('erin', 'signOff', { change: 'K', result: 'passed', evidence: [{ name: 'report' }] })
  return scenario
}
