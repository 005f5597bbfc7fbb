import * as z from 'zod'
import { digestText } from '../values/digest-text.ts'
import { recordedForm } from '../values/filled.ts'
import {
  accountId,
  categoryId,
  changeId,
  dutyId,
  environmentName,
  exceptionId,
  fieldName,
  freezeId,
  itemId,
  personId,
  roleId,
  stageId,
  teamId,
  templateName,
} from '../values/identifier.ts'
import { instant } from '../values/instant.ts'
import { comment, reason, text, title } from '../values/text.ts'

/** Content that lives elsewhere (a commit, an artefact, a configuration): its digest, and the accounts that made it. */
const content = z.strictObject({ digest: digestText, makers: z.array(accountId).min(1).max(100) })

const evidence = z.strictObject({ name: text(200), digest: digestText.optional() })

/** What a decision names, so that it is given for what the person saw and for nothing else. */
const seen = { revision: z.int().min(1), digest: digestText }
const change = { change: changeId }
/** `for` names the principal whose delegate the person acts as; without it the person acts in their own right. */
const acting = { for: personId.optional() }

/** Which of several stages that are open at the same time; without it, the first in which the person can act. */
const open = { stage: stageId.optional() }

/** Items of a stage's checklist. */
const items = z
  .array(itemId)
  .min(1)
  .max(50)
  .refine(names => new Set(names).size === names.length, { error: 'names an item twice' })

/** The commands about a change, in the imperative. */
export const changeCommand = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('submit'),
    ...change,
    team: teamId,
    category: categoryId,
    title,
    reason,
    form: recordedForm.default({}),
    content: content.optional(),
    parent: changeId.optional(),
    /** The template that a standard change follows. */
    template: z.strictObject({ name: templateName, version: z.int().min(1) }).optional(),
    /** For a change that was found: since when it had been in effect, outside of the process. */
    inEffectSince: instant.optional(),
  }),
  z.strictObject({
    type: z.literal('revise'),
    ...change,
    title: title.optional(),
    reason: reason.optional(),
    form: recordedForm.optional(),
    content: content.optional(),
    comment,
  }),
  z.strictObject({
    type: z.literal('recategorise'),
    ...change,
    category: categoryId,
    form: recordedForm.optional(),
    comment,
  }),
  z.strictObject({ type: z.literal('assign'), ...change, to: personId }),
  z.strictObject({ type: z.literal('complete'), ...change, stage: stageId, comment: comment.optional(), ...acting }),
  /** Ticks items of the checklist of the stage at which the change is, for what the person saw; or takes ticks back. */
  z.strictObject({
    type: z.literal('tick'),
    ...change,
    ...seen,
    stage: stageId,
    items,
    comment: comment.optional(),
    ...acting,
  }),
  z.strictObject({ type: z.literal('untick'), ...change, stage: stageId, items, comment, ...acting }),
  z.strictObject({
    type: z.literal('signOff'),
    ...change,
    ...seen,
    result: z.enum(['passed', 'failed']),
    evidence: z.array(evidence).max(20).default([]),
    comment: comment.optional(),
    ...open,
    ...acting,
  }),
  z.strictObject({
    type: z.literal('approve'),
    ...change,
    ...seen,
    comment: comment.optional(),
    as: roleId.optional(),
    /** Where it may be put into effect on this approval; everywhere that the stage covers, where nothing is said. */
    environments: z.array(environmentName).min(1).max(20).optional(),
    ...open,
    ...acting,
  }),
  z.strictObject({ type: z.literal('reject'), ...change, ...seen, comment, ...acting }),
  /** Takes a veto back: one's own, or, as the policy's authority over vetoes, that of the person named. */
  z.strictObject({ type: z.literal('liftVeto'), ...change, of: personId, comment }),
  z.strictObject({ type: z.literal('withdraw'), ...change, comment }),
  z.strictObject({ type: z.literal('resubmit'), ...change, comment }),
  z.strictObject({
    type: z.literal('release'),
    ...change,
    ...seen,
    comment: comment.optional(),
    /** Where it is put into effect; must be what the stage is for. */
    environment: environmentName.optional(),
    ...acting,
  }),
  /** Where nobody can be reached: lets it be put into effect without the approvals before, which are owed then. */
  z.strictObject({ type: z.literal('breakGlass'), ...change, ...seen, reason }),
  /** Excepts one change from a freeze, for a time. */
  z.strictObject({ type: z.literal('overrideFreeze'), ...change, freeze: freezeId, until: instant, reason }),
  /** Pulls it into the column of its stage, or puts it out of what is in progress. */
  z.strictObject({ type: z.literal('move'), ...change, column: stageId.optional(), owner: personId.optional() }),
  /** Says when it is to be put into effect. */
  z.strictObject({
    type: z.literal('schedule'),
    ...change,
    from: instant,
    until: instant,
    comment: comment.optional(),
  }),
  /** Moves it to the policy in force; `stages` says how stages are called there that have another name. */
  z.strictObject({
    type: z.literal('migrate'),
    ...change,
    policy: digestText,
    stages: z.record(stageId, stageId).optional(),
    comment,
  }),
  /** Names the change that makes good what was rejected after it had taken effect. */
  z.strictObject({ type: z.literal('remediate'), ...change, by: changeId, comment }),
  z.strictObject({
    type: z.literal('requestException'),
    ...change,
    exception: exceptionId,
    person: personId,
    duties: z.tuple([dutyId, dutyId]),
    until: instant,
    reason,
  }),
  z.strictObject({ type: z.literal('grantException'), ...change, exception: exceptionId, comment: comment.optional() }),
  z.strictObject({ type: z.literal('revokeException'), ...change, exception: exceptionId, comment }),
  /** Takes the private values of fields out of reach, whatever has become of the change: what opens them is deleted. */
  z.strictObject({
    type: z.literal('redact'),
    ...change,
    fields: z
      .array(fieldName)
      .min(1)
      .max(100)
      .refine(names => new Set(names).size === names.length, { error: 'names a field twice' }),
    comment,
  }),
  z.strictObject({ type: z.literal('cancel'), ...change, comment }),
  z.strictObject({ type: z.literal('close'), ...change, comment: comment.optional() }),
])

export type ChangeCommand = z.infer<typeof changeCommand>
