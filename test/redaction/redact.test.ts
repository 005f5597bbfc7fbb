import type { Scenario } from '@countersign/testing'
import { CountersignError } from '@countersign/trail'
import { memoryOpenings, type Openings, type Store } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from '../law/refusal.ts'
import { lastEntry } from '../law/trail.ts'
import { commitmentIn, opened, secret, submission, textOf } from './setting.ts'

const redaction = { change: 'K', fields: ['account'], comment: 'the customer has asked for it' }

describe('a redaction', () => {
  it('is an entry with the commitments and the reason, and then nobody can open the values', async () => {
    const { scenario, openings } = await opened()
    const commitment = commitmentIn(scenario, 'account')
    await scenario.given('ada', 'redact', redaction)
    expect(await lastEntry(scenario)).toMatchObject({
      stream: 'change/K',
      by: { person: 'ada' },
      command: { type: 'redact', comment: redaction.comment },
      outcome: { accepted: [{ type: 'value.redacted', field: 'account', commitments: [commitment], by: 'ada' }] },
    })
    expect(await openings.get(commitment)).toBeUndefined()
    expect(await scenario.desk.opened('K')).toEqual({ system: 'ledger', account: { commitment } })
    const redacted = { by: 'ada', at: scenario.now, reason: redaction.comment }
    expect(scenario.change('K').committed).toEqual([{ field: 'account', commitment, redacted }])
    expect(verifyTrail([new TextEncoder().encode(await textOf(scenario))]).status).toBe('sound')
  })

  it('takes every value that was ever filled in in the field, and no other field', async () => {
    const { scenario, openings } = await opened({ submit: { form: { ...submission.form, limit: 2 } } })
    const first = commitmentIn(scenario, 'account')
    await scenario.given('rita', 'revise', { change: 'K', form: { account: `${secret}2` }, comment: 'another' })
    const second = commitmentIn(scenario, 'account')
    await scenario.given('ada', 'redact', redaction)
    expect([await openings.get(first), await openings.get(second)]).toEqual([undefined, undefined])
    expect(await scenario.desk.opened('K')).toMatchObject({ account: { commitment: second }, limit: 2 })
  })

  it('leaves approvals and the digest that they are for as they were', async () => {
    const { scenario } = await opened()
    await scenario.given('bob', 'approve', { change: 'K' })
    const { digest, revision } = scenario.change('K')
    await scenario.given('ada', 'redact', redaction)
    expect(scenario.change('K')).toMatchObject({ digest, revision })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('is made of a change that was closed, or cancelled, which stays what it is', async () => {
    const { scenario } = await opened()
    await scenario.given('bob', 'approve', { change: 'K' })
    await scenario.given('paul', 'release', { change: 'K' })
    await scenario.given('paul', 'close', { change: 'K' })
    await scenario.given('ada', 'redact', redaction)
    await scenario.given('rita', 'submit', { ...submission, change: 'L' } as never)
    await scenario.given('rita', 'cancel', { change: 'L', comment: 'not needed' })
    await scenario.given('otto', 'redact', { ...redaction, change: 'L' })
    expect([scenario.change('K').state, scenario.change('L').state]).toEqual(['closed', 'cancelled'])
    expect(verifyTrail([new TextEncoder().encode(await textOf(scenario))]).status).toBe('sound')
  })

  it('is followed by a value that is filled in anew, which has an opening of its own', async () => {
    const { scenario } = await opened()
    await scenario.given('ada', 'redact', redaction)
    await scenario.given('rita', 'revise', { change: 'K', form: { account: `${secret}4` }, comment: 'the right one' })
    expect(await scenario.desk.opened('K')).toMatchObject({ account: `${secret}4` })
    await scenario.given('ada', 'redact', redaction)
    expect(scenario.change('K').committed?.every(one => one.redacted !== undefined)).toBe(true)
  })

  it('is refused to whoever is no administrator, and recorded as tried', async () => {
    const { scenario } = await opened()
    const facts = { person: 'bob', administrators: ['ada', 'otto'] }
    await refused(scenario, ['bob', 'redact', redaction], 'authority.not-administrator', facts)
    await refused(scenario, ['rita', 'redact', redaction], 'authority.not-administrator')
  })

  it('is refused to an administrator who has asked for, made, approved or rejected it, and to a robot', async () => {
    const { scenario } = await opened()
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'otto', team: 't' })
    await scenario.given('otto', 'approve', { change: 'K' })
    const facts = { person: 'otto', able: ['ada'] }
    await refused(scenario, ['otto', 'redact', redaction], 'duty.second-person', facts)
    await scenario.given('ada', 'submit', { ...submission, change: 'L' } as never)
    await refused(scenario, ['ada', 'redact', { ...redaction, change: 'L' }], 'duty.second-person', { able: ['otto'] })
    await scenario.given('otto', 'registerBot', { bot: 'ada-bot', controller: 'ada', accounts: ['ada-bot'] })
    await refused(scenario, ['ada-bot', 'redact', redaction], 'identity.bot')
  })

  it('is refused to an administrator who makes something on a change that belongs with it', async () => {
    const { scenario } = await opened()
    const content = { digest: 'd'.repeat(64), makers: ['ada'] }
    await scenario.given('rita', 'submit', { ...submission, change: 'L', parent: 'K', content } as never)
    await refused(scenario, ['ada', 'redact', redaction], 'duty.second-person', { able: ['otto'] })
  })

  it('is refused to whoever turned out, after the change was over, to be one of those who made or asked for it', async () => {
    const { scenario } = await opened()
    await scenario.given('bob', 'approve', { change: 'K' })
    await scenario.given('paul', 'release', { change: 'K' })
    await scenario.given('paul', 'close', { change: 'K' })
    scenario.at(3_600_000)
    await scenario.given('ada', 'recordAlias', { person: 'rita', is: 'otto', comment: 'one person under two ids' })
    await refused(scenario, ['otto', 'redact', redaction], 'duty.second-person', { person: 'otto', able: ['ada'] })
    await scenario.given('ada', 'redact', redaction)
    expect(verifyTrail([new TextEncoder().encode(await textOf(scenario))])).toMatchObject({
      status: 'sound',
      codes: {},
    })
  })

  it('is refused where there is nothing private, by a name that is near, or where it was done before', async () => {
    const { scenario } = await opened()
    const what = { what: 'private value', change: 'K' }
    await refused(scenario, ['ada', 'redact', { ...redaction, fields: ['system'] }], 'name.unknown', what)
    const near = { name: 'acount', near: '; did you mean account?' }
    await refused(scenario, ['ada', 'redact', { ...redaction, fields: ['acount'] }], 'name.unknown', near)
    await refused(scenario, ['ada', 'redact', { ...redaction, change: 'X' }], 'name.unknown', { what: 'change' })
    await refused(scenario, ['ada', 'redact', { ...redaction, fields: ['account', 'account'] }], 'command.malformed')
    await refused(scenario, ['ada', 'redact', { ...redaction, fields: [] }], 'command.malformed')
    await refused(scenario, ['ada', 'redact', { ...redaction, comment: ' ' }], 'command.malformed')
    await scenario.given('ada', 'redact', redaction)
    const state = { what: 'K', state: 'redacted', fields: ['account'] }
    await refused(scenario, ['otto', 'redact', redaction], 'nothing-to-do', state)
  })

  it('of more values than an entry holds is made in as many entries as it takes', async () => {
    const { scenario, openings } = await opened()
    const commitments = [commitmentIn(scenario, 'account')]
    for (let edit = 0; edit < 410; edit++) {
      await scenario.given('rita', 'revise', { change: 'K', form: { account: `${secret}${edit}` }, comment: 'again' })
      commitments.push(commitmentIn(scenario, 'account'))
    }
    await scenario.given('ada', 'redact', redaction)
    expect(scenario.change('K').committed?.filter(one => one.redacted === undefined)).toHaveLength(11)
    await scenario.given('ada', 'redact', redaction)
    await refused(scenario, ['ada', 'redact', redaction], 'nothing-to-do')
    expect(await Promise.all(commitments.map(one => openings.get(one)))).toEqual(commitments.map(() => undefined))
  })
})

describe('what opens a value that was redacted', () => {
  /** Openings that cannot be deleted until they are told otherwise, as on a disk that is full. */
  const stubborn = (): Openings & { fails: boolean } => {
    const inner = memoryOpenings()
    const own = {
      fails: false,
      put: (some: Parameters<Openings['put']>[0]) => inner.put(some),
      get: (one: string) => inner.get(one),
      delete: async (some: Iterable<string>) => {
        if (own.fails) throw new Error('the disk is full')
        await inner.delete(some)
      },
    }
    return own
  }

  it('is deleted after the entry; where that fails, the same command again makes it up', async () => {
    const openings = stubborn()
    const { scenario } = await opened({ openings })
    const commitment = commitmentIn(scenario, 'account')
    openings.fails = true
    const first = scenario.when('ada', 'redact', redaction, { id: 'redact-it' })
    await expect(first).rejects.toThrow('the disk is full')
    expect([await openings.get(commitment), (await lastEntry(scenario)).command.type]).toMatchObject([{}, 'redact'])
    openings.fails = false
    expect(await scenario.when('ada', 'redact', redaction, { id: 'redact-it' })).toMatchObject({ outcome: 'accepted' })
    expect(await openings.get(commitment)).toBeUndefined()
  })

  it('is deleted when a desk next opens, or catches up, where a crash came between', async () => {
    const openings = stubborn()
    const { scenario } = await opened({ openings })
    const commitment = commitmentIn(scenario, 'account')
    openings.fails = true
    await expect(scenario.when('ada', 'redact', redaction)).rejects.toThrow('the disk is full')
    const reopened = () => createDesk({ store: scenario.store, openings, clock: () => new Date(scenario.now) })
    await expect(reopened()).rejects.toThrow('the disk is full')
    openings.fails = false
    await scenario.desk.catchUp()
    expect(await openings.get(commitment)).toBeUndefined()
    await reopened()
  })

  it('is deleted by a desk that reads of a redaction by another one', async () => {
    const { scenario, openings } = await opened()
    const commitment = commitmentIn(scenario, 'account')
    const elsewhere = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    await elsewhere.by('ada').redact(redaction)
    expect(await openings.get(commitment)).toBeDefined()
    await scenario.desk.catchUp()
    expect(await openings.get(commitment)).toBeUndefined()
  })

  it('is durable before the entry that needs it, and stays behind unused where that entry never came', async () => {
    const { scenario, openings } = await opened()
    const kept: string[] = []
    const store = {
      head: () => scenario.store.head(),
      read: (range?: Parameters<typeof scenario.store.read>[0]) => scenario.store.read(range),
      append: async () => {
        throw new Error('the power is cut')
      },
      close: async () => {},
    }
    const watched: Openings = {
      put: async some => {
        kept.push(...some.map(one => one.commitment))
        await openings.put(some)
      },
      get: one => openings.get(one),
      delete: some => openings.delete(some),
    }
    const desk = await createDesk({ store, openings: watched, clock: () => new Date(scenario.now) })
    const submitted = desk.by('rita').submit({ ...submission, change: 'L' } as never)
    await expect(submitted).rejects.toThrow('the power is cut')
    expect(kept).toHaveLength(1)
    expect(await openings.get(kept[0] ?? '')).toMatchObject({ value: secret })
    expect(await textOf(scenario)).not.toContain(kept[0])
  })
})

describe('what opens a value of a command that came to no entry of its own', () => {
  /** Openings of which the commitments can be told. */
  const counted = () => {
    const held = new Set<string>()
    const inner = memoryOpenings()
    const openings: Openings = {
      async put(some) {
        await inner.put(some)
        for (const { commitment } of some) held.add(commitment)
      },
      get: one => inner.get(one),
      async delete(some) {
        const gone = [...some]
        await inner.delete(gone)
        for (const one of gone) held.delete(one)
      },
    }
    return { openings, held }
  }
  const deskOn = ({ store, now }: Scenario, openings: Openings) =>
    createDesk({ store, openings, clock: () => new Date(now) })

  it('is deleted where it was there already: whoever sends it once more to another desk leaves nothing behind', async () => {
    const { openings, held } = counted()
    const { scenario } = await opened({ openings })
    const far = await deskOn(scenario, openings)
    const command = { ...submission, change: 'L' } as never
    const receipts = []
    for (const desk of [scenario.desk, far])
      receipts.push(await desk.by('rita').submit(command, { id: 'submit-L-once' }))
    expect(receipts[1]).toEqual(receipts[0])
    expect(held.size).toBe(2)
    await scenario.given('ada', 'redact', { ...redaction, change: 'L' })
    expect([...held]).toEqual([commitmentIn(scenario, 'account')])
  })

  it('is deleted where it is refused once others were heard of, and where its races are lost', async () => {
    const { openings, held } = counted()
    const { scenario } = await opened({ openings })
    const far = await deskOn(scenario, openings)
    await scenario.given('rita', 'submit', { ...submission, change: 'L' } as never)
    const before = [...held]
    const refused = await far.by('rita').submit({ ...submission, change: 'L', title: 'the same once more' } as never)
    expect(refused).toMatchObject({ outcome: 'refused', refusal: { code: 'name.taken' } })
    expect([...held]).toEqual(before)
    const { store } = scenario
    const conflict = new CountersignError('store.conflict', 'somebody was quicker')
    const lost = await createDesk({ store: { ...store, append: () => Promise.reject(conflict) }, openings })
    await expect(lost.by('rita').submit({ ...submission, change: 'M' } as never)).rejects.toThrow('races')
    expect([...held]).toEqual(before)
  })

  it('stays where nobody knows whether the entry is there, and where it cannot be deleted', async () => {
    const { openings, held } = counted()
    const { scenario } = await opened({ openings })
    const { store } = scenario
    const gone = new CountersignError('store.unavailable', 'the connection was lost')
    const append: Store['append'] = async (drafts, expected) => {
      await store.append(drafts, expected)
      throw gone
    }
    const desk = await createDesk({ store: { ...store, append }, openings, clock: () => new Date(scenario.now) })
    const submit = { ...submission, change: 'L' } as never
    await expect(desk.by('rita').submit(submit, { id: 'submit-L-once' })).rejects.toThrow('the connection was lost')
    expect(held.size).toBe(2)
    const stubborn = { ...openings, delete: () => Promise.reject(new Error('the disk is full')) }
    const far = await deskOn(scenario, stubborn)
    // Somebody else has written the same between what this desk reads and what it writes.
    const late: Store['append'] = async (drafts, expected) => {
      await far.by('rita').submit({ ...submission, change: 'M' } as never, { id: 'submit-M-once' })
      return store.append(drafts, expected)
    }
    const again = await createDesk({
      store: { ...store, append: late },
      openings: stubborn,
      clock: () => new Date(scenario.now),
    })
    const told = await again.by('rita').submit({ ...submission, change: 'M' } as never, { id: 'submit-M-once' })
    expect([told.outcome, held.size]).toEqual(['accepted', 4])
    expect(await scenario.desk.by('rita').submit(submit, { id: 'submit-L-once' })).toMatchObject({
      outcome: 'accepted',
    })
    expect(await scenario.desk.opened('L')).toMatchObject({ account: secret })
  })

  it('stays where an entry has come to rest on it after all, whatever has brought that about', async () => {
    const { openings } = counted()
    const { scenario } = await opened({ openings })
    const { store } = scenario
    // A store that has tried again by itself, and met its own entry.
    const append: Store['append'] = async (drafts, expected) => {
      await store.append(drafts, expected)
      return store.append(drafts, expected)
    }
    const desk = await createDesk({ store: { ...store, append }, openings, clock: () => new Date(scenario.now) })
    expect((await desk.by('rita').submit({ ...submission, change: 'L' } as never)).outcome).toBe('accepted')
    // Salts that are not drawn, so that two desks come to the same commitment.
    const same = { openings, newSalt: () => new Uint8Array(32).fill(7), clock: () => new Date(scenario.now) }
    for (const one of [await createDesk({ store, ...same }), await createDesk({ store, ...same })])
      await one.by('rita').submit({ ...submission, change: 'M' } as never, { id: 'submit-M-once' })
    await scenario.desk.catchUp()
    for (const change of ['L', 'M']) expect(await scenario.desk.opened(change)).toMatchObject({ account: secret })
  })

  it('is deleted beside the next command within a transaction where it was redacted in one', async () => {
    const { openings, held } = counted()
    const { scenario } = await opened({ openings })
    const desk = await deskOn(scenario, openings)
    const { store } = scenario
    const within = { append: store.append.bind(store), read: store.read.bind(store) }
    const by = (account: string) => desk.by(account, { within })
    await by('ada').redact(redaction)
    expect(held.size).toBe(1)
    await by('rita').cancel({ change: 'K', comment: 'not needed' })
    await new Promise(resolve => setImmediate(resolve))
    expect(held.size).toBe(0)
  })
})
