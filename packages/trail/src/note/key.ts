import { ed25519PublicKey } from '#ed25519'
import { sha256 } from '#sha256'
import { fromBase64, toBase64 } from '../base64.ts'
import { ownBytes } from '../bytes.ts'
import { isSoundKey, isStrong } from '../ed25519/point.ts'
import { beginning, CountersignError, unexpected } from '../error.ts'
import { toHex } from '../hash.ts'
import { encodeUtf8 } from '../utf8.ts'

/** How many characters the name of a key has at most, and so the origin of a checkpoint. */
export const MAX_NAME_LENGTH = 1_000
/** A name, and what a key's text has besides: at most `PRIVATE+KEY+`, the key id, 44 characters of base64 and two `+`. */
const MAX_KEY_LENGTH = MAX_NAME_LENGTH + 66

/** What a key signs, and the byte that C2SP signed-note gives to it. */
const TYPES = { ed25519: 0x01, 'cosignature/v1': 0x04 } as const

/** `ed25519` signs the text of a note (type 0x01); `cosignature/v1` signs it together with a time (type 0x04). */
export type Algorithm = keyof typeof TYPES

/** A key that others verify with. `keyId` has 8 lower-case hexadecimal digits; `publicKey` has 32 bytes. */
export interface VerifierKey {
  readonly name: string
  readonly keyId: string
  readonly algorithm: Algorithm
  readonly publicKey: Uint8Array
}

/** A key that signs notes with Ed25519 (type 0x01). The seed is the secret. */
export interface SignerKey {
  readonly name: string
  readonly keyId: string
  readonly seed: Uint8Array
}

/**
 * Whether a name may stand in a note: not empty, no Unicode white space, no `+`, no control character and no byte order mark
 * (C2SP signed-note, and a little stricter). That mark is taken off where a key is read from a file, so a name that began
 * with it would be another one there.
 *
 * @example
 * ```ts
 * import { isKeyName } from '@countersign/trail'
 *
 * isKeyName('log.example/changes') // → true
 * isKeyName('log example') // → false
 * ```
 */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\p{White_Space}\p{Cc}\ufeff+]/u.test(name)
}

/**
 * The key id: the first four bytes, in hexadecimal digits, of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as C2SP
 * signed-note recommends.
 */
function keyIdOf(name: string, algorithm: Algorithm, publicKey: Uint8Array): string {
  const head = encodeUtf8(`${name}\n`)
  const bytes = new Uint8Array(head.length + 1 + publicKey.length)
  bytes.set(head)
  bytes[head.length] = TYPES[algorithm]
  bytes.set(publicKey, head.length + 1)
  return toHex(sha256(bytes).subarray(0, 4))
}

/**
 * A signer from a name and a secret of 32 random bytes. Throws `key` where the name may not stand in a note or has more
 * than 1,000 characters, and where the seed has another length.
 *
 * @example
 * ```ts
 * import { formatVerifierKey, signerKey, verifierKeyOf } from '@countersign/trail'
 *
 * const signer = signerKey('log.example/changes', new Uint8Array(32).fill(7))
 * signer.keyId // → 'c7241bce'
 * formatVerifierKey(verifierKeyOf(signer)).startsWith('log.example/changes+c7241bce+A') // → true
 * signerKey('log example', new Uint8Array(32)) // throws name
 * ```
 */
export function signerKey(name: string, seed: Uint8Array): SignerKey {
  requireName(name)
  return { name, keyId: keyIdOf(name, 'ed25519', ed25519PublicKey(seed)), seed: ownBytes(seed) }
}

/**
 * The public half of a signer.
 *
 * @example
 * ```ts
 * import { signerKey, verifierKeyOf } from '@countersign/trail'
 *
 * verifierKeyOf(signerKey('log.example', new Uint8Array(32))).algorithm // → 'ed25519'
 * ```
 */
export function verifierKeyOf(signer: SignerKey): VerifierKey {
  const publicKey = ed25519PublicKey(signer.seed)
  return { name: signer.name, keyId: signer.keyId, algorithm: 'ed25519', publicKey }
}

/**
 * The public half of a signer that signs as a witness (type 0x04). The same secret has another key id here, so that one
 * kind of signature is never taken for the other.
 *
 * @example
 * ```ts
 * import { signerKey, verifierKeyOf, witnessKeyOf } from '@countersign/trail'
 *
 * const signer = signerKey('witness.example', new Uint8Array(32))
 * witnessKeyOf(signer).algorithm // → 'cosignature/v1'
 * witnessKeyOf(signer).keyId === verifierKeyOf(signer).keyId // → false
 * ```
 */
export function witnessKeyOf(signer: SignerKey): VerifierKey {
  const algorithm = 'cosignature/v1'
  const publicKey = ed25519PublicKey(signer.seed)
  return { name: signer.name, keyId: keyIdOf(signer.name, algorithm, publicKey), algorithm, publicKey }
}

/**
 * Reads a verifier key, `name+8 hex digits+base64(type ‖ public key)` (C2SP signed-note). Throws `key` where it is
 * malformed or its name longer than 1,000 characters, its type is unknown, its key id does not belong to it, or its 32
 * bytes are no point of the curve, or one under which anybody can sign.
 *
 * @example
 * ```ts
 * import { parseVerifierKey } from '@countersign/trail'
 *
 * const text = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
 * parseVerifierKey(text).algorithm // → 'ed25519'
 * parseVerifierKey(text.replace('530d', '530e')) // throws key id
 * ```
 */
export function parseVerifierKey(text: string): VerifierKey {
  if (typeof text !== 'string') throw unexpected('key', 'a verifier key', 'a text', { given: text })
  if (text.length > MAX_KEY_LENGTH) {
    throw unexpected('key', 'a verifier key', `at most ${MAX_KEY_LENGTH} characters`, `${text.length}`)
  }
  // A signer key handed in by mistake must not be repeated in a message.
  if (/^\s*PRIVATE\+KEY/.test(text))
    throw unexpected('key', 'a verifier key', '<name>+<8 hex digits>+<base64>', 'a private key')
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text)
  if (parts === null) throw unexpected('key', 'a verifier key', '<name>+<8 hex digits>+<base64>', { given: text })
  const [, name = '', keyId = '', base64 = ''] = parts
  requireName(name)
  const bytes = fromBase64(base64)
  const algorithm = algorithmOf(bytes?.[0])
  if (bytes === undefined || bytes.length !== 33 || algorithm === undefined) {
    const where = `the key of ${beginning(name)}`
    throw unexpected('key', where, 'base64 of type 0x01 or 0x04 and 32 bytes', { given: base64 })
  }
  const publicKey = bytes.slice(1)
  requireKeyId(name, keyId, keyIdOf(name, algorithm, publicKey))
  requireSound(name, publicKey)
  return { name, keyId, algorithm, publicKey }
}

/**
 * Writes a verifier key, `name+8 hex digits+base64(type ‖ public key)` (C2SP signed-note).
 *
 * @example
 * ```ts
 * import { formatVerifierKey, parseVerifierKey } from '@countersign/trail'
 *
 * const text = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
 * formatVerifierKey(parseVerifierKey(text)) // → text
 * ```
 */
export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.keyId}+${typed(TYPES[key.algorithm], key.publicKey)}`
}

/**
 * Reads a signer key, `PRIVATE+KEY+name+8 hex digits+base64(0x01 ‖ seed)`, as Go's `sumdb/note` writes it. Throws `key`
 * where it is malformed, its name has more than 1,000 characters or its key id does not belong to it; no error holds the
 * secret.
 *
 * @example
 * ```ts
 * import { formatSignerKey, parseSignerKey, signerKey } from '@countersign/trail'
 *
 * const text = formatSignerKey(signerKey('log.example/changes', new Uint8Array(32).fill(7)))
 * parseSignerKey(text).name // → 'log.example/changes'
 * parseSignerKey('log.example/changes') // throws signer key
 * ```
 */
export function parseSignerKey(text: string): SignerKey {
  const parts = text.length > MAX_KEY_LENGTH ? null : /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text)
  const [, name = '', keyId = '', base64 = ''] = parts ?? []
  const bytes = fromBase64(base64)
  if (parts === null || bytes === undefined || bytes.length !== 33 || bytes[0] !== TYPES.ed25519) {
    throw unexpected(
      'key',
      'a signer key',
      'PRIVATE+KEY+<name>+<8 hex digits>+<base64 of type 0x01 and 32 bytes>',
      '(not shown)',
    )
  }
  const key = signerKey(name, bytes.slice(1))
  requireKeyId(name, keyId, key.keyId)
  return key
}

/**
 * Writes a signer key, `PRIVATE+KEY+name+8 hex digits+base64(0x01 ‖ seed)`. The text is the secret.
 *
 * @example
 * ```ts
 * import { formatSignerKey, signerKey } from '@countersign/trail'
 *
 * formatSignerKey(signerKey('log.example', new Uint8Array(32))).startsWith('PRIVATE+KEY+log.example+') // → true
 * ```
 */
export function formatSignerKey(key: SignerKey): string {
  return `PRIVATE+KEY+${key.name}+${key.keyId}+${typed(TYPES.ed25519, key.seed)}`
}

function typed(type: number, bytes: Uint8Array): string {
  const all = new Uint8Array(bytes.length + 1)
  all[0] = type
  all.set(bytes, 1)
  return toBase64(all)
}

function algorithmOf(type: number | undefined): Algorithm | undefined {
  if (type === TYPES.ed25519) return 'ed25519'
  return type === TYPES['cosignature/v1'] ? 'cosignature/v1' : undefined
}

function requireName(name: string): void {
  if (isKeyName(name) && name.length <= MAX_NAME_LENGTH) return
  const expected = `at most ${MAX_NAME_LENGTH} characters without white space, control characters, byte order marks and +`
  throw unexpected('key', 'the name of a key', expected, { given: name })
}

function requireSound(name: string, publicKey: Uint8Array): void {
  if (isSoundKey(publicKey)) return
  const where = `the key of ${beginning(name)}`
  if (isStrong(publicKey)) throw unexpected('key', where, 'a point of the curve of Ed25519', 'bytes that are none')
  throw new CountersignError(
    'key',
    `this is a weak key (${beginning(name)}): a point of small order, under which anybody can make signatures that hold, or a second spelling of a key`,
    { facts: { where } },
  )
}

function requireKeyId(name: string, found: string, expected: string): void {
  if (found !== expected) throw unexpected('key', `the key id of ${beginning(name)}`, expected, { given: found })
}
