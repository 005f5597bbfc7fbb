import { isKeyName } from '@countersign/trail'
import { safeParse } from './safe-parse.ts'
import { text } from './text.ts'

/** The name of a trail, which is that of the key that signs its checkpoints. */
export const originText = text(200).refine(isKeyName, {
  error: 'an origin has no spaces, no control characters and no +',
})

/**
 * Why a name cannot be the origin of a trail, as a founding tells it; nothing where it can. Whoever makes a key for a trail asks
 * this, as the key has the name of the trail.
 *
 * @example
 * ```ts
 * import { originProblem } from 'countersign'
 * originProblem('trail.example/payments') // → undefined
 * originProblem('—') // → 'must say something'
 * ```
 */
export function originProblem(name: string): string | undefined {
  const read = safeParse(originText, name)
  return read.success ? undefined : read.error.issues[0]?.message
}
