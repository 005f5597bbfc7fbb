import { CountersignError } from '@countersign/trail'
import {
  type DeclaredSchedule,
  type Sharing,
  type SourceFault,
  TrailVerifier,
  type VerifyOptions,
} from 'countersign/verify'
import type { OnProgress } from '../files/blocks.ts'
import { InputError } from '../shell/input-error.ts'
import { type TrailSource, worthTwoReadings } from '../source/trail-source.ts'
import { readFamilies } from './read-families.ts'
import type { SharedVerdict } from './verify-shares.ts'

/** What the first of two readings takes of the time, about. */
const firstReading = 0.1

/**
 * Verifies a trail in one piece, wherever it lies, and tells all that is found. A large one is read twice: first to find out until
 * when each change is asked for, so that what is over can be forgotten. Where that turns out to have been wrong, it is judged with
 * nothing forgotten.
 */
export async function verifyWhole(
  source: TrailSource,
  size: number,
  options: VerifyOptions,
  { snapshot, onProgress, worth = worthTwoReadings }: WholeOptions,
): Promise<SharedVerdict> {
  // A snapshot has every change that there ever was. How large a trail is that lies in no file is known when it was read.
  if (snapshot === undefined && (source.file === undefined || size >= worth)) {
    // What is missing in one reading may be there in the next.
    let isWhole = true
    const onFault = ({ code }: SourceFault) => {
      if (!beside.has(code)) isWhole = false
    }
    const reading = { onProgress: part(onProgress, 0, firstReading), onFault }
    const { families, bytes } = await readFamilies(source.blocks(reading), { alone: true })
    if (isWhole && bytes >= worth) {
      const told = { sharing: families.sharing(1), bytes }
      const judged = await judge(source, options, part(onProgress, firstReading, 1), told)
      if (judged !== undefined) return judged
    }
  }
  try {
    return (await judge(source, options, onProgress)) as SharedVerdict
  } catch (error) {
    // A snapshot is compared at the end; one that has no canonical form cannot be compared.
    if (snapshot === undefined || !(error instanceof CountersignError) || error.code !== 'canonical') throw error
    throw new InputError(`${snapshot} is no snapshot: ${error.message}`, {
      hint: 'A desk gives one: JSON.stringify(desk.snapshot()).',
      cause: error,
    })
  }
}

/** Faults of what is kept beside the entries, which are all there. */
const beside: ReadonlySet<string> = new Set(['store.differs', 'tile.differs'])

/** What is no part of the verdict. */
interface WholeOptions {
  /** The file of the snapshot that is compared. */
  readonly snapshot?: string | undefined
  readonly onProgress?: OnProgress | undefined
  /** From how many bytes on a trail is read twice. */
  readonly worth?: number
}

/** What the first reading has told, and how far it came: what was appended since is left to the next look. */
interface Told {
  readonly sharing: Sharing
  readonly bytes: number
}

/** `undefined` where it was told what is not so. */
async function judge(
  source: TrailSource,
  options: VerifyOptions,
  onProgress: OnProgress | undefined,
  { sharing, bytes }: Partial<Told> = {},
): Promise<SharedVerdict | undefined> {
  const declared: DeclaredSchedule[] = []
  const verifier = new TrailVerifier(
    { ...options, onSchedule: one => declared.push(one) },
    sharing === undefined ? {} : { sharing },
  )
  let left = bytes ?? Number.POSITIVE_INFINITY
  let isWhole = true
  const onFault = (fault: SourceFault) => {
    isWhole &&= beside.has(fault.code)
    verifier.found(fault)
  }
  for await (const block of source.blocks({ onProgress, onFault })) {
    const taken = block.length <= left ? block : block.subarray(0, left)
    left -= taken.length
    verifier.push(taken)
    if (verifier.isMisled) return undefined
  }
  if (bytes !== undefined && left > 0 && isWhole)
    throw new InputError(`the trail became shorter while it was read (by ${left} of ${bytes} bytes)`, {
      hint: 'Something writes to it. Verify a copy.',
    })
  try {
    return { verdict: verifier.finish(), declared }
  } catch (error) {
    if (verifier.isMisled) return undefined
    throw error
  }
}

/** Who is told how far a part of the work is, as a part of all of it. */
const part = (onProgress: OnProgress | undefined, from: number, until: number): OnProgress | undefined =>
  onProgress && ((read, total) => onProgress(total * from + read * (until - from), total))
