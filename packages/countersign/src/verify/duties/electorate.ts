import { isHolder, reviewing } from './family.ts'
import type { Event, Judge } from './judge.ts'
import type { Party, People } from './people.ts'
import { hindsight, separate } from './separation.ts'
import { approvalStage, type Moment, type Ticket } from './ticket.ts'

/**
 * How many persons hold a role and can approve in it beyond doubt, when a stage opens: whoever may be counted or not
 * (absent, in roles that exclude each other, excepted) is left out. `elsewhere` have approved another stage. Of a review that
 * is owed, whoever put the change into effect or authorised it is none of them.
 */
function fewest(
  people: People,
  ticket: Ticket,
  stage: string,
  role: string,
  moment: Moment,
  elsewhere: ReadonlySet<Party>,
): number {
  if (ticket.policy.roles[role]?.whileAbsent === 'suspended') return 0
  const isReview = approvalStage(ticket, stage)?.within !== undefined
  return [...people.holders(role)].filter(party => {
    if (!party.isPerson || party.hasLeft || party.isExcluded || elsewhere.has(party)) return false
    if (!isHolder(people, party, role, ticket, moment.at)) return false
    const ids = [...party.ids].slice(0, 1)
    if (isReview && hindsight(people, ticket, ids, moment) !== undefined) return false
    return (isReview ? ['approve', reviewing] : ['approve']).every(duty => {
      const { clash, rests } = separate(people, ticket, duty, ids, moment, 'now')
      return clash === undefined && rests.length === 0
    })
  }).length
}

/** What a share is taken of from here on: not of fewer persons than can approve beyond doubt. */
export function counted(
  judge: Judge,
  ticket: Ticket,
  electorates: NonNullable<Event<'stage.entered'>['electorates']>,
  moment: Moment,
  seq: number,
): void {
  ticket.electorates = { ...ticket.electorates, ...electorates }
  const given = ticket.approvals.filter(one => one.off !== true && one.round === ticket.round)
  for (const [name, roles] of Object.entries(electorates)) {
    const elsewhere = given.filter(act => act.stage !== name).flatMap(act => act.people)
    for (const [role, recorded] of Object.entries(roles)) {
      const least = fewest(judge.people, ticket, name, role, moment, judge.people.all(elsewhere))
      if (recorded >= least) continue
      const because = `a share of ${role} at ${name} was taken of fewer persons than could approve in it`
      judge.find('electorate.understated', seq, `${least} or more`, `${recorded}`, because)
    }
  }
}
