import { isKeyName } from '@countersign/trail'
import { text } from './text.ts'

/** The name of a trail, which is that of the key that signs its checkpoints. */
export const originText = text(200).refine(isKeyName, {
  error: 'an origin has no spaces, no control characters and no +',
})
