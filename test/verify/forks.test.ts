import { expect, test } from 'vitest'
import type { Examined } from '../../packages/countersign/src/verify/anchors/checkpoint.ts'
import { forksAmong } from '../../packages/countersign/src/verify/anchors/fork.ts'
import { KeyRanges } from '../../packages/countersign/src/verify/anchors/key-ranges.ts'

const origin = 'trail.example/scenario'
const rootOf = (digit: string) => digit.repeat(64)
/** The trail that is judged has the root `a…` at every size. */
const measure = { origin, size: 9, rootAt: () => rootOf('a'), given: [], own: new KeyRanges() }

/** A checkpoint of a root of the same digits. */
const held = (name: string, size: number, digit: string, more: Partial<Examined> = {}): Examined => ({
  name,
  note: `note of ${name}`,
  checkpoint: { origin, size, root: rootOf(digit) },
  agrees: digit === 'a',
  signers: [],
  ...more,
})

const inBundle = { inBundle: true } as const

test('A contradiction names the checkpoint that the trail does not agree with as the smaller one, and the one that speaks against it as the larger, in whatever order they were given.', () => {
  const [wrong, newer] = [held('wrong', 4, 'b'), held('newer', 7, 'a')]
  const fork = {
    smaller: 'note of wrong',
    smallerName: 'wrong',
    smallerSize: 4,
    larger: 'note of newer',
    largerName: 'newer',
    largerSize: 7,
    root: rootOf('a'),
  }
  for (const given of [
    [wrong, newer],
    [newer, wrong],
  ])
    expect(forksAmong(given, measure, () => {})).toEqual([fork])
  const same = held('same', 4, 'c')
  expect(forksAmong([wrong, same, newer], measure, () => {})).toMatchObject([
    { smallerName: 'wrong', largerName: 'same', root: rootOf('c'), proof: [] },
  ])
})

test('It says which of the two lies in the bundle that is judged, and of neither where none does.', () => {
  for (const [wrong, other, lies] of [
    [inBundle, {}, 'smaller'],
    [{}, inBundle, 'larger'],
    [{}, {}, undefined],
  ] as const) {
    const [fork] = forksAmong([held('wrong', 4, 'b', wrong), held('other', 7, 'a', other)], measure, () => {})
    expect([fork?.smallerName, fork?.inBundle]).toEqual(['wrong', lies])
  }
})

test('Of several roots of one size each that the trail has not is told against the first other one, and two once.', () => {
  const told = (...given: Examined[]) =>
    forksAmong(given, measure, () => {}).map(one => [one.smallerName, one.largerName])
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(digit => held(digit, 4, digit)) as [
    Examined,
    Examined,
    Examined,
    Examined,
  ]
  expect(told(b, c, d)).toEqual([
    ['b', 'c'],
    ['d', 'b'],
  ])
  expect(told(a, b, c)).toEqual([
    ['b', 'a'],
    ['c', 'a'],
  ])
})

test('A size and two roots are told once, whichever checkpoints have them, and whether both are of that size.', () => {
  const told = (...given: Examined[]) =>
    forksAmong(given, measure, () => {}).map(one => [one.smallerName, one.largerName])
  const [first, second, newer, newest] = [
    held('first', 4, 'b'),
    held('second', 4, 'b'),
    held('newer', 7, 'a'),
    held('newest', 8, 'a'),
  ]
  expect(told(first, second, newer, newest)).toEqual([['first', 'newer']])
  expect(told(first, second, held('same', 4, 'a'), newer)).toEqual([['first', 'same']])
  expect(told(first, held('other', 5, 'b'), newer)).toEqual([
    ['first', 'newer'],
    ['other', 'newer'],
  ])
})

test('One of no entries is told as a contradiction of none, as it has the wrong root by itself.', () => {
  const none = [held('b', 0, 'b'), held('a', 0, 'a'), held('c', 0, 'c'), held('later', 7, 'a')]
  expect(forksAmong(none, measure, () => {})).toEqual([])
})

test('What is told of it has the root that speaks against a checkpoint, and by which one, before its own.', () => {
  const told: unknown[] = []
  forksAmong([held('wrong', 4, 'b'), held('newer', 7, 'a')], measure, finding => told.push(finding))
  expect(told).toMatchObject([
    {
      code: 'checkpoint.fork',
      seq: 4,
      expected: `${rootOf('a')}, by the checkpoint newer`,
      found: `${rootOf('b')}, by the checkpoint wrong`,
    },
  ])
})
