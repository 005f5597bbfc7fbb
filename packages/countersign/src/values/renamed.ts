/** What a name has become: the new one where the names say so, or the same. No name is found that every object inherits. */
export const renamed = (names: Readonly<Record<string, string>>, name: string): string =>
  (Object.hasOwn(names, name) ? names[name] : undefined) ?? name
