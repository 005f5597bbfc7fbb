import { type Change, describeHindrance, describeRefusal, type Explanation } from 'countersign'
import { isArranging } from 'countersign/change'
import { terminalText } from '../shell/terminal-text.ts'
import { count, moment, padTo, paragraph, type Setting } from './page.ts'

type StageNode = Explanation['stages'][number]
type RequirementNode = NonNullable<StageNode['requirement']>
type Act = StageNode['acts'][number]
type ItemNode = NonNullable<StageNode['checklist']>[number]
type Discount = NonNullable<Act['discounted']>
type Eligible = StageNode['eligible'][number]

const marks: Record<
  StageNode['status'],
  readonly [mark: string, style: 'green' | 'yellow' | 'red' | 'dim', word: string]
> = {
  satisfied: ['✓', 'green', 'met'],
  excepted: ['!', 'yellow', 'met by an exception from the rules, not by the rules'],
  waived: ['!', 'yellow', 'not asked for: the glass was broken, or it was rejected and made good'],
  frozen: ['✗', 'yellow', 'not now: a freeze holds, or no window is open'],
  pending: ['·', 'yellow', 'open'],
  stale: ['·', 'yellow', 'open again: what was given no longer counts'],
  vetoed: ['✗', 'red', 'stopped by a veto'],
  vacant: ['✗', 'red', 'nobody holds the role'],
  unsatisfiable: ['✗', 'red', 'nobody is left who could do it'],
  skipped: ['–', 'dim', 'not asked for here'],
}

/** What a status means, for a person. */
export const statusWords = (status: StageNode['status']): string => marks[status][2]

/** Where a change stands, stage by stage, for a person. */
export function explainPage(change: Change, told: Explanation, setting: Setting): string {
  const title = paragraph('', `${change.id}: ${terminalText(change.title)}`, setting)
  const sentences = [...aboutChange(change, told), ...aboutTime(told), ...privateLines(change)]
  const lines = [
    ...[...sentences, ...told.obligations.map(obligationLine)].map(one => paragraph('  ', one, setting)),
    '',
    ...told.stages.flatMap(stage => stageLines(stage, setting)),
    '',
    nextStep(change, told, setting),
  ]
  return `${setting.paint('bold', title)}\n${lines.join('\n')}\n`
}

/** What a change is, where any other state is one that it is at. */
const conditions: readonly string[] = ['returned', 'completed', 'closed', 'cancelled']

/** What it is, who asked for it and why, where it stands, and with whom it lies. */
function aboutChange(change: Change, told: Explanation): string[] {
  const sentences = [
    `${change.category} of team ${change.team}, asked for by ${change.requestedBy} on ${moment(change.submittedAt)}`,
    `Why: ${terminalText(change.reason)}`,
    `It is ${conditions.includes(told.state) ? '' : 'at '}${told.state} since ${moment(told.since)}, at revision ${told.revision} (${told.digest.slice(0, 16)}…).`,
  ]
  if (change.assignee !== undefined) sentences.push(`It lies with ${change.assignee}.`)
  if (told.inEffectSince !== undefined)
    sentences.push(`It was found: it had been in effect since ${moment(told.inEffectSince)}, outside of the process.`)
  if (told.glass !== undefined) {
    const { by, at, until, used } = told.glass
    const use = used === true ? '; it was put into effect on that' : ''
    sentences.push(`${by} broke the glass on ${moment(at)}, until ${moment(until)}${use}.`)
  }
  if (told.before !== undefined && isOtherwise(change, told.before)) sentences.push(beforeEdits(change, told.before))
  if (told.held !== undefined)
    sentences.push(
      `It is to be pulled into ${told.held.column}, and cannot be now: ${describeRefusal(told.held.refusal).because}.`,
    )
  if (told.unmade !== undefined)
    sentences.push(
      'Nobody is known to have made it, so it cannot be put into effect: an edit has to name its content and who made that.',
    )
  return sentences
}

type Before = NonNullable<Explanation['before']>

/** Whether a change was judged as something else, or by another policy, before its edits. Mostly its form alone was another. */
const isOtherwise = ({ category, policy, template }: Change, before: Before): boolean =>
  before.category !== category || before.policy !== policy || before.template?.digest !== template?.digest

function beforeEdits({ policy }: Change, before: Before): string {
  const template = before.template === undefined ? '' : `, by the template ${before.template.name}`
  const under = before.policy === policy ? '' : `, under the policy ${before.policy.slice(0, 16)}…`
  return `Before its edits it was judged as ${before.category}${template}${under}: to ask for less than that takes somebody whom those rules ask.`
}

/** When it is planned, and which freezes and windows keep it from taking effect. */
function aboutTime({ plan, freezes, straddles, windows }: Explanation): string[] {
  const sentences: string[] = []
  if (plan !== undefined) {
    const reaches = plan.freezes.length === 0 ? '' : `, which reaches into ${plan.freezes.join(', ')}`
    sentences.push(`It is planned for ${moment(plan.from)} to ${moment(plan.until)}${reaches}.`)
  }
  for (const { freeze, until, because } of freezes) {
    const before = straddles.includes(freeze) ? ', and a part of it took effect before' : ''
    sentences.push(`The freeze ${freeze} holds until ${moment(until)} (${terminalText(because)})${before}.`)
  }
  for (const { calendar, stage, next } of windows) {
    const then =
      next === null
        ? 'none is known that is to come and is not all in freezes'
        : `the next is from ${moment(next.from)} to ${moment(next.until)}`
    sentences.push(`No window of ${calendar} is open for ${stage}: ${then}.`)
  }
  return sentences
}

/** The fields whose values the trail does not have: `account: (private)`, `account: (redacted on …: reason)`. */
function privateLines({ form, committed = [] }: Change): string[] {
  const here = committed.filter(one => {
    const value = Object.hasOwn(form, one.field) ? form[one.field] : undefined
    return typeof value === 'object' && 'commitment' in value && value.commitment === one.commitment
  })
  return here.map(({ field, redacted }) =>
    redacted === undefined
      ? `${field}: (private)`
      : `${field}: (redacted on ${moment(redacted.at)}: ${terminalText(redacted.reason)})`,
  )
}

function obligationLine({ kind, stage, due, late, ended }: Explanation['obligations'][number]): string {
  const what = kind === 'review' ? `The review at ${stage}` : `A remedy of what ${stage} rejected`
  if (ended === undefined)
    return `${what} is owed${late ? ', and is late: it was due' : ', and is due'} on ${moment(due)}.`
  const how =
    ended.how === 'rejected' ? 'rejected it' : ended.remedy === undefined ? 'was given' : `was given by ${ended.remedy}`
  return `${what} ${how} on ${moment(ended.at)}, ${ended.late ? 'late' : 'in time'}: it was due on ${moment(due)}.`
}

function nextStep(change: Change, told: Explanation, setting: Setting): string {
  const at = moment(told.at)
  if (['closed', 'cancelled'].includes(change.state)) return `Nothing more happens to it. (${at})`
  const waived = told.stages.filter(stage => stage.status === 'waived').map(stage => stage.stage)
  const but = waived.length === 0 ? 'Everything is met' : `Everything is met but ${waived.join(', ')}`
  if (change.state === 'completed') return paragraph('', `${but}; it can be closed. (${at})`, setting)
  if (change.state === 'returned' && told.whoCanUnblock.length > 0)
    return paragraph(
      '',
      `It was sent back: somebody who takes part in it can edit it and submit it again. (${at})`,
      setting,
    )
  if (change.state === 'remediation')
    return paragraph(
      '',
      `What took effect was rejected: a change that depends on it has to make it good: whoever takes part submits one with it as the parent, and names it once it is completed (remediate). (${at})`,
      setting,
    )
  if (told.whoCanUnblock.length > 0)
    return paragraph('', `Who can take it on: ${whoInWhoseName(told).join(', ')}${withOwner(told)}. (${at})`, setting)
  const ways = told.waysOut.flatMap(one =>
    one.do === 'grantRole'
      ? [`an administrator (${one.persons.join(', ')}) gives somebody else the role ${one.role}`]
      : one.do === 'requestException'
        ? [`an exception is asked for, which ${one.persons.join(' or ') || `a holder of ${one.role}`} can grant`]
        : one.do === 'overrideFreeze'
          ? [`${one.persons.join(' or ') || `a holder of ${one.role}`} overrides the freeze for it`]
          : one.do === 'withdraw'
            ? [`${one.persons.join(' or ')} withdraws what they approved, and approves ${one.stage} instead`]
            : [],
  )
  const frozen = told.stages.some(stage => stage.status === 'frozen')
  if (frozen) ways.unshift(wayThrough(told))
  const way = ways.length === 0 ? '' : ` A way out: ${[...new Set(ways)].join('; or ')}.`
  const room = told.held === undefined ? '' : ` ${describeRefusal(told.held.refusal).help}`
  return paragraph('', `Nobody can take it on as things stand.${room}${way} (${at})`, setting)
}

/** How they take it on, where it is to be given to somebody with that. */
const withOwner = ({ waysOut }: Explanation): string =>
  waysOut.some(one => one.do === 'assign') ? ', where they move it and say who is to have it (`owner`)' : ''

/** Whoever can take it on; those who can in others' names alone, with these. */
function whoInWhoseName({ whoCanUnblock, waysOut }: Explanation): string[] {
  const acting = waysOut.filter(one => !isArranging(one))
  return whoCanUnblock.map(person => {
    const theirs = acting.filter(one => one.persons.includes(person))
    const names = new Set(theirs.flatMap(one => one.for?.[person] ?? []))
    const isOwn = theirs.some(one => one.for?.[person] === undefined)
    return isOwn ? person : `${person} (for ${[...names].join(' or ')})`
  })
}

function wayThrough({ freezes, windows }: Explanation): string {
  if (freezes.length > 0) return 'wait until the freeze is over'
  if (windows.length > 0) return `wait until ${whenOpen(windows)}`
  return 'somebody else puts it into effect than whoever has opened the way for it'
}

function whenOpen(windows: Explanation['windows']): string {
  const [first] = windows.flatMap(one => one.next?.from ?? []).toSorted()
  return first === undefined ? 'a window is declared' : `the next window, on ${moment(first)}`
}

function stageLines(stage: StageNode, setting: Setting): string[] {
  const [mark, style] = marks[stage.status]
  const kind = stage.afterwards === undefined ? stage.kind : `${stage.kind}, afterwards`
  const head = `${setting.paint(style, mark)} ${padTo(`${stage.stage} (${kind})`, 24)} ${wordOf(stage)}`
  const lines = [`${stage.here ? '▶' : ' '} ${head}`]
  if (stage.status === 'skipped') return lines
  for (const line of requirementLines(stage.requirement, 0)) lines.push(paragraph('      ', line, setting))
  const matched = Object.entries(stage.matching ?? {}).map(([person, role]) => `${person} as ${role}`)
  if (matched.length > 1) lines.push(paragraph('      counted: ', matched.join(', '), setting))
  for (const act of stage.acts) lines.push(paragraph('      ', actLine(act), setting))
  for (const item of stage.checklist ?? []) lines.push(paragraph('      ', itemLine(item), setting))
  if (stage.vetoes.length > 0) lines.push(paragraph('      vetoed by ', stage.vetoes.join(', '), setting))
  if (stage.status === 'satisfied' || stage.status === 'excepted') return lines
  const missing = Object.entries(stage.missing).map(([role, number]) => `${number}\u00a0×\u00a0${role}`)
  if (missing.length > 0) lines.push(paragraph('      ', `missing: ${missing.join(', ')}`, setting))
  const able = ableAt(stage)
  if (able.length > 0) lines.push(paragraph('      can: ', able.map(eligibleWords).join(', '), setting))
  for (const { person, excluded } of stage.eligible)
    if (excluded !== undefined)
      lines.push(paragraph('      cannot: ', `${person}, who ${terminalText(describeHindrance(excluded))}`, setting))
  return lines
}

const ableAt = ({ eligible }: StageNode): Eligible[] => eligible.filter(one => one.excluded === undefined)

/** A status in a few words: of a stage that cannot be met, whether anybody could do something there. */
function wordOf(stage: StageNode): string {
  const [, , word] = marks[stage.status]
  const able = ableAt(stage)
  if (stage.status !== 'unsatisfiable' || able.length === 0) return word
  const [[role, needed] = ['', 0], ...others] = Object.entries(stage.missing)
  const left = able.filter(one => one.roles.includes(role)).length
  // Where several roles are missing, or those who are left are needed elsewhere as well, no one number says it.
  const isTold = others.length === 0 && left > 0 && left < needed
  return `too few are left who could do it${isTold ? `: ${left} of the ${needed}` : ''}`
}

/** The requirement in the shape of the policy, where it is more than a number of one role. */
export function requirementLines(node: RequirementNode | undefined, depth: number): string[] {
  if (node === undefined) return []
  const because = node.because === undefined ? '' : `, because ${terminalText(node.because)}`
  const lead = '· '.repeat(depth)
  const [mark] = marks[node.status]
  if ('role' in node) {
    const named = node.persons.map(one => (node.groups?.[one] === undefined ? one : `${one} for ${node.groups[one]}`))
    const who = named.length === 0 ? '' : ` (${named.join(', ')})`
    const share = node.share === undefined ? '' : `, ${node.share.join('/')} of ${count(node.of ?? 0, 'person')}`
    const groups = node.groups === undefined ? '' : ', of different groups'
    const asked = `${node.has} of ${count(node.needs, 'approval')} by ${node.role}${share}${groups}`
    return [`${lead}${mark} ${node.status === 'skipped' ? `${node.role}: not asked for here` : asked}${who}${because}`]
  }
  if ('preauthorised' in node) return [`${lead}${mark} pre-authorised: the policy asks for no approval${because}`]
  const parts = 'all' in node ? node.all : node.any
  return [
    `${lead}${mark} ${'all' in node ? 'all of' : 'one of'}${because}`,
    ...parts.flatMap(part => requirementLines(part, depth + 1)),
  ]
}

function actLine(act: Act): string {
  const seat = act.seats[0]
  const as =
    seat === undefined
      ? ''
      : seat.capacity === 'own'
        ? ` as ${seat.role}`
        : seat.capacity === 'delegate'
          ? ` as ${seat.role} for ${seat.principal} (delegation ${[seat.delegation, ...(seat.through ?? [])].join(', ')})`
          : ` as ${seat.via}, standing in for ${seat.role} (${seat.cause})`
  const { carried } = act
  const on =
    carried === undefined
      ? ''
      : `, on ${'change' in carried ? carried.change : 'the template'}, good until ${moment(carried.until)}`
  const kept = act.retainedFrom === undefined ? '' : `, kept from round ${act.retainedFrom}`
  const excepted = act.exceptions === undefined ? '' : `, by the exception ${act.exceptions.join(', ')}`
  const left = act.departed === undefined ? '' : ', has left since'
  return `${act.person}${as}, ${moment(act.at)}${on}${kept}${excepted}${left}${discounted(act.discounted)}`
}

function itemLine({ item, text, ticked, discounted: lost }: ItemNode): string {
  const by = ticked === undefined ? '' : `, by ${ticked.person}, ${moment(ticked.at)}`
  const once = lost === undefined ? '' : `, ticked by ${lost.person}, ${moment(lost.at)}${discounted(lost.why)}`
  return `${ticked === undefined ? '☐' : '☑'} ${item}: ${terminalText(text)}${by}${once}`
}

const discounted = (why: Discount | undefined): string =>
  why === undefined ? '' : `: does not count, ${discountWords(why)}`

/** Why something that was given does not count, for a person. */
export function discountWords(why: Discount): string {
  switch (why.why) {
    case 'ended':
      return why.ended.how === 'stale'
        ? `it was for what the change was before revision ${why.ended.revision}`
        : why.ended.how === 'withdrawn'
          ? 'it was withdrawn'
          : 'the same person rejected it afterwards'
    case 'earlier-round':
      return 'the change has been submitted again since'
    case 'conflict':
      return `${why.person} also holds the duty ${why.duty}`
    case 'expired':
      return `it was good until ${moment(why.until)}`
    case 'given-again':
      return `${why.person} has given one already, and is the same person`
    case 'parent':
      return 'it no longer stands where it was given'
    case 'scope':
      return 'it was given for something else than the policy lets it be carried to'
    case 'compromised':
      return `${why.person} left as compromised`
    case 'departed':
      return `${why.person} has left, and the policy asks somebody else then`
    case 'template':
      return 'the template no longer stands'
    case 'not-counted-then':
      return 'it did not when the change was completed'
    case 'environment':
      return why.environment === '' ? 'it is not for here' : `it is not for ${why.environment}`
    case 'evidence':
      return 'the policy asks for evidence now, and there is none'
    case 'granted-by-participant':
      return `${why.person} was given the role by ${why.by}, who takes part in the change`
    case 'granted-by-proposer':
      return `${why.person} was given the role by ${why.by}, who had proposed the template`
    case 'role':
      return `it was given in ${why.role}, which is not asked here now`
    case 'seat':
      return `by the policy of now ${seatWords[why.capacity](why.role)}`
    default:
      return why satisfies never
  }
}

const eligibleWords = ({ person, capacity, absent, delegates }: Eligible): string =>
  person +
  (capacity === 'fallback' ? ' (standing in)' : '') +
  (absent ? ' (absent)' : '') +
  (delegates.length > 0 ? ` (or ${delegates.join(', ')} for ${person})` : '')

/** Why nobody can act so any more, for each way in which somebody has. */
const seatWords: Record<Extract<Discount, { why: 'seat' }>['capacity'], (role: string) => string> = {
  own: role => `nobody acts in ${role} while absent`,
  fallback: role => `they do not stand in for ${role}`,
  delegate: role => `nobody acts in ${role} by that delegation`,
}
