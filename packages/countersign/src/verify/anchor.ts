import {
  type Checkpoint,
  CountersignError,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  type VerifierKey,
} from '@countersign/trail'
import { type Finding, integrityFinding } from './finding.ts'

/** A checkpoint as the auditor hands it in: the text of a signed note, and where it came from. */
export interface GivenCheckpoint {
  readonly name: string
  readonly note: string
}

/** A checkpoint with what its text says, before anything is compared. */
export interface ParsedCheckpoint extends GivenCheckpoint {
  readonly checkpoint: Checkpoint
}

/** What a checkpoint comes to. */
export interface Anchor {
  readonly name: string
  readonly size: number
  /** The trail had this root at this size. */
  readonly matches: boolean
  /**
   * Whose signature holds: a key that the auditor gave, the key that the trail itself names (which proves little: whoever
   * rewrites the trail can name another), or none.
   */
  readonly signedBy: 'given key' | "trail's own key" | 'nobody known'
}

/** Reads the text of a checkpoint. Throws `CountersignError` `note` or `checkpoint` where it is none. */
export const parseCheckpoint = (given: GivenCheckpoint): ParsedCheckpoint => ({
  ...given,
  checkpoint: parseCheckpointText(parseNote(given.note).text),
})

/** Compares a checkpoint with the trail: its origin, its signature, its size, the root at that size. */
export function compareCheckpoint(
  given: ParsedCheckpoint,
  trail: { readonly origin: string; readonly size: number; readonly root: string | undefined },
  keys: { readonly given: readonly VerifierKey[]; readonly own?: VerifierKey | undefined },
  report: (finding: Finding) => void,
): Anchor {
  const { checkpoint, name } = given
  const wrong = (code: Parameters<typeof integrityFinding>[0], expected: string, found: string) => {
    report(integrityFinding(code, checkpoint.size, expected, found))
    return false
  }
  const known = keys.given.length > 0 ? keys.given : keys.own === undefined ? [] : [keys.own]
  let signed = false
  let bad = false
  try {
    signed = known.length > 0 && openCheckpoint(given.note, { keys: known }) !== undefined
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    // A signature of a key that nobody asked for is unknown and not wrong; one that claims to be of a known key is wrong.
    const { signatures } = parseNote(given.note)
    const claims = known.some(key => signatures.some(one => one.name === key.name && one.keyId === key.keyId))
    const signers = known.map(key => `${key.name}+${key.keyId}`).join(', ')
    bad = keys.given.length > 0 || claims
    if (bad) wrong('checkpoint.signature', `a signature by ${signers}`, error.message)
  }
  const signedBy = !signed ? 'nobody known' : keys.given.length > 0 ? 'given key' : "trail's own key"
  let matches = !bad
  if (checkpoint.origin !== trail.origin) matches = wrong('checkpoint.origin', trail.origin, checkpoint.origin)
  if (checkpoint.size > trail.size)
    matches = wrong('checkpoint.truncated', `${checkpoint.size} entries`, `${trail.size} entries`)
  else if (trail.root !== checkpoint.root) matches = wrong('checkpoint.root', checkpoint.root, trail.root ?? 'unknown')
  return { name, size: checkpoint.size, matches, signedBy }
}
