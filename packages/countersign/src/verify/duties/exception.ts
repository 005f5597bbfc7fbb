import type { ChangeCommand } from '../../change/command.ts'
import type { ChangeEvent } from '../../change/event.ts'
import type { RecordBody } from '../../record/record.ts'
import { isHolder, lateGrants, takePart } from './family.ts'
import type { Command, Judge } from './judge.ts'
import type { People } from './people.ts'
import { isSame, ruleFor } from './separation.ts'
import { type Exception, endOf, type Ticket } from './ticket.ts'

/** Takes in what has happened to the exceptions of a change. */
export function exceptionEvent(
  judge: Judge,
  ticket: Ticket,
  event: ChangeEvent,
  command: ChangeCommand,
  body: RecordBody,
): void {
  if (event.type === 'exception.requested' && command.type === 'requestException')
    requestException(judge, ticket, command, body)
  if (event.type === 'exception.granted' && command.type === 'grantException')
    grantException(judge, ticket, event.exception, body)
  if (event.type === 'exception.revoked') {
    const exception = ticket.exceptions.get(event.exception)
    if (exception !== undefined) exception.to ??= body.seq
  }
}

/** What keeps somebody from granting an exception: a part in it or in the change, the rules, or the want of the role. */
function mayNotExcept(
  people: People,
  ticket: Ticket,
  exception: Exception | undefined,
  { at, by }: RecordBody,
): string | undefined {
  if (exception === undefined) return 'nobody has asked for it'
  if (people.isRobot(by.account)) return 'a robot has granted it'
  const granters = people.behind(by.account)
  if (people.share(granters, [exception.person])) return 'whoever granted it is excepted by it'
  if (people.share(granters, exception.requesters)) return 'whoever granted it has asked for it'
  if (takePart(people, granters, ticket)) return 'whoever granted it takes part in the change'
  const names = exception.duties.join(' and ')
  if (ticket.apart.some(one => one.isFirm && isSame(one.duties, exception.duties)))
    return `the controls keep ${names} apart without exception`
  const rules = (ticket.policy.exceptions ?? []).filter(one => isSame(one.duties, exception.duties))
  if (rules.length === 0) return `the policy knows no exception that lets ${names} meet`
  const parties = [...people.all(granters)]
  const own = rules.filter(one => parties.some(party => isHolder(people, party, one.grantedBy, ticket, at)))
  if (own.length === 0) return `whoever granted it does not hold ${rules.map(one => one.grantedBy).join(' or ')}`
  if (own.every(one => exception.until > endOf(at, one.atMost))) return 'it is for longer than the policy allows'
  return undefined
}

/** An exception is asked for, once under its name. */
function requestException(judge: Judge, ticket: Ticket, command: Command<'requestException'>, body: RecordBody): void {
  const { exception: id, person, duties, until } = command
  const requesters = judge.people.vouching(body.by.account)
  if (!ticket.exceptions.has(id)) ticket.exceptions.set(id, { id, person, duties, until, requesters, granters: [] })
}

/** An exception holds from here on, where whoever grants it may. */
function grantException(judge: Judge, ticket: Ticket, id: string, body: RecordBody): void {
  const exception = ticket.exceptions.get(id)
  const against = mayNotExcept(judge.people, ticket, exception, body)
  if (exception !== undefined && against === undefined) {
    // Nobody grants it over again, when the first to do so can no longer have done it.
    if (exception.from === undefined) {
      const { people } = judge
      exception.granters = people.vouching(body.by.account)
      const rule = ruleFor(ticket, exception)
      exception.late = rule && lateGrants(people, exception.granters, rule.grantedBy, ticket, body.at)
      people.vouch(exception.late?.grantedBy.flat() ?? [])
    }
    exception.from ??= body.seq
    exception.at ??= body.at
    return
  }
  const expected = 'granted under a rule, by somebody who has no part in it'
  judge.find('exception.unjustified', body.seq, expected, `${id} by ${body.by.account}`, against ?? '')
}
