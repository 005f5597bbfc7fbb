import { freeze } from 'immer'
import * as z from 'zod'
import type { Governance } from '../governance/governance.ts'
import { statesBeside } from '../policy/stage.ts'
import { commitment } from '../values/commitment.ts'
import { digestText } from '../values/digest-text.ts'
import { safeParse } from '../values/safe-parse.ts'
import type { Change } from './change.ts'

// A change as somebody has kept it beside the trail. It is read as strictly as what comes from outside: whoever can write
// there may have written anything.

const text = z.string()
const count = z.int().min(0)
const texts = z.array(text)
const yes = z.literal(true).optional()
const under = count.optional()
const dated = z.strictObject({ by: text, at: text, under })

const seat = z.discriminatedUnion('capacity', [
  z.strictObject({ role: text, capacity: z.literal('own') }),
  z.strictObject({
    role: text,
    capacity: z.literal('delegate'),
    principal: text,
    delegation: text,
    through: texts.optional(),
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
      z.strictObject({ how: z.enum(['withdrawn', 'rejected']), at: text }),
    ])
    .optional(),
}

const kept = z.strictObject({
  id: text,
  team: text,
  category: text,
  policy: digestText,
  title: text,
  reason: text,
  parent: text.optional(),
  template: z.strictObject({ name: text, version: count, digest: digestText }).optional(),
  requestedBy: text,
  submittedAt: text,
  submittedUnder: count,
  state: text,
  since: text,
  round: count,
  revision: count,
  digest: digestText,
  digestSince: text,
  migrated: text.optional(),
  form: z.record(text, z.union([text, z.number(), z.boolean(), texts, commitment])),
  content: digestText.optional(),
  assignee: text.optional(),
  held: z.array(
    z.strictObject({
      duty: text,
      person: text,
      revision: count,
      at: text,
      how: z.enum([
        'requested',
        'made content',
        'edited',
        'was assigned',
        'did the task',
        'ticked an item',
        'approved',
        'reviewed',
        'rejected',
        'tested',
        'released',
        'broke the glass',
      ]),
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
        .optional(),
      environments: texts.optional(),
      exceptions: texts.optional(),
      retainedFrom: count.optional(),
      afterwards: yes,
    }),
  ),
  rejections: z.array(
    z.strictObject({
      ...given,
      after: count,
      category: text,
      veto: yes,
      placed: z.strictObject({ policy: digestText, stage: text }).optional(),
      lifted: dated.extend({ after: count }).optional(),
    }),
  ),
  signOffs: z.array(
    z.strictObject({
      ...given,
      result: z.enum(['passed', 'failed']),
      evidence: z.array(z.strictObject({ name: text, digest: digestText.optional() })),
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
      granted: dated.optional(),
      revoked: dated.optional(),
    }),
  ),
  rests: z.strictObject({ at: text, approvals: z.array(count), signOffs: z.array(count) }).optional(),
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
          remedy: text.optional(),
        })
        .optional(),
    }),
  ),
  glass: z
    .strictObject({ by: text, at: text, under: count.optional(), until: text, round: count, used: yes })
    .optional(),
  overrides: z.array(z.strictObject({ freeze: text, by: text, at: text, under, until: text, reason: text })),
  column: text.optional(),
  columnSince: text.optional(),
  lane: z.literal('expedite').optional(),
  plan: z.strictObject({ from: text, until: text }).optional(),
  inEffectSince: text.optional(),
  committed: z
    .array(
      z.strictObject({
        field: text,
        commitment: digestText,
        redacted: z.strictObject({ by: text, at: text, reason: text }).optional(),
      }),
    )
    .optional(),
  electorates: z.record(text, z.record(text, count)),
})

/** A change that was kept, if it is one under rules that there are: else `undefined`. */
export function restoredChange(plain: unknown, governance: Governance): Change | undefined {
  const parsed = safeParse(kept, plain)
  if (!parsed.success) return undefined
  const change = parsed.data as Change
  const { policies } = governance
  const policy = Object.hasOwn(policies, change.policy) ? policies[change.policy]?.document.categories : undefined
  const category = policy !== undefined && Object.hasOwn(policy, change.category) ? policy[change.category] : undefined
  if (category === undefined) return undefined
  if (!statesBeside.includes(change.state) && !category.flow.some(stage => stage.name === change.state))
    return undefined
  const { approvals = [], signOffs = [] } = change.rests ?? {}
  if (approvals.some(one => one >= change.approvals.length)) return undefined
  if (signOffs.some(one => one >= change.signOffs.length)) return undefined
  return freeze(change, true)
}
