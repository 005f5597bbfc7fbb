import { type BaseBlock, Constructed, fromBER, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import { SignedData, type SignerInfo, TimeStampResp, TSTInfo } from 'pkijs'

const signedData = '1.2.840.113549.1.7.2'
const tstInfo = '1.2.840.113549.1.9.16.1.4'
/** How many certificates a token may bring. */
const mostCertificates = 32

/** What an authority has answered, before anything of it is believed. */
export interface Answer {
  /** 0 granted, 1 granted with modifications; with anything else there is no token. */
  readonly status: number
  readonly said: string
  readonly token?: Token
}

/** A time stamp token: signed data over a `TSTInfo`, by one signer. */
export interface Token {
  readonly info: TSTInfo
  /** The bytes of the `TSTInfo` that are signed. */
  readonly content: Uint8Array
  readonly signer: SignerInfo
  /** The bytes of each certificate that it brings. */
  readonly certificates: readonly Uint8Array[]
}

/**
 * Reads an answer (RFC 3161 §2.4.2). Throws where its bytes are none; whoever calls takes anything thrown for that, as the
 * library that reads ASN.1 has errors of many kinds.
 */
export function readAnswer(der: Uint8Array): Answer {
  const { offset, result } = fromBER(der)
  if (offset < 0) throw new Error(`expected one ASN.1 value of ${der.length} bytes, found bytes that are none`)
  if (offset !== der.length) throw new Error(`expected one ASN.1 value of ${der.length} bytes, found one of ${offset}`)
  const certificates = certificatesIn(result)
  const { status, timeStampToken } = new TimeStampResp({ schema: result })
  const said = (status.statusStrings ?? []).map(one => String(one.valueBlock.value)).join(' ')
  const answer = { status: status.status, said: said.slice(0, 200) }
  if (timeStampToken === undefined || answer.status > 1 || answer.status < 0) return answer
  if (timeStampToken.contentType !== signedData) throw new Error('the token is no signed data')
  const { encapContentInfo, signerInfos } = new SignedData({ schema: timeStampToken.content })
  const [signer] = signerInfos
  if (encapContentInfo.eContentType !== tstInfo) throw new Error('what is signed is no time stamp')
  if (signer === undefined || signerInfos.length > 1)
    throw new Error(`expected one signer, found ${signerInfos.length}`)
  if (encapContentInfo.eContent === undefined) throw new Error('the token holds no content')
  const content = new Uint8Array(encapContentInfo.eContent.getValue())
  const read = fromBER(content)
  if (read.offset !== content.length) throw new Error('what is signed has bytes behind its end')
  return { ...answer, token: { info: new TSTInfo({ schema: read.result }), content, signer, certificates } }
}

/**
 * The certificates as they stand there: an object that was read and is written again could have other bytes, and another
 * hash. TimeStampResp { status, ContentInfo { type, [0] SignedData { …, [0] certificates, …, signers } } }.
 */
function certificatesIn(answer: BaseBlock): Uint8Array[] {
  const signed = childrenOf(childrenOf(childrenOf(answer)[1])[1])[0]
  const set = childrenOf(signed).find(one => one.idBlock.tagClass === 3 && one.idBlock.tagNumber === 0)
  // Other kinds of certificate have a tag of their own, and sign nothing here.
  const found = childrenOf(set).filter(one => one instanceof Sequence)
  if (found.length > mostCertificates) throw new Error(`expected at most ${mostCertificates} certificates`)
  return found.map(one => one.valueBeforeDecodeView.slice())
}

const childrenOf = (block: BaseBlock | undefined): BaseBlock[] =>
  block instanceof Constructed || block instanceof Sequence ? block.valueBlock.value : []

/** The one value of an attribute; nothing where it is missing, doubled, or has more values. */
export function attributeOf({ signedAttrs }: SignerInfo, type: string): BaseBlock | undefined {
  const found = (signedAttrs?.attributes ?? []).filter(one => one.type === type)
  const values: readonly unknown[] = found[0]?.values ?? []
  return found.length === 1 && values.length === 1 ? (values[0] as BaseBlock) : undefined
}

const signingCertificate = '1.2.840.113549.1.9.16.2.12'
const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47'

/**
 * Which certificate the signer says that it has signed with: its hash and the object identifier of the hash (RFC 5816;
 * RFC 3161 knew SHA-1 only, which is told by nothing).
 */
export function signedWith(signer: SignerInfo): { readonly hash: Uint8Array; readonly algorithm?: string } | undefined {
  const newer = attributeOf(signer, signingCertificateV2)
  const attribute = newer ?? attributeOf(signer, signingCertificate)
  // SigningCertificate { certs { ESSCertID { [algorithm], hash, [issuer and serial] }, … }, … }: the first one has signed.
  const parts = childrenOf(childrenOf(childrenOf(attribute)[0])[0])
  const hash = parts.find(one => one instanceof OctetString)
  if (hash === undefined) return undefined
  const bytes = new Uint8Array(hash.getValue())
  if (newer === undefined) return { hash: bytes }
  const [told] = childrenOf(parts[0])
  return { hash: bytes, algorithm: told instanceof ObjectIdentifier ? told.getValue() : '2.16.840.1.101.3.4.2.1' }
}
