import { type Refused, refuse } from '../decision/refusal.ts'
import type { Category } from '../policy/category.ts'
import { type Condition, conditionHolds } from '../policy/condition.ts'
import { type FormProblem, formProblems } from '../policy/form.ts'
import type { Policy } from '../policy/policy.ts'
import { conditionsIn, coversRelease, type SingleStage } from '../policy/stage.ts'
import { didYouMean } from '../values/near.ts'
import { once } from '../values/once.ts'
import { saysSomething } from '../values/text.ts'
import type { Change } from './change.ts'
import { applies, choicesFor } from './requirement.ts'
import { stagesIn, type World } from './world.ts'

// What every change has to pass that comes under the rules of a category: by its submission, by an edit, or by a move.

/** The policy in force for the team, under the controls in force. */
export function rulesFor(
  { governance }: World,
  { team }: Pick<Change, 'team'>,
): { readonly policy: Policy; readonly digest: string } | Refused {
  const digest = Object.hasOwn(governance.policyInForce, team) ? governance.policyInForce[team] : undefined
  const policy = digest === undefined ? undefined : governance.policies[digest]?.document
  if (digest === undefined || policy === undefined) {
    return refuse('policy.none', { team, near: didYouMean(team, Object.keys(governance.policyInForce)) })
  }
  return policy.complies.digest === governance.controlsInForce
    ? { policy, digest }
    : refuse('policy.outdated', { team, controls: policy.complies.controls })
}

/** What was found is entered as that, with the instant since when it has been in effect: no change becomes it later. */
export function lateFound({ retrospective }: Category, name: string) {
  if (retrospective === undefined) return undefined
  const problem = `${name} is for changes that were found; such a change is submitted as one, and says since when it is in effect`
  return refuse('form.invalid', { problems: [{ field: 'category', problem }] })
}

/** The conditions in a category's flow, each with its stage, found once. */
const conditionsByStage = once((category: Category): readonly (readonly [SingleStage, Condition])[] =>
  stagesIn(category).flatMap(stage => conditionsIn(stage).map(condition => [stage, condition] as const)),
)

/** An emergency names its incident by something that can be read. */
function incidentProblems({ emergency }: Category, form: Change['form']): readonly FormProblem[] {
  const incident = emergency === undefined ? undefined : form[emergency.incident]
  if (emergency === undefined || typeof incident !== 'string' || saysSomething(incident)) return []
  return [{ field: emergency.incident, problem: 'must say something' }]
}

/** A form that does not fit, a condition that cannot be answered, or no rule that applies: nothing goes on from there. */
export function formRefusal(category: Category, form: Change['form']) {
  const unfit = formProblems(category.form, form)
  const problems = unfit.length > 0 ? unfit : incidentProblems(category, form)
  if (problems.length > 0) return refuse('form.invalid', { problems: problems.map(one => ({ ...one })) })
  const stages = stagesIn(category)
  const asked = { form, electorates: {}, glass: undefined }
  for (const [stage, condition] of conditionsByStage(category)) {
    if (conditionHolds(condition, form) === 'unknown')
      return refuse('policy.unknown-field', { stage: stage.name, condition: JSON.stringify(condition) })
  }
  // Each release that applies must have a rule before it that applies and covers where it puts the change into effect; a
  // flow without one, a rule at all.
  const releases = stages.filter(stage => stage.kind === 'release').filter(stage => applies({ form }, stage.when))
  for (const end of releases.length === 0 ? [undefined] : releases) {
    const place = end === undefined ? stages.length : stages.indexOf(end)
    const before = stages.slice(0, place).filter(one => one.kind === 'approval')
    if (before.some(one => coversRelease(one, end) && choicesFor(asked, one).length > 0)) continue
    return refuse('policy.no-rule', { stages: before.map(one => one.name), before: end?.name ?? null })
  }
  return undefined
}
