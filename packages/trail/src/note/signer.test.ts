import { describe, expect, it } from 'vitest'
import {
  CountersignError,
  EMPTY_ROOT,
  type ErrorCode,
  leafHash,
  openCheckpoint,
  rootOf,
  signCheckpoint,
  signExtension,
  signerKey,
  verifierKeyOf,
} from '../index.ts'

const origin = 'log.example'
const key = (seed: number, name = origin) => signerKey(name, new Uint8Array(32).fill(seed))
const mine = key(1)
const leaves = Array.from({ length: 8 }, (_, index) => leafHash(Uint8Array.of(index)))
const others = leaves.with(3, EMPTY_ROOT)

/** The tree of the first leaves, as somebody asks to have it signed. */
const tree = (size: number, of = leaves) => ({
  checkpoint: { origin, size, root: rootOf(of.slice(0, size)) },
  rootAt: (at: number) => rootOf(of.slice(0, at)),
})

function codeOf(sign: () => unknown): ErrorCode | undefined {
  try {
    sign()
  } catch (error) {
    if (error instanceof CountersignError) return error.code
    throw error
  }
  return undefined
}

describe('a signer', () => {
  it('signs what extends its memory, and the same tree again as the same bytes', () => {
    const first = signExtension(mine, { ...tree(3), memory: 'first' })
    const next = signExtension(mine, { ...tree(8), memory: { note: first } })
    expect(openCheckpoint(next, { keys: [verifierKeyOf(mine)] }).checkpoint).toEqual(tree(8).checkpoint)
    expect(signExtension(mine, { ...tree(8), memory: { note: first } })).toBe(next)
    expect(signExtension(mine, { ...tree(8), memory: { note: next } })).toBe(next)
  })

  it('refuses every smaller tree, and every tree that has another beginning', () => {
    for (let signed = 1; signed <= 8; signed++) {
      const memory = signExtension(mine, { ...tree(signed), memory: 'first' })
      for (let size = 0; size <= 8; size++) {
        const extended = codeOf(() => signExtension(mine, { ...tree(size), memory: { note: memory } }))
        expect([signed, size, extended]).toEqual([signed, size, size < signed ? 'signer.refused' : undefined])
        const rewritten = codeOf(() => signExtension(mine, { ...tree(size, others), memory: { note: memory } }))
        const isExtension = size >= signed && signed <= 3
        expect([signed, size, rewritten]).toEqual([signed, size, isExtension ? undefined : 'signer.refused'])
      }
    }
  })

  it('refuses where the root at the size that it remembers is not known', () => {
    const memory = signExtension(mine, { ...tree(3), memory: 'first' })
    expect(codeOf(() => signExtension(mine, { ...tree(8), rootAt: () => undefined, memory: { note: memory } }))).toBe(
      'signer.refused',
    )
  })

  it('goes on from what the key before it has signed, and from no key that it is not told of', () => {
    const before = key(2)
    const memory = signExtension(before, { ...tree(3), memory: 'first' })
    const keys = [verifierKeyOf(before)]
    expect(codeOf(() => signExtension(mine, { ...tree(4), memory: { note: memory }, keys }))).toBeUndefined()
    expect(codeOf(() => signExtension(mine, { ...tree(2), memory: { note: memory }, keys }))).toBe('signer.refused')
    expect(codeOf(() => signExtension(mine, { ...tree(4), memory: { note: memory } }))).toBe('signer.memory')
  })

  it('says of a trail that lacks the key of the memory that it lacks what was signed, where it does', () => {
    const note = signExtension(key(2), { ...tree(5), memory: 'first' })
    expect(codeOf(() => signExtension(mine, { ...tree(4), memory: { note } }))).toBe('signer.refused')
    expect(codeOf(() => signExtension(mine, { ...tree(8, others), memory: { note } }))).toBe('signer.refused')
    expect(codeOf(() => signExtension(mine, { ...tree(8), memory: { note } }))).toBe('signer.memory')
  })

  it('refuses every memory that is not a note of its own, and one with any bit of it turned over', () => {
    const elsewhere = key(1, 'other.example')
    const other = signCheckpoint({ ...tree(3).checkpoint, origin: 'other.example' }, elsewhere)
    const memories = ['', 'first ', '{}', other, signExtension(mine, { ...tree(3), memory: 'first' }).slice(0, -1)]
    for (const memory of memories)
      expect(codeOf(() => signExtension(mine, { ...tree(8), memory: { note: memory } }))).toBe('signer.memory')
    const sound = new TextEncoder().encode(signExtension(mine, { ...tree(3), memory: 'first' }))
    let refused = 0
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const memory = sound.slice()
      memory[bit >> 3] = (memory[bit >> 3] as number) ^ (1 << (bit & 7))
      if (codeOf(() => signExtension(mine, { ...tree(8), memory: { note: memory } })) === 'signer.memory') refused += 1
    }
    expect(refused).toBe(sound.length * 8)
  })

  it('refuses a trail of another name', () => {
    const { rootAt, checkpoint } = tree(3)
    const foreign = { ...checkpoint, origin: 'other.example' }
    expect(codeOf(() => signExtension(mine, { checkpoint: foreign, rootAt, memory: 'first' }))).toBe('checkpoint')
  })
})
