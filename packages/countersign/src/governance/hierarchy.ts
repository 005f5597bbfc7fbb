import type { Tables } from './governance.ts'

/**
 * A role and every role that inherits it, near or far, each once. Whoever holds one of these holds the role. A role
 * inherits only what was there before it, so there is no circle.
 */
export function seniorsOf({ seniors }: Tables, role: string): readonly string[] {
  if (!seniors.has(role)) return [role]
  const found = new Set([role])
  for (const one of found) for (const senior of seniors.get(one) ?? []) found.add(senior)
  return [...found]
}
