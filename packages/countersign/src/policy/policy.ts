import * as z from 'zod'
import { type Digest, digestOf } from '../values/digest.ts'
import { digestText } from '../values/digest-text.ts'
import { categoryId, documentName, roleId, teamId } from '../values/identifier.ts'
import { type Read, read } from '../values/read.ts'
import { text } from '../values/text.ts'
import { boardSchema } from './board.ts'
import { categorySchema } from './category.ts'
import { separation } from './duty.ts'
import { exceptionRule } from './exception.ts'
import { roleUse } from './role.ts'

/**
 * A team's policy as it is recorded: plain data, the same for library, verifier and any other reader.
 * `separate` adds pairs of duties, `permit` lifts a default pair in so many words, `exceptions` says who may except
 * somebody from a pair, `delegation.depth` how often a delegation is passed on at most (1: not at all).
 */
export const policySchema = z.strictObject({
  format: z.literal('countersign/policy/v1'),
  team: teamId,
  description: text(400).optional(),
  complies: z.strictObject({ controls: documentName, digest: digestText }),
  roles: z.record(roleId, roleUse),
  separate: z.array(separation).max(40),
  permit: z.array(separation).max(40),
  exceptions: z.array(exceptionRule).min(1).max(40).optional(),
  board: boardSchema.optional(),
  delegation: z.strictObject({ depth: z.int().min(1).max(5) }).optional(),
  categories: z.record(categoryId, categorySchema),
})

export type Policy = z.infer<typeof policySchema>

/**
 * Reads a policy from unknown data, such as JSON: all that keeps it from being one, or the document. `parsePolicy` holds it
 * against controls besides.
 *
 * @example
 * ```ts
 * import { readPolicy } from 'countersign/policy'
 *
 * readPolicy({ format: 'countersign/policy/v1' }).problems?.[0] // → { where: 'team', problem: 'is missing (expected string)' }
 * ```
 */
export const readPolicy = (data: unknown): Read<Policy> => read(policySchema, data)

/**
 * The digest by which a change is pinned to its policy, and by which the trail names it.
 *
 * @example
 * ```ts
 * import { approval, approvals, category, controls, policy, policyDigest, role, separate } from 'countersign/policy'
 * const house = controls('house', { 'CM-1': separate('make', 'approve').because('nobody approves what they made') })
 * const flow = [approval('agree', approvals(1).from(role('owner')))]
 * const payments = policy('payments', { complies: house, roles: { owner: 'answers for it' } }, { normal: category({ flow }) })
 * policyDigest(payments) === policyDigest(structuredClone(payments)) // → true
 * policyDigest({ ...payments, team: 'billing' }) === policyDigest(payments) // → false
 * ```
 */
export const policyDigest = (policy: Policy): Digest => digestOf('policy', policy)

/**
 * The JSON Schema (2020-12) of a policy document, for editors and for readers in other languages.
 *
 * @example
 * ```ts
 * import { policyJsonSchema } from 'countersign/policy'
 * policyJsonSchema().$schema // → 'https://json-schema.org/draft/2020-12/schema'
 * ```
 */
export const policyJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(policySchema, { unrepresentable: 'any', io: 'input' }) as Record<string, unknown>
