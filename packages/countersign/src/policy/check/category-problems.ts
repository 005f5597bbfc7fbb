import { didYouMean } from '../../values/near.ts'
import type { Category } from '../category.ts'
import { fieldsOf } from '../condition.ts'
import { ownParts, unfitDefaults } from '../form.ts'
import type { Policy } from '../policy.ts'
import { rolesOf } from '../requirement.ts'
import { type Carry, conditionsIn, coversRelease, type SingleStage, singlesOf, statesBeside } from '../stage.ts'
import { misfits } from './misfit.ts'
import { owedProblems } from './owed-problems.ts'
import { privacyProblems } from './privacy-problems.ts'
import type { PolicyProblem } from './problem.ts'
import { triageProblems } from './triage-problems.ts'

/** Everything that keeps a category of a policy from being used. */
export function categoryProblems(
  policy: Policy,
  name: string,
  category: Category,
  known: (role: string, where: string) => void,
): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const fields = Object.keys(category.form.properties)
  const knownField = (field: string, where: string, among: readonly string[]) => {
    if (!among.includes(field))
      problems.push({ where, problem: `there is no field ${field} in the form${didYouMean(field, among)}` })
  }
  const at = `categories.${name}`
  if (category.requestedBy !== undefined) known(category.requestedBy, `${at}.requestedBy`)
  for (const field of category.form.required) knownField(field, `${at}.form.required`, fields)
  for (const { field, problem } of unfitDefaults(category.form))
    problems.push({ where: `${at}.form.${field}`, problem: `it is drawn with a value that it cannot hold: ${problem}` })
  for (const field of category.touches ?? []) knownField(field, `${at}.touches`, fields)
  for (const field of category.material) knownField(field, `${at}.material`, [...fields, ...ownParts])
  if (!singlesOf(category.flow).some(stage => stage.kind === 'approval')) {
    problems.push({
      where: `${at}.flow`,
      problem: 'says nothing of approval; approval(…, approvals(0)) says aloud that none is asked for',
    })
  }
  const stages = new Set<string>()
  for (const name of category.flow.flatMap(stage =>
    stage.kind === 'parallel' ? [stage.name, ...stage.stages.map(one => one.name)] : [stage.name],
  )) {
    const where = `${at}.flow.${name}`
    if (stages.has(name)) problems.push({ where, problem: 'two stages have this name' })
    if (statesBeside.includes(name)) {
      problems.push({
        where,
        problem: `${statesBeside.join(', ')} are states of every change; name the stage otherwise`,
      })
    }
    stages.add(name)
  }
  const context: Context = { policy, category, fields, known, knownField }
  for (const stage of singlesOf(category.flow))
    problems.push(...stageProblems(context, `${at}.flow.${stage.name}`, stage))
  if (category.breakGlass !== undefined) known(category.breakGlass.by, `${at}.breakGlass.by`)
  problems.push(...environmentProblems(at, category), ...templateProblems(policy, name, category))
  problems.push(...owedProblems(name, category), ...triageProblems(at, category, known))
  problems.push(...privacyProblems(policy, name, category))
  return problems
}

interface Context {
  readonly policy: Policy
  readonly category: Category
  readonly fields: readonly string[]
  readonly known: (role: string, where: string) => void
  readonly knownField: (field: string, where: string, among: readonly string[]) => void
}

function stageProblems(context: Context, where: string, stage: SingleStage): PolicyProblem[] {
  const { category, fields, known, knownField } = context
  const problems: PolicyProblem[] = []
  const conditions = conditionsIn(stage)
  if (stage.kind === 'approval') {
    for (const role of rolesOf(stage.requires)) known(role, where)
    if (stage.veto !== undefined) known(stage.veto.liftedBy, `${where}.veto`)
    const carry = stage.carriedFrom
    if (carry !== undefined && !('template' in carry)) problems.push(...carryProblems(context, where, carry))
  } else {
    known(stage.by, where)
  }
  if (stage.kind === 'task' && byOtherStages.includes(stage.duty)) {
    problems.push({ where, problem: `nobody takes on ${stage.duty} by a task; there is a stage for it` })
  }
  for (const field of conditions.flatMap(fieldsOf)) knownField(field, where, fields)
  for (const problem of conditions.flatMap(one => misfits(one, category.form))) problems.push({ where, problem })
  for (const field of conditions.flatMap(fieldsOf)) {
    // What decides who must approve is part of what they approve, or an edit would slip past them.
    if (fields.includes(field) && !category.material.includes(field)) {
      problems.push({
        where,
        problem: `the condition asks about ${field}, which is not material: an edit of it would go unseen`,
      })
    }
  }
  return problems
}

/** What keeps an approval from being carried from a parent in the way that a stage says. */
function carryProblems(
  { policy, category, fields, knownField }: Context,
  where: string,
  carry: Carry,
): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const parent = Object.hasOwn(policy.categories, carry.category) ? policy.categories[carry.category] : undefined
  if (parent === undefined) {
    const near = didYouMean(carry.category, Object.keys(policy.categories))
    problems.push({ where, problem: `there is no category ${carry.category} to carry an approval from${near}` })
  }
  for (const [own, theirs] of Object.entries(carry.within)) {
    knownField(own, where, fields)
    if (fields.includes(own) && !category.material.includes(own)) {
      problems.push({ where, problem: `${own} is not material here, so an edit could leave the scope unseen` })
    }
    if (parent !== undefined) knownField(theirs, `${where} (${carry.category})`, Object.keys(parent.form.properties))
    const kinds = [category.form.properties[own]?.type, parent?.form.properties[theirs]?.type] as const
    if (kinds[0] !== undefined && kinds[1] !== undefined && !liesIn(kinds[0], kinds[1])) {
      problems.push({ where, problem: `${own} (${kinds[0]}) can never lie within ${theirs} (${kinds[1]})` })
    }
    if (parent !== undefined && !parent.material.includes(theirs)) {
      problems.push({
        where,
        problem: `${theirs} is not material in ${carry.category}, so nobody there approved it as a scope`,
      })
    }
  }
  return problems
}

/** Environments that no release is for, and releases that no approval covers. */
function environmentProblems(at: string, category: Category): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const stages = singlesOf(category.flow)
  const environments = stages.flatMap(stage => (stage.kind === 'release' ? (stage.environment ?? []) : []))
  for (const [place, stage] of stages.entries()) {
    const where = `${at}.flow.${stage.name}`
    if (stage.kind === 'approval') {
      for (const name of stage.environments ?? []) {
        if (environments.includes(name)) continue
        const near = didYouMean(name, environments)
        problems.push({ where, problem: `no release puts the change into effect in ${name}${near}` })
      }
    }
    if (stage.kind === 'release' && stages.some(one => one !== stage && one.kind === 'release')) {
      // A release names where, so that whoever comes second does not take the next step without meaning to.
      if (stage.environment === undefined) {
        problems.push({ where, problem: 'of several releases each names its environment' })
      } else if (environments.indexOf(stage.environment) !== environments.lastIndexOf(stage.environment)) {
        problems.push({ where, problem: `another release is for ${stage.environment} as well` })
      }
    }
    const before = stages.slice(0, place).filter(one => one.kind === 'approval')
    if (stage.kind === 'release' && before.length > 0 && !before.some(one => coversRelease(one, stage))) {
      const here = stage.environment ?? 'an environment that is not named'
      problems.push({ where, problem: `no approval before it covers ${here}` })
    }
  }
  return problems
}

/** What keeps a category from being one of standard changes. */
function templateProblems(policy: Policy, name: string, category: Category): PolicyProblem[] {
  const at = `categories.${name}`
  const leaning = singlesOf(category.flow).filter(
    stage => stage.kind === 'approval' && stage.carriedFrom !== undefined && 'template' in stage.carriedFrom,
  )
  if (category.template === undefined) {
    return leaning.map(stage => ({
      where: `${at}.flow.${stage.name}`,
      problem: 'only a category with `template` has a template whose approval could count',
    }))
  }
  const { otherwise } = category.template
  const where = `${at}.template`
  const problems: PolicyProblem[] = []
  if (leaning.length === 0)
    problems.push({
      where,
      problem: 'no stage takes over the approval of the template: carriedFrom: approvedTemplate()',
    })
  const other = Object.hasOwn(policy.categories, otherwise) ? policy.categories[otherwise] : undefined
  if (otherwise === name) {
    problems.push({ where, problem: 'refers to itself; name the category for what leaves the bounds of a template' })
  } else if (other === undefined) {
    const near = didYouMean(otherwise, Object.keys(policy.categories))
    problems.push({ where, problem: `there is no category ${otherwise}${near}` })
  } else if (other.template !== undefined) {
    problems.push({ where, problem: `${otherwise} follows templates, too; name a category that does not` })
  }
  return problems
}

/** Duties that a person takes on in other ways than by a task. */
const byOtherStages = ['request', 'test', 'approve', 'release']

/** Whether a value of one kind can be, or be among, a value of another. */
const liesIn = (own: string, theirs: string): boolean =>
  theirs === 'array' ? own === 'string' || own === 'array' : own === theirs
