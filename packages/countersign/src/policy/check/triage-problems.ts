import { sameJson } from '@countersign/trail'
import { didYouMean } from '../../values/near.ts'
import type { Category } from '../category.ts'
import { fieldsOf } from '../condition.ts'
import { misfits } from './misfit.ts'
import type { PolicyProblem } from './problem.ts'

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
