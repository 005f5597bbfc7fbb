import {
  cosign,
  encodeUtf8,
  formatNote,
  formatVerifierKey,
  leafHash,
  parseNote,
  parseWitnessPolicy,
  rootOf,
  type SignerKey,
  sha256Hex,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import type { GivenTimestamp, VerifyOptions } from 'countersign/verify'
import { bodiesOf, cutTail, fileOf, type Lines, type LooseBody, renumber, reseal } from '../tamper.ts'
import { actorOf, copied, type Fault, fault, lastOf, type Sound, type Tampered } from './fault.ts'

const vkey = (signer: SignerKey) => formatVerifierKey(verifierKeyOf(signer))
const strangerTo = ({ name }: SignerKey): SignerKey => signerKey(name, new Uint8Array(32).fill(99))

const noteOf = (lines: Lines, signer: SignerKey): string =>
  signCheckpoint({ origin: signer.name, size: lines.length, root: rootOf(lines.map(leafHash)) }, signer)

/** A trail, with what the auditor has: checkpoints, keys that may have signed them, and more. */
const held = (lines: Lines, notes: readonly string[], key: SignerKey, more: VerifyOptions = {}): Tampered => ({
  file: fileOf(lines),
  options: {
    checkpoints: notes.map((note, index) => ({ name: `checkpoint ${index + 1}`, note })),
    keys: [vkey(key)],
    ...more,
  },
})

/** Another history from an entry on, as long as the first one. */
const replaced = (lines: Lines, from: number): Uint8Array[] =>
  reseal(bodiesOf(lines).map((body, index) => (index < from ? body : { ...body, id: `made-up-${index}` })))

/** The trail with an entry more, by which another key takes the place of the first. */
function rotated({ lines }: Sound, next: SignerKey): LooseBody[] {
  const bodies = bodiesOf(lines)
  const [founding] = bodies
  if (founding === undefined) return []
  const at = lastOf(bodies)
  const by = copied(actorOf(founding))
  const outcome = { accepted: [{ type: 'key.rotated', key: vkey(next), by: by.person, at }] }
  const command = { type: 'rotateKey', key: vkey(next), comment: 'in the place of the one before' }
  return [...bodies, { ...founding, id: 'a-rotation', at, by, command, outcome }]
}

const stampOf = (imprint: string, time = '2001-01-01T00:00:00.000Z'): GivenTimestamp => ({
  name: 'stamp',
  outcome: { imprint, time, signer: 'CN=somebody', serial: '1' },
})

const useOldKey: Fault['make'] = sound => {
  const bodies = rotated(sound, strangerTo(sound.signer))
  const [, second] = bodies
  const longer = reseal(renumber(second === undefined ? bodies : [...bodies, { ...second, id: 'one-entry-more' }]))
  return held(longer, [noteOf(longer, sound.signer)], sound.signer)
}
const useNewKey: Fault['make'] = sound => {
  const next = strangerTo(sound.signer)
  const lines = reseal(renumber(rotated(sound, next)))
  return held(lines, [noteOf(cutTail(lines, 2), next)], next)
}
const changeSignature: Fault['make'] = ({ lines, signer }) => {
  const { text, signatures } = parseNote(noteOf(lines, signer))
  const changed = signatures.map(one => ({ ...one, bytes: one.bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) }))
  return held(lines, [formatNote({ text, signatures: changed })], signer)
}
const launder: Fault['make'] = ({ lines, signer }) => {
  const other = replaced(lines, lines.length - 3)
  return held(other, [noteOf(lines, signer), noteOf(other, signer)], signer)
}
const showTwo: Fault['make'] = ({ lines, signer }) =>
  held(lines, [noteOf(lines, signer), noteOf(replaced(lines, lines.length - 1), signer)], signer)
const nameOther: Fault['make'] = ({ lines }) => {
  const other = signerKey('other.example/trail', new Uint8Array(32).fill(98))
  return held(lines, [noteOf(lines, other)], other)
}
const cosignOther: Fault['make'] = ({ lines, signer }) => {
  const witness = signerKey('witness.example', new Uint8Array(32).fill(97))
  const { text, signatures } = parseNote(noteOf(lines, signer))
  const now = 1_700_000_000
  const note = formatNote({ text, signatures: [...signatures, cosign(`${text}more\n`, witness, now)] })
  const policy = parseWitnessPolicy(`witness w ${formatVerifierKey(witnessKeyOf(witness))}\nquorum w\n`)
  return held(lines, [note], signer, { witnesses: { policy, now } })
}
const stamped =
  (stampFor: (note: string) => GivenTimestamp): Fault['make'] =>
  ({ lines, signer }) => {
    const note = noteOf(lines, signer)
    return held(lines, [note], signer, { timestamps: [stampFor(note)] })
  }
const forgedStamp = (): GivenTimestamp => ({
  name: 'stamp',
  outcome: { code: 'signature', expected: 'a signature that holds', found: 'one that does not' },
})
const doctor: Fault['make'] = ({ lines, snapshot }) => {
  const doctored = copied(snapshot)
  const change = Object.values(doctored?.changes ?? {})[0] as { title?: string } | undefined
  if (doctored === undefined || change === undefined) return undefined
  change.title = 'something else'
  return { file: fileOf(lines), options: { snapshot: doctored } }
}

/** What is held against checkpoints, cosignatures, time stamps and snapshots that somebody else has kept. */
export const anchorFaults: readonly Fault[] = [
  fault('the tail is cut off', 'checkpoint.truncated', 1, ({ lines, signer }) =>
    held(cutTail(lines, 3), [noteOf(lines, signer)], signer),
  ),
  fault('the whole trail is replaced by another one', 'checkpoint.root', 1, ({ lines, signer }) =>
    held(replaced(lines, 1), [noteOf(lines, signer)], signer),
  ),
  fault('the last entry is edited and sealed again', 'checkpoint.root', 1, ({ lines, signer }) =>
    held(replaced(lines, lines.length - 1), [noteOf(lines, signer)], signer),
  ),
  fault(
    'a tail is cut off, the trail grows again, and a new checkpoint launders the cut',
    'checkpoint.fork',
    1,
    launder,
  ),
  fault('two histories are shown to two readers', 'checkpoint.fork', 1, showTwo),
  fault('the checkpoint is of another trail', 'checkpoint.origin', 1, nameOther),
  fault('the checkpoint is signed by somebody else', 'checkpoint.signature', 1, ({ lines, signer }) =>
    held(lines, [noteOf(lines, strangerTo(signer))], signer),
  ),
  fault('a signature is changed', 'checkpoint.signature', 1, changeSignature),
  fault('a key is stolen, and used after it was replaced', 'checkpoint.key-out-of-range', 1, useOldKey),
  fault('a key that came later is used on an old size', 'checkpoint.key-out-of-range', 1, useNewKey),
  fault('the cosignature of a witness is of something else', 'checkpoint.cosignature', 1, cosignOther),
  fault('a time stamp is forged', 'timestamp.unsound', 1, stamped(forgedStamp)),
  fault(
    'a time stamp is of something else',
    'timestamp.imprint',
    1,
    stamped(() => stampOf('a'.repeat(64))),
  ),
  fault(
    'an entry is dated after somebody else had seen it',
    'entry.post-dated',
    1,
    stamped(note => stampOf(sha256Hex(encodeUtf8(note)))),
  ),
  fault('a snapshot is doctored', 'snapshot.differs', 1, doctor),
]
