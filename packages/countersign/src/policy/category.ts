import * as z from 'zod'
import { categoryId, fieldName, roleId } from '../values/identifier.ts'
import { duration } from '../values/instant.ts'
import { text } from '../values/text.ts'
import { formSchema, ownParts } from './form.ts'
import { refuseUnknown } from './options.ts'
import { type RoleName, roleNamed } from './role.ts'
import { type Stage, stage } from './stage.ts'
import { type TriageOptions, triageRules, triageSchema } from './triage.ts'
import { form } from './zod-form.ts'

/**
 * A kind of change with its form and its flow. `material` names what an approval is given for: fields of the form, and
 * `title`, `reason`, `content`. An edit of any of them makes the approvals stale.
 */
export const categorySchema = z.strictObject({
  description: text(400).optional(),
  requestedBy: roleId.optional(),
  form: formSchema,
  material: z.array(fieldName).min(1).max(103),
  flow: z.array(stage).min(1).max(40),
  template: z.strictObject({ otherwise: categoryId }).optional(),
  emergency: z.strictObject({ incident: fieldName }).optional(),
  breakGlass: z.strictObject({ by: roleId, lasts: duration }).optional(),
  retrospective: z.literal(true).optional(),
  touches: z.array(fieldName).min(1).max(20).optional(),
  triage: triageSchema.optional(),
})

export type Category = z.infer<typeof categorySchema>

/** A category as its author writes it. Without `material`, every field is, and so are title, reason and content. */
export interface CategoryOptions {
  description?: string
  /** Who may ask for such a change; anybody who is known and active, where nothing is said. */
  requestedBy?: RoleName
  form?: z.ZodObject
  material?: string[]
  flow: Stage[]
  /**
   * A standard change: it follows a template that was approved before. A change that leaves the template's bounds becomes
   * one of the category `otherwise`.
   */
  template?: { otherwise: string }
  /**
   * A change for an emergency: it is put into effect with little before, and the rest is owed afterwards, by stages with
   * `within`. `incident` is the field of the form that names the incident or the reason.
   */
  emergency?: { incident: string }
  /**
   * Where nobody can be reached: a holder of the role breaks the glass on one change and, for as long as this lasts, puts
   * it into effect without the approvals and tests before. A stage with `onlyAfter: 'breakGlass'` is owed then.
   */
  breakGlass?: { by: RoleName; lasts: string }
  /** For changes that were found, and had been made outside of the process: everything is owed afterwards. */
  retrospective?: true
  /** The fields of the form that name what a change touches: two whose planned times overlap there collide. */
  touches?: string[]
  /**
   * To whom a new change goes: of the holders of the role of the first rule whose condition holds, to whoever has least on
   * their hands. Where that is nobody, it lies with nobody, and the entry says why.
   */
  triage?: TriageOptions[]
}

/**
 * A kind of change: the form that it comes with, what of that is approved, and the stages that it goes through.
 * Throws `CountersignError` `policy` where something is misspelt or cannot be recorded.
 *
 * @example
 * ```ts
 * import { approval, approvals, category, release, role } from 'countersign/policy'
 * const decide = approval('decide', approvals(1).from(role('owner')))
 * const normal = category({ flow: [decide, release('live', { by: role('owner') })] })
 * normal.flow.map(stage => stage.name) // → ['decide', 'live']
 * normal.material // → ['title', 'reason', 'content']
 * ```
 */
export function category(options: CategoryOptions): Category {
  refuseUnknown('category', options, [
    'description',
    'requestedBy',
    'form',
    'material',
    'flow',
    'template',
    'emergency',
    'breakGlass',
    'retrospective',
    'touches',
    'triage',
  ])
  const recorded = form(options.form)
  const { breakGlass } = options
  if (breakGlass !== undefined) refuseUnknown('category: breakGlass', breakGlass, ['by', 'lasts'])
  return {
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.requestedBy === undefined
      ? {}
      : { requestedBy: roleNamed('category: requestedBy', options.requestedBy) }),
    form: recorded,
    material: options.material ?? [...Object.keys(recorded.properties), ...ownParts],
    flow: options.flow,
    ...(options.template === undefined ? {} : { template: options.template }),
    ...(options.emergency === undefined ? {} : { emergency: options.emergency }),
    ...(breakGlass === undefined
      ? {}
      : { breakGlass: { by: roleNamed('category: breakGlass.by', breakGlass.by), lasts: breakGlass.lasts } }),
    ...(options.retrospective === undefined ? {} : { retrospective: options.retrospective }),
    ...(options.touches === undefined ? {} : { touches: options.touches }),
    ...(options.triage === undefined ? {} : { triage: triageRules(options.triage) }),
  }
}
