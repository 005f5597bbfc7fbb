import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import promises from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publishTrail } from '@countersign/cli'
import type { LooseBody } from '@countersign/testing/tamper'
import {
  addCosignatures,
  consistencyProof,
  cosign,
  formatAddCheckpoint,
  formatNote,
  formatSignerKey,
  formatVerifierKey,
  leafHash,
  openCheckpoint,
  parseNote,
  rootOf,
  signCheckpoint,
  signerKey,
  type VerifierKey,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeFolder } from '../../packages/cli/src/files/folder.ts'
import { InputError } from '../../packages/cli/src/shell/input-error.ts'
import { askWitness, NeverCosigned } from '../../packages/cli/src/sign/witness-client.ts'
import { WitnessFolder, type WitnessMemory } from '../../packages/cli/src/sign/witness-memory.ts'
import { witnessServer } from '../../packages/cli/src/sign/witness-server.ts'
import { sampleOf } from '../properties/trial.ts'
import {
  call,
  newFolder,
  releasedLines,
  signer,
  written,
  writtenCheckpoint,
  writtenKey,
  writtenLines,
} from './command-line.ts'

const origin = 'log.example/changes'
const log = signerKey(origin, new Uint8Array(32).fill(1))
const witness = signerKey('w.example/one', new Uint8Array(32).fill(9))
const witnessKey = witnessKeyOf(witness)
const leaves = Array.from({ length: 60 }, (_, index) => leafHash(Uint8Array.of(index)))
const forked = leaves.map((hash, index) => (index < 5 ? hash : leafHash(Uint8Array.of(index, 1))))
const noteOf = (size: number, from = leaves) => signCheckpoint({ origin, size, root: rootOf(from.slice(0, size)) }, log)
const bodyOf = (oldSize: number, size: number, from = leaves) => {
  const proof = oldSize > 0 && oldSize <= size ? consistencyProof(oldSize, size, from) : []
  return formatAddCheckpoint({ oldSize, proof, note: noteOf(size, from) })
}

/** A time at which a witness can have seen these entries. */
const secondsAfter = (bodies: readonly LooseBody[]): number => Math.ceil(Date.parse(String(bodies.at(-1)?.at)) / 1000)

interface Answered {
  readonly status: number
  readonly type: string | null
  readonly body: string
}
const post = async (url: string, body: string, path = '/add-checkpoint'): Promise<Answered> => {
  const response = await fetch(`${url}${path}`, { method: 'POST', body, signal: AbortSignal.timeout(20_000) })
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

interface ServeOptions {
  readonly now?: () => number
  readonly say?: (line: string) => void
  readonly keys?: readonly VerifierKey[]
}

async function serve(memory: WitnessMemory, options: ServeOptions = {}) {
  const server: Server = witnessServer({
    key: witness,
    logs: new Map([[origin, options.keys ?? [verifierKeyOf(log)]]]),
    memory,
    now: options.now ?? (() => 1_700_000_000),
    say: options.say ?? (() => undefined),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const logsKnown = new Map([log, signer].map(one => [one.name, [verifierKeyOf(one)]]))

async function folderOf(folder = newFolder(), key = witness, logs = logsKnown) {
  const memory = await WitnessFolder.open(folder, key, logs)
  onTestFinished(() => memory.close().catch(() => undefined))
  return { folder, memory }
}

/** Whether an answer holds a cosignature of this checkpoint. */
const cosigned = (answer: Answered, size: number, from = leaves) => {
  const note = addCosignatures(noteOf(size, from), answer.body, witnessKey)
  return openCheckpoint(note, { keys: [verifierKeyOf(log), witnessKey] }).witnesses[0]?.name === witness.name
}

test('A witness answers over HTTP as the standard says: 200, 400, 403, 404, 409 with a size, 422.', async () => {
  const url = await serve((await folderOf()).memory)
  const first = await post(url, bodyOf(0, 5))
  expect([first.status, cosigned(first, 5)]).toEqual([200, true])
  expect((await post(url, bodyOf(5, 9))).status).toBe(200)
  expect(await post(url, bodyOf(0, 12))).toEqual({ status: 409, type: 'text/x.tlog.size', body: '9\n' })
  expect(await post(url, bodyOf(5, 12))).toEqual({ status: 409, type: 'text/x.tlog.size', body: '9\n' })
  expect((await post(url, bodyOf(12, 9))).status).toBe(400)
  expect((await post(url, 'old 0\n')).status).toBe(400)
  expect((await post(url, bodyOf(9, 12, forked))).status).toBe(422)
  expect((await post(url, bodyOf(9, 9, forked))).status).toBe(409)
  const stranger = signerKey(origin, new Uint8Array(32).fill(2))
  const foreign = signCheckpoint({ origin, size: 12, root: rootOf(leaves.slice(0, 12)) }, stranger)
  expect((await post(url, formatAddCheckpoint({ oldSize: 9, proof: [], note: foreign }))).status).toBe(403)
  const unknown = signCheckpoint(
    { origin: 'x.example', size: 1, root: rootOf(leaves.slice(0, 1)) },
    signerKey('x.example', new Uint8Array(32)),
  )
  expect((await post(url, formatAddCheckpoint({ oldSize: 0, proof: [], note: unknown }))).status).toBe(404)
  const again = await post(url, bodyOf(9, 9))
  expect([again.status, cosigned(again, 9)]).toEqual([200, true])
})

test('A witness takes nothing but POST to add-checkpoint, and no more bytes than a request has.', async () => {
  const url = await serve((await folderOf()).memory)
  expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405)
  expect((await post(url, bodyOf(0, 5), '/')).status).toBe(404)
  expect((await post(url, bodyOf(0, 5), '/add-checkpoint?x=1')).status).toBe(404)
  expect((await post(url, `old 0\n\n${'x'.repeat(1 << 20)}`)).status).toBe(413)
  expect((await post(url, bodyOf(0, 5))).status).toBe(200)
})

test('A witness says a line of each request that it refuses, bounded and without what a terminal would act on.', async () => {
  const told: string[] = []
  const url = await serve((await folderOf()).memory, { say: line => void told.push(line) })
  await fetch(`${url}/add-checkpoint`)
  await post(url, bodyOf(0, 5), `/${'x'.repeat(2_000)}`)
  await post(url, `old 0\n\n${'x'.repeat(1 << 20)}`)
  await post(url, 'old \u001b[2J\n')
  const name = `x\u202e${'y'.repeat(500)}`
  const unknown = signCheckpoint({ origin: name, size: 0, root: rootOf([]) }, signerKey(name, new Uint8Array(32)))
  await post(url, formatAddCheckpoint({ oldSize: 0, proof: [], note: unknown }))
  expect(told).toEqual([
    '405 add-checkpoint takes POST: GET',
    expect.stringMatching(/^404 there is \/add-checkpoint and nothing else: POST \/x+…$/),
    expect.stringMatching(/^413 a request has at most \d+ bytes$/),
    expect.stringMatching(/^400 /),
    expect.stringMatching(/^404 no log of this name is known here: x\ufffdy+…$/),
  ])
  for (const line of told) {
    expect(line.length).toBeLessThan(250)
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
  }
})

test('A request that comes in pieces is read; one that is broken off changes nothing.', async () => {
  const { memory } = await folderOf()
  const url = await serve(memory)
  const body = bodyOf(0, 5)
  const broken = httpRequest(`${url}/add-checkpoint`, {
    method: 'POST',
    headers: { 'content-length': body.length * 2 },
  })
  broken.on('error', () => undefined)
  broken.write(body)
  await new Promise(resolve => setTimeout(resolve, 50))
  broken.destroy()
  expect(await memory.latest(origin)).toBe(undefined)
  const whole = httpRequest(`${url}/add-checkpoint`, { method: 'POST' })
  for (const byte of Buffer.from(body)) whole.write(Uint8Array.of(byte))
  whole.end()
  const [response] = await once(whole, 'response')
  expect(response.statusCode).toBe(200)
  response.resume()
})

test('Of requests at once for one log each is decided on what the one before has left.', async () => {
  const { memory } = await folderOf()
  const url = await serve(memory)
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) => post(url, bodyOf(0, 6 + index, index % 2 === 0 ? leaves : forked))),
  )
  const signed = answers.filter(one => one.status === 200)
  expect(signed.length).toBe(1)
  const size = (await memory.latest(origin))?.checkpoint.size
  expect(answers.filter(one => one.status === 409).every(one => one.body === `${size}\n`)).toBe(true)
})

test('A witness remembers before it answers, and waits for the disk.', async () => {
  const { memory } = await folderOf()
  const order: string[] = []
  const slow: WitnessMemory = {
    latest: memory.latest.bind(memory),
    keepFork: memory.keepFork.bind(memory),
    remember: async (...given) => {
      await new Promise(resolve => setTimeout(resolve, 30))
      await memory.remember(...given)
      order.push('remembered')
    },
  }
  const url = await serve(slow)
  await post(url, bodyOf(0, 5)).then(() => order.push('answered'))
  expect(order).toEqual(['remembered', 'answered'])
})

test('A witness that dies after it has remembered and before it answers never signs a fork afterwards.', async () => {
  const { folder, memory } = await folderOf()
  let remembered = () => {}
  const done = new Promise<void>(resolve => {
    remembered = resolve
  })
  const dying: WitnessMemory = {
    latest: memory.latest.bind(memory),
    keepFork: memory.keepFork.bind(memory),
    remember: async (...given) => {
      await memory.remember(...given)
      remembered()
      await new Promise(() => undefined)
    },
  }
  let answered = false
  post(await serve(dying), bodyOf(0, 9)).then(
    () => {
      answered = true
    },
    () => undefined,
  )
  await done
  await memory.close()
  const url = await serve((await folderOf(folder)).memory)
  expect((await post(url, bodyOf(0, 9, forked))).body).toBe('9\n')
  expect((await post(url, bodyOf(9, 9, forked))).status).toBe(409)
  expect((await post(url, bodyOf(9, 12, forked))).status).toBe(422)
  expect((await post(url, bodyOf(9, 12))).status).toBe(200)
  expect(answered).toBe(false)
})

test('What cannot be written is not signed, and the witness goes on from what the disk has.', async () => {
  const { memory } = await folderOf()
  let full = true
  const said: string[] = []
  const failing: WitnessMemory = {
    latest: memory.latest.bind(memory),
    keepFork: memory.keepFork.bind(memory),
    remember: async (...given) => {
      if (full) throw new Error('ENOSPC: no space left on device')
      await memory.remember(...given)
    },
  }
  const url = await serve(failing, { say: line => said.push(line) })
  const failed = await post(url, bodyOf(0, 5))
  expect([failed.status, failed.body.includes('—')]).toEqual([500, false])
  expect(said.join()).toContain('ENOSPC')
  full = false
  expect((await post(url, bodyOf(0, 9))).status).toBe(200)
})

test('A witness whose clock runs back does not sign until it has caught up.', async () => {
  let now = 1_700_000_000
  const url = await serve((await folderOf()).memory, { now: () => now })
  expect((await post(url, bodyOf(0, 5))).status).toBe(200)
  now -= 1
  expect((await post(url, bodyOf(5, 6))).status).toBe(503)
  now += 1
  expect((await post(url, bodyOf(5, 6))).status).toBe(200)
})

test('A witness keeps both notes of the first fork that it is shown.', async () => {
  const { folder, memory } = await folderOf()
  const url = await serve(memory)
  await post(url, bodyOf(0, 9))
  await post(url, bodyOf(9, 9, forked))
  const [file = ''] = readdirSync(folder).filter(name => name.endsWith('.fork'))
  const kept = readFileSync(join(folder, file), 'utf8')
  expect(kept).toContain(noteOf(9, forked))
  expect(kept.startsWith(noteOf(9))).toBe(true)
})

test('A witness keeps one fork for each key of a log: an old one by a key that was replaced does not hide one by the next.', async () => {
  const next = signerKey(origin, new Uint8Array(32).fill(2))
  const keys = [log, next].map(verifierKeyOf)
  const { folder, memory } = await folderOf(newFolder(), witness, new Map([[origin, keys]]))
  const url = await serve(memory, { keys })
  await post(url, bodyOf(0, 9))
  await post(url, bodyOf(9, 9, forked))
  const note = (from: readonly string[]) => signCheckpoint({ origin, size: 12, root: rootOf(from.slice(0, 12)) }, next)
  const byNext = (oldSize: number, from: readonly string[]) =>
    formatAddCheckpoint({ oldSize, proof: oldSize < 12 ? consistencyProof(oldSize, 12, from) : [], note: note(from) })
  expect((await post(url, byNext(9, leaves))).status).toBe(200)
  expect((await post(url, byNext(12, forked))).status).toBe(409)
  const again = leaves.map((hash, index) => (index < 7 ? hash : leafHash(Uint8Array.of(index, 2))))
  expect((await post(url, byNext(12, again))).status).toBe(409)
  const names = readdirSync(folder).filter(name => name.endsWith('.fork'))
  expect(new Set(names.map(name => name.split('.')[1]))).toEqual(new Set(keys.map(({ keyId }) => keyId)))
  expect(names).toHaveLength(2)
  const kept = names.map(name => readFileSync(join(folder, name), 'utf8'))
  expect(kept.filter(notes => notes.includes(noteOf(9, forked)))).toHaveLength(1)
  expect(kept.filter(notes => notes.includes(note(forked)))).toHaveLength(1)
  expect(kept.filter(notes => notes.includes(note(again)))).toHaveLength(0)
})

test('A fork that a witness catches while its disk is full is answered as one, said, and kept when it is shown again.', async () => {
  const { folder, memory } = await folderOf()
  let full = true
  const said: string[] = []
  const failing: WitnessMemory = {
    latest: memory.latest.bind(memory),
    remember: memory.remember.bind(memory),
    keepFork: async (...given) => {
      if (full) throw new Error('ENOSPC: no space left on device')
      await memory.keepFork(...given)
    },
  }
  const url = await serve(failing, { say: line => said.push(line) })
  await post(url, bodyOf(0, 9))
  const caught = await post(url, bodyOf(9, 9, forked))
  expect([caught.status, caught.body]).toEqual([409, expect.stringContaining('with another root was cosigned')])
  expect(said).toHaveLength(3)
  expect(said[2]).toMatch(/^409 log\.example\/changes of 9: the fork cannot be kept, .*ENOSPC/)
  const witnessed = { url, key: witnessKey }
  const error = await askWitness(noteOf(9, forked), forked.slice(0, 9), witnessed).catch(thrown => thrown)
  expect([error instanceof NeverCosigned, error.isFork]).toEqual([true, true])
  expect(readdirSync(folder).some(name => name.endsWith('.fork'))).toBe(false)
  full = false
  expect((await post(url, bodyOf(9, 9, forked))).status).toBe(409)
  expect(readdirSync(folder).some(name => name.endsWith('.fork'))).toBe(true)
})

test('What a witness remembers is checked when it begins: it does not start on what it cannot read.', async () => {
  const { folder, memory } = await folderOf()
  await memory.remember(origin, 'this is no note\n')
  await memory.close()
  await expect(WitnessFolder.open(folder, witness, logsKnown)).rejects.toThrow('is not what a witness remembers')
  await expect(WitnessFolder.open(folder, witness, logsKnown)).rejects.toThrow('is not what a witness remembers')
})

test.skipIf(process.platform === 'win32')(
  'Each new folder of a witness, or of a publication, has its name in the one above it made durable before anything is put into it.',
  async () => {
    const { lines } = await releasedLines()
    const checkpoint = {
      name: 'c',
      note: readFileSync(writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) }), 'utf8'),
    }
    const trail = writtenLines(lines)
    const makers: Record<string, (folder: string) => Promise<unknown>> = {
      witness: folder => folderOf(folder),
      publication: folder => publishTrail({ trail, folder, checkpoint }),
    }
    for (const [what, make] of Object.entries(makers)) {
      const top = newFolder()
      const [one, two, three] = [join(top, 'one'), join(top, 'one/two'), join(top, 'one/two/three')]
      const synced: [string, string[]][] = []
      const open = promises.open.bind(promises)
      const spy = vi.spyOn(promises, 'open').mockImplementation(async (path, ...how) => {
        const handle = await open(path, ...how)
        const sync = handle.sync.bind(handle)
        handle.sync = async () => {
          await sync()
          if ((await handle.stat()).isDirectory()) synced.push([String(path), readdirSync(String(path))])
        }
        return handle
      })
      syncBuiltinESMExports()
      try {
        await make(three)
      } finally {
        spy.mockRestore()
        syncBuiltinESMExports()
      }
      expect(synced.slice(0, 3), what).toEqual([
        [top, ['one']],
        [one, ['two']],
        [two, ['three']],
      ])
    }
  },
)

test('A new folder whose name cannot be made durable is taken away, so that the next attempt does not take it for one that is.', async () => {
  const folder = join(newFolder(), 'one', 'two')
  let fails = true
  const sync = async () => {
    if (fails) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })
  }
  await expect(makeFolder(folder, 0o700, sync)).rejects.toThrow('EIO')
  expect(existsSync(dirname(folder))).toBe(false)
  fails = false
  await makeFolder(folder, 0o700, sync)
  expect(existsSync(folder)).toBe(true)
})

test('A witness takes away what it has left half written in its folder itself, and nothing of anybody else.', async () => {
  const { folder, memory, file } = await remembering()
  await memory.close()
  const own = [`${file}.0123456789abcdef.new`, `${file.replace('.checkpoint', '.89abcdef.fork')}.0123456789abcdef.new`]
  const theirs = [
    join(folder, 'notes.new'),
    join(folder, 'x.checkpoint.0123456789abcdef.new'),
    `${file}.new`,
    `${file}.0123456789abcdef.new.new`,
    `${file.replace('.checkpoint', '.lock')}.0123456789abcdef.new`,
  ]
  for (const path of [...own, ...theirs]) writeFileSync(path, 'half')
  // What is no file at all it has not written either.
  const folders = [join(folder, 'x.new'), `${file}.fedcba9876543210.new`]
  for (const path of folders) mkdirSync(path)
  await (await WitnessFolder.open(folder, witness, logsKnown)).close()
  expect(readdirSync(folder).toSorted()).toEqual([file, ...theirs, ...folders].map(path => basename(path)).toSorted())
})

test.skipIf(process.platform === 'win32')(
  'A witness does not begin where a link stands for what it remembers and leads to nothing.',
  async () => {
    const { folder, memory, file } = await remembering()
    await memory.close()
    rmSync(file)
    symlinkSync(join(folder, 'elsewhere'), file)
    await expect(WitnessFolder.open(folder, witness, logsKnown)).rejects.toThrow(
      `${file} is not what a witness remembers: it is a link that leads to no file`,
    )
  },
)

test('A witness that may not read its folder says so, and one that may take nothing away there begins: what is half written does no harm.', async () => {
  const { folder, memory, file } = await remembering()
  await memory.close()
  writeFileSync(`${file}.0123456789abcdef.new`, 'half')
  const refused = () => Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' }))
  const failing = async <T>(name: 'readdir' | 'unlink', run: () => Promise<T>): Promise<T> => {
    const real = promises[name] as (path: string) => Promise<unknown>
    const isMeant = (path: string) => path === folder || path.endsWith('.0123456789abcdef.new')
    const spy = vi
      .spyOn(promises, name)
      .mockImplementation(((path: string, ...how: []) => (isMeant(path) ? refused() : real(path, ...how))) as never)
    syncBuiltinESMExports()
    try {
      return await run()
    } finally {
      spy.mockRestore()
      syncBuiltinESMExports()
    }
  }
  const open = () => WitnessFolder.open(folder, witness, logsKnown)
  const error = await failing('readdir', () => open().catch(thrown => thrown))
  expect(error).toBeInstanceOf(InputError)
  expect(error.message).toBe(`${folder} may not be read: permission denied`)
  await (await failing('unlink', open)).close()
  expect(readdirSync(folder)).toHaveLength(2)
  await (await open()).close()
  expect(readdirSync(folder)).toEqual([basename(file)])
})

test.skipIf(process.platform === 'win32')(
  'A witness waits for no pipe and reads from no device that lies where it remembers, nor more than a note has.',
  async () => {
    const { folder, memory, url, file, note } = await remembering()
    const put: Record<string, () => void> = {
      pipe: () => execFileSync('mkfifo', [file]),
      device: () => symlinkSync('/dev/zero', file),
      folder: () => mkdirSync(file),
      long: () => writeFileSync(file, note + '\n'.repeat(1_000_001 - Buffer.byteLength(note))),
    }
    const told = (what: string) =>
      what === 'long' ? 'it has 1000001 bytes, and no note has more than 1000000' : 'it is no regular file'
    for (const [what, make] of Object.entries(put)) {
      rmSync(file, { recursive: true })
      make()
      expect((await post(url, bodyOf(9, 12))).status, what).toBe(500)
    }
    await memory.close()
    for (const [what, make] of Object.entries(put)) {
      rmSync(file, { recursive: true })
      make()
      const error = await WitnessFolder.open(folder, witness, logsKnown).catch(thrown => thrown)
      expect(error, what).toBeInstanceOf(InputError)
      expect(error.message, what).toContain(`${file} is not what a witness remembers: ${told(what)}`)
      expect(error.hint, what).toContain('begin anew')
    }
  },
)

/** A folder in which a witness has cosigned nine entries, its file, and what is in that. */
async function remembering() {
  const { folder, memory } = await folderOf()
  const url = await serve(memory)
  expect((await post(url, bodyOf(0, 9))).status).toBe(200)
  const [name = ''] = readdirSync(folder).filter(one => one.endsWith('.checkpoint'))
  const file = join(folder, name)
  return { folder, memory, url, file, note: readFileSync(file, 'utf8') }
}

/** The same note with one character of a line turned into another. */
const turned = (note: string, line: number, at: number) =>
  note
    .split('\n')
    .map((text, index) =>
      index === line ? text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1) : text,
    )
    .join('\n')

/** What may be wrong with what a witness remembers, though it can be read as a checkpoint. */
const damages: Record<string, (note: string) => string> = {
  'no entries': note => note.replace('\n9\n', '\n0\n'),
  'fewer entries': note => note.replace('\n9\n', '\n8\n'),
  'another root': note => turned(note, 2, 5),
  'another log': note => note.replace(origin, 'log.example/chances'),
  "the log's signature": note => turned(note, 4, `— ${origin} `.length + 20),
  'its own cosignature': note => turned(note, 5, `— ${witness.name} `.length + 30),
  "no line of the log's": note => note.split('\n').toSpliced(4, 1).join('\n'),
  'no line of its own': note => note.split('\n').toSpliced(5, 1).join('\n'),
}

test('A witness does not begin where the signature of the log and its own do not both hold over what it remembers.', async () => {
  const { folder, memory, file, note } = await remembering()
  await memory.close()
  for (const [what, damage] of Object.entries(damages)) {
    writeFileSync(file, damage(note))
    expect(readFileSync(file, 'utf8'), what).not.toBe(note)
    const error = await WitnessFolder.open(folder, witness, logsKnown).catch(thrown => thrown)
    expect(error, what).toBeInstanceOf(InputError)
    expect(error.message, what).toContain(`${file} is not what a witness remembers: `)
    expect(error.hint, what).toContain('begin anew with another folder and another key')
    expect(readdirSync(folder), what).toEqual([basename(file)])
  }
  writeFileSync(file, note)
  await (await WitnessFolder.open(folder, witness, logsKnown)).close()
})

test('A witness whose memory is damaged while it runs signs nothing, and accuses nobody of a fork.', async () => {
  const { folder, url, file, note } = await remembering()
  for (const [what, damage] of Object.entries(damages)) {
    writeFileSync(file, damage(note))
    for (const [old, from] of [
      [0, forked],
      [8, leaves],
      [9, leaves],
    ] as const)
      for (const size of [9, 12]) expect((await post(url, bodyOf(old, size, from))).status, what).toBe(500)
  }
  expect(readdirSync(folder).filter(name => name.endsWith('.fork'))).toEqual([])
  writeFileSync(file, note)
  expect((await post(url, bodyOf(9, 12))).status).toBe(200)
})

test('A witness begins with no other key on its folder, nor without the key of a log by which that signed; what it remembers of a log that it no longer knows bears its own cosignature.', async () => {
  const { folder, memory, file, note } = await remembering()
  await memory.close()
  const other = signerKey(witness.name, new Uint8Array(32).fill(8))
  const rotated = verifierKeyOf(signerKey(origin, new Uint8Array(32).fill(2)))
  const failing = async (key: typeof witness, logs: ReadonlyMap<string, readonly VerifierKey[]>) =>
    WitnessFolder.open(folder, key, logs).then(
      () => expect.unreachable(),
      thrown => [thrown.message, thrown.hint],
    )
  expect(await failing(other, logsKnown)).toEqual([
    expect.stringContaining(`${file} is not what a witness remembers: `),
    expect.stringContaining('With another key a witness begins in another folder'),
  ])
  expect(await failing(witness, new Map([[origin, [rotated]]]))).toEqual([
    expect.stringContaining(`${file} is not what a witness remembers: `),
    expect.stringContaining('put the line of the earlier one back into --logs'),
  ])
  const both = new Map([[origin, [rotated, verifierKeyOf(log)]]])
  await (await WitnessFolder.open(folder, witness, both)).close()
  const none = new Map()
  await (await WitnessFolder.open(folder, witness, none)).close()
  for (const what of ['no entries', 'another log', 'its own cosignature', 'no line of its own']) {
    writeFileSync(file, damages[what]?.(note) ?? '')
    await expect(WitnessFolder.open(folder, witness, none), what).rejects.toThrow('is not what a witness remembers')
  }
})

const source = fileURLToPath(new URL('../../packages/cli/src/countersign.ts', import.meta.url))

interface Running {
  readonly child: ChildProcess
  readonly url: string
  readonly out: () => string
}

function setUp() {
  const key = written(`${formatSignerKey(witness)}\n`, 'key')
  chmodSync(key, 0o600)
  const logs = written(`# those whom we watch\n\n${formatVerifierKey(verifierKeyOf(log))}\n`, 'logs')
  return { key, logs, state: join(newFolder(), 'state') }
}

async function start({ key, logs, state }: ReturnType<typeof setUp>): Promise<Running> {
  const argv = ['witness', '--listen', '127.0.0.1:0', '--state', state, '--secret', key, '--logs', logs]
  const child = spawn(process.execPath, ['--conditions=countersign-src', source, ...argv], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let out = ''
  return await new Promise((resolve, reject) => {
    const more = (chunk: Buffer) => {
      out += chunk.toString('utf8')
      const url = /http:\/\/[0-9.]+:[0-9]+/.exec(out)?.[0]
      if (url !== undefined && out.includes(formatVerifierKey(witnessKey))) resolve({ child, url, out: () => out })
    }
    child.stdout?.on('data', more)
    child.stderr?.on('data', more)
    child.on('exit', code => reject(new Error(`the witness ended with ${code}: ${out}`)))
  })
}

/** So many requests are answered in a round before the witness is killed. */
const answered = (round: number): number => 3 + round * 2

test('A witness that is killed again and again while it is asked never signs two histories, and loses nothing it signed.', async () => {
  const given = setUp()
  const signed: number[] = []
  let size = 0
  const rounds = sampleOf([0, 1, 2, 3, 4, 5])
  for (const round of rounds) {
    const { child, url } = await start(given)
    const ended = once(child, 'exit')
    // Killed at another moment of a request in each round: at once, while it is written, after it is answered.
    const killAt = answered(round)
    for (let sent = 0; sent <= killAt + 1; sent++) {
      const next = size + 1
      const asked = post(url, bodyOf(size, next)).catch(() => undefined)
      if (sent === killAt) {
        await new Promise(resolve => setTimeout(resolve, round % 3))
        child.kill('SIGKILL')
      }
      const answer = await asked
      if (answer === undefined) continue
      if (answer.status === 200) {
        expect(cosigned(answer, next)).toBe(true)
        signed.push(next)
        size = next
      } else {
        // It had remembered what it could no longer answer for.
        expect([answer.status, answer.body]).toEqual([409, `${next}\n`])
        size = next
      }
    }
    await ended
  }
  const { child, url, out } = await start(given)
  const last = signed.at(-1) ?? 0
  expect(last).toBeGreaterThanOrEqual(rounds.map(answered).reduce((sum, one) => sum + one))
  const known = Number((await post(url, bodyOf(0, 59))).body)
  expect(known).toBeGreaterThanOrEqual(last)
  expect((await post(url, bodyOf(known, 59, forked))).status).toBe(422)
  expect((await post(url, bodyOf(known, known, forked))).status).toBe(409)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(existsSync(join(given.state, 'lock'))).toBe(false)
  const [, , secret = ''] = formatSignerKey(witness).split(/PRIVATE\+KEY|\+(?=[^+]*$)/)
  expect(secret.length).toBeGreaterThan(30)
  expect(out()).not.toContain(secret)
})

test('A second witness on the same folder is refused while the first one runs, which stops at SIGINT.', async () => {
  const given = setUp()
  const { child } = await start(given)
  await expect(start(given)).rejects.toThrow(/ended with 2: countersign: a witness has .* open: process \d+/)
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  expect(await ended).toEqual([0, null])
})

test('A witness does not begin with a key that others may read, nor without what it needs.', async () => {
  const { key, logs, state } = setUp()
  const argv = (changed: Record<string, string>) =>
    Object.entries({ '--listen': '127.0.0.1:0', '--state': state, '--secret': key, '--logs': logs, ...changed }).flat()
  const open = written(readFileSync(key, 'utf8'), 'key')
  chmodSync(open, 0o644)
  const folder = newFolder()
  mkdirSync(join(folder, 'x'))
  writeFileSync(join(folder, 'state'), '')
  const cases: [string[], RegExp][] = [
    [['witness', '--listen', '127.0.0.1:0'], /witness needs --listen, --state, --secret and --logs/],
    [['witness', ...argv({ '--secret': open })], /may be read or written by others than its owner/],
    [['witness', ...argv({ '--secret': logs })], /may be read or written by others|holds no secret key/],
    [['witness', ...argv({ '--listen': '8080' })], /is no address/],
    [['witness', ...argv({ '--listen': '127.0.0.1:70000' })], /is no address/],
    [['witness', ...argv({ '--logs': written('') })], /names no log/],
    [
      ['witness', ...argv({ '--logs': written(`\n${formatVerifierKey(witnessKey)}\n`) })],
      /line 2: expected the key of a log/,
    ],
    [['witness', ...argv({ '--logs': written('x\n') })], /line 1: /],
    [
      ['witness', ...argv({ '--state': join(folder, 'state') })],
      /state is a file, and a witness remembers in a folder/,
    ],
  ]
  for (const [line, message] of cases) {
    const ran = await call('countersign', line)
    expect([ran.code, ran.out], line.join(' ')).toEqual([2, ''])
    expect(ran.err).toMatch(message)
    expect(ran.err).not.toContain('PRIVATE')
  }
})

test('A witness that cannot listen where it should leaves no folder behind that it made, and a line that is no key is not told whole.', async () => {
  const { key, logs } = setUp()
  const url = await serve((await folderOf()).memory)
  const taken = url.slice('http://'.length)
  const [made, there] = [join(newFolder(), 'made'), newFolder()]
  for (const state of [made, there]) {
    const argv = ['witness', '--listen', taken, '--state', state, '--secret', key, '--logs', logs]
    const ran = await call('countersign', argv)
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(`cannot listen on ${taken}`)])
    expect(ran.err.trimEnd().split('\n')).toHaveLength(2)
  }
  expect([existsSync(made), existsSync(there)]).toEqual([false, true])
  const long = written('x'.repeat(100_000))
  const argv = ['witness', '--listen', taken, '--state', made, '--secret', key, '--logs', long]
  const ran = await call('countersign', argv)
  expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('line 1: ')])
  expect(ran.err.length).toBeLessThan(1_000)
})

test('A witness that has no address, or one at which nobody can be asked, is named as one that was not asked.', async () => {
  const { lines } = await releasedLines()
  const note = writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) })
  for (const [url, because] of [
    ['', 'has no address of it'],
    [' ftp://127.0.0.1/', 'ftp://127.0.0.1/ is no http(s) address'],
  ] as const) {
    const policy = written(`witness one ${formatVerifierKey(witnessKey)}${url}\nquorum one\n`, 'policy')
    const ran = await call('countersign', ['cosign', note, writtenLines(lines), '--witness-policy', policy])
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('one was not asked: ')
    expect(ran.err).toContain(because)
    expect(ran.err).toContain('Nobody was asked')
    expect(ran.err).not.toContain('Ask again later')
  }
})

test('A checkpoint is cosigned by the witnesses of a policy; who does not answer is named, and asked again the next time.', async () => {
  const { lines, bodies } = await releasedLines()
  const hashes = lines.map(leafHash)
  const trail = writtenLines(lines)
  const note = writtenCheckpoint({ size: lines.length, root: rootOf(hashes) })
  const two = signerKey('w.example/two', new Uint8Array(32).fill(8))
  const logs = new Map([[signer.name, [verifierKeyOf(signer)]]])
  const { memory } = await folderOf()
  const seen = secondsAfter(bodies)
  const server = witnessServer({ key: witness, logs, memory, now: () => seen, say: () => undefined })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const earlier = signCheckpoint({ origin: signer.name, size: 7, root: rootOf(hashes.slice(0, 7)) }, signer)
  expect((await post(url, formatAddCheckpoint({ oldSize: 0, proof: [], note: earlier }))).status).toBe(200)
  // Nothing listens on port 1.
  const policy = (second: string) =>
    written(
      `witness one ${formatVerifierKey(witnessKey)} ${url}/\nwitness two ${formatVerifierKey(witnessKeyOf(two))} ${second}\ngroup both all one two\nquorum both\n`,
      'policy',
    )
  const short = await call('countersign', ['cosign', note, trail, '--witness-policy', policy('http://127.0.0.1:1')])
  expect(short.code).toBe(2)
  expect(short.err).toContain('two at http://127.0.0.1:1 has not cosigned')
  expect(short.out).toContain('both: 1 of the 2 that it asks for')
  expect(short.out).toContain('✓ one (w.example/one+')
  const half = readFileSync(note, 'utf8')
  expect(openCheckpoint(half, { keys: [verifierKeyOf(signer), witnessKey] }).witnesses.length).toBe(1)

  const other = witnessServer({
    key: two,
    logs,
    memory: (await folderOf(newFolder(), two)).memory,
    now: () => seen + 1,
    say: () => undefined,
  })
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => {
    other.close()
  })
  const second = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const out = join(newFolder(), 'cosigned')
  const full = await call('countersign', ['cosign', note, trail, '--witness-policy', policy(second), '--out', out])
  expect([full.code, full.err]).toEqual([0, ''])
  expect(readFileSync(note, 'utf8')).toBe(half)
  const opened = openCheckpoint(readFileSync(out), { keys: [verifierKeyOf(signer), witnessKey, witnessKeyOf(two)] })
  expect(opened.witnesses).toEqual([
    { name: 'w.example/one', time: seen },
    { name: 'w.example/two', time: seen + 1 },
  ])
  // What has been cosigned is evidence, as is whatever else is there: only the checkpoint itself is written anew.
  for (const file of [out, trail]) {
    const before = readFileSync(file)
    const over = await call('countersign', ['cosign', note, trail, '--witness-policy', policy(second), '--out', file])
    expect([over.code, over.out, over.err]).toEqual([2, '', expect.stringContaining('is not written over')])
    expect(readFileSync(file)).toEqual(before)
  }
  const itself = await call('countersign', ['cosign', note, trail, '--witness-policy', policy(second), '--out', note])
  expect([itself.code, readFileSync(note, 'utf8')]).toEqual([0, readFileSync(out, 'utf8')])
})

test('A witness that has cosigned another tree, or a larger one, will never cosign this one: cosign says so, and what to do.', async () => {
  const { lines } = await releasedLines()
  const hashes = lines.map(leafHash)
  const trail = writtenLines(lines)
  const size = lines.length
  const note = writtenCheckpoint({ size, root: rootOf(hashes) })
  const other = hashes.map((hash, at) => (at < 3 ? hash : leafHash(Uint8Array.of(at))))
  const longer = [...hashes, leafHash(Uint8Array.of(1))]
  const signed = (of: readonly string[]) =>
    signCheckpoint({ origin: signer.name, size: of.length, root: rootOf(of as typeof hashes) }, signer)
  const askedAfter = async (cosignedBefore: readonly string[], second = '') => {
    const { memory, folder } = await folderOf()
    const logs = new Map([[signer.name, [verifierKeyOf(signer)]]])
    const server = witnessServer({ key: witness, logs, memory, now: () => 1_700_000_000, say: () => undefined })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const before = formatAddCheckpoint({ oldSize: 0, proof: [], note: signed(cosignedBefore) })
    expect((await post(url, before)).status).toBe(200)
    const policy = `witness one ${formatVerifierKey(witnessKey)} ${url}\n${second}quorum one\n`
    const ran = await call('countersign', ['cosign', note, trail, '--witness-policy', written(policy, 'policy')])
    expect(ran.code).toBe(2)
    return { ...ran, folder }
  }
  const proof = `verify-trail ${trail} --checkpoint ${note} --checkpoint THEIRS --key VKEY --fork-proof FILE`
  const fork = await askedAfter(other)
  expect(fork.err).toContain(`it has cosigned another tree of this size (${size} entries). To ask later does not help`)
  expect(fork.err).toContain(`expected ${rootOf(other)}, found ${rootOf(hashes)})`)
  expect(fork.err).toContain('Two histories were signed by the key of this trail')
  expect(fork.err).toContain(proof)
  expect(fork.err).not.toContain('Ask again later')
  expect(readdirSync(fork.folder).some(name => name.endsWith('.fork'))).toBe(true)
  const earlier = await askedAfter(other.slice(0, 7))
  expect(earlier.err).toContain(`another tree of 7 entries, which this checkpoint of ${size} does not extend`)
  expect(earlier.err).toContain(proof)
  const larger = await askedAfter(longer)
  expect(larger.err).toContain(`a larger tree already, of ${size + 1} entries, and this checkpoint has ${size}`)
  expect(larger.err).toContain('Have the newest checkpoint of the trail cosigned')
  expect(larger.err).not.toContain('Ask again later')
  const two = signerKey('w.example/two', new Uint8Array(32).fill(8))
  // Nothing listens on port 1.
  const down = await askedAfter(longer, `witness two ${formatVerifierKey(witnessKeyOf(two))} http://127.0.0.1:1\n`)
  expect(down.err).toContain('Ask again later')
})

test('A checkpoint that was replaced while its witnesses were asked is not written over, and what they have signed is kept.', async () => {
  const { lines, bodies } = await releasedLines()
  const hashes = lines.map(leafHash)
  const earlier = signCheckpoint({ origin: signer.name, size: 9, root: rootOf(hashes.slice(0, 9)) }, signer)
  const larger = signCheckpoint({ origin: signer.name, size: lines.length, root: rootOf(hashes) }, signer)
  const note = written(earlier, 'checkpoint')
  const server = witnessServer({
    key: witness,
    logs: new Map([[signer.name, [verifierKeyOf(signer)]]]),
    memory: (await folderOf()).memory,
    now: () => {
      writeFileSync(note, larger)
      return secondsAfter(bodies)
    },
    say: () => undefined,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const policy = written(`witness one ${formatVerifierKey(witnessKey)} ${url}/\nquorum one\n`, 'policy')
  const ran = await call('countersign', ['cosign', note, writtenLines(lines), '--witness-policy', policy])
  expect([ran.code, readFileSync(note, 'utf8')]).toEqual([2, larger])
  expect(ran.err).toContain('has changed while the witnesses were asked, and is not written over')
  expect(ran.err).toContain(`What was cosigned is in ${note}.9.cosigned`)
  const kept = openCheckpoint(readFileSync(`${note}.9.cosigned`), { keys: [verifierKeyOf(signer), witnessKey] })
  expect([kept.checkpoint.size, kept.witnesses.length]).toEqual([9, 1])
})

test('A checkpoint is not sent to anybody where the trail is not the one that it is of.', async () => {
  const { lines } = await releasedLines()
  const note = writtenCheckpoint({ size: lines.length, root: rootOf([]) })
  const policy = written('quorum none\n')
  const ran = await call('countersign', ['cosign', note, writtenLines(lines), '--witness-policy', policy])
  expect([ran.code, ran.out]).toEqual([2, ''])
  expect(ran.err).toContain('is no checkpoint of')
  const missing = await call('countersign', ['cosign', note, writtenLines(lines)])
  expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('cosign needs --witness-policy')])
})

/** Witnesses that answer whatever they are asked with cosignatures of these times, and the policy that asks for each of them. */
async function answering(note: string, witnesses: Readonly<Record<string, readonly number[]>>) {
  const { text } = parseNote(note)
  const policy: string[] = []
  const keys: VerifierKey[] = []
  for (const [at, [name, times]] of Object.entries(witnesses).entries()) {
    const key = signerKey(`w.example/${name}`, new Uint8Array(32).fill(20 + at))
    const body = formatNote({ text, signatures: times.map(time => cosign(text, key, time)) }).slice(text.length + 1)
    const server = createServer((_, response) => response.end(body))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    keys.push(witnessKeyOf(key))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    policy.push(`witness ${name} ${formatVerifierKey(witnessKeyOf(key))} ${url}\n`)
  }
  const names = Object.keys(witnesses).join(' ')
  return { policy: written(`${policy.join('')}group together all ${names}\nquorum together\n`, 'policy'), keys }
}

test('However many cosignatures a witness answers with, the earliest that counts is added, and the others find room.', async () => {
  const { lines, bodies } = await releasedLines()
  const note = writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) })
  const from = secondsAfter(bodies) - 300
  // The first lies before what can count, and the last one is yet to come.
  const times = [from + 5, ...Array.from({ length: 96 }, (_, at) => from + 10 + at), from - 1, 9_000_000_000]
  const { policy, keys } = await answering(readFileSync(note, 'utf8'), {
    many: times,
    one: [from + 1],
    two: [from + 2],
  })
  const ran = await call('countersign', ['cosign', note, writtenLines(lines), '--witness-policy', policy])
  expect([ran.code, ran.err]).toEqual([0, ''])
  const opened = openCheckpoint(readFileSync(note), { keys: [verifierKeyOf(signer), ...keys] })
  expect(opened.witnesses.map(({ time }) => time)).toEqual([from + 5, from + 1, from + 2])
  expect(parseNote(readFileSync(note)).signatures).toHaveLength(4)
})

test('A note that has no room for a cosignature more says so, and whose lines are in the way; no witness is blamed.', async () => {
  const { lines, bodies } = await releasedLines()
  const file = writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) })
  const { text, signatures } = parseNote(readFileSync(file))
  const bytes = new Uint8Array(72)
  const more = Array.from({ length: 99 }, (_, at) => ({ name: 'x', keyId: at < 98 ? '00000000' : '00000001', bytes }))
  const full = formatNote({ text, signatures: [...signatures, ...more] })
  writeFileSync(file, full)
  const { policy } = await answering(full, { one: [secondsAfter(bodies)] })
  const ran = await call('countersign', ['cosign', file, writtenLines(lines), '--witness-policy', policy])
  expect([ran.code, readFileSync(file, 'utf8')]).toEqual([2, full])
  expect(ran.err).toContain(
    `one was not asked: ${file} has 100 signature lines, 98 of them by x+00000000, and a note has room for no more`,
  )
})

test('A cosignature of a time before the last entry was written, or that is yet to come, is not added, and cosign says why.', async () => {
  const { lines, bodies } = await releasedLines()
  const trail = writtenLines(lines)
  const size = lines.length
  const last = secondsAfter(bodies)
  const asked = async (time: number) => {
    const note = writtenCheckpoint({ size, root: rootOf(lines.map(leafHash)) })
    const before = readFileSync(note, 'utf8')
    const { policy } = await answering(before, { one: [time] })
    const ran = await call('countersign', ['cosign', note, trail, '--witness-policy', policy])
    const argv = [trail, '--checkpoint', note, '--key', writtenKey(signer), '--witness-policy', policy]
    return {
      ...ran,
      note,
      policy,
      isAsBefore: readFileSync(note, 'utf8') === before,
      verify: () => call('verify-trail', argv),
    }
  }
  // As early as `verify-trail` lets it pass, and a second before.
  const bound = await asked(last - 300)
  expect([bound.code, bound.err, (await bound.verify()).code]).toEqual([0, '', 0])
  const early = await asked(last - 301)
  expect([early.code, early.isAsBefore]).toEqual([2, true])
  expect(early.err).toContain('more than five minutes before the last entry in it was written')
  expect(early.err).toContain('one of the two clocks is wrong')
  expect((await early.verify()).out).not.toContain('entry.post-dated')
  const late = await asked(Math.floor(Date.now() / 1000) + 400)
  expect([late.code, late.isAsBefore]).toEqual([2, true])
  expect(late.err).toContain('which is yet to come, so it is not taken')
  // One that is there already is told, as it counts from then on.
  const { text, signatures } = parseNote(readFileSync(bound.note))
  const witnessing = signerKey('w.example/one', new Uint8Array(32).fill(20))
  writeFileSync(bound.note, formatNote({ text, signatures: [...signatures, cosign(text, witnessing, last - 301)] }))
  const there = await call('countersign', ['cosign', bound.note, trail, '--witness-policy', bound.policy])
  expect(there.err).toContain('verify-trail finds entry.post-dated as long as that line is there')
  expect([there.code, there.err]).toEqual([2, expect.stringContaining('Take its line out of the checkpoint')])
  const found = await bound.verify()
  expect([found.code, found.out]).toEqual([1, expect.stringContaining('entry.post-dated')])
})

test('What a witness answers instead of a cosignature is told in no more than a line or two.', async () => {
  for (const status of [500, 409]) {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'text/x.tlog.size' })
      response.end(`sorry ${'x'.repeat(60_000)}`)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const error = await askWitness(noteOf(3), leaves.slice(0, 3), { url, key: witnessKey }).catch(thrown => thrown)
    expect(error.message).toContain(`it answers ${status}`)
    expect(error.message).toContain('sorry x')
    expect(error.message.length).toBeLessThan(300)
  }
})
