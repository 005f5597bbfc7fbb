import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodeOf, publishTrail } from '@countersign/cli'
import { faults, type Sound } from '@countersign/testing/faults'
import { bodiesOf, fileOf } from '@countersign/testing/tamper'
import { leafHash, rootOf, signCheckpoint } from '@countersign/trail'
import {
  type GivenOpenings,
  type OpeningPlace,
  type Verdict,
  type VerifyOptions,
  verifyTrail,
} from 'countersign/verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findingCodes } from './finding-codes.ts'
import { verifyForgetting, verifyInShares } from './properties/shares.ts'
import { everything, signer } from './sound-trail.ts'
import { judge } from './tampered.ts'

const table = readFileSync(fileURLToPath(new URL('../docs/reference/faults.md', import.meta.url)), 'utf8')
const rows = [...table.matchAll(/^\| ([^|]+) \| \[`([^`]+)`\]\(findings\/([^)]+)\.md\) \| (\d) \|$/gm)].map(
  ([, name, code, page, exit]) => ({ name, code, page, exit: Number(exit) }),
)
const folder = mkdtempSync(join(tmpdir(), 'countersign-faults-'))

/** The files of a folder to which a trail was published. */
async function published(lines: readonly Uint8Array[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const [trail, place] = [join(folder, 'trail.jsonl'), join(folder, 'published')]
  writeFileSync(trail, fileOf(lines))
  const note = signCheckpoint({ origin: signer.name, size: lines.length, root: rootOf(lines.map(leafHash)) }, signer)
  await publishTrail({ trail, folder: place, checkpoint: { name: 'checkpoint', note } })
  const names = readdirSync(place, { recursive: true, withFileTypes: true }).filter(one => one.isFile())
  return new Map(
    names.map(one => {
      const path = join(one.parentPath, one.name)
      return [path.slice(place.length + 1).replaceAll('\\', '/'), new Uint8Array(readFileSync(path))] as const
    }),
  )
}

/** The commitments to private values that no entry has redacted, and where each stands first. */
function opened(lines: readonly Uint8Array[]): GivenOpenings['opened'] {
  const found = new Map<string, OpeningPlace[]>()
  const bodies = bodiesOf(lines)
  for (const body of bodies) {
    const { stream, id } = body
    for (const [, field = '', one = ''] of JSON.stringify(body).matchAll(/"(\w+)":\{"commitment":"([0-9a-f]{64})"/g))
      if (!found.has(one)) found.set(one, [{ stream, id, field }])
  }
  for (const [, one = ''] of JSON.stringify(bodies).matchAll(/"commitments":\["([0-9a-f]{64})"/g)) found.delete(one)
  return found
}

let sound: Sound & { readonly files: ReadonlyMap<string, Uint8Array> }
/** What the faults make of that trail, where that is another file, and what is said of it in one piece. */
let inOnePiece: readonly { file: Uint8Array; options: VerifyOptions | undefined; whole: Verdict }[]
beforeAll(async () => {
  const { scenario, lines } = await everything()
  const openings = { opened: opened(lines), mismatched: new Set<string>(), unreadable: 0, torn: 0 }
  sound = { lines, signer, snapshot: scenario.desk.snapshot(), openings, files: await published(lines) }
  inOnePiece = faults.flatMap(({ make }) => {
    const { file, options } = make(sound) ?? {}
    return file === undefined ? [] : [{ file, options, whole: verifyTrail([file], options) }]
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('every fault', () => {
  it('is done to a trail in which nothing is wrong, wherever it lies and whatever it is held against', async () => {
    const { snapshot, openings } = sound
    if (snapshot === undefined || openings === undefined) throw new Error('the trail has neither')
    expect(verifyTrail([fileOf(sound.lines)], { snapshot, openings })).toMatchObject({ status: 'sound', findings: [] })
    expect(await judge({ files: sound.files }, folder)).toMatchObject({ status: 'sound' })
  })

  for (const { name, code, exit } of rows)
    it(`raises its own code, and ends with its exit status: ${name} (${code}, ${exit})`, async () => {
      const tampered = faults.find(one => one.name === name)?.make(sound)
      if (tampered === undefined)
        throw new Error('nobody makes it, or not of the trail in which everything has happened')
      const verdict = await judge(tampered, folder)
      expect(Object.keys(verdict.codes)).toContain(code)
      expect(exitCodeOf(verdict)).toBe(exit)
    })

  it('is told the same by several who share the trail, or by nobody but by one who has read all of it', () => {
    let judged = 0
    for (const { file, options, whole } of inOnePiece) {
      for (const count of [2, 3]) {
        const shared = verifyInShares(file, count, options)
        if (shared !== undefined) expect(shared).toEqual(whole)
        judged += shared === undefined ? 0 : 1
      }
    }
    // What is held against checkpoints from outside is no reason to judge the trail in one piece.
    expect(judged).toBeGreaterThan(10)
  })

  it('is told the same, to the letter, by one who forgets what is over, unless that is asked for', () => {
    const told = { all: 0, same: 0 }
    for (const { file, options, whole } of inOnePiece) {
      const forgetting = verifyForgetting(file, options)
      if (forgetting !== undefined) expect(forgetting).toEqual(whole)
      told.all += 1
      told.same += forgetting === undefined ? 0 : 1
    }
    expect(told.same).toBeGreaterThan(0.8 * told.all)
  })
})

describe('the table of faults', () => {
  it('has every fault, with its code, the page of the code, and its exit status, in the order in which they are made', () => {
    expect(rows).toEqual(faults.map(({ name, code, exit }) => ({ name, code, page: code, exit })))
  })

  it('has a fault for every code of a finding', () => {
    const raised = new Set<string>(faults.map(one => one.code))
    expect(findingCodes().filter(code => !raised.has(code))).toEqual([])
  })
})
