import type { BundleVerdict } from 'countersign/bundle'
import { type ExitCode, isAnchored } from '../verify/exit-code.ts'
import { brokenHead, notBorneOut, notBorneOutWords } from './broken-words.ts'
import { isTrusted, seen, type VerdictHead } from './verdict-head.ts'

const follows =
  'What it holds is whole, and each decision that can be judged from here follows from the rules that were in force when it was made.'

/** What stands at the head of a verdict on a bundle. */
export function bundleHeadOf(verdict: BundleVerdict, exitCode: ExitCode): VerdictHead {
  switch (exitCode) {
    case 0:
      return sound(verdict)
    case 1:
      return { style: 'red', word: brokenHead(verdict), sentences: [whyBroken(verdict)] }
    case 3:
      return {
        style: 'red',
        word: 'NOT JUSTIFIED',
        sentences: [
          'What it holds is whole. But something in it does not follow from the rules that were in force: somebody was let do what the rules forbid, or the record was made up.',
        ],
      }
    case 4:
    case 5:
      return isAnchored(verdict) && verdict.anchoring.witnesses === 'not enough'
        ? unwitnessed(verdict)
        : unanchored(verdict)
    default:
      return exitCode satisfies never
  }
}

function sound(verdict: BundleVerdict): VerdictHead {
  if (!isAnchored(verdict))
    return {
      style: 'yellow',
      word: 'SOUND AS FAR AS IT GOES, AND NOT ANCHORED',
      sentences: [
        follows,
        'But no key of yours has signed its checkpoint: whoever can compute hashes can make such a file about anything. (--key FILE)',
      ],
    }
  if (!isTrusted(verdict))
    return {
      style: 'yellow',
      word: 'SOUND, AND MATCHES A CHECKPOINT THAT NO KEY OF YOURS HAS SIGNED',
      sentences: [follows],
    }
  const isWitnessed = verdict.anchoring.level === 'witnessed'
  const word = isWitnessed ? 'SOUND, HELD BY A CHECKPOINT, AND WITNESSED' : 'SOUND, AND HELD BY A CHECKPOINT'
  return { style: 'green', word, sentences: [follows] }
}

function whyBroken(verdict: BundleVerdict): string {
  if (!isBesides(verdict))
    return 'This is no evidence: it is not what the checkpoint was made of, something was left out, or a signature is bad. See the findings.'
  const own = 'What it holds is what its own checkpoint was made of.'
  if (verdict.forks.length > 0)
    return `${own} But whoever has the key of the trail has signed two checkpoints that cannot both be of one history, so this can be evidence of one that others were not shown. See the findings.`
  const unborne = notBorneOut(verdict)
  return unborne.length > 0
    ? `${own} ${notBorneOutWords(unborne)}`
    : `${own} But what was given with it does not hold: a checkpoint is of another trail or another history, or a signature or a time stamp is bad. See the findings.`
}

/** Whether the bundle agrees with its own checkpoint, and something that was given beside it does not hold. */
const isBesides = ({ anchors: [own], codes }: BundleVerdict): boolean =>
  (own?.matches === true || own?.agrees === true) &&
  Object.keys(codes).every(code => /^(?:checkpoint|timestamp)\./.test(code))

const unwitnessed = (verdict: BundleVerdict): VerdictHead => ({
  style: 'yellow',
  word: 'NOT WITNESSED, AND WITNESSES WERE ASKED FOR',
  sentences: [
    follows,
    verdict.anchoring.witnessed > 0
      ? seen(verdict)
      : 'No checkpoint that matches has the witnesses that the policy asks for.',
    'Whoever holds the key of the trail could show this checkpoint to you, and another one to somebody else.',
  ],
})

function unanchored(verdict: BundleVerdict): VerdictHead {
  const isOtherGiven = verdict.anchors.some(one => one.matches && one.inBundle !== true)
  const unsigned = `No key of yours has signed its checkpoint${isOtherGiven ? ', nor any other that matches' : ''}. (--key FILE)`
  return { style: 'yellow', word: 'NOT ANCHORED, AND AN ANCHOR WAS ASKED FOR', sentences: [follows, unsigned] }
}
