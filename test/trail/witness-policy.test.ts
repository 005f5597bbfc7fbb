import {
  CountersignError,
  cosign,
  evaluateWitnesses,
  formatNote,
  formatVerifierKey,
  MAX_POLICY_BYTES,
  parseWitnessPolicy,
  signerKey,
  signNote,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const signer = (byte: number, name = `w${byte}.example`) => signerKey(name, new Uint8Array(32).fill(byte))
const witness = (byte: number, name?: string) => formatVerifierKey(witnessKeyOf(signer(byte, name)))
const log = (byte: number) => formatVerifierKey(verifierKeyOf(signer(byte, `log${byte}.example`)))

const two = `# who has to have seen our checkpoints
log ${log(1)}\thttps://log.example/

 \t
witness X1 ${witness(11)}
  witness X2 ${witness(12)} https://x2.example/
witness X3 ${witness(13)}
group X 2 X1 X2 X3
witness Ÿ1 ${witness(21)}
witness Y2 ${witness(22)}
group Y any Ÿ1 Y2
group both all X Y
quorum both
`

describe('a policy of witnesses', () => {
  it('is read with its logs, its witnesses and its tree of groups', () => {
    const policy = parseWitnessPolicy(two)
    expect(policy.logs).toEqual([{ key: verifierKeyOf(signer(1, 'log1.example')), url: 'https://log.example/' }])
    expect(policy.witnesses.map(one => one.name)).toEqual(['X1', 'X2', 'X3', 'Ÿ1', 'Y2'])
    expect(policy.witnesses[1]?.url).toBe('https://x2.example/')
    expect(policy.quorum).toMatchObject({
      name: 'both',
      threshold: 2,
      members: [
        { name: 'X', threshold: 2, members: [{ name: 'X1' }, { name: 'X2' }, { name: 'X3' }] },
        { name: 'Y', threshold: 1, members: [{ name: 'Ÿ1' }, { name: 'Y2' }] },
      ],
    })
    expect(parseWitnessPolicy(new TextEncoder().encode(two))).toEqual(policy)
  })

  it('may need no witness at all, or a single one, and may know no log', () => {
    expect(parseWitnessPolicy('quorum none\n')).toEqual({ logs: [], witnesses: [], quorum: undefined })
    expect(parseWitnessPolicy(`witness w ${witness(1)}\nquorum w\n`).quorum?.name).toBe('w')
  })

  it('takes names as they are spelled: two normal forms are two names', () => {
    const text = `witness \u00e9 ${witness(1)}\nwitness e\u0301 ${witness(2)}\ngroup g all \u00e9 e\u0301\nquorum g\n`
    expect(parseWitnessPolicy(text).quorum).toMatchObject({ threshold: 2 })
    expect(parseWitnessPolicy(`witness __proto__ ${witness(1)}\nquorum __proto__\n`).quorum?.name).toBe('__proto__')
  })

  const first = `witness a ${witness(1)}\nwitness b ${witness(2)}\n`
  const refused: readonly (readonly [what: string, text: string, message: string])[] = [
    ['an empty one', '', 'line 1: expected a quorum line'],
    ['one without a quorum', first, 'line 3: expected a quorum line'],
    ['one with two quorums', 'quorum none\nquorum none\n', 'line 2: expected one quorum line'],
    ['one that was cut off', `${first}group g 2 a b\nquorum g`, 'line 4: expected a newline'],
    ['a word that is none', 'quorum none\nwitnes a b\n', 'line 2: expected log, witness, group or quorum'],
    ['a word in capitals', 'Quorum none\n', 'line 1: expected log'],
    ['a comment behind something', 'quorum none # it is all the same\n', 'line 1: expected quorum <name>'],
    ['a carriage return', 'quorum none\r\n', 'line 1: expected no control character'],
    ['a form feed', 'quorum\fnone\n', 'line 1: expected no control character'],
    ['DEL', 'quorum none\n# \x7f\n', 'line 2: expected no control character'],
    ['a byte order mark', '\ufeffquorum none\n', 'line 1: expected log'],
    ['a space that is not ASCII', 'quorum\u00a0none\n', 'line 1: expected log'],
    ['a group that comes later', `${first}group g all a h\ngroup h all b\nquorum g\n`, 'line 3: expected the name'],
    ['a group in itself', `${first}group g all a g\nquorum g\n`, 'line 3: expected the name'],
    ['a quorum that comes too early', `quorum a\n${first}`, 'line 1: expected the name'],
    ['none as a member', `${first}group g any a none\nquorum g\n`, 'line 3: expected the name'],
    ['a group called none', `${first}group none any a\nquorum none\n`, 'line 3: expected another name'],
    ['a witness called none', `witness none ${witness(1)}\nquorum none\n`, 'line 1: expected another name'],
    ['a name that is taken by a witness', `${first}group a any b\nquorum a\n`, 'line 3: expected a name that is not'],
    ['a witness named like another', `${first}witness a ${witness(3)}\nquorum a\n`, 'line 3: expected a name that'],
    ['a member twice in a group', `${first}group g 2 a a\nquorum g\n`, 'line 3: expected a member that no group'],
    ['a member of two groups', `${first}group g any a\ngroup h all g a\nquorum h\n`, 'line 4: expected a member that'],
    [
      'a threshold of nothing',
      `${first}group g 0 a b\nquorum g\n`,
      'line 3: expected all, any, or a number from 1 to 2',
    ],
    ['a threshold above the members', `${first}group g 3 a b\nquorum g\n`, 'line 3: expected all, any, or a number'],
    ['a threshold with a zero before it', `${first}group g 01 a b\nquorum g\n`, 'line 3: expected all, any'],
    ['a threshold that is no number', `${first}group g most a b\nquorum g\n`, 'line 3: expected all, any'],
    ['a group without members', `${first}group g all\nquorum g\n`, 'line 3: expected group <name>'],
    ['the key of a log for a witness', `witness a ${log(1)}\nquorum a\n`, 'line 1: expected the key of a witness'],
    ['the key of a witness for a log', `log ${witness(1)}\nquorum none\n`, 'line 1: expected the key of a log'],
    ['a key of another kind', 'witness a x+00000000+BgAA\nquorum a\n', 'line 1: expected the Ed25519 key of a witness'],
    [
      'a key whose id is of another name',
      `log ${log(1).replace('log1', 'log2')}\nquorum none\n`,
      'line 1: expected the Ed',
    ],
    [
      'one witness under two names',
      `witness a ${witness(1)}\nwitness b ${witness(1, 'other')}\nquorum a\n`,
      'the key of a',
    ],
    ['one log twice', `log ${log(1)}\nlog ${log(1)}\nquorum none\n`, 'line 2: expected another key'],
    [
      'a witness with two addresses',
      `witness a ${witness(1)} http://x http://y\nquorum a\n`,
      'line 1: expected witness',
    ],
    ['one that is too long', `#${'x'.repeat(MAX_POLICY_BYTES)}\nquorum none\n`, `at most ${MAX_POLICY_BYTES} bytes`],
    [
      'too many groups',
      `${Array.from({ length: 130 }, (_, at) => `witness w${at} ${witness(at + 1)}\ngroup g${at} any w${at}\n`).join('')}quorum g0\n`,
      'at most 128',
    ],
  ]
  for (const [what, text, message] of refused) {
    it(`is refused as a whole, with the line, where there is ${what}`, () => {
      try {
        parseWitnessPolicy(text)
        expect.unreachable()
      } catch (error) {
        expect(error).toMatchObject({ code: 'witness.policy' })
        expect(String(error)).toContain(message)
      }
    })
  }

  it('is refused where it is no UTF-8', () => {
    expect(() => parseWitnessPolicy(Uint8Array.of(0x23, 0xff, 0x0a))).toThrow('UTF-8')
    expect(() => parseWitnessPolicy('# \ud800\nquorum none\n')).toThrow('UTF-8')
  })

  it('of any bytes is read or refused with its own error, and never otherwise', () => {
    const word = fc.constantFrom(
      'log',
      'witness',
      'group',
      'quorum',
      'a',
      'b',
      'all',
      'any',
      '1',
      '2',
      'none',
      witness(1),
      log(1),
      '\n',
      '\t',
      '#',
      '\0',
    )
    const inputs = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(word).map(words => words.join(' ')),
    )
    fc.assert(
      fc.property(inputs, input => {
        try {
          parseWitnessPolicy(input)
        } catch (error) {
          if (!(error instanceof CountersignError) || error.code !== 'witness.policy') throw error
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

const text = 'log1.example\n3\nzz\n'
const now = 1_800_000_000
const noteBy = (...cosigned: readonly (readonly [byte: number, time: number])[]) => {
  const lines = cosigned.map(([byte, time]) => cosign(text, signer(byte), time))
  const note = signNote(text, [signer(1, 'log1.example')])
  return note + lines.map(one => formatNote({ text, signatures: [one] }).slice(text.length + 1)).join('')
}

describe('the witnesses of a checkpoint', () => {
  const policy = parseWitnessPolicy(two)

  it('are enough where each group has as many as it asks for, and the tree tells who was there, and when', () => {
    const { satisfied, quorum } = evaluateWitnesses(policy, noteBy([11, now - 5], [13, now - 4], [22, now]), now)
    expect(satisfied).toBe(true)
    expect(quorum).toMatchObject({
      name: 'both',
      met: 2,
      members: [
        {
          name: 'X',
          met: 2,
          members: [{ status: 'cosigned', time: now - 5 }, { status: 'missing' }, { time: now - 4 }],
        },
        { name: 'Y', met: 1, members: [{ status: 'missing' }, { status: 'cosigned', time: now }] },
      ],
    })
  })

  it('are not enough where one group is short, however many the other has', () => {
    const { satisfied, quorum } = evaluateWitnesses(policy, noteBy([11, now], [12, now], [13, now]), now)
    expect(satisfied).toBe(false)
    expect(quorum).toMatchObject({
      met: 1,
      members: [
        { satisfied: true, met: 3 },
        { satisfied: false, met: 0 },
      ],
    })
  })

  it('do not count twice, nor where their signature is of another text, nor under a key of another type', () => {
    expect(evaluateWitnesses(policy, noteBy([11, now], [11, now - 9], [21, now]), now).quorum).toMatchObject({
      satisfied: false,
      members: [{ met: 1, members: [{ time: now - 9 }, {}, {}] }, {}],
    })
    const moved = noteBy([11, now], [12, now], [21, now]).replace('\n3\n', '\n4\n')
    expect(evaluateWitnesses(policy, moved, now).witnesses.map(one => one.status)).toEqual([
      'bad signature',
      'bad signature',
      'missing',
      'bad signature',
      'missing',
    ])
    const plain = signNote(text, [signer(11), signer(12), signer(21)])
    expect(evaluateWitnesses(policy, plain, now).witnesses.every(one => one.status === 'missing')).toBe(true)
  })

  it('do not count where their clock is more than five minutes ahead of the verifier’s', () => {
    const status = (time: number) => evaluateWitnesses(policy, noteBy([11, time]), now).witnesses[0]?.status
    expect([status(now), status(now + 300), status(now + 301)]).toEqual(['cosigned', 'cosigned', 'in the future'])
  })

  it('do not count where one of their signatures holds and another does not', () => {
    const note = noteBy([11, now])
    const bad = cosign('other\n', signer(11), now)
    const both = note + formatNote({ text, signatures: [bad] }).slice(text.length + 1)
    expect(evaluateWitnesses(policy, both, now).witnesses[0]).toMatchObject({
      status: 'bad signature',
      satisfied: false,
    })
  })

  it('are not needed where the quorum is none, and are told nevertheless', () => {
    const none = parseWitnessPolicy(`witness a ${witness(11)}\nquorum none\n`)
    const evaluated = evaluateWitnesses(none, noteBy([11, now]), now)
    expect(evaluated).toMatchObject({ satisfied: true, witnesses: [{ name: 'a', status: 'cosigned' }] })
    expect(evaluated.quorum).toBe(undefined)
  })
})

describe('a cosignature', () => {
  it('is not made at a time that is none, nor over a text that does not end', () => {
    for (const time of [0, -1, 0.5, Number.NaN, 2 ** 53]) expect(() => cosign(text, signer(1), time)).toThrow('seconds')
    expect(() => cosign('text', signer(1), now)).toThrow('newline')
  })
})
