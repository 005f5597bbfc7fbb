import type { Anchor, Finding, FindingCode, Verdict } from 'countersign/verify'
import { isUnread } from '../verify/unread-part.ts'
import { findingWords, placeOf, rankOf, type Step, stepOf } from './finding-words.ts'

// What is said of a trail whose integrity is broken.

/** Whether there is no entry at all, as far as anybody has looked. */
export function isNoTrail({ codes, entries, found, only, origin, size }: Verdict): boolean {
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
  // What nobody known has signed is not held against the trail.
  const isAgreed = anchors.every(one => isBorneOut(one) || one.signedBy === 'nobody known')
  if (!isAgreed || what.includes(undefined)) return []
  return (['signature', 'time stamp'] as const).filter(one => what.includes(one))
}

/** Whether the trail has its fingerprint, as far as that could be compared. */
const isBorneOut = ({ matches, agrees, uncompared }: Anchor): boolean =>
  matches || agrees === true || uncompared !== undefined

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

/** What a page says where a checkpoint, a snapshot or the like that was given is not borne out. */
export const notBorneOutWords = (what: readonly string[]): string =>
  `What you gave does not bear out the ${what.join(' and the ')} that the findings name: either a file, a key or a certificate is not the right one, or somebody has made ${what.length === 1 ? 'it' : 'them'} up.`

/** What checkpoints and snapshots say otherwise than the trail. */
const contradictions: readonly FindingCode[] = [
  'checkpoint.truncated',
  'checkpoint.root',
  'checkpoint.fork',
  'snapshot.differs',
]

/** Whether what is decided in it follows from the rules, as far as anything was found. */
const isFollowing = ({ findings }: Verdict): boolean => !findings.some(one => one.kind === 'decision')

/** What a trail is as far as its integrity is concerned, where nothing in it contradicts that. */
const inItself = (verdict: Verdict, what: 'The trail' | 'What is there'): string =>
  isFollowing(verdict) ? `${what} agrees with itself` : `${what} continues entry by entry`

/** What a trail does not agree with that is whole in itself. */
function contradicted(verdict: Verdict): string {
  const { codes } = verdict
  if (contradictions.some(code => codes[code] !== undefined))
    return `${inItself(verdict, 'What is there')}; it is not what somebody else has kept a record of.`
  if (codes['checkpoint.origin'] !== undefined)
    return `${inItself(verdict, 'The trail')}; a checkpoint of another one says nothing of it. Is it the trail that you mean?`
  return codes['entry.post-dated'] === undefined
    ? `${inItself(verdict, 'The trail')}; not all that was kept beside it, or given with it, is borne out.`
    : `${inItself(verdict, 'What is there')}, but does not agree with the time at which somebody else had seen it.`
}

/** Whether what a checkpoint is said to contradict is what nobody could read: the entry that names the trail. */
const isUncompared = ({ code }: Finding, { origin }: Verdict): boolean => code === 'checkpoint.origin' && origin === ''

/** What was found of what was given, in a sentence; and on whose word it rests, where no key could bear that out. */
function toldOf({ code }: Finding, { anchors }: Verdict): string {
  const words = `${findingWords(code)}.`
  if (code !== 'checkpoint.truncated' && code !== 'checkpoint.root') return words
  if (anchors.some(one => one.signedBy !== 'nobody known')) return words
  return `${words} That rests on the word of whoever gave you the checkpoint: no key is known here that could have signed it (--key FILE).`
}

/** How the first fault is told, where it does not say that the entries are others than were written. */
const unsound: Readonly<Partial<Record<FindingCode, string>>> = {
  'tile.missing': 'Not all of it can be read. The first place is',
  'tile.malformed': 'Not all of it can be read. The first place is',
  'store.missing': 'Not all of it is there. The first place is',
  'store.differs':
    'The store contradicts its own entries: these, or what it keeps beside them, were changed. The first place is',
}

/** What is wrong, in a few sentences: the first place that is, and what else was found of what was given with the trail. */
export function brokenSentences(verdict: Verdict): string[] {
  const integrity = verdict.findings.filter(one => one.kind === 'integrity' && one.code !== 'tail.torn')
  const about = integrity.filter(one =>
    /^(?:checkpoint\.|timestamp\.|opening\.|entry\.post-dated|snapshot\.)/.test(one.code),
  )
  const inside = integrity.filter(one => !about.includes(one))
  const [first] = inside.toSorted((a, b) => a.seq - b.seq || rankOf(a) - rankOf(b))
  const told = [...new Set(about.flatMap(one => (isUncompared(one, verdict) ? [] : [toldOf(one, verdict)])))]
  const besides = isFollowing(verdict)
    ? []
    : ['Besides, not all of it follows from the rules that were in force: see the findings.']
  const unborne = notBorneOut(verdict)
  if (unborne.length > 0)
    return [
      verdict.anchors.every(isBorneOut)
        ? `${inItself(verdict, 'The trail')}, and it has the fingerprint that each checkpoint here states.`
        : `${inItself(verdict, 'The trail')}. Of a checkpoint that no known key has signed, what it states was not held against it: anybody can write one.`,
      notBorneOutWords(unborne),
      // What the trail says of keys is not read then.
      ...(verdict.only === 'integrity' && unborne.includes('signature')
        ? ['With --only integrity no key leads to another one: if the key was replaced, give each of them (--key).']
        : []),
      ...besides,
    ]
  if (first === undefined && about.every(one => one.code.startsWith('opening.')))
    return [
      ...told,
      `${inItself(verdict, 'The trail')}; what was kept beside it does not agree with the trail.`,
      ...besides,
    ]
  if (first === undefined) return [...told, contradicted(verdict), ...besides]
  return [
    first.code === 'chain.break' && first.seq > 0
      ? `This is not what was written. It is wrong at entry ${first.seq - 1} or at ${placeOf(first, verdict.size)}, which does not continue it: one of the two was changed, removed, inserted or moved.`
      : `${unsound[first.code] ?? 'This is not what was written. The first place that is wrong is'} ${placeOf(first, verdict.size)}: ${first.because}.`,
    ...told,
    'Do not rely on what it says from there on.',
    ...(isFollowing(verdict) ? [] : ['The findings about decisions that come after it may only follow from it.']),
  ]
}
