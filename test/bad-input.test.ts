import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { baseline, f0, f0Tested, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import { createDesk, type Desk, type Refusal, type Refused } from 'countersign'
import { policyDigest, readControls, readPolicy } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, test } from 'vitest'

/** Hands something in, and sees that it is refused whole: nothing written, nothing changed, no undefined in the words. */
async function refusedWhole(scenario: Scenario, envelope: unknown, options?: { at?: Date }): Promise<Refused> {
  const before = { size: (await scenario.store.head()).size, state: scenario.desk.snapshot() }
  const receipt = await scenario.desk.execute(envelope, options)
  expect(receipt.outcome).toBe('refused')
  expect((await scenario.store.head()).size).toBe(before.size)
  expect(scenario.desk.snapshot()).toEqual(before.state)
  const refused = receipt as Refused
  expect(`${refused.because} ${refused.help}`).not.toMatch(/undefined|NaN|\[object/)
  return refused
}

const places = ({ refusal }: Refused): string[] =>
  (refusal as Refusal<'command.malformed'>).facts.problems.map(problem => problem.where)

const approve = { type: 'approve', change: 'K', revision: 1, digest: 'a'.repeat(64) }

describe('what comes from outside and is no command', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', []],
    ['a text', 'approve K'],
    ['an envelope without an account', { command: approve }],
    ['an envelope without a command', { account: 'bob' }],
    ['an envelope with a member too many', { account: 'bob', command: approve, urgent: true }],
    ['a command without a type', { account: 'bob', command: { change: 'K' } }],
    ['an account that is no login', { account: 'Bob Smith', command: approve }],
    ['an account named __proto__', { account: '__proto__', command: approve }],
    ['an account named constructor', { account: 'constructor', command: approve }],
    ['an id that is too short', { account: 'bob', id: 'x', command: approve }],
    ['an id with a line break', { account: 'bob', id: 'abcdefgh\nij', command: approve }],
    ['a date in the place of a command', { account: 'bob', command: new Date() }],
  ])('%s is refused as malformed', async (_, envelope) => {
    const refused = await refusedWhole(await f0Tested(), envelope)
    expect(refused.refusal.code).toBe('command.malformed')
  })

  test('an id that is none is told in the receipt as it was given, so that nobody takes another one for it', async () => {
    const scenario = await f0Tested()
    for (const [id, told] of [
      ['PAY-1/7', 'PAY-1/7'],
      ['', ''],
      ['x'.repeat(65), 'x'.repeat(65)],
      ['x'.repeat(200), 'x'.repeat(80)],
      [12_345_678, ''],
      [null, ''],
    ]) {
      const refused = await refusedWhole(scenario, { account: 'bob', id, command: approve })
      expect([refused.id, places(refused)]).toEqual([told, ['id']])
    }
    const drawn = await refusedWhole(scenario, { account: 'bob', id: undefined, command: { ...approve, force: true } })
    expect(drawn.id).toMatch(/^[\w-]{8,64}$/)
  })

  test('a type that nobody knows is refused with what may have been meant', async () => {
    const refused = await refusedWhole(await f0(), { account: 'bob', command: { ...approve, type: 'aprove' } })
    expect(refused.because).toContain('did you mean approve')
  })

  test.each([
    ['an unknown field', { ...approve, force: true }, 'command'],
    ['a revision that is a text', { ...approve, revision: '1' }, 'command.revision'],
    ['a revision of zero', { ...approve, revision: 0 }, 'command.revision'],
    ['a fraction of a revision', { ...approve, revision: 1.5 }, 'command.revision'],
    ['a digest in upper case', { ...approve, digest: 'A'.repeat(64) }, 'command.digest'],
    ['a digest that is missing', { type: 'approve', change: 'K', revision: 1 }, 'command.digest'],
    ['a comment of a million characters', { ...approve, comment: 'x'.repeat(1_000_000) }, 'command.comment'],
    ['half a surrogate pair', { ...approve, comment: 'so \ud800 what' }, 'command.comment'],
    ['a change id with a path in it', { ...approve, change: '../../etc/passwd' }, 'command.change'],
  ])('%s is refused, and the place is named', async (_, command, where) => {
    const refused = await refusedWhole(await f0Tested(), { account: 'bob', command })
    expect(refused.refusal.code).toBe('command.malformed')
    expect(places(refused)).toContain(where)
  })

  test('a text that is nothing but half a surrogate pair is refused in one sentence', async () => {
    const command = { ...approve, comment: '\ud800' }
    const refused = await refusedWhole(await f0Tested(), { account: 'bob', command })
    const problems = [{ where: 'command.comment', problem: 'must be well-formed Unicode' }]
    expect(refused.refusal.facts).toEqual({ problems })
  })

  test('the name of a template that is none is refused as what it is, and not as a name of controls', async () => {
    const told =
      'the name of a template is lower-case letters, digits and . _ -, beginning with a letter, at most 64 characters'
    const named = { team: 't', name: 'Restart', version: 1 }
    const template = { format: 'countersign/template/v1', ...named, category: 'normal', description: 'd' }
    for (const [command, where] of [
      [{ type: 'approveTemplate', ...named }, 'command.name'],
      [{ type: 'revokeTemplate', ...named, comment: 'no' }, 'command.name'],
      [{ type: 'proposeTemplate', template: { ...template, fixed: {}, editable: ['title'] } }, 'command.template.name'],
      [{ ...submitK, type: 'submit', change: 'L', template: { name: 'Restart', version: 1 } }, 'command.template.name'],
    ] as const) {
      const refused = await refusedWhole(await f0(), { account: 'rita', command })
      expect(refused.refusal.facts).toEqual({ problems: [{ where, problem: told }] })
    }
  })

  test.each([
    ['a local time', '2026-03-02T08:00:00'],
    ['a day without a time', '2026-03-02'],
    ['the 30th of February', '2026-02-30T00:00:00Z'],
    ['a 25th hour', '2026-03-02T25:00:00Z'],
    ['words', 'next monday'],
    ['a number', 1_767_225_600_000],
  ])('%s is no instant', async (_, from) => {
    const command = { type: 'recordAbsence', person: 'bob', from, until: '2027-01-01T00:00:00Z' }
    const refused = await refusedWhole(await f0(), { account: 'bob', command })
    expect(places(refused)).toContain('command.from')
  })

  test('a command deeper than anything sensible is refused, and does not exhaust the stack', async () => {
    let when: unknown = { field: 'risk', is: 'high' }
    for (let depth = 0; depth < 200_000; depth++) when = { not: when }
    const refused = await refusedWhole(await f0(), {
      account: 'ada',
      command: { type: 'proposePolicy', policy: { when } },
    })
    expect(refused.because).toContain('levels')
  })

  test('a member that cannot be compared with anything is refused as what does not fit, in a command, a policy and an entry', async () => {
    const odd = JSON.parse('{"length": {"toString": 1}}')
    const scenario = await f0()
    for (const command of [
      { ...approve, type: 'reject', comment: odd },
      { ...approve, environments: odd },
      { type: 'assignGroups', person: 'bob', groups: odd },
    ]) {
      const { refusal } = await refusedWhole(scenario, { by: 'bob', command })
      expect(refusal.code).toBe('command.malformed')
    }
    expect(readPolicy({ ...fixturePolicy(), separate: odd }).problems).toHaveLength(1)
    expect(
      readControls({
        ...baseline,
        clauses: { 'CM-1': { rule: 'separate', duties: ['make', 'approve'], because: odd } },
      }).problems,
    ).toHaveLength(1)
    const bodies = bodiesOf(await linesOf(scenario.store))
    Object.assign(bodies.at(-1)?.command as object, { reason: odd })
    const { status, codes } = verifyTrail([fileOf(reseal(bodies))])
    expect([status, Object.keys(codes)]).toEqual(['broken', ['entry.unreadable']])
  })

  test('a command that contains itself is refused', async () => {
    const command: Record<string, unknown> = { ...approve }
    command.form = command
    expect((await refusedWhole(await f0(), { account: 'bob', command })).refusal.code).toBe('command.malformed')
  })

  test('keys that would reach into every object are refused and reach into none', async () => {
    const form = JSON.parse('{"system":"ledger","risk":"low","__proto__":{"polluted":true},"constructor":"x"}')
    const command = { ...submitK, type: 'submit', change: 'L', form }
    expect((await refusedWhole(await f0(), { account: 'rita', command })).refusal.code).toBe('command.malformed')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('a command that is too large for an entry is refused with its size', async () => {
    const { digest } = submitK.content
    const makers = Array.from({ length: 100 }, () => 'alice')
    const administrators = Array.from({ length: 20 }, (_, person) => ({
      person: `p${person}`,
      name: 'ü'.repeat(200),
      accounts: Array.from({ length: 20 }, (_, account) => `${'x'.repeat(55)}${person}-${account}`),
    }))
    const scenario = await f0()
    const desk = await createDesk({ store: (await import('countersign')).memoryStore() })
    const receipt = await desk.by(administrators[0]?.accounts[0] ?? '').found({
      origin: 'big.example/trail',
      format: 'countersign/trail/v1',
      administrators,
    })
    expect(receipt.outcome === 'refused' && receipt.because).toMatch(/65,?535/)
    const command = { ...submitK, type: 'submit', change: 'L', content: { digest, makers } }
    expect((await scenario.desk.execute({ account: 'rita', command })).outcome).toBe('accepted')
  })

  test('is told what speaks against each of the things that it could be', async () => {
    const scenario = await f0()
    const asked = { type: 'grantRole', role: 'appr', team: 't' }
    const refused = await refusedWhole(scenario, { account: 'ada', command: { ...asked, to: 'Bob Smith' } })
    expect(refused.because).toContain('command.to: a person id is lower-case letters')
    expect(refused.because).toContain(', or a bot id is lower-case letters')
    const carrying = structuredClone(fixturePolicy()) as { categories: Record<string, { flow: object[] }> }
    Object.assign(carrying.categories.normal?.flow[1] ?? {}, { carriedFrom: { categry: 'project' } })
    expect(readPolicy(carrying).problems).toEqual([
      {
        where: 'categories.normal.flow.1.carriedFrom',
        problem: 'category is missing (expected string), or template expected true',
      },
    ])
  })
})

describe('a board that cannot be', () => {
  const limits: [string, (most: number) => object, string][] = [
    ['of a column', limit => ({ columns: [{ name: 'doing', stages: ['verify'], limit }] }), 'columns.0.limit'],
    ['of a person', perPerson => ({ perPerson }), 'perPerson'],
    ['of everything', capacity => ({ capacity }), 'capacity'],
    ['of a category', max => ({ categories: { normal: { max } } }), 'categories.normal.max'],
    [
      'that is kept',
      reserve => ({ capacity: 1_000_000, categories: { normal: { reserve } } }),
      'categories.normal.reserve',
    ],
    ['of the lane', size => ({ expedite: { categories: ['normal'], size } }), 'expedite.size'],
  ]
  const proposed = (board: object) => ({
    type: 'proposePolicy',
    policy: { ...fixturePolicy(), board: { columns: [], ...board } },
  })

  test.each(limits)(
    'has a limit %s of nothing, of half a change or of more than a million, and is refused',
    async (_, board, where) => {
      const scenario = await f0()
      for (const most of [0, -1, 2.5, 1_000_001, Number.MAX_SAFE_INTEGER, '3']) {
        const command = proposed(board(most as number))
        const refused = await refusedWhole(scenario, { account: 'ada', command })
        expect(places(refused)).toEqual([`command.policy.board.${where}`])
      }
    },
  )

  test.each(limits)('can have a limit %s of a million, which is adopted', async (_, board) => {
    const scenario = await f0()
    const policy = { ...fixturePolicy(), board: { columns: [], ...board(1_000_000) } }
    await scenario.adopt(policy as never)
    expect(scenario.desk.governance().policyInForce.t).toBe(policyDigest(policy as never))
  })
})

describe('commands that are well formed and make no sense', () => {
  test.each([
    ['a change that is not there', 'bob', { ...approve, change: 'L' }, 'name.unknown'],
    ['an account that nobody has', 'mallory', approve, 'identity.unknown-account'],
    ['a team without a policy', 'rita', { ...submitK, type: 'submit', change: 'L', team: 'u' }, 'policy.none'],
    [
      'a category that is not there',
      'rita',
      { ...submitK, type: 'submit', change: 'L', category: 'norml' },
      'policy.no-category',
    ],
    ['a change that is there already', 'rita', { ...submitK, type: 'submit' }, 'name.taken'],
    [
      'a form with a value that is no option',
      'rita',
      { ...submitK, type: 'submit', change: 'L', form: { system: 'moon', risk: 'low' } },
      'form.invalid',
    ],
    [
      'a form with a field too many',
      'rita',
      { ...submitK, type: 'submit', change: 'L', form: { ...submitK.form, extra: 1 } },
      'form.invalid',
    ],
    [
      'a form with a field too few',
      'rita',
      { ...submitK, type: 'submit', change: 'L', form: { system: 'ledger' } },
      'form.invalid',
    ],
    [
      'a maker whom nobody knows',
      'rita',
      { ...submitK, type: 'submit', change: 'L', content: { ...submitK.content, makers: ['zoe'] } },
      'name.unknown',
    ],
    ['a parent that is not there', 'rita', { ...submitK, type: 'submit', change: 'L', parent: 'M' }, 'carry.parent'],
    [
      'a second founding',
      'ada',
      {
        type: 'found',
        origin: 'again',
        format: 'countersign/trail/v1',
        administrators: [
          { person: 'x', name: 'x', accounts: ['x'] },
          { person: 'y', name: 'y', accounts: ['y'] },
        ],
      },
      'name.taken',
    ],
    ['a role for a stranger', 'ada', { type: 'grantRole', role: 'appr', to: 'zoe', team: '*' }, 'name.unknown'],
    ['a role that is not there', 'ada', { type: 'grantRole', role: 'apr', to: 'bob', team: '*' }, 'name.unknown'],
    [
      'an absence that ends before it begins',
      'bob',
      { type: 'recordAbsence', person: 'bob', from: '2027-01-02T00:00:00Z', until: '2027-01-01T00:00:00Z' },
      'interval.invalid',
    ],
  ])('%s is refused by its code', async (_, account, command, code) => {
    expect((await refusedWhole(await f0Tested(), { account, command })).refusal.code).toBe(code)
  })

  test('nothing can be done in a trail that is not founded', async () => {
    const { memoryStore } = await import('countersign')
    const desk = await createDesk({ store: memoryStore() })
    const one = desk.by('ada')
    for (const receipt of [
      await one.defineRole({ role: 'appr', description: 'approves' }),
      await one.cancel({ change: 'K', comment: 'never mind' }),
    ])
      expect(receipt).toMatchObject({
        refusal: { code: 'trail.unfounded', facts: { first: 'found' } },
        because: 'the trail is not founded yet, so nobody is known in it and nothing can be done',
        help: 'Found it first (found): that names the trail and its first administrators.',
      })
    expect((await desk.head()).size).toBe(0)
  })

  test('a clock far behind the trail is refused, and one a little behind stands still', async () => {
    const scenario = await f0Tested()
    scenario.at(-30_000)
    expect((await scenario.when('bob', 'approve', { change: 'K' })).outcome).toBe('accepted')
    expect(scenario.change('K').approvals[0]?.at).toBe('2026-03-02T08:00:00.000Z')
    scenario.at(-60_000)
    await expect(scenario.when('carol', 'approve', { change: 'K' })).rejects.toMatchObject({ code: 'clock' })
  })
})

describe('what a host gives a desk to draw from', () => {
  test.each([
    ['an id that is too short', () => '7'],
    ['an id with a colon', () => `urn:uuid:${'0'.repeat(32)}`],
    ['an id of 65 letters', () => 'a'.repeat(65)],
    ['a number', (() => 12_345_678) as unknown as () => string],
  ])('is refused where it is no id of a command: %s, as the trail could never be opened again', async (_, newId) => {
    const { store } = await f0Tested()
    const { size } = await store.head()
    const desk = await createDesk({ store, newId })
    const error = { code: 'input', message: '`newId` gave no id of a command: 8 to 64 letters, digits, _ and -' }
    await expect(desk.by('ada').defineRole({ role: 'role', description: 'new' })).rejects.toMatchObject(error)
    await expect(desk.execute(undefined)).rejects.toMatchObject(error)
    expect((await store.head()).size).toBe(size)
    const given = { id: 'abcdefgh' }
    expect((await desk.by('ada').defineRole({ role: 'role', description: 'new' }, given)).outcome).toBe('accepted')
  })

  test('is refused where it is no function, when the desk is opened', async () => {
    const { store } = await f0Tested()
    for (const name of ['clock', 'newId', 'newSalt', 'schedules'])
      await expect(createDesk({ store, [name]: 5 })).rejects.toMatchObject({
        code: 'input',
        message: expect.stringContaining(`createDesk: \`${name}\` is a function`),
      })
  })

  test('is refused where the clock gives a number, and nothing is written', async () => {
    const { store } = await f0Tested()
    const { size } = await store.head()
    const desk = await createDesk({ store, clock: (() => Date.now()) as unknown as () => Date })
    await expect(desk.by('ada').defineRole({ role: 'role', description: 'new' })).rejects.toMatchObject({
      code: 'clock',
    })
    const given = { account: 'ada', command: { type: 'defineRole', role: 'role', description: 'new' } }
    await expect(desk.execute(given, { at: new Date() })).rejects.toMatchObject({
      code: 'clock',
      message: 'the clock gave number, and no `Date`',
    })
    const directory = { asOf: '2026-03-02T08:00:00Z', persons: [] }
    await expect(desk.loadDirectory('ada', directory as never, 'hr')).rejects.toMatchObject({ code: 'clock' })
    await expect(desk.outbox()).rejects.toMatchObject({ code: 'clock' })
    expect((await store.head()).size).toBe(size)
  })

  test('is refused where `at` is no instant, and the message names `at`, and the clock where that is wrong', async () => {
    const { store, desk, now } = await f0Tested()
    const { size } = await store.head()
    const given = { account: 'ada', command: { type: 'defineRole', role: 'role', description: 'new' } }
    const told = (at: unknown, of: Desk = desk) => of.execute(given, { at: at as Date })
    for (const [at, message] of [
      [new Date(Number.NaN), '`at` is no instant of the years 0 to 9999'],
      [new Date(8.64e15), '`at` is no instant of the years 0 to 9999'],
      [now, '`at` is a Date'],
      [0, '`at` is a Date'],
    ])
      await expect(told(at)).rejects.toMatchObject({ code: 'input', message })
    await expect(told(new Date('2999-01-01'))).rejects.toMatchObject({
      code: 'clock',
      message: "`at`, 2999-01-01T00:00:00.000Z, lies in the future of this desk's clock",
    })
    await expect(told(new Date('2001-01-01'))).rejects.toMatchObject({
      code: 'clock',
      message: expect.stringMatching(/^`at` is 2001-01-01T00:00:00.000Z, but this command reads an entry of /),
    })
    const stopped = await createDesk({ store, clock: () => new Date(Number.NaN) })
    await expect(told(new Date(now), stopped)).rejects.toMatchObject({
      code: 'clock',
      message: 'the clock gave no instant of the years 0 to 9999',
    })
    const behind = await createDesk({ store, clock: () => new Date('2001-01-01') })
    await expect(behind.execute(given)).rejects.toMatchObject({
      code: 'clock',
      message: expect.stringMatching(/^the clock says 2001-01-01T00:00:00.000Z, but there is an entry of /),
    })
    expect((await store.head()).size).toBe(size)
  })

  test('is refused where it is null in the place of options', async () => {
    const { desk } = await f0Tested()
    const nothing = null as unknown as object
    const told = { code: 'input', message: expect.stringContaining('the options are null, and no object') }
    await expect(openFileStore(folderOf(), nothing)).rejects.toMatchObject(told)
    await expect(desk.execute({}, nothing)).rejects.toMatchObject(told)
    expect(() => desk.by('ada', nothing)).toThrow('the options are null, and no object')
  })
})

const folderOf = () => mkdtempSync(join(tmpdir(), 'countersign-bad-'))

describe('a folder that is no place for a trail', () => {
  const folder = folderOf

  test('that cannot be written is named, and nothing is in it', async () => {
    const path = folder()
    try {
      writeFileSync(join(path, 'file'), 'not a folder')
      await expect(openFileStore(join(path, 'file', 'trail'))).rejects.toMatchObject({ name: 'CountersignError' })
      chmodSync(path, 0o500)
      // Root writes where nobody else can, so only others can see this refused.
      if (process.getuid?.() !== 0) {
        await expect(openFileStore(join(path, 'trail'))).rejects.toMatchObject({ code: 'store.unwritable' })
      }
      expect(readdirSync(path)).toEqual(['file'])
    } finally {
      chmodSync(path, 0o700)
      rmSync(path, { recursive: true })
    }
  })

  test('that is of a kind that takes no folders is refused, and not waited for', async () => {
    await expect(openFileStore('/proc/countersign/trail')).rejects.toMatchObject({ name: 'CountersignError' })
  })

  test('that holds something else than a trail of this library opens no desk', async () => {
    const path = folder()
    try {
      const store = await openFileStore(path)
      await store.append([{ v: 1, id: 'abcdefgh', at: '2026-03-02T08:00:00.000Z', stream: 's', streamSeq: 0 }], {
        s: 0,
      })
      await expect(createDesk({ store })).rejects.toMatchObject({ code: 'store.damaged', facts: { seq: 0 } })
      await store.close()
    } finally {
      rmSync(path, { recursive: true })
    }
  })
})
