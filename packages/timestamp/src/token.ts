import { type BaseBlock, Constructed, fromBER, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import { SignedData, type SignerInfo, TimeStampResp, TSTInfo } from 'pkijs'
import { OBJECT, readDer } from './der.ts'
import { type Frame, readFrame } from './frame.ts'

const signedData = '1.2.840.113549.1.7.2'
const tstInfo = '1.2.840.113549.1.9.16.1.4'

/** What an authority has answered, before anything of it is believed. */
export interface Answer {
  /** 0 is granted; with anything else the token is not read. */
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
  /** What stands around what is signed. */
  readonly frame: Frame
}

/**
 * Reads an answer (RFC 3161 §2.4.2), of which the standard asks that all of it be in DER. Throws where its bytes are none;
 * whoever calls takes anything thrown for that, as the library that reads ASN.1 has errors of many kinds.
 */
export function readAnswer(der: Uint8Array): Answer {
  const answer = readDer(der)
  // TimeStampReq { version INTEGER, … }, where an answer begins with its status, a SEQUENCE.
  if (answer.parts[0]?.tag === 0x02) throw new Error('it is a request for a time stamp, and not the answer to one')
  // ContentInfo { type, … }: what lies within an answer, and has no status.
  if (answer.parts[0]?.tag === OBJECT)
    throw new Error('it is a time stamp token by itself, and not the answer in which an authority sends one')
  const { status, timeStampToken } = new TimeStampResp({ schema: fromBER(der).result })
  const said = (status.statusStrings ?? []).map(one => String(one.valueBlock.value)).join(' ')
  const told = { status: status.status, said: said.slice(0, 200) }
  if (told.status !== 0) return told
  const frame = readFrame(answer)
  if (timeStampToken?.contentType !== signedData) throw new Error('the token is no signed data')
  const { encapContentInfo, signerInfos } = new SignedData({ schema: timeStampToken.content })
  const [signer] = signerInfos
  if (encapContentInfo.eContentType !== tstInfo) throw new Error('what is signed is no time stamp')
  if (signer === undefined || encapContentInfo.eContent === undefined) throw new Error('the token holds no content')
  const content = new Uint8Array(encapContentInfo.eContent.getValue())
  readDer(content)
  const info = new TSTInfo({ schema: fromBER(content).result })
  return { ...told, token: { info, content, signer, frame } }
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
