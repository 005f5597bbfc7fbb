import { f0 } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { Families, type Sharing, TrailVerifier } from 'countersign/verify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shareOf } from '../../packages/countersign/src/verify/shares/share.ts'

/** What the lines of a trail come to for one judge. */
function sharingOf(lines: readonly Uint8Array[]): Sharing {
  const families = new Families()
  for (const line of lines) families.line(line)
  return families.sharing(1)
}

describe('which changes belong together', () => {
  const kept = Object.getOwnPropertyDescriptor(globalThis, 'SharedArrayBuffer') as PropertyDescriptor
  let lines: readonly Uint8Array[]
  let shared: Sharing

  beforeEach(async () => {
    lines = await linesOf((await f0()).store)
    shared = sharingOf(lines)
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer')
  })
  afterEach(() => void Object.defineProperty(globalThis, 'SharedArrayBuffer', kept))

  it('lies in memory that threads can share, and where there is no such memory it is found out all the same', () => {
    expect(shared.readers.buffer).not.toBeInstanceOf(ArrayBuffer)
    const sharing = sharingOf(lines)
    expect(sharing.readers.buffer).toBeInstanceOf(ArrayBuffer)
    expect(sharing.changes.words.buffer).toBeInstanceOf(ArrayBuffer)
    expect(sharing).toEqual(shared)
    const verifier = new TrailVerifier({}, { sharing, forgetEvery: 1 })
    for (const line of lines) verifier.push(Uint8Array.of(...line, 10))
    expect(verifier.finish().status).toBe('sound')
  })

  it('is found in what a change was submitted with, also where it was refused before, and in nothing that comes later', () => {
    const entry = (change: string, type: string, more: object, event?: string) => {
      const outcome = event === undefined ? { refused: { code: 'name.taken' } } : { accepted: [{ type: event }] }
      const body = { command: { change, ...more, team: 't', type }, outcome, stream: `change/${change}` }
      const text = JSON.stringify({ body: { ...body, streamSeq: 0, v: 1 }, prev: '0'.repeat(64) })
      return new TextEncoder().encode(text)
    }
    const submitted = (change: string, parent: object = {}) => entry(change, 'submit', parent, 'change.submitted')
    const sharing = sharingOf([
      submitted('A'),
      submitted('B'),
      entry('K', 'submit', {}),
      submitted('K', { parent: 'A' }),
      submitted('L'),
      entry('L', 'revise', { parent: 'B' }, 'change.revised'),
    ])
    const kin = (one: string, other: string) => shareOf(sharing, 0).areKin(one, other)
    expect([kin('K', 'A'), kin('K', 'B'), kin('L', 'B'), kin('L', 'A')]).toEqual([true, false, false, false])
  })

  it('is told of more names than there was room for at first', () => {
    const line = (name: string) =>
      new TextEncoder().encode(`{"body":{"stream":"change/${name}","streamSeq":0,"v":1},"prev":"${'0'.repeat(64)}"}`)
    const sharing = sharingOf(Array.from({ length: 5_000 }, (_, at) => line(`K-${at}`)))
    expect([...sharing.families]).toEqual(Array.from({ length: 5_000 }, (_, at) => at))
  })
})
