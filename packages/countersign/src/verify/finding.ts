import type { IntegrityCode } from '@countersign/trail'

/** What can be wrong with the trail as a whole, with one entry as a record, or with a checkpoint. */
export type IntegrityFindingCode =
  | IntegrityCode
  /** The bytes are no canonical UTF-8 JSON, or do not have the form of an entry of this library. */
  | 'entry.unreadable'
  | 'entry.seq'
  | 'entry.id-reused'
  | 'entry.back-dated'
  /** It is dated after somebody else had seen it: a witness, or a time stamping authority. */
  | 'entry.post-dated'
  | 'stream.gap'
  | 'founding.missing'
  | 'checkpoint.origin'
  | 'checkpoint.signature'
  | 'checkpoint.truncated'
  | 'checkpoint.root'
  /** A key of the trail has signed it that was not the one for trees of this size. */
  | 'checkpoint.key-out-of-range'
  /** Keys of the log have signed two that cannot both be of one history. */
  | 'checkpoint.fork'
  /** A witness that the auditor's policy knows has signed something else. */
  | 'checkpoint.cosignature'
  /** A time stamp that the authorities which the auditor trusts do not bear out. */
  | 'timestamp.unsound'
  /** A sound time stamp of something else than a checkpoint that was given. */
  | 'timestamp.imprint'
  | 'snapshot.differs'
  /** Nobody can open a private value, and no entry says that it was redacted. */
  | 'opening.missing'
  /** What is kept as the opening of a private value does not open it. */
  | 'opening.mismatch'
  /** What is kept as the opening of a private value says that it was filled in somewhere else. */
  | 'opening.misplaced'
  /** A private value was redacted, and can be opened still. */
  | 'opening.unexpected'
  /** Lines among the openings that are none. */
  | 'opening.unreadable'
  /** The last of the openings was never finished. */
  | 'opening.torn'
  | SourceFault['code']
  /** The entries of a bundle are not those of its checkpoint. */
  | 'bundle.proof'
  /** A bundle lacks entries that belong to it. */
  | 'bundle.incomplete'

/** What can be wrong with the place where a trail lies. */
export interface SourceFault {
  /**
   * A tile that belongs to the log's size is not there, cannot be read, or is not what the entries give. A store says of
   * entries that they are there which are not, or keeps something beside them that is not what they say.
   */
  readonly code: 'tile.missing' | 'tile.malformed' | 'tile.differs' | 'store.missing' | 'store.differs'
  /** The first entry that it is about. */
  readonly seq: number
  readonly expected: string
  readonly found: string
}

/** What can be wrong with a decision while the record of it is whole. */
export type DecisionFindingCode =
  /** It was accepted, and the rules in force refuse it. */
  | 'decision.unjustified'
  /** It was refused, and the rules in force do not refuse it, or not for this reason. */
  | 'decision.wrongly-refused'
  /** It was accepted, and so do the rules, but with other events. */
  | 'decision.events-differ'
  | 'decision.actor-differs'
  | 'decision.policy-differs'
  /** It names other streams as read than the rules read, or other versions of them. */
  | 'decision.reads-differ'
  /** The same judgement again, restated without the code that decides: duties met in one person. */
  | 'duty.violated'
  | 'approval.unbound'
  | 'release.unapproved'
  | 'release.untested'
  | 'release.unmade'
  /** Something was done, signed off or put into effect with open items on its checklist. */
  | 'checklist.open'
  /** It was put into effect in a freeze, or outside of the windows that its stage asks for. */
  | 'release.untimely'
  /** A veto was lifted by somebody who may not, or the change was put into effect while it stood. */
  | 'veto.overridden'
  /** An exception was granted against the rules: to oneself, by a participant, without the role, or for too long. */
  | 'exception.unjustified'
  /** Private values were taken out of reach by somebody who takes part in the change, or is no administrator. */
  | 'redaction.unjustified'
  /** A template was approved by its proposer, or followed out of use or out of its bounds. */
  | 'template.unjustified'
  /** A share was taken of fewer persons than there were. */
  | 'electorate.understated'
  /** Two ids turned out to be one person after a change had taken effect that they could not both have had a part in. */
  | 'alias.late'
  /** A change was closed, given up or moved while a review or a remedy was owed on it. */
  | 'obligation.unfulfilled'
  /** What was owed, when it was due, or whether it was late is told otherwise than it was. */
  | 'obligation.misdated'
  | 'policy.supplied-differs'

export type FindingCode = IntegrityFindingCode | DecisionFindingCode

/** Something that does not hold: where, what the rules say, what is there, and why that matters. */
export interface Finding {
  readonly kind: 'integrity' | 'decision'
  readonly code: FindingCode
  /**
   * The entry, counted from 0; for a checkpoint its size, for a bundle as a whole that of its checkpoint, and 0 for a file as a
   * whole. docs/reference/findings.md has it code by code.
   */
  readonly seq: number
  /** The byte of the file at which the entry begins. */
  readonly offset?: number
  readonly expected: string
  readonly found: string
  readonly because: string
}

const integritySentences: Record<IntegrityFindingCode, string> = {
  bom: 'a byte order mark stands before the first entry; a trail has none',
  crlf: 'the line ends in CRLF: the file went through something that rewrites line ends',
  'line.empty': 'an empty line is no entry',
  'line.oversize': 'the line is longer than an entry can be',
  frame: 'the line does not have the form of an entry',
  'chain.start': 'the first entry does not begin a trail: something before it was removed',
  'chain.break': 'the entry does not continue the one before it: one of them was changed, removed, inserted or moved',
  'chain.fork': 'two entries continue the same one: two writers, or two histories joined',
  'chain.doubled': 'the entry stands here twice',
  'tail.torn': 'the last record is not complete, as after a crash',
  'entry.unreadable': 'the entry cannot be read as a record',
  'entry.seq': 'the entry says that it stands somewhere else',
  'entry.id-reused': 'two entries of one stream carry the same command id',
  'entry.back-dated': 'the entry is dated before one that it builds on',
  'entry.post-dated': 'the entry is dated later than somebody else had already seen it',
  'stream.gap': 'an entry of this stream is missing, doubled, or in another order',
  'founding.missing': 'the trail does not begin with its founding',
  'checkpoint.origin': 'the checkpoint is of another trail',
  'checkpoint.signature':
    'the checkpoint is not signed as it has to be: by a key that was given or one to which such a key leads, or, where none was given, by one that the trail names for its size',
  'checkpoint.truncated': 'the checkpoint counts more entries than there are: the end was cut off',
  'checkpoint.root': 'the trail is not the one that the checkpoint was made of: it was rewritten',
  'checkpoint.key-out-of-range':
    'the key that signed it was not the one for a trail of this size: it was replaced before, or came later',
  'checkpoint.fork': 'two checkpoints that were signed contradict each other: two histories of this trail were shown',
  'checkpoint.cosignature': 'a signature of a witness under the checkpoint does not hold',
  'timestamp.unsound': 'what was given does not bear out the time stamp',
  'timestamp.imprint': 'the time stamp is of something else',
  'opening.missing': 'nobody can open this private value any more, and no entry says that it was redacted',
  'opening.mismatch': 'what is kept to open this private value does not open it: it was changed',
  'opening.misplaced': 'what is kept to open this private value says that it was filled in somewhere else',
  'opening.unreadable': 'lines among the openings are none, so nobody can tell what they opened',
  'opening.torn': 'the last opening is not complete, as after a crash; no entry came to rest on it',
  'opening.unexpected': 'the value was redacted, and what opens it was not deleted, or was put back',
  'snapshot.differs': 'the snapshot does not show what the trail gives',
  'bundle.proof': 'the entries of the bundle are not those that its checkpoint was made of',
  'bundle.incomplete': 'entries of this history were left out of the bundle',
  'tile.missing': 'a file of the published trail is not there, so what it holds cannot be read or proved',
  'tile.malformed': 'a file of the published trail is no tile',
  'tile.differs': 'the published hashes are not those of the published entries',
  'store.missing':
    'the store says that there are entries which are not there: they were taken out, or the store is damaged',
  'store.differs': 'what the store keeps beside the entries is not what they say: one of the two was changed',
}

/** What a crash leaves behind in the middle of a write: by itself it breaks nothing. */
export const isTorn = (code: FindingCode): boolean => code === 'tail.torn' || code === 'opening.torn'

/** A finding about the bytes of a trail. */
export const integrityFinding = (
  code: IntegrityFindingCode,
  seq: number,
  expected: string,
  found: string,
  offset?: number,
): Finding => ({
  kind: 'integrity',
  code,
  seq,
  ...(offset === undefined ? {} : { offset }),
  expected,
  found,
  because: integritySentences[code],
})

/** A finding about what was decided. */
export const decisionFinding = (
  code: DecisionFindingCode,
  seq: number,
  expected: string,
  found: string,
  because: string,
): Finding => ({ kind: 'decision', code, seq, expected, found, because })
