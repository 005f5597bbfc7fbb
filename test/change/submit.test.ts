import {
  baseline,
  content,
  f0,
  fixtureForm,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { all, approval, approvals, category, field, policy, release, role, test } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { robot } from '../law/setting.ts'

const refusalOf = async (scenario: Scenario, account: string, more: object = {}) => {
  const receipt = await scenario.when(account, 'submit', { ...submitK, ...more } as never)
  return receipt.outcome === 'refused' ? receipt.refusal : receipt.outcome
}
const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads the department' }
const flow = normalFlow()
const agreed = approval('agree', approvals(1).from(role('appr')))

describe('a submission', () => {
  it('of a robot is refused, with whoever answers for it, or nobody', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot', { controller: 'alice' })
    await robot(scenario, 'stray-bot')
    expect(await refusalOf(scenario, 'build-bot')).toEqual({
      code: 'identity.bot',
      facts: { account: 'build-bot', bot: 'build-bot', controller: 'alice' },
    })
    expect(await refusalOf(scenario, 'stray-bot')).toEqual({
      code: 'identity.bot',
      facts: { account: 'stray-bot', bot: 'stray-bot', controller: null },
    })
  })

  it('to a team without a policy is refused, with the near one', async () => {
    const scenario = await f0({
      submit: null,
      policies: [policy('ledgers', { complies: baseline, roles }, { a: category({ flow }) })],
    })
    expect(await refusalOf(scenario, 'rita', { team: 'ledger' })).toEqual({
      code: 'policy.none',
      facts: { team: 'ledger', near: '; did you mean ledgers?' },
    })
  })

  it('of a category that there is not is refused, with those that there are and the near one', async () => {
    const scenario = await f0({ submit: null })
    expect(await refusalOf(scenario, 'rita', { category: 'norml' })).toEqual({
      code: 'policy.no-category',
      facts: { team: 't', category: 'norml', known: ['normal'], near: '; did you mean normal?' },
    })
  })

  it('with a form that does not fit is refused, field by field', async () => {
    const scenario = await f0({ submit: null })
    expect(await refusalOf(scenario, 'rita', { form: { system: 'ledger', risk: 'none' } })).toMatchObject({
      code: 'form.invalid',
      facts: { problems: [{ field: 'risk' }] },
    })
  })

  it('with makers of whom one is unknown is refused, with the near account', async () => {
    const scenario = await f0({ submit: null })
    const made = (...makers: string[]) => ({ content: { digest: content('r1'), makers } })
    expect(await refusalOf(scenario, 'rita', made('bob', 'alise'))).toEqual({
      code: 'name.unknown',
      facts: { what: 'account', name: 'alise', near: '; did you mean alice?' },
    })
  })

  it('records a robot and whoever answers for it as makers, each once and in order', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot', { controller: 'alice' })
    await robot(scenario, 'stray-bot')
    const makers = ['stray-bot', 'build-bot', 'carol', 'alice']
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers } } as never)
    expect(scenario.change('K').held.map(one => `${one.duty} ${one.person}`)).toEqual([
      'request rita',
      'make alice',
      'make build-bot',
      'make carol',
      'make stray-bot',
    ])
  })

  it('that hangs on a change that there is not is refused, and one that hangs on itself', async () => {
    const scenario = await f0({ submit: null })
    for (const parent of ['P', 'K'])
      expect(await refusalOf(scenario, 'rita', { parent })).toEqual({
        code: 'carry.parent',
        facts: { parent, problem: 'unknown' },
      })
  })

  it('hangs on sixteen changes in a row at most', async () => {
    const scenario = await f0({ submit: null })
    let parent: string | undefined
    for (let depth = 0; depth <= 16; depth++) {
      const change = `c${depth}`
      await scenario.given('rita', 'submit', {
        ...submitK,
        change,
        ...(parent === undefined ? {} : { parent }),
      } as never)
      parent = change
    }
    expect(await refusalOf(scenario, 'rita', { parent: 'c16' })).toEqual({
      code: 'carry.parent',
      facts: { parent: 'c16', problem: 'too deep', length: 17, most: 16 },
    })
  })
})

describe('when a change took effect', () => {
  const found = policy(
    't',
    { complies: baseline, roles },
    {
      normal: category({ form: fixtureForm, flow }),
      found: category({
        form: fixtureForm,
        retrospective: true,
        flow: [approval('review', approvals(1).from(role('appr')), { within: '2d' })],
      }),
    },
  )
  const refusedFor = (problem: string) => ({
    code: 'form.invalid',
    facts: { problems: [{ field: 'inEffectSince', problem }] },
  })

  it('is not said of one that is still to be made', async () => {
    const scenario = await f0({ submit: null, policies: [found] })
    expect(await refusalOf(scenario, 'rita', { inEffectSince: scenario.now })).toEqual(
      refusedFor('normal is for changes that are still to be made, and this says that it is in effect already'),
    )
  })

  it('is said of one that was found, and lies in the past or is now', async () => {
    const scenario = await f0({ submit: null, policies: [found] })
    expect(await refusalOf(scenario, 'rita', { category: 'found' })).toEqual(
      refusedFor('found is for changes that were found: since when is it in effect?'),
    )
    const future = new Date(Date.parse(scenario.now) + 1).toISOString()
    expect(await refusalOf(scenario, 'rita', { category: 'found', inEffectSince: future })).toEqual(
      refusedFor('it cannot have taken effect in the future'),
    )
    expect(await refusalOf(scenario, 'rita', { category: 'found', inEffectSince: scenario.now })).toBe('accepted')
  })
})

describe('a change to which no rule applies', () => {
  const form = z.object({ risk: z.enum(['low', 'high']), euros: z.int().optional() })
  const flows = policy(
    't',
    { complies: baseline, roles },
    {
      released: category({ form, flow: [agreed, release('go', { by: role('deployer') })] }),
      ended: category({
        form,
        flow: [approval('agree', approvals(1).from(role('appr')).when(field('risk').is('high')))],
      }),
      stepwise: category({
        form,
        flow: [
          test('verify', { by: role('tester') }),
          approval('agree', approvals(1).from(role('appr')), { environments: ['staging'] }),
          release('stage', { by: role('deployer'), environment: 'staging' }),
          approval('agree-too', all(approvals(1).from(role('head')).when(field('risk').is('high'))), {
            environments: ['live'],
          }),
          release('live', { by: role('deployer'), environment: 'live' }),
        ],
      }),
      costly: category({
        form,
        flow: [agreed, test('verify', { by: role('tester'), when: field('euros').atLeast(100) })],
      }),
    },
  )
  const scenarioOf = () => f0({ submit: null, policies: [flows] })

  it('is refused at the end of a flow without a release', async () => {
    const scenario = await scenarioOf()
    expect(await refusalOf(scenario, 'rita', { category: 'ended', form: { risk: 'low' } })).toEqual({
      code: 'policy.no-rule',
      facts: { stages: ['agree'], before: null },
    })
    expect(await refusalOf(scenario, 'rita', { category: 'ended', form: { risk: 'high' } })).toBe('accepted')
  })

  it('is refused before the release that no approval covers', async () => {
    const scenario = await scenarioOf()
    expect(await refusalOf(scenario, 'rita', { category: 'stepwise', form: { risk: 'low' } })).toEqual({
      code: 'policy.no-rule',
      facts: { stages: ['agree', 'agree-too'], before: 'live' },
    })
    expect(await refusalOf(scenario, 'rita', { category: 'stepwise', form: { risk: 'high' } })).toBe('accepted')
  })

  it('is refused where a condition asks about a field that is not filled in', async () => {
    const scenario = await scenarioOf()
    expect(await refusalOf(scenario, 'rita', { category: 'costly', form: { risk: 'low' } })).toEqual({
      code: 'policy.unknown-field',
      facts: { stage: 'verify', condition: '{"atLeast":100,"field":"euros"}' },
    })
  })
})

describe('a template', () => {
  it('is not named where the category follows none', async () => {
    const scenario = await f0({ submit: null, policies: [fixturePolicy()] })
    expect(await refusalOf(scenario, 'rita', { template: { name: 'restart', version: 1 } })).toEqual({
      code: 'template.unusable',
      facts: { template: 'restart', version: 1, why: 'none', category: 'normal' },
    })
  })
})
