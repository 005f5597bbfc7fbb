import type { Scenario } from '@countersign/testing'
import type { Commands, Refusal, RefusalCode, Refused } from 'countersign'
import { expect } from 'vitest'
import { trailOf } from './trail.ts'

type Type = keyof Commands
type Fields<T extends Type> = Partial<Parameters<Commands[T]>[0]>

type RefusedFor<Code extends RefusalCode> = Refused & { readonly refusal: Refusal<Code> }

/** A breach of a duty, an authority, a delegation or an exception is evidence, and so is a robot's or leaver's attempt. */
const evidence =
  /^(duty|authority|delegation)\.|^exception\.not-permitted$|^identity\.(bot|no-controller|departed)$|^requirement\.unmet$|^obligation\.open$|^freeze\.|^window\.closed$|^glass\.not-permitted$/

/**
 * A command that must be refused. Checks all that a refusal promises: its code and its facts; that every change, every
 * explanation, and what is known of people and rules are as before; and that an attempt which breaks a duty, an
 * authority or a delegation stands in the trail as refused, while any other leaves no entry.
 */
export async function refused<T extends Type, Code extends RefusalCode>(
  scenario: Scenario,
  [account, type, command]: readonly [account: string, type: T, command: Fields<T>],
  code: Code,
  facts: object = {},
): Promise<RefusedFor<Code>> {
  const before = standing(scenario)
  const entries = (await trailOf(scenario)).length
  const receipt = await scenario.when(account, type, command)
  if (receipt.outcome === 'accepted') throw new Error(`${account} ${type} was accepted, and should be refused: ${code}`)
  expect(receipt.refusal).toMatchObject({ code, facts })
  // What is wrong with a malformed command is told in the words of its schema.
  if (code !== 'command.malformed') expect(receipt.because).not.toMatch(/undefined|NaN|\[object/)
  expect(receipt.help).not.toBe('')
  expect(standing(scenario)).toEqual(before)
  const added = (await trailOf(scenario)).slice(entries)
  if (evidence.test(code)) {
    expect(added).toMatchObject([{ by: { account }, command: { type }, outcome: { refused: receipt.refusal } }])
    expect(receipt.recorded?.seq).toBe(added[0]?.seq)
  } else {
    expect(added).toEqual([])
    expect(receipt.recorded).toBeUndefined()
  }
  return receipt as RefusedFor<Code>
}

/** Everything that a refusal must leave as it was. */
const standing = ({ desk, now }: Scenario) =>
  structuredClone({
    changes: desk.changes(),
    explanations: desk.changes().map(change => desk.explain(change.id, now)),
    governance: desk.governance(),
  })
