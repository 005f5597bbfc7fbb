import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Integrity, requireLists, requireOptions } from '@countersign/trail'
import type { Verdict, VerifyOptions } from 'countersign/verify'
import { type OnProgress, readBlocks } from '../files/blocks.ts'
import {
  readCheckpoint,
  readGivenOpenings,
  readKey,
  readPolicy,
  readSnapshot,
  readTimestamps,
  readWitnessPolicy,
} from '../files/supplied.ts'
import { findTrail } from '../source/find-trail.ts'
import { type TrailSource, worthTwoReadings } from '../source/trail-source.ts'
import { withProofs } from './fork-proof.ts'
import { type ComparedSchedules, compareSchedules } from './schedules.ts'
import type { SharedVerdict } from './verify-shares.ts'

/** What the auditor has besides the trail, as paths of files. */
export interface VerifyFileOptions {
  readonly checkpoints?: readonly string[]
  readonly keys?: readonly string[]
  /** The checkpoint up to which the trail was verified before: decisions are judged from there on. */
  readonly since?: string
  /** Only the bytes are looked at, and not what entries say. */
  readonly only?: 'integrity'
  readonly policies?: readonly string[]
  readonly snapshot?: string
  /** What opens the private values: the file beside the trail. */
  readonly openings?: string
  /** A policy of witnesses (C2SP tlog-policy). */
  readonly witnessPolicy?: string
  /** Answers of time stamping authorities (RFC 3161, DER), and the certificates (PEM) of those that are trusted. */
  readonly timestamps?: readonly string[]
  readonly authorities?: readonly string[]
  /** How many threads judge the trail, up to 64; as many as there are processors, up to eight, where it is large, unless told otherwise. */
  readonly threads?: number
  readonly onProgress?: OnProgress
}

const names = Object.keys({
  checkpoints: true,
  keys: true,
  since: true,
  only: true,
  policies: true,
  snapshot: true,
  openings: true,
  witnessPolicy: true,
  timestamps: true,
  authorities: true,
  threads: true,
  onProgress: true,
} satisfies Record<keyof VerifyFileOptions, true>)

/** A verdict, and what stands beside it: whether schedules come to the instants that are recorded for them. */
export interface FileVerdict extends Verdict {
  readonly schedules: ComparedSchedules
}

/**
 * Verifies a trail, wherever it lies, block by block: a file, a folder with a `trail.jsonl`, a folder to which it was
 * published, `sqlite:<path>`, or a `postgres://` URL. Of a file the findings name the byte at which their entry begins. Throws `InputError` where something cannot be
 * read, naming the file, and `CountersignError` `input` where an option is unknown.
 *
 * @example
 * ```ts
 * import { verifyFile } from '@countersign/cli'
 * await verifyFile('no-such-trail.jsonl') // throws there is no file
 * ```
 */
export async function verifyFile(path: string, options: VerifyFileOptions = {}): Promise<FileVerdict> {
  requireOptions('verifyFile', options, names)
  requireLists('verifyFile', options, ['checkpoints', 'keys', 'policies', 'timestamps', 'authorities'])
  const source = await findTrail(path)
  const supplied: VerifyOptions = {
    checkpoints: await Promise.all((options.checkpoints ?? []).map(readCheckpoint)),
    ...(options.since === undefined ? {} : { since: await readCheckpoint(options.since) }),
    keys: await Promise.all((options.keys ?? []).map(readKey)),
    timestamps: await readTimestamps(options.timestamps ?? [], options.authorities ?? []),
    policies: await Promise.all((options.policies ?? []).map(readPolicy)),
    ...(options.witnessPolicy === undefined
      ? {}
      : { witnesses: { policy: await readWitnessPolicy(options.witnessPolicy), now: Math.floor(Date.now() / 1000) } }),
    ...(options.snapshot === undefined ? {} : { snapshot: await readSnapshot(options.snapshot) }),
    ...(options.openings === undefined ? {} : { openings: await readGivenOpenings(options.openings) }),
    ...(source.published === undefined ? {} : { published: source.published }),
    // What is dated when is not looked at in the bytes.
    ...(options.only === 'integrity' ? {} : { now: new Date().toISOString() }),
  }
  const { size, threads } = await sizing(source, options)
  if (options.only === 'integrity') {
    const { verifyIntegrity } = await import('./verify-integrity.ts')
    const checked = await verifyIntegrity(source, size, threads, supplied, options.onProgress)
    const { file } = source
    return {
      ...(file === undefined ? checked : await withProofs(file, checked)),
      schedules: await compareSchedules([]),
    }
  }
  const shared = await inShares(source, size, threads, supplied, options)
  if (shared !== undefined) return { ...shared.verdict, schedules: await compareSchedules(shared.declared) }
  const { verifyWhole } = await import('./verify-whole.ts')
  const { verdict, declared } = await verifyWhole(source, size, supplied, options)
  const { file } = source
  const told = file === undefined ? verdict : await withProofs(file, await located(file, verdict))
  return { ...told, schedules: await compareSchedules(declared) }
}

/** Each thread knows all people and rules, so more of them take more memory, and less and less time off. */
const mostThreads = 8

/** How large a trail file is, and how many threads judge it: one, where it is small, or does not lie in a file. */
async function sizing(
  { file }: TrailSource,
  { threads }: VerifyFileOptions,
): Promise<{ size: number; threads: number }> {
  if (file === undefined) return { size: 0, threads: 1 }
  const { size } = await stat(file)
  return { size, threads: threads ?? (size < worthTwoReadings ? 1 : Math.min(mostThreads, availableParallelism())) }
}

/** The verdict of several threads, where there is more than one, and nothing is found. */
async function inShares(
  { file }: TrailSource,
  size: number,
  threads: number,
  supplied: VerifyOptions,
  { snapshot, openings, onProgress }: VerifyFileOptions,
): Promise<SharedVerdict | undefined> {
  // Only whoever has read all of it can say what a snapshot of it is, and which openings no entry asks for.
  if (file === undefined || snapshot !== undefined || openings !== undefined || threads < 2) return undefined
  const { verifyInShares } = await import('./verify-shares.ts')
  return verifyInShares(file, size, threads, supplied, onProgress)
}

/** Findings about more than one entry: they have no byte of their own. */
const ofTheWhole = /^(?:(?:checkpoint|timestamp|snapshot|policy)\.|opening\.(?:unreadable|torn))/

/** Adds to each finding about an entry where the entry begins. A second look, taken only where there is something. */
async function located(file: string, verdict: Verdict): Promise<Verdict> {
  const wanted = new Set(
    verdict.findings.flatMap(one => (one.offset === undefined && !ofTheWhole.test(one.code) ? [one.seq] : [])),
  )
  if (wanted.size === 0) return verdict
  const offsets = new Map<number, number>()
  const integrity = new Integrity({
    maxFindings: 0,
    onLine: ({ seq, offset }) => {
      if (wanted.has(seq)) offsets.set(seq, offset)
    },
  })
  await readBlocks(file, block => integrity.push(block), { until: verdict.bytes })
  integrity.finish()
  const findings = verdict.findings.map(one => {
    const offset = one.offset ?? (ofTheWhole.test(one.code) ? undefined : offsets.get(one.seq))
    return offset === undefined ? one : { ...one, offset }
  })
  return { ...verdict, findings }
}
