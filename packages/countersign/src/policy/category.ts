import * as z from 'zod'
import { categoryId, fieldName, roleId } from '../values/identifier.ts'
import { text } from '../values/text.ts'
import { form, formSchema, ownParts } from './form.ts'
import { refuseUnknown } from './options.ts'
import type { RoleName } from './role.ts'
import { type Stage, stage } from './stage.ts'

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
}

export function category(options: CategoryOptions): Category {
  refuseUnknown('category', options, ['description', 'requestedBy', 'form', 'material', 'flow', 'template'])
  const recorded = form(options.form)
  return {
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.requestedBy === undefined ? {} : { requestedBy: options.requestedBy.role }),
    form: recorded,
    material: options.material ?? [...Object.keys(recorded.properties), ...ownParts],
    flow: options.flow,
    ...(options.template === undefined ? {} : { template: options.template }),
  }
}
