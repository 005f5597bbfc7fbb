import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { baseline } from '@countersign/testing'
import { CountersignError } from '@countersign/trail'
import {
  all,
  any,
  approval,
  approvals,
  type Controls,
  category,
  controls,
  every,
  field,
  type LintSetting,
  lint,
  not,
  type PolicyOptions,
  type PolicyProblem,
  permit,
  policy,
  release,
  role,
  type Stage,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

/** Policies that others use, in the languages of other systems. They lie beside the project and are not copied into it. */
const folder = fileURLToPath(new URL('../../../shared/data/policies/', import.meta.url))
const absent = !existsSync(folder)
const where = absent ? ' (skipped: the folder shared/data is not beside the project)' : ''
const real = (name: string) => readFileSync(`${folder}${name}`, 'utf8')

const silent = controls('silent', {})
const merge = release('merge', { by: role('merger') })
const form = z.object({
  touches: z.array(z.enum(['code', 'readme', 'policy', 'pipeline', 'dependencies'])).min(1),
  lines: z.int().min(1),
  finding: z.enum(['none', 'vulnerability', 'licence']),
  label: z.enum(['none', 'trivial', 'responsible']),
})
const touches = (what: string) => field('touches').includes(what)

interface Said {
  readonly roles: readonly string[]
  readonly flow: readonly Stage[]
  readonly complies?: Controls
  readonly options?: Partial<PolicyOptions>
}

/** The same rules in our words. */
const say = ({ roles, flow, complies = silent, options = {} }: Said) =>
  policy(
    'team',
    { complies, roles: Object.fromEntries([...roles, 'merger'].map(name => [name, `the ${name}s`])), ...options },
    { merge: category({ form, flow: [...flow] }) },
  )

const warned = (said: Said, setting?: LintSetting) =>
  lint(say(said), setting)
    .filter(one => one.level === 'warning')
    .map(({ code, where }) => `${code} ${where.replace('categories.merge.flow.', '')}`)

function refusedFor(said: Said): readonly PolicyProblem[] {
  try {
    say(said)
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'policy')
      return (error.facts.problems ?? []) as readonly PolicyProblem[]
    throw error
  }
  return []
}

const one = (name: string) => approvals(1).from(role(name))

describe('faults of policies that are in use, said in our words', () => {
  it('an update that a machine makes of one file needs nobody, and what looks like one does neither', () => {
    const flow = [
      approval(
        'review',
        any(one('lead'), one('client'), approvals(0).when(every(touches('readme'), not(touches('code'))))),
      ),
      merge,
    ]
    const said = { roles: ['lead', 'client'], flow }
    expect(warned(said)).toEqual(['approval.skipped merge'])
    expect(refusedFor({ ...said, complies: baseline })).toMatchObject([{ clause: 'CM-3' }])
  })

  it('what only maintainers should approve anybody can, as every maintainer is a member and members are enough', () => {
    const flow = [approval('review', any(one('member'), one('maintainer').when(touches('policy')))), merge]
    const said = { roles: ['member', 'maintainer'], flow }
    expect(warned(said)).toEqual([])
    const people = { ann: ['member', 'maintainer'], ben: ['member'], cleo: ['member', 'merger'] }
    expect(warned(said, { people })).toEqual(['alternative.shadowed review.any.1'])
    const mended = [approval('review', all(one('member'), one('maintainer').when(touches('policy')))), merge]
    expect(warned({ ...said, flow: mended }, { people })).toEqual([])
  })

  it('a way for outages is the way for everything, and asks for less than the rule that it stands beside', () => {
    const regular = all(one('platform').when(touches('pipeline')), one('member'))
    const flow = [approval('review', any(one('platform'), one('reliability'), regular)), merge]
    expect(warned({ roles: ['platform', 'reliability', 'member'], flow })).toEqual([
      'alternative.shadowed review.any.2',
    ])
    // That the author may force it alone cannot be said at all.
    const options = { permit: [permit('make', 'approve').because('the site is down')] }
    expect(refusedFor({ roles: ['platform', 'reliability', 'member'], flow, options })).toMatchObject([
      { where: 'permit.0', problem: expect.stringContaining('always in different hands') },
    ])
  })

  it('a label that the author sets stands for an approval', () => {
    const trivial = every(field('lines').below(25), field('label').is('trivial'))
    const flow = [
      approval(
        'review',
        any(one('contributor'), approvals(0).when(trivial), approvals(0).when(field('label').is('responsible'))),
      ),
      merge,
    ]
    const [found] = lint(say({ roles: ['contributor'], flow }))
    expect(found).toMatchObject({ code: 'approval.skipped', level: 'warning' })
    expect(found?.because).toMatch(/where lines is \d+, label is "trivial" \(and in \d+ more cases\)$/)
  })

  it('approval is asked for only where a scanner has found something', () => {
    const found = field('finding')
    const sometimes = approval(
      'security',
      all(one('maintainer').when(found.is('vulnerability')), one('maintainer').when(found.is('licence'))),
    )
    // No rule means no here, and whoever wants it otherwise says so, and is told what it means.
    expect(warned({ roles: ['maintainer'], flow: [sometimes, merge] })).toEqual(['category.blocked categories.merge'])
    const otherwise = approval('otherwise', approvals(0), { when: found.is('none') })
    expect(warned({ roles: ['maintainer'], flow: [sometimes, otherwise, merge] })).toEqual(['approval.skipped merge'])
  })

  it('a team may override a requirement, which no policy of ours can', () => {
    const flow = [approval('note', approvals(0)), merge]
    expect(refusedFor({ roles: [], flow, complies: baseline })).toMatchObject([{ clause: 'CM-3' }])
  })

  it('one person who holds three roles walks a chain of three, and one of two teams stands for both', () => {
    const chain = ['owner', 'dba', 'administrator']
    const flow = [...chain.map(name => approval(name, one(name))), merge]
    const alone = { people: { ann: chain, ben: [], mia: ['merger'] } }
    expect(warned({ roles: chain, flow }, alone)).toEqual(['category.unmeetable categories.merge'])
    const both = [approval('review', any(one('director'), all(one('devops'), one('security')))), merge]
    const teams = { people: { ann: ['devops', 'security'], ben: [], mia: ['merger'] } }
    expect(warned({ roles: ['director', 'devops', 'security'], flow: both }, teams)).toEqual([
      'requirement.unmeetable review',
    ])
  })

  it('nothing excludes the author from two approvals, of which here two others are needed', () => {
    const flow = [approval('review', approvals(2).from(role('engineer'))), merge]
    const people = { ann: ['engineer'], ben: ['engineer'], mia: ['merger'] }
    expect(lint(say({ roles: ['engineer'], flow }), { people })).toMatchObject([
      { code: 'maker.stuck', because: expect.stringContaining('what ann, ben made') },
    ])
  })

  it('a rule is defined and never used', () => {
    const flow = [approval('review', one('engineer')), merge]
    expect(lint(say({ roles: ['engineer', 'security'], flow }))).toMatchObject([
      { code: 'role.unused', where: 'roles.security' },
    ])
  })

  it('and two that have no such fault are not said to', () => {
    const staging = every(touches('readme'), not(touches('code')))
    const flow = [approval('review', any(one('owner'), one('tools').when(staging))), merge]
    const people = { ann: ['owner'], ben: ['tools'], mia: ['merger'], cleo: ['owner'] }
    expect(warned({ roles: ['owner', 'tools'], flow }, { people })).toEqual([])
  })
})

describe.skipIf(absent)(`the policies in use from which these faults are told${where}`, () => {
  it.each<readonly [file: string, what: string, says: RegExp[]]>([
    ['pb-01-fuel-chain-configuration.policy.yml', 'nobody approves an automatic update', [/count: 0/, /- or:/]],
    [
      'pb-03-carbonaut.policy.yml',
      'members are enough where maintainers are meant',
      [/- or:/, /organizations:/, /teams:/],
    ],
    [
      'pb-04-contextlogic-superset-mcp.policy.yml',
      'the author forces it alone',
      [/allow_author: true/, /- or:/, /- and:/],
    ],
    ['pb-08-syncthing.policy.yml', 'a label stands for an approval', [/has_labels:/, /total: "< 25"/]],
    [
      'pb-12-palantir-example-complicated.yml',
      'two teams, one of them for some files',
      [/- or:/, /only_changed_files:/],
    ],
    [
      'pb-13-apache-spark-palantir.policy.yml',
      'contributors approve, a robot needs nobody',
      [/allow_contributor: true/, /count: 0/],
    ],
    [
      'gl-01-overbookd-security-policy.yml',
      'approval is asked for one kind of finding',
      [/license_finding/, /approval_settings: \{\}/],
    ],
    ['gl-03-genie-ai.yml', 'approval is asked for some findings', [/scan_finding/, /license_finding/]],
    ['ge-03-gerrit-docs-non-uploader.config', 'a project below may override it', [/canOverrideInChildProjects = true/]],
  ])('%s: %s', (file, _, says) => {
    const text = real(file)
    for (const one of says) expect(text).toMatch(one)
  })

  it('README.md: four more are told in words', () => {
    const text = real('README.md')
    for (const said of [/holds all three roles/, /Nothing excludes the author/, /defined and never used/])
      expect(text).toMatch(said)
  })
})
