import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { roleId } from '../values/identifier.ts'
import { type Condition, condition } from './condition.ts'
import { refuseUnknown } from './options.ts'
import { type RoleName, roleNamed } from './role.ts'

/**
 * To the holders of which role a new change goes, in order: the first rule whose condition holds is the one that counts. A
 * condition that cannot be answered does not hold.
 */
export const triageSchema = z
  .array(z.strictObject({ to: roleId, when: condition.optional() }))
  .min(1)
  .max(20)

export type TriageRule = z.infer<typeof triageSchema>[number]

/** A rule of triage as its author writes it. */
export interface TriageOptions {
  to: RoleName
  when?: Condition
}

/** Writes down the rules of triage. */
export function triageRules(rules: readonly TriageOptions[]): TriageRule[] {
  if (!Array.isArray(rules)) throw new CountersignError('policy', 'triage: its rules are a list, as [{ to, when }]')
  return rules.map((one: TriageOptions, place) => {
    refuseUnknown(`triage.${place}`, one, ['to', 'when'])
    return { to: roleNamed(`triage.${place}: to`, one.to), ...(one.when === undefined ? {} : { when: one.when }) }
  })
}
