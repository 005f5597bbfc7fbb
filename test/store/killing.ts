import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Head } from '@countersign/trail/store'
import fc from 'fast-check'
import pg from 'pg'
import type { Told } from './commander.ts'
import { type Commander, command, judge } from './commanders.ts'
import { openAt, type Place } from './place.ts'
import type { Server } from './postgres-server.ts'
import { found } from './shared-board.ts'

const blow = fc.record({
  do: fc.constantFrom('kill', 'kill', 'terminate', 'stop'),
  which: fc.nat({ max: 99 }),
  after: fc.integer({ min: 5, max: 250 }),
})

/** How often what was done, and how much was acknowledged meanwhile. */
export interface Killed {
  readonly kill: number
  readonly terminate: number
  readonly stop: number
  readonly acknowledged: number
  readonly entries: number
}

/**
 * Lets three processes give commands without end, and so many times, at moments that the seed gives, kills one (another one
 * takes its place), or with a server of its own terminates its backends or stops it at once and starts it again. Then
 * judges the trail: nothing that was acknowledged is lost, no gap, no fork.
 */
export async function killing(
  place: Place,
  { times, seed, server }: { readonly times: number; readonly seed: number; readonly server?: Server },
): Promise<Killed> {
  const done = { kill: 0, terminate: 0, stop: 0 }
  const store = await openAt(place)
  await found(store)
  const founded = await store.head()
  await store.close()
  const heads: Head[] = [founded]
  const ended: Commander[] = []
  let started = 0
  const start = (): Commander => command({ place, seed: seed + started, prefix: `w${started++}`, rest: 3 })
  const running = [start(), start(), start()]
  const finished = async (): Promise<Told[]> => {
    for (const one of running) one.child.kill('SIGKILL')
    await Promise.all(running.map(one => one.ended))
    return [...ended, ...running].flatMap(one => one.told())
  }
  try {
    for (const { do: wished, which, after } of fc.sample(blow, { seed, numRuns: times })) {
      const deed = server?.restart === undefined && wished !== 'terminate' ? 'kill' : wished
      await Promise.all(running.map(one => one.opened))
      await pause(after)
      if (deed === 'kill' || server === undefined) {
        const at = which % running.length
        const [victim] = running.splice(at, 1, start())
        victim?.child.kill('SIGKILL')
        // Whoever has ended by itself has met something that it could not go on after.
        assert.equal(await victim?.ended, null)
        if (victim !== undefined) ended.push(victim)
        done.kill += 1
      } else if (deed === 'terminate') {
        await terminate(server.config)
        done.terminate += 1
      } else {
        await server.restart?.()
        done.stop += 1
      }
      if (done.kill % 10 === 0) heads.push(await headAt(place))
    }
    for (const one of running) assert.equal(one.child.exitCode, null)
  } finally {
    await finished()
  }
  const told = await finished()
  const again = await openAt(place)
  try {
    await judge(again, told, { heads, isComplete: false })
    const { size } = await again.head()
    await again.append([], {})
    return {
      ...done,
      acknowledged: told.filter(one => one.receipt?.outcome === 'accepted').length,
      entries: size - founded.size,
    }
  } finally {
    await again.close()
  }
}

async function headAt(place: Place): Promise<Head> {
  const store = await openAt(place)
  try {
    return await store.head()
  } finally {
    await store.close()
  }
}

/** Ends every other connection of the server's, whatever it is doing. */
async function terminate(config: pg.PoolConfig): Promise<void> {
  const client = new pg.Client(config)
  client.on('error', () => {})
  await client.connect()
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where backend_type = $1 and pid <> pg_backend_pid()',
    ['client backend'],
  )
  await client.end()
}
