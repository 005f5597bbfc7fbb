import { lacking, unspoilt, untested } from './count.ts'
import type { People } from './people.ts'
import { type Given, separate } from './separation.ts'
import type { Moment, Release, Ticket } from './ticket.ts'

/** What speaks against a release, as of its entry, and with what is known now of who is who. */
export function wrongAsOfThen(people: People, ticket: Ticket, release: Release): string | undefined {
  const moment: Moment = { at: release.at, before: release.seq }
  const clashOf = (duty: string, ids: readonly string[], given: Given) =>
    separate(people, ticket, duty, ids, moment, given).clash
  const clash = [
    clashOf('release', release.people, { at: release.at, given: release.seq }),
    // Nobody has decided on this change by what was carried to it: that counts, or does not.
    ...release.approvals.map(({ act }) => (act.from === undefined ? clashOf('approve', act.people, act) : undefined)),
    ...release.tests.map(act => clashOf('test', act.people, act)),
  ].find(one => one !== undefined)
  if (clash !== undefined) return clash
  const acts = release.approvals.map(({ act }) => act)
  const good = new Set(unspoilt(people, ticket, 'approve', acts, moment))
  const approvals = release.approvals
    .filter(({ act }) => good.has(act))
    // Whoever turns out to be two belongs to the groups of both.
    .map(one => ({ ...one, groups: [...one.groups, ...people.groupsOf(one.act.people)] }))
  const tests = release.stages.flatMap(({ name }) => {
    const signed = release.tests.filter(act => act.stage === name)
    return unspoilt(people, ticket, 'test', signed, moment)
  })
  const lacks = [
    ...lacking(release.stages, release.form, release.electorates, approvals),
    ...untested(release.stages, release.form, tests),
  ]
  return lacks.length === 0 ? undefined : `too few persons stand behind ${lacks.map(one => one.name).join(', ')}`
}
