import { decodeUtf8 } from '@countersign/trail'

/**
 * An ASN.1 value in DER (X.690): its first byte, all of its bytes, what it holds, and what lies in it where it is made of
 * others.
 */
export interface Der {
  readonly tag: number
  readonly bytes: Uint8Array
  readonly body: Uint8Array
  readonly parts: readonly Der[]
}

export const SEQUENCE = 0x30
export const SET = 0x31
export const INTEGER = 0x02
export const OCTETS = 0x04
export const NULL = 0x05
export const OBJECT = 0x06
export const UTF8_STRING = 0x0c
/** [n] EXPLICIT, or IMPLICIT where the value is made of others. */
export const tagged = (number: number): number => 0xa0 | number

const mostDepth = 32

/**
 * Reads one value, in the one way in which DER lets it be written: a length in as few bytes as it takes, no string in
 * pieces, numbers without bytes too many, nothing behind the end. So whoever holds an answer cannot write the same one in
 * other bytes. The order of a SET OF is not asked for: it says nothing, and OpenSSL leaves the certificates of an answer as
 * they come. Throws `Error` for anything else.
 */
export function readDer(bytes: Uint8Array): Der {
  const value = valueAt(bytes, 0, 0)
  if (value.bytes.length === bytes.length) return value
  throw new Error(`expected one value of ${bytes.length} bytes in DER, found one of ${value.bytes.length}`)
}

function valueAt(bytes: Uint8Array, at: number, depth: number): Der {
  const wrong = (what: string) => new Error(`the value at byte ${at} is not in DER: ${what}`)
  if (depth > mostDepth) throw wrong('it lies too deep')
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw wrong('it ends before it begins')
  if ((tag & 0x1f) === 0x1f) throw wrong('its tag has more than one byte')
  const more = first < 0x80 ? 0 : first & 0x7f
  // An answer has no more bytes than three can tell.
  if (first >= 0x80 && (more === 0 || more > 3)) throw wrong('its length is told in another way')
  const told = bytes.subarray(at + 2, at + 2 + more)
  const length = more === 0 ? first : told.reduce((sum, byte) => sum * 256 + byte, 0)
  const least = more < 2 ? 0x80 : 256 ** (more - 1)
  if (more > 0 && (told.length < more || length < least)) throw wrong('its length is told in more bytes than it takes')
  const from = at + 2 + more
  const body = bytes.subarray(from, from + length)
  if (body.length < length) throw wrong('it ends too early')
  const isMade = (tag & 0x20) !== 0
  if (tag < 0x40) {
    if (isMade !== (tag === SEQUENCE || tag === SET)) throw wrong('it is in pieces, or is none of values')
    const flaw = flawIn(tag, body)
    if (flaw !== undefined) throw wrong(flaw)
  }
  const parts: Der[] = []
  for (let next = from; isMade && next < from + length; ) {
    // It may not reach beyond what it lies in.
    const part = valueAt(bytes.subarray(0, from + length), next, depth + 1)
    parts.push(part)
    next += part.bytes.length
  }
  return { tag, bytes: bytes.subarray(at, from + length), body, parts }
}

/** Why bytes are not the one form of a value of a universal type; those that are not named here have no other form. */
function flawIn(tag: number, body: Uint8Array): string | undefined {
  const [first, second = 0] = body
  const last = body.at(-1) ?? 0
  switch (tag) {
    case 0x00:
      return 'it is the end of something'
    case 0x01:
      return body.length === 1 && (first === 0 || first === 0xff) ? undefined : 'it is neither true nor false'
    case INTEGER:
    case 0x0a:
      if (first === undefined) return 'it is no number'
      return body.length > 1 && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80)
        ? 'a number with bytes too many'
        : undefined
    case 0x03:
      if (first === undefined || first > 7 || (body.length === 1 && first > 0)) return 'bits that nobody can count'
      return (last & ((1 << first) - 1)) === 0 || body.length === 1 ? undefined : 'bits behind the last one'
    case NULL:
      return body.length === 0 ? undefined : 'nothing that holds something'
    case OBJECT:
      if (first === undefined || last >= 0x80) return 'an object identifier that does not end'
      return body.some((byte, at) => byte === 0x80 && (at === 0 || (body[at - 1] ?? 0) < 0x80))
        ? 'an object identifier with bytes too many'
        : undefined
    case UTF8_STRING:
      return decodeUtf8(body) === undefined ? 'a text that is not UTF-8' : undefined
    case 0x17:
      return flawInTime(/^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(ascii(body)))
    case 0x18:
      return flawInTime(/^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d*[1-9])?Z$/.exec(ascii(body)))
    default:
      return undefined
  }
}

/**
 * Why a UTCTime or a GeneralizedTime (X.690 §11.7, §11.8; RFC 5280 §4.1.2.5) tells no instant. Whoever reads the 33rd of a
 * month takes it for a day of the next one, and a year before 100 for one of the last century.
 */
function flawInTime(digits: RegExpExecArray | null): string | undefined {
  if (digits === null) return 'a time in another form'
  const [told = '', ...rest] = digits.slice(1)
  const year = told.length === 4 ? told : `${Number(told) < 50 ? 20 : 19}${told}`
  const [month = 0, day, hour, minute, second] = rest.map(Number)
  const read = new Date(Date.UTC(Number(year), month - 1, day, hour, minute, second)).toISOString()
  const isRead = read.replaceAll(/\D/g, '').slice(0, 14) === [year, ...rest].join('')
  return isRead ? undefined : `a time that there is not (${digits[0]})`
}

const ascii = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

export const isSameDer = (one: Der | undefined, other: Der | undefined): boolean =>
  one !== undefined && other !== undefined && Buffer.compare(one.bytes, other.bytes) === 0
