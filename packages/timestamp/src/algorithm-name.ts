const UNSAFE = 'which is no longer safe'
const OTHER = 'which is not one of those that are taken'

/**
 * What algorithms are called, by object identifier: those that are taken, and those that are not, with why (RFC 3279, RFC 4055,
 * RFC 5754, RFC 5758, RFC 8410).
 */
const names: ReadonlyMap<string, readonly [name: string, because?: string]> = new Map([
  ['1.2.840.113549.2.5', ['MD5', UNSAFE]],
  ['1.3.14.3.2.26', ['SHA-1', UNSAFE]],
  ['2.16.840.1.101.3.4.2.1', ['SHA-256']],
  ['2.16.840.1.101.3.4.2.2', ['SHA-384']],
  ['2.16.840.1.101.3.4.2.3', ['SHA-512']],
  ['2.16.840.1.101.3.4.2.4', ['SHA-224', OTHER]],
  ['2.16.840.1.101.3.4.2.5', ['SHA-512/224', OTHER]],
  ['2.16.840.1.101.3.4.2.6', ['SHA-512/256', OTHER]],
  ['2.16.840.1.101.3.4.2.7', ['SHA3-224', OTHER]],
  ['2.16.840.1.101.3.4.2.8', ['SHA3-256', OTHER]],
  ['2.16.840.1.101.3.4.2.9', ['SHA3-384', OTHER]],
  ['2.16.840.1.101.3.4.2.10', ['SHA3-512', OTHER]],
  ['1.2.840.113549.1.1.1', ['RSA']],
  ['1.2.840.113549.1.1.2', ['RSA with MD2', UNSAFE]],
  ['1.2.840.113549.1.1.4', ['RSA with MD5', UNSAFE]],
  ['1.2.840.113549.1.1.5', ['RSA with SHA-1', UNSAFE]],
  ['1.2.840.113549.1.1.10', ['RSASSA-PSS']],
  ['1.2.840.113549.1.1.11', ['RSA with SHA-256']],
  ['1.2.840.113549.1.1.12', ['RSA with SHA-384']],
  ['1.2.840.113549.1.1.13', ['RSA with SHA-512']],
  ['1.2.840.113549.1.1.14', ['RSA with SHA-224', OTHER]],
  ['1.2.840.10040.4.3', ['DSA with SHA-1', UNSAFE]],
  ['2.16.840.1.101.3.4.3.1', ['DSA with SHA-224', OTHER]],
  ['2.16.840.1.101.3.4.3.2', ['DSA with SHA-256', OTHER]],
  ['1.2.840.10045.4.1', ['ECDSA with SHA-1', UNSAFE]],
  ['1.2.840.10045.4.3.1', ['ECDSA with SHA-224', OTHER]],
  ['1.2.840.10045.4.3.2', ['ECDSA with SHA-256']],
  ['1.2.840.10045.4.3.3', ['ECDSA with SHA-384']],
  ['1.2.840.10045.4.3.4', ['ECDSA with SHA-512']],
  ['1.3.101.112', ['Ed25519']],
  ['1.3.101.113', ['Ed448', OTHER]],
])

/** How many characters are repeated of an identifier, which may have been made to have any number. */
const LONGEST = 80

/** The hashes that are taken, in words. */
export const takenHashes = 'SHA-256, SHA-384 or SHA-512'
/** The ways to sign that are taken, in words. */
export const takenSignatures = `RSA, RSASSA-PSS or ECDSA with ${takenHashes}; or Ed25519`

/** What an algorithm is called, with its object identifier; that alone where nobody here knows what it is. */
export function called(identifier: string): string {
  const name = names.get(identifier)?.[0]
  return name === undefined ? `the algorithm ${identifier.slice(0, LONGEST)}` : `${name} (${identifier})`
}

/** What an algorithm that is not taken is called, why it is not, and what is expected in its place. */
export const untaken = (identifier: string, expected: string): string =>
  `${called(identifier)}, ${names.get(identifier)?.[1] ?? (names.has(identifier) ? OTHER : 'which is not known here')}; expected ${expected}`
