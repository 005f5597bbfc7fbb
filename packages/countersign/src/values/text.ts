import * as z from 'zod'

/**
 * A letter, a digit or a pictograph that can be seen: blanks and invisible characters say nothing. Of a lone surrogate
 * (`Cs`) it is said that it is none of these by what is asked next, so that there is one complaint and not two.
 */
const visible = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{Extended_Pictographic}\p{Cs}]/u

/** Whether there is something to read in a text. */
export const saysSomething = (text: string): boolean => visible.test(text)

/**
 * Bounded free text with something in it. It is kept as it was given: no Unicode normalisation, so what is hashed is
 * what was written. A lone surrogate has no UTF-8 form and is refused.
 */
export const text = (most: number) =>
  z
    .string()
    .max(most)
    .regex(visible, { error: 'must say something' })
    .refine(value => value.isWellFormed(), { error: 'must be well-formed Unicode' })

export const title = text(200)
export const reason = text(4_000)
export const comment = text(2_000)
export const because = text(400)
