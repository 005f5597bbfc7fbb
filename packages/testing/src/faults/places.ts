import {
  decodeUtf8,
  EMPTY_ROOT,
  encodeEntries,
  encodeHashTile,
  encodeUtf8,
  leafHash,
  rootOf,
  SharedProof,
  signCheckpoint,
  TILE_WIDTH,
  Tiler,
  Tree,
  tilePath,
} from '@countersign/trail'
import { BundleChooser, BundleMaker, formatBundle, parseBundle } from 'countersign/bundle'
import { bodiesOf, type LooseBody } from '../tamper.ts'
import { commandOf, did, type Fault, fault, type Sound, type Tables } from './fault.ts'

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

/**
 * The last two entries as one, with the line break between them that a trail file has there: read as lines, the tiles hold
 * what the checkpoint was made of, and all others who ask for proofs get them of another tree.
 */
const glue: Fault['make'] = sound => {
  const [one, other] = sound.lines.slice(-2)
  if (one === undefined || other === undefined) return undefined
  return publishedAs([...sound.lines.slice(0, -2), Uint8Array.of(...one, 0x0a, ...other)], sound)
}

/** An entry without bytes at the end: in a trail file there would be none, and so one less than the checkpoint counts. */
const empty: Fault['make'] = sound => publishedAs([...sound.lines.slice(0, -1), new Uint8Array()], sound)

/** What is published are these entries, with their hashes; and the checkpoint is of as many of the sound trail. */
function publishedAs(entries: readonly Uint8Array[], { lines, signer }: Sound): { files: Map<string, Uint8Array> } {
  const size = entries.length
  const note = signCheckpoint({ origin: signer.name, size, root: rootOf(lines.slice(0, size).map(leafHash)) }, signer)
  const files = new Map<string, Uint8Array>([['checkpoint', encodeUtf8(note)]])
  for (let from = 0; from < size; from += TILE_WIDTH) {
    const held = entries.slice(from, from + TILE_WIDTH)
    files.set(tilePath({ level: 'entries', index: from / TILE_WIDTH, width: held.length }), encodeEntries(held))
  }
  const tiler = new Tiler((tile, hashes) => files.set(tilePath(tile), encodeHashTile(hashes)))
  for (const entry of entries) tiler.append(leafHash(entry))
  tiler.finish()
  return { files }
}

/** A database in which the trail lies, after somebody has changed something in it who may do everything there. */
const inTables =
  (change: (tables: Tables) => Partial<Tables>): Fault['make'] =>
  ({ lines }) => {
    if (lines.length < 3) return undefined
    const entries = lines.map((bytes, seq) => ({ seq, leafHash: leafHash(bytes), bytes }))
    const tree = new Tree()
    for (const one of entries) tree.append(one.leafHash)
    const { size, peaks } = tree.state()
    const head = { size, leafHash: entries.at(-1)?.leafHash ?? EMPTY_ROOT, peaks: JSON.stringify(peaks) }
    return { tables: { entries, head, ...change({ entries, head }) } }
  }

const takeOut = inTables(({ entries }) => ({ entries: entries.toSpliced(1, 1) }))
const takeEnd = inTables(({ entries }) => ({ entries: entries.slice(0, -2) }))
const changeHash = inTables(({ entries }) => ({
  entries: entries.map(one => (one.seq === 1 ? { ...one, leafHash: EMPTY_ROOT } : one)),
}))
const movePlace = inTables(({ entries }) => ({
  entries: entries.map(one => (one.seq === entries.length - 1 ? { ...one, seq: one.seq + 7 } : one)),
}))
const changeHead = inTables(({ head }) => ({ head: { ...head, leafHash: EMPTY_ROOT } }))

/** What is done to the evidence about one change, to a trail that was published, and to one in a database. */
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
  fault('two published entries are made one, with a line break between them', 'tile.malformed', 1, glue),
  fault('a published entry is emptied', 'tile.malformed', 1, empty),
  fault('a published hash is changed', 'tile.differs', 1, flip),
  fault('an entry is taken out of a database', 'store.missing', 1, takeOut),
  fault('the last entries are taken out of a database', 'store.missing', 1, takeEnd),
  fault('a hash is changed that a database keeps', 'store.differs', 1, changeHash),
  fault('a place is changed that a database keeps', 'store.differs', 1, movePlace),
  fault('the head of a database is changed', 'store.differs', 1, changeHead),
]
