import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { CountersignError, readEntry } from '@countersign/trail'
import { type Draft, memoryStore } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { fileOf, linesOf, sealedIn } from '../properties/trial.ts'
import { append, type Round } from './file-append.ts'
import { isAtOnce, passing } from './file-passing.ts'
import { commandsOf, found } from './shared-board.ts'

/** A trail as it comes to be, entry by entry: appends alone, of several entries, and of several callers at once. */
export interface Load {
  readonly rounds: readonly Round[]
  /** The whole trail, as it is where nothing goes wrong. */
  readonly lines: readonly string[]
  /** After how many entries an append ends, from the empty trail on. */
  readonly ends: ReadonlySet<number>
}

/** The load of a seed: real decisions of a desk, so that a verifier can judge them. */
export async function loadOf(seed: number, commands: number): Promise<Load> {
  const memory = memoryStore()
  await found(memory)
  const desk = await createDesk({ store: memory, clock: () => new Date('2026-03-03T08:00:00.000Z') })
  for (const envelope of commandsOf(desk, seed, 'load')) {
    if (commands-- <= 0) break
    await desk.execute(envelope)
  }
  const sealed = await sealedIn(memory)
  const drafts = sealed.map(({ bytes }) => {
    const { seq: _, ...draft } = readEntry(bytes).body
    return draft as Draft
  })
  const size = fc.constantFrom(1, 1, 1, 1, 2, 3, 5)
  const sizes = fc.sample(fc.array(size, { minLength: 1, maxLength: 4 }), { seed, numRuns: drafts.length })
  const rounds: Round[] = []
  const ends = new Set([0])
  let at = 0
  // A caller who is alone for a while, at last, for whom the thread itself waits.
  const alone = Math.min(24, Math.floor(drafts.length / 2))
  for (const round of [...sizes, ...Array.from({ length: alone }, () => [1])]) {
    const isAlone = at >= drafts.length - alone
    if (isAlone && round.length > 1) continue
    const appends = round.flatMap(length => {
      const append = drafts.slice(at, isAlone ? at + 1 : Math.min(at + length, drafts.length - alone))
      at += append.length
      ends.add(at)
      return append.length === 0 ? [] : [append]
    })
    if (appends.length > 0) rounds.push(appends)
  }
  return { rounds, lines: linesOf(sealed), ends }
}

/** What was found when the trail was looked at afterwards. */
export type Found = 'none' | 'sound' | 'torn' | 'journal'

/**
 * Looks at the trail as it lies, and opens it: nothing that was acknowledged is lost, nothing is there by halves, and the
 * verifier says of the bytes whether they are sound or torn, and where. Throws what does not hold.
 */
export async function check(folder: string, load: Load, acknowledged: number): Promise<Found> {
  const path = join(folder, 'trail.jsonl')
  if (!existsSync(path)) {
    assert.equal(acknowledged, 0)
    return 'none'
  }
  const lying = readFileSync(path)
  const verdict = verifyTrail([lying])
  const end = lying.lastIndexOf(10) + 1
  const isTorn = end < lying.length
  // What has no entry yet is no trail yet: it does not begin with its founding.
  const isFounded = end > 0
  assert.equal(verdict.status, isFounded ? (isTorn ? 'torn' : 'sound') : 'broken')
  assert.deepEqual(
    verdict.findings.map(({ code, offset }) => [code, offset]),
    [...(isTorn ? [['tail.torn', end]] : []), ...(isFounded ? [] : [['founding.missing', undefined]])],
  )
  rmSync(`${path}.lock`, { force: true })
  const store = await openFileStore(folder)
  const { recovered } = store
  const size = (await store.head()).size
  assert.ok(size >= acknowledged, `${acknowledged} entries were acknowledged, and ${size} are there`)
  assert.ok(load.ends.has(size), `${size} entries: an append is there by halves`)
  // Byte for byte the beginning of what it would have come to.
  const whole = fileOf(load.lines.slice(0, size))
  assert.ok(readFileSync(path).equals(whole))
  if (size > 0) assert.equal(verifyTrail([whole]).status, 'sound')
  if (recovered?.because === 'torn') assert.deepEqual([isTorn, recovered.offset], [true, end])
  if (recovered === undefined) assert.ok(!isTorn)
  await store.close()
  // And it goes on to its end.
  const came = await append(nodeFileSystem, folder, load.rounds)
  assert.deepEqual(came.errors, [])
  assert.ok(readFileSync(path).equals(fileOf(load.lines)))
  return recovered?.because ?? 'sound'
}

/**
 * How one system call goes wrong. `once` fails that call alone, `for good` that call and all after it, as where the disk is
 * gone; `half` does half of a write or a read, which is no failure; and `half, then` does half of a write before it fails.
 */
export interface Fault {
  readonly code: 'EIO' | 'ENOSPC' | 'EINTR' | undefined
  readonly half: boolean
  readonly forGood: boolean
}

export const faults: ReadonlyMap<string, Fault> = new Map([
  ['EIO once', { code: 'EIO', half: false, forGood: false }],
  ['ENOSPC once', { code: 'ENOSPC', half: false, forGood: false }],
  ['EINTR once', { code: 'EINTR', half: false, forGood: false }],
  ['EIO for good', { code: 'EIO', half: false, forGood: true }],
  ['half of it', { code: undefined, half: true, forGood: false }],
  ['half, then ENOSPC once', { code: 'ENOSPC', half: true, forGood: false }],
  ['half, then EINTR once', { code: 'EINTR', half: true, forGood: false }],
  ['half, then EIO for good', { code: 'EIO', half: true, forGood: true }],
])

/** A file system whose n-th call goes wrong; `calls` names all that were made. */
export function faulty(at: number, fault: Fault): { system: FileSystem; calls: string[] } {
  const calls: string[] = []
  const failing = (name: string): boolean => {
    calls.push(name)
    return fault.code !== undefined && (calls.length === at || (fault.forGood && calls.length > at))
  }
  const refuse = (name: string): Error => Object.assign(new Error(`${fault.code}: ${name}`), { code: fault.code })
  const system = passing((name, values, call) => {
    const fails = failing(name)
    if (fault.half && calls.length === at && (name === 'write' || name === 'read')) {
      const done = call(...values.with(3, Math.ceil((values[3] as number) / 2)))
      if (!fails || name === 'read') return done
    }
    if (!fails) return call(...values)
    if (isAtOnce.has(name)) throw refuse(name)
    return Promise.reject(refuse(name))
  })
  return { system, calls }
}

/** Lets one call go wrong in a trail of its own, and checks what is there afterwards. */
export async function tryFault(folder: string, load: Load, at: number, fault: Fault): Promise<Found> {
  const { system } = faulty(at, fault)
  const came = await append(system, folder, load.rounds)
  for (const error of came.errors)
    assert.ok(error instanceof CountersignError, `thrown, and no CountersignError: ${String(error)}`)
  return check(folder, load, came.acknowledged)
}
