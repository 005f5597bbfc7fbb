import * as z from 'zod'
import { digestText } from '../values/digest-text.ts'
import {
  accountId,
  botId,
  calendarName,
  delegationId,
  freezeId,
  groupId,
  personId,
  roleId,
  teamId,
  templateName,
  windowId,
} from '../values/identifier.ts'
import { instant } from '../values/instant.ts'
import { vkeyText } from '../values/vkey.ts'
import { scope } from './command.ts'
import { personName } from './name.ts'
import { templateVersion } from './template.ts'

const team = z.union([teamId, z.literal('*')])
const holder = z.union([personId, botId])
const violation = z.strictObject({ person: holder, roles: z.array(roleId) })
const template = { team: teamId, name: templateName, version: templateVersion }

/**
 * What has happened to people and rules, in the past tense. A document that was proposed stands in the command of its
 * entry, and the event names its digest: nothing is stored twice.
 */
export const governanceEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('trail.founded'), origin: z.string(), key: vkeyText.optional() }),
  z.strictObject({ type: z.literal('person.registered'), person: personId, name: personName }),
  z.strictObject({ type: z.literal('bot.registered'), bot: botId, controller: personId.optional() }),
  z.strictObject({ type: z.literal('bot.assigned'), bot: botId, controller: personId, at: instant }),
  z.strictObject({
    type: z.literal('account.linked'),
    account: accountId,
    person: personId.optional(),
    bot: botId.optional(),
  }),
  z.strictObject({ type: z.literal('account.unlinked'), account: accountId }),
  z.strictObject({ type: z.literal('alias.recorded'), person: personId, is: personId, at: instant }),
  z.strictObject({ type: z.literal('person.departed'), person: personId, at: instant, compromised: z.boolean() }),
  z.strictObject({ type: z.literal('person.returned'), person: personId, at: instant }),
  z.strictObject({ type: z.literal('person.erased'), person: personId, at: instant }),
  z.strictObject({ type: z.literal('groups.assigned'), person: personId, groups: z.array(groupId) }),
  z.strictObject({ type: z.literal('administrator.nominated'), person: personId, by: personId }),
  z.strictObject({ type: z.literal('administrator.appointed'), person: personId }),
  z.strictObject({ type: z.literal('key.proposed'), key: vkeyText, by: personId }),
  z.strictObject({ type: z.literal('key.rotated'), key: vkeyText, by: personId, at: instant }),
  z.strictObject({
    type: z.literal('role.defined'),
    role: roleId,
    description: z.string(),
    inherits: z.array(roleId).optional(),
  }),
  z.strictObject({
    type: z.literal('role.granted'),
    by: personId,
    role: roleId,
    to: holder,
    team,
    at: instant,
    from: instant,
    until: instant.optional(),
  }),
  z.strictObject({ type: z.literal('role.revoked'), role: roleId, from: holder, team, at: instant }),
  z.strictObject({
    type: z.literal('roles.excluded'),
    roles: z.array(roleId),
    team,
    because: z.string(),
    violations: z.array(violation),
  }),
  z.strictObject({ ...violation.shape, type: z.literal('exclusion.violated') }),
  z.strictObject({ type: z.literal('absence.recorded'), person: personId, from: instant, until: instant }),
  z.strictObject({ type: z.literal('absence.cancelled'), person: personId, from: instant, until: instant }),
  z.strictObject({
    type: z.literal('delegation.granted'),
    by: personId,
    delegation: delegationId,
    of: delegationId.optional(),
    principal: personId,
    to: personId,
    from: instant,
    until: instant,
    scope,
  }),
  z.strictObject({ type: z.literal('delegation.revoked'), delegation: delegationId, at: instant }),
  z.strictObject({ type: z.literal('freeze.declared'), freeze: freezeId, by: personId, at: instant }),
  z.strictObject({ type: z.literal('freeze.lifted'), freeze: freezeId, by: personId, at: instant }),
  z.strictObject({
    type: z.literal('window.declared'),
    window: windowId,
    calendar: calendarName,
    by: personId,
    at: instant,
  }),
  z.strictObject({ type: z.literal('window.withdrawn'), window: windowId, by: personId, at: instant }),
  z.strictObject({
    type: z.literal('priorities.decided'),
    team: teamId,
    by: personId,
    present: z.array(personId).max(100),
    at: instant,
  }),
  z.strictObject({ type: z.literal('controls.proposed'), digest: digestText, by: personId }),
  z.strictObject({ type: z.literal('controls.adopted'), digest: digestText, by: personId, at: instant }),
  z.strictObject({ type: z.literal('policy.proposed'), digest: digestText, by: personId }),
  z.strictObject({ type: z.literal('policy.adopted'), digest: digestText, team: teamId, by: personId, at: instant }),
  z.strictObject({ type: z.literal('template.proposed'), ...template, digest: digestText, by: personId }),
  z.strictObject({
    type: z.literal('template.approved'),
    ...template,
    person: personId,
    roles: z.array(roleId).min(1),
    at: instant,
  }),
  z.strictObject({ type: z.literal('template.revoked'), ...template, by: personId, at: instant }),
])

export type GovernanceEvent = z.infer<typeof governanceEvent>
