import * as z from 'zod'
import { categoryId, dutyId, fieldName, roleId, stageId } from '../values/identifier.ts'
import { duration } from '../values/instant.ts'
import { type Condition, condition } from './condition.ts'
import { refuseUnknown } from './options.ts'
import { type RequirementBuilder, requirement } from './requirement.ts'
import type { RoleName } from './role.ts'

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

export type Carry = z.infer<typeof carry>

const when = condition.optional()

export const stage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('task'), name: stageId, by: roleId, duty: dutyId, when }),
  z.strictObject({
    kind: z.literal('test'),
    name: stageId,
    by: roleId,
    signOffs: z.int().min(1).max(20),
    evidence: z.enum(['required', 'optional']),
    when,
  }),
  z.strictObject({
    kind: z.literal('approval'),
    name: stageId,
    requires: requirement,
    carriedFrom: carry.optional(),
    when,
  }),
  z.strictObject({ kind: z.literal('release'), name: stageId, by: roleId, when }),
])

export type Stage = z.infer<typeof stage>
export type TaskStage = Extract<Stage, { kind: 'task' }>
export type TestStage = Extract<Stage, { kind: 'test' }>
export type ApprovalStage = Extract<Stage, { kind: 'approval' }>
export type ReleaseStage = Extract<Stage, { kind: 'release' }>

interface By {
  by: RoleName
  when?: Condition
}

const given = <T>(key: string, value: T | undefined) => (value === undefined ? {} : { [key]: value })

/**
 * Work to be done by a holder of a role, who then holds the duty: `make` unless told otherwise. Whoever does work under
 * another name holds `make` as well, but for `review`, which only looks at what others made.
 */
export function task(name: string, options: By & { duty?: string }): Stage {
  refuseUnknown(`task ${name}`, options, ['by', 'when', 'duty'])
  return { kind: 'task', name, by: options.by.role, duty: options.duty ?? 'make', ...given('when', options.when) }
}

/** A test that so many persons of a role sign off (one unless told otherwise), with evidence unless told otherwise. */
export function test(name: string, options: By & { signOffs?: number; evidence?: 'required' | 'optional' }): Stage {
  refuseUnknown(`test ${name}`, options, ['by', 'when', 'signOffs', 'evidence'])
  const { by, signOffs = 1, evidence = 'required', when } = options
  return { kind: 'test', name, by: by.role, signOffs, evidence, ...given('when', when) }
}

/** A decision that has to be made. A rejection sends the change back to whoever asked for it. */
export function approval(
  name: string,
  requires: RequirementBuilder,
  options: { carriedFrom?: CarryBuilder; when?: Condition } = {},
): Stage {
  refuseUnknown(`approval ${name}`, options, ['carriedFrom', 'when'])
  return {
    kind: 'approval',
    name,
    requires: requires.data,
    ...given('carriedFrom', options.carriedFrom?.data),
    ...given('when', options.when),
  }
}

/** The step that puts the change into effect. */
export function release(name: string, options: By): Stage {
  refuseUnknown(`release ${name}`, options, ['by', 'when'])
  return { kind: 'release', name, by: options.by.role, ...given('when', options.when) }
}

export interface CarryBuilder {
  readonly data: Carry
}

/**
 * Lets an approval that was given on the change's parent count here as well, so that a technical update of something
 * already decided needs no second decision:
 * `approved('project').covers({ system: 'systems' }).for('30d')`.
 */
export const approved = (category: string) => ({
  covers: (within: Record<string, string>) => ({
    for: (length: string): CarryBuilder => ({ data: { category, within, for: length } }),
  }),
})
