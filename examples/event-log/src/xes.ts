import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CountersignError } from '@countersign/trail'
import { SaxesParser, type SaxesTagNS } from 'saxes'

/**
 * The value of one XES attribute, with the type that the log gives it (IEEE 1849, the elementary data types).
 *
 * - `date`: an instant in UTC with milliseconds; finer digits are cut off, never rounded
 * - `int`: a `bigint` only where a `number` would lose digits (beyond ±(2⁵³−1), up to 64 bits)
 * - `float`: may be `NaN` or infinite, as `xs:double` may
 */
export type XesValue =
  | { readonly type: 'string' | 'id' | 'date'; readonly value: string }
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }

/** One `<event>`: what was done (`concept:name`), when (`time:timestamp`), and whatever else the log says about it. */
export interface XesEvent {
  readonly activity: string
  /** The instant in UTC with milliseconds: `2017-01-09T08:49:50.000Z`. */
  readonly at: string
  /** `org:resource`; absent where the log has none, or an empty one. */
  readonly resource?: string
  /** `org:role`; absent where the log has none, or an empty one. */
  readonly role?: string
  /** `lifecycle:transition`; absent where the log has none, or an empty one. */
  readonly lifecycle?: string
  /** Every direct attribute by its key, those above included. */
  readonly attributes: ReadonlyMap<string, XesValue>
}

/** One `<trace>`, that is one case: its `concept:name` and its events, in the order of the file. */
export interface XesTrace {
  readonly id: string
  readonly attributes: ReadonlyMap<string, XesValue>
  readonly events: readonly XesEvent[]
}

/** What a log may ask of the reader's memory, in UTF-16 code units of the text (that is, after gunzip) and in counts. */
export interface XesBounds {
  /** One XML attribute value. */
  readonly value: number
  /** One tag, or what stands between two tags: comments, text, a declaration. */
  readonly markup: number
  /** Elements inside each other; `<log>` is the first. */
  readonly depth: number
  /** Events of one trace. */
  readonly events: number
  /** One trace, from its start tag to its end tag. */
  readonly trace: number
}

export const xesBounds: XesBounds = {
  value: 65_536,
  markup: 262_144,
  depth: 32,
  events: 100_000,
  trace: 67_108_864,
}

export interface XesOptions {
  /** Bounds other than {@link xesBounds}. */
  readonly bounds?: Partial<XesBounds>
  /** Called with the bytes read from the file so far, and with its size where it has one (a pipe has none). */
  readonly read?: (bytes: number, of: number | undefined) => void
}

/**
 * Reads an event log in XES (IEEE 1849), trace by trace; whether it is gzipped is told by its bytes and not by its name.
 *
 * ```xml
 * <log xmlns="http://www.xes-standard.org/">
 *   <trace>
 *     <string key="concept:name" value="declaration 86791"/>
 *     <event>
 *       <string key="concept:name" value="Request Payment"/>
 *       <date key="time:timestamp" value="2017-01-10T09:34:44.000+01:00"/>
 *     </event>
 *   </trace>
 * </log>
 * ```
 *
 * One trace at a time is in memory, and nothing of an earlier one is kept alive by what the caller keeps of it.
 *
 * - A key that stands twice among the direct children: the last one counts, as for the other readers of XES.
 * - Attributes of attributes, lists and containers are skipped: well-formed and within bounds, but not looked at.
 * - `<extension>`, `<global>`, `<classifier>` and the log's own attributes are skipped. A `<global>` gives no defaults:
 *   a trace or event without a name would otherwise be called by the sample value of the whole log.
 * - An element of a foreign namespace is skipped; any other unknown one is an error, and so is an event outside a trace.
 *
 * Throws a `CountersignError` with code `input` and the facts `file`, `line`, `column` (of the tag, or of the character
 * that is wrong), `found`, `expected` and `help`. Every whole trace before the fault has been yielded by then (in damaged
 * gzip data: as many as could be unpacked), and the checksum of gzip stands at its very end. So whoever acts on a trace
 * before the last one has come may act on half a log, or on one that is not what was written.
 */
export async function* readXes(path: string, options: XesOptions = {}): AsyncGenerator<XesTrace, void, undefined> {
  const file = await opened(path)
  try {
    const size = await sizeOf(path, file)
    const log = new LogReader(path, { ...xesBounds, ...options.bounds })
    const blocks = blocksOf(path, file, bytes => options.read?.(bytes, size))
    for await (const text of decoded(unzipped(blocks, log), log)) {
      const fault = log.write(text)
      yield* log.take()
      if (fault !== undefined) throw fault
    }
    log.end()
  } finally {
    await file.close()
  }
}

// From the path to text.

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** The size of a regular file; a pipe or a device has none. */
async function sizeOf(path: string, file: FileHandle): Promise<number | undefined> {
  const stat = await file.stat()
  if (stat.isDirectory()) {
    const help = 'Name the log itself, a file such as log.xes or log.xes.gz.'
    throw refused({ file: path }, 'this is a directory', 'an event log', help)
  }
  return stat.isFile() ? stat.size : undefined
}

const blockSize = 65_536

async function* blocksOf(path: string, file: FileHandle, read: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for (let total = 0; ; ) {
    let block: Uint8Array
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(blockSize), 0, blockSize, null)
      block = buffer.subarray(0, bytesRead)
    } catch (cause) {
      throw unreadable(path, cause)
    }
    if (block.length === 0) return
    total += block.length
    read(total)
    yield block
  }
}

const signatures: readonly (readonly [name: string, start: readonly number[], help: string])[] = [
  ['a ZIP archive', [0x50, 0x4b], 'Unpack it and name the log inside.'],
  ['compressed with zstd', [0x28, 0xb5, 0x2f, 0xfd], 'Unpack it with zstd -d, or compress it with gzip instead.'],
  ['compressed with xz', [0xfd, 0x37, 0x7a], 'Unpack it with xz -d, or compress it with gzip instead.'],
  ['compressed with bzip2', [0x42, 0x5a, 0x68], 'Unpack it with bunzip2, or compress it with gzip instead.'],
  ['UTF-16 text', [0xff, 0xfe], 'Convert it with iconv -f UTF-16 -t UTF-8.'],
  ['UTF-16 text', [0xfe, 0xff], 'Convert it with iconv -f UTF-16 -t UTF-8.'],
  ['gzip inside gzip', [0x1f, 0x8b], 'Unpack it once with gunzip.'],
]

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean => start.every((byte, i) => bytes[i] === byte)

/** The bytes themselves, or what is in them where they begin with the magic number of gzip (RFC 1952 §2.3.1). */
async function* unzipped(blocks: AsyncGenerator<Uint8Array>, log: LogReader): AsyncGenerator<Uint8Array> {
  const head = await headOf(blocks, 4)
  if (!startsWith(head, [0x1f, 0x8b])) {
    yield* checked(whole(head, blocks), log)
    return
  }
  const gunzip = createGunzip({ chunkSize: blockSize })
  pipeline(whole(head, blocks), gunzip, () => {}) // a fault of either side reaches whoever iterates over the last one
  try {
    yield* checked(gunzip, log)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'Z_BUF_ERROR') {
      throw log.refused('the gzip data stops before its end', 'the whole file', cutOff, cause)
    }
    if (code.startsWith('Z_')) {
      const found = `the gzip data is damaged (${messageOf(cause)})`
      throw log.refused(found, 'gzip data with its checksum', 'Get the file again; gunzip -t tests it.', cause)
    }
    throw cause
  }
}

/** Collects at least so many bytes, because a pipe may give them one by one. */
async function headOf(blocks: AsyncIterator<Uint8Array>, length: number): Promise<Uint8Array> {
  let head = new Uint8Array()
  while (head.length < length) {
    const { done, value } = await blocks.next()
    if (done === true) break
    head = joined(head, value)
  }
  return head
}

async function* whole(head: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head
  yield* rest
}

/** Refuses what cannot be XML by its first bytes, with the name of what it looks like. */
async function* checked(blocks: AsyncIterable<Uint8Array>, log: LogReader): AsyncGenerator<Uint8Array> {
  let seen = false
  for await (const block of blocks) {
    if (!seen) {
      for (const [name, start, help] of signatures) {
        if (startsWith(block, start)) throw log.refused(`this is ${name}`, 'XES in UTF-8, gzipped or not', help)
      }
    }
    seen ||= block.length > 0
    yield block
  }
  if (!seen) throw log.refused('this is empty', 'an event log', 'An event log without cases is still <log></log>.')
}

/** UTF-8 to text. A faulty byte is told by its place in the text, for which what stands before it is parsed first. */
async function* decoded(blocks: AsyncIterable<Uint8Array>, log: LogReader): AsyncGenerator<string> {
  // Each decoder sees whole characters only, so none keeps a state; and a U+FEFF inside the log is a character of it.
  const decode = (bytes: Uint8Array, stream = false): string =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream })
  let open: Uint8Array = new Uint8Array()
  for await (const block of blocks) {
    const bytes = open.length === 0 ? block : joined(open, block)
    const end = bytes.length - openCharacter(bytes)
    open = bytes.slice(end)
    let text: string
    try {
      text = decode(bytes.subarray(0, end))
    } catch (cause) {
      const read = soundPrefix(bytes, part => decode(part, true))
      const sound = read - openCharacter(bytes.subarray(0, read))
      yield decode(bytes.subarray(0, sound))
      throw notUtf8(log, bytes[sound], cause)
    }
    yield text
  }
  if (open.length > 0) throw notUtf8(log, open[0])
}

/** How many bytes at the end begin a character and do not finish it: 0 to 3. */
function openCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0
  }
  return 0
}

/** The number of bytes before the first one that no UTF-8 can go on with, by halving. */
function soundPrefix(bytes: Uint8Array, decode: (part: Uint8Array) => unknown): number {
  let sound = 0
  for (let faulty = bytes.length; faulty - sound > 1; ) {
    const middle = (sound + faulty) >>> 1
    try {
      decode(bytes.subarray(0, middle))
      sound = middle
    } catch {
      faulty = middle
    }
  }
  return sound
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

// From text to traces.

/** The namespaces of the published logs: none, that of the standard with and without its slash, that of old exporters. */
const namespaces: ReadonlySet<string> = new Set([
  '',
  'http://www.xes-standard.org/',
  'http://www.xes-standard.org',
  'http://code.google.com/p/xes',
])

const elementary: ReadonlySet<string> = new Set(['string', 'date', 'int', 'float', 'boolean', 'id'])
const nested: ReadonlySet<string> = new Set(['list', 'container'])
const preamble: ReadonlySet<string> = new Set(['extension', 'global', 'classifier'])

const cutOff = 'The file may be cut off: get or export it again.'
const byHand = 'Was the file edited by hand? xmllint --noout shows the place, too.'

interface Place {
  readonly line: number
  readonly column: number
}

/** A trace or an event whose end tag has not been read. */
interface Unfinished {
  readonly at: Place
  readonly attributes: Map<string, XesValue>
}

class LogReader {
  readonly #path: string
  readonly #bounds: XesBounds
  readonly #parser = new SaxesParser({ xmlns: true })
  readonly #own = owned()
  readonly #ready: XesTrace[] = []

  #depth = 0
  /** The depth of the element whose children do not matter; 0 where they do. */
  #skipping = 0
  #trace: (Unfinished & { readonly start: number; readonly events: XesEvent[] }) | undefined
  #event: Unfinished | undefined
  /** An end tag has been read, and its element is still to be ended. */
  #closing = false
  /** Where the tag begins that is being read. */
  #tag: Place = { line: 1, column: 1 }
  /** Where the last piece of markup ended, counted from the beginning of the text. */
  #settled = 0

  constructor(path: string, bounds: XesBounds) {
    this.#path = path
    this.#bounds = bounds
    const parser = this.#parser
    // These six and no more: the parser sets its handlers as properties with computed names, and with a dozen of those
    // V8 takes it for a dictionary and reads at less than half the speed.
    parser.on('error', error => {
      const found = `this is no well-formed XML (${error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')})`
      throw this.refused(found, 'well-formed XML', byHand)
    })
    parser.on('doctype', () => {
      const help = 'An event log needs none: take the <!DOCTYPE …> out.'
      throw this.refused('there is a document type declaration', 'a log without DOCTYPE and entities', help)
    })
    parser.on('opentagstart', tag => {
      this.#settle()
      this.#finish()
      // The parser has read one character past the name. Where that was a line break, the column of the tag is gone.
      const column = parser.column - tag.name.length - 1
      this.#tag = column > 0 ? { line: parser.line, column } : { line: Math.max(1, parser.line - 1), column: 1 }
    })
    parser.on('attribute', ({ name, value }) => {
      if (value.length > bounds.value) throw this.#beyond('value', `the value of ${quoted(name)}`, 'characters')
    })
    parser.on('opentag', tag => this.#open(tag))
    parser.on('closetag', () => {
      this.#settle()
      this.#finish()
      this.#closing = true
    })
  }

  /** Reads on. What is wrong is returned and not thrown, so that the traces before it are not lost. */
  write(text: string): unknown {
    try {
      this.#parser.write(text)
      this.#settle(false)
      this.#finish()
      return undefined
    } catch (fault) {
      return fault
    }
  }

  /** The traces that have ended since the last call. */
  take(): XesTrace[] {
    return this.#ready.splice(0)
  }

  end(): void {
    if (this.#depth > 0) throw this.refused('the text stops inside <log>', '</log> at the end', cutOff)
    this.#parser.close()
  }

  /** The character that was read last; column 0 is the line break before the line. */
  get place(): Place {
    return { line: this.#parser.line, column: this.#parser.column }
  }

  /** An error at the place up to which the text has been read, or at another one. */
  refused(found: string, expected: string, help: string, cause?: unknown, at = this.place): CountersignError {
    const { line, column } = at
    return refused({ file: this.#path, line, column: Math.max(1, column) }, found, expected, help, cause)
  }

  #open(tag: SaxesTagNS): void {
    this.#settle()
    this.#depth += 1
    if (this.#depth > this.#bounds.depth) throw this.#beyond('depth', 'the log', 'elements inside each other')
    if (this.#trace !== undefined && this.#parser.position - this.#trace.start > this.#bounds.trace) {
      throw this.#beyond('trace', 'the trace', 'characters')
    }
    if (this.#skipping > 0) return
    const parent = this.#event ?? this.#trace
    if (this.#depth === 1) this.#root(tag)
    else if (!namespaces.has(tag.uri)) this.#skipping = this.#depth
    else if (parent === undefined) this.#inLog(tag)
    else this.#inTrace(tag, parent)
  }

  #root(tag: SaxesTagNS): void {
    const encoding = this.#parser.xmlDecl.encoding ?? 'UTF-8'
    if (!/^(utf-?8|us-ascii)$/i.test(encoding)) {
      const help = `Convert it with iconv -f ${clipped(encoding)} -t UTF-8, and correct its first line.`
      throw this.#unexpected(`the encoding is declared as ${quoted(encoding)}`, 'UTF-8', help)
    }
    if (tag.local === 'log' && namespaces.has(tag.uri)) return
    const help =
      tag.local === 'WorkflowLog'
        ? 'This is MXML, the format before XES: a process mining tool can export it as XES.'
        : 'Is this the right file? An event log in XES begins with <log xmlns="http://www.xes-standard.org/">.'
    const namespace = tag.uri === '' ? '' : ` of the namespace ${quoted(tag.uri)}`
    throw this.#unexpected(`the root is <${clipped(tag.name)}>${namespace}`, '<log> of XES', help)
  }

  #inLog(tag: SaxesTagNS): void {
    if (tag.local === 'trace') {
      this.#trace = { at: this.#tag, start: this.#parser.position, attributes: new Map(), events: [] }
    } else if (preamble.has(tag.local) || elementary.has(tag.local) || nested.has(tag.local)) {
      this.#skipping = this.#depth
    } else if (tag.local === 'event') {
      const help = 'Group the events by their case when exporting: nothing says which case this one belongs to.'
      throw this.#unexpected('an event stands outside every trace', '<trace>', help)
    } else {
      const expected = '<trace>, <extension>, <global>, <classifier> or an attribute'
      throw this.#unexpected(`<${clipped(tag.name)}> stands in the log`, expected, 'Compare it with the XES schema.')
    }
  }

  #inTrace(tag: SaxesTagNS, parent: Unfinished): void {
    if (elementary.has(tag.local)) {
      this.#skipping = this.#depth
      parent.attributes.set(this.#attribute(tag, 'key'), this.#value(tag))
    } else if (nested.has(tag.local)) {
      this.#skipping = this.#depth
    } else if (tag.local === 'event' && this.#trace !== undefined && this.#event === undefined) {
      if (this.#trace.events.length >= this.#bounds.events) throw this.#beyond('events', 'the trace', 'events')
      this.#event = { at: this.#tag, attributes: new Map() }
    } else {
      const where = this.#event === undefined ? 'a trace' : 'an event'
      const expected = `${this.#event === undefined ? '<event> or ' : ''}an attribute (<string>, <date>, <int>, …)`
      throw this.#unexpected(`<${clipped(tag.name)}> stands in ${where}`, expected, 'Compare it with the XES schema.')
    }
  }

  /** Ends the innermost element: not when its end tag is read, for only then the parser looks whether it is its own. */
  #finish(): void {
    if (!this.#closing) return
    this.#closing = false
    const depth = this.#depth--
    if (this.#skipping > 0) {
      if (this.#skipping === depth) this.#skipping = 0
    } else if (this.#event !== undefined) {
      this.#trace?.events.push(this.#finishedEvent(this.#event))
      this.#event = undefined
    } else if (this.#trace !== undefined) {
      const { attributes, events } = this.#trace
      this.#ready.push({ id: this.#name(this.#trace, 'trace'), attributes, events })
      this.#trace = undefined
    }
  }

  #finishedEvent(event: Unfinished): XesEvent {
    const activity = this.#name(event, 'event')
    const timestamp = event.attributes.get('time:timestamp')
    if (timestamp?.type !== 'date') {
      const found =
        timestamp === undefined
          ? `the event ${quoted(activity)} has no time:timestamp`
          : `the time:timestamp of the event ${quoted(activity)} is of the type ${timestamp.type}`
      const help = 'Without the instant nobody can say what held when it happened: export the timestamps, too.'
      throw this.refused(found, '<date key="time:timestamp" value="…"/>', help, undefined, event.at)
    }
    const resource = this.#text(event, 'org:resource')
    const role = this.#text(event, 'org:role')
    const lifecycle = this.#text(event, 'lifecycle:transition')
    return {
      activity,
      at: timestamp.value,
      ...(resource === undefined ? {} : { resource }),
      ...(role === undefined ? {} : { role }),
      ...(lifecycle === undefined ? {} : { lifecycle }),
      attributes: event.attributes,
    }
  }

  #name(of: Unfinished, what: 'trace' | 'event'): string {
    const name = this.#text(of, 'concept:name')
    if (name !== undefined) return name
    const found = `the ${what} has ${of.attributes.has('concept:name') ? 'an empty' : 'no'} concept:name`
    const help = `Choose the column that ${what === 'trace' ? 'identifies the case' : 'names the activity'} when exporting.`
    throw this.refused(found, '<string key="concept:name" value="…"/>', help, undefined, of.at)
  }

  /** What names something: text, or a whole number (tools that guess types write case numbers so). Empty is absent. */
  #text(of: Unfinished, key: string): string | undefined {
    const value = of.attributes.get(key)
    if (value === undefined || value.value === '') return undefined
    if (value.type === 'string' || value.type === 'id') return value.value
    if (value.type === 'int') return String(value.value)
    const help = `Write it as <string key="${key}" …>.`
    throw this.refused(`${key} is of the type ${value.type}`, 'a string', help, undefined, of.at)
  }

  #attribute(tag: SaxesTagNS, name: 'key' | 'value'): string {
    const value = tag.attributes[name]?.value
    if (value !== undefined) return this.#own(value)
    const key = tag.attributes.key?.value
    const found = `<${tag.local}${key === undefined ? '' : ` key=${quoted(key)}`}> has no ${name}`
    throw this.#unexpected(found, `<${tag.local} key="…" value="…"/>`, 'Compare it with the XES schema.')
  }

  #value(tag: SaxesTagNS): XesValue {
    const text = this.#attribute(tag, 'value')
    const trimmed = text.trim()
    switch (tag.local) {
      case 'date': {
        const value = instant(trimmed)
        if (value !== undefined) return { type: 'date', value }
        const local = instant(`${trimmed}Z`) !== undefined
        const found = `${quoted(text)} is ${local ? 'a local time without an offset, and so no instant' : 'no instant'}`
        const help = local
          ? 'Write the offset that held when it happened.'
          : 'Two digits each for month, day, hour, minute, second; they must exist in the calendar.'
        throw this.#wrong(tag, found, 'a date and time with its offset, as in 2017-01-09T09:49:50.000+01:00', help)
      }
      case 'int': {
        const value = integer(trimmed)
        if (value !== undefined) return { type: 'int', value }
        const help = 'Write a larger or a broken number as <string> or <float>.'
        throw this.#wrong(tag, `${quoted(text)} is no integer of 64 bits`, 'digits, with a sign or without', help)
      }
      case 'float': {
        const value = float(trimmed)
        if (value !== undefined) return { type: 'float', value }
        const help = 'The decimal sign is a point, and there are no separators of thousands.'
        throw this.#wrong(tag, `${quoted(text)} is no number`, 'a number as in 26.85 or 1e3', help)
      }
      case 'boolean': {
        if (trimmed === 'true' || trimmed === '1') return { type: 'boolean', value: true }
        if (trimmed === 'false' || trimmed === '0') return { type: 'boolean', value: false }
        throw this.#wrong(tag, `${quoted(text)} is no boolean`, 'true or false', 'Write it in small letters.')
      }
      default:
        return { type: tag.local === 'id' ? 'id' : 'string', value: text }
    }
  }

  #wrong(tag: SaxesTagNS, found: string, expected: string, help: string): CountersignError {
    return this.#unexpected(`${tag.attributes.key?.value ?? ''}: ${found}`, expected, help)
  }

  #unexpected(found: string, expected: string, help: string): CountersignError {
    return this.refused(found, expected, help, undefined, this.#tag)
  }

  /** The parser collects a piece of markup whole before it says anything; so what it collects is bounded from here. */
  #settle(ended = true): void {
    const { position } = this.#parser
    if (position - this.#settled > this.#bounds.markup) {
      throw this.#beyond('markup', 'one tag, or what stands before it,', 'characters')
    }
    if (ended) this.#settled = position
  }

  #beyond(bound: keyof XesBounds, what: string, unit: string): CountersignError {
    const limit = this.#bounds[bound].toLocaleString('en-US')
    const help = `If the log is honest, raise bounds.${bound}.`
    return this.refused(`${what} has more than ${limit} ${unit}`, `at most ${limit}`, help)
  }
}

/**
 * Copies a text out of the block that it was read from. In some engines a slice of a string keeps the whole string alive,
 * so that a caller who collects nothing but case names would hold the log in memory. Names come again: one copy each.
 */
function owned(): (text: string) => string {
  const known = new Map<string, string>()
  return text => {
    if (text.length > 128) return Buffer.from(text).toString()
    const before = known.get(text)
    if (before !== undefined) return before
    if (known.size >= 4096) known.clear()
    const copy = Buffer.from(text).toString()
    known.set(copy, copy)
    return copy
  }
}

const dateTime = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** `xs:dateTime` with the offset that it may leave out; so it is an instant, returned in UTC with milliseconds. */
function instant(text: string): string | undefined {
  const match = dateTime.exec(text)
  if (match === null) return undefined
  const [, date, time, fraction = '', sign, hours = '00', minutes = '00'] = match
  const offset = Number(hours) * 60 + Number(minutes)
  if (Number(minutes) > 59 || offset > 14 * 60) return undefined
  const local = `${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
  const asUtc = new Date(local)
  // A day like 30 February is moved on to the next month by some engines and refused by others.
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString() !== local) return undefined
  const at = new Date(asUtc.getTime() - (sign === '-' ? -offset : offset) * 60_000).toISOString()
  return at.length === local.length ? at : undefined // else the offset has carried it out of the years 0000 to 9999
}

/** `xs:long` */
function integer(text: string): number | bigint | undefined {
  if (!/^[+-]?\d{1,32}$/.test(text)) return undefined
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value // -0 is 0
  const long = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, long) === long ? long : undefined
}

/** `xs:double`, and the spelling that Java has for what is infinite. */
function float(text: string): number | undefined {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text)
  if (text === 'NaN') return Number.NaN
  const infinite = /^([+-]?)(?:INF|Infinity)$/.exec(text)
  return infinite === null ? undefined : infinite[1] === '-' ? -Infinity : Infinity
}

// What is wrong, and what would help.

function refused(
  at: { readonly file: string } & Partial<Place>,
  found: string,
  expected: string,
  help: string,
  cause?: unknown,
): CountersignError {
  const place = at.line === undefined ? at.file : `${at.file}:${at.line}:${at.column}`
  const facts = { ...at, found, expected, help }
  return new CountersignError('input', `${place}: ${found}; expected ${expected}. ${help}`, { facts, cause })
}

function unreadable(path: string, cause: unknown): CountersignError {
  const code = codeOf(cause)
  const [found, help] =
    code === 'ENOENT'
      ? ['there is no such file', 'Check the path; a relative one starts from the folder where the command was given.']
      : code === 'EACCES' || code === 'EPERM'
        ? ['this may not be read', 'Check the permissions of the file and of the folders above it.']
        : [`this cannot be read (${messageOf(cause)})`, 'Copy it to a local disk and try again.']
  return refused({ file: path }, found, 'a readable event log', help, cause)
}

function notUtf8(log: LogReader, byte: number | undefined, cause?: unknown): CountersignError {
  const found = `the byte 0x${(byte ?? 0).toString(16).padStart(2, '0')} is no UTF-8 here`
  const help = 'If the log is in another encoding, convert it: iconv -f ISO-8859-1 -t UTF-8.'
  return log.refused(found, 'text in UTF-8', help, cause, { line: log.place.line, column: log.place.column + 1 })
}

/** Text of the log in a message: short, and without anything that a terminal would obey. */
const quoted = (text: string): string => JSON.stringify(clipped(text))
const clipped = (text: string): string =>
  (text.length > 60 ? `${text.slice(0, 60)}…` : text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
const codeOf = (cause: unknown): string => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : ''
}
