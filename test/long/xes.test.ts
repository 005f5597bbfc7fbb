import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { CountersignError } from '@countersign/trail'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readXes, type XesTrace } from '../../examples/event-log/src/xes.ts'

const published = fileURLToPath(new URL('../../../shared/data/event-logs/DomesticDeclarations.xes.gz', import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-log-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let written = 0
async function file(content: Uint8Array): Promise<string> {
  const path = join(folder, `${written++}.xes`)
  await writeFile(path, content)
  return path
}

async function traces(path: string): Promise<XesTrace[]> {
  const read: XesTrace[] = []
  for await (const trace of readXes(path)) read.push(trace)
  return read
}

const log = (inside: string) => `<log xmlns="http://www.xes-standard.org/">\n${inside}\n</log>\n`
const trace = (inside: string, id: string) => `<trace>\n<string key="concept:name" value="${id}"/>\n${inside}\n</trace>`
const at = (value: string) => `<date key="time:timestamp" value="${value}"/>`
const event = (inside: string) => `<event><string key="concept:name" value="act"/>${inside}</event>`
const instant = '2017-01-09T09:49:50.000+01:00'

describe('a long event log in XES', () => {
  it('is read in little memory, also when the caller keeps every name', { timeout: 120_000 }, async () => {
    const filler = `<string key="filler" value="${'x'.repeat(400)}"/>`
    const events = (i: number) =>
      Array.from({ length: 8 }, (_, j) => event(`${at(instant)}${filler.replace('x', `${i}-${j}`)}`))
    const many = log(
      Array.from({ length: 8000 }, (_, i) => trace(events(i).join('\n'), `a case with a long name ${i}`)).join('\n'),
    )
    expect(many.length).toBeGreaterThan(32_000_000)
    const path = await file(gzipSync(many, { level: 1 }))
    const program = `
      const { readXes } = await import(${JSON.stringify(new URL('../../examples/event-log/src/xes.ts', import.meta.url).href)})
      const names = new Set()
      for await (const { id } of readXes(${JSON.stringify(path)})) names.add(id)
      console.log(names.size)`
    const flags = ['--conditions=countersign-src', '--max-old-space-size=16', '--no-warnings', '--input-type=module']
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', program])
    expect(stdout).toBe('8000\n')
  })

  const there = existsSync(published)
  const title = 'reads the published log of domestic declarations: 10,357 cases, 55,628 events'
  it.skipIf(!there)(there ? title : `${title} (skipped: the log does not lie beside the project)`, async () => {
    const ids = new Set<string>()
    const activities = new Set<string>()
    let events = 0
    for await (const trace of readXes(published)) {
      ids.add(trace.id)
      events += trace.events.length
      for (const { activity } of trace.events) activities.add(activity)
      if (ids.size > 1) continue
      expect(trace.id).toBe('declaration86791')
      expect(trace.attributes.get('variant-index')).toEqual({ type: 'int', value: 3 })
      expect(trace.events[0]).toMatchObject({
        activity: 'Declaration SUBMITTED by EMPLOYEE',
        at: '2017-01-09T08:49:50.000Z',
        resource: 'STAFF MEMBER',
        role: 'EMPLOYEE',
        lifecycle: 'complete',
      })
    }
    expect({ cases: ids.size, events, activities: activities.size }).toEqual({
      cases: 10_357,
      events: 55_628,
      activities: 14,
    })
  })

  it('has a fault in its gzip data for any changed bit that changes what is read', async () => {
    const zipped = gzipSync(log(Array.from({ length: 9 }, (_, i) => trace(event(at(instant)), `case ${i}`)).join('\n')))
    const sound = await traces(await file(zipped))
    let found = 0
    for (let bit = 0; bit < zipped.length * 8; bit++) {
      const bytes = Buffer.from(zipped)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const path = await file(bytes)
      const read = await traces(path).catch((error: unknown) => error)
      if (read instanceof CountersignError) found += 1
      else expect(read).toEqual(sound)
    }
    expect(found).toBeGreaterThan(zipped.length * 7)
  })
})
