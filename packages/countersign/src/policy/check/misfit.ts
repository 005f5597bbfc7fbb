import { didYouMean } from '../../values/near.ts'
import type { Condition } from '../condition.ts'
import { boundsOf, type FormSchema } from '../form.ts'

/** The claims of a condition that no filled-in form could ever make true, or that compare what cannot be compared. */
export function misfits(condition: Condition, form: FormSchema): string[] {
  if ('not' in condition) return misfits(condition.not, form)
  if ('every' in condition) return condition.every.flatMap(one => misfits(one, form))
  if ('some' in condition) return condition.some.flatMap(one => misfits(one, form))
  const field = form.properties[condition.field]
  if (field === undefined) return []
  const name = condition.field
  if ('atLeast' in condition || 'below' in condition) {
    if (field.type !== 'integer') return [`${name} is no number (${field.type}), so it has no size to ask about`]
    const { least, most } = boundsOf(field)
    if ('atLeast' in condition) return condition.atLeast > most ? [`${name} is never ${condition.atLeast} or more`] : []
    return condition.below <= least ? [`${name} is never below ${condition.below}`] : []
  }
  if ('includes' in condition) {
    if (field.type !== 'array') return [`${name} is no list (${field.type}), so nothing can be among it`]
    return unlisted(name, condition.includes, field.items.enum)
  }
  const values = 'is' in condition ? [condition.is] : condition.oneOf
  return values.flatMap(value => {
    const kind = typeof value === 'number' ? 'integer' : typeof value
    if (kind !== field.type) return [`${name} is ${field.type}, and ${JSON.stringify(value)} is ${kind}`]
    if (field.type === 'integer') {
      const { least, most } = boundsOf(field)
      return Number(value) < least || Number(value) > most ? [`${name} is never ${JSON.stringify(value)}`] : []
    }
    const only = field.const === undefined ? undefined : [field.const]
    return unlisted(name, value, field.type === 'string' ? (field.enum ?? only) : only)
  })
}

const unlisted = (name: string, value: unknown, options: readonly (string | boolean)[] | undefined): string[] =>
  options === undefined || options.some(option => option === value)
    ? []
    : [`${name} is never ${JSON.stringify(value)}${didYouMean(String(value), options.map(String))}`]
