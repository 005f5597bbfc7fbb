import * as z from 'zod'

/**
 * The names that every object has (ECMA-262, §20.1.3 and annex B.2.2). They are listed, and not looked up: what is added to an object in some
 * process must not make a trail sound there and unsound elsewhere.
 */
const everyObjects: ReadonlySet<string> = new Set([
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
])
export const inherited = (name: string): boolean => everyObjects.has(name)

const named = (what: string, pattern: RegExp, form: string) =>
  z
    .string()
    .regex(pattern, { error: `${what} is ${form}` })
    .refine(name => !inherited(name), { error: `${what} must not be a name that every object has` })

/** A name in lower case that begins with a letter; `marks`, of which a hyphen stands last, are what it has besides letters and digits. */
const lower = (what: string, marks: string, most = 64) =>
  named(
    what,
    new RegExp(`^[a-z][a-z0-9${marks}]{0,${most - 1}}$`),
    `lower-case letters, digits and ${marks.split('').join(' ')}, beginning with a letter, at most ${most} characters`,
  )

/** The stable id of a natural person. Never a login: logins are accounts. */
export const personId = lower('a person id', '._@+-')
/** A login. It belongs to one person or to one bot at a time. */
export const accountId = lower('an account', '._@+-')
export const botId = lower('a bot id', '._@+-')
export const roleId = lower('a role', '._-')
export const teamId = lower('a team', '._-')
export const delegationId = lower('a delegation id', '._-')
export const groupId = lower('a group', '._-')
export const exceptionId = lower('an exception id', '._-')
export const freezeId = lower('a freeze', '._-')
export const windowId = lower('a window', '._-')
export const calendarName = lower('a calendar', '._-')
export const documentName = lower('a name of controls', '._-')
export const templateName = lower('the name of a template', '._-')
export const environmentName = lower('an environment', '-')
export const categoryId = lower('a category', '-')
export const stageId = lower('a stage', '-')
export const itemId = lower('an item', '-')
export const dutyId = lower('a duty', '-', 32)
export const clauseId = named(
  'a clause',
  /^[A-Za-z][A-Za-z0-9._-]{0,63}$/,
  'letters, digits and . _ -, beginning with a letter, at most 64 characters',
)
export const fieldName = named(
  'a field',
  /^[a-z][A-Za-z0-9_]{0,63}$/,
  'letters, digits and _, beginning with a lower-case letter, at most 64 characters',
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
