import { once } from '../values/once.ts'
import type { Category } from './category.ts'
import type { Policy } from './policy.ts'
import type { Stage } from './stage.ts'

type MemberOf<One> = One extends unknown ? keyof One : never

/** Every member that a stage of any kind may have, so that it can have it as `undefined`. */
const members: Readonly<Record<MemberOf<Stage>, undefined>> = {
  kind: undefined,
  name: undefined,
  when: undefined,
  by: undefined,
  duty: undefined,
  checklist: undefined,
  signOffs: undefined,
  evidence: undefined,
  requires: undefined,
  carriedFrom: undefined,
  veto: undefined,
  validFor: undefined,
  leavers: undefined,
  onResubmit: undefined,
  environments: undefined,
  within: undefined,
  remedyWithin: undefined,
  onlyAfter: undefined,
  environment: undefined,
  during: undefined,
  stages: undefined,
}

/**
 * The same policy, each of whose stages has all members that a stage of any kind may have, `undefined` where it has none: so the
 * engine reads every stage in the same way, and a decision takes some hundredths less. It is for deciding, and not for writing
 * down: `undefined` has no canonical form.
 */
export const evened = once((policy: Policy): Policy => {
  const categories = Object.entries(policy.categories).map(([id, category]): [string, Category] => {
    return [id, { ...category, flow: category.flow.map(evenedStage) }]
  })
  return { ...policy, categories: Object.fromEntries(categories) }
})

const evenedStage = (stage: Stage): Stage =>
  stage.kind === 'parallel' ? { ...even(stage), stages: stage.stages.map(even) } : even(stage)

const even = <One extends Stage>(stage: One): One => Object.assign({ ...members }, stage)
