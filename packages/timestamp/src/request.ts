import { CountersignError, ownBytes, requireOptions } from '@countersign/trail'
import { Integer, Null, OctetString } from 'asn1js'
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from 'pkijs'

const sha256 = '2.16.840.1.101.3.4.2.1'

/**
 * A request for a time stamp (RFC 3161 §2.4.1) of a SHA-256 digest, in DER, to be sent to an authority as
 * `application/timestamp-query`. It asks for the authority's certificate, so that the answer can be verified on its own.
 * The nonce is a positive number that nobody can foresee; whoever gives one finds it again in the answer to this request.
 *
 * Throws `input` where the digest does not have 32 bytes, or the nonce is not from 1 to 2¹²⁸ − 1.
 *
 * @example
 * ```ts
 * import { timestampRequest } from '@countersign/timestamp'
 *
 * timestampRequest(new Uint8Array(32)).length // → 59
 * timestampRequest(new Uint8Array(20)) // throws 32 bytes
 * ```
 */
export function timestampRequest(digest: Uint8Array, options: { readonly nonce?: bigint } = {}): Uint8Array {
  requireOptions('timestampRequest', options, ['nonce'])
  const { nonce } = options
  if (digest.length !== 32) {
    throw new CountersignError('input', `the digest: expected the 32 bytes of a SHA-256, found ${digest.length} bytes`)
  }
  if (nonce !== undefined && (nonce < 1n || nonce >= 1n << 128n)) {
    throw new CountersignError('input', 'the nonce: expected a number from 1 to 2^128−1, found another one')
  }
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: sha256, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: ownBytes(digest).buffer }),
    }),
    ...(nonce === undefined ? {} : { nonce: Integer.fromBigInt(nonce) }),
    certReq: true,
  })
  return new Uint8Array(request.toSchema().toBER())
}
