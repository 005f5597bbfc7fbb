import * as z from 'zod'
import { commitment } from '../values/commitment.ts'
import { title } from '../values/text.ts'

/** A person's name in clear, or a commitment to it, which says nothing once its salt is gone. */
export const personName = z.union([title, commitment])

export type PersonName = z.infer<typeof personName>
