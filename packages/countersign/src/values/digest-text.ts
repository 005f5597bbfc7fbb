import * as z from 'zod'

/** A digest as it is written down: 64 lower-case hex digits. */
export const digestText = z.string().regex(/^[0-9a-f]{64}$/, { error: 'a digest is 64 lower-case hex digits' })
