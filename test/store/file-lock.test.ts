import fs, { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { type FileStore, type Holder, openFileStore, takeLock } from '@countersign/store-file'
import { describe, expect, test, vi } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { endedPid, ownHolder } from './lock-holder.ts'
import { errorOf, newFolder } from './trial.ts'

function folderLockedBy(lock: unknown): string {
  const folder = newFolder()
  writeFileSync(join(folder, 'trail.jsonl'), '')
  writeFileSync(join(folder, 'trail.jsonl.lock'), typeof lock === 'string' ? lock : JSON.stringify(lock))
  return folder
}

async function expectTaken(folder: string, options = {}): Promise<void> {
  const store = await openFileStore(folder, options)
  expect(JSON.parse(readFileSync(join(folder, 'trail.jsonl.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  await store.close()
  expect(readdirSync(folder)).toEqual(['trail.jsonl'])
}

async function expectLeftAlone(folder: string, says: string): Promise<void> {
  const lock = join(folder, 'trail.jsonl.lock')
  const before = readFileSync(lock, 'utf8')
  const error = await errorOf(openFileStore(folder))
  expect(error.code).toBe('store.locked')
  expect(error.message).toContain(says)
  expect(error.message).toContain(`delete ${lock}`)
  expect(readFileSync(lock, 'utf8')).toBe(before)
  expect(readdirSync(folder).toSorted()).toEqual(['trail.jsonl', 'trail.jsonl.lock'])
}

describe('The lock of a trail', () => {
  test('lets one writer in at a time, in the same process too', async () => {
    const folder = newFolder()
    const store = await openFileStore(folder)
    const error = await errorOf(openFileStore(folder))
    expect(error.code).toBe('store.locked')
    expect(error.facts).toMatchObject({ pid: process.pid, since: expect.stringMatching(/^\d{4}-.*Z$/) })
    expect(error.message).toMatch(/^the trail has a writer: .* close it there, or open it with readOnly\./)
    await store.close()
    await expectTaken(folder)
  })

  test('is given back where the trail cannot be opened', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'trail.jsonl'), 'dear diary\n')
    expect((await errorOf(openFileStore(folder))).code).toBe('store.damaged')
    expect(existsSync(join(folder, 'trail.jsonl.lock'))).toBe(false)
  })

  test('of a process that has ended is replaced', async () => {
    await expectTaken(folderLockedBy({ ...(await ownHolder()), pid: endedPid() }))
  })

  test('of a process whose pid was given out again is replaced', async () => {
    const holder = await ownHolder()
    // Only a system that tells when a process began can tell the two apart.
    const again = { ...holder, started: `${Number(holder.started) - 1}` }
    if (holder.started === '') await expectLeftAlone(folderLockedBy(again), `process ${process.pid} on`)
    else await expectTaken(folderLockedBy(again))
  })

  test('from before the machine was started anew is replaced', async () => {
    const holder = await ownHolder()
    const before = { ...holder, boot: '00000000-0000-0000-0000-000000000000' }
    if (holder.machine === '' || holder.boot === '')
      await expectLeftAlone(folderLockedBy(before), `process ${process.pid}`)
    else await expectTaken(folderLockedBy(before))
  })

  test('of another machine or another container is left alone, and named, unless somebody says that it is gone', async () => {
    const holder = { ...(await ownHolder()), pid: endedPid() }
    for (const other of [
      { ...holder, host: 'elsewhere' },
      { ...holder, machine: 'f'.repeat(32) },
      { ...holder, space: 'pid:[1]' },
    ]) {
      const folder = folderLockedBy(other)
      await expectLeftAlone(folder, `process ${other.pid} on ${other.host} has it open since ${other.since}`)
      const asked: Holder[] = []
      const say = (answer: boolean) => (found: Holder) => {
        asked.push(found)
        return answer
      }
      expect((await errorOf(openFileStore(folder, { takeOver: say(false) }))).code).toBe('store.locked')
      await expectTaken(folder, { takeOver: say(true) })
      expect(asked).toEqual([other, other])
    }
  })

  test('of a living process is never offered for taking over', async () => {
    const folder = folderLockedBy(await ownHolder())
    const takeOver = (): never => {
      throw new Error('asked')
    }
    expect((await errorOf(openFileStore(folder, { takeOver }))).code).toBe('store.locked')
  })

  test('that cannot be read is left alone: it may be about to be written', async () => {
    const holder = await ownHolder()
    for (const lock of [
      '',
      '{',
      'null',
      '[]',
      '{}',
      { ...holder, pid: 0 },
      { ...holder, pid: -1 },
      { ...holder, token: '../x' },
    ]) {
      await expectLeftAlone(folderLockedBy(lock), 'another process is just opening it')
    }
  })

  test('is taken together with what processes that were killed while they took it have left beside it', async () => {
    const holder = await ownHolder()
    const folder = newFolder()
    const dead = { ...holder, pid: endedPid() }
    const beside = (name: string, content: unknown): string => {
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
      return name
    }
    const token = (digit: string) => digit.repeat(32)
    beside(`trail.jsonl.lock.new.${token('1')}`, dead)
    beside(`trail.jsonl.lock.over.${token('a')}.new.${token('2')}`, dead)
    // Of the living, of those who cannot be judged, and what is no draft of this lock.
    const stay = [
      beside(`trail.jsonl.lock.new.${token('3')}`, holder),
      beside(`trail.jsonl.lock.new.${token('4')}`, { ...dead, host: 'elsewhere' }),
      beside(`trail.jsonl.lock.new.${token('5')}`, '{"pid":'),
      beside('trail.jsonl.lock.new.mine', dead),
      beside(`other.jsonl.lock.new.${token('6')}`, dead),
    ]
    const asked: Holder[] = []
    const takeOver = (found: Holder) => asked.push(found) > 0
    const store = await openFileStore(folder, { takeOver })
    expect(readdirSync(folder).toSorted()).toEqual(
      [...stay, 'trail.jsonl', 'trail.jsonl.journal', 'trail.jsonl.lock'].toSorted(),
    )
    expect(asked).toEqual([])
    await store.close()
  })

  test('is taken where nobody may see what else lies in its folder', async () => {
    const list = async (): Promise<never> => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
    }
    const store = await openOn({ ...nodeFileSystem, list }, newFolder())
    await store.close()
  })

  test('is taken as well where the file system knows no links', async () => {
    const link = async (): Promise<never> => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' })
    }
    const folder = newFolder()
    const system = { ...nodeFileSystem, link }
    const store = await openOn(system, folder)
    expect((await errorOf(openOn(system, folder))).code).toBe('store.locked')
    expect((await errorOf(openFileStore(folder))).code).toBe('store.locked')
    await store.close()
    await expectTaken(folder)
  })

  test('of the dead goes to exactly one of many that see it at once', async () => {
    const dead = { ...(await ownHolder()), pid: endedPid() }
    for (let seed = 1; seed <= 60; seed++) {
      const folder = folderLockedBy({ ...dead, token: `${seed}`.padStart(32, '0') })
      // Some rounds also begin with a breaker that died while it held the right to replace the lock.
      if (seed % 3 === 0) {
        const right = `trail.jsonl.lock.over.${`${seed}`.padStart(32, '0')}`
        writeFileSync(join(folder, right), JSON.stringify({ ...dead, token: 'f'.repeat(32) }))
      }
      const openers = Array.from({ length: 6 }, (_, opener) => openOn(slowed(seed * 10 + opener), folder))
      const results = await Promise.allSettled(openers)
      const winners = results.filter(result => result.status === 'fulfilled').map(result => result.value as FileStore)
      expect(winners.length).toBe(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'store.locked' })
      }
      await winners[0]?.close()
      expect(readdirSync(folder)).toEqual(['trail.jsonl'])
    }
  })
})

describe('Beside a lock', () => {
  test('what a killed process has left is removed, whatever else stands there by such a name and can be read by nobody.', async () => {
    const folder = newFolder()
    const named = (digit: string) => `trail.jsonl.lock.new.${digit.repeat(32)}`
    mkdirSync(join(folder, named('0')))
    writeFileSync(join(folder, named('1')), JSON.stringify({ ...(await ownHolder()), pid: endedPid() }))
    await (await openFileStore(folder)).close()
    expect(readdirSync(folder).filter(name => name.includes('.new.'))).toEqual([named('0')])
  })
})

describe('A lock of something else than a trail', () => {
  test('speaks of no trail in what helps where the system refuses it.', async () => {
    const path = join(newFolder(), 'lock')
    const refused = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('EROFS: refused'), { code: 'EROFS' })
    })
    syncBuiltinESMExports()
    const error = await errorOf(takeLock(path)).finally(() => {
      refused.mockRestore()
      syncBuiltinESMExports()
    })
    expect([error.code, error.message]).toEqual([
      'store.unwritable',
      `cannot take the lock ${path}: EROFS: refused (the disk is mounted read-only: mount it for writing)`,
    ])
  })
})

/** A file system in which each call of the lock waits a while, so that openers overtake each other. */
function slowed(seed: number): FileSystem {
  let state = seed
  const pause = async (): Promise<void> => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    for (let left = (state >>> 16) % 6; left > 0; left--) await new Promise(resolve => setImmediate(resolve))
  }
  const slow = <A extends unknown[], T>(call: (...values: A) => Promise<T>) => {
    return async (...values: A): Promise<T> => {
      await pause()
      return call(...values)
    }
  }
  const { readText, link, rename, unlink, open } = nodeFileSystem
  return {
    ...nodeFileSystem,
    readText: slow(readText),
    link: slow(link),
    rename: slow(rename),
    unlink: slow(unlink),
    open: slow(open),
  }
}
