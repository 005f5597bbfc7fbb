import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { type Disk, kept, loseBlocks, withDisk } from './file-disk.ts'
import { errorOf, idsOf, newFolder } from './trial.ts'

test('Whenever the power goes, what was acknowledged until then is on the disk', async () => {
  const folder = newFolder()
  const { system, disk } = withDisk(folder)
  const moments: { disk: Disk; written: Uint8Array; ids: string[] }[] = []
  const acknowledged: string[] = []
  // Twice, so that a trail that was there before is seen, too; the second time with a torn end to cut off.
  for (const round of [0, 1]) {
    const store = await openOn(system, folder)
    const append = async (stream: string, ...places: number[]): Promise<void> => {
      const drafts = places.map(place => draft(stream, place))
      await store.append(drafts, {})
      acknowledged.push(...drafts.map(({ id }) => id))
      moments.push({ disk: disk(), written: readFileSync(store.path), ids: [...acknowledged] })
    }
    await append(`alone-${round}`, 0)
    await append(`batch-${round}`, 0, 1, 2)
    await Promise.all([append(`b-${round}`, 0), append(`c-${round}`, 0, 1), append(`d-${round}`, 0)])
    await append(`alone-${round}`, 1)
    await store.close()
    if (round === 0) writeFileSync(store.path, '{"body":{"at"', { flag: 'a' })
  }
  for (const moment of moments) {
    const survived = moment.disk.get('trail.jsonl') as Uint8Array
    // Of what was written to the trail and not flushed, any part may have arrived.
    for (const more of [0, 1, 50, 200, 300, 450, 10_000]) {
      const place = newFolder()
      for (const [name, content] of moment.disk) writeFileSync(join(place, name), content)
      writeFileSync(join(place, 'trail.jsonl'), moment.written.subarray(0, survived.length + more))
      rmSync(join(place, 'trail.jsonl.lock'), { force: true })
      const store = await openFileStore(place)
      const ids = await idsOf(store)
      await store.close()
      expect(ids.slice(0, moment.ids.length)).toEqual(moment.ids)
    }
  }
})

test('Whatever of a write the power keeps from the disk, the trail opens with all that was acknowledged, at some of the blocks', () =>
  loseBlocks(5))

test('Whenever the power goes, nothing is on the disk of what was refused', async () => {
  const folder = newFolder()
  const { system, disk } = withDisk(folder)
  let isFull = false
  const store = await openOn(
    {
      ...system,
      write(fd, from, offset, length, position) {
        // To the trail, at its end: there is room in the journal, and none there.
        if (isFull && position === null) throw Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' })
        return system.write(fd, from, offset, length, position)
      },
    },
    folder,
  )
  await store.append([draft('a', 0), draft('a', 1)], {})
  isFull = true
  const error = await errorOf(store.append([draft('a', 2), draft('a', 3)], {}))
  expect([error.code, error.facts.takenBack]).toEqual(['store.unwritable', true])
  const place = newFolder()
  for (const [name, content] of disk()) writeFileSync(join(place, name), content)
  rmSync(join(place, 'trail.jsonl.lock'), { force: true })
  const again = await openFileStore(place)
  expect([await idsOf(again), again.recovered]).toEqual([['a/0', 'a/1'], undefined])
  await again.close()
  await store.close()
})

test('Whatever the power keeps from the disk while what a killed process has left is brought in, it is there whole or not at all', async () => {
  const prepared = newFolder()
  const first = await openOn({ ...nodeFileSystem, later: () => () => {} }, prepared)
  await first.append([{ ...draft('a', 0), command: { comment: 'x'.repeat(700) } }], {})
  await first.close()
  const flushed = readFileSync(first.path)
  const second = await openOn({ ...nodeFileSystem, later: () => () => {} }, prepared)
  const drafts = [0, 1, 2].map(at => ({ ...draft('b', at), command: { comment: 'x'.repeat(3_000) } }))
  await second.append(drafts, {})
  const left = { 'trail.jsonl': flushed, 'trail.jsonl.journal': readFileSync(`${second.path}.journal`) }
  await second.close()
  // It was killed before the journal was durable, or after that.
  for (const unflushed of ['trail.jsonl.journal', undefined]) {
    const folder = newFolder()
    for (const [name, bytes] of Object.entries(left)) writeFileSync(join(folder, name), bytes)
    const cuts: { name: string; disk: Disk; written: Uint8Array }[] = []
    const { system, disk } = withDisk(
      folder,
      path => cuts.push({ name: path.slice(folder.length + 1), disk: disk(), written: readFileSync(path) }),
      unflushed,
    )
    await (await openOn(system, folder)).close()
    expect(cuts.map(cut => cut.name)).toEqual(expect.arrayContaining(['trail.jsonl', 'trail.jsonl.journal']))
    for (const { name, disk: state, written } of cuts.filter(cut => cut.name.startsWith('trail.jsonl'))) {
      const before = state.get(name) ?? new Uint8Array()
      for (let from = 0; from <= written.length; from += 512) {
        const place = newFolder()
        for (const [file, content] of state) writeFileSync(join(place, file), content)
        rmSync(join(place, 'trail.jsonl.lock'), { force: true })
        if (!name.includes('.lock')) writeFileSync(join(place, name), kept(written, before, from, from + 512))
        const again = await openFileStore(place)
        const { size } = await again.head()
        expect(unflushed === undefined ? [4] : [1, 4]).toContain(size)
        await again.close()
      }
    }
  }
})
