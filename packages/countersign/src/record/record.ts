import {
  type Body,
  CountersignError,
  canonical,
  decodeUtf8,
  type Entry,
  readEntry,
  readEntryAs,
  sameJson,
} from '@countersign/trail'
import * as z from 'zod'
import type { Seat } from '../change/change.ts'
import { type ChangeCommand, changeCommand } from '../change/command.ts'
import { type ChangeEvent, changeEvent } from '../change/event.ts'
import type { FactValue } from '../decision/facts.ts'
import type { Refused } from '../decision/refusal.ts'
import { refusalCodes } from '../decision/refusal-code.ts'
import { type GovernanceCommand, governanceCommand } from '../governance/command.ts'
import { type GovernanceEvent, governanceEvent } from '../governance/event.ts'
import { acceptance } from '../values/acceptance.ts'
import { digestText } from '../values/digest-text.ts'
import { accountId, botId, commandId, personId } from '../values/identifier.ts'
import type { Instant } from '../values/instant.ts'
import { safeParse } from '../values/safe-parse.ts'
import { glimpse } from './glimpse.ts'

/** Every command that the library understands. */
export type Command = GovernanceCommand | ChangeCommand
export type Event = GovernanceEvent | ChangeEvent

export const command = z.union([governanceCommand, changeCommand])

const governanceTypes: ReadonlySet<string> = new Set(governanceCommand.options.map(option => option.shape.type.value))
const changeTypes: ReadonlySet<string> = new Set(changeCommand.options.map(option => option.shape.type.value))

export const commandTypes: readonly string[] = [...governanceTypes, ...changeTypes]

/** Whether a command is about people and rules, and not about a change. */
export const isGovernance = (one: Command): one is GovernanceCommand => governanceTypes.has(one.type)

/** The schema of a command of this type, so that a fault is told about that command and not about all of them. */
export const commandSchema = (type: unknown) =>
  typeof type !== 'string'
    ? undefined
    : governanceTypes.has(type)
      ? governanceCommand
      : changeTypes.has(type)
        ? changeCommand
        : undefined

/** Who gave a command, as recorded: the account, the person behind it, the bot where one acted, and by what right. */
export interface By {
  readonly account: string
  readonly person?: string
  readonly bot?: string
  readonly as?: Seat
}

export type Outcome = { readonly accepted: readonly Event[] } | Refused

/** What an entry of this library's trails says. */
export interface RecordBody extends Body {
  readonly by: By
  readonly command: Command
  readonly outcome: Outcome
  /** The digest of the policy that a change is pinned to. */
  readonly policy?: string
  readonly reads?: Reads
}

/**
 * What a decision has read besides its own stream: the name of each stream, with the number of entries that it had then. The
 * name `*` (`wholeTrail`) stands for the trail as a whole: it is there where any other entry could have changed the decision.
 */
export type Reads = Readonly<Record<string, number>>

const fact: z.ZodType<FactValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(fact), z.record(z.string(), fact)]),
)
const refused = z.strictObject({
  refused: z.strictObject({ code: z.enum(refusalCodes), facts: z.record(z.string(), fact) }),
})
const by = z.strictObject({
  account: accountId,
  person: personId.optional(),
  bot: botId.optional(),
  as: z.unknown().optional(),
})
const placed = {
  v: z.literal(1),
  seq: z.int().min(0),
  id: commandId,
  at: z.string(),
  stream: z.string(),
  streamSeq: z.int().min(0),
  by,
  policy: digestText.optional(),
  reads: z.record(z.string(), z.int().min(0)).optional(),
}
const events = <Of extends z.ZodType>(event: Of) =>
  z.union([z.strictObject({ accepted: z.array(event).min(1).max(5_000) }), refused])

const governanceBody = z.strictObject({ ...placed, command: governanceCommand, outcome: events(governanceEvent) })
const changeBody = z.strictObject({ ...placed, command: changeCommand, outcome: events(changeEvent) })

const stamp = { id: commandId, at: z.string(), by: z.object({ account: accountId }) }
const governanceStamp = z.object({ ...stamp, command: governanceCommand })
const changeStamp = z.object({ ...stamp, command: changeCommand })

/** The stream of people and rules. Every change has a stream of its own: `change/` and its id. */
export const governanceStream = 'governance'

/** The stream in which a change is recorded. */
export function changeStream(change: string): string {
  if (change !== last.change) last = { change, stream: `change/${change}` }
  return last.stream
}

/** The name that was made last. Each command is asked for its stream several times, and of every new text a map works out the hash anew. */
let last = { change: '', stream: 'change/' }

/** The stream in which a command is recorded. */
export const streamOf = (one: Command): string => (isGovernance(one) ? governanceStream : changeStream(one.change))

/**
 * Reads what an entry says, strictly. Throws `CountersignError` `entry` where a member is missing, unknown or of another
 * form; the facts name the place.
 *
 * A verifier decides the command again anyway, and hands in `decideAgain`, which gives the body that this decision comes to. That
 * saves most of the reading: a body that was written exactly like the expected one needs no schema of its own, and the expected
 * one is returned. It goes in three steps, and each later one is slower and needed less often.
 *
 * 1. `glimpse` takes the command from its usual place in the text. If the text is that of the expected body, this is all.
 * 2. Otherwise the whole text is parsed, and the expected body is compared with it, member by member.
 * 3. If they differ, what is written is read by the schema of an entry.
 */
export function readRecord(bytes: Uint8Array, decideAgain?: DecideRecord): Entry<RecordBody> {
  if (decideAgain === undefined) {
    const { prev, body } = readEntry(bytes)
    return { prev, body: asWritten(body) }
  }
  const text = decodeUtf8(bytes) ?? ''
  const given = glimpse(text)
  const likely = given !== undefined && isStamped(given) ? guessed(() => decideAgain(given)) : undefined
  const entry = likely === undefined ? undefined : readEntryAs(text, likely)
  if (entry !== undefined) return entry
  const { prev, body } = readEntry(bytes)
  const stamped = stampedIn(body)
  if (stamped === undefined) return { prev, body: asWritten(body) }
  const isDecided = likely !== undefined && sameJson(stamped, given)
  const expected = isDecided ? likely : decideAgain(stamped, body)
  return { prev, body: expected !== undefined && sameJson(expected, body) ? expected : asWritten(body) }
}

/**
 * Decides a command that was only glimpsed. It may be no command of this trail at all, so an error says nothing yet: what is wrong
 * with the entry is told when the whole of it is read.
 */
function guessed(decideIt: () => RecordBody | undefined): RecordBody | undefined {
  try {
    return decideIt()
  } catch (error) {
    if (error instanceof CountersignError) return undefined
    throw error
  }
}

/**
 * Decides a command again, and gives the body that its entry should have, or `undefined` where there is none. `written` is the body
 * that the entry has; it is missing where only the command was read so far.
 */
type DecideRecord = (stamped: Stamped, written?: Body) => RecordBody | undefined

const isGovernanceCommand = acceptance(governanceCommand)
const isChangeCommand = acceptance(changeCommand)
const isCommandId = acceptance(commandId)
const isAccount = acceptance(accountId)

/** The command that an entry was made from; `undefined` where the entry has none that could have been given. */
function stampedIn(body: Body): Stamped | undefined {
  const { id, at, command } = body
  const account = (body.by as { account?: unknown } | undefined)?.account
  const stamped = { id, at, account, command }
  return isStamped(stamped) ? stamped : stampedBySchema(body)
}

function isStamped(one: { readonly [Member in keyof Stamped]: unknown }): one is Stamped {
  const isCommand = schemaFor(one, isGovernanceCommand, isChangeCommand)
  return isCommand(one.command) && isCommandId(one.id) && isAccount(one.account)
}

/** The same, by the schema of a command: for one that the quick check of its form does not accept. */
function stampedBySchema(body: Body): Stamped | undefined {
  const schema = schemaFor<typeof governanceStamp | typeof changeStamp>(body, governanceStamp, changeStamp)
  const parsed = safeParse(schema, body)
  if (!parsed.success) return undefined
  const { id, at, by, command } = parsed.data
  // A schema gives members in an order of its own, and nothing may hang on which of the two ways was taken.
  const asRead = sameJson(command, body.command) ? (body.command as Command) : command
  return { id, at, account: by.account, command: asRead }
}

/**
 * The body, read by the schema of an entry. Schemas fill in defaults and rewrite instants, and the library records what they give:
 * so a body that reads as something else than it says was not written by this library, and is refused.
 */
function asWritten(body: Body): RecordBody {
  const parsed = parseBody(body)
  // The body itself and not what was parsed: its members stand in the order in which they are recorded.
  if (sameJson(parsed, body)) return body as RecordBody
  const expected = canonical(parsed)
  const problem = 'written as this library never writes it: a default left out, or an instant spelled otherwise'
  throw new CountersignError('entry', `$.body: ${problem}`, {
    facts: { path: '$.body', expected: expected.slice(0, 400) },
  })
}

function parseBody(body: Body): unknown {
  const parsed = safeParse(schemaFor<z.ZodType>(body, governanceBody, changeBody), body)
  if (parsed.success) return parsed.data
  // No schema can tell of which kind a command was to be that is none.
  const type = typeOf(body)
  if (typeof type === 'string' && commandSchema(type) === undefined) {
    const problem = `there is no command ${type.slice(0, 64)}`
    throw new CountersignError('entry', `$.body.command.type: ${problem}`, {
      facts: { path: '$.body.command.type', expected: commandTypes.join(', ') },
    })
  }
  const issue = parsed.error.issues[0]
  const path = ['$.body', ...(issue?.path ?? [])].join('.')
  throw new CountersignError('entry', `${path}: ${issue?.message ?? 'not an entry of this library'}`, {
    facts: { path, expected: issue?.message ?? '' },
  })
}

const typeOf = ({ command }: { readonly command?: unknown }): unknown =>
  (command as { type?: unknown } | null | undefined)?.type

function schemaFor<Schema>(body: { readonly command?: unknown }, governance: Schema, change: Schema): Schema {
  const type = typeOf(body)
  return typeof type === 'string' && governanceTypes.has(type) ? governance : change
}

/** What a stamped command consists of: the facts about the world that enter once, as values. */
export interface Stamped {
  readonly id: string
  readonly at: Instant
  readonly account: string
  readonly command: Command
}
