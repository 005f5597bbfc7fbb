import { freeze } from 'immer'
import * as z from 'zod'
import { controlsSchema } from '../policy/controls.ts'
import { policySchema } from '../policy/policy.ts'
import { digestText } from '../values/digest-text.ts'
import { safeParse } from '../values/safe-parse.ts'
import type { Bare, IsSame } from '../values/same.ts'
import { Table } from '../values/table.ts'
import { governanceOf } from './folded.ts'
import { type Governance, type Tables, tables } from './governance.ts'
import { personName } from './name.ts'
import { templateSchema } from './template.ts'

// People and rules as plain data from which they can be had again: whoever keeps them beside a trail saves the fold.

const text = z.string()
const count = z.int().min(0)
const texts = z.array(text)
const interval = z.strictObject({ from: text, until: text })
const dated = z.strictObject({ by: text, at: text })

const person = z.strictObject({
  name: z.union([personName, z.literal('')]),
  groups: texts.exactOptional(),
  departed: z.strictObject({ at: text, compromised: z.boolean() }).exactOptional(),
  left: text.exactOptional(),
  is: z.strictObject({ person: text, at: text }).exactOptional(),
  erased: text.exactOptional(),
})
const alone = { formerly: text.exactOptional(), since: text.exactOptional(), left: count.exactOptional() }
const bot = z.strictObject({
  controller: text.exactOptional(),
  ...alone,
  tookOver: z.array(z.strictObject({ person: text, at: text, nth: count, ...alone })).exactOptional(),
})
const grant = z.strictObject({
  by: text,
  at: text,
  nth: count,
  team: text,
  from: text,
  until: text.exactOptional(),
  ended: count.exactOptional(),
})
const exclusion = z.strictObject({ roles: texts, team: text, because: text })
const delegation = z.strictObject({
  by: text,
  of: text.exactOptional(),
  principal: text,
  to: text,
  from: text,
  until: text,
  scope: z.strictObject({
    roles: texts.exactOptional(),
    teams: texts.exactOptional(),
    categories: texts.exactOptional(),
  }),
  revokedAt: text.exactOptional(),
})
const freezing = z.strictObject({
  because: text,
  scope: z.strictObject({
    teams: texts.exactOptional(),
    categories: texts.exactOptional(),
    environments: texts.exactOptional(),
  }),
  intervals: z.array(interval),
  overriddenBy: z.strictObject({ role: text, atMost: text }).exactOptional(),
  by: text,
  at: text,
  lifted: z.array(dated).exactOptional(),
})
const window = z.strictObject({
  calendar: text,
  teams: texts.exactOptional(),
  intervals: z.array(interval),
  by: text,
  at: text,
  withdrawn: dated.exactOptional(),
})
const priorities = z.strictObject({ order: texts, by: text, present: texts, at: text })
const proposal = <Document extends z.ZodType>(document: Document) =>
  z.strictObject({ document, proposedBy: text, over: digestText.exactOptional(), adopted: dated.exactOptional() })
const templateVersion = z.strictObject({
  version: count,
  digest: digestText,
  document: templateSchema,
  proposedBy: text,
  nth: count,
  approvals: z.array(z.strictObject({ person: text, roles: texts, at: text, nth: count })),
  revoked: dated.exactOptional(),
})

const entriesOf = <Value extends z.ZodType>(value: Value) => z.array(z.tuple([text, value]))
const lists = entriesOf(texts)

const kept = z.strictObject({
  entries: count,
  lastGrant: count,
  origin: text,
  key: text.exactOptional(),
  keys: texts,
  keyProposed: z.strictObject({ key: text, by: text }).exactOptional(),
  administrators: texts,
  controlsInForce: digestText.exactOptional(),
  exclusions: z.array(exclusion),
  nominated: entriesOf(text),
  persons: entriesOf(person),
  compromised: entriesOf(text),
  bots: entriesOf(bot),
  accounts: entriesOf(z.union([z.strictObject({ person: text }), z.strictObject({ bot: text })])),
  roles: entriesOf(z.strictObject({ description: text, inherits: texts.exactOptional() })),
  grants: entriesOf(entriesOf(z.array(grant))),
  absences: entriesOf(z.array(interval)),
  delegations: entriesOf(delegation),
  freezes: entriesOf(freezing),
  windows: entriesOf(window),
  priorities: entriesOf(priorities),
  controls: entriesOf(proposal(controlsSchema)),
  policies: entriesOf(proposal(policySchema)),
  policyInForce: entriesOf(digestText),
  templates: entriesOf(z.array(templateVersion)),
  accountsOf: lists,
  botsOf: lists,
  rolesOf: lists,
  mergedInto: lists,
  mergedBy: entriesOf(count),
  grantedTo: entriesOf(text),
  leftBy: entriesOf(count),
  goneBy: entriesOf(count),
  compromisedBy: entriesOf(count),
  delegatedTo: lists,
  delegatedBy: lists,
  seniors: lists,
  exclusionsOf: entriesOf(z.array(exclusion)),
  skeletons: entriesOf(text),
})

/** What a table comes to, and what is none. */
type Told<Type> = Type extends Table<infer Value> ? [string, Told<Value>][] : Bare<Type>

type ToldTables = { -readonly [Name in keyof Tables]: Told<Exclude<Tables[Name], undefined>> }

/**
 * The tables, where what is kept has them with their members at every depth and no others. Where it has not, what is read below
 * does not compile.
 */
type Kept = IsSame<Bare<z.output<typeof kept>>, Bare<ToldTables>> extends true ? z.output<typeof kept> : never

/** All that was said of people and rules, as plain data: unlike a snapshot also in which order, where that counts. */
export const keptGovernance = (governance: Governance): unknown =>
  Object.fromEntries(
    Object.entries(governance[tables]).map(([name, value]) => [name, value instanceof Table ? plain(value) : value]),
  )

const plain = (table: Table<unknown>): [string, unknown][] =>
  table.entries().map(([key, value]) => [key, value instanceof Table ? plain(value) : value])

/** The state of which that was made; `undefined` where what is handed in was made of none. */
export function restoredGovernance(plain: unknown): Governance | undefined {
  const parsed = safeParse(kept, plain)
  if (!parsed.success) return undefined
  const of: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(parsed.data satisfies Kept)) {
    const whole = isScalar(name)
      ? freeze(value, true)
      : name === 'grants'
        ? nested(value as never)
        : tableOf(value as never)
    if (whole === undefined) return undefined
    of[name] = whole
  }
  // The schema names every member of the tables, and a test folds histories both ways.
  return governanceOf(of as unknown as Tables)
}

const scalars: ReadonlySet<string> = new Set([
  'entries',
  'lastGrant',
  'origin',
  'key',
  'keys',
  'keyProposed',
  'administrators',
  'controlsInForce',
  'exclusions',
])
const isScalar = (name: string): boolean => scalars.has(name)

const tableOf = (entries: readonly [string, unknown][]) => Table.of(freeze(entries, true))

function nested(entries: readonly [string, readonly [string, unknown][]][]) {
  const inner = entries.map(([name, of]): [string, Table<unknown> | undefined] => [name, tableOf(of as never)])
  return inner.some(([, table]) => table === undefined) ? undefined : Table.of(inner)
}
