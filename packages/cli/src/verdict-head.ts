import type { Anchor, Finding, FindingCode, Verdict } from 'countersign/verify'
import { type ExitCode, isAnchored } from './exit-code.ts'
import { findingWords, placeOf, rankOf, type Step, stepOf } from './finding-words.ts'
import { grouped } from './number.ts'
import { count, type Style } from './page.ts'
import { isUnread } from './unread.ts'

// What stands at the head of a verdict: what it comes to in a word, and what that means in a few sentences.

const unanchoredHead = 'SOUND AS FAR AS IT GOES, AND NOT ANCHORED'
const unsignedHead = 'SOUND, AND MATCHES A CHECKPOINT THAT NO KEY OF YOURS HAS SIGNED'

/** That a checkpoint holds it, all of it or in part, and witnesses have seen as much. */
function heldHead({ anchoring, anchoredSize, size }: Verdict): string {
  const held = anchoredSize === size ? 'HELD' : 'HELD IN PART'
  return anchoring.level === 'witnessed'
    ? `SOUND, ${held} BY A CHECKPOINT, AND WITNESSED${anchoredSize === size ? '' : ' AS FAR'}`
    : `SOUND, AND ${held} BY A CHECKPOINT`
}

/** The verdict in plain words. */
export function spoken(verdict: Verdict, exitCode: ExitCode): readonly [Style, string, readonly string[]] {
  const open = isAnchored(verdict)
    ? `A checkpoint holds it up to entry ${verdict.anchoredSize - 1}.`
    : `It is a valid prefix, completeness not attested: without a checkpoint${matchesAny(verdict) ? ' that a known key has signed' : ''} nobody can tell whether its end was cut off, or all of it re-written by whoever can write the file.`
  switch (exitCode) {
    case 0:
      if (verdict.only === 'integrity') return whole(verdict, open)
      return !isAnchored(verdict)
        ? ['yellow', matchesAny(verdict) ? unsignedHead : unanchoredHead, [followed(verdict), open]]
        : isTrusted(verdict)
          ? ['green', heldHead(verdict), [followed(verdict), held(verdict)]]
          : [
              'yellow',
              unsignedHead,
              [
                followed(verdict),
                held(verdict),
                'Whoever wrote the trail anew could have written the checkpoint, too.',
              ],
            ]
    case 1:
      if (isNoTrail(verdict)) return ['red', 'BROKEN: THIS IS NO TRAIL', ['Not one entry in this file could be read.']]
      return ['red', brokenHead(verdict), broken(verdict)]
    case 3:
      return ['red', 'NOT JUSTIFIED', [...unjustified(verdict), open]]
    case 4:
      return [
        'yellow',
        'SOUND BUT FOR A TORN END',
        [
          followed(verdict),
          ...(verdict.codes['tail.torn'] === undefined
            ? []
            : [
                'Behind its last entry lies the beginning of a record that was never finished, as a crash leaves it behind, or a copy that was taken while somebody wrote. Nobody was told that this record is in the trail. The desk takes it away when it next opens the trail.',
              ]),
          ...(verdict.codes['opening.torn'] === undefined
            ? []
            : [
                'Behind the last of the openings lies the beginning of one that was never finished, as a crash leaves it behind, or a copy that was taken while somebody wrote. No entry rests on it. The desk takes it away when it next opens them.',
              ]),
          open,
        ],
      ]
    case 5:
      if (isAnchored(verdict) && verdict.anchoring.witnesses === 'not enough')
        return [
          'yellow',
          verdict.anchoring.witnessed > 0
            ? 'WITNESSED IN PART, AND WITNESSES WERE ASKED FOR'
            : 'NOT WITNESSED, AND WITNESSES WERE ASKED FOR',
          [
            followed(verdict),
            verdict.anchoring.witnessed > 0
              ? `${seen(verdict)} Of what comes after them, whoever holds the key of the trail could show this to you, and something else to somebody else.`
              : 'No checkpoint that matches has the witnesses that the policy asks for. Whoever holds the key of the trail could show this checkpoint to you, and another one to somebody else.',
            open,
          ],
        ]
      return [
        'yellow',
        'NOT ANCHORED, AND AN ANCHOR WAS ASKED FOR',
        [
          followed(verdict),
          matchesAny(verdict)
            ? isAnchored(verdict)
              ? 'A checkpoint that matches was given, but only a key that the trail itself names has signed it: whoever wrote the trail could have written both. (--key FILE)'
              : 'A checkpoint that matches was given, but no key that is known here has signed it, so anybody could have written it. (--key FILE)'
            : 'No checkpoint that holds any of it was given. (--checkpoint FILE)',
          open,
        ],
      ]
    default:
      return exitCode satisfies never
  }
}

/** The bytes are whole, and nothing else was looked at. */
const whole = (verdict: Verdict, open: string): readonly [Style, string, readonly string[]] => [
  'yellow',
  'THE BYTES ARE WHOLE, AND NOT ONE DECISION WAS JUDGED',
  [followed(verdict), isAnchored(verdict) ? held(verdict) : open],
]

/** Whether a checkpoint has the fingerprint of any of the trail, whoever has signed it. */
const matchesAny = ({ anchors }: Verdict) => anchors.some(one => one.matches && one.size > 0)

/** Whether the checkpoint that reaches furthest is signed by a key that the auditor gave. */
export const isTrusted = ({ anchors, anchoredSize }: Verdict) =>
  anchors.some(one => one.matches && one.size === anchoredSize && isRelied(one))

/** Whether the key that signed it is the auditor's, or one to which such a key leads. */
export const isRelied = ({ signedBy }: Anchor) => signedBy === 'given key' || signedBy === 'key handed on'

/** Whether there is no entry at all, as far as anybody has looked. */
function isNoTrail({ codes, entries, found, only, origin, size }: Verdict): boolean {
  if (origin !== '' || entries.accepted > 0 || Object.keys(entries.refused).length > 0) return false
  // Behind a file or an entry that is missing lies what was not read.
  if (isUnread({ codes }) || codes['store.missing'] !== undefined) return false
  if (only === undefined || size === 0) return true
  const formless = (codes.frame ?? 0) + (codes['line.empty'] ?? 0) + (codes['line.oversize'] ?? 0)
  // Of many faults the first ones are counted by their codes.
  return formless >= size || (found >= size && formless >= mostByCode)
}

const mostByCode = 1_000

/** What is found where nothing but what bears out a checkpoint is at fault: who has signed it, who has seen it, and when. */
const ofSigners: Readonly<Partial<Record<FindingCode, 'signature' | 'time stamp'>>> = {
  'checkpoint.signature': 'signature',
  'checkpoint.key-out-of-range': 'signature',
  'checkpoint.cosignature': 'signature',
  'timestamp.unsound': 'time stamp',
  'timestamp.imprint': 'time stamp',
}

/**
 * What was given with a trail or a bundle and is not borne out, where that is all that breaks its integrity: it has the
 * fingerprint of each checkpoint that could be compared.
 */
export function notBorneOut({ anchors, codes }: Pick<Verdict, 'anchors' | 'codes'>): readonly string[] {
  const integrity = (Object.keys(codes) as FindingCode[]).filter(code => isBreaking(code))
  const what = integrity.map(code => ofSigners[code])
  const isAgreed = anchors.every(one => one.matches || one.agrees === true || one.uncompared !== undefined)
  if (!isAgreed || what.includes(undefined)) return []
  return (['signature', 'time stamp'] as const).filter(one => what.includes(one))
}

const isBreaking = (code: FindingCode): boolean =>
  code !== 'tail.torn' && code !== 'opening.torn' && !judged.has(stepOf(code))

/** The steps whose findings say that a decision is not justified. */
const judged: ReadonlySet<Step> = new Set(['rules', 'decisions', 'duties'])

/** `BROKEN`, and of what bears out a checkpoint alone, which that is. */
export function brokenHead(verdict: Pick<Verdict, 'anchors' | 'codes'>): string {
  const what = notBorneOut(verdict)
  if (what.length === 0) return 'BROKEN'
  const named = what.map(one => `A ${one.toUpperCase()}`).join(' AND ')
  return `BROKEN: ${named} THAT ${what.length === 1 ? 'IS' : 'ARE'} NOT BORNE OUT`
}

export const notBorneOutWords = (what: readonly string[]): string =>
  `What you gave does not bear out the ${what.join(' and the ')} that the findings name: either a file, a key or a certificate is not the right one, or somebody has made ${what.length === 1 ? 'it' : 'them'} up.`

/** What checkpoints and snapshots say otherwise than the trail. */
const contradictions: readonly FindingCode[] = [
  'checkpoint.origin',
  'checkpoint.truncated',
  'checkpoint.root',
  'checkpoint.fork',
  'snapshot.differs',
]

/** What a trail does not agree with that agrees with itself. */
function contradicted({ codes }: Verdict): string {
  if (contradictions.some(code => codes[code] !== undefined))
    return 'What is there agrees with itself; it is not what somebody else has kept a record of.'
  return codes['entry.post-dated'] === undefined
    ? 'The trail agrees with itself; not all that was kept beside it, or given with it, is borne out.'
    : 'What is there agrees with itself, but not with the time at which somebody else had seen it.'
}

/** Whether what a checkpoint is said to contradict is what nobody could read: the entry that names the trail. */
const isUncompared = ({ code }: Finding, { origin }: Verdict): boolean => code === 'checkpoint.origin' && origin === ''

function followed({ size, only, since }: Verdict): string {
  if (only === 'integrity')
    return 'Each line is in the form of an entry and continues the one before it. What the entries say was not read: who decided what, under which rules, when, and which keys the trail names. Leave out --only to have it judged.'
  const whole = 'Nothing in it contradicts itself, and'
  if (since !== undefined)
    return `${whole} each decision from entry ${since} on follows from the rules that were in force when it was made. Those before entry ${since} were not judged again: they are taken as they are recorded, and rest on the verdict that was given when the checkpoint of --since was verified.`
  return `${whole} each of its ${size === 1 ? 'decisions' : `${grouped(size)} decisions`} follows from the rules that were in force when it was made.`
}

const held = ({ anchoredSize, size }: Verdict) =>
  anchoredSize === size
    ? `All ${grouped(size)} entries are those that the checkpoint was made of. Whether more followed them, the checkpoint cannot tell.`
    : `The first ${grouped(anchoredSize)} of its ${grouped(size)} entries are those that the checkpoint was made of. What comes after them could have been re-written, or cut off at its end.`

/** How far those have seen it whom the policy of witnesses asks for. */
export const seen = ({ anchoring: { witnessed }, anchoredSize }: Verdict) =>
  `Of the ${grouped(anchoredSize)} entries that a checkpoint holds, the witnesses that the policy asks for have seen ${witnessed === 0 ? 'none' : `the first ${grouped(witnessed)}, and not the other ${grouped(anchoredSize - witnessed)}`}.`

/** How the first fault is told, where it does not say that the entries are others than were written. */
const unsound: Readonly<Partial<Record<FindingCode, string>>> = {
  'tile.missing': 'Not all of it can be read. The first place is',
  'tile.malformed': 'Not all of it can be read. The first place is',
  'store.missing': 'Not all of it is there. The first place is',
  'store.differs':
    'The store contradicts its own entries: these, or what it keeps beside them, were changed. The first place is',
}

function broken(verdict: Verdict): string[] {
  const integrity = verdict.findings.filter(one => one.kind === 'integrity' && one.code !== 'tail.torn')
  const about = integrity.filter(one =>
    /^(?:checkpoint\.|timestamp\.|opening\.|entry\.post-dated|snapshot\.)/.test(one.code),
  )
  const inside = integrity.filter(one => !about.includes(one))
  const [first] = inside.toSorted((a, b) => a.seq - b.seq || rankOf(a) - rankOf(b))
  const told = [...new Set(about.flatMap(one => (isUncompared(one, verdict) ? [] : [`${findingWords(one.code)}.`])))]
  const follows = verdict.findings.some(one => one.kind === 'decision')
  const unborne = notBorneOut(verdict)
  if (unborne.length > 0)
    return [
      'The trail agrees with itself, and it has the fingerprint that each checkpoint here states.',
      notBorneOutWords(unborne),
      ...(follows ? ['Besides, not all of it follows from the rules that were in force: see the findings.'] : []),
    ]
  if (first === undefined && about.every(one => one.code.startsWith('opening.')))
    return [...told, 'The trail agrees with itself; what was kept beside it does not agree with the trail.']
  if (first === undefined) return [...told, contradicted(verdict)]
  return [
    first.code === 'chain.break' && first.seq > 0
      ? `This is not what was written. It is wrong at entry ${first.seq - 1} or at ${placeOf(first, verdict.size)}, which does not continue it: one of the two was changed, removed, inserted or moved.`
      : `${unsound[first.code] ?? 'This is not what was written. The first place that is wrong is'} ${placeOf(first, verdict.size)}: ${first.because}.`,
    ...told,
    'Do not rely on what it says from there on.',
    ...(follows ? ['The findings about decisions that come after it may only follow from it.'] : []),
  ]
}

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
