import { type Checkpoint, CountersignError, ownBytes, readEntry, SharedProof } from '@countersign/trail'
import { changeStream, governanceStream } from '../record/record.ts'
import { formatBundle } from './bundle.ts'

/** Which entries of a trail go into a bundle. */
export interface Chosen {
  readonly change: string
  /** The places of the entries in the trail, ascending. */
  readonly places: readonly number[]
  readonly streams: readonly { readonly stream: string; readonly entries: number }[]
}

/**
 * Finds out which entries belong to the evidence about a change: its own, those of every change that it has read or that
 * has read it, of those that these have read, and so on; and all about people and rules. The trail goes by twice: once
 * through this, and once through `BundleMaker`.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { linesOf } from '@countersign/testing/tamper'
 * import { BundleChooser } from 'countersign/bundle'
 * const chooser = new BundleChooser()
 * for (const line of await linesOf((await f0()).store)) chooser.entry(line)
 * chooser.choose('K').streams.map(one => one.stream) // → ['change/K', 'governance']
 * chooser.choose('L') // throws no entry is about a change L
 * ```
 */
export class BundleChooser {
  readonly #places = new Map<string, number[]>()
  readonly #near = new Map<string, Set<string>>()

  /** Takes the next entry. Throws `CountersignError` `entry` where it is none. */
  entry(bytes: Uint8Array): void {
    const { seq, stream, reads } = readEntry(bytes).body
    const places = this.#places.get(stream)
    if (places === undefined) this.#places.set(stream, [seq])
    else places.push(seq)
    if (stream === governanceStream || typeof reads !== 'object' || reads === null) return
    for (const read of Object.keys(reads)) {
      if (!read.startsWith('change/')) continue
      this.#join(stream, read)
      this.#join(read, stream)
    }
  }

  #join(one: string, other: string): void {
    const near = this.#near.get(one)
    if (near === undefined) this.#near.set(one, new Set([other]))
    else near.add(other)
  }

  /** The choice for a change. Throws `CountersignError` `input` where no entry is about it. */
  choose(change: string): Chosen {
    const own = changeStream(change)
    if (!this.#places.has(own)) throw new CountersignError('input', `no entry is about a change ${change}`)
    const names = new Set([own])
    for (const one of names) for (const other of this.#near.get(one) ?? []) names.add(other)
    names.add(governanceStream)
    const streams = [...names]
      .toSorted((a, b) => (a < b ? -1 : 1))
      .flatMap(stream => {
        const places = this.#places.get(stream)
        return places === undefined ? [] : [{ stream, places }]
      })
    return {
      change,
      places: streams.flatMap(one => one.places).toSorted((a, b) => a - b),
      streams: streams.map(({ stream, places }) => ({ stream, entries: places.length })),
    }
  }
}

/**
 * Makes a bundle as the entries up to the checkpoint go by once more.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { linesOf } from '@countersign/testing/tamper'
 * import { leafHash, parseCheckpointText, parseNote, signCheckpoint, signerKey } from '@countersign/trail'
 * import { BundleChooser, BundleMaker, verifyBundle } from 'countersign/bundle'
 * const { desk, store } = await f0()
 * const lines = await linesOf(store)
 * const signer = signerKey('trail.example/scenario', new Uint8Array(32).fill(7))
 * const note = signCheckpoint({ origin: signer.name, ...(await desk.head()) }, signer)
 * const chooser = new BundleChooser()
 * for (const line of lines) chooser.entry(line)
 * const checkpoint = parseCheckpointText(parseNote(note).text)
 * const maker = new BundleMaker(chooser.choose('K'), checkpoint, note)
 * for (const [seq, line] of lines.entries()) maker.entry(seq, line, leafHash(line))
 * verifyBundle(maker.finish()).status // → 'sound'
 * ```
 */
export class BundleMaker {
  readonly #chosen: Chosen
  readonly #note: string
  readonly #shared: SharedProof
  readonly #entries: Uint8Array[] = []

  constructor(chosen: Chosen, checkpoint: Checkpoint, note: string) {
    this.#chosen = chosen
    this.#note = note
    this.#shared = new SharedProof(chosen.places, checkpoint.size)
  }

  /** Takes the next entry with its leaf hash. */
  entry(seq: number, bytes: Uint8Array, leafHash: string): void {
    this.#shared.append(leafHash)
    if (this.#chosen.places[this.#entries.length] === seq) this.#entries.push(ownBytes(bytes))
  }

  /** The bundle's bytes. Throws `CountersignError` `proof` where other entries went by than the checkpoint counts. */
  finish(): Uint8Array {
    const { change, streams } = this.#chosen
    return formatBundle({ change, streams, entries: this.#entries, hashes: this.#shared.finish(), note: this.#note })
  }
}
