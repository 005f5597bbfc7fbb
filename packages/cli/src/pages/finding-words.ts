import type { Finding, FindingCode } from 'countersign/verify'
import { grouped } from '../shell/number.ts'

/** The steps of the argument that a verdict makes, one after the other. */
const steps = [
  'encoding',
  'chain',
  'checkpoints',
  'streams',
  'rules',
  'decisions',
  'duties',
  'openings',
  'snapshot',
] as const
export type Step = (typeof steps)[number]

/** For each code what was found, for a person, and the step that it breaks. */
const words: Record<FindingCode, readonly [step: Step, what: string]> = {
  bom: ['encoding', 'Something has put a mark before the first entry'],
  crlf: ['encoding', 'Line ends were rewritten'],
  'line.empty': ['encoding', 'Empty lines'],
  'line.oversize': ['encoding', 'Lines that are too long to be an entry'],
  frame: ['encoding', 'Lines that are no entry'],
  'entry.unreadable': ['encoding', 'Entries that cannot be read'],
  'tail.torn': ['encoding', 'The last record is not complete'],
  'tile.missing': ['encoding', 'A file of the published trail is missing'],
  'tile.malformed': ['encoding', 'A file of the published trail cannot be read'],
  'store.missing': ['chain', 'Entries that the store says are there, and are not'],
  'store.differs': ['chain', 'The store keeps something beside the entries that is not what they say'],
  'bundle.proof': ['chain', 'The entries of the bundle are not those of its checkpoint'],
  'tile.differs': ['chain', 'Published hashes that are not those of the published entries'],
  'chain.start': ['chain', 'The beginning is missing'],
  'chain.break': ['chain', 'The chain is broken: something was altered, removed, put in or moved'],
  'chain.fork': ['chain', 'The trail forks: two entries follow the same one'],
  'chain.doubled': ['chain', 'Entries that stand there twice'],
  'founding.missing': ['chain', 'The founding entry is missing'],
  'entry.seq': ['streams', 'Entries that say they stand somewhere else'],
  'entry.id-reused': ['streams', 'Commands that were recorded twice'],
  'entry.back-dated': ['streams', 'Back-dated entries'],
  'entry.post-dated': ['checkpoints', 'Entries that are dated after somebody else had seen them'],
  'stream.gap': ['streams', 'A history has a gap'],
  'bundle.incomplete': ['streams', 'Entries were left out of the bundle'],
  'checkpoint.origin': ['checkpoints', 'A checkpoint of another trail'],
  'checkpoint.signature': ['checkpoints', 'A checkpoint whose signature is not borne out'],
  'checkpoint.truncated': ['checkpoints', 'The end of the trail was cut off'],
  'checkpoint.root': ['checkpoints', 'The trail is not the one that the checkpoint was made of'],
  'checkpoint.key-out-of-range': ['checkpoints', 'A checkpoint by a key that was not the one for its size'],
  'checkpoint.fork': ['checkpoints', 'Two checkpoints that contradict each other: two histories were shown'],
  'checkpoint.cosignature': ['checkpoints', 'A signature of a witness that does not hold'],
  'timestamp.unsound': ['checkpoints', 'A time stamp that is not borne out'],
  'timestamp.imprint': ['checkpoints', 'A time stamp of something else'],
  'opening.missing': ['openings', 'Private values that nobody can open, and no entry says that they were redacted'],
  'opening.mismatch': ['openings', 'Openings of private values that were changed'],
  'opening.misplaced': ['openings', 'Openings that tell another place than the one at which their value was filled in'],
  'opening.unreadable': ['openings', 'Lines among the openings that are none'],
  'opening.torn': ['openings', 'The last opening is not complete'],
  'opening.unexpected': ['openings', 'Private values that were redacted, and can be opened still'],
  'snapshot.differs': ['snapshot', 'The snapshot shows something else than the trail'],
  'decision.policy-differs': ['rules', 'Decisions under another policy than the one they name'],
  'policy.supplied-differs': ['rules', 'A policy that was supplied is not the one in force'],
  'decision.unjustified': ['decisions', 'Accepted, and the rules refuse it'],
  'decision.wrongly-refused': ['decisions', 'Refused, and the rules do not refuse it, or not for this reason'],
  'decision.events-differ': ['decisions', 'Recorded with other consequences than the rules give it'],
  'decision.actor-differs': ['decisions', 'Put down to somebody else than the one who did it'],
  'decision.reads-differ': ['decisions', 'Recorded as resting on something else than it did'],
  'duty.violated': ['duties', 'One person held two duties that are kept apart'],
  'approval.unbound': ['duties', 'Decisions about something else than what was there'],
  'release.unapproved': ['duties', 'Put into effect before it was approved'],
  'release.untested': ['duties', 'Put into effect before it was tested'],
  'release.unmade': ['duties', 'Put into effect, and nobody is known to have made it'],
  'checklist.open': ['duties', 'Done, signed off or put into effect with open items on a checklist'],
  'release.untimely': ['duties', 'Put into effect in a freeze, or outside of its windows'],
  'veto.overridden': ['duties', 'A veto that was passed over, or lifted by somebody who may not'],
  'exception.unjustified': ['duties', 'Exceptions that nobody was in a position to grant'],
  'redaction.unjustified': ['duties', 'Private values that were redacted by somebody who may not'],
  'template.unjustified': ['duties', 'Standard changes on a template that does not bear them'],
  'electorate.understated': ['duties', 'A share taken of fewer persons than there were'],
  'obligation.unfulfilled': ['duties', 'Put aside while something was owed on it'],
  'obligation.misdated': ['duties', 'What was owed, or when, is told otherwise than it was'],
  'alias.late': ['duties', 'Learned too late: two of those who decided were one person'],
}

/** What a code of a finding means, in a few words. */
export const findingWords = (code: FindingCode): string => words[code][1]

/** The step of the argument to which a code of a finding belongs. */
export const stepOf = (code: FindingCode): Step => words[code][0]

/** Where in the argument a finding stands. */
export const rankOf = ({ code }: Finding): number => steps.indexOf(stepOf(code))

/** What a finding is about, in a trail of so many entries. */
export function placeOf(one: Finding, size: number): string {
  // What is wrong with a bundle as a whole is told at the size of its checkpoint, where no entry is.
  if (one.code.startsWith('checkpoint.') || (one.code.startsWith('bundle.') && one.seq === size))
    return `at size ${one.seq}`
  if (one.code === 'snapshot.differs' || one.code === 'policy.supplied-differs') return 'at the end'
  if (one.code.startsWith('timestamp.') || one.code === 'opening.unreadable' || one.code === 'opening.torn')
    return 'of what was given'
  return `entry ${one.seq}${one.offset === undefined ? '' : ` (at byte ${grouped(one.offset)})`}`
}
