import { baseline, content, f0, fixtureForm, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approved,
  approvedTemplate,
  type CategoryOptions,
  category,
  type Policy,
  policy,
  release,
  role,
  type Stage,
  separate,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, K, people, report, robot, stageOf } from './setting.ts'
import { lastEntry } from './trail.ts'

const verify = test('verify', { by: role('tester') })
const production = release('production', { by: role('deployer') })

interface Rules {
  quorum?: number
  /** The role that is asked for approval, where it is another one. */
  from?: 'head'
  otherwise?: string
  suspended?: boolean
  /** What the flow of a standard change asks for besides. */
  after?: Stage[]
  more?: Record<string, CategoryOptions>
}

/** Standard changes lean on their template; what leaves its bounds is a normal change with an approval of its own. */
const standards = (vary: Rules = {}): Policy => {
  const asked = approvals(vary.quorum ?? 2).from(role(vary.from ?? 'appr'))
  const covered = approval('approve', asked, { carriedFrom: approvedTemplate().for('365d') })
  return policy(
    't',
    {
      complies: baseline,
      roles: {
        appr: vary.suspended === true ? { whileAbsent: 'suspended' } : 'approves',
        tester: 'tests',
        deployer: 'releases',
        ...(vary.from === undefined ? {} : { [vary.from]: 'approves' }),
      },
      separate: [separate('test', 'approve').because('whoever tests does not approve')],
    },
    {
      standard: category({
        form: fixtureForm,
        template: { otherwise: vary.otherwise ?? 'normal' },
        flow: [covered, verify, production, ...(vary.after ?? [])],
      }),
      normal: category({ form: fixtureForm, flow: [approval('agree', asked), verify, production] }),
      ...Object.fromEntries(Object.entries(vary.more ?? {}).map(([name, options]) => [name, category(options)])),
    },
  )
}

/** How a service of the ledger is restarted: everything is fixed but the note and what each ticket says of itself. */
const restart = {
  format: 'countersign/template/v1',
  team: 't',
  name: 'restart',
  version: 1,
  category: 'standard',
  description: 'restart a service of the ledger',
  fixed: { system: 'ledger', risk: 'low' },
  editable: ['note', 'title', 'reason', 'content'],
} as const

const named = (version = 1) => ({ team: 't', name: 'restart', version })

interface Vary extends Rules {
  template?: object
  approvers?: string[]
  other?: Record<string, string[]>
}

/** Tom's template, approved by Bob and Carol unless told otherwise. */
async function withTemplate(vary: Vary = {}): Promise<Scenario> {
  const scenario = await f0({
    policies: [standards(vary)],
    people: people({ tom: [], dora: [], ...vary.other }),
    submit: null,
  })
  await scenario.given('tom', 'proposeTemplate', { template: { ...restart, ...vary.template } } as never)
  for (const person of vary.approvers ?? ['bob', 'carol']) await scenario.given(person, 'approveTemplate', named())
  return scenario
}

/** The next version of it, approved by Bob and Carol. */
async function nextVersion(scenario: Scenario, version: number, approvers = ['bob', 'carol']): Promise<void> {
  await scenario.given('tom', 'proposeTemplate', { template: { ...restart, version } } as never)
  for (const person of approvers) await scenario.given(person, 'approveTemplate', named(version))
}

const standardK = {
  ...submitK,
  category: 'standard',
  form: { system: 'ledger', risk: 'low', note: 'the queue is stuck' },
  template: { name: 'restart', version: 1 },
}

describe('a standard change in the bounds of its template', () => {
  it('asks for no approval of the ticket in which Rita fills in only what template v3 lets her, and the trail names the template, its version and its approvers [LAW 53]', async () => {
    const scenario = await withTemplate()
    await nextVersion(scenario, 2)
    scenario.at(day)
    await nextVersion(scenario, 3)
    scenario.at(day)
    await scenario.given('rita', 'submit', { ...standardK, template: { name: 'restart', version: 3 } })
    expect(scenario.change('K')).toMatchObject({
      category: 'standard',
      state: 'verify',
      template: { name: 'restart', version: 3 },
    })
    const { digest } = scenario.change('K').template ?? {}
    expect((await lastEntry(scenario)).outcome).toMatchObject({
      accepted: [
        { type: 'change.submitted' },
        { type: 'template.applied', name: 'restart', version: 3, digest, approvers: ['bob', 'carol'] },
        { type: 'approval.carried', person: 'bob', from: { template: digest }, at: '2026-03-03T08:00:00.000Z' },
        { type: 'approval.carried', person: 'carol', from: { template: digest }, at: '2026-03-03T08:00:00.000Z' },
        { type: 'stage.entered', stage: 'approve' },
        { type: 'stage.entered', stage: 'verify' },
      ],
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('shows whose approvals of the template count for the ticket, and until when [LAW 53]', async () => {
    const scenario = await withTemplate()
    scenario.at(day)
    await scenario.given('rita', 'submit', standardK)
    const { digest } = scenario.change('K').template ?? {}
    const carried = { template: digest, until: '2027-03-02T08:00:00.000Z' }
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'satisfied',
      acts: [
        { person: 'bob', at: '2026-03-02T08:00:00.000Z', countsFor: 'appr', carried },
        { person: 'carol', countsFor: 'appr', carried },
      ],
    })
  })

  it('asks for the test of a standard change, and refuses the release before it [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {
      stages: [{ stage: 'verify', missing: { tester: 1 } }],
    })
  })

  it('lets Alice edit what the template lets her without asking anybody again [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('alice', 'revise', { ...K, form: { note: 'both queues are' }, comment: 'more precise' })
    expect(scenario.change('K').category).toBe('standard')
    expect(scenario.approvals('K')).toBe(2)
  })

  it('fills in what the template fixes where the ticket leaves it out, so that it is approved with the rest [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', { ...standardK, form: { note: 'the queue is stuck' } })
    expect(scenario.change('K')).toMatchObject({
      category: 'standard',
      form: { system: 'ledger', risk: 'low', note: 'the queue is stuck' },
    })
    expect(scenario.approvals('K')).toBe(2)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts nothing of a template that is over before the release [LAW 53]', async () => {
    const until = '2026-03-09T08:00:00.000Z'
    const scenario = await withTemplate({ template: { until } })
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    scenario.at(until)
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('lets a ticket go on under the policy it was submitted under when the next one asks for three approvals of a template [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.adopt(standards({ quorum: 3 }))
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    await refused(scenario, ['rita', 'submit', { ...standardK, change: 'L' }], 'template.unusable', {
      why: 'not approved',
    })
    await scenario.given('dan', 'approveTemplate', named())
    await scenario.given('rita', 'submit', { ...standardK, change: 'L' })
  })

  it('carries the approvals of a template no further than to the ticket that follows it [LAW 53]', async () => {
    const carriedFrom = approved('standard').covers({ system: 'system' }).for('30d')
    const update = {
      form: fixtureForm,
      flow: [approval('lean', approvals(2).from(role('appr')), { carriedFrom }), production],
    }
    const scenario = await withTemplate({ more: { update } })
    await scenario.given('rita', 'submit', standardK)
    const { template: _, ...bare } = standardK
    await scenario.given('rita', 'submit', { ...bare, change: 'L', category: 'update', parent: 'K' })
    expect(scenario.approvals('L')).toBe(0)
    expect(scenario.isApprovable('L')).toBe(false)
  })

  it('refuses a standard change that names no template [LAW 53]', async () => {
    const scenario = await withTemplate()
    const { template: _, ...bare } = standardK
    await refused(scenario, ['rita', 'submit', bare], 'template.needed', { category: 'standard', otherwise: 'normal' })
  })

  it('refuses to make K a standard change afterwards, and says to submit it anew, as no template can be named then [LAW 54]', async () => {
    const scenario = await withTemplate()
    const { template: _, ...bare } = standardK
    await scenario.given('rita', 'submit', { ...bare, category: 'normal' })
    const anew = { ...K, category: 'standard', comment: 'it is standard' }
    const { help } = await refused(scenario, ['rita', 'recategorise', anew], 'template.needed')
    expect(help).toMatch(/^No change becomes a standard one afterwards: submit it anew as standard, with a template/)
    await scenario.given('rita', 'cancel', { ...K, comment: 'anew' })
    await scenario.given('rita', 'submit', { ...standardK, change: 'L' })
    expect([scenario.change('L').category, scenario.approvals('L')]).toEqual(['standard', 2])
  })

  it('refuses a template that is unknown, not approved by enough, replaced by a newer one, revoked, or over [LAW 53]', async () => {
    const scenario = await withTemplate()
    const submit = (template: object) => ['rita', 'submit', { ...standardK, template }] as never
    const unusable = (version: number, why: string) =>
      refused(scenario, submit({ name: 'restart', version }), 'template.unusable', { version, why })
    await refused(scenario, submit({ name: 'reboot', version: 1 }), 'template.unusable', { why: 'unknown' })
    await unusable(2, 'unknown')
    await nextVersion(scenario, 2, ['bob'])
    await unusable(2, 'not approved')
    await scenario.given('carol', 'approveTemplate', named(2))
    await unusable(1, 'superseded')
    await scenario.given('bob', 'revokeTemplate', { ...named(2), comment: 'it is unsafe' })
    await unusable(2, 'revoked')
    const until = '2026-03-09T08:00:00.000Z'
    await scenario.given('tom', 'proposeTemplate', { template: { ...restart, version: 3, until } } as never)
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approveTemplate', named(3))
    scenario.at(until)
    await unusable(3, 'expired')
    scenario.at('2026-03-09T08:00:00.001Z')
    await unusable(3, 'expired')
  })

  it('accepts a template up to the instant at which it ends [LAW 53]', async () => {
    const until = '2026-03-09T08:00:00.000Z'
    const scenario = await withTemplate({ template: { until } })
    scenario.at('2026-03-09T07:59:59.999Z')
    await scenario.given('rita', 'submit', standardK)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('accepts a ticket of version 1 while version 2 is not approved [LAW 53]', async () => {
    const scenario = await withTemplate()
    await nextVersion(scenario, 2, ['bob'])
    await scenario.given('rita', 'submit', standardK)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('lets a ticket of version 1 go on that was submitted before version 2 was approved [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await nextVersion(scenario, 2)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
  })

  it('does not bring version 1 back when version 2 is revoked, which was found to be unsafe [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('carol', 'revokeTemplate', { ...named(), comment: 'it is unsafe' })
    await nextVersion(scenario, 2)
    await scenario.given('carol', 'revokeTemplate', { ...named(2), comment: 'and so is this' })
    for (const version of [1, 2]) {
      await refused(
        scenario,
        ['rita', 'submit', { ...standardK, template: { name: 'restart', version } }],
        'template.unusable',
        { why: 'revoked' },
      )
    }
  })

  it('counts nothing of a template that is revoked before the release, and asks for approvals of the ticket [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'revokeTemplate', { ...named(), comment: 'it is unsafe' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('bob', 'approve', K)
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
  })

  it('counts an approval of the template for 365 days, which end at the instant itself [LAW 53]', async () => {
    for (const [instant, counts] of [
      ['2027-03-02T07:59:59.999Z', 2],
      ['2027-03-02T08:00:00.000Z', 0],
    ] as const) {
      const scenario = await withTemplate()
      await scenario.given('rita', 'submit', standardK)
      await scenario.given('erin', 'signOff', { ...K, ...report })
      scenario.at(instant)
      expect(scenario.approvals('K')).toBe(counts)
      expect((await scenario.when('paul', 'release', K)).outcome).toBe(counts === 2 ? 'accepted' : 'refused')
    }
  })

  it('asks for approvals of the ticket where a template lacks an approval, since Bob has left as compromised [LAW 53]', async () => {
    const scenario = await withTemplate({ other: { zoe: ['appr'] } })
    await scenario.given('rita', 'submit', standardK)
    scenario.at(1)
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    expect(scenario.approvals('K')).toBeLessThan(2)
    expect(stageOf(scenario, 'K', 'approve').status).not.toBe('satisfied')
    await refused(scenario, ['rita', 'submit', { ...standardK, change: 'L' }], 'template.unusable', {
      why: 'not approved',
    })
    await scenario.when('dan', 'approve', K)
    await scenario.when('zoe', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
  })

  it('asks for the approval of the ticket from Dan where Bob has rejected it, whatever he said of the template [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('bob', 'reject', { ...K, comment: 'not on a Friday' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'on Monday then' })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.isApprovable('K')).toBe(false)
    await scenario.given('dan', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('refuses a template that skips a version, is for no standard category, or does not fit its form [LAW 53]', async () => {
    const scenario = await withTemplate()
    const wrong: object[] = [
      { version: 1 },
      { version: 3 },
      { name: 'other', version: 2 },
      { name: 'other', category: 'normal' },
      { name: 'other', category: 'nothing' },
      { name: 'other', fixed: { system: 'ledger', risk: 'low', port: 1 } },
      { name: 'other', fixed: { system: 'ledgr', risk: 'low' } },
      { name: 'other', editable: ['note', 'port', 'title', 'reason', 'content'] },
      { name: 'other', editable: ['risk', 'note', 'title', 'reason', 'content'] },
      { name: 'other', fixed: { system: 'ledger' } },
    ]
    for (const one of wrong) {
      const template = { ...restart, version: 1, ...one }
      await refused(scenario, ['tom', 'proposeTemplate', { template } as never], 'template.invalid')
    }
    await scenario.given('tom', 'proposeTemplate', { template: { ...restart, name: 'other' } } as never)
  })
})

describe('a standard change out of the bounds of its template', () => {
  it('makes a normal change of a ticket in which a field differs that is not editable, and asks for its approvals [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', { ...standardK, form: { ...standardK.form, system: 'billing' } })
    expect(scenario.change('K')).toMatchObject({ category: 'normal', state: 'agree' })
    expect(scenario.approvals('K')).toBe(0)
    expect((await lastEntry(scenario)).outcome).toMatchObject({
      accepted: expect.arrayContaining([
        expect.objectContaining({ type: 'standard.lost', category: 'normal', fields: ['system'] }),
      ]),
    })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {
      stages: [{ stage: 'agree', missing: { appr: 2 } }, {}],
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
  })

  const loses = (template: object, ticket: object, field: string) => async () => {
    const scenario = await withTemplate({ template })
    await scenario.given('rita', 'submit', { ...standardK, ...ticket })
    expect(scenario.change('K').category).toBe('normal')
    expect(scenario.approvals('K')).toBe(0)
    const { outcome } = await lastEntry(scenario)
    const events = 'accepted' in outcome ? outcome.accepted : []
    expect(events.find(one => one.type === 'standard.lost')).toMatchObject({ fields: expect.arrayContaining([field]) })
  }

  it(
    'makes a normal change of a ticket that fills in a field of which the template says nothing [LAW 54]',
    loses({ editable: ['title', 'reason', 'content'] }, {}, 'note'),
  )
  it(
    'makes a normal change of a ticket with content of which the template says nothing [LAW 54]',
    loses({ editable: ['note', 'title', 'reason'] }, {}, 'content'),
  )
  it(
    'makes a normal change of a ticket that differs in two fields [LAW 54]',
    loses({}, { form: { system: 'billing', risk: 'high' } }, 'risk'),
  )

  it('makes a normal change of a standard one that Alice edits out of bounds, where what was carried counts no more [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('alice', 'revise', { ...K, form: { system: 'billing' }, comment: 'and billing' })
    expect(scenario.change('K')).toMatchObject({ category: 'normal', state: 'agree' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('makes a normal change of a standard one that Alice edits out of bounds, where what the template left open is not material of a normal one [LAW 54]', async () => {
    const flow = [approval('agree', approvals(2).from(role('appr'))), verify, production]
    const material = ['system', 'risk', 'content']
    const scenario = await withTemplate({ otherwise: 'plain', more: { plain: { form: fixtureForm, material, flow } } })
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('alice', 'revise', { ...K, form: { system: 'billing' }, comment: 'and billing' })
    expect(scenario.change('K')).toMatchObject({ category: 'plain' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('makes a normal change of a standard one that was rejected and is edited out of bounds before it is handed in again [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('dan', 'reject', { ...K, comment: 'not like that' })
    await scenario.given('alice', 'revise', { ...K, form: { system: 'billing' }, comment: 'and billing' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'better' })
    expect(scenario.change('K')).toMatchObject({ category: 'normal', state: 'agree' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('alice', 'revise', { ...K, form: { system: 'ledger' }, comment: 'not billing' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('stays a standard change while it owes a review, whatever Alice would edit out of bounds [LAW 80]', async () => {
    const review = approval('review', approvals(1).from(role('appr')), { within: '24h' })
    const scenario = await withTemplate({ after: [review] })
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    const out = { ...K, form: { system: 'billing' }, comment: 'and billing' }
    await refused(scenario, ['alice', 'revise', out], 'obligation.open', { owed: [{ stage: 'review' }] })
    const bodies = bodiesOf(await linesOf(scenario.store))
    const last = bodies.at(-1)
    const lost: LooseBody = {
      ...last,
      id: 'forged-entry',
      streamSeq: Number(last?.streamSeq) + 1,
      by: { account: 'alice', person: 'alice' },
      command: { type: 'revise', ...out },
      outcome: {
        accepted: [
          { type: 'change.revised', revision: 2, digest: content('r2'), material: true, editor: 'alice', makers: [] },
          { type: 'standard.lost', category: 'normal', fields: ['system'] },
        ],
      },
    } as never
    const { findings } = verifyTrail([fileOf(reseal(renumber([...bodies, lost])))])
    expect(findings.map(one => one.code)).toContain('obligation.unfulfilled')
    await scenario.given('alice', 'revise', { ...K, form: { note: 'the queue was stuck' }, comment: 'in bounds' })
    expect(scenario.change('K').category).toBe('standard')
  })

  it('lets Bob agree to fewer approvals of his own once the bounds of the template are left, which bound nobody by a title [LAW 46]', async () => {
    const agree = approval('agree', approvals(2).from(role('head')))
    const material = ['system', 'risk', 'note', 'content']
    const of = (count: number) => ({
      form: fixtureForm,
      material,
      flow: [agree, approval('team', approvals(count).from(role('appr'))), verify, production],
    })
    const scenario = await withTemplate({
      from: 'head',
      otherwise: 'wide',
      more: { wide: of(2), narrow: of(1) },
      approvers: ['olga', 'olaf'],
      other: { olga: ['head'], olaf: ['head'] },
    })
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('alice', 'revise', { ...K, form: { system: 'billing' }, comment: 'and billing' })
    const narrow = { ...K, category: 'narrow', comment: 'one is enough' }
    for (const person of ['alice', 'olga'])
      await refused(scenario, [person, 'recategorise', narrow], 'authority.laxer-rule', {
        able: ['bob', 'carol', 'dan'],
      })
    await scenario.given('bob', 'recategorise', narrow)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound' })
  })

  it('refuses Alice and Rita the edit out of bounds by which nobody would test K and one approve it, and lets Dan make it [LAW 46]', async () => {
    const light = { form: fixtureForm, flow: [approval('agree', approvals(1).from(role('appr'))), production] }
    const scenario = await withTemplate({ otherwise: 'light', more: { light } })
    await scenario.given('rita', 'submit', standardK)
    const out = { ...K, form: { system: 'billing' }, comment: 'and billing' }
    for (const person of ['alice', 'rita'])
      await refused(scenario, [person, 'revise', out], 'authority.laxer-rule', {
        person,
        stages: ['approve', 'verify'],
      })
    expect(scenario.change('K')).toMatchObject({ category: 'standard', revision: 1 })
    await scenario.given('dan', 'reject', { ...K, comment: 'not like that' })
    await refused(scenario, ['alice', 'revise', out], 'authority.laxer-rule')
    await scenario.given('rita', 'resubmit', { ...K, comment: 'like that all the same' })
    await scenario.given('dan', 'revise', out)
    expect(scenario.change('K')).toMatchObject({ category: 'light', state: 'agree' })
    await refused(scenario, ['dan', 'approve', K], 'duty.conflict', { held: 'make' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound' })
  })

  it('keeps a standard change in bounds whose title Rita words otherwise [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('rita', 'revise', { ...K, title: 'Restart the queue', comment: 'clearer' })
    expect(scenario.change('K').category).toBe('standard')
    expect(scenario.approvals('K')).toBe(2)
  })

  it('does not make a standard change again of one that Alice edits back into the bounds [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('alice', 'revise', { ...K, form: { system: 'billing' }, comment: 'and billing' })
    await scenario.given('alice', 'revise', { ...K, form: { system: 'ledger' }, comment: 'not billing' })
    expect(scenario.change('K').category).toBe('normal')
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('makes no standard change of a normal one by giving it another category [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', { ...submitK, category: 'normal' })
    for (const person of ['alice', 'dan'])
      await scenario.when(person, 'recategorise', { ...K, category: 'standard', comment: 'it is standard' })
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.isApprovable('K')).toBe(false)
    expect((await scenario.when('paul', 'release', K)).outcome).toBe('refused')
  })

  it('asks for the approvals of a standard change to which Alice gives the normal category [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('alice', 'recategorise', { ...K, category: 'normal', comment: 'it is not so simple' })
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.change('K').template).toBeUndefined()
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('refuses Alice, who made K as a standard change, to approve the normal one [LAW 54]', async () => {
    const scenario = await withTemplate({ other: { alice: ['appr'] } })
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('alice', 'revise', { ...K, form: { system: 'billing' }, comment: 'and billing' })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', held: 'make' })
  })

  it('counts Bob and Carol once they approve the normal change themselves, though they approved the template [LAW 54]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', { ...standardK, form: { ...standardK.form, risk: 'high' } })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('carol', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('refuses a ticket out of bounds that fits no form of the other category [LAW 54]', async () => {
    const strict = {
      form: fixtureForm.required(),
      flow: [approval('agree', approvals(2).from(role('appr'))), production],
    }
    const scenario = await withTemplate({ otherwise: 'strict', more: { strict } })
    await refused(
      scenario,
      ['rita', 'submit', { ...standardK, form: { system: 'billing', risk: 'low' } }],
      'form.invalid',
    )
  })

  it('refuses Rita, who would come out of bounds into a category that only an approver may ask for [LAW 54]', async () => {
    const reserved = {
      form: fixtureForm,
      requestedBy: role('appr'),
      flow: [approval('agree', approvals(2).from(role('appr'))), production],
    }
    const scenario = await withTemplate({ otherwise: 'reserved', more: { reserved } })
    const out = { ...standardK, form: { ...standardK.form, system: 'billing' } }
    await refused(scenario, ['rita', 'submit', out], 'authority.no-role', { person: 'rita', roles: ['appr'] })
    await scenario.given('rita', 'submit', standardK)
    const edit = { ...K, form: { system: 'billing' }, comment: 'and billing' }
    await refused(scenario, ['alice', 'revise', edit], 'authority.no-role', { roles: ['appr'] })
  })

  it('refuses to load a policy whose standard category falls back on itself, on another standard one, or on none that is there [LAW 54]', () => {
    expect(() => standards({ otherwise: 'standard' })).toThrow(/standard/)
    expect(() => standards({ otherwise: 'nomal' })).toThrow(/did you mean normal/)
    const covered = approval('approve', approvals(2).from(role('appr')), { carriedFrom: approvedTemplate().for('1d') })
    const second = { form: fixtureForm, template: { otherwise: 'normal' }, flow: [covered, production] }
    expect(() => standards({ otherwise: 'second', more: { second } })).toThrow(/second/)
  })

  it('refuses to load a policy that carries the approval of a template into a category that follows none [LAW 54]', () => {
    const covered = approval('approve', approvals(2).from(role('appr')), { carriedFrom: approvedTemplate().for('1d') })
    expect(() => standards({ more: { odd: { form: fixtureForm, flow: [covered, production] } } })).toThrow(/template/)
  })

  it('refuses a template on a ticket whose category follows none [LAW 54]', async () => {
    const scenario = await withTemplate()
    const receipt = await scenario.when('rita', 'submit', { ...standardK, category: 'normal' })
    expect(receipt.outcome).toBe('refused')
    expect(scenario.desk.change('K')).toBeUndefined()
  })
})

describe('a template is approved by others than those whom it serves', () => {
  it('refuses Bob the approval of the template that he proposed [LAW 56]', async () => {
    const scenario = await withTemplate({ approvers: [] })
    await scenario.given('bob', 'proposeTemplate', { template: { ...restart, version: 2 } } as never)
    await refused(scenario, ['bob', 'approveTemplate', named(2)], 'duty.second-person', { person: 'bob' })
  })

  it('does not count the only approver of the template, who puts the ticket into effect himself [LAW 56]', async () => {
    const scenario = await withTemplate({ quorum: 1, approvers: ['bob'] })
    await scenario.given('rita', 'submit', { ...standardK, content: { digest: content('r1'), makers: ['bob'] } })
    expect(scenario.approvals('K')).toBe(0)
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({ why: 'conflict', person: 'bob', duty: 'make' })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob', held: 'make' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('counts Bob, who approved the template, no more once he becomes a maker of the ticket [LAW 56]', async () => {
    const scenario = await withTemplate({ quorum: 1, approvers: ['bob'] })
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('dan', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('does not count Bob, whose robot makes the ticket of the template that he approved [LAW 56]', async () => {
    const scenario = await withTemplate({ quorum: 1, approvers: ['bob'] })
    await robot(scenario, 'restarter', { controller: 'bob' })
    await scenario.given('rita', 'submit', { ...standardK, content: { digest: content('r1'), makers: ['restarter'] } })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('does not count Bob, who approved the template, where he made the change on which the ticket depends [LAW 56]', async () => {
    const scenario = await withTemplate()
    const theirs = { digest: content('plan'), makers: ['bob'] }
    await scenario.given('rita', 'submit', { ...submitK, change: 'P', content: theirs })
    await scenario.given('rita', 'submit', { ...standardK, parent: 'P' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('does not count Bob, who approved the template, where he asks for the ticket [LAW 56]', async () => {
    const scenario = await withTemplate()
    await scenario.given('bob', 'submit', standardK)
    expect(scenario.approvals('K')).toBe(1)
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({ why: 'conflict', person: 'bob', duty: 'request' })
  })

  it('refuses Carol the test of a ticket whose template she approved, where test and approve are apart [LAW 56]', async () => {
    const scenario = await withTemplate({ other: { carol: ['appr', 'tester'] } })
    await scenario.given('rita', 'submit', standardK)
    await refused(scenario, ['carol', 'signOff', { ...K, ...report }], 'duty.conflict', {
      person: 'carol',
      held: 'approve',
    })
  })

  it('lets Tom make the ticket of the template that he proposed, as others have approved it [LAW 56]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', { ...standardK, content: { digest: content('r1'), makers: ['tom'] } })
    expect(scenario.approvals('K')).toBe(2)
  })

  it('refuses the second account of Bob, and his other id, for the template that he proposed [LAW 56]', async () => {
    const scenario = await withTemplate({ approvers: [], other: { robert: ['appr'] } })
    await scenario.given('ada', 'linkAccount', { account: 'bob-adm', person: 'bob' })
    await scenario.given('bob', 'proposeTemplate', { template: { ...restart, version: 2 } } as never)
    await refused(scenario, ['bob-adm', 'approveTemplate', named(2)], 'duty.second-person', { person: 'bob' })
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'one and the same' })
    await refused(scenario, ['robert', 'approveTemplate', named(2)], 'duty.second-person')
  })

  it('counts Bob and Robert once for a template that both approved, when they turn out to be one person [LAW 56]', async () => {
    const scenario = await withTemplate({ approvers: ['bob', 'robert'], other: { robert: ['appr'] } })
    await scenario.given('rita', 'submit', standardK)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'one and the same' })
    expect(scenario.approvals('K')).toBeLessThan(2)
    expect(scenario.isApprovable('K')).toBe(false)
    await refused(scenario, ['rita', 'submit', { ...standardK, change: 'L' }], 'template.unusable', {
      why: 'not approved',
    })
  })

  it('does not count the approval of Robert, who turns out to be Tom who proposed the template [LAW 56]', async () => {
    const scenario = await withTemplate({ approvers: ['bob', 'robert'], other: { robert: ['appr'] } })
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'tom', comment: 'one and the same' })
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
  })

  it('counts it no more on the ticket either, on which it stood when that is learned [LAW 56]', async () => {
    const scenario = await withTemplate({ approvers: ['bob', 'robert'], other: { robert: ['appr'] } })
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'tom', comment: 'one and the same' })
    expect(discountOf(scenario, 'K', 'approve', 'robert')).toEqual({ why: 'template' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts each person once for a template: Bob twice is Bob once [LAW 56]', async () => {
    const scenario = await withTemplate({ approvers: ['bob'] })
    expect((await scenario.when('bob', 'approveTemplate', named())).outcome).toBe('refused')
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
  })

  it('counts what Bob approves of a template anew, who has left as compromised and come back, and once only [LAW 102]', async () => {
    const scenario = await withTemplate()
    scenario.at(day)
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    scenario.at(day)
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
    const again = scenario.now
    await scenario.given('bob', 'approveTemplate', named())
    await refused(scenario, ['bob', 'approveTemplate', named()], 'approval.already-given')
    await scenario.given('rita', 'submit', standardK)
    expect(stageOf(scenario, 'K', 'approve').acts).toMatchObject([{ person: 'carol' }, { person: 'bob', at: again }])
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts what Bob approves of a template anew in the very instant in which he left as compromised and came back [LAW 102]', async () => {
    const scenario = await withTemplate()
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
    await scenario.given('bob', 'approveTemplate', named())
    await refused(scenario, ['bob', 'approveTemplate', named()], 'approval.already-given')
    await scenario.given('rita', 'submit', standardK)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts nothing for a ticket that had taken over what Bob gave before he left as compromised, when he approves anew in that instant [LAW 102]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await scenario.given('bob', 'approveTemplate', named())
    expect(stageOf(scenario, 'K', 'approve').status).toBe('pending')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('says where Bob takes back what is carried to K from its template [LAW 53]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    const told = await refused(scenario, ['bob', 'withdraw', { ...K, comment: 'no' }], 'approval.none-standing', {
      template: 'restart',
    })
    expect(told.because).toBe('the approval of bob is carried from the template restart')
    expect(told.help).toContain('revokeTemplate')
  })

  it('refuses the approval of a template by Rita, who holds no such role, by the delegate of Bob, and by a robot [LAW 56]', async () => {
    const scenario = await withTemplate({ approvers: [] })
    await robot(scenario, 'bob-bot', { controller: 'bob', role: 'appr' })
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['rita', 'approveTemplate', named()], 'authority.no-role', { person: 'rita' })
    await refused(scenario, ['dora', 'approveTemplate', named()], 'authority.no-role', { person: 'dora' })
    await refused(scenario, ['bob-bot', 'approveTemplate', named()], 'identity.bot')
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
  })

  it('refuses the absent Bob the approval of a template, where his authority is suspended meanwhile [LAW 78]', async () => {
    const scenario = await withTemplate({ suspended: true, approvers: [] })
    const until = '2026-03-09T08:00:00.000Z'
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until })
    await refused(scenario, ['bob', 'approveTemplate', named()], 'authority.no-role', { person: 'bob' })
    scenario.at(until)
    await scenario.given('bob', 'approveTemplate', named())
  })

  it('refuses the revocation of a template by somebody who had no part in it, and accepts that of Tom, of Bob, and of an administrator [LAW 56]', async () => {
    for (const person of ['tom', 'bob', 'ada']) {
      const scenario = await withTemplate()
      const receipt = await scenario.when('rita', 'revokeTemplate', { ...named(), comment: 'I do not like it' })
      expect(receipt.outcome).toBe('refused')
      await scenario.given(person, 'revokeTemplate', { ...named(), comment: 'it is unsafe' })
      await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'revoked' })
    }
  })

  it('lets nobody but the team use its template [LAW 56]', async () => {
    const scenario = await withTemplate()
    await scenario.adopt({ ...standards(), team: 'u' })
    await refused(scenario, ['rita', 'submit', { ...standardK, team: 'u' }], 'template.unusable', { why: 'unknown' })
  })

  it('keeps a ticket approved that was put into effect before its template was revoked [LAW 56]', async () => {
    const scenario = await withTemplate()
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    await scenario.given('ada', 'revokeTemplate', { ...named(), comment: 'it is unsafe' })
    expect(scenario.approvals('K')).toBe(2)
    expect(scenario.change('K').state).toBe('completed')
  })
})

describe('nobody chooses who approves the template that they propose', () => {
  /** A template of Tom, who is an administrator as well; Nora came without a role. */
  async function ofTom(vary: Vary = {}): Promise<Scenario> {
    const scenario = await withTemplate({ quorum: 1, approvers: [], other: { nora: [] }, ...vary })
    for (const by of ['ada', 'otto']) await scenario.given(by, 'appointAdministrator', { person: 'tom' })
    return scenario
  }
  const letIn = (scenario: Scenario, by: string, to = 'nora') =>
    scenario.given(by, 'grantRole', { role: 'appr', to, team: '*' })

  it('refuses Nora the approval of the template, whom Tom let in since he proposed it, and names those who can give it [LAW 56]', async () => {
    const scenario = await ofTom({ quorum: 2, approvers: ['bob'] })
    await letIn(scenario, 'tom')
    const found = await refused(scenario, ['nora', 'approveTemplate', named()], 'authority.granted-by-participant', {
      person: 'nora',
      role: 'appr',
      by: 'tom',
      template: 'restart',
      able: ['carol', 'dan'],
    })
    expect(found.because).toBe('tom, who proposed the template restart, has given nora the role appr since then')
    await refused(scenario, ['rita', 'approveTemplate', named()], 'authority.no-role', { able: ['carol', 'dan'] })
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
    await scenario.given('carol', 'approveTemplate', named())
    await scenario.given('rita', 'submit', standardK)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('accepts Nora, whom Tom let in before he proposed this version, or whom Otto let in as well [LAW 56]', async () => {
    const before = await ofTom()
    await letIn(before, 'tom')
    await before.given('tom', 'proposeTemplate', { template: { ...restart, version: 2 } } as never)
    await before.given('nora', 'approveTemplate', named(2))
    const asWell = await ofTom()
    await letIn(asWell, 'tom')
    await letIn(asWell, 'otto')
    await asWell.given('nora', 'approveTemplate', named())
    for (const [scenario, version] of [
      [before, 2],
      [asWell, 1],
    ] as const) {
      await scenario.given('rita', 'submit', { ...standardK, template: { name: 'restart', version } })
      expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('counts Nora no more once Otto, who let her in, turns out to be Tom, until another one lets her in and she approves anew [LAW 56]', async () => {
    const scenario = await ofTom()
    await letIn(scenario, 'otto')
    await scenario.given('nora', 'approveTemplate', named())
    await scenario.given('ada', 'recordAlias', { person: 'otto', is: 'tom', comment: 'one and the same' })
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
    await refused(scenario, ['nora', 'approveTemplate', named()], 'authority.granted-by-participant', { by: 'otto' })
    await letIn(scenario, 'ada')
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
    await scenario.given('nora', 'approveTemplate', named())
    await refused(scenario, ['nora', 'approveTemplate', named()], 'approval.already-given')
    await scenario.given('rita', 'submit', standardK)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'satisfied', acts: [{ person: 'nora' }] })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts Nora no more on the ticket that follows it either, once Otto, who let her in, turns out to be Tom [LAW 106]', async () => {
    const scenario = await ofTom()
    await letIn(scenario, 'otto')
    await scenario.given('nora', 'approveTemplate', named())
    await scenario.given('rita', 'submit', standardK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('ada', 'recordAlias', { person: 'otto', is: 'tom', comment: 'one and the same' })
    const lost = { why: 'granted-by-proposer', person: 'nora', by: 'otto' }
    expect(discountOf(scenario, 'K', 'approve', 'nora')).toEqual(lost)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })
})

describe('a template is approved anew', () => {
  it('by Bob as head, once the policy asks a head, which he was not asked for when he approved it as appr [LAW 56]', async () => {
    const scenario = await withTemplate({ quorum: 1, approvers: ['bob'], other: { hana: ['head'] } })
    await scenario.adopt(standards({ quorum: 2, from: 'head' }))
    await refused(scenario, ['bob', 'approveTemplate', named()], 'authority.no-role', { able: ['hana'] })
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'bob', team: '*' })
    await scenario.given('bob', 'approveTemplate', named())
    await refused(scenario, ['bob', 'approveTemplate', named()], 'approval.already-given')
    await refused(scenario, ['rita', 'submit', standardK], 'template.unusable', { why: 'not approved' })
    await scenario.given('hana', 'approveTemplate', named())
    await scenario.given('rita', 'submit', standardK)
    const seats = [{ capacity: 'own', role: 'head' }]
    expect(scenario.change('K').approvals).toMatchObject([
      { person: 'bob', seats },
      { person: 'hana', seats },
    ])
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('by Bob, and is carried to a ticket that is handed in again by the role for which its policy asks [LAW 56]', async () => {
    const scenario = await withTemplate({ quorum: 1, approvers: ['bob'], other: { hana: ['head'] } })
    await scenario.given('rita', 'submit', standardK)
    await scenario.adopt(standards({ quorum: 1, from: 'head' }))
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'bob', team: '*' })
    await scenario.given('bob', 'approveTemplate', named())
    await scenario.given('dan', 'reject', { ...K, comment: 'not today' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'today' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'satisfied' })
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })
})
