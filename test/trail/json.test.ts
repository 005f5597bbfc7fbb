import { canonical, MAX_DEPTH, parseCanonical, parseJson, sameJson } from '@countersign/trail'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'

/** Names that begin alike, some as they are and some as they are written. */
const name = fc.array(fc.constantFrom('\n', '\\', '"', '\t', 'n', 'u', '0', 'a', 'é', '😀', '\u0001', '{', ':', ','), {
  maxLength: 3,
})
const key = name.map(letters => letters.join('')).filter(text => !/^\d+$/.test(text))
const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    key,
    fc.integer(),
    fc.constantFrom(null, true, false),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(members => Object.fromEntries(members)),
}))

describe('a member has the name that the text says, whatever the engine has read before', () => {
  it('where another name begins with the letters that its escape is written with', () => {
    for (const read of [parseJson, parseCanonical]) {
      expect(read('{"":[],"\\\\":0}')).toEqual({ '': [], '\\': 0 })
      expect(read('{"":1,"\\n":2}')).toEqual({ '': 1, '\n': 2 })
      expect(read('{"":1,"\\"":2}')).toEqual({ '': 1, '"': 2 })
    }
    expect(parseJson('{"":1, "\\u000a" : 2}')).toEqual({ '': 1, '\n': 2 })
  })

  it('where the engine reads a name that is as long as the escape is written', () => {
    const parse = vi.spyOn(JSON, 'parse').mockReturnValueOnce({ '\\n': 2 })
    try {
      expect(parseCanonical('{"\\n":2}')).toEqual({ '\n': 2 })
      expect(parse).toHaveBeenCalled()
    } finally {
      parse.mockRestore()
    }
  })

  it('for every value, written by the engine with and without white space, and canonically', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, '\t', ' \n'), (any, space) => {
        expect(parseJson(JSON.stringify(any, null, space))).toEqual(any)
        expect(parseCanonical(canonical(any))).toEqual(any)
      }),
      { numRuns: 2000 },
    )
  })

  it('and a text that is no JSON is refused, as is one of more levels', () => {
    for (const text of ['', '{', '{"\\n"}', '{"\\n":1,}', '["\\x"]', '{"\\n":01}']) {
      expect(() => parseJson(text)).toThrow(SyntaxError)
    }
    const nested = (levels: number): string => `{"\\n":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    expect(parseJson(nested(MAX_DEPTH))).toHaveProperty(['\n'])
    expect(() => parseJson(nested(MAX_DEPTH + 1))).toThrow(`more than ${MAX_DEPTH} levels`)
    expect(() => parseJson(nested(1_000_000))).toThrow(`more than ${MAX_DEPTH} levels`)
  })

  it('and of two members of one name the later one holds, and none of them is more than a member', () => {
    expect(parseJson('{"\\n":1,"\\u000a":2}')).toEqual({ '\n': 2 })
    expect(parseJson('{"a":1,"b":{"a":2}}', { distinct: true })).toEqual({ a: 1, b: { a: 2 } })
    for (const text of ['{"a":1,"a":1}', '[{"b":{"a":1,"c":0, "\\u0061" : 2}}]', '{"__proto__":1,"__proto__":1}'])
      expect(() => parseJson(text, { distinct: true })).toThrow('is there twice')
    const read = parseJson('{"\\n":1,"__proto__":{"a":1}}') as object
    expect(Object.keys(read)).toEqual(['\n', '__proto__'])
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  })

  it('and the name that is there twice is told, the first of several, in a step for each member', () => {
    expect(() => parseJson('{"a":1,"b":2,"c":3,"b":4,"a":5}', { distinct: true })).toThrow(
      'the name "b" is there twice',
    )
    // Were each name looked for among all before it, this would take 20,000,000,000 steps.
    const members = Array.from({ length: 200_000 }, (_, at) => `"k${at}":0`)
    expect(() => parseJson(`{${members.join()},"k199999":1}`, { distinct: true })).toThrow('the name "k199999"')
  })
})

describe('two values are the same', () => {
  it('only where each member of the one is one of the other itself, and none that every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(sameJson(JSON.parse(`{"${name}":{}}`), { x: 1 }), name).toBe(false)
    expect(sameJson(JSON.parse('{"toString":1}'), JSON.parse('{"toString":1}'))).toBe(true)
  })
})
