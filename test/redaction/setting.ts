import { baseline, content, Scenario, type Setting } from '@countersign/testing'
import type { Opening, Openings } from '@countersign/trail/store'
import { memoryOpenings } from '@countersign/trail/store'
import { approval, approvals, category, policy, release, role } from 'countersign/policy'
import type { GivenOpenings } from 'countersign/verify'
import * as z from 'zod'

/** Whose bytes must be nowhere but among the openings. */
export const secret = 'Zq7-marker-DE02120300000000202051'

export const form = z.object({
  system: z.enum(['ledger', 'billing']),
  account: z.string().min(5).max(60).meta({ title: 'Account', private: true }),
  limit: z.int().min(1).max(5).meta({ private: true }).optional(),
  owners: z.array(z.string()).meta({ private: true }).optional(),
})

const flow = () => [approval('agree', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]

export const payments = (shape: z.ZodObject = form) =>
  policy(
    't',
    { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
    { normal: category({ form: shape, flow: flow() }), urgent: category({ form: shape, flow: flow() }) },
  )

export const people = { alice: [], bob: ['appr'], carol: ['appr'], rita: [], paul: ['deployer'] }

export const submission = {
  change: 'K',
  team: 't',
  category: 'normal',
  title: 'pay by another account',
  reason: 'the bank has merged with another one',
  form: { system: 'ledger', account: secret },
  content: { digest: content('r1'), makers: ['alice'] },
} as const

/** A desk with openings, and K on it, with a private account. */
export async function opened(
  vary: Partial<Setting> & { submit?: object } = {},
): Promise<{ scenario: Scenario; openings: Openings }> {
  const { submit, openings = memoryOpenings(), ...setting } = vary
  const scenario = await Scenario.open({ controls: baseline, policies: [payments()], people, openings, ...setting })
  await scenario.given('rita', 'submit', { ...submission, ...submit } as never)
  return { scenario, openings }
}

/** The whole trail as text. */
export async function textOf({ store }: Scenario): Promise<string> {
  let text = ''
  for await (const { bytes } of store.read()) text += `${new TextDecoder().decode(bytes)}\n`
  return text
}

/** The commitment that stands in a field of a change now. */
export function commitmentIn({ desk }: Pick<Scenario, 'desk'>, field: string, change = 'K'): string {
  const value = desk.change(change)?.form[field]
  if (typeof value === 'object' && 'commitment' in value) return value.commitment
  throw new Error(`${field} of ${change} is no commitment: ${JSON.stringify(value)}`)
}

/** Openings, each of which opens its commitment, as an auditor is given them. */
export const given = (openings: Iterable<Opening>, more: Partial<GivenOpenings> = {}): GivenOpenings => ({
  opened: new Map([...openings].map(({ commitment, stream, id, field }) => [commitment, [{ stream, id, field }]])),
  mismatched: new Set(),
  unreadable: 0,
  torn: 0,
  ...more,
})
