import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFolder } from './folder.ts'

let place: string
let demo: string

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'three-teams-'))
  demo = join(place, '.countersign', 'demo')
})

afterEach(() => rm(place, { recursive: true }))

describe("the demo's folder", () => {
  it('is made where there is none', async () => {
    await makeFolder(demo)
    expect(await readdir(demo)).toEqual(['tampered'])
  })

  it('replaces what an earlier run has left, and nothing beside it', async () => {
    await makeFolder(demo)
    await writeFile(join(demo, 'trail.jsonl'), 'old\n')
    await writeFile(join(demo, 'tampered', 'forged.jsonl'), 'old\n')
    await writeFile(join(place, '.countersign', 'trail.jsonl'), 'a real trail\n')
    await makeFolder(demo)
    expect(await readdir(demo)).toEqual(['tampered'])
    expect(await readdir(join(demo, 'tampered'))).toEqual([])
    expect(await readFile(join(place, '.countersign', 'trail.jsonl'), 'utf8')).toBe('a real trail\n')
  })

  it('leaves a folder alone that holds something else, wherever it lies', async () => {
    for (const stranger of ['notes.txt', join('tampered', 'notes.txt')]) {
      await makeFolder(demo)
      await writeFile(join(demo, 'trail.jsonl'), 'old\n')
      await writeFile(join(demo, stranger), 'mine')
      await expect(makeFolder(demo)).rejects.toMatchObject({
        code: 'input',
        message: expect.stringContaining('notes.txt'),
      })
      expect(await readFile(join(demo, 'trail.jsonl'), 'utf8')).toBe('old\n')
      expect(await readFile(join(demo, stranger), 'utf8')).toBe('mine')
      await rm(demo, { recursive: true })
    }
  })

  it('does not follow a symbolic link to somewhere else', async () => {
    const elsewhere = join(place, 'elsewhere')
    await mkdir(elsewhere)
    await writeFile(join(elsewhere, 'trail.jsonl'), 'a real trail\n')
    await mkdir(join(place, '.countersign'))
    await symlink(elsewhere, demo)
    await expect(makeFolder(demo)).rejects.toMatchObject({ code: 'input' })
    expect(await readdir(elsewhere)).toEqual(['trail.jsonl'])
  })

  it('does not pull the trail from under somebody who is writing it', async () => {
    await makeFolder(demo)
    const store = await openFileStore(demo)
    await expect(makeFolder(demo)).rejects.toMatchObject({ code: 'store.locked' })
    await store.close()
    await makeFolder(demo)
    expect(await readdir(demo)).toEqual(['tampered'])
  })

  it('says what is wrong where a file stands in the way', async () => {
    await writeFile(join(place, '.countersign'), 'a file')
    await expect(makeFolder(demo)).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})
