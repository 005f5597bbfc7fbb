import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  canonical,
  checkConsistency,
  checkFork,
  checkInclusion,
  cosign,
  decideCosigning,
  encodeEntries,
  formatNote,
  formatVerifierKey,
  Integrity,
  isCanonical,
  MAX_DEPTH,
  MAX_ENTRY_BYTES,
  MAX_NOTE_BYTES,
  MAX_POLICY_BYTES,
  MAX_REQUEST_BYTES,
  MAX_SIGNATURES,
  openCheckpoint,
  parseAddCheckpoint,
  parseCanonical,
  parseFork,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  readEntry,
  signCheckpoint,
  tilePath,
  tilesOf,
  witnessKeyOf,
} from '@countersign/trail'
import { formatOpening, parseOpening } from '@countersign/trail/store'
import { TrailKeys } from 'countersign/verify'
import { bytesVerdict } from 'countersign/verify/integrity'
import { describe, expect, it } from 'vitest'
import { mostKeyBytes } from '../../packages/cli/src/files/secret.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/format/trail-v1.md', import.meta.url)), 'utf8')

/** The lines of the block after `<!-- example: name -->`. */
function example(name: string): string[] {
  const block = new RegExp(`<!-- example: ${name} -->\n\`\`\`\\w+\n([\\s\\S]*?)\n\`\`\``).exec(page)?.[1]
  if (block === undefined) throw new Error(`the page has no example ${name}`)
  return block.split('\n')
}

const sha256 = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const file = example('trail')
const hashes = example('leaf-hashes')
const [pair = '', root = ''] = example('root')

describe('the examples of the format are what the code does', () => {
  it('what the page calls canonical is read and written again, and what it refuses is JSON and refused', () => {
    for (const line of example('canonical')) expect(canonical(parseCanonical(line))).toBe(line)
    for (const line of example('refused')) {
      expect(() => JSON.parse(line) as unknown, line).not.toThrow()
      expect(isCanonical(line), line).toBe(false)
    }
  })

  it('the trail of three entries is sound, and each entry is read', () => {
    const integrity = new Integrity({ sizes: [2] })
    integrity.push(new TextEncoder().encode(`${file.join('\n')}\n`))
    const report = integrity.finish()
    expect(report).toMatchObject({ size: 3, found: 0, root, leafHash: hashes[2] })
    expect(report.roots.get(2)).toBe(pair)
    for (const [seq, line] of file.entries()) expect(readEntry(new TextEncoder().encode(line)).body.seq).toBe(seq)
  })

  it('a reader of the page gets the same hashes with nothing but SHA-256', () => {
    let prev = sha256()
    for (const [seq, line] of file.entries()) {
      expect(line.slice(-76)).toBe(`},"prev":"${prev}"}`)
      expect(line.startsWith('{"body":{')).toBe(true)
      prev = sha256(Uint8Array.of(0), line)
      expect(prev).toBe(hashes[seq])
    }
    const [one = '', two = '', three = ''] = hashes
    expect(sha256(Uint8Array.of(1), bytes(one), bytes(two))).toBe(pair)
    expect(sha256(Uint8Array.of(1), bytes(pair), bytes(three))).toBe(root)
  })

  it('the proofs lead to the root', () => {
    checkInclusion({ leaf: hashes[1] ?? '', index: 1, size: 3, proof: example('inclusion') }, root)
    checkConsistency({ oldSize: 2, oldRoot: pair, size: 3, proof: example('consistency') }, root)
  })

  it('the keys belong together, and the checkpoint is signed by them', () => {
    const [secret = '', open = ''] = example('keys')
    const signer = parseSignerKey(secret)
    const note = `${example('checkpoint').join('\n')}\n`
    const { checkpoint } = openCheckpoint(note, { keys: [parseVerifierKey(open)], origin: signer.name })
    expect(checkpoint).toEqual({ origin: 'trail.example/payments', size: 3, root })
    expect(signCheckpoint(checkpoint, signer)).toBe(note)
  })

  it('a bundle of its entries begins with the length of the first one', () => {
    const entries = encodeEntries(file.map(line => new TextEncoder().encode(line)))
    expect(example('length')).toEqual([Buffer.from(entries.subarray(0, 2)).toString('hex')])
    expect([...tilesOf(3)].map(tilePath)).toEqual(['tile/entries/000.p/3', 'tile/0/000.p/3'])
  })

  it('the entries that name keys give them the ranges that the page says', () => {
    const [founded = '', rotated = ''] = example('keys-named')
    const keys = new TrailKeys()
    for (const line of [founded, rotated]) expect(isCanonical(line)).toBe(true)
    keys.entry(0, { outcome: JSON.parse(founded) })
    keys.entry(12, { outcome: JSON.parse(rotated) })
    const told = keys.ranges.map(({ id, from, upTo }) => [id, from, ...(upTo === undefined ? [] : [upTo])].join(' '))
    expect(told).toEqual(example('key-ranges'))
  })

  it('a signature line has the shortest form, and the names, that the page says', () => {
    const line = (name: string, bytes: number) => `text\n\n— ${name} ${Buffer.alloc(bytes).toString('base64')}\n`
    expect(page).toContain('at least five bytes')
    expect(parseNote(line('a', 5)).signatures).toHaveLength(1)
    for (const [name, bytes] of [
      ['a', 4],
      ['a\ufeff', 5],
      ['\ufeffa', 5],
      ['a\u2028', 5],
      ['a+b', 5],
      ['', 5],
    ] as const)
      expect(() => parseNote(line(name, bytes))).toThrow('line 3')
  })

  it('what may stand around a key in its file is what the page lists', () => {
    const [, listed = ''] = /trims from a text\):\n(.*)\.\n/.exec(page) ?? []
    const codes = listed.split(', ').flatMap(item => {
      const [from = 0, to = from] = item.split(' to ').map(code => Number.parseInt(code.slice(2), 16))
      return Array.from({ length: to - from + 1 }, (_, at) => from + at)
    })
    const trimmed = Array.from({ length: 0x11_0000 }, (_, code) => code).filter(
      code => String.fromCodePoint(code).trim() === '',
    )
    expect(codes).toEqual(trimmed)
  })

  it('the proof of a fork holds by itself, and is against the trail of the page', () => {
    const [, open = ''] = example('keys')
    const fork = parseFork(`${example('fork').join('\n')}\n`)
    const told = checkFork(fork, { keys: [parseVerifierKey(open)] })
    expect(fork.larger).toBe(`${example('checkpoint').join('\n')}\n`)
    expect([told.smaller.checkpoint.size, told.larger.checkpoint.root, told.root]).toEqual([2, root, pair])
  })

  it('the cosignature is what the witness signs, and the request to it is what it cosigns', () => {
    const [secret = '', open = ''] = example('witness-keys')
    const witness = parseSignerKey(secret)
    expect(formatVerifierKey(witnessKeyOf(witness))).toBe(open)
    const { text, signatures } = parseNote(`${example('checkpoint').join('\n')}\n`)
    const line = cosign(text, witness, Date.parse('2026-11-26T10:40:00Z') / 1000)
    const cosigned = `${example('cosigned').join('\n')}\n`
    expect(formatNote({ text, signatures: [...signatures, line] })).toBe(cosigned)
    const log = parseVerifierKey(example('keys')[1] ?? '')
    expect(openCheckpoint(cosigned, { keys: [log, parseVerifierKey(open)] }).witnesses.length).toBe(1)
    const request = parseAddCheckpoint(new TextEncoder().encode(`${example('add-checkpoint').join('\n')}\n`))
    expect(decideCosigning(request, [log], { size: 2, root: pair }).status).toBe(200)
  })

  it('the commitment is the hash that the page says', () => {
    const salt = new Uint8Array(32).fill(2)
    expect(example('commitment')).toEqual([sha256('countersign/commit/v1\n', salt, canonical('Jo Bloggs'))])
  })

  it('the opening is one line that opens the commitment, and the longest one is as long as the page says', () => {
    const [line = ''] = example('opening')
    const { opening, opens } = parseOpening(line)
    expect([opening.commitment, opens, formatOpening(opening)]).toEqual([...example('commitment'), true, line])
    const bytes = (value: string) => formatOpening({ ...opening, value }).length
    expect(page).toContain('of at most 67,535 bytes')
    const longest = 'x'.repeat(67_535 - bytes(''))
    expect(parseOpening(formatOpening({ ...opening, value: longest })).opens).toBe(false)
    expect(() => parseOpening(formatOpening({ ...opening, value: `${longest}x` }))).toThrow('of a bounded size')
  })

  it('the limits on the page are those of the code', () => {
    expect(page).toContain(`at most ${MAX_ENTRY_BYTES.toLocaleString('en')} bytes`)
    expect(page).toContain(`at most ${MAX_DEPTH} arrays and objects`)
    expect(page).toContain(`more than ${MAX_NOTE_BYTES.toLocaleString('en')} bytes`)
    expect(page).toContain(`with more than ${MAX_SIGNATURES},`)
    expect(page).toContain(`It has at most ${mostKeyBytes.toLocaleString('en')} bytes.`)
    expect(page).toContain(`more than ${MAX_REQUEST_BYTES.toLocaleString('en')} bytes (413)`)
    expect(page).toContain(`at most\n${MAX_POLICY_BYTES.toLocaleString('en')} bytes, with at most 128 logs`)
  })

  it('every fault that the checker can find has its row', () => {
    const source = readFileSync(
      fileURLToPath(new URL('../../packages/trail/src/integrity/integrity-report.ts', import.meta.url)),
      'utf8',
    )
    const union = /export type IntegrityCode =([\s\S]*?)\n\n/.exec(source)?.[1] ?? ''
    const codes = [...union.matchAll(/'([\w.]+)'/g)].map(match => match[1])
    expect(codes.length).toBeGreaterThan(5)
    for (const code of codes) expect(page).toContain(`| \`${code}\` |`)
  })

  it('the faults of a line are those of its row, whatever its length, and a mark before the file is told besides', () => {
    const rows = /### Checking a file\n([\s\S]*?)\n## /.exec(page)?.[1] ?? ''
    const most = MAX_ENTRY_BYTES
    const found: readonly (readonly [row: string, start: string, length: number, end: string, codes: object])[] = [
      [
        'of several without the last; it does not count for the length of the line',
        '',
        most,
        '\r\n',
        { crlf: 1, frame: 1 },
      ],
      [
        'of several without the last; it does not count for the length of the line',
        '',
        most - 1,
        '\r\r\n',
        { crlf: 1, frame: 1 },
      ],
      ['is none of the other faults of a line, `crlf` neither', '', most, '\r\r\n', { 'line.oversize': 1 }],
      ['is none of the other faults of a line, `crlf` neither', '', 70_000, '\r\n', { 'line.oversize': 1 }],
      ['or none but that 0D, and then it is `crlf` as well', '', 0, '\r\nx\n', { crlf: 1, 'line.empty': 1, frame: 1 }],
      ['which are no part of the first line', '\ufeff', most, '\n', { bom: 1, frame: 1 }],
      ['which are no part of the first line', '\ufeff', 0, '\nx\n', { bom: 1, 'line.empty': 1, frame: 1 }],
      ['whatever comes behind, a whole line or none', '\ufeff', 262_144, '\r\n', { bom: 1, 'line.oversize': 1 }],
      [
        'whatever comes behind, a whole line or none',
        '\ufeff',
        300_000,
        '',
        { bom: 1, 'tail.torn': 1, 'founding.missing': 1 },
      ],
    ]
    for (const [row, start, length, end, codes] of found) {
      expect(rows).toContain(row)
      for (const block of [1_000, 1 << 20]) {
        const file = new TextEncoder().encode(`${start}${'x'.repeat(length)}${end}`)
        const integrity = new Integrity()
        for (let at = 0; at < file.length; at += block) integrity.push(file.subarray(at, at + block))
        expect([length, end, bytesVerdict(integrity.finish(), undefined).codes]).toEqual([length, end, codes])
      }
    }
  })

  it('what is found of a file without an entry has its row among the faults of a file, and comes to what it says', () => {
    const rows = /### Checking a file\n([\s\S]*?)\n## /.exec(page)?.[1] ?? ''
    const found: Record<string, Record<string, number>> = {
      '': { 'founding.missing': 1 },
      '\n\n': { 'line.empty': 2, 'founding.missing': 1 },
      '{"body":{': { 'tail.torn': 1, 'founding.missing': 1 },
      '\n{"body":{': { 'line.empty': 1, 'tail.torn': 1, 'founding.missing': 1 },
      '\ufeff': { bom: 1, 'tail.torn': 1, 'founding.missing': 1 },
      // A line with a number is an entry, whatever it holds.
      '{"body":{\n': { frame: 1 },
    }
    for (const [text, codes] of Object.entries(found)) {
      const integrity = new Integrity()
      integrity.push(new TextEncoder().encode(text))
      expect([text, bytesVerdict(integrity.finish(), undefined).codes]).toEqual([text, codes])
      for (const code of Object.keys(codes)) expect(rows).toContain(`| \`${code}\` |`)
    }
  })
})
