import { f0Tested, fixturePeople, fixturePolicy, type Scenario } from '@countersign/testing'
import type { Explanation } from 'countersign'

/** The ticket of F0, for commands about it. */
export const K = { change: 'K' }

/** What a tester hands in with a test that passed. */
export const report: { result: 'passed'; evidence: { name: string }[] } = {
  result: 'passed',
  evidence: [{ name: 'report' }],
}

/** The people of F0, some of them with other roles, or joined by others. */
export const people = (other: Readonly<Record<string, readonly string[]>>) => ({ ...fixturePeople, ...other })

/** K as approvable as can be: tested, and approved by Bob and Carol, so that it waits for its release. */
export async function f0Approved(vary: Parameters<typeof f0Tested>[0] = {}): Promise<Scenario> {
  const scenario = await f0Tested(vary)
  await scenario.given('bob', 'approve', { change: 'K' })
  await scenario.given('carol', 'approve', { change: 'K' })
  return scenario
}

/** A stage of a change as it is explained now. */
export function stageOf(scenario: Scenario, change: string, name: string): Explanation['stages'][number] {
  const stage = scenario.explain(change).stages.find(one => one.stage === name)
  if (stage === undefined) throw new Error(`there is no stage ${name}`)
  return stage
}

/** Team U, which has the rules of T for its projects. */
export function elsewhere() {
  const { categories, ...rules } = fixturePolicy()
  return { ...rules, team: 'u', categories: { project: categories.normal as NonNullable<typeof categories.normal> } }
}

/** Why what a person gave does not count. */
export const discountOf = (scenario: Scenario, change: string, stage: string, person: string) =>
  stageOf(scenario, change, stage).acts.find(act => act.person === person)?.discounted

/** A delegation by the principal's own hand, from now on for a week unless told otherwise. */
export async function delegated(
  scenario: Scenario,
  principal: string,
  to: string,
  window: { from?: string; until?: string } = {},
): Promise<string> {
  const delegation = `${principal}-to-${to}`
  const from = window.from ?? scenario.now
  const until = window.until ?? new Date(Date.parse(from) + 7 * day).toISOString()
  await scenario.given(principal, 'delegate', { delegation, principal, to, from, until })
  return delegation
}

export const hour = 3_600_000
export const day = 24 * hour

/** An account of its own for a robot; without a controller nobody answers for it. */
export async function robot(
  scenario: Scenario,
  bot: string,
  given: { controller?: string; role?: string } = {},
): Promise<void> {
  const { controller, role } = given
  await scenario.given('ada', 'registerBot', {
    bot,
    accounts: [bot],
    ...(controller === undefined ? {} : { controller }),
  })
  if (role !== undefined) await scenario.given('ada', 'grantRole', { role, to: bot, team: '*' })
}

/** A template for standard changes, which fixes what decides and leaves the rest to the ticket. */
export const restart = {
  format: 'countersign/template/v1' as const,
  team: 't',
  name: 'restart',
  version: 1,
  category: 'standard',
  description: 'how it is restarted',
  fixed: { system: 'ledger', risk: 'low' },
  editable: ['note', 'title', 'reason', 'content'],
}
