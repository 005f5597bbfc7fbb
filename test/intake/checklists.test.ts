import { baseline, content, Scenario, type Setting } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approvedTemplate,
  category,
  controls,
  type PolicyOptions,
  parallel,
  policy,
  policyDigest,
  policySchema,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from '../law/refusal.ts'
import { stageOf } from '../law/setting.ts'
import { eventsOf } from '../law/trail.ts'

const roles = { engineer: 'builds', appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads' }
const form = z.object({ risk: z.enum(['low', 'high']), note: z.string().optional() })
const built = { backup: 'a backup was taken', rollback: 'the way back was tried' }
const build = (vary = {}) => task('build', { by: role('engineer'), checklist: built, ...vary })
const verify = (vary = {}) =>
  test('verify', { by: role('tester'), evidence: 'optional', checklist: { ledger: 'the ledger adds up' }, ...vary })
const agree = approval('agree', approvals(1).from(role('appr')))
const ship = (vary = {}) =>
  release('production', { by: role('deployer'), checklist: { window: 'the desk knows', pager: 'is on' }, ...vary })
const flow = (): Stage[] => [build(), verify(), agree, ship()]
const written = (stages = flow(), options: Partial<PolicyOptions> = {}) =>
  policy(
    't',
    { complies: baseline, roles, ...options },
    { normal: category({ form, material: ['risk', 'content'], flow: stages }) },
  )
const people = {
  rita: [],
  mia: ['engineer', 'tester', 'appr'],
  ed: ['engineer'],
  erin: ['tester'],
  bob: ['appr'],
  carol: ['appr'],
  paul: ['deployer'],
}
async function opened(rules = written(), vary: Partial<Setting> = {}) {
  const scenario = await Scenario.open({ controls: baseline, policies: [rules], people, ...vary })
  await scenario.given('rita', 'submit', submission)
  return scenario
}
const K = { change: 'K' }
const submission = {
  ...K,
  team: 't',
  category: 'normal',
  title: 'a change',
  reason: 'to tick what is on its list',
  form: { risk: 'low' },
  content: { digest: content('r1'), makers: ['ed'] },
}
const tick = (stage: string, ...items: string[]) => ({ ...K, stage, items })
/** K with all of its task and its test ticked and done, approved, and with its release still to be ticked. */
async function approved(scenario: Scenario) {
  await scenario.given('ed', 'tick', tick('build', 'backup', 'rollback'))
  await scenario.given('ed', 'complete', { ...K, stage: 'build' })
  await scenario.given('erin', 'tick', tick('verify', 'ledger'))
  await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
  await scenario.given('bob', 'approve', K)
}
const sound = async (scenario: Scenario) =>
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
const items = (scenario: Scenario, stage: string) => stageOf(scenario, 'K', stage).checklist

describe('a checklist', () => {
  it('keeps a task from being done, a test from passing and a change from release while items are open, and names them', async () => {
    const scenario = await opened()
    const open = (items: string[], stage: string) => ({ change: 'K', stage, items })
    await refused(
      scenario,
      ['ed', 'complete', { ...K, stage: 'build' }],
      'checklist.open',
      open(['backup', 'rollback'], 'build'),
    )
    await scenario.given('ed', 'tick', tick('build', 'rollback'))
    await refused(scenario, ['ed', 'complete', { ...K, stage: 'build' }], 'checklist.open', open(['backup'], 'build'))
    await scenario.given('ed', 'tick', tick('build', 'backup'))
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    await refused(
      scenario,
      ['erin', 'signOff', { ...K, result: 'passed' }],
      'checklist.open',
      open(['ledger'], 'verify'),
    )
    await scenario.given('erin', 'tick', tick('verify', 'ledger'))
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    await scenario.given('bob', 'approve', K)
    const receipt = await refused(
      scenario,
      ['paul', 'release', K],
      'checklist.open',
      open(['window', 'pager'], 'production'),
    )
    expect(receipt.because).toBe('not everything on the checklist of production is ticked: window, pager')
    await scenario.given('paul', 'tick', tick('production', 'window', 'pager'))
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
    await sound(scenario)
  })

  it('lets a test that failed be signed off all the same', async () => {
    const scenario = await opened(written([verify(), agree, ship()]))
    await scenario.given('erin', 'signOff', { ...K, result: 'failed', comment: 'it does not add up' })
    expect(scenario.change('K').state).toBe('returned')
    await sound(scenario)
  })

  it('is told item by item, with who ticked it and who can', async () => {
    const scenario = await opened()
    await scenario.given('ed', 'tick', tick('build', 'backup'))
    expect(items(scenario, 'build')).toEqual([
      { item: 'backup', text: 'a backup was taken', ticked: { person: 'ed', at: scenario.now } },
      { item: 'rollback', text: 'the way back was tried' },
    ])
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'tick', stage: 'build', persons: ['ed', 'mia'] }])
    expect(stageOf(scenario, 'K', 'agree').checklist).toBeUndefined()
    await sound(scenario)
  })

  it('is all that is asked for before a task, a test or a release, which are asked for once it is ticked', async () => {
    const scenario = await opened()
    const asked = () => scenario.explain('K').waysOut.map(one => one.do)
    const { notices: told } = await scenario.desk.outbox()
    let seen = told.length
    const notified = async () => {
      const { notices } = await scenario.desk.outbox()
      const fresh = notices.slice(seen)
      seen = notices.length
      return fresh.flatMap(one => (one.kind === 'asked' ? [`${one.do} ${one.stage} ${one.person}`] : []))
    }
    const persons = ['ed', 'mia']
    expect(asked()).toEqual(['tick'])
    expect(told.map(one => one.kind === 'asked' && [one.do, one.person])).toEqual(persons.map(one => ['tick', one]))
    await scenario.given('ed', 'tick', tick('build', 'backup', 'rollback'))
    expect(asked()).toEqual(['complete'])
    expect(await notified()).toEqual(['complete build ed', 'complete build mia'])
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    expect(asked()).toEqual(['tick'])
    expect(await notified()).toEqual(['tick verify erin', 'tick verify mia'])
    await scenario.given('erin', 'tick', tick('verify', 'ledger'))
    expect(asked()).toEqual(['signOff'])
    expect(await notified()).toEqual(['signOff verify erin', 'signOff verify mia'])
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    await scenario.given('bob', 'approve', K)
    await notified()
    await scenario.given('paul', 'tick', tick('production', 'window'))
    expect(asked()).toEqual(['tick'])
    await scenario.given('paul', 'tick', tick('production', 'pager'))
    expect(asked()).toEqual(['release'])
    expect(await notified()).toEqual(['release production paul'])
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('is ticked by whoever could do what the stage asks for, and by nobody else', async () => {
    const scenario = await opened()
    await refused(scenario, ['bob', 'tick', tick('build', 'backup')], 'authority.no-role')
    await refused(scenario, ['ed', 'tick', tick('build', 'bakcup')], 'name.unknown', { name: 'bakcup' })
    await refused(scenario, ['ed', 'tick', tick('biuld', 'backup')], 'name.unknown', { what: 'stage' })
    await refused(scenario, ['erin', 'tick', tick('verify', 'ledger')], 'lifecycle.not-now')
    await refused(scenario, ['bob', 'tick', tick('agree', 'ledger')], 'lifecycle.not-now')
    await refused(scenario, ['ed', 'tick', { ...tick('build', 'backup'), revision: 2 }], 'binding.revision')
    await scenario.given('ed', 'tick', tick('build', 'backup'))
    await refused(scenario, ['mia', 'tick', tick('build', 'rollback', 'backup')], 'nothing-to-do', { what: 'backup' })
    await refused(scenario, ['mia', 'tick', tick('build', 'backup', 'backup')], 'command.malformed')
    await sound(scenario)
  })

  it('is ticked by a delegate, whose principal takes on the duty with them', async () => {
    const scenario = await opened(written(), { people: { ...people, dora: [] }, delegations: { ed: 'dora' } })
    await scenario.given('dora', 'tick', { ...tick('build', 'backup'), for: 'ed' })
    const made = scenario.change('K').held.filter(one => one.how === 'ticked an item')
    expect(made.map(one => [one.duty, one.person])).toEqual([
      ['make', 'dora'],
      ['make', 'ed'],
    ])
    await sound(scenario)
  })
})

describe('whoever ticks an item', () => {
  it('has made something at a task, so that they neither approve nor test', async () => {
    const scenario = await opened()
    await scenario.given('mia', 'tick', tick('build', 'backup', 'rollback'))
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    await refused(scenario, ['mia', 'tick', tick('verify', 'ledger')], 'duty.conflict', { how: 'ticked an item' })
    await scenario.given('erin', 'tick', tick('verify', 'ledger'))
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    await refused(scenario, ['mia', 'approve', K], 'duty.conflict', { person: 'mia', how: 'ticked an item' })
    await sound(scenario)
  })

  it('has made something at a task of another name, and at a review has only reviewed', async () => {
    const operate = written([build({ duty: 'operate' }), agree, ship()])
    const scenario = await opened(operate)
    await scenario.given('mia', 'tick', tick('build', 'backup', 'rollback'))
    expect(
      new Set(
        scenario
          .change('K')
          .held.filter(one => one.person === 'mia')
          .map(one => one.duty),
      ),
    ).toEqual(new Set(['operate', 'make']))
    const review = await opened(written([build({ duty: 'review' }), agree, ship()]))
    await review.given('mia', 'tick', tick('build', 'backup', 'rollback'))
    expect(
      review
        .change('K')
        .held.filter(one => one.person === 'mia')
        .map(one => one.duty),
    ).toEqual(['review'])
    for (const one of [scenario, review]) await sound(one)
  })

  it('has tested at a test, and cannot approve where test and approve are apart', async () => {
    const apart = { separate: [separate('test', 'approve').because('whoever tests does not approve')] }
    const scenario = await opened(written(flow(), apart), { people: { ...people, bob: ['appr', 'tester'] } })
    await scenario.given('ed', 'tick', tick('build', 'backup', 'rollback'))
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    await refused(scenario, ['ed', 'tick', tick('verify', 'ledger')], 'duty.conflict', { person: 'ed' })
    await scenario.given('bob', 'tick', tick('verify', 'ledger'))
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { duties: ['test', 'approve'] })
    await scenario.given('carol', 'approve', K)
    await sound(scenario)
  })

  it('no longer counts at a test once they have made the change', async () => {
    const scenario = await opened(
      written([verify({ checklist: { ledger: 'adds up', bank: 'agrees' } }), agree, ship()]),
    )
    await scenario.given('mia', 'tick', tick('verify', 'ledger', 'bank'))
    await scenario.given('rita', 'assign', { ...K, to: 'mia' })
    expect(items(scenario, 'verify')?.map(one => one.discounted?.why)).toEqual([
      { why: 'conflict', person: 'mia', duty: 'make' },
      { why: 'conflict', person: 'mia', duty: 'make' },
    ])
    await refused(scenario, ['erin', 'signOff', { ...K, result: 'passed' }], 'checklist.open')
    await scenario.given('erin', 'tick', tick('verify', 'ledger', 'bank'))
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    await sound(scenario)
  })

  it('takes a tick back with a word about it, as long as the change is at the stage', async () => {
    const scenario = await opened()
    await scenario.given('ed', 'tick', tick('build', 'backup', 'rollback'))
    await refused(scenario, ['bob', 'untick', { ...tick('build', 'backup'), comment: 'no' }], 'authority.no-role')
    await scenario.given('mia', 'untick', { ...tick('build', 'backup'), comment: 'the backup was empty' })
    await refused(scenario, ['mia', 'untick', { ...tick('build', 'backup'), comment: 'no' }], 'nothing-to-do')
    await refused(scenario, ['ed', 'complete', { ...K, stage: 'build' }], 'checklist.open', { items: ['backup'] })
    expect(scenario.change('K').held.filter(one => one.person === 'mia')).toEqual([])
    expect(items(scenario, 'build')?.[0]).toMatchObject({ item: 'backup', discounted: { person: 'ed' } })
    await scenario.given('ed', 'tick', tick('build', 'backup'))
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    await refused(scenario, ['ed', 'untick', { ...tick('build', 'backup'), comment: 'no' }], 'lifecycle.not-now')
    await sound(scenario)
  })
})

describe('what was ticked', () => {
  it('is stale after a material edit, brings the change back to the first open list, and stands after another one', async () => {
    const scenario = await opened()
    await approved(scenario)
    await scenario.given('paul', 'tick', tick('production', 'window'))
    await scenario.given('ed', 'revise', { ...K, form: { note: 'reworded' }, comment: 'a word' })
    expect(items(scenario, 'production')?.map(one => one.ticked?.person)).toEqual(['paul', undefined])
    await scenario.given('ed', 'revise', { ...K, content: { digest: content('r2'), makers: ['ed'] }, comment: 'again' })
    expect(scenario.change('K').state).toBe('build')
    for (const stage of ['build', 'verify', 'production'])
      expect(items(scenario, stage)?.every(one => one.ticked === undefined)).toBe(true)
    expect(items(scenario, 'verify')?.[0]?.discounted).toMatchObject({
      person: 'erin',
      why: { why: 'ended', ended: { how: 'stale' } },
    })
    await scenario.given('mia', 'tick', tick('build', 'backup', 'rollback'))
    expect(scenario.change('K').state).toBe('verify')
    await refused(scenario, ['erin', 'signOff', { ...K, result: 'passed' }], 'checklist.open')
    await sound(scenario)
  })

  it('is of its round: a change that was sent back and submitted again is ticked anew', async () => {
    const scenario = await opened()
    await approved(scenario)
    await scenario.given('carol', 'reject', { ...K, comment: 'not like this' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'it is right' })
    expect(scenario.change('K').state).toBe('build')
    expect(items(scenario, 'build')?.[0]?.discounted?.why).toEqual({ why: 'earlier-round' })
    await scenario.given('ed', 'tick', tick('build', 'backup', 'rollback'))
    expect(scenario.change('K').state).toBe('verify')
    await sound(scenario)
  })

  it('is kept by a change that moves to another policy, at the stage as it is called there, and new items are open', async () => {
    const scenario = await opened()
    await scenario.given('ed', 'tick', tick('build', 'backup', 'rollback'))
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    const more = task('make-it', { by: role('engineer'), checklist: { ...built, notes: 'there are notes' } })
    const next = written([more, verify(), agree, ship()])
    await scenario.adopt(next)
    await refused(
      scenario,
      ['rita', 'migrate', { ...K, policy: policyDigest(next), comment: 'to the new rules' }],
      'migration.unmapped',
    )
    const stages = { build: 'make-it' }
    await scenario.given('rita', 'migrate', { ...K, policy: policyDigest(next), stages, comment: 'to the new rules' })
    expect(scenario.change('K').state).toBe('make-it')
    expect(items(scenario, 'make-it')?.map(one => one.ticked?.person)).toEqual(['ed', 'ed', undefined])
    await scenario.given('mia', 'tick', tick('make-it', 'notes'))
    expect(scenario.change('K').state).toBe('verify')
    await sound(scenario)
  })

  it('is asked for as much or more by whoever takes part and moves the change to another policy', async () => {
    const scenario = await opened()
    const next = written([build({ checklist: { backup: 'a backup was taken' } }), verify(), agree, ship()])
    await scenario.adopt(next)
    const command = { ...K, policy: policyDigest(next), comment: 'to the new rules' }
    await refused(scenario, ['rita', 'migrate', command], 'authority.laxer-rule')
    await scenario.given('carol', 'migrate', command)
    await sound(scenario)
  })

  it('is ticked side by side at stages that are open at the same time', async () => {
    const together = parallel('checks', verify(), test('security', { by: role('tester'), evidence: 'optional' }))
    const scenario = await opened(written([together, agree, ship()]))
    await scenario.given('erin', 'signOff', { ...K, stage: 'security', result: 'passed' })
    await refused(scenario, ['erin', 'signOff', { ...K, stage: 'verify', result: 'passed' }], 'checklist.open')
    await scenario.given('erin', 'tick', tick('verify', 'ledger'))
    await scenario.given('erin', 'signOff', { ...K, stage: 'verify', result: 'passed' })
    expect(scenario.change('K').state).toBe('agree')
    await sound(scenario)
  })

  it('does not stand in the way where the glass is broken, but for the list of the release, which whoever breaks it ticks', async () => {
    const lax = controls('lax', { 'L-1': separate('make', 'approve').because('nobody approves what they made') })
    const emergency = category({
      form,
      breakGlass: { by: role('head'), lasts: '4h' },
      flow: [
        verify(),
        agree,
        ship(),
        approval('review', approvals(2).from(role('appr')), { within: '24h', onlyAfter: 'breakGlass' }),
      ],
    })
    const rules = policy('t', { complies: lax, roles }, { normal: emergency })
    const scenario = await Scenario.open({ controls: lax, policies: [rules], people: { ...people, hana: ['head'] } })
    await scenario.given('rita', 'submit', submission)
    await scenario.given('hana', 'breakGlass', { ...K, reason: 'nobody is there and it burns' })
    await refused(scenario, ['hana', 'release', K], 'checklist.open', { items: ['window', 'pager'] })
    await scenario.given('hana', 'tick', tick('production', 'window', 'pager'))
    await scenario.given('hana', 'release', K)
    expect(scenario.change('K').state).toBe('review')
    await sound(scenario)
  })
})

describe('a template of a standard change', () => {
  const standard = category({
    form,
    template: { otherwise: 'normal' },
    flow: [
      task('build', { by: role('engineer') }),
      approval('agree', approvals(1).from(role('appr')), { carriedFrom: approvedTemplate().for('365d') }),
      ship(),
    ],
  })
  const normal = category({ form, flow: [task('build', { by: role('engineer') }), agree, ship()] })
  const rules = policy('t', { complies: baseline, roles }, { normal, standard })
  const template = (checklist: object) => ({
    template: {
      format: 'countersign/template/v1',
      team: 't',
      name: 'weekly',
      version: 1,
      category: 'standard',
      description: 'what is done every week',
      fixed: { risk: 'low' },
      editable: ['note', 'content'],
      checklist,
    },
  })
  const following = { ...submission, category: 'standard', template: { name: 'weekly', version: 1 }, form: {} }

  it('brings items to stages, beside those that the stage has itself', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people })
    const brought = { build: [{ item: 'dump', text: 'dumped' }], production: [{ item: 'call', text: 'called' }] }
    await scenario.given('rita', 'proposeTemplate', template(brought) as never)
    await scenario.given('bob', 'approveTemplate', { team: 't', name: 'weekly', version: 1 })
    await scenario.given('rita', 'submit', following)
    await refused(scenario, ['ed', 'complete', { ...K, stage: 'build' }], 'checklist.open', { items: ['dump'] })
    await scenario.given('ed', 'tick', tick('build', 'dump'))
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    await refused(scenario, ['paul', 'release', K], 'checklist.open', { items: ['window', 'pager', 'call'] })
    await scenario.given('paul', 'tick', tick('production', 'call', 'pager', 'window'))
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('no longer brings them to a change that has left its bounds', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people })
    await scenario.given('rita', 'proposeTemplate', template({ build: [{ item: 'dump', text: 'dumped' }] }) as never)
    await scenario.given('bob', 'approveTemplate', { team: 't', name: 'weekly', version: 1 })
    await scenario.given('rita', 'submit', { ...following, form: { risk: 'high' } })
    expect(items(scenario, 'build')).toBeUndefined()
    await scenario.given('ed', 'complete', { ...K, stage: 'build' })
    await sound(scenario)
  })

  it('is refused with items for a stage that is not there, or that the stage has already', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people })
    const because = async (checklist: object) => {
      const receipt = await scenario.when('rita', 'proposeTemplate', template(checklist) as never)
      return receipt.outcome === 'refused' ? receipt.because : ''
    }
    expect(await because({ biuld: [{ item: 'dump', text: 'dumped' }] })).toMatch(/did you mean build/)
    expect(await because({ agree: [{ item: 'dump', text: 'dumped' }] })).toMatch(/no task, test or release/)
    expect(await because({ production: [{ item: 'pager', text: 'on' }] })).toMatch(/has the item pager already/)
    const twice = { item: 'dump', text: 'dumped' }
    expect(await because({ build: [twice, twice] })).toMatch(/names an item twice/)
    expect(await because(JSON.parse('{"__proto__":[{"item":"dump","text":"dumped"}]}'))).toMatch(/__proto__/)
  })
})

describe('a list that nobody should write', () => {
  const list = (checklist: unknown) => () => {
    const data = JSON.parse(JSON.stringify(written())) as { categories: { normal: { flow: { checklist: unknown }[] } } }
    const [stage] = data.categories.normal.flow
    if (stage !== undefined) stage.checklist = checklist
    return policySchema.parse(data)
  }

  it('is refused where it names an item twice, has none, or more than fifty', () => {
    const item = (name: string) => ({ item: name, text: 'to be done' })
    expect(list([item('a'), item('a')])).toThrow(/names an item twice/)
    expect(list([])).toThrow(/checklist/)
    const many = (count: number) => Array.from({ length: count }, (_, place) => item(`i${place}`))
    expect(list(many(50))).not.toThrow()
    expect(list(many(51))).toThrow(/checklist/)
    expect(list(many(10_000))).toThrow(/checklist/)
  })

  it('is refused where an item has a name that every object has, or a text that says nothing', () => {
    const named = (items: string) => () => written([build({ checklist: JSON.parse(items) }), verify(), agree, ship()])
    for (const name of ['__proto__', 'constructor', 'toString', 'Backup', 'a b', ''])
      expect(named(`{"${name}":"to be done"}`)).toThrow(/checklist/)
    expect(named('{"backup":" "}')).toThrow(/must say something/)
    expect(named(JSON.stringify({ backup: 'x'.repeat(201) }))).toThrow(/checklist/)
    expect(() => approval('agree', approvals(1).from(role('appr')), { checklist: built } as never)).toThrow(/no option/)
  })

  it('is ticked by no more than what it has: items that are none, ten thousand of them, or a comment of any size', async () => {
    const scenario = await opened()
    const odd = [['__proto__'], [], Array.from({ length: 10_000 }, (_, place) => `i${place}`), ['backup', 7]]
    for (const items of odd)
      await refused(scenario, ['ed', 'tick', { ...K, stage: 'build', items } as never], 'command.malformed')
    await refused(
      scenario,
      ['ed', 'tick', { ...tick('build', 'backup'), comment: 'x'.repeat(100_000) }],
      'command.malformed',
    )
    await refused(scenario, ['ed', 'tick', tick('build', 'constructr')], 'name.unknown')
  })
})

describe('in a trail sealed anew', () => {
  it('a list that was passed over is found twice: by deciding again, and by those who count for themselves', async () => {
    const scenario = await opened()
    await approved(scenario)
    await scenario.given('paul', 'tick', tick('production', 'window', 'pager'))
    await scenario.given('paul', 'release', K)
    const told = new TextDecoder()
    const lines = (await linesOf(scenario.store)).map(line => told.decode(line))
    const forged = lines.map(line =>
      line
        .replaceAll('"items":["backup","rollback"]', '"items":["backup"]')
        .replaceAll('"items":["window","pager"]', '"items":["pager"]'),
    )
    const { findings } = verifyTrail([fileOf(forged.map(line => new TextEncoder().encode(line)))])
    const codes = new Set(findings.filter(one => one.kind === 'decision').map(one => one.code))
    expect(codes).toContain('decision.unjustified')
    expect(findings.filter(one => one.code === 'checklist.open').map(one => one.found)).toEqual([
      'open: rollback',
      'open: rollback',
      'open: window',
    ])
    expect((await eventsOf(scenario)).filter(one => one.type === 'items.ticked')).toHaveLength(3)
  })
})

describe('an item that is open after the sign-off', () => {
  it('is to be ticked by whoever has tested, who need not test again', async () => {
    const scenario = await opened(written([verify(), agree, ship()]), { people: { ...people, mia: ['engineer'] } })
    await scenario.given('erin', 'tick', { ...K, stage: 'verify', items: ['ledger'] })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    const more = written([
      verify({ checklist: { ledger: 'the ledger adds up', bank: 'so does the bank' } }),
      agree,
      ship(),
    ])
    await scenario.adopt(more)
    await scenario.given('rita', 'migrate', { ...K, policy: policyDigest(more), comment: 'one more item' })
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'tick', stage: 'verify', persons: ['erin'] }])
    const { notices } = await scenario.desk.outbox()
    expect(notices.at(-1)).toMatchObject({ kind: 'asked', person: 'erin', do: 'tick', stage: 'verify' })
    await refused(scenario, ['erin', 'signOff', { ...K, result: 'passed' }], 'checklist.open', { items: ['bank'] })
    await scenario.given('erin', 'tick', { ...K, stage: 'verify', items: ['bank'] })
    expect(scenario.change('K').state).toBe('agree')
  })
})
