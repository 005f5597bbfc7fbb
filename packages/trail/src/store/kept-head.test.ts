import { describe, expect, it } from 'vitest'
import { sealEntry } from '../entry.ts'
import { EMPTY_ROOT, leafHash, Tree } from '../tree/tree.ts'
import { HeadMending, type HeadRefusal, judgeHead, type KeptHead, treeOfHead } from './kept-head.ts'
import type { Sealed } from './store.ts'

/** Entries that hang together; from a place on they are others. */
function sealed(count: number, othersFrom = count): Sealed[] {
  const entries: Sealed[] = []
  for (let seq = 0; seq < count; seq += 1) {
    const id = seq < othersFrom ? `${seq}` : `other ${seq}`
    const body = { v: 1, seq, id, at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: seq } as const
    entries.push({ seq, ...sealEntry(body, entries.at(-1)?.leafHash ?? EMPTY_ROOT) })
  }
  return entries
}

function headOf(entries: readonly Sealed[]): KeptHead {
  const tree = new Tree()
  for (const entry of entries) tree.append(entry.leafHash)
  const { size, peaks } = tree.state()
  return { size, leafHash: entries.at(-1)?.leafHash ?? EMPTY_ROOT, peaks: JSON.stringify(peaks) }
}

function mended(kept: KeptHead, entries: readonly Sealed[]): KeptHead | HeadRefusal {
  const mending = new HeadMending(kept)
  for (const entry of entries) mending.append(entry)
  return mending.end()
}

const entries = sealed(7)
const head = headOf(entries)
const unknown = 'a'.repeat(64)

describe('a kept head', () => {
  it('gives way to the entries that it knows by the last leaf hash, or by the peaks of as many as it says', () => {
    for (const kept of [
      head,
      { ...head, peaks: 'junk' },
      { ...head, leafHash: unknown },
      { ...head, size: 3, peaks: 'junk' },
      { ...headOf(entries.slice(0, 4)), leafHash: unknown },
      { ...headOf([]), leafHash: unknown },
    ])
      expect(mended(kept, entries)).toEqual(head)
    expect(mended({ ...headOf([]), leafHash: unknown }, [])).toEqual(headOf([]))
  })

  it('stays as evidence where entries were replaced, from whichever place on, or taken out at the end', () => {
    for (let seq = 0; seq < entries.length; seq += 1) {
      expect(mended(head, sealed(7, seq))).toEqual({
        because: expect.stringMatching(
          /^its head says 7 entries that end with .*: entries were replaced, or the head was$/,
        ),
      })
      expect(mended(head, entries.slice(0, seq))).toEqual({
        because: `its head says 7 entries, and there are ${seq}: entries are missing`,
        missing: seq,
      })
    }
    expect(mended({ ...head, leafHash: unknown, peaks: 'junk' }, entries)).toHaveProperty('because')
  })

  it('stays where an entry is missing between them, has another hash than its bytes, or hangs on another', () => {
    expect(mended(head, entries.toSpliced(3, 1))).toEqual({ because: 'entry 3 is missing', missing: 3 })
    const strange = sealed(7, 0)[3] as Sealed
    const junk = Uint8Array.of(1)
    for (const wrong of [
      strange,
      { ...strange, bytes: junk, leafHash: leafHash(junk) },
      { ...strange, leafHash: unknown },
    ])
      expect(mended(head, entries.with(3, wrong))).toEqual({
        because: 'entry 3 is not what was sealed after the one before it',
      })
  })

  it('stays for good once it was refused, and says so of each entry that comes', () => {
    const mending = new HeadMending(head)
    const refusal = mending.append(entries[1] as Sealed)
    expect(refusal).toEqual({ because: 'entry 0 is missing', missing: 0 })
    for (const entry of entries) expect(mending.append(entry)).toBe(refusal)
    expect(mending.end()).toBe(refusal)
  })
})

describe('a kept head that is held against the last entry', () => {
  const judged = (kept: Partial<KeptHead>, count = entries.length) => {
    const { size, leafHash } = headOf(entries.slice(0, count))
    return judgeHead({ ...headOf(entries.slice(0, count)), ...kept }, { size, leafHash })
  }

  it('gives the tree to append to where it fits, whatever the number of entries', () => {
    for (let count = 0; count <= entries.length; count += 1) {
      const found = judged({}, count)
      expect('tree' in found && JSON.stringify(found.tree.state().peaks)).toBe(headOf(entries.slice(0, count)).peaks)
    }
  })

  it('says what is wrong: the number first, then the leaf hash, then the tree', () => {
    const junk = { leafHash: unknown, peaks: 'junk' }
    expect(judged({ ...junk, size: 8 })).toEqual({ wrong: 'missing' })
    expect(judged({ ...junk, size: 6 })).toEqual({ wrong: 'behind' })
    expect(judged({ ...junk })).toEqual({ wrong: 'leafHash' })
    expect(judged({ peaks: 'junk' })).toEqual({ wrong: 'tree', cause: expect.any(SyntaxError) })
    expect(judged({ peaks: `${head.peaks} ` })).toEqual({
      wrong: 'tree',
      cause: expect.objectContaining({ code: 'proof' }),
    })
    expect(judged({ peaks: '[]' })).toEqual({ wrong: 'tree', cause: expect.objectContaining({ code: 'proof' }) })
    expect(judgeHead({ ...head, size: Number.NaN }, head)).toEqual({ wrong: 'tree', cause: expect.any(Error) })
  })

  it('is none where both say the same as leaf hash and that is no hash, which is said before the tree is looked at', () => {
    for (const count of [6, 7]) {
      const { size, leafHash: last, peaks } = headOf(entries.slice(0, count))
      for (const none of [last.toUpperCase(), '', last.slice(1)])
        expect(judgeHead({ size, leafHash: none, peaks }, { size, leafHash: none })).toEqual({ wrong: 'noHash' })
    }
  })

  it('has peaks as a store writes them: a list, without white space', () => {
    const { peaks } = head
    for (const [wrong, message] of [
      [peaks.replace(',', ', '), 'the peaks are not written without white space'],
      ['null', 'the peaks are no list'],
      ['{"length":3}', 'the peaks are no list'],
    ] as const) {
      expect(() => treeOfHead({ ...head, peaks: wrong })).toThrow(message)
      expect(judged({ peaks: wrong })).toEqual({ wrong: 'tree', cause: expect.objectContaining({ message }) })
    }
  })

  it('knows the last leaf of an odd number by the last peak, and of an even number nothing of the kind', () => {
    const swapped = (count: number) => {
      const peaks = JSON.parse(headOf(entries.slice(0, count)).peaks) as string[]
      return { peaks: JSON.stringify([...peaks.slice(0, -1), unknown]) }
    }
    expect(judged(swapped(7), 7)).toEqual({ wrong: 'peak', peak: unknown })
    expect(judged(swapped(6), 6)).toHaveProperty('tree')
  })
})
