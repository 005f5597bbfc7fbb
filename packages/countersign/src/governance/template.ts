import * as z from 'zod'
import { checklistSchema } from '../policy/checklist.ts'
import { type Digest, digestOf } from '../values/digest.ts'
import { filled } from '../values/filled.ts'
import { categoryId, fieldName, stageId, teamId, templateName } from '../values/identifier.ts'
import { instant } from '../values/instant.ts'
import { text } from '../values/text.ts'

export const templateVersion = z.int().min(1).max(100_000)

/**
 * What a team's standard changes of one kind have in common: `fixed` says how fields of the form are filled in, and
 * `editable` which fields (and `title`, `reason`, `content`) a ticket fills in itself. `checklist` brings further items to
 * stages of the flow.
 */
export const templateSchema = z.strictObject({
  format: z.literal('countersign/template/v1'),
  team: teamId,
  name: templateName,
  version: templateVersion,
  category: categoryId,
  description: text(400),
  fixed: filled,
  editable: z.array(fieldName).max(103),
  checklist: z
    .record(stageId, checklistSchema)
    .refine(stages => Object.keys(stages).length <= 40, { error: 'is for 40 stages at most' })
    .optional(),
  until: instant.optional(),
})

export type Template = z.infer<typeof templateSchema>

/**
 * The digest of a template: SHA-256 of `countersign/template/v1`, a newline, and its RFC 8785 form.
 *
 * @example
 * ```ts
 * import { templateDigest } from 'countersign/governance'
 * const template = {
 *   format: 'countersign/template/v1' as const,
 *   team: 'payments',
 *   name: 'month-end',
 *   version: 1,
 *   category: 'standard',
 *   description: 'closes the books of a month',
 *   fixed: { system: 'ledger' },
 *   editable: ['title'],
 * }
 * templateDigest(template).length // → 64
 * ```
 */
export const templateDigest = (template: Template): Digest => digestOf('template', template)

/** The key of a template among those of all teams. */
export const templateKey = (team: string, name: string): string => `${team}/${name}`
