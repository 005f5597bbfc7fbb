import { wholeTrail } from '@countersign/trail'
import type { Draft } from '@countersign/trail/store'
import { ACCEPTED, all, conflictOf, draft, MANY, places, refusalOf } from './entries.ts'
import type { Trials } from './trials.ts'

/** What adapters put between a name and what they add to it. */
const SEPARATORS = [':', '#', '/', '|', '.', '-', ',', ';', '=', '@', ' ', '_', '\u001f']

/** Names that could come to the same key, row, file or number as another one, or as what is no stream. */
const LIKE_KEYS = [
  ...new Set([
    'a',
    'b',
    ...SEPARATORS.flatMap(sep => [`a${sep}b`, `a${sep}`, `${sep}a`, `a${sep}1`]),
    'v:a',
    's:a',
    'e:0',
    'a:0',
    'a:seq',
    'a::b',
    'a#0',
    'a1',
    '::',
    'a\\:b',
    'a%3Ab',
    'a%20b',
    'ab',
    '0',
    '1',
    '00',
    '0.0',
    '-0',
    '1e1',
    '10',
    '00000000',
    '0000000000',
    '0x0',
    'null',
    'true',
    '{}',
    '[]',
    '"a"',
    'head',
    'size',
    'root',
    'leaf',
    'leafHash',
    'peaks',
    'entries',
    'entry',
    'length',
    'stream',
    'streams',
    'seq',
    'versions',
    'lock',
    'index',
    'meta',
    '.',
    'ss',
    'ß',
    'ﬁ',
    'fi',
    '🂡',
    '🂢',
  ]),
]

/** What an append is compared with before it is written. */
export function expectedVersions({ describe, expect, trial, expectRefusal, expectSound }: Trials): void {
  describe('expected versions', () => {
    trial(
      'A stream that has moved since it was read refuses the append, and says how far it has moved',
      async store => {
        await store.append([draft('ticket', 0)], { ticket: 0 })
        await expectRefusal(store.append([draft('ticket', 1)], { ticket: 0 }), conflictOf('ticket', 0, 1))
        expect((await store.head()).size).toEqual(1)
      },
    )

    trial('Every stream that was read counts, not only the one that is written', async store => {
      await store.append([draft('governance', 0), draft('ticket', 0)], {})
      await store.append([draft('governance', 1)], { governance: 1 })
      await expectRefusal(
        store.append([draft('ticket', 1)], { ticket: 1, governance: 1 }),
        conflictOf('governance', 1, 2),
      )
      expect((await all(store, { stream: 'ticket' })).length).toEqual(1)
      await store.append([draft('ticket', 1)], { ticket: 1, governance: 2 })
      await expectSound(store)
    })

    trial('The trail as a whole can be expected not to have moved, whichever stream it is that moves', async store => {
      await store.append([draft('governance', 0), draft('ticket', 0)], { [wholeTrail]: 0 })
      await expectRefusal(store.append([draft('ticket', 1)], { ticket: 1, [wholeTrail]: 1 }), conflictOf('*', 1, 2))
      await store.append([draft('other', 0)], {})
      await expectRefusal(store.append([draft('ticket', 1)], { ticket: 1, [wholeTrail]: 2 }), conflictOf('*', 2, 3))
      await expectRefusal(store.append([draft('ticket', 1)], { ticket: 1, [wholeTrail]: 4 }), conflictOf('*', 4, 3))
      await store.append([draft('ticket', 1)], { ticket: 1, [wholeTrail]: 3 })
      await expectSound(store)
    })

    trial('A stream that is not there has 0 entries', async store => {
      await expectRefusal(store.append([draft('ticket', 0)], { other: 1 }), conflictOf('other', 1, 0))
      await store.append([draft('ticket', 0)], { ticket: 0, other: 0 })
      await expectSound(store)
    })

    trial('A draft stands where its stream ends: no gap, and no place twice', async store => {
      await expectRefusal(store.append([draft('ticket', 1)], {}), conflictOf('ticket', 1, 0))
      await store.append([draft('ticket', 0)], {})
      await expectRefusal(store.append([draft('ticket', 0)], {}), conflictOf('ticket', 0, 1))
      await expectRefusal(store.append([draft('ticket', 2)], { ticket: 1 }), conflictOf('ticket', 2, 1))
      expect((await store.head()).size).toEqual(1)
    })

    trial('No name of a stream means anything to the store', async store => {
      const names = [
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        ' ',
        '..',
        "';--",
        '%s',
        'é',
        'e\u0301',
        '🂡',
        // Told apart by case, by white space around them, and by the last letter of the longest that a change can have.
        'change/K',
        'change/k',
        ' change/K',
        'change/K ',
        'change/K\n',
        'change/K\r\n',
        '\tchange/K',
        '\ufeffchange/K',
        'change/K\u200b',
        'change/_',
        'change/%',
        '%',
        'change/',
        'change',
        'change/K*',
        '\\',
        ...['a', 'b'].map(last => `change/${'x'.repeat(63)}${last}`),
        ...['a', 'b'].map(last => `${'x'.repeat(1_999)}${last}`),
      ]
      for (const stream of names) {
        await store.append([draft(stream, 0)], Object.fromEntries([[stream, 0]]))
        await expectRefusal(
          store.append([draft(stream, 1)], Object.fromEntries([[stream, 0]])),
          conflictOf(stream, 0, 1),
        )
      }
      for (const [seq, stream] of names.entries()) {
        expect((await all(store, { stream })).map(entry => entry.seq)).toEqual([seq])
      }
      expect(await all(store, { stream: wholeTrail })).toEqual([])
      await expectSound(store)
    })

    trial('No letter of a name means anything to the store, and no name is that of anything else', async store => {
      // More than ten of one, so that the place of the last has two digits.
      const counts = new Map(LIKE_KEYS.map(stream => [stream, stream === 'a' ? 12 : 2]))
      const own = new Map(LIKE_KEYS.map((stream): [string, number[]] => [stream, []]))
      const write = async (streams: readonly string[], from: number): Promise<void> => {
        const drafts = streams.flatMap(stream =>
          places(from, from === 0 ? 1 : (counts.get(stream) as number)).map(at => draft(stream, at)),
        )
        const expected = Object.fromEntries(streams.map(stream => [stream, from]))
        for (const [at, { seq }] of (await store.append(drafts, expected)).entries())
          own.get((drafts[at] as Draft).stream)?.push(seq)
      }
      const [one, ...others] = LIKE_KEYS
      await write([one as string], 0)
      await write(others, 0)
      await write(LIKE_KEYS.toReversed(), 1)
      for (const [stream, seqs] of own)
        expect({ stream, seqs: (await all(store, { stream })).map(entry => entry.seq) }).toEqual({ stream, seqs })
      expect(await store.append([], Object.fromEntries(counts))).toEqual([])
      await Promise.all(
        [...counts].map(([stream, count]) =>
          expectRefusal(store.append([], { [stream]: 1 }), conflictOf(stream, 1, count)),
        ),
      )
      await expectSound(store)
    })

    trial('However many streams were read, each of them counts', async store => {
      const streams = places(0, MANY).map(at => `s${at}`)
      const last = `s${MANY - 1}`
      await store.append([draft('s0', 0), draft(last, 0)], {})
      const expected = Object.fromEntries(streams.map(stream => [stream, 0]))
      await expectRefusal(store.append([draft('t', 0)], { ...expected, s0: 1 }), conflictOf(last, 0, 1))
      await expectRefusal(store.append([draft('t', 0)], { ...expected, [last]: 1 }), conflictOf('s0', 0, 1))
      await store.append([draft('t', 0)], { ...expected, s0: 1, [last]: 1 })
      await expectSound(store)
    })

    trial('A name that a store cannot keep is refused, and never taken for another', async store => {
      // What a text or an index of a database need not hold; the last of each row can be the name of no stream at all.
      const long = Array.from({ length: 3_000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join(
        '',
      )
      const rows = [
        { names: ['a', 'a\0', 'a\0b', '\0a', '\0'], none: '' },
        { names: [long, `${long}a`], none: `${long}b` },
        { names: ['\ufffd', '?'], none: '\ud800' },
      ]
      let size = 0
      for (const { names, none } of rows) {
        const seqs = new Map<string, number[]>([[none, []]])
        for (const stream of names) {
          const told = await refusalOf(store.append([draft(stream, 0)], { [stream]: 0 }))
          if (told.code !== 'entry') expect(told).toEqual(ACCEPTED)
          seqs.set(stream, told.code === 'entry' ? [] : [size++])
        }
        for (const [stream, own] of seqs) {
          expect((await all(store, { stream })).map(entry => entry.seq)).toEqual(own)
          const moved = await refusalOf(store.append([], { [stream]: own.length + 1 }))
          if (own.length > 0 || moved.code !== 'entry')
            expect(moved).toEqual(conflictOf(stream, own.length + 1, own.length))
        }
      }
      await expectSound(store)
    })
  })
}
