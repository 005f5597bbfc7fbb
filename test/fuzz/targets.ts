import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fromICalendar } from '@countersign/calendar'
import { baseline, f0Tested, fixturePolicy, histories, play } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import { timestampRequest, verifyTimestamp } from '@countersign/timestamp'
import {
  addCosignatures,
  type Body,
  type Consistency,
  CountersignError,
  canonical,
  checkFork,
  checkpointText,
  consistencyProof,
  cosign,
  decideCosigning,
  decodeEntries,
  decodeHashTile,
  encodeEntries,
  encodeHashTile,
  encodeUtf8,
  evaluateWitnesses,
  formatAddCheckpoint,
  formatFork,
  formatNote,
  formatSignerKey,
  formatTlogProof,
  formatVerifierKey,
  type Inclusion,
  inclusionProof,
  leafHash,
  openCheckpoint,
  openNote,
  parseAddCheckpoint,
  parseCanonical,
  parseCheckpointText,
  parseFork,
  parseNote,
  parseSignerKey,
  parseTlogProof,
  parseVerifierKey,
  parseWitnessPolicy,
  prevOf,
  readEntry,
  rootOf,
  rootOfInclusion,
  rootOfShared,
  rootsOfConsistency,
  type Shared,
  SharedProof,
  sealEntry,
  signCheckpoint,
  signerKey,
  signNote,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { BundleChooser, BundleMaker, formatBundle, parseBundle, verifyBundle } from 'countersign/bundle'
import { controlsSchema, lint, parsePolicy } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { parseEnvelope } from '../../packages/countersign/src/desk/envelope.ts'
import { decide } from '../../packages/countersign/src/record/decide.ts'
import { readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'

/** Something that reads what anybody may hand in. */
export interface Target {
  readonly name: string
  /** Valid inputs, from which others are made. */
  readonly seeds: readonly Uint8Array[]
  /** Whether inputs are JSON, which is changed as a value half of the time. */
  readonly json?: boolean
  /** How many of a million inputs it gets, in thousandths: slow ones fewer. */
  readonly share: number
  /** Reads it: gives whether it was taken. It may throw `CountersignError`; what it throws besides is a finding. */
  readonly read: (bytes: Uint8Array) => boolean
}

const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value))

/** What was read is written, and read again: the same. */
function stable<T>(
  value: T,
  write: (value: T) => string | Uint8Array,
  read: (written: string | Uint8Array) => T,
): true {
  const written = write(value)
  const again = read(written)
  assert.deepEqual(again, value)
  assert.deepEqual(write(again), written)
  return true
}

const origin = 'trail.example/scenario'
const signer = signerKey(origin, new Uint8Array(32).fill(7))
const witness = signerKey('bank.example/witness', new Uint8Array(32).fill(9))
const keys = [verifierKeyOf(signer), witnessKeyOf(witness)]

/** JSON that parses, or nothing. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes))
  } catch {
    return undefined
  }
}

const object = (value: unknown): Record<string, never> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, never>) : undefined

const anInclusion: Inclusion = { leaf: '', index: 0, size: 0, proof: [''] }
const aConsistency: Consistency = { oldSize: 0, oldRoot: '', size: 0, proof: [''] }
const aShared: Shared = { leaves: [{ place: 0, leaf: '' }], size: 0, proof: [''] }

/** Whether a value has the members of another one, of the same types: a proof is asked for with its types right. */
function isLike<T>(value: unknown, sample: T): value is T {
  if (Array.isArray(sample)) return Array.isArray(value) && value.every(one => isLike(one, sample[0]))
  if (typeof sample !== 'object' || sample === null) return typeof value === typeof sample
  const members = object(value)
  return members !== undefined && Object.entries(sample).every(([name, member]) => isLike(members[name], member))
}

const calendars: readonly (readonly string[])[] = [
  [
    'BEGIN:VCALENDAR',
    'BEGIN:VTIMEZONE',
    'TZID:Office',
    'BEGIN:STANDARD',
    'DTSTART:19701025T030000',
    'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
    'END:STANDARD',
    'END:VTIMEZONE',
    'BEGIN:VEVENT',
    'UID:close',
    'SUMMARY:Month end',
    'DTSTART;TZID=Europe/Berlin:20261130T180000',
    'DURATION:PT14H',
    'RRULE:FREQ=MONTHLY;COUNT=6;BYMONTHDAY=-1',
    'EXDATE;TZID=Europe/Berlin:20261231T180000',
    'RDATE;TZID=Europe/Berlin:20270115T180000',
    'END:VEVENT',
    'BEGIN:VEVENT',
    'UID:office',
    'DTSTART;TZID=Office:20270115T180000',
    'DURATION:PT1H',
    'END:VEVENT',
    'BEGIN:VEVENT',
    'UID:q4',
    'SUMMARY:Quarter close',
    'DTSTART;VALUE=DATE:20261228',
    'DTEND;VALUE=DATE:20270104',
    'END:VEVENT',
    'END:VCALENDAR',
  ],
]

/** What OpenSSL answered to a request once, and the authority that it was for it. */
const [answer, authority] = ['answer.tsr', 'authority.pem'].map(name => readFileSync(new URL(name, import.meta.url)))

/** A trail with something of everything, and what is made of it. */
async function material() {
  const [history] = fc.sample(histories({ least: 60, most: 60 }), { seed: 20_261_126, numRuns: 1 })
  if (history === undefined) throw new Error('there is no history')
  const { scenario } = await play(history)
  const long = await linesOf(scenario.store)
  const short = await linesOf((await f0Tested({ key: formatVerifierKey(verifierKeyOf(signer)) })).store)
  const hashes = short.map(leafHash)
  const signed = (size: number) => signCheckpoint({ origin, size, root: rootOf(hashes.slice(0, size)) }, signer)
  const note = signed(short.length)
  const { text: said, signatures } = parseNote(note)
  const cosigned = formatNote({ text: said, signatures: [...signatures, cosign(said, witness, 1_774_000_000)] })
  const chooser = new BundleChooser()
  for (const line of short) chooser.entry(line)
  const checkpoint = { origin, size: short.length, root: rootOf(hashes) }
  const maker = new BundleMaker(chooser.choose('K'), checkpoint, note)
  for (const [seq, line] of short.entries()) maker.entry(seq, line, leafHash(line))
  return { history, long, short, hashes, signed, note, cosigned, bundle: maker.finish() }
}

/** Everything that reads what comes from outside. */
export async function targets(): Promise<Target[]> {
  const { history, long, short, hashes, signed, note, cosigned, bundle } = await material()
  const size = hashes.length
  const some = [long[0], long.at(-1), long.at(long.length >> 1), short[0], short.at(-1)].filter(
    one => one !== undefined,
  )
  const spread = [1, 4, size - 1]
  const shared = new SharedProof(spread, size)
  for (const hash of hashes) shared.append(hash)
  const fork = {
    smaller: signed(5),
    larger: signCheckpoint({ origin, size: 9, root: rootOf(hashes.slice(9, 18)) }, signer),
    root: rootOf(hashes.slice(9, 14)),
    proof: consistencyProof(5, 9, hashes.slice(9, 18)),
  }
  const policy = fixturePolicy()
  const state = new State()
  for (const line of long) state.fold(readRecord(line).body)
  const witnesses = [
    `log ${formatVerifierKey(verifierKeyOf(signer))}\n\nwitness bank ${formatVerifierKey(witnessKeyOf(witness))} https://bank.example/w\ngroup all any bank\nquorum all\n`,
    'quorum none\n',
  ]
  return [
    {
      name: 'canonical JSON',
      seeds: some,
      json: true,
      share: 120,
      read: bytes => {
        const value = parseCanonical(bytes)
        assert.equal(canonical(value), text(bytes))
        return true
      },
    },
    {
      name: 'entry',
      seeds: some,
      share: 120,
      read: bytes => {
        const { body, prev } = readEntry(bytes)
        assert.equal(prevOf(bytes), prev)
        assert.deepEqual(sealEntry(body, prev).bytes, Uint8Array.from(bytes))
        return true
      },
    },
    {
      name: 'entry, sealed anew',
      seeds: some.map(line => json(readEntry(line).body)),
      json: true,
      share: 60,
      read: bytes => {
        const body = object(parsed(bytes))
        if (body === undefined) return false
        const { bytes: sealed } = sealEntry(body as unknown as Body, '0'.repeat(64))
        readEntry(sealed)
        readRecord(sealed)
        return true
      },
    },
    {
      name: 'note',
      seeds: [note, cosigned].map(encodeUtf8),
      share: 110,
      read: bytes => stable(parseNote(bytes), formatNote, parseNote),
    },
    {
      name: 'note, opened',
      seeds: [note, cosigned, signNote('a text\n', [signer])].map(encodeUtf8),
      share: 20,
      read: bytes => openNote(bytes, keys).verified.length > 0,
    },
    {
      name: 'checkpoint',
      seeds: [
        checkpointText({ origin, size, root: rootOf(hashes) }),
        checkpointText({ origin, size: 0, root: rootOf([]) }),
      ].map(encodeUtf8),
      share: 110,
      read: bytes =>
        stable(parseCheckpointText(text(bytes)), checkpointText, written => parseCheckpointText(String(written))),
    },
    {
      name: 'checkpoint, opened',
      seeds: [note, cosigned].map(encodeUtf8),
      share: 20,
      read: bytes => openCheckpoint(bytes, { origin, keys }).checkpoint.size >= 0,
    },
    {
      name: 'public key',
      seeds: keys.map(formatVerifierKey).map(encodeUtf8),
      share: 60,
      read: bytes =>
        stable(parseVerifierKey(text(bytes)), formatVerifierKey, written => parseVerifierKey(String(written))),
    },
    {
      name: 'secret key',
      seeds: [formatSignerKey(signer)].map(encodeUtf8),
      share: 30,
      read: bytes => stable(parseSignerKey(text(bytes)), formatSignerKey, written => parseSignerKey(String(written))),
    },
    {
      name: 'tile of hashes',
      seeds: [encodeHashTile(hashes.slice(0, 9)), encodeHashTile(hashes)],
      share: 30,
      read: bytes => {
        const width = bytes.length > 0 && bytes.length % 32 === 0 ? bytes.length / 32 : (bytes[0] ?? 0) + 1
        assert.deepEqual(encodeHashTile(decodeHashTile(bytes, width)), Uint8Array.from(bytes))
        return true
      },
    },
    {
      name: 'tile of entries',
      seeds: [encodeEntries(short.slice(0, 3)), encodeEntries(short.slice(0, 9))],
      share: 60,
      read: bytes => {
        // As many as it says that it holds; then one more and one fewer.
        for (const width of [3, 9, 2, 256]) {
          try {
            assert.deepEqual(encodeEntries(decodeEntries(bytes, width)), Uint8Array.from(bytes))
            return true
          } catch (error) {
            if (!(error instanceof CountersignError)) throw error
          }
        }
        return false
      },
    },
    {
      name: 'tlog-proof',
      seeds: [
        formatTlogProof({ index: 3, proof: inclusionProof(3, size, hashes), checkpoint: note }),
        formatTlogProof({
          index: 0,
          proof: inclusionProof(0, size, hashes),
          checkpoint: cosigned,
          extra: encodeUtf8('more'),
        }),
      ].map(encodeUtf8),
      share: 50,
      read: bytes => stable(parseTlogProof(bytes), formatTlogProof, parseTlogProof),
    },
    {
      name: 'inclusion proof',
      seeds: [0, 3, size - 1].map(index =>
        json({ leaf: hashes[index], index, size, proof: inclusionProof(index, size, hashes) }),
      ),
      json: true,
      share: 40,
      read: bytes => {
        const given = parsed(bytes)
        if (!isLike(given, anInclusion)) return false
        rootOfInclusion(given)
        return true
      },
    },
    {
      name: 'consistency proof',
      seeds: [1, 4, 9].map(oldSize =>
        json({
          oldSize,
          oldRoot: rootOf(hashes.slice(0, oldSize)),
          size,
          proof: consistencyProof(oldSize, size, hashes),
        }),
      ),
      json: true,
      share: 40,
      read: bytes => {
        const given = parsed(bytes)
        if (!isLike(given, aConsistency)) return false
        rootsOfConsistency(given)
        return true
      },
    },
    {
      name: 'shared proof',
      seeds: [json({ leaves: spread.map(place => ({ place, leaf: hashes[place] })), size, proof: shared.finish() })],
      json: true,
      share: 30,
      read: bytes => {
        const given = parsed(bytes)
        if (!isLike(given, aShared)) return false
        rootOfShared(given)
        return true
      },
    },
    {
      name: 'fork',
      seeds: [formatFork(fork)].map(encodeUtf8),
      share: 30,
      read: bytes => {
        stable(parseFork(bytes), formatFork, parseFork)
        checkFork(parseFork(bytes), { keys })
        return true
      },
    },
    {
      name: 'policy of witnesses',
      seeds: witnesses.map(encodeUtf8),
      share: 40,
      read: bytes => {
        evaluateWitnesses(parseWitnessPolicy(bytes), cosigned, 1_774_000_001)
        return true
      },
    },
    {
      name: 'request to a witness',
      seeds: [
        formatAddCheckpoint({ oldSize: 4, proof: consistencyProof(4, size, hashes), note }),
        formatAddCheckpoint({ oldSize: 0, proof: [], note }),
      ].map(encodeUtf8),
      share: 40,
      read: bytes => {
        const asked = parseAddCheckpoint(bytes)
        decideCosigning(asked, keys, undefined)
        decideCosigning(asked, keys, { size: 4, root: rootOf(hashes.slice(0, 4)) })
        return true
      },
    },
    {
      name: 'answer of a witness',
      seeds: [cosigned.slice(cosigned.lastIndexOf('\u2014'))].map(encodeUtf8),
      share: 15,
      read: bytes => {
        addCosignatures(note, text(bytes), witnessKeyOf(witness))
        return true
      },
    },
    {
      name: 'bundle',
      seeds: [bundle],
      share: 15,
      read: bytes => {
        const { checkpoint: _, ...rest } = parseBundle(bytes)
        assert.deepEqual(formatBundle(rest), Uint8Array.from(bytes))
        return true
      },
    },
    {
      name: 'bundle, judged',
      seeds: [bundle],
      share: 3,
      read: bytes => verifyBundle(bytes, { keys: [formatVerifierKey(verifierKeyOf(signer))] }).status === 'sound',
    },
    { name: 'trail', seeds: [fileOf(short)], share: 3, read: bytes => verifyTrail([bytes]).status === 'sound' },
    {
      name: 'trail, sealed anew',
      seeds: [json(bodiesOf(short)), json(bodiesOf(long).slice(0, 60))],
      json: true,
      share: 3,
      read: bytes => {
        const bodies = parsed(bytes)
        if (!Array.isArray(bodies)) return false
        return verifyTrail([fileOf(reseal(bodies as Body[]))]).status === 'sound'
      },
    },
    {
      name: 'command',
      seeds: long
        .map(line => readEntry(line).body as unknown as { by: { account: string }; id: string; command: unknown })
        .map(({ by, id, command }) => json({ account: by.account, id, command })),
      json: true,
      share: 15,
      read: bytes => {
        const envelope = parseEnvelope(parsed(bytes))
        if ('refused' in envelope) return false
        const { account, command } = envelope
        decide(state, { id: 'fuzz-0001', at: '2027-01-01T00:00:00.000Z', account, command })
        return true
      },
    },
    {
      name: 'policy',
      seeds: [policy, history.policy, history.later].map(json),
      json: true,
      share: 10,
      read: bytes => {
        const document = parsed(bytes)
        const isBaseline = JSON.stringify(object(document)?.roles ?? null) === JSON.stringify(policy.roles)
        const controls = isBaseline ? baseline : history.controls
        lint(parsePolicy(document, controls))
        return true
      },
    },
    {
      name: 'controls',
      seeds: [baseline, history.controls].map(json),
      json: true,
      share: 10,
      read: bytes => controlsSchema.safeParse(parsed(bytes)).success,
    },
    {
      name: 'calendar',
      seeds: calendars.map(lines => encodeUtf8(lines.join('\r\n'))),
      share: 4,
      read: bytes => {
        fromICalendar(text(bytes), {
          zone: 'Europe/Berlin',
          from: '2026-11-01T00:00:00Z',
          until: '2027-11-01T00:00:00Z',
        })
        return true
      },
    },
    {
      name: 'time stamp',
      seeds: [Uint8Array.from(answer ?? []), timestampRequest(new Uint8Array(32).fill(1))],
      share: 3,
      read: bytes => 'time' in verifyTimestamp(bytes, { authorities: [String(authority)] }),
    },
  ]
}
