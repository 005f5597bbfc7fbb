import { f0, f0Tested, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, editLine, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import { formatVerifierKey, sha256, signCheckpoint, signerKey, verifierKeyOf } from '@countersign/trail'
import { createDesk } from 'countersign'
import { policyDigest } from 'countersign/policy'
import { type Verdict, verifyTrail } from 'countersign/verify'
import { describe, expect, test } from 'vitest'
import { atLeast, sampleOf } from '../properties/trial.ts'

/** The verdict on what a scenario has written, after a forger with the whole file has changed it and sealed it anew. */
async function forged(scenario: Scenario, forge: (bodies: LooseBody[]) => LooseBody[] | undefined): Promise<Verdict> {
  const bodies = bodiesOf(await linesOf(scenario.store))
  return verifyTrail([fileOf(reseal(forge(bodies) ?? bodies))])
}

const of = (bodies: LooseBody[], type: string) =>
  bodies.filter(body => (body.command as { type: string }).type === type)
const codes = (verdict: Verdict) => Object.keys(verdict.codes).toSorted()

async function released(): Promise<Scenario> {
  const scenario = await f0Tested()
  for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', { change: 'K' })
  await scenario.given('paul', 'release', { change: 'K' })
  return scenario
}

describe('the verifier', () => {
  test('finds nothing in what the desk has written', async () => {
    const verdict = await forged(await released(), () => undefined)
    expect(verdict).toMatchObject({ status: 'sound', found: 0, anchoredSize: 0, changes: 1 })
  })

  test('calls a broken trail broken, however few findings are kept', async () => {
    const lines = editLine(await linesOf((await released()).store), 5, text => text.replace('person', 'pers0n'))
    for (const maxFindings of [0, 1, 1_000]) {
      expect(verifyTrail([fileOf(lines)], { maxFindings }).status).toBe('broken')
    }
  })

  test('tells some of each code, however many of another one there are before it', async () => {
    const lines = await linesOf((await released()).store)
    const broken = Buffer.concat([Buffer.alloc(1_200, '\n'), fileOf(lines.toSpliced(4, 1)), Buffer.from('{')])
    const verdict = verifyTrail([broken])
    expect(verdict.codes['line.empty']).toBe(1_200)
    expect(new Set(verdict.findings.map(({ code }) => code))).toEqual(new Set(Object.keys(verdict.codes)))
    for (const code of ['chain.break', 'entry.seq', 'tail.torn'] as const)
      expect(verdict.findings.some(one => one.code === code)).toBe(true)
    expect(verifyTrail([broken], { maxFindings: 0 }).findings).toEqual([])
  })

  test('says the same when it is asked twice', async () => {
    const { TrailVerifier } = await import('countersign/verify')
    const verifier = new TrailVerifier()
    verifier.push(fileOf((await linesOf((await released()).store)).slice(3)))
    expect(verifier.finish()).toBe(verifier.finish())
  })

  test('does not take a founding that was refused for one', async () => {
    const verdict = await forged(await f0(), ([first]) => {
      if (first === undefined) return []
      first.outcome = { refused: { code: 'identity.unknown-account', facts: { account: 'ada', near: '' } } }
      first.by = { account: 'ada' }
      return [first]
    })
    expect(verdict.status).toBe('broken')
    expect(codes(verdict)).toContain('founding.missing')
  })

  test('finds what is recorded of an account that nobody knows, also where it says that it was refused', async () => {
    const scenario = await f0()
    const refused = { refused: { code: 'identity.unknown-account', facts: { account: 'mallory', near: '' } } }
    const K = { change: 'K', revision: 1, digest: scenario.change('K').digest }
    for (const command of [
      { type: 'approve', ...K, comment: 'I always approve for Bob' },
      { type: 'revokeRole', role: 'appr', from: 'bob', team: '*' },
    ]) {
      const verdict = await forged(scenario, bodies => {
        const last = bodies.findLast(body => (command.type === 'approve') === (body.stream === 'change/K')) as LooseBody
        const { policy: _, ...rest } = last as LooseBody & { policy?: string }
        const kept = command.type === 'approve' ? last : rest
        const planted = { ...kept, id: 'planted-1', by: { account: 'mallory' }, command, outcome: refused }
        return renumber([...bodies, planted])
      })
      expect(verdict.status).toBe('unjustified')
      expect(verdict.findings.map(one => one.because)).toContain(
        `${command.type} by mallory was recorded, an account that nobody knows`,
      )
    }
  })

  test('accuses nobody who gives up the account by which they act, and knows who it was', async () => {
    const scenario = await f0()
    await scenario.given('ada', 'linkAccount', { account: 'ada-2', person: 'ada' })
    await scenario.given('ada', 'unlinkAccount', { account: 'ada' })
    const lines = await linesOf(scenario.store)
    expect(bodiesOf(lines).at(-1)?.by).toEqual({ account: 'ada', person: 'ada' })
    expect(verifyTrail([fileOf(lines)])).toMatchObject({ status: 'sound', found: 0 })
  })

  test('finds what a refusal advises otherwise than whom to ask, also where a change came to depend on this one meanwhile', async () => {
    const scenario = await f0Tested()
    await scenario.given('rita', 'submit', { ...submitK, change: 'C', parent: 'K' })
    await scenario.when('rita', 'approve', { change: 'K' })
    for (const more of [{ next: 'this change is approved' }, { allowed: ['everything'] }, { near: 'mallory' }]) {
      const verdict = await forged(scenario, bodies => {
        const tried = bodies.at(-1) as LooseBody & { reads?: object; outcome: { refused: { facts: object } } }
        // As if the other one had been submitted by another desk at the same moment.
        tried.reads = { governance: (tried.reads as { governance: number }).governance }
        Object.assign(tried.outcome.refused.facts, more)
        return undefined
      })
      expect(codes(verdict)).toContain('decision.wrongly-refused')
    }
  })

  test('finds a requirement with more ways than anybody can read, and does not try them all', async () => {
    const one = { any: Array.from({ length: 20 }, () => ({ approvals: 1, from: 'appr' })) }
    const requires = { all: Array.from({ length: 8 }, () => one) }
    const verdict = await forged(await released(), bodies => {
      const [proposed] = of(bodies, 'proposePolicy')
      const { policy } = (proposed as LooseBody).command as {
        policy: { categories: { normal: { flow: { kind: string; requires?: unknown }[] } } }
      }
      for (const stage of policy.categories.normal.flow) if (stage.kind === 'approval') stage.requires = requires
      const digest = policyDigest(policy as never)
      return bodies.map(
        body =>
          JSON.parse(JSON.stringify(body).replaceAll(/(?<="(digest|policy)":")[0-9a-f]{64}/g, digest)) as LooseBody,
      )
    })
    expect(verdict.status).toBe('broken')
    expect(codes(verdict)).toContain('entry.unreadable')
  })

  test('comes to an end where somebody forges changes that depend on each other in a circle', async () => {
    const verdict = await forged(await released(), bodies => {
      const [submitted] = of(bodies, 'submit')
      const submission = (change: string, parent: string, place: number) => {
        const copy = structuredClone(submitted as LooseBody)
        const command = { ...(copy.command as object), change, parent }
        return { ...copy, id: `forged-circle-${place}`, stream: `change/${change}`, command }
      }
      const circle = [
        submission('A', 'B', 0),
        submission('B', 'C', 1),
        submission('C', 'A', 2),
        submission('D', 'D', 3),
      ]
      const again = [submission('A', 'B', 4), submission('D', 'D', 5)]
      return renumber([...bodies, ...circle, ...again])
    })
    expect(verdict.status).toBe('unjustified')
    expect(verdict.codes['decision.unjustified']).toBeGreaterThan(0)
  })

  test('comes to an end where somebody forges ids that are each other, and delegations that pass each other on', async () => {
    const first = await released()
    const governing = (bodies: LooseBody[], command: object, event: object, place: number, account = 'ada') => ({
      ...structuredClone(bodies[1] as LooseBody),
      by: { account, person: account },
      id: `forged-circle-${place}`,
      command,
      outcome: { accepted: [event] },
    })
    const aliases = await forged(first, bodies => {
      const at = String(bodies.at(-1)?.at)
      const one = (person: string, is: string, place: number) =>
        governing(
          bodies,
          { type: 'recordAlias', person, is, comment: 'forged' },
          { type: 'alias.recorded', person, is, at },
          place,
        )
      return renumber(
        [...bodies, one('carol', 'dan', 0), one('dan', 'carol', 1), one('bob', 'dan', 2)].map(body => ({
          ...body,
          at,
        })),
      )
    })
    expect(aliases.status).not.toBe('sound')
    const delegations = await forged(await released(), bodies => {
      const at = String(bodies.at(-1)?.at)
      const period = { from: at, until: '2030-01-01T00:00:00.000Z', scope: {} }
      const one = (delegation: string, of: string, by: string, to: string, place: number) => {
        const link = { delegation, of, principal: by, to, ...period }
        return governing(bodies, { type: 'delegate', ...link }, { type: 'delegation.granted', by, ...link }, place, by)
      }
      return renumber(
        [...bodies, one('d1', 'd1', 'bob', 'dan', 0), one('d2', 'd1', 'dan', 'erin', 1)].map(body => ({ ...body, at })),
      )
    })
    expect(delegations.status).not.toBe('sound')
  })

  test('finds approvals that were carried from one to the next, however long somebody forges the chain', async () => {
    const verdict = await forged(await released(), bodies => {
      const [submitted] = of(bodies, 'submit')
      const [release] = of(bodies, 'release')
      const change = { ...(submitted as LooseBody), stream: 'change/K' }
      const seats = [{ role: 'appr', capacity: 'own' }]
      let approval = 0
      const link = () => ({
        type: 'approval.carried',
        stage: 'approve',
        person: 'bob',
        chain: ['bob'],
        seats,
        from: { change: 'K', approval: approval++ },
        at: change.at,
        until: '2030-01-01T00:00:00.000Z',
      })
      const chain = Array.from({ length: 60 }, (_, entry) => ({
        ...change,
        id: `forged-chain-${entry}`,
        command: { type: 'revise', change: 'K', comment: 'again' },
        outcome: { accepted: Array.from({ length: 250 }, link) },
      }))
      const before = bodies.slice(0, bodies.indexOf(release as LooseBody))
      return renumber([...before, ...chain, release as LooseBody])
    })
    expect(verdict.status).toBe('unjustified')
    expect(verdict.size).toBeGreaterThan(60)
  })

  test('finds an entry that says what it says otherwise than this library writes it', async () => {
    const scenario = await f0()
    await scenario.given('bob', 'recordAbsence', {
      person: 'bob',
      from: '2026-04-01T00:00Z',
      until: '2026-04-02T00:00Z',
    })
    const verdict = await forged(scenario, bodies => {
      const [absence] = of(bodies, 'recordAbsence')
      Object.assign(absence?.command as object, { until: '2026-04-02T02:00+02:00' })
      return undefined
    })
    expect(codes(verdict)).toEqual(['entry.unreadable'])
  })

  test('finds a refusal put down to somebody else, one that gives another reason, and one that names others who could do it', async () => {
    const scenario = await f0Tested({
      people: { alice: ['appr'], bob: ['appr'], carol: ['appr'], erin: ['tester'], rita: [] },
    })
    await scenario.when('alice', 'approve', { change: 'K' })
    const doctored: readonly Readonly<Record<string, unknown>>[] = [
      { person: 'bob' },
      { because: 'APPROVED by the CFO' },
      { able: ['somebody'] },
      { others: 3 },
    ]
    for (const facts of doctored) {
      const verdict = await forged(scenario, bodies => {
        Object.assign(factsOfLast(bodies), facts)
        return undefined
      })
      expect([facts, codes(verdict)]).toEqual([facts, ['decision.wrongly-refused']])
    }
  })

  test('finds a problem of a form that is put elsewhere, and none where it is told in other words', async () => {
    const scenario = await released()
    const form = { system: 'ledger', risk: 'none' }
    const desk = await createDesk({ store: scenario.store, recordRefusals: 'all' })
    await desk.by('rita').submit({ change: 'L', team: 't', category: 'normal', title: 'L', reason: 'L', form })
    const told = (problem: object) =>
      forged(scenario, bodies => {
        const { problems } = factsOfLast(bodies) as { problems: object[] }
        Object.assign(problems[0] as object, problem)
        return undefined
      })
    expect((await told({ problem: 'in other words' })).status).toBe('sound')
    expect(codes(await told({ field: 'elsewhere' }))).toEqual(['decision.wrongly-refused'])
  })

  test('says of a trail that goes on until after the present that it does, which is no finding, and of no other', async () => {
    const file = fileOf(await linesOf((await released()).store))
    const { until } = verifyTrail([file])
    const at = (milliseconds: number) => new Date(Date.parse(until) + milliseconds).toISOString()
    const now = at(-300_001)
    expect(verifyTrail([file], { now })).toMatchObject({ status: 'sound', found: 0, ahead: { until, now } })
    for (const present of [at(-300_000), at(1)]) expect(verifyTrail([file], { now: present }).ahead).toBe(undefined)
    expect(verifyTrail([file]).ahead).toBe(undefined)
  })

  test('finds a release of what nobody is known to have made', async () => {
    const verdict = await forged(await released(), bodies => {
      for (const body of bodies) {
        const command = body.command as { content?: unknown }
        if (command.content !== undefined) delete command.content
      }
      return undefined
    })
    expect(verdict.status).toBe('unjustified')
    expect(codes(verdict)).toEqual(expect.arrayContaining(['decision.events-differ', 'release.unmade']))
  })

  test('does not throw, and is never sound, when a member of any entry is left out or made something else', async () => {
    const scenario = await released()
    const bodies = bodiesOf(await linesOf(scenario.store))
    let tried = 0
    for (const [at, body] of sampleOf(bodies.entries())) {
      for (const member of ['by', 'command', 'outcome', 'policy', 'at', 'stream'] as const) {
        for (const value of [undefined, null, 7, 'x', [], {}]) {
          if (member === 'policy' && value === undefined && body.policy === undefined) continue
          const { [member]: _, ...rest } = body
          const other = (value === undefined ? rest : { ...rest, [member]: value }) as unknown as LooseBody
          let lines: Uint8Array[]
          try {
            lines = reseal(bodies.map((one, index) => (index === at ? other : one)))
          } catch {
            continue // No entry can be made of it.
          }
          tried += 1
          expect(verifyTrail([fileOf(lines)]).status).not.toBe('sound')
        }
      }
    }
    expect(tried).toBeGreaterThan(atLeast(400))
  })
})

/** What the last entry, a refusal, says for its reason. */
const factsOfLast = (bodies: LooseBody[]) =>
  ((bodies.at(-1) as LooseBody).outcome as { refused: { facts: Record<string, unknown> } }).refused.facts

describe('a checkpoint', () => {
  const signer = signerKey('trail.example/scenario', sha256(new Uint8Array([1])))
  const vkey = formatVerifierKey(verifierKeyOf(signer))
  const other = signerKey('trail.example/scenario', sha256(new Uint8Array([2])))

  async function signed(by = signer) {
    const scenario = await released()
    const { size, root } = await scenario.store.head()
    const note = signCheckpoint({ origin: 'trail.example/scenario', size, root }, by)
    const checkpoints = [{ name: 'kept', note: typeof note === 'string' ? note : String(note) }]
    return { file: fileOf(await linesOf(scenario.store)), size, checkpoints }
  }

  test('holds the trail up to its size, by the key that was given', async () => {
    const { file, size, checkpoints } = await signed()
    const verdict = verifyTrail([file], { checkpoints, keys: [vkey] })
    expect(verdict).toMatchObject({
      status: 'sound',
      anchoredSize: size,
      anchors: [{ matches: true, signedBy: 'given key' }],
    })
  })

  test('that another key of the same name has signed holds nothing', async () => {
    const { file, checkpoints } = await signed(other)
    const verdict = verifyTrail([file], { checkpoints, keys: [vkey] })
    expect(verdict).toMatchObject({ status: 'broken', anchoredSize: 0 })
    expect(codes(verdict)).toEqual(['checkpoint.signature'])
  })

  test('with a signature that was changed is refused by the trail’s own key as well', async () => {
    const scenario = await released()
    const bodies = bodiesOf(await linesOf(scenario.store))
    const [first] = bodies
    const key = vkey
    Object.assign(first?.command as object, { key })
    Object.assign(((first as LooseBody).outcome as { accepted: object[] }).accepted[0] as object, { key })
    const file = fileOf(reseal(bodies))
    const { root, size } = verifyTrail([file])
    const note = String(signCheckpoint({ origin: 'trail.example/scenario', size, root: root ?? '' }, signer))
    const good = verifyTrail([file], { checkpoints: [{ name: 'good', note }] })
    expect(good).toMatchObject({ status: 'sound', anchors: [{ matches: true, signedBy: "trail's own key" }] })
    const changed = note.replace(/.{4}=?\n$/, end =>
      end.startsWith('AAA') ? `BBBB${end.slice(4)}` : `AAAA${end.slice(4)}`,
    )
    const bad = verifyTrail([file], { checkpoints: [{ name: 'bad', note: changed }] })
    expect(bad.status).toBe('broken')
    expect(codes(bad)).toEqual(['checkpoint.signature'])
  })
})
