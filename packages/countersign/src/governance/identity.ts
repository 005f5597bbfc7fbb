import { type Refusal, refuse } from '../decision/refusal.ts'
import { didYouMean } from '../values/near.ts'
import type { Governance } from './governance.ts'

/** Who stands behind an account: a person, or a bot and whoever controls it. */
export interface Actor {
  readonly account: string
  /** The natural person: for a bot its controller, where it has one. */
  readonly person?: string
  readonly bot?: string
}

/** Finds who stands behind an account. An account that nobody knows is refused, never ignored. */
export function identify(governance: Governance, account: string): Actor | { readonly refused: Refusal } {
  const owner = governance.accounts[account]
  if (owner === undefined) {
    return refuse('identity.unknown-account', { account, near: didYouMean(account, Object.keys(governance.accounts)) })
  }
  const controller = 'bot' in owner ? governance.bots[owner.bot]?.controller : undefined
  const person = 'bot' in owner ? controller : owner.person
  const departed = person === undefined ? undefined : governance.persons[person]?.departed
  if (person !== undefined && departed !== undefined) {
    return refuse('identity.departed', { account, person, at: departed.at })
  }
  return {
    account,
    ...(person === undefined ? {} : { person }),
    ...('bot' in owner ? { bot: owner.bot } : {}),
  }
}

/** Whoever may decide for people: a natural person, acting by their own account. */
export function identifyPerson(
  governance: Governance,
  account: string,
): { readonly account: string; readonly person: string } | { readonly refused: Refusal } {
  const actor = identify(governance, account)
  if ('refused' in actor) return actor
  if (actor.bot !== undefined)
    return refuse('identity.bot', { account, bot: actor.bot, controller: actor.person ?? null })
  if (actor.person === undefined) return refuse('identity.unknown-account', { account, near: '' })
  return { account, person: actor.person }
}

export const isRefused = (one: object): one is { readonly refused: Refusal } => 'refused' in one

/** Whether a person is known and has not left. */
export const isActive = (governance: Governance, person: string): boolean => {
  const one = governance.persons[person]
  return one !== undefined && one.departed === undefined
}
