import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { acceptance } from '../../packages/countersign/src/values/acceptance.ts'

describe('what a schema gives back unchanged', () => {
  it('is taken by its bounds, all of them, whichever is the last', () => {
    const year = acceptance(z.int().min(1).max(9_999))
    expect([0, 1, 9_999, 10_000, 1.5, '1'].filter(year)).toEqual([1, 9_999])
    const between = acceptance(z.int().gt(1).lt(4))
    expect([1, 2, 3, 4].filter(between)).toEqual([2, 3])
    const name = acceptance(
      z
        .string()
        .min(2)
        .max(4)
        .regex(/^[a-z]+$/)
        .refine(text => text !== 'toad'),
    )
    expect(['a', 'ab', 'abcde', 'AB', 'toad', 'frog'].filter(name)).toEqual(['ab', 'frog'])
    // A character beyond the first 65,536 takes two units, and is one.
    const texts = ['', '😀', '😀a', '😀😀', 'ab', '\ud83d\ud83d']
    for (const least of [1, 2, 3]) {
      const schema = z.string().min(least)
      expect(texts.filter(acceptance(schema))).toEqual(texts.filter(text => schema.safeParse(text).success))
    }
    const both = acceptance(z.array(z.int()).min(2))
    expect([[1], [1, 2]].filter(both)).toEqual([[1, 2]])
    const pair = acceptance(z.strictObject({ one: z.literal(1), other: z.literal(['a', 'b', null]).optional() }))
    expect(
      [{ one: 1 }, { one: 1, other: null }, { one: 1, other: 'c' }, { other: 'a' }, [1], null].filter(pair),
    ).toEqual([{ one: 1 }, { one: 1, other: null }])
  })

  it('is not taken where a value would be given back as something else: without a member, or with one more', () => {
    const { one } = { one: z.string() }
    expect(acceptance(z.object({ one }))({ one: 'a', other: 'b' })).toBe(false)
    expect(acceptance(z.object({ one }).loose())({ one: 'a' })).toBe(false)
    expect(acceptance(z.strictObject({ constructor: one.optional() }))({})).toBe(false)
    expect(acceptance(z.strictObject({ one: one.default('a') }))({})).toBe(false)
    expect(acceptance(z.strictObject({ one: one.default('a') }))({ one: 'a' })).toBe(true)
  })

  it('is not taken where not every name of a record is there, or where one is no name', () => {
    const each = acceptance(z.record(z.enum(['a', 'b']), z.int()))
    expect([{ a: 1 }, { a: 1, b: 2 }].some(each)).toBe(false)
    const any = acceptance(z.record(z.string(), z.int()))
    expect(any({ a: 1, b: 2 })).toBe(true)
    expect(any({ a: 1, b: '2' })).toBe(false)
    expect(any(JSON.parse('{"__proto__":1}'))).toBe(false)
  })

  it('is not taken of a kind of schema that is not known here, or by a rule that is not', () => {
    const strange: [z.ZodType, unknown][] = [
      [z.string().transform(text => text), 'a'],
      [z.lazy(() => z.string()), 'a'],
      [z.email(), 'a@example.org'],
      [z.string().base64(), 'YQ=='],
      [z.union([z.strictObject({ a: z.int().default(1) }), z.strictObject({})]), {}],
      [z.union([z.array(z.strictObject({ a: z.int().default(1).optional() })), z.string()]), 'a'],
      [z.union([z.lazy(() => z.string()), z.string()]), 'a'],
      [z.union([z.object({ a: z.int() }), z.strictObject({ a: z.int(), b: z.int() })]), { a: 1, b: 2 }],
      [z.union([z.string().trim(), z.string()]), ' a'],
      [z.union([z.string().check(one => void Object.assign(one, { value: 'b' })), z.string()]), 'a'],
      [z.union([z.coerce.string(), z.int()]), 1],
      [z.string().trim(), 'a'],
      [z.string().regex(/a/g), 'a'],
      [z.string().regex(/a/y), 'a'],
      [z.number(), 1],
      [z.int().multipleOf(2), 2],
      [z.array(z.string()).check(() => undefined), ['a']],
      [z.tuple([z.string()]), ['a']],
      [z.unknown(), 1],
      [z.string().nullable(), 'a'],
    ]
    for (const [schema, value] of strange) {
      expect(acceptance(schema)(value)).toBe(false)
      expect(schema.safeParse(value).success).toBe(true)
    }
  })
})
