import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { roleId } from '../values/identifier.ts'
import { duration } from '../values/instant.ts'
import { text } from '../values/text.ts'

/** A role as a policy names it. Who holds it is governance's business, not the policy's. */
export interface RoleName {
  readonly role: string
}

/**
 * Names a role in a policy.
 *
 * @example
 * ```ts
 * import { role } from 'countersign/policy'
 * role('owner') // → { role: 'owner' }
 * ```
 */
export const role = (name: string): RoleName => ({ role: name })

/** The name in `role('owner')`. Of anything else nothing would be recorded, and whom it restricts to would be lost. */
export function roleNamed(where: string, one: RoleName): string {
  if (typeof (one as RoleName | null | undefined)?.role === 'string') return one.role
  throw new CountersignError('policy', `${where} is a role, as role('${typeof one === 'string' ? one : 'owner'}')`, {
    facts: { where },
  })
}

/**
 * When the role named in `fallback` acts in this one's place: while it is `vacant` (no active holder), `absent` (every
 * holder is absent and none has a delegate who could act on this change), or `unanswered`: the stage has been open for as long as `after`
 * says and is still not met.
 */
const cause = z.enum(['vacant', 'absent', 'unanswered'])

export type StandInCause = z.infer<typeof cause>

/** What a policy says of a role that it uses. */
export const roleUse = z.strictObject({
  description: text(400).optional(),
  fallback: z
    .strictObject({ role: roleId, when: z.array(cause).min(1).max(3), after: duration.optional() })
    .refine(one => one.when.includes('unanswered') === (one.after !== undefined), {
      error: '`after` says how long a stage may stay unanswered, and goes with `unanswered` and with nothing else',
    })
    .optional(),
  /** The role out of which delegates for this one are chosen; anybody, where nothing is said. */
  delegates: roleId.optional(),
  /** An absent holder's own authority is suspended; otherwise an absent person may still act. */
  whileAbsent: z.literal('suspended').optional(),
})

export type RoleUse = z.infer<typeof roleUse>
