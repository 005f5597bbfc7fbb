import { type Checkpoint, parseCheckpointText, parseNote, unexpected, type VerifierKey } from '@countersign/trail'
import type { KeyRanges } from './key-ranges.ts'

/** A checkpoint as the auditor hands it in: the text of a signed note, and where it came from. */
export interface GivenCheckpoint {
  readonly name: string
  readonly note: string
}

/** A checkpoint with what its text says, before anything is compared. */
export interface ParsedCheckpoint extends GivenCheckpoint {
  readonly checkpoint: Checkpoint
  /** It is the one that lies in the bundle which is judged, and was not handed in beside it. */
  readonly inBundle?: true
}

/** What checkpoints are compared with. */
export interface Measure {
  /** Not there where nobody knows the trail's name, and none is asked for: then it is not compared. */
  readonly origin: string | undefined
  readonly size: number
  /** The root at a size that a checkpoint has, as far as the trail reaches. */
  readonly rootAt: (size: number) => string | undefined
  /**
   * It is a part of a trail, a bundle or a copy that lacks files: at a size of which it has no root a checkpoint is not
   * compared. That one is larger does not say of a part that its end was cut off.
   */
  readonly isPart?: boolean
  /** The keys that the auditor trusts, and those that the trail names. */
  readonly given: readonly VerifierKey[]
  readonly own: KeyRanges
  /** The witnesses that the auditor's policy names. */
  readonly witnesses?: readonly VerifierKey[]
}

/** A checkpoint that was looked at by itself: what of it holds, and who has signed it. */
export interface Examined extends ParsedCheckpoint {
  /** The trail has this root at this size, and this origin. */
  readonly agrees: boolean
  /** The keys of the log whose signatures hold. */
  readonly signers: readonly VerifierKey[]
  /** Why a signature that claims to be of a known key does not hold. */
  readonly bad?: string
  /** One that claims to be of a known witness does not. What it says is told elsewhere (`attest`). */
  readonly isFalselyWitnessed?: true
}

/**
 * Reads the text of a checkpoint. Throws `CountersignError` `note` or `checkpoint` where it is none, and `input` where it is not
 * handed in as one.
 */
export function parseCheckpoint(given: GivenCheckpoint): ParsedCheckpoint {
  if (typeof given !== 'object' || given === null || typeof given.name !== 'string' || typeof given.note !== 'string')
    throw unexpected('input', 'a checkpoint', '{ name, note }, two texts', { given })
  return { ...given, checkpoint: parseCheckpointText(parseNote(given.note).text) }
}
