import * as z from 'zod'
import { digestText } from '../values/digest.ts'
import { botId, changeId, delegationId, dutyId, personId, roleId, stageId } from '../values/identifier.ts'
import { instant } from '../values/instant.ts'

const seat = z.discriminatedUnion('capacity', [
  z.strictObject({ role: roleId, capacity: z.literal('own') }),
  z.strictObject({ role: roleId, capacity: z.literal('delegate'), principal: personId, delegation: delegationId }),
  z.strictObject({ role: roleId, capacity: z.literal('fallback'), via: roleId }),
])

const who = z.union([personId, botId])
const given = { stage: stageId, person: who, chain: z.array(who).min(1).max(20), seats: z.array(seat).max(50) }
const number = z.int().min(0)
const makers = z.array(who).max(200)

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
    excluded: z.record(who, z.string()),
  }),
  z.strictObject({
    type: z.literal('change.revised'),
    revision: z.int().min(2),
    digest: digestText,
    material: z.boolean(),
    editor: who,
    makers,
  }),
  z.strictObject({ type: z.literal('approval.staled'), approval: number, revision: z.int() }),
  z.strictObject({ type: z.literal('approval.retained'), approval: number, revision: z.int() }),
  z.strictObject({ type: z.literal('signoff.staled'), signOff: number, revision: z.int() }),
  z.strictObject({ type: z.literal('release.staled'), release: number, revision: z.int() }),
  z.strictObject({ type: z.literal('change.assigned'), to: personId }),
  z.strictObject({ type: z.literal('task.completed'), duty: dutyId, ...given }),
  z.strictObject({ type: z.literal('test.signed-off'), ...given }),
  z.strictObject({ type: z.literal('approval.granted'), ...given }),
  z.strictObject({
    type: z.literal('approval.carried'),
    ...given,
    from: changeId,
    approval: number,
    at: instant,
    until: instant,
  }),
  z.strictObject({ type: z.literal('approval.withdrawn'), approval: number }),
  z.strictObject({ type: z.literal('change.rejected'), ...given }),
  z.strictObject({ type: z.literal('change.returned') }),
  z.strictObject({ type: z.literal('change.resubmitted'), round: z.int().min(2) }),
  z.strictObject({ type: z.literal('change.released'), ...given }),
  z.strictObject({ type: z.literal('stage.entered'), stage: z.union([stageId, z.literal('completed')]) }),
  z.strictObject({ type: z.literal('change.cancelled') }),
  z.strictObject({ type: z.literal('change.closed') }),
])

export type ChangeEvent = z.infer<typeof changeEvent>
