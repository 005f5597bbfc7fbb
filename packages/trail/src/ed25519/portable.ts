import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { isStrong, requireSeed } from './point.ts'

const { Point } = ed25519
/** How many points the base point generates. */
const ORDER = Point.Fn.ORDER

/** The public key, 32 bytes, of a 32-byte seed (RFC 8032 §5.1.5). Throws `key` where the seed has another length. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  requireSeed(seed)
  return ed25519.getPublicKey(seed)
}

/** The 64-byte signature of a message (RFC 8032 §5.1.6). Throws `key` where the seed has not 32 bytes. */
export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  requireSeed(seed)
  return ed25519.sign(message, seed)
}

/** Whether a signature holds (RFC 8032 §5.1.7, without the cofactor). Anything malformed does not. Never throws. */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isStrong(publicKey)) return false
  // Some libraries take such an R, and some do not.
  if (!isStrong(signature.subarray(0, 32))) return false
  // OpenSSL computes R = [s]B − [k]A and compares its one encoding with the signature's. The library's own check
  // multiplies by the cofactor, which accepts more, so the equation is written out here.
  try {
    const key = Point.fromBytes(publicKey)
    const nonce = signature.subarray(0, 32)
    const s = littleEndian(signature.subarray(32))
    if (s >= ORDER) return false
    const k = littleEndian(sha512(join(nonce, publicKey, message))) % ORDER
    const computed = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k)).toBytes()
    return computed.every((byte, at) => byte === nonce[at])
  } catch {
    return false
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let number = 0n
  for (let at = bytes.length - 1; at >= 0; at--) number = (number << 8n) | BigInt(bytes[at] as number)
  return number
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
