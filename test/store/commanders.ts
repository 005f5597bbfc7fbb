import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonical, Tree } from '@countersign/trail'
import type { Head, Sealed, Store } from '@countersign/trail/store'
import type { Receipt } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import { type RecordBody, readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { again, fileOf, linesOf, sealedIn } from '../properties/trial.ts'
import type { Ended, Orders, Told } from './commander.ts'
import { openAt, type Place } from './place.ts'
import { found, limits } from './shared-board.ts'

const PROGRAM = fileURLToPath(new URL('./commander.ts', import.meta.url))

/** A process that gives commands. */
export interface Commander {
  readonly child: ChildProcess
  /** Settles when it has opened its desk; rejects where it ends before that. */
  readonly opened: Promise<void>
  /** Settles when it has ended, however it has; with its exit code, or null where it was killed. */
  readonly ended: Promise<number | null>
  /** What it has told so far; a line that was cut by a kill is left out. */
  readonly told: () => Told[]
  /** Races lost, where it came to its end. */
  readonly conflicts: () => number
}

/** Starts a process that gives commands. */
export function command(orders: Orders): Commander {
  const child = spawn(
    process.execPath,
    ['--conditions=countersign-src', '--no-warnings', PROGRAM, JSON.stringify(orders)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let text = ''
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const opened = new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', chunk => {
      text += chunk
      if (text.includes('\n')) resolve()
    })
    child.once('close', () => reject(new Error('it ended before it had opened the trail')))
  })
  opened.catch(() => {})
  const lines = () =>
    text
      .split('\n')
      .slice(1, -1)
      .map(line => JSON.parse(line) as Told | Ended)
  return {
    child,
    opened,
    ended,
    told: () => lines().filter(line => 'envelope' in line),
    conflicts: () => lines().reduce((sum, line) => sum + ('conflicts' in line ? line.conflicts : 0), 0),
  }
}

/**
 * Lets several processes give commands on one trail at once, until each has given its number, and judges the trail.
 * Gives how many entries came of it, how many races were lost, and how many commands were given up.
 */
export async function atOnce(
  place: Place,
  {
    processes,
    commands,
    seed,
    caches,
  }: {
    readonly processes: number
    readonly commands: number
    readonly seed: number
    /** The folder in which each has a cache of its own. */
    readonly caches?: string
  },
): Promise<{ readonly entries: number; readonly conflicts: number; readonly gaveUp: number }> {
  const store = await openAt(place)
  try {
    await found(store)
    const founded = await store.head()
    const all = Array.from({ length: processes }, (_, at) =>
      command({
        place,
        seed: seed + at,
        prefix: `p${at}`,
        commands,
        ...(caches === undefined ? {} : { cache: join(caches, `${at}.cache`) }),
      }),
    )
    assert.deepEqual(
      await Promise.all(all.map(one => one.ended)),
      all.map(() => 0),
    )
    const told = all.flatMap(one => one.told())
    assert.equal(told.length, processes * commands)
    await judge(store, told, { heads: [founded], isComplete: true })
    return {
      entries: (await store.head()).size - founded.size,
      conflicts: all.reduce((sum, one) => sum + one.conflicts(), 0),
      gaveUp: told.filter(one => one.gaveUp !== undefined).length,
    }
  } finally {
    await store.close()
  }
}

/** The trail as it is in the end, with each entry's body. */
interface Entry extends Sealed {
  readonly body: RecordBody
}

const placeOf = (receipt: Receipt) => (receipt.outcome === 'accepted' ? receipt : receipt.recorded)

/**
 * Holds a trail against what its writers were told, and against how it ended earlier. `isComplete` where none of them was
 * killed: then there is nothing after the first of those ends of which nobody was told. Throws what does not hold.
 */
export async function judge(
  store: Store,
  told: readonly Told[],
  { heads, isComplete }: { readonly heads: readonly Head[]; readonly isComplete: boolean },
): Promise<void> {
  const sealed = await sealedIn(store)
  const entries: Entry[] = sealed.map(one => ({ ...one, body: readRecord(one.bytes).body }))
  const lines = linesOf(sealed)

  // Each entry in its place, no gap and no fork; and every decision follows from what was there before it.
  const verdict = verifyTrail([fileOf(lines)])
  assert.deepEqual([verdict.status, verdict.findings], ['sound', []])
  for (const head of [...heads, await store.head()]) isHeadOf(sealed, head)

  // What was acknowledged is there, as it was told.
  const seqs = new Set<number>()
  for (const { envelope, receipt } of told) {
    const place = receipt === undefined ? undefined : placeOf(receipt)
    if (receipt === undefined || place === undefined) continue
    const entry = entries[place.seq]
    seqs.add(place.seq)
    assert.equal(entry?.leafHash, place.leafHash)
    assert.deepEqual([entry.body.id, entry.body.by.account], [envelope.id, envelope.account])
    // A command says by default what its envelope left out, and nothing else.
    assert.equal(canonical(entry.body.command), canonical({ ...entry.body.command, ...envelope.command }))
    assert.deepEqual(
      entry.body.outcome,
      receipt.outcome === 'accepted' ? { accepted: receipt.events } : { refused: receipt.refusal },
    )
  }
  // Exactly once.
  const keys = entries.map(({ body }) => `${body.stream} ${body.id}`)
  assert.equal(new Set(keys).size, keys.length)
  // What was refused without a trace, and what was given up, has left none.
  const written = new Set(entries.map(({ body }) => `${body.id} ${body.by.account} ${body.command.type}`))
  for (const { envelope, receipt } of told) {
    if (receipt !== undefined && placeOf(receipt) !== undefined) continue
    if (envelope.id.startsWith('shared-')) continue
    assert.ok(!written.has(`${envelope.id} ${envelope.account} ${(envelope.command as { type: string }).type}`))
  }
  if (isComplete) assert.equal(seqs.size, entries.length - (heads[0]?.size ?? 0))

  // One after the other, in the order of the trail, comes to the same bytes.
  assert.deepEqual(await again(sealed), lines)
  withinLimits(entries)
}

function isHeadOf(entries: readonly Sealed[], head: Head): void {
  const tree = new Tree()
  for (const { leafHash } of entries.slice(0, head.size)) tree.append(leafHash)
  assert.deepEqual([tree.size, tree.root()], [head.size, head.root])
}

const ended = ['completed', 'closed', 'cancelled']

/** At every entry: no more in a column, in progress, or with one person than may be, and nobody approves twice. */
function withinLimits(entries: readonly Entry[]): void {
  const state = new State()
  for (const { body } of entries) {
    state.fold(body)
    const open = [...state.changes.values()].filter(one => !ended.includes(one.state))
    const progress = open.filter(one => one.column !== undefined)
    assert.ok(progress.filter(one => one.column === 'doing').length <= limits.doing)
    assert.ok(progress.length <= limits.capacity)
    for (const who of ['alice', 'amir']) assert.ok(open.filter(one => one.assignee === who).length <= limits.person)
    for (const change of open) {
      const standing = change.approvals.filter(one => one.ended === undefined && one.round === change.round)
      assert.equal(new Set(standing.map(one => one.person)).size, standing.length)
    }
  }
}
