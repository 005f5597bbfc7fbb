import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { toBase64 } from '../base64.ts'
import { fromHex } from '../hash.ts'
import { isStrong, requireSeed } from './point.ts'

/** What stands before the 32 bytes in DER: RFC 8410 §7 (private, PKCS #8) and §4 (public, SPKI). */
const PKCS8 = fromHex('302e020100300506032b657004220420')
const SPKI = fromHex('302a300506032b6570032100')

/** The public key, 32 bytes, of a 32-byte seed (RFC 8032 §5.1.5). Throws `key` where the seed has another length. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' })).slice(SPKI.length)
}

/** The 64-byte signature of a message (RFC 8032 §5.1.6). Throws `key` where the seed has not 32 bytes. */
export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey(seed)))
}

/** Whether a signature holds (RFC 8032 §5.1.7, without the cofactor). Anything malformed does not. Never throws. */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isStrong(publicKey)) return false
  // Some libraries take such an R, and some do not.
  if (!isStrong(signature.subarray(0, 32))) return false
  try {
    const key = createPublicKey(pem('PUBLIC KEY', SPKI, publicKey))
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}

function privateKey(seed: Uint8Array): KeyObject {
  requireSeed(seed)
  return createPrivateKey(pem('PRIVATE KEY', PKCS8, seed))
}

/** RFC 7468; of all the forms that Node reads, the one that needs no `Buffer`. */
function pem(label: string, head: Uint8Array, key: Uint8Array): string {
  const der = new Uint8Array(head.length + key.length)
  der.set(head)
  der.set(key, head.length)
  return `-----BEGIN ${label}-----\n${toBase64(der)}\n-----END ${label}-----\n`
}
