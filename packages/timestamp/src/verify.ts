import { hash } from 'node:crypto'
import { CountersignError, requireOptions } from '@countersign/trail'
import { ObjectIdentifier, OctetString } from 'asn1js'
import { hashes, holds, untakenOfMessage, weaknessOf } from './algorithm.ts'
import { called, takenHashes, untaken } from './algorithm-name.ts'
import { type Certificate, isNamed, nameOf, notForTimestamps, readAuthorities, readCertificate } from './certificate.ts'
import { notChained } from './chain.ts'
import { type Answer, attributeOf, readAnswer, signedWith, type Token } from './token.ts'

/** A time stamp that holds: the authority says that what has this digest was there at this time. */
export interface Timestamp {
  /** SHA-256 of what was stamped, in hexadecimal digits. */
  readonly imprint: string
  /** ISO 8601, UTC, by the clock of the authority. */
  readonly time: string
  /** By how much the time may be wrong, in milliseconds, where the authority says so. */
  readonly accuracy?: number
  /** The number of the time stamp at its authority, in hexadecimal digits. */
  readonly serial: string
  /** The object identifier of the rules that the authority works by. */
  readonly policy: string
  /** The subject of the certificate that it was signed with. */
  readonly signer: string
}

/**
 * What can be wrong with a time stamp:
 *
 * - `malformed`: its bytes are no answer of an authority, or not in the one form that it has
 * - `status`: the authority has not granted what was asked for, or not as it was
 * - `imprint`: it is of something else, or of another kind of digest than SHA-256
 * - `nonce`: it answers another request
 * - `signer`: it does not say which certificate it was signed with, or does not bring it
 * - `signature`: what is signed is something else, the signature does not hold, or it is by a key that is too weak
 * - `usage`: the certificate is not one of a time stamping authority
 * - `chain`: no chain of certificates that were in force at the time leads to an authority that was given
 * - `time`: it is from the future
 */
export type TimestampFaultCode =
  | 'malformed'
  | 'status'
  | 'imprint'
  | 'nonce'
  | 'signer'
  | 'signature'
  | 'usage'
  | 'chain'
  | 'time'

/** Why a time stamp does not hold: the first thing that was found. */
export interface TimestampFault {
  readonly code: TimestampFaultCode
  readonly expected: string
  readonly found: string
}

/** How long an answer may be: one with a chain of certificates has some 10,000 bytes. */
const mostBytes = 131_072
const contentType = '1.2.840.113549.1.9.3'
const messageDigest = '1.2.840.113549.1.9.4'
const tstInfo = '1.2.840.113549.1.9.16.1.4'
const sha256 = '2.16.840.1.101.3.4.2.1'
/** How far the authority's clock may be ahead of ours, in milliseconds. */
const tolerance = 300_000

/**
 * Verifies the answer of a time stamping authority (RFC 3161 §2.4.2, RFC 5652, RFC 5816), all of it in DER and with nothing
 * behind it, against the authorities that are given, each a text of certificates in PEM: the status, the imprint (SHA-256
 * only), the nonce, the signed attributes, the signature, the certificate's usage, and the chain to an authority with every
 * certificate in force **when it was stamped**.
 *
 * It does not ask whether a certificate has been revoked, which takes a network and somebody else's word; and a
 * certificate that has expired since does not matter. Where `digest` (32 bytes) or `nonce` is left out, it is not compared,
 * and `imprint` says what the time stamp is of. `now` is the clock for what lies in the future; else it is the machine's.
 *
 * Throws `input` where an authority holds no certificate or the digest does not have 32 bytes. Whatever the answer's bytes
 * are, it does not throw.
 *
 * @example
 * ```ts
 * import { verifyTimestamp } from '@countersign/timestamp'
 *
 * verifyTimestamp(Uint8Array.of(0x30, 0x00), { authorities: [] }).code // → 'malformed'
 * verifyTimestamp(Uint8Array.of(0x30, 0x00), { authorities: ['no PEM'] }) // throws certificate
 * ```
 */
export function verifyTimestamp(
  response: Uint8Array,
  options: {
    readonly authorities: readonly string[]
    readonly digest?: Uint8Array
    readonly nonce?: bigint
    readonly now?: Date
  },
): Timestamp | TimestampFault {
  requireOptions('verifyTimestamp', options, ['authorities', 'digest', 'nonce', 'now'])
  const authorities = readAuthorities(options.authorities)
  if (options.digest !== undefined && options.digest.length !== 32) {
    throw new CountersignError('input', `the digest: expected 32 bytes, found ${options.digest.length}`)
  }
  if (response.length > mostBytes) return fault('malformed', `at most ${mostBytes} bytes`, `${response.length}`)
  try {
    const answer = reading(() => readAnswer(response))
    return judge(answer, authorities, options)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return fault('malformed', 'an answer of a time stamping authority', error.message.slice(0, 200))
  }
}

/** What the bytes of the answer hold could not be read. */
class Malformed extends Error {}

/**
 * Reads something in the bytes of the answer. The library that reads ASN.1, and Node where it is handed a key or certificate that
 * is none, throw all kinds of things; whatever is thrown elsewhere is no fault of the answer.
 */
function reading<Read>(read: () => Read): Read {
  try {
    return read()
  } catch (cause) {
    throw new Malformed(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function judge(
  { status, said, token }: Answer,
  authorities: readonly Certificate[],
  options: { readonly digest?: Uint8Array; readonly nonce?: bigint; readonly now?: Date },
): Timestamp | TimestampFault {
  if (token === undefined) return fault('status', 'granted (0)', `${status} ${said}`.trim())
  const { info } = token
  const imprint = imprintOf(token)
  if (imprint === undefined) return fault('imprint', 'a SHA-256', imprintTold(token))
  const digest = options.digest === undefined ? undefined : hex(options.digest)
  if (digest !== undefined && digest !== imprint) return fault('imprint', digest, imprint)
  const nonce = reading(() => info.nonce?.toBigInt())
  if (options.nonce !== undefined && nonce !== options.nonce) {
    return fault('nonce', `${options.nonce}`, nonce === undefined ? 'none' : `${nonce}`)
  }
  const brought = reading(() => token.frame.certificates.map(readCertificate))
  const signer = reading(() => signerOf(token, [...brought, ...authorities]))
  const named = signedWith(token.signer)?.algorithm
  if (signer === undefined && named !== undefined && !hashes.has(named))
    return fault(
      'signer',
      `the certificate that it was signed with, by its ${takenHashes}`,
      untaken(named, takenHashes),
    )
  if (signer === undefined) return fault('signer', 'the certificate that it was signed with', 'none')
  const unsigned = reading(() => notSigned(token, signer))
  if (unsigned !== undefined) return unsigned
  const unfit = reading(() => notForTimestamps(signer))
  if (unfit !== undefined) return fault('usage', 'a certificate for time stamping alone', unfit)
  const time = reading(() => info.genTime.toISOString())
  const unchained = reading(() => notChained(signer, brought, authorities, info.genTime))
  if (unchained !== undefined) return fault('chain', 'a chain to an authority that was given', unchained)
  const now = options.now ?? new Date()
  if (info.genTime.getTime() > now.getTime() + tolerance) return fault('time', `up to ${now.toISOString()}`, time)
  const accuracy = reading(() => accuracyOf(token))
  return {
    imprint,
    time,
    ...(accuracy === undefined ? {} : { accuracy }),
    serial: hex(info.serialNumber.valueBlock.valueHexView),
    policy: info.policy,
    signer: nameOf(signer),
  }
}

/** The digest of what was stamped, where it is a SHA-256. */
function imprintOf({ info }: Token): string | undefined {
  const { hashAlgorithm, hashedMessage } = info.messageImprint
  const bytes = hashedMessage.valueBlock.valueHexView
  return hashAlgorithm.algorithmId === sha256 && bytes.length === 32 ? hex(bytes) : undefined
}

/** What stands there instead. */
function imprintTold({ info }: Token): string {
  const { hashAlgorithm, hashedMessage } = info.messageImprint
  return `${hashedMessage.valueBlock.valueHexView.length} bytes of ${called(hashAlgorithm.algorithmId)}`
}

/** The certificate whose hash is signed, and which is the one that the signer is identified by. */
function signerOf({ signer, frame }: Token, certificates: readonly Certificate[]): Certificate | undefined {
  const named = signedWith(signer)
  const algorithm = named?.algorithm === undefined ? 'sha1' : hashes.get(named.algorithm)
  if (named === undefined || algorithm === undefined) return undefined
  const found = certificates.find(one => hash(algorithm, one.der, 'hex') === hex(named.hash))
  return found !== undefined && isNamed(found, frame.signer) ? found : undefined
}

/** Whether the attributes are of this content, and the certificate's key has signed them (RFC 5652 §5.4, §5.6). */
function notSigned({ signer, content, frame }: Token, { x509 }: Certificate): TimestampFault | undefined {
  const digest = hashes.get(signer.digestAlgorithm.algorithmId)
  if (digest === undefined)
    return fault('signature', `a digest by ${takenHashes}`, untaken(signer.digestAlgorithm.algorithmId, takenHashes))
  const type = attributeOf(signer, contentType)
  if (!(type instanceof ObjectIdentifier) || type.getValue() !== tstInfo) {
    return fault('signature', 'the content type of a time stamp among what is signed', 'another one, or none')
  }
  const told = attributeOf(signer, messageDigest)
  const found = told instanceof OctetString ? hex(new Uint8Array(told.getValue())) : 'none'
  const expected = hash(digest, content, 'hex')
  if (found !== expected) return fault('signature', `the digest ${expected} among what is signed`, found)
  // A signature by such a key may well hold, and is worth nothing.
  const weakness = weaknessOf(x509.publicKey)
  if (weakness !== undefined) return fault('signature', 'a signature by a key that is safe', `one by ${weakness}`)
  const attributes = new Uint8Array(signer.signedAttrs?.encodedValue ?? new ArrayBuffer(0))
  const signature = signer.signature.valueBlock.valueHexView
  const algorithm = signer.signatureAlgorithm.algorithmId
  const unlike = untakenOfMessage(algorithm, digest, x509.publicKey, frame.parameters)
  if (unlike !== undefined) return fault('signature', 'a signature that is taken', `one with ${unlike}`)
  if (holds(algorithm, digest, x509.publicKey, attributes, signature, frame.parameters)) return undefined
  return fault('signature', 'a signature that holds', `one that does not, with ${called(algorithm)}`)
}

function accuracyOf({ info: { accuracy } }: Token): number | undefined {
  if (accuracy === undefined) return undefined
  return (accuracy.seconds ?? 0) * 1000 + (accuracy.millis ?? 0) + (accuracy.micros ?? 0) / 1000
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const fault = (code: TimestampFaultCode, expected: string, found: string): TimestampFault => ({ code, expected, found })
