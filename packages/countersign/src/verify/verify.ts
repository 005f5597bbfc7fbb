import {
  CountersignError,
  Integrity,
  type IntegrityReport,
  requireBytes,
  requireOptions,
  unexpected,
} from '@countersign/trail'
import { snapshotOf } from '../record/snapshot.ts'
import { conclude, requireVerifyOptions, type Supplied, suppliedIn } from './conclude.ts'
import { type Finding, integrityFinding, type SourceFault } from './finding.ts'
import { Findings } from './findings.ts'
import { type Judgement, Judging, joinJudgements } from './judging.ts'
import { type Sharing, shareOf } from './shares/share.ts'
import type { Verdict, VerifyOptions } from './verdict.ts'

/**
 * Verifies a trail as its bytes are read, in blocks of any size: encoding, chain and tree, streams, every decision under
 * the rules in force at its entry, the duties restated, and the checkpoints. It collects what it finds and goes on.
 *
 * Throws `CountersignError` `note`, `checkpoint` or `key` where what the auditor handed in cannot be read, and `input` where
 * an option is unknown.
 *
 * @example
 * ```ts
 * import { TrailVerifier } from 'countersign/verify'
 * const verifier = new TrailVerifier()
 * verifier.push(new Uint8Array())
 * verifier.finish().status // → 'broken'
 * ```
 */
export class TrailVerifier {
  readonly #supplied: Supplied
  readonly #findings: Findings
  readonly #integrity: Integrity
  readonly #judging: Judging
  #isMisled = false
  #verdict: Verdict | undefined

  /**
   * Where a first reading has found out which changes are over when (`Families`, for one share), they are forgotten then, so
   * that memory does not grow with the trail. Nothing is where a snapshot is compared, which has all of them.
   */
  constructor(options: VerifyOptions = {}, forgetting: Forgetting = {}) {
    requireOptions('TrailVerifier', forgetting, ['sharing', 'forgetEvery'])
    const { sharing, forgetEvery } = forgetting
    this.#supplied = suppliedIn(options)
    this.#findings = new Findings(options.maxFindings)
    const { sizes, since } = this.#supplied
    const report = (finding: Finding) => this.#findings.report(finding)
    const isForgetting = sharing !== undefined && options.snapshot === undefined
    this.#judging = new Judging({
      report,
      sizes,
      since,
      onSchedule: options.onSchedule,
      ...(isForgetting ? { share: shareOf(sharing, 0) } : {}),
      ...(forgetEvery === undefined ? {} : { forgetEvery }),
    })
    this.#integrity = new Integrity({
      sizes,
      maxFindings: Math.max(1, options.maxFindings ?? 1_000),
      onLine: ({ seq, bytes }) => {
        if (!this.#isMisled) this.#isMisled = !this.#judging.entry(seq, bytes)
      },
    })
  }

  /**
   * Whether an entry asked for what was forgotten, so that there is no verdict: the trail is to be judged again, with nothing
   * forgotten. For the last entries it is known when `finish` has thrown. The first reading need not be right, and whoever can write a trail can write one that misleads it.
   */
  get isMisled(): boolean {
    return this.#isMisled
  }

  /** Takes the next bytes of the trail file. Throws `CountersignError` `input` where it is given something else. */
  push(block: Uint8Array): void {
    requireBytes('input', 'a block of the trail', block)
    this.#integrity.push(block)
  }

  /** Takes what is wrong with the place where the trail lies, and does not show in the bytes of its entries. */
  found(fault: SourceFault): void {
    this.#findings.report(integrityFinding(fault.code, fault.seq, fault.expected, fault.found))
  }

  /** Judges what is left, and says what was found. Throws `CountersignError` `input` where the verifier was misled. */
  finish(): Verdict {
    if (this.#verdict === undefined) {
      // The last lines are judged now.
      const report = this.#integrity.finish()
      if (this.#isMisled)
        throw new CountersignError(
          'input',
          'an entry asks for what was forgotten: judge the trail with nothing forgotten',
        )
      const { judgement, state, disclosure } = this.#judging
      const snapshot = () => snapshotOf(state)
      this.#verdict = conclude({ report, judgement, snapshot, disclosure }, this.#supplied, this.#findings)
    }
    return this.#verdict
  }
}

/** When the changes of a trail are over, and how often those that are get forgotten. */
export interface Forgetting {
  readonly sharing?: Sharing
  /** After so many entries; 2,048 unless told otherwise. */
  readonly forgetEvery?: number
}

/**
 * Verifies a whole trail that is at hand: the bytes of its file, in one block or more.
 * Throws `CountersignError` `checkpoint`, `note` or `key` where what it is to be held against cannot be read, and `input` where
 * an option is unknown, or a block is none.
 *
 * @example
 * ```ts
 * import { verifyTrail } from 'countersign/verify'
 * verifyTrail([]).status // → 'broken'
 * verifyTrail([]).codes // → { 'founding.missing': 1 }
 * ```
 */
export function verifyTrail(blocks: Iterable<Uint8Array>, options?: VerifyOptions): Verdict {
  const verifier = new TrailVerifier(options)
  if (typeof blocks !== 'object' || blocks === null)
    throw unexpected('input', 'verifyTrail', 'the blocks of a trail, as [bytes]', { given: blocks })
  for (const block of blocks) verifier.push(block)
  return verifier.finish()
}

/**
 * Takes one share of a trail whose changes were shared out (`Families`), and judges it. `finish` gives what it comes to,
 * for `joinShares`; or `undefined` where anything was found, or where the changes were not shared out rightly: then the
 * trail has to be judged in one piece, so that what is found is told as one who has read all of it tells it.
 *
 * @example
 * ```ts
 * import { Families, ShareVerifier } from 'countersign/verify'
 * const families = new Families()
 * new ShareVerifier(families.sharing(2), 0).finish()?.changes // → 0
 * ```
 */
export class ShareVerifier {
  readonly #judging: Judging
  #isWhole = true

  constructor(sharing: Sharing, index: number, options: ShareOptions = {}) {
    requireOptions('ShareVerifier', options, ['sizes', 'since', 'onSchedule', 'forgetEvery'])
    const { sizes, since = 0, onSchedule, forgetEvery } = options
    this.#judging = new Judging({
      report: () => {
        this.#isWhole = false
      },
      share: shareOf(sharing, index),
      since,
      ...(sizes === undefined ? {} : { sizes: new Set(sizes) }),
      ...(onSchedule === undefined ? {} : { onSchedule }),
      ...(forgetEvery === undefined ? {} : { forgetEvery }),
    })
  }

  /** Takes the next line, without its newline. `false` where there is no use in going on. */
  line(seq: number, bytes: Uint8Array): boolean {
    if (this.#isWhole && !this.#judging.entry(seq, bytes)) this.#isWhole = false
    return this.#isWhole
  }

  finish(): Judgement | undefined {
    return this.#isWhole ? this.#judging.judgement : undefined
  }
}

/** What a share of a trail is judged with: of what the auditor has, what a share takes. */
export interface ShareOptions {
  /** The sizes of the checkpoints that will be compared. */
  readonly sizes?: readonly number[]
  /** The first entry whose decision is judged. */
  readonly since?: number
  readonly onSchedule?: VerifyOptions['onSchedule']
  /** After so many entries the changes are forgotten that no later entry asks for; 2,048 unless told otherwise. */
  readonly forgetEvery?: number
}

/**
 * What each share takes of what an auditor has. Throws `CountersignError` where something cannot be read.
 *
 * @example
 * ```ts
 * import { shareOptions } from 'countersign/verify'
 * shareOptions({}) // → { sizes: [], since: 0 }
 * ```
 */
export function shareOptions(options: VerifyOptions): Required<Pick<ShareOptions, 'sizes' | 'since'>> {
  const { sizes, since } = suppliedIn(options)
  return { sizes: [...sizes], since }
}

/**
 * The verdict on a trail of the check of its bytes and of all its shares. `undefined` where it has to be judged in one
 * piece: where anything at all is wrong in it but a torn end, or where a snapshot or openings are to be compared.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { fileOf, linesOf } from '@countersign/testing/tamper'
 * import { Integrity } from '@countersign/trail'
 * import { Families, joinShares, ShareVerifier } from 'countersign/verify'
 * const lines = await linesOf((await f0()).store)
 * const families = new Families()
 * for (const line of lines) families.line(line)
 * const sharing = families.sharing(2)
 * const shares = [0, 1].map(index => {
 *   const share = new ShareVerifier(sharing, index)
 *   for (const [seq, line] of lines.entries()) share.line(seq, line)
 *   return share.finish()
 * })
 * const integrity = new Integrity()
 * integrity.push(fileOf(lines))
 * joinShares(integrity.finish(), shares)?.status // → 'sound'
 * ```
 */
export function joinShares(
  report: IntegrityReport,
  shares: readonly (Judgement | undefined)[],
  options: VerifyOptions = {},
): Verdict | undefined {
  requireVerifyOptions(options)
  const isCompared = options.snapshot !== undefined || options.openings !== undefined
  const isWhole = report.found === (report.torn ? 1 : 0) && report.size > 0 && !isCompared
  const judged = shares.flatMap(share => share ?? [])
  if (!isWhole || judged.length < shares.length) return undefined
  const judgement = joinJudgements(judged, report.size)
  if (judgement === undefined) return undefined
  return conclude({ report, judgement }, suppliedIn(options), new Findings(options.maxFindings))
}
