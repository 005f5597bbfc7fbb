import { baseline, content, Scenario } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { memoryStore } from '@countersign/trail/store'
import { drainOf } from 'countersign'
import { approval, approvals, category, policy, release, role, task } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { call, writtenLines } from '../cli/command-line.ts'

const roles = { engineer: 'builds', appr: 'approves', deployer: 'releases', support: 'helps' }
const flow = [
  task('build', {
    by: role('engineer'),
    checklist: { backup: 'a backup was taken', rollback: 'the way back was tried' },
  }),
  approval('agree', approvals(1).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const rules = policy(
  't',
  { complies: baseline, roles },
  {
    normal: category({ flow, triage: [{ to: role('engineer') }] }),
    other: category({ flow, triage: [{ to: role('support') }] }),
  },
)
const people = { rita: [], ed: ['engineer'], bob: ['appr'], paul: ['deployer'] }

async function trail(then: (scenario: Scenario) => Promise<unknown> = async () => undefined) {
  const scenario = await Scenario.open({ controls: baseline, policies: [rules], people })
  const submission = { team: 't', title: 'a change', reason: 'to see its pages', form: {} }
  const made = { content: { digest: content('r1'), makers: ['ed'] } }
  await scenario.given('rita', 'submit', { ...submission, ...made, change: 'K', category: 'normal' } as never)
  await scenario.given('rita', 'submit', { ...submission, ...made, change: 'L', category: 'other' } as never)
  await scenario.given('ed', 'tick', { change: 'K', stage: 'build', items: ['backup'], comment: 'it is there' })
  await scenario.given('ed', 'untick', { change: 'K', stage: 'build', items: ['backup'], comment: 'it was empty' })
  await scenario.given('ed', 'tick', { change: 'K', stage: 'build', items: ['rollback'] })
  await then(scenario)
  return writtenLines(await linesOf(scenario.store))
}
const flat = (text: string) => text.replaceAll(/\s+/g, ' ')

describe('the pages of intake', () => {
  it('an explanation shows a checklist, item by item, with who ticked what and what no longer counts', async () => {
    const { out } = await call('countersign', ['explain', await trail(), 'K'])
    expect(flat(out)).toContain('☑ rollback: the way back was tried, by ed, 2026-03-02 08:00 UTC')
    expect(flat(out)).toContain('☐ backup: a backup was taken, ticked by ed')
    expect(flat(out)).toContain('does not count, it was withdrawn')
  })

  it('the log tells to whom triage gave a change, and who ticked what', async () => {
    const out = flat((await call('countersign', ['log', await trail()])).out)
    expect(out).toContain('→ triage gives it to ed; it goes to build')
    expect(out).toContain('→ triage gives it to nobody (vacant); it goes to build')
    expect(out).toContain('ticks backup at build, saying “it is there”')
    expect(out).toContain('takes back the ticks of backup at build, saying “it was empty”')
  })

  it('the outbox tells whom to tell what, with keys, and the cursor from which on it goes on', async () => {
    const path = await trail()
    const { out, err, code } = await call('countersign', ['outbox', path])
    expect(code).toBe(0)
    expect(err).toContain('does not verify')
    expect(flat(out)).toContain('ed: K (team t), asked to tick what is open build waits for 1 of engineer')
    expect(flat(out)).toContain('rita: L (team t), it lies with nobody triage has found nobody to give it to (vacant)')
    const [, cursor = ''] = /What comes next: --after (\S+)/.exec(out) ?? []
    const next = await call('countersign', ['outbox', path, '--after', cursor])
    expect(next.out).toMatch(/^Nothing is to be told\.\n\nWhat comes next: --after /)
  })

  it('the outbox tells of changes that are over by now as what was, and that nobody has to do anything there', async () => {
    const path = await trail(scenario => scenario.given('rita', 'cancel', { change: 'K', comment: 'not needed' }))
    const out = flat((await call('countersign', ['outbox', path])).out)
    expect(out).toMatch(
      /^\d+ notices: \d+ of them (?:is|are) about changes that are over by now: nothing has to be done/,
    )
    const ended = 'ed: K (team t, cancelled 2026-03-02 08:00 UTC)'
    expect(out).toContain(
      `${ended}, was asked to tick what is open at 2026-03-02 08:00 UTC: build waits for 1 of engineer`,
    )
    expect(out).not.toMatch(/K \(team t\)/)
    // What is still open is told as it is.
    expect(out).toContain('rita: L (team t), it lies with nobody triage has found nobody to give it to (vacant) (since')
    const both = await trail(async scenario => {
      for (const change of ['K', 'L']) await scenario.given('rita', 'cancel', { change, comment: 'not needed' })
    })
    const all = flat((await call('countersign', ['outbox', both])).out)
    expect(all).toContain('All of them are about changes that are over by now')
    expect(all).toContain(
      'rita: L (team t, cancelled 2026-03-02 08:00 UTC), it lay with nobody at 2026-03-02 08:00 UTC: triage',
    )
    expect(JSON.parse((await call('countersign', ['outbox', both, '--json'])).out).notices[0]).not.toHaveProperty(
      'over',
    )
  })

  it('the outbox for machines is what a desk gives, page by page', async () => {
    const path = await trail()
    const at = ['--at', '2026-03-02T10:00Z']
    const whole = JSON.parse((await call('countersign', ['outbox', path, '--json', ...at])).out) as Page
    const first = JSON.parse((await call('countersign', ['outbox', path, '--json', '--limit', '1', ...at])).out) as Page
    expect([first.more, whole.more]).toEqual([true, false])
    expect(whole.cursor).toMatch(/^\d+@2026-03-02T10:00:00\.000Z$/)
    const rest = ['outbox', path, '--json', '--after', first.cursor, ...at]
    const second = JSON.parse((await call('countersign', rest)).out) as Page
    expect([...first.notices, ...second.notices]).toEqual(whole.notices)
  })

  it('a page may be as long as the help says, and the outbox gives no longer one', async () => {
    const path = await trail()
    const { out } = await call('countersign', ['outbox', '--help'])
    expect(out).toContain('1 to 10000 (200)')
    expect((await call('countersign', ['outbox', path, '--limit', '10000'])).code).toBe(0)
    await expect(drainOf(memoryStore(), () => new Date())({ limit: 10_001 })).rejects.toThrow('from 1 to 10000')
  })

  it('a cursor that is none ends with 2, and so does an option that the outbox has not', async () => {
    const path = await trail()
    for (const [argv, said] of [
      [['--after', 'yesterday'], 'is a cursor as the outbox gives it'],
      [['--after', '999'], 'lies behind the end of this trail'],
      [['--limit', '0'], 'whole number from 1 on'],
      [['--limit', '10001'], '--limit is a whole number from 1 on, at most 10000, and 10001 is none'],
      [['--team', 't'], 'outbox has no option --team'],
    ] as const) {
      const { code, err } = await call('countersign', ['outbox', path, ...argv])
      expect([code, err]).toEqual([2, expect.stringContaining(said)])
    }
  })
})

interface Page {
  readonly notices: readonly { readonly key: string }[]
  readonly cursor: string
  readonly more: boolean
}
