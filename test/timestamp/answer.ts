import type { Der } from '../../packages/timestamp/src/der.ts'
import { der } from './authority.ts'

/** TimeStampResp { status, ContentInfo { type, [0] SignedData } }. */
const signedDataIn = (answer: Der): readonly Der[] => answer.parts[1]?.parts[1]?.parts[0]?.parts ?? []

export function signerIn(answer: Der): Der {
  const signer = signedDataIn(answer).at(-1)?.parts[0]
  if (signer === undefined) throw new Error('there is no signer')
  return signer
}

export function bagIn(answer: Der): Der {
  const bag = signedDataIn(answer).find(one => one.tag === 0xa0)
  if (bag === undefined) throw new Error('there are no certificates')
  return bag
}

/** What is signed, or is a signature: the time stamp, the certificate, the attributes. */
export const signedIn = (answer: Der): Der[] => {
  const content = signedDataIn(answer)[2]?.parts[1]?.parts[0]
  const signer = signerIn(answer)
  return [content, ...bagIn(answer).parts, signer.parts[3], signer.parts[5]].flatMap(one => one ?? [])
}

/** Every value around that, and each of those as a whole. */
export function unsignedIn(answer: Der): Der[] {
  const signed = signedIn(answer)
  const within = (one: Der): Der[] => [one, ...(signed.includes(one) ? [] : one.parts.flatMap(within))]
  return within(answer)
}

/** The bytes of an answer with something in the place of one of its values. */
export function exchanged(answer: Der, value: Der | undefined, instead: readonly Uint8Array[]): Uint8Array {
  const isWithin = (one: Der): boolean => one.parts.some(part => part === value || isWithin(part))
  const write = (one: Der): Uint8Array =>
    one === value ? Buffer.concat(instead) : isWithin(one) ? der(one.tag, ...one.parts.map(write)) : one.bytes
  return write(answer)
}
