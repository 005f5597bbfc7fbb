import { baseline, content, fixtureForm, normalFlow, Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  approvedTemplate,
  board,
  type CategoryOptions,
  category,
  controls,
  exception,
  field,
  type PolicyOptions,
  parallel,
  permit,
  policy,
  policyDigest,
  release,
  role,
  type Stage,
  separate,
  share,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { People } from '../../packages/countersign/src/verify/duties/people.ts'
import { refused } from './refusal.ts'
import { delegated, people, report, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const hour = 3_600_000
const day = 24 * hour
const E = { change: 'E' }

const incidentForm = z.object({ system: z.enum(['ledger', 'billing']), incident: z.string().min(3).max(100) })
const authorise = () => approval('authorise', approvals(1).from(role('appr')))
const production = () => release('production', { by: role('deployer') })
const review = (vary: Parameters<typeof approval>[2] = {}) =>
  approval('review', approvals(2).from(role('auditor')), { within: '24h', ...vary })
const audit = () => approval('audit', approvals(3).from(role('auditor')), { within: '8h', onlyAfter: 'breakGlass' })

interface Vary {
  readonly flow?: Stage[]
  readonly category?: Partial<CategoryOptions>
  readonly options?: Partial<PolicyOptions>
}

const roles = {
  appr: 'approves',
  auditor: 'reviews afterwards',
  tester: 'tests',
  deployer: 'releases',
  breakglass: 'may break the glass',
}

/** One authoriser before, two approvals within 24 hours of the release; and a category for what was found. */
const withEmergency = ({ flow, category: vary, options }: Vary = {}) =>
  policy(
    't',
    { complies: baseline, roles, ...options },
    {
      normal: category({ form: fixtureForm, flow: normalFlow() }),
      emergency: category({
        form: incidentForm,
        emergency: { incident: 'incident' },
        flow: flow ?? [authorise(), production(), review()],
        ...vary,
      }),
      found: category({ form: incidentForm, retrospective: true, flow: [review()] }),
    },
  )

const glassControls = controls('baseline', {
  'CM-1': separate('make', 'approve').because('nobody approves what they made'),
  'CM-3': approvedBeforeRelease(1, { breakGlass: 'allowed' }).because('nothing unapproved reaches production'),
})
const glassPolicy = (vary: Vary = {}) =>
  withEmergency({
    flow: [authorise(), production(), audit(), review()],
    ...vary,
    category: { breakGlass: { by: role('breakglass'), lasts: '1h' }, ...vary.category },
    options: { complies: glassControls, ...vary.options },
  })

/** Alice makes, Bob, Carol and Dan approve and review, as do Vera, Viktor and Wanda; Paul releases; Gus breaks the glass. */
const cast = people({
  bob: ['appr', 'auditor'],
  paul: ['deployer', 'auditor'],
  gus: ['breakglass', 'auditor'],
  vera: ['auditor'],
  viktor: ['auditor'],
  wanda: ['auditor'],
})

const incident = { system: 'ledger', incident: 'INC-17' }
const emergency = {
  ...E,
  team: 't',
  category: 'emergency',
  title: 'Stop the doubled postings',
  reason: 'every posting since midnight is there twice',
  form: incident,
  content: { digest: content('e1'), makers: ['alice'] },
}

async function opened(with_ = withEmergency(), controls_ = baseline, more = {}, setting = {}): Promise<Scenario> {
  const scenario = await Scenario.open({
    controls: controls_,
    policies: [with_],
    people: { ...cast, ...more },
    ...setting,
  })
  await scenario.given('alice', 'submit', emergency as never)
  return scenario
}

/** Edited, authorised and put into effect once more. */
async function inEffectOnceMore(scenario: Scenario): Promise<void> {
  const more = { digest: content('e2'), makers: ['alice'] }
  await scenario.given('alice', 'revise', { ...E, content: more, comment: 'more' })
  await scenario.given('bob', 'approve', E)
  await scenario.given('paul', 'release', E)
}

/** E, authorised by Bob and put into effect by Paul. */
async function inEffect(with_ = withEmergency(), controls_ = baseline): Promise<Scenario> {
  const scenario = await opened(with_, controls_)
  await scenario.given('bob', 'approve', E)
  await scenario.given('paul', 'release', E)
  return scenario
}

/** Tested by Erin before it took effect, where testing and reviewing are in different hands. */
const checked = (exceptions: 'allowed' | undefined, options: Partial<PolicyOptions> = {}) => {
  const apart = exceptions === undefined ? separate('test', 'review') : separate('test', 'review', { exceptions })
  const looked = test('look', { by: role('tester') })
  return withEmergency({
    flow: [authorise(), looked, production(), review()],
    options: { separate: [apart.because('whoever tested sees what they have seen')], ...options },
  })
}
const tried = async (with_: ReturnType<typeof withEmergency>) => {
  const scenario = await opened(with_)
  await scenario.given('ada', 'grantRole', { role: 'auditor', to: 'erin', team: '*' })
  await scenario.given('bob', 'approve', E)
  await scenario.given('erin', 'signOff', { ...E, result: 'passed', evidence: [{ name: 'run 7' }] })
  await scenario.given('paul', 'release', E)
  return scenario
}

const verdict = async (scenario: Scenario) => verifyTrail([fileOf(await linesOf(scenario.store))])
const sound = async (scenario: Scenario) =>
  expect(await verdict(scenario)).toMatchObject({ status: 'sound', findings: [] })
const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()
const owed = (scenario: Scenario, change = 'E') =>
  scenario.desk.obligations(scenario.now).filter(one => one.change === change)

describe('an emergency', () => {
  it('is put into effect with one authoriser, and cannot be closed before the two approvals are there that are due within 24 hours [LAW 80]', async () => {
    const scenario = await inEffect()
    const due = later(scenario, day)
    expect(scenario.desk.obligations(scenario.now)).toEqual([
      {
        change: 'E',
        team: 't',
        category: 'emergency',
        kind: 'review',
        stage: 'review',
        since: scenario.now,
        due,
        late: false,
        by: ['gus', 'vera', 'viktor', 'wanda'],
        missing: { auditor: 2 },
      },
    ])
    await refused(scenario, ['paul', 'close', E], 'obligation.open', { owed: [{ stage: 'review', due }] })
    await scenario.given('vera', 'approve', E)
    await refused(scenario, ['paul', 'close', E], 'obligation.open')
    await scenario.given('viktor', 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    expect(scenario.desk.obligations(scenario.now)).toEqual([])
    await scenario.given('paul', 'close', E)
    await sound(scenario)
  })

  it('cannot be put into effect without its authoriser, and owes nothing before it is [LAW 80]', async () => {
    const scenario = await opened()
    await refused(scenario, ['paul', 'release', E], 'requirement.unmet')
    expect(owed(scenario)).toEqual([])
    await scenario.given('alice', 'cancel', { ...E, comment: 'it was the bank' })
    expect(scenario.change('E').state).toBe('cancelled')
  })

  it('cannot be cancelled, nor become a change of another category, while it owes something [LAW 80]', async () => {
    const scenario = await inEffect()
    await refused(scenario, ['alice', 'cancel', { ...E, comment: 'never mind' }], 'obligation.open')
    const form = { system: 'ledger', risk: 'low' }
    const away = { ...E, category: 'normal', form, comment: 'it was none' }
    await refused(scenario, ['alice', 'recategorise', away as never], 'obligation.open')
    // Nor is either offered to whoever tries what has no place there.
    const { refusal } = await refused(
      scenario,
      ['paul', 'release', { ...E, environment: 'production' }],
      'lifecycle.not-now',
    )
    const { allowed } = refusal.facts
    expect(allowed).toContain('approve')
    expect(allowed.filter(one => ['cancel', 'close', 'recategorise'].includes(one))).toEqual([])
    await sound(scenario)
  })

  it('still owes its review by the same instant after an edit for which it is authorised and put into effect once more [LAW 80]', async () => {
    const scenario = await inEffect()
    const [first] = owed(scenario)
    scenario.at(2 * hour)
    await scenario.given('alice', 'revise', {
      ...E,
      content: { digest: content('e2'), makers: ['alice'] },
      comment: 'more',
    })
    expect(owed(scenario)).toMatchObject([{ stage: 'review', due: first?.due }])
    await refused(scenario, ['alice', 'cancel', { ...E, comment: 'never mind' }], 'obligation.open')
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    expect(owed(scenario)).toMatchObject([{ stage: 'review', due: first?.due }])
    await sound(scenario)
  })

  it('owes a review anew where it is put into effect again after one that was fulfilled, and no less than the first [LAW 80]', async () => {
    const second = approval('board', approvals(1).from(role('appr')), { within: '5d' })
    const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), review(), second] }))
    await scenario.given('vera', 'approve', E)
    await scenario.given('viktor', 'approve', E)
    expect(owed(scenario)).toMatchObject([{ stage: 'board' }])
    scenario.at(hour)
    await inEffectOnceMore(scenario)
    expect(owed(scenario)).toMatchObject([
      { stage: 'review', since: scenario.now, due: later(scenario, day) },
      { stage: 'board', due: later(scenario, 5 * day - hour) },
    ])
    await sound(scenario)
  })

  it('owes two reviews by their first instants where it is put into effect again while both are owed, and neither twice once they are given [LAW 80]', async () => {
    const second = approval('board', approvals(1).from(role('appr')), { within: '5d' })
    for (const last of ['board', 'review']) {
      const owing = last === 'board' ? [review(), second] : [parallel('afterwards', review(), second)]
      const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), ...owing] }))
      const dues = owed(scenario).map(one => one.due)
      scenario.at(hour)
      await inEffectOnceMore(scenario)
      expect(owed(scenario).map(one => one.due)).toEqual(dues)
      const reviewing = async () => {
        for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', { ...E, stage: 'review' })
      }
      if (last === 'board') await reviewing()
      await scenario.given('carol', 'approve', { ...E, stage: 'board' })
      if (last === 'review') await reviewing()
      expect(scenario.change('E')).toMatchObject({
        state: 'completed',
        obligations: dues.map(due => ({ due, ended: { how: 'fulfilled', late: false } })),
      })
      await sound(scenario)
    }
  })

  it('is late where a review falls away and is given again too late, whatever became known of it, and the verifier says so too [LAW 81]', async () => {
    const second = approval('board', approvals(1).from(role('appr')), { within: '5d' })
    for (const [by, late] of [
      [2 * hour, false],
      [30 * hour, true],
    ] as const) {
      const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), review(), second] }))
      for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', E)
      await scenario.given('ada', 'recordDeparture', { person: 'vera', compromised: true })
      await scenario.given('ada', 'grantRole', { role: 'auditor', to: 'dan', team: '*' })
      scenario.at(by)
      await scenario.given('dan', 'approve', { ...E, stage: 'review' })
      expect(scenario.change('E').obligations[0]).toMatchObject({ ended: { how: 'fulfilled', late } })
      await sound(scenario)
    }
  })

  it('asks for a remedy where the review rejects what was done, and cannot be closed before a change that depends on it has made it good [LAW 80]', async () => {
    const scenario = await inEffect(
      withEmergency({ flow: [authorise(), production(), review({ remedyWithin: '5d' })] }),
    )
    scenario.at(hour)
    await scenario.given('vera', 'reject', { ...E, comment: 'it posts into the closed quarter' })
    expect(scenario.change('E').state).toBe('remediation')
    expect(owed(scenario)).toMatchObject([
      {
        kind: 'remedy',
        stage: 'review',
        since: scenario.now,
        due: later(scenario, 5 * day),
        by: ['alice', 'bob', 'paul', 'vera'],
      },
    ])
    for (const type of ['cancel', 'close'] as const)
      await refused(scenario, ['alice', type, { ...E, comment: 'over' }], 'obligation.open')
    await refused(scenario, ['viktor', 'approve', E], 'lifecycle.not-now')
    scenario.at(1)
    const remedy = {
      ...emergency,
      change: 'R',
      title: 'Take it back',
      parent: 'E',
      content: { digest: content('r'), makers: ['alice'] },
    }
    const ways = () => scenario.explain('E').waysOut.map(one => one.do)
    expect([ways(), scenario.explain('E').whoCanUnblock]).toEqual([['submit'], []])
    await scenario.given('alice', 'submit', remedy as never)
    const made = { ...E, by: 'R', comment: 'taken back' }
    await refused(scenario, ['alice', 'remediate', made], 'remedy.unfit', { remedy: 'R' })
    await scenario.given('bob', 'approve', { change: 'R' })
    await scenario.given('paul', 'release', { change: 'R' })
    // It is in effect, and owes a review of its own.
    const early = await refused(scenario, ['alice', 'remediate', made], 'remedy.unfit', { state: 'review' })
    expect(early.help).toContain('with all given that it owes itself, such as its own review. See `explain` of R')
    await scenario.given('vera', 'approve', { change: 'R' })
    expect(ways()).toEqual(['submit'])
    await scenario.given('viktor', 'approve', { change: 'R' })
    expect(ways()).toEqual(['remediate'])
    expect(scenario.explain('E').whoCanUnblock).toContain('alice')
    await scenario.given('alice', 'remediate', made)
    // It was rejected, and is not to look as if it had been given.
    expect(stageOf(scenario, 'E', 'review').status).toBe('waived')
    expect(scenario.change('E')).toMatchObject({
      state: 'completed',
      obligations: [
        { kind: 'review', ended: { how: 'rejected', late: false } },
        { kind: 'remedy', ended: { how: 'fulfilled', late: false, remedy: 'R' } },
      ],
    })
    await scenario.given('alice', 'close', E)
    await sound(scenario)
  })

  it('is not made good by a change that does not depend on it, that was asked for before the rejection, or by somebody without a part in it [LAW 80]', async () => {
    const scenario = await inEffect()
    const early = { ...emergency, change: 'R1', parent: 'E', content: { digest: content('r'), makers: ['alice'] } }
    await scenario.given('alice', 'submit', early as never)
    await scenario.given('alice', 'submit', { ...emergency, change: 'R2', content: early.content } as never)
    scenario.at(hour)
    await scenario.given('vera', 'reject', { ...E, comment: 'wrong' })
    await refused(scenario, ['alice', 'remediate', { ...E, by: 'R1', comment: 'done' }], 'remedy.unfit')
    await refused(scenario, ['alice', 'remediate', { ...E, by: 'R2', comment: 'done' }], 'name.unknown')
    await refused(scenario, ['wanda', 'remediate', { ...E, by: 'R1', comment: 'done' }], 'authority.not-participant')
    await sound(scenario)
  })

  it('is not made good by a change that was asked for in the instant of the rejection, before it or after it, but by one that was asked for later [LAW 80]', async () => {
    const scenario = await inEffect()
    const remedy = { ...emergency, parent: 'E', content: { digest: content('r'), makers: ['alice'] } }
    await scenario.given('alice', 'submit', { ...remedy, change: 'R1' } as never)
    await scenario.given('vera', 'reject', { ...E, comment: 'wrong' })
    await scenario.given('alice', 'submit', { ...remedy, change: 'R2' } as never)
    const rejected = scenario.now
    scenario.at(1)
    await scenario.given('alice', 'submit', { ...remedy, change: 'R3' } as never)
    for (const change of ['R1', 'R2', 'R3']) {
      await scenario.given('bob', 'approve', { change })
      await scenario.given('paul', 'release', { change })
      for (const person of ['vera', 'viktor']) await scenario.given(person, 'approve', { change })
    }
    for (const by of ['R1', 'R2'])
      await refused(scenario, ['alice', 'remediate', { ...E, by, comment: 'done' }], 'remedy.unfit', {
        remedy: by,
        problem: 'older',
        asked: rejected,
        since: rejected,
      })
    await scenario.given('alice', 'remediate', { ...E, by: 'R3', comment: 'done' })
    await sound(scenario)
    for (const by of ['R1', 'R2']) {
      const bodies = bodiesOf(await linesOf(scenario.store)).map(
        body => JSON.parse(JSON.stringify(body).replace(/"(by|remedy)":"R3"/g, `"$1":"${by}"`)) as LooseBody,
      )
      const { codes } = verifyTrail([fileOf(reseal(renumber(bodies)))])
      expect(Object.keys(codes)).toEqual(expect.arrayContaining(['decision.unjustified', 'obligation.unfulfilled']))
    }
  })

  /** E is rejected and made good by R, which is edited once it was released, and released anew; then forged. */
  async function remedied(forge: (bodies: LooseBody[]) => void) {
    const scenario = await inEffect()
    await scenario.given('vera', 'reject', { ...E, comment: 'wrong' })
    scenario.at(1)
    const R = { change: 'R' }
    const made = { digest: content('r'), makers: ['alice'] }
    await scenario.given('alice', 'submit', { ...emergency, ...R, parent: 'E', content: made } as never)
    for (const digest of [undefined, content('e2')]) {
      if (digest !== undefined)
        await scenario.given('alice', 'revise', { ...R, content: { digest, makers: ['alice'] }, comment: 'better' })
      await scenario.given('bob', 'approve', R)
      await scenario.given('paul', 'release', R)
    }
    for (const person of ['vera', 'viktor']) await scenario.given(person, 'approve', R)
    await scenario.given('alice', 'remediate', { ...E, by: 'R', comment: 'done' })
    await sound(scenario)
    const bodies = bodiesOf(await linesOf(scenario.store))
    forge(bodies)
    const verdict = verifyTrail([fileOf(reseal(renumber(bodies)))])
    expect(verdict.status).toBe('unjustified')
    return verdict.findings.filter(one => one.code === 'obligation.unfulfilled').map(one => one.because)
  }
  const typeOf = ({ command }: LooseBody) => (command as { type: string }).type

  it('is found not to be made good by a change that is not completed [LAW 80]', async () => {
    const because = await remedied(bodies => {
      const [remediate] = bodies.splice(-1)
      // Before it is reviewed, and after it was put into effect.
      if (remediate !== undefined) bodies.splice(bodies.map(typeOf).lastIndexOf('release') + 1, 0, remediate)
    })
    expect(because).toContain('the remedy is not completed')
  })

  it('is found not to be made good by a change whose release an edit has taken back [LAW 80]', async () => {
    const because = await remedied(bodies => {
      bodies.splice(bodies.map(typeOf).lastIndexOf('release'), 1)
    })
    expect(because).toContain('the remedy has put nothing into effect that stands')
  })

  it('asks for a remedy where the test that is owed afterwards fails [LAW 80]', async () => {
    const verify = test('verify', { by: role('tester'), evidence: 'optional', within: '2d' })
    const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), verify, review()] }))
    expect(owed(scenario).map(one => one.stage)).toEqual(['review', 'verify'])
    await scenario.given('erin', 'signOff', { ...E, result: 'failed', comment: 'still doubled' })
    expect(owed(scenario)).toMatchObject([{ kind: 'remedy', stage: 'verify', due: later(scenario, 2 * day) }])
    await sound(scenario)
  })

  it('is not sent back by Carol, who could have authorised it and does not review it, once it has taken effect [LAW 80]', async () => {
    const veto = approval('authorise', approvals(1).from(role('appr')), { veto: { liftedBy: role('auditor') } })
    for (const before of [authorise(), veto]) {
      const scenario = await inEffect(withEmergency({ flow: [before, production(), review()] }))
      await refused(scenario, ['carol', 'reject', { ...E, comment: 'too late for that' }], 'authority.no-role', {
        roles: ['auditor'],
      })
      expect(owed(scenario)).toMatchObject([{ kind: 'review', stage: 'review' }])
      await scenario.given('vera', 'approve', E)
      await scenario.given('viktor', 'approve', E)
      await sound(scenario)
    }
    const verify = test('verify', { by: role('tester'), evidence: 'optional', within: '2d' })
    const tested = await inEffect(withEmergency({ flow: [authorise(), production(), verify, review()] }))
    await refused(tested, ['carol', 'reject', { ...E, comment: 'too late for that' }], 'lifecycle.not-now')
  })

  it('fulfils each of two reviews that are open at the same time when it is there, and completes with the last [LAW 80]', async () => {
    const both = parallel(
      'afterwards',
      approval('finance', approvals(1).from(role('auditor')), { within: '24h' }),
      approval('risk', approvals(1).from(role('appr')), { within: '48h' }),
    )
    const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), both] }))
    await scenario.given('vera', 'approve', { ...E, stage: 'finance' })
    scenario.at(47 * hour)
    expect(owed(scenario)).toMatchObject([{ stage: 'risk', late: false }])
    await scenario.given('carol', 'approve', { ...E, stage: 'risk' })
    expect(scenario.change('E')).toMatchObject({
      state: 'completed',
      obligations: [{ ended: { late: false } }, { ended: { late: false } }],
    })
    await sound(scenario)
  })
})

describe('what is owed', () => {
  it('is fulfilled by what comes at +25 hours, and recorded as late [LAW 81]', async () => {
    const scenario = await inEffect()
    scenario.at(23 * hour)
    await scenario.given('vera', 'approve', E)
    scenario.at(2 * hour)
    expect(owed(scenario)).toMatchObject([{ late: true }])
    await scenario.given('viktor', 'approve', E)
    expect(await eventsOf(scenario)).toContainEqual({ type: 'obligation.fulfilled', obligation: 0, late: true })
    expect(scenario.explain('E').obligations).toMatchObject([{ late: true, ended: { how: 'fulfilled', late: true } }])
    await sound(scenario)
  })

  it('is late at +24 hours exactly, and not a millisecond before [LAW 81]', async () => {
    for (const [by, late] of [
      [day - 1, false],
      [day, true],
    ] as const) {
      const scenario = await inEffect()
      scenario.at(by)
      await scenario.given('vera', 'approve', E)
      expect(owed(scenario)).toMatchObject([{ late }])
      await scenario.given('viktor', 'approve', E)
      expect(scenario.change('E').obligations).toMatchObject([{ ended: { late } }])
    }
  })

  it('is due at the last instant that is written, where its time would be over only after the year 9999 [LAW 81]', async () => {
    const scenario = await opened(withEmergency(), baseline, {}, { at: '9999-12-31T12:00:00.000Z' })
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    scenario.at(day / 2 - 2)
    expect(owed(scenario)).toMatchObject([{ due: '9999-12-31T23:59:59.999Z', late: false }])
    await scenario.given('vera', 'approve', E)
    await scenario.given('viktor', 'approve', E)
    expect(scenario.change('E').obligations).toMatchObject([{ ended: { how: 'fulfilled', late: false } }])
    expect((await verdict(scenario)).obligations).toMatchObject({ opened: 1, fulfilled: 1, late: 0 })
    await sound(scenario)
  })

  it('stays late when the change is closed, and in what is told of it a year later [LAW 81]', async () => {
    const scenario = await inEffect()
    scenario.at(2 * day)
    await scenario.given('vera', 'approve', E)
    await scenario.given('viktor', 'approve', E)
    await scenario.given('paul', 'close', E)
    scenario.at(365 * day)
    expect(scenario.explain('E').obligations).toMatchObject([{ late: true }])
    expect((await verdict(scenario)).obligations).toMatchObject({ opened: 1, fulfilled: 1, late: 1, open: [] })
  })

  it('is owed again by the instant at which it was due, where a review falls away that had fulfilled it [LAW 81]', async () => {
    const second = approval('board', approvals(1).from(role('appr')), { within: '30d' })
    const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), review(), second] }))
    await scenario.given('vera', 'approve', E)
    await scenario.given('viktor', 'approve', E)
    expect(owed(scenario).map(one => one.stage)).toEqual(['board'])
    scenario.at(2 * day)
    await scenario.given('ada', 'recordDeparture', { person: 'viktor', compromised: true })
    await scenario.given('alice', 'assign', { ...E, to: 'alice' })
    expect(owed(scenario)).toMatchObject([{ stage: 'review', late: true }, { stage: 'board' }])
    await scenario.given('wanda', 'approve', E)
    expect(scenario.change('E').obligations).toMatchObject([{ ended: { late: true } }, {}])
    await sound(scenario)
  })

  it('is owed again where a reviewer becomes a maker, as the share stays one of those who were there when it opened [LAW 81]', async () => {
    const shared = approval('review', share(1, 2).of(role('auditor')), { within: '24h' })
    const second = approval('board', approvals(1).from(role('appr')), { within: '30d' })
    const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), shared, second] }))
    expect(scenario.change('E').electorates).toEqual({ review: { auditor: 4 } })
    for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', E)
    scenario.at(2 * day)
    await scenario.given('ada', 'recordDeparture', { person: 'gus' })
    await scenario.given('alice', 'assign', { ...E, to: 'viktor' })
    expect(scenario.change('E')).toMatchObject({ state: 'review', electorates: { review: { auditor: 4 } } })
    expect(owed(scenario)).toMatchObject([{ stage: 'review', late: true }, { stage: 'board' }])
    await scenario.given('wanda', 'approve', E)
    expect(scenario.change('E').obligations).toMatchObject([{ ended: { how: 'fulfilled', late: true } }, {}])
    await sound(scenario)
  })

  it('is owed by those who were there when its share was counted, whoever leaves, until an edit opens it anew [LAW 81]', async () => {
    const shared = approval('review', share(1, 1).of(role('auditor')), { within: '24h' })
    const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), shared] }))
    for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', E)
    for (const person of ['gus', 'wanda']) await scenario.given('ada', 'recordDeparture', { person })
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    await scenario.given('carol', 'approve', { ...E, stage: 'authorise' })
    expect(scenario.change('E')).toMatchObject({ state: 'review', electorates: { review: { auditor: 4 } } })
    expect(owed(scenario).map(one => one.stage)).toEqual(['review'])
    await sound(scenario)
    await scenario.given('alice', 'revise', {
      ...E,
      content: { digest: 'b'.repeat(64), makers: ['alice'] },
      comment: 'once more',
    })
    await scenario.given('carol', 'approve', { ...E, stage: 'authorise' })
    await scenario.given('paul', 'release', E)
    for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', E)
    expect(scenario.change('E')).toMatchObject({ state: 'completed', electorates: { review: { auditor: 2 } } })
    await sound(scenario)
  })

  it('is owed once more, and the verifier says so, of what was sent back after a review and takes effect again [LAW 81]', async () => {
    const second = approval('board', approvals(1).from(role('appr')), { within: '30d' })
    const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), review(), second] }))
    for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', E)
    scenario.at(hour)
    const more = { digest: content('e2'), makers: ['alice'] }
    await scenario.given('alice', 'revise', { ...E, content: more, comment: 'more' })
    await scenario.given('carol', 'reject', { ...E, comment: 'not like this' })
    expect(scenario.change('E').state).toBe('returned')
    await scenario.given('alice', 'resubmit', { ...E, comment: 'again' })
    await scenario.given('carol', 'approve', { ...E, stage: 'authorise' })
    await scenario.given('paul', 'release', E)
    expect(owed(scenario).map(one => one.stage)).toEqual(['review', 'board'])
    await sound(scenario)
    for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', E)
    expect(owed(scenario).map(one => one.stage)).toEqual(['board'])
    await sound(scenario)
  })

  it('is late as well where it is rejected late, and a remedy is late by a time of its own [LAW 81]', async () => {
    const scenario = await inEffect()
    scenario.at(25 * hour)
    await scenario.given('vera', 'reject', { ...E, comment: 'wrong' })
    expect(scenario.change('E').obligations).toMatchObject([{ ended: { how: 'rejected', late: true } }, {}])
    expect(owed(scenario)).toMatchObject([{ kind: 'remedy', late: false, due: later(scenario, day) }])
    scenario.at(day)
    expect(owed(scenario)).toMatchObject([{ kind: 'remedy', late: true }])
  })

  it('is told to be open by the verifier while it is, and late from the instant on at which it was due [LAW 81]', async () => {
    const scenario = await inEffect()
    const due = later(scenario, day)
    const open = { change: 'E', kind: 'review', stage: 'review', due }
    expect((await verdict(scenario)).obligations).toMatchObject({ opened: 1, fulfilled: 0, late: 0, open: [open] })
    scenario.at(3 * day)
    await scenario.given('alice', 'assign', { ...E, to: 'alice' })
    expect((await verdict(scenario)).obligations).toMatchObject({ late: 1, open: [open] })
  })

  it('is judged by what counts at a moment, and that is worked out once for however many stages ask', async () => {
    const asked: number[] = []
    for (const count of [1, 4, 8]) {
      const reviews = Array.from({ length: count }, (_, at) => ({ ...review(), name: `review-${at}` }))
      const scenario = await inEffect(withEmergency({ flow: [authorise(), production(), ...reviews] }))
      await scenario.given('vera', 'approve', E)
      const groupsOf = vi.spyOn(People.prototype, 'groupsOf')
      await sound(scenario)
      asked.push(groupsOf.mock.calls.length)
      groupsOf.mockRestore()
    }
    expect(asked).toEqual(asked.map(() => asked[0]))
    expect(asked[0]).toBeGreaterThan(0)
  })
})

describe('what is owed, in a trail that was sealed anew', () => {
  /** The codes that are found once the bodies of a sound trail are edited and sealed anew. */
  const forged = async (scenario: Scenario, edit: (bodies: LooseBody[]) => LooseBody[]) => {
    const bodies = renumber(edit(bodiesOf(await linesOf(scenario.store))))
    return verifyTrail([fileOf(reseal(bodies))]).findings.map(one => one.code)
  }
  const accepting = (body: LooseBody | undefined, by: string, command: object, events: object[]): LooseBody => ({
    ...body,
    v: 1,
    seq: 0,
    id: `forged-${by}-entry`,
    at: String(body?.at),
    stream: 'change/E',
    streamSeq: Number(body?.streamSeq) + 1,
    by: { account: by, person: by },
    command,
    outcome: { accepted: events },
  })

  it('is found to be late where the trail says that it was in time [LAW 81]', async () => {
    const scenario = await inEffect()
    scenario.at(25 * hour)
    await scenario.given('vera', 'approve', E)
    await scenario.given('viktor', 'approve', E)
    const codes = await forged(scenario, bodies =>
      bodies.map(body => JSON.parse(JSON.stringify(body).replace('"late":true', '"late":false')) as LooseBody),
    )
    expect(codes).toContain('obligation.misdated')
  })

  it('is found to be due earlier than the trail says [LAW 81]', async () => {
    const scenario = await inEffect()
    const due = later(scenario, day)
    const codes = await forged(scenario, bodies =>
      bodies.map(body => JSON.parse(JSON.stringify(body).replace(due, later(scenario, 2 * day))) as LooseBody),
    )
    expect(codes).toContain('obligation.misdated')
  })

  it('is what an edit or another category newly asks for once it is put into effect anew, and what another policy asks for since it was; found to be due otherwise, and to be left behind [LAW 80]', async () => {
    const form = incidentForm.extend({ risk: z.enum(['low', 'high']) })
    const to = (environment: string) => release(environment, { by: role('deployer'), environment })
    const board = approval('board', approvals(1).from(role('head')), { within: '30d', when: field('risk').is('high') })
    const seen = review({ within: '9d' })
    const under = (...more: Stage[]) =>
      policy(
        't',
        { complies: baseline, roles: { ...roles, head: 'heads' } },
        {
          emergency: category({ form, flow: [authorise(), to('staging'), to('production'), ...more] }),
          careful: category({ form, flow: [authorise(), to('staging'), to('production'), seen] }),
        },
      )
    const asks = { form: { ...incident, risk: 'low' } }
    const high = { ...E, form: { risk: 'high' }, comment: 'it reaches the bank' }
    const migrated = { ...E, policy: policyDigest(under(board, seen)), comment: 'the rules are new' }
    const found = { opened: 1, fulfilled: 0, rejected: 0, late: 0 }
    for (const [person, type, command, first, then] of [
      ['alice', 'revise', high, [], ['board']],
      ['alice', 'recategorise', { ...E, category: 'careful', comment: 'with care' }, [], ['review']],
      ['alice', 'migrate', migrated, ['review'], ['review']],
    ] as const) {
      const begun = type === 'revise' ? under(board) : under()
      const scenario = await Scenario.open({
        controls: baseline,
        policies: [begun],
        people: { ...cast, hana: ['head'] },
      })
      await scenario.given('alice', 'submit', { ...emergency, ...asks } as never)
      await scenario.given('bob', 'approve', E)
      await scenario.given('paul', 'release', { ...E, environment: 'staging' })
      const before = scenario.now
      scenario.at(hour)
      await scenario.adopt(under(board, seen))
      await scenario.given(person, type, command as never)
      expect(owed(scenario).map(one => [one.stage, one.since])).toEqual(first.map(stage => [stage, before]))
      await sound(scenario)
      if (scenario.change('E').state === 'authorise') {
        await scenario.given('bob', 'approve', E)
        await scenario.given('paul', 'release', { ...E, environment: 'staging' })
      }
      const since = type === 'migrate' ? before : scenario.now
      scenario.at(hour)
      await scenario.given('paul', 'release', { ...E, environment: 'production' })
      expect(owed(scenario).map(one => [one.stage, one.since])).toEqual(then.map(stage => [stage, since]))
      expect((await verdict(scenario)).obligations).toMatchObject(found)
      const [{ due } = { due: '' }] = owed(scenario)
      const put = new Date(Date.parse(due) + hour).toISOString()
      const misdated = await forged(scenario, bodies =>
        bodies.map(body => JSON.parse(JSON.stringify(body).replaceAll(due, put)) as LooseBody),
      )
      expect(misdated).toContain('obligation.misdated')
      const close = { type: 'close', change: 'E', comment: 'over and done' }
      const left = await forged(scenario, bodies => [
        ...bodies,
        accepting(bodies.at(-1), 'alice', close, [{ type: 'change.closed' }]),
      ])
      expect(left).toContain('obligation.unfulfilled')
      for (const by of type === 'revise' ? ['hana'] : ['vera', 'viktor']) await scenario.given(by, 'approve', E)
      expect(scenario.change('E').state).toBe('completed')
      await sound(scenario)
    }
  })

  it('is found to be left behind where the change is closed over it, or given up [LAW 80]', async () => {
    const scenario = await inEffect()
    for (const [type, event] of [
      ['close', 'change.closed'],
      ['cancel', 'change.cancelled'],
    ]) {
      const command = { type, change: 'E', comment: 'over and done' }
      const codes = await forged(scenario, bodies => [
        ...bodies,
        accepting(bodies.at(-1), 'alice', command, [{ type: event }]),
      ])
      expect(codes).toContain('obligation.unfulfilled')
    }
  })

  it('is found to be reviewed by Paul, who put it into effect, and by Bob, who authorised it [LAW 82]', async () => {
    const scenario = await inEffect()
    const { revision, digest } = scenario.change('E')
    for (const person of ['paul', 'bob']) {
      const seats = [{ role: 'auditor', capacity: 'own' }]
      const command = { type: 'approve', change: 'E', revision, digest }
      const event = { type: 'approval.granted', stage: 'review', person, chain: [person], seats, afterwards: true }
      const codes = await forged(scenario, bodies => [...bodies, accepting(bodies.at(-1), person, command, [event])])
      expect(codes).toContain('duty.violated')
    }
  })

  it('is found to be reviewed by Erin, who tested it, where the policy keeps these apart, and not by Vera [LAW 82]', async () => {
    const scenario = await tried(checked(undefined))
    const { revision, digest } = scenario.change('E')
    const command = { type: 'approve', change: 'E', revision, digest }
    const seats = [{ role: 'auditor', capacity: 'own' }]
    const by = (person: string) => {
      const event = { type: 'approval.granted', stage: 'review', person, chain: [person], seats, afterwards: true }
      return forged(scenario, bodies => [...bodies, accepting(bodies.at(-1), person, command, [event])])
    }
    expect(await by('erin')).toContain('duty.violated')
    expect(await by('vera')).not.toContain('duty.violated')
  })

  it('is found to be a share of fewer persons than could give it, and is none of Bob, who authorised it, nor of Paul, who put it into effect [LAW 82]', async () => {
    const shared = approval('review', share(2, 3).of(role('auditor')), { within: '24h' })
    const scenario = await opened(withEmergency({ flow: [authorise(), production(), shared] }))
    await scenario.given('bob', 'approve', E)
    await scenario.given('bob', 'withdraw', { ...E, comment: 'Carol knows it better' })
    await scenario.given('carol', 'approve', E)
    await scenario.given('paul', 'release', E)
    // Gus, Vera, Viktor and Wanda.
    expect(scenario.change('E').electorates).toEqual({ review: { auditor: 4 } })
    expect(await forged(scenario, bodies => bodies)).toEqual([])
    const codes = await forged(scenario, bodies =>
      bodies.map(body => JSON.parse(JSON.stringify(body).replace('"auditor":4', '"auditor":3')) as LooseBody),
    )
    expect(codes).toContain('electorate.understated')
    for (const person of ['gus', 'vera', 'viktor']) await scenario.given(person, 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    await sound(scenario)
  })

  it('is counted as found and owed where the trail makes it a change that was found [LAW 87]', async () => {
    const scenario = await opened()
    const command = { type: 'recategorise', ...E, category: 'found', comment: 'it had been done already' }
    const digest = content('other')
    const event = { type: 'change.recategorised', category: 'found', revision: 2, digest, editor: 'dan', round: 2 }
    const bodies = bodiesOf(await linesOf(scenario.store))
    const late = accepting(bodies.at(-1), 'dan', command, [event, { type: 'stage.entered', stage: 'review' }])
    const found = verifyTrail([fileOf(reseal(renumber([...bodies, late])))])
    expect(found.codes).toHaveProperty('decision.unjustified')
    expect(found.unauthorised).toEqual([{ change: 'E', seq: bodies.length }])
    expect(found.obligations).toMatchObject({ opened: 1, open: [{ change: 'E', stage: 'review' }] })
  })

  it('is found to be rejected afterwards by Paul, who put it into effect, and by Bob, who authorised it [LAW 82]', async () => {
    const scenario = await inEffect()
    const { revision, digest } = scenario.change('E')
    const [since, due] = [scenario.now, later(scenario, day)]
    const events = (person: string) => [
      { type: 'change.rejected', stage: 'review', person, chain: [person], seats, afterwards: true },
      { type: 'obligation.rejected', obligation: 0, late: false },
      { type: 'obligation.opened', kind: 'remedy', stage: 'review', since, due },
      { type: 'change.condemned' },
    ]
    const seats = [{ role: 'auditor', capacity: 'own' }]
    const command = { type: 'reject', change: 'E', revision, digest, comment: 'not like this' }
    const by = (person: string) =>
      forged(scenario, bodies => [...bodies, accepting(bodies.at(-1), person, command, events(person))])
    for (const person of ['paul', 'bob']) expect(await by(person)).toContain('duty.violated')
    expect(await by('vera')).not.toContain('duty.violated')
  })

  it('is found to be put into effect unapproved where the glass was not broken, or its time was over [LAW 86]', async () => {
    const scenario = await opened(glassPolicy(), glassControls)
    await scenario.given('gus', 'breakGlass', { ...E, reason: 'nobody answers, and the ledger doubles postings' })
    await scenario.given('gus', 'release', E)
    expect(await forged(scenario, bodies => bodies)).toEqual([])
    const without = (bodies: LooseBody[]) =>
      bodies.filter(body => (body.command as { type: string }).type !== 'breakGlass')
    expect(await forged(scenario, without)).toContain('release.unapproved')
    const after = (bodies: LooseBody[]) =>
      bodies.map((body, place) => (place === bodies.length - 1 ? { ...body, at: later(scenario, hour) } : body))
    expect(await forged(scenario, after)).toContain('release.unapproved')
  })

  it('waives to the last instant that is written, where its time would be over only after the year 9999 [LAW 86]', async () => {
    const scenario = await opened(glassPolicy(), glassControls, {}, { at: '9999-12-31T23:30:00.000Z' })
    await scenario.given('gus', 'breakGlass', { ...E, reason: 'nobody answers, and the ledger doubles postings' })
    expect(scenario.change('E').glass).toMatchObject({ until: '9999-12-31T23:59:59.999Z' })
    scenario.at(hour / 2 - 2)
    await scenario.given('gus', 'release', E)
    expect(owed(scenario).map(one => [one.due, one.late])).toEqual([
      ['9999-12-31T23:59:59.999Z', false],
      ['9999-12-31T23:59:59.999Z', false],
    ])
    await sound(scenario)
  })
})

describe('the review afterwards', () => {
  it('is not for Alice, who made it, nor for Paul, who put it into effect [LAW 82]', async () => {
    const scenario = await inEffect(withEmergency())
    await scenario.given('ada', 'grantRole', { role: 'auditor', to: 'alice', team: '*' })
    await refused(scenario, ['alice', 'approve', E], 'duty.conflict', { duties: ['make', 'approve'], person: 'alice' })
    await refused(scenario, ['paul', 'approve', E], 'duty.conflict', { duties: ['release', 'review'], person: 'paul' })
    expect(stageOf(scenario, 'E', 'review').eligible.find(one => one.person === 'paul')?.excluded).toMatchObject({
      how: 'released',
    })
    await sound(scenario)
  })

  it('is not for Erin, who tested it, where the policy keeps testing and reviewing apart, be it to approve or to reject [LAW 82]', async () => {
    const scenario = await tried(checked(undefined))
    const facts = { duties: ['test', 'review'], person: 'erin' }
    await refused(scenario, ['erin', 'approve', E], 'duty.conflict', facts)
    await refused(scenario, ['erin', 'reject', { ...E, comment: 'not like this' }], 'duty.conflict', facts)
    expect(stageOf(scenario, 'E', 'review').eligible.find(one => one.person === 'erin')?.excluded).toMatchObject({
      how: 'tested',
    })
    for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    await sound(scenario)
  })

  it('counts no more where Erin, who tested it, turns out to be Vera, who gave it, and neither does the test [LAW 82]', async () => {
    const scenario = await tried(checked(undefined))
    await scenario.given('vera', 'approve', E)
    await scenario.given('ada', 'recordAlias', { person: 'erin', is: 'vera', comment: 'one and the same' })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'dan', team: '*' })
    await scenario.given('dan', 'signOff', { ...E, result: 'passed', evidence: [{ name: 'run 8' }] })
    await scenario.given('viktor', 'approve', E)
    expect(scenario.change('E').state).toBe('review')
    expect(stageOf(scenario, 'E', 'review')).toMatchObject({
      acts: [
        { person: 'vera', discounted: { why: 'conflict' } },
        { person: 'viktor', countsFor: 'auditor' },
      ],
      missing: { auditor: 1 },
    })
    await scenario.given('wanda', 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    await sound(scenario)
  })

  it('is for Erin, who tested it, where she is excepted from that, and is told as an exception [LAW 82]', async () => {
    const rule = exception('test', 'review')
      .grantedBy(role('auditor'))
      .atMost('1d')
      .compensatedBy('the board looks at it')
      .because('there are few of us')
    const scenario = await tried(checked('allowed', { exceptions: [rule] }))
    const asked = { ...E, exception: 'x', person: 'erin', duties: ['test', 'review'], until: later(scenario, hour) }
    await scenario.given('erin', 'requestException', { ...asked, reason: 'nobody else knows the ledger' } as never)
    await scenario.given('wanda', 'grantException', { ...E, exception: 'x' })
    await scenario.given('erin', 'approve', E)
    await scenario.given('viktor', 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    expect(stageOf(scenario, 'E', 'review').status).toBe('excepted')
    expect(await verdict(scenario)).toMatchObject({ status: 'sound', exceptions: [{ exception: 'x', person: 'erin' }] })
  })

  it('is not for Vera, who made what the change depends on, where making and reviewing are apart and she is excepted from another pair [LAW 82]', async () => {
    const with_ = withEmergency({
      options: {
        separate: [separate('make', 'review').because('whoever makes does not review')],
        complies: controls('baseline', {
          'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
        }),
        exceptions: [
          exception('make', 'approve')
            .grantedBy(role('auditor'))
            .atMost('1d')
            .compensatedBy('the board looks at it')
            .because('there are few of us'),
        ],
      },
    })
    const lax = controls('baseline', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
    })
    const scenario = await Scenario.open({ controls: lax, policies: [with_], people: cast })
    const parent = { ...emergency, change: 'P', content: { digest: content('p1'), makers: ['vera'] } }
    await scenario.given('alice', 'submit', parent as never)
    await scenario.given('alice', 'submit', { ...emergency, parent: 'P' } as never)
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    const asked = { ...E, exception: 'x', person: 'vera', duties: ['make', 'approve'], until: later(scenario, hour) }
    await scenario.given('vera', 'requestException', { ...asked, reason: 'nobody else knows the ledger' } as never)
    await scenario.given('wanda', 'grantException', { ...E, exception: 'x' })
    await refused(scenario, ['vera', 'approve', E], 'duty.conflict', { duties: ['make', 'review'], person: 'vera' })
    for (const one of ['gus', 'viktor']) await scenario.given(one, 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    await sound(scenario)
  })

  it('asks for a remedy where Vera, who gave it, rejects what it reviews while something else is open [LAW 80]', async () => {
    const roles = { ...cast, vera: ['appr', 'auditor'] }
    const once = approval('review', approvals(1).from(role('auditor')), { within: '24h' })
    const with_ = withEmergency({ flow: [authorise(), production(), once, task('inspect', { by: role('tester') })] })
    const scenario = await Scenario.open({ controls: baseline, policies: [with_], people: roles })
    await scenario.given('alice', 'submit', emergency as never)
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    await scenario.given('vera', 'approve', E)
    expect(scenario.change('E').state).toBe('inspect')
    scenario.at(hour)
    await scenario.given('vera', 'reject', { ...E, comment: 'on second thoughts' })
    expect(scenario.change('E').state).toBe('remediation')
    expect(owed(scenario)).toMatchObject([{ kind: 'remedy', stage: 'review', due: later(scenario, day) }])
    await sound(scenario)
  })

  it('keeps whoever gave it from testing afterwards, where the policy keeps testing and reviewing apart [LAW 82]', async () => {
    const apart = separate('test', 'review').because('whoever reviewed looks for what they have seen')
    const late = test('probe', { by: role('tester'), within: '5d' })
    const flow = [
      authorise(),
      production(),
      approval('review', approvals(1).from(role('auditor')), { within: '24h' }),
      late,
    ]
    for (const options of [{ separate: [apart] }, {}]) {
      const scenario = await inEffect(withEmergency({ flow, options }))
      await scenario.given('ada', 'grantRole', { role: 'tester', to: 'vera', team: '*' })
      await scenario.given('vera', 'approve', E)
      if (options.separate === undefined) {
        await scenario.given('vera', 'signOff', { ...E, result: 'passed', evidence: [{ name: 'run 7' }] })
      } else {
        const facts = { duties: ['test', 'review'], person: 'vera' }
        await refused(scenario, ['vera', 'signOff', { ...E, result: 'passed', evidence: [] }], 'duty.conflict', facts)
        await scenario.given('erin', 'signOff', { ...E, result: 'passed', evidence: [{ name: 'run 7' }] })
      }
      expect(scenario.change('E').state).toBe('completed')
      await sound(scenario)
    }
  })

  it('is not for Bob, who authorised it, unless the policy permits that in so many words [LAW 82]', async () => {
    const strict = await inEffect()
    await refused(strict, ['bob', 'approve', E], 'duty.conflict', { duties: ['approve', 'review'], person: 'bob' })
    const lax = withEmergency({
      flow: [authorise(), production(), review()],
      options: { permit: [permit('approve', 'review').because('there are two of us at night')] },
    })
    const small = await inEffect(lax)
    expect(stageOf(small, 'E', 'review').eligible).toContainEqual(
      expect.not.objectContaining({ person: 'bob', excluded: expect.anything() }),
    )
    await small.given('bob', 'approve', E)
    expect(stageOf(small, 'E', 'review').acts).toMatchObject([{ person: 'bob', countsFor: 'auditor' }])
    // Of each of the two a person still counts once.
    await refused(small, ['bob', 'approve', E], 'approval.already-given')
    await sound(small)
  })

  it('is not for Bob either where he has taken his authorisation back, or it went stale [LAW 82]', async () => {
    const scenario = await inEffect()
    await scenario.given('alice', 'revise', {
      ...E,
      content: { digest: content('e2'), makers: ['alice'] },
      comment: 'more',
    })
    await scenario.given('carol', 'approve', E)
    await scenario.given('paul', 'release', E)
    await refused(scenario, ['bob', 'approve', E], 'duty.conflict', { duties: ['approve', 'review'] })
    await sound(scenario)
  })

  it('is not for a delegate of Paul or Bob, and not for Paul in the name of Vera [LAW 82]', async () => {
    const scenario = await inEffect()
    const window = { from: scenario.now, until: later(scenario, day) }
    await scenario.given('paul', 'delegate', { delegation: 'p', principal: 'paul', to: 'erin', ...window })
    await scenario.given('vera', 'delegate', { delegation: 'v', principal: 'vera', to: 'paul', ...window })
    await refused(scenario, ['erin', 'approve', { ...E, for: 'paul' }], 'duty.conflict', { link: 'principal' })
    await refused(scenario, ['paul', 'approve', { ...E, for: 'vera' }], 'duty.conflict', { link: 'self' })
  })

  it('is not ended by the rejection of Paul or Bob either, nor by one in their name or by their hand [LAW 82]', async () => {
    const scenario = await inEffect()
    const window = { from: scenario.now, until: later(scenario, day) }
    await scenario.given('paul', 'delegate', { delegation: 'p', principal: 'paul', to: 'erin', ...window })
    await scenario.given('vera', 'delegate', { delegation: 'v', principal: 'vera', to: 'paul', ...window })
    const comment = 'it would rather be made good by another'
    const review = { duties: ['approve', 'review'], person: 'bob', link: 'self' }
    await refused(scenario, ['bob', 'reject', { ...E, comment }], 'duty.conflict', review)
    const effect = { duties: ['release', 'review'], person: 'paul' }
    await refused(scenario, ['paul', 'reject', { ...E, comment }], 'duty.conflict', { ...effect, link: 'self' })
    await refused(scenario, ['paul', 'reject', { ...E, for: 'vera', comment }], 'duty.conflict', effect)
    await refused(scenario, ['erin', 'reject', { ...E, for: 'paul', comment }], 'duty.conflict', effect)
    expect(owed(scenario)).toMatchObject([{ kind: 'review' }])
    await scenario.given('vera', 'approve', E)
    // Who has reviewed it may come to think otherwise.
    await scenario.given('vera', 'reject', { ...E, comment: 'on second thought' })
    expect(owed(scenario)).toMatchObject([{ kind: 'remedy' }])
    await sound(scenario)
  })

  it('is ended by the rejection of Bob where the policy permits him to review what he authorised [LAW 82]', async () => {
    const permits = [permit('approve', 'review').because('there are two of us at night')]
    const scenario = await inEffect(withEmergency({ options: { permit: permits } }))
    await scenario.given('bob', 'reject', { ...E, comment: 'I was wrong about it' })
    expect(owed(scenario)).toMatchObject([{ kind: 'remedy' }])
    await sound(scenario)
  })

  it('does not count where Vera turns out to be Paul, and is owed again [LAW 82]', async () => {
    const scenario = await inEffect()
    await scenario.given('vera', 'approve', E)
    await scenario.given('ada', 'recordAlias', { person: 'vera', is: 'paul', comment: 'married' })
    expect(stageOf(scenario, 'E', 'review').acts).toMatchObject([{ discounted: { why: 'conflict' } }])
    await scenario.given('viktor', 'approve', E)
    expect(scenario.change('E').state).toBe('review')
    await sound(scenario)
  })

  it('stands where it is learned afterwards that Vera is Paul, Alice or Viktor, and the verifier reports it [LAW 82]', async () => {
    for (const other of ['paul', 'alice', 'viktor']) {
      const scenario = await inEffect()
      for (const who of ['vera', 'viktor']) await scenario.given(who, 'approve', E)
      await scenario.given('ada', 'recordAlias', { person: 'vera', is: other, comment: 'married' })
      expect(scenario.change('E').state).toBe('completed')
      const { status, findings } = verifyTrail([fileOf(await linesOf(scenario.store))])
      expect({ status, findings }).toMatchObject({ status: 'unjustified', findings: [{ code: 'alias.late' }] })
      expect(findings[0]?.because).toMatch(/was completed in entry/)
    }
    const other = await inEffect()
    for (const who of ['vera', 'viktor']) await other.given(who, 'approve', E)
    await other.given('ada', 'recordAlias', { person: 'dan', is: 'vera', comment: 'no part in it' })
    await sound(other)
  })

  it('is never shown as given before [LAW 82]', async () => {
    const scenario = await inEffect()
    await scenario.given('vera', 'approve', E)
    expect(await eventsOf(scenario)).toContainEqual(
      expect.objectContaining({ type: 'approval.granted', stage: 'review', afterwards: true }),
    )
    expect(stageOf(scenario, 'E', 'review')).toMatchObject({ afterwards: true })
    expect(stageOf(scenario, 'E', 'authorise').afterwards).toBeUndefined()
  })
})

describe('a review of what did not come as far as production', () => {
  const staged = () =>
    withEmergency({
      flow: [
        authorise(),
        release('staging', { by: role('deployer'), environment: 'staging' }),
        approval('final', approvals(1).from(role('tester'))),
        release('production', { by: role('deployer'), environment: 'production' }),
        approval('review', approvals(1).from(role('auditor')), { within: '24h', onResubmit: 'retain' }),
      ],
    })
  const stoppedInStaging = async () => {
    const scenario = await opened(staged())
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', { ...E, environment: 'staging' })
    await scenario.given('erin', 'reject', { ...E, comment: 'staging is broken' })
    expect(scenario.change('E')).toMatchObject({ state: 'returned', obligations: [{ stage: 'review' }] })
    return scenario
  }

  it('is given where E was sent back, which can be given up then [LAW 80]', async () => {
    const scenario = await stoppedInStaging()
    const giveUp = { ...E, comment: 'given up' }
    await refused(scenario, ['alice', 'cancel', giveUp], 'obligation.open')
    expect(scenario.explain('E').waysOut).toContainEqual({
      do: 'approve',
      stage: 'review',
      persons: expect.arrayContaining(['vera']),
    })
    await refused(scenario, ['bob', 'reject', { ...E, comment: 'no' }], 'duty.conflict')
    await scenario.given('vera', 'approve', E)
    expect(scenario.change('E').obligations).toMatchObject([{ ended: { how: 'fulfilled' } }])
    await scenario.given('alice', 'cancel', giveUp)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))]).findings).toEqual([])
  })

  it('rejects what is in staging where E was sent back, and asks for a remedy [LAW 80]', async () => {
    const scenario = await stoppedInStaging()
    await scenario.given('vera', 'reject', { ...E, comment: 'customers saw it' })
    expect(scenario.change('E')).toMatchObject({
      state: 'remediation',
      obligations: [{ ended: { how: 'rejected' } }, { kind: 'remedy' }],
    })
    expect(verifyTrail([fileOf(await linesOf(scenario.store))]).findings).toEqual([])
  })

  it('is owed anew where E is handed in again and put into effect once more, whatever a stage keeps over rounds [LAW 80]', async () => {
    const scenario = await stoppedInStaging()
    await scenario.given('vera', 'approve', E)
    scenario.at(hour)
    await scenario.given('alice', 'resubmit', { ...E, comment: 'mended' })
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', { ...E, environment: 'staging' })
    expect(scenario.change('E').obligations.map(one => one.ended?.how)).toEqual(['fulfilled', undefined])
    expect(verifyTrail([fileOf(await linesOf(scenario.store))]).findings).toEqual([])
  })
})

describe('a review between two releases', () => {
  it('keeps whoever gave it from the next release, who is not named, and told why [LAW 82]', async () => {
    const flow = [
      authorise(),
      release('staging', { by: role('deployer'), environment: 'staging' }),
      approval('early', approvals(1).from(role('auditor')), { within: '24h' }),
      release('production', { by: role('deployer'), environment: 'production' }),
      review(),
    ]
    const ivo = { ivo: ['deployer', 'auditor'] }
    const scenario = await opened(withEmergency({ flow }), baseline, ivo)
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', { ...E, environment: 'staging' })
    await scenario.given('ivo', 'approve', E)
    expect(scenario.explain('E').waysOut).toEqual([{ do: 'release', stage: 'production', persons: ['paul'] }])
    expect(stageOf(scenario, 'E', 'production').eligible).toContainEqual(
      expect.objectContaining({ person: 'ivo', excluded: { why: 'own-review', stage: 'early' } }),
    )
    await refused(scenario, ['ivo', 'release', { ...E, environment: 'production' }], 'requirement.unmet', {
      able: ['paul'],
    })
    await scenario.given('paul', 'release', { ...E, environment: 'production' })
    expect(verifyTrail([fileOf(await linesOf(scenario.store))]).findings).toEqual([])
  })
})

describe('what was put into effect in time', () => {
  const reviewed = async (scenario: Scenario) => {
    for (const person of ['vera', 'viktor']) await scenario.given(person, 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    expect(stageOf(scenario, 'E', 'authorise').status).not.toBe('pending')
    await sound(scenario)
  }
  /** What is in effect is reviewed, whatever has become of its authorisation, which is asked for once more. */
  const reviewedMeanwhile = async (scenario: Scenario) => {
    for (const person of ['vera', 'viktor']) await scenario.given(person, 'approve', E)
    expect(owed(scenario)).toEqual([])
    expect(scenario.change('E').state).toBe('authorise')
    await refused(scenario, ['alice', 'close', E], 'lifecycle.not-now')
    await scenario.given('carol', 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    await sound(scenario)
  }
  const authorised = (vary: Parameters<typeof approval>[2]) =>
    withEmergency({ flow: [approval('authorise', approvals(1).from(role('appr')), vary), production(), review()] })

  it('stays approved, and is reviewed, when its approval has grown too old since [LAW 52]', async () => {
    const scenario = await inEffect(authorised({ validFor: '1h' }))
    scenario.at(2 * hour)
    expect(stageOf(scenario, 'E', 'authorise').status).toBe('satisfied')
    await reviewed(scenario)
  })

  it('asks for the approval again once it is edited after that time [LAW 52]', async () => {
    const scenario = await inEffect(authorised({ validFor: '1h' }))
    scenario.at(2 * hour)
    await scenario.given('alice', 'revise', {
      ...E,
      content: { digest: content('e2'), makers: ['alice'] },
      comment: 'more',
    })
    expect(scenario.change('E').state).toBe('authorise')
    await scenario.given('bob', 'approve', E)
    scenario.at(2 * hour)
    await refused(scenario, ['paul', 'release', E], 'requirement.unmet')
  })

  it('stays approved, and is reviewed, when Bob, who authorised it, has left since, and not where he was compromised [LAW 102]', async () => {
    for (const compromised of [false, true]) {
      const scenario = await inEffect(authorised({ leavers: 'reconfirm' }))
      scenario.at(hour)
      await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised })
      expect(stageOf(scenario, 'E', 'authorise').status).toBe(compromised ? 'pending' : 'satisfied')
      if (compromised) await reviewedMeanwhile(scenario)
      else await reviewed(scenario)
    }
  })

  it('stays approved, and is reviewed, when the exception has ended on which it rested [LAW 19]', async () => {
    const excepting = controls('baseline', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
      'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
    })
    const rule = exception('make', 'approve')
      .grantedBy(role('auditor'))
      .atMost('7d')
      .compensatedBy('the controller looks at it')
      .because('there are two of us at night')
    const rules = withEmergency({ options: { complies: excepting, exceptions: [rule] } })
    for (const end of ['time', 'revoked']) {
      const scenario = await Scenario.open({
        controls: excepting,
        policies: [rules],
        people: { ...cast, alice: ['appr'] },
      })
      await scenario.given('rita', 'submit', emergency as never)
      const asked = { ...E, exception: 'x', person: 'alice', duties: ['make', 'approve'], reason: 'two of us' } as const
      await scenario.given('rita', 'requestException', { ...asked, until: later(scenario, hour) } as never)
      await scenario.given('wanda', 'grantException', { ...E, exception: 'x', comment: 'she has to' })
      await scenario.given('alice', 'approve', E)
      await scenario.given('paul', 'release', E)
      scenario.at(end === 'time' ? hour : 1)
      if (end === 'revoked') await scenario.given('wanda', 'revokeException', { ...E, exception: 'x', comment: 'over' })
      await reviewed(scenario)
    }
  })

  it('is asked again where Bob, who authorised it, turns out to have made it [LAW 2]', async () => {
    const scenario = await inEffect(authorised({ validFor: '1h' }))
    scenario.at(2 * hour)
    await scenario.given('alice', 'assign', { ...E, to: 'bob' })
    expect(stageOf(scenario, 'E', 'authorise').status).toBe('pending')
    await reviewedMeanwhile(scenario)
  })

  it('is reviewed all the same, and not sent back by Carol, where its authorisation is withdrawn, or Bob, who gave it, is given the work [LAW 80]', async () => {
    for (const [account, type, command] of [
      ['bob', 'withdraw', { comment: 'not by me' }],
      ['alice', 'assign', { to: 'bob' }],
    ] as const) {
      const scenario = await inEffect()
      await scenario.given(account, type, { ...E, ...command } as never)
      expect(scenario.change('E').state).toBe('authorise')
      expect(owed(scenario)).toMatchObject([{ stage: 'review', by: ['gus', 'vera', 'viktor', 'wanda'] }])
      await refused(scenario, ['carol', 'reject', { ...E, comment: 'no' }], 'authority.no-role', { roles: ['auditor'] })
      await scenario.given('vera', 'reject', { ...E, comment: 'this was wrong' })
      expect(scenario.change('E').state).toBe('remediation')
      await sound(scenario)
    }
  })

  it('is reviewed in the order of its flow, and by nobody before it has taken effect, though an earlier step is in effect [LAW 33]', async () => {
    const to = (environment: string) => release(environment, { by: role('deployer'), environment })
    const second = approval('second', approvals(1).from(role('auditor')), { within: '5d' })
    const golive = approval('golive', approvals(1).from(role('head')))
    const first = approval('first', approvals(1).from(role('auditor')), { within: '24h' })
    const flow = [authorise(), to('staging'), first, golive, to('production'), second]
    const options = { roles: { ...roles, head: 'heads' } }
    const staged = async () => {
      const scenario = await opened(withEmergency({ flow, options }), baseline, { hana: ['head'] })
      await scenario.given('bob', 'approve', E)
      await scenario.given('paul', 'release', { ...E, environment: 'staging' })
      await scenario.given('bob', 'withdraw', { ...E, comment: 'not by me' })
      await refused(scenario, ['vera', 'approve', { ...E, stage: 'second' }], 'lifecycle.not-now')
      await scenario.given('vera', 'approve', E)
      await scenario.given('carol', 'approve', E)
      expect(scenario.change('E').state).toBe('golive')
      return scenario
    }
    const scenario = await staged()
    await refused(scenario, ['viktor', 'approve', { ...E, stage: 'second' }], 'lifecycle.not-now')
    expect(scenario.explain('E').whoCanUnblock).toEqual(['hana'])
    await scenario.given('hana', 'approve', E)
    await scenario.given('paul', 'release', { ...E, environment: 'production' })
    expect(owed(scenario).map(one => one.stage)).toEqual(['second'])
    await sound(scenario)
    // What has not taken effect yet is rejected by whoever is asked.
    const rejected = await staged()
    await rejected.given('hana', 'reject', { ...E, comment: 'not into production' })
    expect(rejected.change('E').state).toBe('returned')
    await sound(rejected)
  })

  it('is ticked and tested afterwards, and reviewed by a share, where it has gone back and was moved to another policy [LAW 80]', async () => {
    const late = test('probe', { by: role('tester'), within: '5d', checklist: { log: 'the log was read' } })
    const board = approval('board', share(1, 2).of(role('auditor')), { within: '24h' })
    const rules = (name: string) =>
      withEmergency({
        flow: [authorise(), production(), late, board],
        options: { separate: [separate('make', 'release').because(name)] },
      })
    const scenario = await inEffect(rules('two hands'))
    await scenario.given('bob', 'withdraw', { ...E, comment: 'not by me' })
    await scenario.adopt(rules('four eyes'))
    await scenario.given('alice', 'migrate', {
      ...E,
      policy: policyDigest(rules('four eyes')),
      comment: 'the newer one',
    })
    expect(scenario.change('E').state).toBe('authorise')
    const allowed = expect.arrayContaining(['approve', 'signOff', 'tick'])
    await refused(scenario, ['alice', 'resubmit', { ...E, comment: 'again' }], 'lifecycle.not-now', { allowed })
    await scenario.given('erin', 'tick', { ...E, stage: 'probe', items: ['log'] })
    await scenario.given('erin', 'signOff', { ...E, ...report })
    await scenario.given('vera', 'approve', E)
    await scenario.given('viktor', 'approve', E)
    expect(owed(scenario)).toEqual([])
    await scenario.given('carol', 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    await sound(scenario)
  })

  it('fails the test that is owed afterwards, and asks for a remedy, where a test before it does not count any more [LAW 80]', async () => {
    const late = test('probe', { by: role('auditor'), within: '5d' })
    const flow = [test('look', { by: role('tester') }), authorise(), production(), late, review()]
    const scenario = await opened(withEmergency({ flow }))
    await scenario.given('erin', 'signOff', { ...E, ...report })
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    await scenario.given('ada', 'recordDeparture', { person: 'erin', compromised: true })
    expect(scenario.explain('E')).toMatchObject({ state: 'look' })
    expect(['probe', 'review'].map(stage => stageOf(scenario, 'E', stage).here)).toEqual([true, false])
    await scenario.given('vera', 'signOff', { ...E, stage: 'probe', ...report, result: 'failed', comment: 'wrong' })
    expect(scenario.change('E').state).toBe('remediation')
    await sound(scenario)
  })
})

describe('an emergency is declared', () => {
  it('with an incident, and refused without [LAW 84]', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [withEmergency()], people: cast })
    for (const form of [{ system: 'ledger' }, { system: 'ledger', incident: '' }])
      await refused(scenario, ['alice', 'submit', { ...emergency, form } as never], 'form.invalid')
  })

  it('with an incident that can be read, and refused with blanks or with what is invisible, at an edit as well [LAW 84]', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [withEmergency()], people: cast })
    const blanks = ['   ', '\t\t\t', '\u00a0\u00a0\u00a0', '\u200b\u200b\u200b', '\u3164\u3164\u3164', '...']
    const problems = [{ field: 'incident', problem: 'must say something' }]
    for (const incident of blanks) {
      const form = { ...emergency.form, incident }
      await refused(scenario, ['alice', 'submit', { ...emergency, form } as never], 'form.invalid', { problems })
    }
    await scenario.given('alice', 'submit', emergency as never)
    for (const incident of blanks) {
      const edited = { ...E, form: { ...emergency.form, incident }, comment: 'another number' }
      await refused(scenario, ['alice', 'revise', edited as never], 'form.invalid', { problems })
    }
  })

  it('by rules that say so where a clause asks for an approval before, and nobody gives it [LAW 84]', () => {
    const told =
      /asks for 1 approval before production, and the flow makes sure of 0; in an emergency, too, somebody gives that before, or breaks the glass/
    expect(() => withEmergency({ flow: [production(), review()] })).toThrow(told)
  })

  it('with a reason, and refused without [LAW 84]', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [withEmergency()], people: cast })
    for (const reason of ['', '   '])
      await refused(scenario, ['alice', 'submit', { ...emergency, reason } as never], 'command.malformed')
  })

  it('and not authorised by Alice, who made it, nor by Carol, who asked for it [LAW 84]', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [withEmergency()], people: cast })
    await scenario.given('carol', 'submit', emergency as never)
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'alice', team: '*' })
    await refused(scenario, ['alice', 'approve', E], 'duty.conflict', { duties: ['make', 'approve'] })
    await refused(scenario, ['carol', 'approve', E], 'duty.conflict', { duties: ['request', 'approve'] })
  })

  it('in a category whose form asks for the incident, in a field that is filled in and material, and that owes a review [LAW 84]', () => {
    const built = (vary: Vary) => () => withEmergency(vary)
    expect(built({ category: { emergency: { incident: 'ticket' } } })).toThrow(/no field ticket/)
    const optional = fixtureForm.extend({ incident: z.string().optional() })
    expect(built({ category: { form: optional } })).toThrow(/incident has to be a text that is filled in/)
    const chosen = fixtureForm.extend({ incident: z.enum(['INC-1', ' ']) })
    expect(built({ category: { form: chosen } })).toThrow(/incident has to be a text that is filled in/)
    expect(built({ category: { material: ['system', 'content'] } })).toThrow(/incident is not material/)
    expect(built({ flow: [authorise(), production()] })).toThrow(/nothing is owed afterwards/)
    expect(built({ flow: [authorise(), review()] })).toThrow(/no release/)
  })

  it('and a change of Alice does not become one by her hand, as less is asked for before it takes effect [LAW 84]', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [withEmergency()], people: cast })
    const normal = { ...emergency, category: 'normal', form: { system: 'ledger', risk: 'low' } }
    await scenario.given('alice', 'submit', normal as never)
    const away = { ...E, category: 'emergency', form: incident, comment: 'it burns' }
    await refused(scenario, ['alice', 'recategorise', away], 'authority.laxer-rule')
  })
})

describe('an edit of what a review hangs on', () => {
  const onLedger = { when: field('system').is('ledger') }
  const elsewhere = { ...E, form: { ...incident, system: 'billing' }, comment: 'it was billing' }

  it('is refused, also to Vera who reviews, where nobody would be asked any more for the review that is owed [LAW 80]', async () => {
    const quick = approval('quick', approvals(1).from(role('auditor')), { within: '8h' })
    const scenario = await opened(withEmergency({ flow: [authorise(), production(), quick, review(onLedger)] }))
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    await refused(scenario, ['vera', 'revise', elsewhere], 'obligation.open', { owed: [{ stage: 'review' }] })
    for (const one of ['vera', 'viktor', 'wanda']) await scenario.given(one, 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    await sound(scenario)
  })

  it('is refused for what was found as well, and the verifier finds where it was taken for the review [LAW 87]', async () => {
    const roles_ = policy(
      't',
      { complies: baseline, roles },
      {
        found: category({
          form: incidentForm,
          retrospective: true,
          flow: [approval('quick', approvals(1).from(role('auditor')), { within: '8h' }), review(onLedger)],
        }),
      },
    )
    const scenario = await Scenario.open({ controls: baseline, policies: [roles_], people: cast })
    const found = { ...emergency, category: 'found', inEffectSince: '2026-01-01T00:00:00.000Z' }
    await scenario.given('alice', 'submit', found as never)
    await refused(scenario, ['vera', 'revise', elsewhere], 'obligation.open')
    await scenario.given('alice', 'revise', { ...E, title: 'Stop the postings', comment: 'shorter' })
    await sound(scenario)
    const bodies = bodiesOf(await linesOf(scenario.store))
    const last = bodies.at(-1) as unknown as { command: object; outcome: { accepted: object[] } }
    last.command = { ...last.command, form: elsewhere.form }
    last.outcome.accepted.push({ type: 'obligation.fulfilled', obligation: 1, late: false })
    const { codes } = verifyTrail([fileOf(reseal(bodies))])
    expect(Object.keys(codes)).toEqual(expect.arrayContaining(['decision.unjustified', 'obligation.misdated']))
  })
})

describe('breaking the glass', () => {
  const reason = 'nobody of the approvers answers, and the ledger doubles every posting'
  const broken = async (with_ = glassPolicy()) => {
    const scenario = await opened(with_, glassControls)
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    return scenario
  }

  it('lets Gus put it into effect without an approval, and owes a stricter review afterwards [LAW 86]', async () => {
    const scenario = await broken()
    expect(stageOf(scenario, 'E', 'authorise').status).toBe('waived')
    await scenario.given('gus', 'release', E)
    expect(owed(scenario)).toMatchObject([
      {
        stage: 'audit',
        due: later(scenario, 8 * hour),
        missing: { auditor: 3 },
        by: ['bob', 'paul', 'vera', 'viktor', 'wanda'],
      },
      { stage: 'review', due: later(scenario, day) },
    ])
    for (const one of ['vera', 'viktor', 'wanda']) await scenario.given(one, 'approve', E)
    expect(owed(scenario)).toMatchObject([{ stage: 'review' }])
    for (const one of ['bob', 'paul']) await scenario.given(one, 'approve', E)
    expect(scenario.change('E').state).toBe('completed')
    // Nobody has given it, and a change that is over is not to look as if somebody had.
    for (const state of ['completed', 'closed']) {
      if (state === 'closed') await scenario.given('alice', 'close', E)
      const { acts, status, requirement } = stageOf(scenario, 'E', 'authorise')
      expect([acts, status, requirement?.status]).toEqual([[], 'waived', 'pending'])
      expect(['audit', 'review'].map(one => stageOf(scenario, 'E', one).status)).toEqual(['satisfied', 'satisfied'])
    }
    await sound(scenario)
  })

  it('leaves the checklist of the release to whoever may release then, in their own name [LAW 86]', async () => {
    const listed = release('production', { by: role('deployer'), checklist: { backup: 'a backup is there' } })
    const rules = glassPolicy({ flow: [authorise(), listed, audit(), review()] })
    const scenario = await opened(rules, glassControls, { nora: [] })
    await delegated(scenario, 'gus', 'nora')
    await delegated(scenario, 'paul', 'nora')
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    const ticked = { ...E, stage: 'production', items: ['backup'] }
    const able = { roles: ['breakglass'], able: ['gus'] }
    for (const one of ['paul', 'nora']) await refused(scenario, [one, 'tick', ticked], 'authority.no-role', able)
    expect(scenario.explain('E').waysOut.filter(one => one.do === 'tick')).toMatchObject([{ persons: ['gus'] }])
    await scenario.given('gus', 'tick', ticked)
    await scenario.given('gus', 'release', E)
    await sound(scenario)
  })

  it('leaves the checklist of the release to Paul, and to who acts for him, where the glass waives nothing [LAW 86]', async () => {
    const listed = release('production', { by: role('deployer'), checklist: { backup: 'a backup is there' } })
    const rules = glassPolicy({ flow: [authorise(), listed, audit(), review()] })
    const scenario = await opened(rules, glassControls, { nora: [] })
    await delegated(scenario, 'paul', 'nora')
    await scenario.given('bob', 'approve', E)
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    const ticked = { ...E, stage: 'production', items: ['backup'] }
    await refused(scenario, ['gus', 'tick', ticked], 'authority.no-role', { roles: ['deployer'] })
    expect(scenario.explain('E').waysOut.find(one => one.do === 'tick')?.persons).toEqual(['nora', 'paul'])
    await scenario.given('nora', 'tick', ticked)
    await scenario.given('paul', 'release', E)
    await sound(scenario)
  })

  it('has it pulled, where the board asks for that, by those who may edit it: Paul is named, and Guy, who may release it then, is not [LAW 86]', async () => {
    const full = board({ columns: [{ name: 'live', stages: ['production'], limit: 1 }] })
    const scenario = await opened(glassPolicy({ options: { board: full } }), glassControls, { guy: ['breakglass'] })
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    const { waysOut, whoCanUnblock } = scenario.explain('E')
    expect(waysOut).toEqual([{ do: 'move', stage: 'production', persons: ['alice', 'gus', 'paul'] }])
    const { notices } = await scenario.desk.outbox()
    const asked = notices.filter(one => one.kind === 'asked' && one.do === 'move')
    expect(asked.map(one => one.person)).toEqual(whoCanUnblock)
    await refused(scenario, ['guy', 'move', E], 'authority.not-participant')
    await scenario.given('paul', 'move', E)
    await scenario.given('guy', 'release', E)
    await sound(scenario)
  })

  it('is refused where the policy does not let anybody, which is what holds unless it says so [LAW 86]', async () => {
    const scenario = await opened()
    await scenario.given('ada', 'defineRole', { role: 'nightwatch', description: 'watches' })
    await refused(scenario, ['gus', 'breakGlass', { ...E, reason }], 'glass.not-permitted', { category: 'emergency' })
    await refused(scenario, ['gus', 'release', E], 'requirement.unmet')
  })

  it('is for holders of the role alone, with a reason, and never for a robot of theirs [LAW 86]', async () => {
    const scenario = await opened(glassPolicy(), glassControls)
    await refused(scenario, ['paul', 'breakGlass', { ...E, reason }], 'authority.no-role', { roles: ['breakglass'] })
    await refused(scenario, ['gus', 'breakGlass', { ...E, reason: ' ' }], 'command.malformed')
    await scenario.given('ada', 'registerBot', { bot: 'gus-bot', controller: 'gus', accounts: ['gus-bot'] })
    await scenario.given('ada', 'grantRole', { role: 'breakglass', to: 'gus-bot', team: '*' })
    await refused(scenario, ['gus-bot', 'breakGlass', { ...E, reason }], 'identity.bot')
  })

  it('is refused to Gus while he is absent, where the policy suspends him meanwhile [LAW 86]', async () => {
    const suspended = { ...roles, breakglass: { whileAbsent: 'suspended' as const } }
    const scenario = await opened(
      glassPolicy({ options: { complies: glassControls, roles: suspended } }),
      glassControls,
    )
    const absence = { person: 'gus', from: scenario.now, until: later(scenario, day) }
    await scenario.given('ada', 'recordAbsence', absence)
    await refused(scenario, ['gus', 'breakGlass', { ...E, reason }], 'authority.no-role', { roles: ['breakglass'] })
    await scenario.given('ada', 'cancelAbsence', absence)
    await scenario.given('gus', 'breakGlass', { ...E, reason })
  })

  it('is used by a holder in person: nobody does so who stands in for Gus or has his delegation, and the verifier finds who did [LAW 86]', async () => {
    const standIn = { ...roles, breakglass: { fallback: { role: 'head', when: ['absent' as const] } } }
    const rules = glassPolicy({ options: { complies: glassControls, roles: { ...standIn, head: 'stands in' } } })
    const scenario = await opened(rules, glassControls, { hana: ['head'], nora: [] })
    const until = later(scenario, day)
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    const forGus = { delegation: 'gus-nora', principal: 'gus', to: 'nora', from: scenario.now, until }
    await scenario.given('gus', 'delegate', { ...forGus, scope: { roles: ['breakglass'] } })
    await refused(scenario, ['nora', 'release', E], 'authority.no-role', { roles: ['breakglass'], able: ['gus'] })
    await scenario.given('gus', 'revokeDelegation', { delegation: 'gus-nora' })
    await scenario.given('ada', 'recordAbsence', { person: 'gus', from: scenario.now, until })
    await refused(scenario, ['hana', 'release', E], 'authority.no-role', { roles: ['breakglass'], able: ['gus'] })
    await scenario.given('ada', 'registerBot', { bot: 'hana-bot', controller: 'hana', accounts: ['hana-bot'] })
    await scenario.given('ada', 'grantRole', { role: 'breakglass', to: 'hana-bot', team: '*' })
    await refused(scenario, ['hana-bot', 'release', E], 'authority.no-role', { able: ['gus'] })
    expect(stageOf(scenario, 'E', 'production').eligible.map(one => one.person)).toEqual(['gus'])
    await scenario.given('gus', 'release', E)
    const bodies = bodiesOf(await linesOf(scenario.store))
    const seat = { capacity: 'fallback', cause: 'absent', role: 'breakglass', via: 'head' }
    const own = '{"capacity":"own","role":"breakglass"}'
    const told = JSON.stringify(bodies.at(-1)).replaceAll('"gus"', '"hana"').replaceAll(own, JSON.stringify(seat))
    const forged = JSON.parse(told) as LooseBody
    const verdict = verifyTrail([fileOf(reseal(bodies.with(-1, forged)))])
    expect(verdict.findings.map(one => one.code)).toContain('release.unapproved')
  })

  it('holds for one change, once, and for as long as the policy says: at the end of it the approval is asked for again [LAW 86]', async () => {
    const scenario = await broken()
    await refused(scenario, ['gus', 'breakGlass', { ...E, reason }], 'nothing-to-do')
    scenario.at(hour)
    await refused(scenario, ['gus', 'release', E], 'requirement.unmet', { release: 'production' })
    expect(stageOf(scenario, 'E', 'authorise').status).toBe('pending')
    const again = await refused(scenario, ['gus', 'breakGlass', { ...E, reason }], 'nothing-to-do')
    expect(again.help).toMatch(
      /^On one change it is broken once\. .* everything before is given as ever: see `explain`/,
    )
    expect(scenario.explain('E').waysOut).toMatchObject([{ do: 'approve', persons: ['bob', 'carol', 'dan'] }])
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    expect(owed(scenario).map(one => one.stage)).toEqual(['review'])
    await sound(scenario)
  })

  it('waives nothing for a step that was not taken under it: E was put into staging, and everything is asked for before production [LAW 86]', async () => {
    const to = (environment: string) => release(environment, { by: role('deployer'), environment })
    const board = approval('board', approvals(2).from(role('appr')))
    const flow = [authorise(), to('staging'), board, to('production'), audit(), review()]
    const scenario = await opened(glassPolicy({ flow }), glassControls)
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    await scenario.given('gus', 'release', { ...E, environment: 'staging' })
    expect(scenario.change('E').state).toBe('production')
    scenario.at(5 * hour)
    const production = { ...E, environment: 'production' }
    await refused(scenario, ['paul', 'release', production], 'requirement.unmet', {
      release: 'production',
      stages: [{ stage: 'authorise' }, { stage: 'board' }],
    })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', E)
    await refused(scenario, ['paul', 'release', production], 'requirement.unmet', { stages: [{ stage: 'board' }] })
    await scenario.given('dan', 'approve', E)
    await scenario.given('paul', 'release', production)
    expect(owed(scenario).map(one => one.stage)).toEqual(['audit', 'review'])
    await sound(scenario)
  })

  it('waives nothing any more once Gus, who put E into effect under it, is removed as compromised [LAW 86]', async () => {
    const scenario = await broken()
    await scenario.given('gus', 'release', E)
    scenario.at(2 * hour)
    await scenario.given('ada', 'recordDeparture', { person: 'gus', compromised: true })
    await refused(scenario, ['paul', 'release', E], 'requirement.unmet', { stages: [{ stage: 'authorise' }] })
    await scenario.given('bob', 'approve', E)
    await scenario.given('paul', 'release', E)
    await sound(scenario)
  })

  it('waives nothing for Guy once Gus, who broke it, is removed as compromised, and the verifier finds who used it all the same [LAW 86]', async () => {
    const scenario = await opened(glassPolicy(), glassControls, { guy: ['breakglass'] })
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    const releasing = scenario.now
    await scenario.given('guy', 'release', E)
    const honest = bodiesOf(await linesOf(scenario.store))
    const second = await opened(glassPolicy(), glassControls, { guy: ['breakglass'] })
    await second.given('gus', 'breakGlass', { ...E, reason })
    await second.given('ada', 'recordDeparture', { person: 'gus', compromised: true })
    await refused(second, ['guy', 'release', E], 'requirement.unmet', { stages: [{ stage: 'authorise' }] })
    await sound(second)
    const release = { ...(honest.at(-1) as LooseBody), at: releasing }
    const forged = fileOf(reseal(renumber([...bodiesOf(await linesOf(second.store)), release])))
    expect(Object.keys(verifyTrail([forged]).codes)).toEqual(expect.arrayContaining(['release.unapproved']))
  })

  it('waives nothing for whoever puts E into effect, or takes part in it by now, and has given Gus the role by which he broke it [LAW 86]', async () => {
    const favoured = async () => {
      const scenario = await opened(glassPolicy(), glassControls, {
        gus: [],
        guy: ['breakglass'],
      })
      await scenario.given('ada', 'grantRole', { role: 'breakglass', to: 'otto', team: '*' })
      await scenario.given('otto', 'grantRole', { role: 'breakglass', to: 'gus', team: '*' })
      await scenario.given('gus', 'breakGlass', { ...E, reason })
      return scenario
    }
    const scenario = await favoured()
    await refused(scenario, ['otto', 'release', E], 'requirement.unmet', { person: 'otto', able: ['gus', 'guy'] })
    expect(scenario.explain('E').waysOut).toEqual([{ do: 'release', stage: 'production', persons: ['gus', 'guy'] }])
    await scenario.given('guy', 'release', E)
    await sound(scenario)
    const late = await favoured()
    await late.given('alice', 'assign', { ...E, to: 'otto' })
    expect(stageOf(late, 'E', 'authorise').status).toBe('pending')
    await refused(late, ['guy', 'release', E], 'requirement.unmet', { stages: [{ stage: 'authorise' }] })
    await sound(late)
    await foundAfter(late, scenario)
  })

  it('waives nothing any more once Gus, who broke it, is removed as compromised, though Guy has put E into effect under it [LAW 86]', async () => {
    const scenario = await opened(glassPolicy(), glassControls, { guy: ['breakglass'] })
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    await scenario.given('guy', 'release', E)
    await scenario.given('ada', 'recordDeparture', { person: 'gus', compromised: true })
    expect(stageOf(scenario, 'E', 'authorise').status).toBe('pending')
    await scenario.given('bob', 'approve', E)
    await sound(scenario)
  })

  it('waives nothing once Gus, who broke it, turns out to be Alice, who made E, where that is kept apart from a release [LAW 86]', async () => {
    const apart = glassPolicy({
      options: {
        complies: glassControls,
        roles,
        separate: [separate('make', 'release').because('nobody releases their own')],
      },
    })
    const cast = { guy: ['breakglass'] }
    const scenario = await opened(apart, glassControls, cast)
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    await scenario.given('guy', 'release', E)
    const late = await opened(apart, glassControls, cast)
    await late.given('gus', 'breakGlass', { ...E, reason })
    await late.given('ada', 'recordAlias', { person: 'gus', is: 'alice', comment: 'one passport' })
    await refused(late, ['guy', 'release', E], 'requirement.unmet', { stages: [{ stage: 'authorise' }] })
    await sound(late)
    await foundAfter(late, scenario)
  })

  it('waives nothing for a release without it, on what whoever releases has arranged: Otto has given Nora the role by which she approves [LAW 86]', async () => {
    const arranged = async () => {
      const scenario = await opened(glassPolicy(), glassControls, { bob: ['auditor'], nora: [] })
      await scenario.given('ada', 'grantRole', { role: 'deployer', to: 'otto', team: '*' })
      await scenario.given('otto', 'grantRole', { role: 'appr', to: 'nora', team: '*' })
      await scenario.given('nora', 'approve', E)
      await scenario.given('gus', 'breakGlass', { ...E, reason })
      return scenario
    }
    const scenario = await arranged()
    await refused(scenario, ['otto', 'release', E], 'requirement.unmet', { person: 'otto', able: ['paul'] })
    expect(scenario.explain('E').waysOut).toEqual([{ do: 'release', stage: 'production', persons: ['paul'] }])
    await scenario.given('paul', 'release', E)
    expect(scenario.change('E').releases[0]?.underGlass).toBeUndefined()
    await sound(scenario)
    const bodies = bodiesOf(await linesOf(scenario.store))
    const forged = JSON.parse(JSON.stringify(bodies.at(-1)).replaceAll('"paul"', '"otto"'))
    const { codes } = verifyTrail([fileOf(reseal([...bodies.slice(0, -1), forged]))])
    expect(Object.keys(codes)).toContain('release.unapproved')
  })

  it('waives nothing for what was put into effect without it: what Bob gave falls away, and is asked for again, whether the glass was broken before or after that [LAW 86]', async () => {
    const glass = ['gus', 'breakGlass', { ...E, reason }] as const
    const release = ['paul', 'release', E] as const
    const gone = ['ada', 'recordDeparture', { person: 'bob', compromised: true }] as const
    for (const steps of [
      [glass, release, gone],
      [release, gone, glass],
    ]) {
      const scenario = await opened(glassPolicy(), glassControls)
      await scenario.given('bob', 'approve', E)
      for (const [who, what, command] of steps) await scenario.given(who, what, command)
      expect(stageOf(scenario, 'E', 'authorise').status).toBe('pending')
      for (const one of ['vera', 'viktor']) await scenario.given(one, 'approve', { ...E, stage: 'review' })
      expect(scenario.change('E').state).toBe('authorise')
      await refused(scenario, ['alice', 'close', E], 'lifecycle.not-now')
      await scenario.given('carol', 'approve', { ...E, stage: 'authorise' })
      expect(scenario.change('E').state).toBe('completed')
      await sound(scenario)
    }
  })

  /** The same policy with so many who audit what was done under the glass, and so much time for them. */
  const audited = (persons: number, within: string) =>
    glassPolicy({
      flow: [
        authorise(),
        production(),
        approval('audit', approvals(persons).from(role('auditor')), { within, onlyAfter: 'breakGlass' }),
        review(),
      ],
    })

  it.each([
    ['by fewer', 4, '8h'],
    ['later', 5, '9h'],
  ])(
    'owes no less than when it was broken: Gus does not move E to a policy by which it is reviewed %s [LAW 93]',
    async (_, persons, within) => {
      const laxer = audited(persons, within)
      const scenario = await opened(audited(5, '8h'), glassControls)
      await scenario.given('gus', 'breakGlass', { ...E, reason })
      await scenario.adopt(laxer)
      const moved = { ...E, policy: policyDigest(laxer), comment: 'the one in force' }
      await refused(scenario, ['gus', 'migrate', moved], 'authority.laxer-rule')
      await scenario.given('gus', 'release', E)
      expect(owed(scenario)[0]).toMatchObject({ stage: 'audit', due: later(scenario, 8 * hour) })
      await sound(scenario)
    },
  )

  it('owes no less in another category, nor after an edit: Alice makes E none that would be reviewed by fewer [LAW 46]', async () => {
    const more = approval('ledger', approvals(1).from(role('auditor')), {
      within: '8h',
      onlyAfter: 'breakGlass',
      when: field('system').is('ledger'),
    })
    const { emergency: other_ } = audited(4, '8h').categories
    const strict = glassPolicy({ flow: [authorise(), production(), audit(), more, review()] })
    if (other_ === undefined) throw new Error('no category')
    const both = { ...strict, categories: { ...strict.categories, other: other_ } }
    const scenario = await opened(both, glassControls)
    const other = { ...E, category: 'other', comment: 'it is one of these' }
    await refused(scenario, ['alice', 'recategorise', other], 'authority.laxer-rule')
    const edit = { ...E, form: { ...incident, system: 'billing' }, comment: 'it was billing' }
    await refused(scenario, ['alice', 'revise', edit], 'authority.laxer-rule', { stages: ['ledger'] })
    await sound(scenario)
  })

  /** The last entry of a history, put after another as if it had been accepted there, is found. */
  const foundAfter = async (other: Scenario, of: Scenario) => {
    const [honest, before] = [bodiesOf(await linesOf(of.store)), bodiesOf(await linesOf(other.store))]
    const last = { ...(honest.at(-1) as LooseBody), at: other.now }
    const forged = fileOf(reseal(renumber([...before, last])))
    expect(Object.keys(verifyTrail([forged]).codes)).toContain('release.unapproved')
  }

  it('does not let Paul put it into effect, who does not hold the role, before the approval is there [LAW 86]', async () => {
    const scenario = await broken()
    await refused(scenario, ['paul', 'release', E], 'authority.no-role', { roles: ['breakglass'] })
    await scenario.given('alice', 'assign', { ...E, to: 'alice' })
    expect(scenario.change('E').state).toBe('production')
    await sound(scenario)
  })

  it('keeps Gus from reviewing what he did, whether or not it was he who put it into effect [LAW 86]', async () => {
    const scenario = await opened(glassPolicy(), glassControls)
    await scenario.given('ada', 'grantRole', { role: 'breakglass', to: 'dan', team: '*' })
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    await scenario.given('dan', 'release', E)
    await scenario.given('ada', 'grantRole', { role: 'auditor', to: 'dan', team: '*' })
    for (const one of ['gus', 'dan'])
      await refused(scenario, [one, 'approve', E], 'duty.conflict', { duties: ['release', 'review'] })
    await sound(scenario)
  })

  it('reaches no further than what it was broken for: after an edit the approval is asked for [LAW 86]', async () => {
    const scenario = await broken()
    await scenario.given('gus', 'release', E)
    scenario.at(2 * hour)
    await scenario.given('alice', 'revise', {
      ...E,
      content: { digest: content('e2'), makers: ['alice'] },
      comment: 'more',
    })
    expect(scenario.change('E').state).toBe('authorise')
    await refused(scenario, ['gus', 'release', E], 'requirement.unmet')
    expect(owed(scenario).map(one => one.stage)).toEqual(['audit', 'review'])
    await sound(scenario)
  })

  it('leaves what is owed for it to be given by those who are asked, also a share of them: Alice edits none of it away [LAW 86]', async () => {
    for (const asked of [approvals(2).from(role('auditor')), share(1, 2).of(role('auditor'))]) {
      const inDoubt = { within: '8h', onlyAfter: 'breakGlass', when: field('system').is('ledger') } as const
      const board = approval('board', asked, inDoubt)
      const scenario = await opened(
        glassPolicy({ flow: [authorise(), production(), audit(), board, review()] }),
        glassControls,
      )
      await scenario.given('gus', 'breakGlass', { ...E, reason })
      await scenario.given('gus', 'release', E)
      expect(owed(scenario).map(one => one.stage)).toContain('board')
      const lower = { ...E, form: { system: 'billing' }, comment: 'it was another one' }
      await refused(scenario, ['alice', 'revise', lower as never], 'authority.laxer-rule')
      await sound(scenario)
    }
  })

  it('is nothing that a policy can permit whose controls do not, nor by one that owes no stricter review for it [LAW 86]', () => {
    expect(() => glassPolicy({ options: { complies: baseline } })).toThrow(/CM-3 .* lets nobody break the glass/)
    expect(() => glassPolicy({ flow: [authorise(), production(), review()] })).toThrow(/breakGlass/)
    const same = approval('audit', approvals(2).from(role('auditor')), { within: '8h', onlyAfter: 'breakGlass' })
    expect(() => glassPolicy({ flow: [authorise(), production(), same, review()] })).toThrow(/more persons/)
  })

  it('holds for nothing that E becomes: not for one of another category, nor for one that was sent back and submitted again [LAW 86]', async () => {
    const moved = await broken()
    const form = { system: 'ledger', risk: 'low' }
    await moved.given('alice', 'recategorise', { ...E, category: 'normal', form, comment: 'it can wait' } as never)
    expect(moved.change('E')).toMatchObject({ category: 'normal', state: 'verify' })
    for (const one of ['paul', 'gus']) await refused(moved, [one, 'release', E], 'requirement.unmet')
    const again = await broken()
    await again.given('bob', 'reject', { ...E, comment: 'not this way' })
    await again.given('alice', 'resubmit', { ...E, comment: 'another way' })
    expect(stageOf(again, 'E', 'authorise').status).toBe('pending')
    await refused(again, ['gus', 'release', E], 'requirement.unmet')
    await refused(again, ['gus', 'breakGlass', { ...E, reason }], 'nothing-to-do')
    for (const scenario of [moved, again]) await sound(scenario)
  })

  it('does not lift a veto [LAW 86]', async () => {
    const vetoing = approval('authorise', approvals(1).from(role('appr')), { veto: { liftedBy: role('auditor') } })
    const scenario = await opened(glassPolicy({ flow: [vetoing, production(), audit(), review()] }), glassControls)
    await scenario.given('bob', 'reject', { ...E, comment: 'not this way' })
    await scenario.given('gus', 'breakGlass', { ...E, reason })
    await refused(scenario, ['gus', 'release', E], 'requirement.unmet')
  })
})

describe('a change that was found', () => {
  const F = { change: 'F' }
  const found = {
    ...F,
    team: 't',
    category: 'found',
    title: 'A rounding rule nobody asked for',
    reason: 'the nightly comparison shows another rule than the one that was approved',
    form: { system: 'ledger', incident: 'INC-18' },
    inEffectSince: '2026-02-20T10:00:00.000Z',
  }
  const entered = async (vary: object = {}) => {
    const scenario = await Scenario.open({ controls: baseline, policies: [withEmergency()], people: cast })
    await scenario.given('rita', 'submit', { ...found, ...vary } as never)
    return scenario
  }

  it('is owed what an edit newly asks for from its entry on, and the verifier says the same [LAW 87]', async () => {
    const check = approval('check', approvals(1).from(role('auditor')), {
      within: '24h',
      when: field('system').is('billing'),
    })
    const looking = approval('look', approvals(1).from(role('appr')), { within: '24h' })
    const rules = policy(
      't',
      { complies: baseline, roles },
      { found: category({ form: incidentForm, retrospective: true, flow: [looking, check] }) },
    )
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: cast })
    const since = new Date(Date.parse(scenario.now) - day).toISOString()
    await scenario.given('rita', 'submit', { ...emergency, category: 'found', inEffectSince: since } as never)
    const entered = scenario.now
    scenario.at(hour)
    await scenario.given('rita', 'revise', { ...E, form: { system: 'billing' }, comment: 'it was the other one' })
    expect(scenario.change('E').obligations.map(one => [one.stage, one.since])).toEqual([
      ['look', entered],
      ['check', entered],
    ])
    await scenario.given('bob', 'approve', E)
    await scenario.given('vera', 'approve', E)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({
      status: 'sound',
      findings: [],
      obligations: { opened: 2, fulfilled: 2 },
    })
  })

  it('is entered as what it is: everything about it is owed from then on, and nothing is shown as approved before [LAW 87]', async () => {
    const scenario = await entered()
    expect(owed(scenario, 'F')).toMatchObject([{ stage: 'review', since: scenario.now, due: later(scenario, day) }])
    expect(scenario.explain('F')).toMatchObject({ inEffectSince: found.inEffectSince, state: 'review' })
    await scenario.given('vera', 'approve', F)
    await scenario.given('viktor', 'approve', F)
    const { acts } = stageOf(scenario, 'F', 'review')
    expect(acts.every(act => act.at > found.inEffectSince)).toBe(true)
    expect(stageOf(scenario, 'F', 'review').afterwards).toBe(true)
    await sound(scenario)
  })

  it('says since when it has been in effect, which is not in the future, and no other category takes that [LAW 87]', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [withEmergency()], people: cast })
    const { inEffectSince: _, ...without } = found
    await refused(scenario, ['rita', 'submit', without as never], 'form.invalid')
    const ahead = { ...found, inEffectSince: later(scenario, 1) }
    await refused(scenario, ['rita', 'submit', ahead as never], 'form.invalid')
    const past = { ...emergency, inEffectSince: found.inEffectSince }
    await refused(scenario, ['rita', 'submit', past as never], 'form.invalid')
  })

  it('is not reviewed by whoever made it, once that is known, and falls back to be owed again [LAW 87]', async () => {
    const scenario = await entered()
    await scenario.given('vera', 'approve', F)
    await scenario.given('rita', 'revise', {
      ...F,
      content: { digest: content('f'), makers: ['viktor'] },
      comment: 'traced',
    })
    await refused(scenario, ['viktor', 'approve', F], 'duty.conflict', { duties: ['make', 'approve'] })
    expect(owed(scenario, 'F')).toHaveLength(1)
    await sound(scenario)
  })

  it('asks for a remedy where the review rejects it, and cannot be cancelled [LAW 87]', async () => {
    const scenario = await entered()
    await refused(scenario, ['rita', 'cancel', { ...F, comment: 'never mind' }], 'obligation.open')
    await scenario.given('vera', 'reject', { ...F, comment: 'nobody may round so' })
    expect(owed(scenario, 'F')).toMatchObject([{ kind: 'remedy' }])
    await sound(scenario)
  })

  it('is none that was submitted as another, and would become one by recategorise or by an edit out of bounds [LAW 87]', async () => {
    const scenario = await opened()
    const late = { ...E, category: 'found', comment: 'it had been done already' }
    for (const person of ['alice', 'dan'])
      await refused(scenario, [person, 'recategorise', late], 'form.invalid', { problems: [{ field: 'category' }] })
    expect(scenario.change('E')).toMatchObject({ category: 'emergency', round: 1 })
    const rules = policy(
      't',
      { complies: baseline, roles },
      {
        standard: category({
          form: incidentForm,
          template: { otherwise: 'found' },
          flow: [
            approval('agree', approvals(1).from(role('appr')), { carriedFrom: approvedTemplate().for('9d') }),
            production(),
          ],
        }),
        found: category({ form: incidentForm, retrospective: true, flow: [review()] }),
      },
    )
    const bounded = await Scenario.open({ controls: baseline, policies: [rules], people: { ...cast, tom: [] } })
    const template = {
      format: 'countersign/template/v1',
      team: 't',
      name: 'stop',
      version: 1,
      category: 'standard',
      description: 'stop the postings',
      fixed: { system: 'ledger' },
      editable: ['incident', 'title', 'reason', 'content'],
    }
    await bounded.given('tom', 'proposeTemplate', { template } as never)
    await bounded.given('bob', 'approveTemplate', { team: 't', name: 'stop', version: 1 })
    const followed = { ...emergency, category: 'standard', template: { name: 'stop', version: 1 } }
    await bounded.given('alice', 'submit', followed as never)
    const out = { ...E, form: { system: 'billing' }, comment: 'and billing' }
    for (const person of ['alice', 'dan'])
      await refused(bounded, [person, 'revise', out], 'form.invalid', { problems: [{ field: 'category' }] })
  })

  it('is counted by the verifier, which tells it apart from what was approved before [LAW 87]', async () => {
    expect((await verdict(await entered())).unauthorised).toEqual([{ change: 'F', seq: expect.any(Number) }])
  })

  it('is of a category in which nothing is approved before, carried over or put into effect [LAW 87]', () => {
    const built = (flow: Stage[]) => () =>
      policy('t', { complies: baseline, roles }, { found: category({ form: incidentForm, retrospective: true, flow }) })
    expect(built([authorise(), review()])).toThrow(/owed afterwards/)
    expect(built([review(), production()])).toThrow(/no release/)
    expect(built([review({ carriedFrom: approved('normal').covers({ system: 'system' }).for('3d') })])).toThrow(
      /before/,
    )
  })
})

describe('whoever breaks the glass takes part by that', () => {
  it('refuses Gus, who has approved E, to break the glass or to release it by the exception of Hana, whom he made head [LAW 106]', async () => {
    const rule = exception('approve', 'release')
      .grantedBy(role('head'))
      .atMost('1d')
      .compensatedBy('the board looks at it')
      .because('there are few of us')
    const with_ = glassPolicy({
      flow: [approval('authorise', approvals(2).from(role('appr'))), production(), audit(), review()],
      options: {
        roles: { ...roles, head: 'heads' },
        separate: [separate('approve', 'release').because('other hands')],
        exceptions: [rule],
      },
    })
    const gus = { gus: ['appr', 'deployer', 'breakglass'], hana: [] }
    for (const by of ['gus', 'otto']) {
      const scenario = await opened(with_, glassControls, gus)
      for (const one of ['ada', 'otto']) await scenario.given(one, 'appointAdministrator', { person: 'gus' })
      await scenario.given('gus', 'approve', E)
      await scenario.given(by, 'grantRole', { role: 'head', to: 'hana', team: '*' })
      const asked = {
        ...E,
        exception: 'x',
        person: 'gus',
        duties: ['approve', 'release'],
        until: later(scenario, hour),
      }
      await scenario.given('gus', 'requestException', { ...asked, reason: 'nobody else is here' } as never)
      await scenario.given('hana', 'grantException', { ...E, exception: 'x' })
      const glass = { ...E, reason: 'nobody answers' }
      if (by === 'otto') {
        await scenario.given('gus', 'breakGlass', glass)
        await scenario.given('gus', 'release', E)
        continue
      }
      await refused(scenario, ['gus', 'breakGlass', glass], 'duty.conflict', { person: 'gus', held: 'approve' })
      await scenario.given('bob', 'approve', E)
      await refused(scenario, ['gus', 'release', E], 'duty.conflict', { person: 'gus', held: 'approve' })
      await scenario.given('paul', 'release', E)
    }
  })
})
