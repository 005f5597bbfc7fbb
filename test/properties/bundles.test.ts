import { histories, play } from '@countersign/testing'
import { leafHash, readEntry, rootOf, SharedProof, signCheckpoint, signerKey } from '@countersign/trail'
import { BundleChooser, BundleMaker, type Chosen, formatBundle, parseBundle, verifyBundle } from 'countersign/bundle'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asWritten, runs, sealedIn } from './trial.ts'

const origin = 'trail.example/scenario'
const signer = signerKey(origin, new Uint8Array(32).fill(7))

interface Body {
  readonly seq: number
  readonly stream: string
  readonly streamSeq: number
  readonly reads?: Readonly<Record<string, number>>
}

const bodyOf = (bytes: Uint8Array) => readEntry(bytes).body as unknown as Body

function bundled(lines: readonly Uint8Array[], chosen: Chosen): Uint8Array {
  const checkpoint = { origin, size: lines.length, root: rootOf(lines.map(leafHash)) }
  const maker = new BundleMaker(chosen, checkpoint, signCheckpoint(checkpoint, signer))
  for (const [seq, line] of lines.entries()) maker.entry(seq, line, leafHash(line))
  return maker.finish()
}

/** The bundle without one of its entries, and all else made right: the proof, and the number of entries. */
function without(lines: readonly Uint8Array[], bundle: Uint8Array, index: number): Uint8Array {
  const { change, note, entries } = parseBundle(bundle)
  const kept = entries.toSpliced(index, 1)
  const bodies = kept.map(bodyOf)
  const shared = new SharedProof(
    bodies.map(one => one.seq),
    lines.length,
  )
  for (const line of lines) shared.append(leafHash(line))
  const names = [...new Set(bodies.map(one => one.stream))].toSorted((a, b) => (a < b ? -1 : 1))
  const streams = names.map(stream => ({ stream, entries: bodies.filter(one => one.stream === stream).length }))
  return formatBundle({ change, note, entries: kept, hashes: shared.finish(), streams })
}

describe('over histories of fifty commands and more, the bundle of each change', () => {
  it('is sound as its trail is, and without any entry it is broken, unless nothing in it comes after that entry or has read it', async () => {
    const seen = { bundles: 0, families: 0, found: 0, unfound: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), fc.nat(), async (history, which) => {
        const { scenario } = await play(history)
        const lines = (await sealedIn(scenario.store)).map(one => one.bytes)
        const chooser = new BundleChooser()
        for (const line of lines) chooser.entry(line)
        const changes = scenario.desk.changes()
        for (const { id } of changes.slice(0, 4)) {
          const bundle = bundled(lines, chooser.choose(id))
          const verdict = verifyBundle(bundle)
          // Two ids that turn out to be one person after their change took effect are told, as in the trail.
          expect(verdict.findings.filter(one => one.code !== 'alias.late')).toEqual([])
          seen.bundles += 1
          if (verdict.changes > 1) seen.families += 1
          const bodies = parseBundle(bundle).entries.map(bodyOf)
          const index = which % bodies.length
          const left = bodies[index] as Body
          const isMissed = bodies.some(
            one =>
              (one.stream === left.stream && one.streamSeq > left.streamSeq) ||
              (one.reads?.[left.stream] ?? 0) > left.streamSeq,
          )
          const isLast = bodies.filter(one => one.stream === left.stream).length === 1
          const found = verifyBundle(without(lines, bundle, index))
          const isMustBe = isMissed || (isLast && (left.stream === `change/${id}` || left.stream === 'governance'))
          if (isMustBe) expect(found.status).toBe('broken')
          seen[isMustBe ? 'found' : 'unfound'] += 1
        }
      }),
      runs(14),
    )
    console.log(JSON.stringify(seen))
    if (asWritten) {
      expect(seen.families).toBeGreaterThan(5)
      expect(seen.found).toBeGreaterThan(40)
    }
  })
})
