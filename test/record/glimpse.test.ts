import { f0, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, reseal } from '@countersign/testing/tamper'
import { canonical, isInstant, readEntry, readEntryAs, sameJson, sealEntry } from '@countersign/trail'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { decide } from '../../packages/countersign/src/record/decide.ts'
import { glimpse } from '../../packages/countersign/src/record/glimpse.ts'
import { command, type RecordBody, readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { accountId, commandId } from '../../packages/countersign/src/values/identifier.ts'
import { sealedIn } from '../properties/trial.ts'

const K = { change: 'K' }
const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** A history with what is recorded most often. */
async function lines(): Promise<Uint8Array[]> {
  const scenario = await f0()
  const passed = { ...K, result: 'passed' as const, evidence: [{ name: 'report' }] }
  await scenario.given('erin', 'signOff', passed)
  await scenario.given('bob', 'approve', K)
  await scenario.given('carol', 'reject', { ...K, comment: 'a "quoted" word, and é' })
  await scenario.given('alice', 'revise', { ...K, title: 'Another', comment: 'mended' })
  await scenario.given('alice', 'resubmit', { ...K, comment: 'mended' })
  await scenario.given('erin', 'signOff', passed)
  await scenario.given('bob', 'approve', K)
  await scenario.given('carol', 'approve', K)
  await scenario.given('paul', 'release', K)
  await scenario.given('rita', 'submit', { ...submitK, change: 'L', parent: 'K' } as never)
  await scenario.given('alice', 'close', K)
  // Of a change that there is not, no policy is told, and yet something was read.
  await scenario.given('ada', 'recordDeparture', { person: 'dan' })
  const refused = await scenario.when('dan', 'submit', { ...submitK, change: 'M' } as never)
  expect(refused).toMatchObject({ outcome: 'refused', refusal: { code: 'identity.departed' } })
  return (await sealedIn(scenario.store)).map(one => one.bytes)
}

/** What reading comes to: what is said, or the refusal. */
function told(read: () => { readonly body: RecordBody; readonly prev: string }) {
  try {
    const { body, prev } = read()
    return { said: canonical(body), prev }
  } catch (error) {
    return String(error)
  }
}

/** What a line comes to of which a decision says just this: it is never taken for more than it is by its bytes. */
function isStrict(bytes: Uint8Array, decided: unknown): boolean {
  const quick = told(() =>
    readRecord(bytes, ({ id, at, account, command: given }) => {
      // Nothing is decided that could not have been given.
      const couldBe = [command.safeParse(given), commandId.safeParse(id), accountId.safeParse(account)]
      if (!isInstant(at) || couldBe.some(one => !one.success)) throw new Error('this is no command')
      return decided as RecordBody
    }),
  )
  const asWritten = told(() => readEntry(bytes) as ReturnType<typeof readRecord>)
  const isSaid = typeof asWritten !== 'string' && sameJson(readEntry(bytes).body, decided)
  return (
    sameJson(
      quick,
      told(() => readRecord(bytes)),
    ) ||
    (isSaid && sameJson(quick, asWritten))
  )
}

const parsed = (text: string): unknown => {
  try {
    return (JSON.parse(text) as { body?: unknown }).body
  } catch {
    return undefined
  }
}

/** Takes a member out of something, where it is there. */
function without(value: unknown, [name = '', ...inside]: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false
  const holder = value as Record<string, unknown>
  return inside.length > 0 ? without(holder[name], inside) : delete holder[name]
}

const reversed = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reversed)
    : typeof value !== 'object' || value === null
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([name, one]) => [name, reversed(one)]),
        )

describe('an entry that says what its command comes to', () => {
  it('is taken by its text, and nothing but the command is made of it, where it is one of those that are most', async () => {
    const state = new State()
    const often = ['submit', 'signOff', 'approve', 'reject', 'revise', 'resubmit', 'release', 'close']
    const read = new Map<string, boolean>()
    for (const bytes of await lines()) {
      let isWhole = false
      const { body } = readRecord(bytes, (stamped, written) => {
        isWhole ||= written !== undefined
        const { id, at, command } = stamped
        const { stream, streamSeq, by, outcome, policy, reads } = decide(state, stamped)
        const placed = { seq: state.size, stream, streamSeq, v: 1 } as const
        const under = { ...(policy === undefined ? {} : { policy }), ...(reads === undefined ? {} : { reads }) }
        return { at, by, command, id, outcome, ...under, ...placed }
      })
      state.fold(body)
      if (often.includes(body.command.type)) read.set(body.command.type, isWhole)
    }
    expect([...read]).toEqual(often.map(type => [type, false]))
  })

  it('is read as strictly as any other, whatever the decision says', async () => {
    for (const bytes of await lines()) {
      const text = decode(bytes)
      const { body, prev } = readEntry(bytes)
      const framed = (json: string, hash: string = prev) => `{"body":${json},"prev":"${hash}"}`
      const json = JSON.stringify(body)
      const others = [
        framed(JSON.stringify(reversed(body))),
        framed(JSON.stringify({ ...body, seq: undefined, v: 1 })),
        framed(json.replace('"v":1', '"v":1.0')),
        framed(json.replace('"v":1', '"v":1,"v":1')),
        framed(json.replace('"seq":', '"seq":-0,"seq":')),
        framed(json.replace('"seq":', '"seq": ')),
        framed(json.replace('"at":', '"\\u0061t":')),
        framed(json.replace('"type":"', '"type":"\\ud800')),
        framed(json.replace('"id":"', '"id":"\\ud83d\\ude00')),
        framed(json.replace('"command":{', '"command":{"__proto__":1,')),
        framed(json.replace('"command":{', '"command":{"0":1,')),
        framed(json.replace(/"at":"[^"]*"/, '"at":"2026-02-30T08:00:00.000Z"')),
        framed(json.replace(/"at":"[^"]*"/, '"at":"2026-13-01T08:00:00.000Z"')),
        framed(json.replace(/"at":"[^"]*"/, '"at":"aaaaaaaaaaaaaaaaaaaaaaaa"')),
        framed(json.replace(/"id":"[^"]*"/, '"id":""')),
        framed(json, prev.toUpperCase()),
        framed(json, prev.slice(1)),
        framed(json, `${prev}0`),
        framed(json.replace('"id":"', `"id":"${'x'.repeat(70_000)}`)),
        framed(json.replace('"outcome":{', `"outcome":{"aa":"${'x'.repeat(65_000)}",`)),
        framed(json.replace('"outcome":{', `"outcome":{"aa":"${'é'.repeat(32_500)}",`)),
        ` ${text}`,
        `${text} `,
        text.slice(0, -1),
        text.replace('"body"', '"Body"'),
      ]
      for (const other of others) {
        expect([other.slice(0, 400), isStrict(encode(other), parsed(other))]).toEqual([other.slice(0, 400), true])
      }
    }
  })

  it('is read as strictly with any byte of it another one', async () => {
    const bytes = (await lines()).at(-2) as Uint8Array
    const before = parsed(decode(bytes))
    for (let at = 0; at < bytes.length; at++) {
      for (const byte of [0x22, 0x2c, 0x5c, 0x7d, (bytes[at] as number) ^ 1]) {
        const other = bytes.with(at, byte)
        for (const decided of [before, parsed(decode(other))])
          expect([at, byte, isStrict(other, decided)]).toEqual([at, byte, true])
      }
    }
  })

  it('is found to lack whatever was left out of it, of whichever kind it is', async () => {
    const all = await lines()
    const kinds = new Set<string>()
    for (const [at, { outcome, policy, reads }] of all.map(bytes => readRecord(bytes).body).entries()) {
      const left = ['policy', 'reads', 'by.person', 'by.as', 'outcome.refused.facts']
      kinds.add(`${'refused' in outcome} ${policy !== undefined} ${reads !== undefined}`)
      for (const path of left) {
        const bodies = bodiesOf(all)
        if (!without(bodies[at], path.split('.'))) continue
        expect([at, path, verifyTrail([fileOf(reseal(bodies))]).status]).not.toEqual([at, path, 'sound'])
      }
    }
    expect([...kinds].toSorted()).toEqual(['false false false', 'false true true', 'true false true'])
  })

  it('is taken by its text only where it could have been sealed: not too deep, and with no -0 in it', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    for (const given of [...[60, 61, 62, 63, 64, 65].map(nested), 0, -0, Number.NaN, 2 ** 53, undefined]) {
      const at = '2026-03-02T08:00:00.000Z'
      const body = { at, command: given, id: 'a', seq: 0, stream: 's', streamSeq: 0, v: 1 } as const
      const text = `{"body":${JSON.stringify(body)},"prev":"${'0'.repeat(64)}"}`
      const sealed = told(() => readEntry(sealEntry(body, '0'.repeat(64)).bytes) as never)
      expect([given, readEntryAs(text, body) !== undefined]).toEqual([given, typeof sealed !== 'string'])
    }
  })

  it('is read whole where the command was not where it is looked for', () => {
    const given = { change: 'K', form: { goal: { commitment: 'x' }, id: 'y' }, type: 'submit' }
    const body = { at: '2026-03-02T08:00:00.000Z', by: { account: 'rita' }, command: given, id: 'entry-01', seq: 0 }
    const { bytes } = sealEntry({ ...body, stream: 'change/K', streamSeq: 0, v: 1 }, '0'.repeat(64))
    expect(glimpse(decode(bytes))).toBeUndefined()
    expect(glimpse(decode(bytes).replace('"id":"y"', '"ie":"y"'))).toMatchObject({ id: 'entry-01', account: 'rita' })
    for (const text of ['', '{}', '{"body":{"at":"', decode(bytes).slice(0, 60)]) expect(glimpse(text)).toBeUndefined()
  })
})
