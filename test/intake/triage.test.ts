import { baseline, content, Scenario, type Setting } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { memoryStore } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import {
  approval,
  approvals,
  approvedTemplate,
  board,
  type CategoryOptions,
  category,
  field,
  type PolicyOptions,
  policy,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bundleVerdicts } from '../bundle/bundled.ts'
import { lastEntry, trailOf } from '../law/trail.ts'
import { runs } from '../properties/trial.ts'

const roles = { engineer: 'builds', appr: 'approves', tester: 'tests', deployer: 'releases', support: 'helps' }
const form = z.object({ system: z.enum(['ledger', 'billing']), seats: z.int().min(1).max(9).optional() })
const flow = (): Stage[] => [
  task('build', { by: role('engineer') }),
  approval('agree', approvals(1).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const triage: CategoryOptions['triage'] = [{ to: role('engineer') }]
const written = (vary: Partial<CategoryOptions> = {}, options: Partial<PolicyOptions> = {}) =>
  policy('t', { complies: baseline, roles, ...options }, { normal: category({ form, flow: flow(), triage, ...vary }) })
const people = {
  rita: [],
  alice: ['engineer'],
  amir: ['engineer'],
  anna: ['engineer'],
  bob: ['appr'],
  carol: ['appr'],
  paul: ['deployer'],
}
const opened = (rules = written(), vary: Partial<Setting> = {}) =>
  Scenario.open({ controls: baseline, policies: [rules], people, ...vary })

let count = 0
/** Submits a change, and tells to whom triage gave it, or why to nobody. */
async function submitted(scenario: Scenario, vary: object = {}, by = 'rita') {
  count += 1
  const change = `T${count}`
  await scenario.given(by, 'submit', {
    change,
    team: 't',
    category: 'normal',
    title: 'a change',
    reason: 'to see to whom it goes',
    form: { system: 'ledger' },
    content: { digest: content('r1'), makers: [by] },
    ...vary,
  } as never)
  const { assignee } = scenario.change(change)
  return { change, assignee, why: await toldOf(scenario) }
}

interface Told {
  readonly why?: string
  readonly triage: { readonly role?: string; readonly of: number; readonly candidates: readonly object[] }
}

/** What the last entry says of triage. */
async function toldOf(scenario: Scenario): Promise<Told> {
  const { outcome } = await lastEntry(scenario)
  const events = 'accepted' in outcome ? outcome.accepted : []
  return events.find(one => one.type === 'change.assigned' || one.type === 'change.unassigned') as unknown as Told
}
const passedOver = ({ triage: { candidates } }: Told) =>
  Object.fromEntries(
    (candidates as { person: string; passedOver?: string }[]).flatMap(one =>
      one.passedOver === undefined ? [] : [[one.person, one.passedOver]],
    ),
  )
/** The trail is, and the bundle of each change, in which nobody can tell who else had how much on their hands. */
const sound = async (scenario: Pick<Scenario, 'store'>) => {
  const lines = await linesOf(scenario.store)
  for (const verdict of [verifyTrail([fileOf(lines)]), ...bundleVerdicts(lines)])
    expect(verdict).toMatchObject({ status: 'sound', findings: [] })
}

describe('triage of a new change', () => {
  it('gives it to whoever has least on their hands, in the entry of the submission, and says out of whom', async () => {
    const scenario = await opened()
    const first = await submitted(scenario)
    expect(first.assignee).toBe('alice')
    expect(scenario.change(first.change).held).toContainEqual(
      expect.objectContaining({ person: 'alice', duty: 'make', how: 'was assigned' }),
    )
    scenario.at(60_000)
    const second = await submitted(scenario)
    expect(second.why).toEqual({
      type: 'change.assigned',
      to: 'amir',
      triage: {
        rule: 0,
        role: 'engineer',
        of: 3,
        candidates: [
          { person: 'amir', load: 0 },
          { person: 'anna', load: 0 },
          { person: 'alice', load: 1, last: '2026-03-02T08:00:00.000Z' },
        ],
      },
    })
    await sound(scenario)
  })

  it('takes on a tie whoever was given one longest ago, and then the first by id', async () => {
    const scenario = await opened()
    const all: string[] = []
    for (let round = 0; round < 4; round++) {
      scenario.at(60_000)
      const { change, assignee = '' } = await submitted(scenario)
      all.push(assignee)
      await scenario.given('rita', 'cancel', { change, comment: 'not needed' })
    }
    expect(all).toEqual(['alice', 'amir', 'anna', 'alice'])
    await sound(scenario)
  })

  it('counts what is open and in progress, and not what is over or waits outside of it', async () => {
    const columns = [
      { name: 'doing', stages: ['build'], limit: 9 },
      { name: 'waiting', stages: [], wip: false as const },
    ]
    const rules = written({}, { board: board({ columns }) })
    const scenario = await opened(rules)
    const taken: Record<string, string> = {}
    for (let round = 0; round < 3; round++) {
      const { change, assignee = '' } = await submitted(scenario)
      taken[assignee] = change
    }
    scenario.at(60_000)
    await scenario.given('rita', 'move', { change: taken.anna ?? '', column: 'waiting' })
    expect((await submitted(scenario)).assignee).toBe('anna')
    await scenario.given('rita', 'cancel', { change: taken.amir ?? '', comment: 'not needed' })
    expect((await submitted(scenario)).assignee).toBe('amir')
    await sound(scenario)
  })

  it('counts persons: what lies with another id of Alice lies with her', async () => {
    const scenario = await opened(written(), { people: { ...people, alina: ['engineer'] } })
    for (const to of ['alice', 'alina', 'amir', 'anna']) {
      const { change, assignee } = await submitted(scenario)
      if (assignee !== to) await scenario.given('rita', 'assign', { change, to })
    }
    await scenario.given('ada', 'recordAlias', { person: 'alina', is: 'alice', comment: 'one person' })
    const { assignee, why } = await submitted(scenario)
    expect(assignee).toBe('amir')
    expect(why.triage.candidates).toContainEqual(expect.objectContaining({ person: 'alice', load: 2 }))
    expect(why.triage.of).toBe(3)
    await sound(scenario)
  })

  it('goes by the first rule whose condition holds, and takes none for holding that cannot be answered', async () => {
    const rules = written({
      triage: [
        { to: role('support'), when: field('seats').atLeast(5) },
        { to: role('engineer'), when: field('system').is('ledger') },
        { to: role('deployer') },
      ],
    })
    const scenario = await opened(rules, { people: { ...people, sven: ['support'] } })
    expect((await submitted(scenario, { form: { system: 'ledger', seats: 5 } })).assignee).toBe('sven')
    expect((await submitted(scenario, { form: { system: 'ledger' } })).assignee).toBe('alice')
    expect((await submitted(scenario, { form: { system: 'billing' } })).assignee).toBe('paul')
    await sound(scenario)
  })

  it('passes over whoever is absent or at their limit, and does not know of whoever has left', async () => {
    const rules = written({}, { board: board({ perPerson: 1 }) })
    const scenario = await opened(rules, { absent: ['alice'] })
    await scenario.given('ada', 'recordDeparture', { person: 'anna' })
    expect(await submitted(scenario)).toMatchObject({ assignee: 'amir' })
    const { assignee, why } = await submitted(scenario)
    expect(assignee).toBeUndefined()
    expect(why).toMatchObject({ type: 'change.unassigned', why: 'passed-over', triage: { of: 2 } })
    expect(passedOver(why)).toEqual({ alice: 'absent', amir: 'limit' })
    await sound(scenario)
  })

  it('passes over the requester where request and make are apart, and not where nothing keeps them apart', async () => {
    const apart = written({}, { separate: [separate('request', 'make').because('nobody orders their own work')] })
    const scenario = await opened(apart)
    const { assignee, why } = await submitted(scenario, { content: undefined }, 'alice')
    expect(assignee).toBe('amir')
    expect(passedOver(why)).toEqual({ alice: 'separation' })
    expect((await submitted(await opened(), { content: undefined }, 'alice')).assignee).toBe('alice')
    await sound(scenario)
  })

  it('passes over whoever is needed for a later stage that nobody else could take', async () => {
    const rules = written({
      flow: [
        task('build', { by: role('engineer') }),
        test('verify', { by: role('tester'), evidence: 'optional' }),
        approval('agree', approvals(1).from(role('appr'))),
        release('production', { by: role('deployer') }),
      ],
    })
    const scenario = await opened(rules, {
      people: { ...people, alice: ['engineer', 'appr'], bob: [], carol: [], amir: ['engineer', 'tester'] },
    })
    const { assignee, why } = await submitted(scenario)
    expect(assignee).toBe('anna')
    expect(passedOver(why)).toEqual({ alice: 'needed', amir: 'needed' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    expect((await submitted(scenario)).assignee).toBe('alice')
    await sound(scenario)
  })

  it('never stands in the way of the submission: it lies with nobody, and the entry says why', async () => {
    const vacant = await opened(written({ triage: [{ to: role('support') }] }))
    expect(await submitted(vacant)).toEqual({
      change: expect.anything(),
      assignee: undefined,
      why: {
        type: 'change.unassigned',
        why: 'vacant',
        triage: { rule: 0, role: 'support', of: 0, candidates: [] },
      },
    })
    const ruleless = await opened(written({ triage: [{ to: role('engineer'), when: field('system').is('billing') }] }))
    const { change, why } = await submitted(ruleless)
    expect(why).toEqual({ type: 'change.unassigned', why: 'no-rule', triage: { of: 0, candidates: [] } })
    await ruleless.given('rita', 'assign', { change, to: 'alice' })
    for (const scenario of [vacant, ruleless]) await sound(scenario)
  })

  it('tells of twenty candidates at most, the one who was chosen first, and of how many there were', async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, place) => [`e${place}`, ['engineer']]))
    const scenario = await opened(written(), { people: { rita: [], bob: ['appr'], paul: ['deployer'], ...many } })
    const { assignee, why } = await submitted(scenario)
    expect(why.triage.of).toBe(60)
    expect(why.triage.candidates).toHaveLength(20)
    expect(why.triage.candidates[0]).toEqual({ person: assignee, load: 0 })
    await sound(scenario)
  })

  it('is that of the category which the change becomes as it leaves the bounds of its template', async () => {
    const standard = category({
      form,
      template: { otherwise: 'normal' },
      flow: [
        approval('agree', approvals(1).from(role('appr')), { carriedFrom: approvedTemplate().for('365d') }),
        release('production', { by: role('deployer') }),
      ],
    })
    const rules = policy(
      't',
      { complies: baseline, roles },
      { normal: category({ form, flow: flow(), triage }), standard },
    )
    const scenario = await opened(rules)
    await scenario.given('rita', 'proposeTemplate', {
      template: {
        format: 'countersign/template/v1',
        team: 't',
        name: 'weekly',
        version: 1,
        category: 'standard',
        description: 'what is done every week',
        fixed: { system: 'ledger' },
        editable: ['seats', 'content'],
      },
    })
    await scenario.given('bob', 'approveTemplate', { team: 't', name: 'weekly', version: 1 })
    const within = { category: 'standard', template: { name: 'weekly', version: 1 }, form: {} }
    expect(await submitted(scenario, within)).toMatchObject({ assignee: undefined, why: undefined })
    const out = await submitted(scenario, { ...within, form: { system: 'billing' } })
    expect(scenario.change(out.change).category).toBe('normal')
    expect(out.assignee).toBe('alice')
    await sound(scenario)
  })

  it('leaves whoever has approved the template out of the work that follows it', async () => {
    const standard = category({
      form,
      triage: [{ to: role('appr') }],
      template: { otherwise: 'normal' },
      flow: [
        approval('agree', approvals(1).from(role('appr')), { carriedFrom: approvedTemplate().for('365d') }),
        release('production', { by: role('deployer') }),
      ],
    })
    const rules = policy('t', { complies: baseline, roles }, { normal: category({ form, flow: flow() }), standard })
    const scenario = await opened(rules)
    const template = { format: 'countersign/template/v1', team: 't', name: 'weekly', version: 1, category: 'standard' }
    await scenario.given('rita', 'proposeTemplate', {
      template: { ...template, description: 'weekly', fixed: { system: 'ledger' }, editable: ['seats'] },
    } as never)
    await scenario.given('bob', 'approveTemplate', { team: 't', name: 'weekly', version: 1 })
    const { assignee, why } = await submitted(scenario, {
      category: 'standard',
      template: { name: 'weekly', version: 1 },
      form: {},
      content: undefined,
    })
    expect(assignee).toBe('carol')
    expect(passedOver(why)).toEqual({ bob: 'separation' })
    await sound(scenario)
  })

  it('is found in a trail sealed anew that gives the work to somebody else', async () => {
    const scenario = await opened()
    await submitted(scenario)
    const lines = await linesOf(scenario.store)
    const text = new TextDecoder().decode(lines.at(-1))
    const forged = new TextEncoder().encode(text.replace('"to":"alice"', '"to":"amir"'))
    const { findings } = verifyTrail([fileOf([...lines.slice(0, -1), forged])])
    expect(findings).toMatchObject([{ code: 'decision.events-differ', seq: lines.length - 1 }])
  })
})

describe('triage at several desks at once', () => {
  it('gives to each what it would have been given one after the other, as somebody else works it out by hand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(
            fc.record({
              do: fc.constantFrom('submit', 'submit', 'cancel', 'away'),
              desk: fc.nat({ max: 2 }),
              n: fc.nat(),
            }),
            {
              minLength: 1,
              maxLength: 6,
            },
          ),
          { minLength: 2, maxLength: 6 },
        ),
        async batches => {
          const store = memoryStore()
          const scenario = await opened(written({}, { board: board({ perPerson: 3 }) }), { store })
          const clock = () => new Date(scenario.now)
          const desks = [scenario.desk, await createDesk({ store, clock }), await createDesk({ store, clock })]
          let ids = 0
          for (const batch of batches) {
            scenario.at(60_000)
            await Promise.all(
              batch.map(one => {
                ids += 1
                const change = `K${ids}`
                const submission = {
                  type: 'submit',
                  change,
                  team: 't',
                  category: 'normal',
                  title: 'a change',
                  reason: 'to see to whom it goes',
                  form: { system: 'ledger' },
                }
                const person = ['alice', 'amir', 'anna'][one.n % 3]
                const command =
                  one.do === 'submit'
                    ? submission
                    : one.do === 'cancel'
                      ? { type: 'cancel', change: `K${1 + (one.n % ids)}`, comment: 'not needed' }
                      : { type: 'recordAbsence', person, from: scenario.now, until: '2026-03-02T08:03:00Z' }
                return (desks[one.desk] ?? scenario.desk).execute({
                  account: one.do === 'away' ? 'ada' : 'rita',
                  id: `triage-${ids}`,
                  command,
                })
              }),
            )
          }
          await byHand(scenario)
          await sound({ store })
        },
      ),
      runs(60),
    )
  })
})

/** Works out every assignment again from what the entries say, with nothing of the library. */
async function byHand(scenario: Scenario): Promise<void> {
  const open = new Map<string, string>()
  const last = new Map<string, string>()
  const away: { person: string; from: string; until: string }[] = []
  for (const { command, outcome, at } of await trailOf(scenario)) {
    if (!('accepted' in outcome)) continue
    if (command.type === 'recordAbsence') away.push(...(outcome.accepted as never as typeof away))
    if (command.type === 'cancel') open.delete(command.change as string)
    if (command.type !== 'submit') continue
    const load = (person: string) => [...open.values()].filter(one => one === person).length
    const able = ['alice', 'amir', 'anna'].filter(
      person => load(person) < 3 && !away.some(one => one.person === person && one.from <= at && at < one.until),
    )
    const key = (person: string) => `${load(person)} ${last.get(person) ?? ''} ${person}`
    const [to] = able.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    const told = outcome.accepted.find(one => one.type === 'change.assigned') as { to?: string } | undefined
    expect(told?.to).toBe(to)
    if (to === undefined) continue
    open.set(command.change as string, to)
    last.set(to, at)
  }
}

describe('rules of triage', () => {
  it('name roles and fields that there are, and each comes to something', () => {
    const built =
      (...rules: NonNullable<CategoryOptions['triage']>) =>
      () =>
        written({ triage: rules })
    expect(built({ to: role('enginer') })).toThrow(/triage\.0: there is no role enginer.*did you mean engineer/)
    expect(built({ to: role('engineer'), when: field('sytem').is('ledger') })).toThrow(/did you mean system/)
    expect(built({ to: role('engineer'), when: field('system').is('ledgr') })).toThrow(/never "ledgr".*mean ledger/)
    expect(built({ to: role('engineer') }, { to: role('support') })).toThrow(/triage\.1: never applies, as rule 0/)
    const same = { to: role('engineer'), when: field('system').is('ledger') }
    expect(built(same, { ...same, to: role('support') })).toThrow(/triage\.1: never applies, as rule 0/)
    expect(built({ to: role('engineer'), role: 'x' } as never)).toThrow(/no option role/)
    expect(built()).toThrow(/triage/)
    const many = Array.from({ length: 21 }, (_, seats) => ({ to: role('engineer'), when: field('seats').is(seats) }))
    expect(built(...many)).toThrow(/triage/)
  })

  it('give to nobody what was found, as it has been made already', () => {
    const found = { retrospective: true, flow: [approval('agree', approvals(1).from(role('appr')), { within: '5d' })] }
    expect(() => written(found as never)).toThrow(/made already/)
  })
})
