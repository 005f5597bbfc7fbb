import type * as z from 'zod'
import { nearMembers, problemOf } from './problem.ts'
import { deepestDocument, unreadable } from './readable.ts'
import { safeParse } from './safe-parse.ts'

/** A document that was read from unknown data, or what keeps it from being one. */
export type Read<Document> =
  | { readonly document: Document; readonly problems?: never }
  | { readonly document?: never; readonly problems: readonly { readonly where: string; readonly problem: string }[] }

/** Reads a document by its schema, or tells what is wrong with it, place by place. */
export function read<Document>(schema: z.ZodType<Document>, data: unknown): Read<Document> {
  const found = unreadable(data, deepestDocument)
  if (found !== undefined) return { problems: [found] }
  const parsed = safeParse(schema, data, { error: nearMembers })
  if (parsed.success) return { document: parsed.data }
  return {
    problems: parsed.error.issues.map(issue => ({
      where: issue.path.map(String).join('.'),
      problem: problemOf(issue),
    })),
  }
}
