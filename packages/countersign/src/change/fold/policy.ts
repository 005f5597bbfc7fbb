import { changed, type Folds } from './fold.ts'
import { edited, holding } from './held.ts'

export const policyFolds: Folds<'change.migrated'> = {
  'change.migrated': (change, { policy, digest, editor, asksLess = false, stages = {} }, { at, when }) => {
    const renamed = <One extends { readonly stage: string }>(list: readonly One[]): readonly One[] =>
      list.map(one => {
        const stage = Object.hasOwn(stages, one.stage) ? stages[one.stage] : undefined
        return stage === undefined ? one : { ...one, stage }
      })
    return changed(edited(change, asksLess), {
      policy,
      digest,
      migrated: at,
      held: editor === undefined ? change.held : holding(change, 'make', [editor], 'edited', when),
      approvals: renamed(change.approvals),
      signOffs: renamed(change.signOffs),
      tasks: renamed(change.tasks),
      ticks: renamed(change.ticks),
      releases: renamed(change.releases),
      rejections: renamed(change.rejections),
      obligations: renamed(change.obligations),
      electorates: {},
    })
  },
}
