import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { calendarName, categoryId, dutyId, environmentName, fieldName, roleId, stageId } from '../values/identifier.ts'
import { duration } from '../values/instant.ts'
import { type Checklist, checklist, checklistSchema } from './checklist.ts'
import { type Condition, condition } from './condition.ts'
import { refuseUnfinished, refuseUnknown, stated } from './options.ts'
import { built, conditionsOf, type RequirementBuilder, requirement } from './requirement.ts'
import { type RoleName, roleNamed } from './role.ts'

/**
 * An earlier approval that covers this stage: given on a change of the category `category`, on which this change
 * depends (its parent); each `within` field of this change lies in the named field of the parent (equal to it, or one of
 * its values); and not older than `for` when it is counted.
 */
const carry = z.strictObject({
  category: categoryId,
  within: z.record(fieldName, fieldName).refine(scope => Object.keys(scope).length > 0, {
    error: 'says which field of this change must lie within which field of the approved one',
  }),
  for: duration,
})

/** The approval of the template that a standard change follows, not older than `for` when it is counted. */
const fromTemplate = z.strictObject({ template: z.literal(true), for: duration })

export type Carry = z.infer<typeof carry>
export type FromTemplate = z.infer<typeof fromTemplate>

const when = condition.optional()
const named = { name: stageId, when }

/**
 * What is owed once the change has been put into effect: for so long after the release before it, and, where it is
 * rejected then, what has to be made good within so long.
 */
const owed = {
  within: duration.optional(),
  remedyWithin: duration.optional(),
  /** Asked for only where the change was put into effect by breaking the glass. */
  onlyAfter: z.literal('breakGlass').optional(),
}

const items = checklistSchema.optional()

const taskStage = z.strictObject({ kind: z.literal('task'), ...named, by: roleId, duty: dutyId, checklist: items })
const testStage = z.strictObject({
  kind: z.literal('test'),
  ...named,
  by: roleId,
  signOffs: z.int().min(1).max(20),
  evidence: z.enum(['required', 'optional']),
  checklist: items,
  ...owed,
})
const approvalStage = z.strictObject({
  kind: z.literal('approval'),
  ...named,
  requires: requirement,
  carriedFrom: z.union([carry, fromTemplate]).optional(),
  veto: z.strictObject({ liftedBy: roleId }).optional(),
  validFor: duration.optional(),
  leavers: z.literal('reconfirm').optional(),
  onResubmit: z.literal('retain').optional(),
  environments: z.array(environmentName).min(1).max(20).optional(),
  ...owed,
})
const releaseStage = z.strictObject({
  kind: z.literal('release'),
  ...named,
  by: roleId,
  environment: environmentName.optional(),
  /** Only within the windows of this calendar, which the organisation declares. */
  during: calendarName.optional(),
  checklist: items,
})
const parallelStage = z.strictObject({
  kind: z.literal('parallel'),
  name: stageId,
  stages: z
    .array(z.discriminatedUnion('kind', [taskStage, testStage, approvalStage]))
    .min(2)
    .max(10),
})

/** One stage of a flow, or several that are open at the same time. */
export const stage = z.discriminatedUnion('kind', [taskStage, testStage, approvalStage, releaseStage, parallelStage])

export type Stage = z.infer<typeof stage>
export type TaskStage = z.infer<typeof taskStage>
export type TestStage = z.infer<typeof testStage>
export type ApprovalStage = z.infer<typeof approvalStage>
export type ReleaseStage = z.infer<typeof releaseStage>
export type ParallelStage = z.infer<typeof parallelStage>
/** A stage in which one thing is done. */
export type SingleStage = Exclude<Stage, ParallelStage>

/** The states in which every change may be, and that are no stage of its flow. */
export const statesBeside: readonly string[] = ['returned', 'remediation', 'completed', 'closed', 'cancelled']

/**
 * The single stages of a flow, in its order.
 *
 * @example
 * ```ts
 * import { approval, approvals, parallel, role, singlesOf, test } from 'countersign/policy'
 * const checks = [test('verify', { by: role('tester') }), approval('agree', approvals(1).from(role('owner')))]
 * singlesOf([parallel('checks', ...checks)]).map(one => one.name) // → ['verify', 'agree']
 * ```
 */
export const singlesOf = (flow: readonly Stage[]): SingleStage[] =>
  flow.flatMap(one => (one.kind === 'parallel' ? one.stages : [one]))

/** The conditions of a stage, its own and those of its rules. */
export const conditionsIn = (stage: SingleStage): Condition[] => [
  ...(stage.when === undefined ? [] : [stage.when]),
  ...(stage.kind === 'approval' ? conditionsOf(stage.requires) : []),
]

/** Whether a stage is owed after the change has taken effect. */
export const isOwed = (stage: SingleStage): stage is (ApprovalStage | TestStage) & { within: string } =>
  (stage.kind === 'approval' || stage.kind === 'test') && stage.within !== undefined

/** Whether a stage is asked for only where the glass was broken. */
export const isForBrokenGlass = (stage: SingleStage): boolean =>
  (stage.kind === 'approval' || stage.kind === 'test') && stage.onlyAfter !== undefined

/** Whether what is approved at a stage may be put into effect by a release; without one, whether it covers anything. */
export const coversRelease = ({ environments }: ApprovalStage, to: ReleaseStage | undefined): boolean =>
  environments === undefined || (to?.environment !== undefined && environments.includes(to.environment))

interface By {
  by: RoleName
  when?: Condition
  /** What has to be ticked before it is done, signed off or put into effect: for each item what it says. */
  checklist?: Checklist
}

const ticking = ({ checklist: items }: By) => given('checklist', items && checklist(items))
const given = <T>(key: string, value: T | undefined) => (value === undefined ? {} : { [key]: value })

/**
 * Work to be done by a holder of a role, who then holds the duty: `make` unless told otherwise. Whoever does work under
 * another name holds `make` as well, but for `review`, which only looks at what others made.
 *
 * @example
 * ```ts
 * import { role, task } from 'countersign/policy'
 * task('build', { by: role('engineer') }).kind // → 'task'
 * ```
 */
export function task(name: string, options: By & { duty?: string }): Stage {
  refuseUnknown(`task ${name}`, options, ['by', 'when', 'duty', 'checklist'])
  return {
    kind: 'task',
    name,
    by: roleNamed(`task ${name}: by`, options.by),
    duty: options.duty ?? 'make',
    ...given('when', options.when),
    ...ticking(options),
  }
}

/** What is owed after the change has taken effect, and by when. */
export interface OwedOptions {
  /**
   * Owed after the change was put into effect, for so long, such as `24h`. From the end of that time exactly it is late,
   * for good; the change cannot be closed before it is there.
   */
  within?: string
  /** Where it is rejected then: how long there is to make it good. As long as `within`, where nothing is said. */
  remedyWithin?: string
  /** Asked for only where the change was put into effect by breaking the glass. */
  onlyAfter?: 'breakGlass'
}

const owedOptions = ['within', 'remedyWithin', 'onlyAfter'] as const

/**
 * A test that so many persons of a role sign off (one unless told otherwise), with evidence unless told otherwise.
 *
 * @example
 * ```ts
 * import { role, test } from 'countersign/policy'
 * test('verify', { by: role('tester'), signOffs: 2 }) // → { kind: 'test', name: 'verify', by: 'tester', signOffs: 2, evidence: 'required' }
 * ```
 */
export function test(
  name: string,
  options: By & { signOffs?: number; evidence?: 'required' | 'optional' } & OwedOptions,
): Stage {
  refuseUnknown(`test ${name}`, options, ['by', 'when', 'signOffs', 'evidence', 'checklist', ...owedOptions])
  const { by, signOffs = 1, evidence = 'required', when, within, remedyWithin, onlyAfter } = options
  return {
    kind: 'test',
    name,
    by: roleNamed(`test ${name}: by`, by),
    signOffs,
    evidence,
    ...given('when', when),
    ...given('within', within),
    ...given('remedyWithin', remedyWithin),
    ...given('onlyAfter', onlyAfter),
    ...ticking(options),
  }
}

/** What a policy says of an approval beside who gives it. */
export interface ApprovalOptions extends OwedOptions {
  carriedFrom?: CarryBuilder
  when?: Condition
  /**
   * A rejection here is a veto: it stops the change where it is, over edits and new rounds, until whoever placed it lifts
   * it, or a holder of the role who takes no part in the change does. Otherwise a rejection sends the change back.
   */
  veto?: { liftedBy: RoleName }
  /** An approval counts for so long, such as `14d`: at the end of that time exactly it no longer does. */
  validFor?: string
  /** The approval of somebody who has left since does not count. Otherwise it stands, and is marked. */
  leavers?: 'reconfirm'
  /** What was approved before a rejection, and not edited since, is kept in the next round and shown as retained. */
  onResubmit?: 'retain'
  /** Where the change may be put into effect on this approval; everywhere, where nothing is said. */
  environments?: string[]
}

/** What `carriedFrom` comes to. What is not finished would be left out without a word. */
function carried(name: string, carry: CarryBuilder): Carry | FromTemplate {
  if (typeof (carry as CarryBuilder | null)?.data === 'object') return carry.data
  refuseUnfinished(`approval ${name}: carriedFrom`, carry)
  const ways = "approved('project').covers({ … }).for('30d') or approvedTemplate().for('365d')"
  throw new CountersignError('policy', `approval ${name}: carriedFrom is written as ${ways}`)
}

/**
 * A decision that has to be made: by whom, for which changes, and how long it holds.
 *
 * @example
 * ```ts
 * import { approval, approvals, field, role } from 'countersign/policy'
 * const high = field('risk').is('high')
 * const board = approval('board', approvals(2).from(role('board')), { when: high, validFor: '30d' })
 * board.name // → 'board'
 * ```
 */
export function approval(name: string, requires: RequirementBuilder, options: ApprovalOptions = {}): Stage {
  refuseUnknown(`approval ${name}`, options, [
    'carriedFrom',
    'when',
    'veto',
    'validFor',
    'leavers',
    'onResubmit',
    'environments',
    ...owedOptions,
  ])
  const { carriedFrom, veto, ...rest } = options
  if (veto !== undefined && typeof (veto as typeof veto | null)?.liftedBy?.role !== 'string') {
    throw new CountersignError(
      'policy',
      `approval ${name}: a veto says who lifts it, as veto: { liftedBy: role('head') }`,
    )
  }
  if (veto !== undefined) refuseUnknown(`approval ${name}: veto`, veto, ['liftedBy'])
  return {
    kind: 'approval',
    name,
    requires: built(`approval ${name}`, requires),
    ...given('carriedFrom', carriedFrom === undefined ? undefined : carried(name, carriedFrom)),
    ...given('veto', veto === undefined ? undefined : { liftedBy: veto.liftedBy.role }),
    ...stated(rest),
  }
}

/**
 * The step that puts the change into effect, in the environment named, where one is named; with `during`, only within the
 * windows of a calendar that the organisation declares. Freezes hold for every release, without a word in a policy.
 *
 * @example
 * ```ts
 * import { release, role } from 'countersign/policy'
 * release('live', { by: role('deployer'), during: 'nights' }) // → { kind: 'release', name: 'live', by: 'deployer', during: 'nights' }
 * ```
 */
export function release(name: string, options: By & { environment?: string; during?: string }): Stage {
  refuseUnknown(`release ${name}`, options, ['by', 'when', 'environment', 'during', 'checklist'])
  return {
    kind: 'release',
    name,
    by: roleNamed(`release ${name}: by`, options.by),
    ...given('when', options.when),
    ...given('environment', options.environment),
    ...given('during', options.during),
    ...ticking(options),
  }
}

/**
 * Stages that are open at the same time, under a name of their own; the change goes on when all of them are met.
 *
 * @example
 * ```ts
 * import { approval, approvals, parallel, role, test } from 'countersign/policy'
 * const both = parallel('checks', test('verify', { by: role('tester') }), approval('decide', approvals(1).from(role('owner'))))
 * both.name // → 'checks'
 * ```
 */
export function parallel(name: string, ...stages: Stage[]): Stage {
  return { kind: 'parallel', name, stages: stages as ParallelStage['stages'] }
}

export interface CarryBuilder {
  readonly data: Carry | FromTemplate
}

/**
 * Lets an approval that was given on the change's parent count here as well, so that a technical update of something
 * already decided needs no second decision.
 *
 * @example
 * ```ts
 * import { approved } from 'countersign/policy'
 * approved('project').covers({ system: 'systems' }).for('30d').data // → { category: 'project', within: { system: 'systems' }, for: '30d' }
 * ```
 */
export const approved = (category: string) => ({
  covers: (within: Record<string, string>) => ({
    for: (length: string): CarryBuilder => ({ data: { category, within, for: length } }),
  }),
})

/**
 * Lets the approvals of the template that a standard change follows count here, so that nothing is approved per ticket.
 * The template is approved by whom this stage asks for.
 *
 * @example
 * ```ts
 * import { approvedTemplate } from 'countersign/policy'
 * approvedTemplate().for('365d').data // → { template: true, for: '365d' }
 * ```
 */
export const approvedTemplate = () => ({
  for: (length: string): CarryBuilder => ({ data: { template: true, for: length } }),
})
