import type { Draft } from '@countersign/trail/store'

/** Strings that whoever writes them down again writes otherwise: escapes, cases, forms, what has no width or is no letter. */
const TEXTS = [
  ...Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)),
  ...Array.from('\u2028\u2029\ufeff\ufffd\ufffe\uffff\ufdd0\ue000\u{1f600}\uf600\u{10ffff}\u212a'),
  ...'e\u0301 é a\u200bb ab ﬁ \u1e9b\u0323 a\u0323\u0307 a\u0307\u0323 </script> <!-- &amp; & %2f %2F + // $ref'.split(
    ' ',
  ),
  ...String.raw`\u0041 \\ \" \n '' null true 0 00 -0 1e3 0.5 2026-11-21 2026-11-21T09:30:00Z 0x10 NaN [] {}`.split(' '),
  '',
  '  a  ',
  'a\u00a0b',
  '\r\n',
]

/** Names of members that come in one order of their code units, and in another one of their letters, lengths or numbers. */
const MEMBERS = [
  ...TEXTS.filter(text => !/^(0|[1-9][0-9]*)$/.test(text)),
  ...'a B aa b Z z a1 a10 a9 _ -1 1.5 4294967295 4294967296 9007199254740993 ö o'.split(' '),
  ...'constructor toString toJSON then length id seq stream prev body v at'.split(' '),
]

const ofDepth = (levels: number): unknown => {
  if (levels === 0) return []
  return levels % 2 === 0 ? { a: ofDepth(levels - 1) } : [ofDepth(levels - 1)]
}

/** What drafts say, beside what places them. */
export const SAID: readonly Partial<Draft>[] = [
  { command: TEXTS },
  { command: Object.fromEntries(MEMBERS.map((name, at) => [name, at])) },
  { command: { z: 0, b: MEMBERS.toReversed() }, outcome: { z: 0, a: { y: null, b: [] } } },
  // In some engines a name that is written with an escape was taken for another one.
  {
    command: [
      { h: [], '\n': 0 },
      { h: [], '\\': 0 },
      { '\n': 1, '\t': 2, '"': 3 },
    ],
  },
  { command: [{ toJSON: 'a' }, { $date: '2026-11-21' }, { $ref: '#' }, { '': '' }] },
  { command: null, outcome: [], policy: {}, reads: '' },
  { command: [null, [null], [], [[]], {}, { a: null }, { a: [] }, { a: {} }, '', false, true, 0] },
  { command: [2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53 - 2, 2 ** 32, 2 ** 31, 1_000_000, -1] },
  { command: ofDepth(60) },
  { command: 'x', reads: 7, by: false },
  { id: ' id\n', by: 'e\u0301', policy: 'é' },
  { id: '\u2028', by: { account: 'BOB ', person: 'bob' } },
  { id: 'x'.repeat(300) },
]
