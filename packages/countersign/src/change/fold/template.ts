import { changed, type Folds } from './fold.ts'

/** The template that a standard change follows, until it leaves the bounds of that and is standard no more. */
export const templateFolds: Folds<'template.applied' | 'standard.lost'> = {
  'template.applied': (change, { name, version, digest, fixed }) =>
    changed(change, { template: { name, version, digest }, form: { ...fixed, ...change.form } }),
  'standard.lost': (change, { category }) =>
    changed(change, { template: undefined, category, tasks: [], electorates: {} }),
}
