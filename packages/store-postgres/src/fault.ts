import { CountersignError, type ErrorCode } from '@countersign/trail'

/** PostgreSQL's SQLSTATE codes, classes of them, and one of Node's, that somebody can do something about. */
const KNOWN: readonly (readonly [state: string, code: ErrorCode, help: string])[] = [
  ['28', 'store.unwritable', 'the server does not let this user in: look at the user and the password'],
  ['3D000', 'store.unwritable', 'there is no such database on the server'],
  [
    '42501',
    'store.unwritable',
    'the user lacks a right: it takes usage on the schema and select on layout, entry and head; to write, also insert on entry, update on head and execute on append and append_sealed',
  ],
  ['42P01', 'input', 'there is no trail yet: run `migrate` with a user that may create tables'],
  ['3F000', 'input', 'there is no trail yet: run `migrate` with a user that may create tables'],
  ['42883', 'store.damaged', 'a function of the trail is gone: restore the database from a copy'],
  ['25006', 'store.unwritable', 'this transaction or this server is read-only: begin one that writes, on the primary'],
  // The store only ever begins a transaction of its own, so one that is there already is somebody's.
  [
    '25001',
    'input',
    'a connection came back to the pool within a transaction, which was rolled back: end it before `release`',
  ],
  ['25P01', 'input', 'an entry joins a transaction that has begun, on its connection: `begin` first'],
  ['25P02', 'input', 'the transaction has failed before: roll it back, and begin another one'],
  ['25P03', 'store.unavailable', 'this process stood still for too long, and others went on; try again'],
  // What a replica says of the first statement already.
  ['0A000', 'store.unwritable', 'this is a read-only server, or an old one: name the primary'],
  ['53100', 'store.unwritable', "the server's disk is full: make room, then try again"],
  ['40', 'store.unavailable', 'other transactions were in the way; try again'],
  ['55P03', 'store.unavailable', 'another transaction holds the end of the trail for too long; try again later'],
  ['57014', 'store.unavailable', 'the server did not answer in time; try again later'],
  ['57P', 'store.unavailable', 'the server is stopping or starting; try again later'],
  ['53', 'store.unavailable', 'the server has no more room for connections or memory; try again later'],
  ['ETIMEDOUT', 'store.unavailable', 'the database cannot be reached, or the pool lends none; try again later'],
  ['08', 'store.unavailable', 'the connection was lost; try again later'],
]

/** What a pool says that was ended. */
const ENDED = /after calling end on the pool/
const END_LATER = ['', 'input', 'end the pool after whatever uses it'] as const

/** What Node says of a connection that cannot be made or is gone. */
const NETWORK = /^(?:ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ENOENT)/
/** The form of the codes that a server gives. */
const SQLSTATE = /^[0-9A-Z]{5}$/
const UNKNOWN = 'nobody knows what the server has made of it; ask again under the same id'
const GONE = /Connection terminated|connection timeout|not queryable|timeout exceeded|Client was closed/i

/**
 * A failure of the database, told as what was being done, why, and what would help. It never holds a password. Of what is
 * committed, and may not be flushed, nobody knows whether it will be there.
 */
export function fault(
  doing: string,
  cause: unknown,
  { isCommitted = false }: { readonly isCommitted?: boolean } = {},
): CountersignError {
  if (cause instanceof CountersignError) return cause
  const { code, message = String(cause) } = (cause ?? {}) as { code?: unknown; message?: string }
  const state = typeof code === 'string' ? code : ''
  const known = ENDED.test(message) ? END_LATER : KNOWN.find(([prefix]) => state.startsWith(prefix))
  const isGone = NETWORK.test(state) || GONE.test(message)
  // Only where the server itself has refused is it certain that nothing was done.
  const isRefused = SQLSTATE.test(state) && !isGone && !isCommitted
  const [, told, help] = (isCommitted ? undefined : known) ?? [
    '',
    isRefused ? 'store.unwritable' : 'store.unavailable',
    isGone ? 'the database cannot be reached; try again later' : isRefused ? undefined : UNKNOWN,
  ]
  return new CountersignError(
    told as ErrorCode,
    `cannot ${doing}: ${message}${help === undefined ? '' : ` (${help})`}`,
    { facts: state === '' ? {} : { state }, cause },
  )
}
