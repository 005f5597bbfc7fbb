import { describe, expect, it } from 'vitest'
import { MAX_ENTRY_BYTES, sealEntry } from '../entry.ts'
import { EMPTY_ROOT, leafHash, rootOf, Tree } from '../tree/tree.ts'
import { Integrity } from './integrity.ts'
import type { IntegrityOptions, IntegrityReport } from './integrity-report.ts'
import { joinIntegrity } from './join-integrity.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The lines of a sound trail of so many entries. */
function lines(count: number): string[] {
  let prev = EMPTY_ROOT
  return Array.from({ length: count }, (_, seq) => {
    const at = '2026-11-21T09:30:00.000Z'
    const sealed = sealEntry({ v: 1, seq, id: `id-${seq}`, at, stream: 'trail', streamSeq: seq, command: 'é' }, prev)
    prev = sealed.leafHash
    return new TextDecoder().decode(sealed.bytes)
  })
}

function check(file: string | Uint8Array, options: IntegrityOptions = {}, block = 1 << 20): IntegrityReport {
  const bytes = typeof file === 'string' ? encode(file) : file
  const integrity = new Integrity(options)
  for (let at = 0; at < bytes.length; at += block) integrity.push(bytes.subarray(at, at + block))
  return integrity.finish()
}

const written = (entries: readonly string[]): string => entries.map(line => `${line}\n`).join('')
const codes = (report: IntegrityReport): string[] => report.findings.map(({ code, seq }) => `${seq} ${code}`)
const sound = lines(12)
const hashes = sound.map(line => leafHash(encode(line)))

describe('a sound trail', () => {
  it('has no finding, and the size, the root and the last leaf hash of its entries', () => {
    for (let size = 0; size <= sound.length; size++) {
      const report = check(written(sound.slice(0, size)))
      expect(report).toMatchObject({ size, findings: [], found: 0, root: rootOf(hashes.slice(0, size)) })
      expect(report.leafHash).toBe(size === 0 ? EMPTY_ROOT : hashes[size - 1])
      expect(report.bytes).toBe(encode(written(sound.slice(0, size))).length)
    }
  })

  it('is judged alike in blocks of any size, which are left as they were', () => {
    const bytes = encode(written(sound))
    const before = bytes.slice()
    const whole = check(bytes)
    for (const block of [1, 2, 3, 7, 64, 199, 200, 1000]) expect(check(bytes, {}, block)).toEqual(whole)
    expect(bytes).toEqual(before)
  })

  it('has the root that was asked for at each size that it reaches', () => {
    const { roots } = check(written(sound), { sizes: [0, 5, 12, 5, 3, 99] })
    expect([...roots]).toEqual([0, 3, 5, 12].map(size => [size, rootOf(hashes.slice(0, size))]))
    expect(() => new Integrity({ sizes: [-1] })).toThrow('sizes: expected an integer from 0, found -1')
  })

  it('shows each entry as it passes, with its place and leaf hash', () => {
    const seen: string[] = []
    const offsets: number[] = []
    check(written(sound), {
      onLine: ({ seq, offset, bytes, leafHash: hash }) => {
        seen.push(new TextDecoder().decode(bytes))
        offsets.push(offset)
        expect(hash).toBe(hashes[seq])
      },
    })
    expect(seen).toEqual(sound)
    expect(offsets[1]).toBe(encode(sound[0] ?? '').length + 1)
  })

  it('is checked on from where an earlier check ended', () => {
    for (const size of [0, 1, 2, 5, 8]) {
      const head = check(written(sound.slice(0, size)))
      if (head.tree === undefined || head.leafHash === undefined) throw new Error('a sound trail has a tree')
      const start = { tree: head.tree, leafHash: head.leafHash, offset: head.bytes }
      const rest = check(written(sound.slice(size)), { start, sizes: [size, 12] })
      expect(rest).toMatchObject({ size: 12, findings: [], root: rootOf(hashes), bytes: check(written(sound)).bytes })
      expect(rest.roots.get(size)).toBe(rootOf(hashes.slice(0, size)))
      const wrong = check(written(sound.slice(size)), { start: { ...start, leafHash: 'ab'.repeat(32) } })
      expect(codes(wrong)).toEqual([size === 0 ? '0 chain.start' : `${size} chain.break`])
    }
  })

  it('is as long as a file of many chunks', () => {
    const many = lines(6000)
    const report = check(written(many))
    expect(report).toMatchObject({ size: 6000, found: 0, root: rootOf(many.map(line => leafHash(encode(line)))) })
  })
})

describe('an altered trail', () => {
  const cases: readonly (readonly [string, (entries: string[]) => void, readonly string[]])[] = [
    ['edited', all => all.splice(4, 1, (all[4] ?? '').replace('id-4', 'id-x')), ['5 chain.break']],
    ['deleted inside', all => all.splice(4, 1), ['4 chain.break']],
    ['inserted', all => all.splice(4, 0, (all[8] ?? '').replace('id-8', 'id-x')), ['4 chain.break', '5 chain.break']],
    [
      'swapped',
      all => all.splice(4, 2, all[5] ?? '', all[4] ?? ''),
      ['4 chain.break', '5 chain.break', '6 chain.break'],
    ],
    ['duplicated', all => all.splice(4, 0, all[4] ?? ''), ['5 chain.doubled']],
  ]

  it('Edit, delete inside, insert, swap, duplicate: each is found, and the first bad position is named [LAW 108]', () => {
    for (const [name, alter, expected] of cases) {
      const entries = [...sound]
      alter(entries)
      const report = check(written(entries))
      expect(codes(report), name).toEqual(expected)
      const [first] = report.findings
      const place = encode(written(entries.slice(0, first?.seq))).length
      expect(first?.offset, name).toBe(place)
    }
  })

  it('is checked to its end: a later break is found after an earlier one', () => {
    const entries = [...sound]
    entries.splice(9, 1)
    entries.splice(2, 1)
    expect(codes(check(written(entries)))).toEqual(['2 chain.break', '8 chain.break'])
  })

  it('says what an entry should have named, and what it names', () => {
    const entries = [...sound]
    entries.splice(4, 1)
    const [finding] = check(written(entries)).findings
    expect(finding).toMatchObject({ expected: hashes[3], found: hashes[4] })
  })

  it('knows of no fork behind a line that is too long, as nobody can say what the entry behind it follows', () => {
    const line = (seq: number) => sound[seq] as string
    const long = 'x'.repeat(MAX_ENTRY_BYTES + 1)
    const entries = [...sound.slice(0, 5), long, line(5), line(4), line(6)]
    for (const block of [1 << 20, 1_000])
      expect(codes(check(encode(written(entries)), {}, block))).toEqual([
        '5 line.oversize',
        '7 chain.break',
        '8 chain.break',
      ])
    const twice = [...sound.slice(0, 5), long, line(5), line(7), line(7).replace('id-7', 'id-8')]
    expect(codes(check(written(twice)))).toEqual(['5 line.oversize', '7 chain.break', '8 chain.break'])
  })

  it('shows a fork as two entries that follow the same one', () => {
    const rival = sealEntry(
      { v: 1, seq: 4, id: 'rival', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 4 },
      hashes[3] ?? '',
    )
    const entries = [...sound.slice(0, 5), new TextDecoder().decode(rival.bytes)]
    expect(codes(check(written(entries)))).toEqual(['5 chain.fork'])
  })

  it('must begin with the empty tree’s root', () => {
    expect(codes(check(written(sound.slice(1))))).toEqual(['0 chain.start'])
  })

  it('with its last entry edited or cut is sound by itself, and has another root', () => {
    const edited = check(written([...sound.slice(0, 11), (sound[11] ?? '').replace('id-11', 'id-xx')]))
    expect(edited.findings).toEqual([])
    expect(edited.root).not.toBe(rootOf(hashes))
    expect(check(written(sound.slice(0, 9))).size).toBe(9)
  })
})

describe('a trail that is checked in parts', () => {
  const parts = (cut: number, seq = cut, entries = sound): IntegrityReport[] => {
    const before = written(entries.slice(0, cut))
    const start = { seq, offset: encode(before).length }
    const sizes = [3, 7, 12]
    return [check(before, { sizes }), check(written(entries.slice(cut)), { start, sizes })]
  }

  it('has the same verdict as in one piece, wherever it is cut', () => {
    for (let cut = 0; cut <= sound.length; cut++) {
      const joined = joinIntegrity(parts(cut))
      const { size, bytes, leafHash: last, root, tree, roots, found } = check(written(sound), { sizes: [3, 7, 12] })
      expect(joined, `cut at ${cut}`).toMatchObject({ size, bytes, leafHash: last, root, tree, roots, found })
    }
  })

  it('is torn where its last part is', () => {
    const whole = encode(written(sound))
    const start = { seq: 5, offset: encode(written(sound.slice(0, 5))).length }
    for (const cut of [1, 50]) {
      const parts = [
        check(written(sound.slice(0, 5))),
        check(whole.subarray(start.offset, whole.length - cut), { start }),
      ]
      const { torn, tail, findings, bytes } = check(whole.subarray(0, whole.length - cut))
      expect([torn, bytes + tail]).toEqual([true, whole.length - cut])
      expect(joinIntegrity(parts)).toMatchObject({ torn, tail, findings, bytes })
    }
  })

  it('has its break found at the seam, too', () => {
    const entries = [...sound]
    entries.splice(5, 1)
    for (const cut of [4, 5, 6]) {
      const joined = joinIntegrity(parts(cut, cut, entries))
      expect(joined?.findings, `cut at ${cut}`).toEqual(check(written(entries)).findings)
    }
  })

  it('has as many findings of each code as in one piece, however few are kept', () => {
    // Six lines that are no entries, and one entry that is missing behind them.
    const entries = [
      ...sound.slice(0, 2),
      ...Array.from({ length: 6 }, () => '{}'),
      ...sound.slice(2, 6),
      ...sound.slice(7),
    ]
    for (const maxFindings of [0, 1, 2, 5, 1_000]) {
      const whole = check(written(entries), { maxFindings })
      for (let cut = 0; cut <= entries.length; cut += 1) {
        const before = written(entries.slice(0, cut))
        const start = { seq: cut, offset: encode(before).length }
        const both = [check(before, { maxFindings }), check(written(entries.slice(cut)), { start, maxFindings })]
        const joined = joinIntegrity(both, maxFindings)
        expect([maxFindings, cut, joined?.findings, joined?.codes]).toEqual([
          maxFindings,
          cut,
          whole.findings,
          whole.codes,
        ])
      }
    }
  })

  it('is not judged where the parts do not fit', () => {
    expect(joinIntegrity([])).toBeUndefined()
    expect(joinIntegrity(parts(5, 6))).toBeUndefined()
    const [first, second] = parts(5)
    if (first === undefined || second === undefined) throw new Error('there are two parts')
    const torn = check(written(sound.slice(0, 5)).slice(0, -1))
    expect(joinIntegrity([torn, second])).toBeUndefined()
    expect(joinIntegrity([first, { ...second, offset: second.offset + 1 }])).toBeUndefined()
  })

  it('has no root where a part has none', () => {
    const entries = [...sound.slice(0, 8), 'x'.repeat(70_000), ...sound.slice(9)]
    expect(joinIntegrity(parts(3, 3, entries))).toMatchObject({ size: 12, root: undefined, leafHash: hashes[11] })
    expect(joinIntegrity(parts(10, 10, entries))).toMatchObject({ size: 12, root: undefined, leafHash: hashes[11] })
  })
})

describe('a line that is no entry', () => {
  it('has a frame that is not the one of an entry', () => {
    const last = sound[11] ?? ''
    const wrong = [
      last.replace('{"body":', '{"bodY":'),
      last.replace('{"body":{', '{"body":['),
      last.replace('},"prev"', ' ,"prev"'),
      last.replace('"prev":"', '"prev": '),
      last.replace(/"\}$/, '" }'),
      last.replace(/[a-f]/g, letter => letter.toUpperCase()),
      last.slice(0, -3),
      'x',
      '{"body":{},"prev":""}',
    ]
    for (const line of wrong) {
      const report = check(written([...sound.slice(0, 11), line]))
      expect(codes(report), line).toEqual(['11 frame'])
    }
  })

  it('is no entry when it is repeated either', () => {
    expect(codes(check('x\nx\n'))).toEqual(['0 frame', '1 frame'])
  })

  it('shows unprintable bytes of a wrong frame as digits', () => {
    const [finding] = check(Uint8Array.of(0x7b, 0x00, 0xff, 10)).findings
    expect(finding?.found).toBe('{\\x00\\xff')
  })

  it('is empty: it is found, has no number, and the chain goes on', () => {
    const report = check(written([...sound.slice(0, 3), '', ...sound.slice(3)]))
    expect(codes(report)).toEqual(['3 line.empty'])
    expect(report.root).toBe(rootOf(hashes))
  })

  it('is too long: it is found, has a number, and no root is claimed from there on', () => {
    for (const length of [MAX_ENTRY_BYTES + 1, MAX_ENTRY_BYTES + 20, 1_000_000]) {
      const entries = [...sound.slice(0, 4), 'x'.repeat(length), ...sound.slice(5, 9), ...sound.slice(10)]
      const report = check(written(entries), { sizes: [4, 5] })
      expect(codes(report)).toEqual(['4 line.oversize', '9 chain.break'])
      expect(report.findings[0]).toMatchObject({ found: 'more than 65535 bytes' })
      expect(report).toMatchObject({ size: 11, root: undefined, tree: undefined, leafHash: hashes[11] })
      expect([...report.roots.keys()]).toEqual([4])
    }
  })
})

describe('the file around the entries', () => {
  it('has a torn tail where bytes follow the last newline, and they are no entry', () => {
    const bytes = encode(written(sound))
    for (const cut of [1, 2, 50]) {
      const report = check(bytes.subarray(0, bytes.length - cut))
      expect(codes(report)).toEqual(['11 tail.torn'])
      expect(report).toMatchObject({ size: 11, root: rootOf(hashes.slice(0, 11)), leafHash: hashes[10] })
      expect(report.findings[0]?.offset).toBe(report.bytes)
      expect([report.torn, report.bytes + report.tail]).toEqual([true, bytes.length - cut])
    }
    const long = check(`${written(sound)}${'x'.repeat(500_000)}`, {}, 1000)
    expect(codes(long)).toEqual(['12 tail.torn'])
    expect(long.findings[0]).toMatchObject({ offset: bytes.length, found: '500000 bytes without one' })
    expect(long.bytes).toBe(bytes.length)
  })

  it('was converted to CRLF: every line is found, and nothing else', () => {
    const report = check(written(sound).replaceAll('\n', '\r\n'))
    expect(codes(report)).toEqual(sound.map((_, seq) => `${seq} crlf`))
    expect(report.root).toBe(rootOf(hashes))
  })

  it('begins with a byte order mark: it is found, and nothing else', () => {
    const report = check(`\ufeff${written(sound)}`)
    expect(codes(report)).toEqual(['0 bom'])
    expect(report.root).toBe(rootOf(hashes))
    expect(codes(check(`${sound[0]}\n\ufeff${sound[1]}\n`))).toEqual(['1 frame'])
  })

  /** The faults of lines by their definition, of a file that is at hand, and of which no line has a frame. */
  function plainly(file: string): string[] {
    const isMarked = file.startsWith('\ufeff')
    const lines = file.slice(isMarked ? 1 : 0).split('\n')
    const tail = (lines.length === 1 && isMarked ? '\ufeff' : '') + (lines.pop() ?? '')
    let seq = 0
    const found = isMarked ? ['0 bom'] : []
    for (const line of lines) {
      const entry = line.endsWith('\r') ? line.slice(0, -1) : line
      if (entry.length > MAX_ENTRY_BYTES) found.push(`${seq++} line.oversize`)
      else {
        if (entry !== line) found.push(`${seq} crlf`)
        found.push(entry === '' ? `${seq} line.empty` : `${seq++} frame`)
      }
    }
    return tail === '' ? found : [...found, `${seq} tail.torn`]
  }

  it('is cut into the same lines, of any length and in blocks of any size, and one that is too long is that and nothing else', () => {
    const long = [65_534, 65_535, 65_536, 65_537, 65_538, 65_539, 65_540, 131_072, 262_144, 327_700, 600_000]
    for (const length of [0, 1, 2, 3, ...long])
      for (const mark of ['', '\ufeff'])
        for (const end of ['', '\r', '\n', '\r\n', '\r\r\n', '\nx\r\n', `\r\n${'x'.repeat(70_000)}\r\n\r\n`]) {
          const file = `${mark}${'x'.repeat(length)}${end}`
          const bytes = encode(file)
          const expected = plainly(file)
          const whole = check(bytes)
          const first = whole.findings.find(({ seq, code }) => seq === 0 && code !== 'bom' && code !== 'tail.torn')
          // What is told of the first line is told of where it begins, be it too long for any buffer.
          if (first?.code === 'frame' || first?.code === 'line.oversize') expect(first.offset).toBe(mark === '' ? 0 : 3)
          expect(whole.bytes + whole.tail).toBe(bytes.length)
          for (const block of [1_000, 4_095, 65_540, 1 << 18, 1 << 20]) {
            const report = check(bytes, {}, block)
            expect([length, mark, end, block, codes(report)]).toEqual([length, mark, end, block, expected])
            expect(report).toEqual(whole)
          }
        }
  })

  it('keeps as many findings as it was told, and counts all', () => {
    const report = check('\n'.repeat(50), { maxFindings: 3 })
    expect(report.findings.length).toBe(3)
    expect(report.found).toBe(50)
  })

  it('keeps some of each code, however many of another one came before', () => {
    const lines = `${'\n'.repeat(50)}{"body":{},"prev":"${'a'.repeat(64)}"}\n{`
    const report = check(lines, { maxFindings: 5 })
    expect(report.findings.map(({ code }) => code)).toEqual([
      ...Array(5).fill('line.empty'),
      'chain.start',
      'tail.torn',
    ])
    expect(report.found).toBe(52)
    const none = check(lines, { maxFindings: 0 })
    expect([none.findings, none.codes]).toEqual([[], report.codes])
  })

  it('takes no block after the end', () => {
    const integrity = new Integrity()
    const report = integrity.finish()
    expect(report).toEqual(integrity.finish())
    expect(Tree.from(report.tree ?? { size: 1, peaks: [] }).size).toBe(0)
    expect(() => {
      integrity.push(new Uint8Array(1))
    }).toThrow('finished')
  })
})
