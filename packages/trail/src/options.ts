import { beginning, CountersignError, unexpected } from './error.ts'

/**
 * Throws `CountersignError` `input` (facts `{ where, option }`) where the options are no object, or one of them has a name that
 * is not among those given. Otherwise an option that is misspelt would be ignored without a word: `readonly` instead of
 * `readOnly` would open a trail for writing.
 *
 * @example
 * ```ts
 * import { requireOptions } from '@countersign/trail'
 *
 * requireOptions('openFileStore', { readOnly: true }, ['readOnly'])
 * requireOptions('openFileStore', { readonly: true }, ['readOnly']) // throws there is no option readonly
 * ```
 */
export function requireOptions(where: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || (options as object | null) === null)
    throw new CountersignError(
      'input',
      `${where}: the options are ${options === null ? 'null' : typeof options}, and no object`,
      {
        facts: { where, option: '' },
      },
    )
  const strange = Object.keys(options).find(name => !names.includes(name))
  if (strange === undefined) return
  const option = beginning(strange)
  throw new CountersignError(
    'input',
    `${where}: there is no option ${option}; those that there are: ${names.join(', ')}`,
    { facts: { where, option } },
  )
}

/**
 * Throws `CountersignError` `input` where one of these options is there and is no list. Of a text in its place each letter would
 * be taken for a member.
 *
 * @example
 * ```ts
 * import { requireLists } from '@countersign/trail'
 *
 * requireLists('verifyTrail', { keys: [] }, ['keys'])
 * requireLists('verifyTrail', { keys: 'payments+…' }, ['keys']) // throws expected a list
 * ```
 */
export function requireLists<Options extends object>(
  where: string,
  options: Options,
  names: readonly (keyof Options & string)[],
): void {
  for (const name of names) {
    const given: unknown = options[name]
    if (given !== undefined && !Array.isArray(given))
      throw unexpected('input', `${where}: the option ${name}`, 'a list', { given })
  }
}
