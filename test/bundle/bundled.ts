import { bodiesOf, type Lines } from '@countersign/testing/tamper'
import { leafHash, rootOf, signCheckpoint, signerKey } from '@countersign/trail'
import { BundleChooser, BundleMaker, type BundleVerdict, verifyBundle } from 'countersign/bundle'

const signer = signerKey('trail.example/scenario', new Uint8Array(32).fill(7))

/** The bundle of a change, as of the whole of a trail. */
export function bundleOf(lines: Lines, change: string): Uint8Array {
  const checkpoint = { origin: signer.name, size: lines.length, root: rootOf(lines.map(leafHash)) }
  const chooser = new BundleChooser()
  for (const line of lines) chooser.entry(line)
  const maker = new BundleMaker(chooser.choose(change), checkpoint, signCheckpoint(checkpoint, signer))
  for (const [seq, line] of lines.entries()) maker.entry(seq, line, leafHash(line))
  return maker.finish()
}

/** The verdict on the bundle of each change of a trail. */
export function bundleVerdicts(lines: Lines): BundleVerdict[] {
  const changes = bodiesOf(lines).flatMap(({ command }) => (command as { change?: string }).change ?? [])
  return [...new Set(changes)].map(change => verifyBundle(bundleOf(lines, change)))
}
