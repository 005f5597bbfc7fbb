import { createHash } from 'node:crypto'
import { f0, type Scenario } from '@countersign/testing'
import { formatVerifierKey, parseVerifierKey, signerKey, verifierKeyOf } from '@countersign/trail'
import { describe, expect, it } from 'vitest'
import { refused } from '../law/refusal.ts'
import { eventsOf } from '../law/trail.ts'

const origin = 'trail.example/scenario'
const vkey = (seed: number, name = origin) =>
  formatVerifierKey(verifierKeyOf(signerKey(name, new Uint8Array(32).fill(seed))))
const [first, second, third] = [vkey(1), vkey(2), vkey(3)]
const rotate = (key: string) => ({ key, comment: 'as every year' })

const keyed = (): Promise<Scenario> => f0({ key: first })
const keysOf = ({ desk }: Scenario) => {
  const { key, keys, keyProposed } = desk.governance()
  return { key, keys, keyProposed }
}

describe('the key of a trail', () => {
  it('is replaced by two administrators, one of whom asks for it and the other agrees, as two entries', async () => {
    const scenario = await keyed()
    await scenario.given('ada', 'rotateKey', rotate(second))
    expect(keysOf(scenario)).toEqual({ key: first, keys: [first], keyProposed: { key: second, by: 'ada' } })
    await scenario.given('otto', 'rotateKey', rotate(second))
    expect(keysOf(scenario)).toEqual({ key: second, keys: [first, second], keyProposed: undefined })
    expect((await eventsOf(scenario)).slice(-2)).toEqual([
      { type: 'key.proposed', key: second, by: 'ada' },
      { type: 'key.rotated', key: second, by: 'otto', at: scenario.now },
    ])
  })

  it('is not replaced by one administrator alone, nor by somebody who is none', async () => {
    const scenario = await keyed()
    await scenario.given('ada', 'rotateKey', rotate(second))
    await refused(scenario, ['ada', 'rotateKey', rotate(second)], 'duty.second-person', { person: 'ada' })
    await refused(scenario, ['bob', 'rotateKey', rotate(second)], 'authority.not-administrator', { person: 'bob' })
    expect(keysOf(scenario).key).toBe(first)
  })

  it('is not replaced by one person under two names, nor by what somebody asked for who has left since', async () => {
    const scenario = await keyed()
    for (const account of ['ada', 'otto']) await scenario.given(account, 'appointAdministrator', { person: 'rita' })
    await scenario.given('rita', 'rotateKey', rotate(second))
    await scenario.given('otto', 'recordAlias', { person: 'rita', is: 'ada', comment: 'one and the same' })
    await refused(scenario, ['ada', 'rotateKey', rotate(second)], 'duty.second-person', { person: 'ada' })
    await scenario.given('otto', 'recordDeparture', { person: 'ada', compromised: true })
    expect(keysOf(scenario).keyProposed).toBeUndefined()
    await scenario.given('otto', 'rotateKey', rotate(second))
    expect(keysOf(scenario)).toMatchObject({ key: first, keyProposed: { by: 'otto' } })
  })

  it('takes two who mean the same key: whoever asks for another one asks anew', async () => {
    const scenario = await keyed()
    await scenario.given('ada', 'rotateKey', rotate(second))
    await scenario.given('otto', 'rotateKey', rotate(third))
    expect(keysOf(scenario)).toMatchObject({ key: first, keyProposed: { key: third, by: 'otto' } })
    await scenario.given('ada', 'rotateKey', rotate(third))
    expect(keysOf(scenario).keys).toEqual([first, third])
  })

  it('goes back to a key that was asked for before as to any other: nobody is held to what another request took the place of', async () => {
    const scenario = await keyed()
    for (const [account, key] of [
      ['ada', second],
      ['otto', third],
      ['otto', second],
    ] as const) {
      await scenario.given(account, 'rotateKey', rotate(key))
      expect(keysOf(scenario)).toEqual({ key: first, keys: [first], keyProposed: { key, by: account } })
    }
    await refused(scenario, ['otto', 'rotateKey', rotate(second)], 'duty.second-person', { person: 'otto' })
    await scenario.given('ada', 'rotateKey', rotate(second))
    expect(keysOf(scenario)).toMatchObject({ key: second, keys: [first, second] })
  })

  it('never comes back once it was replaced, and is not put in place twice', async () => {
    const scenario = await keyed()
    for (const account of ['ada', 'otto']) await scenario.given(account, 'rotateKey', rotate(second))
    await refused(scenario, ['ada', 'rotateKey', rotate(second)], 'nothing-to-do')
    await refused(scenario, ['ada', 'rotateKey', rotate(first)], 'key.unfit', {
      key: first,
      problem: 'retired',
    })
  })

  it('has the name of the trail, in its founding and later, so that whoever verifies a checkpoint finds it', async () => {
    const other = vkey(2, 'trail.example/other')
    await refused(await keyed(), ['ada', 'rotateKey', rotate(other)], 'key.unfit', {
      key: other,
      problem: 'other name',
      origin,
    })
    await expect(f0({ key: other })).rejects.toThrow(`refused key.unfit: ${other} cannot be the key of the trail`)
  })

  it('can be named first by a rotation, where the founding named none', async () => {
    const scenario = await f0()
    expect(keysOf(scenario)).toEqual({ key: undefined, keys: [], keyProposed: undefined })
    for (const account of ['ada', 'otto']) await scenario.given(account, 'rotateKey', rotate(first))
    expect(keysOf(scenario)).toMatchObject({ key: first, keys: [first] })
  })

  const { publicKey } = parseVerifierKey(first)
  const witness = Buffer.from([4, ...publicKey]).toString('base64')
  /** The text of a key of these bytes, whose key id is its own. */
  const textOf = (hex: string) => {
    const bytes = Buffer.from(`01${hex}`, 'hex')
    const keyId = createHash('sha256').update(`${origin}\n`).update(bytes).digest('hex').slice(0, 8)
    return `${origin}+${keyId}+${bytes.toString('base64')}`
  }
  for (const [what, key] of [
    ['the identity, under which anybody can sign', textOf(`01${'00'.repeat(31)}`)],
    ['a point of order four', textOf('00'.repeat(32))],
    ['no point of the curve', textOf(`02${'00'.repeat(31)}`)],
    ['a second spelling of a key', textOf(`f0${'ff'.repeat(30)}7f`)],
    ['no key', 'a key'],
    ['a key whose id is not its own', first.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['the key of a witness', `${origin}+00000000+${witness}`],
    ['a secret', `PRIVATE+KEY+${first}`],
    ['nothing', ''],
    ['a key that goes on', `${first}\n`],
  ] as const) {
    it(`is refused as no command where it is ${what}`, async () => {
      await refused(await keyed(), ['ada', 'rotateKey', rotate(key)], 'command.malformed')
      await expect(f0({ key })).rejects.toThrow('must be a public key that signs notes')
    })
  }
})
