import { constants, type KeyObject, verify } from 'node:crypto'
import { fromBER, ObjectIdentifier } from 'asn1js'
import type { AlgorithmIdentifier } from 'pkijs'
import { called, takenHashes, takenSignatures, untaken } from './algorithm-name.ts'
import { type Der, INTEGER, NULL, OBJECT, readDer, SEQUENCE, tagged } from './der.ts'

/** The hashes that are still taken for one. */
export const hashes: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

interface Algorithm {
  readonly type: 'rsa' | 'ec' | 'ed25519'
  /** Nothing where the hash is told elsewhere. */
  readonly hash?: string
  readonly pss?: true
}

const pss = '1.2.840.113549.1.1.10'

/** What a certificate can be signed with, by object identifier (RFC 4055, RFC 5758, RFC 8410). */
const ofCertificates: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  [pss, { type: 'rsa', pss: true }],
  ['1.2.840.113549.1.1.11', { type: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { type: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { type: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { type: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { type: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { type: 'ec', hash: 'sha512' }],
  ['1.3.101.112', { type: 'ed25519' }],
])

/** What a signature in CMS can be made with (RFC 3370, RFC 5754, RFC 8419): RSA may leave it to the digest which hash it is. */
const ofMessages: ReadonlyMap<string, Algorithm> = new Map([
  ...ofCertificates,
  ['1.2.840.113549.1.1.1', { type: 'rsa' }],
])

const leastRsaBits = 2048
const leastCurveBits = 256
/** The curves of 256 bits and more that authorities sign on (FIPS 186-5, RFC 5639). */
const curves = new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
])

/** Why a key is not taken, in words; nothing where it is of a kind and a size that are still safe. */
export function weaknessOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === 'rsa' || type === 'rsa-pss') {
    const bits = details?.modulusLength ?? 0
    return bits < leastRsaBits ? tooWeak(`RSA with ${bits} bits`, leastRsaBits) : undefined
  }
  if (type === 'ec') return weaknessOn(details?.namedCurve ?? 'without a name')
  return type === 'ed25519' ? undefined : `a key of a kind that is not taken (${type})`
}

function weaknessOn(curve: string): string | undefined {
  if (curves.has(curve)) return undefined
  // Node tells no bits of a curve, and the names have them.
  const bits = Number(/[0-9]{3}/.exec(curve)?.[0])
  return bits < leastCurveBits
    ? tooWeak(`the curve ${curve} with ${bits} bits`, leastCurveBits)
    : `a key on a curve that is not taken (${curve})`
}

const tooWeak = (found: string, least: number): string =>
  `a key that is too weak (${found}, and at least ${least} are asked for)`

/** Why what a certificate is signed with is not taken, in words; nothing where it is still safe. */
export function untakenOfCertificate({ algorithmId, algorithmParams }: AlgorithmIdentifier): string | undefined {
  if (algorithmId !== pss) return ofCertificates.has(algorithmId) ? undefined : untaken(algorithmId, takenSignatures)
  // RSASSA-PSS tells the hash in its parameters; where it tells none, it is SHA-1.
  const parameters = algorithmParams === undefined ? undefined : readDer(new Uint8Array(algorithmParams.toBER()))
  return [...hashes.values()].some(hash => saltIn(parameters, hash) !== undefined) ? undefined : untakenPss(parameters)
}

function untakenPss(parameters: Der | undefined): string {
  const [hash, mask] = [0, 1].map(at => parameters?.parts.find(({ tag }) => tag === tagged(at))?.parts[0])
  const told = [hash, mask?.parts[1]].map(one => identifierOf(one?.parts[0]) ?? sha1)
  const wrong = told.find(one => !hashes.has(one))
  return wrong === undefined
    ? `${called(pss)} with parameters that are not taken; expected one of ${takenHashes} as the hash of all of it, and MGF1`
    : `${called(pss)} with ${untaken(wrong, takenSignatures)}`
}

const sha1 = '1.3.14.3.2.26'

/** An object identifier as it is written, where this is one. */
function identifierOf(value: Der | undefined): string | undefined {
  const { result } = value?.tag === OBJECT ? fromBER(value.bytes) : {}
  return result instanceof ObjectIdentifier ? result.getValue() : undefined
}

/** Why a signature in CMS is not one that could hold, by what it says that it was made with; nothing where it could. */
export function untakenOfMessage(
  algorithm: string,
  digest: string,
  { asymmetricKeyType: type }: KeyObject,
  parameters: Der | undefined,
): string | undefined {
  const known = ofMessages.get(algorithm)
  if (known === undefined) return untaken(algorithm, takenSignatures)
  if (known.type !== type) return `${called(algorithm)}, and the key of the certificate is one of ${type}`
  if (known.pss !== true || saltIn(parameters, digest) !== undefined) return undefined
  return untakenPss(parameters)
}

/**
 * Whether a signature in CMS holds, by a key that is safe. `digest` is the hash of the signed attributes' digest, where it is not told. `parameters` are
 * those of the algorithm: nobody has signed them, so they are what the standard asks for, or it does not hold.
 */
export function holds(
  algorithm: string,
  digest: string,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
  parameters?: Der,
): boolean {
  const known = ofMessages.get(algorithm)
  if (known === undefined || key.asymmetricKeyType !== known.type || weaknessOf(key) !== undefined) return false
  const hash = known.type === 'ed25519' ? null : (known.hash ?? digest)
  if (known.pss === true) {
    const saltLength = saltIn(parameters, digest)
    const { RSA_PKCS1_PSS_PADDING: padding } = constants
    return saltLength !== undefined && verify(hash, message, { key, padding, saltLength }, signature)
  }
  // RFC 5754 §3: RSA has none to tell, and the others leave them out.
  const isPlain = parameters === undefined || (known.type === 'rsa' && parameters.tag === NULL)
  return isPlain && verify(hash, message, key, signature)
}

const mgf1 = '1.2.840.113549.1.1.8'

/**
 * How long the salt of an RSASSA-PSS signature is, in bytes (RFC 4055 §3.1, RFC 4056 §2): [0] hash, [1] MGF1 with the same
 * hash, [2] the length of the salt, which is 20 where it is left out. What else could be told is told by leaving it out.
 */
function saltIn(parameters: Der | undefined, digest: string): number | undefined {
  const [hash, mask, salt, ...more] = parameters?.parts ?? []
  const masked = mask?.parts[0]
  const isExpected =
    parameters?.tag === SEQUENCE &&
    more.length === 0 &&
    [hash, mask, salt].every(
      (part, at) => part === undefined || (part.tag === tagged(at) && part.parts.length === 1),
    ) &&
    isHash(hash?.parts[0], digest) &&
    masked?.tag === SEQUENCE &&
    masked.parts.length === 2 &&
    isObject(masked.parts[0], mgf1) &&
    isHash(masked.parts[1], digest)
  if (!isExpected) return undefined
  if (salt === undefined) return 20
  const [told] = salt.parts
  const length = (told?.body ?? new Uint8Array()).reduce((sum, byte) => sum * 256 + byte, 0)
  return told?.tag === INTEGER && length !== 20 && length < 0x8000 ? length : undefined
}

/** `SEQUENCE { hash, [NULL] }`: RFC 4055 §2.1 has both. */
function isHash(value: Der | undefined, digest: string): boolean {
  const [name, none, ...more] = value?.parts ?? []
  const algorithm = [...hashes].find(([, one]) => one === digest)?.[0]
  if (value?.tag !== SEQUENCE || algorithm === undefined || more.length > 0) return false
  return isObject(name, algorithm) && (none === undefined || none.tag === NULL)
}

const isObject = (value: Der | undefined, identifier: string): boolean =>
  value?.tag === OBJECT &&
  Buffer.compare(value.bytes, new Uint8Array(new ObjectIdentifier({ value: identifier }).toBER())) === 0
