import { describe, expect, it } from 'vitest'
import { EMPTY_ROOT, leafHash, nodeHash, rootOf, Tree } from './tree.ts'

const leaves = Array.from({ length: 40 }, (_, at) => leafHash(Uint8Array.of(at)))

const ones = (size: number): number => size.toString(2).replaceAll('0', '').length

describe('Tree', () => {
  it('has the root of nothing while it is empty, and its one leaf as the root of one', () => {
    const tree = new Tree()
    expect(tree.root()).toBe(EMPTY_ROOT)
    tree.append(leaves[0] ?? '')
    expect(tree.root()).toBe(leaves[0])
    expect(tree.state()).toEqual({ size: 1, peaks: [leaves[0]] })
  })

  it('keeps as many hashes as there are ones in its size, and goes on from them', () => {
    const tree = new Tree()
    for (const [at, leaf] of leaves.entries()) {
      const copy = Tree.from(JSON.parse(JSON.stringify(tree.state())))
      tree.append(leaf)
      copy.append(leaf)
      expect(copy.root()).toBe(tree.root())
      expect(tree.root()).toBe(rootOf(leaves.slice(0, at + 1)))
      expect(tree.state().peaks.length).toBe(ones(tree.size))
    }
  })

  it('hands out states that later leaves do not change', () => {
    const tree = Tree.from({ size: 2, peaks: [nodeHash(leaves[0] ?? '', leaves[1] ?? '')] })
    const state = tree.state()
    tree.append(leaves[2] ?? '')
    expect(state.size).toBe(2)
    expect(state.peaks.length).toBe(1)
  })

  it('goes on beyond 2^32 leaves', () => {
    const size = 2 ** 33 + 2 ** 31 - 1
    const tree = Tree.from({ size, peaks: Array.from({ length: ones(size) }, (_, at) => leaves[at] ?? '') })
    tree.append(leaves[39] ?? '')
    expect(tree.size).toBe(size + 1)
    expect(tree.state().peaks.length).toBe(2)
  })

  it('takes perfect subtrees in the place of their leaves, where they fit', () => {
    const tree = new Tree()
    tree.append(rootOf(leaves.slice(0, 4)), 4)
    tree.append(rootOf(leaves.slice(4, 6)), 2)
    tree.append(leaves[6] ?? '')
    expect(tree.root()).toBe(rootOf(leaves.slice(0, 7)))
    for (const size of [2, 3, 0, 0.5, -1])
      expect(() => tree.append(leaves[0] ?? '', size)).toThrow('does not fit after 7')
  })

  it('refuses states and leaves that are not of a tree', () => {
    expect(() => Tree.from({ size: 3, peaks: [EMPTY_ROOT] })).toThrow('has 2 peaks, not 1')
    expect(() => Tree.from({ size: -1, peaks: [] })).toThrow('no size')
    expect(() => Tree.from({ size: 1.5, peaks: [] })).toThrow('no size')
    expect(() => Tree.from({ size: 1, peaks: ['ab'] })).toThrow('peak 0')
    expect(() => new Tree().append('xyz')).toThrow('leaf')
    expect(() => nodeHash(EMPTY_ROOT, EMPTY_ROOT.toUpperCase())).toThrow('right')
  })
})

describe('leafHash', () => {
  it('differs from the hash of a node with the same bytes', () => {
    const [left = '', right = ''] = leaves
    const joined = Uint8Array.from(`${left}${right}`.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
    expect(leafHash(joined)).not.toBe(nodeHash(left, right))
  })
})
