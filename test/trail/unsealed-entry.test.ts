import { decodeUtf8, sealEntry } from '@countersign/trail'
import { unsealedEntry } from '@countersign/trail/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const placed = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
const text = decodeUtf8

describe('unsealedEntry', () => {
  it('gives the bytes around the place and the hash before, whatever else the body has', () => {
    const draft = fc.record(
      {
        v: fc.constant(1 as const),
        id: fc.string({ unit: 'grapheme', minLength: 1 }),
        at: fc.constant(placed.at),
        stream: fc.constantFrom('trail', '"seq":0', 'é'),
        streamSeq: fc.nat(),
        command: fc.constantFrom('x', { seq: 7 }, ['"seq":0']),
        outcome: fc.constant({ seq: 0 }),
        reads: fc.constant({ seq: 1 }),
        // A later format may have members on either side of `seq`, and names that begin like it.
        se: fc.constant(1),
        seq2: fc.constant({ seq: 0 }),
        z: fc.constant(1),
      },
      { requiredKeys: ['v', 'id', 'at', 'stream', 'streamSeq'] },
    )
    fc.assert(
      fc.property(draft, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (given, seq) => {
        const { before, after } = unsealedEntry(given)
        const prev = 'a'.repeat(64)
        expect(`${text(before)}${seq}${text(after)}${prev}"}`).toBe(text(sealEntry({ ...given, seq }, prev).bytes))
      }),
    )
  })

  it('refuses what can be no entry', () => {
    for (const wrong of [
      { ...placed, id: '' },
      { ...placed, at: 'now' },
      { ...placed, command: 0.5 },
    ])
      expect(() => unsealedEntry(wrong)).toThrow()
  })
})
