import type { FormSchema } from '../policy/form.ts'
import type { Digest } from '../values/digest.ts'
import { type Governance, tables } from './governance.ts'
import { policyOf } from './in-force.ts'

/** The form of a category as a form generator takes it, and the policy in which it stands: as long as that is in force. */
export interface FormInForce {
  readonly policy: Digest
  /** JSON Schema 2020-12 of the `form` of a submission. Title, reason and content belong to every change beside it. */
  readonly schema: FormSchema & {
    readonly $schema: 'https://json-schema.org/draft/2020-12/schema'
    readonly title: string
    readonly description?: string
  }
}

/**
 * The form of a category under the policy in force for a team; `undefined` where there is none.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { formInForce } from 'countersign/governance'
 * const { desk } = await f0()
 * formInForce(desk.governance(), 't', 'normal')?.schema.required // → ['system', 'risk']
 * formInForce(desk.governance(), 't', 'unheard-of') // → undefined
 * ```
 */
export function formInForce(governance: Governance, team: string, category: string): FormInForce | undefined {
  const categories = policyOf(governance, team)?.categories ?? {}
  const found = Object.hasOwn(categories, category) ? categories[category] : undefined
  const policy = governance[tables].policyInForce.get(team)
  if (found === undefined || policy === undefined) return undefined
  const { form, description } = found
  // A trail keeps the order of lists only, so the fields that must be filled in come first, as they were written.
  const names = new Set([...form.required, ...Object.keys(form.properties)])
  const properties = Object.fromEntries(
    [...names].flatMap(name => {
      const field = form.properties[name]
      return field === undefined ? [] : [[name, field]]
    }),
  )
  return {
    policy,
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: category,
      ...(description === undefined ? {} : { description }),
      ...form,
      properties,
    },
  }
}
