import { describe, expect, it } from 'vitest'
import {
  ConsistencyProver,
  CountersignError,
  checkFork,
  consistencyProof,
  EMPTY_ROOT,
  type ErrorCode,
  type Fork,
  formatFork,
  leafHash,
  parseFork,
  rootOf,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
} from '../index.ts'

const origin = 'log.example'
const signer = signerKey(origin, new Uint8Array(32).fill(1))
const keys = [verifierKeyOf(signer)]
const leavesOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => leafHash(Uint8Array.of((index + from) >> 8, index + from)))
const note = (leaves: readonly string[], by = signer) =>
  signCheckpoint({ origin: by.name, size: leaves.length, root: rootOf(leaves) }, by)

/** Two histories that part at a place, and the proof that one of them was cut or written anew before the other's size. */
function forkOf(at: number, smallerSize: number, largerSize: number): Fork {
  const larger = leavesOf(largerSize)
  const smaller = [...larger.slice(0, at), ...leavesOf(smallerSize - at, 1_000)]
  const prover = new ConsistencyProver(smallerSize, largerSize)
  for (const leaf of larger) prover.append(leaf)
  return {
    smaller: note(smaller),
    larger: note(larger),
    root: rootOf(larger.slice(0, smallerSize)),
    proof: smallerSize === largerSize ? [] : prover.proof(),
  }
}

function codeOf(check: () => unknown): ErrorCode | undefined {
  try {
    check()
  } catch (error) {
    if (error instanceof CountersignError) return error.code
    throw error
  }
  return undefined
}

describe('a proof of a fork', () => {
  it('shows by itself, for all sizes up to 20, that two signed trees cannot be of one history', () => {
    for (let larger = 1; larger <= 20; larger++) {
      for (let smaller = 1; smaller <= larger; smaller++) {
        const fork = parseFork(formatFork(forkOf(smaller - 1, smaller, larger)))
        const told = checkFork(fork, { keys })
        expect([told.smaller.checkpoint.size, told.larger.checkpoint.size]).toEqual([smaller, larger])
        expect(told.root).not.toBe(told.smaller.checkpoint.root)
      }
    }
  })

  it('is none for two checkpoints of one history, whatever is put beside them', () => {
    const leaves = leavesOf(12)
    for (let size = 1; size <= 12; size++) {
      const proof = size === 12 ? [] : consistencyProof(size, 12, leaves)
      const honest = { smaller: note(leaves.slice(0, size)), larger: note(leaves), proof }
      expect(codeOf(() => checkFork({ ...honest, root: rootOf(leaves.slice(0, size)) }, { keys }))).toBe('proof')
      expect(codeOf(() => checkFork({ ...honest, root: EMPTY_ROOT }, { keys }))).toBe('proof')
      const shorter = { ...honest, root: EMPTY_ROOT, proof: proof.slice(1) }
      if (proof.length > 0) expect(codeOf(() => checkFork(shorter, { keys }))).toBe('proof')
    }
  })

  it('is none where the smaller one is of nothing, or the sizes are the other way round', () => {
    const fork = forkOf(2, 3, 7)
    expect(codeOf(() => checkFork({ ...fork, smaller: fork.larger, larger: fork.smaller }, { keys }))).toBe('proof')
    const empty = signCheckpoint({ origin, size: 0, root: rootOf(leavesOf(1)) }, signer)
    expect(codeOf(() => checkFork({ ...fork, smaller: empty }, { keys }))).toBe('proof')
  })

  it('is none where a note is signed by nobody who is known, by a bad signature, or by another log', () => {
    const fork = forkOf(2, 3, 7)
    const stranger = signerKey(origin, new Uint8Array(32).fill(2))
    const elsewhere = signerKey('other.example', new Uint8Array(32).fill(1))
    expect(codeOf(() => checkFork({ ...fork, smaller: note(leavesOf(3, 500), stranger) }, { keys }))).toBe('note')
    expect(codeOf(() => checkFork({ ...fork, smaller: fork.smaller.replace(/\n3\n/, '\n2\n') }, { keys }))).toBe('note')
    const both = [...keys, verifierKeyOf(elsewhere)]
    expect(codeOf(() => checkFork({ ...fork, larger: note(leavesOf(7), elsewhere) }, { keys: both }))).toBe(
      'checkpoint',
    )
    expect(codeOf(() => checkFork(fork, { keys: [] }))).toBe('note')
  })

  it('says which of the two no known key has signed', () => {
    const fork = forkOf(2, 3, 7)
    const next = signerKey(origin, new Uint8Array(32).fill(2))
    const rotated = { ...fork, larger: note(leavesOf(7), next) }
    const told = (which: string) => `the ${which} of the two checkpoints: none of the known keys has signed the note`
    expect(() => checkFork(rotated, { keys })).toThrow(told('larger'))
    expect(() => checkFork(rotated, { keys: [verifierKeyOf(next)] })).toThrow(told('smaller'))
    expect(checkFork(rotated, { keys: [...keys, verifierKeyOf(next)] }).larger.checkpoint.size).toBe(7)
  })

  it('holds no more once any byte of the file is another', () => {
    const file = new TextEncoder().encode(formatFork(forkOf(4, 5, 7)))
    const held = []
    for (let at = 0; at < file.length; at++) {
      for (const bits of [1, 32, 128]) {
        const changed = file.slice()
        changed[at] = (changed[at] as number) ^ bits
        if (codeOf(() => checkFork(parseFork(changed), { keys })) === undefined) held.push(at)
      }
    }
    expect(held).toEqual([])
  })

  it('is read in one spelling only', () => {
    const text = formatFork(forkOf(2, 3, 7))
    const odd = [
      '',
      '\n',
      'null\n',
      '[]\n',
      '{}\n',
      text.slice(0, -1),
      `${text}\n`,
      ` ${text}`,
      text.replace('fork/v1', 'fork/v2'),
      text.replace('{', '{"a":1,'),
      text.replace(/"root":"[0-9a-f]{64}"/, '"root":"00"'),
      text.replace(/"proof":\[[^\]]*\]/, '"proof":"00"'),
      text.replace(/"proof":\[[^\]]*\]/, '"proof":["00"]'),
      text.replace(/"proof":\[[^\]]*\]/, `"proof":[${Array.from({ length: 107 }, () => `"${EMPTY_ROOT}"`).join(',')}]`),
      text.replace(/"smaller":"[^"]*"/, '"smaller":null'),
    ]
    for (const one of odd)
      for (const file of [one, new TextEncoder().encode(one)])
        expect([one.slice(0, 40), codeOf(() => parseFork(file))]).toEqual([one.slice(0, 40), 'proof'])
  })
})

describe('a consistency proof that is made while the leaves go by', () => {
  it('is the one that is made from all of them, for all sizes up to 40', () => {
    const leaves = leavesOf(43)
    for (let size = 1; size <= 40; size++) {
      for (let oldSize = 1; oldSize <= size; oldSize++) {
        const prover = new ConsistencyProver(oldSize, size)
        // Some come after the last that is asked for.
        for (const leaf of leaves.slice(0, size + 3)) prover.append(leaf)
        expect(prover.proof()).toEqual(consistencyProof(oldSize, size, leaves))
      }
    }
  })
})
