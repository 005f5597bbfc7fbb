import { untakenOfCertificate, weaknessOf } from './algorithm.ts'
import {
  type Certificate,
  isSame,
  issuesForTimestamps,
  isValidAt,
  nameOf,
  pathLengthOf,
  unjudgedExtension,
} from './certificate.ts'

/** How many certificates may lead from the signer to an authority, both included. */
const mostLinks = 8

/**
 * Why no chain of certificates leads from the signer to one of the authorities at an instant; nothing where one does.
 * What lies between comes from whoever wants to be believed, so no certificate is taken into the search twice, and it ends.
 *
 * Each link is judged by RFC 5280: name and signature of the issuer, that it is an authority that may sign certificates,
 * and certificates for time stamping, how strong its key is, how many it lets stand below it, its dates, and no extension that is
 * critical and not understood, or constrains names or policies. Nobody is asked whether one was revoked.
 */
export function notChained(
  signer: Certificate,
  between: readonly Certificate[],
  authorities: readonly Certificate[],
  at: Date,
): string | undefined {
  const flaw = flawOf(signer, at)
  if (flaw !== undefined) return flaw
  const reached: { readonly certificate: Certificate; readonly links: number }[] = [{ certificate: signer, links: 1 }]
  let because = `no issuer for ${nameOf(signer)}`
  // What is found is put at the end, so the shortest way comes first.
  for (const { certificate, links } of reached) {
    if (authorities.some(one => isSame(one, certificate))) return undefined
    if (links === mostLinks) continue
    for (const issuer of [...authorities, ...between]) {
      if (reached.some(one => isSame(one.certificate, issuer)) || !isNamedAbove(issuer, certificate)) continue
      const untaken = untakenOfCertificate(certificate.parsed.signatureAlgorithm)
      if (untaken !== undefined) because = `${nameOf(certificate)}, signed with ${untaken}`
      if (untaken !== undefined || !certificate.x509.verify(issuer.x509.publicKey)) continue
      const wrong = flawOf(issuer, at) ?? ofAnotherUse(issuer) ?? tooWeak(issuer) ?? tooDeep(issuer, links - 1)
      if (wrong === undefined) reached.push({ certificate: issuer, links: links + 1 })
      because = wrong ?? `a chain that ends at ${nameOf(issuer)}`
    }
  }
  return because
}

/** Whether it is an authority, and the one that a certificate names as its issuer. */
const isNamedAbove = (issuer: Certificate, certificate: Certificate): boolean =>
  issuer.x509.ca && certificate.x509.checkIssued(issuer.x509)

function flawOf(certificate: Certificate, at: Date): string | undefined {
  if (!isValidAt(certificate, at)) {
    const { validFrom, validTo } = certificate.x509
    return `${nameOf(certificate)}, in force from ${validFrom} to ${validTo}`
  }
  const unjudged = unjudgedExtension(certificate)
  return unjudged === undefined ? undefined : `${nameOf(certificate)}, with ${unjudged}`
}

const ofAnotherUse = (issuer: Certificate): string | undefined =>
  issuesForTimestamps(issuer) ? undefined : `${nameOf(issuer)}, which issues for other purposes than time stamping`

function tooWeak(issuer: Certificate): string | undefined {
  const weakness = weaknessOf(issuer.x509.publicKey)
  return weakness === undefined ? undefined : `${nameOf(issuer)}, with ${weakness}`
}

function tooDeep(issuer: Certificate, below: number): string | undefined {
  const most = pathLengthOf(issuer)
  if (most === undefined || below <= most) return undefined
  return `${nameOf(issuer)}, which lets ${most} authorities stand below it, above ${below}`
}
