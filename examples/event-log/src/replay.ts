import type { Change, Desk, Receipt } from 'countersign'
import type { Case, Step } from './map.ts'
import { changeover, changingOver, founding, type Said } from './policy.ts'

/** What came of a step: where the declaration stood before it (nowhere, if it was never submitted), and the receipt. */
export interface Told {
  readonly of: Case
  readonly step: Step
  readonly stood: string | undefined
  readonly receipt: Receipt
}

type Work = Pick<Told, 'of' | 'step'>

const day = 86_400_000

/**
 * Gives the commands of all cases to the desk, in the order of time and under the time that the log gives them, and
 * tells each outcome. People and rules are set up a day before the first command, and changed over at the changeover,
 * between all that came before it and all that came after.
 *
 * `atOnce` commands of different cases are on their way together, and go to the disk together. As nothing else decides
 * who goes with whom, the same log gives the same trail, byte for byte.
 */
export async function replay(
  desk: Desk,
  cases: readonly Case[],
  told: (one: Told) => void,
  atOnce = 64,
): Promise<void> {
  const work = cases
    .flatMap(of => of.steps.map((step): Work => ({ of, step })))
    .toSorted((a, b) => (a.step.at < b.step.at ? -1 : a.step.at > b.step.at ? 1 : 0))
  const before = work.filter(({ step }) => step.at < changeover)
  const after = work.slice(before.length)
  const first = Math.min(Date.parse(work[0]?.step.at ?? changeover), Date.parse(changeover))
  await govern(desk, 'founding', founding, new Date(first - day))
  await carryOut(desk, before, told, atOnce)
  if (after.length > 0) await govern(desk, 'changing-over', changingOver, new Date(changeover))
  await carryOut(desk, after, told, atOnce)
}

async function carryOut(desk: Desk, work: readonly Work[], told: (one: Told) => void, atOnce: number): Promise<void> {
  for (const batch of batches(work, atOnce)) {
    const results = await Promise.allSettled(batch.map(one => execute(desk, one)))
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason
      told(result.value)
    }
  }
}

async function execute(desk: Desk, { of, step }: Work): Promise<Told> {
  const change = desk.change(of.id)
  const { id, account } = step
  const receipt = await desk.execute({ account, id, command: seen(step, change) }, { at: new Date(step.at) })
  return { of, step, stood: change?.state, receipt }
}

/**
 * Cuts the work into batches of so many steps, each of another case. A step whose case is in the batch already waits for
 * the next one, so that a case keeps its order, and all others as much of it as they can.
 */
export function* batches<One extends { readonly of: unknown }>(work: Iterable<One>, most: number): Generator<One[]> {
  let batch: One[] = []
  let inside = new Set<unknown>()
  let waiting: One[] = []
  for (const next of work) {
    if (inside.has(next.of)) waiting.push(next)
    else {
      batch.push(next)
      inside.add(next.of)
    }
    while (batch.length >= most) {
      yield batch
      ;[batch, inside, waiting] = refilled(waiting, most)
    }
  }
  while (batch.length > 0) {
    yield batch
    ;[batch, inside, waiting] = refilled(waiting, most)
  }
}

/** A new batch from the steps that waited, with those that still have to. */
function refilled<One extends { readonly of: unknown }>(
  steps: readonly One[],
  most: number,
): [One[], Set<unknown>, One[]] {
  const batch: One[] = []
  const inside = new Set<unknown>()
  const waiting: One[] = []
  for (const one of steps) {
    if (batch.length < most && !inside.has(one.of)) batch.push(one)
    else waiting.push(one)
    inside.add(one.of)
  }
  return [batch, inside, waiting]
}

/** SHA-256 of nothing: what somebody saw who decided on a declaration that was never submitted. */
const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const decisions: readonly string[] = ['approve', 'reject', 'release']

/**
 * A decision names the revision and digest that the person saw. The log does not tell them, so they are those of the
 * moment: whether people decided on what they saw is not judged here.
 */
function seen({ command }: Step, change: Change | undefined) {
  if (!decisions.includes(command.type)) return command
  return { ...command, revision: change?.revision ?? 1, digest: change?.digest ?? nothing }
}

/** Carries out what the administrators say. A refusal here is a fault of this program, not of the log. */
async function govern(desk: Desk, occasion: string, said: readonly Said[], at: Date): Promise<void> {
  for (const [index, [account, command]] of said.entries()) {
    const receipt = await desk.execute({ account, id: `${occasion}-${index}`, command }, { at })
    if (receipt.outcome === 'refused')
      throw new Error(`${command.type} was refused: ${receipt.because}. ${receipt.help}`)
  }
}
