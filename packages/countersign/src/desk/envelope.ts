import * as z from 'zod'
import { type Refused, refuse } from '../decision/refusal.ts'
import { type Command, commandSchema, commandTypes } from '../record/record.ts'
import { accountId, commandId } from '../values/identifier.ts'
import { didYouMean } from '../values/near.ts'
import { problemOf } from '../values/problem.ts'
import { deepestCommand, unreadable } from '../values/readable.ts'
import { safeParse } from '../values/safe-parse.ts'
import { causesOf, type Schedules, withIntervals } from './schedules.ts'

const envelope = z.strictObject({
  account: accountId,
  id: commandId.optional(),
  command: z.looseObject({ type: z.string() }),
})

/** The only place where what comes from outside becomes a command. */
export function parseEnvelope(
  unknown: unknown,
  schedules?: Schedules,
): { readonly account: string; readonly id?: string | undefined; readonly command: Command } | Refused {
  const absurd = looksAbsurd(unknown)
  if (absurd !== undefined) return refuse('command.malformed', { problems: [{ where: 'command', problem: absurd }] })
  const outer = safeParse(envelope, unknown)
  if (!outer.success) return malformed(outer.error.issues, [])
  const { type } = outer.data.command
  const schema = commandSchema(type)
  if (schema === undefined) {
    const problem = `there is no command ${type.slice(0, 64)}${didYouMean(type.slice(0, 64), commandTypes)}`
    return refuse('command.malformed', { problems: [{ where: 'command.type', problem }] })
  }
  const whole = withIntervals(outer.data.command, schedules)
  if ('refused' in whole) return whole
  const inner = safeParse(schema, whole.command)
  if (!inner.success) return malformed(causesOf(inner.error.issues, whole.command, schedules), ['command'])
  return {
    account: outer.data.account,
    id: outer.data.id,
    command: isFlat(inner.data) ? inner.data : (inKeyOrder(inner.data) as Command),
  }
}

/** Whether a command has members of one value each: then there is no order in it that anything could hang on. */
const isFlat = (command: Command): boolean =>
  Object.values(command).every(member => member !== undefined && typeof member !== 'object')

/**
 * The same value with the keys of every object in the order in which they are recorded, so that nothing that is decided
 * can hang on the order in which somebody wrote them. A member that is `undefined` is one that is left out.
 */
function inKeyOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inKeyOrder)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    members.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, inKeyOrder(member)]),
  )
}

/** A getter or a proxy may throw; what cannot even be looked at is no command. */
function looksAbsurd(value: unknown): string | undefined {
  try {
    return unreadable(value, deepestCommand)?.problem
  } catch {
    return 'cannot be read'
  }
}

const mostProblems = 10

const malformed = (issues: readonly z.core.$ZodIssue[], prefix: readonly string[]) =>
  refuse('command.malformed', {
    problems: issues.slice(0, mostProblems).map(issue => ({
      where: [...prefix, ...issue.path.map(String)].join('.').slice(0, 200) || 'envelope',
      problem: problemOf(issue).slice(0, 400),
    })),
  })

const longestToldId = 80

/**
 * The id that a malformed envelope names, where it names one: as it was given, also where it is no id of a command, so that
 * nobody takes one that was drawn for it. What is no text comes to an empty one.
 */
export const idOf = (unknown: unknown): string | undefined => {
  if (looksAbsurd(unknown) !== undefined) return undefined
  const parsed = safeParse(z.looseObject({ id: z.unknown() }), unknown)
  const id = parsed.success ? parsed.data.id : undefined
  if (id === undefined) return undefined
  return typeof id === 'string' ? id.slice(0, longestToldId) : ''
}
