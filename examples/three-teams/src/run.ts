import type { Store } from '@countersign/trail/store'
import { createDesk, type Desk, type Receipt } from 'countersign'
import { comingsAndGoings, founding } from './people.ts'
import type { Step } from './step.ts'
import { dataStory } from './stories/data.ts'
import { financeStory } from './stories/finance-systems.ts'
import { platformStory } from './stories/platform.ts'

/** A step, and what came of it. */
export interface Played {
  readonly step: Step
  readonly receipt: Receipt
}

/** When the story ends: the boards are drawn as of then. */
export const theEnd = '2026-03-27T17:00:00.000Z'

const earlier = (a: Step, b: Step) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)

/** The whole story in the order of time. `key` is the trail's public key, which the founding entry names, where it has one. */
export const storyOf = (key?: string): Step[] =>
  [...founding(key), ...comingsAndGoings, ...financeStory, ...platformStory, ...dataStory].toSorted(earlier)

const namesWhatWasSeen = new Set(['approve', 'reject', 'signOff', 'release'])

/**
 * Plays a script on a desk of its own. The clock is the script's, and the ids count up, so that every run decides the
 * same. Whoever approves names the revision and the digest that they saw: the current ones, unless the step says which
 * revision it was.
 *
 * Throws where something else comes of a step than the script says: a story that does not come about is not told.
 */
export async function play(store: Store, script: readonly Step[]): Promise<{ desk: Desk; played: Played[] }> {
  let now = new Date(0)
  const desk = await createDesk({ store, clock: () => now })
  const digests = new Map<string, string>()
  const played: Played[] = []
  for (const [index, step] of script.entries()) {
    now = new Date(step.at)
    const id = typeof step.command.change === 'string' ? step.command.change : undefined
    const change = id === undefined ? undefined : desk.change(id)
    const revision = typeof step.command.revision === 'number' ? step.command.revision : change?.revision
    const seen =
      namesWhatWasSeen.has(step.type) && revision !== undefined
        ? { revision, digest: digests.get(`${id} ${revision}`) }
        : {}
    const receipt = await desk.execute({
      account: step.account,
      id: `step-${String(index + 1).padStart(4, '0')}`,
      command: { ...step.command, ...seen, type: step.type },
    })
    const came = receipt.outcome === 'accepted' ? 'accepted' : receipt.refusal.code
    const expected = step.refused?.code ?? 'accepted'
    if (came !== expected) {
      const why = receipt.outcome === 'refused' ? `: ${receipt.because}` : ''
      throw new Error(`${step.at} ${step.account} ${step.type} ${id ?? ''}: expected ${expected}, came ${came}${why}`)
    }
    const after = id === undefined ? undefined : desk.change(id)
    if (after !== undefined) digests.set(`${id} ${after.revision}`, after.digest)
    played.push({ step, receipt })
  }
  return { desk, played }
}
