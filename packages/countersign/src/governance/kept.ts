import { freeze } from 'immer'
import * as z from 'zod'
import { controlsSchema } from '../policy/controls.ts'
import { policySchema } from '../policy/policy.ts'
import { digestText } from '../values/digest-text.ts'
import { safeParse } from '../values/safe-parse.ts'
import { Table } from '../values/table.ts'
import { type Governance, governanceOf, type Tables, tables } from './governance.ts'
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
  groups: texts.optional(),
  departed: z.strictObject({ at: text, compromised: z.boolean() }).optional(),
  left: text.optional(),
  is: z.strictObject({ person: text, at: text }).optional(),
  erased: text.optional(),
})
const bot = z.strictObject({
  controller: text.optional(),
  formerly: text.optional(),
  since: text.optional(),
  tookOver: z
    .array(z.strictObject({ person: text, at: text, formerly: text.optional(), since: text.optional() }))
    .optional(),
})
const grant = z.strictObject({ by: text, at: text, nth: count, team: text, from: text, until: text.optional() })
const exclusion = z.strictObject({ roles: texts, team: text, because: text })
const delegation = z.strictObject({
  by: text,
  of: text.optional(),
  principal: text,
  to: text,
  from: text,
  until: text,
  scope: z.strictObject({ roles: texts.optional(), teams: texts.optional(), categories: texts.optional() }),
  revokedAt: text.optional(),
})
const freezing = z.strictObject({
  because: text,
  scope: z.strictObject({ teams: texts.optional(), categories: texts.optional(), environments: texts.optional() }),
  intervals: z.array(interval),
  overriddenBy: z.strictObject({ role: text, atMost: text }).optional(),
  by: text,
  at: text,
  lifted: dated.optional(),
})
const window = z.strictObject({
  calendar: text,
  teams: texts.optional(),
  intervals: z.array(interval),
  by: text,
  at: text,
  withdrawn: dated.optional(),
})
const priorities = z.strictObject({ order: texts, by: text, present: texts, at: text })
const proposal = <Document extends z.ZodType>(document: Document) =>
  z.strictObject({ document, proposedBy: text, over: digestText.optional(), adopted: dated.optional() })
const templateVersion = z.strictObject({
  version: count,
  digest: digestText,
  document: templateSchema,
  proposedBy: text,
  approvals: z.array(z.strictObject({ person: text, roles: texts, at: text })),
  revoked: dated.optional(),
})

const entriesOf = <Value extends z.ZodType>(value: Value) => z.array(z.tuple([text, value]))
const lists = entriesOf(texts)

const kept = z.strictObject({
  entries: count,
  lastGrant: count,
  origin: text,
  key: text.optional(),
  keys: texts,
  keyProposed: z.strictObject({ key: text, by: text }).optional(),
  administrators: texts,
  controlsInForce: digestText.optional(),
  exclusions: z.array(exclusion),
  nominated: entriesOf(text),
  persons: entriesOf(person),
  compromised: entriesOf(text),
  bots: entriesOf(bot),
  accounts: entriesOf(z.union([z.strictObject({ person: text }), z.strictObject({ bot: text })])),
  roles: entriesOf(z.strictObject({ description: text, inherits: texts.optional() })),
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
  delegatedTo: lists,
  delegatedBy: lists,
  seniors: lists,
  exclusionsOf: entriesOf(z.array(exclusion)),
  skeletons: entriesOf(text),
})

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
  for (const [name, value] of Object.entries(parsed.data)) {
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
