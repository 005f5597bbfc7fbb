import { X509Certificate } from 'node:crypto'
import { CountersignError, ownBytes } from '@countersign/trail'
import { BitString } from 'asn1js'
import { BasicConstraints, ExtKeyUsage, Certificate as Parsed } from 'pkijs'
import { isSameDer, OCTETS, readDer, tagged } from './der.ts'
import type { Frame } from './frame.ts'

const subjectKeyIdentifier = '2.5.29.14'
const keyUsage = '2.5.29.15'
const basicConstraints = '2.5.29.19'
const nameConstraints = '2.5.29.30'
const certificatePolicies = '2.5.29.32'
const policyConstraints = '2.5.29.36'
const extendedKeyUsage = '2.5.29.37'
const anyExtendedKeyUsage = '2.5.29.37.0'
const inhibitAnyPolicy = '2.5.29.54'
const timeStamping = '1.3.6.1.5.5.7.3.8'
/** What a critical extension may be. */
const understood = new Set([keyUsage, basicConstraints, certificatePolicies, extendedKeyUsage])
/** What constrains names or policies. That is not judged here, so it is refused, be it critical or not: some who issue do not mark it. */
const constraining = new Set([nameConstraints, policyConstraints, inhibitAnyPolicy])

/** A certificate: its bytes, and what Node and the ASN.1 library read in them. */
export interface Certificate {
  readonly der: Uint8Array
  readonly x509: X509Certificate
  readonly parsed: Parsed
}

/** Reads a certificate. Throws whatever its readers throw where it is none. */
export const readCertificate = (der: Uint8Array): Certificate => ({
  der,
  x509: new X509Certificate(der),
  parsed: Parsed.fromBER(ownBytes(der).buffer),
})

/** Reads the certificates of texts in PEM. Throws `input` where a text holds none, or one that cannot be read. */
export function readAuthorities(texts: readonly string[]): Certificate[] {
  return texts.flatMap((text, index) => {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    if (blocks.length === 0) throw unfit(index, 'at least one certificate in PEM', 'none')
    return blocks.map(block => {
      try {
        return readCertificate(new Uint8Array(new X509Certificate(block).raw))
      } catch (cause) {
        throw unfit(index, 'a certificate', (cause as Error).message, cause)
      }
    })
  })
}

export const nameOf = ({ x509 }: Certificate): string => x509.subject.split('\n').join(', ')

/** Whether it is the one that a signer names, to the letter: nobody has signed the name. */
export function isNamed(certificate: Certificate, named: Frame['signer']): boolean {
  if ('keyId' in named) {
    const told = certificate.parsed.extensions?.find(one => one.extnID === subjectKeyIdentifier)?.extnValue.valueBlock
    // The extension holds the identifier as a string of its own.
    const held = told === undefined ? undefined : readDer(new Uint8Array(told.valueHexView))
    return held?.tag === OCTETS && Buffer.compare(held.body, named.keyId) === 0
  }
  const [inner] = readDer(certificate.der).parts
  // TBSCertificate { [0] version, number, algorithm, issuer, … }, whose version is left out where it is 1.
  const parts = inner?.parts[0]?.tag === tagged(0) ? inner.parts.slice(1) : inner?.parts
  return isSameDer(parts?.[0], named.number) && isSameDer(parts?.[2], named.issuer)
}

export const isSame = (one: Certificate, other: Certificate): boolean =>
  one.x509.fingerprint256 === other.x509.fingerprint256

/** Whether it was in force at an instant. Of a date that there is not, OpenSSL says so, and the ASN.1 library reads another one. */
export const isValidAt = ({ parsed, x509 }: Certificate, at: Date): boolean =>
  ![x509.validFrom, x509.validTo].some(date => Number.isNaN(Date.parse(date))) &&
  parsed.notBefore.value <= at &&
  at <= parsed.notAfter.value

/**
 * The extension for which a certificate is to be refused, in words: a critical one that nobody here understands (RFC 5280 §4.2),
 * and a constraint of names or policies.
 */
export function unjudgedExtension({ parsed }: Certificate): string | undefined {
  for (const { extnID, critical } of parsed.extensions ?? []) {
    if (constraining.has(extnID)) return `constraints of names or policies (${extnID}), which are not judged here`
    if (critical && !understood.has(extnID)) return `the critical extension ${extnID}`
  }
  return undefined
}

/** Whether an authority may issue for time stamping: where it says for what it may (RFC 5280 §4.2.1.12), that is among it. */
export function issuesForTimestamps({ parsed }: Certificate): boolean {
  const extended = parsed.extensions?.filter(one => one.extnID === extendedKeyUsage) ?? []
  return extended.every(({ parsedValue }) => {
    const purposes = parsedValue instanceof ExtKeyUsage ? parsedValue.keyPurposes : []
    return purposes.includes(timeStamping) || purposes.includes(anyExtendedKeyUsage)
  })
}

/** How many authorities may stand between it and the signer; nothing where it does not say. */
export function pathLengthOf({ parsed }: Certificate): number | undefined {
  const value = parsed.extensions?.find(one => one.extnID === basicConstraints)?.parsedValue
  const length = value instanceof BasicConstraints ? value.pathLenConstraint : undefined
  return typeof length === 'number' ? length : length === undefined ? undefined : Number(length.toBigInt())
}

/**
 * Why a certificate is not one of a time stamping authority (RFC 3161 §2.3): its one extended usage is time stamping, and
 * that is critical; where its key has a usage, it is to sign.
 */
export function notForTimestamps({ parsed }: Certificate): string | undefined {
  const extended = parsed.extensions?.filter(one => one.extnID === extendedKeyUsage) ?? []
  const [usage] = extended
  if (usage === undefined || extended.length > 1) return 'no extended key usage'
  const purposes = usage.parsedValue instanceof ExtKeyUsage ? usage.parsedValue.keyPurposes : []
  if (purposes.length !== 1 || purposes[0] !== timeStamping) return `the extended key usage ${purposes.join(', ')}`
  if (!usage.critical) return 'an extended key usage that is not critical'
  const key = parsed.extensions?.find(one => one.extnID === keyUsage)?.parsedValue
  // digitalSignature and nonRepudiation are the first two bits.
  if (key instanceof BitString && ((key.valueBlock.valueHexView[0] ?? 0) & 0xc0) === 0)
    return 'a key that does not sign'
  return undefined
}

function unfit(index: number, expected: string, found: string, cause?: unknown): CountersignError {
  return new CountersignError('input', `authority ${index + 1}: expected ${expected}, found ${found}`, {
    facts: { index, expected, found },
    ...(cause === undefined ? {} : { cause }),
  })
}
