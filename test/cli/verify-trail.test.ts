import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { fixturePolicy } from '@countersign/testing'
import {
  bodiesOf,
  cutTail,
  doubleLine,
  dropLine,
  editLine,
  fileOf,
  flipByte,
  forkAt,
  insertLine,
  type LooseBody,
  renumber,
  reseal,
  swapLines,
  tear,
} from '@countersign/testing/tamper'
import { canonical, EMPTY_ROOT, formatVerifierKey, leafHash, rootOf, verifierKeyOf } from '@countersign/trail'
import { separate } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  call,
  callProcess,
  newFolder,
  releasedLines,
  saysThat,
  signer,
  stranger,
  verdictOf,
  written,
  writtenCheckpoint,
  writtenKey,
  writtenLines,
  writtenSecret,
} from './command-line.ts'

let made: Awaited<ReturnType<typeof releasedLines>>
beforeAll(async () => {
  made = await releasedLines()
})

/** A page without its line breaks. */
const flat = (page: string) => page.replaceAll(/\s+/g, ' ')
const indexOf = (account: string, type: string) => made.bodies.findIndex(body => saysThat(body, account, type))
const bodies = (): LooseBody[] => structuredClone(made.bodies)

describe('A sound trail', () => {
  test('A sound trail without a checkpoint ends with 0, and the page says that its completeness is not attested.', async () => {
    const ran = await call('verify-trail', [writtenLines(made.lines)])
    expect(ran.code).toBe(0)
    expect(ran.err).toBe('')
    expect(ran.out.split('\n')[0]).toBe('SOUND AS FAR AS IT GOES, AND NOT ANCHORED')
    expect(flat(ran.out)).toContain('valid prefix, completeness not attested')
    expect(flat(ran.out)).toContain('one person would have held two duties that are kept apart')
  })

  test('A folder stands for the trail.jsonl in it, and a relative path for one from where the command is called.', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'trail'))
    writeFileSync(join(folder, 'trail', 'trail.jsonl'), fileOf(made.lines))
    expect((await call('verify-trail', ['trail'], { cwd: folder })).code).toBe(0)
    expect((await call('verify-trail', ['trail/trail.jsonl'], { cwd: folder })).code).toBe(0)
  })

  test('A checkpoint signed by a key that the auditor gave holds the trail up to its size, and the page says how far.', async () => {
    const head = await made.scenario.store.head()
    const argv = ['--checkpoint', writtenCheckpoint(head), '--key', writtenKey(signer), '--require-anchor']
    const ran = await call('verify-trail', [writtenLines(made.lines), ...argv])
    expect(ran.code).toBe(0)
    expect(ran.out.split('\n')[0]).toBe('SOUND, AND HELD BY A CHECKPOINT')
    expect(flat(ran.out)).toContain('signed by a key that you gave')
  })

  test('A checkpoint from an earlier time holds what was there then, and the page names the entries that nothing holds.', async () => {
    const size = made.lines.length - 4
    const given = (first: number) => {
      const { root = '' } = verifyTrail([fileOf(made.lines.slice(0, first))])
      return ['--checkpoint', writtenCheckpoint({ size: first, root }), '--key', writtenKey(signer)]
    }
    const ran = await call('verify-trail', [writtenLines(made.lines), ...given(size)])
    expect(ran.code).toBe(0)
    expect(ran.out.split('\n')[0]).toBe('SOUND, AND HELD IN PART BY A CHECKPOINT')
    expect(flat(ran.out)).toContain(`The first ${size} of its ${made.lines.length} entries are those`)
    expect(flat(ran.out)).toContain(
      `Entries ${size} to ${made.lines.length - 1} came after the last checkpoint that counts`,
    )
    const last = await call('verify-trail', [writtenLines(made.lines), ...given(made.lines.length - 1)])
    expect(flat(last.out)).toContain(
      `Entry ${made.lines.length - 1} came after the last checkpoint that counts, and nothing holds it yet.`,
    )
  })

  test('A checkpoint whose key is known from nowhere is told to be worth as much as the way by which it came.', async () => {
    const head = await made.scenario.store.head()
    const ran = await call('verify-trail', [writtenLines(made.lines), '--checkpoint', writtenCheckpoint(head)])
    expect(ran.code).toBe(0)
    expect(ran.out.split('\n')[0]).toBe('SOUND, AND MATCHES A CHECKPOINT THAT NO KEY OF YOURS HAS SIGNED')
    expect(flat(ran.out)).toContain('No key that is known here has signed it')
  })

  test('A trail that is dated after the present is told to be, on the page and in the document.', async () => {
    const file = written(fileOf(reseal(bodiesOf(made.lines).map(body => ({ ...body, at: `2099${body.at.slice(4)}` })))))
    const ran = await call('verify-trail', [file])
    expect(flat(ran.out)).toContain('by the clock here, so the last date is yet to come')
    expect(await verdictOf(file)).toMatchObject({ ahead: { until: expect.stringMatching(/^2099/) } })
    const present = await call('verify-trail', [writtenLines(made.lines)])
    expect(flat(present.out)).not.toContain('yet to come')
  })

  test('A snapshot and a policy that are those of the trail change nothing about the verdict.', async () => {
    const snapshot = written(JSON.stringify(made.scenario.desk.snapshot()), 'snapshot.json')
    const policy = written(JSON.stringify(fixturePolicy()), 'policy.json')
    const verdict = await verdictOf(writtenLines(made.lines), '--snapshot', snapshot, '--policy', policy)
    expect(verdict).toMatchObject({ code: 0, exitCode: 0, status: 'sound', found: 0 })
  })

  test('The JSON document holds the whole verdict with its schema and exit code, and nothing else is printed.', async () => {
    const ran = await call('verify-trail', [writtenLines(made.lines), '--json'])
    const document = JSON.parse(ran.out)
    expect(ran.err).toBe('')
    expect(document).toMatchObject({
      schema: 'countersign/verdict/v1',
      exitCode: 0,
      status: 'sound',
      size: made.lines.length,
      changes: 2,
      anchoredSize: 0,
      entries: { refused: { 'duty.conflict': 1 } },
    })
    expect(document.root).toBe((await made.scenario.store.head()).root)
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  test('A reader that hangs up does not change the verdict and causes no complaint.', async () => {
    const ran = await callProcess('verify-trail', [writtenLines(made.lines)], { hangUp: 'at once' })
    expect(ran).toEqual({ code: 0, out: '', err: '' })
  })

  test('Where nobody asked for colour there is none, and no sequence from the trail reaches the terminal.', async () => {
    const changed = bodies()
    for (const body of changed) {
      const event = (body.outcome as { accepted?: { origin?: string }[] }).accepted?.[0]
      if (event?.origin !== undefined) event.origin = 'trail.example/\u001b[2J'
    }
    const ran = await call('verify-trail', [writtenLines(reseal(changed))])
    expect(ran.out + ran.err).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u)
    expect(ran.out).toContain('trail.example/�[2J')
  })
})

describe('A trail that was tampered with', () => {
  test('Any flipped bit ends with 1, and the finding names the entry and its byte.', async () => {
    const whole = fileOf(made.lines)
    for (const offset of [30, 1_200, 5_003, 9_000, 12_345]) {
      const verdict = await verdictOf(written(flipByte(whole, offset, 1 << (offset % 7))))
      expect(verdict.code).toBe(1)
      expect(verdict.status).toBe('broken')
      const before = [...whole.subarray(0, offset)].filter(byte => byte === 0x0a).length
      const [first] = verdict.findings
      expect(first?.seq).toBeGreaterThanOrEqual(before)
      expect(first?.seq).toBeLessThanOrEqual(before + 1)
      expect(first?.offset).toBe(fileOf(made.lines.slice(0, first?.seq)).length)
    }
  })

  const edits: [string, number, (lines: readonly Uint8Array[]) => Uint8Array[]][] = [
    ['edited', 13, lines => editLine(lines, 12, line => line.replace('"at":"2026-03-02', '"at":"2026-03-01'))],
    ['deleted', 12, lines => dropLine(lines, 12)],
    ['inserted', 12, lines => insertLine(lines, 12, lines[4] ?? new Uint8Array())],
    ['swapped with its neighbour', 12, lines => swapLines(lines, 12, 13)],
    ['doubled', 13, lines => doubleLine(lines, 12)],
  ]
  test.each(edits)('An entry that is %s breaks the chain at the first bad position. [LAW 108]', async (_, at, edit) => {
    const path = writtenLines(edit(made.lines))
    const verdict = await verdictOf(path)
    expect(verdict.code).toBe(1)
    const chain = verdict.findings.find(one => one.code.startsWith('chain.'))
    expect(chain?.seq).toBe(at)
    const lines = readFileSync(path, 'utf8').split('\n')
    expect(chain?.offset).toBe(Buffer.byteLength(`${lines.slice(0, at).join('\n')}\n`))
    expect((await call('verify-trail', [path])).out).toMatch(new RegExp(`entry ${at}|entry ${at - 1}`))
  })

  test('A tail that was cut is found against a checkpoint from before. [LAW 109]', async () => {
    const head = await made.scenario.store.head()
    const path = writtenLines(cutTail(made.lines, 3))
    const verdict = await verdictOf(path, '--checkpoint', writtenCheckpoint(head), '--key', writtenKey(signer))
    expect(verdict).toMatchObject({ code: 1, anchoredSize: 0, codes: { 'checkpoint.truncated': 1 } })
  })

  test('A tail that was cut is not found without a checkpoint, and the page does not say a plain OK. [LAW 109]', async () => {
    const ran = await call('verify-trail', [writtenLines(cutTail(made.lines, 3))])
    expect(ran.code).toBe(0)
    expect(flat(ran.out)).toContain('valid prefix, completeness not attested')
    expect(ran.out).not.toMatch(/\bOK\b/)
  })

  test('A trail that was sealed anew is found against a checkpoint from before.', async () => {
    const head = await made.scenario.store.head()
    const changed = bodies()
    const command = changed.at(-1)?.command as { title: string }
    command.title = 'Something else'
    const path = writtenLines(reseal(changed))
    expect((await call('verify-trail', [path])).code).toBe(0)
    const verdict = await verdictOf(path, '--checkpoint', writtenCheckpoint(head), '--key', writtenKey(signer))
    expect(verdict).toMatchObject({ code: 1, codes: { 'checkpoint.root': 1 } })
  })

  test('A trail that was written anew is not said to agree with itself where a decision in it does not follow from the rules.', async () => {
    const head = await made.scenario.store.head()
    const given = ['--checkpoint', writtenCheckpoint(head), '--key', writtenKey(signer)]
    const told = async (change: (body: ReturnType<typeof bodiesOf>[number]) => void) => {
      const anew = structuredClone(bodiesOf(made.lines))
      for (const body of anew) if ((body.command as { type?: string }).type === 'approve') change(body)
      const { code, out } = await call('verify-trail', [writtenLines(reseal(anew)), ...given])
      return [code, flat(out)]
    }
    const [code, page] = await told(body => Object.assign(body.command as object, { comment: 'something else' }))
    expect([code, page]).toEqual([1, expect.stringContaining('What is there agrees with itself; it is not what')])
    expect(page).not.toContain('Besides, not all of it follows')
    const [worse, forged] = await told(body => Object.assign(body.by as object, { account: 'alice', person: 'alice' }))
    expect([worse, forged]).toEqual([1, expect.stringContaining('Besides, not all of it follows from the rules')])
    expect(forged).toContain(
      'What is there continues entry by entry; it is not what somebody else has kept a record of.',
    )
    expect(forged).not.toContain('agrees with itself')
  })

  test('A checkpoint that another key has signed than the one the auditor trusts breaks the verdict.', async () => {
    const head = await made.scenario.store.head()
    const argv = ['--checkpoint', writtenCheckpoint(head, stranger), '--key', writtenKey(signer)]
    expect(await verdictOf(writtenLines(made.lines), ...argv)).toMatchObject({
      code: 1,
      codes: { 'checkpoint.signature': 1 },
    })
    const page = await call('verify-trail', [writtenLines(made.lines), ...argv])
    expect([page.code, page.out.split('\n')[0]]).toEqual([1, 'BROKEN: A SIGNATURE THAT IS NOT BORNE OUT'])
    const told = flat(page.out)
    expect(told).toContain('it has the fingerprint that each checkpoint here states')
    expect(told).toContain(`of ${made.lines.length} entries, states the fingerprint that the trail has`)
    expect(told).not.toMatch(/does not match|somebody else has kept a record of|or that the trail names, has signed/)
    const both = await call('verify-trail', [writtenLines(cutTail(made.lines, 1)), ...argv])
    expect(both.out.split('\n')[0]).toBe('BROKEN: A SIGNATURE THAT IS NOT BORNE OUT')
    expect(flat(both.out)).toContain('was not held against it: anybody can write one')
    expect(flat(both.out)).not.toMatch(/was cut off\.|has the fingerprint that each|somebody else has kept a record of/)
    const keyless = writtenLines(cutTail(made.lines, 1))
    const alone = ['--only', 'integrity', '--checkpoint', writtenCheckpoint(head, stranger)]
    const unasked = flat((await call('verify-trail', [keyless, ...alone])).out)
    expect(unasked).toContain(
      'The end of the trail was cut off. That rests on the word of whoever gave you the checkpoint',
    )
    expect(unasked).toContain('states, and a key that is known has signed it')
    expect(flat(both.out)).toMatch(/does not match: see the findings/)
  })

  test('A trail whose first entry was altered is no less a trail when its bytes alone are looked at.', async () => {
    const bytes = fileOf(made.lines)
    const text = Buffer.from(bytes).toString('utf8')
    const renamed = written(text.replace('"origin":"', '"origin":"x'))
    for (const path of [written(flipByte(bytes, 0)), renamed]) {
      const ran = await call('verify-trail', [path, '--only', 'integrity'])
      expect([ran.code, ran.out.split('\n')[0]]).toEqual([1, 'BROKEN'])
      expect(flat(ran.out)).toMatch(/first place that is wrong is entry 0|wrong at entry 0 or at entry 1/)
    }
    const none = written(Uint8Array.from({ length: 50_000 }, (_, at) => (at * 7919) % 251))
    const ran = await call('verify-trail', [none, '--only', 'integrity'])
    expect([ran.code, ran.out.split('\n')[0]]).toEqual([1, 'BROKEN: THIS IS NO TRAIL'])
  })

  test('Of bytes that are no text and no entry nobody is told that their encoding was checked, where it was not.', async () => {
    let prev: string = EMPTY_ROOT
    const lines = ['\xff\xfe', '', 'not json', '"a":1,"a":2', '\0\x01'].map(body => {
      const line = Uint8Array.from(Buffer.from(`{"body":{${body}},"prev":"${prev}"}`, 'latin1'))
      prev = leafHash(line)
      return line
    })
    const path = writtenLines(lines)
    const alone = await call('verify-trail', [path, '--only', 'integrity'])
    expect(alone.code).toBe(0)
    expect(flat(alone.out)).toContain('Frame of each line every line begins and ends as an entry does')
    expect(flat(alone.out)).toContain('nor whether they are UTF-8 and JSON')
    expect(alone.out).not.toMatch(/encoding|form of an entry/i)
    const help = await call('verify-trail', ['--help'])
    expect(/--only integrity[\s\S]*?--policy/.exec(help.out)?.[0]).not.toMatch(/encoding/)
    expect(await verdictOf(path)).toMatchObject({ code: 1, codes: { 'entry.unreadable': 5 } })
  })

  test('Two entries that continue the same one are reported as a fork. [LAW 114]', async () => {
    const forked = forkAt(made.lines, 23, body => {
      body.id = 'another-writer'
    })
    expect(await verdictOf(writtenLines(forked))).toMatchObject({ code: 1, codes: { 'chain.fork': 1 } })
  })

  test('A doctored snapshot is reported. [LAW 117]', async () => {
    const snapshot = structuredClone(made.scenario.desk.snapshot()) as unknown as {
      changes: Record<string, { state: string }>
    }
    const change = snapshot.changes['K-2']
    if (change !== undefined) change.state = 'completed'
    const path = written(JSON.stringify(snapshot), 'snapshot.json')
    const verdict = await verdictOf(writtenLines(made.lines), '--snapshot', path)
    expect(verdict).toMatchObject({ code: 1, codes: { 'snapshot.differs': 1 } })
  })
})

describe('Decisions that do not follow from the rules', () => {
  test('Legal hashes, illegal content: a trail in which Alice approves her own change is whole and not justified. [LAW 111]', async () => {
    const changed = bodies()
    const at = indexOf('bob', 'approve')
    const forged = changed[at] as unknown as {
      by: { account: string; person: string }
      outcome: { accepted: { person: string; chain: string[] }[] }
    }
    forged.by.account = 'alice'
    forged.by.person = 'alice'
    for (const event of forged.outcome.accepted) Object.assign(event, { person: 'alice', chain: ['alice'] })
    const path = writtenLines(reseal(changed))
    const verdict = await verdictOf(path)
    expect(verdict).toMatchObject({ code: 3, status: 'unjustified', codes: { 'duty.violated': 1 } })
    expect(verdict.findings.every(one => one.kind === 'decision')).toBe(true)
    expect(verdict.findings[0]).toMatchObject({ seq: at, code: 'decision.unjustified' })
    expect(verdict.findings[0]?.offset).toBe(fileOf(made.lines.slice(0, at)).length)
    const page = (await call('verify-trail', [path])).out
    expect(page.split('\n')[0]).toBe('NOT JUSTIFIED')
    expect(flat(page)).toContain('nobody approves what they made (CM-1)')
  })

  test('Approval after the fact: a release that stands before the second approval is found. [LAW 112]', async () => {
    const changed = bodies()
    const second = indexOf('carol', 'approve')
    const release = indexOf('paul', 'release')
    const [moved] = changed.splice(release, 1)
    if (moved !== undefined) changed.splice(second, 0, { ...moved, at: changed[second]?.at ?? '' })
    const verdict = await verdictOf(writtenLines(reseal(renumber(changed))))
    expect(verdict.code).toBe(3)
    expect(verdict.codes['release.unapproved']).toBe(1)
    expect(verdict.findings.find(one => one.code === 'release.unapproved')).toMatchObject({
      seq: second,
      because: 'it was implemented before it was approved',
    })
  })

  test('Wrong policy file: a policy that is not the one in force is a finding, not used in silence. [LAW 113]', async () => {
    const other = fixturePolicy({ options: { separate: [separate('test', 'release').because('three pairs of eyes')] } })
    const verdict = await verdictOf(writtenLines(made.lines), '--policy', written(JSON.stringify(other), 'policy.json'))
    expect(verdict).toMatchObject({ code: 3, codes: { 'policy.supplied-differs': 1 } })
  })
})

/** How large a file is, as a page tells it. */
const sizeOf = (path: string): string => statSync(path).size.toLocaleString('en')

describe('What is left open', () => {
  test('A torn last record ends with 4, and the page says when somebody may have been told that it is in the trail.', async () => {
    const path = written(tear(fileOf(made.lines), 5))
    const ran = await call('verify-trail', [path])
    expect(ran.code).toBe(4)
    expect(ran.out.split('\n')[0]).toBe('SOUND BUT FOR A TORN END')
    const page = ran.out.replaceAll(/\s+/g, ' ')
    expect(page).toContain(`(${sizeOf(path)} bytes)`)
    expect(page).toContain('Where there is no journal, no crash of the desk has left this: the end was cut off')
    expect(page).toContain('may have been told that it is in the trail')
    expect(page).not.toMatch(/nobody was told/i)
    expect((await call('verify-trail', [path, '--require-anchor'])).code).toBe(4)
  })

  test('An anchor that is asked for and not given ends with 5, and so does a checkpoint of an empty trail.', async () => {
    const path = writtenLines(made.lines)
    expect((await call('verify-trail', [path, '--require-anchor'])).code).toBe(5)
    const empty = writtenCheckpoint({
      size: 0,
      root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    })
    expect((await call('verify-trail', [path, '--require-anchor', '--checkpoint', empty])).code).toBe(5)
  })

  test('Where an anchor is asked for, 5 is for a key that is not given, and 1 for one that has not signed, as the help says.', async () => {
    const path = writtenLines(made.lines)
    const held = writtenCheckpoint({ size: 1, root: leafHash(made.lines[0] as Uint8Array) })
    const judged = (...more: string[]) => call('verify-trail', [path, '--require-anchor', ...more])
    expect((await judged('--checkpoint', held)).code).toBe(5)
    expect((await judged('--key', writtenKey(signer))).code).toBe(5)
    expect((await judged('--checkpoint', held, '--key', writtenKey(signer))).code).toBe(0)
    const other = await judged('--checkpoint', held, '--key', writtenKey(stranger))
    expect([other.code, other.out.split('\n')[0]]).toEqual([1, 'BROKEN: A SIGNATURE THAT IS NOT BORNE OUT'])
    const help = (await call('verify-trail', ['--help'])).out.replaceAll(/\s+/g, ' ')
    expect(help).toContain(
      '1 integrity is broken: altered, cut off, forked, a bad signature, or a checkpoint that no key of',
    )
    expect(help).toContain(
      '5 --require-anchor, and there is no checkpoint that holds an entry and can be compared, or you gave no key',
    )
  })

  test('What is broken goes before what is unjustified, and that before a torn end and a missing anchor.', async () => {
    const changed = bodies()
    const approval = changed[indexOf('carol', 'approve')]
    if (approval !== undefined) Object.assign(approval.by as object, { account: 'dan', person: 'dan' })
    const unjustified = reseal(changed)
    const torn = tear(fileOf(unjustified), 5)
    expect((await call('verify-trail', [written(torn), '--require-anchor'])).code).toBe(3)
    expect((await call('verify-trail', [written(flipByte(torn, 400)), '--require-anchor'])).code).toBe(1)
  })
})

describe('What is no trail, or cannot be read', () => {
  const noStack = (err: string) => expect(err).not.toMatch(/\n\s+at /)

  test('An empty file is a broken trail: its founding is missing.', async () => {
    const ran = await call('verify-trail', [written('')])
    expect(ran.code).toBe(1)
    expect(ran.out).toContain('BROKEN: THIS IS NO TRAIL')
    expect(await verdictOf(written(''))).toMatchObject({ codes: { 'founding.missing': 1 } })
  })

  test('So is a file that is a torn tail alone, and the page tells how large the file is.', async () => {
    const path = written('{"body":{"at":"2026')
    for (const only of [[], ['--only', 'integrity']]) {
      const ran = await call('verify-trail', [path, ...only])
      expect([ran.code, ran.out.split('\n')[0]]).toEqual([1, 'BROKEN: THIS IS NO TRAIL'])
      expect(ran.out.replaceAll(/\s+/g, ' ')).toContain('(19 bytes)')
      expect(await verdictOf(path, ...only)).toMatchObject({ size: 0, bytes: 0, tail: 19 })
    }
    expect(await verdictOf(writtenLines(made.lines))).not.toHaveProperty('tail')
  })

  test('An empty file is told as a trail of which the beginning is missing: one may still be written there.', async () => {
    const { out } = await call('verify-trail', [written('')])
    for (const part of ['What was checked, step by step', 'Numbers', 'What holds the trail'])
      expect(out).toContain(part)
  })

  const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0', 'latin1')
  const others: [string, string | Uint8Array, string, string][] = [
    ['a picture', png, 'it is a picture (PNG).', 'Name the trail.jsonl that a desk has written'],
    ['a document', Buffer.from('%PDF-1.7\n\xe2\xe3', 'latin1'), 'it is a document (PDF).', 'Name the trail.jsonl'],
    ['a readme', '# ledger\n\nPays.\n', 'it is text.', 'Name the trail.jsonl'],
    ['an empty object', '{}', 'it is JSON, and not of a trail.', 'what countersign export has'],
    ['JSON lines', '{"a":1}\n{"a":2}\n', 'it is JSON, and not of a trail.', 'Name the trail.jsonl'],
    ['something packed', gzipSync('x'), 'it is packed (gzip).', 'Unpack it first'],
    ['a database', 'SQLite format 3\0 …', 'it is a SQLite database.', 'verify-trail sqlite:'],
    ['a policy', '{\n  "format": "countersign/policy/v1"\n}', 'it is a policy.', '--policy'],
    ['controls', '{"format":"countersign/controls/v1"}', 'it is controls.', '--controls'],
    ['a proof of a fork', '{"format":"countersign/fork/v1"}', 'it is a proof of a fork.', 'verify-trail fork '],
    [
      'a verdict',
      '{"schema":"countersign/verdict/v1"}',
      'it is a verdict over a trail.',
      'Name the trail that it is about',
    ],
    [
      'the index beside one',
      'countersign/index/v1 01234567\n',
      'it is the index beside a trail.',
      'Name the trail itself',
    ],
    ['openings', `{"commitment":"${'0'.repeat(64)}"}\n`, 'it is what opens private values.', '--openings'],
    ['UTF-16', Buffer.from('\ufeff{"body":{', 'utf16le'), 'it is text in UTF-16.', 'for the file as it was written'],
    [
      'a first entry that was cut',
      '{"body":{"at":"2026',
      'it is the beginning of an entry.',
      'or a copy that broke off',
    ],
    ['random bytes', Uint8Array.from({ length: 50_000 }, (_, at) => (at * 7919) % 251), 'it is no text.', 'Name the'],
  ]

  test.each(others)(
    'A file that is none but %s is told to be that, what was expected, and what would help.',
    async (_, bytes, is, help) => {
      const path = written(bytes)
      for (const only of [[], ['--only', 'integrity']]) {
        const ran = await call('verify-trail', [path, ...only])
        const told = flat(ran.out)
        expect([ran.code, ran.err, ran.out.split('\n')[0]]).toEqual([1, '', 'BROKEN: THIS IS NO TRAIL'])
        expect(told).toContain(is)
        expect(told).toContain(help)
        expect(told).toContain('its first line is {"body":{"at":"…",…},"prev":"e3b0c442…"}.')
        // Of what is no trail nothing is said that is said of one.
        expect(told).not.toMatch(/without a name|step by step|Numbers|What holds|re-decided|Nothing but itself/)
      }
    },
  )

  test('What a trail came to, and what was made of one, is told to be that, and what takes it.', async () => {
    const { scenario, lines } = made
    const snapshot = written(canonical(scenario.desk.snapshot() as never), 'snapshot.json')
    expect(flat((await call('verify-trail', [snapshot])).out)).toContain(
      `it is a snapshot of what a trail came to. A trail is a text with one entry on each line, and its first line is {"body":{"at":"…",…},"prev":"e3b0c442…"}. verify-trail <trail> --snapshot ${snapshot} tells`,
    )
    const note = writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) })
    expect(flat((await call('verify-trail', [note])).out)).toContain('it is a checkpoint.')
    const key = writtenKey(signer)
    expect(flat((await call('verify-trail', [key])).out)).toContain('it is a public key.')
    const [first = new Uint8Array()] = lines
    const indented = written(JSON.stringify(JSON.parse(Buffer.from(first).toString()), undefined, 2))
    expect(flat((await call('verify-trail', [indented])).out)).toContain(
      'it is like a trail, and was rewritten on its way.',
    )
    // A checkpoint that was to hold it is told of all the same.
    const readme = written('# ledger\n', 'README.md')
    const held = await call('verify-trail', [readme, '--checkpoint', note, '--key', key])
    expect(flat(held.out)).toMatch(/What holds the trail ✗ The checkpoint \S+, of \d+ entries, does not match/)
  })

  test('A file and a folder out of what was published are told to belong to that.', async () => {
    const site = newFolder()
    const tiles = join(site, 'tile', 'entries')
    mkdirSync(join(tiles, 'x000'), { recursive: true })
    writeFileSync(
      join(site, 'checkpoint'),
      readFileSync(writtenCheckpoint({ size: 1, root: rootOf(made.lines.slice(0, 1).map(leafHash)) })),
    )
    const tile = join(tiles, 'x000', '001')
    writeFileSync(tile, Buffer.from([0, 9, 1, 2, 3]))
    const { out } = await call('verify-trail', [tile])
    expect(flat(out)).toContain(`It lies in a folder to which a trail was published: verify-trail ${site} judges that.`)
    const ran = await call('verify-trail', [tiles])
    expect([ran.code, ran.err]).toEqual([
      2,
      `verify-trail: the folder ${tiles} holds no trail.jsonl\n  It lies in a folder to which a trail was published: name that one, ${site}.\n`,
    ])
    const argv = ['bundle', site, 'K', '--checkpoint', join(site, 'checkpoint'), '--out', join(site, 'b')]
    const bundled = await call('countersign', argv)
    expect([bundled.code, bundled.err]).toEqual([
      2,
      `countersign: the folder ${site} holds no trail.jsonl; a trail was published to it, which this command does not read\n  Name the trail itself.\n`,
    ])
  })

  test.each<[string, () => Uint8Array, string]>([
    [
      'CRLF line ends',
      () => new TextEncoder().encode(Buffer.from(fileOf(made.lines)).toString().replaceAll('\n', '\r\n')),
      'crlf',
    ],
    ['a byte order mark', () => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), fileOf(made.lines)]), 'bom'],
    ['bytes that are not UTF-8', () => flipByte(fileOf(made.lines), 3_000, 0x80), 'entry.unreadable'],
    [
      'a line of 10 MB',
      () => fileOf(insertLine(made.lines, 7, new Uint8Array(10_000_000).fill(0x61))),
      'line.oversize',
    ],
    ['an empty line', () => fileOf(insertLine(made.lines, 7, new Uint8Array())), 'line.empty'],
    ['nothing but random bytes', () => Uint8Array.from({ length: 50_000 }, (_, at) => (at * 7919) % 251), 'frame'],
  ])('A trail with %s is broken, and the page names the place without a stack.', async (_, bytes, code) => {
    const path = written(bytes())
    const ran = await call('verify-trail', [path])
    expect(ran.code).toBe(1)
    expect(ran.err).toBe('')
    expect(ran.out).toContain(`(${code},`)
    expect(ran.out).toMatch(/entry \d+ \(at byte [\d,]+\)/)
    noStack(ran.out)
  })

  test('A file, a folder or a key that cannot be used ends with 2, one line and a hint.', async () => {
    const trail = writtenLines(made.lines)
    const key = formatVerifierKey(verifierKeyOf(signer))
    const cases: [string[], RegExp][] = [
      [[], /which trail/],
      [[trail, trail], /one trail at a time/],
      [[trail, '--chekpoint', 'x'], /Unknown option '--chekpoint'; did you mean --checkpoint\?\n/],
      [[trail, '--anchor'], /Unknown option '--anchor'\n/],
      [[trail, '--key'], /--key/],
      [['no-such.jsonl'], /there is no file no-such\.jsonl/],
      [[''], /the path is empty/],
      [[newFolder()], /holds no trail\.jsonl/],
      [['/dev/null'], /no regular file/],
      [[trail, '--checkpoint', 'no-such.note'], /there is no file no-such\.note/],
      [[trail, '--checkpoint', written('hello\n', 'a.note')], /a\.note is no signed checkpoint/],
      [[trail, '--checkpoint', written(new Uint8Array([0xff, 0xfe]), 'b.note')], /b\.note is no text/],
      [[trail, '--key', written('hello', 'c.key')], /c\.key is no public key/],
      [[trail, '--key', written(key.replace('+', ' '), 'd.key')], /d\.key is no public key/],
      [[trail, '--policy', written('{', 'e.json')], /e\.json is no JSON/],
      // Whoever shows it to people may take the other one of the two.
      [[trail, '--policy', written('{"a":1,"a":2}', 'f.json')], /f\.json is no JSON: the name "a" is there twice/],
      [[trail, '--snapshot', written('{"a":1,"a":2}', 'g.json')], /g\.json is no JSON: the name "a" is there twice/],
      [[trail, '--policy', written('{}', 'f.json')], /f\.json is no policy/],
      [[trail, '--snapshot', written('[]', 'g.json')], /g\.json is no snapshot/],
      [
        [trail, '--snapshot', written('{"format":"countersign/snapshot/v1","a":0.5}', 'h.json')],
        /h\.json is no snapshot/,
      ],
    ]
    await Promise.all(
      cases.map(async ([argv, message]) => {
        const ran = await call('verify-trail', argv)
        expect([ran.code, ran.out], argv.join(' ')).toEqual([2, ''])
        expect(ran.err).toMatch(message)
        // What is wrong, and what to do.
        expect(ran.err.split('\n').length, ran.err).toBe(3)
        noStack(ran.err)
      }),
    )
  })

  test('A secret key that is given in place of anything else is refused, and none of it is printed.', async () => {
    const [path, trail] = [writtenSecret(signer), writtenLines(made.lines)]
    const secret = readFileSync(path, 'utf8').trim()
    const note = writtenCheckpoint({ size: 1, root: '0'.repeat(64) })
    const options = ['key', 'checkpoint', 'policy', 'snapshot', 'witness-policy']
    const calls: [Parameters<typeof call>[0], string[]][] = [
      ...options.map((name): (typeof calls)[number] => ['verify-trail', [trail, `--${name}`, path]]),
      ['verify-trail', [trail, '--since', path, '--key', path]],
      ['verify-trail', [trail, '--checkpoint', note, '--timestamp', path, '--tsa-ca', path]],
      ['verify-trail', [trail, '--witness-policy', written(`log ${secret}\n`)]],
      ['verify-trail', [path]],
      ['verify-trail', [written(`\n ${secret}`)]],
      ['verify-trail', ['bundle', path]],
      ['verify-trail', ['fork', path, '--key', writtenKey(signer)]],
      ['countersign', ['cosign', note, trail, '--witness-policy', path]],
      ['countersign', ['log', path]],
      ['countersign', ['lint', path]],
    ]
    for (const [name, argv] of calls) {
      const ran = await call(name, argv)
      expect([argv, ran.code, ran.out]).toEqual([argv, 2, ''])
      expect(ran.err).toContain('holds a secret key, which nothing takes but --secret')
      expect(ran.err).not.toContain(secret.slice(-20))
    }
  })

  test.skipIf(process.platform === 'win32')(
    'A pipe or a device that is given for a file is not waited for.',
    async () => {
      const trail = writtenLines(made.lines)
      const pipe = join(newFolder(), 'pipe')
      execFileSync('mkfifo', [pipe])
      for (const path of [pipe, '/dev/zero'])
        for (const name of ['key', 'checkpoint', 'policy', 'snapshot', 'openings', 'witness-policy']) {
          const ran = await call('verify-trail', [trail, `--${name}`, path])
          expect([name, ran.code, ran.out]).toEqual([name, 2, ''])
          expect(ran.err).toContain('no regular file')
        }
    },
  )

  test('A folder whose trail.jsonl is no regular file is not blamed for it: that file is.', async () => {
    const folder = newFolder()
    const inside = join(folder, 'trail.jsonl')
    mkdirSync(inside)
    expect(await call('verify-trail', [folder])).toEqual({
      code: 2,
      out: '',
      err: `verify-trail: ${inside} is no regular file, so it holds no trail\n  The trail of a folder is the file trail.jsonl in it.\n`,
    })
  })

  test('The bytes alone are read as the whole trail is: without a mark of byte order, carriage returns and empty lines.', async () => {
    const { lines } = await releasedLines()
    const text = Buffer.from(fileOf(lines)).toString('utf8')
    const held = [
      '--checkpoint',
      writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) }),
      '--key',
      writtenKey(signer),
    ]
    for (const [file, codes] of [
      [`\ufeff${text}`, { bom: 1 }],
      [text.replaceAll('\n', '\r\n'), { crlf: lines.length }],
      [`\n${text}`, { 'line.empty': 1 }],
    ] as const)
      for (const only of [[], ['--only', 'integrity']])
        expect(await verdictOf(written(file), ...held, ...only)).toMatchObject({ exitCode: 1, codes })
    expect((await verdictOf(written('\ufeff'))).codes).toEqual({ bom: 1, 'founding.missing': 1, 'tail.torn': 1 })
    const emptied = written(`${text}${'\n'.repeat(3_000)}`)
    const empty = (await verdictOf(emptied)) as unknown as { codes: object; findings: readonly unknown[] }
    expect(empty).toMatchObject({ codes: { 'line.empty': 3_000 }, found: 3_000, unlisted: 2_000 })
    expect(empty.findings).toHaveLength(1_000)
    expect((await call('verify-trail', [emptied])).out).toContain(
      'and 2,997 more of these (--json lists 1,000 of them)',
    )
    expect(await verdictOf(written(text))).toMatchObject({ found: 0, unlisted: 0 })
  })

  test('The origin is taken from a first line that is an entry, and from no later one, however the file is read.', async () => {
    const origins = async (file: string | Uint8Array) => {
      const path = written(file)
      const told: unknown[] = []
      for (const threads of ['1', '2']) {
        const { out } = await call('verify-trail', [path, '--only', 'integrity', '--threads', threads, '--json'])
        told.push((JSON.parse(out) as { origin: unknown }).origin)
      }
      return told
    }
    const founding = Buffer.from(made.lines[0] as Uint8Array).toString('utf8')
    const whole = Buffer.from(fileOf(made.lines)).toString('utf8')
    const origin = 'trail.example/scenario'
    const longer = (bytes: number) =>
      founding.replace('{"body":{', `{"body":{"a":"${'x'.repeat(bytes - founding.length - 7)}",`)
    expect(longer(65_535)).toHaveLength(65_535)
    expect(await origins(`${longer(65_535)}\r\n${whole}`)).toEqual([origin, origin])
    for (const bytes of [65_536, 65_539, 100_000, 140_000, 300_000])
      expect([bytes, ...(await origins(`${longer(bytes)}\n${whole}`))]).toEqual([bytes, '', ''])
  })

  test('What cannot be asked for together, and a proof without a name, is called in a wrong way.', async () => {
    const [trail, rubbish] = [writtenLines(made.lines), written('rubbish')]
    for (const [argv, message] of [
      [[trail, '--only', 'integrity', '--openings', rubbish], '--only integrity reads nothing'],
      [[trail, '--fork-proof', ''], 'The name after --fork-proof is empty'],
    ] as const) {
      const ran = await call('verify-trail', argv)
      expect([ran.code, ran.out]).toEqual([2, ''])
      expect(ran.err).toContain(message)
    }
  })

  test('The name of a proof of a fork moves nothing on the terminal.', async () => {
    const ran = await call('verify-trail', [
      writtenLines(made.lines),
      '--fork-proof',
      join(newFolder(), '\u001b[31mred'),
    ])
    expect([ran.code, ran.err.includes('\u001b')]).toEqual([0, false])
    expect(ran.err).toContain('was not written')
  })

  test.skipIf(process.getuid?.() === 0)('A trail that may not be read ends with 2 and says so.', async () => {
    const path = writtenLines(made.lines)
    const { chmodSync } = await import('node:fs')
    chmodSync(path, 0)
    const ran = await call('verify-trail', [path])
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('permission denied')
  })
})
