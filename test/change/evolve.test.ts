import { content, f0Tested } from '@countersign/testing'
import { canonical } from '@countersign/trail'
import { describe, expect, it } from 'vitest'
import { type Change, unsaid } from '../../packages/countersign/src/change/change.ts'
import type { ChangeCommand } from '../../packages/countersign/src/change/command.ts'
import type { ChangeEvent } from '../../packages/countersign/src/change/event.ts'
import { evolveChange, evolved } from '../../packages/countersign/src/change/evolve.ts'

const first = '2026-03-02T08:00:00.000Z'
const at = '2026-03-03T09:00:00.000Z'
const until = '2026-04-01T00:00:00.000Z'
const submit = {
  type: 'submit',
  change: 'K',
  team: 't',
  category: 'normal',
  title: 'Round half a cent',
  reason: 'the bank differs',
  form: { risk: 'low' },
  content: { digest: content('r1'), makers: ['alice'] },
} as const
const submitted: ChangeEvent = {
  type: 'change.submitted',
  requestedBy: 'rita',
  policy: content('policy'),
  digest: content('d1'),
  makers: ['alice', 'bot'],
}

const begun = (command: object = submit): Change => {
  const change = evolveChange(undefined, [submitted], { command: command as ChangeCommand, at: first, under: 7 })
  if (change === undefined) throw new Error('nothing began')
  return change
}

/** What a change becomes by events of one command, given at `at`. What is folded on the way always has the same members. */
function after(change: Change, event: ChangeEvent | readonly ChangeEvent[], command?: object): Change {
  const occasion = { command: command as ChangeCommand, at }
  const events = [event].flat() as ChangeEvent[]
  const full = { ...unsaid, ...change }
  expect(Object.keys(evolved(full, events, occasion))).toEqual(Object.keys(full))
  return evolveChange(change, events, occasion)
}

/** What events of one command make otherwise. */
const otherwise = (change: Change, event: ChangeEvent, command?: object) => {
  const next = after(change, event, command)
  return Object.fromEntries(Object.entries(next).filter(([name, value]) => change[name as keyof Change] !== value))
}

function isFrozenThroughout(value: unknown): boolean {
  const within = typeof value === 'object' && value !== null ? Object.values(value) : []
  return (typeof value !== 'object' || value === null || Object.isFrozen(value)) && within.every(isFrozenThroughout)
}

const seats = [{ role: 'appr', capacity: 'own' as const }]
const by = (person: string, stage = 'approve') => ({ stage, person, chain: [person], seats })
const given = (person: string, stage = 'approve') => ({ ...by(person, stage), round: 1, revision: 1, at })
const held = (duty: string, person: string, how: string, when = at) => ({ duty, person, revision: 1, at: when, how })
const K = begun()

describe('a change is frozen, with all that is in it', () => {
  it('and shows no member of which there is nothing to say, so that it has a canonical form', () => {
    expect(Object.values(K)).not.toContain(undefined)
    expect(canonical(K)).toContain('"state":"returned"')
    expect(Object.keys(K)).not.toContain('parent')
  })

  it('where it was folded, but not while a decision folds', () => {
    expect(isFrozenThroughout(K)).toBe(true)
    const occasion = { command: submit as unknown as ChangeCommand, at: first, under: 7 }
    expect(Object.isFrozen(evolved(undefined, [submitted], occasion))).toBe(false)
    expect(evolved(undefined, [submitted], occasion)).toEqual(K)
  })

  it('where a desk shows it, after a command or later, and within a transaction of the host', async () => {
    const { desk, store } = await f0Tested()
    const { revision = 0, digest = '' } = desk.change('K') ?? {}
    const given = await desk.by('bob').approve({ change: 'K', revision, digest })
    expect(given.outcome).toBe('accepted')
    const within = { append: store.append.bind(store), read: store.read.bind(store) }
    const more = await desk.by('carol', { within }).approve({ change: 'K', revision, digest })
    for (const one of [given, more]) expect('change' in one && isFrozenThroughout(one.change)).toBe(true)
    expect(isFrozenThroughout(desk.change('K'))).toBe(true)
  })
})

describe('a change begins', () => {
  it('with what its submission says, and who asked for it and made it', () => {
    expect(K).toEqual({
      id: 'K',
      team: 't',
      category: 'normal',
      policy: content('policy'),
      title: 'Round half a cent',
      reason: 'the bank differs',
      requestedBy: 'rita',
      submittedAt: first,
      submittedUnder: 7,
      state: 'returned',
      since: first,
      round: 1,
      revision: 1,
      digest: content('d1'),
      digestSince: first,
      form: { risk: 'low' },
      content: content('r1'),
      held: [
        { ...held('request', 'rita', 'requested', first), under: 7 },
        { ...held('make', 'alice', 'made content', first), under: 7 },
        { ...held('make', 'bot', 'made content', first), under: 7 },
      ],
      tasks: [],
      ticks: [],
      approvals: [],
      rejections: [],
      signOffs: [],
      releases: [],
      exceptions: [],
      obligations: [],
      overrides: [],
      electorates: {},
    })
  })

  it('without content where there is none, and with its parent', () => {
    const { content: _, ...bare } = submit
    const child = begun({ ...bare, parent: 'P' })
    expect(child.parent).toBe('P')
    expect(child.content).toBeUndefined()
    expect(K.parent).toBeUndefined()
  })

  it('by nothing else than a submission', () => {
    const revise = { type: 'revise', change: 'K', comment: 'no' } as ChangeCommand
    expect(evolveChange(undefined, [submitted], { command: revise, at })).toBeUndefined()
    expect(evolveChange(undefined, [submitted], { at })).toBeUndefined()
    const command = submit as unknown as ChangeCommand
    expect(evolveChange(undefined, [{ type: 'change.closed' }], { command, at })).toBeUndefined()
    expect(evolveChange(undefined, [submitted], { command, at })?.submittedUnder).toBe(0)
  })

  it('frozen to its depth, and keeps what did not change', () => {
    expect(Object.isFrozen(K.held[0])).toBe(true)
    expect(Object.isFrozen(K.form)).toBe(true)
    const next = after(K, { type: 'change.assigned', to: 'dan' })
    expect(next.form).toBe(K.form)
    expect(next.held[0]).toBe(K.held[0])
    expect(after(K, [])).toBe(K)
  })
})

describe('what an event of another command would say', () => {
  it.each<[string, ChangeEvent]>([
    [
      'an edit',
      { type: 'change.revised', revision: 2, digest: content('d2'), material: true, editor: 'alice', makers: [] },
    ],
    ['a sign-off', { type: 'test.signed-off', ...by('erin', 'verify') }],
    [
      'another category',
      {
        type: 'change.recategorised',
        category: 'urgent',
        revision: 2,
        digest: content('d2'),
        editor: 'rita',
        round: 2,
      },
    ],
    [
      'an exception',
      { type: 'exception.requested', exception: 'e', person: 'alice', duties: ['make', 'approve'], until, by: 'alice' },
    ],
    ['an override', { type: 'freeze.overridden', freeze: 'close', by: 'hana', until }],
  ])('is not taken from a command that does not say it, nor from none: %s', (_, event) => {
    expect(after(K, event, { type: 'cancel', change: 'K', comment: 'no' })).toBe(K)
    expect(after(K, event)).toBe(K)
  })

  it.each<[string, ChangeEvent]>([
    ['a second submission', submitted],
    ['a block', { type: 'change.blocked', stage: 'approve', status: 'vacant', missing: {}, excluded: {} }],
    ['what is retained', { type: 'approval.retained', approval: 0, revision: 2 }],
    ['a plan that lies in a freeze', { type: 'plan.frozen', freeze: 'close', from: at, until }],
  ])('changes nothing: %s', (_, event) => {
    expect(after(K, event, submit)).toBe(K)
  })
})

describe('an edit', () => {
  const tasked = after(K, [
    { type: 'task.completed', duty: 'review', ...by('dan', 'look') },
    { type: 'task.completed', duty: 'draw', ...by('dora', 'plan') },
  ])
  const revised = (more: object = {}) =>
    ({
      type: 'change.revised',
      revision: 2,
      digest: content('d2'),
      material: true,
      editor: 'eve',
      makers: ['frank'],
      ...more,
    }) as ChangeEvent
  const revise = (more: object) => ({ type: 'revise', change: 'K', comment: 'better', ...more })

  it('sets what it names and leaves the rest', () => {
    const next = after(K, revised(), revise({ title: 'Other', form: { note: 'n' } }))
    expect(next).toMatchObject({
      title: 'Other',
      reason: 'the bank differs',
      form: { risk: 'low', note: 'n' },
      content: content('r1'),
      revision: 2,
      digest: content('d2'),
    })
    const other = after(K, revised(), revise({ reason: 'because', content: { digest: content('r2'), makers: [] } }))
    expect(other).toMatchObject({ title: 'Round half a cent', reason: 'because', content: content('r2') })
  })

  it('makes its editor a maker where it is material, beside those who made the content', () => {
    expect(after(K, revised(), revise({})).held.slice(3)).toEqual([
      { duty: 'make', person: 'frank', revision: 2, at, how: 'made content' },
      { duty: 'make', person: 'eve', revision: 2, at, how: 'edited' },
    ])
    expect(after(K, revised({ material: false }), revise({})).held.slice(3)).toEqual([
      { duty: 'make', person: 'frank', revision: 2, at, how: 'made content' },
    ])
  })

  it('keeps under how many events of people and rules somebody has made content once more, each number once', () => {
    const once = (change: Change, makers: string[], under?: number) => {
      const occasion = { command: revise({}) as ChangeCommand, at, ...(under === undefined ? {} : { under }) }
      return evolveChange(change, [revised({ makers, editor: 'alice', material: false })], occasion)
    }
    const next = once(once(once(K, ['bot'], 7), ['bot'], 8), ['bot', 'frank'], 8)
    const last = once(once(next, ['alice', 'bot'], 9), ['frank'])
    expect(last.held).toEqual([
      { ...held('request', 'rita', 'requested', first), under: 7 },
      { ...held('make', 'alice', 'made content', first), under: 7, again: [9] },
      { ...held('make', 'bot', 'made content', first), under: 7, again: [8, 9] },
      { ...held('make', 'frank', 'made content'), revision: 2, under: 8 },
    ])
  })

  it('undoes a review of what was there before, where it is material, and no other task', () => {
    expect(after(tasked, revised(), revise({})).tasks.map(one => one.stage)).toEqual(['plan'])
    expect(after(tasked, revised({ material: false }), revise({})).tasks).toBe(tasked.tasks)
  })
})

describe('what is given', () => {
  const approved = after(K, { type: 'approval.granted', ...by('bob') })

  it('is an approval, with what was said of it', () => {
    expect(otherwise(K, { type: 'approval.granted', ...by('bob') })).toEqual({
      approvals: [given('bob')],
      held: [...K.held, held('approve', 'bob', 'approved')],
    })
    const full = { environments: ['live'], exceptions: ['e'], afterwards: true as const }
    expect(otherwise(K, { type: 'approval.granted', ...by('bob'), ...full })).toEqual({
      approvals: [{ ...given('bob'), ...full }],
      held: [...K.held, held('approve', 'bob', 'reviewed')],
    })
    expect(Object.keys(approved.approvals[0] ?? {})).toEqual(Object.keys(given('bob')))
  })

  it('is an approval that was carried, from when it was given', () => {
    const from = { change: 'P', approval: 3 }
    const event = { type: 'approval.carried', ...by('bob'), from, at: first, until } as const
    expect(otherwise(K, event)).toEqual({
      approvals: [{ ...given('bob'), at: first, carried: { ...from, until } }],
      held: [...K.held, held('approve', 'bob', 'approved')],
    })
    expect(after(K, { ...event, environments: ['live'] }).approvals[0]?.environments).toEqual(['live'])
    expect('environments' in (after(K, event).approvals[0] ?? {})).toBe(false)
  })

  it('is a sign-off with its result and its evidence', () => {
    const command = { type: 'signOff', change: 'K', result: 'passed', evidence: [{ name: 'report' }] }
    expect(otherwise(K, { type: 'test.signed-off', ...by('erin', 'verify') }, command)).toEqual({
      signOffs: [{ ...given('erin', 'verify'), result: 'passed', evidence: [{ name: 'report' }] }],
      held: [...K.held, held('test', 'erin', 'tested')],
    })
  })

  it('tells how many entries of people and rules there were, where that is known', () => {
    const event = { type: 'approval.granted', ...by('bob') } as ChangeEvent
    expect(evolveChange(K, [event], { at, under: 9 }).approvals).toEqual([{ ...given('bob'), under: 9 }])
    expect(after(K, event).approvals).toEqual([given('bob')])
  })

  it('is a task, by which one has the duty and, unless one only looked at it, has made something', () => {
    expect(otherwise(K, { type: 'task.completed', duty: 'draw', ...by('dora', 'plan') })).toEqual({
      tasks: [{ duty: 'draw', ...by('dora', 'plan'), at }],
      held: [...K.held, held('draw', 'dora', 'did the task'), held('make', 'dora', 'did the task')],
    })
    expect(otherwise(K, { type: 'task.completed', duty: 'review', ...by('dan', 'look') })).toEqual({
      tasks: [{ duty: 'review', ...by('dan', 'look'), at }],
      held: [...K.held, held('review', 'dan', 'did the task')],
    })
  })

  it('ends by the first cause, and nothing brings it back', () => {
    const two = after(approved, { type: 'approval.granted', ...by('carol') })
    const stale = { type: 'approval.staled', approval: 1, revision: 2 } as const
    expect(otherwise(two, stale)).toEqual({
      approvals: [given('bob'), { ...given('carol'), ended: { how: 'stale', revision: 2, at } }],
    })
    expect(otherwise(two, { type: 'approval.withdrawn', approval: 0 })).toEqual({
      approvals: [{ ...given('bob'), ended: { how: 'withdrawn', at } }, given('carol')],
    })
    const ended = after(two, stale)
    expect(after(ended, { type: 'approval.withdrawn', approval: 1 }).approvals).toEqual(ended.approvals)
  })

  it('ends at an edit, be it a sign-off or a release', () => {
    const signOff = { type: 'signOff', change: 'K', result: 'failed', evidence: [] }
    const tested = after(K, { type: 'test.signed-off', ...by('erin', 'verify') }, signOff)
    expect(otherwise(tested, { type: 'signoff.staled', signOff: 0, revision: 2 })).toEqual({
      signOffs: [
        { ...given('erin', 'verify'), result: 'failed', evidence: [], ended: { how: 'stale', revision: 2, at } },
      ],
    })
    const released = after(K, { type: 'change.released', ...by('paul', 'go') })
    expect(otherwise(released, { type: 'release.staled', release: 0, revision: 2 })).toEqual({
      releases: [{ ...given('paul', 'go'), ended: { how: 'stale', revision: 2, at } }],
    })
  })

  it('is kept in a later round, and says for good in which it was given', () => {
    const kept = after(approved, { type: 'approval.kept', approval: 0, round: 2 })
    expect(kept.approvals).toEqual([{ ...given('bob'), round: 2, retainedFrom: 1 }])
    expect(after(kept, { type: 'approval.kept', approval: 0, round: 3 }).approvals).toEqual([
      { ...given('bob'), round: 3, retainedFrom: 1 },
    ])
    expect(after(approved, { type: 'approval.kept', approval: 1, round: 2 }).approvals).toEqual([given('bob')])
  })

  it('is held once, from the first time, however often it is done', () => {
    const again = after(approved, { type: 'approval.granted', ...by('bob') })
    expect(again.held).toBe(approved.held)
    const both = after(approved, { type: 'approval.granted', ...by('carol'), chain: ['carol', 'bob'] })
    expect(both.held.slice(K.held.length)).toEqual([
      held('approve', 'bob', 'approved'),
      held('approve', 'carol', 'approved'),
    ])
    const otherwiseHeld = after(approved, { type: 'change.rejected', ...by('bob') })
    expect(otherwiseHeld.held.at(-1)).toEqual(held('approve', 'bob', 'rejected'))
  })
})

describe('a rejection', () => {
  const approved = after(K, [
    { type: 'approval.granted', ...by('bob') },
    { type: 'approval.granted', ...by('carol') },
  ])

  it('says after how many approvals it came, and ends those of the same person', () => {
    expect(otherwise(approved, { type: 'change.rejected', ...by('bob'), ends: [0] })).toEqual({
      approvals: [{ ...given('bob'), ended: { how: 'rejected', at } }, given('carol')],
      rejections: [{ ...given('bob'), after: 2, category: 'normal' }],
      held: [...approved.held, held('approve', 'bob', 'rejected')],
    })
    expect(after(approved, { type: 'change.rejected', ...by('dan') }).approvals).toBe(approved.approvals)
  })

  it('is a veto until somebody lifts it', () => {
    const placed = { policy: K.policy, stage: 'approve' }
    const vetoed = after(K, [
      { type: 'change.rejected', ...by('dan'), veto: true },
      { type: 'change.rejected', ...by('bob'), veto: true },
    ])
    expect(vetoed.rejections[0]).toEqual({ ...given('dan'), after: 0, category: 'normal', veto: true, placed })
    expect(otherwise(vetoed, { type: 'veto.lifted', rejection: 1, by: 'hana' })).toEqual({
      rejections: [
        { ...given('dan'), after: 0, category: 'normal', veto: true, placed },
        { ...given('bob'), after: 0, category: 'normal', veto: true, placed, lifted: { by: 'hana', at, after: 0 } },
      ],
    })
  })
})

describe('where a change is', () => {
  it.each<[ChangeEvent['type'], string]>([
    ['change.returned', 'returned'],
    ['change.condemned', 'remediation'],
    ['change.cancelled', 'cancelled'],
    ['change.closed', 'closed'],
  ])('is, after %s, %s', (type, state) => {
    const opened = after(K, { type: 'stage.entered', stage: 'approve', at: first })
    expect(otherwise(opened, { type } as ChangeEvent)).toEqual({ state, since: at })
  })

  it('is the stage that was entered, from when that came about', () => {
    const electorates = { approve: { appr: 3 } }
    expect(otherwise(K, { type: 'stage.entered', stage: 'approve' })).toEqual({ state: 'approve', since: at })
    const opened = after(K, { type: 'stage.entered', stage: 'approve', at: first, electorates })
    expect(opened).toMatchObject({ since: first, electorates })
    const more = { type: 'stage.entered', stage: 'risk', electorates: { risk: { head: 1 } } } as const
    expect(after(opened, more).electorates).toEqual({ ...electorates, risk: { head: 1 } })
    const rests = { approvals: [0], signOffs: [1] }
    expect(after(K, { type: 'stage.entered', stage: 'completed', rests })).toMatchObject({ rests: { at, ...rests } })
    expect(after(K, { type: 'stage.entered', stage: 'completed', rests, at: first }).rests?.at).toBe(first)
    expect(opened.rests).toBeUndefined()
  })

  it('is the round in which it was submitted anew, of which no share is counted yet', () => {
    const opened = after(K, { type: 'stage.entered', stage: 'approve', electorates: { approve: { appr: 3 } } })
    expect(otherwise(opened, { type: 'change.resubmitted', round: 2 })).toEqual({ round: 2, electorates: {} })
  })
})

describe('a change of another category or policy', () => {
  const rich = after(
    after(K, [
      {
        type: 'template.applied',
        name: 'restart',
        version: 2,
        digest: content('t'),
        approvers: ['bob'],
        fixed: { risk: 'high', site: 'oslo' },
      },
      { type: 'task.completed', duty: 'draw', ...by('dora', 'plan') },
      { type: 'approval.granted', ...by('bob') },
      { type: 'change.rejected', ...by('dan') },
      { type: 'change.released', ...by('paul', 'go') },
      { type: 'obligation.opened', kind: 'review', stage: 'approve', since: at, due: until },
      { type: 'stage.entered', stage: 'approve', electorates: { approve: { appr: 3 } } },
    ]),
    { type: 'test.signed-off', ...by('erin', 'verify') },
    { type: 'signOff', change: 'K', result: 'passed', evidence: [] },
  )

  it('has followed a template, whose fields the ticket fills in where it says nothing', () => {
    expect(rich.template).toEqual({ name: 'restart', version: 2, digest: content('t') })
    expect(rich.form).toEqual({ risk: 'low', site: 'oslo' })
  })

  it('follows no template once it has left its bounds, and begins its tasks anew', () => {
    const lost = after(rich, { type: 'standard.lost', category: 'normal', fields: ['risk'] })
    expect(lost.template).toBeUndefined()
    expect(lost).toMatchObject({ category: 'normal', tasks: [], electorates: {}, round: 1, form: rich.form })
    expect(lost.tasks).toEqual([])
    expect(lost.electorates).toEqual({})
  })

  it('begins a round, with the form that it was given, and whoever moved it has made it', () => {
    const event = {
      type: 'change.recategorised',
      category: 'urgent',
      revision: 2,
      digest: content('d2'),
      editor: 'rita',
      round: 2,
    } as const
    const command = { type: 'recategorise', change: 'K', category: 'urgent', comment: 'now' }
    const moved = after(rich, event, command)
    expect(moved.template).toBeUndefined()
    expect(moved).toMatchObject({ category: 'urgent', revision: 2, digest: content('d2'), round: 2, form: rich.form })
    expect([moved.tasks, moved.electorates]).toEqual([[], {}])
    expect(moved.held.at(-1)).toEqual({ duty: 'make', person: 'rita', revision: 2, at, how: 'edited' })
    expect(after(rich, event, { ...command, form: { risk: 'high' } }).form).toEqual({ risk: 'high' })
  })

  it('is under another policy, with the stages by the names that they have there', () => {
    const event = { type: 'change.migrated', policy: content('new'), digest: content('d2') } as const
    const stages = { approve: 'agree', verify: 'check', plan: 'draft', go: 'live' }
    const moved = after(rich, { ...event, stages })
    expect(moved).toMatchObject({ policy: content('new'), digest: content('d2'), electorates: {} })
    expect(moved.electorates).toEqual({})
    expect(
      [moved.approvals, moved.rejections, moved.signOffs, moved.tasks, moved.releases, moved.obligations].map(list =>
        list.map(one => one.stage),
      ),
    ).toEqual([['agree'], ['agree'], ['check'], ['draft'], ['live'], ['agree']])
    expect(after(rich, event).approvals).toEqual(rich.approvals)
    expect(after(rich, { ...event, stages: { toString: 'x' } }).approvals).toEqual(rich.approvals)
  })
})

describe('what stands beside a change', () => {
  it('is the exception that was asked for, granted and revoked', () => {
    const asked = {
      type: 'exception.requested',
      exception: 'e',
      person: 'alice',
      duties: ['make', 'approve'],
      until,
      by: 'rita',
    } as ChangeEvent
    const command = { type: 'requestException', change: 'K', reason: 'two of us' }
    const one = {
      id: 'e',
      person: 'alice',
      duties: ['make', 'approve'],
      until,
      reason: 'two of us',
      requestedBy: 'rita',
    }
    const two = after(after(K, asked, command), { ...asked, exception: 'f' } as ChangeEvent, command)
    expect(two.exceptions).toEqual([one, { ...one, id: 'f' }])
    const counts = { approvals: 0, signOffs: 0, releases: 0, tasks: 0, ticks: 0, held: two.held.length }
    const granted = after(two, { type: 'exception.granted', exception: 'f', by: 'carol' })
    expect(granted.exceptions).toEqual([one, { ...one, id: 'f', granted: { by: 'carol', at, after: counts } }])
    expect(after(granted, { type: 'exception.revoked', exception: 'e', by: 'otto' }).exceptions[0]).toEqual({
      ...one,
      revoked: { by: 'otto', at },
    })
  })

  it('is the glass that was broken, in which round, and whether it was used', () => {
    const broken = after(K, { type: 'glass.broken', by: 'hana', until })
    expect(broken.glass).toEqual({ by: 'hana', at, until, round: 1 })
    expect(broken.held.at(-1)).toEqual(held('release', 'hana', 'broke the glass'))
    const used = after(broken, { type: 'change.released', ...by('hana', 'go'), underGlass: true })
    expect(used.glass).toEqual({ by: 'hana', at, until, round: 1, used: true })
    expect(used.releases).toEqual([{ ...given('hana', 'go'), underGlass: true }])
    const plain = after(broken, { type: 'change.released', ...by('paul', 'go') })
    expect(plain.glass).toBe(broken.glass)
    expect(Object.keys(plain.releases[0] ?? {})).toEqual(Object.keys(given('paul')))
    expect(plain.held.at(-1)).toEqual(held('release', 'paul', 'released'))
    expect(after(K, { type: 'change.released', ...by('paul', 'go'), underGlass: true }).glass).toBeUndefined()
  })

  it('is the freeze from which it is excepted', () => {
    const command = { type: 'overrideFreeze', change: 'K', reason: 'the bank waits' }
    expect(otherwise(K, { type: 'freeze.overridden', freeze: 'close', by: 'hana', until }, command)).toEqual({
      overrides: [{ freeze: 'close', by: 'hana', at, until, reason: 'the bank waits' }],
    })
  })

  it('is its place on the board, and the lane for as long as it is in one', () => {
    const inLane = after(K, { type: 'card.moved', column: 'doing', lane: 'expedite' })
    expect(inLane).toMatchObject({ column: 'doing', lane: 'expedite' })
    const out = after(inLane, { type: 'card.moved', column: 'done' })
    expect(out.column).toBe('done')
    expect(out.lane).toBeUndefined()
  })

  it('is its plan, and since when it has been in effect', () => {
    expect(otherwise(K, { type: 'change.scheduled', from: at, until })).toEqual({ plan: { from: at, until } })
    expect(otherwise(K, { type: 'change.found', inEffectSince: first })).toEqual({ inEffectSince: first })
  })

  it('is what it owes, until that is fulfilled or rejected', () => {
    const review = { kind: 'review', stage: 'review', since: at, due: until } as const
    const remedy = { ...review, kind: 'remedy' } as const
    const owing = after(K, [
      { type: 'obligation.opened', ...review },
      { type: 'obligation.opened', ...remedy },
    ])
    expect(owing.obligations).toEqual([review, remedy])
    const made = after(owing, { type: 'obligation.fulfilled', obligation: 1, late: true, remedy: 'R' })
    expect(made.obligations).toEqual([
      review,
      { ...remedy, ended: { how: 'fulfilled', at, late: true, releases: 0, remedy: 'R' } },
    ])
    expect(after(owing, { type: 'obligation.fulfilled', obligation: 0, late: false }).obligations).toEqual([
      { ...review, ended: { how: 'fulfilled', at, late: false, releases: 0 } },
      remedy,
    ])
    expect(after(owing, { type: 'obligation.rejected', obligation: 0, late: false }).obligations[0]).toEqual({
      ...review,
      ended: { how: 'rejected', at, late: false, releases: 0 },
    })
    const reopened = after(made, { type: 'obligation.reopened', obligation: 1 })
    expect(reopened.obligations).toEqual([review, remedy])
    expect('ended' in (reopened.obligations[1] ?? {})).toBe(false)
  })
})
