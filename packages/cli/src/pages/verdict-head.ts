import { isRelied, type Verdict } from 'countersign/verify'
import { grouped } from '../shell/number.ts'
import { type ExitCode, isAnchored } from '../verify/exit-code.ts'
import { brokenHead, brokenSentences, isNoTrail } from './broken-words.ts'
import { stepOf } from './finding-words.ts'
import { count, type Style } from './page.ts'

/** What stands at the head of a verdict: what it comes to in a word, and what that means in a few sentences. */
export interface VerdictHead {
  readonly style: Style
  readonly word: string
  readonly sentences: readonly string[]
}

/** What a trail lies in, as its page calls it. */
export type Place = 'file' | 'store'

/** The first lines of a verdict's page: one word, and the sentences that say what it stands for. */
export function headOf(verdict: Verdict, exitCode: ExitCode, place: Place): VerdictHead {
  switch (exitCode) {
    case 0:
      return verdict.only === 'integrity' || isUnjudged(verdict) ? whole(verdict, place) : sound(verdict, place)
    case 1:
      return broken(verdict, place)
    case 3:
      return { style: 'red', word: 'NOT JUSTIFIED', sentences: [...unjustified(verdict), openEnd(verdict, place)] }
    case 4:
      return torn(verdict, place)
    case 5:
      return isAnchored(verdict) && verdict.anchoring.witnesses === 'not enough'
        ? unwitnessed(verdict, place)
        : unanchored(verdict, place)
    default:
      return exitCode satisfies never
  }
}

/** Whether no entry comes after the checkpoint of an earlier verdict. */
const isUnjudged = ({ since, size }: Verdict): boolean => since !== undefined && since >= size

/** The bytes are whole, and no decision was looked at. */
const whole = (verdict: Verdict, place: Place): VerdictHead => ({
  style: 'yellow',
  word: 'THE BYTES ARE WHOLE, AND NOT ONE DECISION WAS JUDGED',
  sentences: [followed(verdict), isAnchored(verdict) ? held(verdict) : openEnd(verdict, place)],
})

function sound(verdict: Verdict, place: Place): VerdictHead {
  if (!isAnchored(verdict))
    return {
      style: 'yellow',
      word: matchesAny(verdict) ? unsignedHead : 'SOUND AS FAR AS IT GOES, AND NOT ANCHORED',
      sentences: [followed(verdict), openEnd(verdict, place)],
    }
  if (isTrusted(verdict))
    return { style: 'green', word: heldHead(verdict), sentences: [followed(verdict), held(verdict)] }
  const doubt = 'Whoever wrote the trail anew could have written the checkpoint, too.'
  return { style: 'yellow', word: unsignedHead, sentences: [followed(verdict), held(verdict), doubt] }
}

const unsignedHead = 'SOUND, AND MATCHES A CHECKPOINT THAT NO KEY OF YOURS HAS SIGNED'

/** That a checkpoint holds it, all of it or in part, and witnesses have seen as much. */
function heldHead({ anchoring, anchoredSize, size }: Verdict): string {
  const held = anchoredSize === size ? 'HELD' : 'HELD IN PART'
  return anchoring.level === 'witnessed'
    ? `SOUND, ${held} BY A CHECKPOINT, AND WITNESSED${anchoredSize === size ? '' : ' AS FAR'}`
    : `SOUND, AND ${held} BY A CHECKPOINT`
}

const broken = (verdict: Verdict, place: Place): VerdictHead =>
  isNoTrail(verdict)
    ? { style: 'red', word: 'BROKEN: THIS IS NO TRAIL', sentences: [`Not one entry in this ${place} could be read.`] }
    : { style: 'red', word: brokenHead(verdict), sentences: brokenSentences(verdict) }

function unjustified(verdict: Verdict): string[] {
  const supplied = verdict.codes['policy.supplied-differs'] ?? 0
  const entries = new Set(
    verdict.findings.filter(one => one.kind === 'decision' && stepOf(one.code) !== 'rules').map(one => one.seq),
  )
  const told = []
  if (entries.size > 0)
    told.push(
      `The record is whole: nothing in it was altered after it was sealed. But ${count(entries.size, 'entry', 'entries')} in it ${entries.size === 1 ? 'does' : 'do'} not follow from the rules that were in force: somebody was let do what the rules forbid, or the record was made up.`,
    )
  if (supplied > 0)
    told.push(
      `${supplied === 1 ? 'A policy that was supplied is' : `${supplied} policies that were supplied are`} not what the trail has in force: the team works by other rules than it shows.`,
    )
  if (told.length === 0)
    told.push('The record is whole, but decisions name another policy than the one they were made under.')
  return told
}

function torn(verdict: Verdict, place: Place): VerdictHead {
  const { codes } = verdict
  const sentences = [followed(verdict)]
  if (codes['tail.torn'] !== undefined)
    sentences.push(
      'Behind its last entry lies a record without its end. Where the journal beside it (.journal) holds that record, as after a crash, the desk brings it in when it next opens the trail. Where there is no journal, no crash of the desk has left this: the end was cut off, and whoever gave that record in may have been told that it is in the trail; or this is a copy that was taken while somebody wrote. The file does not tell which. The desk takes such a record away.',
    )
  if (codes['opening.torn'] !== undefined)
    sentences.push(
      'Behind the last of the openings lies the beginning of one that was never finished, as a crash leaves it behind, or a copy that was taken while somebody wrote. No entry rests on it. The desk takes it away when it next opens them.',
    )
  return { style: 'yellow', word: 'SOUND BUT FOR A TORN END', sentences: [...sentences, openEnd(verdict, place)] }
}

/** A checkpoint holds it, and too few of the witnesses that were asked for have seen that. */
function unwitnessed(verdict: Verdict, place: Place): VerdictHead {
  const isSeen = verdict.anchoring.witnessed > 0
  return {
    style: 'yellow',
    word: `${isSeen ? 'WITNESSED IN PART' : 'NOT WITNESSED'}, AND WITNESSES WERE ASKED FOR`,
    sentences: [
      followed(verdict),
      isSeen
        ? `${seen(verdict)} Of what comes after them, whoever holds the key of the trail could show this to you, and something else to somebody else.`
        : 'No checkpoint that matches has the witnesses that the policy asks for. Whoever holds the key of the trail could show this checkpoint to you, and another one to somebody else.',
      openEnd(verdict, place),
    ],
  }
}

const unanchored = (verdict: Verdict, place: Place): VerdictHead => ({
  style: 'yellow',
  word: 'NOT ANCHORED, AND AN ANCHOR WAS ASKED FOR',
  sentences: [followed(verdict), whyUnanchored(verdict), openEnd(verdict, place)],
})

function whyUnanchored(verdict: Verdict): string {
  if (!matchesAny(verdict)) return 'No checkpoint that holds any of it was given. (--checkpoint FILE)'
  return isAnchored(verdict)
    ? 'A checkpoint that matches was given, but only a key that the trail itself names has signed it: whoever wrote the trail could have written both. (--key FILE)'
    : 'A checkpoint that matches was given, but no key that is known here has signed it, so anybody could have written it. (--key FILE)'
}

function followed(verdict: Verdict): string {
  const { size, only, since } = verdict
  if (only === 'integrity')
    return 'Each line begins and ends as an entry does and continues the one before it. What the entries say was not read: who decided what, under which rules, when, and which keys the trail names; nor whether they are UTF-8 and JSON. Leave out --only to have it judged.'
  const whole = 'Nothing in it contradicts itself, and'
  const judged = isUnjudged(verdict)
    ? 'no decision was judged: the checkpoint of --since counts every entry.'
    : `each decision from entry ${since} on follows from the rules that were in force when it was made.`
  if (since !== undefined)
    return `${whole} ${judged} Those before entry ${since} were not judged again: they are taken as they are recorded, and rest on the verdict that was given when the checkpoint of --since was verified.`
  return `${whole} each of its ${size === 1 ? 'decisions' : `${grouped(size)} decisions`} follows from the rules that were in force when it was made.`
}

const held = ({ anchoredSize, size }: Verdict) =>
  anchoredSize === size
    ? `All ${grouped(size)} entries are those that the checkpoint was made of. Whether more followed them, the checkpoint cannot tell.`
    : `The first ${grouped(anchoredSize)} of its ${grouped(size)} entries are those that the checkpoint was made of. What comes after them could have been re-written, or cut off at its end.`

/** How far those have seen it whom the policy of witnesses asks for. */
export const seen = ({ anchoring: { witnessed }, anchoredSize }: Verdict) =>
  `Of the ${grouped(anchoredSize)} entries that a checkpoint holds, the witnesses that the policy asks for have seen ${witnessed === 0 ? 'none' : `the first ${grouped(witnessed)}, and not the other ${grouped(anchoredSize - witnessed)}`}.`

/** How far a checkpoint holds a trail whose end is open all the same. */
const openEnd = (verdict: Verdict, place: Place): string =>
  isAnchored(verdict)
    ? `A checkpoint holds it up to entry ${verdict.anchoredSize - 1}.`
    : `It is a valid prefix, completeness not attested: without a checkpoint${matchesAny(verdict) ? ' that a known key has signed' : ''} nobody can tell whether its end was cut off, or all of it re-written by whoever can write the ${place}.`

/** Whether a checkpoint has the fingerprint of any of the trail, whoever has signed it. */
const matchesAny = ({ anchors }: Verdict) => anchors.some(one => one.matches && one.size > 0)

/** Whether the checkpoint that reaches furthest is signed by a key that the auditor gave. */
export const isTrusted = ({ anchors, anchoredSize }: Verdict) =>
  anchors.some(one => one.matches && one.size === anchoredSize && isRelied(one))
