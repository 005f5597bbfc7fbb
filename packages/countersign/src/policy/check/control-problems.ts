import { type Outcome, outcomesOf, untried } from '../cases.ts'
import type { Category } from '../category.ts'
import type { Condition } from '../condition.ts'
import type { Controls } from '../controls.ts'
import { reviewsApart } from '../duty.ts'
import type { Policy } from '../policy.ts'
import { type Among, choicesOf, personsIn, type Requirement } from '../requirement.ts'
import {
  type ApprovalStage,
  conditionsIn,
  coversRelease,
  isForBrokenGlass,
  isOwed,
  type ReleaseStage,
  type SingleStage,
  singlesOf,
} from '../stage.ts'
import type { PolicyProblem } from './problem.ts'

/** The clauses of the controls that a category falls short of, each cited. */
export function controlProblems(name: string, category: Category, policy: Policy, controls: Controls): PolicyProblem[] {
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
          ? leastApprovals(category, policy, before, end?.kind === 'release' ? end : undefined)
          : leastSignOffs(category, before)
      if (least.count >= wanted) continue
      const stage = end?.name
      problems.push({
        where: `categories.${name}.flow${stage === undefined ? '' : `.${stage}`}`,
        problem: `${clause} (${one.because}) asks for ${wanted} ${noun}${wanted === 1 ? '' : 's'} before ${stage ?? 'the end'}, and the flow makes sure of ${least.count}${least.where}${category.emergency === undefined ? '' : authorised}`,
        clause,
      })
    }
  }
  return problems
}

/** An emergency goes quicker, and not by itself. */
const authorised =
  "; in an emergency, too, somebody gives that before, or breaks the glass where the clause says { breakGlass: 'allowed' }"

/** The fewest that a flow makes sure of, and where. */
interface Least extends Pick<Outcome, 'where'> {
  readonly count: number
}

type Applies = (condition: Condition, among?: Among) => boolean

/**
 * The approvals that a flow makes sure of, whatever the form says, by different persons. Where no rule applies the change is
 * blocked, so that does not count. Where there are too many cases to try them out, only what always applies counts.
 */
function leastApprovals(
  category: Category,
  policy: Policy,
  before: readonly SingleStage[],
  end: ReleaseStage | undefined,
): Least {
  const stages = before.filter(stage => stage.kind === 'approval').filter(stage => coversRelease(stage, end))
  const sum = (some: readonly ApprovalStage[], applies: Applies) =>
    sumOf(some.map(one => fewest(one.requires, applies)))
  // Whoever may review what they authorised is one person all the same.
  const isOnePerson = reviewsApart(policy)
  const persons = (some: readonly ApprovalStage[], applies: Applies) =>
    isOnePerson
      ? Math.max(
          sum(some.filter(isOwed), applies),
          sum(
            some.filter(one => !isOwed(one)),
            applies,
          ),
        )
      : sum(some, applies)
  const outcomes = outcomesOf(category.form, stages.flatMap(conditionsIn))
  if (outcomes === undefined) {
    const always = stages.filter(stage => stage.when === undefined)
    return { count: persons(always, (_, among) => among === 'any'), where: ` of what always applies${untried}` }
  }
  return leastOf(
    outcomes.flatMap(({ holds, where }) => {
      const applying = stages.filter(
        ({ requires, when }) => (when === undefined || holds(when)) && choicesOf(requires, holds).length > 0,
      )
      return applying.length === 0 ? [] : [{ count: persons(applying, holds), where }]
    }),
  )
}

/** The same of sign-offs: a test that is asked for in no case is none. */
function leastSignOffs({ form }: Category, before: readonly SingleStage[]): Least {
  const stages = before.filter(stage => stage.kind === 'test')
  const asked = (applies: Applies) =>
    sumOf(stages.filter(({ when }) => when === undefined || applies(when)).map(one => one.signOffs))
  const outcomes = outcomesOf(form, stages.flatMap(conditionsIn))
  if (outcomes === undefined) return { count: asked(() => false), where: ` of what always applies${untried}` }
  return leastOf(outcomes.map(({ holds, where }) => ({ count: asked(holds), where })))
}

const leastOf = (found: readonly Least[]): Least =>
  found.reduce((least, one) => (one.count < least.count ? one : least), found[0] ?? { count: 0, where: '' })

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** The fewest persons with which a requirement can be met: of a share, whose whole is not known yet, one. */
function fewest(one: Requirement, applies: Applies): number {
  const choices = choicesOf(one, applies)
  return choices.length === 0 ? 0 : Math.min(...choices.map(personsIn))
}
