import * as z from 'zod'
import { roleId } from '../values/identifier.ts'
import { text } from '../values/text.ts'

/** A role as a policy names it. Who holds it is governance's business, not the policy's. */
export interface RoleName {
  readonly role: string
}

/** Names a role in a policy. */
export const role = (name: string): RoleName => ({ role: name })

/**
 * What a policy says of a role that it uses. `fallback` is the role whose holders act while this one is `vacant` (no
 * active holder) or, where the policy says so, `absent` (every holder is absent and none has a delegate in force).
 */
export const roleUse = z.strictObject({
  description: text(400).optional(),
  fallback: z
    .strictObject({
      role: roleId,
      when: z
        .array(z.enum(['vacant', 'absent']))
        .min(1)
        .max(2),
    })
    .optional(),
})

export type RoleUse = z.infer<typeof roleUse>
