import * as z from 'zod'
import { digestText } from '../values/digest.ts'
import { accountId, categoryId, changeId, fieldName, personId, roleId, stageId, teamId } from '../values/identifier.ts'
import { comment, reason, text, title } from '../values/text.ts'

const fieldValue = z.union(
  [
    z
      .string()
      .max(4_000)
      .refine(value => value.isWellFormed(), { error: 'must be well-formed Unicode' }),
    z.int(),
    z.boolean(),
    z
      .array(
        z
          .string()
          .max(400)
          .refine(value => value.isWellFormed()),
      )
      .max(200),
  ],
  { error: 'must be a text, a whole number, yes or no, or a list of at most 200 texts' },
)
const filled = z.record(fieldName, fieldValue).refine(form => Object.keys(form).length <= 100, {
  error: 'a form has at most 100 fields',
})

/** Content that lives elsewhere (a commit, an artefact, a configuration): its digest, and the accounts that made it. */
const content = z.strictObject({ digest: digestText, makers: z.array(accountId).min(1).max(100) })

const evidence = z.strictObject({ name: text(200), digest: digestText.optional() })

/** What a decision names, so that it is given for what the person saw and for nothing else. */
const seen = { revision: z.int().min(1), digest: digestText }
const change = { change: changeId }
/** `for` names the principal whose delegate the person acts as; without it the person acts in their own right. */
const acting = { for: personId.optional() }

/** The commands about a change, in the imperative. */
export const changeCommand = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('submit'),
    ...change,
    team: teamId,
    category: categoryId,
    title,
    reason,
    form: filled.default({}),
    content: content.optional(),
    parent: changeId.optional(),
  }),
  z.strictObject({
    type: z.literal('revise'),
    ...change,
    title: title.optional(),
    reason: reason.optional(),
    form: filled.optional(),
    content: content.optional(),
    comment,
  }),
  z.strictObject({ type: z.literal('assign'), ...change, to: personId }),
  z.strictObject({ type: z.literal('complete'), ...change, stage: stageId, comment: comment.optional(), ...acting }),
  z.strictObject({
    type: z.literal('signOff'),
    ...change,
    ...seen,
    result: z.enum(['passed', 'failed']),
    evidence: z.array(evidence).max(20).default([]),
    comment: comment.optional(),
    ...acting,
  }),
  z.strictObject({
    type: z.literal('approve'),
    ...change,
    ...seen,
    comment: comment.optional(),
    as: roleId.optional(),
    ...acting,
  }),
  z.strictObject({ type: z.literal('reject'), ...change, ...seen, comment, ...acting }),
  z.strictObject({ type: z.literal('withdraw'), ...change, comment }),
  z.strictObject({ type: z.literal('resubmit'), ...change, comment }),
  z.strictObject({ type: z.literal('release'), ...change, ...seen, comment: comment.optional(), ...acting }),
  z.strictObject({ type: z.literal('cancel'), ...change, comment }),
  z.strictObject({ type: z.literal('close'), ...change, comment: comment.optional() }),
])

export type ChangeCommand = z.infer<typeof changeCommand>
