import { mostToShare } from './enough.ts'
import { isHolder, madeAbove, madeBelow, reviewing, working } from './family.ts'
import type { Event, Judge } from './judge.ts'
import { holdsDuty, type Party, type People } from './people.ts'
import { hindsight, separate } from './separation.ts'
import { approvalStage, type Moment, type Ticket } from './ticket.ts'

/**
 * Of how many persons a share of a role is beyond doubt when a stage opens: of those who hold the role and can approve in it.
 * Whoever may be counted or not (absent, in roles that exclude each other, excepted) is left out. `elsewhere` have approved
 * another stage. Of a review that is owed, whoever put the change into effect or authorised it is none of them. Who can only
 * not, as they have come to make the change by an edit, is one of them, as far as the others can give the share.
 */
function fewest(
  people: People,
  ticket: Ticket,
  name: string,
  role: string,
  moment: Moment,
  elsewhere: ReadonlySet<Party>,
): number {
  if (ticket.policy.roles[role]?.whileAbsent === 'suspended') return 0
  const stage = approvalStage(ticket, name)
  const isReview = stage?.within !== undefined
  const holders = [...people.holders(role)].filter(
    party =>
      party.isPerson &&
      !party.hasLeft &&
      !party.isExcluded &&
      !elsewhere.has(party) &&
      isHolder(people, party, role, ticket, moment.at),
  )
  const able = holders.filter(party => {
    const ids = [...party.ids].slice(0, 1)
    if (isReview && hindsight(people, ticket, ids, moment) !== undefined) return false
    return (isReview ? ['approve', reviewing] : ['approve']).every(duty => {
      const { clash, rests } = separate(people, ticket, duty, ids, moment, 'now')
      return clash === undefined && rests.length === 0
    })
  }).length
  if (stage === undefined || isReview) return able
  const others = holders.filter(party => hasOnlyEdited(party, ticket, moment)).length
  return mostToShare(stage.requires, role, able, able + others)
}

/** Whether nothing keeps somebody from approving but that they have come to make the change by an edit. */
function hasOnlyEdited(party: Party, ticket: Ticket, { before }: Moment): boolean {
  const { make } = party.held.get(ticket) ?? {}
  if (make === undefined || !ticket.edits.has(make) || holdsDuty(party, ticket, working, before)) return false
  if (madeAbove(party, ticket, before) || madeBelow(party, ticket, before)) return false
  return !ticket.apart.some(({ duties }) => {
    const against = duties.find(duty => duty !== 'approve')
    return (
      duties.includes('approve') &&
      against !== undefined &&
      against !== 'make' &&
      holdsDuty(party, ticket, against, before)
    )
  })
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
