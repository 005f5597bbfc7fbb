import { describe, expect, it } from 'vitest'
import { type Body, MAX_ENTRY_BYTES, prevOf, readEntry, sealEntry } from './entry.ts'
import { EMPTY_ROOT, leafHash } from './tree/tree.ts'

const body: Body = { v: 1, seq: 0, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 }
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (entry: string): Uint8Array => new TextEncoder().encode(entry)

describe('sealEntry', () => {
  it('writes body and prev and nothing else, and hashes what it wrote as a leaf', () => {
    const sealed = sealEntry(body, EMPTY_ROOT)
    expect(text(sealed.bytes)).toBe(
      `{"body":{"at":"2026-11-21T09:30:00.000Z","id":"a","seq":0,"stream":"trail","streamSeq":0,"v":1},"prev":"${EMPTY_ROOT}"}`,
    )
    expect(sealed.leafHash).toBe(leafHash(sealed.bytes))
  })

  it('takes bodies that a package has typed more closely, as they are', () => {
    interface Approval extends Body {
      readonly command: { readonly type: 'approve'; readonly comment?: string }
    }
    const approval: Approval = { ...body, command: { type: 'approve' } }
    expect(text(sealEntry(approval, EMPTY_ROOT).bytes)).toContain('"command":{"type":"approve"}')
  })

  it('takes 65,535 bytes and refuses one more', () => {
    const frame = sealEntry({ ...body, command: '' }, EMPTY_ROOT).bytes.length
    const longest = sealEntry({ ...body, command: 'x'.repeat(MAX_ENTRY_BYTES - frame) }, EMPTY_ROOT)
    expect(longest.bytes.length).toBe(65_535)
    expect(readEntry(longest.bytes).prev).toBe(EMPTY_ROOT)
    const longer = { ...body, command: 'x'.repeat(MAX_ENTRY_BYTES - frame + 1) }
    expect(() => sealEntry(longer, EMPTY_ROOT)).toThrow('65536 bytes')
    // Bytes are counted, not characters.
    expect(() => sealEntry({ ...body, command: 'é'.repeat(40_000) }, EMPTY_ROOT)).toThrow('bytes')
  })

  it('refuses a body that does not place the entry, naming the member', () => {
    const wrong: readonly (readonly [string, unknown])[] = [
      ['v', 2],
      ['seq', -1],
      ['seq', 1.5],
      ['seq', undefined],
      ['id', ''],
      ['stream', 7],
      ['streamSeq', '0'],
      ['at', '2026-11-21T09:30:00Z'],
      ['at', '2026-11-21T09:30:00.000+01:00'],
      ['at', '2026-02-29T09:30:00.000Z'],
      ['at', '2026-13-01T09:30:00.000Z'],
      ['at', '2026-01-01T24:00:00.000Z'],
      ['at', '2026-01-01T23:59:60.000Z'],
    ]
    for (const [member, value] of wrong) {
      const call = (): unknown => sealEntry({ ...body, [member]: value }, EMPTY_ROOT)
      expect(call, `${member} ${String(value)}`).toThrow(`$.body.${member} of the entry`)
    }
    expect(readEntry(sealEntry({ ...body, at: '2028-02-29T23:59:59.999Z' }, EMPTY_ROOT).bytes).body.seq).toBe(0)
  })

  it('names the whole path of a value that has no canonical form', () => {
    const command = { form: { risk: 0.5 } }
    expect(() => sealEntry({ ...body, command }, EMPTY_ROOT)).toThrow('$.body.command.form.risk')
  })

  it('refuses a prev that is no hash', () => {
    for (const prev of ['', EMPTY_ROOT.toUpperCase(), `${EMPTY_ROOT}00`])
      expect(() => sealEntry(body, prev)).toThrow('prev')
  })
})

describe('readEntry', () => {
  it('reads back what was sealed', () => {
    const command = { type: 'approve', change: 'C-1', comment: 'gut, danke – 好' }
    const { bytes: sealed } = sealEntry({ ...body, command }, EMPTY_ROOT)
    expect(readEntry(sealed)).toEqual({ body: { ...body, command }, prev: EMPTY_ROOT })
  })

  it('refuses bytes that are not the canonical form of an entry, saying what was expected', () => {
    const good = text(sealEntry(body, EMPTY_ROOT).bytes)
    const refused: readonly (readonly [string, string])[] = [
      ['', 'not canonical JSON'],
      ['[]', '$ of the entry'],
      ['{}', '$.prev of the entry'],
      [good.replace('{"body"', '{ "body"'), 'offset 1'],
      [good.replace('"v":1', '"v":1.0'), 'offset'],
      [good.replace('"prev":"e3', '"prev":"E3'), '$.prev'],
      [good.replace('{"body"', '{"also":1,"body"'), '$.also'],
      [good.replace(/"v":1/, '"v":2'), '$.body.v'],
      [`{"prev":"${EMPTY_ROOT}"}`, '$.body of the entry'],
    ]
    for (const [entry, message] of refused) expect(() => readEntry(bytes(entry)), entry).toThrow(message)
    expect(() => readEntry(new Uint8Array(65_536))).toThrow('65536 bytes')
  })
})

describe('prevOf', () => {
  it('reads prev at its fixed place from the end', () => {
    expect(prevOf(sealEntry(body, 'ab'.repeat(32)).bytes)).toBe('ab'.repeat(32))
  })

  it('refuses bytes without that place', () => {
    expect(() => prevOf(bytes('{}'))).toThrow('$.prev')
    expect(() => prevOf(bytes(`${'x'.repeat(200)}"}`))).toThrow('$.prev')
    expect(() => prevOf(bytes(`,"prev":"${'AB'.repeat(32)}"}`))).toThrow('$.prev')
  })
})
