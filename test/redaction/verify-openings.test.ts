import type { Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, reseal } from '@countersign/testing/tamper'
import { type Opening, type Openings, openingOf } from '@countersign/trail/store'
import { type GivenOpenings, type Verdict, verifyTrail } from 'countersign/verify'
import { describe, expect, it, vi } from 'vitest'
import type { RecordBody } from '../../packages/countersign/src/record/record.ts'
import { Disclosure } from '../../packages/countersign/src/verify/openings.ts'
import { commitmentIn, given, opened, secret, submission } from './setting.ts'

const redaction = { change: 'K', fields: ['account'], comment: 'asked for' }

const bytesOf = async (scenario: Scenario) => fileOf(await linesOf(scenario.store))

const judged = async (scenario: Scenario, openings?: GivenOpenings): Promise<Verdict> =>
  verifyTrail([await bytesOf(scenario)], openings === undefined ? {} : { openings })

const codes = (verdict: Verdict) => verdict.findings.map(one => `${one.code} ${one.seq}`)

async function openingIn(scenario: Scenario, openings: Openings, change = 'K'): Promise<Opening> {
  const opening = await openings.get(commitmentIn(scenario, 'account', change))
  if (opening === undefined) throw new Error(`the account of ${change} cannot be opened`)
  return opening
}

/** K with its account, and L with another one, so that there are two values; L's is redacted. */
async function two() {
  const { scenario, openings } = await opened()
  await scenario.given('rita', 'submit', { ...submission, change: 'L' } as never)
  const [kept, gone] = [await openingIn(scenario, openings), await openingIn(scenario, openings, 'L')]
  await scenario.given('ada', 'redact', { ...redaction, change: 'L' })
  return { scenario, openings, kept, gone }
}

describe('the verifier', () => {
  it('tells how many private values there are, and looks at none of them where no openings are given', async () => {
    const { scenario } = await two()
    const verdict = await judged(scenario)
    expect([verdict.status, verdict.privateValues]).toEqual(['sound', { values: 2, redacted: 1 }])
  })

  it('tells those that are opened from those that an entry has redacted', async () => {
    const { scenario, kept } = await two()
    const verdict = await judged(scenario, given([kept]))
    const looked = { opened: 1, missing: 0, unused: 0 }
    expect([verdict.status, verdict.privateValues]).toEqual(['sound', { values: 2, redacted: 1, looked }])
  })

  it('finds a value that nobody can open and no entry has redacted', async () => {
    const { scenario } = await two()
    const { seq } = await placeOf(scenario, 'submit', 'K')
    const verdict = await judged(scenario, given([]))
    expect(verdict).toMatchObject({ status: 'broken', privateValues: { looked: { opened: 0, missing: 1 } } })
    expect(codes(verdict)).toEqual([`opening.missing ${seq}`])
  })

  it('finds an opening that was changed, and one that is there still although its value was redacted', async () => {
    const { scenario, kept, gone } = await two()
    const changed = await judged(scenario, given([], { mismatched: new Set([kept.commitment]) }))
    expect(codes(changed)).toEqual([`opening.mismatch ${(await placeOf(scenario, 'submit', 'K')).seq}`])
    const beside = await judged(scenario, given([kept], { mismatched: new Set([kept.commitment]) }))
    expect(codes(beside)).toEqual(codes(changed))
    const still = await judged(scenario, given([kept, gone]))
    expect(codes(still)).toEqual([`opening.unexpected ${(await placeOf(scenario, 'redact', 'L')).seq}`])
    expect([changed.status, still.status]).toEqual(['broken', 'broken'])
  })

  it('finds an opening that says that its value was filled in in another field, another command or another stream', async () => {
    const { scenario, kept } = await two()
    const { seq } = await placeOf(scenario, 'submit', 'K')
    for (const [part, told] of [
      ['field', 'another field'],
      ['id', 'another command'],
      ['stream', 'another stream'],
    ] as const) {
      const verdict = await judged(scenario, given([{ ...kept, [part]: `${kept[part]}-marker` }]))
      expect([part, verdict.status, codes(verdict)]).toEqual([part, 'broken', [`opening.misplaced ${seq}`]])
      expect(verdict.privateValues.looked).toEqual({ opened: 0, missing: 0, unused: 0 })
      const { id, stream, commitment } = kept
      expect(verdict.findings[0]).toMatchObject({
        expected: `${commitment} in the field account of the command ${id} in ${stream}`,
        found: told,
      })
      expect(JSON.stringify(verdict)).not.toContain('marker')
    }
  })

  it('finds it beside another line that tells the right place, too', async () => {
    const { scenario, kept } = await two()
    const { commitment, stream, id, field } = kept
    const places = [
      { stream, id, field },
      { stream: 'change/L', id, field: 'system' },
    ]
    const verdict = await judged(scenario, given([], { opened: new Map([[commitment, places]]) }))
    expect(codes(verdict)).toEqual([`opening.misplaced ${(await placeOf(scenario, 'submit', 'K')).seq}`])
    expect(verdict.findings[0]?.found).toBe('another stream, another field')
  })

  it('goes by the command in which a value was filled in first, also where a later edit leaves it as it was', async () => {
    const { scenario, kept } = await two()
    const { form } = scenario.change('K')
    const edit = { change: 'K', form, comment: 'as it was' }
    const { outcome } = await scenario.when('rita', 'revise', edit as never, { id: 'the-later-edit' })
    expect(outcome).toBe('accepted')
    expect(codes(await judged(scenario, given([kept])))).toEqual([])
    expect((await judged(scenario, given([{ ...kept, id: 'the-later-edit' }]))).codes).toEqual({
      'opening.misplaced': 1,
    })
  })

  it('counts openings that no entry has come to, which are harmless, and finds lines that are none', async () => {
    const { scenario, kept } = await two()
    const unused = openingOf(secret, new Uint8Array(32), { stream: 'change/X', id: 'never-came', field: 'account' })
    const spare = await judged(scenario, given([kept, unused]))
    expect([spare.status, spare.privateValues.looked?.unused]).toEqual(['sound', 1])
    expect(codes(await judged(scenario, given([kept], { unreadable: 2 })))).toEqual(['opening.unreadable 0'])
  })

  it('tells an end that was torn as a torn end, and as a break where a value is missing with it', async () => {
    const { scenario, kept } = await two()
    const torn = await judged(scenario, given([kept], { torn: 12 }))
    expect([torn.status, codes(torn), torn.findings[0]?.found]).toEqual([
      'torn',
      ['opening.torn 0'],
      '12 bytes without one',
    ])
    const cut = await judged(scenario, given([], { torn: 12 }))
    expect([cut.status, cut.codes]).toEqual(['broken', { 'opening.missing': 1, 'opening.torn': 1 }])
  })

  it('does not ask for what opens a value of a command that was refused', async () => {
    const { scenario, kept } = await two()
    await scenario.given('ada', 'registerPerson', { person: 'zoe', name: 'Zoe', accounts: ['zoe'] })
    await scenario.when('zoe', 'revise', { change: 'K', form: { account: secret }, comment: 'a stranger' })
    expect(await judged(scenario, given([kept]))).toMatchObject({ status: 'sound', privateValues: { values: 2 } })
  })

  it('asks once for a value that an edit leaves as it was', async () => {
    const { scenario, kept } = await two()
    const { form } = scenario.change('K')
    await scenario.given('rita', 'revise', { change: 'K', form, comment: 'as it was' } as never)
    expect(await judged(scenario, given([kept]))).toMatchObject({ status: 'sound', privateValues: { values: 2 } })
  })
})

describe('a trail that was forged', () => {
  const forged = async (scenario: Scenario, change: (bodies: LooseBody[]) => void, openings?: GivenOpenings) => {
    const bodies = bodiesOf(await linesOf(scenario.store))
    change(bodies)
    return verifyTrail([fileOf(reseal(bodies))], openings === undefined ? {} : { openings })
  }
  const entryOf = (bodies: LooseBody[], type: string) => {
    const found = bodies.find(one => (one.command as { type: string }).type === type)
    if (found === undefined) throw new Error(`no ${type}`)
    return found as LooseBody & { by: object; outcome: { accepted: { by?: string }[] } }
  }

  it('does not take a value out of reach by somebody who may not', async () => {
    const { scenario } = await two()
    for (const [person, found] of [
      ['bob', 'whoever redacted it is no administrator'],
      ['rita', 'whoever redacted it is no administrator'],
    ] as const) {
      const verdict = await forged(scenario, bodies => {
        const redact = entryOf(bodies, 'redact')
        redact.by = { ...redact.by, account: person, person }
        for (const event of redact.outcome.accepted) event.by = person
      })
      expect(verdict.codes).toEqual({ 'decision.unjustified': 1, 'redaction.unjustified': 1 })
      expect(verdict.findings.find(one => one.code === 'redaction.unjustified')?.because).toBe(found)
    }
  })

  it('does not take it out of reach by an administrator who takes part, or has left', async () => {
    const { scenario } = await opened()
    await scenario.given('ada', 'submit', { ...submission, change: 'L' } as never)
    await scenario.given('otto', 'redact', { ...redaction, change: 'L' })
    const bySelf = (bodies: LooseBody[]) => {
      const redact = entryOf(bodies, 'redact')
      redact.by = { ...redact.by, account: 'ada', person: 'ada' }
      for (const event of redact.outcome.accepted) event.by = 'ada'
    }
    const verdict = await forged(scenario, bySelf)
    expect(verdict.codes).toEqual({ 'decision.unjustified': 1, 'redaction.unjustified': 1 })
    const { scenario: other } = await opened()
    await other.given('otto', 'redact', redaction)
    await other.given('ada', 'recordDeparture', { person: 'otto', compromised: false })
    const late = await forged(other, bodies => {
      const [redact, left] = bodies.splice(-2)
      if (redact !== undefined && left !== undefined) {
        Object.assign(left, { at: redact.at, seq: redact.seq })
        Object.assign(redact, { seq: redact.seq + 1, reads: { governance: left.streamSeq + 1, '*': redact.seq + 1 } })
        bodies.push(left, redact)
      }
    })
    expect(late.codes).toMatchObject({ 'redaction.unjustified': 1, 'decision.unjustified': 1 })
  })

  it('does not take it out of reach by an administrator who has approved the change', async () => {
    const { scenario } = await opened()
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'otto', team: 't' })
    await scenario.given('otto', 'approve', { change: 'K' })
    await scenario.given('ada', 'redact', redaction)
    const verdict = await forged(scenario, bodies => {
      const redact = entryOf(bodies, 'redact')
      redact.by = { ...redact.by, account: 'otto', person: 'otto' }
      for (const event of redact.outcome.accepted) event.by = 'otto'
    })
    expect(verdict.codes).toEqual({ 'decision.unjustified': 1, 'redaction.unjustified': 1 })
  })

  it('does not take a value of one change out of reach by a redaction on another that has a copy of its commitment', async () => {
    const { scenario, kept, gone } = await two()
    const copied = (bodies: LooseBody[]) => {
      for (const body of bodies) {
        const text = JSON.stringify(body)
        if (body.stream === 'change/L')
          Object.assign(body, JSON.parse(text.replaceAll(gone.commitment, kept.commitment)))
      }
    }
    expect(codes(await forged(scenario, copied, given([])))).toContain(
      `opening.missing ${(await placeOf(scenario, 'submit', 'K')).seq}`,
    )
  })

  it('has no commitment but those that its forms hold as they are written: one that lies deeper, or has more beside it, cannot be read', async () => {
    const { scenario, openings } = await opened()
    const { commitment } = await openingIn(scenario, openings)
    for (const account of [
      { commitment, more: 1 },
      [{ commitment }],
      { account: { commitment } },
      { commitment: 'c' },
    ]) {
      const verdict = await forged(scenario, bodies => {
        const submit = entryOf(bodies, 'submit') as unknown as { command: { form: Record<string, unknown> } }
        submit.command.form.account = account
      })
      expect([verdict.codes, verdict.privateValues.values]).toEqual([{ 'entry.unreadable': 1 }, 0])
    }
  })

  it('has a commitment first in the field that comes first, and in the stream of the change that the command names', async () => {
    const { scenario, openings } = await opened()
    const kept = await openingIn(scenario, openings)
    const twice = (bodies: LooseBody[]) => {
      const submit = entryOf(bodies, 'submit') as unknown as {
        stream: string
        command: { form: Record<string, unknown> }
      }
      submit.command.form.limit = { commitment: kept.commitment }
      submit.stream = 'change/X'
    }
    const told = async (opening: Opening) => (await forged(scenario, twice, given([opening]))).codes
    expect(await told(kept)).toMatchObject({ 'stream.gap': 1 })
    expect(await told(kept)).not.toHaveProperty(['opening.misplaced'])
    for (const wrong of [{ field: 'limit' }, { stream: 'change/X' }])
      expect(await told({ ...kept, ...wrong })).toMatchObject({ 'stream.gap': 1, 'opening.misplaced': 1 })
  })

  it('has no value in clear where its form says that it is private', async () => {
    const { scenario } = await two()
    const verdict = await forged(scenario, bodies => {
      const submit = entryOf(bodies, 'submit') as unknown as { command: { form: Record<string, unknown> } }
      submit.command.form.account = secret
    })
    const first = verdict.findings.find(one => one.code === 'decision.unjustified')
    expect(first?.because).toContain('account: is private, so only a commitment to it can be recorded')
    expect(JSON.stringify(verdict)).not.toContain('marker')
  })
})

describe('the name of a person that is a commitment', () => {
  const salt = new Uint8Array(32).fill(3)
  const place = { stream: 'governance', id: 'register-nina', field: 'name' }
  const nina = openingOf('Nina Example', salt, place)

  async function registered() {
    const { scenario, openings } = await opened()
    await openings.put([nina])
    const name = { commitment: nina.commitment }
    const { id } = place
    await scenario.when('ada', 'registerPerson', { person: 'nina', name, accounts: ['nina'] } as never, { id })
    return { scenario, openings, kept: await openingIn(scenario, openings) }
  }

  it('is opened, missing, or erased by an entry, as any other private value', async () => {
    const { scenario, openings, kept } = await registered()
    expect(await judged(scenario, given([kept, nina]))).toMatchObject({
      status: 'sound',
      privateValues: { values: 2, redacted: 0, looked: { opened: 2 } },
    })
    expect((await judged(scenario, given([kept]))).codes).toEqual({ 'opening.missing': 1 })
    await scenario.given('ada', 'recordDeparture', { person: 'nina', compromised: false })
    expect(await openings.get(nina.commitment)).toBeDefined()
    await scenario.given('ada', 'erasePerson', { person: 'nina', reason: 'asked for' })
    expect(await openings.get(nina.commitment)).toBeUndefined()
    expect(await judged(scenario, given([kept]))).toMatchObject({
      status: 'sound',
      privateValues: { values: 2, redacted: 1, looked: { opened: 1, missing: 0 } },
    })
    expect((await judged(scenario, given([kept, nina]))).codes).toEqual({ 'opening.unexpected': 1 })
  })

  it('stands in the field name of the command that has registered the person, whoever the opening says that it is of', async () => {
    const { scenario, kept } = await registered()
    for (const wrong of [{ stream: 'change/K' }, { id: 'another-one' }, { field: 'account' }])
      expect((await judged(scenario, given([kept, { ...nina, ...wrong }]))).codes).toEqual({ 'opening.misplaced': 1 })
  })

  it('is erased under every id that the person had', async () => {
    const { scenario, openings, kept } = await registered()
    const other = openingOf('N. Example', new Uint8Array(32).fill(4), { ...place, id: 'register-nora' })
    await openings.put([other])
    const name = { commitment: other.commitment }
    await scenario.given('ada', 'registerPerson', { person: 'nora', name, accounts: ['nora'] } as never)
    await scenario.given('ada', 'recordAlias', { person: 'nora', is: 'nina', comment: 'the same person' })
    await scenario.given('ada', 'recordDeparture', { person: 'nina', compromised: false })
    await scenario.given('ada', 'erasePerson', { person: 'nina', reason: 'asked for' })
    expect([await openings.get(nina.commitment), await openings.get(other.commitment)]).toEqual([undefined, undefined])
    expect(await judged(scenario, given([kept]))).toMatchObject({ status: 'sound', privateValues: { redacted: 2 } })
  })
})

describe('names under ids that turn out to be one person', () => {
  const commitmentAt = (at: number) => `${at}`.padStart(64, '0')

  /** Takes in a person for each place, and joins and erases them as they are told to be. */
  function taken(count: number, joins: readonly (readonly [number, number])[], erased: readonly number[]): Disclosure {
    const disclosure = new Disclosure()
    const at = '2026-03-02T09:00:00.000Z'
    const register = (person: number) => ({
      type: 'person.registered',
      person: `p${person}`,
      name: { commitment: commitmentAt(person) },
    })
    const events = [
      ...Array.from({ length: count }, (_, person) => register(person)),
      ...joins.map(([one, other]) => ({ type: 'alias.recorded', person: `p${one}`, is: `p${other}`, at })),
      ...erased.map(person => ({ type: 'person.erased', person: `p${person}`, at })),
    ]
    for (const [seq, event] of events.entries()) {
      const body = { id: `c${seq}`, command: { type: 'registerPerson' }, outcome: { accepted: [event] } }
      disclosure.entry(seq, body as unknown as RecordBody)
    }
    return disclosure
  }

  const commitment = commitmentAt(1)
  const registered = (person: string) => ({ type: 'person.registered', person, name: { commitment } })
  const erased = (person: string) => ({ type: 'person.erased', person, at: '2026-03-02T09:00:00.000Z' })
  const ruled = (...accepted: object[]) => ({ command: { type: 'registerPerson' }, outcome: { accepted } })
  const changed = (change: string, form: object, ...accepted: object[]) => ({
    command: { type: 'revise', change, form },
    outcome: { accepted },
  })
  const redactedIn = (...bodies: object[]) => {
    const disclosure = new Disclosure()
    for (const [seq, body] of bodies.entries())
      disclosure.entry(seq, { id: `c${seq}`, ...body } as unknown as RecordBody)
    return disclosure.judge(undefined, () => undefined)
  }
  const gone = { values: 1, redacted: 1 }
  const there = { values: 1, redacted: 0 }

  it('are erased by what stands behind them, where they stand first under an id of that person', () => {
    expect(redactedIn(ruled(registered('a')), ruled(erased('a')))).toEqual(gone)
    expect(redactedIn(ruled(registered('a'), erased('a')))).toEqual(gone)
    expect(redactedIn(ruled(erased('a')), ruled(registered('a')))).toEqual(there)
    expect(redactedIn(ruled(erased('a'), registered('a')))).toEqual(there)
    const both = [ruled(registered('a')), ruled(registered('b'))]
    expect(redactedIn(...both, ruled(erased('b')))).toEqual(there)
    expect(redactedIn(...both, ruled(erased('a')))).toEqual(gone)
    const joined = ruled({ type: 'alias.recorded', person: 'b', is: 'a' })
    expect(redactedIn(...both, joined, ruled(erased('b')))).toEqual(gone)
    expect(redactedIn(...both, ruled(erased('b')), joined)).toEqual(there)
    const filled = changed('K', { account: { commitment } })
    expect(redactedIn(filled, ruled(registered('a')), ruled(erased('a')))).toEqual(there)
    expect(redactedIn(ruled(registered('a')), filled, ruled(erased('a')))).toEqual(gone)
  })

  it('and values in forms are redacted by what stands behind them, where they stand first in that stream', () => {
    const redaction = { type: 'value.redacted', field: 'account', commitments: [commitment], by: 'ada' }
    const form = { account: { commitment } }
    expect(redactedIn(changed('K', form), changed('K', {}, redaction))).toEqual(gone)
    expect(redactedIn(changed('K', form, redaction))).toEqual(gone)
    expect(redactedIn(changed('K', {}, redaction), changed('K', form))).toEqual(there)
    expect(redactedIn(changed('K', form), changed('L', form), changed('L', {}, redaction))).toEqual(there)
    expect(redactedIn(ruled(registered('a')), changed('K', form, redaction))).toEqual(there)
  })

  const row = (count: number) => Array.from({ length: count - 1 }, (_, at) => [at, at + 1] as const)
  const all = (count: number) => Array.from({ length: count }, (_, at) => at)

  it('are erased with whichever of them is erased, and with no other', () => {
    const redacted = (joins: readonly (readonly [number, number])[], erased: readonly number[]) =>
      taken(7, joins, erased).judge(undefined, () => undefined).redacted
    expect(redacted([], [3])).toBe(1)
    for (const joins of [
      row(4),
      row(4).toReversed(),
      [...row(4), ...row(4)],
      [
        [0, 1],
        [2, 3],
        [3, 3],
        [1, 2],
      ] as const,
    ])
      for (const person of all(4)) expect(redacted(joins, [person, person])).toBe(4)
    expect(redacted(row(4), [0, 5])).toBe(5)
  })

  it('cost no more than a little for each, however long the row of aliases is that somebody has written', () => {
    const steps = (count: number, joins: readonly (readonly [number, number])[]) => {
      const spies = [vi.spyOn(Map.prototype, 'set'), vi.spyOn(Map.prototype, 'get'), vi.spyOn(Set.prototype, 'add')]
      taken(count, joins, all(count))
      const calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
      for (const spy of spies) spy.mockRestore()
      return calls
    }
    for (const joins of [row, (count: number) => row(count).toReversed()]) {
      const [short, long] = [steps(200, joins(200)), steps(800, joins(800))]
      expect(short).toBeGreaterThan(200)
      expect(long).toBeLessThan(5 * short)
    }
  })
})

/** The entry of a command about a change. */
async function placeOf(scenario: Scenario, type: string, change: string): Promise<{ readonly seq: number }> {
  const bodies = bodiesOf(await linesOf(scenario.store))
  const seq = bodies.findIndex(body => {
    const command = body.command as { type: string; change?: string }
    return command.type === type && command.change === change
  })
  return { seq }
}
