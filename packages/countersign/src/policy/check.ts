import { didYouMean } from '../values/near.ts'
import type { Category } from './category.ts'
import { type Condition, fieldsOf } from './condition.ts'
import { type Controls, controlsDigest } from './controls.ts'
import { defaultSeparations, duties, houseSeparations, samePair } from './duty.ts'
import { ownParts } from './form.ts'
import type { Policy } from './policy.ts'
import { type Among, choicesOf, conditionsOf, personsIn, type Requirement, rolesOf } from './requirement.ts'
import type { Stage } from './stage.ts'

/** Something in a policy that keeps it from being used. `clause` is the control that it breaks, where it breaks one. */
export interface PolicyProblem {
  readonly where: string
  readonly problem: string
  readonly clause?: string
}

/** The states of a change's life that are not stages, whose names no stage may take. */
const reservedStages = ['returned', 'completed', 'closed', 'cancelled'] as const

/** Everything that keeps a policy from being used under these controls. */
export function problemsOf(policy: Policy, controls: Controls): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  if (policy.complies.controls !== controls.name || policy.complies.digest !== controlsDigest(controls)) {
    problems.push({
      where: 'complies',
      problem: `names the controls ${policy.complies.controls} with digest ${policy.complies.digest.slice(0, 12)}…, and the controls given are ${controls.name} with ${controlsDigest(controls).slice(0, 12)}…`,
    })
  }
  const roles = Object.keys(policy.roles)
  const known = (role: string, where: string) => {
    if (Object.hasOwn(policy.roles, role)) return
    problems.push({ where, problem: `there is no role ${role} in this policy's roles${didYouMean(role, roles)}` })
  }
  for (const [name, use] of Object.entries(policy.roles)) {
    if (use.fallback === undefined) continue
    known(use.fallback.role, `roles.${name}.fallback`)
    if (use.fallback.role === name)
      problems.push({ where: `roles.${name}.fallback`, problem: 'a role cannot stand in for itself' })
  }
  problems.push(...dutyProblems(policy, controls))
  const categories = Object.keys(policy.categories)
  if (categories.length === 0)
    problems.push({ where: 'categories', problem: 'a policy without a category lets nothing through' })
  for (const [name, category] of Object.entries(policy.categories)) {
    const own = categoryProblems(policy, name, category, known)
    problems.push(...own)
    problems.push(...controlProblems(name, category, controls))
  }
  return problems
}

function dutyProblems(policy: Policy, controls: Controls): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const known = new Set<string>([
    ...duties,
    ...Object.values(policy.categories).flatMap(category =>
      category.flow.flatMap(stage => (stage.kind === 'task' ? [stage.duty] : [])),
    ),
  ])
  for (const list of ['separate', 'permit'] as const) {
    for (const [index, { duties: pair }] of policy[list].entries()) {
      for (const duty of pair) {
        if (known.has(duty)) continue
        problems.push({
          where: `${list}.${index}`,
          problem: `nobody ever has the duty ${duty} here${didYouMean(duty, known)}`,
        })
      }
      if (pair[0] === pair[1])
        problems.push({ where: `${list}.${index}`, problem: 'a duty cannot be kept apart from itself' })
    }
  }
  for (const [index, { duties: pair }] of policy.permit.entries()) {
    const where = `permit.${index}`
    const names = pair.join(' and ')
    const [clause, asked] =
      Object.entries(controls.clauses).find(([, one]) => one.rule === 'separate' && samePair(one.duties, pair)) ?? []
    if (clause !== undefined) {
      problems.push({
        where,
        problem: `${clause} (${asked?.because}) keeps ${names} apart, and no policy can lift it`,
        clause,
      })
    } else if (houseSeparations.some(one => samePair(one.duties, pair))) {
      problems.push({ where, problem: `${names} are always in different hands; a small team needs another person` })
    } else if (!defaultSeparations.some(one => samePair(one.duties, pair))) {
      problems.push({ where, problem: `nothing keeps ${names} apart, so there is nothing to permit` })
    }
  }
  return problems
}

function categoryProblems(
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
  for (const field of category.material) knownField(field, `${at}.material`, [...fields, ...ownParts])
  if (!category.flow.some(stage => stage.kind === 'approval')) {
    problems.push({
      where: `${at}.flow`,
      problem: 'says nothing of approval; approval(…, approvals(0)) says aloud that none is asked for',
    })
  }
  const stages = new Set<string>()
  for (const stage of category.flow) {
    const where = `${at}.flow.${stage.name}`
    if (stages.has(stage.name)) problems.push({ where, problem: 'two stages have this name' })
    if ((reservedStages as readonly string[]).includes(stage.name)) {
      problems.push({
        where,
        problem: `${reservedStages.join(', ')} are states of every change; name the stage otherwise`,
      })
    }
    stages.add(stage.name)
    const conditions = stage.when === undefined ? [] : [stage.when]
    if (stage.kind === 'approval') {
      for (const role of rolesOf(stage.requires)) known(role, where)
      conditions.push(...conditionsOf(stage.requires))
      const carry = stage.carriedFrom
      if (carry !== undefined) {
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
          if (parent !== undefined)
            knownField(theirs, `${where} (${carry.category})`, Object.keys(parent.form.properties))
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
      }
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
  }
  return problems
}

/** Duties that a person takes on in other ways than by a task. */
const byOtherStages = ['request', 'test', 'approve', 'release']

/** Whether a value of one kind can be, or be among, a value of another. */
const liesIn = (own: string, theirs: string): boolean =>
  theirs === 'array' ? own === 'string' || own === 'array' : own === theirs

/** The claims of a condition that no filled-in form could ever make true, or that compare what cannot be compared. */
function misfits(condition: Condition, form: Category['form']): string[] {
  if ('not' in condition) return misfits(condition.not, form)
  if ('every' in condition) return condition.every.flatMap(one => misfits(one, form))
  if ('some' in condition) return condition.some.flatMap(one => misfits(one, form))
  const field = form.properties[condition.field]
  if (field === undefined) return []
  const name = condition.field
  if ('atLeast' in condition || 'below' in condition) {
    return field.type === 'integer' ? [] : [`${name} is no number (${field.type}), so it has no size to ask about`]
  }
  if ('includes' in condition) {
    if (field.type !== 'array') return [`${name} is no list (${field.type}), so nothing can be among it`]
    return unlisted(name, condition.includes, field.items.enum)
  }
  const values = 'is' in condition ? [condition.is] : condition.oneOf
  return values.flatMap(value => {
    const kind = typeof value === 'number' ? 'integer' : typeof value
    if (kind !== field.type) return [`${name} is ${field.type}, and ${JSON.stringify(value)} is ${kind}`]
    return field.type === 'string'
      ? unlisted(name, value, field.enum ?? (field.const === undefined ? undefined : [field.const]))
      : []
  })
}

const unlisted = (name: string, value: unknown, options: readonly string[] | undefined): string[] =>
  options === undefined || options.some(option => option === value)
    ? []
    : [`${name} is never ${JSON.stringify(value)}${didYouMean(String(value), options)}`]

/** The clauses of the controls that a category falls short of, each cited. */
function controlProblems(name: string, category: Category, controls: Controls): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  for (const [clause, one] of Object.entries(controls.clauses)) {
    if (one.rule === 'separate') continue
    const noun = one.rule === 'approved-before-release' ? 'approval' : 'test sign-off'
    const wanted = one.rule === 'approved-before-release' ? one.approvals : one.signOffs
    const releases = category.flow.flatMap((stage, place) => (stage.kind === 'release' ? [place] : []))
    // A flow without a release takes effect at its end, so it must be approved by then; there is nothing to test.
    const ends = releases.length > 0 || one.rule === 'tested-before-release' ? releases : [category.flow.length]
    for (const place of ends) {
      const before = category.flow.slice(0, place)
      const least = one.rule === 'approved-before-release' ? leastApprovals(before) : leastSignOffs(before)
      if (least >= wanted) continue
      const stage = category.flow[place]?.name
      problems.push({
        where: `categories.${name}.flow${stage === undefined ? '' : `.${stage}`}`,
        problem: `${clause} (${one.because}) asks for ${wanted} ${noun}${wanted === 1 ? '' : 's'} before ${stage ?? 'the end'}, and the flow makes sure of ${least}`,
        clause,
      })
    }
  }
  return problems
}

/** More conditions than this are not tried out one by one. */
const mostConditions = 10

/**
 * The approvals that a flow makes sure of, whatever the form says: every way in which its conditions can come out is
 * tried, as if they had nothing to do with each other. Where no rule applies the change is blocked, so that does not
 * count. With very many conditions only what always applies counts.
 */
function leastApprovals(before: readonly Stage[]): number {
  const stages = before.filter(stage => stage.kind === 'approval')
  const conditions = stages.flatMap(({ requires, when }) => [
    ...(when === undefined ? [] : [when]),
    ...conditionsOf(requires),
  ])
  const questions = [...new Set(conditions.map(one => questionOf(one).question))]
  if (questions.length > mostConditions) {
    const sure = (_: Condition, among: Among) => among === 'any'
    return stages.reduce((sum, stage) => sum + (stage.when === undefined ? fewest(stage.requires, sure) : 0), 0)
  }
  let least = Number.POSITIVE_INFINITY
  for (let answers = 0; answers < 1 << questions.length; answers++) {
    const holds = (condition: Condition): boolean => {
      const { question, negated } = questionOf(condition)
      return ((answers >> questions.indexOf(question)) & 1) === (negated ? 0 : 1)
    }
    const applying = stages.filter(
      ({ requires, when }) => (when === undefined || holds(when)) && choicesOf(requires, holds).length > 0,
    )
    if (applying.length === 0) continue
    least = Math.min(
      least,
      applying.reduce((sum, { requires }) => sum + fewest(requires, holds), 0),
    )
  }
  return Number.isFinite(least) ? least : 0
}

/** A condition as a question that is asked once, and whether it asks for the opposite. */
function questionOf(condition: Condition): { question: string; negated: boolean } {
  let inner = condition
  let negated = false
  while ('not' in inner) {
    inner = inner.not
    negated = !negated
  }
  return { question: JSON.stringify(inner), negated }
}

/** The fewest persons with which a requirement can be met. */
function fewest(one: Requirement, applies: (condition: Condition, among: Among) => boolean): number {
  const choices = choicesOf(one, applies)
  return choices.length === 0 ? 0 : Math.min(...choices.map(personsIn))
}

const leastSignOffs = (before: readonly Stage[]): number =>
  before.reduce((sum, stage) => sum + (stage.kind === 'test' && stage.when === undefined ? stage.signOffs : 0), 0)
