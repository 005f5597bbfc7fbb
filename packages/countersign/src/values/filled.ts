import * as z from 'zod'
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

/** The fields of a form as somebody has filled them in. */
export const filled = z.record(fieldName, fieldValue).refine(form => Object.keys(form).length <= 100, {
  error: 'a form has at most 100 fields',
})
