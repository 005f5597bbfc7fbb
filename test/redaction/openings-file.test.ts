import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { openFileOpenings, type ReadOpening, readOpenings } from '@countersign/store-file'
import type { CountersignError } from '@countersign/trail'
import { formatOpening, type Opening, openingOf } from '@countersign/trail/store'
import { describe, expect, it } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { openOpeningsOn } from '../../packages/store-file/src/openings.ts'
import { breakOff, endings, fileIn, newFolder } from './broken-off.ts'
import { withDisk } from './lying-disk.ts'
import { secret } from './setting.ts'

const one = (name: string, value: string | number = name): Opening =>
  openingOf(value, new Uint8Array(32).fill(name.length), {
    stream: 'change/K',
    id: `command-${name}`,
    field: 'account',
  })

async function listed(path: string): Promise<ReadOpening[]> {
  const list: ReadOpening[] = []
  for await (const read of readOpenings(path)) list.push(read)
  return list
}

const readOf = ({ commitment, stream, id, field }: Opening, opens: boolean): ReadOpening => ({
  commitment,
  opens,
  place: { stream, id, field },
})

const line = (name: string, value?: string): Buffer => Buffer.from(`${formatOpening(one(name, value))}\n`)

const linesIn = (bytes: Uint8Array): number => bytes.filter(byte => byte === 0x0a).length

/** A line that begins at a byte, of which the rest of its sector and the next one did not arrive. */
const upTo = (from: number): Buffer => {
  const bytes = line('a', 'v'.repeat(100))
  const kept = Math.min(bytes.length, 512 - (from % 512)) - 40
  return Buffer.concat([bytes.subarray(0, kept), Buffer.alloc(512 + 40)])
}

/** What a power cut can leave of a file of which so many bytes are durable, and the rest was being flushed, in any order. */
function* leftovers(durable: number, written: Buffer): Generator<{ bytes: Buffer; isWhole: boolean }, void, undefined> {
  yield { bytes: written, isWhole: true }
  for (const block of [512, 4096]) {
    const first = Math.floor(durable / block)
    const blocks = Math.ceil(written.length / block) - first
    const lost: ((at: number) => boolean)[] = [
      () => true,
      at => at < blocks - 1,
      at => at % 2 === 0,
      at => at % 2 === 1,
    ]
    const step = Math.ceil(blocks / 3)
    for (let only = 0; only < blocks; only += step)
      lost.push(
        at => at === only,
        at => at !== only,
      )
    for (const isLost of lost) {
      for (const length of [written.length, durable + Math.ceil((written.length - durable) * 0.6)]) {
        const bytes = Buffer.from(written.subarray(0, length))
        for (let at = 0; at < blocks; at++) {
          if (isLost(at))
            bytes.fill(
              0,
              Math.min(length, Math.max(durable, (first + at) * block)),
              Math.min(length, (first + at + 1) * block),
            )
        }
        yield { bytes, isWhole: bytes.equals(written) }
      }
    }
  }
  // A sector that was written while its lines came, one after the other.
  for (let length = durable + 1; length < written.length; length += Math.ceil((written.length - durable) / 6)) {
    const end = Math.ceil(length / 512) * 512
    const bytes = Buffer.from(written)
    bytes.fill(0, length, Math.min(end, written.length))
    yield { bytes, isWhole: bytes.equals(written) }
  }
}

describe('the openings of a trail in a file', () => {
  it('refuse a value that could not be read again, and all that was given with it', async () => {
    const folder = newFolder()
    const openings = await openFileOpenings(join(folder, 'trail.jsonl'))
    await openings.put([one('a')])
    const before = readFileSync(openings.path)
    const error = await openings
      .put([one('b'), one('xx', 'x'.repeat(70_000))])
      .catch((cause: CountersignError) => cause)
    expect(error).toMatchObject({ code: 'input', message: expect.stringContaining('nothing was written') })
    expect(readFileSync(openings.path)).toEqual(before)
    await openings.put([one('b'), one('yy', 'y'.repeat(65_000))])
    await openings.close()
    const again = await openFileOpenings(join(folder, 'trail.jsonl'))
    expect(again.commitments().length).toBe(3)
    await again.close()
  })

  it('lie beside it, for nobody else to read, one canonical line each', async () => {
    const folder = newFolder()
    const openings = await openFileOpenings(join(folder, 'trail.jsonl'))
    await openings.put([one('a'), one('bb')])
    await openings.put([one('a')])
    expect(openings.path).toBe(fileIn(folder))
    expect(readFileSync(openings.path, 'utf8')).toBe(`${formatOpening(one('a'))}\n${formatOpening(one('bb'))}\n`)
    if (process.platform !== 'win32') expect(statSync(openings.path).mode & 0o777).toBe(0o600)
    await openings.delete([one('a').commitment, 'c'.repeat(64)])
    if (process.platform !== 'win32') expect(statSync(openings.path).mode & 0o777).toBe(0o600)
    await openings.close()
  })

  it.skipIf(process.platform === 'win32')(
    'are taken from others who may read or write the file, before anything is written into it',
    async () => {
      for (const mode of [0o644, 0o640, 0o602]) {
        const folder = newFolder()
        writeFileSync(fileIn(folder), `${formatOpening(one('a'))}\n`)
        chmodSync(fileIn(folder), mode)
        const modes: number[] = []
        const write: FileSystem['write'] = (fd, from, offset, length, position) => {
          const { inode, mode } = nodeFileSystem.fstat(fd)
          if (inode === statSync(fileIn(folder)).ino) modes.push(mode)
          return nodeFileSystem.write(fd, from, offset, length, position)
        }
        const openings = await openOpeningsOn({ ...nodeFileSystem, write }, folder)
        expect(statSync(openings.path).mode & 0o777).toBe(0o600)
        await openings.put([one('bb')])
        // What stood at the end is written over before anything comes after it.
        expect(modes).toEqual([0o600, 0o600])
        expect(openings.commitments()).toEqual([one('a').commitment, one('bb').commitment])
        await openings.close()
      }
    },
  )

  it.skipIf(process.platform === 'win32')(
    'are not opened, and the file stays as it was, where it cannot be taken from others',
    async () => {
      const folder = newFolder()
      const line = `${formatOpening(one('a'))}\n${formatOpening(one('bb')).slice(0, -1)}`
      writeFileSync(fileIn(folder), line)
      chmodSync(fileIn(folder), 0o644)
      const fchmod = () => Promise.reject(Object.assign(new Error('EPERM: fchmod'), { code: 'EPERM' }))
      await expect(openOpeningsOn({ ...nodeFileSystem, fchmod }, folder)).rejects.toMatchObject({
        code: 'store.unwritable',
      })
      expect(readFileSync(fileIn(folder), 'utf8')).toBe(line)
      expect(readdirSync(folder)).toEqual(['trail.openings.jsonl'])
    },
  )

  it('are there when they are opened again, without those that were deleted', async () => {
    const folder = newFolder()
    const first = await openFileOpenings(folder)
    await first.put([one('a'), one('bb'), one('ccc', 3)])
    await first.delete([one('bb').commitment])
    await first.put([one('dddd')])
    await first.close()
    const again = await openFileOpenings(folder)
    expect(again.commitments()).toEqual([one('a'), one('ccc', 3), one('dddd')].map(({ commitment }) => commitment))
    expect(await again.get(one('ccc', 3).commitment)).toEqual(one('ccc', 3))
    expect(await again.get(one('bb').commitment)).toBeUndefined()
    await again.close()
    expect(await listed(fileIn(folder))).toEqual([one('a'), one('ccc', 3), one('dddd')].map(each => readOf(each, true)))
    expect(readdirSync(folder)).toEqual(['trail.openings.jsonl'])
  })

  it('overwrites the bytes of what was deleted where they were', async () => {
    const folder = newFolder()
    const overwritten: string[] = []
    const write: FileSystem['write'] = (fd, from, offset, length, position) => {
      if (from.every(byte => byte === 0)) overwritten.push(`${length} at ${position}`)
      return nodeFileSystem.write(fd, from, offset, length, position)
    }
    const openings = await openOpeningsOn({ ...nodeFileSystem, write }, folder)
    await openings.put([one('a'), one('bb')])
    await openings.delete([one('bb').commitment])
    const [first, second] = [formatOpening(one('a')).length + 1, formatOpening(one('bb')).length + 1]
    expect(overwritten).toEqual([`${second} at ${first}`])
    await openings.close()
  })

  it('overwrites every line that opened what was deleted, and writes none twice', async () => {
    const folder = newFolder()
    const [line, between] = [`${formatOpening(one('a'))}\n`, `${formatOpening(one('bb'))}\n`]
    writeFileSync(fileIn(folder), `${line}${between}${line}`)
    const overwritten: number[] = []
    const write: FileSystem['write'] = (fd, from, offset, length, position) => {
      if (from.every(byte => byte === 0)) overwritten.push(position ?? -1)
      return nodeFileSystem.write(fd, from, offset, length, position)
    }
    const openings = await openOpeningsOn({ ...nodeFileSystem, write }, folder)
    await openings.delete([one('a').commitment])
    expect(overwritten.toSorted((one, other) => one - other)).toEqual([0, line.length + between.length])
    await openings.put([one('ccc'), one('ccc')])
    expect(readFileSync(openings.path, 'utf8')).toBe(`${formatOpening(one('bb'))}\n${formatOpening(one('ccc'))}\n`)
    await openings.close()
  })

  it('tell of a file that could not be closed, also where the lock could not be given back, and give back the lock', async () => {
    const failing = (name: string) => Object.assign(new Error(`EIO: ${name}`), { code: 'EIO' })
    for (const both of [false, true]) {
      const folder = newFolder()
      let isClosing = false
      const system: FileSystem = {
        ...nodeFileSystem,
        async close(fd) {
          await nodeFileSystem.close(fd)
          if (isClosing) throw failing('close')
        },
        async unlink(path) {
          if (isClosing && both) throw failing('unlink')
          return nodeFileSystem.unlink(path)
        },
      }
      const openings = await openOpeningsOn(system, folder)
      isClosing = true
      const error = await openings.close().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'store.unwritable', message: expect.stringContaining('EIO: close') })
      if (both) expect((error as Error).message).toContain('EIO: unlink')
      else await (await openFileOpenings(folder)).close()
    }
  })

  it('stay readable in the file that may be there again after a crash, where the exchange for a deletion is not known to be durable', async () => {
    const folder = newFolder()
    let isFailing = false
    const open = new Map<number, string>()
    const system: FileSystem = {
      ...nodeFileSystem,
      async open(path, flags, mode) {
        const fd = await nodeFileSystem.open(path, flags, mode)
        open.set(fd, path)
        return fd
      },
      close(fd) {
        open.delete(fd)
        return nodeFileSystem.close(fd)
      },
      async fsync(fd) {
        if (isFailing && open.get(fd) === folder) throw Object.assign(new Error('EIO: fsync'), { code: 'EIO' })
        return nodeFileSystem.fsync(fd)
      },
      rename(from, to) {
        if (isFailing) linkSync(to, join(folder, 'old'))
        return nodeFileSystem.rename(from, to)
      },
    }
    const openings = await openOpeningsOn(system, folder)
    await openings.put([one('a'), one('bb'), one('ccc')])
    isFailing = true
    await expect(openings.delete([one('bb').commitment])).rejects.toMatchObject({ code: 'store.unwritable' })
    expect(await openings.get(one('bb').commitment)).toBeUndefined()
    await openings.close()
    expect([...open.values()]).toEqual([])
    expect(readFileSync(fileIn(folder), 'utf8')).toBe(`${formatOpening(one('a'))}\n${formatOpening(one('ccc'))}\n`)
    // As after a power cut, before which the new name had not come to the disk.
    renameSync(join(folder, 'old'), fileIn(folder))
    const again = await openFileOpenings(folder)
    expect(await again.get(one('ccc').commitment)).toEqual(one('ccc'))
    await again.delete([one('bb').commitment])
    await again.close()
    expect(await listed(fileIn(folder))).toEqual([one('a'), one('ccc')].map(each => readOf(each, true)))
  })

  it.each([
    ['the file is cut back', false],
    ['the file cannot be cut back', true],
  ])(
    'are durable once they are put again or others are put behind them, where the disk had lost them and the system takes them for written, and %s',
    async (_, isStuck) => {
      for (const again of ['a', 'bb'] as const) {
        const folder = newFolder()
        const { system, fault, cutPower } = withDisk(fileIn(folder))
        const first = await openOpeningsOn(system, folder)
        await first.put([one('base')])
        fault.flush = true
        fault.truncate = isStuck
        await expect(first.put([one('a')])).rejects.toMatchObject({ code: 'store.unwritable' })
        await expect(first.put([one('a')])).rejects.toThrow('an earlier write has failed')
        await first.close()
        fault.flush = false
        fault.truncate = false
        const stands = [one('base'), ...(isStuck ? [one('a')] : [])]
        expect(readFileSync(fileIn(folder), 'utf8')).toBe(stands.map(each => `${formatOpening(each)}\n`).join(''))
        const second = await openOpeningsOn(system, folder)
        expect(second.commitments()).toEqual(stands.map(({ commitment }) => commitment))
        await second.put([one(again)])
        await second.close()
        cutPower()
        const third = await openFileOpenings(folder)
        const relied = [...new Set([...stands, one(again)].map(({ commitment }) => commitment))]
        expect(third.commitments()).toEqual(relied)
        expect(await third.get(one(again).commitment)).toEqual(one(again))
        await third.close()
      }
    },
  )

  it('are refused when they are put again where what stands at the end cannot be made durable', async () => {
    const folder = newFolder()
    const { system, fault, cutPower } = withDisk(fileIn(folder))
    const first = await openOpeningsOn(system, folder)
    await first.put([one('base')])
    await first.close()
    const second = await openOpeningsOn(system, folder)
    fault.flush = true
    for (const name of ['base', 'a'])
      await expect(second.put([one(name)])).rejects.toMatchObject({ code: 'store.unwritable' })
    expect(await second.get(one('base').commitment)).toEqual(one('base'))
    await second.close()
    cutPower()
    const third = await openFileOpenings(folder)
    expect(third.commitments()).toEqual([one('base').commitment])
    await third.close()
  })

  it('are all there that were acknowledged, whatever a power cut has kept from the disk of those that were not, and what it left is told', async () => {
    let cut = 0
    for (const [size, many] of [
      [20, 1],
      [20, 3],
      [300, 3],
      [2_000, 1],
      [2_000, 3],
      [9_000, 9],
      [65_000, 2],
    ] as const) {
      const folder = newFolder()
      const path = fileIn(folder)
      const images: { before: Buffer; written: Buffer }[] = []
      let before: Buffer = Buffer.alloc(0)
      const fdatasync: FileSystem['fdatasync'] = async fd => {
        await nodeFileSystem.fdatasync(fd)
        // A lock is flushed, too, before the file is there.
        const written = existsSync(path) ? readFileSync(path) : before
        if (written.length > before.length) images.push({ before, written })
        before = written
      }
      const openings = await openOpeningsOn({ ...nodeFileSystem, fdatasync }, folder)
      const acknowledged = [one('base', 'v'.repeat(size)), one('second', 'v'.repeat(size))]
      await openings.put(acknowledged.slice(0, 1))
      await openings.put(acknowledged.slice(1))
      images.length = 0
      const more = Array.from({ length: many }, (_, at) => one(`${'n'.repeat(at)}ew`, `${at}`.repeat(size)))
      await openings.put(more)
      await openings.close()
      expect(images.length).toBeGreaterThan(0)
      for (const { before: durable, written } of images) {
        for (const { bytes, isWhole } of leftovers(durable.length, written)) {
          writeFileSync(path, bytes)
          const again = await openFileOpenings(folder)
          const there = again.commitments()
          const wanted = [...acknowledged, ...more].map(({ commitment }) => commitment)
          expect(there).toEqual(wanted.slice(0, there.length))
          expect(there.length).toBeGreaterThanOrEqual(linesIn(durable))
          if (isWhole) expect(again.recovered).toBeUndefined()
          const sound = readFileSync(path).length
          const left = bytes.length - sound
          expect(again.recovered).toEqual(left === 0 ? undefined : { offset: sound, droppedBytes: left })
          if (left > 0) cut += 1
          await again.put(more)
          await again.close()
          const last = await openFileOpenings(folder)
          expect([last.commitments(), last.recovered]).toEqual([wanted, undefined])
          await last.close()
        }
      }
    }
    expect(cut).toBeGreaterThan(200)
  })

  it.each<[string, (from: number) => Buffer, number]>([
    ['zeros between bytes of a sector', () => Buffer.concat([line('a').fill(0, 20, 40), line('bb')]), 0],
    ['zeros before a line that is none', from => Buffer.concat([upTo(from), Buffer.from('\nnot one\n')]), 0],
    ['zeros in a line that does not begin as one', from => Buffer.concat([Buffer.from('other'), upTo(from)]), 0],
    ['zeros in a line that does not end as one', from => Buffer.concat([upTo(from), Buffer.from(']\n')]), 0],
    ['zeros further from the end than one write goes', upTo, 80_000],
    ['more than a line comes to, which nothing ends', () => Buffer.alloc(80_000, 'x'), 0],
  ])('are refused as damaged where they hold what no power cut can have left: %s', async (_, tail, more) => {
    const folder = newFolder()
    const base = line('base')
    const after =
      more === 0 ? [] : [Buffer.from('\n'), line('ccc', 'x'.repeat(60_000)), line('dddd', 'x'.repeat(20_000))]
    writeFileSync(fileIn(folder), Buffer.concat([base, tail(base.length), ...after]))
    const bytes = readFileSync(fileIn(folder))
    await expect(openFileOpenings(folder)).rejects.toMatchObject({
      code: 'store.damaged',
      facts: { line: 2, offset: base.length },
    })
    expect(readFileSync(fileIn(folder)).equals(bytes)).toBe(true)
  })

  it.skipIf(process.platform === 'win32')(
    'are where a symbolic link at their place leads, and what is deleted is deleted there',
    async () => {
      const [folder, vault] = [newFolder(), newFolder()]
      const [link, real] = [fileIn(folder), join(vault, 'openings')]
      writeFileSync(real, `${formatOpening(one('a', secret))}\n`)
      symlinkSync(relative(folder, real), link)
      const overwritten: string[] = []
      const paths = new Map<number, string>()
      const system: FileSystem = {
        ...nodeFileSystem,
        async open(path, flags, mode) {
          const fd = await nodeFileSystem.open(path, flags, mode)
          paths.set(fd, path)
          return fd
        },
        write(fd, from, offset, length, position) {
          if (from.every(byte => byte === 0)) overwritten.push(paths.get(fd) ?? '')
          return nodeFileSystem.write(fd, from, offset, length, position)
        },
      }
      const openings = await openOpeningsOn(system, folder)
      expect([openings.path, openings.isNew]).toEqual([real, false])
      // All names share the lock.
      await expect(openFileOpenings(folder)).rejects.toMatchObject({ code: 'store.locked' })
      expect(readdirSync(vault)).toContain('openings.lock')
      await openings.put([one('bb')])
      await openings.delete([one('a', secret).commitment])
      await openings.close()
      expect(readFileSync(real, 'utf8')).toBe(`${formatOpening(one('bb'))}\n`)
      expect(readFileSync(link, 'utf8')).not.toContain(secret)
      expect(lstatSync(link).isSymbolicLink()).toBe(true)
      expect(overwritten).toEqual([real])
      expect(readdirSync(folder)).toEqual(['trail.openings.jsonl'])
    },
  )

  it.skipIf(process.platform === 'win32')(
    'are not begun behind a symbolic link that leads nowhere, as behind a disk that is not mounted',
    async () => {
      const folder = newFolder()
      symlinkSync('vault/openings', fileIn(folder))
      await expect(openFileOpenings(folder)).rejects.toMatchObject({
        code: 'input',
        message: expect.stringMatching(
          /leads to vault\/openings, where nothing is.*mount the disk.*make an empty file/,
        ),
        facts: { path: fileIn(folder) },
      })
      expect(readlinkSync(fileIn(folder))).toBe('vault/openings')
      expect(readdirSync(folder)).toEqual(['trail.openings.jsonl'])
      // Nor in a folder that is there.
      mkdirSync(join(folder, 'vault'))
      await expect(openFileOpenings(folder)).rejects.toMatchObject({ code: 'input' })
      expect(readdirSync(join(folder, 'vault'))).toEqual([])
    },
  )

  it('are not written, and nothing is deleted from them, while their file has another name', async () => {
    const folder = newFolder()
    const other = join(folder, 'other')
    const before = await openFileOpenings(folder)
    await before.put([one('a')])
    await before.close()
    linkSync(fileIn(folder), other)
    const bytes = readFileSync(other)
    const refusal = {
      code: 'store.unwritable',
      message: expect.stringMatching(/2 names \(hard links\).*delete them/),
      facts: { path: fileIn(folder), names: 2 },
    }
    await expect(openFileOpenings(folder)).rejects.toMatchObject(refusal)
    expect(await listed(fileIn(folder))).toEqual([readOf(one('a'), true)])
    unlinkSync(other)
    const openings = await openFileOpenings(folder)
    linkSync(fileIn(folder), other)
    await expect(openings.put([one('bb')])).rejects.toMatchObject(refusal)
    await expect(openings.delete([one('a').commitment])).rejects.toMatchObject(refusal)
    expect(await openings.get(one('a').commitment)).toEqual(one('a'))
    expect(readFileSync(other).equals(bytes)).toBe(true)
    expect(statSync(fileIn(folder)).ino).toBe(statSync(other).ino)
    unlinkSync(other)
    await openings.delete([one('a').commitment])
    expect(openings.commitments()).toEqual([])
    await openings.close()
  })

  it.each([
    ['deleted', /deleted, replaced or moved away/, (path: string) => unlinkSync(path)],
    ['moved away', /deleted, replaced or moved away/, (path: string) => renameSync(path, `${path}.old`)],
    [
      'replaced by a copy',
      /deleted, replaced or moved away/,
      (path: string) => {
        writeFileSync(`${path}.copy`, readFileSync(path))
        renameSync(`${path}.copy`, path)
      },
    ],
    [
      'appended to',
      /bytes where this writer left \d+: somebody else changed it/,
      (path: string) => appendFileSync(path, formatOpening(one('dddd'))),
    ],
    ['cut', /it has 5 bytes where this writer left/, (path: string) => truncateSync(path, 5)],
  ])('are neither written nor deleted from once their file was %s, and closing tells', async (_, why, touch) => {
    const folder = newFolder()
    const openings = await openFileOpenings(folder)
    await openings.put([one('a')])
    touch(fileIn(folder))
    const bytes = new Map(readdirSync(folder).map(name => [name, readFileSync(join(folder, name))]))
    const refusal = {
      code: 'store.unwritable',
      message: expect.stringMatching(new RegExp(`${why.source}.*look who else writes there`)),
      facts: { path: fileIn(folder) },
    }
    await expect(openings.put([one('bb')])).rejects.toMatchObject(refusal)
    await expect(openings.put([one('a')])).rejects.toMatchObject(refusal)
    await expect(openings.delete([one('a').commitment])).rejects.toMatchObject(refusal)
    expect(openings.commitments()).toEqual([one('a').commitment])
    expect(new Map(readdirSync(folder).map(name => [name, readFileSync(join(folder, name))]))).toEqual(bytes)
    await expect(openings.close()).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(new RegExp(`${why.source}.*closed all the same.*is lost without it`)),
    })
    expect(readdirSync(folder)).not.toContain('trail.openings.jsonl.lock')
  })

  it.skipIf(process.platform === 'win32').each([
    [
      'their file was moved away, and a link to it left in its place',
      (place: string, real: string): (() => void) | undefined => {
        renameSync(place, real)
        symlinkSync(real, place)
        return undefined
      },
    ],
    [
      'the link at their place was deleted',
      (place: string, real: string) => {
        renameSync(place, real)
        symlinkSync(real, place)
        return () => unlinkSync(place)
      },
    ],
    [
      'the link at their place was made to lead elsewhere',
      (place: string, real: string) => {
        renameSync(place, real)
        symlinkSync(real, place)
        writeFileSync(`${real}.other`, readFileSync(real))
        return () => {
          unlinkSync(place)
          symlinkSync(`${real}.other`, place)
        }
      },
    ],
  ])('are neither written nor deleted from once %s', async (_, touch) => {
    const [folder, elsewhere] = [newFolder(), newFolder()]
    const [place, real] = [fileIn(folder), join(elsewhere, 'openings')]
    const before = await openFileOpenings(folder)
    await before.put([one('a', secret), one('bb')])
    const later = touch(place, real)
    if (later !== undefined) await before.close().catch(() => undefined)
    const openings = later === undefined ? before : await openFileOpenings(folder)
    later?.()
    const bytes = readFileSync(real)
    const refusal = { code: 'store.unwritable', message: expect.stringContaining('deleted, replaced or moved away') }
    await expect(openings.put([one('ccc')])).rejects.toMatchObject(refusal)
    await expect(openings.delete([one('a', secret).commitment])).rejects.toMatchObject(refusal)
    await expect(openings.close()).rejects.toMatchObject(refusal)
    expect(readFileSync(real)).toEqual(bytes)
  })

  it.each([
    ['write', 'replaced'],
    ['fsync', 'replaced'],
    ['fsync', 'appended to'],
    ['fsync', 'deleted'],
  ] as const)('are not put in the place of a file that, while they are deleted (%s), was %s', async (call, how) => {
    const folder = newFolder()
    const path = fileIn(folder)
    let isDeleting = false
    const touch = () => {
      if (!isDeleting) return
      isDeleting = false
      if (how === 'deleted') unlinkSync(path)
      else if (how === 'appended to') appendFileSync(path, line('dddd'))
      else {
        writeFileSync(`${path}.copy`, readFileSync(path))
        renameSync(`${path}.copy`, path)
      }
    }
    const system: FileSystem = {
      ...nodeFileSystem,
      write(...values) {
        if (call === 'write') touch()
        return nodeFileSystem.write(...values)
      },
      fsync(fd) {
        if (call === 'fsync') touch()
        return nodeFileSystem.fsync(fd)
      },
    }
    const openings = await openOpeningsOn(system, folder)
    await openings.put([one('a'), one('bb')])
    isDeleting = true
    await expect(openings.delete([one('a').commitment])).rejects.toMatchObject({
      code: 'store.unwritable',
      message: expect.stringContaining('look who else writes there'),
    })
    expect(existsSync(`${path}.new`)).toBe(false)
    expect(existsSync(path)).toBe(how !== 'deleted')
    if (how === 'appended to') expect(readFileSync(path).subarray(-line('dddd').length)).toEqual(line('dddd'))
    await openings.close()
  })

  it('are refused where their file cannot be looked at, with what the system says of it, and are closed as any other', async () => {
    const folder = newFolder()
    let isBlind = false
    const system: FileSystem = {
      ...nodeFileSystem,
      realpath: path =>
        isBlind
          ? Promise.reject(Object.assign(new Error('EIO: input/output error'), { code: 'EIO' }))
          : nodeFileSystem.realpath(path),
    }
    const openings = await openOpeningsOn(system, folder)
    await openings.put([one('a')])
    isBlind = true
    const refused = await openings.put([one('bb')]).catch((error: Error) => error.message)
    expect(refused).toMatch(/^cannot write .*EIO/)
    expect(refused).not.toContain('look who else')
    isBlind = false
    await openings.put([one('bb')])
    isBlind = true
    await openings.close()
    expect(readFileSync(fileIn(folder), 'utf8')).toBe(`${formatOpening(one('a'))}\n${formatOpening(one('bb'))}\n`)
  })

  it('go on once what was moved away is back, and close without a word where they held nothing', async () => {
    const folder = newFolder()
    const openings = await openFileOpenings(folder)
    await openings.put([one('a')])
    renameSync(fileIn(folder), join(folder, 'away'))
    await expect(openings.put([one('bb')])).rejects.toMatchObject({ code: 'store.unwritable' })
    renameSync(join(folder, 'away'), fileIn(folder))
    await openings.put([one('bb')])
    await openings.delete([one('a').commitment, one('bb').commitment])
    unlinkSync(fileIn(folder))
    await openings.close()
  })

  it('are open to one process at a time', async () => {
    const folder = newFolder()
    const openings = await openFileOpenings(folder)
    const refused = await openFileOpenings(folder).catch((error: Error) => error)
    expect(refused).toMatchObject({ code: 'store.locked' })
    // They cannot be opened to be read, and a trail can.
    expect((refused as Error).message).toMatch(/^what opens the private values of the trail .* close it there\. If/)
    await openings.close()
    await openings.close()
    await expect(openings.get('c'.repeat(64))).rejects.toMatchObject({ code: 'store.closed' })
    await (await openFileOpenings(folder)).close()
  })

  it('lose the end of a line that an interrupted write has left, and the draft of a deletion', async () => {
    const folder = newFolder()
    const first = await openFileOpenings(folder)
    await first.put([one('a')])
    await first.close()
    appendFileSync(fileIn(folder), formatOpening(one('bb')).slice(0, -1))
    writeFileSync(`${fileIn(folder)}.new`, 'half of a deletion')
    expect(await listed(fileIn(folder))).toEqual([
      readOf(one('a'), true),
      { torn: formatOpening(one('bb')).length - 1 },
    ])
    const again = await openFileOpenings(folder)
    expect(again.commitments()).toEqual([one('a').commitment])
    await again.close()
    expect(readFileSync(fileIn(folder), 'utf8')).toBe(`${formatOpening(one('a'))}\n`)
    expect(existsSync(`${fileIn(folder)}.new`)).toBe(false)
  })

  it.each([
    ['no JSON', `${secret}\n`],
    ['an empty line', '\n'],
    ['JSON that is not canonical', `{ "value": "${secret}" }\n`],
    ['another object', `{"value":"${secret}"}\n`],
    ['a member too many', `${formatOpening({ ...one('a', secret), more: 1 } as never)}\n`],
    ['a member named __proto__', `{"__proto__":"${secret}",${formatOpening(one('a', secret)).slice(1)}\n`],
    ['a line that is too long', `${formatOpening(one('a', `${secret}${'x'.repeat(3_000_000)}`))}\n`],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x0a])],
  ])('are refused as damaged where they hold %s, and no message tells what', async (_, bytes) => {
    const folder = newFolder()
    writeFileSync(fileIn(folder), `${formatOpening(one('bb'))}\n`)
    appendFileSync(fileIn(folder), bytes)
    appendFileSync(fileIn(folder), `${formatOpening(one('ccc'))}\n`)
    const before = readFileSync(fileIn(folder))
    const error = await openFileOpenings(folder).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'store.damaged',
      facts: { line: 2, offset: formatOpening(one('bb')).length + 1 },
    })
    const told = `${(error as Error).message}${JSON.stringify((error as CountersignError).facts)}${String((error as Error).cause)}`
    expect(told).not.toContain('marker')
    expect(readFileSync(fileIn(folder)).equals(before)).toBe(true)
    expect(readdirSync(folder)).toEqual(['trail.openings.jsonl'])
    expect(await listed(fileIn(folder))).toEqual([
      readOf(one('bb'), true),
      { unreadable: true },
      readOf(one('ccc'), true),
    ])
  })

  it('end in a line that counts for nothing where its newline is missing, be it whole, and in one that is none where it is too long', async () => {
    const folder = newFolder()
    const whole = formatOpening(one('bb'))
    writeFileSync(fileIn(folder), `${formatOpening(one('a'))}\n${whole}`)
    expect(await listed(fileIn(folder))).toEqual([readOf(one('a'), true), { torn: whole.length }])
    writeFileSync(fileIn(folder), `${formatOpening(one('a'))}\n${'x'.repeat(3_000_000)}`)
    expect(await listed(fileIn(folder))).toEqual([readOf(one('a'), true), { unreadable: true }])
  })

  it('say of a value that was changed that it does not open its commitment', async () => {
    const folder = newFolder()
    writeFileSync(fileIn(folder), `${formatOpening({ ...one('a'), value: 'another' })}\n`)
    expect(await listed(fileIn(folder))).toEqual([readOf(one('a'), false)])
  })

  it('take the longest value that there can be, and lines across the blocks in which they are read', async () => {
    const folder = newFolder()
    const openings = await openFileOpenings(folder)
    const many = Array.from({ length: 40 }, (_, at) =>
      openingOf('x'.repeat(65_533), new Uint8Array(32).fill(at), {
        stream: 'change/K',
        id: `c-${at}`,
        field: 'account',
      }),
    )
    await openings.put(many)
    await openings.delete(many.slice(0, 39).map(({ commitment }) => commitment))
    expect(await openings.get(many[39]?.commitment ?? '')).toEqual(many[39])
    await openings.put(many.slice(0, 20))
    await openings.close()
    const again = await openFileOpenings(folder)
    expect(again.commitments()).toHaveLength(21)
    expect(await again.get(many[7]?.commitment ?? '')).toEqual(many[7])
    await again.close()
  })
})

describe.each(endings)('Where %s while values are kept and redacted', (_, forGood, half) => {
  it('none is ever missing without an entry, and whoever comes next finishes what was begun, at some of the calls', async () => {
    await breakOff(forGood, half, 5)
  })
})
