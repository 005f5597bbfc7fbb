import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
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
  /** Of OpenSSL's genpkey; else one on the curve P-256. */
  readonly key?: string
  /** YYMMDDhhmmssZ; else from an hour ago for ten years. */
  readonly from?: string
  readonly until?: string
  readonly hash?: string
  /** What its issuer is told to sign with, as OpenSSL has it. */
  readonly signing?: readonly string[]
}

export const rsaKey = (bits: number): string => `-algorithm RSA -pkeyopt rsa_keygen_bits:${bits}`
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
    const { name, by, extensions, key, from = '250101000000Z', until = '350101000000Z', hash = 'sha256' } = made
    if (key === undefined) {
      // A process of its own costs more than the key.
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      writeFileSync(this.path(`${name}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    } else this.openssl(`genpkey ${key} -out ${name}.key`)
    const issuer = by ?? name
    const number = (this.#number++).toString(16).padStart(4, '0')
    writeFileSync(this.path(`${name}.serial`), `${number}\n`)
    writeFileSync(this.path(`${name}.index`), '')
    writeFileSync(
      this.path(`${name}.cnf`),
      `[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nO = Test\nCN = ${name}\n[v3]\n${extensions.join('\n')}\n` +
        `[ca]\ndefault_ca = ours\n[ours]\ndatabase = ${name}.index\nserial = ${name}.serial\nnew_certs_dir = .\n` +
        `policy = any\nunique_subject = no\n[any]\norganizationName = optional\ncommonName = supplied\n`,
    )
    this.openssl(`req -new -config ${name}.cnf -key ${name}.key -out ${name}.csr`)
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
