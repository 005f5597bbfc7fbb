import { fromBase64, toBase64 } from '../base64.ts'
import { unexpected } from '../error.ts'
import { fromHex, type Hash, requireHash, toHex } from '../hash.ts'
import { decodeUtf8, utf8Length } from '../utf8.ts'
import { MAX_NOTE_BYTES, parseNote } from './note.ts'

const HEADER = 'c2sp.org/tlog-proof@v1'
/** A tree of 2⁵³−1 leaves has no longer proof. */
const LONGEST = 53
const LONGEST_EXTRA = 100_000

/** That an entry is in a log, to be checked without the log (C2SP tlog-proof). */
export interface TlogProof {
  /** The entry's place. */
  readonly index: number
  /** The inclusion proof, lowest node first. */
  readonly proof: readonly Hash[]
  /** The signed note of the log's checkpoint, as it was. */
  readonly checkpoint: string
  /** What somebody put beside it. Nothing proves it. */
  readonly extra?: Uint8Array
}

/**
 * A proof as text:
 *
 * ```text
 * c2sp.org/tlog-proof@v1
 * index 1
 * iRfbZaSZdzokh9InNx8MSisgT6g3ofH3mWurL0hzaqo=
 *
 * log.example
 * …
 * ```
 *
 * Throws `proof` where the index is no place or a node no hash, and `note` where the checkpoint is no signed note.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, formatTlogProof, signCheckpoint, signerKey } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const checkpoint = signCheckpoint({ origin: 'log.example', size: 1, root: EMPTY_ROOT }, signer)
 * formatTlogProof({ index: 0, proof: [], checkpoint }).startsWith('c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n') // → true
 * ```
 */
export function formatTlogProof({ index, proof, checkpoint, extra }: TlogProof): string {
  if (!Number.isSafeInteger(index) || index < 0)
    throw unexpected('proof', 'the index', 'an integer from 0', { given: index })
  parseNote(checkpoint)
  const nodes = proof.map((node, at) => {
    requireHash(node, `proof[${at}]`, 'proof')
    return `${toBase64(fromHex(node))}\n`
  })
  return `${HEADER}\n${extra === undefined ? '' : `extra ${toBase64(extra)}\n`}index ${index}\n${nodes.join('')}\n${checkpoint}`
}

/**
 * Reads a proof, strictly. Whether it leads to the checkpoint's root, and who signed that, is for the caller to check.
 *
 * Throws `proof`, naming the line, and `note` where the checkpoint is no signed note.
 *
 * @example
 * ```ts
 * import { parseTlogProof } from '@countersign/trail'
 *
 * parseTlogProof('c2sp.org/tlog-proof@v1\nindex 01\n\n') // throws line 2
 * ```
 */
export function parseTlogProof(input: string | Uint8Array): TlogProof {
  const most = MAX_NOTE_BYTES + LONGEST_EXTRA + 10_000
  const length = utf8Length(input, most)
  if (length > most) throw unexpected('proof', 'the proof', `at most ${most} bytes`, `${length} bytes`)
  const text = typeof input === 'string' ? input : decodeUtf8(input)
  if (text === undefined) throw unexpected('proof', 'the proof', 'UTF-8', 'other bytes')
  const end = text.indexOf('\n\n')
  if (end < 0) throw unexpected('proof', 'the proof', 'an empty line before the checkpoint', 'none')
  const [header = '', ...lines] = text.slice(0, end).split('\n')
  if (header !== HEADER) throw unexpected('proof', 'line 1', HEADER, { given: header })
  let number = 2
  let extra: Uint8Array | undefined
  if (lines[0]?.startsWith('extra ')) {
    extra = fromBase64(lines[0].slice(6))
    if (extra === undefined || extra.length > LONGEST_EXTRA)
      throw unexpected('proof', 'line 2', 'canonical base64', { given: lines[0] })
    lines.shift()
    number++
  }
  const [first = '', ...nodes] = lines
  const decimal = /^index (0|[1-9][0-9]*)$/.exec(first)?.[1]
  const index = Number(decimal)
  if (decimal === undefined || !Number.isSafeInteger(index))
    throw unexpected('proof', `line ${number}`, 'index and a decimal number without leading zeros', { given: first })
  if (nodes.length > LONGEST) throw unexpected('proof', 'the proof', `at most ${LONGEST} hashes`, `${nodes.length}`)
  const proof = nodes.map((node, at) => {
    const hash = fromBase64(node)
    if (hash?.length !== 32)
      throw unexpected('proof', `line ${number + 1 + at}`, 'canonical base64 of 32 bytes', { given: node })
    return toHex(hash)
  })
  const checkpoint = text.slice(end + 2)
  parseNote(checkpoint)
  return { index, proof, checkpoint, ...(extra === undefined ? {} : { extra }) }
}
