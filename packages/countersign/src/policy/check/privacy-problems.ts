import { sameJson } from '@countersign/trail'
import type { Category } from '../category.ts'
import { fieldsOf } from '../condition.ts'
import { type FieldSchema, privateFields } from '../form.ts'
import type { Policy } from '../policy.ts'
import { conditionsIn, singlesOf } from '../stage.ts'
import type { PolicyProblem } from './problem.ts'

/**
 * What keeps fields of a category from being private. Nothing can be decided by a value that neither the library nor the
 * verifier ever sees; and a change may come into any category of its policy with the values that it has, so in each of
 * them a private field is the same.
 */
export function privacyProblems(policy: Policy, name: string, category: Category): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const at = `categories.${name}`
  const hidden = privateFields(category.form)
  const uses = hidden.length === 0 ? [] : usesOf(at, policy, category)
  for (const { where, field, what } of uses) {
    if (hidden.includes(field))
      problems.push({ where, problem: `${field} is private, so only a commitment to it is recorded: ${what}` })
  }
  for (const [other, { form }] of Object.entries(policy.categories)) {
    for (const field of privateFields(form)) {
      const own = Object.hasOwn(category.form.properties, field) ? category.form.properties[field] : undefined
      if (own === undefined || sameJson(ruleOf(own), ruleOf(form.properties[field]))) continue
      const problem = `the field is private in ${other}, and a change may come from there: it has to be private here, too, and to ask for the same`
      problems.push({ where: `${at}.form.${field}`, problem })
    }
  }
  return problems
}

/** What a field asks for, without how it is drawn. */
function ruleOf(field: FieldSchema | undefined) {
  const { title: _, description: __, default: ___, ...rule } = field ?? { type: 'string' }
  return rule
}

interface Use {
  readonly where: string
  readonly field: string
  readonly what: string
}

/** Every place of a category that asks what a field holds. */
function usesOf(at: string, policy: Policy, category: Category): Use[] {
  const uses: Use[] = []
  const asks = (where: string, fields: readonly string[], what: string) =>
    uses.push(...fields.map(field => ({ where, field, what })))
  const byCondition = 'no condition can ask what it holds'
  for (const stage of singlesOf(category.flow)) {
    const where = `${at}.flow.${stage.name}`
    asks(where, [...new Set(conditionsIn(stage).flatMap(fieldsOf))], byCondition)
    if (stage.kind !== 'approval' || stage.carriedFrom === undefined || 'template' in stage.carriedFrom) continue
    const carry = stage.carriedFrom
    asks(where, Object.keys(carry.within), 'nobody can tell whether it lies within what was approved')
  }
  for (const [place, { when }] of (category.triage ?? []).entries())
    asks(`${at}.triage.${place}`, when === undefined ? [] : fieldsOf(when), byCondition)
  asks(`${at}.touches`, category.touches ?? [], 'nobody can tell whether two changes touch the same')
  if (category.emergency !== undefined)
    asks(`${at}.emergency`, [category.emergency.incident], 'an emergency says aloud for which incident it is')
  // A scope that other categories lean on.
  for (const [name, other] of Object.entries(policy.categories)) {
    for (const stage of singlesOf(other.flow)) {
      const carry = stage.kind === 'approval' ? stage.carriedFrom : undefined
      if (carry === undefined || 'template' in carry || policy.categories[carry.category] !== category) continue
      const where = `categories.${name}.flow.${stage.name}`
      asks(where, Object.values(carry.within), 'nobody can tell what lies within it')
    }
  }
  return uses
}
