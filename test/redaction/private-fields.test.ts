import { baseline } from '@countersign/testing'
import { CountersignError } from '@countersign/trail'
import { isOpeningOf, memoryOpenings, type Openings } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import {
  approval,
  approvals,
  approved,
  category,
  every,
  field,
  not,
  policy,
  policySchema,
  release,
  role,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { commitmentIn, form, opened, payments, secret, submission, textOf } from './setting.ts'

const roles = { appr: 'approves', deployer: 'releases' }
const agree = approval('agree', approvals(1).from(role('appr')))
const production = release('production', { by: role('deployer') })

const problemOf = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    return (error as Error).message
  }
  return 'no problem'
}

/** A policy whose category has something that speaks of the private field `account`. */
const saying =
  (more: object, others: Record<string, ReturnType<typeof category>> = {}) =>
  () =>
    policy(
      't',
      { complies: baseline, roles },
      { normal: category({ form, flow: [agree, production], ...more }), ...others },
    )

describe('a private field', () => {
  it('is recorded as x-private, and read again as that', () => {
    const recorded = payments().categories.normal?.form.properties
    expect(recorded?.account).toEqual({
      type: 'string',
      minLength: 5,
      maxLength: 60,
      title: 'Account',
      'x-private': true,
    })
    expect(recorded?.system).not.toHaveProperty('x-private')
    expect(policySchema.parse(JSON.parse(JSON.stringify(payments())))).toEqual(payments())
  })

  it.each(['yes', 1, null])('is private or not, and never %j', value => {
    const odd = z.object({ account: z.string().meta({ private: value }) })
    expect(problemOf(() => category({ form: odd, flow: [agree] }))).toBe('field account: private is true, or left out')
    const plain = z.object({ account: z.string().meta({ private: false }) })
    expect(category({ form: plain, flow: [agree] }).form.properties.account).toEqual({ type: 'string' })
  })

  it('is asked by no condition, at whatever depth, of a stage, of a requirement, or of triage', () => {
    const what = 'account is private, so only a commitment to it is recorded: no condition can ask what it holds'
    const when = every(field('system').is('ledger'), not(field('account').is(secret)))
    const staged = approval('agree', approvals(1).from(role('appr')).when(when))
    expect(problemOf(saying({ flow: [staged, production] }))).toContain(`normal.flow.agree: ${what}`)
    const released = release('production', { by: role('deployer'), when })
    expect(problemOf(saying({ flow: [agree, released] }))).toContain(`normal.flow.production: ${what}`)
    expect(problemOf(saying({ triage: [{ to: role('appr'), when }] }))).toContain(`normal.triage.0: ${what}`)
  })

  it('is nothing that two changes touch, no incident, and no scope of an approval', () => {
    expect(problemOf(saying({ touches: ['account'] }))).toContain('nobody can tell whether two changes touch the same')
    expect(problemOf(saying({ emergency: { incident: 'account' } }))).toContain('an emergency says aloud')
    const carried = (own: string, theirs: string) =>
      approval('agree', approvals(1).from(role('appr')), {
        carriedFrom: approved('project')
          .covers({ [own]: theirs })
          .for('30d'),
      })
    const project = category({ form, flow: [agree] })
    const own = saying({ flow: [carried('account', 'system'), production] }, { project })
    expect(problemOf(own)).toContain('nobody can tell whether it lies within what was approved')
    const theirs = saying({ flow: [carried('system', 'account'), production] }, { project })
    expect(problemOf(theirs)).toContain('nobody can tell what lies within it')
  })

  it('is private, and asks for the same, in every category of a policy that has it', () => {
    const other = (account: z.ZodType) => category({ form: z.object({ account }), flow: [agree] })
    const problem = 'other.form.account: the field is private in normal, and a change may come from there'
    expect(problemOf(saying({}, { other: other(z.string().min(5).max(60)) }))).toContain(problem)
    expect(problemOf(saying({}, { other: other(z.string().min(6).max(60).meta({ private: true })) }))).toContain(
      problem,
    )
    const drawn = z.string().min(5).max(60).meta({ private: true, title: 'Another title' })
    expect(problemOf(saying({}, { other: other(drawn) }))).toBe('no problem')
  })

  it('is fixed by no template', async () => {
    const { scenario } = await opened()
    const template = {
      format: 'countersign/template/v1',
      team: 't',
      name: 'move',
      version: 1,
      category: 'normal',
      description: 'moves an account',
      fixed: { account: secret },
      editable: ['system'],
    }
    const receipt = await scenario.when('rita', 'proposeTemplate', { template } as never)
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'template.invalid' } })
    expect(JSON.stringify(receipt)).toContain('is private, so only a commitment to it can be recorded')
    expect(JSON.stringify(receipt)).not.toContain(secret)
  })
})

describe('a private value', () => {
  it('stands in the trail as a commitment, which its opening opens, and in no other way', async () => {
    const { scenario, openings } = await opened()
    const commitment = commitmentIn(scenario, 'account')
    const opening = await openings.get(commitment)
    expect(opening).toMatchObject({ value: secret, stream: 'change/K', field: 'account' })
    expect(opening && isOpeningOf(opening, secret)).toBe(true)
    const text = await textOf(scenario)
    expect(text).toContain(commitment)
    expect(text).not.toContain('marker')
    expect(JSON.stringify(scenario.desk.snapshot())).not.toContain('marker')
  })

  it('has a salt of its own each time, so that nobody sees that two are the same', async () => {
    const { scenario } = await opened()
    await scenario.given('rita', 'submit', { ...submission, change: 'L' } as never)
    expect(commitmentIn(scenario, 'account', 'L')).not.toBe(commitmentIn(scenario, 'account'))
  })

  it('can be a text, a number or a list, and what was left out is left out', async () => {
    const values = { account: secret, limit: 3, owners: ['Ann', secret] }
    const { scenario } = await opened({ submit: { form: { system: 'ledger', ...values } } })
    expect(await scenario.desk.opened('K')).toEqual({ system: 'ledger', ...values })
    expect(scenario.change('K').committed?.map(one => one.field)).toEqual(['account', 'limit', 'owners'])
    const { scenario: less } = await opened()
    expect(await less.desk.opened('K')).toEqual({ system: 'ledger', account: secret })
    expect(await less.desk.opened('X')).toBeUndefined()
  })

  it.each([
    ['too short', { account: 'abc' }],
    ['too great', { account: secret, limit: 6 }],
    ['of another type', { account: 17 }],
    ['left out, though required', {}],
    ['given as a commitment', { account: { commitment: 'c'.repeat(64) } }],
    ['longer than an entry', { account: secret, owners: Array.from({ length: 170 }, () => 'x'.repeat(400)) }],
  ])('is refused where it is %s, before anything is kept', async (_, values) => {
    const { scenario, openings } = await opened()
    const put = vi.spyOn(openings, 'put')
    const size = scenario.desk.snapshot().versions['change/L']
    const receipt = await scenario.when('rita', 'submit', {
      ...submission,
      change: 'L',
      form: { system: 'ledger', ...values },
    } as never)
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'form.invalid' } })
    expect(JSON.stringify(receipt)).not.toContain('marker')
    expect(put).not.toHaveBeenCalled()
    expect([size, scenario.desk.change('L')]).toEqual([undefined, undefined])
  })

  it.each([
    { nested: { deep: secret } },
    [[secret]],
    null,
    { commitment: secret },
    { commitment: 'c'.repeat(64), more: 1 },
  ])('is nothing that no field could hold: %j', async account => {
    const { scenario } = await opened()
    const receipt = await scenario.when('rita', 'submit', {
      ...submission,
      change: 'L',
      form: { system: 'ledger', account },
    } as never)
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'command.malformed' } })
    expect(JSON.stringify(receipt)).not.toContain('marker')
  })

  it('comes through no field named __proto__ or constructor', async () => {
    const { scenario } = await opened()
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const odd = JSON.parse(`{"system":"ledger","account":"${secret}","${name}":"${secret}"}`)
      const receipt = await scenario.when('rita', 'submit', { ...submission, change: 'L', form: odd } as never)
      expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'command.malformed' } })
      expect(JSON.stringify(receipt)).not.toContain('marker')
    }
  })

  it('is kept by nothing that is no place for openings', async () => {
    const { scenario } = await opened()
    for (const openings of [{}, { put: () => undefined, get: () => undefined }, 'here'])
      await expect(createDesk({ store: scenario.store, openings: openings as never })).rejects.toThrow(
        '`openings` is nothing that keeps openings',
      )
  })

  it('is taken by no desk that has nowhere to keep its opening', async () => {
    const { scenario } = await opened()
    const desk = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    const submitted = desk.by('rita').submit({ ...submission, change: 'L', content: undefined } as never)
    await expect(submitted).rejects.toMatchObject({ code: 'input', facts: { fields: ['account'] } })
    await expect(submitted).rejects.not.toThrow(/marker/)
  })

  it('is material: an edit of it makes an approval stale, and one that leaves it as it was does not', async () => {
    const { scenario } = await opened()
    await scenario.given('bob', 'approve', { change: 'K' })
    const { form: before } = scenario.change('K')
    await scenario.given('rita', 'revise', {
      change: 'K',
      form: before,
      comment: 'the whole form, as it was read',
    } as never)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('rita', 'revise', { change: 'K', form: { account: `${secret}2` }, comment: 'another' })
    expect(scenario.approvals('K')).toBe(0)
    expect(await scenario.desk.opened('K')).toMatchObject({ account: `${secret}2` })
    expect(scenario.change('K').committed).toHaveLength(2)
  })

  it('goes with its change into another category, or is filled in anew there', async () => {
    const { scenario } = await opened()
    const commitment = commitmentIn(scenario, 'account')
    await scenario.given('rita', 'recategorise', { change: 'K', category: 'urgent', comment: 'it is urgent' })
    expect(commitmentIn(scenario, 'account')).toBe(commitment)
    const anew = { system: 'billing', account: `${secret}3` } as const
    await scenario.given('rita', 'recategorise', { change: 'K', category: 'normal', form: anew, comment: 'it is not' })
    expect(await scenario.desk.opened('K')).toEqual(anew)
    expect(verifyTrail([new TextEncoder().encode(await textOf(scenario))]).status).toBe('sound')
  })

  it('keeps its change under the policy in which it is private, and one in clear under its own', async () => {
    const { scenario } = await opened()
    const open = z.object({ ...form.shape, account: z.string().min(5).max(60) })
    await scenario.adopt(payments(open))
    await scenario.given('rita', 'submit', { ...submission, change: 'L' } as never)
    expect(scenario.change('L').form.account).toBe(secret)
    const moved = (change: string) =>
      scenario.when('rita', 'migrate', {
        change,
        policy: scenario.desk.governance().policyInForce.t ?? '',
        comment: 'to the new rules',
      })
    expect(await moved('K')).toMatchObject({ outcome: 'refused', refusal: { code: 'form.invalid' } })
    await scenario.adopt(payments())
    expect(await moved('L')).toMatchObject({ outcome: 'refused', refusal: { code: 'form.invalid' } })
    await scenario.given('rita', 'revise', { change: 'K', form: { account: `${secret}6` }, comment: 'still private' })
    expect(scenario.change('K').form.account).toHaveProperty('commitment')
  })

  it('of another change is no value of this one', async () => {
    const { scenario } = await opened()
    const account = { commitment: commitmentIn(scenario, 'account') }
    const receipt = await scenario.when('rita', 'submit', {
      ...submission,
      change: 'L',
      form: { system: 'ledger', account },
    } as never)
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'form.invalid' } })
  })
})

describe('a value that no entry can have', () => {
  it('is refused in a private field, and in one that nobody has declared, as in any other', async () => {
    const { scenario } = await opened()
    const { size } = await scenario.store.head()
    for (const strange of [{ limit: -0 }, { nosuch: -0 }, { system: 'ledger', limit: 0.5 }]) {
      const receipt = await scenario.when('rita', 'submit', {
        ...submission,
        change: 'L',
        form: { ...submission.form, ...strange },
      } as never)
      expect(receipt, JSON.stringify(strange)).toMatchObject({
        outcome: 'refused',
        refusal: { code: 'command.malformed' },
      })
    }
    expect((await scenario.store.head()).size).toBe(size)
  })
})

describe('the same command again', () => {
  const again = { ...submission, change: 'L' }

  it('is the same entry, although a salt is random', async () => {
    const { scenario } = await opened()
    const first = await scenario.when('rita', 'submit', again as never, { id: 'the-same-id' })
    const second = await scenario.when('rita', 'submit', again as never, { id: 'the-same-id' })
    expect(second).toEqual(first)
  })

  it('with another private value is another command', async () => {
    const { scenario } = await opened()
    await scenario.when('rita', 'submit', again as never, { id: 'the-same-id' })
    const other = { ...again, form: { ...again.form, account: `${secret}9` } }
    const second = await scenario.when('rita', 'submit', other as never, { id: 'the-same-id' })
    expect(second).toMatchObject({ outcome: 'refused', refusal: { code: 'command.id-reused' } })
  })

  it('after its value was redacted is told to be another one, as nobody can tell any more', async () => {
    const { scenario } = await opened()
    await scenario.when('rita', 'submit', again as never, { id: 'the-same-id' })
    await scenario.given('ada', 'redact', { change: 'L', fields: ['account'], comment: 'asked for' })
    const second = await scenario.when('rita', 'submit', again as never, { id: 'the-same-id' })
    expect(second).toMatchObject({ outcome: 'refused', refusal: { code: 'command.id-reused' } })
  })
})

describe('a command that is refused and recorded', () => {
  it('keeps nothing that opens its private values, and is told the same when it is sent again', async () => {
    const { scenario, openings } = await opened()
    const edit = { change: 'K', form: { account: `${secret}5` }, comment: 'a stranger' }
    await scenario.given('ada', 'registerPerson', { person: 'zoe', name: 'Zoe', accounts: ['zoe'] })
    const first = await scenario.when('zoe', 'revise', edit, { id: 'refused-once' })
    expect(first).toMatchObject({ outcome: 'refused', refusal: { code: 'authority.not-participant' } })
    const text = await textOf(scenario)
    expect(text).not.toContain('marker')
    const { body } = JSON.parse(text.trim().split('\n').at(-1) ?? '')
    expect(await openings.get(body.command.form.account.commitment)).toBeUndefined()
    expect(await scenario.when('zoe', 'revise', edit, { id: 'refused-once' })).toEqual(first)
  })

  it('shows nothing of a field that no form declares, nor of any where nobody knows the form', async () => {
    const { scenario } = await opened({ recordRefusals: 'all' })
    const odd = { ...submission, change: 'L' }
    const typo = { ...odd, form: { system: 'ledger', acount: secret } }
    const nowhere = { ...odd, team: 'x' }
    const unknown = { ...odd, category: 'nromal' }
    for (const command of [typo, nowhere, unknown]) {
      const receipt = await scenario.when('rita', 'submit', command as never)
      expect(receipt).toMatchObject({ outcome: 'refused', recorded: { seq: expect.any(Number) } })
    }
    expect(await textOf(scenario)).not.toContain('marker')
    expect(verifyTrail([new TextEncoder().encode(await textOf(scenario))]).status).toBe('sound')
  })
})

describe('what opens a private value, where a command fails', () => {
  /** Openings that tell which commitments lie there. */
  function counted(): { openings: Openings; there: Set<string> } {
    const inMemory = memoryOpenings()
    const there = new Set<string>()
    const openings: Openings = {
      ...inMemory,
      put: async fresh => {
        await inMemory.put(fresh)
        for (const { commitment } of fresh) there.add(commitment)
      },
      delete: async gone => {
        const all = [...gone]
        await inMemory.delete(all)
        for (const one of all) there.delete(one)
      },
    }
    return { openings, there }
  }
  const again = { ...submission, change: 'L', form: { ...submission.form, limit: 3 } }

  it('is let go of where it could be kept in part only, as nothing was appended then', async () => {
    const { openings, there } = counted()
    const { scenario } = await opened({ openings })
    const before = [...there]
    const append = vi.spyOn(scenario.store, 'append')
    const put = vi.spyOn(openings, 'put').mockImplementationOnce(async ([first]) => {
      if (first !== undefined) await openings.put([first])
      throw new CountersignError('store.unwritable', 'the disk is full')
    })
    await expect(scenario.when('rita', 'submit', again as never)).rejects.toMatchObject({ code: 'store.unwritable' })
    expect([put.mock.calls[0]?.[0].length, put.mock.calls[1]?.[0].length]).toEqual([2, 1])
    expect(append).not.toHaveBeenCalled()
    expect([...there]).toEqual(before)
  })

  it('stays where the append failed, as the entry may be there all the same', async () => {
    const { openings, there } = counted()
    const { scenario } = await opened({ openings })
    const append = scenario.store.append.bind(scenario.store)
    vi.spyOn(scenario.store, 'append').mockImplementationOnce(async (...given) => {
      await append(...given)
      throw new CountersignError('store.unavailable', 'the connection is lost')
    })
    const submitted = scenario.when('rita', 'submit', again as never, { id: 'the-same-id' })
    await expect(submitted).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(there.size).toBe(3)
    await scenario.when('rita', 'submit', again as never, { id: 'the-same-id' })
    expect(await scenario.desk.opened('L')).toEqual(again.form)
    expect(there.size).toBe(3)
  })
})
