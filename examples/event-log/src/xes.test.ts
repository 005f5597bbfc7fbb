import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { CountersignError } from '@countersign/trail'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readXes, type XesOptions, type XesTrace } from './xes.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const sample = here('testdata/declarations.xes')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-log-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let written = 0
async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `${written++}.xes`)
  await writeFile(path, content)
  return path
}

async function traces(path: string, options?: XesOptions): Promise<XesTrace[]> {
  const read: XesTrace[] = []
  for await (const trace of readXes(path, options)) read.push(trace)
  return read
}

/** Reads to the fault: what was yielded before it, and what it says. */
async function fault(path: string, options?: XesOptions) {
  const before: XesTrace[] = []
  try {
    for await (const trace of readXes(path, options)) before.push(trace)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return { before, error, message: error.message, facts: error.facts }
  }
  throw new Error('the log was read without a fault')
}

const log = (inside: string) => `<log xmlns="http://www.xes-standard.org/">\n${inside}\n</log>\n`
const trace = (inside = '', id = 'case') => `<trace>\n<string key="concept:name" value="${id}"/>\n${inside}\n</trace>`
const at = (value: string) => `<date key="time:timestamp" value="${value}"/>`
const event = (inside: string) => `<event><string key="concept:name" value="act"/>${inside}</event>`
const dated = (value: string) => log(trace(event(at(value))))
const instant = '2017-01-09T09:49:50.000+01:00'

describe('an event log in XES', () => {
  it('is read trace by trace, with typed attributes and events in the order of the file', async () => {
    const [first, second, ...more] = await traces(sample)
    expect(more).toEqual([])
    expect(first?.id).toBe('declaration 1')
    expect([...(first?.attributes ?? [])]).toEqual([
      ['concept:name', { type: 'string', value: 'declaration 1' }],
      ['amount', { type: 'float', value: 26.85120450862128 }],
      ['items', { type: 'int', value: 3 }],
      ['foreign', { type: 'boolean', value: false }],
      ['identity:id', { type: 'id', value: '7e5bd8a0-0c1d-4b56-9d5d-6f0a1b7c2d3e' }],
      ['due', { type: 'date', value: '2017-01-31T00:00:00.000Z' }],
    ])
    const [submitted, approved] = first?.events ?? []
    expect(submitted).toMatchObject({
      activity: 'Declaration submitted',
      at: '2017-01-09T08:49:50.000Z',
      resource: 'Zoë & Søn',
      role: 'EMPLOYEE',
      lifecycle: 'complete',
    })
    expect(approved).toEqual({
      activity: 'Declaration approved',
      at: '2017-01-10T05:00:00.123Z',
      attributes: new Map([
        ['concept:name', { type: 'string', value: 'Declaration approved' }],
        ['time:timestamp', { type: 'date', value: '2017-01-10T05:00:00.123Z' }],
        ['org:resource', { type: 'string', value: '' }],
      ]),
    })
    expect(second).toEqual({ id: '2', attributes: new Map([['concept:name', { type: 'int', value: 2 }]]), events: [] })
  })

  it('skips attributes of attributes and lists, which never take the place of a direct one', async () => {
    const [first] = await traces(sample)
    const attributes = first?.events[0]?.attributes
    expect(attributes?.get('note')).toEqual({ type: 'string', value: 'with a remark' })
    expect(attributes?.has('level')).toBe(false)
    expect(attributes?.has('receipts')).toBe(false)
    expect(attributes?.has('receipt')).toBe(false)
  })

  it('is told to be gzip by its bytes and not by its name', async () => {
    const zipped = await file(gzipSync(await readFile(sample)))
    expect(await traces(zipped)).toEqual(await traces(sample))
  })

  it('may be gzipped in several members', async () => {
    const bytes = await readFile(sample)
    const members = [bytes.subarray(0, 700), bytes.subarray(700)].map(part => gzipSync(part))
    expect(await traces(await file(Buffer.concat(members)))).toEqual(await traces(sample))
  })

  it('may have the namespace of the standard, that of old exporters, a prefix, none, and a byte order mark', async () => {
    const plain = trace(event(at(instant)))
    const read = await traces(await file(log(plain)))
    const prefixed = plain.replaceAll(/<(\/?)/g, '<$1x:')
    for (const other of [
      `<log>${plain}</log>`,
      `\ufeff<log>${plain}</log>`,
      `<log xmlns="http://www.xes-standard.org">${plain}</log>`,
      `<log xmlns="http://code.google.com/p/xes">${plain}</log>`,
      `<x:log xmlns:x="http://www.xes-standard.org/">${prefixed}</x:log>`,
    ]) {
      expect(await traces(await file(other))).toEqual(read)
    }
  })

  it('is read alike wherever a block of the file ends', async () => {
    const text = log(trace(event(`<string key="who" value="Zoë 中 🙂&#x1F642;"/>${at(instant)}`)))
    const whole = await traces(await file(text))
    expect(whole[0]?.events[0]?.attributes.get('who')?.value).toBe('Zoë 中 🙂🙂')
    for (let shift = 0; shift < 16; shift++) {
      const start = text.indexOf('Zoë')
      const space = ' '.repeat(65_536 - Buffer.byteLength(text.slice(0, start)) - shift)
      const shifted = text.replace('<event>', `${space}<event>`)
      expect(await traces(await file(shifted), { bounds: { markup: 100_000 } })).toEqual(whole)
      expect(await traces(await file(gzipSync(shifted)), { bounds: { markup: 100_000 } })).toEqual(whole)
    }
  })

  it('lets the last one count of two attributes with one key', async () => {
    const twice = '<string key="k" value="first"/><int key="k" value="2"/>'
    const [read] = await traces(await file(log(trace(twice))))
    expect(read?.attributes.get('k')).toEqual({ type: 'int', value: 2 })
  })

  it('takes no default from a global', async () => {
    const globals = '<global scope="trace"><string key="concept:name" value="unnamed"/></global>'
    const { message } = await fault(await file(log(`${globals}\n<trace/>`)))
    expect(message).toContain('the trace has no concept:name')
  })

  it('skips elements of a foreign namespace', async () => {
    const foreign = '<y:trace xmlns:y="urn:other"><event/></y:trace>'
    expect(await traces(await file(log(foreign + trace(foreign))))).toMatchObject([{ id: 'case', events: [] }])
  })

  it('keeps every digit of a 64-bit integer', async () => {
    const ints = ['9007199254740991', '9007199254740993', '-9223372036854775808', '+7', '-0']
    const inside = ints.map((int, i) => `<int key="${i}" value="${int}"/>`).join('')
    const [read] = await traces(await file(log(trace(inside))))
    expect(ints.map((_, i) => read?.attributes.get(String(i))?.value)).toEqual([
      9007199254740991,
      9007199254740993n,
      -9223372036854775808n,
      7,
      0,
    ])
  })

  it('reads floats and booleans as XML Schema and Java write them', async () => {
    const floats = ['1e3', '-.5', '5.', 'INF', '-Infinity', 'NaN']
    const inside = floats.map((float, i) => `<float key="${i}" value="${float}"/>`).join('')
    const [read] = await traces(await file(log(trace(`${inside}<boolean key="b" value=" 1 "/>`))))
    const values = [...(read?.attributes.values() ?? [])].map(({ value }) => value)
    expect(values).toEqual([
      'case',
      1000,
      -0.5,
      5,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      true,
    ])
  })

  it.each([
    ['2017-01-09T09:49:50Z', '2017-01-09T09:49:50.000Z'],
    ['2017-01-09T09:49:50.9999999+00:00', '2017-01-09T09:49:50.999Z'],
    ['2016-02-29T23:59:59.5-14:00', '2016-03-01T13:59:59.500Z'],
    [' 0044-03-15T12:00:00+01:00 ', '0044-03-15T11:00:00.000Z'],
  ])('takes %s for the instant %s', async (written, instant) => {
    const [read] = await traces(await file(dated(written)))
    expect(read?.events[0]?.at).toBe(instant)
  })

  it('tells how many bytes of the file are read, and its size', async () => {
    const calls: [number, number | undefined][] = []
    await traces(sample, { read: (bytes, of) => calls.push([bytes, of]) })
    const { length } = await readFile(sample)
    expect(calls).toEqual([[length, length]])
  })

  it('closes the file when the reader of the traces stops early', async () => {
    const many = log(Array.from({ length: 5000 }, (_, i) => trace(event(at(instant)), `case ${i}`)).join('\n'))
    const path = await file(gzipSync(many))
    for await (const { id } of readXes(path)) {
      expect(id).toBe('case 0')
      break
    }
    const again = await open(path, 'r+')
    await again.close()
    expect(await traces(path)).toHaveLength(5000)
  })
})

describe('a fault in an event log', () => {
  it('names the file, the line, the column, what was found, what was expected and what would help', async () => {
    const path = await file(dated('2017-01-09T09:49:50'))
    const { error } = await fault(path)
    expect(error.code).toBe('input')
    expect(error.facts).toEqual({
      file: path,
      line: 4,
      column: 48,
      found: 'time:timestamp: "2017-01-09T09:49:50" is a local time without an offset, and so no instant',
      expected: 'a date and time with its offset, as in 2017-01-09T09:49:50.000+01:00',
      help: 'Write the offset that held when it happened.',
    })
    const { found, expected, help } = error.facts
    expect(error.message).toBe(`${path}:4:48: ${String(found)}; expected ${String(expected)}. ${String(help)}`)
  })

  it('comes after every whole trace before it, wherever the blocks end', async () => {
    for (const filler of [0, 65_200, 65_400, 65_600, 200_000]) {
      const text = log(`<!--${'x'.repeat(filler)}-->${trace('', 'one')}${trace('', 'two')}\n<trace><oops/></trace>`)
      for (const content of [text, gzipSync(text)]) {
        const { before, facts } = await fault(await file(content))
        expect(before.map(({ id }) => id)).toEqual(['one', 'two'])
        expect(facts).toMatchObject({ line: 9, column: 8, found: '<oops> stands in a trace' })
      }
    }
  })

  it('never lets out the trace that it stands in, also when the end tag of another element ends it', async () => {
    const open = trace(event(at(instant)), 'open').replace('</trace>', '')
    for (const inside of [open, `${open}</event>`, `${trace('', 'whole')}${open}`]) {
      const { before, facts } = await fault(await file(log(inside)))
      expect(before.map(({ id }) => id)).toEqual(inside.includes('whole') ? ['whole'] : [])
      expect(facts.found).toBe('this is no well-formed XML (unexpected close tag)')
    }
  })

  it('has the column of its tag, and its line where the name of the tag ends the line', async () => {
    const wrong = '<int\n key="n"\n value="many"/>'
    const { facts } = await fault(await file(log(`  ${trace(wrong)}`)))
    expect(facts).toMatchObject({ line: 4, column: 1 })
  })

  it('never prints what a terminal would obey', async () => {
    const { message } = await fault(await file(dated('\u0085\u202e\u009b31m')))
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it.each([
    'tomorrow',
    '2017-01-09',
    '2017-02-29T00:00:00Z',
    '2017-13-01T00:00:00Z',
    '2017-01-09T24:00:00Z',
    '2017-01-09T23:59:60Z',
    '2017-01-09T09:49:50+0100',
    '2017-01-09T09:49:50+15:00',
    '2017-01-09T09:49:50+01:60',
    '0000-01-01T00:00:00+01:00',
    '١٩٩٩-01-01T00:00:00Z',
    '',
  ])('is a date like "%s", which is no instant', async written => {
    const { facts, before } = await fault(await file(dated(written)))
    expect(facts.found).toContain('is no instant')
    expect(before).toEqual([])
  })

  it.each([
    ['<int key="n" value="1.5"/>', 'n: "1.5" is no integer of 64 bits'],
    ['<int key="n" value="9223372036854775808"/>', 'n: "9223372036854775808" is no integer of 64 bits'],
    ['<int key="n" value=""/>', 'n: "" is no integer of 64 bits'],
    ['<float key="n" value="1,5"/>', 'n: "1,5" is no number'],
    ['<float key="n" value="0x10"/>', 'n: "0x10" is no number'],
    ['<boolean key="n" value="True"/>', 'n: "True" is no boolean'],
    ['<string key="n"/>', '<string key="n"> has no value'],
    ['<string value="n"/>', '<string> has no key'],
    ['<event/>', 'the event has no concept:name'],
    ['<event><string key="concept:name" value=""/></event>', 'the event has an empty concept:name'],
    ['<event><float key="concept:name" value="1"/></event>', 'concept:name is of the type float'],
    [event(''), 'the event "act" has no time:timestamp'],
    [
      event(`<string key="time:timestamp" value="${instant}"/>`),
      'the time:timestamp of the event "act" is of the type string',
    ],
    [event(`${at(instant)}<boolean key="org:role" value="1"/>`), 'org:role is of the type boolean'],
    [event('<event/>'), '<event> stands in an event'],
    ['<trace/>', '<trace> stands in a trace'],
    ['<String key="n" value="v"/>', '<String> stands in a trace'],
  ])('is %s in a trace', async (inside, found) => {
    expect((await fault(await file(log(trace(inside))))).facts.found).toBe(found)
  })

  it.each([
    ['a trace without a name', log('<trace/>'), 'the trace has no concept:name'],
    ['an event outside a trace', log('<event/>'), 'an event stands outside every trace'],
    ['an element that is misspelt', log('<Trace/>'), '<Trace> stands in the log'],
    ['a web page', '<html><body>Sign in</body></html>', 'the root is <html>'],
    ['MXML', '<WorkflowLog/>', 'the root is <WorkflowLog>'],
    ['a log of another standard', '<log xmlns="urn:x"/>', 'the root is <log> of the namespace "urn:x"'],
    ['a text cut off', log(trace()).slice(0, -9), 'the text stops inside <log>'],
    ['a text cut off inside a tag', log(trace()).slice(0, -4), 'the text stops inside <log>'],
    ['a comment alone', '<!-- nothing -->', 'this is no well-formed XML (document must contain a root element)'],
    ['two roots', '<log/><log/>', 'this is no well-formed XML (documents may contain only one root)'],
    ['crossed tags', '<log><trace></log></trace>', 'this is no well-formed XML (unexpected close tag)'],
    ['a bare ampersand', log(trace('', 'R&D;')), 'this is no well-formed XML (undefined entity)'],
    ['a table', 'case,activity\n1,submit\n', 'this is no well-formed XML (text data outside of root node)'],
    ['UTF-16', Buffer.from(`\ufeff${log('')}`, 'utf16le'), 'this is UTF-16 text'],
    ['a ZIP archive', Buffer.from('PK\x03\x04………'), 'this is a ZIP archive'],
    ['gzip inside gzip', gzipSync(gzipSync(log(''))), 'this is gzip inside gzip'],
    ['nothing', '', 'this is empty'],
    ['nothing, gzipped', gzipSync(''), 'this is empty'],
    [
      'a declared encoding',
      `<?xml version="1.0" encoding="ISO-8859-1"?>${log('')}`,
      'the encoding is declared as "ISO-8859-1"',
    ],
    ['the two magic bytes of gzip alone', Buffer.from([0x1f, 0x8b]), 'the gzip data stops before its end'],
    [
      'gzip with bytes behind it',
      Buffer.concat([gzipSync(log('')), Buffer.from('more')]),
      'the gzip data is damaged (incorrect header check)',
    ],
  ])('is %s', async (_, content, found) => {
    expect((await fault(await file(content))).facts.found).toBe(found)
  })

  it('is a byte that is no UTF-8, at its place', async () => {
    const latin = Buffer.from(log(trace('', 'Zoë')), 'latin1')
    const { facts } = await fault(await file(latin))
    expect(facts).toMatchObject({ line: 3, column: 37, found: 'the byte 0xeb is no UTF-8 here' })
    const open = Buffer.concat([Buffer.from('<log/>'), Buffer.from([0xf0, 0x9f])])
    expect((await fault(await file(open))).facts).toMatchObject({
      line: 1,
      column: 7,
      found: 'the byte 0xf0 is no UTF-8 here',
    })
  })

  it('is a gzip cut off anywhere', async () => {
    const zipped = gzipSync(log(trace(event(at(instant)))))
    for (let end = 2; end < zipped.length; end++) {
      const { facts } = await fault(await file(zipped.subarray(0, end)))
      expect(facts.found).toBe('the gzip data stops before its end')
    }
  })

  it('is a directory, or a file that is not there', async () => {
    expect((await fault(folder)).facts).toMatchObject({ file: folder, found: 'this is a directory' })
    const missing = join(folder, 'missing.xes.gz')
    const { facts, error } = await fault(missing)
    expect(facts).toMatchObject({ file: missing, found: 'there is no such file' })
    expect(error.cause).toMatchObject({ code: 'ENOENT' })
  })

  it.each([
    ['a document type', '<!DOCTYPE log><log/>'],
    ['an external one', '<!DOCTYPE log SYSTEM "https://example.org/log.dtd"><log/>'],
    ['entities that multiply', '<!DOCTYPE log [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><log>&b;</log>'],
  ])('is %s', async (_, content) => {
    expect((await fault(await file(content))).facts.found).toBe('there is a document type declaration')
  })
})

describe('a log that would fill the memory', () => {
  const deep = (levels: number) => `${'<list key="l">'.repeat(levels)}${'</list>'.repeat(levels)}`
  const two = event(at(instant)).repeat(2)

  it.each([
    ['value', 64, log(trace('', 'x'.repeat(65))), 'the value of "value" has more than 64 characters'],
    [
      'value',
      64,
      log(`<global><string key="k" value="${'x'.repeat(65)}"/></global>`),
      'the value of "value" has more than 64 characters',
    ],
    ['depth', 8, log(trace(deep(7))), 'the log has more than 8 elements inside each other'],
    ['events', 1, log(trace(two)), 'the trace has more than 1 events'],
    [
      'trace',
      200,
      log(trace(`<list key="l">${'<int key="i" value="1"/>'.repeat(9)}</list>`)),
      'the trace has more than 200 characters',
    ],
    [
      'markup',
      500,
      log(`<!--${'x'.repeat(500)}-->`),
      'one tag, or what stands before it, has more than 500 characters',
    ],
    ['markup', 500, log(trace(' '.repeat(500))), 'one tag, or what stands before it, has more than 500 characters'],
    [
      'markup',
      500,
      `<log ${Array.from({ length: 90 }, (_, i) => `a${i}=""`).join(' ')}/>`,
      'one tag, or what stands before it, has more than 500 characters',
    ],
  ])('is refused by its bound (%s: %d)', async (bound, limit, content, found) => {
    const { facts } = await fault(await file(content), { bounds: { [bound]: limit } })
    expect(facts.found).toBe(found)
    expect(facts.help).toBe(`If the log is honest, raise bounds.${bound}.`)
  })

  it.each([
    ['value', 128, log(trace('', 'x'.repeat(128)))],
    ['depth', 8, log(trace(deep(6)))],
    ['events', 2, log(trace(two))],
  ])('is read where it reaches its bound and does not pass it (%s: %d)', async (bound, limit, content) => {
    expect(await traces(await file(content), { bounds: { [bound]: limit } })).toHaveLength(1)
  })

  it.each([
    ['a comment', '<log><!--'],
    ['a value', '<log a="'],
    ['a name', '<log><'],
    ['a declared type', '<!DOCTYPE log ['],
    ['an entity', '<log a="&'],
  ])('is refused when %s never ends, before it has been collected', async (_, start) => {
    let read = 0
    const path = await file(start + 'x'.repeat(5_000_000))
    const { facts } = await fault(path, { read: bytes => (read = bytes) })
    expect(facts.found).toBe('one tag, or what stands before it, has more than 262,144 characters')
    expect(read).toBeLessThan(400_000)
  })
})
