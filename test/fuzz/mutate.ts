/** Numbers that are the same for the same seed. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, and without, `below`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below)
  }

  of<T>(some: readonly T[]): T {
    return some[this.below(some.length)] as T
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const numbers = (
  '0 -0 -1 1 00 01 +1 1.0 0.5 1e3 1E400 -1e-400 0x10 255 256 257 2147483647 2147483648 4294967296 9007199254740991 ' +
  `9007199254740992 18446744073709551615 18446744073709551616 ${'9'.repeat(30)} ${'9'.repeat(400)} NaN Infinity ١٢ `
).split(' ')
/** What readers stumble over: marks, separators, halves of characters, second spellings, names that mean something to JavaScript. */
const oddities: readonly Uint8Array[] = (
  '\u0000|\uFEFF|\u2028|\u2014 |\u2014 x AAAA\n|\r\n|\n\n|\t| |  |\u00E9|e\u0301|\u202E|\u{1F600}|__proto__|"__proto__":{},|' +
  `constructor|{"a":1}|[]|null|""|\\u0000|\\ud800|\\u0041|=|==|====|-|_|*|/|..|%00|${'A'.repeat(64)}|${'0'.repeat(64)}`
)
  .split('|')
  .map(encode)
const broken = [[0xed, 0xa0, 0x80], [0xc0, 0x80], [0xff], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x80], [0x80]].map(bytes =>
  Uint8Array.from(bytes),
)
const deep: readonly Uint8Array[] = [64, 65, 5_000]
  .flatMap(levels => [
    '['.repeat(levels),
    '['.repeat(levels) + ']'.repeat(levels),
    '{"a":'.repeat(levels),
    `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  ])
  .map(encode)

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
const replaced = (bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array =>
  join([bytes.subarray(0, from), by, bytes.subarray(to)])

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from)
    const to = end === -1 ? bytes.length : end + 1
    lines.push(bytes.subarray(from, to))
    from = to
  }
  return lines
}

type Mutation = (bytes: Uint8Array, chance: Chance, others: readonly Uint8Array[]) => Uint8Array

const onLines =
  (edit: (lines: Uint8Array[], chance: Chance) => Uint8Array[]): Mutation =>
  (bytes, chance) =>
    join(edit(linesOf(bytes), chance))

/** Each changes bytes in one way, with where and how by chance. */
const mutations: readonly Mutation[] = [
  // A bit, a byte.
  (bytes, chance) => {
    const flipped = bytes.slice()
    const at = chance.below(bytes.length)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << chance.below(8))
    return flipped
  },
  (bytes, chance) =>
    bytes.with(chance.below(bytes.length), chance.of([0, 10, 13, 32, 34, 45, 48, 57, 123, 127, 128, 255])),
  // A part taken out, doubled, or taken from elsewhere; the end cut off.
  (bytes, chance) => {
    const from = chance.below(bytes.length)
    return replaced(bytes, from, from + 1 + chance.below(chance.of([2, 8, 200])), new Uint8Array())
  },
  (bytes, chance) => {
    const from = chance.below(bytes.length)
    const part = bytes.subarray(from, from + 1 + chance.below(chance.of([2, 8, 200])))
    return replaced(bytes, from, from, part)
  },
  (bytes, chance, others) => {
    const other = chance.of(others)
    const from = chance.below(other.length)
    const at = chance.below(bytes.length)
    const end = chance.of([at, at, bytes.length])
    return replaced(bytes, at, end, other.subarray(from, from + 1 + chance.below(other.length)))
  },
  (bytes, chance) => bytes.subarray(0, chance.below(bytes.length)),
  // Whole lines.
  onLines((lines, chance) => lines.toSpliced(chance.below(lines.length), 1)),
  onLines((lines, chance) => lines.toSpliced(chance.below(lines.length), 0, chance.of(lines))),
  onLines((lines, chance) => {
    const [one, other] = [chance.below(lines.length), chance.below(lines.length)]
    return lines.with(one, lines[other] as Uint8Array).with(other, lines[one] as Uint8Array)
  }),
  onLines((lines, chance) =>
    lines.flatMap(line => Array.from({ length: chance.below(20) === 0 ? 300 : 1 }, () => line)),
  ),
  // Numbers.
  (bytes, chance) => {
    const runs: [number, number][] = []
    for (let at = 0; at < bytes.length; at++) {
      const isDigit = (bytes[at] ?? 0) >= 48 && (bytes[at] ?? 0) <= 57
      const last = runs.at(-1)
      if (isDigit && last !== undefined && last[1] === at) last[1] = at + 1
      else if (isDigit) runs.push([at, at + 1])
    }
    if (runs.length === 0) return bytes
    const [from, to] = chance.of(runs)
    return replaced(bytes, from, to, encode(chance.of(numbers)))
  },
  // Strange characters, bytes that are none, and depths.
  (bytes, chance) => {
    const at = chance.below(bytes.length + 1)
    return replaced(bytes, at, at + chance.of([0, 0, 1]), chance.of(oddities))
  },
  (bytes, chance) => {
    const at = chance.below(bytes.length + 1)
    return replaced(bytes, at, at, chance.of(broken))
  },
  (bytes, chance) => {
    const at = chance.below(bytes.length + 1)
    return replaced(bytes, at, at, chance.of(deep))
  },
]

const interesting: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  1e300,
  2 ** 53 - 1,
  2 ** 53,
  [],
  [[]],
  {},
  { a: 1 },
  '',
  'a',
  '\u0000',
  '\uD800',
  'constructor',
  '__proto__',
  'x'.repeat(70_000),
  '2026-03-02T08:00:00.000Z',
]

/** The same JSON with one of its values, somewhere in its depth, another one: or gone, doubled, or under another name. */
export function mutateJson(value: unknown, chance: Chance): unknown {
  if (typeof value !== 'object' || value === null || chance.below(6) === 0) return elsewhere(value, chance)
  if (Array.isArray(value)) {
    if (value.length === 0) return [chance.of(interesting)]
    const at = chance.below(value.length)
    switch (chance.below(8)) {
      case 0:
        return value.toSpliced(at, 1)
      case 1:
        return value.toSpliced(at, 0, chance.of(value))
      case 2:
        return value.with(at, chance.of(value))
      default:
        return value.with(at, mutateJson(value[at], chance))
    }
  }
  const members = Object.entries(value)
  if (members.length === 0) return { strange: chance.of(interesting) }
  const at = chance.below(members.length)
  const [name, member] = members[at] as [string, unknown]
  switch (chance.below(9)) {
    case 0:
      return Object.fromEntries(members.toSpliced(at, 1))
    case 1:
      return Object.fromEntries(members.toSpliced(at, 1, [chance.of(['strange', 'constructor', '7', '']), member]))
    case 2:
      return Object.fromEntries([
        ...members,
        [chance.of(['strange', 'toString', 'seq', 'type']), chance.of(interesting)],
      ])
    default:
      return Object.fromEntries(members.with(at, [name, mutateJson(member, chance)]))
  }
}

function elsewhere(value: unknown, chance: Chance): unknown {
  if (typeof value === 'number' && chance.below(2) === 0) return value + chance.of([1, -1, 1_000, 0.5])
  if (typeof value === 'string' && value.length > 0 && chance.below(2) === 0) {
    const at = chance.below(value.length)
    return (
      value.slice(0, at) + chance.of(['', 'a', '0', '\u0000', '\u00E9', ' ', '/']) + value.slice(at + chance.below(2))
    )
  }
  return chance.of(interesting)
}

const mostBytes = 1 << 18

/** Bytes that somebody could hand in: mostly a valid input with a few changes, seldom nothing but noise. */
export function mutate(seed: Uint8Array, chance: Chance, others: readonly Uint8Array[]): Uint8Array {
  if (chance.below(40) === 0) return Uint8Array.from({ length: chance.below(300) }, () => chance.below(256))
  let bytes = seed
  for (let left = chance.of([1, 1, 1, 2, 3, 5]); left > 0; left--) {
    if (bytes.length === 0) return bytes
    bytes = chance.of(mutations)(bytes, chance, others).slice(0, mostBytes)
  }
  return bytes
}
