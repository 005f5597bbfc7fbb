import * as z from 'zod'
import { controlsSchema } from '../policy/controls.ts'
import { policySchema } from '../policy/policy.ts'
import { digestText } from '../values/digest-text.ts'
import {
  accountId,
  botId,
  calendarName,
  categoryId,
  changeId,
  delegationId,
  environmentName,
  freezeId,
  groupId,
  personId,
  roleId,
  teamId,
  templateName,
  windowId,
} from '../values/identifier.ts'
import { duration, instant } from '../values/instant.ts'
import { originText } from '../values/origin.ts'
import { interval, mostIntervals, schedule } from '../values/schedule.ts'
import { because, comment, reason, text } from '../values/text.ts'
import { vkeyText } from '../values/vkey.ts'
import { personName } from './name.ts'
import { templateSchema, templateVersion } from './template.ts'

const team = z.union([teamId, z.literal('*')])
const holder = z.union([personId, botId])
const newcomer = z.strictObject({ person: personId, name: personName, accounts: z.array(accountId).min(1).max(20) })

export const scope = z.strictObject({
  roles: z.array(roleId).min(1).max(50).optional(),
  teams: z.array(teamId).min(1).max(50).optional(),
  categories: z.array(categoryId).min(1).max(50).optional(),
})

const registerPerson = z.strictObject({ type: z.literal('registerPerson'), ...newcomer.shape })
const linkAccount = z.strictObject({ type: z.literal('linkAccount'), account: accountId, person: personId })
const unlinkAccount = z.strictObject({ type: z.literal('unlinkAccount'), account: accountId })
const recordDeparture = z.strictObject({
  type: z.literal('recordDeparture'),
  person: personId,
  compromised: z.boolean().default(false),
})
const recordReturn = z.strictObject({ type: z.literal('recordReturn'), person: personId })
const assignGroups = z.strictObject({
  type: z.literal('assignGroups'),
  person: personId,
  groups: z.array(groupId).max(20),
})
const grantRole = z.strictObject({
  type: z.literal('grantRole'),
  role: roleId,
  to: holder,
  team,
  from: instant.optional(),
  until: instant.optional(),
})
const revokeRole = z.strictObject({ type: z.literal('revokeRole'), role: roleId, from: holder, team })
const recordAbsence = z.strictObject({
  type: z.literal('recordAbsence'),
  person: personId,
  from: instant,
  until: instant,
})
const cancelAbsence = z.strictObject({ ...recordAbsence.shape, type: z.literal('cancelAbsence') })
const delegate = z.strictObject({
  type: z.literal('delegate'),
  delegation: delegationId,
  /** The delegation that is passed on, where it is not the principal's own authority. */
  of: delegationId.optional(),
  principal: personId,
  to: personId,
  from: instant,
  until: instant,
  scope: scope.default({}),
  comment: comment.optional(),
})
const revokeDelegation = z.strictObject({ type: z.literal('revokeDelegation'), delegation: delegationId })

const intervals = z.array(interval).min(1).max(mostIntervals)

/** One thing in which a directory differs from what is recorded: the command that records it. */
const difference = z.discriminatedUnion('type', [
  registerPerson,
  linkAccount,
  unlinkAccount,
  recordDeparture,
  recordReturn,
  assignGroups,
  grantRole,
  revokeRole,
  recordAbsence,
  cancelAbsence,
  delegate,
  revokeDelegation,
])

export type Difference = z.infer<typeof difference>

/** So many differences are recorded in one entry at most. */
export const mostDifferences = 200

/** The commands about people and rules, in the imperative. */
export const governanceCommand = z.discriminatedUnion('type', [
  /** Entry 0: names the trail and its first administrators, of whom there are two, as nobody rules alone. */
  z.strictObject({
    type: z.literal('found'),
    origin: originText,
    format: z.literal('countersign/trail/v1'),
    key: vkeyText.optional(),
    administrators: z.array(newcomer).min(2).max(20),
  }),
  registerPerson,
  z.strictObject({
    type: z.literal('registerBot'),
    bot: botId,
    controller: personId.optional(),
    accounts: z.array(accountId).min(1).max(20),
  }),
  z.strictObject({ type: z.literal('assignController'), bot: botId, controller: personId }),
  linkAccount,
  unlinkAccount,
  /** Two ids turn out to be one natural person. */
  z.strictObject({ type: z.literal('recordAlias'), person: personId, is: personId, comment }),
  recordDeparture,
  recordReturn,
  z.strictObject({ type: z.literal('erasePerson'), person: personId, reason }),
  assignGroups,
  z.strictObject({ type: z.literal('appointAdministrator'), person: personId }),
  /** Another key for checkpoints in the place of the one before: asked for by one administrator, agreed to by another. */
  z.strictObject({ type: z.literal('rotateKey'), key: vkeyText, comment }),
  z.strictObject({
    type: z.literal('defineRole'),
    role: roleId,
    description: text(400),
    inherits: z.array(roleId).min(1).max(20).optional(),
  }),
  grantRole,
  revokeRole,
  /** Roles that no person holds together (static separation of duty, ANSI INCITS 359): one that is named twice counts once. */
  z.strictObject({ type: z.literal('excludeRoles'), roles: z.array(roleId).min(2).max(20), team, because }),
  recordAbsence,
  cancelAbsence,
  delegate,
  revokeDelegation,
  /** What a directory says otherwise than the trail, as one entry: all of it or nothing. */
  z.strictObject({
    type: z.literal('updateDirectory'),
    source: text(200),
    differences: z.array(difference).min(1).max(mostDifferences),
  }),
  /** When, as it was written down, and what that comes to in instants: these are what counts. */
  z.strictObject({
    type: z.literal('declareFreeze'),
    freeze: freezeId,
    because,
    scope: z
      .strictObject({
        teams: z.array(teamId).min(1).max(100).optional(),
        categories: z.array(categoryId).min(1).max(100).optional(),
        environments: z.array(environmentName).min(1).max(20).optional(),
      })
      .default({}),
    schedule,
    intervals,
    overriddenBy: z.strictObject({ role: roleId, atMost: duration }).optional(),
  }),
  z.strictObject({ type: z.literal('liftFreeze'), freeze: freezeId, comment }),
  z.strictObject({
    type: z.literal('declareWindow'),
    window: windowId,
    calendar: calendarName,
    teams: z.array(teamId).min(1).max(100).optional(),
    schedule,
    intervals,
  }),
  z.strictObject({ type: z.literal('withdrawWindow'), window: windowId, comment }),
  /** In which order a team's changes come, and who was there when it was decided. */
  z.strictObject({
    type: z.literal('prioritise'),
    team: teamId,
    order: z.array(changeId).max(500),
    present: z.array(personId).min(1).max(100),
    comment: comment.optional(),
  }),
  z.strictObject({ type: z.literal('proposeControls'), controls: controlsSchema }),
  z.strictObject({ type: z.literal('adoptControls'), digest: digestText }),
  z.strictObject({ type: z.literal('proposePolicy'), policy: policySchema }),
  z.strictObject({ type: z.literal('adoptPolicy'), digest: digestText }),
  z.strictObject({ type: z.literal('proposeTemplate'), template: templateSchema }),
  z.strictObject({
    type: z.literal('approveTemplate'),
    team: teamId,
    name: templateName,
    version: templateVersion,
  }),
  z.strictObject({
    type: z.literal('revokeTemplate'),
    team: teamId,
    name: templateName,
    version: templateVersion,
    comment,
  }),
])

export type GovernanceCommand = z.infer<typeof governanceCommand>
export type Of<Type extends GovernanceCommand['type']> = Extract<GovernanceCommand, { type: Type }>
