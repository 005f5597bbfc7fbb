import { baseline, content, histories, play, Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import { CountersignError, signCheckpoint, signerKey } from '@countersign/trail'
import {
  approval,
  approvals,
  board,
  category,
  controls,
  exception,
  policy,
  release,
  role,
  separate,
  task,
} from 'countersign/policy'
import { Families, type Sharing, TrailVerifier, verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Judging } from '../../packages/countersign/src/verify/judging.ts'
import { shareOf } from '../../packages/countersign/src/verify/shares/share.ts'
import { sooner, spreadOf, verifyForgetting, verifyInShares } from '../properties/shares.ts'
import { runs } from '../properties/trial.ts'
import { everything } from '../sound-trail.ts'

const counts = [1, 2, 5]
const signer = signerKey('trail.example/scenario', new Uint8Array(32).fill(7))

describe('a trail that is shared out', () => {
  it('gets the same verdict, to the letter, as one that is judged in one piece, or none where anything is found', async () => {
    const seen = { sound: 0, found: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const file = fileOf(await linesOf(scenario.store))
        const { size, root } = await scenario.desk.head()
        const checkpoints = [
          { name: 'kept elsewhere', note: signCheckpoint({ origin: signer.name, size, root }, signer) },
        ]
        const whole = verifyTrail([file], { checkpoints })
        for (const count of counts) {
          const shared = verifyInShares(file, count, { checkpoints })
          if (whole.found === 0) expect(shared).toEqual(whole)
          else expect(shared).toBeUndefined()
        }
        seen[whole.found === 0 ? 'sound' : 'found'] += 1
      }),
      runs(20),
    )
    expect(seen.sound).toBeGreaterThan(10)
    expect(seen.found).toBeGreaterThan(0)
  })

  it('gets no verdict where an entry was removed or told otherwise and all of it sealed again, whoever would judge that entry', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories({ most: 60, aliases: false }),
        fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
        async (history, places) => {
          const { scenario } = await play(history)
          const bodies = bodiesOf(await linesOf(scenario.store))
          for (const place of places) {
            const at = place % bodies.length
            const without = fileOf(reseal(renumber(bodies.toSpliced(at, 1))))
            const earlier = fileOf(
              reseal(bodies.with(at, { ...(bodies[at] as LooseBody), at: '2020-01-01T00:00:00.000Z' })),
            )
            for (const file of [without, earlier]) {
              const whole = verifyTrail([file])
              const shared = verifyInShares(file, 3)
              expect(shared).toEqual(whole.found === 0 ? whole : undefined)
            }
          }
        },
      ),
      runs(8),
    )
  })

  it('gets no verdict from whoever has forgotten what is still asked for, be it a change, its family, or what somebody did', async () => {
    const seen = { changes: 0, families: 0, aliases: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), fc.integer({ min: 1, max: 40 }), fc.nat(), async (history, by, which) => {
        const { scenario } = await play(history)
        const file = fileOf(await linesOf(scenario.store))
        const whole = verifyTrail([file])
        const untold = (shared: unknown) => {
          if (shared !== undefined) expect(shared).toEqual(whole)
          return shared === undefined && whole.found === 0
        }
        for (const count of [1, 3]) {
          const all = verifyInShares(file, count, {}, one => sooner(one, by, () => true))
          expect(all).toBeUndefined()
          const some = (change: number) => change % 3 === which % 3
          const early = verifyInShares(file, count, {}, one => sooner(one, by, some))
          if (untold(early)) seen.changes += 1
          if (
            untold(
              verifyInShares(file, count, {}, one => ({ ...one, families: one.families.map((_, change) => change) })),
            )
          )
            seen.families += 1
          if (untold(verifyInShares(file, count, {}, one => ({ ...one, aliases: new Map() })))) seen.aliases += 1
        }
      }),
      runs(14),
    )
    expect(seen.changes).toBeGreaterThan(10)
    expect(seen.families).toBeGreaterThan(0)
    expect(seen.aliases).toBeGreaterThan(0)
  })

  /** An entry in which one member, however deep it lies, says what one of another entry says, or is gone. */
  const altered = (bodies: readonly LooseBody[], [at, which, other, how]: readonly number[]): LooseBody[] => {
    const copy = structuredClone(bodies) as LooseBody[]
    const places = (value: unknown): [Record<string, unknown>, string][] =>
      typeof value === 'object' && value !== null
        ? Object.keys(value).flatMap(name => [
            [value as Record<string, unknown>, name] as [Record<string, unknown>, string],
            ...places((value as Record<string, unknown>)[name]),
          ])
        : []
    const mine = places(copy[(at ?? 0) % copy.length])
    const [holder, name] = mine[(which ?? 0) % mine.length] as [Record<string, unknown>, string]
    const theirs = places(copy[(other ?? 0) % copy.length]).filter(([, one]) => one === name)
    const [taken] = theirs
    if ((how ?? 0) % 4 === 0 || taken === undefined) {
      if (Array.isArray(holder)) holder.splice(Number(name), 1)
      else delete holder[name]
    } else holder[name] = structuredClone(taken[0][name])
    return copy
  }

  // In two parts, so that neither takes as long as a trial may.
  it.each([0, 1])(
    'is judged by one who forgets what is over, to the letter, whatever is found in it, unless what was forgotten is asked for (part %i)',
    async part => {
      const seen = { found: 0, asked: 0 }
      const same = (file: Uint8Array) => {
        const forgetting = verifyForgetting(file)
        const whole = verifyTrail([file])
        if (forgetting !== undefined) expect(forgetting).toEqual(whole)
        if (whole.found > 0) seen[forgetting === undefined ? 'asked' : 'found'] += 1
      }
      await fc.assert(
        fc.asyncProperty(
          histories({ most: 60 }),
          fc.array(fc.array(fc.nat(), { minLength: 4, maxLength: 4 }), { minLength: 24, maxLength: 24 }),
          async (history, choices) => {
            const { scenario } = await play(history)
            const lines = await linesOf(scenario.store)
            same(fileOf(lines))
            const bodies = bodiesOf(lines)
            for (const choice of choices) {
              const [at = 0] = choice
              same(fileOf(reseal(renumber(bodies.toSpliced(at % bodies.length, 1)))))
              try {
                same(fileOf(reseal(altered(bodies, choice))))
              } catch (error) {
                // What is no body at all cannot be sealed.
                if (!(error instanceof CountersignError) || error.code !== 'entry') throw error
              }
              const line = lines[at % lines.length] as Uint8Array
              same(fileOf(lines.with(at % lines.length, line.with(at % line.length, 0x20))))
            }
          },
        ),
        { ...runs(5), seed: runs(5).seed + part },
      )
      expect(seen.found).toBeGreaterThan(150)
      // It need not be judged a third time but where somebody wrote it for that.
      expect(seen.asked).toBeLessThan(0.05 * seen.found)
    },
  )

  it('gets no verdict from one who has forgotten what is still asked for, who says so', async () => {
    const { lines } = await everything()
    const file = fileOf(lines)
    const families = new Families()
    for (const line of lines) families.line(line)
    const sharing = sooner(families.sharing(1), 4, () => true)
    const verifier = new TrailVerifier({}, { sharing, forgetEvery: 1 })
    verifier.push(file)
    expect(() => verifier.finish()).toThrow('asks for what was forgotten')
    expect(verifier.isMisled).toBe(true)
    // Nothing is forgotten where all of it is compared.
    const snapshot = new TrailVerifier({ snapshot: {} as never }, { sharing, forgetEvery: 1 })
    snapshot.push(file)
    expect(snapshot.finish().codes).toEqual({ 'snapshot.differs': 1 })
  })

  it('is judged with nothing forgotten where an entry names a stream otherwise than its command, however that is written', async () => {
    const { lines } = await everything()
    const bodies = bodiesOf(lines)
    for (const stream of ['change/a"b', 'change/\n', 'change/\\', 'elsewhere']) {
      const lying = bodies.map((body, at) => (at === 3 || at === 5 ? { ...body, stream, id: 'twice-used' } : body))
      const file = fileOf(reseal(lying))
      expect(verifyForgetting(file)).toBeUndefined()
      expect(verifyTrail([file]).codes['entry.id-reused']).toBe(1)
    }
  })

  it('is judged with nothing forgotten where a robot without anybody to answer for it is given to somebody who turns out to be another', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
    })
    const excepted = exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('the controller reviews it within a week')
      .because('two people cannot fill three duties')
    const stages = [
      approval('approve', approvals(1).from(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await Scenario.open({
      controls: lenient,
      policies: [
        policy(
          'free',
          {
            complies: lenient,
            roles: { appr: 'approves', deployer: 'releases', head: 'heads' },
            exceptions: [excepted],
          },
          { normal: category({ flow: stages }) },
        ),
      ],
      people: { rita: [], tess: [], hal: [], gina: ['head'], yves: ['appr'], paul: ['deployer'] },
    })
    for (const one of ['ada', 'otto']) await scenario.given(one, 'appointAdministrator', { person: 'tess' })
    await scenario.given('ada', 'registerBot', { bot: 'robo', accounts: ['robo'] })
    const asked = { team: 'free', category: 'normal', title: 'A title', reason: 'long enough a reason', form: {} }
    const made = { content: { digest: content('T'), makers: ['robo', 'yves'] } }
    await scenario.given('rita', 'submit', { change: 'T', ...asked, ...made } as never)
    const until = '2026-03-04T08:00:00.000Z'
    const needed = {
      exception: 'ex-1',
      person: 'yves',
      duties: ['make', 'approve'],
      until,
      reason: 'nobody else is here',
    }
    await scenario.given('rita', 'requestException', { change: 'T', ...needed } as never)
    await scenario.given('gina', 'grantException', { change: 'T', exception: 'ex-1' } as never)
    await scenario.given('yves', 'approve', { change: 'T' })
    await scenario.given('paul', 'release', { change: 'T' })
    await scenario.given('rita', 'submit', { change: 'U', ...asked } as never)
    await scenario.given('tess', 'assignController', { bot: 'robo', controller: 'hal' })
    await scenario.given('tess', 'recordAlias', { person: 'hal', is: 'gina', comment: 'they are one' })
    const file = fileOf(await linesOf(scenario.store))
    expect(verifyTrail([file]).codes).toEqual({ 'alias.late': 1 })
    expect(verifyForgetting(file)).toBeUndefined()
    expect(verifyInShares(file, 1)).toBeUndefined()
  })

  const flow = () => [
    task('build', { by: role('engineer') }),
    approval('approve', approvals(1).from(role('appr'))),
    release('production', { by: role('deployer') }),
  ]
  const roles = { engineer: 'builds', appr: 'approves', deployer: 'releases' }
  const limits = board({ columns: [{ name: 'doing', stages: ['build'], limit: 3 }], perPerson: 3 })
  const limited = policy(
    'limited',
    { complies: baseline, roles, board: limits },
    { normal: category({ flow: flow() }) },
  )
  const triaged = policy(
    'triaged',
    { complies: baseline, roles },
    { normal: category({ flow: flow(), triage: [{ to: role('engineer') }] }) },
  )
  const free = policy('free', { complies: baseline, roles }, { normal: category({ flow: flow() }) })
  const people = { rita: [], alice: ['engineer'], amir: ['engineer'], bob: ['appr'], paul: ['deployer'] }

  it('is judged together where decisions read all that a team has, and spread where they do not', async () => {
    const scenario = await Scenario.open({
      controls: baseline,
      policies: [limited, triaged, free],
      people,
      recordRefusals: 'all',
    })
    for (let index = 0; index < 24; index += 1) {
      for (const team of ['limited', 'triaged', 'free']) {
        const change = `${team}-${index}`
        const asked = {
          change,
          team,
          category: 'normal',
          title: 'A title',
          reason: 'a reason that is long enough',
          form: {},
        }
        scenario.at(60_000)
        await scenario.given('rita', 'submit', asked as never)
        if (team !== 'limited') continue
        if (index >= 3) await scenario.refused('rita', 'assign', { change, to: 'alice' })
        else {
          await scenario.given('rita', 'assign', { change, to: 'alice' })
          await scenario.given('alice', 'move', { change })
        }
      }
    }
    const file = fileOf(await linesOf(scenario.store))
    const whole = verifyTrail([file])
    expect(whole.findings).toEqual([])
    expect(whole.entries.refused).toEqual({ 'limit.reached': 21 })
    for (const count of [2, 3, 4]) expect(verifyInShares(file, count)).toEqual(whole)
    const spread = spreadOf(file, 2)
    expect(spread.reduce((all, one) => all + one, 0)).toBe(72)
    // The first team has 51 entries, and the other two have 48.
    expect(spread).toEqual([24, 48])
    // Whoever judges a share sees that it was cut out wrongly, whatever the bytes made it look like.
    expect(verifyInShares(file, 2, {}, sharing => ({ ...sharing, teams: new Map() }))).toBeUndefined()
    const [judged, read] = [(by: number) => (by === 0 ? 1 : 0), (by: number) => (by === 0 ? 0 : 3 - by)]
    const exchanged = (sharing: Sharing) => ({ ...sharing, judges: sharing.judges.map(judged) })
    expect(verifyInShares(file, 2, {}, exchanged)).toBeUndefined()
    const torn = (sharing: Sharing) => ({
      ...sharing,
      judges: sharing.judges.map((by, change) => (change % 7 === 0 ? judged(by) : by)),
      readers: sharing.readers.map((by, seq) => (seq % 7 === 0 ? read(by) : by)),
    })
    expect(verifyInShares(file, 2, {}, torn)).toBeUndefined()
  })

  it('takes no more memory than what later entries can ask for', async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [free], people, recordRefusals: 'all' })
    for (let index = 0; index < 40; index += 1) {
      const change = `free-${index}`
      const asked = {
        change,
        team: 'free',
        category: 'normal',
        title: 'A title',
        reason: 'long enough a reason',
        form: {},
      }
      scenario.at(60_000)
      await scenario.given('rita', 'submit', asked as never)
      await scenario.refused('bob', 'approve', { change: `none-${index}`, revision: 1, digest: 'a'.repeat(64) })
      await scenario.given('alice', 'complete', { change, stage: 'build' })
      await scenario.given('rita', 'cancel', { change, comment: 'not needed any more' })
    }
    const lines = await linesOf(scenario.store)
    const families = new Families()
    for (const line of lines) families.line(line)
    const judging = new Judging({
      report: finding => expect.fail(finding.because),
      share: shareOf(families.sharing(1), 0),
      forgetEvery: 8,
    })
    const held: number[] = []
    for (const [seq, line] of lines.entries()) {
      judging.entry(seq, line)
      held.push(judging.state.changes.size)
    }
    expect(Math.max(...held)).toBeLessThan(5)
    expect(judging.judgement.changes).toBe(40)
    expect([...judging.state.versions].map(([stream]) => stream).slice(0, 1)).toEqual(['governance'])
    expect([...judging.state.versions].length).toBeLessThan(9)
  })

  it('is judged in one piece where a private value was copied from one change into another, which counts once', async () => {
    const { lines } = await everything()
    const whole = verifyTrail([fileOf(lines)])
    for (const count of counts) expect(verifyInShares(fileOf(lines), count)).toEqual(whole)
    const bodies = bodiesOf(lines)
    const text = JSON.stringify(bodies)
    const [first = '', second = ''] = [...text.matchAll(/"iban":\{"commitment":"([0-9a-f]{64})"/g)].map(
      ([, one]) => one,
    )
    const copied = fileOf(reseal(JSON.parse(text.replaceAll(first, second)) as typeof bodies))
    const one = verifyTrail([copied])
    expect(one.privateValues.values).toBe(whole.privateValues.values - 1)
    for (const count of counts) {
      const shared = verifyInShares(copied, count)
      if (shared !== undefined) expect(shared).toEqual(one)
    }
  })
})
