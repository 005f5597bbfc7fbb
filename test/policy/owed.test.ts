import {
  all,
  any,
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  type CategoryOptions,
  category,
  controls,
  field,
  not,
  parallel,
  percent,
  release,
  role,
  type Stage,
  separate,
  share,
  test,
  testedBeforeRelease,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { glassClauseProblems, owedProblems } from '../../packages/countersign/src/policy/check/owed-problems.ts'

const appr = role('appr')
const form = z.object({ incident: z.string().min(1), risk: z.enum(['low', 'high']), note: z.string() })
const go = release('go', { by: role('deployer') })
const agree = (options: Parameters<typeof approval>[2] = {}, count = 1, name = 'agree') =>
  approval(name, approvals(count).from(appr), options)
const review = agree({ within: '1d' }, 1, 'review')
/** What is wrong with what a category owes, as `where: what`. */
const told = (flow: Stage[], more: Partial<CategoryOptions> = {}) =>
  owedProblems('k', category({ form, flow, ...more })).map(({ where, problem }) => `${where}: ${problem}`)

describe('a stage that is owed', () => {
  it('says within what time, and stands after a release', () => {
    expect(told([agree(), go, review, test('look', { by: role('tester'), within: '1d' })])).toEqual([])
    expect(told([{ ...agree(), remedyWithin: '1d', onlyAfter: 'breakGlass' } as Stage, go])).toEqual([
      'categories.k.flow.agree: says how long a remedy may take, and not within what time it is owed',
      'categories.k.flow.agree: is owed after the glass was broken, and does not say within what time',
    ])
    const early = 'is owed after a release (within), and no release stands before it'
    expect(told([agree(), review, go])).toEqual([`categories.k.flow.review: ${early}`])
    expect(told([agree(), test('look', { by: role('tester'), within: '1d' }), go])).toEqual([
      `categories.k.flow.look: ${early}`,
    ])
  })

  it('has none of what would stop, carry, limit or age it', () => {
    const odd = agree(
      {
        within: '1d',
        onlyAfter: 'breakGlass',
        veto: { liftedBy: role('head') },
        carriedFrom: approved('project').covers({ risk: 'risk' }).for('1d'),
        environments: ['live'],
        validFor: '1d',
      },
      1,
      'review',
    )
    const at = 'categories.k.flow.review: '
    expect(told([agree(), go, odd])).toEqual([
      `${at}is asked for where the glass was broken, and the category does not let anybody break it: breakGlass`,
      `${at}a veto cannot stop what has taken effect; a rejection here asks for a remedy`,
      `${at}what was approved before cannot be the review of what was done since`,
      `${at}it looks back on all that was done, so it is for no environment`,
      `${at}what was reviewed stays reviewed; leave validFor out`,
    ])
  })

  it('is open together with others that are owed, and with none that is not', () => {
    const look = test('look', { by: role('tester'), within: '1d' })
    const early = test('early', { by: role('tester') })
    expect(told([agree(), go, parallel('after', review, look)])).toEqual([])
    expect(told([parallel('before', agree(), early), go])).toEqual([])
    expect(told([agree(), go, parallel('mixed', review, early)])).toEqual([
      'categories.k.flow.mixed: of stages that are open at the same time, either all are owed afterwards or none',
    ])
  })
})

describe('an emergency', () => {
  const emergency = { incident: 'incident' }
  const at = 'categories.k.emergency: '

  it('names its incident in a field that is filled in and material, puts something into effect and owes a review', () => {
    expect(told([agree(), go, review], { emergency })).toEqual([])
    expect(told([agree(), go, review], { emergency: { incident: 'risk' } })).toEqual([])
    expect(told([agree(), go, review], { emergency: { incident: 'incidnt' } })).toEqual([
      `${at}there is no field incidnt in the form to name the incident; did you mean incident?`,
    ])
    expect(told([agree(), go, review], { emergency: { incident: 'note' } })).toEqual([
      `${at}note has to be a text that is filled in: required, and not empty`,
    ])
    const optional = z.object({ incident: z.string().min(1).optional(), count: z.int() })
    for (const name of ['incident', 'count'])
      expect(told([agree(), go, review], { form: optional, emergency: { incident: name } })).toEqual([
        `${at}${name} has to be a text that is filled in: required, and not empty`,
      ])
    expect(told([agree(), go, review], { emergency, material: ['content'] })).toEqual([
      `${at}incident is not material, so it could be changed afterwards unseen`,
    ])
  })

  it('follows no template, and owes an approval after its last release, whether or not the glass was broken', () => {
    expect(told([agree(), go, review], { emergency, template: { otherwise: 'normal' } })).toEqual([
      `${at}an emergency follows no template`,
    ])
    expect(told([agree()], { emergency })).toEqual([`${at}puts nothing into effect: its flow has no release`])
    expect(told([go, agree({ within: '1d' })], { emergency })).toEqual([])
    const nothing = `${at}nothing is owed afterwards: no approval with \`within\` after the last release`
    expect(told([agree(), go], { emergency })).toEqual([nothing])
    expect(told([agree(), go, test('look', { by: role('tester'), within: '1d' })], { emergency })).toEqual([nothing])
    expect(told([go, review, release('more', { by: role('deployer') })], { emergency })).toEqual([nothing])
    const audit = agree({ within: '1d', onlyAfter: 'breakGlass' }, 2, 'audit')
    const breakGlass = { by: role('head'), lasts: '1h' }
    expect(told([agree(), go, audit], { emergency, breakGlass })).toEqual([nothing])
  })
})

describe('a glass', () => {
  const breakGlass = { by: role('head'), lasts: '1h' }
  const at = 'categories.k.breakGlass: '
  const audit = (count: number, requires: Parameters<typeof approval>[1] = approvals(count).from(appr)) =>
    approval('audit', requires, { within: '1d', onlyAfter: 'breakGlass' })
  const said = (how: string) =>
    `${at}afterwards an approval has to be owed that asks for more persons than any other of its approvals (${how}): approval(…, { within, onlyAfter: 'breakGlass' })`
  const more = (count: number, where = '') => said(`${count} or more${where}`)

  it('is for a release, and owes an approval by more persons than any other of its approvals', () => {
    expect(told([agree()], { breakGlass })).toEqual([
      `${at}there is nothing to break the glass for: its flow has no release`,
    ])
    expect(told([agree(), go, audit(2)], { breakGlass })).toEqual([])
    expect(told([agree(), go, audit(1)], { breakGlass })).toEqual([more(2)])
    expect(told([agree({}, 3), go, audit(3)], { breakGlass })).toEqual([more(4)])
    expect(told([go], { breakGlass })).toEqual([more(1)])
    const sometimes = { ...audit(2), when: field('risk').is('high') } as Stage
    expect(told([agree(), go, sometimes], { breakGlass })).toEqual([more(2, ' where risk is "low"')])
  })

  it('owes more in every case of the form, also in the one that asks for the most', () => {
    const high = field('risk').is('high')
    const heads = (count: number) => approvals(count).from(role('head'))
    const first = (requires: Parameters<typeof approval>[1]) => [approval('agree', requires), go]
    const byRisk = all(heads(4).when(not(high)), heads(5).when(high))
    expect(told([...first(byRisk), audit(1)], { breakGlass })).toEqual([more(6, ' where risk is "high"')])
    expect(told([...first(byRisk), audit(5)], { breakGlass })).toEqual([more(6, ' where risk is "high"')])
    expect(told([...first(byRisk), audit(6)], { breakGlass })).toEqual([])
    const added = all(approvals(1).from(appr), heads(3).when(high))
    expect(told([...first(added), audit(2)], { breakGlass })).toEqual([more(5, ' where risk is "high"')])
    const alike = all(heads(6).when(high), heads(5).when(not(high)))
    expect(told([...first(byRisk), audit(6, alike)], { breakGlass })).toEqual([])
    const stage = approval('more', heads(3), { when: high })
    expect(told([agree(), stage, go, audit(2)], { breakGlass })).toEqual([more(4, ' where risk is "high"')])
  })

  it('owes no number for a share, of which nobody knows beforehand how many it is', () => {
    const half = approvals(2).from(appr)
    const of = (one: ReturnType<typeof percent>) => one.of(appr)
    const none = said('no number is sure to be more than the share that is asked for')
    expect(told([approval('agree', of(percent(50))), go, audit(20)], { breakGlass })).toEqual([none])
    expect(told([approval('agree', any(of(share(1, 2)), half)), go, audit(3)], { breakGlass })).toEqual([])
    expect(told([agree(), go, audit(1, of(percent(100)))], { breakGlass })).toEqual([more(2)])
  })

  it('is not told apart by more cases than can be tried', () => {
    const many = z.object({
      ...form.shape,
      ...Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`f${at}`, z.boolean()])),
    })
    const stages = Array.from({ length: 11 }, (_, one) =>
      approval(`s${one}`, approvals(1).from(appr), { when: field(`f${one}`).is(true) }),
    )
    expect(told([agree(), ...stages, go, audit(2)], { breakGlass, form: many })).toEqual([
      `${at}its conditions tell more cases apart than are tried out; use fewer where the glass may be broken`,
    ])
  })

  it('counts of a review what it asks for whatever the form says', () => {
    const high = field('risk').is('high')
    const either = any(approvals(1).from(appr).when(high), approvals(3).from(appr))
    expect(
      told([agree(), go, approval('audit', either, { within: '1d', onlyAfter: 'breakGlass' })], { breakGlass }),
    ).toEqual([more(2, ' where risk is "high"')])
    const both = all(approvals(2).from(appr), approvals(3).from(role('head')).when(high))
    expect(
      told([agree(), go, approval('audit', both, { within: '1d', onlyAfter: 'breakGlass' })], { breakGlass }),
    ).toEqual([])
    const perhaps = all(approvals(2).from(appr).when(high))
    expect(
      told([agree(), go, approval('audit', perhaps, { within: '1d', onlyAfter: 'breakGlass' })], { breakGlass }),
    ).toEqual([more(2, ' where risk is "low"')])
  })

  it('is let be broken by every clause that asks for something before a release', () => {
    const rules = controls('c', {
      'CM-1': separate('make', 'approve').because('four eyes'),
      'CM-3': approvedBeforeRelease().because('nothing unapproved'),
      'CM-4': testedBeforeRelease(1, { breakGlass: 'allowed' }).because('nothing untested'),
    })
    const kind = category({ form, flow: [agree(), go, audit(2)], breakGlass })
    expect(glassClauseProblems('k', kind, rules)).toEqual([
      {
        where: 'categories.k.breakGlass',
        problem: 'CM-3 (nothing unapproved) lets nobody break the glass',
        clause: 'CM-3',
      },
    ])
    expect(glassClauseProblems('k', category({ form, flow: [agree(), go] }), rules)).toEqual([])
  })
})

describe('what was found', () => {
  const at = 'categories.k.retrospective: '
  const retrospective = true as const

  it('has taken effect already, and owes everything', () => {
    expect(told([review], { retrospective })).toEqual([])
    expect(told([go, review], { retrospective })).toEqual([
      `${at}what was found has taken effect already, so its flow has no release`,
    ])
    expect(told([test('look', { by: role('tester'), within: '1d' })], { retrospective })).toEqual([
      `${at}nothing is owed: no approval with \`within\``,
    ])
    expect(told([agree(), review], { retrospective })).toEqual([
      'categories.k.flow.agree: everything about a change that was found is owed afterwards: within',
    ])
    const neither = `${at}what was found is neither an emergency nor a standard change`
    expect(told([review], { retrospective, template: { otherwise: 'normal' } })).toEqual([neither])
    expect(told([review], { retrospective, emergency: { incident: 'incident' } })).toContain(neither)
    expect(told([review], { retrospective, breakGlass: { by: role('head'), lasts: '1h' } })).toContain(neither)
  })
})
