import { canonical, parseCanonical } from '../canonical.ts'
import { beginning, CountersignError, type Found, unexpected } from '../error.ts'
import { type Hash, isHash } from '../hash.ts'
import type { Json } from '../json.ts'
import { checkConsistency } from '../tree/proof.ts'
import { type OpenedCheckpoint, openCheckpoint, parseCheckpointText } from './checkpoint.ts'
import type { VerifierKey } from './key.ts'
import { MAX_NOTE_BYTES, parseNote } from './note.ts'

const FORMAT = 'countersign/fork/v1'

/** Two notes as JSON strings, in which a character may take six bytes, and the rest, the newline among it. */
const MAX_FORK_BYTES = 12 * MAX_NOTE_BYTES + 100_000
/** A consistency proof has at most two hashes for each level, and a size below 2⁵³ has 53 levels. */
const MAX_PROOF = 106

/**
 * Two checkpoints of one log that cannot both be of the same history. `root` is the root that the tree of the larger one
 * has at the smaller one's size, and `proof` the consistency proof (RFC 6962 §2.1.2) from there to the larger one's root.
 * Where both have the same size, `root` is the larger one's root and `proof` is empty: the two notes say it all.
 */
export interface Fork {
  /** The signed notes, byte for byte. */
  readonly smaller: string
  readonly larger: string
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** What a proof of a fork comes to: the two checkpoints, each with the key that signed it. */
export interface ForkedLog {
  readonly origin: string
  readonly smaller: OpenedCheckpoint
  readonly larger: OpenedCheckpoint
  readonly root: Hash
}

/**
 * Writes a proof of a fork as a file that can be handed on: one line of canonical JSON.
 *
 * ```text
 * {"format":"countersign/fork/v1","larger":"<note>","proof":["<64 hex>",…],"root":"<64 hex>","smaller":"<note>"}
 * ```
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, formatFork, parseFork, signCheckpoint, signerKey } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const larger = signCheckpoint({ origin: 'log.example', size: 1, root: EMPTY_ROOT }, signer)
 * const smaller = signCheckpoint({ origin: 'log.example', size: 1, root: '00'.repeat(32) }, signer)
 * const fork = { smaller, larger, root: EMPTY_ROOT, proof: [] }
 * parseFork(formatFork(fork)) // → fork
 * ```
 */
export function formatFork({ smaller, larger, root, proof }: Fork): string {
  return `${canonical({ format: FORMAT, larger, proof, root, smaller })}\n`
}

/**
 * Reads a proof of a fork, strictly, and verifies nothing of it. Throws `proof` where it is none.
 *
 * @example
 * ```ts
 * import { parseFork } from '@countersign/trail'
 *
 * parseFork('{"format":"countersign/fork/v2"}\n') // throws countersign/fork/v1
 * parseFork('{"format":"countersign/fork/v1"}') // throws a newline
 * ```
 */
export function parseFork(input: string | Uint8Array): Fork {
  const ends = typeof input === 'string' ? input.endsWith('\n') : input.at(-1) === 0x0a
  if (!ends) throw unfit('the file', 'a newline at its end', 'none: the file was cut off, or copied in part')
  let value: Json
  try {
    value = parseCanonical(typeof input === 'string' ? input.slice(0, -1) : input.subarray(0, -1), {
      maxBytes: MAX_FORK_BYTES - 1,
    })
  } catch (cause) {
    const because = cause instanceof CountersignError ? cause.message : String(cause)
    throw unfit('the file', 'one line of canonical JSON', because, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unfit('the file', 'an object', 'another')
  const { format, larger, proof, root, smaller, ...rest } = value as Readonly<Record<string, Json>>
  if (format !== FORMAT) throw unfit('format', FORMAT, { given: format })
  for (const name of Object.keys(rest)) throw unfit(beginning(name), 'no such member', 'one')
  if (typeof smaller !== 'string' || typeof larger !== 'string') throw unfit('smaller, larger', 'two notes', 'another')
  if (!isHash(root)) throw unfit('root', '64 lower-case hex digits', 'another')
  if (!Array.isArray(proof) || proof.length > MAX_PROOF) throw unfit('proof', `at most ${MAX_PROOF} hashes`, 'another')
  return {
    smaller,
    larger,
    root,
    proof: proof.map((hash, index) => {
      if (!isHash(hash)) throw unfit(`proof[${index}]`, '64 lower-case hex digits', 'another')
      return hash
    }),
  }
}

/**
 * Verifies a proof of a fork by itself: both notes are checkpoints of one log, keys that are given have signed them, and
 * the tree of the larger one had another root at the smaller one's size than the smaller one says.
 *
 * Throws `note` or `checkpoint` where one of the notes is no checkpoint that these keys have signed, and says which one; and
 * `proof` where the two checkpoints do not contradict each other, or the proof does not show that they do.
 *
 * @example
 * ```ts
 * import { checkFork, EMPTY_ROOT, signCheckpoint, signerKey, verifierKeyOf } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const larger = signCheckpoint({ origin: 'log.example', size: 1, root: EMPTY_ROOT }, signer)
 * const smaller = signCheckpoint({ origin: 'log.example', size: 1, root: '00'.repeat(32) }, signer)
 * const keys = [verifierKeyOf(signer)]
 * checkFork({ smaller, larger, root: EMPTY_ROOT, proof: [] }, { keys }).origin // → 'log.example'
 * checkFork({ smaller: larger, larger, root: EMPTY_ROOT, proof: [] }, { keys }) // throws no contradiction
 * ```
 */
export function checkFork(fork: Fork, { keys }: { readonly keys: readonly VerifierKey[] }): ForkedLog {
  const { origin } = parseCheckpointText(parseNote(fork.smaller).text)
  const smaller = opened(fork, 'smaller', { keys, origin })
  const larger = opened(fork, 'larger', { keys, origin })
  const { size: oldSize, root: claimed } = smaller.checkpoint
  const { size, root } = larger.checkpoint
  checkConsistency({ oldSize, oldRoot: fork.root, size, proof: fork.proof }, root)
  if (fork.root === claimed) {
    throw new CountersignError('proof', `no contradiction: at size ${oldSize} both have the root ${claimed}`, {
      facts: { size: oldSize, found: claimed },
    })
  }
  return { origin, smaller, larger, root: fork.root }
}

function opened(
  fork: Fork,
  which: 'smaller' | 'larger',
  options: { readonly keys: readonly VerifierKey[]; readonly origin: string },
): OpenedCheckpoint {
  try {
    return openCheckpoint(fork[which], options)
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause
    const message = `the ${which} of the two checkpoints: ${cause.message}`
    throw new CountersignError(cause.code, message, { facts: { ...cause.facts, which }, cause })
  }
}

const unfit = (where: string, expected: string, found: Found, cause?: unknown): CountersignError =>
  unexpected('proof', `no proof of a fork: ${where}`, expected, found, { facts: { where }, cause })
