import {
  all,
  any,
  approval,
  approvals,
  approved,
  board,
  type Category,
  type CategoryOptions,
  category,
  controls,
  every,
  exception,
  field,
  type LintFinding,
  type LintSetting,
  lint,
  lintCodes,
  not,
  type PolicyOptions,
  parallel,
  percent,
  permit,
  policy,
  release,
  role,
  type Stage,
  separate,
  share,
  some,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

const [appr, head, tester, deployer] = [role('appr'), role('head'), role('tester'), role('deployer')]
const silent = controls('silent', {})
const form = z.object({
  risk: z.enum(['low', 'middle', 'high']),
  seats: z.int().min(0),
  urgent: z.boolean(),
  systems: z.array(z.enum(['ledger', 'billing', 'payroll'])).min(1),
  site: z.string(),
  note: z.string().optional(),
})
const high = field('risk').is('high')
const one = approvals(1).from(appr)
const production = release('production', { by: deployer })
const verify = test('verify', { by: tester })

interface Written {
  flow?: Stage[]
  category?: Partial<CategoryOptions>
  categories?: Record<string, Category>
  options?: Partial<PolicyOptions>
  with?: Partial<LintSetting>
  /** Whether it is told, too, who had better not make anything, as the only one of their role. */
  makers?: true
}

/** What lint says of a policy, but of roles that it does not use. */
function said({ flow = [approval('approve', one), production], options, ...more }: Written): LintFinding[] {
  const roles = { appr: '', head: '', tester: '', deployer: '', ops: '' }
  const written = policy(
    't',
    {
      complies: silent,
      roles: Object.fromEntries(Object.keys(roles).map(name => [name, `the ${name}s`])),
      ...options,
    },
    more.categories ?? { normal: category({ form, flow, ...more.category }) },
  )
  return lint(written, more.with).filter(
    one => one.code !== 'role.unused' && (more.makers === true || one.code !== 'maker.stuck'),
  )
}

const codes = (written: Written) => said(written).map(({ code, where }) => `${code} ${where}`)
const at = (stage: string) => `categories.normal.flow.${stage}`

describe('lint', () => {
  it('has nothing against a plain flow, and less and less to ask of people the more there are', () => {
    const flow = [verify, approval('approve', approvals(2).from(appr)), production]
    expect(codes({ flow })).toEqual([])
    const people = { ann: ['appr'], bob: ['appr'], cleo: ['appr'], tess: ['tester'], dora: ['deployer'] }
    expect(codes({ flow, with: { people } })).toEqual([])
    expect(codes({ flow, with: { people: {} } })).toEqual([
      `role.vacant ${at('verify')}`,
      `role.vacant ${at('production')}`,
      `approval.nobody ${at('approve')}`,
    ])
  })

  it('says of each finding what, where, why and what would help, and whether it warns or only notes', () => {
    const [found] = said({ flow: [approval('approve', any(one, approvals(2).from(appr))), production] })
    expect(found).toEqual({
      code: 'alternative.shadowed',
      level: 'warning',
      where: `${at('approve')}.any.1`,
      because:
        'approvals(2) from appr is never needed: whoever meets it meets approvals(1) from appr as well, and one of them is enough',
      help: 'Join them with all(…) where both are meant, give the weaker one a condition, or leave one out.',
    })
    expect(new Set(lintCodes).size).toBe(lintCodes.length)
  })

  it('gives the same findings for a policy that was written with its members in another order', () => {
    const flow = [approval('approve', any(approvals(2).from(appr).when(high), one)), production]
    const turned = { people: { bob: ['deployer', 'appr'], ann: ['appr'] } }
    expect(said({ flow, with: turned })).toEqual(
      said({ flow, with: { people: { ann: ['appr'], bob: ['appr', 'deployer'] } } }),
    )
  })
})

describe('lint finds a rule that makes no difference', () => {
  const asking = (requirement: Parameters<typeof approval>[1], people?: LintSetting['people']) =>
    codes({
      flow: [approval('approve', requirement), production],
      ...(people === undefined ? {} : { with: { people } }),
    })

  it.each<readonly [string, Parameters<typeof approval>[1], string[]]>([
    ['a stricter alternative beside a weaker one', any(approvals(2).from(appr), one), ['any.0']],
    ['the second of two alternatives that are the same', any(one, approvals(1).from(appr)), ['any.1']],
    ['more than one role where one of them is enough', any(all(one, approvals(1).from(head)), one), ['any.0']],
    ['a share beside one person of the same role', any(share(2, 3).of(appr), one), ['any.0']],
    ['the greater of two shares', any(percent(50).of(appr), percent(67).of(appr)), ['any.1']],
    [
      'persons of different groups beside any persons',
      any(approvals(2).from(appr).fromDifferentGroups(), approvals(2).from(appr)),
      ['any.0'],
    ],
    ['an alternative to nothing', any(approvals(0), one), ['any.1']],
    ['an alternative deep in others', all(approvals(1).from(head), any(one, approvals(3).from(appr))), ['all.1.any.1']],
    [
      'an alternative under a condition, where the weaker one applies under the same',
      any(approvals(1).from(head), approvals(2).from(appr).when(high), one.when(high)),
      ['any.1'],
    ],
    [
      'a rule for some cases inside an alternative, where the other one is there in those as well',
      any(one, all(approvals(1).from(head), approvals(2).from(appr).when(high))),
      ['any.1'],
    ],
  ])('%s', (_, requirement, where) => {
    expect(asking(requirement).filter(found => found.startsWith('alternative'))).toEqual(
      where.map(path => `alternative.shadowed ${at('approve')}.${path}`),
    )
  })

  it.each<readonly [string, Parameters<typeof approval>[1]]>([
    ['persons of two roles', any(one, approvals(1).from(head))],
    ['more persons of another role', any(one, approvals(2).from(head))],
    ['a share and a number, neither of which is always more', any(share(1, 2).of(appr), approvals(2).from(appr))],
    [
      'different groups beside more persons',
      any(approvals(2).from(appr).fromDifferentGroups(), approvals(3).from(appr)),
    ],
    ['a weaker one for some cases', any(approvals(2).from(appr), one.when(field('risk').is('low')))],
    ['one for some cases and one for the others', any(one.when(not(high)), approvals(2).from(appr).when(high))],
  ])('and nothing among alternatives of %s', (_, requirement) => {
    expect(asking(requirement)).toEqual([])
  })

  it('by who holds the roles: whoever is in one of them is in the other as well', () => {
    const requirement = any(one, approvals(1).from(head))
    const people = { ann: ['appr', 'head'], bob: ['appr'], cleo: ['appr'], dora: ['deployer'] }
    expect(asking(requirement)).toEqual([])
    expect(asking(requirement, people)).toEqual([`alternative.shadowed ${at('approve')}.any.1`])
    expect(asking(requirement, { ...people, hana: ['head'] })).toEqual([])
  })

  it('by taking two rules on one role for what they come to: the stricter of them, and not the sum', () => {
    const two = approvals(2).from(appr)
    expect(asking(all(two, one))).toEqual([`rule.absorbed ${at('approve')}.all.1`])
    expect(asking(all(one, approvals(1).from(appr)))).toEqual([`rule.absorbed ${at('approve')}.all.1`])
    expect(asking(all(one.when(high), two))).toEqual([`rule.absorbed ${at('approve')}.all.0`])
    expect(asking(all(one, two.when(high)))).toEqual([])
    expect(asking(all(one, two.when(high), one.when(high)))).toEqual([`rule.absorbed ${at('approve')}.all.2`])
    expect(asking(all(one.fromDifferentGroups(), two))).toEqual([])
    expect(asking(all(one, approvals(1).from(head)))).toEqual([])
  })

  it('a stage or a rule that is reached in no case, and a condition that is met in every case', () => {
    const never = every(high, field('risk').oneOf('low', 'middle'))
    const more = approval('more', one, { when: never })
    expect(codes({ flow: [approval('approve', one), more, production] })).toEqual([`condition.never ${at('more')}`])
    expect(
      asking(
        all(
          one,
          approvals(1)
            .from(head)
            .when(every(field('seats').below(3), field('seats').atLeast(3))),
        ),
      ),
    ).toEqual([`condition.never ${at('approve')}.all.1`])
    const inner = approval('more', all(one.when(field('risk').is('low')), one.when(high)), { when: high })
    expect(codes({ flow: [approval('approve', one), inner, production] })).toEqual([
      `condition.never ${at('more')}.all.0`,
      `condition.always ${at('more')}.all.1`,
    ])
    const anyhow = some(field('seats').below(3), field('seats').atLeast(3))
    expect(codes({ flow: [approval('approve', one, { when: anyhow }), production] })).toEqual([
      `condition.always ${at('approve')}`,
    ])
    const listed = some(
      field('systems').includes('ledger'),
      field('systems').includes('billing'),
      field('systems').includes('payroll'),
    )
    expect(codes({ flow: [approval('approve', one, { when: listed }), production] })).toEqual([
      `condition.always ${at('approve')}`,
    ])
  })

  it('a condition on a field that may be left out, without which such a change is refused', () => {
    const flow = [approval('approve', all(one, approvals(1).from(head).when(field('note').is('x')))), production]
    expect(codes({ flow })).toEqual(['field.optional categories.normal.form.note'])
  })

  it('a clause of the controls that keeps a duty apart which nobody has here, with what may have been meant', () => {
    const house = controls('house', {
      'CM-1': separate('make', 'relase').because('makers do not release'),
      'CM-2': separate('deploy', 'migrate').because('two pairs of hands'),
      'CM-3': separate('make', 'review').because('makers do not review'),
      'CM-4': separate('build', 'approve').because('whoever builds it does not approve it'),
    })
    const flow = [task('build', { by: tester, duty: 'build' }), approval('approve', one), production]
    const help = 'Correct the clause, where it is a slip; where it is meant for other teams, it may stand.'
    const options = { complies: house }
    const found = { code: 'duty.nobody', level: 'warning', where: 'complies', help }
    const says = (clause: string, duty: string, near = '') => ({
      ...found,
      because: `${clause} apart, and nobody ever has the duty ${duty} here${near}`,
    })
    // Nobody has to be named for it.
    expect(said({ flow, options, with: { controls: house } })).toEqual([
      says('CM-1 (makers do not release) keeps make and relase', 'relase', '; did you mean release?'),
      says('CM-2 (two pairs of hands) keeps deploy and migrate', 'deploy'),
      says('CM-2 (two pairs of hands) keeps deploy and migrate', 'migrate'),
    ])
    expect(said({ flow, options })).toEqual([])
  })

  it('a pair that the policy lifts, and keeps apart as well', () => {
    const options = {
      permit: [permit('request', 'approve').because('owners ask'), permit('approve', 'review').because('we are few')],
      separate: [separate('approve', 'request').because('two pairs of eyes')],
    }
    expect(said({ options })).toEqual([
      {
        code: 'permit.overruled',
        level: 'warning',
        where: 'permit.0',
        because: 'lifts nothing: the policy itself keeps approve and request apart (two pairs of eyes)',
        help: 'Leave out the one that is not meant.',
      },
    ])
  })

  it('a role of which the policy makes no use', () => {
    const written = policy(
      't',
      { complies: silent, roles: { appr: 'a', ghost: 'g' } },
      { normal: category({ flow: [approval('approve', one)] }) },
    )
    expect(lint(written).map(({ code, level, where }) => [code, level, where])).toEqual([
      ['role.unused', 'note', 'roles.ghost'],
    ])
  })

  it('no role to which work is given out', () => {
    const written = policy(
      't',
      { complies: silent, roles: { appr: 'a', engineer: 'e' } },
      { normal: category({ flow: [approval('approve', one)], triage: [{ to: role('engineer') }] }) },
    )
    expect(lint(written).map(({ code }) => code)).not.toContain('role.unused')
  })
})

describe('lint finds a way to production on which nobody approves', () => {
  it.each<readonly [string, Stage[], string[]]>([
    [
      'a rule for some cases that asks for nothing',
      [approval('approve', any(one, approvals(0).when(field('site').is('readme')))), production],
      [`approval.skipped ${at('production')}`],
    ],
    [
      'a release before the approval',
      [
        release('canary', { by: deployer, environment: 'canary' }),
        approval('approve', one),
        release('whole', { by: deployer, environment: 'whole' }),
      ],
      ['category.blocked categories.normal'],
    ],
    [
      'a release that comes, in some cases, before the approval',
      [
        approval('note', approvals(0)),
        release('canary', { by: deployer, environment: 'canary', when: field('urgent').is(true) }),
        approval('approve', one),
        release('whole', { by: deployer, environment: 'whole' }),
      ],
      [`approval.skipped ${at('canary')}`],
    ],
    [
      'an end that is reached without any',
      [approval('approve', one.when(high)), approval('note', approvals(0))],
      [`approval.skipped categories.normal.flow`],
    ],
    [
      'no rule at all in some cases, in which a change is refused',
      [approval('approve', one.when(high)), production],
      ['category.blocked categories.normal'],
    ],
  ])('%s', (_, flow, found) => {
    expect(codes({ flow })).toEqual(found)
  })

  it('and names the case, and in how many more it is so', () => {
    const flow = [approval('approve', any(one.when(high), approvals(0).when(not(high)))), production]
    const [found] = said({ flow })
    expect(found?.because).toBe('production is reached without anybody\'s approval where risk is "low"')
    const [blocked] = said({
      flow: [approval('approve', one.when(every(high, field('urgent').is(true)))), production],
    })
    expect(blocked?.because).toBe(
      'no approval is asked for where risk is "high", urgent is false, and where no rule applies a change is refused (and in 2 more cases)',
    )
  })

  it('but only notes what the policy says aloud: that nobody approves, or that it is approved afterwards', () => {
    expect(said({ flow: [approval('none', approvals(0)), production] })).toMatchObject([
      { code: 'approval.none', level: 'note', where: 'categories.normal' },
    ])
    const flow = [
      approval('approve', one),
      production,
      approval('review', approvals(1).from(head), { within: '24h' }),
      approval('after', approvals(2).from(head), { within: '24h', onlyAfter: 'breakGlass' }),
    ]
    expect(said({ flow, category: { breakGlass: { by: role('ops'), lasts: '1h' } } })).toMatchObject([
      { code: 'acts.first', level: 'note', where: 'categories.normal.breakGlass' },
    ])
    const emergency = category({
      form: z.object({ incident: z.string().min(1) }),
      emergency: { incident: 'incident' },
      flow: [approval('note', approvals(0)), production, approval('review', one, { within: '24h' })],
    })
    expect(codes({ categories: { emergency } })).toEqual(['acts.first categories.emergency.emergency'])
  })

  it('and finds none past a review that is owed for one release and has to be given before the next', () => {
    const flow = (review: Stage[]) => [
      approval('approve', one, { environments: ['staging'] }),
      release('staging', { by: deployer, environment: 'staging' }),
      ...review,
      release('production', { by: deployer, environment: 'production' }),
    ]
    expect(codes({ flow: flow([approval('review', one, { within: '24h' })]) })).toEqual([])
    expect(codes({ flow: flow([approval('review', one.when(high), { within: '24h' })]) })).toEqual([
      'category.blocked categories.normal',
    ])
    expect(codes({ flow: flow([approval('review', any(one, approvals(0).when(high)), { within: '24h' })]) })).toEqual([
      `approval.skipped ${at('production')}`,
    ])
  })

  it('and says plainly where there is no case to name', () => {
    const flow = [production, approval('approve', one)]
    expect(said({ flow, category: { form: z.object({}) } })).toMatchObject([
      {
        code: 'category.blocked',
        because: 'no approval is asked for before it takes effect, and where no rule applies a change is refused',
      },
    ])
  })

  it('names of an emergency what is owed in any case, and what is owed beside where the glass is broken', () => {
    const emergency = category({
      form: z.object({ incident: z.string().min(1) }),
      emergency: { incident: 'incident' },
      breakGlass: { by: role('ops'), lasts: '4h' },
      flow: [
        approval('authorise', one),
        production,
        approval('review', one, { within: '24h' }),
        approval('after-glass', approvals(2).from(head), { within: '12h', onlyAfter: 'breakGlass' }),
      ],
    })
    expect(said({ categories: { emergency } }).map(finding => [finding.where, finding.because])).toEqual([
      ['categories.emergency.emergency', 'is put into effect first and then owes review within 24h'],
      [
        'categories.emergency.breakGlass',
        'one of ops puts it into effect without the approvals and tests before, within 4h, and then it owes review within 24h and after-glass within 12h',
      ],
    ])
  })

  it('work that is done after all was approved and tested, and what becomes of that', () => {
    const build = task('build', { by: head })
    const [found] = said({ flow: [verify, approval('approve', one), build, production] })
    expect(found).toEqual({
      code: 'work.unseen',
      level: 'note',
      where: at('build'),
      because:
        'what is made at build comes after approve, and nobody approves or tests it before production; the decisions before it go stale only where it is recorded as the content',
      help: 'Ask for an approval or a test after it, or see to it that what is made is recorded as the content; a task that makes nothing new has a duty of its own, such as deploy.',
    })
    const unbound = { flow: [approval('approve', one), build, production], category: { material: ['risk'] } }
    expect(said(unbound)).toMatchObject([
      { code: 'content.unbound', level: 'warning' },
      { code: 'work.unseen', because: expect.stringMatching(/; the decisions before it stand, whatever content is/) },
    ])
    const late = approval('late', one, { when: high })
    expect(said({ flow: [approval('approve', one), build, late, production] })).toMatchObject([
      { code: 'work.unseen', because: expect.stringMatching(/comes after approve, .* where risk is "low";/) },
    ])
    const nothing = approval('note', approvals(0))
    expect(codes({ flow: [approval('approve', one), build, nothing, production] })).toEqual([
      `work.unseen ${at('build')}`,
    ])
    const staged = [
      approval('approve', one),
      release('staging', { by: deployer, environment: 'staging' }),
      build,
      release('production', { by: deployer, environment: 'production' }),
    ]
    expect(codes({ flow: staged })).toEqual([`work.unseen ${at('build')}`])
    // An emergency says that it is approved afterwards.
    const after = approval('after', approvals(1).from(head), { within: '24h' })
    const fast = { emergency: { incident: 'risk' } }
    expect(codes({ flow: [approval('approve', one), build, production, after], category: fast })).toEqual([
      'acts.first categories.normal.emergency',
    ])
  })

  const build = task('build', { by: head })
  const approve = approval('approve', one)
  it.each<readonly [string, Stage[]]>([
    ['is done before it is approved', [build, approve, production]],
    ['is tested afterwards', [approve, build, verify, production]],
    ['is approved afterwards once more', [approve, build, approval('late', one), production]],
    ['has another duty than making', [approve, task('deploy', { by: head, duty: 'deploy' }), production]],
    ['only looks at it', [approve, task('look', { by: head, duty: 'review' }), production]],
    ['is done at the same time', [parallel('both', approve, build), production]],
    ['is done once it is released', [approve, production, build]],
    ['is put into effect by no release', [approve, build]],
    ['was never approved nor tested, which is said otherwise', [approval('note', approvals(0)), build, production]],
    [
      'was decided on before, once for many',
      [
        approval('agree', one, { carriedFrom: approved('project').covers({ site: 'site' }).for('30d') }),
        build,
        production,
      ],
    ],
    [
      'is seen by a review that is owed before it goes on',
      [
        approve,
        release('staging', { by: deployer, environment: 'staging' }),
        build,
        approval('after', approvals(1).from(head), { within: '24h' }),
        release('production', { by: deployer, environment: 'production' }),
      ],
    ],
  ])('and says nothing of that where work %s', (_, flow) => {
    const project = category({ form, flow: [approve, production] })
    const normal = category({ form, flow })
    const found = said({ categories: { normal, project } })
    expect(found.filter(({ code }) => code === 'work.unseen')).toEqual([])
  })

  it('content that can be replaced after it was approved', () => {
    expect(codes({ category: { material: ['risk'] } })).toEqual(['content.unbound categories.normal.material'])
    expect(codes({ category: { material: ['risk'] }, flow: [approval('approve', one)] })).toEqual([])
  })

  it('says so where it has not tried every case', () => {
    const many = Array.from({ length: 12 }, (_, place) =>
      approval(`case-${place}`, one, { when: field(`f${place}`).is(true) }),
    )
    const fields = Object.fromEntries(many.map((_, place) => [`f${place}`, z.boolean()]))
    expect(codes({ category: { form: z.object(fields) }, flow: [...many, production] })).toEqual([
      'cases.untried categories.normal',
    ])
  })
})

describe('lint finds what the people that there are cannot do', () => {
  const people = { ann: ['appr'], bob: ['appr'], cleo: ['appr'], tess: ['tester'], dora: ['deployer'] }

  it('that it has not found out whether they can, where the search was broken off', () => {
    // Each of them is of a group of their own, so that none comes to the same as another.
    const ids = Array.from({ length: 9 }, (_, place) => `p${place}`)
    const people = { ...Object.fromEntries(ids.map(id => [id, ['appr']])), dora: ['deployer'] }
    const groups = Object.fromEntries(ids.map(id => [id, [`group-${id}`]]))
    const work = ['a', 'b', 'c', 'd', 'e'].map(name => task(name, { by: appr }))
    // Whoever works on it has made it, and approves it no more: nobody can take it through.
    const all9 = [...work, approval('approve', approvals(9).from(appr)), production]
    const [found] = said({ flow: all9, with: { people, groups } })
    expect(found).toMatchObject({ code: 'ways.untried', level: 'note', where: 'categories.normal' })
    expect(found?.because).toMatch(/the search was broken off: whether these people can take it through is not known$/)
    const few = [...work.slice(0, 1), approval('approve', approvals(9).from(appr)), production]
    expect(codes({ flow: few, with: { people, groups } })).toEqual(['category.unmeetable categories.normal'])
    const can = [...work, approval('approve', approvals(8).from(appr)), production]
    expect(codes({ flow: can, with: { people, groups }, makers: true })).toEqual([])
  })

  it('that it has not tried any of more flows than it tries', () => {
    const stages = Array.from({ length: 7 }, (_, place) =>
      approval(`case-${place}`, one, { when: field(`f${place}`).is(true) }),
    )
    const fields = Object.fromEntries(stages.map((_, place) => [`f${place}`, z.boolean()]))
    const flow = [approval('approve', one), ...stages, production]
    const [found, ...others] = said({ category: { form: z.object(fields) }, flow, with: { people } })
    expect(others).toEqual([])
    expect(found).toMatchObject({ code: 'ways.untried', where: 'categories.normal' })
    expect(found?.because).toMatch(/^its conditions make 128 different flows of it, and none of them was tried/)
  })

  it('a role without anybody, unless somebody stands in', () => {
    const flow = [approval('approve', one), approval('head', approvals(1).from(head)), production]
    expect(codes({ flow, with: { people } })).toEqual([`approval.nobody ${at('head')}`])
    const roles = (when: 'vacant' | 'absent') => ({
      appr: 'a',
      deployer: 'd',
      head: { description: 'h', fallback: { role: 'appr', when: [when] } },
    })
    expect(codes({ flow, with: { people }, options: { roles: roles('vacant') } })).toEqual([])
    expect(codes({ flow, with: { people }, options: { roles: roles('absent') } })).toEqual([
      `approval.nobody ${at('head')}`,
    ])
    const asking = category({ form, requestedBy: role('ops'), flow: [approval('approve', one), production] })
    expect(codes({ categories: { normal: asking }, with: { people } })).toEqual([
      'role.vacant categories.normal.requestedBy',
    ])
  })

  it('a role in which only persons ask, where robots alone hold it or somebody would only stand in', () => {
    const asking = category({ form, requestedBy: role('ops'), flow: [approval('approve', one), production] })
    const categories = { normal: asking }
    const found = (more: Partial<LintSetting>, options: Partial<PolicyOptions> = {}) =>
      said({ categories, options, with: { people, ...more } }).map(({ where, because }) => [where, because])
    expect(found({ robots: { dora: ['ops'] } })).toEqual([
      ['categories.normal.requestedBy', 'only robots hold ops, so nobody can ask for it'],
    ])
    const ops: PolicyOptions['roles'][string] = { fallback: { role: 'appr', when: ['vacant'] } }
    expect(found({}, { roles: { appr: 'a', deployer: 'd', ops } })).toEqual([
      ['categories.normal.requestedBy', 'nobody holds ops, so nobody can ask for it'],
    ])
    // Ann alone can ask for it, and then there is nobody who approves it.
    const two = { people: { ann: ['appr', 'ops'], dora: ['deployer'] }, robots: { dora: ['ops'] } }
    expect(codes({ categories, with: two })).toEqual(['category.unmeetable categories.normal'])
  })

  it('a role by which a veto is lifted, work is given out, or somebody is excepted, stands in or is a delegate', () => {
    const normal = category({
      form,
      flow: [approval('approve', one, { veto: { liftedBy: head } }), production],
      triage: [{ to: role('ops'), when: high }, { to: deployer }],
    })
    const options: Partial<PolicyOptions> = {
      roles: {
        appr: { delegates: 'tester', fallback: { role: 'head', when: ['absent'] } },
        deployer: 'd',
        head: 'h',
        ops: 'o',
        tester: 't',
      },
      exceptions: [
        exception('request', 'approve')
          .grantedBy(head)
          .atMost('7d')
          .compensatedBy('a look later')
          .because('we are few'),
      ],
    }
    const few = { ann: ['appr'], bob: ['appr'], dora: ['deployer'] }
    const found = said({ categories: { normal }, options, with: { people: few } })
    expect(found.map(({ code, level, where, because }) => [code, level, where, because])).toEqual(
      [
        [`${at('approve')}.veto`, 'nobody holds head, so nobody but whoever placed a veto can lift it'],
        ['categories.normal.triage.0', 'nobody holds ops, so nobody is given what this rule is for'],
        ['roles.appr.fallback', 'nobody holds head, so nobody stands in for appr'],
        ['roles.appr.delegates', 'nobody holds tester, so nobody can be a delegate for appr'],
        ['exceptions.0', 'nobody holds head, so nobody can except anybody from request and approve'],
      ].map(finding => ['role.vacant', 'warning', ...finding]),
    )
    const nobody = codes({ categories: { normal }, options, with: { people: { dora: ['deployer'] } } })
    expect(nobody.filter(one => one.includes('roles.'))).toEqual([])
    const more = { ...few, hana: ['head'], tess: ['tester'], olga: ['ops'] }
    expect(codes({ categories: { normal }, options, with: { people: more } })).toEqual([])
  })

  it('more persons than there are, in some case or in all, and of different groups', () => {
    const flow = [approval('approve', all(one, approvals(4).from(appr).when(high))), production]
    expect(said({ flow, with: { people } })).toMatchObject([
      {
        code: 'requirement.unmeetable',
        where: at('approve'),
        because:
          'all(approvals(1) from appr, approvals(4) from appr) takes more than there are where risk is "high": 1 of appr is missing',
      },
    ])
    const apart = [approval('approve', approvals(2).from(appr).fromDifferentGroups()), production]
    const groups = { ann: ['east'], bob: ['east'], cleo: [] }
    expect(codes({ flow: apart, with: { people, groups } })).toEqual([`requirement.unmeetable ${at('approve')}`])
    expect(codes({ flow: apart, with: { people, groups: { ...groups, cleo: ['west'] } } })).toEqual([])
    const twice = [test('verify', { by: tester, signOffs: 2 }), approval('approve', one), production]
    expect(codes({ flow: twice, with: { people } })).toEqual([`requirement.unmeetable ${at('verify')}`])
  })

  it('stages that can be met one by one, and not by different persons', () => {
    const flow = [approval('first', approvals(2).from(appr)), approval('second', approvals(2).from(appr)), production]
    expect(codes({ flow, with: { people } })).toEqual(['category.unmeetable categories.normal'])
    const four = { ...people, dan: ['appr'] }
    expect(codes({ flow, with: { people: four } })).toEqual([])
    expect(codes({ flow, with: { people: four }, makers: true })).toEqual(['maker.stuck categories.normal'])
    expect(codes({ flow, with: { people: { ...people, dan: ['appr'], eve: ['appr'] } } })).toEqual([])
  })

  it('duties that are kept apart, by the house, by the policy or by the controls', () => {
    const flow = [verify, approval('approve', one), production]
    const few = { ann: ['appr', 'tester', 'deployer'], bob: [] }
    expect(codes({ flow, with: { people: few } })).toEqual([])
    const options = { separate: [separate('test', 'approve').because('two pairs of eyes')] }
    expect(codes({ flow, options, with: { people: few } })).toEqual(['category.unmeetable categories.normal'])
    const strict = controls('strict', { 'CM-9': separate('approve', 'release').because('two pairs of hands') })
    expect(codes({ flow, with: { people: few, controls: strict } })).toEqual(['category.unmeetable categories.normal'])
    const look = approval('review', approvals(1).from(tester), { within: '1d' })
    const owing = [verify, approval('approve', one), production, look]
    const three = { ann: [], bob: ['appr'], dora: ['deployer'], eve: ['tester'] }
    const looking = { separate: [separate('test', 'review').because('others see what the tester has seen')] }
    expect(codes({ flow: owing, with: { people: three } })).toEqual([])
    expect(codes({ flow: owing, options: looking, with: { people: three } })).toEqual([
      'category.unmeetable categories.normal',
    ])
    expect(codes({ flow, with: { people: { ann: ['appr', 'tester', 'deployer'] } } })).toEqual([
      'category.unmeetable categories.normal',
    ])
  })

  it('one person who asks and approves is enough only where the policy permits it', () => {
    const flow = [approval('approve', one)]
    const alone = { ann: ['appr'] }
    expect(codes({ flow, with: { people: alone } })).toEqual(['category.unmeetable categories.normal'])
    const options = { permit: [permit('request', 'approve').because('the owner decides')] }
    expect(codes({ flow, options, with: { people: alone } })).toEqual([])
  })

  it('what somebody makes and nobody else can approve', () => {
    const flow = [approval('approve', approvals(2).from(appr)), production]
    const two = { ann: ['appr'], bob: ['appr'], dora: ['deployer'] }
    expect(said({ flow, with: { people: two }, makers: true })).toMatchObject([
      { code: 'maker.stuck', level: 'note', because: expect.stringContaining('what ann, bob made') },
    ])
    expect(codes({ flow, with: { people }, makers: true })).toEqual([])
  })

  it('counts the work of a task as making, and the robots of a person for testing and releasing only', () => {
    const flow = [task('build', { by: appr }), approval('approve', one), production]
    const two = { ann: ['appr'], dora: ['deployer'] }
    expect(codes({ flow, with: { people: two } })).toEqual(['category.unmeetable categories.normal'])
    expect(codes({ flow, with: { people: { ...two, bob: ['appr'] } } })).toEqual([])
    const robots = { dora: ['tester', 'appr'] }
    const tested = [verify, approval('approve', one), production]
    expect(codes({ flow: tested, with: { people: { ...two, bob: [] }, robots } })).toEqual([])
    expect(codes({ flow: tested, with: { people: { bob: ['deployer'], dora: [] }, robots } })).toEqual([
      `approval.nobody ${at('approve')}`,
    ])
  })

  it('a review afterwards by whoever released or approved it', () => {
    const flow = [approval('approve', one), production, approval('review', approvals(1).from(head), { within: '24h' })]
    const staff = { ann: ['appr'], bob: [], hana: ['head', 'deployer'] }
    expect(codes({ flow, with: { people: staff } })).toEqual(['category.unmeetable categories.normal'])
    expect(codes({ flow, with: { people: { ...staff, hugo: ['head'] } } })).toEqual([])
  })

  it('the pair of duties on which alone it hangs, be it one that every policy keeps apart', () => {
    const review = approval('review', approvals(1).from(head), { within: '24h' })
    const flow = [approval('approve', one), production, review]
    const because = (who: Record<string, string[]>, options = {}) =>
      said({ flow, options, with: { people: who } }).map(found => found.because.split('; ')[1])
    const released = { ann: ['appr'], bob: [], hana: ['head', 'deployer'] }
    expect(because(released)).toEqual(['it hangs on release and review being kept apart'])
    const approved = { ann: ['appr', 'head'], bob: [], dora: ['deployer'] }
    expect(because(approved)).toEqual(['it hangs on approve and review being kept apart'])
    expect(because(approved, { permit: [permit('approve', 'review').because('there are few')] })).toEqual([])
  })

  it('what goes through only where somebody is excepted, by somebody who takes no part in it', () => {
    const flow = [task('build', { by: tester }), approval('approve', one), production]
    const allowed = (one: string, other: string) =>
      separate(one, other, { exceptions: 'allowed' }).because('two pairs of eyes')
    const lenient = controls('lenient', { 'C-1': allowed('make', 'approve') })
    const except = (one: string, other: string, by: ReturnType<typeof role>) =>
      exception(one, other).grantedBy(by).atMost('7d').compensatedBy('a look later').because('we are few')
    const options = (...exceptions: PolicyOptions['exceptions'] & {}): Partial<PolicyOptions> => ({
      complies: lenient,
      permit: [permit('request', 'approve').because('we are few')],
      ...(exceptions.length === 0 ? {} : { exceptions }),
    })
    const few = { ann: ['tester', 'appr', 'deployer'], hana: ['head'] }
    const found = (rules: Partial<PolicyOptions>, people: LintSetting['people'] = few) =>
      codes({ flow, options: rules, with: { people, controls: lenient } })
    expect(found(options())).toEqual(['category.unmeetable categories.normal'])
    const granted = options(except('make', 'approve', head))
    expect(said({ flow, options: granted, with: { people: few, controls: lenient } })).toMatchObject([
      {
        code: 'exception.needed',
        level: 'note',
        where: 'categories.normal',
        because: expect.stringMatching(/^without an exception from make and approve nobody can take it through: /),
      },
    ])
    expect(found(granted, { ...few, bob: ['appr'] })).toEqual([])
    // Whoever takes part in it excepts nobody, and nobody excepts themselves.
    expect(found(options(except('make', 'approve', deployer)))).toEqual(['category.unmeetable categories.normal'])
    // Whoever only approves it takes no part.
    const two = [task('build', { by: tester }), approval('approve', approvals(2).from(appr)), production]
    const approving = { ...few, hana: ['head', 'appr'] }
    expect(codes({ flow: two, options: granted, with: { people: approving, controls: lenient } })).toEqual([
      'exception.needed categories.normal',
    ])
    const both = { ...granted, separate: [separate('approve', 'release').because('two pairs of hands')] }
    expect(found(both)).toEqual(['category.unmeetable categories.normal'])
    const several = { ...both, exceptions: [...(granted.exceptions ?? []), except('approve', 'release', head)] }
    expect(said({ flow, options: several, with: { people: few, controls: lenient } })).toMatchObject([
      { code: 'exception.needed', because: expect.stringMatching(/^without several exceptions at once nobody /) },
    ])
  })

  it('names among those whose work could not go through nobody who would only have to be excepted', () => {
    const flow = [approval('approve', one), production]
    const lenient = controls('lenient', {
      'C-1': separate('make', 'approve', { exceptions: 'allowed' }).because('two pairs of eyes'),
    })
    const rule = exception('make', 'approve').grantedBy(head).atMost('7d').compensatedBy('a look later').because('few')
    const few = { ann: ['appr'], dora: ['deployer'], hana: ['head'] }
    const found = (options: Partial<PolicyOptions>) =>
      codes({ flow, options: { complies: lenient, ...options }, with: { people: few }, makers: true })
    expect(found({})).toEqual(['maker.stuck categories.normal'])
    expect(found({ exceptions: [rule] })).toEqual([])
  })

  it('a person twice where the policy lets them review what they authorised: once before, and once after', () => {
    const flow = [
      approval('approve', approvals(2).from(appr)),
      production,
      approval('review', approvals(2).from(appr), { within: '24h' }),
    ]
    expect(codes({ flow, with: { people } })).toEqual(['category.unmeetable categories.normal'])
    const options = { permit: [permit('approve', 'review').because('we are few')] }
    expect(codes({ flow, options, with: { people } })).toEqual([])
    const two = { ann: ['appr', 'deployer'], bob: ['appr'], rob: [] }
    expect(codes({ flow, options, with: { people: two } })).toEqual(['category.unmeetable categories.normal'])
  })

  it('and keeps a task that only looks at what others made apart from nothing of its own accord', () => {
    const flow = [approval('approve', one), task('look', { by: deployer, duty: 'review' }), production]
    expect(codes({ flow, with: { people } })).toEqual([])
  })

  it('shares of those who hold a role, whoever asks and makes', () => {
    const flow = [
      parallel('both', approval('board', percent(100).of(appr)), approval('head', approvals(1).from(head))),
      production,
    ]
    expect(codes({ flow, with: { people: { ...people, hana: ['head'] } } })).toEqual([])
    expect(codes({ flow, with: { people: { ...people, ann: ['appr', 'head'] } } })).toEqual([
      'category.unmeetable categories.normal',
    ])
  })

  it('nothing that hangs on which of very many ways to approve are taken, but where few of them can be', () => {
    const five = ['head', 'tester', 'ops', 'deployer', 'appr']
    const ways = any(...five.map(name => approvals(1).from(role(name))))
    const flow = [...['first', 'second', 'third'].map(name => approval(name, ways)), production]
    const two = { ann: ['appr'], dora: ['deployer'] }
    expect(codes({ flow, with: { people: two } })).toEqual(['category.unmeetable categories.normal'])
    expect(codes({ flow, with: { people: { ...two, bob: ['appr'], cleo: ['appr'] } } })).toEqual([])
    expect(codes({ flow, with: { people: { ann: five, dora: five } } })).not.toContain(
      'category.unmeetable categories.normal',
    )
  })

  it('nothing of them where none are named, be it that controls or calendars are', () => {
    const flow = [
      approval('approve', approvals(9).from(appr)),
      release('production', { by: deployer, during: 'nights' }),
    ]
    expect(codes({ flow, with: { controls: silent } })).toEqual([])
    expect(codes({ flow, with: { calendars: [] } })).toEqual([`calendar.undeclared ${at('production')}`])
  })

  it('a calendar of which nobody has declared a window, where it is told which there are', () => {
    const flow = [approval('approve', one), release('production', { by: deployer, during: 'nights' })]
    expect(codes({ flow, with: { people } })).toEqual([])
    expect(codes({ flow, with: { people, calendars: ['nights'] } })).toEqual([])
    expect(codes({ flow, with: { people, calendars: [] } })).toEqual([`calendar.undeclared ${at('production')}`])
  })

  it('a board on which there is no room, or nobody to decide on the order', () => {
    const categories = {
      normal: category({ form, flow: [approval('approve', one), production] }),
      urgent: category({ form, flow: [approval('approve', one), production] }),
    }
    const kept = (reserve: number) => board({ capacity: 3, categories: { urgent: { reserve } } })
    expect(codes({ categories, options: { board: kept(2) } })).toEqual([])
    expect(codes({ categories, options: { board: kept(3) } })).toEqual(['board.full board.capacity'])
    const planning = board({ planning: { by: head, present: appr, quorum: 4 } })
    expect(codes({ categories, options: { board: planning }, with: { people } })).toEqual([
      'role.vacant board.planning.by',
      'requirement.unmeetable board.planning.quorum',
    ])
    const roles: PolicyOptions['roles'] = {
      appr: 'a',
      deployer: 'd',
      head: { fallback: { role: 'appr', when: ['vacant'] } },
    }
    const few = board({ planning: { by: head, present: appr, quorum: 2 } })
    expect(codes({ categories, options: { board: few, roles }, with: { people } })).toEqual([
      'role.vacant board.planning.by',
    ])
  })

  it('takes no more than a moment for ten thousand people and many rules', () => {
    const crowd = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [`p${n}`, n % 3 === 0 ? ['appr'] : n % 7 === 0 ? ['tester'] : []]),
    )
    const flow = [
      verify,
      approval('approve', any(approvals(3).from(appr), approvals(2).from(head))),
      approval('more', approvals(2).from(appr), { when: high }),
      production,
    ]
    expect(codes({ flow, with: { people: { ...crowd, dora: ['deployer'] } } })).toEqual([])
  })
})
