import type { Category } from '../policy/category.ts'
import type { Form } from '../policy/form.ts'
import { type Digest, digestOf } from '../values/digest.ts'

/** The parts of a change of which some are material. */
interface Substance {
  readonly team: string
  readonly category: string
  readonly title: string
  readonly reason: string
  readonly form: Form
  readonly content?: Digest | undefined
}

/**
 * The digest that an approval binds to: of the team, the category, and every part that the category calls material. A
 * part that is not there counts as `null`, so that leaving something out is not the same as never having had it.
 *
 * @example
 * ```ts
 * import { f0, fixturePolicy } from '@countersign/testing'
 * import { materialDigest } from 'countersign/change'
 * const change = (await f0()).change('K')
 * const { normal } = fixturePolicy().categories
 * materialDigest(normal, change) === change.digest // → true
 * materialDigest(normal, { ...change, form: { ...change.form, risk: 'high' } }) === change.digest // → false
 * ```
 */
export function materialDigest(category: Category, change: Substance): Digest {
  const parts: Record<string, unknown> = {}
  for (const name of category.material) {
    parts[name] =
      name === 'title'
        ? change.title
        : name === 'reason'
          ? change.reason
          : name === 'content'
            ? (change.content ?? null)
            : ((Object.hasOwn(change.form, name) ? change.form[name] : undefined) ?? null)
  }
  return digestOf('material', { team: change.team, category: change.category, parts })
}
