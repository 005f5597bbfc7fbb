import { freeze } from 'immer'
import * as z from 'zod'
import { dutiesTaken } from '../decision/hindrance.ts'
import type { Governance } from '../governance/governance.ts'
import { statesBeside } from '../policy/stage.ts'
import { commitment } from '../values/commitment.ts'
import { digestText } from '../values/digest-text.ts'
import { safeParse } from '../values/safe-parse.ts'
import type { Bare, IsSame } from '../values/same.ts'
import type { Change, RuledBy } from './change.ts'
import type { Stated } from './stated.ts'

// A change as somebody has kept it beside the trail. It is read as strictly as what comes from outside: whoever can write
// there may have written anything.

const text = z.string()
const count = z.int().min(0)
const texts = z.array(text)
const yes = z.literal(true).exactOptional()
const under = count.exactOptional()
const dated = z.strictObject({ by: text, at: text, under })
const deedCounts = z.strictObject({
  approvals: count,
  signOffs: count,
  releases: count,
  tasks: count,
  ticks: count,
  held: count,
})

const seat = z.discriminatedUnion('capacity', [
  z.strictObject({ role: text, capacity: z.literal('own') }),
  z.strictObject({
    role: text,
    capacity: z.literal('delegate'),
    principal: text,
    delegation: text,
    through: texts.exactOptional(),
  }),
  z.strictObject({
    role: text,
    capacity: z.literal('fallback'),
    via: text,
    cause: z.enum(['vacant', 'absent', 'unanswered']),
  }),
])
const given = {
  stage: text,
  person: text,
  chain: texts,
  seats: z.array(seat),
  at: text,
  under,
  round: count,
  revision: count,
  ended: z
    .union([
      z.strictObject({ how: z.literal('stale'), revision: count, at: text }),
      z.strictObject({ how: z.literal('withdrawn'), at: text }),
      z.strictObject({ how: z.literal('rejected'), at: text }),
    ])
    .exactOptional(),
}

const form = z.record(text, z.union([text, z.number(), z.boolean(), texts, commitment]))

const template = z.strictObject({ name: text, version: count, digest: digestText })
const kept = z.strictObject({
  id: text,
  team: text,
  category: text,
  policy: digestText,
  before: z
    .strictObject({ policy: digestText, category: text, form, template: template.exactOptional() })
    .exactOptional(),
  title: text,
  reason: text,
  parent: text.exactOptional(),
  template: template.exactOptional(),
  requestedBy: text,
  submittedAt: text,
  submittedUnder: count,
  state: text,
  since: text,
  round: count,
  revision: count,
  digest: digestText,
  digestSince: text,
  migrated: text.exactOptional(),
  form,
  content: digestText.exactOptional(),
  assignee: text.exactOptional(),
  held: z.array(
    z.strictObject({
      duty: text,
      person: text,
      revision: count,
      at: text,
      under,
      again: z.array(count).exactOptional(),
      how: z.enum(dutiesTaken),
    }),
  ),
  tasks: z.array(
    z.strictObject({ stage: text, duty: text, person: text, chain: texts, seats: z.array(seat), at: text, under }),
  ),
  ticks: z.array(z.strictObject({ ...given, item: text })),
  approvals: z.array(
    z.strictObject({
      ...given,
      carried: z
        .union([
          z.strictObject({ change: text, approval: count, until: text }),
          z.strictObject({ template: digestText, until: text }),
        ])
        .exactOptional(),
      environments: texts.exactOptional(),
      exceptions: texts.exactOptional(),
      retainedFrom: count.exactOptional(),
      afterwards: yes,
    }),
  ),
  rejections: z.array(
    z.strictObject({
      ...given,
      after: count,
      category: text,
      veto: yes,
      placed: z.strictObject({ policy: digestText, stage: text }).exactOptional(),
      lifted: dated.extend({ after: count }).exactOptional(),
    }),
  ),
  signOffs: z.array(
    z.strictObject({
      ...given,
      result: z.enum(['passed', 'failed']),
      evidence: z.array(z.strictObject({ name: text, digest: digestText.exactOptional() })),
    }),
  ),
  releases: z.array(z.strictObject({ ...given, underGlass: yes })),
  exceptions: z.array(
    z.strictObject({
      id: text,
      person: text,
      duties: z.tuple([text, text]),
      until: text,
      reason: text,
      requestedBy: text,
      granted: dated.extend({ after: deedCounts }).exactOptional(),
      revoked: z.strictObject({ by: text, at: text }).exactOptional(),
    }),
  ),
  rests: z.strictObject({ at: text, approvals: z.array(count), signOffs: z.array(count) }).exactOptional(),
  obligations: z.array(
    z.strictObject({
      kind: z.enum(['review', 'remedy']),
      stage: text,
      since: text,
      due: text,
      ended: z
        .strictObject({
          how: z.enum(['fulfilled', 'rejected']),
          at: text,
          late: z.boolean(),
          releases: count,
          remedy: text.exactOptional(),
        })
        .exactOptional(),
    }),
  ),
  glass: z
    .strictObject({ by: text, at: text, under: count.exactOptional(), until: text, round: count, used: yes })
    .exactOptional(),
  overrides: z.array(z.strictObject({ freeze: text, by: text, at: text, under, until: text, reason: text })),
  column: text.exactOptional(),
  columnSince: text.exactOptional(),
  lane: z.literal('expedite').exactOptional(),
  plan: z.strictObject({ from: text, until: text }).exactOptional(),
  inEffectSince: text.exactOptional(),
  committed: z
    .array(
      z.strictObject({
        field: text,
        commitment: digestText,
        redacted: z.strictObject({ by: text, at: text, reason: text }).exactOptional(),
      }),
    )
    .exactOptional(),
  electorates: z.record(text, z.record(text, count)),
})

/**
 * A change, where what is kept has its members at every depth and no others. Where it has not, what is read below does not
 * compile: a member that is new would be refused with the whole change, until it is told above.
 */
type Kept = IsSame<Bare<Required<z.output<typeof kept>>>, Bare<Change>> extends true ? z.output<typeof kept> : never

/** A change that was kept, if it is one under rules that there are: else `undefined`. */
export function restoredChange(plain: unknown, governance: Governance): Change | undefined {
  const parsed = safeParse(kept, plain)
  if (!parsed.success) return undefined
  const change: Change = parsed.data satisfies Kept as Stated as Change
  const { policies } = governance
  const ruling = ({ policy, category }: Pick<RuledBy, 'policy' | 'category'>) => {
    const known = Object.hasOwn(policies, policy) ? policies[policy]?.document.categories : undefined
    return known !== undefined && Object.hasOwn(known, category) ? known[category] : undefined
  }
  const category = ruling(change)
  if (category === undefined || (change.before !== undefined && ruling(change.before) === undefined)) return undefined
  if (!statesBeside.includes(change.state) && !category.flow.some(stage => stage.name === change.state))
    return undefined
  const { approvals = [], signOffs = [] } = change.rests ?? {}
  if (approvals.some(one => one >= change.approvals.length)) return undefined
  if (signOffs.some(one => one >= change.signOffs.length)) return undefined
  return freeze(change, true)
}
