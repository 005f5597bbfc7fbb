import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether there is an OpenSSL to play the authority. */
export const absent = (() => {
  try {
    return !execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL 3')
  } catch {
    return true
  }
})()
export const where = absent ? ' (left out: there is no openssl 3 on this machine)' : ''

/** What a certificate is made of. `extensions` are lines of OpenSSL's configuration. */
interface Made {
  readonly name: string
  readonly by?: string
  readonly extensions: readonly string[]
  /** One on the curve P-256 of its own, unless told otherwise. */
  readonly key?: KeyObject
  /** YYMMDDhhmmssZ; else from an hour ago for ten years. */
  readonly from?: string
  readonly until?: string
  readonly hash?: string
  /** What its issuer is told to sign with, as OpenSSL has it. */
  readonly signing?: readonly string[]
}

const keys = new Map<string, KeyObject>()

/** A key that is made once for all that ask for one of its kind: most of what a certificate costs is its key. */
function once(kind: string, make: () => { readonly privateKey: KeyObject }): KeyObject {
  const key = keys.get(kind) ?? make().privateKey
  keys.set(kind, key)
  return key
}

export const rsaKey = (bits: number): KeyObject =>
  once(`rsa ${bits}`, () => generateKeyPairSync('rsa', { modulusLength: bits }))
export const curveKey = (namedCurve: string): KeyObject =>
  once(namedCurve, () => generateKeyPairSync('ec', { namedCurve }))
export const edwardsKey = (): KeyObject => once('ed25519', () => generateKeyPairSync('ed25519'))
export const forTimestamps = ['keyUsage = critical,digitalSignature', 'extendedKeyUsage = critical,timeStamping']
export const forAuthorities = ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign,cRLSign']

/** A folder in which OpenSSL makes certificates and time stamps. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'countersign-tsa-'))
  #number = 1

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  path(name: string): string {
    return join(this.#folder, name)
  }

  /** Runs OpenSSL in the folder, with the words of all the texts. */
  openssl(...texts: readonly string[]): Buffer {
    const words = texts.flatMap(text => text.split(' ')).filter(word => word !== '')
    return execFileSync('openssl', words, { cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** Makes a key and a certificate, signed by itself or by another one of this folder; gives it in PEM. */
  make(made: Made): string {
    const { name, by, extensions, from = '250101000000Z', until = '350101000000Z', hash = 'sha256' } = made
    const key = made.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    writeFileSync(this.path(`${name}.key`), key.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(this.path(`${name}.csr`), requestOf(name, key))
    const issuer = by ?? name
    const number = (this.#number++).toString(16).padStart(4, '0')
    writeFileSync(this.path(`${name}.serial`), `${number}\n`)
    writeFileSync(this.path(`${name}.index`), '')
    writeFileSync(
      this.path(`${name}.cnf`),
      `[v3]\n${extensions.join('\n')}\n` +
        `[ca]\ndefault_ca = ours\n[ours]\ndatabase = ${name}.index\nserial = ${name}.serial\nnew_certs_dir = .\n` +
        `policy = any\nunique_subject = no\n[any]\norganizationName = optional\ncommonName = supplied\n`,
    )
    this.openssl(
      `ca -batch -notext -config ${name}.cnf -in ${name}.csr -keyfile ${issuer}.key -extensions v3 -md ${hash}`,
      by === undefined ? '-selfsign' : `-cert ${issuer}.pem`,
      `-startdate ${from} -enddate ${until} -out ${name}.pem`,
      ...(made.signing ?? []).map(one => `-sigopt ${one}`),
    )
    return this.pem(name)
  }

  pem(name: string): string {
    return readFileSync(this.path(`${name}.pem`), 'utf8')
  }

  /** Answers a request as `signer`; `chain` are the certificates that are put beside its own. */
  answer(
    request: Uint8Array,
    signer: string,
    options: { readonly chain?: string; readonly hash?: string; readonly digests?: string } = {},
  ): Uint8Array {
    writeFileSync(this.path('request.tsq'), request)
    writeFileSync(this.path('number'), '2a\n')
    writeFileSync(
      this.path('tsa.cnf'),
      `[tsa]\ndefault_tsa = ours\n[ours]\nserial = number\ndefault_policy = 1.2.3.4.1\ndigests = ${options.digests ?? 'sha256'}\n` +
        `accuracy = secs:1, millisecs:500\ness_cert_id_alg = ${options.hash ?? 'sha256'}\nsigner_digest = sha256\n`,
    )
    this.openssl(
      `ts -reply -config tsa.cnf -queryfile request.tsq -signer ${signer}.pem -inkey ${signer}.key -out response.tsr`,
      options.chain === undefined ? '' : `-chain ${options.chain}.pem`,
    )
    return readFileSync(this.path('response.tsr'))
  }

  /**
   * Signs any content as a time stamp, which `openssl ts` itself refuses to do with a certificate that is not for it, and
   * puts it into an answer that grants it.
   */
  forge(
    content: Uint8Array,
    signer: string,
    options: { readonly chain?: string; readonly flags?: string; readonly type?: string } = {},
  ): Uint8Array {
    writeFileSync(this.path('content.der'), content)
    const token = this.openssl(
      'cms -sign -binary -nodetach -in content.der -outform DER -md sha256',
      `-econtent_type ${options.type ?? '1.2.840.113549.1.9.16.1.4'}`,
      `-signer ${signer}.pem -inkey ${signer}.key`,
      options.chain === undefined ? '' : `-certfile ${options.chain}.pem`,
      options.flags ?? '-cades',
    )
    return der(0x30, Uint8Array.of(0x30, 3, 2, 1, 0), token)
  }
}

/** An ASN.1 value in DER. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts)
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x1_00
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...length), body])
}

/**
 * Asks for a certificate (PKCS #10), in PEM. It is written here because a process of its own costs more than all the rest of
 * a certificate; OpenSSL checks it before it signs one.
 */
function requestOf(name: string, key: KeyObject): string {
  const hex = (text: string) => Buffer.from(text, 'hex')
  const named = (type: number, value: string) =>
    der(0x31, der(0x30, der(0x06, Uint8Array.of(0x55, 4, type)), der(0x0c, Buffer.from(value))))
  const asked = der(
    0x30,
    Uint8Array.of(2, 1, 0),
    der(0x30, named(10, 'Test'), named(3, name)),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der(0xa0),
  )
  const [algorithm, hash] =
    key.asymmetricKeyType === 'ed25519'
      ? ['06032b6570', null]
      : key.asymmetricKeyType === 'rsa'
        ? ['06092a864886f70d01010b0500', 'sha256']
        : ['06082a8648ce3d040302', 'sha256']
  const signed = der(0x30, asked, der(0x30, hex(algorithm)), der(0x03, Uint8Array.of(0), sign(hash, asked, key)))
  return `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(signed).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
}
