import { outcomesOf } from './cases.ts'
import type { Category } from './category.ts'
import type { PolicyProblem } from './check.ts'
import type { Condition } from './condition.ts'
import type { Controls } from './controls.ts'
import type { FormSchema } from './form.ts'
import { type Among, choicesOf, personsIn, type Requirement } from './requirement.ts'
import { coversRelease, isForBrokenGlass, type ReleaseStage, type SingleStage, singlesOf } from './stage.ts'
import { conditionsIn } from './unreached.ts'

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
    // A flow without a release takes effect at its end, so all that is asked for before one must be there by then.
    const ends = releases.length > 0 ? releases : [flow.length]
    for (const place of ends) {
      const before = flow.slice(0, place)
      const end = flow[place]
      const least =
        one.rule === 'approved-before-release'
          ? leastApprovals(category.form, before, end?.kind === 'release' ? end : undefined)
          : leastSignOffs(category.form, before)
      if (least.count >= wanted) continue
      const where = least.where === '' ? '' : ` where ${least.where}`
      const stage = end?.name
      problems.push({
        where: `categories.${name}.flow${stage === undefined ? '' : `.${stage}`}`,
        problem: `${clause} (${one.because}) asks for ${wanted} ${noun}${wanted === 1 ? '' : 's'} before ${stage ?? 'the end'}, and the flow makes sure of ${least.count}${where}`,
        clause,
      })
    }
  }
  return problems
}

/** The fewest that a flow makes sure of, and in which case. */
interface Least {
  readonly count: number
  readonly where: string
}

/**
 * The approvals that a flow makes sure of, whatever the form says. Where no rule applies the change is blocked, so that
 * does not count. Where there are too many cases to try them out, only what always applies counts.
 */
function leastApprovals(form: FormSchema, before: readonly SingleStage[], end: ReleaseStage | undefined): Least {
  const stages = before.filter(stage => stage.kind === 'approval').filter(stage => coversRelease(stage, end))
  const outcomes = outcomesOf(form, stages.flatMap(conditionsIn))
  if (outcomes === undefined) {
    const sure = (_: Condition, among: Among) => among === 'any'
    return {
      count: sumOf(stages.filter(stage => stage.when === undefined).map(one => fewest(one.requires, sure))),
      where: '',
    }
  }
  return leastOf(
    outcomes.flatMap(({ holds, told }) => {
      const applying = stages.filter(
        ({ requires, when }) => (when === undefined || holds(when)) && choicesOf(requires, holds).length > 0,
      )
      return applying.length === 0
        ? []
        : [{ count: sumOf(applying.map(one => fewest(one.requires, holds))), where: told }]
    }),
  )
}

/** The same of sign-offs: a test that is asked for in no case is none. */
function leastSignOffs(form: FormSchema, before: readonly SingleStage[]): Least {
  const stages = before.filter(stage => stage.kind === 'test')
  const outcomes = outcomesOf(form, stages.flatMap(conditionsIn))
  const asked = (holds: (condition: Condition) => boolean) =>
    sumOf(stages.filter(({ when }) => when === undefined || holds(when)).map(one => one.signOffs))
  if (outcomes === undefined) return { count: asked(() => false), where: '' }
  return leastOf(outcomes.map(({ holds, told }) => ({ count: asked(holds), where: told })))
}

const leastOf = (found: readonly Least[]): Least =>
  found.reduce((least, one) => (one.count < least.count ? one : least), found[0] ?? { count: 0, where: '' })

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** The fewest persons with which a requirement can be met: of a share, whose whole is not known yet, one. */
function fewest(one: Requirement, applies: (condition: Condition, among: Among) => boolean): number {
  const choices = choicesOf(one, applies)
  return choices.length === 0 ? 0 : Math.min(...choices.map(personsIn))
}
