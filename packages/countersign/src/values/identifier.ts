import * as z from 'zod'

const everyObjects: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))
const inherited = (name: string) => everyObjects.has(name)

const named = (what: string, pattern: RegExp, form: string) =>
  z
    .string()
    .regex(pattern, { error: `${what} is ${form}` })
    .refine(name => !inherited(name), { error: `${what} must not be a name that every object has` })

const lower = 'lower-case letters, digits and . _ @ + -, beginning with a letter, at most 64 characters'

/** The stable id of a natural person. Never a login: logins are accounts. */
export const personId = named('a person id', /^[a-z][a-z0-9._@+-]{0,63}$/, lower)
/** A login. It belongs to one person or to one bot at a time. */
export const accountId = named('an account', /^[a-z][a-z0-9._@+-]{0,63}$/, lower)
export const botId = named('a bot id', /^[a-z][a-z0-9._@+-]{0,63}$/, lower)
export const roleId = named('a role', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const teamId = named('a team', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const delegationId = named('a delegation id', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const groupId = named('a group', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const exceptionId = named('an exception id', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const freezeId = named('a freeze', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const windowId = named('a window', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const calendarName = named('a calendar', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const environmentName = named('an environment', /^[a-z][a-z0-9-]{0,63}$/, lower)
export const documentName = named('a name of controls', /^[a-z][a-z0-9._-]{0,63}$/, lower)
export const templateName = named(
  'the name of a template',
  /^[a-z][a-z0-9._-]{0,63}$/,
  'lower-case letters, digits and . _ -, beginning with a letter, at most 64 characters',
)
export const categoryId = named('a category', /^[a-z][a-z0-9-]{0,63}$/, lower)
export const stageId = named('a stage', /^[a-z][a-z0-9-]{0,63}$/, lower)
export const itemId = named('an item', /^[a-z][a-z0-9-]{0,63}$/, lower)
export const dutyId = named('a duty', /^[a-z][a-z0-9-]{0,31}$/, lower)
export const clauseId = named(
  'a clause',
  /^[A-Za-z][A-Za-z0-9._-]{0,63}$/,
  'letters, digits and . _ -, at most 64 characters',
)
export const fieldName = named(
  'a field',
  /^[a-z][A-Za-z0-9_]{0,63}$/,
  'letters, digits and _, beginning with a lower-case letter',
)
/** The id of a change, as the team's tracker writes it: `PAY-214`. */
export const changeId = named(
  'a change id',
  /^[A-Za-z][A-Za-z0-9._-]{0,63}$/,
  'letters, digits and . _ -, beginning with a letter, at most 64 characters',
)
/** The idempotency key of a command: the same id twice is the same command, once. */
export const commandId = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, {
  error: 'a command id is 8 to 64 letters, digits, _ and -',
})
