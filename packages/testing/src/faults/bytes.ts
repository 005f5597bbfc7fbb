import { decodeUtf8, encodeUtf8 } from '@countersign/trail'
import { cutTail, doubleLine, dropLine, editLine, fileOf, forkAt, insertLine, swapLines, tear } from '../tamper.ts'
import { type Fault, fault, type Sound } from './fault.ts'

/** What is done to the lines, at an entry in the middle. */
const asLines =
  (make: (lines: Sound['lines'], middle: number) => readonly Uint8Array[]): Fault['make'] =>
  ({ lines }) => ({ file: fileOf(make(lines, lines.length >> 1)) })

const beginWithMark: Fault['make'] = ({ lines }) => ({ file: Uint8Array.of(0xef, 0xbb, 0xbf, ...fileOf(lines)) })
const rewriteEnds: Fault['make'] = ({ lines }) => ({
  file: encodeUtf8((decodeUtf8(fileOf(lines)) ?? '').replaceAll('\n', '\r\n')),
})
const insert = (line: Uint8Array) => asLines((lines, at) => insertLine(lines, at, line))
const edit = asLines((lines, at) => editLine(lines, at, text => text.replace('"v":1', '"v":2')))
const fork = asLines((lines, at) =>
  forkAt(lines, at, body => {
    body.id = 'another-writer'
  }),
)

/** What is done to the bytes of a file, by whoever does not seal it again. */
export const bytesFaults: readonly Fault[] = [
  fault('an editor puts a byte order mark before it', 'bom', 1, beginWithMark),
  fault('a transfer rewrites the line ends', 'crlf', 1, rewriteEnds),
  fault('an empty line is put in', 'line.empty', 1, insert(new Uint8Array())),
  fault(
    'a line is put in that is longer than an entry can be',
    'line.oversize',
    1,
    insert(new Uint8Array(70_000).fill(32)),
  ),
  fault('something else is written into it', 'frame', 1, insert(encodeUtf8('{"level":"info"}'))),
  fault(
    'its beginning is cut off',
    'chain.start',
    1,
    asLines(lines => dropLine(lines, 0)),
  ),
  fault('an entry is edited', 'chain.break', 1, edit),
  fault('an entry is removed from the middle', 'chain.break', 1, asLines(dropLine)),
  fault(
    'an entry is put in',
    'chain.break',
    1,
    asLines((lines, at) => insertLine(lines, at, lines[1] as Uint8Array)),
  ),
  fault(
    'two entries change places',
    'chain.break',
    1,
    asLines((lines, at) => swapLines(lines, at, at + 1)),
  ),
  fault('an entry stands there twice', 'chain.doubled', 1, asLines(doubleLine)),
  fault('two writers append to the same head', 'chain.fork', 1, fork),
  fault('a write is torn by a crash', 'tail.torn', 4, ({ lines }) => ({ file: tear(fileOf(lines), 5) })),
  fault(
    'nothing is left of it',
    'founding.missing',
    1,
    asLines(lines => cutTail(lines, lines.length)),
  ),
]
