import { canonical } from '@countersign/trail'
import type { Category } from './category.ts'
import type { PolicyProblem } from './check.ts'
import type { Condition } from './condition.ts'
import type { Controls } from './controls.ts'
import { type Among, choicesOf, conditionsOf, personsIn, type Requirement } from './requirement.ts'
import { coversRelease, isForBrokenGlass, type ReleaseStage, type SingleStage, singlesOf } from './stage.ts'

/** The clauses of the controls that a category falls short of, each cited. */
export function controlProblems(name: string, category: Category, controls: Controls): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  for (const [clause, one] of Object.entries(controls.clauses)) {
    if (one.rule === 'separate') continue
    const noun = one.rule === 'approved-before-release' ? 'approval' : 'test sign-off'
    if (!category.material.includes('content')) {
      problems.push({
        where: `categories.${name}.material`,
        problem: `${clause} (${one.because}) asks for what is put into effect to be what was ${one.rule === 'approved-before-release' ? 'approved' : 'tested'}, and content is not material here: it could be replaced afterwards`,
        clause,
      })
    }
    const wanted = one.rule === 'approved-before-release' ? one.approvals : one.signOffs
    // What is only asked for where the glass was broken makes sure of nothing.
    const flow = singlesOf(category.flow).filter(stage => !isForBrokenGlass(stage))
    const releases = flow.flatMap((stage, place) => (stage.kind === 'release' ? [place] : []))
    // A flow without a release takes effect at its end, so it must be approved by then; there is nothing to test.
    const ends = releases.length > 0 || one.rule === 'tested-before-release' ? releases : [flow.length]
    for (const place of ends) {
      const before = flow.slice(0, place)
      const end = flow[place]
      const least =
        one.rule === 'approved-before-release'
          ? leastApprovals(before, end?.kind === 'release' ? end : undefined)
          : leastSignOffs(before)
      if (least >= wanted) continue
      const stage = end?.name
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
function leastApprovals(before: readonly SingleStage[], end: ReleaseStage | undefined): number {
  const stages = before.filter(stage => stage.kind === 'approval').filter(stage => coversRelease(stage, end))
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
  return { question: canonical(inner), negated }
}

/** The fewest persons with which a requirement can be met: of a share, whose whole is not known yet, one. */
function fewest(one: Requirement, applies: (condition: Condition, among: Among) => boolean): number {
  const choices = choicesOf(one, applies)
  return choices.length === 0 ? 0 : Math.min(...choices.map(personsIn))
}

const leastSignOffs = (before: readonly SingleStage[]): number =>
  before.reduce((sum, stage) => sum + (stage.kind === 'test' && stage.when === undefined ? stage.signOffs : 0), 0)
