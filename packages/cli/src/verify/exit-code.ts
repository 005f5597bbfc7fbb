import { requireOptions } from '@countersign/trail'
import type { Verdict } from 'countersign/verify'

/** 2 is for calls and files that give no verdict. */
export type ExitCode = 0 | 1 | 3 | 4 | 5

/**
 * Whether a checkpoint holds any of the trail. One of size 0 matches every trail, so it holds nothing.
 *
 * @example
 * ```ts
 * import { isAnchored } from '@countersign/cli'
 * isAnchored({ anchoredSize: 0 }) // → false
 * ```
 */
export const isAnchored = (verdict: Pick<Verdict, 'anchoredSize'>): boolean => verdict.anchoredSize > 0

/**
 * Whether a checkpoint holds any of it that a key has signed which the auditor gave, or to which such a key leads. Whoever
 * forges a trail can name a key in it and sign a checkpoint with that, so such a one is no anchor that was asked for.
 */
const isRequiredAnchor = ({ anchoring }: Partial<Pick<Verdict, 'anchoring'>>): boolean =>
  anchoring !== undefined && Math.max(anchoring.givenKey, anchoring.earlierKey, anchoring.handedOn) > 0

/**
 * The exit code that a verdict comes to, the gravest first: 1 broken, 3 unjustified, 4 torn (the trail, or its openings), 5 an anchor was required
 * and none counts, or witnesses were asked for and too few have seen all that is held, 0 everything that was asked for holds.
 *
 * @example
 * ```ts
 * import { exitCodeOf } from '@countersign/cli'
 * exitCodeOf({ status: 'sound', anchoredSize: 0 }) // → 0
 * exitCodeOf({ status: 'sound', anchoredSize: 0 }, { requireAnchor: true }) // → 5
 * ```
 */
export function exitCodeOf(
  verdict: Pick<Verdict, 'status' | 'anchoredSize'> & Partial<Pick<Verdict, 'anchoring'>>,
  options: { readonly requireAnchor?: boolean } = {},
): ExitCode {
  requireOptions('exitCodeOf', options, ['requireAnchor'])
  switch (verdict.status) {
    case 'broken':
      return 1
    case 'unjustified':
      return 3
    case 'torn':
      return 4
    case 'sound':
      if (verdict.anchoring?.witnesses === 'not enough') return 5
      return options.requireAnchor === true && !isRequiredAnchor(verdict) ? 5 : 0
    default:
      return verdict.status satisfies never
  }
}
