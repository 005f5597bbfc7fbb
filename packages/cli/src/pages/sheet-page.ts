import type {
  ApprovalLine,
  ExceptionLine,
  FieldLine,
  ObligationLine,
  RejectionLine,
  ReleaseLine,
  RevisionLine,
  Sheet,
  StageLine,
  StepLine,
  TaskLine,
  TestLine,
  TickLine,
  Uncounted,
} from 'countersign/sheet'
import { terminalText } from '../shell/terminal-text.ts'
import { discountWords, requirementLines, statusWords } from './explain-page.ts'
import { refusalOf } from './log-page.ts'
import { paragraph, type Setting } from './page.ts'
import { type Section, sectionLines } from './section.ts'
import { ruleSections } from './sheet-rules.ts'
import { flagWords, inEntries, inEntry, personBy, placed, seatWords, signer, stamp } from './sheet-words.ts'

/** All that a trail says of one change, part by part, for whoever tests it as a sample. */
export function sheetPage(sheet: Sheet, setting: Setting): string {
  const sections = [...sectionsOf(sheet), ...ruleSections(sheet), ...lastSections(sheet)]
  const empty = sections.filter(one => one.rows.length === 0).map(one => one.title.toLowerCase())
  const title = paragraph('', `${sheet.change}: ${terminalText(sheet.title)}`, setting)
  const lines = [
    setting.paint('bold', title),
    ...headOf(sheet).map(text => paragraph('  ', text, setting)),
    ...sections.filter(one => one.rows.length > 0).flatMap(one => ['', ...sectionLines(one, setting)]),
    '',
    paragraph('', `Nothing is recorded of: ${empty.join(', ')}.`, setting),
    paragraph('', `Everything about it in the trail: ${inEntries(sheet.entries)}.`, setting),
  ]
  return `${lines.join('\n')}\n`
}

function headOf(sheet: Sheet): string[] {
  const { category, team, state, since, at, revision, round, flags, found, parent, children } = sheet
  return [
    `${category} of team ${team}: ${state} since ${stamp(since)}, at revision ${revision}, in round ${round}`,
    ...(found === undefined
      ? []
      : [
          `It was found (${placed(found)}): it had been in effect since ${stamp(found.inEffectSince)}, outside of the process. Nothing was approved before.`,
        ]),
    ...(parent === undefined ? [] : [`It depends on ${parent}.`]),
    ...(children.length === 0 ? [] : [`On it depend ${children.join(', ')}.`]),
    flags.length === 0
      ? 'Nothing out of the ordinary is recorded on it.'
      : `To look at: ${flags.map(flag => flagWords[flag]).join(', ')}.`,
    `As of ${stamp(at)}. What was recorded is told, and not verified: verify-trail does.`,
  ]
}

function sectionsOf(sheet: Sheet): Section[] {
  const { requested, reason, form, plan } = sheet
  const asked = [
    ['by', `${requested.requester}${byWhom(requested)}, ${placed(requested)}`],
    ['why', terminalText(reason)],
    ...form.map(fieldRow),
    ...(plan === undefined
      ? []
      : [['planned', `from ${stamp(plan.from)} until ${stamp(plan.until)} (${placed(plan)})`] as const]),
  ] as const
  return [
    { title: 'Request', rows: asked },
    { title: 'Revisions', rows: sheet.revisions.map(revisionRow) },
    {
      title: 'Implementers',
      rows: sheet.implementers.map(({ person, how, revision, content, ...place }) => [
        person,
        `${how} at revision ${revision}${content === undefined ? '' : `, content ${content}`} (${placed(place)})`,
      ]),
    },
    { title: 'Duties', rows: dutyRows(sheet) },
    { title: 'Tasks', rows: sheet.tasks.map(taskRow) },
    { title: 'Checklists', rows: sheet.ticks.map(tickRow) },
    { title: 'Tests', rows: sheet.tests.map(testRow) },
    { title: 'Approvals', rows: sheet.approvals.map(approvalRow) },
    { title: 'Rejections', rows: sheet.rejections.map(rejectionRow) },
    { title: 'Sent back', rows: sheet.returned.map(one => ['', stepWords(one)]) },
    {
      title: 'Submitted again',
      rows: sheet.resubmitted.map(one => [`round ${one.round}`, stepWords(one)]),
    },
    { title: 'What the policy asks for', rows: sheet.stages.flatMap(stageRows) },
    { title: 'Put into effect', rows: sheet.releases.map(releaseRow) },
    { title: 'Owed afterwards', rows: sheet.obligations.map(obligationRow) },
    { title: 'Exceptions', rows: sheet.exceptions.map(exceptionRow) },
  ]
}

function lastSections({ refusals, cancelled, closed }: Sheet): Section[] {
  const end = (step: StepLine | undefined): Section['rows'] => (step === undefined ? [] : [['by', stepWords(step)]])
  return [
    {
      title: 'Refused attempts',
      rows: refusals.map(one => [
        one.command,
        `${signer(one)}, ${placed(one)}: ${refusalOf({ ...one.refused }).replace(/^REFUSED, /, '')}`,
      ]),
    },
    { title: 'Cancelled', rows: end(cancelled) },
    { title: 'Closed', rows: end(closed) },
  ]
}

const quoted = (comment: string | undefined): string => (comment === undefined ? '' : `; “${terminalText(comment)}”`)

const stepWords = (step: StepLine): string => `${signer(step)}, ${placed(step)}${quoted(step.comment)}`

/** By which account somebody asked, where it is not the one of their name. */
const byWhom = ({ account, bot, requester }: Sheet['requested']): string =>
  bot !== undefined ? ` by the robot ${bot} (account ${account})` : account === requester ? '' : ` (account ${account})`

function fieldRow(line: FieldLine): readonly [string, string] {
  if ('value' in line) {
    const { value } = line
    return [line.field, terminalText(typeof value === 'object' ? value.join(', ') : String(value))]
  }
  const { commitment, redacted } = line
  const gone =
    redacted === undefined ? '' : `, redacted by ${redacted.by} (${placed(redacted)}): ${terminalText(redacted.reason)}`
  return [line.field, `(private, committed to by ${commitment}${gone})`]
}

function revisionRow(line: RevisionLine): readonly [string, string] {
  const { revision, digest, material, edited, content, makers, category, comment } = line
  const what = edited.length === 0 ? '' : `, edited ${edited.join(', ')}`
  const weight =
    revision === 1 ? '' : material ? ', after which all is asked anew' : ', of no weight for what was given'
  const brought = content === undefined ? '' : `, content ${content}`
  const made = makers.length === 0 ? '' : ` made by ${makers.join(', ')}`
  const kind = category === undefined ? '' : `, as ${category}`
  return [
    `revision ${revision}`,
    `${signer(line)}, ${placed(line)}${kind}${what}${weight}, digest ${digest}${brought}${made}${quoted(comment)}`,
  ]
}

/** Who has which duties, one person under another: what is kept apart is seen at a glance. */
function dutyRows({ duties }: Sheet): (readonly [string, string])[] {
  const persons = Map.groupBy(duties, one => one.person)
  return [...persons].map(([person, theirs]) => {
    const [first] = theirs
    const held = theirs.map(one => `${one.duty} (${one.how}, ${placed(one)})`).join(', ')
    return [person, `${first?.is === undefined ? '' : `turned out to be ${first.is}: `}${held}`]
  })
}

type GivenLine = Omit<ApprovalLine, 'counts' | 'why'>

/** Who gave something, by what right, when and where, what more there is to it, and what became of it. */
function givenWords(line: GivenLine, more: readonly string[] = []): string {
  const { person, account, bot, seats, chain, revision, round, comment, exceptions, departed, ended, carried } = line
  const principals = seats.flatMap(seat => (seat.capacity === 'delegate' ? seat.principal : []))
  const others = chain.filter(one => one !== person && one !== bot && !principals.includes(one))
  const rights = [...new Set(seats.map(seatWords))]
  const parts = [
    `${personBy(person, account, bot)}${rights.length === 0 ? '' : ` ${rights.join('; ')}`}`,
    ...(carried === undefined ? [placed(line)] : carriedWords(line, carried)),
    `revision ${revision}, round ${round}`,
    ...(others.length === 0 ? [] : [`with the duties of ${others.join(', ')} as well`]),
    ...more,
    ...(exceptions === undefined ? [] : [`by the exception ${exceptions.join(', ')} and not by the rules`]),
    ...(departed === undefined ? [] : ['has left since']),
    ...(ended === undefined ? [] : [endedWords(ended)]),
  ]
  return `${parts.join(', ')}${quoted(comment)}`
}

function carriedWords(
  { at, seq }: GivenLine,
  { from, seq: original, until }: NonNullable<ApprovalLine['carried']>,
): string[] {
  const where = 'change' in from ? `the change ${from.change}` : `the template ${from.template}`
  const entry = original === undefined ? '' : `, ${inEntry(original)}`
  return [`given on ${where} (${stamp(at)}${entry})`, `carried over in ${inEntry(seq)}`, `good until ${stamp(until)}`]
}

const endings = { stale: 'overtaken by an edit', withdrawn: 'withdrawn', rejected: 'rejected afterwards' }

function endedWords(ended: NonNullable<ApprovalLine['ended']>): string {
  const { how, at = '', seq, account, person, bot, comment } = ended
  const who =
    account === undefined
      ? ''
      : ` by ${signer({ account, ...(person === undefined ? {} : { person }), ...(bot === undefined ? {} : { bot }) })}`
  return `${endings[how]}${who} (${stamp(at)}, ${inEntry(seq)}${quoted(comment)})`
}

function uncounted({ counts, why }: { readonly counts: boolean; readonly why?: Uncounted }): string {
  if (counts) return ''
  return `: does not count, ${why === undefined ? 'for no reason that is known' : whyNot(why)}`
}

function whyNot(why: Uncounted): string {
  if (why.why === 'failed') return 'it failed'
  return why.why === 'not-asked' ? 'nothing is asked for there any more' : discountWords(why)
}

const mark = (counts: boolean, stage: string): string => `${counts ? '✓' : '✗'} ${stage}`

const taskRow = (line: TaskLine): readonly [string, string] => [
  mark(line.counts, line.stage),
  `${line.duty}: ${givenWords(line)}${uncounted(line)}`,
]

function tickRow(line: TickLine): readonly [string, string] {
  const text = line.text === undefined ? '' : ` “${terminalText(line.text)}”`
  return [mark(line.counts, line.stage), `${line.item}${text}: ${givenWords(line)}${uncounted(line)}`]
}

function testRow(line: TestLine): readonly [string, string] {
  const evidence = line.evidence.map(
    ({ name, digest }) => `${terminalText(name)}${digest === undefined ? '' : ` (${digest})`}`,
  )
  const shown = evidence.length === 0 ? 'no evidence' : `evidence ${evidence.join(', ')}`
  return [
    mark(line.counts, line.stage),
    `${lateWords(line)}${line.result}, ${shown}: ${givenWords(line)}${uncounted(line)}`,
  ]
}

const lateWords = ({ afterwards }: Pick<ApprovalLine, 'afterwards'>): string =>
  afterwards === undefined ? '' : 'after it took effect, not before: '

function approvalRow(line: ApprovalLine): readonly [string, string] {
  const { countsFor, environments, retainedFrom } = line
  const more = [
    ...(countsFor === undefined ? [] : [`counted as ${countsFor}`]),
    ...(environments === undefined ? [] : [`for ${environments.join(', ')} only`]),
    ...(retainedFrom === undefined ? [] : [`kept from round ${retainedFrom}`]),
  ]
  return [mark(line.counts, line.stage), `${lateWords(line)}${givenWords(line, more)}${uncounted(line)}`]
}

function rejectionRow(line: RejectionLine): readonly [string, string] {
  const { veto, afterwards, lifted } = line
  const what = `${veto === undefined ? '' : 'a veto, '}${afterwards === undefined ? '' : 'of what had taken effect, '}`
  const by = lifted === undefined ? '' : `; lifted by ${signer(lifted)}, ${placed(lifted)}${quoted(lifted.comment)}`
  return [`✗ ${line.stage}`, `${what}${givenWords(line)}${by}`]
}

function stageRows(line: StageLine): (readonly [string, string])[] {
  const { stage, kind, status, afterwards, by, signOffs, evidence, requirement, missing } = line
  const asked = [
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(signOffs === undefined ? [] : [`${signOffs} × signed off`]),
    ...(evidence === undefined ? [] : [`evidence ${evidence}`]),
  ]
  const what = [kind, ...(afterwards === undefined ? [] : ['afterwards']), ...asked].join(', ')
  const lacks = missing.map(({ role, persons }) => `${persons} × ${role}`).join(', ')
  return [
    [stage, `${what}: ${statusWords(status)}${lacks === '' ? '' : `; missing ${lacks}`}`],
    ...requirementLines(requirement, 0).map(text => ['', text] as const),
  ]
}

function releaseRow(line: ReleaseLine): readonly [string, string] {
  const { environment, underGlass, approvedIn, testedIn, fellAway = [] } = line
  const where = environment === undefined ? '' : `in ${environment}, `
  const glass = underGlass === undefined ? '' : 'on broken glass, '
  const before = [
    approvedIn.length === 0 ? 'no approval stood before it' : `approved before in ${inEntries(approvedIn)}`,
    testedIn.length === 0 ? 'no test stood before it' : `tested before in ${inEntries(testedIn)}`,
  ]
  const fallen = fellAway.map(({ seq, why, lostIn }) => {
    const by = lostIn === undefined ? '' : ` (${inEntry(lostIn)})`
    return `${inEntry(seq)}, as ${whyNot(why)}${by}`
  })
  const later = fallen.length === 0 ? '' : `; fell away later: ${fallen.join('; ')}`
  return [
    mark(line.counts, line.stage),
    `${where}${glass}${givenWords(line)}; ${before.join(', ')}${later}${uncounted(line)}`,
  ]
}

function obligationRow({ kind, stage, since, due, late, seq, ended }: ObligationLine): readonly [string, string] {
  const owed = `owed since ${stamp(since)} (${inEntry(seq)}), due ${stamp(due)}`
  if (ended === undefined) return [`${late ? '✗' : '·'} ${stage}`, `a ${kind}, ${owed}: open${late ? ', late' : ''}`]
  const by = ended.remedy === undefined ? '' : ` by ${ended.remedy}`
  const when = `${stamp(ended.at ?? '')}, ${inEntry(ended.seq)}`
  return [
    `${ended.late ? '✗' : '✓'} ${stage}`,
    `a ${kind}, ${owed}: ${ended.how}${by} (${when}), ${ended.late ? 'LATE' : 'in time'}`,
  ]
}

function exceptionRow(line: ExceptionLine): readonly [string, string] {
  const { exception, person, duties, reason, until, requested, granted, revoked, rule, usedIn } = line
  const parts = [
    `${person} is excepted from ${duties.join(' and ')} being apart, until ${stamp(until)}: “${terminalText(reason)}”`,
    `asked for by ${requested.by} (${placed(requested)})`,
    granted === undefined ? 'not granted' : `granted by ${granted.by} (${placed(granted)}${quoted(granted.comment)})`,
    ...(revoked === undefined ? [] : [`taken back by ${revoked.by} (${placed(revoked)}${quoted(revoked.comment)})`]),
    ...(rule === undefined
      ? []
      : [
          `the policy lets ${rule.grantedBy} grant it for ${rule.atMost} at most, because ${terminalText(rule.because)}; instead of the rule: ${terminalText(rule.compensation)}`,
        ]),
    usedIn.length === 0 ? 'nothing rests on it' : `${inEntries(usedIn)} rest on it`,
  ]
  return [`! ${exception}`, parts.join('; ')]
}
