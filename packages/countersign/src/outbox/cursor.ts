import { type Instant, parseInstant } from '../values/instant.ts'

/** How far somebody has been told: so many entries, and, where they were told all of it, the time up to an instant. */
export interface Cursor {
  readonly size: number
  readonly at: Instant
}

/** `128@2026-03-02T10:00:00.000Z`; `128` where more was left; `0` before anything. */
export const cursorText = ({ size, at }: Cursor): string => (at === '' ? `${size}` : `${size}@${at}`)

/** Reads a cursor; `undefined` where it is none. */
export function parseCursor(text: string): Cursor | undefined {
  const [, size, at] = /^(0|[1-9]\d{0,14})(?:@(.+))?$/.exec(text) ?? []
  if (size === undefined) return undefined
  const instant = at === undefined ? '' : parseInstant(at)
  return instant === undefined || (at !== undefined && instant !== at) ? undefined : { size: Number(size), at: instant }
}
