import type { LooseBody } from '../tamper.ts'
import { copied, did, edited, eventsOf, type Fault, fault, rewritten } from './fault.ts'

/** Whether it is not the first of its stream. */
const isLater = (body: LooseBody, index: number, all: readonly LooseBody[]): boolean =>
  all.slice(0, index).some(one => one.stream === body.stream)

const putInUnreadable = edited(did('submit'), body => {
  body.command = { ...(body.command as object), type: 'steal' }
})
const misnumber = edited(did('submit'), body => {
  body.seq += 1
})
const reuseId = edited(isLater, (body, all) => {
  body.id = all.find(one => one.stream === body.stream)?.id ?? ''
})
const backDate = edited(did('approve'), body => {
  body.at = '2001-01-01T00:00:00.000Z'
})
const runBack = edited(isLater, (body, all) => {
  const before = all.filter(one => one.stream === body.stream && one.seq < body.seq).at(-1)
  body.at = new Date(Date.parse(before?.at ?? body.at) - 1).toISOString()
})
/** Every number is right but those of the change, which has one entry less than it counts. */
const dropOne = edited(did('approve'), (body, all) => {
  const at = all.indexOf(body)
  ;(all as LooseBody[]).splice(at, 1)
  for (const later of all.slice(at)) later.seq -= 1
})
const acceptRefused = rewritten(bodies => {
  const refused = bodies.find(body => eventsOf(body).length === 0)
  const accepted = bodies.find(body => body.stream === refused?.stream && did('approve')(body))
  if (refused === undefined || accepted === undefined) return undefined
  refused.outcome = copied(accepted.outcome)
  return bodies
})

/** What is done to the record by whoever can seal the whole file again: every hash is right, and an entry is out of place. */
export const recordFaults: readonly Fault[] = [
  fault('an entry becomes one that nobody can read', 'entry.unreadable', 1, putInUnreadable),
  fault('an entry says that it stands somewhere else', 'entry.seq', 1, misnumber),
  fault('a command is recorded a second time', 'entry.id-reused', 1, reuseId),
  fault('an entry is back-dated', 'entry.back-dated', 1, backDate),
  fault('a clock runs back', 'entry.back-dated', 1, runBack),
  fault('an entry is dropped from one change, and the chain is built again', 'stream.gap', 1, dropOne),
  fault(
    'a trail is made up without a founding',
    'founding.missing',
    1,
    rewritten(bodies => bodies.slice(1)),
  ),
  fault('a refusal is told as if it had been an acceptance', 'decision.unjustified', 3, acceptRefused),
]
