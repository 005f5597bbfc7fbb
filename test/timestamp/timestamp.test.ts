import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { type Timestamp, type TimestampFault, timestampRequest, verifyTimestamp } from '@countersign/timestamp'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { holds } from '../../packages/timestamp/src/algorithm.ts'
import { readCertificate } from '../../packages/timestamp/src/certificate.ts'
import { readDer } from '../../packages/timestamp/src/der.ts'
import { readAnswer } from '../../packages/timestamp/src/token.ts'
import { bagIn, exchanged, signerIn, unsignedIn } from './answer.ts'
import {
  Authority,
  absent,
  curveKey,
  der,
  edwardsKey,
  forAuthorities,
  forTimestamps,
  rsaKey,
  where,
} from './authority.ts'

const digest = createHash('sha256').update('checkpoint\n').digest()
const nonce = 0x9f00_0000_0000_0001n

describe.skipIf(absent)(`a time stamp of an authority that OpenSSL plays${where}`, () => {
  let tsa: Authority
  let root: string
  let response: Uint8Array
  let content: Uint8Array
  beforeAll(() => {
    tsa = new Authority()
    root = tsa.make({ name: 'root', extensions: forAuthorities })
    tsa.make({ name: 'stamper', by: 'root', extensions: forTimestamps })
    response = tsa.answer(timestampRequest(digest, { nonce }), 'stamper')
    content = readAnswer(response).token?.content ?? new Uint8Array()
  })
  afterAll(() => tsa.close())

  const verify = (bytes: Uint8Array, options: Partial<Parameters<typeof verifyTimestamp>[1]> = {}) =>
    verifyTimestamp(bytes, { authorities: [root], digest, ...options })
  const codeOf = (result: Timestamp | TimestampFault) => ('code' in result ? result.code : 'holds')
  const code = (...given: Parameters<typeof verify>) => codeOf(verify(...given))

  test('holds, and says when, by whom, by which rules and under which number.', () => {
    const before = Date.now()
    const stamp = verify(response, { nonce })
    expect(stamp).toMatchObject({
      imprint: digest.toString('hex'),
      accuracy: 1500,
      serial: '2b',
      policy: '1.2.3.4.1',
      signer: 'O=Test, CN=stamper',
    })
    if ('code' in stamp) throw new Error(stamp.found)
    expect(Math.abs(Date.parse(stamp.time) - before)).toBeLessThan(600_000)
    expect(verifyTimestamp(response, { authorities: ['', root].slice(1) })).toEqual(stamp)
  })

  test('holds alike where its bytes lie in the midst of a block, as Node gives out short ones.', () => {
    const pooled = (bytes: Uint8Array) => {
      const block = Buffer.alloc(bytes.length + 16, 0xa5)
      block.set(bytes, 8)
      return { block, bytes: block.subarray(8, 8 + bytes.length) }
    }
    const [answer, stamped] = [pooled(response), pooled(digest)]
    const before = [answer, stamped].map(({ block }) => Buffer.from(block))
    const stamp = verify(answer.bytes, { digest: stamped.bytes, nonce })
    expect(stamp).toStrictEqual(verify(new Uint8Array(response), { digest: new Uint8Array(digest), nonce }))
    expect(codeOf(stamp)).toBe('holds')
    expect([answer, stamped].map(({ block }) => block)).toEqual(before)
    const der = new Uint8Array(new X509Certificate(root).raw)
    const { parsed } = readCertificate(pooled(der).bytes)
    expect(Buffer.compare(new Uint8Array(parsed.toSchema().toBER()), der)).toBe(0)
  })

  test('that was asked for as OpenSSL asks is read by OpenSSL alike.', () => {
    writeFileSync(tsa.path('ours.tsq'), timestampRequest(digest, { nonce }))
    const told = tsa.openssl('ts -query -in ours.tsq -text').toString('utf8')
    expect(told).toContain('Hash Algorithm: sha256')
    expect(told).toContain('Nonce: 0x9F00000000000001')
    expect(told).toContain('Certificate required: yes')
    expect(tsa.openssl('ts -verify -in response.tsr -queryfile ours.tsq -CAfile root.pem').toString('utf8')).toContain(
      'Verification: OK',
    )
  })

  test('holds with every kind of key and of reference to the certificate in use.', () => {
    const kinds: Record<string, KeyObject> = {
      rsa: rsaKey(2048),
      p384: curveKey('P-384'),
    }
    for (const [name, key] of Object.entries(kinds)) {
      tsa.make({ name, by: 'root', extensions: forTimestamps, key })
      for (const hash of ['sha1', 'sha256', 'sha512'])
        expect(code(tsa.answer(timestampRequest(digest), name, { hash })), `${name} ${hash}`).toBe('holds')
    }
    expect(code(tsa.forge(content, 'rsa', { flags: '-cades -keyopt rsa_padding_mode:pss' }))).toBe('holds')
    const ed = tsa.make({ name: 'ed', extensions: forAuthorities, key: edwardsKey(), hash: 'null' })
    tsa.make({ name: 'by-ed', by: 'ed', extensions: forTimestamps, hash: 'null' })
    expect(code(tsa.answer(timestampRequest(digest), 'by-ed'), { authorities: [ed] })).toBe('holds')
  })

  test('holds over an authority in between that it brings, and over the signer itself where that is trusted.', () => {
    tsa.make({
      name: 'middle',
      by: 'root',
      extensions: [...forAuthorities.slice(1), 'basicConstraints = critical,CA:TRUE,pathlen:0'],
    })
    tsa.make({ name: 'below', by: 'middle', extensions: forTimestamps })
    const stamped = tsa.answer(timestampRequest(digest), 'below', { chain: 'middle' })
    expect(code(stamped)).toBe('holds')
    expect(code(tsa.answer(timestampRequest(digest), 'below'))).toBe('chain')
    expect(code(tsa.answer(timestampRequest(digest), 'below'), { authorities: [root, tsa.pem('middle')] })).toBe(
      'holds',
    )
    expect(code(stamped, { authorities: [tsa.pem('below')] })).toBe('holds')
  })

  test('is an answer, and the request that it answers is told as one.', () => {
    expect(verify(timestampRequest(digest, { nonce }))).toMatchObject({
      code: 'malformed',
      found: expect.stringContaining('it is a request for a time stamp'),
    })
  })

  test('of something else, or to another request, does not hold.', () => {
    const other = createHash('sha256').update('another\n').digest()
    expect(code(response, { digest: other })).toBe('imprint')
    expect(code(response, { nonce: nonce + 1n })).toBe('nonce')
    expect(code(tsa.answer(timestampRequest(digest), 'stamper'), { nonce })).toBe('nonce')
    expect(code(tsa.forge(der(0x30, Uint8Array.of(2, 1, 1)), 'stamper'))).toBe('malformed')
  })

  test('of another kind of digest does not hold.', () => {
    const request = Buffer.from(timestampRequest(digest))
    // SHA-512/256 has 32 bytes as well.
    const at = request.indexOf(Buffer.from('608648016503040201', 'hex'))
    request[at + 8] = 6
    expect(code(tsa.answer(request, 'stamper', { digests: 'sha256, sha512-256' }))).toBe('imprint')
  })

  test('that an authority has refused says why.', () => {
    const request = Buffer.from(timestampRequest(digest))
    const refused = verify(tsa.answer(request, 'stamper', { digests: 'sha512' }))
    expect(refused).toMatchObject({ code: 'status', found: expect.stringMatching(/^2 ./) })
  })

  test('by an authority that was not given, or that only bears its name, does not hold.', () => {
    const another = new Authority()
    try {
      const false_ = another.make({ name: 'root', extensions: forAuthorities })
      another.make({ name: 'stamper', by: 'root', extensions: forTimestamps })
      const forged = another.answer(timestampRequest(digest), 'stamper', { chain: 'root' })
      expect(code(forged)).toBe('chain')
      expect(code(forged, { authorities: [root, false_] })).toBe('holds')
      expect(code(response, { authorities: [] })).toBe('chain')
    } finally {
      another.close()
    }
  })

  test('by a certificate that is not for time stamps alone does not hold.', () => {
    const kinds: Record<string, readonly string[]> = {
      none: ['keyUsage = critical,digitalSignature'],
      uncritical: ['extendedKeyUsage = timeStamping'],
      both: ['extendedKeyUsage = critical,timeStamping,emailProtection'],
      mail: ['extendedKeyUsage = critical,emailProtection'],
      encipher: ['keyUsage = critical,keyEncipherment', 'extendedKeyUsage = critical,timeStamping'],
    }
    for (const [name, extensions] of Object.entries(kinds)) {
      tsa.make({ name, by: 'root', extensions })
      expect(code(tsa.forge(content, name)), name).toBe('usage')
    }
    expect(code(tsa.forge(content, 'stamper'))).toBe('holds')
  })

  test('by a certificate that was over, or had not begun, when it was stamped does not hold, and neither above it.', () => {
    tsa.make({ name: 'over', by: 'root', extensions: forTimestamps, until: '251231000000Z' })
    tsa.make({ name: 'early', by: 'root', extensions: forTimestamps, from: '340101000000Z' })
    expect(code(tsa.forge(content, 'over'))).toBe('chain')
    expect(code(tsa.forge(content, 'early'))).toBe('chain')
    tsa.make({ name: 'old', by: 'root', extensions: forAuthorities, until: '251231000000Z' })
    tsa.make({ name: 'young', by: 'old', extensions: forTimestamps })
    expect(code(tsa.forge(content, 'young', { chain: 'old' }))).toBe('chain')
  })

  test('by a chain over somebody who is no authority, or too far down, or whose limits nobody reads, does not hold.', () => {
    const over = (name: string, extensions: readonly string[], by = 'root') => {
      tsa.make({ name, by, extensions })
      tsa.make({ name: `${name}-leaf`, by: name, extensions: forTimestamps })
      return code(tsa.forge(content, `${name}-leaf`, { chain: name }))
    }
    expect(over('lay', ['basicConstraints = critical,CA:FALSE'])).toBe('chain')
    expect(over('silent', ['subjectKeyIdentifier = hash'])).toBe('chain')
    expect(over('mute', ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,digitalSignature'])).toBe('chain')
    expect(over('named', [...forAuthorities, 'nameConstraints = critical,permitted;DNS:example'])).toBe('chain')
    // Some who issue do not mark a constraint as critical.
    expect(over('named-too', [...forAuthorities, 'nameConstraints = permitted;DNS:example'])).toBe('chain')
    expect(over('bound', [...forAuthorities, 'policyConstraints = requireExplicitPolicy:0'])).toBe('chain')
    expect(over('inhibited', [...forAuthorities, 'inhibitAnyPolicy = 0'])).toBe('chain')
    expect(over('plain', forAuthorities)).toBe('holds')
    const shallow = tsa.make({ name: 'shallow', extensions: ['basicConstraints = critical,CA:TRUE,pathlen:0'] })
    tsa.make({ name: 'deep', by: 'shallow', extensions: forAuthorities })
    tsa.make({ name: 'deep-leaf', by: 'deep', extensions: forTimestamps })
    expect(code(tsa.forge(content, 'deep-leaf', { chain: 'deep' }), { authorities: [shallow] })).toBe('chain')
  })

  test('by an authority that says for what it issues holds where that is time stamping.', () => {
    const over = (name: string, purposes: string) => {
      tsa.make({ name, by: 'root', extensions: [...forAuthorities, `extendedKeyUsage = ${purposes}`] })
      tsa.make({ name: `${name}-leaf`, by: name, extensions: forTimestamps })
      return verify(tsa.forge(content, `${name}-leaf`, { chain: name }))
    }
    const web = over('web', 'critical,serverAuth')
    expect(web).toMatchObject({ code: 'chain', found: expect.stringContaining('other purposes than time stamping') })
    expect(over('stamps', 'critical,serverAuth,timeStamping')).not.toHaveProperty('code')
    expect(over('all', 'anyExtendedKeyUsage')).not.toHaveProperty('code')
  })

  test('by certificates that go in a circle is refused and does not go on for ever.', () => {
    tsa.make({ name: 'circle', extensions: forAuthorities })
    tsa.openssl('x509 -x509toreq -in circle.pem -signkey circle.key -out circle.csr')
    tsa.make({ name: 'round', by: 'circle', extensions: forAuthorities })
    tsa.openssl(
      'ca -batch -notext -config circle.cnf -in circle.csr -keyfile round.key -cert round.pem -extensions v3',
      '-md sha256 -startdate 250101000000Z -enddate 350101000000Z -out circle.pem',
    )
    tsa.make({ name: 'dizzy', by: 'circle', extensions: forTimestamps })
    appendFileSync(tsa.path('circle.pem'), tsa.pem('round'))
    const dizzy = tsa.forge(content, 'dizzy', { chain: 'circle' })
    expect(code(dizzy)).toBe('chain')
    expect(code(dizzy, { authorities: [tsa.pem('round')] })).toBe('holds')
  })

  test('signed with what is no longer safe does not hold.', () => {
    tsa.make({ name: 'weak', by: 'root', extensions: forTimestamps, hash: 'sha1' })
    expect(code(tsa.forge(content, 'weak'))).toBe('chain')
    tsa.make({ name: 'short', by: 'root', extensions: forTimestamps, key: rsaKey(1024) })
    expect(code(tsa.forge(content, 'short'))).toBe('signature')
    expect(code(tsa.forge(content, 'stamper', { flags: '-cades -md sha1' }))).toBe('signature')
  })

  test('of which an algorithm is not taken says which one, why, and what is expected.', () => {
    const hashes = 'SHA-256, SHA-384 or SHA-512'
    const signatures = `RSA, RSASSA-PSS or ECDSA with ${hashes}; or Ed25519`
    const found = (stamped: Uint8Array, options = {}) => {
      const fault = verify(stamped, options)
      return 'code' in fault ? [fault.code, fault.found] : ['holds']
    }
    const old = `which is no longer safe; expected ${signatures}`
    tsa.make({ name: 'told', by: 'root', extensions: forTimestamps, hash: 'sha1' })
    expect(found(tsa.forge(content, 'told'))).toEqual([
      'chain',
      `O=Test, CN=told, signed with ECDSA with SHA-1 (1.2.840.10045.4.1), ${old}`,
    ])
    tsa.make({ name: 'told-middle', by: 'root', extensions: forAuthorities, hash: 'sha1' })
    tsa.make({ name: 'told-below', by: 'told-middle', extensions: forTimestamps })
    expect(found(tsa.forge(content, 'told-below', { chain: 'told-middle' }))).toEqual([
      'chain',
      `O=Test, CN=told-middle, signed with ECDSA with SHA-1 (1.2.840.10045.4.1), ${old}`,
    ])
    const top = tsa.make({ name: 'told-rsa', extensions: forAuthorities, key: rsaKey(2048) })
    const below: Record<string, readonly [hash: string, signing: readonly string[], says: string]> = {
      'told-plain': ['sha1', [], `RSA with SHA-1 (1.2.840.113549.1.1.5), ${old}`],
      'told-short': [
        'sha224',
        [],
        `RSA with SHA-224 (1.2.840.113549.1.1.14), which is not one of those that are taken; expected ${signatures}`,
      ],
      'told-pss': [
        'sha1',
        ['rsa_padding_mode:pss', 'rsa_mgf1_md:sha1'],
        `RSASSA-PSS (1.2.840.113549.1.1.10) with SHA-1 (1.3.14.3.2.26), ${old}`,
      ],
      'told-mask': [
        'sha256',
        ['rsa_padding_mode:pss', 'rsa_mgf1_md:sha1'],
        `RSASSA-PSS (1.2.840.113549.1.1.10) with SHA-1 (1.3.14.3.2.26), ${old}`,
      ],
      'told-two': [
        'sha256',
        ['rsa_padding_mode:pss', 'rsa_mgf1_md:sha512'],
        `RSASSA-PSS (1.2.840.113549.1.1.10) with parameters that are not taken; expected one of ${hashes} as the hash of all of it, and MGF1`,
      ],
    }
    for (const [name, [hash, signing, says]] of Object.entries(below)) {
      tsa.make({ name, by: 'told-rsa', extensions: forTimestamps, hash, signing })
      expect(found(tsa.forge(content, name), { authorities: [top] })).toEqual([
        'chain',
        `O=Test, CN=${name}, signed with ${says}`,
      ])
    }
    expect(found(tsa.forge(content, 'stamper', { flags: '-cades -md sha1' }))).toEqual([
      'signature',
      `SHA-1 (1.3.14.3.2.26), which is no longer safe; expected ${hashes}`,
    ])
    expect(found(tsa.answer(timestampRequest(digest), 'stamper', { hash: 'sha224' }))).toEqual([
      'signer',
      `SHA-224 (2.16.840.1.101.3.4.2.4), which is not one of those that are taken; expected ${hashes}`,
    ])
    const request = Buffer.from(timestampRequest(digest))
    request[request.indexOf(Buffer.from('608648016503040201', 'hex')) + 8] = 6
    expect(found(tsa.answer(request, 'stamper', { digests: 'sha256, sha512-256' }))).toEqual([
      'imprint',
      '32 bytes of SHA-512/256 (2.16.840.1.101.3.4.2.6)',
    ])
    // The signature algorithm is signed by nobody, so anything can stand there.
    const whole = readDer(response)
    const [, algorithm] = signerIn(whole).parts.filter(({ tag, parts }) => tag === 0x30 && parts[0]?.tag === 0x06)
    const named = (hex: string) => exchanged(whole, algorithm, [der(0x30, der(0x06, Buffer.from(hex, 'hex')))])
    expect(found(named('2a8648ce3d040309'))).toEqual([
      'signature',
      `one with the algorithm 1.2.840.10045.4.3.9, which is not known here; expected ${signatures}`,
    ])
    expect(found(named('2a8648ce3d0401'))).toEqual([
      'signature',
      `one with ECDSA with SHA-1 (1.2.840.10045.4.1), ${old}`,
    ])
    expect(found(named('2a864886f70d01010b'))).toEqual([
      'signature',
      'one with RSA with SHA-256 (1.2.840.113549.1.1.11), and the key of the certificate is one of ec',
    ])
    expect(found(named('2a8648ce3d040303'))).toEqual([
      'signature',
      'one that does not, with ECDSA with SHA-384 (1.2.840.10045.4.3.3)',
    ])
    const endless = Buffer.concat([Buffer.from('2a', 'hex'), Buffer.alloc(20_000, 1)]).toString('hex')
    expect(found(named(endless))[1]?.length).toBeLessThan(250)
  })

  test('by an authority whose key is no longer safe does not hold, wherever it stands in the chain.', () => {
    const keys: Record<string, KeyObject> = {
      'short-rsa': rsaKey(1024),
      'short-curve': curveKey('secp224r1'),
    }
    for (const [name, key] of Object.entries(keys)) {
      const top = tsa.make({ name, extensions: forAuthorities, key })
      tsa.make({ name: `${name}-leaf`, by: name, extensions: forTimestamps })
      expect(code(tsa.forge(content, `${name}-leaf`), { authorities: [top] }), name).toBe('chain')
      tsa.make({ name: `${name}-middle`, by: 'root', extensions: forAuthorities, key })
      tsa.make({ name: `${name}-below`, by: `${name}-middle`, extensions: forTimestamps })
      expect(code(tsa.forge(content, `${name}-below`, { chain: `${name}-middle` })), name).toBe('chain')
    }
    tsa.make({ name: 'curve', by: 'root', extensions: forTimestamps, key: curveKey('secp224r1') })
    expect(code(tsa.forge(content, 'curve'))).toBe('signature')
  })

  test('by a key that is too weak is told as one, with its kind and its bits, and not as a signature that does not hold.', () => {
    const keys: Record<string, readonly [key: KeyObject, weakness: string]> = {
      'bits-rsa': [rsaKey(1024), 'a key that is too weak (RSA with 1024 bits, and at least 2048 are asked for)'],
      'bits-almost': [rsaKey(2040), 'a key that is too weak (RSA with 2040 bits, and at least 2048 are asked for)'],
      'bits-curve': [
        curveKey('prime192v1'),
        'a key that is too weak (the curve prime192v1 with 192 bits, and at least 256 are asked for)',
      ],
      'bits-other': [curveKey('secp256k1'), 'a key on a curve that is not taken (secp256k1)'],
    }
    for (const [name, [key, weakness]] of Object.entries(keys)) {
      tsa.make({ name, by: 'root', extensions: forTimestamps, key })
      expect(verify(tsa.forge(content, name)), name).toEqual({
        code: 'signature',
        expected: 'a signature by a key that is safe',
        found: `one by ${weakness}`,
      })
      const top = tsa.make({ name: `${name}-top`, extensions: forAuthorities, key })
      tsa.make({ name: `${name}-leaf`, by: `${name}-top`, extensions: forTimestamps })
      expect(verify(tsa.forge(content, `${name}-leaf`), { authorities: [top] }), name).toEqual({
        code: 'chain',
        expected: 'a chain to an authority that was given',
        found: `O=Test, CN=${name}-top, with ${weakness}`,
      })
    }
  })

  test('by a certificate signed with RSASSA-PSS holds with the hashes that are taken, and with no other.', () => {
    const top = tsa.make({ name: 'padded', extensions: forAuthorities, key: rsaKey(2048) })
    const ways: Record<string, readonly [hash: string, mask: string, code: string]> = {
      both: ['sha256', 'sha256', 'holds'],
      long: ['sha512', 'sha512', 'holds'],
      old: ['sha1', 'sha1', 'chain'],
      'old-hash': ['sha1', 'sha256', 'chain'],
      'old-mask': ['sha256', 'sha1', 'chain'],
    }
    for (const [name, [hash, mask, expected]] of Object.entries(ways)) {
      const signing = ['rsa_padding_mode:pss', `rsa_mgf1_md:${mask}`]
      tsa.make({ name, by: 'padded', extensions: forTimestamps, hash, signing })
      expect(code(tsa.forge(content, name), { authorities: [top] }), name).toBe(expected)
    }
  })

  test('that does not sign which certificate it was signed with does not hold.', () => {
    expect(code(tsa.forge(content, 'stamper', { flags: '' }))).toBe('signer')
    expect(code(tsa.forge(content, 'stamper', { flags: '-noattr' }))).toBe('signer')
    expect(code(tsa.forge(content, 'stamper', { flags: '-cades -nocerts' }))).toBe('signer')
  })

  test('whose signature was given for another kind of content does not hold.', () => {
    const time = Buffer.from('060b2a864886f70d0109100104', 'hex')
    const other = Buffer.from('060b2a864886f70d0109100105', 'hex')
    const relabelled = Buffer.from(tsa.forge(content, 'stamper', { type: '1.2.840.113549.1.9.16.1.5' }))
    expect(code(relabelled)).toBe('malformed')
    // The kind is told twice: by what is signed, and, unsigned, before the content.
    time.copy(relabelled, relabelled.indexOf(other))
    expect(code(relabelled)).toBe('signature')
  })

  test('that tells another certificate than the one whose hash is signed does not hold.', () => {
    const told = Buffer.from(response)
    // First in the certificate, as its issuer, and then where the signer is told.
    const at = told.indexOf('root', told.indexOf('root') + 4)
    told.write('toor', at)
    expect(code(told)).toBe('signer')
  })

  test('from the future does not hold.', () => {
    const stamp = verify(response)
    if ('code' in stamp) throw new Error(stamp.found)
    const time = Date.parse(stamp.time)
    expect(code(response, { now: new Date(time - 300_000) })).toBe('holds')
    expect(code(response, { now: new Date(time - 300_001) })).toBe('time')
    expect(code(response, { now: new Date('2099-01-01T00:00:00Z') })).toBe('holds')
  })

  test('that ends too early, or goes on behind its end, is malformed.', () => {
    expect(code(Buffer.concat([response, Uint8Array.of(0)]))).toBe('malformed')
    expect(code(new Uint8Array())).toBe('malformed')
    for (let length = 1; length < response.length; length += 37)
      expect(code(response.subarray(0, length)), `${length}`).toBe('malformed')
    expect(code(new Uint8Array(200_000))).toBe('malformed')
    const nested = Array.from({ length: 5_000 }).reduce<Uint8Array>(inner => der(0x30, inner), new Uint8Array())
    expect(code(nested)).toBe('malformed')
  })

  test('whose time there is not is malformed, and one with a fraction of a second holds.', () => {
    const raw = Buffer.from(content)
    const time = /\d{14}(?=(?:\.\d+)?Z)/.exec(raw.toString('latin1'))?.[0] ?? ''
    const stamped = (digits: string) => {
      const other = Buffer.from(raw)
      other.write(digits, raw.indexOf(time), 'latin1')
      return verify(tsa.forge(other, 'stamper'), { now: new Date('2099-01-01T00:00:00Z') })
    }
    expect(stamped(time)).toMatchObject({ imprint: digest.toString('hex') })
    const year = time.slice(0, 4)
    for (const digits of [
      `${year}1129129460`,
      `${year}1129126000`,
      `${year}1129240000`,
      `${year}1129120099`,
      `${year}1033120000`,
      `${year}1129120060`,
      `${year}0230120000`,
      `${year}1100120000`,
      `${year}0029120000`,
      `${year}1329120000`,
      '20260229120000',
      '00261129120000',
    ])
      expect(stamped(digits), digits).toMatchObject({
        code: 'malformed',
        found: expect.stringContaining(`a time that there is not (${digits}`),
      })
    expect(stamped('20280229120000')).not.toMatchObject({ code: 'malformed' })
    const stamp = readDer(content)
    const fraction = exchanged(stamp, stamp.parts[4], [der(0x18, Buffer.from(`${time}.123456Z`))])
    expect(verify(tsa.forge(fraction, 'stamper'))).toMatchObject({ time: expect.stringMatching(/\.123Z$/) })
  })

  test('does not hold by an authority whose certificate is in force from or to a day that there is not.', () => {
    const raw = Buffer.from(new X509Certificate(root).raw)
    const validity = raw.indexOf(Buffer.from([0x17, 0x0d]))
    for (const at of [validity, raw.indexOf(Buffer.from([0x17, 0x0d]), validity + 1)]) {
      const other = Buffer.from(raw)
      // The day, behind the two bytes before the value, the year and the month.
      other.write('33', at + 6, 'latin1')
      const pem = `-----BEGIN CERTIFICATE-----\n${other.toString('base64')}\n-----END CERTIFICATE-----`
      expect(verify(response, { authorities: [pem] })).toMatchObject({
        code: 'chain',
        found: expect.stringContaining('Bad time value'),
      })
    }
  })

  test('of which one bit is turned over holds no longer, wherever that stands.', () => {
    for (let at = 0; at < response.length; at += 29) {
      const changed = Uint8Array.from(response)
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
      expect([at, code(changed)]).not.toEqual([at, 'holds'])
    }
  })

  test('holds in one form alone: no part that nobody has signed may be left out, doubled, written with a longer length or have more in it.', () => {
    const whole = readDer(response)
    const parts = unsignedIn(whole)
    const nothing = Uint8Array.of(5, 0)
    for (const part of parts) {
      const { tag, bytes, body } = part
      const forms: Record<string, readonly Uint8Array[]> = {
        'left out': [],
        doubled: [bytes, bytes],
        'followed by nothing': [bytes, nothing],
        'with a longer length': [
          Buffer.concat([Uint8Array.of(tag, 0x83, 0, body.length >> 8, body.length & 0xff), body]),
        ],
        'of a length without end': [Buffer.concat([Uint8Array.of(tag, 0x80), body, Uint8Array.of(0, 0)])],
        'in pieces': [der(tag ^ 0x20, tag < 0x20 ? bytes : body)],
        'with more in it': [der(tag, body, nothing)],
        'with less in it': [der(tag, ...part.parts.slice(0, -1).map(one => one.bytes))],
      }
      for (const [form, instead] of Object.entries(forms)) {
        if (form === 'with less in it' && body.length === 0) continue
        const where = `${parts.indexOf(part)} (${tag.toString(16)}) ${form}`
        expect(`${where}: ${code(exchanged(whole, part, instead))}`).not.toContain('holds')
      }
    }
    expect(exchanged(whole, parts[1], [parts[1]?.bytes ?? nothing])).toEqual(Buffer.from(response))
  })

  test('holds where it is granted, and not where it is granted otherwise than it was asked for, or with a failure.', () => {
    const whole = readDer(response)
    const withStatus = (...status: readonly Uint8Array[]) =>
      code(exchanged(whole, whole.parts[0], [der(0x30, ...status)]))
    const granted = Uint8Array.of(2, 1, 0)
    expect(withStatus(granted)).toBe('holds')
    expect([1, 2, 3, 4, 5].map(one => withStatus(Uint8Array.of(2, 1, one)))).toEqual(Array(5).fill('status'))
    expect([6, 127, 255].map(one => withStatus(Uint8Array.of(2, 1, one)))).toEqual(Array(3).fill('malformed'))
    expect(withStatus(granted, Uint8Array.of(3, 2, 7, 0x80))).toBe('malformed')
    expect(withStatus(Uint8Array.of(2, 2, 0, 0))).toBe('malformed')
    expect(code(exchanged(whole, whole.parts[1], []))).toBe('malformed')
  })

  test('holds whatever is in what nobody has signed and nobody reads: texts of the status, attributes, more certificates, and their order.', () => {
    const whole = readDer(response)
    const stamp = verify(response)
    const text = der(0x30, der(0x0c, Buffer.from('Opération okay')))
    const told = der(0x30, Uint8Array.of(2, 1, 0), text)
    expect(verify(exchanged(whole, whole.parts[0], [told]))).toEqual(stamp)
    const signer = signerIn(whole)
    const attribute = der(0x30, Uint8Array.of(6, 3, 0x2a, 3, 4), der(0x31, Uint8Array.of(5, 0)))
    const attributes = der(0x30, ...signer.parts.map(one => one.bytes), der(0xa1, attribute))
    expect(verify(exchanged(whole, signer, [attributes]))).toEqual(stamp)
    // DER would have the shorter one first; OpenSSL, which plays the authority, puts the signer's first, and so do others.
    const chained = tsa.forge(content, 'stamper', { chain: 'root' })
    const bundled = readDer(chained)
    const bag = bagIn(bundled)
    const [one, other] = bag.parts.map(({ bytes }) => bytes)
    if (one === undefined || other === undefined) throw new Error('there is one certificate')
    for (const order of [
      [one, other],
      [other, one],
    ])
      expect(verify(exchanged(bundled, bag, [der(0xa0, ...order)]))).toEqual(stamp)
  })

  test('names its signer to the letter, by issuer and number or by the identifier of the key.', () => {
    const byKey = tsa.forge(content, 'stamper', { flags: '-cades -keyid' })
    expect(code(byKey)).toBe('holds')
    for (const answer of [response, byKey]) {
      const named = signerIn(readDer(answer)).parts[1]?.bytes ?? new Uint8Array()
      for (let at = 0; at < named.length; at++) {
        const changed = Uint8Array.from(answer)
        const place = named.byteOffset - answer.byteOffset + at
        // Upper case instead of lower case, where it is a letter.
        changed[place] = (changed[place] ?? 0) ^ 0x20
        expect([at, code(changed)]).not.toEqual([at, 'holds'])
      }
    }
  })

  test('is malformed where a reader throws something that is no Error, and tells what that was.', () => {
    const spy = vi.spyOn(X509Certificate.prototype, 'publicKey', 'get').mockImplementation(() => {
      throw 'no key of any kind'
    })
    onTestFinished(() => spy.mockRestore())
    expect(verify(response)).toEqual({
      code: 'malformed',
      expected: 'an answer of a time stamping authority',
      found: 'no key of any kind',
    })
  })

  test('is not malformed where it is asked about wrongly: that is thrown.', () => {
    const options = { authorities: [root], now: 'today' as never }
    expect(() => verifyTimestamp(response, options)).toThrow(TypeError)
  })
})

describe('a time stamp', () => {
  test('may be signed with Ed25519, which the OpenSSL that plays the authority does not do.', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const message = new TextEncoder().encode('attributes')
    const signature = sign(null, message, privateKey)
    expect(holds('1.3.101.112', 'sha512', publicKey, message, signature)).toBe(true)
    expect(holds('1.3.101.112', 'sha512', publicKey, digest, signature)).toBe(false)
    expect(holds('1.2.840.10045.4.3.2', 'sha256', publicKey, message, signature)).toBe(false)
    expect(holds('1.2.840.113549.1.1.5', 'sha256', publicKey, message, signature)).toBe(false)
  })

  test('is asked for with a digest of 32 bytes and a nonce that is positive.', () => {
    for (const bad of [0n, -1n, 1n << 128n]) expect(() => timestampRequest(digest, { nonce: bad })).toThrow('the nonce')
    expect(() => timestampRequest(new Uint8Array(31))).toThrow('32 bytes')
    expect(Buffer.from(timestampRequest(digest)).toString('hex')).toBe(
      `3039020101303130${'0d060960864801650304020105000420'}${digest.toString('hex')}0101ff`,
    )
  })

  test('is not verified against what is no authority, nor for what is no digest.', () => {
    expect(() => verifyTimestamp(new Uint8Array(), { authorities: ['x'] })).toThrow(
      'authority 1: expected at least one',
    )
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    expect(() => verifyTimestamp(new Uint8Array(), { authorities: [pem] })).toThrow(
      'authority 1: expected a certificate',
    )
    expect(() => verifyTimestamp(new Uint8Array(), { authorities: [], digest: new Uint8Array(20) })).toThrow('32 bytes')
  })
})
