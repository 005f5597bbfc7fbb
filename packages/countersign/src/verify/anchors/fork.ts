import type { Fork, Hash } from '@countersign/trail'
import { type Finding, integrityFinding } from '../finding.ts'
import type { Examined, Measure } from './checkpoint.ts'

/**
 * Two checkpoints that keys of the log have signed, and that cannot both be of one history. `proof` is there where it
 * takes none, because both have the same size; else it is made of the leaf hashes of the trail (`ConsistencyProver`), and
 * then the whole is a proof that can be handed on (`formatFork`).
 */
export interface ForkFound extends Omit<Fork, 'proof'> {
  readonly smallerName: string
  readonly largerName: string
  /** Which of the two lies in the bundle that is judged, where one does. */
  readonly inBundle?: 'smaller' | 'larger'
  readonly smallerSize: number
  readonly largerSize: number
  readonly proof?: readonly Hash[]
}

/**
 * The contradictions among signed checkpoints, one for each that the trail does not agree with: against another one of
 * the same size, or else against the next larger one with which the trail agrees. Two roots of one size are told once.
 *
 * One of no entries contradicts none: it has the wrong root by itself, and no proof leads from the empty tree.
 *
 * Two of different sizes do not contradict each other where the larger one is not of this trail: it may be of another one
 * that begins in the same way, and nobody can tell without that trail.
 */
export function forksAmong(
  signed: readonly Examined[],
  { origin, rootAt }: Measure,
  report: (finding: Finding) => void,
): ForkFound[] {
  const ours = signed.filter(({ checkpoint }) => origin === undefined || checkpoint.origin === origin)
  const bySize = ours.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size)
  const forks: ForkFound[] = []
  const told = new Set<string>()
  for (const one of bySize) {
    if (one.agrees || one.checkpoint.size === 0) continue
    const { size, root } = one.checkpoint
    const alike = bySize.filter(({ checkpoint }) => checkpoint.origin === one.checkpoint.origin)
    const other =
      alike.find(({ checkpoint }) => checkpoint.size === size && checkpoint.root !== root) ??
      alike.find(({ agrees, checkpoint }) => agrees && checkpoint.size > size)
    if (other === undefined) continue
    const right = other.checkpoint.size === size ? other.checkpoint.root : rootAt(size)
    if (right === undefined) continue
    // Two that both disagree with the trail are one contradiction, from whichever side it is looked at.
    const pair = `${size} ${root < right ? `${root} ${right}` : `${right} ${root}`}`
    if (told.has(pair)) continue
    told.add(pair)
    const by = (value: Hash, { name }: Examined) => `${value}, by the checkpoint ${name}`
    report(integrityFinding('checkpoint.fork', size, by(right, other), by(root, one)))
    forks.push({
      smaller: one.note,
      larger: other.note,
      smallerName: one.name,
      largerName: other.name,
      smallerSize: size,
      largerSize: other.checkpoint.size,
      root: right,
      ...(one.inBundle ? { inBundle: 'smaller' } : other.inBundle ? { inBundle: 'larger' } : {}),
      ...(other.checkpoint.size === size ? { proof: [] } : {}),
    })
  }
  return forks
}
