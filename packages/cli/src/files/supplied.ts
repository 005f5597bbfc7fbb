import type { Stats } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import {
  CountersignError,
  decodeUtf8,
  MAX_NOTE_BYTES,
  MAX_POLICY_BYTES,
  parseCheckpointText,
  parseJson,
  parseNote,
  parseVerifierKey,
  parseWitnessPolicy,
  unexpected,
  type WitnessPolicy,
} from '@countersign/trail'
import type { Policy } from 'countersign/policy'
import type { GivenCheckpoint, GivenOpenings, GivenTimestamp, OpeningPlace, VerifyOptions } from 'countersign/verify'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { blocksOf } from './blocks.ts'
import { bytesIn, kindOf, unreadable } from './file.ts'
import { mostKeyBytes, refuseSecret, secretFound } from './secret.ts'

type Snapshot = NonNullable<VerifyOptions['snapshot']>

const mostForkBytes = 13_000_000
export const mostPolicyBytes = 1 << 24
const mostAuthorityBytes = 1 << 20
const mostTimestampBytes = 1 << 17
const mostSnapshotBytes = 1 << 29

/** Reads a checkpoint that somebody kept: a signed note. */
export async function readCheckpoint(file: string): Promise<GivenCheckpoint> {
  const note = await readText(file, MAX_NOTE_BYTES)
  const rewritten = rewrittenIn(note)
  if (rewritten !== undefined)
    throw new InputError(`${file} is no signed checkpoint: ${rewritten}`, {
      hint: `${rewriters} Ask whoever kept the checkpoint for the file as it was written.`,
    })
  try {
    // The verifier reads it again; read here, a complaint can name the file.
    parseCheckpointText(parseNote(note).text)
  } catch (error) {
    throw unfit(
      file,
      'no signed checkpoint',
      error,
      'countersign checkpoint writes one. Ask whoever kept it for the file as it was written.',
    )
  }
  return { name: file, note }
}

/** What rewrites a text, for the hint to a file that was: what is signed or hashed is its bytes. */
export const rewriters = 'An editor, a shell or a transfer has done that.'

/** What shows that a text was rewritten on its way, as some programs do on Windows; nothing where nothing does. */
export function rewrittenIn(text: string): string | undefined {
  const marked = text.startsWith('\ufeff') ? 'it begins with a byte order mark (ef bb bf)' : undefined
  const ends = text.includes('\r\n') ? 'its line ends were rewritten (0d 0a in the place of 0a)' : undefined
  return marked === undefined || ends === undefined ? (marked ?? ends) : `${marked}, and ${ends}`
}

/** Reads a file that may be a proof of a fork. */
export const readFork = (file: string): Promise<string> => readText(file, mostForkBytes)

/** Reads a public key: one C2SP verifier key line. */
export async function readKey(file: string): Promise<string> {
  const line = (await readText(file, mostKeyBytes)).trim()
  let key: ReturnType<typeof parseVerifierKey>
  try {
    key = parseVerifierKey(line)
  } catch (error) {
    throw unfit(file, 'no public key', error, 'countersign keygen writes one, in the file vkey.')
  }
  if (key.algorithm !== 'ed25519')
    throw new InputError(`${file} is the public key of a witness (${key.name}), and signs no checkpoint by itself`, {
      hint: `Name the key of the trail here, and the witness in a policy of witnesses (--witness-policy), on a line such as: witness audit ${line}`,
    })
  return line
}

/** Reads a policy as it is recorded, in JSON. */
export async function readPolicy(file: string): Promise<Policy> {
  const policies = await import('countersign/policy')
  const { document, problems } = policies.readPolicy(await readJson(file, mostPolicyBytes))
  if (document !== undefined) return document
  const [{ where, problem } = { where: '', problem: 'it does not have the form of one' }] = problems
  throw new InputError(`${file} is no policy: ${where === '' ? '' : `${where}: `}${problem}`, {
    hint: 'It is expected as the trail records it, in JSON, with the format countersign/policy/v1.',
  })
}

const policyLines =
  'Its lines are such as: log KEY | witness audit KEY https://witness.example | witness bank KEY | group both all audit bank | quorum both'

/** Reads a policy of witnesses (C2SP tlog-policy). */
export async function readWitnessPolicy(file: string): Promise<WitnessPolicy> {
  const text = await readText(file, MAX_POLICY_BYTES)
  // A complaint about a line quotes it, so there must be none anywhere.
  if (text.includes('PRIVATE+KEY+')) throw secretFound(file)
  const rewritten = rewrittenIn(text)
  if (rewritten !== undefined)
    throw new InputError(`${file} is no policy of witnesses: ${rewritten}`, {
      hint: 'C2SP tlog-policy allows neither that mark nor a carriage return: save it as UTF-8 without the one, and with line ends LF.',
    })
  try {
    return parseWitnessPolicy(text)
  } catch (error) {
    throw unfit(file, 'no policy of witnesses', error, policyLines)
  }
}

/**
 * Reads the answers of time stamping authorities, and verifies each against the certificates of those that the auditor
 * trusts, in PEM.
 */
export async function readTimestamps(files: readonly string[], trusted: readonly string[]): Promise<GivenTimestamp[]> {
  if (files.length === 0) return []
  // What it stands on takes longer to load than the rest of the verifier, and few have a time stamp.
  const { verifyTimestamp } = await import('@countersign/timestamp')
  const authorities: string[] = []
  for (const file of trusted) {
    const bytes = await readBytes(file, mostAuthorityBytes)
    // A SEQUENCE whose length takes bytes of its own, as a certificate in DER begins and no text does.
    if (bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80)
      throw new InputError(`${file} is no file of certificates in PEM: it is in DER`, {
        hint: `PEM is wanted: openssl x509 -inform der -in ${shellWord(file)} -out authority.pem`,
      })
    const text = textIn(file, bytes)
    try {
      // Read here by itself, so that a complaint can name the file.
      verifyTimestamp(new Uint8Array(), { authorities: [text] })
    } catch (error) {
      throw unfit(file, 'no file of certificates', error, 'The authority hands out its certificate, in PEM.')
    }
    authorities.push(text)
  }
  return Promise.all(
    files.map(async file => {
      const outcome = verifyTimestamp(await readBytes(file, mostTimestampBytes), { authorities })
      if ('imprint' in outcome || outcome.code !== 'malformed') return { name: file, outcome }
      throw new InputError(`${file} is no answer of a time stamping authority: ${outcome.found}`, {
        hint: outcome.found.startsWith('it is a time stamp token')
          ? `Put it into an answer: openssl ts -reply -token_in -in ${shellWord(file)} -out answer.tsr`
          : 'It is expected as the authority has sent it, in DER, and not as PEM or a page that tells of an error.',
      })
    }),
  )
}

/** Reads a snapshot, in JSON. Whether it is one of this trail is for the verifier to say. */
export async function readSnapshot(file: string): Promise<Snapshot> {
  const value = await readJson(file, mostSnapshotBytes)
  const { format } = (value ?? {}) as { format?: unknown }
  if (format === 'countersign/snapshot/v1') return value as Snapshot
  throw new InputError(`${file} is no snapshot: its format is not countersign/snapshot/v1`, {
    hint: 'A desk gives one: JSON.stringify(desk.snapshot()).',
  })
}

/** Reads what opens the private values of a trail, and whether it does; no value is kept, nor told in a message. */
export async function readGivenOpenings(file: string): Promise<GivenOpenings> {
  const { readOpenings } = await import('@countersign/store-file')
  const opened = new Map<string, OpeningPlace[]>()
  const mismatched = new Set<string>()
  let illegible = 0
  let torn = 0
  if ((await kindOf(file)) !== 'file')
    throw new InputError(`${file} is no regular file`, {
      hint: 'Name the file itself: it lies beside the trail, by the name trail.openings.jsonl.',
    })
  try {
    for await (const one of readOpenings(file)) {
      if ('unreadable' in one) illegible += 1
      else if ('torn' in one) torn = one.torn
      else if (!one.opens) mismatched.add(one.commitment)
      else addPlace(opened, one.commitment, one.place)
    }
  } catch (error) {
    throw error instanceof CountersignError ? unreadable(file, error.cause) : error
  }
  const rewritten = illegible === 0 ? undefined : rewrittenIn(await firstLineOf(file))
  // One line that is an opening makes it a file of openings, so that what is wrong with the others is found.
  if (illegible > 0 && opened.size + mismatched.size === 0)
    throw new InputError(
      `${file} is no file of openings: ${rewritten ?? 'not one of its lines is an opening'}`,
      rewritten === undefined
        ? { hint: 'It is expected as it lies beside the trail, by the name trail.openings.jsonl.' }
        : { hint: `${rewriters} Ask for the file as it lies beside the trail, or for a copy, byte for byte.` },
    )
  return { opened, mismatched, unreadable: illegible, torn, ...(rewritten === undefined ? {} : { rewritten }) }
}

/** The first line of a file, its end included, as far as it is no longer than a block. */
async function firstLineOf(file: string): Promise<string> {
  for await (const block of blocksOf(file)) return /^[^\n]*\n?/.exec(Buffer.from(block).toString('utf8'))?.[0] ?? ''
  return ''
}

/** Keeps at most two places that differ: two are enough to show a contradiction. */
function addPlace(opened: Map<string, OpeningPlace[]>, commitment: string, place: OpeningPlace): void {
  const known = opened.get(commitment)
  if (known === undefined) opened.set(commitment, [place])
  else if (known.length === 1 && !isDeepStrictEqual(known[0], place)) known.push(place)
}

/** The value of a JSON file of at most so many bytes; throws `InputError` where it is none, or has a key twice. */
export async function readJson(file: string, most: number): Promise<unknown> {
  const text = await readText(file, most)
  try {
    return parseJson(text, { distinct: true })
  } catch (error) {
    // To JSON a carriage return is a blank, and only the mark is in its way.
    if (text.startsWith('\ufeff'))
      throw new InputError(`${file} is no JSON: it begins with a byte order mark (ef bb bf)`, {
        hint: 'Save it as UTF-8 without that mark.',
        cause: error,
      })
    throw new InputError(`${file} is no JSON: ${(error as Error).message}`, {
      hint: 'Ask whoever wrote it for another copy.',
      cause: error,
    })
  }
}

/** Reads a file of a bounded size as UTF-8. */
export const readText = async (file: string, most: number): Promise<string> => textIn(file, await readBytes(file, most))

function textIn(file: string, bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (text === undefined)
    throw new InputError(`${file} is no text: its bytes are not UTF-8`, {
      hint: 'Is it the file that you mean?',
    })
  return text
}

/** Reads a file of a bounded size, which is no secret key. */
export async function readBytes(file: string, most: number): Promise<Uint8Array> {
  const bytes = await readBounded(file, most)
  refuseSecret(file, bytes)
  return bytes
}

/** Reads a file of a bounded size, whatever is in it. `look` may throw an `InputError` at the state of the file that is read. */
export async function readBounded(file: string, most: number, look?: (found: Stats) => void): Promise<Uint8Array> {
  if (typeof file !== 'string') throw unexpected('input', 'a file', 'its path', { given: file })
  const bytes = await bytesIn(file, most, look).catch(error => {
    throw error instanceof InputError ? error : unreadable(file, error)
  })
  if (!('instead' in bytes)) return bytes
  throw new InputError(
    bytes.instead === 'no regular file'
      ? `${file} is no regular file`
      : `${file} has ${bytes.instead} bytes; at most ${most} are read as what it is given for`,
    {
      hint:
        bytes.instead === 'no regular file' ? 'Write it into a file, and name that.' : 'Is it the file that you mean?',
    },
  )
}

function unfit(file: string, what: string, error: unknown, hint: string): Error {
  if (!(error instanceof CountersignError)) return error as Error
  return new InputError(`${file} is ${what}: ${error.message}`, { hint, cause: error })
}
