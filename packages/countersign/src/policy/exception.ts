import * as z from 'zod'
import { roleId } from '../values/identifier.ts'
import { duration } from '../values/instant.ts'
import { because, text } from '../values/text.ts'
import { type Duty, samePair, separation } from './duty.ts'
import { type RoleName, roleNamed } from './role.ts'

/**
 * From which separation somebody can be excepted, who grants it, for how long at most, and what is done instead. An
 * exception is for one person on one change; it is shown as one for ever, and never as compliance.
 */
export const exceptionRule = z.strictObject({
  duties: separation.shape.duties,
  grantedBy: roleId,
  atMost: duration,
  compensation: text(400),
  because,
})

export type ExceptionRule = z.infer<typeof exceptionRule>

/**
 * Says who may except somebody from a separation, for how long at most, and what is done instead.
 *
 * @example
 * ```ts
 * import { exception, role } from 'countersign/policy'
 * const rule = exception('make', 'approve').grantedBy(role('head')).atMost('7d')
 * const told = rule.compensatedBy('the controller reviews it').because('two people cannot fill three duties')
 * told.atMost // → '7d'
 * ```
 */
export const exception = (one: Duty, other: Duty) => ({
  grantedBy: (by: RoleName) => ({
    atMost: (length: string) => ({
      compensatedBy: (compensation: string) => ({
        because: (reason: string): ExceptionRule => ({
          duties: [one, other],
          grantedBy: roleNamed(`exception ${one}, ${other}: grantedBy`, by),
          atMost: length,
          compensation,
          because: reason,
        }),
      }),
    }),
  }),
})

/** What a policy says of exceptions from the separation of two duties. */
export const exceptionRuleFor = (
  { exceptions }: { readonly exceptions?: readonly ExceptionRule[] | undefined },
  duties: readonly [Duty, Duty],
): ExceptionRule | undefined => exceptions?.find(one => samePair(one.duties, duties))
