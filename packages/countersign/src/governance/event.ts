import * as z from 'zod'
import { digestText } from '../values/digest.ts'
import { accountId, botId, delegationId, personId, roleId, teamId } from '../values/identifier.ts'
import { instant } from '../values/instant.ts'
import { title } from '../values/text.ts'
import { scope } from './command.ts'

const team = z.union([teamId, z.literal('*')])
const holder = z.union([personId, botId])

/**
 * What has happened to people and rules, in the past tense. A document that was proposed stands in the command of its
 * entry, and the event names its digest: nothing is stored twice.
 */
export const governanceEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('trail.founded'), origin: z.string(), key: z.string().optional() }),
  z.strictObject({ type: z.literal('person.registered'), person: personId, name: title }),
  z.strictObject({ type: z.literal('bot.registered'), bot: botId, controller: personId.optional() }),
  z.strictObject({
    type: z.literal('account.linked'),
    account: accountId,
    person: personId.optional(),
    bot: botId.optional(),
  }),
  z.strictObject({ type: z.literal('person.departed'), person: personId, at: instant, compromised: z.boolean() }),
  z.strictObject({ type: z.literal('administrator.nominated'), person: personId, by: personId }),
  z.strictObject({ type: z.literal('administrator.appointed'), person: personId }),
  z.strictObject({ type: z.literal('role.defined'), role: roleId, description: z.string() }),
  z.strictObject({
    type: z.literal('role.granted'),
    by: personId,
    role: roleId,
    to: holder,
    team,
    from: instant,
    until: instant.optional(),
  }),
  z.strictObject({ type: z.literal('role.revoked'), role: roleId, from: holder, team, at: instant }),
  z.strictObject({ type: z.literal('absence.recorded'), person: personId, from: instant, until: instant }),
  z.strictObject({
    type: z.literal('delegation.granted'),
    by: personId,
    delegation: delegationId,
    principal: personId,
    to: personId,
    from: instant,
    until: instant,
    scope,
  }),
  z.strictObject({ type: z.literal('delegation.revoked'), delegation: delegationId, at: instant }),
  z.strictObject({ type: z.literal('controls.proposed'), digest: digestText, by: personId }),
  z.strictObject({ type: z.literal('controls.adopted'), digest: digestText, by: personId, at: instant }),
  z.strictObject({ type: z.literal('policy.proposed'), digest: digestText, by: personId }),
  z.strictObject({ type: z.literal('policy.adopted'), digest: digestText, team: teamId, by: personId, at: instant }),
])

export type GovernanceEvent = z.infer<typeof governanceEvent>
