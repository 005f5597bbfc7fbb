import { changed, type Folds, unchanged } from './fold.ts'

/** When the change is to be put into effect. */
export const planFolds: Folds<'change.scheduled' | 'plan.frozen'> = {
  'change.scheduled': (change, { from, until }) => changed(change, { plan: { from, until } }),
  'plan.frozen': unchanged,
}
