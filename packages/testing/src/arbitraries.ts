import {
  type ApprovalOptions,
  all,
  any,
  approval,
  approvals,
  approved,
  approvedTemplate,
  category,
  controls,
  exception,
  field,
  type Policy,
  parallel,
  permit,
  policy,
  type RequirementBuilder,
  type RoleUse,
  release,
  role,
  type Stage,
  separate,
  share,
  task,
  test,
} from 'countersign/policy'
import fc from 'fast-check'
import * as z from 'zod'
import type { Setting } from './scenario.ts'

const many = ['alice', 'bob', 'carol', 'dan', 'erin', 'fay', 'gus', 'hana', 'ivo'] as const
export const roles = ['appr', 'owner', 'head', 'tester', 'deployer', 'engineer'] as const
export const systems = ['ledger', 'billing', 'rates'] as const
export const team = 't'
export const groups = ['north', 'south', 'east'] as const

/**
 * Who holds which role. Approvers, testers and deployers there are; the owner's role may be vacant.
 *
 * @example
 * ```ts
 * import { people } from '@countersign/testing'
 * import fc from 'fast-check'
 * fc.sample(people(), { numRuns: 1, seed: 1 }).every(one => Object.keys(one).length >= 6) // → true
 * ```
 */
export const people = (): fc.Arbitrary<Setting['people']> =>
  fc.integer({ min: 6, max: many.length }).chain(count => {
    const some = (minLength: number, maxLength: number) => fc.subarray(many.slice(0, count), { minLength, maxLength })
    const held = fc.record({
      appr: some(3, count),
      owner: fc.oneof(some(0, 0), some(1, 2)),
      head: some(1, 3),
      tester: some(2, 4),
      deployer: some(2, 4),
      engineer: some(1, 4),
    })
    return held.map(holders =>
      Object.fromEntries(
        many.slice(0, count).map(name => [name, roles.filter(one => holders[one].includes(name))] as const),
      ),
    )
  })

export const often = (often: number) => fc.nat({ max: 99 }).map(value => value < often)

const leaf = fc
  .record({
    from: fc.constantFrom<(typeof roles)[number]>('appr', 'appr', 'appr', 'owner', 'owner', 'head'),
    count: fc.integer({ min: 1, max: 2 }),
    part: fc.option(fc.constantFrom([1, 2] as const, [2, 3] as const, [1, 1] as const, [66, 100] as const), {
      freq: 6,
    }),
    apart: often(20),
  })
  .map(({ from, count, part, apart }) => {
    const persons = part === null ? approvals(count).from(role(from)) : share(part[0], part[1]).of(role(from))
    return apart ? persons.fromDifferentGroups() : persons
  })

const riskIs = fc.constantFrom('low', 'high').map(risk => field('risk').is(risk))

/**
 * A tree of all-of, any-of and so-many-of-a-role, with conditions on the form here and there.
 *
 * @example
 * ```ts
 * import { requirements } from '@countersign/testing'
 * import fc from 'fast-check'
 * fc.sample(requirements(), { numRuns: 1, seed: 1 }).every(one => typeof one.data === 'object') // → true
 * ```
 */
export const requirements = (): fc.Arbitrary<RequirementBuilder> =>
  fc.letrec<{ tree: RequirementBuilder; part: RequirementBuilder }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 2 },
      { weight: 3, arbitrary: leaf },
      { weight: 1, arbitrary: fc.array(tie('part'), { minLength: 2, maxLength: 3 }).map(parts => all(...parts)) },
      { weight: 1, arbitrary: fc.array(tie('part'), { minLength: 2, maxLength: 3 }).map(parts => any(...parts)) },
    ),
    part: fc.oneof(
      { weight: 4, arbitrary: tie('tree') },
      { weight: 1, arbitrary: fc.tuple(tie('tree'), riskIs).map(([tree, condition]) => tree.when(condition)) },
    ),
  })).tree

const form = z.object({
  risk: z.enum(['low', 'high']),
  systems: z.array(z.enum(systems)),
  note: z.string().max(400).optional(),
})

/** What a policy says of an approval beside who gives it. */
const approvalOptions: fc.Arbitrary<ApprovalOptions> = fc
  .record({ veto: often(25), validFor: often(20), leavers: often(20), retain: often(40) })
  .map(({ veto, validFor, leavers, retain }) => ({
    ...(veto ? { veto: { liftedBy: role('head') } } : {}),
    ...(validFor ? { validFor: '5d' } : {}),
    ...(leavers ? { leavers: 'reconfirm' } : {}),
    ...(retain ? { onResubmit: 'retain' } : {}),
  }))

/** The stages before something is put into effect, and the step that does it. */
const flow = (name: string, carried: boolean): fc.Arbitrary<Stage[]> =>
  fc
    .record({
      build: fc.option(fc.constantFrom('make', 'review'), { freq: 3 }),
      verify: fc.option(fc.integer({ min: 1, max: 2 })),
      first: requirements(),
      firstOptions: approvalOptions,
      second: fc.option(requirements(), { freq: 2 }),
      secondOptions: approvalOptions,
      conditional: fc.boolean(),
      late: fc.boolean(),
      together: often(35),
      place: fc.constantFrom('anywhere', 'anywhere', 'production', 'both'),
    })
    .map(({ build, verify, first, firstOptions, second, secondOptions, conditional, late, together, place }) => {
      const tests =
        verify === null ? [] : [test('verify', { by: role('tester'), signOffs: verify, evidence: 'optional' })]
      const carriedFrom = approved('project').covers({ systems: 'systems' }).for('10d')
      const when = conditional ? { when: field('risk').is('high') } : {}
      const one = approval(name, first, {
        ...firstOptions,
        ...(carried ? { carriedFrom } : {}),
        ...(place === 'anywhere'
          ? {}
          : { environments: place === 'both' ? ['staging', 'production'] : ['production'] }),
      })
      const other = second === null ? [] : [approval('second', second, { ...secondOptions, ...when })]
      const checks = late ? [one, ...tests, ...other] : [...tests, one, ...other]
      return [
        ...(build === null ? [] : [task('build', { by: role('engineer'), duty: build })]),
        ...(together && checks.length > 1 ? [parallel('checks', ...checks)] : checks),
        ...(place === 'both' ? [release('rehearsal', { by: role('deployer'), environment: 'staging' })] : []),
        release('production', {
          by: role('deployer'),
          ...(place === 'anywhere' ? {} : { environment: 'production' }),
        }),
      ]
    })

/** The organisation's controls in these histories. */
export const historyControls = controls('histories', {
  'H-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  'H-2': separate('make', 'test').because('nobody signs off the test of what they made'),
})

export const strictControls = controls('histories', {
  ...historyControls.clauses,
  'H-3': separate('test', 'approve', { exceptions: 'allowed' }).because('whoever tests does not approve'),
})

const causes = fc.constantFrom<RoleUse['fallback']>(
  { role: 'head', when: ['vacant'] },
  { role: 'head', when: ['vacant', 'absent'] },
  { role: 'head', when: ['vacant', 'unanswered'], after: '6h' },
)

/** What a policy says of its roles: who stands in, out of whom delegates are chosen, who is suspended while away. */
const roleUses = fc
  .record({
    owner: fc.option(causes, { freq: 4 }),
    appr: fc.option(causes, { freq: 2 }),
    pool: often(12),
    away: often(15),
  })
  .map(
    ({ owner, appr, pool, away }): Record<string, string | RoleUse> => ({
      ...Object.fromEntries(roles.map(name => [name, `the ${name}`])),
      ...(owner === null ? {} : { owner: { fallback: owner } }),
      appr: {
        ...(appr === null ? {} : { fallback: appr }),
        ...(pool ? { delegates: 'engineer' } : {}),
        ...(away ? { whileAbsent: 'suspended' as const } : {}),
      },
    }),
  )

const headExcepts = (one: string, other: string) =>
  exception(one, other)
    .grantedBy(role('head'))
    .atMost('7d')
    .compensatedBy('the head of another team looks at it within a week')
    .because('two people cannot fill three duties')

/**
 * A policy of the team `t`: projects, patches that carry a project's approvals over, standard changes that follow a
 * template, and everything else.
 *
 * @example
 * ```ts
 * import { policies } from '@countersign/testing'
 * import fc from 'fast-check'
 * fc.sample(policies(), { numRuns: 1, seed: 1 }).map(one => one.team) // → ['t']
 * ```
 */
export const policies = (under = historyControls): fc.Arbitrary<Policy> =>
  fc
    .record({
      project: requirements(),
      projectOptions: approvalOptions,
      projectShips: fc.boolean(),
      patch: flow('agree', true),
      normal: flow('agree', false),
      light: fc.constantFrom('appr', 'owner'),
      testersApart: fc.boolean(),
      makersDoNotRelease: fc.boolean(),
      requesterMayApprove: fc.boolean(),
      uses: roleUses,
      depth: fc.integer({ min: 1, max: 3 }),
      excepts: often(85),
      contentIsMaterial: fc.boolean(),
    })
    .map(given => {
      const material = ['risk', 'systems', ...(given.contentIsMaterial ? ['content'] : [])]
      const production = release('production', { by: role('deployer') })
      const standard = { carriedFrom: approvedTemplate().for('365d') }
      return policy(
        team,
        {
          complies: under,
          roles: given.uses,
          separate: [
            ...(given.testersApart
              ? [separate('test', 'approve', { exceptions: 'allowed' }).because('two pairs of eyes')]
              : []),
            ...(given.makersDoNotRelease ? [separate('make', 'release').because('another pair of hands')] : []),
          ],
          permit: given.requesterMayApprove ? [permit('request', 'approve').because('the owner decides')] : [],
          ...(given.excepts ? { exceptions: [headExcepts('make', 'approve')] } : {}),
          delegation: { depth: given.depth },
        },
        {
          normal: category({ form, material, flow: given.normal }),
          light: category({
            form,
            material,
            flow: [approval('agree', approvals(1).from(role(given.light))), production],
          }),
          project: category({
            form,
            material,
            flow: [
              approval('decide', given.project, given.projectOptions),
              ...(given.projectShips ? [release('rollout', { by: role('deployer') })] : []),
            ],
          }),
          patch: category({ form, material, flow: given.patch }),
          standard: category({
            form,
            material,
            template: { otherwise: 'normal' },
            flow: [approval('agree', approvals(1).from(role('appr')), standard), production],
          }),
        },
      )
    })
