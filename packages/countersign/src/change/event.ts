import * as z from 'zod'
import { dutiesTaken } from '../decision/hindrance.ts'
import { digestText } from '../values/digest-text.ts'
import { filled } from '../values/filled.ts'
import {
  botId,
  categoryId,
  changeId,
  clauseId,
  delegationId,
  dutyId,
  environmentName,
  exceptionId,
  fieldName,
  freezeId,
  itemId,
  personId,
  roleId,
  stageId,
  templateName,
} from '../values/identifier.ts'
import { instant } from '../values/instant.ts'

const seat = z.discriminatedUnion('capacity', [
  z.strictObject({ role: roleId, capacity: z.literal('own') }),
  z.strictObject({
    role: roleId,
    capacity: z.literal('delegate'),
    principal: personId,
    delegation: delegationId,
    through: z.array(delegationId).min(1).max(4).optional(),
  }),
  z.strictObject({
    role: roleId,
    capacity: z.literal('fallback'),
    via: roleId,
    cause: z.enum(['vacant', 'absent', 'unanswered']),
  }),
])

const who = z.union([personId, botId])
const asksLess = z.literal(true).optional()
const given = { stage: stageId, person: who, chain: z.array(who).min(1).max(20), seats: z.array(seat).max(50) }
const number = z.int().min(0)
const afterwards = z.literal(true).optional()
const makers = z.array(who).max(200)
const exceptions = z.array(exceptionId).min(1).max(20).optional()
const environments = z.array(environmentName).min(1).max(20).optional()
const count = z.int().min(0).max(1_000_000)
const items = z.array(itemId).min(1).max(50)
const pair = z.tuple([dutyId, dutyId])

/** Why somebody cannot act at a stage who holds a role that it asks for. */
const exclusion = z.discriminatedUnion('why', [
  z.strictObject({
    why: z.literal('conflict'),
    /** By what they have come to the duty that is kept apart, as the change tells it. */
    how: z.enum(dutiesTaken),
    duties: pair,
    clause: clauseId.optional(),
  }),
  z.strictObject({ why: z.literal('given'), duty: dutyId, stage: stageId }),
  z.strictObject({ why: z.literal('granted-by-participant'), by: who }),
  z.strictObject({ why: z.literal('absent') }),
  z.strictObject({ why: z.literal('no-account') }),
])

/** By which rule and out of whom triage has chosen: whoever could be given it in the order in which they came, then others. */
const triage = z.strictObject({
  rule: number.optional(),
  role: roleId.optional(),
  /** Of so many holders. */
  of: count,
  candidates: z
    .array(
      z.strictObject({
        person: personId,
        /** So many changes of the team lie with them that are open and in progress. */
        load: count,
        /** When they were last given one that they had not had before. */
        last: instant.optional(),
        /**
         * Why not to them: `absent`, at their `limit`, in a duty on it that is kept apart from making it (`separation`), or
         * `needed`, as without them nobody would be left for a later stage.
         */
        passedOver: z.enum(['absent', 'limit', 'separation', 'needed']).optional(),
      }),
    )
    .max(20),
})

/**
 * What has happened to a change, in the past tense. What the command of the entry says already (the form, the title, the
 * comment) is not said again.
 */
export const changeEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('change.submitted'),
    requestedBy: personId,
    policy: digestText,
    digest: digestText,
    makers,
  }),
  z.strictObject({
    type: z.literal('change.blocked'),
    stage: stageId,
    status: z.enum(['vacant', 'unsatisfiable']),
    missing: z.record(roleId, z.int()),
    excluded: z.record(who, exclusion),
  }),
  z.strictObject({
    type: z.literal('change.revised'),
    revision: z.int().min(2),
    digest: digestText,
    material: z.boolean(),
    /** The person who answers for the edit; `robot` has made it, where one did, as it may be given to somebody else later. */
    editor: who,
    makers,
    robot: botId.optional(),
    /** Less is asked for after it than before, and before all edits to which nobody has agreed; the editor may agree to that. */
    asksLess,
  }),
  z.strictObject({ type: z.literal('approval.staled'), approval: number, revision: z.int() }),
  z.strictObject({ type: z.literal('approval.retained'), approval: number, revision: z.int() }),
  z.strictObject({ type: z.literal('signoff.staled'), signOff: number, revision: z.int() }),
  z.strictObject({ type: z.literal('release.staled'), release: number, revision: z.int() }),
  z.strictObject({ type: z.literal('change.assigned'), to: personId, triage: triage.optional() }),
  /** Triage has found nobody to give it to. */
  z.strictObject({
    type: z.literal('change.unassigned'),
    why: z.enum(['no-rule', 'vacant', 'passed-over']),
    triage,
  }),
  z.strictObject({ type: z.literal('task.completed'), duty: dutyId, ...given, exceptions }),
  /** Items of the checklist of a stage, and the duty that ticking them is. */
  z.strictObject({ type: z.literal('items.ticked'), duty: dutyId, items, ...given, exceptions }),
  z.strictObject({ type: z.literal('items.unticked'), stage: stageId, items, person: who }),
  z.strictObject({ type: z.literal('test.signed-off'), ...given, exceptions }),
  z.strictObject({ type: z.literal('approval.granted'), ...given, afterwards, environments, exceptions }),
  /** Given on the parent, or on the template that the change follows. */
  z.strictObject({
    type: z.literal('approval.carried'),
    ...given,
    from: z.union([z.strictObject({ change: changeId, approval: number }), z.strictObject({ template: digestText })]),
    at: instant,
    until: instant,
    /** Where it reaches, if not everywhere. */
    environments: z.array(environmentName).max(20).optional(),
  }),
  z.strictObject({ type: z.literal('approval.withdrawn'), approval: number }),
  /** Given in an earlier round, not edited since, and kept in the new one. */
  z.strictObject({ type: z.literal('approval.kept'), approval: number, round: z.int().min(2) }),
  z.strictObject({
    type: z.literal('change.rejected'),
    ...given,
    veto: z.literal(true).optional(),
    afterwards,
    /** The approvals of the same person, which end with it. */
    ends: z.array(number).min(1).max(1_000).optional(),
  }),
  z.strictObject({ type: z.literal('veto.lifted'), rejection: number, by: personId }),
  z.strictObject({ type: z.literal('change.returned') }),
  z.strictObject({ type: z.literal('change.resubmitted'), round: z.int().min(2) }),
  z.strictObject({
    type: z.literal('change.released'),
    ...given,
    /** On the glass that was broken, and not on what is approved and tested. */
    underGlass: z.literal(true).optional(),
    exceptions,
  }),
  z.strictObject({ type: z.literal('glass.broken'), by: personId, until: instant }),
  z.strictObject({ type: z.literal('freeze.overridden'), freeze: freezeId, by: personId, until: instant }),
  /** On the team's board, and, where it exceeds limits as it cannot wait, which. */
  z.strictObject({
    type: z.literal('card.moved'),
    column: stageId,
    lane: z.literal('expedite').optional(),
    over: z.array(z.strictObject({ limit: z.string().max(200), most: count, there: count })).optional(),
  }),
  z.strictObject({ type: z.literal('change.scheduled'), from: instant, until: instant }),
  /** What was planned lies in a freeze, with a part of it at least. */
  z.strictObject({ type: z.literal('plan.frozen'), freeze: freezeId, from: instant, until: instant }),
  /** It was in effect before it was entered, outside of the process. */
  z.strictObject({ type: z.literal('change.found'), inEffectSince: instant }),
  z.strictObject({
    type: z.literal('obligation.opened'),
    kind: z.enum(['review', 'remedy']),
    stage: stageId,
    since: instant,
    due: instant,
  }),
  z.strictObject({
    type: z.literal('obligation.fulfilled'),
    obligation: number,
    late: z.boolean(),
    remedy: changeId.optional(),
  }),
  z.strictObject({ type: z.literal('obligation.rejected'), obligation: number, late: z.boolean() }),
  /** What fulfilled it no longer counts. */
  z.strictObject({ type: z.literal('obligation.reopened'), obligation: number }),
  z.strictObject({ type: z.literal('change.condemned') }),
  z.strictObject({
    type: z.literal('stage.entered'),
    stage: z.union([stageId, z.literal('completed')]),
    /** For each stage that opens and asks for a share of a role: of how many persons. */
    electorates: z.record(stageId, z.record(roleId, count)).optional(),
    /** When it came about, where that was before this entry: time had passed, and nobody had given a command since. */
    at: instant.optional(),
    /** For a change that is completed: the approvals and sign-offs that counted, on which it rests for good. */
    rests: z.strictObject({ approvals: z.array(number).max(5_000), signOffs: z.array(number).max(5_000) }).optional(),
  }),
  /** A standard change follows a template; the approvals of its approvers follow as carried ones. */
  z.strictObject({
    type: z.literal('template.applied'),
    name: templateName,
    version: z.int().min(1),
    digest: digestText,
    approvers: z.array(personId).max(100),
    fixed: filled,
  }),
  /** It leaves the bounds of its template, in these fields, and is a change of another category from here on. */
  z.strictObject({
    type: z.literal('standard.lost'),
    category: categoryId,
    fields: z.array(z.string().max(64)).max(103),
  }),
  /** A change of another category from here on: what was given in the earlier rounds is history. */
  z.strictObject({
    type: z.literal('change.recategorised'),
    category: categoryId,
    revision: z.int().min(2),
    digest: digestText,
    editor: who,
    robot: botId.optional(),
    asksLess,
    round: z.int().min(2),
  }),
  z.strictObject({
    type: z.literal('exception.requested'),
    exception: exceptionId,
    person: personId,
    duties: pair,
    until: instant,
    by: personId,
  }),
  /**
   * Under another policy from here on; what was given is judged anew, and this is what is missing. `asksLess`: as
   * with an edit; `editor`: who moved it, where that asks for less, and who has made a part of it by that.
   */
  z.strictObject({
    type: z.literal('change.migrated'),
    policy: digestText,
    digest: digestText,
    asksLess,
    editor: personId.optional(),
    stages: z.record(stageId, stageId).optional(),
    missing: z.array(z.strictObject({ stage: stageId, missing: z.record(roleId, z.int()) })).optional(),
  }),
  z.strictObject({ type: z.literal('exception.granted'), exception: exceptionId, by: personId }),
  z.strictObject({ type: z.literal('exception.revoked'), exception: exceptionId, by: personId }),
  /** What opens these commitments is deleted: what was filled in here, up to this entry, is gone for good. */
  z.strictObject({
    type: z.literal('value.redacted'),
    field: fieldName,
    commitments: z.array(digestText).min(1).max(400),
    by: personId,
  }),
  z.strictObject({ type: z.literal('change.cancelled') }),
  z.strictObject({ type: z.literal('change.closed') }),
])

export type ChangeEvent = z.infer<typeof changeEvent>
