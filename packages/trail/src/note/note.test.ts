import { describe, expect, it } from 'vitest'
import { EMPTY_ROOT } from '../tree/tree.ts'
import { checkpointText, openCheckpoint, parseCheckpointText, signCheckpoint } from './checkpoint.ts'
import {
  formatSignerKey,
  formatVerifierKey,
  parseSignerKey,
  parseVerifierKey,
  signerKey,
  verifierKeyOf,
} from './key.ts'
import { formatNote, MAX_SIGNATURES, openNote, parseNote, signNote } from './note.ts'

const log = signerKey('log.example/changes', new Uint8Array(32).fill(1))
const other = signerKey('other.example', new Uint8Array(32).fill(2))
const known = [verifierKeyOf(log)]

describe('a note', () => {
  it('opens with the key that signed it, and leaves unknown signatures aside', () => {
    const opened = openNote(signNote('hello\n\nworld\n', [log, other]), known)
    expect(opened.text).toBe('hello\n\nworld\n')
    expect(opened.verified.map(({ key }) => key.name)).toEqual(['log.example/changes'])
    expect(opened.unknown.map(({ name }) => name)).toEqual(['other.example'])
  })

  it('is rejected as a whole where one known key has a bad signature', () => {
    const note = parseNote(signNote('hello\n', [log, other]))
    const [first, second] = note.signatures
    if (first === undefined || second === undefined) throw new Error('two signatures were written')
    const forged = formatNote({ text: note.text, signatures: [first, { ...second, bytes: first.bytes }] })
    expect(openNote(forged, known).unknown.length).toBe(1)
    expect(() => openNote(forged, [...known, verifierKeyOf(other)])).toThrow('signature of other.example')
  })

  it('is rejected where one of several lines of a known key does not hold, whichever comes first', () => {
    const { text, signatures } = parseNote(signNote('hello\n', [log]))
    const [good] = signatures
    if (good === undefined) throw new Error('a signature was written')
    const bad = { ...good, bytes: new Uint8Array(64) }
    for (const order of [
      [good, bad],
      [bad, good],
    ]) {
      expect(() => openNote(formatNote({ text, signatures: order }), known)).toThrow('does not hold')
    }
    expect(openNote(formatNote({ text, signatures: [good, good] }), known).verified.length).toBe(1)
  })

  it('does not take a signature by the name alone, nor by the key id alone', () => {
    const renamed = signNote('hello\n', [log]).replace('— log.example/changes', '— log.example/other')
    expect(() => openNote(renamed, known)).toThrow('none of the known keys')
  })

  it('tells once of a signature that is repeated, and refuses two keys that share name and id', () => {
    const note = signNote('hello\n', [log])
    const line = note.slice(note.lastIndexOf('—'))
    expect(openNote(note + line, known).verified.length).toBe(1)
    const [key] = known
    if (key === undefined) throw new Error('a key is known')
    const collision = { ...key, publicKey: verifierKeyOf(other).publicKey }
    expect(() => openNote(note, [key, collision])).toThrow('two different keys')
    expect(openNote(note, [key, { ...key }]).verified.length).toBe(1)
  })

  it(`takes ${MAX_SIGNATURES} signatures and no more`, () => {
    const note = signNote('hello\n', [log])
    const line = note.slice(note.lastIndexOf('—'))
    expect(parseNote(note + line.repeat(MAX_SIGNATURES - 1)).signatures.length).toBe(MAX_SIGNATURES)
    expect(() => parseNote(note + line.repeat(MAX_SIGNATURES))).toThrow('at most 100')
  })

  it('is refused where it is malformed, and the line is named', () => {
    const note = signNote('hello\nworld\n', [log])
    const malformed: readonly (readonly [string, string])[] = [
      ['', 'blank line'],
      ['hello\n', 'blank line'],
      ['hello\n\n', 'a signature'],
      [note.slice(0, -1), 'line 4: expected a newline'],
      [note.replaceAll('\n', '\r\n'), 'line 1: expected no control character'],
      [note.replace('hello', 'hel\tlo'), 'line 1: expected no control character'],
      [note.replace('hello', 'hel\u007fl\u0001o'), 'line 1: expected no control character'],
      [note.replace('— ', '- '), 'line 4'],
      [note.replace('— ', '—  '), 'line 4'],
      [`${note}junk\n`, 'line 5'],
      [note.replace('log.example/changes', 'log+example'), 'line 4'],
      [note.replace('log.example/changes', 'log\u00a0example'), 'line 4'],
      [note.replace(/=\n$/, '\n'), 'line 4'],
      ['hello\n\n— log.example AAAA\n', 'line 3: expected "— <name> <canonical base64>"'],
    ]
    for (const [text, message] of malformed.slice(0, -1)) expect(() => parseNote(text), text).toThrow(message)
    expect(() => parseNote('hello\n\n— log.example AAAA\n')).toThrow('line 3: expected a key id')
    expect(() => parseNote(Uint8Array.of(0xff, 10, 10))).toThrow('UTF-8')
    expect(() => parseNote('\ud800\n\n— log.example AAAAAAAA\n')).toThrow('UTF-8')
  })

  it('refuses base64 with bits in the padding, of which one signature would have many spellings', () => {
    const note = signNote('hello\n', [log])
    const second = note.replace(/(.)=\n$/, (_, digit: string) => `${String.fromCharCode(digit.charCodeAt(0) + 1)}=\n`)
    expect(second).not.toBe(note)
    expect(() => parseNote(second)).toThrow('canonical base64')
  })

  it('is not written where it could not be read again', () => {
    expect(() => signNote('hello', [log])).toThrow('newline')
    expect(() => signNote('hello\n', [])).toThrow('a signature')
    expect(() => signNote('hel\u0007lo\n', [log])).toThrow('control character')
  })
})

describe('a key', () => {
  it('is read as it was written', () => {
    expect(parseSignerKey(formatSignerKey(log))).toEqual(log)
    expect(parseVerifierKey(formatVerifierKey(verifierKeyOf(log)))).toEqual(verifierKeyOf(log))
  })

  it('is refused where the key id belongs to another name, and the secret is not shown', () => {
    const text = formatSignerKey(log)
    const secret = text.split('+').at(-1) ?? ''
    for (const wrong of [text.replace('log.', 'dog.'), text.slice(0, -1), text.replace('PRIVATE', 'PUBLIC')]) {
      try {
        parseSignerKey(wrong)
        expect.unreachable()
      } catch (error) {
        expect(error).toMatchObject({ code: 'key' })
        expect(`${String(error)}${JSON.stringify(error)}`).not.toContain(secret.slice(0, 20))
      }
    }
    expect(() => parseVerifierKey(formatVerifierKey(verifierKeyOf(log)).replace('log.', 'dog.'))).toThrow('key id')
  })

  it('has a seed of 32 bytes and a name that a note can hold', () => {
    expect(() => signerKey('log.example', new Uint8Array(31))).toThrow('32 bytes')
    for (const name of ['', 'a b', 'a+b', 'a\n', 'a\u2003b', '\ud800']) {
      expect(() => signerKey(name, new Uint8Array(32))).toThrow('name of a key')
    }
  })
})

describe('a checkpoint', () => {
  const checkpoint = { origin: 'log.example/changes', size: 12, root: 'ab'.repeat(32) }

  it('is opened with what was signed', () => {
    const opened = openCheckpoint(signCheckpoint(checkpoint, log), { keys: known, origin: 'log.example/changes' })
    expect(opened.checkpoint).toEqual(checkpoint)
    expect(opened.key).toEqual(known[0])
    expect(opened.witnesses).toEqual([])
  })

  it('is signed by the key that is named like its origin, and by no other', () => {
    expect(() => signCheckpoint(checkpoint, other)).toThrow('origin')
    const foreign = signNote(checkpointText(checkpoint), [other])
    expect(() => openCheckpoint(foreign, { keys: [verifierKeyOf(other)] })).toThrow('one of a known key of log.example')
    expect(() => openCheckpoint(signCheckpoint(checkpoint, log), { keys: known, origin: 'other.example' })).toThrow(
      'expected other.example',
    )
  })

  it('is three lines, each with one spelling', () => {
    const text = checkpointText(checkpoint)
    expect(parseCheckpointText(text)).toEqual(checkpoint)
    const malformed: readonly (readonly [string, string])[] = [
      ['', 'line 1'],
      [text.replace('log.example', 'log example'), 'line 1'],
      [text.replace('12', '012'), 'line 2'],
      [text.replace('12', '+12'), 'line 2'],
      [text.replace('12', '12 '), 'line 2'],
      [text.replace('12', '1e1'), 'line 2'],
      [text.replace('12', '9007199254740992'), 'line 2'],
      [text.replace('=', ''), 'line 3'],
      [text.slice(0, -1), 'line 4'],
      [`${text}extension\n`, 'line 4'],
    ]
    for (const [wrong, line] of malformed) expect(() => parseCheckpointText(wrong), wrong).toThrow(line)
  })

  it('is not written with a size or a root that could not be read again', () => {
    expect(() => checkpointText({ ...checkpoint, size: -1 })).toThrow('the size')
    expect(() => checkpointText({ ...checkpoint, size: 0.5 })).toThrow('the size')
    expect(() => checkpointText({ ...checkpoint, root: EMPTY_ROOT.slice(2) })).toThrow('root')
  })
})
