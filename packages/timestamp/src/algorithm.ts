import { constants, type KeyObject, verify } from 'node:crypto'

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

/** What a signature can be made with, by object identifier (RFC 3370, RFC 5754, RFC 8419). */
const algorithms: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['1.2.840.113549.1.1.1', { type: 'rsa' }],
  ['1.2.840.113549.1.1.10', { type: 'rsa', pss: true }],
  ['1.2.840.113549.1.1.11', { type: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { type: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { type: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { type: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { type: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { type: 'ec', hash: 'sha512' }],
  ['1.3.101.112', { type: 'ed25519' }],
])

const leastRsaBits = 2_048

/** Whether a signature of a certificate is made with what is still safe. */
export const isSafe = (algorithm: string): boolean => algorithms.has(algorithm)

/** Whether a signature in CMS holds. `digest` is the hash of the signed attributes' digest, where it is not told. */
export function holds(
  algorithm: string,
  digest: string,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const known = algorithms.get(algorithm)
  if (known === undefined || key.asymmetricKeyType !== known.type) return false
  if (known.type === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < leastRsaBits) return false
  const hash = known.type === 'ed25519' ? null : (known.hash ?? digest)
  if (known.pss !== true) return verify(hash, message, key, signature)
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_AUTO: saltLength } = constants
  return verify(hash, message, { key, padding, saltLength }, signature)
}
