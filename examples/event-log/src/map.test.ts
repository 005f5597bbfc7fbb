import { describe, expect, it } from 'vitest'
import { cents, mapCase } from './map.ts'
import { type Written, written } from './testdata/written.ts'

const steps = (short: string, more?: Written) =>
  mapCase(written(short, more)).steps.map(({ account, command }) => `${account} ${command.type}`)
const forms = (short: string, more?: Written) =>
  mapCase(written(short, more)).steps.flatMap(({ command }) => (command.form === undefined ? [] : [command.form]))

describe('an amount in cents', () => {
  it('is read from its digits, and half a cent goes up', () => {
    const read: [string, number][] = [
      ['26.85120450862128', 2685],
      ['0', 0],
      ['7', 700],
      ['7.5', 750],
      ['1.004999999999999999999999', 100],
      ['1.005', 101], // as a binary fraction this is less than 1.005 and would round down
      ['0.995', 100],
      ['9999999999.999', 1_000_000_000_000],
    ]
    for (const [text, whole] of read) expect([text, cents(text)]).toEqual([text, whole])
  })

  it('is none with a sign, an exponent, a comma, or more than ten digits', () => {
    for (const text of ['-1', '+1', '1e3', '1,50', '1.', '.5', '', 'NaN', '10000000000', '1 000', '٣']) {
      expect([text, cents(text)]).toEqual([text, undefined])
    }
  })
})

describe('a case of the log', () => {
  it('is submitted, approved role by role, released and closed by the robot', () => {
    expect(steps('submit +admin +owner +supervisor request paid')).toEqual([
      'employee submit',
      'administration approve',
      'budget-owner approve',
      'supervisor approve',
      'system release',
      'system close',
    ])
  })

  it('is edited and resubmitted after a rejection', () => {
    expect(steps('submit -admin -employee submit')).toEqual([
      'employee submit',
      'administration reject',
      'employee revise',
      'employee resubmit',
    ])
  })

  it('is only edited when it is handed in again without a rejection by a role that is known', () => {
    expect(steps('submit +admin +supervisor -missing submit').slice(3)).toEqual(['unnamed reject', 'employee revise'])
    expect(steps('submit -employee submit')).toEqual(['employee submit', 'employee revise'])
  })

  it('is cancelled when the employee takes it back and never hands it in again', () => {
    expect(steps('submit -admin -employee').at(-1)).toBe('employee cancel')
    expect(steps('submit -admin -employee submit -admin -employee')).toEqual([
      'employee submit',
      'administration reject',
      'employee revise',
      'employee resubmit',
      'administration reject',
      'employee cancel',
    ])
  })

  it('asks for nothing while it is a draft, and counts it', () => {
    expect(mapCase(written('save'))).toMatchObject({ steps: [], events: 1, drafts: 1, takenBack: 0, paid: false })
  })

  it('counts what is taken back in order to be handed in again', () => {
    expect(mapCase(written('submit -admin -employee submit +admin'))).toMatchObject({ takenBack: 1 })
  })

  it('owes a step that the round shows, and in every later round', () => {
    const owner = 'submit +admin -supervisor -employee submit +admin +owner -supervisor -employee submit +admin'
    expect(forms(owner)).toMatchObject([
      { budgetOwner: 'the-supervisor' },
      { budgetOwner: 'another-person' },
      { budgetOwner: 'another-person' },
    ])
    expect(forms('submit -pre -employee submit +supervisor', { from: '2017-05-02T09:00:00.000Z' })).toMatchObject([
      { preApprover: 'asked' },
      { preApprover: 'asked' },
    ])
  })

  it('keeps the form of the procedure under which it was first submitted', () => {
    const across = 'submit -supervisor 2018-02-01T09:00:00.000Z submit +admin +supervisor'
    const [first, second] = forms(across, { from: '2017-12-20T09:00:00.000Z' })
    expect(first).toEqual({ amountCents: 2686, budget: 'budget 1', preApprover: 'none' })
    expect(second).toEqual({ amountCents: 2686, budget: 'budget 1', preApprover: 'asked' })
  })

  it('has no amount where the log writes zero because the declaration never got a number', () => {
    expect(forms('submit', { amount: '0.0', number: 'UNKNOWN' })).toEqual([
      { budget: 'budget 1', budgetOwner: 'the-supervisor' },
    ])
    expect(forms('submit', { amount: '0.0' })).toMatchObject([{ amountCents: 0 }])
    expect(forms('submit', { amount: '3.1', number: 'UNKNOWN' })).toMatchObject([{ amountCents: 310 }])
  })

  it('hands in another content with each submission', () => {
    const digests = mapCase(written('submit -admin submit')).steps.flatMap(({ command }) =>
      command.content === undefined ? [] : [command.content],
    )
    expect(digests).toHaveLength(2)
    expect(digests[0]).not.toEqual(digests[1])
  })

  it('is taken in the order of its times, and those of one instant in the order of the file', () => {
    const at = '2018-03-01T09:00:00.000Z'
    expect(steps(`submit ${at} +admin 2018-02-28T09:00:00.000Z save`)).toEqual([
      'employee submit',
      'administration approve',
    ])
    const late = `2018-03-05T09:00:00.000Z +admin ${at} submit`
    expect(steps(late)).toEqual(['employee submit', 'administration approve'])
  })

  it('gives each command an id that it has in every run', () => {
    const ids = mapCase(written('submit +admin')).steps.map(step => step.id)
    expect(ids).toEqual(['event-declaration1-0', 'event-declaration1-1'])
  })

  it('is refused with an event that is no step of this process, rather than left out', () => {
    for (const [short, found] of [
      ['Declaration_APPROVED_by_DIRECTOR', 'is no step of this process'],
      ['Declaration_constructor_by_EMPLOYEE', 'is no step of this process'],
      ['Declaration_APPROVED_by_toString', 'is no step of this process'],
      ['Permit_SUBMITTED_by_EMPLOYEE', 'is no step of this process'],
    ] as const) {
      expect(() => mapCase(written(short))).toThrow(found)
    }
    expect(() => mapCase(written('submit', { id: '7' }))).toThrow('no id of a change')
    expect(() => mapCase(written('submit', { amount: '1e3' }))).toThrow('is no amount')
    const started = written('submit')
    const events = started.events.map(event => ({ ...event, lifecycle: 'start' }))
    expect(() => mapCase({ ...started, events })).toThrow('lifecycle:transition "start"')
  })

  it('takes the spaces out of its name', () => {
    expect(mapCase(written('submit', { id: 'declaration 86791' })).id).toBe('declaration86791')
  })
})
