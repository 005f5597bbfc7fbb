import { isInstant } from '@countersign/trail'

/** What a command seems to have been given with. */
interface Glimpse {
  readonly id: unknown
  readonly at: string
  readonly account: unknown
  readonly command: unknown
}

/** `{"body":{"at":` */
const AT = 14
/** `"2026-11-21T09:30:00.000Z"` */
const AT_LENGTH = 26
/** `,"by":{"account":` */
const BETWEEN = 17

/**
 * What an entry was made from, read where it stands in the text of most: `{"body":{"at":"…","by":{"account":"…",…},
 * "command":{…},"id":"…",…`. It may be wrong for an entry that is written otherwise: whoever uses it compares the whole text
 * afterwards.
 */
export function glimpse(text: string): Glimpse | undefined {
  const name = AT + AT_LENGTH + BETWEEN
  const behindName = text.indexOf('"', name + 1) + 1
  const start = text.indexOf(',"command":{', behindName) + 1
  const middle = text.indexOf('},"id":"', start) + 1
  const end = text.indexOf('"', middle + 7) + 1
  if (behindName === 0 || start === 0 || middle === 0 || end === 0) return undefined
  const at = text.slice(AT, AT + AT_LENGTH)
  try {
    // In one piece, of which no more is made than these.
    const [when, account, given] = JSON.parse(`[${at},${text.slice(name, behindName)},{${text.slice(start, end)}}]`)
    return isInstant(when) ? { id: given.id, at: when, account, command: given.command } : undefined
  } catch {
    return undefined
  }
}
