import type { Scenario } from '@countersign/testing'
import type { Refusal } from 'countersign'

/** What an entry of the trail says, as far as the law asks about it. */
export interface Told {
  readonly seq: number
  readonly at: string
  readonly stream: string
  readonly policy?: string
  readonly by: { readonly account: string; readonly person?: string; readonly bot?: string; readonly as?: object }
  readonly command: { readonly type: string; readonly [member: string]: unknown }
  readonly outcome: { readonly accepted: readonly { readonly type: string }[] } | { readonly refused: Refusal }
}

/** The whole trail as it lies in the store, read from the stored bytes and not from what the desk remembers. */
export async function trailOf(scenario: Scenario): Promise<Told[]> {
  const told: Told[] = []
  const text = new TextDecoder()
  for await (const { bytes } of scenario.store.read())
    told.push((JSON.parse(text.decode(bytes)) as { body: Told }).body)
  return told
}

export async function lastEntry(scenario: Scenario): Promise<Told> {
  const last = (await trailOf(scenario)).at(-1)
  if (last === undefined) throw new Error('the trail is empty')
  return last
}

/** Every event of the trail, in order. */
export const eventsOf = async (scenario: Scenario) =>
  (await trailOf(scenario)).flatMap(({ outcome }) => ('accepted' in outcome ? outcome.accepted : []))
