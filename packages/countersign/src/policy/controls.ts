import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { type Digest, digestOf } from '../values/digest.ts'
import { clauseId, documentName } from '../values/identifier.ts'
import { type Read, read } from '../values/read.ts'
import { because } from '../values/text.ts'
import { type Separation, separation } from './duty.ts'
import { refuseUnfinished, refuseUnknown, stated } from './options.ts'

/** A clause of the controls. */
export type Clause = (
  | { rule: 'separate'; duties: [string, string]; exceptions?: 'allowed' | undefined }
  | { rule: 'approved-before-release'; approvals: number; breakGlass?: 'allowed' | undefined }
  | { rule: 'tested-before-release'; signOffs: number; breakGlass?: 'allowed' | undefined }
) & { because: string }

const breakGlass = z.literal('allowed').optional()

const clause: z.ZodType<Clause> = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('separate'), ...separation.shape }),
  z.strictObject({
    rule: z.literal('approved-before-release'),
    approvals: z.int().min(1).max(20),
    breakGlass,
    because,
  }),
  z.strictObject({ rule: z.literal('tested-before-release'), signOffs: z.int().min(1).max(20), breakGlass, because }),
])

/** What the organisation demands of every team's policy, clause by clause. A team may tighten it and never loosen it. */
export const controlsSchema = z.strictObject({
  format: z.literal('countersign/controls/v1'),
  name: documentName,
  clauses: z.record(clauseId, clause),
})

export type Controls = z.infer<typeof controlsSchema>

/**
 * Reads controls from unknown data, such as JSON: all that keeps them from being controls, or the document.
 *
 * @example
 * ```ts
 * import { readControls } from 'countersign/policy'
 *
 * readControls({ format: 'countersign/controls/v1', name: 'house' }).problems?.[0]?.where // → 'clauses'
 * ```
 */
export const readControls = (data: unknown): Read<Controls> => read(controlsSchema, data)

/**
 * The digest by which policies and the trail name these controls.
 *
 * @example
 * ```ts
 * import { controls, controlsDigest, separate } from 'countersign/policy'
 * const house = controls('house', { 'CM-1': separate('make', 'approve').because('nobody approves what they made') })
 * controlsDigest(house) // → '357381b1600d472b3390ab1543ce936d31f3f0dfe8901dadd03a7a809c9e78c0'
 * ```
 */
export const controlsDigest = (controls: Controls): Digest => digestOf('controls', controls)

/**
 * Writes down the organisation's controls.
 *
 * @example
 * ```ts
 * import { controls, separate } from 'countersign/policy'
 * const sox = controls('sox', { 'SOX-CM-1': separate('make', 'approve').because('nobody approves what they made') })
 * sox.clauses['SOX-CM-1'].rule // → 'separate'
 * ```
 */
export function controls(name: string, clauses: Record<string, Clause | Separation>): Controls {
  if (typeof clauses !== 'object' || clauses === null || Array.isArray(clauses))
    throw new CountersignError('policy', `controls ${name}: its clauses are written as { 'CM-1': … }`)
  for (const [id, one] of Object.entries(clauses)) refuseUnfinished(`controls ${name}: ${id}`, one)
  const data = {
    format: 'countersign/controls/v1',
    name,
    clauses: Object.fromEntries(
      Object.entries(clauses).map(([id, one]) => [
        id,
        typeof one !== 'object' || one === null || 'rule' in one ? one : { rule: 'separate', ...one },
      ]),
    ),
  }
  const { document, problems } = readControls(data)
  if (document !== undefined) return document
  const told = problems.map(({ where, problem }) => `${where}: ${problem}`).join('\n  ')
  throw new CountersignError('policy', `controls ${name}: ${told}`, { facts: { problems } })
}

interface BeforeRelease {
  /** A team's policy may let the glass be broken on it, in a category that says so. */
  breakGlass?: 'allowed'
}

/**
 * Nothing is put into effect before so many persons have approved it (one unless told otherwise).
 *
 * @example
 * ```ts
 * import { approvedBeforeRelease } from 'countersign/policy'
 * approvedBeforeRelease(2).because('four eyes see more than two')
 * // → { rule: 'approved-before-release', approvals: 2, because: 'four eyes see more than two' }
 * ```
 */
export function approvedBeforeRelease(approvals = 1, options: BeforeRelease = {}) {
  refuseUnknown('approvedBeforeRelease', options, ['breakGlass'])
  return {
    because: (reason: string): Clause => ({
      rule: 'approved-before-release',
      approvals,
      ...stated(options),
      because: reason,
    }),
  }
}

/**
 * Nothing is put into effect before so many persons have signed off a test (one unless told otherwise).
 *
 * @example
 * ```ts
 * import { testedBeforeRelease } from 'countersign/policy'
 * testedBeforeRelease().because('nothing untested reaches production')
 * // → { rule: 'tested-before-release', signOffs: 1, because: 'nothing untested reaches production' }
 * ```
 */
export function testedBeforeRelease(signOffs = 1, options: BeforeRelease = {}) {
  refuseUnknown('testedBeforeRelease', options, ['breakGlass'])
  return {
    because: (reason: string): Clause => ({
      rule: 'tested-before-release',
      signOffs,
      ...stated(options),
      because: reason,
    }),
  }
}
