/** How some lengths of time are spread, in milliseconds. Percentiles are values that came about (nearest rank). */
export interface Spread {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p85: number
  readonly p95: number
  readonly most: number
}

/**
 * The spread of some lengths; `undefined` where there are none.
 *
 * @example
 * ```ts
 * import { spreadOf } from 'countersign/metrics'
 * spreadOf([1, 2, 6]) // → { count: 3, mean: 3, p50: 2, p85: 6, p95: 6, most: 6 }
 * spreadOf([]) // → undefined
 * ```
 */
export function spreadOf(lengths: readonly number[]): Spread | undefined {
  if (lengths.length === 0) return undefined
  const sorted = lengths.toSorted((a, b) => a - b)
  const at = (percent: number) => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0
  const sum = sorted.reduce((total, one) => total + one, 0)
  return { count: sorted.length, mean: sum / sorted.length, p50: at(50), p85: at(85), p95: at(95), most: at(100) }
}
