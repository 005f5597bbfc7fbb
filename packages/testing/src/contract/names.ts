import { wholeTrail } from '@countersign/trail'
import type { Expected } from '@countersign/trail/store'
import { all, draft, plain } from './entries.ts'
import type { Trials } from './trials.ts'

/** How many ask at once: fewer than a store has connections, if it has any. */
const AT_ONCE = 8

/** Names without a blank, one after the other. */
const PATHS = String.raw`/ // \ \\ ./ /. /./ ../ /.. p/q p//q p/./q p\q p\\q ./p/q /p/q p/q/ p/q/. p/x/../q P/q file:p/q p:q ~p/q`

/** In addresses, pages, statements and programs. */
const ENCODED = String.raw`p+q p%20q p%2Bq p%2bq p_q p&nbsp;q p&#32;q p\u0020q p\x20q p=20q p%2fq p%2Fq p%252fq p%252Fq p%5cq p%5Cq
  p% p%25 p%% p&#47;q p&#x2f;q p&#x2F;q & &amp; &amp;amp; &AMP; &#38; %26 < &lt; > &gt; " &quot; \" ' &#39; &apos; \' '' "" p'q p''q
  p\'q p"q p""q p\"q p${'`'}q p${'``'}q 'p' "p" [p] (p) {p} <p> p\nq p\\nq p\012q p\x0aq p\u000aq p\r\nq é %C3%A9 %c3%a9 %E9 Ã© &eacute;
  \u00e9 =C3=A9 xn--9ca e e'`

/** What stands for something else at the beginning or the end of a name, or for nothing at all. */
const SIGNS = `p $p @p #p !p ?p &p %p +p -p --p ~p ^p *p .p _p =p ,p ;p :p |p $$p p$ p@ p! p? p& p+ p~ p^ p* p** p( p) p0 p1 p01
  p1.0 $ $1 $p$ %s %p% :p: null NULL undefined nil None NaN false 0 Infinity () void - default public all`

/** Letters and signs that stand for one another somewhere. */
const LETTERS = `A a Ａ ａ Á á Å \u212b Ⓐ ᴬ 𝐀 А Α æ ae Æ ä σ ς Σ K k \u212a Ω \u2126 i I ı İ i\u0307 s ſ ø o ö oe œ ё е 1 １ ² 2 ٢ ½ 1/2 ① १
  Ⅳ IV か カ ｶ が か\u3099 가 \u1100\u1161 ǆ ǅ Ǆ – — \u2010 \u2011 − ’ ‘ “ ” … ... · • ´ ｡ 。 ／ ＼ ： p\u0323\u0307 p\u0307\u0323
  p\u0307 p\u0323 👍 👍🏽 👨\u200d👩\u200d👧 👨👩👧 ❤ ❤\ufe0f ❤\ufe0e`

/** What has no width, is blank, or is no letter; and what would be one in a place of 16 bits. */
const NO_LETTERS =
  '\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2062\u2066\u2069\u206a\u3164\ufe00\ufe0e' +
  '\ufe0f\ufeff\uffa0\ufff9\u{e0001}\u{e0041}\u{e0100}\u{e01ef}\u1680\u2000\u2003\u2009\u200a\u202f\u205f\u3000\u2028\u2029' +
  '\ue000\uf8ff\u{f0000}\u{10fffd}\ufdd0\ufdef\ufffe\uffff\u{1fffe}\u{1ffff}\u{10ffff}\ufffc\ufffd\u0378\u{1f600}\uf600' +
  '\u{10000}\u{10041}\u{20041}\u{10ff41}\u0141\u0241\u2041\u4e00\u{2f800}\u4e3d\uf900\u8c48'

/** All that one byte can say, but for nothing. */
const BYTES = Array.from({ length: 0xff }, (_, code) => String.fromCharCode(code + 1))

/** Names that paths, encodings, letters of other scripts, and places of too few bits take for one. */
const LIKE_NAMES = new Set([
  ...[PATHS, ENCODED, SIGNS, LETTERS].flatMap(names => names.split(/\s+/)),
  ...['', '  ', '\t ', '\r\n', '\\n', '%20', '&nbsp;', '??', '\\t', '\\b', ...Array.from(NO_LETTERS), ...BYTES].map(
    letter => `x${letter}y`,
  ),
])

/** Those that are read each by itself: what a store takes for another name, it takes most often for one of plain letters. */
const READ = new Set([...LIKE_NAMES].filter((name, at) => /^[ -~]*$/.test(name) || at % 4 === 0))

/** Each of them is a stream of its own. */
export function names({ describe, expect, trial }: Trials): void {
  describe('names', () => {
    trial('Two names that differ in one code unit are two streams, whatever else takes them for one', async store => {
      const streams = [...LIKE_NAMES]
      const versions = (count: number): Expected => Object.fromEntries(streams.map(stream => [stream, count]))
      const drafts = streams.map(stream => draft(stream, 0))
      const sealed = (await store.append(drafts, versions(0))).map(plain)
      expect(sealed.length).toEqual(streams.length)
      // Where two of them are one, it has moved twice.
      expect(await store.append([], versions(1))).toEqual([])
      expect((await all(store)).map(plain)).toEqual(sealed)
      const read = [...streams.entries()].filter(([, stream]) => READ.has(stream))
      for (let from = 0; from < read.length; from += AT_ONCE)
        await Promise.all(
          read.slice(from, from + AT_ONCE).map(async ([at, stream]) => {
            const entries = (await all(store, { stream })).map(plain)
            expect({ stream, entries }).toEqual({ stream, entries: [sealed[at]] })
          }),
        )
      // Nor is one of them the name of nothing, or of all.
      expect(await all(store, { stream: '' })).toEqual([])
      expect(await all(store, { stream: wholeTrail })).toEqual([])
    })
  })
}
