import type { Change } from '../change/change.ts'
import type { Governance } from '../governance/governance.ts'
import { exceptionRuleFor } from '../policy/exception.ts'
import type { Policy } from '../policy/policy.ts'
import type { RecordBody } from '../record/record.ts'
import type { Documents, Said } from './documents.ts'
import { commented, type History } from './history.ts'
import { signedIn } from './place.ts'
import type {
  ControlsLine,
  ExceptionLine,
  GlassLine,
  OverrideLine,
  PolicyLine,
  ReleaseLine,
  TemplateLine,
} from './sheet.ts'

/** The policies by which a change was judged, and the controls with which they comply. */
export const policyLines = ({ policies }: History, governance: Governance, documents: Documents): PolicyLine[] =>
  policies.map(one => {
    const policy = governance.policies[one.digest]?.document
    if (policy === undefined) return one
    const { controls: name, digest } = policy.complies
    return { ...one, team: policy.team, controls: controlsLine(name, digest, governance, documents) }
  })

function controlsLine(name: string, digest: string, governance: Governance, documents: Documents): ControlsLine {
  const clauses = Object.entries(governance.controls[digest]?.document.clauses ?? {})
  return {
    name,
    digest,
    ...documents.document(digest),
    clauses: clauses.map(([clause, { rule, because }]) => ({ clause, rule, because })),
  }
}

/** An entry as one by somebody. */
const saidIn = ({ seq, at }: RecordBody, by: string): Said => ({ seq, at, by })

/** Something that was given, as far as it may rest on an exception. */
interface Resting {
  readonly seq?: number
  readonly exceptions?: readonly string[]
}

/** The exceptions of a change as its sheet tells them, each with what rests on it. */
export const exceptionLines = (
  history: History,
  change: Change,
  policy: Policy,
  given: readonly Resting[],
): ExceptionLine[] =>
  change.exceptions.flatMap((one, place) => {
    const asked = history.entryAt(history.granted.cameIn(place))
    if (asked === undefined) return []
    const granted = history.entryAt(history.granted.markedIn(place))
    const revoked = history.entryAt(history.revoked.markedIn(place))
    const used = given.flatMap(({ seq, exceptions = [] }) =>
      seq !== undefined && exceptions.includes(one.id) ? [seq] : [],
    )
    return [
      {
        exception: one.id,
        person: one.person,
        duties: one.duties,
        reason: one.reason,
        until: one.until,
        requested: saidIn(asked, one.requestedBy),
        ...(granted === undefined
          ? {}
          : { granted: { ...saidIn(granted, one.granted?.by ?? ''), ...commented(granted) } }),
        ...(revoked === undefined
          ? {}
          : { revoked: { ...saidIn(revoked, one.revoked?.by ?? ''), ...commented(revoked) } }),
        ...ruleFor(policy, one.duties),
        usedIn: [...new Set(used)].toSorted((a, b) => a - b),
      },
    ]
  })

function ruleFor(policy: Policy, pair: readonly [string, string]): Pick<ExceptionLine, 'rule'> {
  const found = exceptionRuleFor(policy, pair)
  if (found === undefined) return {}
  const { duties: _, ...rule } = found
  return { rule }
}

/** Each time that the glass was broken on a change, with the releases that took place under it. */
export function glassLines(history: History, releases: readonly ReleaseLine[]): GlassLine[] {
  const broken = history.events('glass.broken')
  return broken.map(({ event, body }, place) => {
    const next = broken[place + 1]?.body.seq ?? Number.POSITIVE_INFINITY
    const used = releases.flatMap(({ seq, underGlass }) =>
      underGlass === true && seq !== undefined && body.seq < seq && seq < next ? [seq] : [],
    )
    const reason = body.command.type === 'breakGlass' ? body.command.reason : ''
    return { ...signedIn(body), reason, until: event.until, usedIn: used }
  })
}

/** The freezes from which a change was excepted, with what had been declared. */
export const overrideLines = (history: History, documents: Documents): OverrideLine[] =>
  history.events('freeze.overridden').map(({ event, body }) => {
    const declared = documents.freeze(event.freeze)
    const reason = body.command.type === 'overrideFreeze' ? body.command.reason : ''
    const line = { ...signedIn(body), freeze: event.freeze, until: event.until, reason }
    return declared === undefined ? line : { ...line, declared }
  })

/** The template that a change follows, or followed until it left its bounds. */
export function templateLine(history: History, { team }: Change, documents: Documents): TemplateLine | undefined {
  const applied = history.events('template.applied').at(-1)
  if (applied === undefined) return undefined
  const { event, body } = applied
  const { name, version, digest } = event
  const lost = history.events('standard.lost').find(one => one.body.seq >= body.seq)
  const left =
    lost === undefined
      ? {}
      : {
          left: { seq: lost.body.seq, at: lost.body.at, category: lost.event.category, fields: lost.event.fields },
        }
  return { seq: body.seq, at: body.at, name, version, digest, ...documents.template(team, name, version), ...left }
}
