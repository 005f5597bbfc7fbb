import { CountersignError, sameJson } from '@countersign/trail'
import * as z from 'zod'
import { roleId } from '../values/identifier.ts'
import { didYouMean } from '../values/near.ts'
import type { Category } from './category.ts'
import type { PolicyProblem } from './check.ts'
import { type Condition, condition, fieldsOf } from './condition.ts'
import { misfits } from './misfit.ts'
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
  return rules.map((one: TriageOptions) => {
    refuseUnknown('triage', one, ['to', 'when'])
    return { to: roleNamed('triage: to', one.to), ...(one.when === undefined ? {} : { when: one.when }) }
  })
}

/** What keeps rules of triage from being used: names that are not there, and rules that never come to anything. */
export function triageProblems(
  at: string,
  { triage = [], form, retrospective }: Category,
  known: (role: string, where: string) => void,
): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  if (triage.length > 0 && retrospective !== undefined)
    problems.push({ where: `${at}.triage`, problem: 'what was found has been made already, so nobody is given it' })
  const fields = Object.keys(form.properties)
  for (const [place, { to, when }] of triage.entries()) {
    const where = `${at}.triage.${place}`
    known(to, where)
    for (const field of when === undefined ? [] : fieldsOf(when)) {
      if (!fields.includes(field))
        problems.push({ where, problem: `there is no field ${field} in the form${didYouMean(field, fields)}` })
    }
    for (const problem of when === undefined ? [] : misfits(when, form)) problems.push({ where, problem })
    const before = triage.slice(0, place)
    const earlier = before.findIndex(one => one.when === undefined || sameJson(one.when, when))
    if (earlier >= 0) problems.push({ where, problem: `never applies, as rule ${earlier} applies before it` })
  }
  return problems
}
