import type { Controls, Policy } from 'countersign/policy'
import fc from 'fast-check'
import { groups, historyControls, often, people, policies, roles, strictControls, systems } from './arbitraries.ts'
import type { Setting } from './scenario.ts'

const n = fc.nat({ max: 1_000 })
const own = fc.constantFrom('approve', 'reject', 'signOff', 'complete', 'release')
const other = fc.constantFrom('withdraw', 'resubmit', 'cancel', 'close')

/** What somebody does, in terms of a history that is not yet there: numbers choose among whatever will be there then. */
const deeds = {
  /** Nothing: to this every other deed of a failing history shrinks that has no part in the failure. */
  wait: fc.record({ do: fc.constant('wait') }),
  /** The next step that a change waits for, by somebody who could be meant to take it. */
  goOn: fc.record({
    do: fc.constant('goOn'),
    change: n,
    who: n,
    careful: often(80),
    delegate: often(50),
    otherAccount: often(15),
  }),
  /** A decision by anybody about anything, right or wrong. */
  act: fc.record({
    do: fc.constant('act'),
    type: own,
    change: n,
    who: n,
    seen: fc.constantFrom('current', 'current', 'current', 'revision', 'digest', 'unknown change'),
    principal: fc.option(n, { freq: 3 }),
    as: fc.option(fc.constantFrom(...roles), { freq: 2 }),
  }),
  handle: fc.record({ do: fc.constant('handle'), type: other, change: n, who: n, participant: often(60) }),
  submit: fc.record({
    do: fc.constant('submit'),
    category: fc.constantFrom(
      'normal',
      'normal',
      'normal',
      'project',
      'project',
      'patch',
      'patch',
      'patch',
      'standard',
      'light',
      'unheard-of',
    ),
    who: n,
    makers: fc.oneof(
      { weight: 1, arbitrary: fc.constant<number[]>([]) },
      { weight: 6, arbitrary: fc.array(n, { minLength: 1, maxLength: 2 }) },
    ),
    risk: fc.constantFrom('low', 'high'),
    systems: fc.subarray([...systems], { minLength: 1 }),
    parent: fc.option(n, { freq: 8 }),
    strange: often(6),
  }),
  revise: fc.record({
    do: fc.constant('revise'),
    change: n,
    who: n,
    risk: fc.option(fc.constantFrom('low', 'high')),
    note: fc.option(fc.constant('reworded')),
    content: fc.option(n),
    maker: n,
  }),
  assign: fc.record({ do: fc.constant('assign'), change: n, who: n, to: n, participant: often(70) }),
  delegate: fc.record({
    do: fc.constant('delegate'),
    principal: n,
    to: n,
    /** On from the last delegation, or round to where that came from. */
    link: fc.constantFrom('none', 'none', 'chain', 'chain', 'circle'),
    by: fc.constantFrom('principal', 'principal', 'principal', 'administrator', 'anybody'),
    who: n,
    delay: fc.constantFrom(0, 0, 0, 0, 60_000, -60_000),
    days: fc.constantFrom(30, 30, 30, 1, 1, 0),
    scope: fc.constantFrom(
      {},
      {},
      {},
      {},
      { roles: ['appr', 'head', 'tester'] },
      { teams: ['u'] },
      { categories: ['patch'] },
    ),
  }),
  undelegate: fc.record({ do: fc.constant('undelegate'), delegation: n, who: n }),
  grant: fc.record({
    do: fc.constant('grant'),
    role: fc.constantFrom(...roles, 'chief'),
    to: n,
    by: n,
    team: fc.constantFrom('*', 't', 'u'),
    days: fc.option(fc.constantFrom(1, 40)),
  }),
  revoke: fc.record({ do: fc.constant('revoke'), role: fc.constantFrom(...roles), from: n, by: n }),
  /** What lets an approval fall away that somebody leans on: on the parent, with a person, or by the time that passes. */
  unsettle: fc.record({
    do: fc.constant('unsettle'),
    change: n,
    how: fc.constantFrom('withdraw', 'withdraw', 'revise', 'cancel', 'compromise', 'compromise', 'age'),
    who: n,
  }),
  absent: fc.record({ do: fc.constant('absent'), who: n, days: fc.constantFrom(2, 30) }),
  present: fc.record({ do: fc.constant('present'), who: n }),
  /** Two ids turn out to be one person: of two who approved, of one who made and one who approved, or of any two. */
  alias: fc.record({
    do: fc.constant('alias'),
    change: n,
    who: n,
    other: n,
    of: fc.constantFrom('approvers', 'approvers', 'maker', 'maker', 'anybody'),
  }),
  regroup: fc.record({ do: fc.constant('regroup'), who: n, groups: fc.subarray([...groups], { maxLength: 2 }) }),
  /** Somebody asks for an exception, or another one grants or revokes it; by the right persons or by any. */
  except: fc.record({
    do: fc.constant('except'),
    how: fc.constantFrom('request', 'grant', 'grant', 'grant', 'revoke'),
    change: n,
    who: n,
    duties: fc.constantFrom(
      ['make', 'approve'],
      ['make', 'approve'],
      ['make', 'approve'],
      ['make', 'approve'],
      ['test', 'approve'],
    ),
    days: fc.constantFrom(1, 5, 5, 5, 5, 9),
    right: often(80),
  }),
  lift: fc.record({ do: fc.constant('lift'), change: n, who: n, right: often(80) }),
  recategorise: fc.record({
    do: fc.constant('recategorise'),
    change: n,
    who: n,
    category: fc.constantFrom('normal', 'light', 'patch', 'project'),
    participant: often(60),
  }),
  exclude: fc.record({ do: fc.constant('exclude'), roles: fc.subarray([...roles], { minLength: 2, maxLength: 2 }) }),
  goBack: fc.record({ do: fc.constant('goBack'), who: n }),
  depart: fc.record({ do: fc.constant('depart'), who: n, by: n, compromised: fc.boolean() }),
  link: fc.record({ do: fc.constant('link'), person: n, how: fc.constantFrom('taken', 'new', 'unlink') }),
  rules: fc.record({ do: fc.constant('rules'), who: n, adopt: fc.boolean() }),
  /** A command that was given already, again; or its id on another one. */
  again: fc.record({ do: fc.constant('again'), which: n, changed: often(30) }),
  malformed: fc.record({ do: fc.constant('malformed'), which: n, change: n, junk: fc.anything() }),
}

type Deed = {
  [Name in keyof typeof deeds]: (typeof deeds)[Name] extends fc.Arbitrary<infer One>
    ? Omit<One, 'do'> & { do: Name }
    : never
}[keyof typeof deeds]

const weights: Record<keyof typeof deeds, number> = {
  wait: 1,
  goOn: 52,
  act: 9,
  handle: 4,
  submit: 7,
  revise: 3,
  assign: 2,
  delegate: 7,
  undelegate: 1,
  grant: 6,
  revoke: 2,
  unsettle: 3,
  absent: 4,
  present: 1,
  alias: 3,
  regroup: 2,
  except: 7,
  lift: 2,
  recategorise: 2,
  exclude: 1,
  goBack: 1,
  depart: 1,
  link: 1,
  rules: 2,
  again: 4,
  malformed: 4,
}

/** A deed, and the milliseconds that pass before it. */
export type Move = Deed & { readonly wait: number }

const waits = fc.oneof(
  { weight: 60, arbitrary: fc.constant(0) },
  { weight: 25, arbitrary: fc.constant(60_000) },
  { weight: 12, arbitrary: fc.constant(6 * 3_600_000) },
  { weight: 3, arbitrary: fc.constant(4 * 86_400_000) },
)

export const moves: fc.Arbitrary<Move> = fc
  .tuple(
    fc.oneof(
      { withCrossShrink: true },
      ...Object.entries(deeds).map(([name, arbitrary]) => ({
        weight: weights[name as keyof typeof deeds],
        arbitrary: arbitrary as fc.Arbitrary<unknown> as fc.Arbitrary<Deed>,
      })),
    ),
    waits,
  )
  .map(([deed, wait]) => ({ ...deed, wait }))

/** People, rules, and what they do: everything that a trail can come of. */
export interface History {
  readonly people: Setting['people']
  readonly controls: Controls
  readonly policy: Policy
  /** The rules that may be proposed on the way. */
  readonly later: Policy
  readonly moves: readonly Move[]
}

/**
 * Histories of at least `least` commands by at least six persons, the sensible and the absurd mixed.
 * Without `aliases`, nobody turns out to be somebody else, so that what has taken effect stays right for ever.
 *
 * @example
 * ```ts
 * import { histories, play } from '@countersign/testing'
 * import fc from 'fast-check'
 * const [history] = fc.sample(histories(), { seed: 1, numRuns: 1 })
 * history.moves.length >= 50 // → true
 * (await play(history)).steps.length > 50 // → true
 * ```
 */
export const histories = ({ least = 50, most = 90, aliases = true } = {}): fc.Arbitrary<History> =>
  fc.boolean().chain(strict => {
    const under = strict ? strictControls : historyControls
    return fc.record({
      people: people(),
      controls: fc.constant(under),
      policy: policies(under),
      later: policies(under),
      moves: fc
        .array(moves, { minLength: least, maxLength: most })
        .map(some => some.map(one => (aliases || one.do !== 'alias' ? one : { do: 'wait' as const, wait: one.wait }))),
    })
  })
