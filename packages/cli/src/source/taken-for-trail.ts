import { open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { decodeUtf8 } from '@countersign/trail'
import { kindOf } from '../files/file.ts'
import { shellWord } from '../shell/shell-word.ts'

/** What a file is that somebody took for a trail, as far as its beginning and its place tell, and what would help. */
export interface TakenForTrail {
  readonly is: string
  readonly help: string
}

/** So much of a file is looked at. */
const longest = 1 << 16

type Told = readonly [is: string, help: string]

const pictures: readonly (readonly [beginning: string, is: string])[] = [
  ['\x89PNG\r\n', 'a picture (PNG)'],
  ['\xff\xd8\xff', 'a picture (JPEG)'],
  ['GIF8', 'a picture (GIF)'],
  ['%PDF-', 'a document (PDF)'],
]
const packed: readonly (readonly [beginning: string, is: string])[] = [
  ['\x1f\x8b', 'packed (gzip)'],
  ['PK\x03\x04', 'packed (zip)'],
  ['\x28\xb5\x2f\xfd', 'packed (zstd)'],
  ['\xfd7zXZ\x00', 'packed (xz)'],
]

/** What a document of this library is, by its `format` or `schema`, and what takes one: `$` stands for its file. */
const documents: Readonly<Record<string, Told>> = {
  'countersign/snapshot/v1': [
    'a snapshot of what a trail came to',
    'verify-trail <trail> --snapshot $ tells whether that is what the trail gives.',
  ],
  'countersign/policy/v1': ['a policy', 'verify-trail <trail> --policy $ tells whether it is the one in force.'],
  'countersign/controls/v1': ['controls', 'countersign lint <policy> --controls $ holds a policy against them.'],
  'countersign/fork/v1': ['a proof of a fork', 'verify-trail fork $ --key FILE judges it.'],
  'countersign/verdict/v1': ['a verdict over a trail', 'Name the trail that it is about.'],
  'countersign/bundle-verdict/v1': ['a verdict over a bundle', 'verify-trail bundle FILE judges the bundle anew.'],
  'countersign/sheet/v1': ['a sheet of one change', 'Name the trail from which it was drawn.'],
  'countersign/population/v1': ['a list of changes', 'Name the trail from which it was drawn.'],
}

/** What a file is that holds not one entry. What cannot be read is told by nothing. */
export async function takenForTrail(file: string): Promise<TakenForTrail | undefined> {
  try {
    const bytes = await beginningOf(file)
    const [is, help] = whatIs(bytes) ?? (isText(bytes) ? ['text', expected] : ['no text', expected])
    const published = await publicationAbove(file)
    if (published === undefined) return { is, help: help.replaceAll('$', () => shellWord(file)) }
    return {
      is,
      help: `It lies in a folder to which a trail was published: verify-trail ${shellWord(published)} judges that.`,
    }
  } catch {
    return undefined
  }
}

const expected = 'Name the trail.jsonl that a desk has written, or what countersign export has.'

async function beginningOf(file: string): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(longest), 0, longest, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function whatIs(bytes: Uint8Array): Told | undefined {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const of = (kinds: typeof pictures) => kinds.find(([beginning]) => latin.startsWith(beginning))?.[1]
  const picture = of(pictures)
  if (picture !== undefined) return [picture, expected]
  const pack = of(packed)
  if (pack !== undefined) return [pack, 'Unpack it first, and name what was in it.']
  if (latin.startsWith('SQLite format 3\0'))
    return ['a SQLite database', 'A trail that lies in one is named so: verify-trail sqlite:$.']
  if (/^(?:\xff\xfe|\xfe\xff)/.test(latin))
    return ['text in UTF-16', `An editor or a shell has rewritten it. ${asWritten}`]
  // What was rewritten on its way begins with a mark, or ends its lines with one character more.
  const text = latin.replace(/^\xef\xbb\xbf/, '')
  if (/^countersign\/bundle\/v1\b/.test(text))
    return ['a bundle that was rewritten on its way', `verify-trail bundle $ tells more. ${asWritten}`]
  if (/^\s*\{\s*"body"\s*:\s*\{/.test(text))
    return /"prev"\s*:\s*"[0-9a-f]{64}"\s*\}/.test(text)
      ? ['like a trail, and was rewritten on its way', `Its lines are not as they were sealed. ${asWritten}`]
      : ['the beginning of an entry', 'It ends before the entry does, as a crash leaves it, or a copy that broke off.']
  if (text.startsWith('countersign/index/v1')) return ['the index beside a trail', trailItself]
  if (/^[-\d]\d{15} \d{16} [0-9a-f]{64} /.test(text)) return ['the mark of a write beside a trail', trailItself]
  if (/^\{"commitment":"[0-9a-f]{64}"/.test(text))
    return ['what opens private values', 'verify-trail <trail> --openings $ compares it with its trail.']
  if (/^[^\n]+\r?\n\d+\r?\n[A-Za-z0-9+/]{43}=\r?\n\r?\n\xe2\x80\x94 /.test(text))
    return ['a checkpoint', 'verify-trail <trail> --checkpoint $ --key FILE compares it with its trail.']
  if (/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\s*$/.test(text))
    return ['a public key', 'verify-trail <trail> --checkpoint FILE --key $ takes it.']
  return documentIn(text)
}

const trailItself = 'Name the trail itself, the file beside it whose name ends in .jsonl.'
const asWritten = 'Ask whoever sent it for the file as it was written.'

function documentIn(text: string): Told | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  const format = /"(?:format|schema)"\s*:\s*"(countersign\/[a-z-]+\/v1)"/.exec(text)?.[1] ?? ''
  if (Object.hasOwn(documents, format)) return documents[format]
  // The names of a document come in their order, and that of its format may be far on.
  if (text.startsWith('{"changes":{')) return documents['countersign/snapshot/v1']
  return ['JSON, and not of a trail', expected]
}

/** Text without control characters but those that end lines and columns. */
function isText(bytes: Uint8Array): boolean {
  // The end may have been cut within a character.
  const text = [0, 1, 2, 3].map(cut => decodeUtf8(bytes.subarray(0, bytes.length - cut))).find(one => one !== undefined)
  return text !== undefined && !/(?![\t-\r])\p{Cc}/u.test(text)
}

/** The folder to which a trail was published in which a file or a folder lies; a tile lies some folders below it. */
export async function publicationAbove(path: string): Promise<string | undefined> {
  let folder = resolve(path)
  for (let up = 0; up < 8; up++) {
    folder = dirname(folder)
    const [checkpoint, tiles] = await Promise.all(
      ['checkpoint', 'tile'].map(one => kindOf(join(folder, one)).catch(() => 'nothing')),
    )
    if (checkpoint === 'file' && tiles === 'folder') return folder
  }
  return undefined
}
