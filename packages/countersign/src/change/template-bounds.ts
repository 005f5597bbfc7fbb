import type { Template } from '../governance/template.ts'
import type { Of } from './step.ts'

/** The fields that a ticket fills in otherwise than its template allows. Title and reason are always the ticket's own. */
export function fieldsOut(
  { fixed, editable }: Pick<Template, 'fixed' | 'editable'>,
  { form, content }: Pick<Of<'revise'>, 'form' | 'content'>,
): string[] {
  const out = Object.entries(form ?? {})
    .filter(([name, value]) => {
      if (editable.includes(name)) return false
      return !Object.hasOwn(fixed, name) || JSON.stringify(fixed[name]) !== JSON.stringify(value)
    })
    .map(([name]) => name)
  return content === undefined || editable.includes('content') ? out : [...out, 'content']
}
