import type { Category } from '../category.ts'
import { type Condition, conditionHolds, fieldsOf } from '../condition.ts'
import type { Form } from '../form.ts'
import type { Requirement } from '../requirement.ts'
import { conditionsIn, type SingleStage, singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'

/** Conditions that never or always hold, and those for which a change may have no answer. */
export function unreachableStages(at: string, category: Category, cases: readonly Form[]): LintFinding[] {
  const stages = singlesOf(category.flow)
  const found = stages.flatMap(stage => inStage(`${at}.flow.${stage.name}`, stage, cases))
  const asked = new Set(stages.flatMap(conditionsIn).flatMap(fieldsOf))
  for (const name of asked) {
    if (category.form.required.includes(name)) continue
    found.push(
      finding(
        'field.optional',
        `${at}.form.${name}`,
        'may be left out, and a condition asks about it: whoever leaves it out may be refused',
        'Make it a field that has to be filled in.',
      ),
    )
  }
  return found
}

const partsOf = (one: Requirement): [name: string, part: Requirement][] =>
  'all' in one
    ? one.all.map((part, place) => [`all.${place}`, part])
    : 'any' in one
      ? one.any.map((part, place) => [`any.${place}`, part])
      : []

function inStage(where: string, stage: SingleStage, cases: readonly Form[]): LintFinding[] {
  const own = judged(where, stage.when, cases, 'this stage')
  if (own.here.length === 0 || stage.kind !== 'approval') return own.found
  return [...own.found, ...inRule(where, stage.requires, own.here)]
}

function inRule(where: string, rule: Requirement, cases: readonly Form[]): LintFinding[] {
  const { found, here } = judged(where, rule.when, cases, 'this rule')
  if (here.length === 0) return found
  return [...found, ...partsOf(rule).flatMap(([name, part]) => inRule(`${where}.${name}`, part, here))]
}

/** Whether a condition ever holds and ever fails, in the cases in which it is asked; and those in which it holds. */
function judged(
  where: string,
  when: Condition | undefined,
  cases: readonly Form[],
  what: string,
): { readonly found: LintFinding[]; readonly here: readonly Form[] } {
  if (when === undefined || cases.length === 0) return { found: [], here: cases }
  const here = cases.filter(one => conditionHolds(when, one) === true)
  if (here.length === 0)
    return {
      here,
      found: [
        finding(
          'condition.never',
          where,
          `${what} is reached in no case: no form meets its condition${what === 'this rule' ? ' where its stage is reached' : ''}`,
          'Correct the condition, or leave it out with what hangs on it.',
        ),
      ],
    }
  if (here.length < cases.length) return { here, found: [] }
  const says = `the condition of ${what} is met in every case`
  return { here, found: [finding('condition.always', where, says, 'Leave the condition out.')] }
}
