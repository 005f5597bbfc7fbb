import { Tree, type TreeState } from '../tree/tree.ts'
import { type IntegrityCode, type IntegrityFinding, type IntegrityReport, isKept } from './integrity-report.ts'

/**
 * The report on a whole file from the reports on its parts, which were checked apart from each other: the first from the
 * start, each other from a `seq` and an `offset`, all cut between lines and given the same `sizes`.
 *
 * `undefined` where the parts do not fit (an empty line shifted the numbers, a part is missing, or one ends in the
 * middle of a line): then the file must be checked in one piece. At a seam, a fork or a doubled entry is a `chain.break`.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, Integrity, joinIntegrity, rootOf, sealEntry } from '@countersign/trail'
 *
 * const body = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail' } as const
 * const one = sealEntry({ ...body, seq: 0, streamSeq: 0 }, EMPTY_ROOT)
 * const two = sealEntry({ ...body, seq: 1, streamSeq: 1 }, one.leafHash)
 * const first = new Integrity()
 * first.push(Uint8Array.of(...one.bytes, 10))
 * const second = new Integrity({ start: { seq: 1, offset: one.bytes.length + 1 } })
 * second.push(Uint8Array.of(...two.bytes, 10))
 * const report = joinIntegrity([first.finish(), second.finish()])
 * report?.root === rootOf([one.leafHash, two.leafHash]) // → true
 * report?.found // → 0
 * ```
 */
export function joinIntegrity(parts: readonly IntegrityReport[], maxFindings = 1000): IntegrityReport | undefined {
  const [first, ...others] = parts
  if (first === undefined) return undefined
  let whole = first
  for (const part of others) {
    if (part.from !== whole.size || part.offset !== whole.bytes || whole.torn) return undefined
    const expected = whole.leafHash
    const found = part.firstPrev
    const seam: IntegrityFinding[] =
      expected === undefined || found === undefined || expected === found
        ? []
        : [{ code: 'chain.break', seq: part.from, offset: part.offset, expected, found }]
    const grown = (size: number): TreeState | undefined => {
      const subtrees = part.subtrees.get(size)
      if (whole.tree === undefined || subtrees === undefined) return undefined
      const tree = Tree.from(whole.tree)
      for (const subtree of subtrees) tree.append(subtree.root, subtree.size)
      return tree.state()
    }
    const roots = new Map(whole.roots)
    for (const size of part.sizes) {
      const tree = grown(size)
      if (tree !== undefined) roots.set(size, Tree.from(tree).root())
    }
    const tree = part.size === part.from ? whole.tree : grown(part.size)
    whole = {
      ...whole,
      size: part.size,
      bytes: part.bytes,
      leafHash: part.size === part.from ? whole.leafHash : part.leafHash,
      root: tree === undefined ? undefined : Tree.from(tree).root(),
      tree,
      roots,
      torn: part.torn,
      tail: part.tail,
      findings: keptOf([...whole.findings, ...seam, ...part.findings], maxFindings),
      found: whole.found + seam.length + part.found,
      codes: added(whole.codes, part.codes, seam.length === 0 ? {} : { 'chain.break': seam.length }),
    }
  }
  return whole
}

function keptOf(all: readonly IntegrityFinding[], most: number): IntegrityFinding[] {
  const kept: IntegrityFinding[] = []
  const codes = new Map<IntegrityCode, number>()
  for (const one of all) {
    const before = codes.get(one.code) ?? 0
    codes.set(one.code, before + 1)
    if (isKept(kept.length, before, most)) kept.push(one)
  }
  return kept
}

type Codes = IntegrityReport['codes']

function added(...parts: readonly Codes[]): Codes {
  const all: { [code in IntegrityCode]?: number } = {}
  for (const part of parts)
    for (const [code, count] of Object.entries(part) as [IntegrityCode, number][]) all[code] = (all[code] ?? 0) + count
  return all
}
