/**
 * A process that gives random commands at a desk of its own on a trail that others write too. It is given where the trail
 * lies, a seed, and how many commands (without end where there is no number). What came of each it prints at once, as a
 * line of JSON; a command whose outcome is not known, since the database went away, it gives again under the same id.
 */
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { openSqliteCache } from '@countersign/store-sqlite'
import { CountersignError } from '@countersign/trail'
import type { Store } from '@countersign/trail/store'
import { createDesk, type Desk, type Receipt } from 'countersign'
import { openAt, type Place } from './place.ts'
import { commandsOf, type Envelope } from './shared-board.ts'

export interface Orders {
  readonly place: Place
  readonly seed: number
  readonly prefix: string
  readonly commands?: number
  /** Milliseconds of rest after each command, so that a trail that is written without end stays short enough to judge. */
  readonly rest?: number
  /** Where its cache lies, if it has one: as small as can be, so that everything goes in and out of it all the time. */
  readonly cache?: string
}

/** What a commander tells of a command: what came of it, or that it has given up. */
export interface Told {
  readonly envelope: Envelope
  readonly receipt?: Receipt
  readonly gaveUp?: string
}

/** What it tells at its end. */
export interface Ended {
  readonly conflicts: number
}

const {
  place,
  seed,
  prefix,
  commands = Number.POSITIVE_INFINITY,
  rest = 0,
  cache,
} = JSON.parse(process.argv[2] ?? '') as Orders
const tell = (line: Told | Ended | { readonly open: true }) => writeSync(1, `${JSON.stringify(line)}\n`)
let conflicts = 0

/** Does something again until the database is there; how long it may be away is for whoever started this to say. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CountersignError) || error.code !== 'store.unavailable') throw error
      await pause(20)
    }
  }
}

function counting(store: Store): Store {
  return {
    head: () => store.head(),
    async append(drafts, expected) {
      try {
        return await store.append(drafts, expected)
      } catch (error) {
        if (error instanceof CountersignError && error.code === 'store.conflict') conflicts += 1
        throw error
      }
    },
    read: range => store.read(range),
    close: () => store.close(),
  }
}

async function give(desk: Desk, envelope: Envelope): Promise<Told> {
  try {
    return { envelope, receipt: await insist(() => desk.execute(envelope)) }
  } catch (error) {
    // After many races lost nothing was written, and the desk says so.
    if (error instanceof CountersignError && error.code === 'store.conflict') return { envelope, gaveUp: error.message }
    throw error
  }
}

const store = counting(await insist(() => openAt(place)))
const cached = cache === undefined ? {} : { cache: await openSqliteCache(cache), cacheEvery: 3, cacheHolds: 2 }
const desk = await insist(() => createDesk({ store, ...cached }))
tell({ open: true })
let given = 0
for (const envelope of commandsOf(desk, seed, prefix)) {
  if (given++ >= commands) break
  tell(await give(desk, envelope))
  if (rest > 0) await pause(rest)
}
tell({ conflicts })
await store.close()
