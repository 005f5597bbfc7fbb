import { globSync } from 'node:fs'
import { checkConsistency, checkInclusion, EMPTY_ROOT, isHash, leafHash, nodeHash, rootOf } from '@countersign/trail'
import { describe, expect, it } from 'vitest'
import { absent, digits, shared, sharedPath, where } from './shared.ts'

interface Inclusion {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

interface Consistency {
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

function files(kind: string): string[] {
  return globSync(`${kind}/**/*.json`, { cwd: sharedPath('merkle/testdata') }).sort()
}

function refuses(call: () => void): boolean {
  try {
    call()
    return false
  } catch {
    return true
  }
}

describe.skipIf(absent)(`the proofs of transparency-dev/merkle${where}`, () => {
  it('of inclusion hold or are refused, as they say', () => {
    const all = files('inclusion')
    expect(all.length).toBeGreaterThan(80)
    for (const file of all) {
      const {
        leafIdx: index,
        treeSize: size,
        root,
        leafHash: leaf,
        proof,
        wantErr,
      } = JSON.parse(shared(`merkle/testdata/${file}`)) as Inclusion
      const call = (): void => {
        checkInclusion({ leaf: digits(leaf), index, size, proof: (proof ?? []).map(digits) }, digits(root))
      }
      expect(refuses(call), file).toBe(wantErr)
    }
  })

  it('of consistency hold or are refused, as they say; the one that should hold for roots of twelve bytes is refused', () => {
    const all = files('consistency')
    expect(all.length).toBeGreaterThan(80)
    const stricter: string[] = []
    for (const file of all) {
      const { size1, size2, root1, root2, proof, wantErr } = JSON.parse(
        shared(`merkle/testdata/${file}`),
      ) as Consistency
      const consistency = { oldSize: size1, oldRoot: digits(root1), size: size2, proof: (proof ?? []).map(digits) }
      const refused = refuses(() => {
        checkConsistency(consistency, digits(root2))
      })
      if (refused && !wantErr && !isHash(digits(root1))) stricter.push(file)
      else expect(refused, file).toBe(wantErr)
    }
    expect(stricter).toEqual(['consistency/additional/sizes-are-equal-one-and-proof-is-empty.json'])
  })

  it('agree with the reference hashes of RFC 6962', () => {
    const reference = JSON.parse(shared('merkle/rfc6962-reference.json')) as {
      empty_root: string
      leaves_hex: string[]
      leaf_hashes: string[]
      roots_by_size: string[]
      hashes: { leaf_utf8?: string; leaf_hex?: string; hash: string }[]
    }
    expect(EMPTY_ROOT).toBe(reference.empty_root)
    const leaves = reference.leaves_hex.map(hex => leafHash(Buffer.from(hex, 'hex')))
    expect(leaves).toEqual(reference.leaf_hashes)
    for (const [size, root] of reference.roots_by_size.entries()) expect(rootOf(leaves.slice(0, size))).toBe(root)
    for (const { leaf_utf8: text, leaf_hex: hex, hash } of reference.hashes) {
      if (text !== undefined) expect(leafHash(Buffer.from(text))).toBe(hash)
      if (hex !== undefined) expect(leafHash(Buffer.from(hex, 'hex'))).toBe(hash)
    }
    expect(nodeHash(leaves[0] ?? '', leaves[1] ?? '')).toBe(reference.roots_by_size[2])
  })
})
