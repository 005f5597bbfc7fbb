import { content, type History, type Played, play, type Scenario, type Step, type Watch } from '@countersign/testing'
import { readEntry } from '@countersign/trail'
import { memoryStore, type Sealed, type Store } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { readRecord } from '../../packages/countersign/src/record/record.ts'
import type { PlainBody } from '../../packages/testing/src/plain.ts'

/** An entry's body, as far as these tests read it. */
export interface TrialBody extends PlainBody {
  readonly seq: number
  readonly id: string
  readonly stream: string
  readonly streamSeq: number
}

const factor = Number(process.env.COUNTERSIGN_RUNS ?? 1)

/**
 * The same runs every time, and others for whoever asks: `COUNTERSIGN_SEED` begins elsewhere, `COUNTERSIGN_RUNS`
 * multiplies their number. `pnpm test` tries a quarter of them, and `pnpm run test:long` all.
 */
export const runs = (numRuns: number) => ({
  // Sooner than vitest gives up, so that a failure comes with its history and not only with the time that ran out.
  interruptAfterTimeLimit: 50_000 * Math.max(1, factor),
  markInterruptAsFailure: true,
  seed: Number(process.env.COUNTERSIGN_SEED ?? 20_261_121),
  numRuns: Math.ceil(numRuns * factor),
})

/** Some of what is tried one after the other, in the same proportion. */
export const sampleOf = <One>(all: Iterable<One>): One[] => {
  const every = Math.max(1, Math.round(1 / factor))
  return [...all].filter((_, index) => index % every === 0)
}

/** What all runs come to at least, in proportion where fewer are tried. */
export const atLeast = (count: number): number => count * Math.min(1, factor)

/** Whether it is the run whose numbers are known; another seed or fewer runs may miss a rare case. */
export const asWritten = process.env.COUNTERSIGN_SEED === undefined && factor === 1

export async function sealedIn(store: Store, from = 0): Promise<Sealed[]> {
  const entries: Sealed[] = []
  for await (const sealed of store.read({ from })) entries.push(sealed)
  return entries
}

export const bodyOf = ({ bytes }: Sealed): TrialBody => readEntry(bytes).body as unknown as TrialBody

export const linesOf = (entries: readonly Sealed[]): string[] =>
  entries.map(({ bytes }) => new TextDecoder().decode(bytes))

/** A store with the first so many entries of another. */
export async function beginningOf(store: Store, size: number): Promise<Store> {
  const copy = memoryStore()
  const lines: Uint8Array[] = []
  for await (const { bytes } of store.read({ to: size })) lines.push(bytes)
  for (const bytes of lines) {
    const { seq: _, ...draft } = readRecord(bytes).body
    await copy.append([draft as never], {})
  }
  return copy
}

/** The bytes of a trail file. */
export const fileOf = (lines: readonly string[]): Uint8Array =>
  new TextEncoder().encode(lines.map(line => `${line}\n`).join(''))

/** What one caller at a time comes to, who hands in every command of a trail again, each at its instant. */
export async function again(entries: readonly Sealed[]): Promise<string[]> {
  const store = memoryStore()
  const desk = await createDesk({ store })
  for (const { id, at, by, command } of entries.map(bodyOf)) {
    await desk.execute({ account: by.account, id, command }, { at: new Date(at) })
  }
  return linesOf(await sealedIn(store))
}

/** Lets a history happen before a watch. Where the watch fails, the failure tells what has happened until then. */
export async function watched(history: History, watch: Watch): Promise<Played> {
  const steps: Step[] = []
  try {
    return await play(history, {
      ...watch,
      after: async (scenario, step) => {
        steps.push(step)
        await watch.after?.(scenario, step)
      },
    })
  } catch (error) {
    if (error instanceof Error) error.message += `\n${steps.map(retell).join('\n')}`
    throw error
  }
}

function retell({ at, envelope, receipt }: Step): string {
  const outcome =
    receipt.outcome === 'accepted'
      ? receipt.events.map(({ type, ...facts }) => `${type} ${JSON.stringify(facts)}`).join(', ')
      : `${receipt.refusal.code} ${JSON.stringify(receipt.refusal.facts)}`
  return `${at} ${JSON.stringify(envelope)} → ${outcome}`
}

/** Submits a change of a kind to be moved about on a board; one that cannot wait names its incident. */
export const submitToMove = (scenario: Scenario, change: string, kind: string) =>
  scenario.given('rita', 'submit', {
    change,
    team: 't',
    category: kind,
    title: 'a change',
    reason: 'to be moved about',
    form: kind === 'urgent' || kind === 'emergency' ? { incident: 'INC-1' } : {},
    content: { digest: content(change), makers: ['alice'] },
  } as never)
