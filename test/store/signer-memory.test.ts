import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { openMemoryOn } from '../../packages/store-file/src/signer-memory.ts'
import { errorOf, newFolder } from './trial.ts'

/** A file system whose every call counts, and whose so many-th call fails. */
function failingAt(fatal: number): { system: FileSystem; calls: string[] } {
  const calls: string[] = []
  const system = new Proxy(nodeFileSystem, {
    get(target, name: keyof FileSystem) {
      return (...values: never[]) => {
        calls.push(name)
        if (calls.length === fatal) {
          const error = Object.assign(new Error(`EIO: ${name} failed`), { code: 'EIO' })
          if (name === 'write' || name === 'fstat' || name === 'lookAt' || name === 'stamp') throw error
          return Promise.reject(error)
        }
        return (target[name] as (...all: never[]) => unknown)(...values)
      }
    },
  })
  return { system, calls }
}

function place() {
  const folder = newFolder()
  mkdirSync(join(folder, 'trail'))
  return { memory: join(folder, 'memory'), trail: join(folder, 'trail'), folder }
}

describe('The memory of a signer', () => {
  test('is there whole, old or new, whichever call of a write fails; and a write that fails says so.', async () => {
    let failed = 0
    for (let fatal = 1; ; fatal += 1) {
      const { memory, trail, folder } = place()
      writeFileSync(memory, 'old')
      const quiet = failingAt(0)
      const open = await openMemoryOn(quiet.system, memory, trail)
      const before = quiet.calls.length
      await open.close()
      const { system, calls } = failingAt(before + fatal)
      const writing = await openMemoryOn(system, memory, trail)
      expect(calls.length).toBe(before)
      const error = await writing.write('new').then(() => undefined, errorOfRejection)
      const wrote = calls.length
      await writing.close().catch(() => undefined)
      const found = readFileSync(memory, 'utf8')
      if (wrote < before + fatal) {
        expect([error, found]).toEqual([undefined, 'new'])
        break
      }
      failed += 1
      // The closing of a file and the sync of the folder come after the rename or before it; never is there half of it.
      expect(['old', 'new']).toContain(found)
      expect([calls[before + fatal - 1], error?.code]).toEqual([calls[before + fatal - 1], 'store.unwritable'])
      // The next attempt is not hindered by what this one has left.
      const again = await openMemoryOn(nodeFileSystem, memory, trail)
      await again.write('newer')
      await again.close()
      expect(readFileSync(memory, 'utf8')).toBe('newer')
      expect(readdirSync(folder).toSorted()).toEqual(['memory', 'trail'])
    }
    expect(failed).toBeGreaterThanOrEqual(7)
  })

  test('is made durable before its name is given to it, and its folder after that.', async () => {
    const { memory, trail } = place()
    const { system, calls } = failingAt(0)
    const open = await openMemoryOn(system, memory, trail)
    calls.length = 0
    await open.write('a note')
    expect(calls).toEqual(['unlink', 'open', 'fstat', 'write', 'fsync', 'close', 'rename', 'open', 'fsync', 'close'])
    await open.close()
  })

  test('says by its code and by name what it could not give back when it is closed, whichever call fails.', async () => {
    for (let fatal = 1; ; fatal += 1) {
      const { memory, trail } = place()
      const quiet = failingAt(0)
      const open = await openMemoryOn(quiet.system, memory, trail)
      const before = quiet.calls.length
      await open.close()
      const { system, calls } = failingAt(before + fatal)
      const closing = await openMemoryOn(system, memory, trail)
      const error = await closing.close().then(() => undefined, errorOfRejection)
      if (calls.length < before + fatal) {
        expect(error).toBe(undefined)
        expect(fatal).toBeGreaterThan(2)
        break
      }
      expect([calls.at(-1), error?.code]).toEqual([calls.at(-1), 'store.unwritable'])
      expect(error?.message).toContain(`${memory}.lock`)
    }
  })

  test('speaks of no trail in what helps against a disk that takes nothing, as none is to be opened.', async () => {
    for (const code of ['EROFS', 'ENOSPC', 'EDQUOT', 'EIO']) {
      const { memory, trail, folder } = place()
      let isFull = true
      const system: FileSystem = {
        ...nodeFileSystem,
        write: (...given) => {
          if (isFull) throw Object.assign(new Error(`${code}: refused`), { code })
          return nodeFileSystem.write(...given)
        },
      }
      const locked = await errorOf(openMemoryOn(system, memory, trail))
      isFull = false
      const open = await openMemoryOn(system, memory, trail)
      isFull = true
      const written = await errorOf(open.write('a note'))
      await open.close()
      for (const error of [locked, written]) {
        expect(error.code).toBe('store.unwritable')
        expect(error.message).toMatch(/\((the disk|the account's share of the disk) [^)]*\)/)
        expect(error.message.replaceAll(folder, '')).not.toContain('trail')
      }
    }
  })

  test('belongs to its account alone, however little the process masks and however much, and whatever it was before.', async () => {
    const { memory, trail } = place()
    const before = process.umask()
    onTestFinished(() => {
      process.umask(before)
    })
    for (const mask of [0, 0o022, 0o777]) {
      process.umask(0)
      const open = await openMemoryOn(nodeFileSystem, memory, trail)
      process.umask(mask)
      await open.write('a note')
      process.umask(0)
      await open.close()
      expect([mask, statSync(memory).mode & 0o777]).toEqual([mask, 0o600])
      chmodSync(memory, 0o666)
    }
  })

  test('is written through no link that somebody has put beside it.', async () => {
    const { memory, trail, folder } = place()
    writeFileSync(join(folder, 'precious'), 'precious')
    symlinkSync(join(folder, 'precious'), `${memory}.new`)
    const open = await openMemoryOn(nodeFileSystem, memory, trail)
    await open.write('a note')
    await open.close()
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious')
    expect(readFileSync(memory, 'utf8')).toBe('a note')
    expect(statSync(memory).isFile()).toBe(true)
  })

  test('is not read where it is longer than any note.', async () => {
    const { memory, trail } = place()
    writeFileSync(memory, 'x'.repeat(1_000_001))
    const open = await openMemoryOn(nodeFileSystem, memory, trail)
    const error = await errorOf(open.read())
    expect(error.code).toBe('signer.memory')
    await open.close()
  })
})

const errorOfRejection = (error: unknown) => error as { readonly code?: string; readonly message?: string }
