import type { Policy } from 'countersign/policy'
import { bodiesOf, fileOf, type LooseBody } from '../tamper.ts'
import { actorOf, commandOf, did, edited, eventIn, eventsOf, type Fault, fault, lastOf, rewritten } from './fault.ts'

type Bodies = readonly LooseBody[]
const changeOf = (body: LooseBody) => commandOf(body).change as string
const isOn = (type: string, change: string) => (body: LooseBody) => did(type)(body) && changeOf(body) === change
const submissionOf = (all: Bodies, change: string) => all.find(isOn('submit', change))

/** An account that made the change, as its submission says. */
function makerOf(all: Bodies, change: string): string | undefined {
  const told = submissionOf(all, change)
  const content = told === undefined ? undefined : (commandOf(told).content as { makers?: string[] } | undefined)
  return content?.makers?.[0]
}

/** The first change that was put into effect, of those that have something, and where. */
function releasedWith(all: Bodies, has: (change: string) => boolean): { change: string; at: number } | undefined {
  const at = all.findIndex(body => did('release')(body) && has(changeOf(body)))
  return at < 0 ? undefined : { change: changeOf(all[at] as LooseBody), at }
}

/** The trail without the entries of a change that are meant. */
const takenOut = (type: string): Fault['make'] =>
  rewritten(bodies => {
    const found = releasedWith(bodies, change => bodies.some(isOn(type, change)))
    return found === undefined ? undefined : bodies.filter(body => !isOn(type, found.change)(body))
  })

/** An entry put down to somebody else, whom its trail names. */
const putDownTo = (type: string, whom: (body: LooseBody, all: Bodies) => string | undefined): Fault['make'] =>
  rewritten(bodies => {
    const body = bodies.find(one => did(type)(one) && whom(one, bodies) !== undefined)
    if (body === undefined) return undefined
    const account = whom(body, bodies) ?? ''
    body.by = { ...actorOf(body), account, person: account }
    return bodies
  })

const maker = (body: LooseBody, all: Bodies) => makerOf(all, changeOf(body))
const asker = (body: LooseBody, all: Bodies) => {
  const told = submissionOf(all, changeOf(body))
  return told === undefined ? undefined : actorOf(told).account
}
const excepted = (body: LooseBody, all: Bodies) => {
  const { exception } = commandOf(body)
  const asked = all.find(one => did('requestException')(one) && commandOf(one).exception === exception)
  return asked === undefined ? undefined : (commandOf(asked).person as string)
}
const proposer = (_: LooseBody, all: Bodies) => {
  const proposal = all.find(did('proposeTemplate'))
  return proposal === undefined ? undefined : actorOf(proposal).account
}

const approved = (edit: (body: LooseBody) => void): Fault['make'] => edited(did('approve'), edit)
const refuse = approved(body => {
  const { person } = actorOf(body)
  body.outcome = { refused: { code: 'authority.no-role', facts: { person, roles: ['appr'], at: body.at } } }
})
const leaveOut = edited(
  body => did('approve')(body) && eventsOf(body).length > 1,
  body => {
    body.outcome = { accepted: eventsOf(body).slice(0, -1) }
  },
)
const nameSomebody = approved(body => {
  body.by = { ...actorOf(body), person: 'somebody' }
})
const nameOtherPolicy = approved(body => {
  body.policy = 'f'.repeat(64)
})
const readLess = approved(body => {
  const reads = body.reads as { governance: number }
  body.reads = { ...reads, governance: reads.governance - 1 }
})
const approveElse = approved(body => {
  body.command = { ...commandOf(body), digest: 'f'.repeat(64) }
})

const releaseFirst = rewritten(bodies => {
  const found = releasedWith(bodies, change => bodies.some(isOn('approve', change)))
  if (found === undefined) return undefined
  const last = bodies.findLastIndex((body, at) => at < found.at && isOn('approve', found.change)(body))
  const [release, approval] = [bodies[found.at], bodies[last]]
  if (release === undefined || approval === undefined) return undefined
  // Each gets the instant of its place, as a careful forger has it.
  const { at } = release
  release.at = approval.at
  approval.at = at
  return bodies.toSpliced(found.at, 1).toSpliced(last, 0, release)
})

const takeMakerOut = rewritten(bodies => {
  const makes = ['complete', 'revise', 'assign', 'recategorise']
  const found = releasedWith(bodies, change => !makes.some(type => bodies.some(isOn(type, change))))
  const told = found === undefined ? undefined : submissionOf(bodies, found.change)
  if (told === undefined) return undefined
  const { content: _, ...rest } = commandOf(told)
  told.command = rest
  return bodies
})

/** An entry about people and rules that an administrator gives, at the instant of another entry. */
const administered = (
  bodies: Bodies,
  at: string,
  command: Readonly<Record<string, unknown>>,
  event: Readonly<Record<string, unknown>>,
): LooseBody => ({ ...(bodies[0] as LooseBody), id: 'put-in-afterwards', at, command, outcome: { accepted: [event] } })

const putInFreeze = rewritten(bodies => {
  const place = bodies.findIndex(did('release'))
  const release = bodies[place]
  const [founding] = bodies
  if (release === undefined || founding === undefined) return undefined
  const { at } = release
  const day = 86_400_000
  const times = [-day, day].map(away => new Date(Date.parse(at) + away).toISOString())
  const command = {
    type: 'declareFreeze',
    freeze: 'the-close',
    because: 'the books are being closed',
    scope: {},
    schedule: { calendar: 'the close' },
    intervals: [{ from: times[0], until: times[1] }],
  }
  const event = { type: 'freeze.declared', freeze: 'the-close', by: actorOf(founding).person, at }
  return bodies.toSpliced(place, 0, administered(bodies, at, command, event))
})

const understate = rewritten(bodies => {
  type Electorates = { [stage: string]: { [role: string]: number } }
  const told = (body: LooseBody) => eventIn(body, 'stage.entered')?.electorates as Electorates | undefined
  const electorates = bodies.map(told).find(one => one !== undefined)
  if (electorates === undefined) return undefined
  for (const roles of Object.values(electorates)) for (const role of Object.keys(roles)) roles[role] = 0
  return bodies
})

const takeReviewOut = rewritten(bodies => {
  const place = bodies.findIndex(body => eventIn(body, 'obligation.opened') !== undefined)
  const opening = bodies[place]
  if (opening === undefined || !bodies.some(isOn('close', changeOf(opening)))) return undefined
  return bodies.filter((body, at) => at <= place || !isOn('approve', changeOf(opening))(body))
})

const tellLate = rewritten(bodies => {
  const [event] = bodies.flatMap(body => eventIn(body, 'obligation.fulfilled') ?? [])
  if (event === undefined) return undefined
  event.late = event.late !== true
  return bodies
})

const learnLate = rewritten(bodies => {
  const isMade = (change: string) => makerOf(bodies, change) !== undefined && bodies.some(isOn('approve', change))
  const found = releasedWith(bodies, isMade)
  const approval = found === undefined ? undefined : bodies.find(isOn('approve', found.change))
  if (found === undefined || approval === undefined) return undefined
  const at = lastOf(bodies)
  const same = { person: makerOf(bodies, found.change), is: actorOf(approval).person }
  const command = { type: 'recordAlias', ...same, comment: 'the payroll shows it' }
  return [...bodies, administered(bodies, at, command, { type: 'alias.recorded', ...same, at })]
})

const showOther: Fault['make'] = ({ lines }) => {
  const proposal = bodiesOf(lines).find(did('proposePolicy'))
  if (proposal === undefined) return undefined
  const document = commandOf(proposal).policy as Policy
  const shown = { ...document, roles: { ...document.roles, nobody: {} } }
  return { file: fileOf(lines), options: { policies: [shown] } }
}

/** What is decided against the rules, and recorded with every hash right. */
export const decisionFaults: readonly Fault[] = [
  fault('an approval is forged: by whoever made the change', 'duty.violated', 3, putDownTo('approve', maker)),
  fault('an approval is forged: by somebody without the role', 'decision.unjustified', 3, putDownTo('approve', asker)),
  fault('an acceptance is told as a refusal', 'decision.wrongly-refused', 3, refuse),
  fault('what followed from a decision is left out', 'decision.events-differ', 3, leaveOut),
  fault('a decision is put down to somebody else than the account is of', 'decision.actor-differs', 3, nameSomebody),
  fault('a decision names another policy', 'decision.policy-differs', 3, nameOtherPolicy),
  fault('what a decision has read is told otherwise', 'decision.reads-differ', 3, readLess),
  fault('an approval of something else is passed off as one of this', 'approval.unbound', 3, approveElse),
  fault('it is put into effect, and approved afterwards', 'release.unapproved', 3, releaseFirst),
  fault('a test is taken out', 'release.untested', 3, takenOut('signOff')),
  fault('whoever made it is taken out', 'release.unmade', 3, takeMakerOut),
  fault('what was ticked on a checklist is taken out', 'checklist.open', 3, takenOut('tick')),
  fault('it is put into effect in a freeze', 'release.untimely', 3, putInFreeze),
  fault('a veto is lifted by whoever asked for the change', 'veto.overridden', 3, putDownTo('liftVeto', asker)),
  fault(
    'somebody grants an exception to themselves',
    'exception.unjustified',
    3,
    putDownTo('grantException', excepted),
  ),
  fault('whoever asked for the change redacts it', 'redaction.unjustified', 3, putDownTo('redact', asker)),
  fault('whoever proposed a template approves it', 'template.unjustified', 3, putDownTo('approveTemplate', proposer)),
  fault('a share is taken of fewer persons than there are', 'electorate.understated', 3, understate),
  fault('a change is closed, and the review that was owed is taken out', 'obligation.unfulfilled', 3, takeReviewOut),
  fault('a review is told to have been late that was not, or the other way', 'obligation.misdated', 3, tellLate),
  fault('two who both took part turn out to be one, after it took effect', 'alias.late', 3, learnLate),
  fault('a team shows another policy than it works by', 'policy.supplied-differs', 3, showOther),
]
