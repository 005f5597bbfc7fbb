import { fromBase64, toBase64 } from '../base64.ts'
import { beginning, CountersignError, unexpected } from '../error.ts'
import { fromHex, type Hash, toHex } from '../hash.ts'
import { requireOptions } from '../options.ts'
import { rootsOfConsistency } from '../tree/proof.ts'
import { EMPTY_ROOT } from '../tree/tree.ts'
import { decodeUtf8 } from '../utf8.ts'
import { type Checkpoint, parseCheckpointText } from './checkpoint.ts'
import { verifyCosignature } from './cosignature.ts'
import type { VerifierKey } from './key.ts'
import { formatNote, openNote, parseNote } from './note.ts'

/** How long a request to a witness may be: there is room for a proof and a note of 100 signatures of any kind in use. */
export const MAX_REQUEST_BYTES = 1 << 18
/** How many hashes a consistency proof may have in a request (C2SP tlog-witness). */
const MAX_PROOF_LINES = 63

/** A request to a witness: to cosign a checkpoint that extends the one of the old size. */
export interface AddCheckpoint {
  readonly oldSize: number
  readonly proof: readonly Hash[]
  /** The checkpoint as its log signed it. */
  readonly note: string
  /** What its text says. */
  readonly checkpoint: Checkpoint
}

/**
 * What a witness answers: the HTTP status of C2SP tlog-witness. With 200 the checkpoint is to be remembered, durably,
 * and then cosigned; `note` is the checkpoint with the signatures of the log alone. With anything else nothing is signed.
 * `size` is there where the client has to hear how far the witness is; `fork` where the log has signed two trees.
 */
export type WitnessDecision =
  | { readonly status: 200; readonly checkpoint: Checkpoint; readonly note: string }
  | {
      readonly status: 403 | 404 | 400 | 409 | 422
      readonly because: string
      readonly size?: number
      readonly fork?: true
    }

/**
 * Reads a request to a witness (C2SP tlog-witness, `add-checkpoint`), strictly:
 *
 * ```text
 * old 20852014
 * PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
 * jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
 *
 * example.com/behind-the-sofa
 * 20852163
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 * — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
 * ```
 *
 * Throws `witness.request`, naming the line, and `note` or `checkpoint` where what follows the empty line is none.
 *
 * @example
 * ```ts
 * import { parseAddCheckpoint } from '@countersign/trail'
 *
 * parseAddCheckpoint(new TextEncoder().encode('old 01\n\n')) // throws line 1
 * ```
 */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  if (body.length > MAX_REQUEST_BYTES) {
    throw unexpected('witness.request', 'the request', `at most ${MAX_REQUEST_BYTES} bytes`, `${body.length}`)
  }
  const text = decodeUtf8(body)
  if (text === undefined) throw unexpected('witness.request', 'the request', 'UTF-8', 'other bytes')
  const end = text.indexOf('\n\n')
  if (end < 0) throw unexpected('witness.request', 'the request', 'an empty line before the checkpoint', 'none')
  const [first = '', ...lines] = text.slice(0, end).split('\n')
  const decimal = /^old (0|[1-9][0-9]*)$/.exec(first)?.[1]
  const oldSize = Number(decimal)
  if (decimal === undefined || !Number.isSafeInteger(oldSize)) {
    throw unexpected('witness.request', 'line 1', '"old <decimal size>"', { given: first })
  }
  if (lines.length > MAX_PROOF_LINES) {
    throw unexpected('witness.request', 'the proof', `at most ${MAX_PROOF_LINES} hashes`, `${lines.length}`)
  }
  const proof = lines.map((line, index) => {
    const bytes = fromBase64(line)
    if (bytes?.length !== 32)
      throw unexpected('witness.request', `line ${index + 2}`, 'base64 of 32 bytes', { given: line })
    return toHex(bytes)
  })
  const note = text.slice(end + 2)
  return { oldSize, proof, note, checkpoint: checkpointIn(note, lines.length + 3) }
}

/** The checkpoint in a request. What is wrong is told by the note's own lines, so it is said where these begin. */
function checkpointIn(note: string, line: number): Checkpoint {
  try {
    return parseCheckpointText(parseNote(note).text)
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause
    const message = `the note that begins at line ${line} of the request: ${cause.message}`
    throw new CountersignError(cause.code, message, { facts: cause.facts, cause })
  }
}

/**
 * Writes a request to a witness.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, formatAddCheckpoint, parseAddCheckpoint, signCheckpoint, signerKey } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const note = signCheckpoint({ origin: 'log.example', size: 0, root: EMPTY_ROOT }, signer)
 * const body = formatAddCheckpoint({ oldSize: 0, proof: [], note })
 * parseAddCheckpoint(new TextEncoder().encode(body)).checkpoint.origin // → 'log.example'
 * ```
 */
export const formatAddCheckpoint = ({ oldSize, proof, note }: Omit<AddCheckpoint, 'checkpoint'>): string =>
  `old ${oldSize}\n${proof.map(hash => `${toBase64(fromHex(hash))}\n`).join('')}\n${note}`

/**
 * Decides whether a witness cosigns (C2SP tlog-witness). `keys` are those that it trusts for the checkpoint's origin, and
 * `latest` is what it remembers of the last one that it cosigned for it. Checking and remembering have to be one step:
 * whoever calls this for one origin twice at a time could sign a fork, or go back.
 *
 * @example
 * ```ts
 * import { decideCosigning, EMPTY_ROOT, formatAddCheckpoint, parseAddCheckpoint } from '@countersign/trail'
 * import { signCheckpoint, signerKey, verifierKeyOf } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const note = signCheckpoint({ origin: 'log.example', size: 0, root: EMPTY_ROOT }, signer)
 * const request = parseAddCheckpoint(new TextEncoder().encode(formatAddCheckpoint({ oldSize: 0, proof: [], note })))
 * decideCosigning(request, [verifierKeyOf(signer)], undefined).status // → 200
 * decideCosigning(request, [verifierKeyOf(signer)], { size: 3, root: EMPTY_ROOT }).status // → 409
 * decideCosigning(request, [], undefined).status // → 404
 * ```
 */
export function decideCosigning(
  request: AddCheckpoint,
  keys: readonly VerifierKey[],
  latest: Pick<Checkpoint, 'size' | 'root'> | undefined,
): WitnessDecision {
  const { oldSize, note, checkpoint } = request
  const { origin, size, root } = checkpoint
  const known = keys.filter(key => key.name === origin && key.algorithm === 'ed25519')
  if (known.length === 0) return { status: 404, because: `no log of the name ${beginning(origin)} is known here` }
  const signatures = signaturesOf(note, known)
  if (typeof signatures === 'string') return { status: 403, because: signatures }
  if (oldSize > size) return { status: 400, because: `the old size ${oldSize} is above the checkpoint's, ${size}` }
  // Where the witness has cosigned nothing yet, the checkpoint extends the empty tree.
  const before = latest ?? { size: 0, root: EMPTY_ROOT }
  if (oldSize !== before.size) {
    const because = `the last checkpoint that was cosigned has the size ${before.size}, not ${oldSize}`
    return { status: 409, because, size: before.size }
  }
  if (latest === undefined && size === 0 && root !== EMPTY_ROOT) {
    return { status: 400, because: `the root of no entries is ${EMPTY_ROOT}, and the checkpoint's is ${root}` }
  }
  if (size === before.size && root !== before.root) {
    const because = `a checkpoint of this size with another root was cosigned: expected ${before.root}, found ${root}`
    return { status: 409, because, fork: true }
  }
  if (!extendsTree(before, request)) {
    return { status: 422, because: `the proof does not lead from ${oldSize} entries to the root of ${size}` }
  }
  return { status: 200, checkpoint, note: formatNote({ text: parseNote(note).text, signatures }) }
}

/** The log's own signatures, each once; or why there is none that counts. */
function signaturesOf(note: string, known: readonly VerifierKey[]) {
  try {
    openNote(note, known)
  } catch (error) {
    if (error instanceof CountersignError) return error.message
    throw error
  }
  const identities = new Set(known.map(key => key.keyId))
  return parseNote(note).signatures.filter(one => one.name === known[0]?.name && identities.delete(one.keyId))
}

function extendsTree(before: Pick<Checkpoint, 'size' | 'root'>, { proof, checkpoint }: AddCheckpoint): boolean {
  if (before.size === 0) return proof.length === 0
  try {
    const consistency = { oldSize: before.size, oldRoot: before.root, size: checkpoint.size, proof }
    const { oldRoot, root } = rootsOfConsistency(consistency)
    return oldRoot === before.root && root === checkpoint.root
  } catch (error) {
    if (error instanceof CountersignError) return false
    throw error
  }
}

/**
 * Adds what a witness has answered to a note: one cosignature of this witness's key, verified, and of several the earliest.
 * Where `from` and `until` are given, in seconds since 1970, it is the earliest of those from then, and until then. Lines of
 * other keys are passed over, as the standard demands.
 *
 * Throws `note` where the answer is no list of signature lines, where no cosignature of the key is among them or one does not
 * hold, and where none lies in that time, with the earliest as `time`; and where the note has no room for one more.
 *
 * @example
 * ```ts
 * import { addCosignatures, cosign, EMPTY_ROOT, formatNote, parseNote, signCheckpoint } from '@countersign/trail'
 * import { signerKey, witnessKeyOf } from '@countersign/trail'
 *
 * const [log, witness] = [signerKey('log.example', new Uint8Array(32)), signerKey('w.example', new Uint8Array(32).fill(9))]
 * const note = signCheckpoint({ origin: 'log.example', size: 0, root: EMPTY_ROOT }, log)
 * const { text } = parseNote(note)
 * const answer = formatNote({ text, signatures: [cosign(text, witness, 1679315147)] }).slice(text.length + 1)
 * parseNote(addCosignatures(note, answer, witnessKeyOf(witness))).signatures.length // → 2
 * addCosignatures(note, '', witnessKeyOf(witness)) // throws a signature
 * addCosignatures(note, answer, witnessKeyOf(witness), { from: 1679315148 }) // throws from 1679315148
 * ```
 */
export function addCosignatures(
  note: string,
  answer: string,
  key: VerifierKey,
  options: { readonly from?: number; readonly until?: number } = {},
): string {
  requireOptions('addCosignatures', options, ['from', 'until'])
  const { from = 0, until = Number.MAX_SAFE_INTEGER } = options
  const { text, signatures } = parseNote(note)
  const answered = parseNote(`${text}\n${answer}`)
  const own = answered.signatures.filter(one => one.name === key.name && one.keyId === key.keyId)
  // An answer with an empty line of its own would be read as a longer text with other signatures.
  const held = own.flatMap(line => {
    const { time } = verifyCosignature(key.publicKey, text, line.bytes) ?? {}
    return time === undefined ? [] : [{ line, time }]
  })
  const name = beginning(key.name)
  if (answered.text !== text || held.length < own.length || own.length === 0) {
    throw new CountersignError('note', `the answer of ${name}+${key.keyId} holds no cosignature of it that holds`, {
      facts: { name, keyId: key.keyId, found: answered.signatures.map(one => beginning(one.name)) },
    })
  }
  const inTurn = held.toSorted((one, other) => one.time - other.time)
  const counts = inTurn.find(({ time }) => from <= time && time <= until)
  if (counts === undefined) {
    const time = inTurn[0]?.time
    const message = `the cosignature of ${name}+${key.keyId}: expected a time from ${from} to ${until}, found ${time}`
    throw new CountersignError('note', message, { facts: { name, keyId: key.keyId, from, until, time } })
  }
  return formatNote({ text, signatures: [...signatures, counts.line] })
}
