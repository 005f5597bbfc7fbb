import { type Condition, holds as conditionHolds } from '../policy/condition.ts'
import type { Form } from '../policy/form.ts'
import { type Choice, choicesOf, type Electorate } from '../policy/requirement.ts'
import type { ApprovalStage } from '../policy/stage.ts'
import type { Change } from './change.ts'

/** A condition that cannot be answered counts as met: what is in doubt asks for more, not for less. */
export const applies = (change: Pick<Change, 'form'>, condition: Condition | undefined): boolean =>
  condition === undefined || conditionHolds(condition, change.form) !== false

interface Worked {
  readonly electorate: Electorate | undefined
  readonly choices: readonly Choice[]
}

const worked = new WeakMap<Form, Map<ApprovalStage, Worked>>()

/**
 * The ways in which an approval stage can be met, as far as its conditions apply to this change. They hang on the form
 * and on the recorded electorate and on nothing else, so they are worked out once for each.
 */
export function choicesFor(
  { form, electorates }: Pick<Change, 'form' | 'electorates'>,
  stage: ApprovalStage,
): readonly Choice[] {
  const electorate = electorates[stage.name]
  const byStage = worked.get(form) ?? new Map<ApprovalStage, Worked>()
  const known = byStage.get(stage)
  if (known !== undefined && known.electorate === electorate) return known.choices
  const choices = applies({ form }, stage.when)
    ? choicesOf(stage.requires, condition => applies({ form }, condition), electorate)
    : []
  worked.set(form, byStage.set(stage, { electorate, choices }))
  return choices
}
