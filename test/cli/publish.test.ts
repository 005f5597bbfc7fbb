import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exitCodeOf, nodeFiles, type PublishFiles, publishTrail, verifyFile } from '@countersign/cli'
import { takeLock } from '@countersign/store-file'
import { content, f0, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import {
  encodeEntries,
  encodeHashTile,
  leafHash,
  parseCheckpointText,
  parseNote,
  rootOf,
  signCheckpoint,
  tilePath,
} from '@countersign/trail'
import type { FindingCode } from 'countersign/verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publishedLine } from '../../packages/cli/src/commands/publish.ts'
import { foldersOf } from '../../packages/cli/src/files/folder.ts'
import { call, newFolder, signer, stranger, verdictOf, written, writtenCheckpoint, writtenKey } from './command-line.ts'

/** A trail of 600 entries and some: two full tiles, and one that is partial. */
let lines: Uint8Array[]
let scenario: Scenario
/** The file of that trail, and its hashes. */
let file: string
let hashes: string[]

beforeAll(async () => {
  scenario = await f0()
  for (let at = 0; (await scenario.store.head()).size < 600; at++)
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: `C${at}`,
      content: { digest: content(`${at}`), makers: ['alice'] },
    })
  lines = await linesOf(scenario.store)
  hashes = lines.map(leafHash)
  file = join(mkdtempSync(join(tmpdir(), 'countersign-cli-')), 'trail.jsonl')
  writeFileSync(file, fileOf(lines))
})
afterAll(() => rmSync(dirname(file), { recursive: true }))

const rootAt = (size: number, of = lines) =>
  rootOf(of === lines ? hashes.slice(0, size) : of.slice(0, size).map(leafHash))
const noteAt = (size: number, of = lines, key = signer) =>
  signCheckpoint({ origin: 'trail.example/scenario', size, root: rootAt(size, of) }, key)
const given = (size: number, of = lines) => ({ name: `${size}.note`, note: noteAt(size, of) })

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(one => one.isFile())
    .map(one =>
      join(one.parentPath, one.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .toSorted()

const publish = (folder: string, size: number, files?: PublishFiles, of = lines) =>
  publishTrail({
    trail: of === lines ? file : written(fileOf(of)),
    folder,
    checkpoint: given(size, of),
    ...(files === undefined ? {} : { files }),
  })

/** Counts every step of a publication, and lets it break off before one: nothing that comes after it is done. */
function watched(breaksAt = Number.POSITIVE_INFINITY) {
  const steps: string[] = []
  const step =
    <Arguments extends [string, ...unknown[]], Result>(name: string, run: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      if (steps.length >= breaksAt) {
        // A write that breaks off leaves what it had written.
        if (steps.length === breaksAt && name === 'write')
          await nodeFiles.write(args[0], (args[1] as Uint8Array).subarray(0, 5))
        steps.push(name)
        throw new Error('the power went')
      }
      steps.push(name)
      return run(...args)
    }
  const files: PublishFiles = {
    read: step('read', nodeFiles.read),
    holds: step('holds', nodeFiles.holds),
    makeFolder: step('makeFolder', nodeFiles.makeFolder),
    lock: step('lock', async path => {
      const lock = await nodeFiles.lock(path)
      return { release: () => step<[string], void>('release', () => lock.release())(path) }
    }),
    write: step('write', nodeFiles.write),
    rename: step('rename', nodeFiles.rename),
    syncFolder: step('syncFolder', nodeFiles.syncFolder),
    remove: step('remove', nodeFiles.remove),
  }
  return { files, steps }
}

const lockName = '.publish.lock'

/** What breaks off here is not the end of this process, as it would be: so the lock that is left is put down to one that is gone. */
function holderIsGone(folder: string): void {
  const path = join(folder, lockName)
  if (!existsSync(path)) return
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), pid: gone }))
}

let gone: number
beforeAll(() => {
  gone = spawnSync(process.execPath, ['--version']).pid
})

/** Every file with its bytes. What an attempt that broke off has left beside them is read by nobody. */
const bytesIn = (folder: string) => filesIn(folder).map(path => [path, readFileSync(join(folder, path), 'latin1')])

const published = (folder: string) => parseCheckpointText(parseNote(readFileSync(join(folder, 'checkpoint'))).text).size

describe('a trail is published as static files', () => {
  it('is not read where a trail file lies in its folder as well: one of the two would not be looked at', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    writeFileSync(join(folder, 'trail.jsonl'), fileOf(lines.slice(0, 3)))
    const ran = await call('verify-trail', [folder, '--key', writtenKey(signer)])
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err).toContain('only one of them would be read')
    expect((await call('verify-trail', [join(folder, 'trail.jsonl')])).code).toBe(0)
  })

  it('as hash tiles, bundles of entries and a checkpoint, and is read from there as it is from its file', async () => {
    const folder = join(newFolder(), 'public')
    expect(await publish(folder, 600)).toEqual({ origin: 'trail.example/scenario', size: 600, since: 0, written: 7 })
    expect(filesIn(folder)).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ])
    const fromFolder = await verifyFile(folder, { keys: [writtenKey(signer)] })
    const fromFile = await verifyFile(written(fileOf(lines)), {
      keys: [writtenKey(signer)],
      checkpoints: [writtenCheckpoint({ size: 600, root: rootAt(600) })],
    })
    const name = join(folder, 'checkpoint')
    expect(fromFolder).toEqual({
      ...fromFile,
      anchors: [{ ...fromFile.anchors[0], name }],
      attestations: [{ ...fromFile.attestations[0], name }],
    })
    expect(fromFolder).toMatchObject({ status: 'sound', size: 600, anchoredSize: 600 })
  })

  it('piece by piece: only what is new is written, and a partial tile goes when the full one is there', async () => {
    const folder = newFolder()
    const first = watched()
    await publish(folder, 300, first.files)
    expect(first.steps.filter(one => one === 'write').length).toBe(6)
    const second = watched()
    expect(await publish(folder, 301, second.files)).toMatchObject({ since: 300, written: 2 })
    expect(filesIn(folder)).toContain('tile/entries/001.p/44')
    expect(filesIn(folder)).toContain('tile/entries/001.p/45')
    await publish(folder, 600)
    const whole = newFolder()
    await publish(whole, 600)
    // The full tile of the first level is still to come, so the earlier checkpoint's partial one stays.
    expect(filesIn(folder)).toEqual([...filesIn(whole), 'tile/1/000.p/1'].toSorted())
    for (const path of filesIn(whole))
      expect(readFileSync(join(folder, path)), path).toEqual(readFileSync(join(whole, path)))
  })

  it('the partial tiles of an earlier checkpoint are added to what is out, which stays', async () => {
    const folder = newFolder()
    await publish(folder, 598)
    const before = bytesIn(folder)
    expect(await publish(folder, 590)).toEqual({ origin: signer.name, size: 590, since: 598, written: 2 })
    expect(await publish(folder, 300)).toMatchObject({ size: 300, since: 598, written: 1 })
    expect(await publish(folder, 300)).toMatchObject({ written: 0 })
    // Where the full tile is out already it stands for the partial one.
    expect(filesIn(folder)).toEqual(
      [...before.map(([path = '']) => path), 'tile/0/002.p/78', 'tile/1/000.p/1', 'tile/entries/002.p/78'].toSorted(),
    )
    for (const [path = '', bytes] of before) expect(readFileSync(join(folder, path), 'latin1'), path).toBe(bytes)
    const inTurn = newFolder()
    for (const size of [300, 590, 598]) await publish(inTurn, size)
    expect(bytesIn(folder)).toEqual(bytesIn(inTurn))
    // Whoever has an earlier checkpoint can read the log of it.
    for (const size of [300, 590]) {
      writeFileSync(join(folder, 'checkpoint'), noteAt(size))
      expect(await verifyFile(folder)).toMatchObject({ status: 'sound', size })
    }
  })

  it('wherever the adding of them breaks off, what is out stays, and the next one completes it', async () => {
    const whole = watched()
    const first = newFolder()
    await publish(first, 598)
    await publish(first, 590, whole.files)
    const complete = bytesIn(first)
    for (let at = 0; at < whole.steps.length; at++) {
      const folder = newFolder()
      await publish(folder, 598)
      await expect(publish(folder, 590, watched(at).files)).rejects.toThrow()
      expect([published(folder), (await verifyFile(folder, { only: 'integrity' })).status]).toEqual([598, 'sound'])
      holderIsGone(folder)
      await publish(folder, 590)
      expect(bytesIn(folder).filter(([path]) => path !== lockName)).toEqual(complete)
    }
  })

  it('again under the same checkpoint with one more signature, which is all that is written', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    const { files, steps } = watched()
    const checkpoint = { name: 'more', note: `${noteAt(300)}— witness.example/w1 AAAAAAAA\n` }
    await publishTrail({ trail: written(fileOf(lines)), folder, checkpoint, files })
    expect(steps.filter(one => one === 'write').length).toBe(1)
    expect(readFileSync(join(folder, 'checkpoint'), 'utf8')).toBe(checkpoint.note)
  })

  it('once more where a file is missing or has another length, which is mended', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    rmSync(join(folder, 'tile/entries/000'))
    truncateSync(join(folder, 'tile/0/000'), 100)
    expect(await publish(folder, 300)).toMatchObject({ since: 300, written: 2 })
    expect(await verifyFile(folder)).toMatchObject({ status: 'sound', size: 300 })
  })

  it('once more where a file holds something else, of whatever length, or is none: it is written anew', async () => {
    const whole = newFolder()
    await publish(whole, 300)
    const paths = filesIn(whole).filter(path => path !== 'checkpoint')
    const damage: Record<string, (path: string, bytes: Buffer) => void> = {
      'another byte': (path, bytes) => {
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
        writeFileSync(path, bytes)
      },
      junk: path => writeFileSync(path, 'junk'),
      'too long': (path, bytes) => writeFileSync(path, Buffer.concat([bytes, bytes])),
      empty: path => writeFileSync(path, ''),
      ...(process.platform === 'win32'
        ? {}
        : {
            'a device': (path: string) => {
              rmSync(path)
              symlinkSync('/dev/zero', path)
            },
          }),
    }
    for (const [what, change] of Object.entries(damage)) {
      const folder = newFolder()
      cpSync(whole, folder, { recursive: true })
      for (const path of paths) change(join(folder, path), readFileSync(join(folder, path)))
      expect([what, await publish(folder, 300)]).toMatchObject([what, { since: 300, written: paths.length }])
      expect(bytesIn(folder)).toEqual(bytesIn(whole))
      expect(await publish(folder, 300)).toMatchObject({ written: 0 })
      // What a longer one leaves as it is was looked at as well.
      change(join(folder, 'tile/entries/000'), readFileSync(join(folder, 'tile/entries/000')))
      expect(await publish(folder, 301)).toMatchObject({ since: 300, written: 3 })
      expect(await verifyFile(folder)).toMatchObject({ status: 'sound', size: 301 })
    }
  })
})

describe('the folders that hold what was published', () => {
  const under = (top: string, ...files: string[]) => [
    ...foldersOf(
      files.map(file => join(top, file)),
      join(top),
    ),
  ]

  it('are made durable each once, up to the one to which it is published and no further', () => {
    expect(under('/srv/public', 'tile/0/001', 'tile/0/000', 'tile/entries/000')).toEqual(
      ['/srv/public/tile/0', '/srv/public/tile', '/srv/public', '/srv/public/tile/entries'].map(one => join(one)),
    )
    expect(under('/srv/public')).toEqual([])
  })

  it('come to an end at the root of a disk, which lies in itself', () => {
    expect(under('/', 'tile/0/000', 'tile/0/001')).toEqual(['/tile/0', '/tile', '/'].map(one => join(one)))
    expect(under('/', 'checkpoint')).toEqual([join('/')])
  })
})

describe('a folder to which a trail is published can be read at any moment', () => {
  it('wherever the first publication breaks off: it has no checkpoint, or all of it; and the next one completes it', async () => {
    const { files, steps } = watched()
    const whole = newFolder()
    await publish(whole, 250, files)
    for (let at = 0; at < steps.length; at++) {
      const folder = newFolder()
      await expect(publish(folder, 250, watched(at).files)).rejects.toThrow('the power went')
      if (existsSync(join(folder, 'checkpoint')))
        expect(await verifyFile(folder)).toMatchObject({ status: 'sound', size: 250 })
      else await expect(verifyFile(folder)).rejects.toThrow(/no checkpoint|holds no trail/)
      holderIsGone(folder)
      await publish(folder, 250)
      expect(bytesIn(folder)).toEqual(expect.arrayContaining(bytesIn(whole)))
      expect(filesIn(folder)).not.toContain(lockName)
    }
  })

  it('wherever a later one breaks off: it is what it was, or what it becomes; and the next one completes it', async () => {
    const begun = newFolder()
    await publish(begun, 250)
    const whole = newFolder()
    cpSync(begun, whole, { recursive: true })
    const { files, steps } = watched()
    await publish(whole, 300, files)
    const seen = new Set<number>()
    for (let at = 0; at < steps.length; at++) {
      const folder = newFolder()
      cpSync(begun, folder, { recursive: true })
      await expect(publish(folder, 300, watched(at).files)).rejects.toThrow('the power went')
      const size = published(folder)
      seen.add(size)
      expect(await verifyFile(folder), `after ${at} of ${steps.length} steps`).toMatchObject({ status: 'sound', size })
      holderIsGone(folder)
      await publish(folder, 300)
      expect(bytesIn(folder)).toEqual(expect.arrayContaining(bytesIn(whole)))
      expect(filesIn(folder)).not.toContain(lockName)
    }
    expect(await verifyFile(whole)).toMatchObject({ status: 'sound', size: 300 })
    expect([...seen]).toEqual([250, 300])
  })
})

describe('one at a time publishes to a folder', () => {
  it('whoever comes while another one is at it is told so, and has written nothing', async () => {
    const folder = join(newFolder(), 'public')
    const messages: string[] = []
    const files: PublishFiles = {
      ...nodeFiles,
      async write(path, bytes) {
        const before = bytesIn(folder)
        await publish(folder, 300).catch(error => messages.push(`${error.name}: ${error.message} ${error.hint}`))
        expect(bytesIn(folder)).toEqual(before)
        await nodeFiles.write(path, bytes)
      },
    }
    await publish(folder, 300, files)
    expect(messages.length).toBe(6)
    for (const one of messages) {
      expect(one).toContain(`InputError: somebody else is just publishing to ${folder}: process ${process.pid} on `)
      expect(one).toContain(`Publish again when that is done.`)
    }
    expect(filesIn(folder)).not.toContain(lockName)
    expect(await verifyFile(folder)).toMatchObject({ status: 'sound', size: 300 })
  })

  it('of many at the same moment one publishes, and what is there is whole', async () => {
    const folder = join(newFolder(), 'public')
    const all = await Promise.allSettled([300, 300, 600, 600].map(size => publish(folder, size)))
    const refused = all.flatMap(one => (one.status === 'rejected' ? String(one.reason) : []))
    expect(refused.length).toBe(3)
    for (const one of refused) expect(one).toMatch(/somebody else (is just publishing|has published)/)
    expect(await verifyFile(folder)).toMatchObject({ status: 'sound', size: published(folder) })
    expect(filesIn(folder).filter(path => path.includes('.new') || path.includes('lock'))).toEqual([])
  })

  it('a checkpoint that came while the trail was read is not passed over, and the lock is given back', async () => {
    const folder = newFolder()
    const files: PublishFiles = {
      ...nodeFiles,
      async lock(path) {
        await publish(folder, 600)
        return nodeFiles.lock(path)
      },
    }
    await expect(publish(folder, 300, files)).rejects.toThrow('somebody else has published')
    expect(published(folder)).toBe(600)
    expect(filesIn(folder)).not.toContain(lockName)
  })

  it('and the command says who does, and ends with 2', async () => {
    const folder = newFolder()
    const lock = await takeLock(join(folder, lockName))
    const checkpoint = writtenCheckpoint({ size: 600, root: rootAt(600) })
    const asked = ['publish', written(fileOf(lines)), folder, '--checkpoint', checkpoint]
    const ran = await call('countersign', asked)
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toContain(`somebody else is just publishing to ${folder}: process ${process.pid}`)
    expect(ran.err).toContain(`delete ${join(folder, lockName)}`)
    expect(filesIn(folder)).toEqual([lockName])
    writeFileSync(join(folder, lockName), '')
    expect((await call('countersign', asked)).err).toContain('another process')
    rmSync(join(folder, lockName))
    await lock.release()
    expect((await call('countersign', asked)).code).toBe(0)
  })
})

describe('never do two histories come out of one place', () => {
  it('a trail that was rewritten is refused, whatever its checkpoint says, and nothing is written [LAW 114]', async () => {
    const bodies = bodiesOf(lines)
    Object.assign(bodies[200]?.command as object, { title: 'another' })
    const forged = reseal(bodies)
    const folder = newFolder()
    await publish(folder, 300)
    const before = filesIn(folder).map(path => readFileSync(join(folder, path)))
    const { files, steps } = watched()
    await expect(publish(folder, 600, files, forged)).rejects.toThrow('does not extend what was published')
    expect(steps.every(one => one === 'read')).toBe(true)
    expect(filesIn(folder).map(path => readFileSync(join(folder, path)))).toEqual(before)
  })

  it('a trail that is rewritten while it is published takes the place of nothing, and leaves nothing behind', async () => {
    const bodies = bodiesOf(lines)
    Object.assign(bodies[200]?.command as object, { title: 'another' })
    const forged = fileOf(reseal(bodies))
    for (const size of [300, 600]) {
      const folder = newFolder()
      await publish(folder, 300)
      const before = bytesIn(folder)
      const trail = written(fileOf(lines))
      const files: PublishFiles = {
        ...nodeFiles,
        async lock(path) {
          writeFileSync(trail, forged)
          return nodeFiles.lock(path)
        },
      }
      const checkpoint = given(size)
      await expect(publishTrail({ trail, folder, checkpoint, files })).rejects.toThrow('was changed while')
      expect(bytesIn(folder)).toEqual(before)
    }
  })

  it('a checkpoint that is not of this trail, longer than it, or of another trail is refused', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    const trail = written(fileOf(lines))
    const origin = 'trail.example/scenario'
    const refused = async (note: string, message: string) =>
      expect(publishTrail({ trail, folder, checkpoint: { name: 'c', note } })).rejects.toThrow(message)
    await refused(signCheckpoint({ origin, size: 299, root: rootAt(298) }, signer), 'is not what c was made of')
    await refused(signCheckpoint({ origin, size: 400, root: rootAt(399) }, signer), 'is not what c was made of')
    await refused(signCheckpoint({ origin, size: 300, root: rootAt(299) }, signer), 'is not what c was made of')
    await refused(signCheckpoint({ origin, size: 601, root: rootAt(600) }, signer), 'counts 601 entries')
    const other = { ...signer, name: 'trail.example/other' }
    await refused(
      signCheckpoint({ origin: other.name, size: 400, root: rootAt(400) }, other),
      'is one of trail.example/other',
    )
    await expect(
      publishTrail({
        trail,
        folder: newFolder(),
        checkpoint: { name: 'c', note: signCheckpoint({ origin: other.name, size: 400, root: rootAt(400) }, other) },
      }),
    ).rejects.toThrow('is not a trail of trail.example/other')
    writeFileSync(join(folder, 'checkpoint'), 'something else')
    await refused(noteAt(400), 'is no checkpoint')
  })

  it('a checkpoint that somebody else publishes meanwhile is not passed over', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    const files: PublishFiles = {
      ...nodeFiles,
      async syncFolder(path) {
        writeFileSync(join(folder, 'checkpoint'), noteAt(500))
        await nodeFiles.syncFolder(path)
      },
    }
    await expect(publish(folder, 400, files)).rejects.toThrow('somebody else has published')
    expect(published(folder)).toBe(500)
  })

  it('a trail that is damaged is not published', async () => {
    const damaged = lines.with(5, new TextEncoder().encode('{}'))
    await expect(publish(newFolder(), 300, undefined, damaged)).rejects.toThrow('damaged at entry 5')
  })
})

describe('what was published is not taken at its word', () => {
  const codes = async (change: (folder: string) => void, size = 600): Promise<FindingCode[]> => {
    const folder = newFolder()
    await publish(folder, size)
    change(folder)
    const verdict = await verifyFile(folder)
    expect(verdict.status).toBe('broken')
    return Object.keys(verdict.codes) as FindingCode[]
  }
  const edit = (path: string, change: (bytes: Buffer) => Buffer) => (folder: string) =>
    writeFileSync(join(folder, path), change(readFileSync(join(folder, path))))
  const flipped = (at: number) => (bytes: Buffer) => {
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  }

  it('a hash tile that is missing, cut or changed is found, at whichever level', async () => {
    expect(await codes(folder => rmSync(join(folder, 'tile/0/001')))).toEqual(['tile.missing'])
    expect(await codes(edit('tile/0/001', bytes => bytes.subarray(1)))).toEqual(['tile.malformed'])
    expect(await codes(edit('tile/0/001', flipped(64)))).toEqual(['tile.differs'])
    expect(await codes(edit('tile/1/000.p/2', flipped(33)))).toEqual(['tile.differs'])
  })

  it('the first entry that a changed hash is about is named', async () => {
    const folder = newFolder()
    await publish(folder, 600)
    edit('tile/0/001', flipped(64))(folder)
    edit('tile/1/000.p/2', flipped(33))(folder)
    expect((await verifyFile(folder)).findings).toMatchObject([{ seq: 256 }, { seq: 258 }])
  })

  it('an entry that was changed is found, and so are entries that are missing or cut', async () => {
    expect(await codes(edit('tile/entries/000', flipped(300)))).toEqual(
      expect.arrayContaining(['tile.differs', 'chain.break', 'checkpoint.root']),
    )
    expect(await codes(folder => rmSync(join(folder, 'tile/entries/001')))).toEqual(['tile.missing'])
    expect(await codes(edit('tile/entries/001', bytes => bytes.subarray(0, -1)))).toEqual(['tile.malformed'])
    expect(await codes(edit('tile/entries/001', () => Buffer.alloc(17_000_000)))).toEqual(['tile.malformed'])
  })

  const found = async (change: (folder: string) => void, size = 600) => {
    const folder = newFolder()
    await publish(folder, size)
    change(folder)
    const [whole, bytes] = [await verifyFile(folder), await verifyFile(folder, { only: 'integrity' })]
    expect(bytes.findings).toEqual(whole.findings)
    return whole.findings.map(({ seq, code }) => `${seq} ${code}`)
  }
  const without = (path: string) => (folder: string) => rmSync(join(folder, path))
  const all =
    (...changes: readonly ((folder: string) => void)[]) =>
    (folder: string) => {
      for (const change of changes) change(folder)
    }

  it('a partial tile that is left over of an earlier checkpoint is compared, of each level, hashes and entries', async () => {
    const folder = newFolder()
    for (const size of [300, 590, 598]) await publish(folder, size)
    const left = ['tile/0/002.p/78', 'tile/1/000.p/1', 'tile/entries/002.p/78']
    expect(filesIn(folder)).toEqual(expect.arrayContaining(left))
    const changed = async (path: string, change: (bytes: Buffer) => Buffer) => {
      const copy = newFolder()
      cpSync(folder, copy, { recursive: true })
      mkdirSync(dirname(join(copy, path)), { recursive: true })
      writeFileSync(
        join(copy, path),
        change(existsSync(join(folder, path)) ? readFileSync(join(folder, path)) : Buffer.alloc(0)),
      )
      const [whole, bytes] = [await verifyFile(copy), await verifyFile(copy, { only: 'integrity' })]
      expect(bytes.findings).toEqual(whole.findings)
      return whole.findings.map(({ seq, code, found: told }) => `${seq} ${code} ${told.split(':')[0]}`)
    }
    expect((await verifyFile(folder)).status).toBe('sound')
    expect(await changed('tile/0/002.p/78', flipped(65))).toEqual(['514 tile.differs tile/0/002.p/78'])
    expect(await changed('tile/1/000.p/1', flipped(33 - 32))).toEqual(['0 tile.differs tile/1/000.p/1'])
    expect(await changed('tile/entries/002.p/78', flipped(40))).toEqual(['512 tile.differs tile/entries/002.p/78'])
    for (const path of left)
      expect(await changed(path, bytes => bytes.subarray(1))).toEqual([
        `${path === left[1] ? 0 : 512} tile.malformed ${path}`,
      ])
    // Behind a full tile, too.
    const beside = (path: string) => changed(path, () => Buffer.alloc(44 * 32))
    expect(await beside('tile/0/001.p/44')).toEqual(['256 tile.differs tile/0/001.p/44'])
    expect(await beside('tile/entries/001.p/44')).toEqual(['256 tile.malformed tile/entries/001.p/44'])
    // What goes beyond the checkpoint is none of its log, and other names are no tile's.
    for (const path of [
      'tile/0/002.p/87',
      'tile/0/002.p/078',
      'tile/0/002.p/78.new',
      'tile/1/000.p/3',
      'tile/0/003.p/1',
    ])
      expect(await changed(path, () => Buffer.alloc(7))).toEqual([])
  })

  it('a beginning of a tile that is left over is compared behind a gap as well, where all below it is there', async () => {
    const folder = newFolder()
    for (const size of [300, 600]) await publish(folder, size)
    rmSync(join(folder, 'tile/entries/001'))
    edit('tile/1/000.p/1', flipped(0))(folder)
    const { findings } = await verifyFile(folder)
    expect(findings.map(({ seq, code }) => `${seq} ${code}`)).toEqual(['0 tile.differs', '256 tile.missing'])
  })

  it('where entries are missing or cannot be read, every hash tile whose entries are all there is compared, of each level', async () => {
    const lost = 'tile/entries/002.p/88'
    expect(await found(all(without(lost), edit('tile/1/000.p/2', flipped(33))))).toEqual([
      '256 tile.differs',
      '512 tile.missing',
    ])
    expect(
      await found(
        all(
          without(lost),
          edit('tile/1/000.p/2', () => Buffer.alloc(63)),
        ),
      ),
    ).toEqual(['0 tile.malformed', '512 tile.missing'])
    expect(await found(all(without(lost), without('tile/1/000.p/2')))).toEqual(['0 tile.missing', '512 tile.missing'])
    // Those behind a gap as well.
    for (const [fault, change] of [
      ['tile.missing', without('tile/entries/000')],
      ['tile.malformed', edit('tile/entries/000', bytes => bytes.subarray(1))],
    ] as const)
      expect(
        await found(
          all(change, edit('tile/0/001', flipped(64)), edit('tile/0/002.p/88', flipped(32)), without('tile/0/000')),
        ),
      ).toEqual([`0 ${fault}`, '258 tile.differs', '513 tile.differs'])
    // Of the others nobody can say what they should be.
    expect(
      await found(all(without('tile/entries/001'), without('tile/1/000.p/2'), edit('tile/0/001', flipped(0)))),
    ).toEqual(['256 tile.missing'])
  })

  it('a full tile of entries behind a gap is read in place of a partial one, and only as far as the log goes', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    const old = readFileSync(join(folder, 'checkpoint'))
    await publish(folder, 600)
    writeFileSync(join(folder, 'checkpoint'), old)
    rmSync(join(folder, 'tile/entries/000'))
    const changed = async (at: number) => {
      edit('tile/0/001', flipped(at))(folder)
      const { findings } = await verifyFile(folder)
      edit('tile/0/001', flipped(at))(folder)
      return findings.map(({ seq, code }) => `${seq} ${code}`)
    }
    expect(await changed(43 * 32)).toEqual(['0 tile.missing', '299 tile.differs'])
    expect(await changed(44 * 32)).toEqual(['0 tile.missing'])
    edit('tile/entries/001', bytes => bytes.subarray(0, -1))(folder)
    expect(await changed(0)).toEqual(['0 tile.missing', '256 tile.malformed'])
  })

  it('each file of entries that is none is told, and those that are missing one behind the other are told as one', async () => {
    const folder = newFolder()
    await publish(folder, 600)
    for (const path of ['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/88']) rmSync(join(folder, path))
    expect((await verifyFile(folder)).findings).toMatchObject([
      {
        code: 'tile.missing',
        seq: 0,
        found: 'tile/entries/000: nothing, nor at any other up to tile/entries/002.p/88',
      },
    ])
    const cut = (bytes: Buffer) => bytes.subarray(0, -1)
    expect(await found(all(without('tile/entries/000'), without('tile/entries/001')))).toEqual(['0 tile.missing'])
    expect(await found(all(without('tile/entries/000'), without('tile/entries/002.p/88')))).toEqual([
      '0 tile.missing',
      '512 tile.missing',
    ])
    expect(await found(all(without('tile/entries/000'), edit('tile/entries/001', cut)))).toEqual([
      '0 tile.missing',
      '256 tile.malformed',
    ])
    expect(await found(all(edit('tile/entries/000', cut), edit('tile/entries/002.p/88', cut)))).toEqual([
      '0 tile.malformed',
      '512 tile.malformed',
    ])
  })

  it('checkpoints of more than can be read are not compared: what is missing is missing in the copy', async () => {
    const vkey = writtenKey(signer)
    for (const only of [[], ['--only', 'integrity']])
      for (const [missing, size] of [
        ['tile/entries/000', 0],
        ['tile/entries/001', 256],
      ] as const) {
        const folder = newFolder()
        await publish(folder, 600)
        rmSync(join(folder, missing))
        const argv = [folder, '--key', vkey, '--checkpoint', written(noteAt(700)), ...only]
        const verdict = await verdictOf(argv[0] ?? '', ...argv.slice(1))
        expect(verdict).toMatchObject({ code: 1, size, codes: { 'tile.missing': 1 }, found: 1, anchoredSize: 0 })
        expect(verdict.anchors.map(({ matches, uncompared }) => [matches, uncompared])).toEqual([
          [false, 'no fault seen'],
          [false, 'no fault seen'],
        ])
        const page = (await call('verify-trail', argv)).out.replaceAll(/\s+/g, ' ')
        expect(page).toContain(`could not be compared, as no more than ${size} could be read. It holds nothing here`)
        expect(page).not.toMatch(/has the fingerprint|another trail|was cut off|a bundle/)
      }
  })

  it('a checkpoint of as much as can be read is compared, and one that counts more than was published is found', async () => {
    const folder = newFolder()
    await publish(folder, 600)
    rmSync(join(folder, 'tile/entries/001'))
    const asked = async (size: number) => verifyFile(folder, { checkpoints: [written(noteAt(size))] })
    expect((await asked(256)).anchors[0]).toMatchObject({ size: 256, matches: true })
    const whole = newFolder()
    await publish(whole, 600)
    rmSync(join(whole, 'tile/0/001'))
    const verdict = await verifyFile(whole, { checkpoints: [written(noteAt(700))] })
    expect(verdict.codes).toEqual({ 'tile.missing': 1, 'checkpoint.truncated': 1 })
  })

  it('where the first entries are missing it is told to be there in part, and not to be no trail', async () => {
    const folder = newFolder()
    await publish(folder, 600)
    rmSync(join(folder, 'tile/entries/000'))
    const ran = await call('verify-trail', [folder])
    expect([ran.code, ran.out.split('\n')[0]]).toEqual([1, 'BROKEN'])
    const [headline = ''] = ran.out.replaceAll(/[ \n]+/g, ' ').split('What was checked')
    expect(headline).toContain('Not all of it can be read. The first place is entry 0')
    expect(headline).not.toMatch(/was cut off|another trail|not what was written/)
    expect(ran.out.replaceAll(/\s+/g, ' ')).toContain('could not be compared, as no more than 0 could be read')
  })

  it('a folder of another trail behind this checkpoint is found', async () => {
    const bodies = bodiesOf(lines)
    Object.assign(bodies[599]?.command as object, { title: 'another' })
    const forged = reseal(bodies)
    const folder = newFolder()
    await publish(folder, 600, undefined, forged)
    writeFileSync(join(folder, 'checkpoint'), noteAt(600))
    expect(await verifyFile(folder)).toMatchObject({
      status: 'broken',
      codes: { 'checkpoint.root': 1 },
      anchoredSize: 0,
    })
  })

  /** The tiles of some entries behind the checkpoint of as many lines. */
  const behind = (entries: readonly Uint8Array[]): string => {
    const folder = newFolder()
    const size = entries.length
    const files = [
      ['checkpoint', noteAt(size)],
      [tilePath({ level: 'entries', index: 0, width: size }), encodeEntries(entries)],
      [tilePath({ level: 0, index: 0, width: size }), encodeHashTile(entries.map(leafHash))],
    ] as const
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), bytes)
    }
    return folder
  }
  const some = () => lines.slice(0, 50)
  const joined = (...parts: readonly Uint8Array[]) =>
    Buffer.concat(parts.flatMap(one => [one, Buffer.of(0x0a)])).subarray(0, -1)
  const glued = (at: number) =>
    behind([...lines.slice(0, at), joined(...lines.slice(at, at + 2)), ...lines.slice(at + 2, 51)])

  it('two entries that were made one are found: as lines they are those of the checkpoint, and its root is not theirs', async () => {
    expect(await verifyFile(behind(some()))).toMatchObject({ status: 'sound' })
    const ended = behind(some().with(-1, joined(...lines.slice(49, 80))))
    for (const [folder, seq] of [
      [glued(10), 10],
      [glued(49), 49],
      [ended, 49],
      [behind(some().with(20, joined(...lines.slice(20, 21), new Uint8Array()))), 20],
    ] as const) {
      for (const only of [undefined, 'integrity'] as const)
        expect(await verifyFile(folder, only && { only })).toMatchObject({
          status: 'broken',
          codes: { 'tile.malformed': 1 },
          findings: [{ seq, found: expect.stringContaining('a line break among them') }],
          anchoredSize: 0,
        })
    }
  })

  it('an entry is no other one for what a line may end in: the checkpoint of the lines is not one of it', async () => {
    const ended = Buffer.concat([lines[20] ?? Buffer.of(), Buffer.of(0x0d)])
    expect(await verifyFile(behind(some().with(20, ended)))).toMatchObject({ status: 'broken', codes: { crlf: 1 } })
  })

  it('an entry that is an empty line is none: in a trail it would have no number, and those behind it others than here', async () => {
    const empty: readonly (readonly [number, readonly number[]])[] = [
      [0, []],
      [0, [0x0d]],
      [0, [0xef, 0xbb, 0xbf]],
      [0, [0xef, 0xbb, 0xbf, 0x0d]],
      [20, []],
      [20, [0x0d]],
      [49, []],
    ]
    for (const [at, bytes] of empty)
      for (const only of [{}, { only: 'integrity' }] as const)
        expect(await verifyFile(behind(some().with(at, Uint8Array.from(bytes))), only)).toMatchObject({
          size: 0,
          codes: { 'tile.malformed': 1 },
          findings: [{ seq: at, found: expect.stringContaining('an empty line') }],
        })
    // Only before the first entry it is a mark.
    const { codes } = await verifyFile(behind(some().with(20, Uint8Array.of(0xef, 0xbb, 0xbf))))
    expect(codes).toMatchObject({ frame: 1 })
  })

  it('a byte order mark before entry 0 is one there too', async () => {
    const marked = Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), lines[0] ?? Buffer.of()])
    const folder = behind(some().with(0, marked))
    const other = behind(some().with(0, marked))
    writeFileSync(join(other, 'tile/0/000.p/50'), encodeHashTile(hashes.slice(0, 50)))
    for (const only of [{}, { only: 'integrity' }] as const) {
      expect((await verifyFile(folder, only)).codes).toEqual({ bom: 1 })
      expect((await verifyFile(other, only)).codes).toEqual({ bom: 1, 'tile.differs': 1 })
    }
  })

  it('the founding is missing where the log has no entry, and not where its entries are', async () => {
    const empty = newFolder()
    writeFileSync(join(empty, 'checkpoint'), noteAt(0))
    for (const only of [[], ['--only', 'integrity']]) {
      expect(await verdictOf(empty, ...only)).toMatchObject({ code: 1, codes: { 'founding.missing': 1 } })
      for (const change of [without('tile/entries/000'), edit('tile/entries/000', () => Buffer.of(1))]) {
        const folder = newFolder()
        await publish(folder, 300)
        change(folder)
        const { code, codes } = await verdictOf(folder, ...only)
        expect([code, Object.keys(codes)]).toEqual([1, [expect.stringMatching(/^tile\./)]])
      }
    }
  })

  it('a folder whose checkpoint is missing or is none is no publication, and nothing is said of a trail', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    for (const change of [edit('checkpoint', () => Buffer.from('none\n')), without('checkpoint')]) {
      change(folder)
      for (const only of [[], ['--only', 'integrity']])
        expect(await call('verify-trail', [folder, ...only])).toMatchObject({ code: 2, out: '' })
    }
  })

  it('entries that are not those of the checkpoint are shown by no command, and published again by none', async () => {
    const bodies = bodiesOf(some())
    Object.assign(bodies[49]?.command as object, { title: 'another' })
    const other = behind(reseal(bodies))
    const out = join(newFolder(), 'out')
    for (const [folder, because] of [
      [glued(10), 'is damaged at entry 10 (tile.malformed)'],
      [other, 'its entries are not those of its checkpoint (checkpoint.root)'],
    ] as const) {
      expect((await verifyFile(folder)).status).toBe('broken')
      for (const argv of [
        ['explain', folder, 'C1'],
        ['log', folder],
        ['board', folder],
        ['metrics', folder],
        ['population', folder],
        ['sheet', folder, 'C1'],
        ['outbox', folder],
        ['obligations', folder],
      ]) {
        const ran = await call('countersign', argv)
        expect([argv[0], ran.code, ran.err]).toEqual([argv[0], 2, expect.stringContaining(because)])
      }
      await expect(
        publishTrail({ trail: folder, folder: out, checkpoint: { name: 'it', note: noteAt(50) } }),
      ).rejects.toThrow(/is damaged|is not the one/)
      expect(existsSync(out)).toBe(false)
    }
  })

  it('a checkpoint of any size with nothing behind it ends at once', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'tile'))
    const size = Number.MAX_SAFE_INTEGER
    writeFileSync(
      join(folder, 'checkpoint'),
      signCheckpoint({ origin: 'trail.example/scenario', size, root: rootAt(1) }, signer),
    )
    expect(await verifyFile(folder)).toMatchObject({ status: 'broken', size: 0, codes: { 'tile.missing': 1 } })
  })

  it('a checkpoint of any size with a few files behind it ends soon, wherever they lie and whatever leads round in a circle', async () => {
    const folder = newFolder()
    const size = Number.MAX_SAFE_INTEGER
    writeFileSync(join(folder, 'checkpoint'), signCheckpoint({ origin: signer.name, size, root: rootAt(1) }, signer))
    const there = [999, 1_000, 1_000_000, 999_999_999]
    // Names that no tile has.
    const paths = ['tile/entries/x000/005', 'tile/entries/7', `tile/entries/${'x999/'.repeat(6)}999`]
    for (const path of [...there.map(index => tilePath({ level: 'entries', index, width: 256 })), ...paths]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), 'junk')
    }
    if (process.platform !== 'win32')
      for (let at = 100; at < 110; at++) symlinkSync('.', join(folder, `tile/entries/x${at}`))
    const { findings } = await verifyFile(folder)
    expect(findings.map(({ seq, code }) => `${seq / 256} ${code}`)).toEqual([
      '0 tile.missing',
      '999 tile.malformed',
      '1000 tile.malformed',
      '1001 tile.missing',
      '1000000 tile.malformed',
      '1000001 tile.missing',
      '999999999 tile.malformed',
      '1000000000 tile.missing',
    ])
  })

  it('a partial tile that went meanwhile is read out of the full one', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    const old = readFileSync(join(folder, 'checkpoint'))
    await publish(folder, 600)
    writeFileSync(join(folder, 'checkpoint'), old)
    expect(existsSync(join(folder, 'tile/0/001.p'))).toBe(false)
    expect(await verifyFile(folder)).toMatchObject({ status: 'sound', size: 300 })
  })

  it('the checkpoint that lies with the tiles anchors nothing unless a key that was given has signed it', async () => {
    const folder = newFolder()
    await publish(folder, 300)
    const alone = await verifyFile(folder)
    expect(alone).toMatchObject({ status: 'sound', anchoredSize: 0, anchors: [{ matches: true }] })
    expect(exitCodeOf(alone, { requireAnchor: true })).toBe(5)
    const signed = await verifyFile(folder, { keys: [writtenKey(signer)] })
    expect(signed.anchoredSize).toBe(300)
    const wrong = await verifyFile(folder, { keys: [writtenKey(stranger)] })
    expect(wrong).toMatchObject({ status: 'broken', codes: { 'checkpoint.signature': 1 }, anchoredSize: 0 })
  })
})

describe('what lies where a tile or a checkpoint should be', () => {
  it.skipIf(process.platform === 'win32')('is written to no file to which somebody has laid a link', async () => {
    const folder = join(newFolder(), 'public')
    const theirs = join(newFolder(), 'theirs')
    writeFileSync(theirs, 'theirs')
    const drafts = ['checkpoint.new', 'tile/0/000.p/44.new', 'tile/entries/000.p/44.new']
    for (const draft of drafts) {
      mkdirSync(dirname(join(folder, draft)), { recursive: true })
      symlinkSync(theirs, join(folder, draft))
    }
    await publish(folder, 44)
    expect(readFileSync(theirs, 'utf8')).toBe('theirs')
    for (const draft of drafts) expect(lstatSync(join(folder, draft.slice(0, -4))).isFile()).toBe(true)
    expect(published(folder)).toBe(44)
  })

  it.skipIf(process.platform === 'win32')('is read only if it is a regular file: no device, no pipe', async () => {
    const whole = join(newFolder(), 'public')
    await publish(whole, 600)
    const places = ['tile/0/001', 'tile/entries/001', 'checkpoint']
    const put: Record<string, (path: string) => void> = {
      device: path => symlinkSync('/dev/zero', path),
      pipe: path => execFileSync('mkfifo', [path]),
    }
    for (const place of places)
      for (const [what, make] of Object.entries(put)) {
        const folder = join(newFolder(), 'public')
        cpSync(whole, folder, { recursive: true })
        rmSync(join(folder, place))
        make(join(folder, place))
        const ran = await call('verify-trail', [folder])
        expect([what, place, ran.code]).toEqual([what, place, place === 'checkpoint' ? 2 : 1])
        expect(`${ran.out}${ran.err}`).toContain('no regular file')
        if (place !== 'checkpoint') continue
        const again = await publish(folder, 600).catch(error => error)
        expect(`${again}`).toContain('is no checkpoint')
      }
  })
})

describe('the command line', () => {
  it('says of a place that takes no folder what it is, and writes nothing', async () => {
    const at = newFolder()
    const checkpoint = writtenCheckpoint({ size: 600, root: rootAt(600) })
    writeFileSync(join(at, 'trail.jsonl'), fileOf(lines))
    writeFileSync(join(at, 'file'), '')
    mkdirSync(join(at, 'other'))
    writeFileSync(join(at, 'other/trail.jsonl'), '')
    symlinkSync(at, join(at, 'link'))
    const listed = filesIn(at)
    for (const [folder, message] of [
      ['', 'The name of the folder is empty'],
      ['file', 'it is no folder, or lies beneath a file'],
      ['file/x', 'it is no folder, or lies beneath a file'],
      ['/dev/null/x', 'it is no folder, or lies beneath a file'],
      ['.', 'holds a trail'],
      ['link', 'holds a trail'],
      ['other', 'holds a trail'],
      ...(process.platform === 'linux'
        ? ['/proc/nope', '/proc/self'].map(one => [one, `the trail cannot be published to ${one}`])
        : []),
    ] as [string, string][]) {
      const ran = await call('countersign', ['publish', 'trail.jsonl', folder, '--checkpoint', checkpoint], { cwd: at })
      expect([folder, ran.code, ran.out]).toEqual([folder, 2, ''])
      expect(ran.err).toContain(message)
      expect(ran.err).not.toContain('unexpected')
    }
    expect(filesIn(at)).toEqual(listed)
    if (process.platform !== 'linux') return
    // Where folders are made at once with all above them, these never come back.
    const keygen = await call('countersign', ['keygen', '--name', 'a', '--out', '/proc/nope/key'])
    expect([keygen.code, keygen.err]).toEqual([2, expect.stringContaining('/proc/nope/key cannot be made')])
  })

  it('publishes, tells what was written, and verifies what lies there', async () => {
    const folder = join(newFolder(), 'public')
    const checkpoint = writtenCheckpoint({ size: 600, root: rootAt(600) })
    const trail = written(fileOf(lines))
    const ran = await call('countersign', [
      'publish',
      trail,
      folder,
      '--checkpoint',
      checkpoint,
      '--key',
      writtenKey(signer),
    ])
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(ran.out).toBe(
      `trail.example/scenario: 600 entries in ${folder}, 0 of them before; 7 files written, and the checkpoint.\n`,
    )
    const verdict = await verdictOf(folder, '--key', writtenKey(signer), '--require-anchor')
    expect(verdict).toMatchObject({ code: 0, status: 'sound', anchoredSize: 600 })
    const earlier = writtenCheckpoint({ size: 590, root: rootAt(590) })
    expect(await call('countersign', ['publish', trail, folder, '--checkpoint', earlier])).toMatchObject({
      code: 0,
      out: `trail.example/scenario: ${folder} holds 600 entries, and its checkpoint stays. Of the earlier one of 590 entries 2 files written.\n`,
      err: '',
    })
    const other = await call('countersign', [
      'publish',
      trail,
      folder,
      '--checkpoint',
      checkpoint,
      '--key',
      writtenKey(stranger),
    ])
    expect(other).toMatchObject({ code: 2, out: '' })
    expect(other.err).toContain('is not a signed checkpoint of a key that was given')
  })

  it('groups the digits of each number that it tells', async () => {
    const published = { origin: 'a', size: 66_049, since: 65_800, written: 1_200 }
    expect(publishedLine(published, 'pub')).toBe(
      'a: 66,049 entries in pub, 65,800 of them before; 1,200 files written, and the checkpoint.\n',
    )
    const folder = newFolder()
    const larger = signCheckpoint({ origin: signer.name, size: 256_300, root: rootAt(600) }, signer)
    writeFileSync(join(folder, 'checkpoint'), larger)
    const other = { ...signer, name: 'trail.example/other' }
    const note = signCheckpoint({ origin: other.name, size: 4, root: rootAt(4) }, other)
    await expect(publishTrail({ trail: file, folder, checkpoint: { name: 'c', note } })).rejects.toThrow(
      'holds 256,300 entries of trail.example/scenario',
    )
  })

  it('says in one line and a hint what it cannot publish or read', async () => {
    const empty = newFolder()
    const refused = async (name: 'countersign' | 'verify-trail', argv: string[], message: string) => {
      const ran = await call(name, argv, { cwd: empty })
      expect(ran).toMatchObject({ code: 2, out: '' })
      expect(ran.err).toContain(message)
      expect(ran.err.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    }
    await refused('countersign', ['publish', 'trail.jsonl'], 'to which folder?')
    await refused('countersign', ['publish', 'trail.jsonl', 'public'], 'asks for --checkpoint FILE')
    await refused(
      'countersign',
      ['publish', 'trail.jsonl', 'public', '--checkpoint', 'c'],
      'there is no file trail.jsonl',
    )
    await refused('verify-trail', ['.'], 'holds no trail.jsonl')
    await refused('verify-trail', ['sqlite:no-such.db'], 'there is no trail at no-such.db')
    await refused('verify-trail', ['postgres://user:secret@127.0.0.1:1/db'], 'cannot open the trail')
    mkdirSync(join(empty, 'tile'))
    await refused('verify-trail', ['.'], 'holds tiles and no checkpoint')
    symlinkSync('/dev/zero', join(empty, 'checkpoint'))
    await refused('verify-trail', ['.'], 'no regular file')
    expect((await call('verify-trail', ['postgres://user:secret@127.0.0.1:1/db'])).err).not.toContain('secret')
  })
})
