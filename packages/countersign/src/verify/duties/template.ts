import { canonical } from '@countersign/trail'
import type { GovernanceEvent } from '../../governance/event.ts'
import type { RecordBody } from '../../record/record.ts'
import type { Instant } from '../../values/instant.ts'
import { lateGrants } from './family.ts'
import type { Command, Event, Judge } from './judge.ts'
import { type People, wasCompromised } from './people.ts'
import type { Form, Right, Template, Ticket } from './ticket.ts'

/** The templates of standard changes: who proposed each, and who else approved it. */
export class Templates {
  readonly #people: People
  readonly #versions = new Map<string, Template>()

  constructor(people: People) {
    this.#people = people
  }

  get(team: string, { name, version }: { readonly name: string; readonly version: number }): Template | undefined {
    return this.#versions.get(`${team} ${name} ${version}`)
  }

  /** Takes in what has happened to a template; gives what speaks against it. */
  event(event: GovernanceEvent, { command, by, at, seq }: RecordBody): string | undefined {
    if (event.type === 'template.proposed' && command.type === 'proposeTemplate') {
      const { team, name, version } = event
      const proposers = this.#people.vouching(by.account)
      const { template: document } = command
      const key = `${team} ${name} ${version}`
      // What stands there already stays: nobody proposes away who proposed it before.
      if (!this.#versions.has(key))
        this.#versions.set(key, { seq, document, digest: event.digest, proposers, approvals: [], isRevoked: false })
      return undefined
    }
    const template = 'version' in event ? this.get(event.team, event) : undefined
    if (template === undefined) return undefined
    if (event.type === 'template.revoked') template.isRevoked = true
    if (event.type !== 'template.approved') return undefined
    return this.#approved(template, event, this.#people.behind(by.account), { at, seq })
  }

  #approved(
    template: Template,
    { roles, team }: Extract<GovernanceEvent, { type: 'template.approved' }>,
    people: string[],
    { at, seq }: Pick<RecordBody, 'at' | 'seq'>,
  ): string | undefined {
    if (this.#people.share(people, template.proposers)) return 'whoever proposed the template has approved it'
    const rights = roles.map((role): Right => {
      const sinceProposal = lateGrants(this.#people, people, role, { seq: template.seq, team }, at)
      return { role, sinceProposal, arrangedBy: [] }
    })
    const good = rights.filter(one => !isLetIn(this.#people, template, one)).map(one => one.role)
    if (rights.length > 0 && good.length === 0)
      return 'whoever proposed the template has let them into every role by which they approve it'
    // They may give it anew for what is asked by now, and was not asked when they gave it.
    const earlier = approvalsBy(this.#people, template, people)
      .map(one => rolesOf(this.#people, template, one))
      .findLast(one => one.length > 0)
    if (earlier !== undefined && good.every(role => earlier.includes(role))) return 'it was approved by them before'
    template.approvals.push({ people, rights, at, given: seq })
    return undefined
  }
}

/** What some people have approved of a template: not what one of them gave before they left as compromised. */
const approvalsBy = (people: People, { approvals }: Template, ids: readonly string[]) =>
  approvals.filter(one => people.share(one.people, ids) && !wasCompromised(people, one.people, one.given))

/** What somebody has approved of a template at an instant by some roles, the last of it, as it was carried to a change. */
export const approvalBy = (people: People, template: Template, id: string, at: Instant, roles: ReadonlySet<string>) =>
  approvalsBy(people, template, [id]).findLast(
    one => one.at === at && [...roles].every(role => one.rights.some(right => right.role === role)),
  )

/** Whether somebody has a role since a template was proposed, and by nobody but whoever proposed it. */
export const isLetIn = (people: People, { proposers }: Template, { sinceProposal }: Right): boolean =>
  sinceProposal?.grantedBy.every(ids => people.share(ids, proposers)) === true

/** The roles by which something counts that was approved of a template. */
const rolesOf = (people: People, template: Template, { rights }: Template['approvals'][number]): string[] =>
  rights.filter(one => !isLetIn(people, template, one)).map(one => one.role)

/** Why a template cannot be followed at an instant by a change with this form. */
function hindrance(
  people: People,
  template: Template | undefined,
  digest: string,
  category: string,
  at: Instant,
): string | undefined {
  if (template === undefined || template.digest !== digest) return 'nobody has proposed this template'
  const { document, approvals, isRevoked } = template
  if (document.category !== category) return `it is a template for ${document.category}`
  if (isRevoked) return 'it had been revoked'
  if (document.until !== undefined && at >= document.until) return `it held until ${document.until}`
  return approvals.some(one => rolesOf(people, template, one).length > 0) ? undefined : 'nobody has approved it'
}

/** The fields in which a form leaves the bounds of a template: one that is fixed otherwise, or that it does not name. */
export function outOfBounds({ document }: Template, form: Form): string[] {
  const { fixed, editable } = document
  const fields = new Set([...Object.keys(fixed), ...Object.keys(form)])
  return [...fields].filter(field => {
    if (!Object.hasOwn(fixed, field)) return !editable.includes(field)
    return !Object.hasOwn(form, field) || canonical(form[field]) !== canonical(fixed[field])
  })
}

/** A change follows a template from here on, where that is in use. */
export function applied(
  judge: Judge,
  template: Template | undefined,
  ticket: Ticket,
  event: Event<'template.applied'>,
  command: Command<'submit'>,
  body: RecordBody,
): void {
  const against = hindrance(judge.people, template, event.digest, command.category, body.at)
  if (template !== undefined && against === undefined) {
    ticket.template = template
    // What the template fixes need not be filled in again.
    ticket.form = { ...template.document.fixed, ...ticket.form }
    bounded(judge, ticket, body)
    return
  }
  judge.find('template.unjustified', body.seq, 'a template in use', `${event.name} ${event.version}`, against ?? '')
}

/** A change that leaves the bounds of its template is no standard change any more. */
export function bounded(judge: Judge, ticket: Ticket, body: RecordBody): void {
  const { template } = ticket
  if (template === undefined || ticket.category !== template.document.category) return
  const fields = outOfBounds(template, ticket.form)
  const events = 'accepted' in body.outcome ? body.outcome.accepted : []
  if (fields.length === 0 || events.some(event => event.type === 'standard.lost')) return
  const because = 'it leaves the bounds of its template, and is still a standard change'
  judge.find('template.unjustified', body.seq, 'the fields as the template has them', fields.join(', '), because)
}
