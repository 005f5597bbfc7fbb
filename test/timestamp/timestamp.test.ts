import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { type Timestamp, type TimestampFault, timestampRequest, verifyTimestamp } from '@countersign/timestamp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holds } from '../../packages/timestamp/src/algorithm.ts'
import { readAnswer } from '../../packages/timestamp/src/token.ts'
import { Authority, absent, der, forAuthorities, forTimestamps, rsaKey, where } from './authority.ts'

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
    const kinds: Record<string, string> = {
      rsa: rsaKey(2048),
      p384: '-algorithm EC -pkeyopt ec_paramgen_curve:P-384',
    }
    for (const [name, key] of Object.entries(kinds)) {
      tsa.make({ name, by: 'root', extensions: forTimestamps, key })
      for (const hash of ['sha1', 'sha256', 'sha512'])
        expect(code(tsa.answer(timestampRequest(digest), name, { hash })), `${name} ${hash}`).toBe('holds')
    }
    expect(code(tsa.forge(content, 'rsa', { flags: '-cades -keyopt rsa_padding_mode:pss' }))).toBe('holds')
    const ed = tsa.make({ name: 'ed', extensions: forAuthorities, key: '-algorithm ED25519', hash: 'null' })
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
    expect(over('plain', forAuthorities)).toBe('holds')
    const shallow = tsa.make({ name: 'shallow', extensions: ['basicConstraints = critical,CA:TRUE,pathlen:0'] })
    tsa.make({ name: 'deep', by: 'shallow', extensions: forAuthorities })
    tsa.make({ name: 'deep-leaf', by: 'deep', extensions: forTimestamps })
    expect(code(tsa.forge(content, 'deep-leaf', { chain: 'deep' }), { authorities: [shallow] })).toBe('chain')
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

  test('of which one byte is changed, be it any second one, holds no longer, or says the same; and nothing is thrown.', () => {
    const whole = verify(response)
    let same = 0
    for (let at = 0; at < response.length; at += 2) {
      const changed = Uint8Array.from(response)
      changed[at] = (changed[at] ?? 0) ^ (1 << ((at / 2) % 8))
      const result = verify(changed)
      if ('code' in result) continue
      // Only what is not signed may change: an algorithm's parameters, say.
      expect(result, `byte ${at}`).toEqual(whole)
      same += 1
    }
    expect(same).toBeLessThan(response.length / 40)
  })

  test('in bytes that were thrown together throws nothing, whatever they are.', () => {
    // A small generator with a fixed seed: the same bytes in every run.
    let state = 88_172_645
    const next = (below: number) => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return (state >>> 0) % below
    }
    for (let round = 0; round < 500; round++) {
      const bytes = Uint8Array.from(response)
      for (let edits = 1 + next(8); edits > 0; edits--) bytes[next(bytes.length)] = next(256)
      const from = next(4) === 0 ? next(200) : 0
      const to = next(4) === 0 ? next(bytes.length) : bytes.length
      codeOf(verify(bytes.subarray(Math.min(from, to), to)))
    }
    for (let round = 0; round < 500; round++) codeOf(verify(Uint8Array.from({ length: next(300) }, () => next(256))))
    expect(code(response)).toBe('holds')
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
