import { type Refused, refuse } from '../decision/refusal.ts'
import type { Instant } from '../values/instant.ts'
import { rootOf } from './alias.ts'
import { type Bot, type Governance, type Person, type Tables, tables, type When } from './governance.ts'

/** Who stands behind an account: a person, or a bot. */
export type Actor = NaturalPerson | Robot

export interface NaturalPerson {
  readonly account: string
  readonly person: string
  readonly bot?: never
}

interface Robot {
  readonly account: string
  readonly bot: string
  /** Whoever answers for it, where somebody does. */
  readonly person?: string
}

/** Who acts: the person, or the bot itself. */
export const selfOf = (actor: Actor): string => (actor.bot === undefined ? actor.person : actor.bot)

/** Who answers for it: the person, or the bot alone where nobody does. */
export const answering = (actor: Actor): string => actor.person ?? selfOf(actor)

/**
 * Finds who stands behind an account. An account that nobody knows is refused, never ignored.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { identify } from 'countersign/governance'
 * const { desk } = await f0()
 * identify(desk.governance(), 'bob') // → { account: 'bob', person: 'bob' }
 * 'refused' in identify(desk.governance(), 'bop') // → true
 * ```
 */
export function identify(governance: Governance, account: string): Actor | Refused {
  const { accounts, bots, persons } = governance[tables]
  const owner = accounts.get(account)
  if (owner === undefined) {
    // Whoever asks is nobody yet, and is not told which accounts there are.
    return refuse('identity.unknown-account', { account, near: '' })
  }
  const person = 'bot' in owner ? bots.get(owner.bot)?.controller : owner.person
  const departed = person === undefined ? undefined : persons.get(person)?.departed
  if (person !== undefined && departed !== undefined) {
    return refuse('identity.departed', { account, person, at: departed.at })
  }
  if (!('bot' in owner)) return { account, person: owner.person }
  return { account, ...(person === undefined ? {} : { person }), bot: owner.bot }
}

/** Whoever may decide for people: a natural person, acting by their own account. */
export function identifyPerson(governance: Governance, account: string): NaturalPerson | Refused {
  const actor = identify(governance, account)
  if ('refused' in actor || actor.bot === undefined) return actor
  return refuse('identity.bot', { account, bot: actor.bot, controller: actor.person ?? null })
}

export const isRefused = (one: object): one is Refused => 'refused' in one

/** Who owns an account: a person or a bot; `undefined` where nobody knows it. */
export const ownerOf = (governance: Governance, account: string) => governance[tables].accounts.get(account)

/** The person who answers for a bot. */
export const controllerOf = (governance: Governance, bot: string): string | undefined =>
  governance[tables].bots.get(bot)?.controller

/** When a person came to answer for a bot for which nobody had. */
export const tookOverAt = (governance: Governance, person: string): Instant[] => {
  const of = governance[tables]
  if (of.bots.size === 0) return []
  const all = [...of.bots.entries()].flatMap(([, { tookOver }]) => tookOver ?? [])
  return all.flatMap(one => (rootOf(of, one.person) === person ? [one.at] : []))
}

/** What is known of a person, under the id that they go by. */
export const personNamed = (governance: Governance, id: string): Person | undefined =>
  rootPerson(governance[tables], id)

export function rootPerson(of: Tables, id: string): Person | undefined {
  const one = of.persons.get(id)
  return one?.is === undefined ? one : of.persons.get(rootOf(of, id))
}

/** Whether a person is known and has not left. */
export const isActive = (governance: Governance, person: string): boolean => isHere(governance[tables], person)

export function isHere(of: Tables, person: string): boolean {
  const one = rootPerson(of, person)
  return one !== undefined && one.departed === undefined
}

/**
 * Who has to answer for what a robot did, once or `again`, when nobody did: whoever had answered for it last, and whoever
 * came to next.
 */
export function answerFor(
  governance: Governance,
  bot: string,
  { at, under, again }: When & { readonly again?: readonly number[] },
): readonly string[] {
  const { bots } = governance[tables]
  const one = bots.size === 0 ? undefined : bots.get(bot)
  if (one === undefined) return nobody
  const first = answeringThen(one, { at, under })
  return again === undefined ? first : [first, ...again.map(later => answeringThen(one, { at, under: later }))].flat()
}

function answeringThen(one: Bot, { at, under }: When): readonly string[] {
  const next = one.tookOver?.find(other => (under === undefined ? at <= other.at : under < other.nth))
  const { formerly, since, left } = next ?? one
  // Somebody answered for it then.
  const isBefore = under === undefined || left === undefined ? since !== undefined && at < since : under < left
  if (isBefore) return nobody
  return [formerly, next?.person].filter(person => person !== undefined)
}

const nobody: readonly string[] = []
