import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileOpenings, openFileStore } from '@countersign/store-file'
import { baseline, Scenario } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { CountersignError } from '@countersign/trail'
import { createDesk } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import { expect, onTestFinished } from 'vitest'
import { readGivenOpenings } from '../../packages/cli/src/files/supplied.ts'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import type { FileSystem } from '../../packages/store-file/src/file-system.ts'
import { openOpeningsOn } from '../../packages/store-file/src/openings.ts'
import { isAtOnce, passing } from '../store/file-passing.ts'
import { payments, people, secret, submission } from './setting.ts'

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-openings-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const fileIn = (folder: string): string => join(folder, 'trail.openings.jsonl')

/** A file system whose n-th call fails, alone or with all that come after it, as where the process died there. */
function faulty(
  at: number,
  forGood: boolean,
  half: boolean,
): { system: FileSystem; calls: string[]; open: Set<unknown> } {
  const calls: string[] = []
  /** What was opened, and what nobody has come to close. */
  const open = new Set<unknown>()
  const system = passing((name, values, call) => {
    calls.push(name)
    if (name === 'close') open.delete(values[0])
    if (calls.length !== at && !(forGood && calls.length > at)) {
      const done = call(...values)
      return name === 'open' ? (done as Promise<number>).then(fd => open.add(fd) && fd) : done
    }
    if (half && name === 'write' && calls.length === at) call(...values.with(3, Math.ceil((values[3] as number) / 2)))
    const refusal = Object.assign(new Error(`EIO: ${name}`), { code: 'EIO' })
    if (isAtOnce.has(name)) throw refusal
    return Promise.reject(refusal)
  })
  return { system, calls, open }
}

const clock = () => new Date('2026-03-02T09:00:00Z')

/** A folder with a trail in which K has a private value. */
async function prepared(): Promise<string> {
  const folder = newFolder()
  const store = await openFileStore(folder)
  const openings = await openFileOpenings(folder)
  const scenario = await Scenario.open({ controls: baseline, policies: [payments()], people, store, openings })
  await scenario.given('rita', 'submit', submission as never)
  await openings.close()
  await store.close()
  return folder
}

/** Opens, submits L with a private value, redacts K, closes; each step whatever came of the others. */
async function work(system: FileSystem, folder: string): Promise<boolean> {
  let isRedacted = false
  const closing: (() => Promise<void>)[] = []
  try {
    const store = await openOn(system, folder)
    closing.push(() => store.close())
    const openings = await openOpeningsOn(system, folder)
    closing.push(() => openings.close())
    const desk = await createDesk({ store, openings, clock })
    await desk
      .by('rita')
      .submit({ ...submission, change: 'L' } as never)
      .catch((error: unknown) => expect(error).toBeInstanceOf(CountersignError))
    const receipt = await desk.by('ada').redact({ change: 'K', fields: ['account'], comment: 'asked for' })
    isRedacted = receipt.outcome === 'accepted'
  } catch (error) {
    expect(error).toBeInstanceOf(CountersignError)
    expect((error as Error).message).not.toContain('marker')
  }
  for (const close of closing.toReversed()) await close().catch(() => undefined)
  return isRedacted
}

/** Gives what the verifier finds, with what lies in the folder. */
async function found(folder: string) {
  const store = await openFileStore(folder, { readOnly: true })
  const openings = await readGivenOpenings(fileIn(folder))
  const verdict = verifyTrail([fileOf(await linesOf(store))], { openings })
  await store.close()
  return verdict
}

/** What a crash may leave behind. */
const expected = ['opening.unexpected', 'opening.torn', 'tail.torn']

/** How the work breaks off: its name, whether all calls after that one fail as well, and whether half of a write is done. */
export const endings = [
  ['one call fails', false, false],
  ['a process dies at one call', true, false],
  ['a process dies in the middle of a write', true, true],
] as const

/** Lets the work break off at every call, or at some, and looks at what is there afterwards. */
export async function breakOff(forGood: boolean, half: boolean, every = 1): Promise<void> {
  const clean = faulty(Number.POSITIVE_INFINITY, forGood, half)
  expect(await work(clean.system, await prepared())).toBe(true)
  expect(clean.calls.filter(name => name === 'rename').length).toBeGreaterThan(0)
  const template = await prepared()
  const [trail, openings] = [readFileSync(join(template, 'trail.jsonl')), readFileSync(fileIn(template))]
  let halfway = 0
  for (let at = 1; at <= clean.calls.length + 1; at += every) {
    const folder = newFolder()
    writeFileSync(join(folder, 'trail.jsonl'), trail)
    writeFileSync(fileIn(folder), openings)
    const { system, open } = faulty(at, forGood, half)
    const isRedacted = await work(system, folder)
    expect([at, ...open]).toEqual([at])
    // A lock that could not be given back names this process, which lives.
    for (const name of readdirSync(folder)) if (name.includes('.lock')) rmSync(join(folder, name))
    const crashed = await found(folder)
    expect([at, crashed.codes['opening.missing'], crashed.codes['opening.mismatch']]).toEqual([
      at,
      undefined,
      undefined,
    ])
    expect(Object.keys(crashed.codes).filter(code => !expected.includes(code))).toEqual([])
    if (isRedacted) expect(crashed.codes).not.toHaveProperty('opening.unexpected')
    if (crashed.codes['opening.unexpected'] !== undefined) halfway += 1
    // The next desk makes up for it.
    const store = await openFileStore(folder)
    const beside = await openFileOpenings(folder)
    const desk = await createDesk({ store, openings: beside, clock })
    const { redacted } = desk.change('K')?.committed?.[0] ?? {}
    expect((await desk.opened('K'))?.account === secret).toBe(redacted === undefined)
    await beside.close()
    await store.close()
    const mended = await found(folder)
    expect([at, mended.status, mended.codes]).toEqual([at, 'sound', {}])
    const files = readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'))
    const left = files.join('').split(secret).length - 1
    expect(left).toBe(
      (redacted === undefined ? 1 : 0) + (mended.privateValues.values - 1) + (mended.privateValues.looked?.unused ?? 0),
    )
  }
  expect(halfway).toBeGreaterThan(0)
}
