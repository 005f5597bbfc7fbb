import { ed25519Sign, ed25519Verify } from '#ed25519'
import { fromBase64, toBase64 } from '../base64.ts'
import { requireBytes } from '../bytes.ts'
import { beginning, CountersignError, unexpected } from '../error.ts'
import { fromHex, toHex } from '../hash.ts'
import { decodeUtf8, encodeUtf8, utf8Length } from '../utf8.ts'
import { type Cosignature, verifyCosignature } from './cosignature.ts'
import { isKeyName, type SignerKey, type VerifierKey } from './key.ts'
import type { NoteSignature } from './note-signature.ts'

/** How many signature lines a note may have. */
export const MAX_SIGNATURES = 100
/** How long a note may be: 1,000,000 bytes, as in Go's `sumdb/note`. */
export const MAX_NOTE_BYTES = 1_000_000
/** How many keys a message names. */
const LISTED = 5

/** A note as it is written: its text, with the final newline, and its signatures, in their order. */
export interface Note {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A signature that holds. `cosignature` is there for a witness's. */
export interface Verified {
  readonly key: VerifierKey
  readonly cosignature?: Cosignature
}

/** A note with at least one signature that holds. `unknown` are those of keys that nobody asked for. */
export interface OpenedNote {
  readonly text: string
  readonly verified: readonly Verified[]
  readonly unknown: readonly NoteSignature[]
}

/**
 * Reads a signed note (C2SP signed-note) without verifying anything:
 *
 * ```text
 * This is an example message.
 *
 * — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
 * ```
 *
 * Text and signatures part at the last blank line. Throws `note`, naming the line: no UTF-8, a control character, no
 * signature or more than 100, a line that is no signature, base64 with a second spelling, the last newline missing.
 *
 * @example
 * ```ts
 * import { parseNote } from '@countersign/trail'
 *
 * const note = parseNote('hello\n\n— log.example AAAAAAAA\n')
 * note.text // → 'hello\n'
 * note.signatures[0]?.keyId // → '00000000'
 * parseNote('hello\n') // throws blank line
 * ```
 */
export function parseNote(input: string | Uint8Array): Note {
  if (typeof input !== 'string') requireBytes('note', 'the note', input)
  const length = utf8Length(input, MAX_NOTE_BYTES)
  if (length > MAX_NOTE_BYTES) throw unexpected('note', 'the note', `at most ${MAX_NOTE_BYTES} bytes`, `${length}`)
  const all = typeof input === 'string' ? input : decodeUtf8(input)
  if (all === undefined || !all.isWellFormed()) throw unexpected('note', 'the note', 'UTF-8', 'other bytes')
  // Those behind ASCII's own the standard lets pass.
  const control = /(?![\n\u007f-\u009f])\p{Cc}/u.exec(all)
  if (control !== null) {
    throw unexpected('note', `line ${lineAt(all, control.index)}`, 'no control character', { given: control[0] })
  }
  const end = all.lastIndexOf('\n\n')
  if (end < 0) throw unexpected('note', 'the note', 'a blank line before the signatures', 'none')
  if (!all.endsWith('\n')) throw unexpected('note', `line ${lineAt(all, all.length)}`, 'a newline at its end', 'none')
  const text = all.slice(0, end + 1)
  const lines = all.slice(end + 2, -1).split('\n')
  if (all.length === end + 2) throw unexpected('note', 'the note', 'a signature', 'none')
  if (lines.length > MAX_SIGNATURES) {
    throw unexpected('note', 'the note', `at most ${MAX_SIGNATURES} signatures`, `${lines.length}`)
  }
  const first = lineAt(all, end + 2)
  return { text, signatures: lines.map((line, index) => parseSignature(line, first + index)) }
}

/**
 * Reads a note and verifies the signatures of the keys that are given; others are left in `unknown`, as the standard
 * demands. Where several lines have the name and key id of one key, all of them must hold, and the first one counts.
 *
 * Throws `note` where the note is malformed, where a known key's signature does not hold (however many others do), and
 * where none of the known keys has signed; the message then says who has, and which keys are known.
 *
 * @example
 * ```ts
 * import { openNote, signerKey, signNote, verifierKeyOf } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const note = signNote('hello\n', [signer])
 * openNote(note, [verifierKeyOf(signer)]).text // → 'hello\n'
 * openNote(note.replace('hello', 'hullo'), [verifierKeyOf(signer)]) // throws signature of log.example
 * openNote(note, []) // throws none of the known keys
 * ```
 */
export function openNote(input: string | Uint8Array, keys: readonly VerifierKey[]): OpenedNote {
  return openParsed(parseNote(input), keys)
}

/** Verifies a note that was read, as `openNote` does. */
export function openParsed({ text, signatures }: Note, keys: readonly VerifierKey[]): OpenedNote {
  const seen = new Set<string>()
  const verified: Verified[] = []
  const unknown: NoteSignature[] = []
  for (const signature of signatures) {
    const identity = `${signature.name}+${signature.keyId}`
    const isFirst = !seen.has(identity)
    seen.add(identity)
    const known = keys.filter(key => key.name === signature.name && key.keyId === signature.keyId)
    const [key] = known
    if (key === undefined) {
      if (isFirst) unknown.push(signature)
      continue
    }
    if (known.length > 1 && known.some(other => !sameKey(key, other))) {
      const named = nameOf(key)
      throw new CountersignError('note', `two different keys are known as ${named}`, { facts: { identity: named } })
    }
    // A line that does not hold is no less bad behind one that does.
    const one = verify(text, signature, key)
    if (isFirst) verified.push(one)
  }
  if (verified.length === 0) throw unsigned(keys, unknown)
  return { text, verified, unknown }
}

/**
 * Signs a text with Ed25519 (type 0x01) and writes the note. Throws `note` where the text does not end in a newline or
 * holds what a note may not hold, and where nobody signs.
 *
 * @example
 * ```ts
 * import { signerKey, signNote } from '@countersign/trail'
 *
 * signNote('hello\n', [signerKey('log.example', new Uint8Array(32))]).startsWith('hello\n\n— log.example ') // → true
 * signNote('hello', [signerKey('log.example', new Uint8Array(32))]) // throws newline
 * ```
 */
export function signNote(text: string, signers: readonly SignerKey[]): string {
  if (!text.endsWith('\n')) throw unexpected('note', 'the text', 'a newline at its end', 'none')
  const message = encodeUtf8(text)
  const signatures = signers.map(({ name, keyId, seed }) => ({ name, keyId, bytes: ed25519Sign(seed, message) }))
  return formatNote({ text, signatures })
}

/**
 * Writes a note as it is, so that another signature (a witness's) can be added to one that was read. Throws `note`
 * where what it would write could not be read again.
 *
 * @example
 * ```ts
 * import { formatNote, parseNote } from '@countersign/trail'
 *
 * const text = 'hello\n\n— log.example AAAAAAAA\n'
 * formatNote(parseNote(text)) === text // → true
 * ```
 */
export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map(({ name, keyId, bytes }) => {
    const signature = new Uint8Array(4 + bytes.length)
    signature.set(fromHex(keyId))
    signature.set(bytes, 4)
    return `— ${name} ${toBase64(signature)}\n`
  })
  const note = `${text}\n${lines.join('')}`
  if (parseNote(note).text !== text) throw unexpected('note', 'the text', 'the text that was given', 'another one')
  return note
}

function verify(text: string, signature: NoteSignature, key: VerifierKey): Verified {
  if (key.algorithm === 'cosignature/v1') {
    const cosignature = verifyCosignature(key.publicKey, text, signature.bytes)
    if (cosignature !== undefined) return { key, cosignature }
  } else if (ed25519Verify(key.publicKey, encodeUtf8(text), signature.bytes)) return { key }
  throw new CountersignError('note', `the signature of ${nameOf(key)} does not hold`, {
    facts: { name: beginning(key.name), keyId: key.keyId, found: beginning(toBase64(signature.bytes)) },
  })
}

function unsigned(keys: readonly VerifierKey[], signatures: readonly NoteSignature[]): CountersignError {
  const expected = keys.map(nameOf)
  const found = signatures.map(nameOf)
  const wanted = expected.length === 0 ? 'a key to be known' : `a signature of ${listed(expected, 'or')}`
  const message = `none of the known keys has signed the note: expected ${wanted}, found only ${listed(found, 'and')}`
  return new CountersignError('note', message, { facts: { expected, found } })
}

/** `log.example+c7241bce`, by which notes name a key. */
const nameOf = ({ name, keyId }: { readonly name: string; readonly keyId: string }): string =>
  `${beginning(name)}+${keyId}`

/** The first of several names, and how many more there are. */
function listed(names: readonly string[], word: 'and' | 'or'): string {
  if (names.length <= LISTED) return names.join(` ${word} `)
  return `${names.slice(0, LISTED).join(', ')} ${word} ${names.length - LISTED} more`
}

function sameKey(one: VerifierKey, other: VerifierKey): boolean {
  return one.algorithm === other.algorithm && toHex(one.publicKey) === toHex(other.publicKey)
}

function parseSignature(line: string, number: number): NoteSignature {
  const [dash, name, base64, ...rest] = line.split(' ')
  const bytes = base64 === undefined ? undefined : fromBase64(base64)
  if (dash !== '—' || name === undefined || !isKeyName(name) || bytes === undefined || rest.length > 0) {
    throw unexpected('note', `line ${number}`, '"— <name> <canonical base64>"', { given: line })
  }
  if (bytes.length < 5) throw unexpected('note', `line ${number}`, 'a key id and a signature', `${bytes.length} bytes`)
  return { name, keyId: toHex(bytes.subarray(0, 4)), bytes: bytes.slice(4) }
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
