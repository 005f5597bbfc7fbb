import type { BundleVerdict } from 'countersign/bundle'
import { grouped } from '../shell/number.ts'
import { terminalText } from '../shell/terminal-text.ts'
import type { ExitCode } from '../verify/exit-code.ts'
import { bundleHeadOf } from './bundle-head.ts'
import { count, moment, paragraph, type Setting } from './page.ts'
import { isTrusted } from './verdict-head.ts'
import { aheadNote, numbers } from './verdict-numbers.ts'
import { anchorLine, attestationLines, type Explained, explained, findings, forkLine, steps } from './verdict-page.ts'

const shownOpen = 12

/** What was asked for, as far as the page tells it. */
export interface AskedOfBundle {
  readonly file: string
  readonly keys: number
  readonly forkProof?: boolean
}

/**
 * The verdict on a bundle for a person: the verdict, how far it reaches, the argument, the numbers, the findings.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { linesOf } from '@countersign/testing/tamper'
 * import { leafHash, parseCheckpointText, parseNote, signCheckpoint, signerKey } from '@countersign/trail'
 * import { bundlePage, settingFor } from '@countersign/cli'
 * import { BundleChooser, BundleMaker, verifyBundle } from 'countersign/bundle'
 * const { desk, store } = await f0()
 * const lines = await linesOf(store)
 * const signer = signerKey('trail.example/scenario', new Uint8Array(32).fill(7))
 * const note = signCheckpoint({ origin: signer.name, ...(await desk.head()) }, signer)
 * const chooser = new BundleChooser()
 * for (const line of lines) chooser.entry(line)
 * const maker = new BundleMaker(chooser.choose('K'), parseCheckpointText(parseNote(note).text), note)
 * for (const [seq, line] of lines.entries()) maker.entry(seq, line, leafHash(line))
 * const verdict = verifyBundle(maker.finish())
 * const setting = settingFor({ write: () => true }, { COLUMNS: '80' })
 * bundlePage(verdict, { file: 'bundle', keys: 0 }, 0, setting).includes('K') // → true
 * ```
 */
export function bundlePage(verdict: BundleVerdict, asked: AskedOfBundle, exitCode: ExitCode, setting: Setting): string {
  const alone = { ...verdict, size: verdict.held }
  const parts = [
    headline(verdict, asked, exitCode, setting),
    reach(verdict, setting),
    steps(alone, { snapshot: false }, setting, wordsFor(verdict, asked)),
    numbers(alone, 'bundle', setting),
    findings(verdict, setting),
    holding(verdict, asked, setting),
    paragraph('', setting.paint('dim', `exit code ${exitCode}`), setting),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

const words: Explained = {
  ...explained,
  chain: 'the entries stand in the trail that the checkpoint was made of, each at the place that it names',
  checkpoints: 'the checkpoint in the bundle is of this trail, and a key that you gave has signed it',
  streams: 'up to its last entry here no history has a gap, and nothing that a decision has read was left out',
}

function wordsFor({ uncompared }: BundleVerdict, { keys }: AskedOfBundle): Explained {
  const signed = keys > 0 ? words.checkpoints : words.checkpoints.replace('that you gave', 'that is known')
  const besides = '; of those that were not compared the trail and the signatures, and not the fingerprint'
  return { ...words, checkpoints: uncompared.length === 0 ? signed : `${signed}${besides}` }
}

function headline(verdict: BundleVerdict, asked: AskedOfBundle, exitCode: ExitCode, setting: Setting): string {
  const { style, word, sentences } = bundleHeadOf(verdict, exitCode)
  const origin = verdict.origin === '' ? 'a trail without a name' : `the trail ${terminalText(verdict.origin)}`
  return [
    setting.paint('bold', setting.paint(style, word)),
    paragraph('  ', sentences.join(' '), setting),
    ...uncomparedLines(verdict).map(line => paragraph('  ', line, setting)),
    '',
    paragraph(
      '  ',
      `This is the evidence about ${verdict.change}: ${count(verdict.held, 'entry', 'entries')} of ${origin}, which had ${grouped(verdict.size)} at its checkpoint, in ${terminalText(asked.file)} (${count(verdict.bytes, 'byte')}).`,
      setting,
    ),
  ].join('\n')
}

/** That checkpoints were given which the verdict does not rest on, where there are some. */
function uncomparedLines({ uncompared }: BundleVerdict): string[] {
  if (uncompared.length === 0) return []
  const [were, they] = uncompared.length === 1 ? ['was', 'it is'] : ['were', 'they are']
  return [
    `${count(uncompared.length, 'checkpoint')} that you gave ${were} not compared with it, as ${they} of another size, at which it shows no fingerprint; see “What holds the bundle” below.`,
  ]
}

/** Up to where it is complete, and what nothing in it can show. */
function reach(verdict: BundleVerdict, setting: Setting): string {
  const own = verdict.streams.find(one => one.stream === `change/${verdict.change}`)
  const rules = verdict.streams.find(one => one.stream === 'governance')
  const family = new Set(verdict.family)
  const others = verdict.streams.filter(one => one !== own && one !== rules)
  const lines = [
    own === undefined
      ? `It holds no entry about ${verdict.change}.`
      : `${verdict.change}: the first ${count(own.entries, 'entry', 'entries')} about it, the last of them entry ${own.last} of the trail.`,
    ...(rules === undefined
      ? []
      : [
          `People and rules: the first ${count(rules.entries, 'entry', 'entries')}, the last of them entry ${rules.last}.`,
        ]),
    ...others.map(
      one =>
        `${terminalText(one.stream.replace(/^change\//, ''))}, ${family.has(one.stream) ? 'of its family' : 'not of its family, and held besides'}: the first ${count(one.entries, 'entry', 'entries')}, the last of them entry ${one.last}.`,
    ),
    lastLine(verdict),
    ...aheadLines(verdict),
    ...openLines(verdict),
  ]
  return [setting.paint('bold', 'How far it reaches'), ...lines.map(line => paragraph('  ', line, setting))].join('\n')
}

function lastLine({ change, unseen, size }: BundleVerdict): string {
  const upTo = `up to size ${grouped(size)}`
  if (unseen <= 0)
    return `No more was recorded about ${change} ${upTo}: the bundle holds every entry behind its last one.`
  return `Whoever made the bundle says that this is all ${upTo}. Nothing in it can prove that: behind the last entry about ${change} the trail has ${count(unseen, 'entry', 'entries')} that the bundle does not hold, and a withdrawal or a rejection could be one of them. The whole trail shows it.`
}

/** That it is dated after the present, where it is. */
const aheadLines = ({ ahead }: BundleVerdict): string[] =>
  ahead === undefined ? [] : [`Its entries are dated until ${moment(ahead.until)}. ${aheadNote(ahead)}`]

/** What could not be judged, or not wholly, once for each reason. */
function openLines({ leftOpen }: BundleVerdict): string[] {
  const reasons = new Map<string, number[]>()
  for (const { seq, isJudged, because } of leftOpen) {
    const reason = `${isJudged ? 'judged as far as the bundle goes' : 'not judged'}: ${because}`
    const seqs = reasons.get(reason)
    if (seqs === undefined) reasons.set(reason, [seq])
    else seqs.push(seq)
  }
  return [...reasons].map(([reason, seqs]) => {
    const more = seqs.length - shownOpen
    const named = `${seqs.slice(0, shownOpen).join(', ')}${more > 0 ? ` and ${more} more (--json lists them)` : ''}`
    return `${seqs.length === 1 ? `Entry ${named} is` : `Entries ${named} are`} ${reason}.`
  })
}

function holding(verdict: BundleVerdict, asked: AskedOfBundle, setting: Setting): string {
  const lines = verdict.anchors.flatMap((one, index) => [
    anchorLine(one, verdict, setting),
    ...attestationLines(one, verdict.attestations[index], 'bundle', setting),
  ])
  for (const one of verdict.forks) lines.push(forkLine(one, asked, setting))
  if (asked.keys === 0 && !isTrusted(verdict))
    lines.push(paragraph('  ', 'No key was given that could have signed the checkpoint (--key FILE).', setting))
  return [setting.paint('bold', 'What holds the bundle'), ...lines].join('\n')
}
