import { f0, fixtureForm, fixturePolicy, type Scenario } from '@countersign/testing'
import {
  approval,
  approvals,
  category,
  controls,
  policy,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { materialDigest } from '../../packages/countersign/src/change/binding.ts'
import type { Change, Rejection } from '../../packages/countersign/src/change/change.ts'
import { isGlassOpen } from '../../packages/countersign/src/change/glass.ts'
import { isAsked } from '../../packages/countersign/src/change/requirement.ts'
import { isWaived } from '../../packages/countersign/src/change/standing.ts'
import { lifterOf, standingVetoes, vetoesAt } from '../../packages/countersign/src/change/veto.ts'
import { hasEnded, meetIn, openIn, pin, stageOf, stagesIn } from '../../packages/countersign/src/change/world.ts'
import { digestOf } from '../../packages/countersign/src/values/digest.ts'
import { day, hour, K, people } from '../law/setting.ts'

const go = release('go', { by: role('deployer') })
const agree = (options: Parameters<typeof approval>[2] = {}) =>
  approval('agree', approvals(1).from(role('appr')), options)
const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()
const seen = (scenario: Scenario, vary: Partial<Change> = {}, at = scenario.now) => {
  const change: Change = { ...scenario.change('K'), ...vary }
  return { change, pinned: pin({ governance: scenario.desk.governance() }, change, at) }
}
const stage = (scenario: Scenario, name: string) => {
  const found = stageOf(seen(scenario).pinned, name)
  if (found === undefined) throw new Error(name)
  return found
}

describe('what an approval is given for', () => {
  it('is the team, the category and each part that is material, and what is not there is nothing', () => {
    const material = ['title', 'reason', 'content', 'risk', 'toString']
    const kind = { ...category({ form: fixtureForm, flow: [agree(), go] }), material }
    const change = {
      team: 't',
      category: 'normal',
      title: 'T',
      reason: 'R',
      form: { risk: 'low' },
      content: 'c'.repeat(64),
    }
    const parts = { title: 'T', reason: 'R', content: 'c'.repeat(64), risk: 'low', toString: null }
    expect(materialDigest(kind, change)).toBe(digestOf('material', { team: 't', category: 'normal', parts }))
    const { content: _, ...bare } = change
    expect(materialDigest(kind, { ...bare, form: {} })).toBe(
      digestOf('material', { team: 't', category: 'normal', parts: { ...parts, content: null, risk: null } }),
    )
  })
})

describe('the rules that a change is pinned to', () => {
  it('are of the instant, and, once its life has ended, of the instant at which what it rests on was settled', async () => {
    const scenario = await f0()
    const at = later(scenario, day)
    const seenAt = (vary: Partial<Change>) => seen(scenario, vary, at).pinned.at
    const rests = { at: later(scenario, hour), approvals: [], signOffs: [] }
    expect(seenAt({})).toBe(at)
    for (const state of ['completed', 'closed', 'cancelled']) {
      expect(hasEnded({ state })).toBe(true)
      expect(seenAt({ state })).toBe(scenario.change('K').since)
      expect(seenAt({ state, rests })).toBe(rests.at)
    }
    for (const state of ['returned', 'remediation', 'verify']) {
      expect(hasEnded({ state })).toBe(false)
      expect(seenAt({ state, rests })).toBe(at)
    }
  })

  it('were adopted, with the category of the change', async () => {
    const scenario = await f0()
    expect(() => seen(scenario, { policy: '0'.repeat(64) })).toThrow(
      new RangeError(`no policy ${'0'.repeat(64)} with a category normal was ever adopted`),
    )
    expect(() => seen(scenario, { category: 'odd' })).toThrow(RangeError)
  })

  it('know the stages, those that are open, and who is who', async () => {
    const scenario = await f0({ people: people({ robert: [] }) })
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'one file' })
    const { pinned } = seen(scenario)
    expect(stagesIn(pinned.category)).toBe(stagesIn(pinned.category))
    expect(openIn(pinned.category, 'approve').map(one => one.name)).toEqual(['approve'])
    expect(openIn(pinned.category, 'returned')).toEqual([])
    expect(meetIn(pinned, ['carol', 'robert'], ['bob'])).toBe('robert')
    expect(meetIn(pinned, ['carol'], ['bob'])).toBeUndefined()
    const before = { ...pinned, person: (id: string) => id }
    expect(meetIn(before, ['robert'], ['bob'])).toBeUndefined()
  })
})

describe('a glass that was broken', () => {
  const lenient = controls('lenient', { 'CM-1': separate('make', 'approve').because('nobody approves what they made') })
  const roles = { appr: 'a', head: 'h', deployer: 'd', tester: 't' }
  const flow: Stage[] = [
    task('draw', { by: role('appr') }),
    test('verify', { by: role('tester') }),
    agree(),
    go,
    approval('audit', approvals(2).from(role('appr')), { within: '1d', onlyAfter: 'breakGlass' }),
    approval('last', approvals(1).from(role('appr'))),
  ]
  const rules = (options: object = {}) =>
    policy(
      't',
      { complies: lenient, roles, ...options },
      {
        normal: category({ form: fixtureForm, flow, breakGlass: { by: role('head'), lasts: '1h' } }),
        plain: category({ form: fixtureForm, flow: [agree(), go] }),
      },
    )
  const open = (options: object = {}, more: object = {}) =>
    f0({ controls: lenient, policies: [rules(options)], people: people({ hana: ['head'] }), ...more })
  const broken = (scenario: Scenario, more: object = {}) =>
    ({ by: 'hana', at: scenario.now, until: later(scenario, hour), round: 1, ...more }) as NonNullable<Change['glass']>

  it('is open for its time, in its round, and where the category lets it be broken', async () => {
    const scenario = await open()
    const isOpen = (vary: Partial<Change>, at = scenario.now) => {
      const { change, pinned } = seen(scenario, vary, at)
      return isGlassOpen(pinned, change)
    }
    const glass = broken(scenario)
    expect([isOpen({ glass }), isOpen({ glass }, later(scenario, hour - 1))]).toEqual([true, true])
    expect([isOpen({ glass }, later(scenario, hour)), isOpen({ glass, round: 2 })]).toEqual([false, false])
    expect([isOpen({ glass, category: 'plain' }), isOpen({})]).toEqual([false, false])
  })

  it('waives the approvals and tests before the last release, and nothing else', async () => {
    const scenario = await open()
    const waived = (vary: Partial<Change>, at = scenario.now) => {
      const { change, pinned } = seen(scenario, vary, at)
      return pinned.stages.filter(one => isWaived(pinned, change, one)).map(one => one.name)
    }
    const glass = broken(scenario)
    expect(waived({ glass })).toEqual(['verify', 'agree'])
    expect(waived({})).toEqual([])
    const over = later(scenario, day)
    expect(waived({ glass }, over)).toEqual([])
    const released = {
      stage: 'go',
      person: 'hana',
      chain: ['hana'],
      seats: [],
      at: scenario.now,
      round: 1,
      revision: 1,
    }
    const underGlass = { ...released, underGlass: true } as const
    expect(waived({ glass, releases: [underGlass] }, over)).toEqual(['verify', 'agree'])
    expect(waived({ glass, releases: [released] }, over)).toEqual([])
    expect(
      waived(
        { glass, releases: [{ ...underGlass, ended: { how: 'stale', revision: 2, at: '2026-03-02T08:30:00.000Z' } }] },
        over,
      ),
    ).toEqual([])
    expect(waived({ glass, releases: [{ ...underGlass, round: 2 }] }, over)).toEqual([])
  })

  it('asks for what is only owed for it once it was used', async () => {
    const scenario = await open()
    const asked = (vary: Partial<Change>) => isAsked(seen(scenario, vary).change, stage(scenario, 'audit'))
    expect([asked({}), asked({ glass: broken(scenario) }), asked({ glass: broken(scenario, { used: true }) })]).toEqual(
      [false, false, true],
    )
    expect(isAsked(seen(scenario).change, stage(scenario, 'agree'))).toBe(true)
  })

  it('is not broken by whoever made the change, where makers do not release', async () => {
    const apart = [separate('make', 'release').because('two pairs of hands')]
    const scenario = await open({ separate: apart }, { people: people({ alice: ['head'] }) })
    const receipt = await scenario.when('alice', 'breakGlass', { ...K, reason: 'down' })
    expect(receipt).toMatchObject({ outcome: 'refused' })
    expect(receipt.outcome === 'refused' && receipt.refusal).toEqual({
      code: 'duty.conflict',
      facts: {
        duties: ['make', 'release'],
        person: 'alice',
        link: 'self',
        held: 'make',
        how: 'made content',
        revision: 1,
        because: 'two pairs of hands',
        able: [],
      },
    })
  })
})

describe('a veto', () => {
  const veto = { veto: { liftedBy: role('head') } }
  const flow = [approval('first', approvals(1).from(role('head'))), agree(veto), go]
  const open = () =>
    f0({ policies: [fixturePolicy({ flow })], people: people({ hana: ['head'], hugo: ['head'], rita: ['head'] }) })
  const placed = (scenario: Scenario, person: string, more: Partial<Rejection> = {}): Rejection => ({
    stage: 'agree',
    person,
    chain: [person],
    seats: [],
    at: scenario.now,
    round: 1,
    revision: 1,
    after: 0,
    category: 'normal',
    veto: true,
    ...more,
  })
  const standing = (scenario: Scenario, ...rejections: Rejection[]) => {
    const { change, pinned } = seen(scenario, { rejections }, later(scenario, day))
    return standingVetoes(pinned, change).map(one => one.person)
  }

  it('stands until somebody has lifted it who could', async () => {
    const scenario = await open()
    const by = (person: string) => ({ lifted: { by: person, at: scenario.now, after: 0 } })
    expect(standing(scenario, placed(scenario, 'bob'), placed(scenario, 'dan', by('hana')))).toEqual(['bob'])
    expect(standing(scenario, placed(scenario, 'dan', by('rita')), placed(scenario, 'bob', by('bob')))).toEqual(['dan'])
    const { veto: _, ...plain } = placed(scenario, 'carol')
    expect(standing(scenario, plain)).toEqual([])
  })

  it('stands again where whoever lifted it was compromised then, and not for what happened before or after', async () => {
    const scenario = await open()
    await scenario.given('ada', 'recordDeparture', { person: 'hana', compromised: true })
    const lifted = (at: string) => placed(scenario, 'dan', { lifted: { by: 'hana', at, after: 0 } })
    expect(standing(scenario, lifted(later(scenario, -1)))).toEqual(['dan'])
    expect(standing(scenario, lifted(scenario.now))).toEqual(['dan'])
    expect(standing(scenario, lifted(later(scenario, 1)))).toEqual([])
    const { change, pinned } = seen(scenario, { rejections: [lifted(later(scenario, -day))] }, later(scenario, -1))
    expect(standingVetoes(pinned, change)).toEqual([])
  })

  it('blocks the stage at which it was placed, or the first one, where that is gone', async () => {
    const scenario = await open()
    const blocks = (one: Rejection) => {
      const { change, pinned } = seen(scenario, { rejections: [one] })
      return pinned.stages.filter(it => vetoesAt(pinned, change, it).length > 0).map(it => it.name)
    }
    expect(blocks(placed(scenario, 'dan'))).toEqual(['agree'])
    expect(blocks(placed(scenario, 'dan', { stage: 'gone' }))).toEqual(['first'])
    expect(blocks(placed(scenario, 'dan', { stage: 'go' }))).toEqual(['first'])
  })

  it('is lifted by whom its stage names, in the category of then', async () => {
    const scenario = await open()
    const { pinned } = seen(scenario)
    const lifter = (more: Partial<Rejection>) => lifterOf(pinned, placed(scenario, 'dan', more))
    expect([lifter({}), lifter({ stage: 'first' }), lifter({ stage: 'go' }), lifter({ stage: 'gone' })]).toEqual([
      'head',
      undefined,
      undefined,
      undefined,
    ])
    expect(lifter({ category: 'gone' })).toBeUndefined()
  })
})
