import { fileOf } from '@countersign/testing/tamper'
import {
  canonical,
  consistencyProof,
  EMPTY_ROOT,
  Integrity,
  type IntegrityReport,
  inclusionProof,
  isCanonical,
  joinIntegrity,
  leafHash,
  nodeHash,
  parseCanonical,
  readEntry,
  rootOf,
  rootOfInclusion,
  rootsOfConsistency,
  sealEntry,
  Tree,
} from '@countersign/trail'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Names that have a canonical form: no array index, no `__proto__`. */
const name = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('a', 'b', 'B', 'é', '€', '😂', 'ﬁ', '\n', ''))
  .filter(text => text.isWellFormed() && text !== '__proto__' && !/^(?:0|[1-9][0-9]*)$/.test(text))
const json = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    fc.maxSafeInteger().map(number => number + 0),
    fc.string({ unit: 'binary', maxLength: 12 }).filter(text => text.isWellFormed()),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(name, tie('value'), { maxKeys: 6 }),
  ),
})).value

const space = fc.constantFrom('', '', '', '', ' ', '\n')
const spelling = (text: fc.Arbitrary<string>) => fc.tuple(space, text, space).map(parts => parts.join(''))
const spelledText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }).map(text => JSON.stringify(text)),
  fc.constantFrom('"a"', '"\\u0061"', '"\\/"', '"é"', '"\ud800"', '"\\ud800"', '"\u2028"'),
)
/** JSON in spellings of all kinds, many of which are the canonical one but for one place. */
const spelled = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    spelling(
      fc.constantFrom('null', 'true', 'false', '0', '-0', '7', '10', '1e1', '100', '1e2', '1000', '1e3', '12.0', '0e0'),
    ),
    spelling(spelledText),
    spelling(fc.array(tie('value'), { maxLength: 4 }).map(values => `[${values.join(',')}]`)),
    spelling(
      fc
        .array(
          fc.tuple(fc.oneof(fc.constantFrom('"a"', '"b"', '"c"', '"1"', '"__proto__"'), spelledText), tie('value')),
          { maxLength: 3 },
        )
        .map(members => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`),
    ),
  ),
})).value

describe('canonical agrees with another implementation of RFC 8785', () => {
  it('on every value that both can write', () => {
    fc.assert(
      fc.property(json, value => {
        expect(canonical(value)).toBe(canonicalize(value))
      }),
      { numRuns: 500 },
    )
  })

  it('and reads back the value that it wrote', () => {
    fc.assert(
      fc.property(json, value => {
        const text = canonical(value)
        expect(canonical(parseCanonical(text))).toBe(text)
        expect(canonical(parseCanonical(encode(text)))).toBe(text)
      }),
    )
  })

  it('and what it reads is canonical there, too, whatever the text', () => {
    const text = fc.oneof(
      json.map(value => canonical(value)),
      json.map(value => JSON.stringify(value)),
      fc.json(),
      spelled,
    )
    fc.assert(
      fc.property(text, given => {
        if (isCanonical(given)) expect(canonicalize(JSON.parse(given))).toBe(given)
      }),
      { numRuns: 500 },
    )
  })

  it('and it takes a text, or its bytes, just where it would write what is read of them so', () => {
    const written = (text: string): boolean => {
      try {
        return canonical(JSON.parse(text)) === text
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(spelled, text => {
        expect(isCanonical(text)).toBe(written(text))
        if (text.isWellFormed()) expect(isCanonical(encode(text))).toBe(written(text))
      }),
      { numRuns: 2_000 },
    )
  })
})

// The recursions of RFC 6962 §2.1, §2.1.1 and §2.1.2, as the text has them.
function split(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

function mth(leaves: readonly string[]): string {
  if (leaves.length === 0) return EMPTY_ROOT
  const [leaf] = leaves
  if (leaves.length === 1 && leaf !== undefined) return leaf
  const k = split(leaves.length)
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)))
}

function path(m: number, leaves: readonly string[]): string[] {
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  if (m < k) return [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
  return [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))]
}

function subproof(m: number, leaves: readonly string[], whole: boolean): string[] {
  if (m === leaves.length) return whole ? [] : [mth(leaves)]
  const k = split(leaves.length)
  if (m <= k) return [...subproof(m, leaves.slice(0, k), whole), mth(leaves.slice(k))]
  return [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))]
}

const leaves = Array.from({ length: 130 }, (_, at) => leafHash(Uint8Array.of(at)))
/** A size of at least one, and a number below it. */
const place = fc
  .integer({ min: 1, max: leaves.length })
  .chain(size => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })))

describe('the tree agrees with the recursions of RFC 6962', () => {
  it('in its root, at every size', () => {
    const tree = new Tree()
    for (const [at, leaf] of leaves.entries()) {
      expect(tree.root()).toBe(mth(leaves.slice(0, at)))
      tree.append(leaf)
    }
    expect(rootOf(leaves)).toBe(mth(leaves))
  })

  it('in its inclusion proofs, which lead to the root', () => {
    fc.assert(
      fc.property(place, ([size, index]) => {
        const tree = leaves.slice(0, size)
        const proof = inclusionProof(index, size, leaves)
        expect(proof).toEqual(path(index, tree))
        expect(rootOfInclusion({ leaf: leaves[index] ?? '', index, size, proof })).toBe(mth(tree))
      }),
      { numRuns: 200 },
    )
  })

  it('in its consistency proofs, which lead to both roots', () => {
    fc.assert(
      fc.property(place, ([size, below]) => {
        const oldSize = below + 1
        const oldRoot = mth(leaves.slice(0, oldSize))
        const proof = consistencyProof(oldSize, size, leaves)
        expect(proof).toEqual(subproof(oldSize, leaves.slice(0, size), true))
        const roots = rootsOfConsistency({ oldSize, oldRoot, size, proof })
        expect(roots).toEqual({ oldRoot, root: mth(leaves.slice(0, size)) })
      }),
      { numRuns: 200 },
    )
  })

  it('and no inclusion proof holds for another leaf, another place or with a hash changed', () => {
    fc.assert(
      fc.property(place, fc.nat(), ([size, index], salt) => {
        const leaf = leaves[index] ?? ''
        const root = mth(leaves.slice(0, size))
        const proof = inclusionProof(index, size, leaves)
        const leads = (claim: { leaf?: string; index?: number; proof?: readonly string[] }): boolean => {
          try {
            return rootOfInclusion({ leaf, index, size, proof, ...claim }) === root
          } catch {
            return false
          }
        }
        expect(leads({ leaf: leafHash(encode('another')) })).toBe(false)
        const elsewhere = (index + 1 + (salt % Math.max(1, size - 1))) % size
        if (elsewhere !== index) expect(leads({ index: elsewhere })).toBe(false)
        if (proof.length > 0) {
          const changed = proof.map((node, at) => (at === salt % proof.length ? EMPTY_ROOT : node))
          expect(leads({ proof: changed })).toBe(false)
        }
      }),
    )
  })
})

const body = fc.record({ id: fc.string({ minLength: 1, maxLength: 8 }), command: json })

/** The bytes of a sound trail, line by line, without the newlines. */
const trail = fc.array(body, { minLength: 2, maxLength: 9 }).map(bodies => {
  let prev = EMPTY_ROOT
  return bodies.map((more, seq) => {
    const at = '2026-11-21T09:30:00.000Z'
    const sealed = sealEntry({ v: 1, seq, at, stream: 'trail', streamSeq: seq, ...more }, prev)
    prev = sealed.leafHash
    return sealed.bytes
  })
})

function check(file: Uint8Array, block = 1 << 20): IntegrityReport {
  const integrity = new Integrity()
  for (let at = 0; at < file.length; at += block) integrity.push(file.subarray(at, at + block))
  return integrity.finish()
}

/** Found: by a finding, or, against a checkpoint of the whole trail, by another size or root. */
function differs(report: IntegrityReport, checkpoint: IntegrityReport): boolean {
  return report.found > 0 || report.size !== checkpoint.size || report.root !== checkpoint.root
}

describe('any alteration of a trail file is found', () => {
  it('whichever bit is flipped; and before the last entry even without a checkpoint', () => {
    fc.assert(
      fc.property(trail, fc.nat(), fc.integer({ min: 0, max: 7 }), (lines, at, bit) => {
        const file = fileOf(lines)
        const sound = check(file)
        expect(sound.found).toBe(0)
        const index = at % file.length
        file[index] = (file[index] ?? 0) ^ (1 << bit)
        const report = check(file)
        expect(differs(report, sound)).toBe(true)
        const last = file.length - 1 - (lines.at(-1)?.length ?? 0)
        if (index < last) expect(report.found).toBeGreaterThan(0)
      }),
      { numRuns: 400 },
    )
  })

  it('whichever line is removed, doubled, swapped with another, or put in', () => {
    const where = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('remove', 'double', 'swap', 'insert', 'cut'))
    fc.assert(
      fc.property(trail, where, body, (lines, [one, two, how], more) => {
        const sound = check(fileOf(lines))
        const first = one % lines.length
        const second = two % lines.length
        const altered = [...lines]
        if (how === 'remove') altered.splice(first, 1)
        if (how === 'double') altered.splice(second, 0, lines[first] ?? new Uint8Array())
        if (how === 'cut') altered.splice(first)
        if (how === 'swap') {
          fc.pre(first !== second)
          altered[first] = lines[second] ?? new Uint8Array()
          altered[second] = lines[first] ?? new Uint8Array()
        }
        if (how === 'insert') {
          const prev = readEntry(lines[first] ?? new Uint8Array()).prev
          const at = '2026-11-21T09:30:00.000Z'
          altered.splice(first, 0, sealEntry({ v: 1, seq: first, at, stream: 'x', streamSeq: 0, ...more }, prev).bytes)
        }
        const report = check(fileOf(altered))
        expect(differs(report, sound)).toBe(true)
        // Only what is taken from the tail, or put on it, leaves a sound chain.
        const atTail = how === 'cut' || (how === 'remove' && first === lines.length - 1)
        if (!atTail) expect(report.found).toBeGreaterThan(0)
      }),
      { numRuns: 400 },
    )
  })

  it('and the verdict does not depend on the parts in which the file is checked', () => {
    fc.assert(
      fc.property(trail, fc.array(fc.nat(), { maxLength: 3 }), fc.nat(), fc.boolean(), (lines, cuts, at, alter) => {
        if (alter) lines.splice(at % lines.length, 1)
        const places = [...new Set([0, ...cuts.map(cut => cut % (lines.length + 1))])].sort((one, other) => one - other)
        const sizes = lines.map((_, size) => size)
        const parts = places.map((from, index) => {
          const start = { seq: from, offset: fileOf(lines.slice(0, from)).length }
          const part = new Integrity({ start, sizes })
          part.push(fileOf(lines.slice(from, places[index + 1])))
          return part.finish()
        })
        const whole = new Integrity({ sizes })
        whole.push(fileOf(lines))
        const { size, bytes, leafHash: last, root, tree, roots, found, findings } = whole.finish()
        expect(joinIntegrity(parts)).toMatchObject({ size, bytes, leafHash: last, root, tree, roots, found, findings })
      }),
    )
  })

  it('and the verdict does not depend on the blocks in which the file is read', () => {
    fc.assert(
      fc.property(trail, fc.integer({ min: 1, max: 400 }), fc.nat(), (lines, block, at) => {
        const file = fileOf(lines)
        file[at % file.length] = 10
        expect(check(file, block)).toEqual(check(file))
      }),
    )
  })
})
