import { execFileSync } from 'node:child_process'
import {
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { openFileOpenings, openFileStore } from '@countersign/store-file'
import { baseline, Scenario } from '@countersign/testing'
import { openingOf } from '@countersign/trail/store'
import { describe, expect, it } from 'vitest'
import { call, callProcess, newFolder, verdictOf } from '../cli/command-line.ts'
import { payments, people, secret, submission } from './setting.ts'

/** A folder with a trail in which K has a private value, and an opening that no entry asks for. */
async function prepared(): Promise<{ folder: string; openings: string }> {
  const folder = newFolder()
  const store = await openFileStore(folder)
  const openings = await openFileOpenings(folder)
  const scenario = await Scenario.open({ controls: baseline, policies: [payments()], people, store, openings })
  await scenario.given('rita', 'submit', submission as never)
  await scenario.given('ada', 'registerPerson', {
    person: 'nina',
    name: { commitment: 'c'.repeat(64) },
    accounts: ['nina'],
  } as never)
  await scenario.given('ada', 'recordDeparture', { person: 'nina', compromised: false })
  await scenario.given('ada', 'erasePerson', { person: 'nina', reason: 'asked for' })
  const place = { stream: 'change/X', id: 'never-came', field: 'account' }
  await openings.put([openingOf(`${secret}-unused`, new Uint8Array(32), place)])
  await openings.close()
  await store.close()
  return { folder, openings: join(folder, 'trail.openings.jsonl') }
}

const redaction = ['--change', 'K', '--field', 'account', '--reason', 'the customer has asked for it']
const wide = { env: { COLUMNS: '200' } }

describe('countersign redact', () => {
  it('redacts, deletes, and does no harm when it is run again', async () => {
    const { folder, openings } = await prepared()
    for (const told of ['1 opening deleted', '0 openings deleted']) {
      const ran = await call('countersign', ['redact', folder, ...redaction, '--account', 'ada'])
      expect([ran.code, ran.err, ran.out]).toEqual([0, '', expect.stringContaining(told)])
      expect(ran.out).not.toContain('marker')
    }
    expect(readFileSync(openings, 'utf8')).not.toContain(`"${secret}"`)
    expect(readFileSync(openings, 'utf8')).toContain(`${secret}-unused`)
    const unused = await call('countersign', ['redact', folder, '--unused'])
    expect([unused.code, unused.out]).toEqual([0, expect.stringContaining('and 1 that no entry has come to')])
    expect(readFileSync(openings, 'utf8')).toBe('')
  })

  it('says how much it has cut off of what an interrupted write had left at the end of the openings', async () => {
    const { folder, openings } = await prepared()
    const sound = readFileSync(openings)
    for (const left of [Buffer.from('{"commitment":"marker'), Buffer.alloc(700)]) {
      writeFileSync(openings, Buffer.concat([sound, left]))
      const ran = await call('countersign', ['redact', folder])
      expect([ran.code, ran.err]).toEqual([
        0,
        `countersign: cut off ${left.length} bytes at the end of ${openings}, which an interrupted write had left there. If an entry needs them, verify-trail with --openings says so.\n`,
      ])
      expect(readFileSync(openings).equals(sound)).toBe(true)
    }
  })

  it('ends with 3 where the opening of what it redacts is not there, as it can still be read where that lies', async () => {
    const { folder, openings } = await prepared()
    rmSync(openings)
    const ran = await call('countersign', ['redact', folder, ...redaction, '--account', 'ada'])
    expect([ran.code, ran.out, ran.err]).toEqual([
      3,
      expect.stringContaining('0 openings deleted'),
      'countersign: 1 value had no opening beside this trail. If it lies elsewhere, it can still be read there.\n',
    ])
    const again = await call('countersign', ['redact', folder, ...redaction, '--account', 'ada'])
    expect([again.code, again.err]).toEqual([0, ''])
  })

  it('writes nothing beside a trail that has no openings', async () => {
    const { folder, openings } = await prepared()
    rmSync(openings)
    const before = readdirSync(folder)
    for (const argv of [[], ['--unused'], [...redaction, '--account', 'ada'], [...redaction, '--account', 'rita']]) {
      await call('countersign', ['redact', folder, ...argv])
      expect(readdirSync(folder)).toEqual(before)
    }
  })

  it.skipIf(process.platform === 'win32')('is refused where the openings are no regular file', async () => {
    const { folder, openings } = await prepared()
    rmSync(openings)
    execFileSync('mkfifo', [openings])
    const ran = await call('countersign', ['redact', folder, ...redaction, '--account', 'ada'])
    expect([ran.code, ran.out, ran.err]).toEqual([
      2,
      '',
      expect.stringContaining('trail.openings.jsonl is no regular file, so it holds no openings'),
    ])
    expect(lstatSync(openings).isFIFO()).toBe(true)
  })

  it.skipIf(process.platform === 'win32')(
    'deletes behind a symbolic link, and records nothing where that leads nowhere, or the openings have another name',
    async () => {
      const { folder, openings } = await prepared()
      const [trail, real] = [join(folder, 'trail.jsonl'), join(newFolder(), 'openings')]
      const entries = readFileSync(trail, 'utf8')
      const asked = ['redact', folder, ...redaction, '--account', 'ada']
      const refused = async (because: string) => {
        const ran = await call('countersign', asked)
        expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringContaining(because)])
        expect(readFileSync(trail, 'utf8')).toBe(entries)
      }
      linkSync(openings, real)
      await refused('the file has 2 names (hard links)')
      unlinkSync(openings)
      symlinkSync(`${real}-not`, openings)
      await refused('where nothing is')
      expect(readlinkSync(openings)).toBe(`${real}-not`)
      unlinkSync(openings)
      symlinkSync(real, openings)
      const done = await call('countersign', asked)
      expect([done.code, done.out]).toEqual([0, expect.stringContaining('1 opening deleted')])
      expect(readFileSync(real, 'utf8')).not.toContain(`"${secret}"`)
      expect(readlinkSync(openings)).toBe(real)
    },
  )

  it('leaves no lock where nobody reads what has come of it', async () => {
    const { folder } = await prepared()
    const before = readdirSync(folder)
    const ran = await callProcess('countersign', ['redact', folder, ...redaction, '--account', 'ada'], {
      hangUp: 'at once',
    })
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(readdirSync(folder)).toEqual(before)
  })

  it('says who is refused, and why, with exit code 1', async () => {
    const { folder, openings } = await prepared()
    const before = readFileSync(openings, 'utf8')
    const ran = await call('countersign', ['redact', folder, ...redaction, '--account', 'rita'])
    expect([ran.code, ran.out]).toEqual([1, ''])
    expect(ran.err).toContain('authority.not-administrator: rita is no administrator')
    const unknown = await call('countersign', ['redact', folder, ...redaction, '--account', 'adda'])
    expect([unknown.code, unknown.err]).toEqual([
      1,
      expect.stringMatching(/ nobody is known by the account adda\. [A-Z]/),
    ])
    const near = await call('countersign', ['redact', folder, ...redaction, '--field', 'accont', '--account', 'ada'])
    expect([near.code, near.err]).toEqual([1, expect.stringMatching(/; did you mean account\? [A-Z]/)])
    expect(readFileSync(openings, 'utf8')).toBe(before)
  })

  it.each([
    ['--change', 'of which change?'],
    ['--field', 'which field?'],
    ['--reason', 'why?'],
    ['--account', 'who says so?'],
  ])('asks for %s where it is left out', async (left, question) => {
    const { folder } = await prepared()
    const all = [...redaction, '--account', 'ada']
    const at = all.indexOf(left)
    const ran = await call('countersign', ['redact', folder, ...all.toSpliced(at, 2)])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(question)])
  })

  it('is refused where there is nothing in the file, and writes nothing beside it', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'trail.jsonl'), '')
    const ran = await call('countersign', ['redact', folder])
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err).toContain('is no trail: it is empty')
    expect(readdirSync(folder)).toEqual(['trail.jsonl'])
  })

  it('is refused while a desk has the trail open, and where there is no trail', async () => {
    const { folder } = await prepared()
    const store = await openFileStore(folder)
    const ran = await callProcess('countersign', ['redact', folder, ...redaction, '--account', 'ada'])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('has a writer')])
    await store.close()
    const nowhere = await call('countersign', ['redact', join(folder, 'nowhere'), ...redaction, '--account', 'ada'])
    expect(nowhere.code).toBe(2)
  })
})

describe('verify-trail', () => {
  it('counts private values on its page, and says without --openings that none was looked at', async () => {
    const { folder, openings } = await prepared()
    const without = await call('verify-trail', [folder], wide)
    expect([without.code, without.out]).toEqual([
      0,
      expect.stringContaining('2 values, 1 redacted by an entry; none of them was looked at (--openings FILE)'),
    ])
    const looked = await call('verify-trail', [folder, '--openings', openings], wide)
    expect(looked.code).toBe(0)
    expect(looked.out).toContain('2 values, 1 redacted by an entry; 1 opened')
    expect(looked.out).toContain('1 opening that no entry has come to')
    expect(looked.out).toMatch(/✓ Private values +each can be opened/)
    expect(looked.out).not.toContain('marker')
  })

  it('ends with 1 where a value is missing without an entry, and tells which', async () => {
    const { folder, openings } = await prepared()
    writeFileSync(openings, '')
    const ran = await call('verify-trail', [folder, '--openings', openings], wide)
    expect(ran.code).toBe(1)
    expect(ran.out).toContain('Private values that nobody can open, and no entry says that they were redacted')
    expect(ran.out).toContain('what was kept beside it does not agree with the trail')
    const verdict = await verdictOf(folder, '--openings', openings)
    expect(verdict).toMatchObject({
      code: 1,
      codes: { 'opening.missing': 1 },
      privateValues: { values: 2, redacted: 1, looked: { opened: 0, missing: 1, unused: 0 } },
    })
    expect(verdict.findings[0]?.expected).toBe('what opens account of K, or its redaction')
  })

  it('finds what was changed in the file, and lines that are none, without showing them', async () => {
    const { folder, openings } = await prepared()
    const text = readFileSync(openings, 'utf8')
    writeFileSync(openings, `${text.replace(`"${secret}"`, `"${secret}9"`)}not an opening, ${secret}\n`)
    const ran = await call('verify-trail', [folder, '--openings', openings], wide)
    expect(ran.out).toContain('opening.mismatch, 1 ×')
    expect(ran.out).toContain('opening.unreadable, 1 ×')
    expect([ran.code, `${ran.out}${ran.err}`.includes('marker')]).toEqual([1, false])
  })

  it('judges nothing by a file in which not one line is an opening, as by a snapshot that is none', async () => {
    const { folder, openings } = await prepared()
    for (const text of ['{}\n', `not an opening, ${secret}\nnor this\n`]) {
      writeFileSync(openings, text)
      const ran = await call('verify-trail', [folder, '--openings', openings], wide)
      expect([ran.code, ran.out, ran.err.includes('marker')]).toEqual([2, '', false])
      expect(ran.err).toContain('is no file of openings: not one of its lines is an opening')
    }
  })

  it('tells of a file of openings whose line ends were rewritten or that got a mark, and accuses nobody by it', async () => {
    const { folder, openings } = await prepared()
    const text = readFileSync(openings, 'utf8')
    const [first] = text.split(/(?<=\n)/)
    for (const [rewritten, because] of [
      [text.replaceAll('\n', '\r\n'), 'its line ends were rewritten (0d 0a in the place of 0a)'],
      [`\ufeff${first}`, 'it begins with a byte order mark (ef bb bf)'],
    ] as const) {
      writeFileSync(openings, rewritten)
      const ran = await call('verify-trail', [folder, '--openings', openings], wide)
      expect([ran.code, ran.out, ran.err.includes('marker')]).toEqual([2, '', false])
      expect(ran.err).toContain(`is no file of openings: ${because}\n  An editor, a shell or a transfer has done that.`)
    }
  })

  it('judges by a file in which one line is an opening, and says of its first line how that was rewritten', async () => {
    const { folder, openings } = await prepared()
    const text = readFileSync(openings, 'utf8')
    const lines = text.split(/(?<=\n)/)
    const good = lines.find(line => line.includes('"stream":"change/K"')) ?? ''
    const marked = 'it begins with a byte order mark (ef bb bf)'
    const ends = 'its line ends were rewritten (0d 0a in the place of 0a)'
    for (const [rewritten, because, missing] of [
      [`\ufeff${good}${good}`, marked, {}],
      [`${good.replace('\n', '\r\n')}${good}`, ends, {}],
      [`\ufeff${good.replace('\n', '\r\n')}${good}`, `${marked}, and ${ends}`, {}],
      [`\ufeff${good}${text.replace(good, '')}`, marked, { 'opening.missing': 1 }],
    ] as const) {
      writeFileSync(openings, rewritten)
      const verdict = await verdictOf(folder, '--openings', openings)
      expect([verdict.code, verdict.codes]).toEqual([1, { ...missing, 'opening.unreadable': 1 }])
      const found = verdict.findings.find(one => one.code === 'opening.unreadable')?.found
      expect(found).toBe(`1 line that is none; and the file was rewritten: ${because}`)
    }
    writeFileSync(openings, `\ufeff${good}${good.replace(secret, 'another')}`)
    expect((await verdictOf(folder, '--openings', openings)).codes).toEqual({
      'opening.mismatch': 1,
      'opening.unreadable': 1,
    })
    writeFileSync(openings, `${good}{}\n${good}not one\n`)
    const { findings } = await verdictOf(folder, '--openings', openings)
    expect(findings[0]?.found).toBe('2 lines that are none')
  })

  it('ends with 4 where the last opening was never finished, with 1 where an entry needs it, and shows nothing of it', async () => {
    const { folder, openings } = await prepared()
    const text = readFileSync(openings, 'utf8')
    writeFileSync(openings, text.slice(0, -1))
    const torn = await call('verify-trail', [folder, '--openings', openings], wide)
    expect([torn.code, torn.out.includes('marker')]).toEqual([4, false])
    expect(torn.out).toContain('SOUND BUT FOR A TORN END')
    expect(torn.out).toContain('Behind the last of the openings lies the beginning of one that was never finished')
    expect(torn.out).not.toContain('Behind its last entry')
    expect(torn.out).toContain('of what was given: the last opening is not complete')
    writeFileSync(openings, text.slice(0, text.indexOf('\n')))
    const cut = await verdictOf(folder, '--openings', openings)
    expect(cut).toMatchObject({ code: 1, codes: { 'opening.missing': 1, 'opening.torn': 1 } })
    await (await openFileOpenings(folder)).close()
    expect((await verdictOf(folder, '--openings', openings)).codes).toEqual({ 'opening.missing': 1 })
  })

  it('finds a line that shows a value as that of another field, or of another change, also beside the right one', async () => {
    for (const [told, other] of [
      ['"field":"account"', '"field":"bonus"'],
      ['"stream":"change/K"', '"stream":"change/L"'],
    ] as const) {
      const { folder, openings } = await prepared()
      const [line = '', ...rest] = readFileSync(openings, 'utf8').split('\n')
      const moved = line.replace(told, other)
      for (const lines of [[moved], [line, moved, moved], [moved, line]]) {
        writeFileSync(openings, [...lines, ...rest].join('\n'))
        const ran = await call('verify-trail', [folder, '--openings', openings], wide)
        expect([lines.length, ran.code, `${ran.out}${ran.err}`.includes('marker')]).toEqual([lines.length, 1, false])
        expect(ran.out).toContain('opening.misplaced, 1 ×')
        expect(ran.out).toContain('in the field account of the command')
      }
    }
  })

  it('takes openings that are a file, and none with a bundle', async () => {
    const { folder, openings } = await prepared()
    const missing = await call('verify-trail', [folder, '--openings', `${openings}.not`])
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('there is no file')])
    const wrong = await call('verify-trail', [folder, '--openings', folder])
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('no regular file')])
    const bundle = await call('verify-trail', ['bundle', openings, '--openings', openings])
    expect([bundle.code, bundle.err]).toEqual([2, expect.stringContaining('--openings are compared with a trail only')])
  })
})

describe('the pages about a change', () => {
  it('say what is private, and what was redacted, when and why', async () => {
    const { folder } = await prepared()
    const before = await call('countersign', ['explain', folder, 'K'], wide)
    expect(before.out).toContain('  account: (private)\n')
    await call('countersign', ['redact', folder, ...redaction, '--account', 'ada'])
    const after = await call('countersign', ['explain', folder, 'K'], wide)
    expect(after.out).toMatch(/ {2}account: \(redacted on .+: the customer has asked for it\)\n/)
    const log = await call('countersign', ['log', folder], wide)
    expect(log.out).toContain(
      'ada redacts account, saying “the customer has asked for it” → 1 value of account can be opened no more',
    )
    expect(log.out).toContain('registers the person nina, (private), with nina')
    expect(`${before.out}${after.out}${log.out}`).not.toContain('marker')
  })
})
