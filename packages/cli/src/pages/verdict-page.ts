import { EMPTY_ROOT } from '@countersign/trail'
import {
  type Anchor,
  type Attestation,
  type Finding,
  type FindingCode,
  type ForkFound,
  isRelied,
  type Verdict,
} from 'countersign/verify'
import { grouped } from '../shell/number.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { type ExitCode, isAnchored } from '../verify/exit-code.ts'
import { forkedNames } from '../verify/fork-proof.ts'
import type { ComparedSchedules } from '../verify/schedules.ts'
import { isUnread } from '../verify/unread-part.ts'
import { isNoTrail } from './broken-words.ts'
import { findingWords, placeOf, rankOf, type Step, stepOf } from './finding-words.ts'
import { count, indented, moment, padTo, paragraph, type Setting, type Style, shortened } from './page.ts'
import { headOf, isTrusted, type Place, seen } from './verdict-head.ts'
import { numbers, sum } from './verdict-numbers.ts'
import { witnessLines } from './witness-words.ts'

/** What was asked for, as far as the page tells it. */
export interface Asked {
  readonly file: string
  readonly keys: number
  readonly snapshot: boolean
  readonly openings?: boolean
  /** What the trail lies in, as the page calls it: a file, unless told otherwise. */
  readonly place?: Place
  /** What shows a contradiction between checkpoints was written down already. */
  readonly forkProof?: boolean
  /** What the file is, where it holds not one entry, as far as its beginning tells. */
  readonly taken?: { readonly is: string; readonly help: string } | undefined
  /** Freezes and windows, as far as their schedules were worked out anew. */
  readonly schedules?: ComparedSchedules
}

const shownPerCode = 3

/**
 * The verdict for a person who is no programmer: the verdict first, then the argument, the numbers, the findings.
 *
 * @example
 * ```ts
 * import { settingFor, verdictPage } from '@countersign/cli'
 * import { verifyTrail } from 'countersign/verify'
 * const asked = { file: 'trail.jsonl', keys: 0, snapshot: false }
 * verdictPage(verifyTrail([]), asked, 1, settingFor(process.stdout)).length > 0 // → true
 * ```
 */
export function verdictPage(verdict: Verdict, asked: Asked, exitCode: ExitCode, setting: Setting): string {
  if (isAnotherFile(verdict)) return noTrailPage(verdict, asked, exitCode, setting)
  const parts = [
    headline(verdict, asked, exitCode, setting),
    steps(verdict, asked, setting, wordsFor(verdict, asked)),
    numbers(verdict, 'trail', setting, asked.schedules),
    findings(verdict, setting),
    anchoring(verdict, asked, setting),
    paragraph('', setting.paint('dim', `exit code ${exitCode}`), setting),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

/** Whether there is something, and not one entry in it. An empty file may become a trail. */
export const isAnotherFile = (verdict: Verdict): boolean =>
  isNoTrail(verdict) && verdict.bytes + (verdict.tail ?? 0) > 0

/** What can be said of a file that is no trail: what was expected, what is there, and what would help. */
function noTrailPage(verdict: Verdict, asked: Asked, exitCode: ExitCode, setting: Setting): string {
  const { style, word } = headOf(verdict, exitCode, asked.place ?? 'file')
  const { file, taken } = asked
  const size = count(verdict.bytes + (verdict.tail ?? 0), 'byte')
  const told = [
    `Not one entry could be read in ${terminalText(file)} (${size})${taken === undefined ? '' : `: it is ${taken.is}`}.`,
    `A trail is a text with one entry on each line, and its first line is {"body":{"at":"…",…},"prev":"${EMPTY_ROOT.slice(0, 8)}…"}.`,
    ...(taken === undefined ? [] : [terminalText(taken.help)]),
  ]
  const parts = [
    [
      setting.paint('bold', setting.paint(style, word)),
      ...told.map(sentence => paragraph('  ', sentence, setting)),
    ].join('\n'),
    findings(verdict, setting, 1),
    verdict.anchors.length === 0 ? '' : anchoring(verdict, asked, setting),
    paragraph('', setting.paint('dim', `exit code ${exitCode}`), setting),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function headline(verdict: Verdict, asked: Asked, exitCode: ExitCode, setting: Setting): string {
  const { style, word, sentences } = headOf(verdict, exitCode, asked.place ?? 'file')
  const origin = verdict.origin === '' ? 'a trail without a name' : `the trail ${terminalText(verdict.origin)}`
  const size = verdict.bytes + (verdict.tail ?? 0)
  const subject = `${origin}, in ${terminalText(asked.file)} (${count(size, 'byte')})`
  return [
    setting.paint('bold', setting.paint(style, word)),
    ...sentences.map(sentence => paragraph('  ', sentence, setting)),
    '',
    paragraph('  ', `This is ${subject}.`, setting),
  ].join('\n')
}

const asksFor: Record<Step, string> = {
  encoding: 'Encoding',
  chain: 'Chain and tree',
  checkpoints: 'Checkpoints, signatures',
  streams: 'Streams complete',
  rules: 'Policies and controls',
  decisions: 'Decisions re-decided',
  duties: 'Duties restated',
  openings: 'Private values',
  snapshot: 'Snapshot',
}

const labelWidth = 25

/** What each step comes to, but for that of the duties, of which it hangs on what was allowed. */
export type Explained = Readonly<Record<Exclude<Step, 'duties'>, string>>

export const explained: Explained = {
  encoding: 'every line is one entry, written in the one way in which it can be written',
  chain: 'every entry names the one before it by its fingerprint',
  checkpoints: 'the trail has the fingerprint that a checkpoint states, and a key that you gave has signed it',
  streams: 'no change and no rule misses an entry, and none is dated before what it builds on',
  rules: 'each decision names the policy that was adopted and in force',
  decisions: 'each command was decided once more, under the rules in force then: the same comes of it',
  openings: 'each can be opened, to what the trail has a commitment to, or an entry says that it was redacted',
  snapshot: 'it shows what the trail gives',
}

/** What each step comes to, as far as it was asked for, and by the keys that are known. */
const wordsFor = ({ only }: Verdict, asked: Asked): Explained => ({
  ...explained,
  // Without reading what the entries say.
  ...(only === 'integrity'
    ? { encoding: 'every line begins and ends as an entry does; whether it is UTF-8 and JSON was not asked' }
    : {}),
  ...(asked.keys > 0
    ? {}
    : {
        checkpoints: 'the trail has the fingerprint that a checkpoint states, and a key that is known has signed it',
      }),
})

/** What the duties come to, and where the verdict names what was allowed beside the rule, or done outside of it. */
function restated({ exceptions, obligations, unauthorised }: Verdict): string {
  const early = [
    ...(obligations.opened === 0 ? [] : ['what was owed afterwards']),
    ...(unauthorised.length === 0 ? [] : ['what was made outside of the process']),
  ]
  const made = exceptions.length === 0 ? '' : ' but by an exception'
  const effect = early.length === 0 ? '' : ` but for ${early.join(' and ')}`
  const where = made === '' && effect === '' ? '' : '; see “Numbers” below'
  return `nobody tested or approved what they made${made}, and nothing took effect too early${effect}: told once more by other means${where}`
}

/** What is asked of the entries alone that come after the checkpoint of `--since`. */
const sinceThere: readonly Step[] = ['rules', 'decisions', 'duties']

/** The steps of the argument, a line each: whether it holds, how many findings it has, or why it was not checked. */
export function steps(
  verdict: Verdict,
  asked: Pick<Asked, 'snapshot' | 'openings'>,
  setting: Setting,
  words: Explained = explained,
): string {
  const found = new Map<Step, number>()
  for (const [code, number] of Object.entries(verdict.codes)) {
    const step = stepOf(code as FindingCode)
    found.set(step, (found.get(step) ?? 0) + number)
  }
  const read = verdict.entries.accepted + sum(verdict.entries.refused)
  const lines = (Object.keys(asksFor) as Step[]).flatMap(step => {
    if (step === 'snapshot' && !asked.snapshot) return []
    if (step === 'openings' && asked.openings !== true) return []
    if (verdict.only === 'integrity' && ['streams', 'rules', 'decisions', 'duties'].includes(step)) return []
    const number = found.get(step) ?? 0
    const isFrom = verdict.since !== undefined && sinceThere.includes(step)
    const means = step === 'duties' ? restated(verdict) : words[step]
    const told = isFrom ? `from entry ${verdict.since} on: ${means}` : means
    const left = ['streams', 'rules', 'decisions', 'duties'].includes(step) && read < verdict.size
    const [mark, style, text]: [string, Style, string] =
      number > 0
        ? ['✗', 'red', `${count(number, 'finding')}, see below. It should be so: ${told}`]
        : step === 'checkpoints' && verdict.anchors.length === 0
          ? ['–', 'yellow', 'none was given, so this was not checked; see “What holds the trail” below']
          : step === 'checkpoints' && verdict.anchors.every(one => one.uncompared !== undefined)
            ? ['–', 'yellow', 'none could be compared; see “What holds the trail” below']
            : step === 'checkpoints' && !isTrusted(verdict)
              ? [
                  '~',
                  'yellow',
                  'the trail has the fingerprint that a checkpoint states, but no key that you gave has signed it',
                ]
              : read === 0 && step !== 'encoding' && verdict.only === undefined
                ? ['–', 'yellow', 'nothing to check']
                : left
                  ? [
                      '✓',
                      'yellow',
                      `${told}; ${read} of ${verdict.size} entries could be read, so only they were asked`,
                    ]
                  : isFrom && verdict.since === verdict.size
                    ? ['–', 'yellow', 'nothing to check: the checkpoint of --since counts every entry']
                    : ['✓', 'green', told]
    const asksOf = step === 'encoding' && verdict.only === 'integrity' ? 'Frame of each line' : asksFor[step]
    const label = `  ${setting.paint(style, mark)} ${padTo(asksOf, labelWidth)}`
    return [hung(label, labelWidth + 4, text, setting)]
  })
  return [setting.paint('bold', 'What was checked, step by step'), ...lines].join('\n')
}

/** A paragraph beside a label that is painted, so that its length is not its width. */
function hung(label: string, width: number, text: string, setting: Setting): string {
  const [first = '', ...rest] = paragraph(' '.repeat(width), text, setting).split('\n')
  return [label + first.slice(width), ...rest].join('\n')
}

/** The findings of a verdict, in the order of the argument and together by code; empty where there are none. */
export function findings(verdict: Verdict, setting: Setting, perCode = shownPerCode): string {
  if (verdict.found === 0) return ''
  const groups = new Map<FindingCode, Finding[]>()
  for (const one of verdict.findings.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    const group = groups.get(one.code)
    if (group === undefined) groups.set(one.code, [one])
    else group.push(one)
  }
  const blocks = [...groups].map(([code, list]) => {
    const all = Math.max(list.length, verdict.codes[code] ?? 0)
    const title = `${findingWords(code)} (${code}, ${grouped(all)} ×)`
    const shown = list.slice(0, perCode).map(one => findingLines(one, verdict.size, setting))
    const more = all - shown.length
    return [
      paragraph(`  ${setting.paint('red', '✗')} `, title, setting),
      ...shown,
      ...(more > 0 ? [`      and ${grouped(more)} more of these (${listedBy(list.length, all)})`] : []),
    ].join('\n')
  })
  const where = 'What each code means, how it can come about and what to do: verify-trail finding <code>'
  return [
    setting.paint('bold', `Findings: ${grouped(verdict.found)}`),
    ...blocks,
    paragraph('  ', where, setting),
  ].join('\n')
}

/** Whether the document has all of them: it lists so many findings, and counts the rest. */
const listedBy = (listed: number, all: number) =>
  listed === all ? '--json lists them' : `--json lists ${grouped(listed)} of them`

function findingLines(one: Finding, size: number, setting: Setting): string {
  const [expected, found] =
    one.expected === one.found
      ? [one.expected, 'the same, but with other facts than the rules give']
      : apart(one.expected, one.found)
  return [
    paragraph('    ', `${placeOf(one, size)}: ${brief(one.because, 600)}`, setting),
    hung('      expected  ', 16, brief(expected, 160), setting),
    hung('      found     ', 16, brief(found, 160), setting),
  ].join('\n')
}

const kept = 24

/** Of two long texts only what differs, with a little of what stands before it. */
function apart(one: string, other: string): [string, string] {
  if (Math.max(one.length, other.length) <= 160) return [one, other]
  let same = 0
  while (same < one.length && one[same] === other[same]) same += 1
  if (same <= kept) return [one, other]
  const from = (text: string) => (text.length <= same ? '(nothing more)' : `…${text.slice(same - kept).toWellFormed()}`)
  return [from(one), from(other)]
}

/** Digests are told by their first digits, anything else by its beginning; `--json` has the whole. */
const brief = (text: string, length: number) =>
  shortened(terminalText(text).replaceAll(/\b([0-9a-f]{16})[0-9a-f]{48}\b/g, '$1…'), length)

/** What keeps the trail from being cut off or written anew: somebody else's copy of its fingerprint. */
function anchoring(verdict: Verdict, asked: Asked, setting: Setting): string {
  const lines = verdict.anchors.flatMap((one, index) => [
    anchorLine(one, verdict, setting),
    ...attestationLines(one, verdict.attestations[index], 'copy', setting),
  ])
  if (lines.length === 0)
    lines.push(
      paragraph(
        '  ',
        `Nothing but itself: no checkpoint was given. Whoever can write the ${asked.place ?? 'file'} can cut off its end, or write all of it anew and seal it again, and it would look like this. To close the gap, have somebody else keep a signed checkpoint, and verify with --checkpoint FILE --key FILE.`,
        setting,
      ),
    )
  else if (isAnchored(verdict) && verdict.anchoredSize < verdict.size)
    lines.push(
      paragraph(
        '  ',
        verdict.anchoredSize === verdict.size - 1
          ? `Entry ${verdict.anchoredSize} came after the last checkpoint that counts, and nothing holds it yet.`
          : `Entries ${verdict.anchoredSize} to ${verdict.size - 1} came after the last checkpoint that counts, and nothing holds them yet.`,
        setting,
      ),
    )
  if (isAnchored(verdict) && verdict.anchoring.witnesses === 'not enough')
    lines.push(paragraph('  ', seen(verdict), setting))
  for (const one of verdict.forks) lines.push(forkLine(one, asked, setting))
  if (asked.keys > 0 && verdict.anchors.length === 0)
    lines.push(paragraph('  ', 'A key was given, and no checkpoint that it could have signed.', setting))
  return [setting.paint('bold', 'What holds the trail'), ...lines].join('\n')
}

/** Two checkpoints that contradict each other: what a person has to know of them before anything else. */
export function forkLine(one: ForkFound, { forkProof }: Pick<Asked, 'forkProof'>, setting: Setting): string {
  const [smaller, larger] = forkedNames(one)
  const because =
    one.smallerSize === one.largerSize
      ? `both are of ${count(one.smallerSize, 'entry', 'entries')} and have other fingerprints`
      : `${larger} is of ${count(one.largerSize, 'entry', 'entries')}, and of the first ${grouped(one.smallerSize)} it has other ones than ${smaller} says`
  const hint = forkProof === true ? '' : ' --fork-proof FILE writes down what shows this to anybody else.'
  const told = `${smaller} and ${larger} cannot both be of one history: ${because}. Whoever has the key has shown two.${hint}`
  return hung(`  ${setting.paint('red', '✗')} `, 4, told, setting)
}

/** What a checkpoint holds that matches, or has no more than the fingerprint of. */
function reachOf(one: Anchor, verdict: Verdict & { readonly held?: number }): string {
  const isUnsigned = one.signedBy === 'nobody known'
  const verb = isUnsigned ? 'has the fingerprint of' : 'holds'
  const size = grouped(verdict.size)
  const { held = verdict.size } = verdict
  const isWhole = held === verdict.size
  if (one.size === 0) return 'is of an empty trail, so it holds nothing'
  if (one.size !== verdict.size)
    return `${verb} ${isUnsigned || isWhole ? '' : 'those of this bundle among '}the first ${count(one.size, 'entry', 'entries')} of ${size}`
  if (isWhole) return `${verb} all ${count(one.size, 'entry', 'entries')}`
  const part = `${count(held, 'entry', 'entries')} of this bundle`
  return isUnsigned
    ? `${verb} the ${size} entries of the trail, among them the ${part}`
    : `${verb} the ${part}, among the ${size} of the trail`
}

/** What one checkpoint says of a trail: how much of it that holds, and who has signed it. */
export function anchorLine(one: Anchor, verdict: Verdict, setting: Setting): string {
  const name = terminalText(one.name)
  if (one.uncompared !== undefined) return uncomparedLine(one, verdict, setting)
  if (!one.matches) {
    const which = `The checkpoint ${name}, of ${count(one.size, 'entry', 'entries')},`
    const told =
      one.agrees === true
        ? `${which} states the fingerprint that the trail has, and holds nothing, as a signature under it is not borne out: see the findings.`
        : `${which} does not match: see the findings.`
    return hung(`  ${setting.paint('red', '✗')} `, 4, told, setting)
  }
  const trusted = isRelied(one) && one.size > 0
  const mark = trusted ? setting.paint('green', '✓') : setting.paint('yellow', '~')
  return hung(`  ${mark} `, 4, `The checkpoint ${name} ${reachOf(one, verdict)}. ${signature[one.signedBy]}`, setting)
}

/** What is said of a checkpoint whose root a bundle or a copy does not have: who has signed it, and that this is all. */
function uncomparedLine(one: Anchor, verdict: Verdict, setting: Setting): string {
  const isAtFault = one.uncompared === 'at fault'
  const mark = isAtFault ? setting.paint('red', '✗') : setting.paint('yellow', '–')
  const name = `The checkpoint ${terminalText(one.name)}, of ${count(one.size, 'entry', 'entries')},`
  const size = grouped(verdict.size)
  const because = `a bundle proves the fingerprint of the ${size} entries of its own checkpoint, and those of sizes that end with an entry which it holds, and no other. Whether the two are of one history takes the whole trail to tell.`
  const unread = `${name} could not be compared, as no more than ${size} could be read. It holds nothing here`
  const told = isUnread(verdict)
    ? `${unread}${isAtFault ? ', nor is it in order: see the findings.' : `. ${signature[one.signedBy]}`}`
    : isAtFault
      ? `${name} is not in order: see the findings. Its fingerprint was not compared: ${because}`
      : `${name} was not compared, so it holds nothing here: ${because} ${signature[one.signedBy]}`
  return hung(`  ${mark} `, 4, told, setting)
}

/** What others say of a checkpoint, beneath its line. */
export function attestationLines(
  anchor: Anchor,
  attestation: Attestation | undefined,
  part: 'bundle' | 'copy',
  setting: Setting,
): string[] {
  if (attestation === undefined) return []
  const { witnessed, timestamps } = attestation
  const told = witnessed === undefined ? [] : witnessLines(witnessed)
  if (witnessed?.quorum !== undefined && !isRelied(anchor))
    told.push('· no log that you trust has signed it, so no witness of it counts; give its key with --key')
  else if (witnessed?.log === false) told.push('· none of the logs that the policy of witnesses names has signed it')
  for (const { name, time, signer, serial } of timestamps)
    told.push(
      `✓ the time stamp ${terminalText(name)} says that it was there at ${moment(time)} (number ${serial} of ${terminalText(signer)})`,
    )
  if (timestamps.length > 0)
    told.push('  Whether the certificate of a time stamping authority has been revoked since was not asked.')
  if (told.length > 0 && anchor.uncompared !== undefined)
    told.push(`· they say this of the checkpoint, which was not compared, and so nothing of the ${part}`)
  return told.map(line => indented(line, 6, setting))
}

const signature: Record<Anchor['signedBy'], string> = {
  'given key': 'It is signed by a key that you gave.',
  'earlier key':
    'It is signed by an earlier key of the trail, which one of yours has replaced since: a checkpoint that counts here holds the entry that names it.',
  'key handed on':
    'It is signed by a key that took the place of one that you gave: a checkpoint of yours, signed by the key before, holds the entry that names it.',
  "trail's own key":
    'It is signed only by the key that the trail itself names, which proves little: whoever writes a trail anew can name another key in it. It is worth as much as the way by which the checkpoint came to you; give the key that you trust with --key.',
  'nobody known':
    'No key that is known here has signed it, so it is worth as much as the way by which it came to you; give the key that you trust with --key.',
}
