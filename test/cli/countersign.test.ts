import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodeOf, terminalText, verifyFile, version } from '@countersign/cli'
import { baseline, content, f0, f0Tested, fixturePeople, submitK } from '@countersign/testing'
import { fileOf, flipByte, insertLine, linesOf } from '@countersign/testing/tamper'
import { formatVerifierKey, leafHash, signerKey, verifierKeyOf, witnessKeyOf } from '@countersign/trail'
import { approval, approvals, board, category, policy, release, role } from 'countersign/policy'
import { beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { commands } from '../../packages/cli/src/commands.ts'
import { Progress } from '../../packages/cli/src/shell/progress.ts'
import { missingOf } from '../../packages/cli/src/source/store-address.ts'
import { delegated } from '../law/setting.ts'
import {
  call,
  callProcess,
  newFolder,
  releasedLines,
  signer,
  written,
  writtenCheckpoint,
  writtenKey,
  writtenLines,
} from './command-line.ts'

let made: Awaited<ReturnType<typeof releasedLines>>
beforeAll(async () => {
  made = await releasedLines()
})

const control = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u

test('What a finding means is told by its code, in the words of its page, wherever the page of a verdict points to it.', async () => {
  const trail = written(flipByte(fileOf(made.lines), 4_000))
  const { out } = await call('verify-trail', [trail], { env: { COLUMNS: '200' } })
  expect(out).toContain('What each code means, how it can come about and what to do: verify-trail finding <code>\n')
  const page = (code: string) => new URL(`../../docs/reference/findings/${code}.md`, import.meta.url)
  for (const code of ['chain.break', 'snapshot.differs'])
    expect(await call('verify-trail', ['finding', code])).toEqual({
      code: 0,
      out: readFileSync(page(code), 'utf8'),
      err: '',
    })
  for (const [argv, told] of [
    [['finding', 'chain.brake'], 'there is no finding chain.brake; did you mean chain.break?'],
    [['finding', '../findings'], 'there is no finding ../findings'],
    [['finding', 'frame', 'crlf'], 'one finding at a time: 2 were named'],
    [['finding', 'frame', '--json'], 'a finding is explained by its code alone, without --json'],
    [['finding'], 'which finding? Name its code behind the word'],
  ] as const)
    expect(await call('verify-trail', argv)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(told) })
})

test('Each command says on stderr in one line that it does not verify.', async () => {
  const path = writtenLines(made.lines)
  for (const argv of [
    ['log', path],
    ['explain', path, 'K'],
    ['board', path],
    ['population', path],
    ['sheet', path, 'K'],
  ]) {
    const ran = await call('countersign', argv)
    expect(ran.code).toBe(0)
    expect(ran.err).toBe('countersign shows what the trail says and does not verify it; verify-trail does.\n')
    expect(ran.out).not.toMatch(control)
  }
})

test('The log tells for each entry when, who in what capacity, what, and what came of it.', async () => {
  const { out } = await call('countersign', ['log', writtenLines(made.lines), '--change', 'K'])
  const told = out.replaceAll(/\s+/g, ' ')
  expect(told).toContain('2026-03-02 08:00:00Z K: carol as appr approves revision 1 → it goes to production')
  expect(told).toContain('K: alice approves revision 1 → REFUSED, nobody approves what they made (CM-1)')
  expect(told).not.toContain('K-2')
})

test('The log for machines is one JSON document on each line, of the entry as it is recorded and as it is told.', async () => {
  const { out } = await call('countersign', ['log', writtenLines(made.lines), '--json'])
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(made.lines.length)
  expect(JSON.parse(lines[23] ?? '')).toMatchObject({ seq: 23, by: { account: 'bob' }, said: { who: 'bob as appr' } })
})

test('The log passes over a line that is no entry, says so, and does not end as if all were well.', async () => {
  const damaged = insertLine(made.lines, 3, new TextEncoder().encode('{"hello":1}'))
  const { code, out } = await call('countersign', ['log', writtenLines(damaged)])
  expect(code).toBe(2)
  expect(out).toContain('3  (this line is no entry; verify-trail tells more)')
})

test('An explanation names what is missing and who can give it, now and as it stood.', async () => {
  const path = writtenLines(made.lines)
  expect((await call('countersign', ['explain', path, 'K-2'])).out).toContain('Who can take it on: erin.')
  const then = await call('countersign', ['explain', path, 'K', '--at', '2026-03-02T09:30+01:00'])
  expect(then.out).toContain('Who can take it on: paul.')
  expect(then.out).toContain('It is at production since')
  const now = await call('countersign', ['explain', path, 'K'])
  expect(now.out).toContain('Everything is met; it can be closed.')
  expect(now.out).toContain('It is completed since')
  const json = JSON.parse((await call('countersign', ['explain', path, 'K', '--json'])).out)
  expect(json).toMatchObject({ change: { id: 'K' }, explanation: { state: 'completed' } })
})

test('An explanation says in whose name somebody can take a change on who cannot by themselves.', async () => {
  const scenario = await f0Tested({ people: { ...fixturePeople, nora: [] } })
  await delegated(scenario, 'bob', 'nora')
  const path = writtenLines(await linesOf(scenario.store))
  const { out } = await call('countersign', ['explain', path, 'K', '--at', '2026-03-03T08:00Z'])
  expect(out.replaceAll(/\s+/g, ' ')).toContain('Who can take it on: bob, carol, dan, nora (for bob).')
})

test('A board puts the changes of a team into columns that fit the terminal.', async () => {
  const path = writtenLines(made.lines)
  const { out } = await call('countersign', ['board', path, '--team', 't'])
  expect(out).toContain('Team t: 2 changes')
  expect(out).toMatch(/verify \(1\)\s+approve \(0\)\s+production \(0\)\s+completed \(1\)/)
  expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(100)
  const [board] = JSON.parse((await call('countersign', ['board', path, '--json'])).out)
  expect(board).toMatchObject({ team: 't' })
})

test('What is not there, and what is no trail, ends with 2 and says what there is.', async () => {
  const path = writtenLines(made.lines)
  const cases: [string[], RegExp][] = [
    [[], /what to show/],
    [['exlpain', path], /there is no command exlpain; did you mean explain\?\n/],
    [['judge', path], /there is no command judge: it is one of explain, log, /],
    [['log', path, '--chnage', 'K'], /Unknown option '--chnage'; did you mean --change\?\n/],
    [['log', path, '--chekpoint', 'x'], /Unknown option '--chekpoint'\n/],
    [['--jsn', 'log', path], /Unknown option '--jsn'; did you mean --json\?\n/],
    [['log', path, '--name', 'K'], /log has no option --name\n/],
    [['explain', path], /explain which change/],
    [['log', path, 'K'], /takes nothing more/],
    [['log', path, '--team', 't'], /log has no option --team/],
    [['log', path, '--change', 'K', '--change', 'L'], /--change was given twice, and counts once/],
    [['redact', path, '--change', 'K', '--change', 'L', '--field', 'f'], /--change was given twice, and counts once/],
    [['explain', path, 'Q'], /There is: K, K-2/],
    [['explain', path, 'K', '--at', 'yesterday'], /--at yesterday is no instant/],
    [['explain', path, 'K', '--at', '2020-01-01T00:00Z'], /in this trail at 2020-01-01/],
    [['log', path, '--change', 'Q'], /There is: K, K-2/],
    [['board', path, '--team', 'u'], /There is: t/],
    [['board', 'no-such'], /there is no file no-such/],
    [['board', written('')], /it is empty/],
    [['log', written('hello')], /no complete line/],
    [['board', written('hello\n')], /entry 0 is no entry/],
    [['log', written(new Uint8Array(10_000_000).fill(0x61))], /longer than an entry can be/],
  ]
  await Promise.all(
    cases.map(async ([argv, message]) => {
      const ran = await call('countersign', argv)
      expect([ran.code, ran.out], argv.join(' ')).toEqual([2, ''])
      expect(ran.err).toMatch(message)
      expect(ran.err).not.toMatch(/\n\s+at /)
    }),
  )
})

test('A program prints what its command line does, reads what is piped into it, and ends with the same code.', async () => {
  const altered = written(flipByte(fileOf(made.lines), 900))
  const judged = await callProcess('verify-trail', [altered])
  expect(judged).toEqual(await call('verify-trail', [altered]))
  const [piped, given] = [newFolder(), newFolder()].map(folder => ['import', join(folder, 'trail.jsonl'), '--json'])
  const asked = { input: fileOf(made.lines) }
  const imported = await callProcess('countersign', piped ?? [], asked)
  expect(imported).toEqual(await call('countersign', given ?? [], asked))
  expect([judged.code, imported.code]).toEqual([1, 0])
})

test('Both commands know their version, which is that of the package, and their page of help.', async () => {
  const file = fileURLToPath(new URL('../../packages/cli/package.json', import.meta.url))
  expect(version).toBe(JSON.parse(readFileSync(file, 'utf8')).version)
  for (const name of ['verify-trail', 'countersign'] as const) {
    expect(await call(name, ['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
    const { out } = await call(name, ['--help'])
    expect(out.startsWith(`${name} `)).toBe(true)
    expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(120)
  }
})

test('A command that is asked for help tells its own part, and a word that is none the whole page.', async () => {
  const whole = await call('countersign', ['--help'])
  const own = await call('countersign', ['checkpoint', '--help'])
  expect([own.code, own.err, own.out.split('\n')[0]]).toEqual([
    0,
    '',
    'countersign checkpoint <trail> --secret FILE --memory FILE [options]',
  ])
  expect(own.out).toContain('  --memory FILE ')
  for (const other of ['countersign log', '--team', '--json']) expect(own.out).not.toContain(other)
  expect((await call('countersign', ['log', '-h'])).out).toContain('  --json ')
  expect(await call('countersign', ['nothing', '--help'])).toEqual(whole)
  for (const name of ['explain', 'witness', 'copy']) {
    const { out } = await call('countersign', [name, '--help'])
    expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(120)
    expect(out.startsWith(`countersign ${name}`)).toBe(true)
  }
})

test('The pages of help say which options a command does nothing without, and each of these is asked for by it.', async () => {
  const whole = (await call('countersign', ['--help'])).out
  for (const { name, operands, options, required = {} } of commands) {
    const named = operands.map(one => `no-such-${one.name}`)
    const needed = Object.entries(required)
    const { out } = await call('countersign', [name, '--help'])
    const words = [...operands.map(one => `<${one.name}>`), ...needed.map(([option, value]) => `--${option} ${value}`)]
    const called = ['countersign', name, ...words].join(' ')
    expect([called, `${called} [options]`]).toContain(out.split('\n')[0])
    expect(whole).toContain(`\n  ${called}`)
    expect(out.includes('What stands beside the name of the command has to be given.')).toBe(needed.length > 0)
    const given = needed.flatMap(([option]) => [`--${option}`, option === 'listen' ? '127.0.0.1:0' : 'no-such'])
    for (const [at, [option]] of needed.entries()) {
      const ran = await call('countersign', [name, ...named, ...given.toSpliced(2 * at, 2)])
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(`--${option}`)])
      expect(ran.err).toContain(`\n  countersign ${name} --help shows how it is called.\n`)
    }
    // With all of them nothing more is asked for: what is named is not there.
    if (options.length === 0 || name === 'keygen') continue
    const ran = await call('countersign', [name, ...named, ...given])
    expect([ran.code, ran.err]).toEqual([2, expect.not.stringContaining('shows how it is called')])
  }
})

test('Whoever calls a command in a wrong way is led to the help of that command.', async () => {
  for (const argv of [
    ['log'],
    ['log', 'a', 'b'],
    ['log', 'a', '--until', '2026-03-02'],
    ['log', 'a', '--chnage', 'K'],
    ['log', 'a', '--change', ''],
    ['log', 'a', '--change', 'K', '--change', 'K'],
  ])
    expect((await call('countersign', argv)).err).toContain('\n  countersign log --help shows how it is called.\n')
  expect((await call('countersign', ['lgo'])).err).toContain('\n  countersign --help shows how it is called.\n')
  expect((await call('countersign', [])).err).toContain('\n  countersign --help shows how it is called.\n')
})

test('With COUNTERSIGN_DEBUG=1 a failure shows where it came from.', async () => {
  const ran = await call('countersign', ['board', 'no-such'], { env: { COUNTERSIGN_DEBUG: '1' } })
  expect(ran.code).toBe(2)
  expect(ran.err).toMatch(/\n\s+at /)
})

test('Text from a trail loses what a terminal would act on, and keeps what people write.', () => {
  expect(terminalText('a\u001b[31mb\u009bc\u202ed\u0007\u200be')).toBe('a�[31mb�c�d��e')
  expect(terminalText('one\r\ntwo\tthree\u2028four')).toBe('one two three four')
  expect(terminalText('Zoë 你好 👩‍💻 ½')).toBe('Zoë 你好 👩‍💻 ½')
  expect(terminalText('\ud800')).toBe('�')
})

test('A program gets the verdict of a file and its exit code without a process.', async () => {
  const verdict = await verifyFile(writtenLines(made.lines))
  expect(exitCodeOf(verdict)).toBe(0)
  expect(exitCodeOf(verdict, { requireAnchor: true })).toBe(5)
  // Of a bundle and of a trail alike: what only a key has signed that the trail itself names is no anchor.
  const held = { matched: 4, ownKey: 4, handedOn: 0, earlierKey: 0, givenKey: 0, witnessed: 0, timeStamped: 4 } as const
  for (const [kind, code] of [
    ['ownKey', 5],
    ['givenKey', 0],
    ['handedOn', 0],
  ] as const) {
    const anchoring = { ...held, level: "trail's own key", [kind]: 4 } as const
    expect(exitCodeOf({ status: 'sound', anchoredSize: 4, anchoring }, { requireAnchor: true })).toBe(code)
  }
  await expect(verifyFile('no-such.jsonl')).rejects.toThrow('there is no file no-such.jsonl')
})

test('The page of help says of each exit code which commands end with it, and so does the part of each of these.', async () => {
  const whole = (await call('countersign', ['--help'])).out
  expect(whole).toContain('  1  only of lint, redact, checkpoint: ')
  expect(whole).toContain('  3  only of lint, redact: ')
  for (const [name, told] of [
    ['lint', '0 nothing to warn of, notes at most; 1 it cannot be used; 3 it can be used, with warnings'],
    ['redact', '0 nothing here opens them; 1 it was refused; 3 recorded, and of some nothing lay here to delete'],
    ['checkpoint', '1 the trail is not one that may be signed'],
  ] as const) {
    const { out } = await call('countersign', [name, '--help'])
    expect(out).toContain(told)
    expect(whole).toContain(told)
  }
  expect(whole.replaceAll(/\s+/g, ' ')).toContain('redact, copy and import lock the trail into which they write')
})

test('What is left empty is asked for as what is left out, and a word without its file is no name of one.', async () => {
  const trail = writtenLines(made.lines)
  const asks = async (program: 'countersign' | 'verify-trail', argv: readonly string[], told: string) => {
    const ran = await call(program, argv)
    expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringContaining(told)])
    expect(ran.err.trimEnd().split('\n')).toHaveLength(2)
  }
  await asks('countersign', ['bundle', trail, ''], 'bundle of which change?')
  await asks('countersign', ['log', trail, '--change', ''], '--change was given, and nothing with it')
  await asks('countersign', ['publish', trail, 'to', '--key', 'a', '--key', ''], '--key was given, and nothing with it')
  await asks('countersign', ['copy', trail, trail], 'source and target are the same')
  const note = writtenCheckpoint({ size: 1, root: leafHash(made.lines[0] as Uint8Array) })
  await asks(
    'countersign',
    ['timestamp-request', note, '--out', `${newFolder()}/`],
    'is a folder, and a file is written',
  )
  await asks('verify-trail', ['bundle'], 'which bundle? Name its file')
  await asks('verify-trail', ['fork'], 'which fork? Name its file')
  await asks('verify-trail', ['fork', trail, '--key', writtenKey(signer)], 'no proof of a fork')
})

test('What is no key or no checkpoint that counts is told for what it is, with what would help.', async () => {
  const trail = writtenLines(made.lines)
  const asks = async (argv: readonly string[], told: string) => {
    const ran = await call('verify-trail', [trail, ...argv])
    expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringContaining(told)])
    expect(ran.err.trimEnd().split('\n')).toHaveLength(2)
  }
  const witness = written(formatVerifierKey(witnessKeyOf(signer)), 'key')
  await asks(['--key', witness], 'is the public key of a witness (trail.example/scenario)')
  await asks(['--key', witness], `on a line such as: witness audit ${readFileSync(witness, 'utf8').trim()}\n`)
  await asks(['--witness-policy', written('witness\n', 'policy')], 'Its lines are such as: log KEY | witness audit KEY')
  const keyOf = (...bytes: number[]) => {
    const publicKey = Uint8Array.from({ length: 32 }, (_, at) => bytes[at] ?? 0)
    const { name } = signer
    const typed = createHash('sha256')
      .update(`${name}\n`)
      .update(Uint8Array.of(1, ...publicKey))
    const keyId = typed.digest('hex').slice(0, 8)
    return written(formatVerifierKey({ ...verifierKeyOf(signer), publicKey, keyId }), 'key')
  }
  const long = signerKey('€'.repeat(1_000), new Uint8Array(32))
  const longest = written(`\n ${formatVerifierKey(verifierKeyOf(long))}\r\n\n`, 'key')
  expect((await call('verify-trail', [trail, '--key', longest])).code).toBe(0)
  await asks(['--key', keyOf(1)], 'is a weak key (trail.example/scenario)')
  await asks(['--key', keyOf(2)], 'is no public key: the key of trail.example/scenario: expected a point of the curve')
  const note = readFileSync(writtenCheckpoint({ size: 1, root: leafHash(made.lines[0] as Uint8Array) }), 'utf8')
  await asks(['--checkpoint', written(`\ufeff${note}`, 'note')], 'it begins with a byte order mark')
  await asks(['--openings', newFolder()], 'is no regular file')
})

test('A checkpoint or a policy of witnesses that was rewritten on its way is told to be, with what would help.', async () => {
  const trail = writtenLines(made.lines)
  const note = readFileSync(writtenCheckpoint({ size: 1, root: leafHash(made.lines[0] as Uint8Array) }), 'utf8')
  const policy = `# of ours\nlog ${formatVerifierKey(verifierKeyOf(signer))}\nquorum none\n`
  const ends = 'its line ends were rewritten (0d 0a in the place of 0a)'
  const mark = 'it begins with a byte order mark (ef bb bf)'
  for (const [option, text, hint] of [
    ['--checkpoint', note, 'Ask whoever kept the checkpoint for the file as it was written.'],
    ['--witness-policy', policy, 'save it as UTF-8 without the one, and with line ends LF.'],
  ] as const) {
    expect((await call('verify-trail', [trail, option, written(text)])).err).toBe('')
    for (const [rewritten, told] of [
      [text.replaceAll('\n', '\r\n'), ends],
      [`\ufeff${text}`, mark],
      [`\ufeff${text.replaceAll('\n', '\r\n')}`, `${mark}, and ${ends}`],
    ] as const) {
      const ran = await call('verify-trail', [trail, option, written(rewritten)])
      expect([ran.code, ran.out, ran.err.trimEnd().split('\n')]).toEqual([
        2,
        '',
        [expect.stringContaining(`: ${told}`), expect.stringContaining(hint)],
      ])
    }
  }
})

test('Of JSON with a mark of byte order before it is told that this is in the way.', async () => {
  const trail = writtenLines(made.lines)
  for (const option of ['--policy', '--snapshot']) {
    const ran = await call('verify-trail', [trail, option, written('\ufeff{}')])
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err).toContain('is no JSON: it begins with a byte order mark (ef bb bf)')
    expect(ran.err).toContain('Save it as UTF-8 without that mark.')
  }
})

test('Of packages that a store needs those are named that are missing.', async () => {
  expect(await missingOf(['countersign', 'no-such-package'])).toEqual(['no-such-package'])
  expect(await missingOf(['no-such-package', 'nor-this-one'])).toEqual(['no-such-package', 'nor-this-one'])
  expect(await missingOf(['countersign'])).toEqual(['countersign'])
})

test('Neither command loads anything but a few small files before it knows what is asked for.', () => {
  const loaded = new Set<string>()
  const load = (url: URL): void => {
    if (loaded.has(url.href)) return
    loaded.add(url.href)
    for (const [, from = ''] of readFileSync(url, 'utf8').matchAll(
      /^(?:import|export) (?!type ).*?from '([^']+)'/gms,
    )) {
      if (from.startsWith('.')) load(new URL(from, url))
      else expect(from).toMatch(/^node:util$/)
    }
  }
  for (const name of ['verify-trail', 'countersign']) {
    loaded.clear()
    load(new URL(`../../packages/cli/src/${name}.ts`, import.meta.url))
    expect(loaded.size).toBeLessThanOrEqual(5)
  }
})

test('A progress bar shows on a terminal after a second, unless there is little to do, and is taken away; elsewhere there is none.', () => {
  const drawn: string[] = []
  let now = 0
  const write = (text: string) => drawn.push(text)
  const bar = new Progress({ isTTY: true, write }, () => now)
  bar.update(1, 4)
  expect(drawn).toEqual([])
  now = 2_000
  bar.update(2 << 20, 4 << 20)
  bar.update(3 << 20, 4 << 20)
  expect(drawn).toEqual([`\r${'█'.repeat(15)}${'░'.repeat(15)} 50 % of 4 MiB, 2 s left\u001b[K`])
  bar.done()
  expect(drawn.at(-1)).toBe('\r\u001b[K')
  const slow = new Progress({ isTTY: true, write }, () => now)
  now = 4_000
  slow.update(0, 4 << 20)
  now = 5_000
  slow.update(1 << 20, 4 << 20)
  // Of what has not begun nobody can tell how long it takes.
  expect(drawn.slice(-2)).toEqual([
    `\r${'░'.repeat(30)} 0 % of 4 MiB\u001b[K`,
    `\r${'█'.repeat(8)}${'░'.repeat(22)} 25 % of 4 MiB, 9 s left\u001b[K`,
  ])
  const small = new Progress({ isTTY: true, write: () => expect.unreachable() }, () => now)
  now = 7_000
  // However long it took until it was begun, so little is done at once.
  for (const total of [0, 12_000, 1 << 20]) small.update(total, total)
  small.done()
  const told = (total: number) => {
    const one = new Progress({ isTTY: true, write }, () => now)
    now += 2_000
    one.update(total, total)
    return / of (.*),/.exec(drawn.at(-1) ?? '')?.[1]
  }
  expect([(1 << 20) + 1, 1.5 * (1 << 20), 9.96 * (1 << 20), 2_000 * (1 << 20)].map(told)).toEqual([
    '1 MiB',
    '1.5 MiB',
    '10 MiB',
    '2,000 MiB',
  ])
  const silent = new Progress({ isTTY: false, write: () => expect.unreachable() }, () => now)
  now += 9_000
  silent.update(1 << 20, 2 << 20)
  silent.done()
})

/** A board with a limit, and an emergency that is reviewed within a day. */
const limited = policy(
  't',
  {
    complies: baseline,
    roles: { appr: 'approves', deployer: 'releases', auditor: 'reviews' },
    board: board({ columns: [{ name: 'going', stages: ['production'], limit: 3 }] }),
  },
  {
    emergency: category({
      form: z.object({ incident: z.string().min(1) }),
      emergency: { incident: 'incident' },
      flow: [
        approval('authorise', approvals(1).from(role('appr'))),
        release('production', { by: role('deployer') }),
        approval('review', approvals(1).from(role('auditor')), { within: '24h' }),
      ],
    }),
  },
)

test('What is owed, how changes flow, and a board with its limits are told from a trail.', async () => {
  const scenario = await f0({ policies: [limited], people: { ...fixturePeople, vera: ['auditor'] }, submit: null })
  const asked = {
    ...submitK,
    category: 'emergency',
    form: { incident: 'INC-17' },
    content: { digest: content('e'), makers: ['alice'] },
  }
  await scenario.given('rita', 'submit', asked as never)
  scenario.at(3_600_000)
  await scenario.given('bob', 'approve', { change: 'K' })
  await scenario.given('rita', 'move', { change: 'K' })
  await scenario.given('paul', 'release', { change: 'K' })
  const path = writtenLines(await linesOf(scenario.store))
  const day = ['--at', '2026-03-03T09:00Z']
  const owed = await call('countersign', ['obligations', path, ...day])
  expect(owed.out).toBe(
    [
      '1 obligation open, 1 late (2026-03-03 09:00 UTC)',
      '',
      '✗ K (team t, emergency)',
      '      owes a review at review, late: it was due on 2026-03-03 09:00 UTC, since 2026-03-02 09:00 UTC',
      '      missing: 1\u00a0×\u00a0auditor',
      '      can: vera',
      '',
    ].join('\n'),
  )
  expect((await call('countersign', ['obligations', path, '--at', '2026-03-02T08:30Z'])).out).toMatch(
    /^Nothing is owed/,
  )
  const board = await call('countersign', ['board', path, ...day])
  expect(board.out).toMatch(/going \(0\/3\)/)
  const measured = await call('countersign', ['metrics', path])
  expect(measured.out).toContain('1 change arrived, 0 done')
  expect(measured.out).toMatch(/appr at authorise, own +1 +60\.0 min/)
  const [report] = JSON.parse((await call('countersign', ['metrics', path, '--json'])).out)
  expect(report).toMatchObject({ team: 't', arrived: 1, obligations: { opened: 1, fulfilled: 0, late: 0 } })
  expect((await call('countersign', ['explain', path, 'K', ...day])).out).toContain(
    'The review at review is owed, and is late',
  )
  const page = await call('verify-trail', [path])
  expect(page.out).toContain('1 owed after taking effect: 0 fulfilled, 1 open; none late')
  for (const argv of [
    ['metrics', path, '--team', 'u'],
    ['metrics', path, '--from', 'monday'],
    ['metrics', path, '--from', '2026-03-03T00:00Z', '--until', '2026-03-02T00:00Z'],
    ['obligations', path, '--team', 'u'],
    ['obligations', path, '--from', '2026-03-03T00:00Z'],
  ])
    expect((await call('countersign', argv)).code).toBe(2)
})

test('A board draws the latest of what is over and tells how much was before it.', async () => {
  const scenario = await f0({ submit: null })
  for (let place = 1; place <= 5; place++) {
    scenario.at(3_600_000)
    const change = `K-${place}`
    await scenario.given('rita', 'submit', { ...submitK, change } as never)
    await scenario.given('rita', 'cancel', { change, comment: 'not needed' })
  }
  const { out } = await call('countersign', ['board', writtenLines(await linesOf(scenario.store))])
  expect(out).toContain('cancelled (5)')
  expect(out.match(/K-\d/g)).toEqual(['K-5', 'K-4', 'K-3', 'K-2'])
  expect(out).toContain('and 1 before')
})
