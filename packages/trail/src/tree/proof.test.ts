import { describe, expect, it } from 'vitest'
import {
  checkConsistency,
  checkInclusion,
  consistencyProof,
  consistencySpans,
  inclusionProof,
  inclusionSpans,
  rootOfInclusion,
  rootsOfConsistency,
} from './proof.ts'
import { EMPTY_ROOT, leafHash, rootOf } from './tree.ts'

const leaves = Array.from({ length: 20 }, (_, at) => leafHash(Uint8Array.of(at)))
const at = (index: number): string => leaves[index] ?? ''
const root = (size: number): string => rootOf(leaves.slice(0, size))

describe('an inclusion proof', () => {
  it('leads from every leaf to the root, at every size', () => {
    for (let size = 1; size <= leaves.length; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, at)
        expect(rootOfInclusion({ leaf: at(index), index, size, proof })).toBe(root(size))
      }
    }
  })

  it('says both roots where it leads to another one', () => {
    const proof = inclusionProof(3, 7, leaves)
    try {
      checkInclusion({ leaf: at(3), index: 3, size: 7, proof }, EMPTY_ROOT)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'proof', facts: { expected: EMPTY_ROOT, found: root(7) } })
    }
  })

  it('is refused with a hash too many, a hash too few, or a place that is not there', () => {
    const proof = inclusionProof(3, 7, leaves)
    const inclusion = { leaf: at(3), index: 3, size: 7 }
    expect(() => rootOfInclusion({ ...inclusion, proof: [...proof, EMPTY_ROOT] })).toThrow('length of 4, not of 3')
    expect(() => rootOfInclusion({ ...inclusion, proof: proof.slice(1) })).toThrow('length of 2, not of 3')
    for (const index of [-1, 7, 1.5]) expect(() => rootOfInclusion({ ...inclusion, index, proof })).toThrow('no leaf')
  })

  it('is refused where a hash is not 32 bytes, and the hash is named', () => {
    const inclusion = { leaf: at(0), index: 0, size: 2 }
    expect(() => rootOfInclusion({ ...inclusion, proof: ['ab'.repeat(12)] })).toThrow('proof[0] is not a hash')
    expect(() => rootOfInclusion({ ...inclusion, leaf: '', proof: [at(1)] })).toThrow('leaf is not a hash')
    expect(() => checkInclusion({ ...inclusion, proof: [at(1)] }, 'ab')).toThrow('root is not a hash')
    expect(() => inclusionProof(0, 3, leaves.slice(0, 2))).toThrow('leaf 2 is not a hash')
  })

  it('names the subtrees of its path, lowest first', () => {
    expect(inclusionSpans(0, 1)).toEqual([])
    expect(inclusionSpans(6, 7)).toEqual([
      { from: 4, to: 6 },
      { from: 0, to: 4 },
    ])
  })
})

describe('a consistency proof', () => {
  it('leads from every size to every later one', () => {
    for (let size = 1; size <= leaves.length; size++) {
      for (let oldSize = 1; oldSize <= size; oldSize++) {
        const proof = consistencyProof(oldSize, size, leaves)
        const roots = rootsOfConsistency({ oldSize, oldRoot: root(oldSize), size, proof })
        expect(roots, `${oldSize} to ${size}`).toEqual({ oldRoot: root(oldSize), root: root(size) })
      }
    }
  })

  it('says which root differs, and both values', () => {
    const consistency = { oldSize: 3, oldRoot: root(3), size: 7, proof: consistencyProof(3, 7, leaves) }
    checkConsistency(consistency, root(7))
    expect(() => checkConsistency({ ...consistency, oldRoot: root(2) }, root(7))).toThrow(
      `another old root: expected ${root(2)}, found ${root(3)}`,
    )
    expect(() => checkConsistency(consistency, root(6))).toThrow(`another root: expected ${root(6)}, found ${root(7)}`)
  })

  it('is refused with a hash too many or too few, and for an empty or a larger old tree', () => {
    const proof = consistencyProof(3, 7, leaves)
    const consistency = { oldSize: 3, oldRoot: root(3), size: 7 }
    expect(() => rootsOfConsistency({ ...consistency, proof: [...proof, EMPTY_ROOT] })).toThrow('not of 4')
    expect(() => rootsOfConsistency({ ...consistency, proof: proof.slice(1) })).toThrow('not of 4')
    expect(() => rootsOfConsistency({ ...consistency, proof: [] })).toThrow('not of 4')
    expect(() => rootsOfConsistency({ oldSize: 7, oldRoot: root(7), size: 7, proof: [EMPTY_ROOT] })).toThrow('not of 0')
    for (const oldSize of [0, 8])
      expect(() => rootsOfConsistency({ ...consistency, oldSize, proof })).toThrow('no proof')
  })

  it('names no subtree for a tree and itself', () => {
    expect(consistencySpans(6, 6)).toEqual([])
    expect(consistencySpans(4, 8)).toEqual([{ from: 4, to: 8 }])
  })
})
