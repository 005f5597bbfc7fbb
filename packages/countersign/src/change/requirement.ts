import { type Condition, conditionHolds } from '../policy/condition.ts'
import type { Form } from '../policy/form.ts'
import {
  type Choice,
  choicesOf,
  conditionsOf,
  type Electorate,
  fewestIn,
  isAskedFor,
  sharedRolesOf,
} from '../policy/requirement.ts'
import { type ApprovalStage, isForBrokenGlass, type SingleStage } from '../policy/stage.ts'
import { once } from '../values/once.ts'
import type { Change } from './change.ts'

/** A condition that cannot be answered counts as met: what is in doubt asks for more, not for less. */
export const applies = (change: Pick<Change, 'form'>, condition: Condition | undefined): boolean =>
  condition === undefined || conditionHolds(condition, change.form) !== false

/** Whether a stage is asked for on a change. */
export const isAsked = (change: Pick<Change, 'form' | 'glass'>, stage: SingleStage): boolean =>
  (change.glass?.used === true || !isForBrokenGlass(stage)) && applies(change, stage.when)

const none: readonly Choice[] = []

/** The ways to meet a stage in which nothing hangs on the change, found once; `false` where something does. */
const fixedChoices = once(({ requires }: ApprovalStage): readonly Choice[] | false => {
  const isFixed = conditionsOf(requires).length === 0 && sharedRolesOf(requires).length === 0
  return isFixed && choicesOf(requires, () => true)
})

/** The roles of which a stage asks a share, found once. */
export const sharesIn = once(({ requires }: ApprovalStage): readonly string[] => sharedRolesOf(requires))

/** Whether it is settled of how many the shares are that a stage asks for. Until it is, nothing is enough. */
export const hasElectorate = ({ electorates }: Pick<Change, 'electorates'>, stage: ApprovalStage): boolean =>
  electorates[stage.name] !== undefined || sharesIn(stage).length === 0

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
  { form, electorates, glass }: Pick<Change, 'form' | 'electorates' | 'glass'>,
  stage: ApprovalStage,
): readonly Choice[] {
  if (isForBrokenGlass(stage) && glass?.used !== true) return none
  const alike = fixedChoices(stage)
  if (alike !== false) return applies({ form }, stage.when) ? alike : none
  const electorate = electorates[stage.name]
  const byStage = worked.get(form) ?? new Map<ApprovalStage, Worked>()
  const known = byStage.get(stage)
  if (known !== undefined && known.electorate === electorate) return known.choices
  const choices = applies({ form }, stage.when)
    ? choicesOf(stage.requires, (condition, among) => isAskedFor(condition, form, among), electorate)
    : []
  worked.set(form, byStage.set(stage, { electorate, choices }))
  return choices
}

/** Whether a stage is asked for, and of somebody. */
export function asksAnybody(change: Change, stage: SingleStage): boolean {
  if (!isAsked(change, stage)) return false
  if (stage.kind !== 'approval' || sharedRolesOf(stage.requires).length > 0) return true
  const ways = choicesFor(change, stage)
  return fewestIn(ways) > 0
}

const rolesIn = once((choices: readonly Choice[]): readonly string[] => [
  ...new Set(choices.flatMap(choice => [...choice.keys()])),
])

/** The roles whose approval an approval stage asks for on this change. */
export const rolesAsked = (change: Change, stage: ApprovalStage): readonly string[] =>
  rolesIn(choicesFor(change, stage))
