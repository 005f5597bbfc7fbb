import * as z from 'zod'
import { commitment } from './commitment.ts'
import { fieldName } from './identifier.ts'

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

const few = { error: 'a form has at most 100 fields' }

/** The fields of a form as they are filled in for everybody to see. */
export const filled = z.record(fieldName, fieldValue).refine(form => Object.keys(form).length <= 100, few)

/** The fields of a form as they are recorded: in the place of a private value stands a commitment to it. */
export const recordedForm = z
  .record(
    fieldName,
    z.union([fieldValue, commitment], {
      error: 'must be a text, a whole number, yes or no, or a list of at most 200 texts',
    }),
  )
  .refine(form => Object.keys(form).length <= 100, few)
