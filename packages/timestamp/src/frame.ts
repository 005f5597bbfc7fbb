import { type Der, INTEGER, isSameDer, NULL, OBJECT, OCTETS, SEQUENCE, SET, tagged, UTF8_STRING } from './der.ts'

/** What stands around that which is signed, and is not signed itself. */
export interface Frame {
  /** The bytes of each certificate, as they stand there. */
  readonly certificates: readonly Uint8Array[]
  /** How the signer's certificate is named: by its issuer and number, or by the identifier of its key. */
  readonly signer: { readonly issuer: Der; readonly number: Der } | { readonly keyId: Uint8Array }
  /** What its signature was made with, where it says more than by a name. */
  readonly parameters: Der | undefined
}

/** How many certificates a token may bring. */
const mostCertificates = 32

/**
 * Reads what nobody has signed of an answer that grants a time stamp, and leaves it no room (RFC 3161 §2.4.2, RFC 5652 §5):
 *
 * ```text
 * SEQUENCE { SEQUENCE { 0, [texts] }, SEQUENCE { signedData, [0] { SEQUENCE {
 *   version, SET { digest algorithm }, SEQUENCE { TSTInfo, [0] { content } }, [0] certificates, [1] revocations,
 *   SET { SEQUENCE { version, name of the certificate, digest algorithm, [0] signed attributes, signature algorithm,
 *     signature, [1] other attributes } } } } } }
 * ```
 *
 * No part may be there twice or be followed by another one, versions are what the standard derives them from, and each
 * algorithm has the parameters that are its own. What is free all the same, and read by nobody: texts of the status,
 * certificates that lead nowhere, revocations, and other attributes. Throws `Error`.
 */
export function readFrame(answer: Der): Frame {
  const [status, token] = only(answer, 'the answer', SEQUENCE, [SEQUENCE, SEQUENCE])
  // An authority that grants has no failure to tell.
  const [, ...texts] = status?.parts ?? []
  if (texts.length > 1 || texts.some(isNoTexts)) throw new Error('the status says more than that it is granted')
  const [, content] = only(token, 'the token', SEQUENCE, [OBJECT, tagged(0)])
  const [signed] = only(content, 'the content of the token', tagged(0), [SEQUENCE])
  const parts = signed?.parts ?? []
  const bag = parts.find(part => part.tag === tagged(0))
  const revocations = parts.filter(part => part.tag === tagged(1)).slice(0, 1)
  const [version, digests, encapsulated] = parts
  const tail = [...(bag === undefined ? [] : [tagged(0)]), ...revocations.map(() => tagged(1)), SET]
  only(signed, 'the signed data', SEQUENCE, [INTEGER, SET, SEQUENCE, ...tail])
  const [, explicit] = only(encapsulated, 'what is signed', SEQUENCE, [OBJECT, tagged(0)])
  only(explicit, 'the content that is signed', tagged(0), [OCTETS])
  const [signer] = only(parts.at(-1), 'the signers', SET, [SEQUENCE])
  const [digest] = only(digests, 'the digest algorithms', SET, [SEQUENCE])
  requireVersion(version, 'the signed data', versionFor(bag?.parts ?? [], revocations[0]?.parts ?? []))
  return { certificates: certificatesIn(bag?.parts ?? []), ...signerIn(signer, digest) }
}

function signerIn(signer: Der | undefined, listed: Der | undefined): Pick<Frame, 'signer' | 'parameters'> {
  const [version, named, digest, ...rest] = signer?.parts ?? []
  const isByKey = named?.tag === 0x80
  // That they are missing is told by whoever looks for what they must say.
  const attributes = rest[0]?.tag === tagged(0) ? [tagged(0)] : []
  const [algorithm] = rest.slice(attributes.length)
  const others = rest.length > attributes.length + 2 ? [tagged(1)] : []
  const form = [INTEGER, isByKey ? 0x80 : SEQUENCE, SEQUENCE, ...attributes, SEQUENCE, OCTETS, ...others]
  only(signer, 'the signer', SEQUENCE, form)
  requireVersion(version, 'the signer', isByKey ? 3 : 1)
  if (!isSameDer(listed, digest)) throw new Error('the digest algorithm that is listed is not the one of the signer')
  const noted = parametersOf(digest, 'the digest algorithm')
  if (noted !== undefined && noted.tag !== NULL) throw new Error('the digest algorithm has parameters')
  const parameters = parametersOf(algorithm, 'the signature algorithm')
  if (named !== undefined && isByKey) return { signer: { keyId: named.body }, parameters }
  const [issuer, number] = only(named, 'the name of the certificate', SEQUENCE, [SEQUENCE, INTEGER])
  if (issuer === undefined || number === undefined) throw new Error('the signer has no name')
  return { signer: { issuer, number }, parameters }
}

/** The parameters of `SEQUENCE { algorithm, [parameters] }`. */
function parametersOf(algorithm: Der | undefined, what: string): Der | undefined {
  const [, parameters] = algorithm?.parts ?? []
  only(algorithm, what, SEQUENCE, parameters === undefined ? [OBJECT] : [OBJECT, parameters.tag])
  return parameters
}

/** The parts of a value, which has these and no other ones, in this order. */
function only(value: Der | undefined, what: string, tag: number, tags: readonly number[]): readonly Der[] {
  const parts = value?.parts ?? []
  if (value?.tag === tag && parts.length === tags.length && parts.every((part, at) => part.tag === tags[at]))
    return parts
  const told = (all: readonly number[]) => all.map(one => one.toString(16).padStart(2, '0')).join(' ')
  throw new Error(`${what}: expected the parts ${told(tags)}, found ${told(parts.map(part => part.tag))}`)
}

/** `statusString`: at least one text, and nothing but texts. */
const isNoTexts = ({ tag, parts }: Der): boolean =>
  tag !== SEQUENCE || parts.length === 0 || parts.some(part => part.tag !== UTF8_STRING)

function requireVersion(value: Der | undefined, what: string, expected: number): void {
  if (value?.body.length === 1 && value.body[0] === expected) return
  throw new Error(`${what}: expected the version ${expected}, found another one`)
}

/** RFC 5652 §5.1: what other kinds of certificate and revocation ask for; else 3, as a time stamp is no plain data. */
const versionFor = (bag: readonly Der[], revocations: readonly Der[]): number =>
  bag.some(one => one.tag === tagged(3)) || revocations.some(one => one.tag === tagged(1))
    ? 5
    : bag.some(one => one.tag === tagged(2))
      ? 4
      : 3

/** RFC 5652 §10.2.2: a certificate, and the four kinds that have a tag. */
const kinds = new Set([SEQUENCE, tagged(0), tagged(1), tagged(2), tagged(3)])

/** As they stand there: an object that was read and is written again could have other bytes, and another hash. */
function certificatesIn(bag: readonly Der[]): Uint8Array[] {
  if (bag.length > mostCertificates) throw new Error(`expected at most ${mostCertificates} certificates`)
  if (bag.some(one => !kinds.has(one.tag))) throw new Error('something among the certificates is none')
  const all = bag.map(one => Buffer.from(one.bytes).toString('latin1'))
  if (new Set(all).size < all.length) throw new Error('a certificate is there twice')
  // Other kinds of certificate have a tag of their own, and sign nothing here.
  return bag.filter(one => one.tag === SEQUENCE).map(one => new Uint8Array(one.bytes))
}
