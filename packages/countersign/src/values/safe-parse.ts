import * as z from 'zod'

/**
 * Asks a schema about a value from outside. What it cannot even compare, as the length of `{"length":{"toString":1}}`, fits no
 * more than anything else that does not fit.
 */
export function safeParse<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  context?: z.core.ParseContext<z.core.$ZodIssue>,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(data, context) as z.ZodSafeParseResult<z.output<Schema>>
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const issue = {
      code: 'custom',
      path: [],
      message: 'has a member that cannot be compared with anything',
      input: data,
    }
    const refused = new z.ZodError([issue as z.core.$ZodIssue]) as z.ZodError<z.output<Schema>>
    return { success: false, error: refused }
  }
}
