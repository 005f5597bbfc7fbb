import { describe, expect, it } from 'vitest'
import { canonical, isCanonical, parseCanonical } from './canonical.ts'
import { CountersignError } from './error.ts'
import { MAX_DEPTH } from './json.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The facts of the error that a call throws. */
function facts(call: () => unknown): Readonly<Record<string, unknown>> {
  try {
    call()
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'canonical') return error.facts
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('canonical', () => {
  it('sorts members by the UTF-16 code units of their names, whatever the order of insertion', () => {
    const names = ['€', '\r', 'ﬃ', '😂', 'ö', '', 'b', 'a', 'B', '\n']
    const value = Object.fromEntries(names.map(name => [name, 1]))
    const expected = [...names].sort()
    expect(Object.keys(JSON.parse(canonical(value)) as object)).toEqual(expected)
  })

  it('sorts many members as it sorts few', () => {
    const names = Array.from({ length: 300 }, (_, at) => `m${(at * 7919) % 300}`)
    const text = canonical(Object.fromEntries(names.map(name => [name, 0])))
    expect(text).toBe(
      `{${[...names]
        .sort()
        .map(name => `"${name}":0`)
        .join(',')}}`,
    )
  })

  it('escapes in strings what RFC 8259 demands, and nothing else', () => {
    expect(canonical('"\\/\b\f\n\r\t\u0001\u001f\u007f\u0080é😀\u2028')).toBe(
      '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u007f\u0080é😀\u2028"',
    )
  })

  it('writes integers up to 2^53−1, and no other number', () => {
    expect(canonical([0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])).toBe(
      '[0,-1,9007199254740991,-9007199254740991]',
    )
    for (const number of [0.5, 1e21, 2 ** 53, -(2 ** 53), -0, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(facts(() => canonical({ amount: number })).path).toBe('$.amount')
    }
  })

  it('refuses what JSON cannot say, naming the path', () => {
    for (const value of [undefined, () => 1, Symbol('s'), 1n]) {
      expect(facts(() => canonical({ a: [{ 'b c': value }] })).path).toBe('$.a[0]["b c"]')
    }
  })

  it('refuses a lone surrogate, as a value and as a name', () => {
    expect(facts(() => canonical(['\ud800']))).toMatchObject({ path: '$[0]', found: 'a lone surrogate' })
    expect(facts(() => canonical({ '\udc00': 1 }))).toMatchObject({ found: 'a lone surrogate' })
  })

  it('refuses names that look like an array index, which engines reorder, and takes other digits', () => {
    for (const name of ['0', '7', '10', '4294967294']) {
      expect(facts(() => canonical({ [name]: 1 }))).toMatchObject({ found: 'an array index' })
    }
    expect(canonical({ '4294967295': 1, '01': 1, '-1': 1, '1.5': 1 })).toBe('{"-1":1,"01":1,"1.5":1,"4294967295":1}')
  })

  it('refuses __proto__ as a name, however it was made', () => {
    expect(facts(() => canonical(JSON.parse('{"__proto__":{"a":1}}')))).toMatchObject({ found: '__proto__' })
    expect(canonical({ constructor: 1, prototype: 2 })).toBe('{"constructor":1,"prototype":2}')
  })

  it('refuses objects that are not plain, and never calls toJSON', () => {
    class Ticket {
      id = 1
    }
    for (const value of [new Date(0), new Map(), new Ticket(), Object.create({ a: 1 }), new Uint8Array(1)]) {
      expect(facts(() => canonical({ value })).path).toBe('$.value')
    }
    expect(facts(() => canonical({ toJSON: () => 1 })).path).toBe('$.toJSON')
    expect(canonical(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
  })

  it('refuses getters, hidden members and symbols, so that what was checked is what is written', () => {
    let calls = 0
    const getter = {
      get a() {
        return calls++
      },
    }
    expect(facts(() => canonical(getter))).toMatchObject({ path: '$.a', found: 'a getter' })
    expect(calls).toBe(0)
    expect(facts(() => canonical(Object.defineProperty({}, 'a', { value: 1 })))).toMatchObject({ path: '$' })
    expect(facts(() => canonical({ [Symbol('s')]: 1 }))).toMatchObject({ path: '$', found: 'a symbol' })
  })

  it('refuses holes in an array, other members of it, and arrays of a class', () => {
    expect(facts(() => canonical({ a: Object.assign([], { length: 2 }) })).path).toBe('$.a')
    expect(facts(() => canonical(Object.assign([1], { more: 2 }))).path).toBe('$')
    expect(facts(() => canonical('a'.match(/a/))).path).toBe('$')
    expect(facts(() => canonical(new (class extends Array {})())).path).toBe('$')
  })

  it(`refuses a cycle and more than ${MAX_DEPTH} levels, and takes as many`, () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(facts(() => canonical(cycle))).toMatchObject({ expected: `at most ${MAX_DEPTH} levels` })
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
    expect(canonical(nested(MAX_DEPTH))).toBe(`${'['.repeat(MAX_DEPTH)}1${']'.repeat(MAX_DEPTH)}`)
    expect(facts(() => canonical(nested(MAX_DEPTH + 1)))).toMatchObject({ expected: `at most ${MAX_DEPTH} levels` })
  })

  it('still writes the same when more names have passed than it remembers', () => {
    for (let at = 0; at < 5000; at++) canonical({ [`name-${at}`]: at })
    expect(canonical({ 'name-4999': 1, 'name-1': 2 })).toBe('{"name-1":2,"name-4999":1}')
  })
})

describe('parseCanonical', () => {
  it('reads what canonical writes, as text and as bytes', () => {
    const value = { a: [1, 'é', null, true], b: { c: {} } }
    expect(parseCanonical(canonical(value))).toEqual(value)
    expect(parseCanonical(bytes(canonical(value)))).toEqual(value)
  })

  it('refuses a second spelling of the same content, with the position of the first difference', () => {
    const second: readonly (readonly [string, number])[] = [
      ['{"a":1,"a":1}', 6],
      ['{"b":1,"a":1}', 2],
      ['{"a": 1}', 5],
      ['{"a":1}\n', 7],
      ['{"a":1.0}', 6],
      ['{"a":1e0}', 6],
      ['["\\u0061"]', 2],
      ['["\\/"]', 2],
      ['["\\u000A"]', 3],
    ]
    for (const [text, offset] of second)
      expect(
        facts(() => parseCanonical(text)),
        text,
      ).toMatchObject({ offset })
  })

  it('refuses -0 and numbers beyond 2^53−1 that JSON would round', () => {
    expect(isCanonical('[-0]')).toBe(false)
    expect(isCanonical('[9007199254740993]')).toBe(false)
  })

  it('refuses bytes that are no UTF-8, a byte order mark, and text that is no JSON', () => {
    expect(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toThrow('not UTF-8')
    expect(() => parseCanonical(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toThrow('not UTF-8')
    expect(() => parseCanonical(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31))).toThrow('not JSON')
    expect(() => parseCanonical('{')).toThrow('not JSON')
    expect(isCanonical('["\\ud800"]')).toBe(false)
  })

  it('takes the quick way only where the long one gives the same', () => {
    const pieces = [
      '{"a":',
      '1',
      '-0',
      '1.5',
      '9007199254740992',
      '"\\ud800"',
      '"\ud800"',
      '"\\u007f"',
      '"\u2028"',
      '"\\b"',
    ]
    const texts = pieces.flatMap(one => [
      one,
      `[${one}]`,
      `{"a":${one},"b":${one}}`,
      `{"b":${one},"a":${one}}`,
      `{"":${one},"a":[]}`,
    ])
    texts.push(
      '{"1":0}',
      '{"__proto__":0}',
      '{"toJSON":1}',
      `${'['.repeat(65)}${']'.repeat(65)}`,
      `${'['.repeat(64)}${']'.repeat(64)}`,
    )
    const written = (text: string): boolean => {
      try {
        return canonical(JSON.parse(text)) === text
      } catch {
        return false
      }
    }
    for (const text of texts) expect([text, isCanonical(text)]).toEqual([text, written(text)])
    // So deep that the engine's writer gives up.
    expect(() => parseCanonical('['.repeat(1_000_000) + ']'.repeat(1_000_000))).toThrow('at most 64 levels')
  })

  it('takes one spelling of each number, of all that are as short', () => {
    const marks = Array.from('0123589eE+-. ')
    let texts = ['']
    for (let length = 1; length <= 4; length += 1) {
      texts = texts.flatMap(text => marks.map(mark => text + mark))
      for (const number of texts) {
        const text = `[${number}]`
        let value: unknown
        try {
          value = JSON.parse(text)
        } catch {
          continue
        }
        const [found] = value as unknown[]
        const isOne = Number.isSafeInteger(found) && String(found) === number
        if (isCanonical(text) !== isOne) expect([text, isCanonical(text)]).toEqual([text, isOne])
      }
    }
    for (const number of ['1000', '1e3 ', '100', '1e2', '-100', '-1e2', '900719925474099200', '9007199254740900'])
      expect([number, isCanonical(`{"a":${number}}`)]).toEqual([
        number,
        ['1000', '100', '-100', '9007199254740900'].includes(number),
      ])
  })

  it('refuses a text that is longer than it was told to read', () => {
    expect(() => parseCanonical('[1,2]', { maxBytes: 4 })).toThrow('5 bytes')
    expect(parseCanonical('[1,2]', { maxBytes: 5 })).toEqual([1, 2])
  })
})

describe('the canonical form is documented and stable', () => {
  it('Canonical form: order, white space, Unicode form, number spelling, absent and null never blur two contents [LAW 119]', () => {
    // The order of insertion says nothing.
    expect(canonical({ b: 1, a: 2 })).toBe(canonical({ a: 2, b: 1 }))
    // White space and other spellings of a number are not another form: they are refused.
    for (const text of ['{ "a":1}', '{"a":1.0}', '{"a":1e0}', '{"a":-0}']) expect(isCanonical(text)).toBe(false)
    // Two Unicode forms are two contents.
    expect(canonical('\u00e5')).not.toBe(canonical('a\u030a'))
    // Absent is not null.
    expect(canonical({ a: null })).not.toBe(canonical({}))
    // Moving a character across a border changes the text.
    expect(canonical({ a: 'bc', d: '' })).not.toBe(canonical({ a: 'b', d: 'c' }))
    expect(canonical(['a', 'b'])).not.toBe(canonical(['a,b']))
    expect(canonical(['"a","b"'])).not.toBe(canonical(['a', 'b']))
  })
})
