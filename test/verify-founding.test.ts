import { bodiesOf, fileOf, type LooseBody, linesOf, reseal } from '@countersign/testing/tamper'
import {
  CountersignError,
  formatVerifierKey,
  Integrity,
  leafHash,
  signCheckpoint,
  signerKey,
  Tree,
  verifierKeyOf,
} from '@countersign/trail'
import { memoryStore } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { integrityVerdict, verifyTrail } from 'countersign/verify'
import { originIn } from 'countersign/verify/integrity'
import { beforeAll, describe, expect, test } from 'vitest'
import { readRecord } from '../packages/countersign/src/record/record.ts'

const origin = 'trail.example/scenario'
const vkey = (seed: number) => formatVerifierKey(verifierKeyOf(signerKey(origin, new Uint8Array(32).fill(seed))))

const administrators = ['ada', 'otto'].map(person => ({ person, name: `${person} A.`, accounts: [person] }))

let founding: LooseBody
let keyed: LooseBody
beforeAll(async () => {
  founding = await foundingOf({})
  keyed = await foundingOf({ key: vkey(7) })
})

async function foundingOf(setting: { readonly key?: string }): Promise<LooseBody> {
  const store = memoryStore()
  const desk = await createDesk({ store })
  await desk.by('ada').found({ origin, format: 'countersign/trail/v1', administrators, ...setting })
  const [body] = bodiesOf(await linesOf(store))
  if (body === undefined) throw new Error('nothing was founded')
  return body
}

const bytesOf = (body: LooseBody): Uint8Array => reseal([body])[0] as Uint8Array

/** The founding with one of its names put down to another text, everywhere where it stands. */
const renamed = (from: string, to: unknown, body = founding): LooseBody =>
  JSON.parse(JSON.stringify(body).replaceAll(JSON.stringify(from), JSON.stringify(to))) as LooseBody

/** A founding of so many administrators with so many accounts each, which comes to just what it should. */
function crowded(persons: number, accounts: number): LooseBody {
  const all = Array.from({ length: persons }, (_, one) => ({
    person: `p${one}`,
    name: 'P',
    accounts: Array.from({ length: accounts }, (_unused, other) => `a${one}-${other}`),
  }))
  const accepted = all.flatMap(({ person, name, accounts: linked }) => [
    { type: 'person.registered', person, name },
    ...linked.map(account => ({ type: 'account.linked', account, person })),
    { type: 'administrator.appointed', person },
  ])
  return {
    ...founding,
    command: { ...(founding.command as object), administrators: all },
    outcome: { accepted: [{ type: 'trail.founded', origin }, ...accepted] },
  }
}

const others: readonly unknown[] = [
  null,
  true,
  0,
  3,
  {},
  [],
  ['ada'],
  [1],
  Array.from({ length: 21 }, (_, place) => `a${place}`),
  { commitment: 'f'.repeat(64) },
  { commitment: 'F'.repeat(64) },
  vkey(8),
  'a'.repeat(65),
  'ä'.repeat(201),
  '',
  'x',
  'ada',
  'Ada',
  'constructor',
  'a b',
  '\u200b',
  'é',
  'found',
  'trail.founded',
]

/** A body with each of its members, at any depth, taken out, put down to something else, or joined by another. */
function* changed(body: LooseBody): Generator<LooseBody> {
  const places: (readonly (string | number)[])[] = [[]]
  for (const place of places) {
    const there = at(body, place)
    if (typeof there !== 'object' || there === null) continue
    for (const name of Object.keys(there)) places.push([...place, Array.isArray(there) ? Number(name) : name])
    for (const name of ['more', 'policy', 'reads', 'as', 'key', 'accepted', 'refused', '__proto__'])
      for (const value of [{}, 'a', 1]) yield put(body, [...place, name], value)
  }
  for (const place of places.slice(1)) {
    for (const value of others) yield put(body, place, value)
    const copy = structuredClone(body)
    Reflect.deleteProperty(at(copy, place.slice(0, -1)) as object, place.at(-1) ?? '')
    yield copy
  }
}

const at = (value: unknown, place: readonly (string | number)[]): unknown =>
  place.reduce((inner, name) => (inner as Record<string, unknown>)[name], value)

function put(body: LooseBody, place: readonly (string | number)[], value: unknown): LooseBody {
  const copy = structuredClone(body)
  const inner = at(copy, place.slice(0, -1)) as object
  Object.defineProperty(inner, place.at(-1) ?? '', { value, enumerable: true, configurable: true, writable: true })
  return copy
}

function sealed(body: LooseBody): Uint8Array | undefined {
  try {
    return bytesOf(body)
  } catch (error) {
    if (error instanceof CountersignError) return undefined
    throw error
  }
}

describe('a founding that is read without the schemas', () => {
  test('gives its origin, with a key and without one, whoever its administrators are', () => {
    for (const body of [
      founding,
      keyed,
      crowded(20, 1),
      crowded(2, 20),
      renamed('otto', 'otto-2'),
      renamed('ada', 'a'),
    ])
      expect(originIn(bytesOf(body))).toBe(origin)
    const hidden = renamed('ada A.', { commitment: 'f'.repeat(64) })
    expect(originIn(bytesOf(hidden))).toBe(origin)
  })

  test('is one by the schemas too, with the same origin: nothing is taken here that they refuse', () => {
    let [taken, left] = [0, 0]
    for (const body of [
      ...changed(founding),
      ...changed(keyed),
      crowded(21, 1),
      crowded(2, 21),
      crowded(1, 1),
      crowded(2, 0),
      ...others.flatMap(to => [
        renamed(origin, to),
        renamed('ada', to),
        renamed('otto', to),
        renamed('ada A.', to),
        renamed(vkey(7), to, keyed),
      ]),
    ]) {
      const bytes = sealed(body)
      if (bytes === undefined) continue
      const read = originIn(bytes)
      if (read === undefined) {
        left += 1
        continue
      }
      taken += 1
      const { outcome } = readRecord(bytes).body
      expect('accepted' in outcome ? outcome.accepted[0] : undefined).toMatchObject({
        type: 'trail.founded',
        origin: read,
      })
    }
    expect(taken).toBeGreaterThan(20)
    expect(left).toBeGreaterThan(2_000)
  })

  test('is none where it is anything else, of which the schemas tell what it is', () => {
    const report = new Integrity().finish()
    const codes = (body: LooseBody) => integrityVerdict(report, bytesOf(body)).codes
    const unknown = { ...founding, more: 1 }
    const registering = {
      ...founding,
      command: { type: 'registerPerson', person: 'eve', name: 'Eve', accounts: ['eve'] },
      outcome: { accepted: [{ type: 'person.registered', person: 'eve', name: 'Eve' }] },
    }
    for (const body of [unknown, registering]) expect(originIn(bytesOf(body))).toBeUndefined()
    expect(codes(unknown)).toEqual({ 'entry.unreadable': 1, 'founding.missing': 1 })
    expect(codes(registering)).toEqual({ 'founding.missing': 1 })
    expect(originIn(Uint8Array.of(0x7b))).toBeUndefined()
  })

  test('is told as one that nobody knows, where a checkpoint names a trail and the founding cannot be read', async () => {
    const signer = signerKey(origin, new Uint8Array(32).fill(7))
    const unknown = { ...founding, more: 1 }
    const lines = [bytesOf(unknown)]
    const tree = new Tree()
    for (const line of lines) tree.append(leafHash(line))
    const note = signCheckpoint({ origin, size: 1, root: tree.root() }, signer)
    const verdict = verifyTrail([fileOf(lines)], {
      checkpoints: [{ name: 'kept', note }],
      keys: [formatVerifierKey(verifierKeyOf(signer))],
    })
    expect(verdict.codes).toEqual({ 'entry.unreadable': 1, 'checkpoint.origin': 1 })
    expect(verdict.findings.find(one => one.code === 'checkpoint.origin')).toMatchObject({
      expected: 'the name of this trail, whose founding is missing or cannot be read',
      found: origin,
    })
  })
})
