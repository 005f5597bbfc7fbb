import * as z from 'zod'
import { digestText } from './digest-text.ts'

/** What stands in the place of a private value: a commitment to it, which says nothing once its salt is gone. */
export const commitment = z.strictObject({ commitment: digestText })

export type Commitment = Readonly<z.infer<typeof commitment>>

/** Whether a value is a commitment, and not one of the values that a field holds in clear. */
export const isCommitment = (value: unknown): value is Commitment =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
