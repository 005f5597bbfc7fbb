import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromICalendar, resolve } from '@countersign/calendar'
import { makeBundle, publishTrail, verifyBundleFile, verifyFile } from '@countersign/cli'
import { openSignerMemory } from '@countersign/store-file'
import { f0, fixturePolicy } from '@countersign/testing'
import { describeRefusal, openView, type Refusal } from 'countersign'
import { parseBundle, verifyBundle } from 'countersign/bundle'
import { lint, type Policy } from 'countersign/policy'
import { TrailVerifier, verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'

/** A value as it comes from code that nobody has type-checked. */
const any = (value?: unknown) => value as never
/** It cannot even be shown. */
const bare = Object.create(null) as never
const year = { zone: 'Europe/Zurich', from: '2026-01-01T00:00', until: '2027-01-01T00:00' }
const scenario = await f0()
const { desk } = scenario

describe('what is no such thing', () => {
  it.each<[string, string, () => unknown]>([
    ['verifyTrail of a text', 'input', () => verifyTrail(any('x'))],
    ['verifyTrail of bytes that are in no list', 'input', () => verifyTrail(any(new Uint8Array(3)))],
    ['verifyTrail of nothing', 'input', () => verifyTrail(any())],
    ['a block that is a text', 'input', () => new TrailVerifier().push(any('x'))],
    ['a checkpoint that is a text', 'input', () => verifyTrail([], { checkpoints: any(['zzz']) })],
    ['checkpoints that are no list', 'input', () => verifyTrail([], { checkpoints: any('zzz') })],
    ['a key that is none', 'key', () => verifyTrail([], { keys: any([undefined]) })],
    ['keys that are no list', 'input', () => verifyBundle(new Uint8Array(), { keys: any('abc') })],
    ['parseBundle of nothing', 'bundle', () => parseBundle(any())],
    ['verifyFile of nothing', 'input', () => verifyFile(any())],
    ['verifyFile with keys that are no list', 'input', () => verifyFile('none', { keys: any('key') })],
    ['verifyBundleFile of nothing', 'input', () => verifyBundleFile(any())],
    ['makeBundle without a checkpoint', 'input', () => makeBundle(any({ trail: 'trail', change: 'K' }))],
    ['publishTrail to nowhere', 'input', () => publishTrail(any({ trail: 'trail' }))],
    ['openView of no store', 'input', () => openView(any(null), '2026-01-01T00:00Z')],
    ['the memory of a signer at no path', 'input', () => openSignerMemory(any(), 'trail')],
    ['the memory of a signer of no trail', 'input', () => openSignerMemory(join(tmpdir(), 'memory'), any())],
    ['a calendar without options', 'input', () => fromICalendar('BEGIN:VCALENDAR\nEND:VCALENDAR', any())],
    ['a schedule of a kind that there is not', 'input', () => resolve(year, any('windw'))],
    ['a schedule of no kind', 'input', () => resolve(year, any(null))],
    ['a desk as of no instant', 'input', () => desk.at(bare)],
    ['a board as of no instant', 'input', () => desk.board('t', bare)],
    ['lint of no policy', 'input', () => lint({} as Policy)],
    ['lint of nothing', 'input', () => lint(any())],
    ['lint against no people', 'input', () => lint(fixturePolicy(), { people: any(null) })],
    [
      'lint against people whose roles are no list',
      'input',
      () => lint(fixturePolicy(), { people: any({ a: 'appr' }) }),
    ],
  ])('is refused: %s', async (_, code, call) => {
    const error = await Promise.resolve()
      .then(call)
      .catch((cause: unknown) => cause)
    expect(error).toMatchObject({ name: 'CountersignError', code })
  })
})

describe('a refusal that anybody wrote', () => {
  it.each([
    [{ code: 'future.code', facts: {} }, 'it is refused as future.code, a code that is not known here'],
    [{ code: 'constructor', facts: {} }, 'it is refused as constructor, a code that is not known here'],
    [{ code: ['duty.conflict'] }, 'it is refused as duty.conflict, a code that is not known here'],
    [null, 'it is refused, and no code says why'],
  ])('is told by a code that is not in the list: %j', (refusal, because) => {
    for (const command of [undefined, 'migrate'])
      expect(describeRefusal(refusal as unknown as Refusal, command)).toMatchObject({ because })
  })

  it('is told without facts, by each code', () => {
    const told = describeRefusal({ code: 'duty.conflict', facts: null } as unknown as Refusal)
    expect(told.because).toBeTypeOf('string')
  })
})

describe('a command that cannot be read', () => {
  it('is refused as malformed by its method, as it is by execute', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const throwing = {
      get change() {
        throw new Error('no change')
      },
    }
    for (const command of [proxy, throwing]) {
      const receipt = await desk.by('bob').approve(any(command))
      expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'command.malformed' } })
    }
  })
})
