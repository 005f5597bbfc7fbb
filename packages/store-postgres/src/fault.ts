import { CountersignError, type ErrorCode } from '@countersign/trail'
import { Ended } from './ended.ts'

const LATER = 'try again later'
const NO_TABLES = 'there is no trail yet: run `migrate` with a user that may create tables'
const NO_FUNCTION = 'a function of the trail is gone: its owner runs `migrate`, which makes it again'
const NOT_OURS = 'tables of something else lie in this schema: name another one with `{ schema }`'
const NOT_LET_IN = 'the server does not let this user in: look at the user and the password'
const NO_DATABASE = 'there is no such database on the server'

/**
 * PostgreSQL's SQLSTATE codes, classes of them, and one of Node's, that somebody can do something about: what it is, and what would
 * help; and whether it may go through by itself.
 */
const KNOWN: readonly (readonly [state: string, code: ErrorCode, help: string, again?: string])[] = [
  ['28', 'store.unwritable', NOT_LET_IN],
  ['3D000', 'store.unwritable', NO_DATABASE],
  [
    '42501',
    'store.unwritable',
    'the user lacks a right: it takes usage on the schema and select on layout, entry and head; to write, also insert on entry, update on head and execute on append and append_sealed',
  ],
  ['42P01', 'input', NO_TABLES],
  ['42P07', 'store.unwritable', NOT_OURS],
  ['42703', 'store.unwritable', NOT_OURS],
  ['3F000', 'input', NO_TABLES],
  [
    '22003',
    'store.damaged',
    'a number in the tables is greater than any of a trail: restore the tables from a copy, and hold the copy against a checkpoint',
  ],
  [
    '23001',
    'store.unwritable',
    'something in the database keeps entries from being written, or changes them: a trigger, a rule or a policy on the tables of the trail: take it away',
  ],
  ['42883', 'store.damaged', NO_FUNCTION],
  ['25006', 'store.unwritable', 'this transaction or this server is read-only: begin one that writes, on the primary'],
  // The store only ever begins a transaction of its own, so one that is there already is somebody's.
  [
    '25001',
    'input',
    'a connection came back to the pool within a transaction, which was rolled back: end it before `release`',
  ],
  ['25P01', 'input', 'an entry joins a transaction that has begun, on its connection: `begin` first'],
  ['25P02', 'input', 'the transaction has failed before: roll it back, and begin another one'],
  ['25P03', 'store.unavailable', 'this process stood still for too long, and others went on', 'try again'],
  [
    '25P04',
    'store.unavailable',
    'the transaction took longer than transaction_timeout lets one on this server: let that be more than twice the `patience` of the store, or a transaction that is joined shorter',
    'try again',
  ],
  // What a replica says of the first statement already.
  ['0A000', 'store.unwritable', 'this is a read-only server, or an old one: name the primary'],
  ['53100', 'store.unwritable', "the server's disk is full: make room, then try again"],
  ['40', 'store.unavailable', 'other transactions were in the way', 'try again'],
  ['55P03', 'store.unavailable', 'another transaction holds the end of the trail for too long', LATER],
  ['57014', 'store.unavailable', 'the server did not answer in time', LATER],
  ['57P', 'store.unavailable', 'the server is stopping or starting, or somebody has ended the connection', LATER],
  ['53', 'store.unavailable', 'the server has no more room for connections or memory', LATER],
  ['ETIMEDOUT', 'store.unavailable', 'the database cannot be reached, or the pool lends none', LATER],
  ['08', 'store.unavailable', 'the connection was lost', LATER],
]

/** The code under which PgBouncer says whatever it has to say. */
const PROXY = '08P01'

/**
 * What does not go through by itself, of what a proxy says under one code, and of what the driver says without any; by what
 * each says of it.
 */
const SAID: readonly (readonly [said: RegExp, code: ErrorCode, help: string])[] = [
  [/authentication failed|no such user/i, 'store.unwritable', NOT_LET_IN],
  [/client password must be a string|no password/i, 'store.unwritable', 'the server asks for a password: give one'],
  [/does not support SSL/i, 'store.unwritable', 'the server has no TLS: ask it for none, or set it up there'],
  [/database .* does not exist|no such database/i, 'store.unwritable', NO_DATABASE],
  [
    /transaction blocks not allowed/i,
    'store.unwritable',
    'the proxy lends a connection for each statement: have it lend one for each transaction (`pool_mode = transaction`)',
  ],
  [
    /unsupported startup parameter/i,
    'store.unwritable',
    'the proxy takes no such setting from whoever connects: leave it out, or name it in its `ignore_startup_parameters`',
  ],
]

/** What a pool says that was ended. */
const ENDED = /after calling end on the pool/
const END_LATER = ['', 'input', 'end the pool after whatever uses it'] as const

/** What Node says of a connection that cannot be made or is gone. */
const NETWORK = /^(?:ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ENOENT)/
/** The form of the codes that a server gives. */
const SQLSTATE = /^[0-9A-Z]{5}$/
const UNKNOWN = 'nobody knows what the server has made of it'
const SAME_ID = 'ask again under the same id'
const GONE = /Connection terminated|connection timeout|not queryable|timeout exceeded|Client was closed/i
const AWAY = ['', 'store.unavailable', 'the database cannot be reached', LATER] as const
const USELESS = ['', 'store.unavailable', 'take another connection', 'try again'] as const

/**
 * How far an append has come: nothing of it was sent, it was sent, it is committed and may not be flushed, or it is a part of a
 * transaction of somebody else's.
 */
export type Append = 'unsent' | 'sent' | 'committed' | 'joined'

/**
 * A failure of the database, told as what was being done, why, and what would help; of an append whose connection ends, whether
 * it may be there as well. It never holds a password. Of what is committed, and may not be flushed, nobody knows whether it will
 * be there.
 */
export function fault(doing: string, cause: unknown, { append }: { readonly append?: Append } = {}): CountersignError {
  if (cause instanceof CountersignError) return cause
  const isCommitted = append === 'committed'
  const { code, message = String(cause) } = (cause ?? {}) as { code?: unknown; message?: string }
  const state = typeof code === 'string' ? code : ''
  const said = state === '' || state === PROXY ? SAID.find(([one]) => one.test(message)) : undefined
  const known = ENDED.test(message) ? END_LATER : (said ?? KNOWN.find(([prefix]) => state.startsWith(prefix)))
  const isGone = NETWORK.test(state) || GONE.test(message)
  const { severity } = (cause ?? {}) as { severity?: unknown }
  const isOver = isGone || cause instanceof Ended || severity === 'FATAL' || severity === 'PANIC'
  // Only where the server itself has refused is it certain that nothing was done.
  const isRefused = SQLSTATE.test(state) && !isGone && !isCommitted && !(isOver && append === 'sent')
  const found = known ?? (isGone ? AWAY : cause instanceof Ended ? USELESS : undefined)
  const [, told, what, again] = (isCommitted ? undefined : found) ?? [
    '',
    isRefused ? 'store.unwritable' : 'store.unavailable',
    isRefused ? undefined : UNKNOWN,
  ]
  const outcome = isOver && what !== UNKNOWN ? outcomeOf(append, cause) : undefined
  const help = [what, outcome, what === UNKNOWN ? (append === undefined ? LATER : SAME_ID) : again]
  const helps = help.filter(one => one !== undefined).join('; ')
  const failed = `cannot ${doing}: ${message}`
  return new CountersignError(told as ErrorCode, `${failed}${helps === '' ? '' : ` (${helps})`}`, {
    facts: {
      ...(state === '' ? {} : { state }),
      ...(what === NO_TABLES || what === NO_FUNCTION ? { what: failed, remedy: 'migrate' } : {}),
    },
    cause,
  })
}

/** Whether an append may be there whose connection has ended or is silent. Of one that the server has refused nothing is. */
function outcomeOf(append: Append | undefined, cause: unknown): string | undefined {
  if (append === undefined) return undefined
  if (append === 'joined') return 'its transaction has ended with the connection, and nothing of it is there'
  if (append === 'unsent' || cause instanceof Ended) return 'nothing of it is in the trail'
  return 'it may be in the trail, so ask under the same id'
}
