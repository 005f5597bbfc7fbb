import { decodeUtf8, encodeUtf8, leafHash, rootOf, SharedProof, signCheckpoint } from '@countersign/trail'
import { BundleChooser, BundleMaker, formatBundle, parseBundle } from 'countersign/bundle'
import { bodiesOf, type LooseBody } from '../tamper.ts'
import { commandOf, did, type Fault, fault, type Sound } from './fault.ts'

/** The evidence about the first change on which somebody has approved something. */
function bundleOf({ lines, signer }: Sound): Uint8Array | undefined {
  const approval = bodiesOf(lines).find(did('approve'))
  if (approval === undefined) return undefined
  const checkpoint = { origin: signer.name, size: lines.length, root: rootOf(lines.map(leafHash)) }
  const chooser = new BundleChooser()
  for (const line of lines) chooser.entry(line)
  const chosen = chooser.choose(commandOf(approval).change as string)
  const maker = new BundleMaker(chosen, checkpoint, signCheckpoint(checkpoint, signer))
  for (const [seq, line] of lines.entries()) maker.entry(seq, line, leafHash(line))
  return maker.finish()
}

/**
 * A bundle that somebody who has the whole trail has put together without some entries: all else in it is right. Only what
 * something in the change comes after is missed: what came last may not have been there when the bundle was made.
 */
const leftOut =
  (isLeft: (body: LooseBody) => boolean): Fault['make'] =>
  sound => {
    const whole = bundleOf(sound)
    if (whole === undefined) return undefined
    const { change, note, streams, entries } = parseBundle(whole)
    const bodies = bodiesOf(entries)
    const last = bodies.findLast(body => body.stream === `change/${change}`)?.seq ?? 0
    const kept = entries.filter((_, at) => {
      const body = bodies[at]
      return body === undefined || body.seq >= last || !isLeft(body)
    })
    if (kept.length === entries.length) return undefined
    const left = bodiesOf(kept)
    const shared = new SharedProof(
      left.map(one => one.seq),
      sound.lines.length,
    )
    for (const line of sound.lines) shared.append(leafHash(line))
    const counted = streams.map(({ stream }) => ({ stream, entries: left.filter(one => one.stream === stream).length }))
    const told = counted.filter(one => one.entries > 0)
    return { bundle: formatBundle({ change, note, entries: kept, hashes: shared.finish(), streams: told }) }
  }

const changeEntry: Fault['make'] = sound => {
  const whole = bundleOf(sound)
  if (whole === undefined) return undefined
  const bundle = parseBundle(whole)
  const [first = new Uint8Array(), ...others] = bundle.entries
  const changed = encodeUtf8((decodeUtf8(first) ?? '').replace('"name":"', '"name":"x'))
  return { bundle: formatBundle({ ...bundle, entries: [changed, ...others] }) }
}

/** Two checkpoints of one size, both signed, of which the trail of the bundle has one at the most. */
const showTwo: Fault['make'] = sound => {
  const bundle = bundleOf(sound)
  if (bundle === undefined) return undefined
  const noteOf = (root: string) =>
    signCheckpoint({ origin: sound.signer.name, size: sound.lines.length - 1, root }, sound.signer)
  const checkpoints = ['a', 'b'].map(name => ({ name, note: noteOf(name.repeat(64)) }))
  return { bundle, options: { checkpoints } }
}

/** A published file that is changed, or gone. */
const inFile =
  (beginning: string, change: (bytes: Uint8Array) => Uint8Array | undefined): Fault['make'] =>
  ({ files = new Map<string, Uint8Array>() }) => {
    const path = [...files.keys()].find(one => one.startsWith(beginning))
    if (path === undefined) return undefined
    const changed = new Map(files)
    const bytes = change(files.get(path) ?? new Uint8Array())
    if (bytes === undefined) changed.delete(path)
    else changed.set(path, bytes)
    return { files: changed }
  }

const remove = inFile('tile/entries/', () => undefined)
const cutOff = inFile('tile/0/', bytes => bytes.slice(0, -1))
const flip = inFile('tile/0/', bytes => bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte)))

/** What is done to the evidence about one change, and to a trail that was published. */
export const placeFaults: readonly Fault[] = [
  fault('an entry of a bundle is changed', 'bundle.proof', 1, changeEntry),
  fault('an approval is left out of a bundle', 'bundle.incomplete', 1, leftOut(did('approve'))),
  fault(
    'a departure is left out of a bundle, so that a leaver looks active',
    'bundle.incomplete',
    1,
    leftOut(did('recordDeparture')),
  ),
  fault('two histories are shown to two readers, who have a bundle and no trail', 'checkpoint.fork', 1, showTwo),
  fault('a published file is removed', 'tile.missing', 1, remove),
  fault('a published file is cut off', 'tile.malformed', 1, cutOff),
  fault('a published hash is changed', 'tile.differs', 1, flip),
]
