import { CountersignError, parseVerifierKey, readEntry, sameJson } from '@countersign/trail'

// A founding, told a second time without the schemas. It takes nothing that they refuse; what they take besides is not told.

const name = /^[a-z][a-z0-9._@+-]{0,63}$/
const visible = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}]/u

interface Administrator {
  readonly person: string
  readonly name: unknown
  readonly accounts: readonly string[]
}

/**
 * The origin that a founding names, where these are the bytes of one as this library writes it. `undefined` where they are
 * anything else, and where it takes the schemas to tell (`integrityVerdict`).
 *
 * @example
 * ```ts
 * import { originIn } from 'countersign/verify/integrity'
 * originIn(new Uint8Array()) // → undefined
 * ```
 */
export function originIn(bytes: Uint8Array): string | undefined {
  const body = bodyIn(bytes)
  if (!isOf(body, ['at', 'by', 'command', 'id', 'outcome', 'seq', 'stream', 'streamSeq', 'v'])) return undefined
  const { id, by, command, outcome } = body
  if (!isText(id, /^[A-Za-z0-9_-]{8,64}$/)) return undefined
  if (!isOf(by, ['account', 'person']) || !isName(by.account) || !isName(by.person)) return undefined
  const members = ['administrators', 'format', 'origin', 'type']
  const isKeyed = isOf(command, [...members, 'key'])
  if (!(isKeyed || isOf(command, members))) return undefined
  const { administrators, format, origin, key } = command
  if (command.type !== 'found' || format !== 'countersign/trail/v1') return undefined
  if (!(isText(origin, /^[^\s+]{1,200}$/) && visible.test(origin)) || (isKeyed && !isLogKey(key))) return undefined
  if (!isSome(administrators, 2, isAdministrator)) return undefined
  const accepted = eventsOf({ origin, ...(isKeyed ? { key } : {}) }, administrators)
  return sameJson({ accepted }, outcome) ? origin : undefined
}

/** What a founding comes to, in the order in which it is written. */
function eventsOf(founded: object, administrators: readonly Administrator[]): readonly object[] {
  return [
    { type: 'trail.founded', ...founded },
    ...administrators.flatMap(({ person, name: called, accounts }) => [
      { type: 'person.registered', person, name: called },
      ...accounts.map(account => ({ type: 'account.linked', account, person })),
      { type: 'administrator.appointed', person },
    ]),
  ]
}

function bodyIn(bytes: Uint8Array): unknown {
  try {
    return readEntry(bytes).body
  } catch (error) {
    if (error instanceof CountersignError) return undefined
    throw error
  }
}

/** Whether it is an object with these members and no other. */
function isOf(value: unknown, members: readonly string[]): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).length === members.length && members.every(member => Object.hasOwn(value, member))
}

const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value)

/** What every object has by nature names nobody. */
const isName = (value: unknown): value is string => isText(value, name) && !(value in Object.prototype)

const isSome = <Of>(value: unknown, least: number, is: (one: unknown) => one is Of): value is readonly Of[] =>
  Array.isArray(value) && value.length >= least && value.length <= 20 && value.every(is)

const isAdministrator = (value: unknown): value is Readonly<Record<string, unknown>> & Administrator =>
  isOf(value, ['accounts', 'name', 'person']) &&
  isName(value.person) &&
  isSome(value.accounts, 1, isName) &&
  (isOf(value.name, ['commitment'])
    ? isText(value.name.commitment, /^[0-9a-f]{64}$/)
    : isText(value.name, visible) && value.name.length <= 200)

function isLogKey(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 300) return false
  try {
    return parseVerifierKey(value).algorithm === 'ed25519'
  } catch (error) {
    if (error instanceof CountersignError) return false
    throw error
  }
}
