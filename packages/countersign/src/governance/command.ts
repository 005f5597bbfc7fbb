import * as z from 'zod'
import { controlsSchema } from '../policy/controls.ts'
import { policySchema } from '../policy/policy.ts'
import { digestText } from '../values/digest.ts'
import { accountId, botId, categoryId, delegationId, personId, roleId, teamId } from '../values/identifier.ts'
import { instant } from '../values/instant.ts'
import { comment, text, title } from '../values/text.ts'

const everyTeam = z.literal('*')
const holder = z.union([personId, botId])
const newcomer = z.strictObject({ person: personId, name: title, accounts: z.array(accountId).min(1).max(20) })

export const scope = z.strictObject({
  roles: z.array(roleId).min(1).max(50).optional(),
  teams: z.array(teamId).min(1).max(50).optional(),
  categories: z.array(categoryId).min(1).max(50).optional(),
})

/** The commands about people and rules, in the imperative. */
export const governanceCommand = z.discriminatedUnion('type', [
  /** Entry 0: names the trail and its first administrators, of whom there are two, as nobody rules alone. */
  z.strictObject({
    type: z.literal('found'),
    origin: text(200).regex(/^[^\s+]+$/u, { error: 'an origin has no spaces and no +' }),
    format: z.literal('countersign/trail/v1'),
    key: z.string().max(300).optional(),
    administrators: z.array(newcomer).min(2).max(20),
  }),
  z.strictObject({ type: z.literal('registerPerson'), ...newcomer.shape }),
  z.strictObject({
    type: z.literal('registerBot'),
    bot: botId,
    controller: personId.optional(),
    accounts: z.array(accountId).min(1).max(20),
  }),
  z.strictObject({ type: z.literal('linkAccount'), account: accountId, person: personId }),
  z.strictObject({ type: z.literal('recordDeparture'), person: personId, compromised: z.boolean().default(false) }),
  z.strictObject({ type: z.literal('appointAdministrator'), person: personId }),
  z.strictObject({ type: z.literal('defineRole'), role: roleId, description: text(400) }),
  z.strictObject({
    type: z.literal('grantRole'),
    role: roleId,
    to: holder,
    team: z.union([teamId, everyTeam]),
    from: instant.optional(),
    until: instant.optional(),
  }),
  z.strictObject({ type: z.literal('revokeRole'), role: roleId, from: holder, team: z.union([teamId, everyTeam]) }),
  z.strictObject({ type: z.literal('recordAbsence'), person: personId, from: instant, until: instant }),
  z.strictObject({
    type: z.literal('delegate'),
    delegation: delegationId,
    principal: personId,
    to: personId,
    from: instant,
    until: instant,
    scope: scope.default({}),
    comment: comment.optional(),
  }),
  z.strictObject({ type: z.literal('revokeDelegation'), delegation: delegationId }),
  z.strictObject({ type: z.literal('proposeControls'), controls: controlsSchema }),
  z.strictObject({ type: z.literal('adoptControls'), digest: digestText }),
  z.strictObject({ type: z.literal('proposePolicy'), policy: policySchema }),
  z.strictObject({ type: z.literal('adoptPolicy'), digest: digestText }),
])

export type GovernanceCommand = z.infer<typeof governanceCommand>
