import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileStore, Recovery } from '@countersign/store-file'
import { CountersignError, unexpected } from '@countersign/trail'
import type { Store } from '@countersign/trail/store'
import { unreadable } from '../files/file.ts'
import { InputError } from '../shell/input-error.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { refuseBundle } from './bundle-mark.ts'
import { requireSettings } from './postgres-settings.ts'

/** Where a trail lies: a file or its folder, `sqlite:<path>`, or a `postgres://` URL. */
export type Address =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema?: string }

/** A store, and what has to be let go with it. */
export interface OpenStore {
  readonly store: Store
  /** What an interrupted write had left at the end of a file. */
  readonly left?: Recovery | undefined
  /** Throws where something beside a file tells that the file has lost its end. */
  readonly requireWhole?: FileStore['requireWhole']
  /** Where what opens private values lies, if there is any, of a trail in a file. */
  readonly openings?: string
  /** Which place it is, by what a database server says of itself, whatever the address says; nothing where it does not tell. */
  readonly place?: () => Promise<string | undefined>
  readonly close: () => Promise<void>
}

/** Reads an address as a person writes it. `?schema=` of a URL names the schema in which the trail lies. */
export function addressOf(text: string): Address {
  if (typeof text !== 'string') throw unexpected('input', 'the trail', 'a path or an address', { given: text })
  if (/^postgres(?:ql)?:/i.test(text)) {
    let url: URL
    try {
      url = urlOf(/^[a-z]+:\/\//i.test(text) ? text : '')
    } catch {
      // Not quoted: there may be a password in it.
      throw new InputError('that is no postgres:// URL', {
        hint: 'Write it as postgres://user@host/database, or with a socket as postgres://user@/database?host=/its/folder.',
      })
    }
    requireSettings(url.searchParams)
    const schema = url.searchParams.get('schema') ?? undefined
    url.searchParams.delete('schema')
    return { kind: 'postgres', url: textOf(url), ...(schema === undefined ? {} : { schema }) }
  }
  if (text.startsWith('sqlite:')) return { kind: 'sqlite', path: sqlitePath(text.slice('sqlite:'.length)) }
  // One letter may be a drive of Windows.
  const [, scheme, rest] = /^([a-z]{2,20}|sqlite3):(\/\/)?/i.exec(text) ?? []
  if (scheme !== undefined && (rest !== undefined || !existsSync(text))) throw noScheme(scheme, rest ?? '')
  return { kind: 'file', path: text }
}

/** The path of a file of SQLite, which may have a `?` in its name. Where there is none of that name, a setting was meant. */
function sqlitePath(path: string): string {
  if (path.includes('?') && !existsSync(path))
    throw new InputError('a sqlite: address has no settings, and there is no file with that ? in its name', {
      hint: 'What stands behind sqlite: is the path of a file, and nothing else. A command that only reads opens it only to read.',
    })
  return path
}

/** What is behind a scheme is not quoted: there may be a password in it. */
function noScheme(scheme: string, rest: string): InputError {
  const meant = /^sql|lite/i.test(scheme)
    ? 'sqlite:<path>'
    : /^p(?:os|g)/i.test(scheme)
      ? 'a postgres:// URL'
      : undefined
  const asked = meant === undefined ? '' : ` Did you mean ${meant}?`
  const path =
    rest === '' ? ` A path that is not there yet and begins so is written with ./ before it (./${scheme}:…).` : ''
  return new InputError(`a trail does not lie at a ${scheme}: address`, {
    hint: `It lies in a file or its folder, at sqlite:<path>, or at a postgres:// URL.${asked}${path}`,
  })
}

/** Stands for the host that the driver takes from `?host=`: `URL` reads no user without a host behind it. */
const NO_HOST = 'host.invalid'

const urlOf = (text: string): URL => new URL(text.replace(/^([a-z]+:\/\/[^/?#]*@)(?=\/)/i, `$1${NO_HOST}`))

const textOf = (url: URL): string => url.href.replace(`@${NO_HOST}/`, '@/')

/** What of the search of a URL says where the trail lies. */
const PLACE: ReadonlySet<string> = new Set(['host', 'port'])

/** The address for people: never with a password, nor with what else only the driver needs to know. */
export function told(address: Address): string {
  if (address.kind === 'file') return address.path
  if (address.kind === 'sqlite') return `sqlite:${address.path}`
  const url = urlOf(address.url)
  url.password = ''
  const place = new URLSearchParams([...url.searchParams].filter(([name]) => PLACE.has(name)))
  if (address.schema !== undefined) place.append('schema', address.schema)
  url.search = place.toString().replaceAll('%2F', '/')
  return textOf(url)
}

/** What a person has written for an address, as it is told. */
export const toldAs = (text: string): string => told(addressOf(text))

/**
 * Whether two addresses lead to one place: files by what they are, under whatever names, and databases as they are written.
 * Two that are written otherwise may be one all the same, as is seen once both are open (`isOnePlace`).
 */
export async function isSame(one: Address, other: Address): Promise<boolean> {
  if (one.kind === 'postgres' && other.kind === 'postgres')
    return one.url === other.url && (one.schema ?? 'countersign') === (other.schema ?? 'countersign')
  if (one.kind === 'postgres' || other.kind === 'postgres') return false
  if (told(one) === told(other)) return true
  const [file, another] = await Promise.all([fileAt(one), fileAt(other)])
  return file !== undefined && file === another
}

/** Whether two open stores are one place of a database server. */
export async function isOnePlace(one: OpenStore, other: OpenStore): Promise<boolean> {
  const [place, another] = await Promise.all([one.place?.(), other.place?.()])
  return place !== undefined && place === another
}

/** Asks a server which table it is that holds the entries: of a server that has started at one instant, in one database. */
const whichTable = (schema = 'countersign'): string =>
  `select pg_catalog.concat_ws(' ', extract(epoch from pg_catalog.pg_postmaster_start_time()), d.oid, pg_catalog.to_regclass('"${schema}".entry')::oid) as place
    from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) pg_catalog.current_database()`

/** Which file of all on the machine an address leads to; nothing where there is none, or nobody says. */
async function fileAt({ kind, path }: Exclude<Address, { kind: 'postgres' }>): Promise<string | undefined> {
  try {
    const found = await stat(path, { bigint: true })
    const { dev, ino } =
      kind === 'file' && found.isDirectory() ? await stat(join(path, 'trail.jsonl'), { bigint: true }) : found
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

/** Opens what is there, to read it only, or to write into it; to write, what is not there is made. */
export const openStore = (address: Address, mode: 'read' | 'write'): Promise<OpenStore> =>
  opened(address, mode === 'read').catch(error => {
    throw mode === 'read' ? forbidden(error) : error
  })

/** What may not be read is told as it is of any file: who reads has no need of the right to write. */
function forbidden(error: unknown): unknown {
  if (!(error instanceof CountersignError) || typeof error.facts.path !== 'string') return error
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM' ? unreadable(error.facts.path, error.cause) : error
}

async function opened(address: Address, readOnly: boolean): Promise<OpenStore> {
  if (address.kind === 'postgres') return openPostgres(address, readOnly)
  if (address.kind === 'sqlite') {
    const { openSqliteStore } = await import('@countersign/store-sqlite')
    return closing(await openSqliteStore(address.path, { readOnly }))
  }
  await refuseBundle(address.path)
  const { openFileStore, openingsBeside } = await import('@countersign/store-file')
  const store = await openFileStore(address.path, { readOnly })
  return {
    ...closing(store),
    left: store.recovered,
    requireWhole: () => store.requireWhole(),
    openings: openingsBeside(store.path),
  }
}

/** What is told of a file whose end was interrupted, once it was opened to write. Nothing is told of any other. */
export function leftLine(address: Address, { left }: OpenStore): string {
  if (left?.cut !== true) return ''
  const { because, droppedBytes, restoredBytes } = left
  const done = droppedBytes === 0 ? '' : `: ${droppedBytes} bytes were cut off`
  const end =
    because === 'torn'
      ? `in the middle of an entry${done}. No journal told of them: the file was cut there, or copied while somebody was writing it.`
      : `in the middle of a write, as after a crash${done}. ${restoredBytes} bytes were brought in: the entries that were written last, as they stood in the journal.`
  return `countersign: ${terminalText(told(address))} ends ${end}\n`
}

/** What is told of a trail file whose private values something beside it opens: it goes nowhere with the entries. */
export async function openingsLine({ openings }: OpenStore): Promise<string> {
  if (openings === undefined) return ''
  const found = await stat(openings).catch(() => undefined)
  if (found === undefined || found.size === 0) return ''
  return `countersign: what opens the private values of this trail is not copied: it lies in ${terminalText(openings)} alone.
  Without it nobody can read them again. Before you delete anything there, copy that file as it is: beside a trail file as its name with .openings.jsonl, and for a store to where its desk keeps openings.
`
}

const closing = (store: Store): OpenStore => ({ store, close: () => store.close() })

/** Which of some packages cannot be loaded; all, where the fault lies elsewhere. */
export async function missingOf(packages: readonly string[]): Promise<readonly string[]> {
  const loaded = await Promise.all(
    packages.map(name =>
      import(name).then(
        () => true,
        () => false,
      ),
    ),
  )
  const missing = packages.filter((_, place) => !loaded[place])
  return missing.length === 0 ? packages : missing
}

async function openPostgres(address: Extract<Address, { kind: 'postgres' }>, readOnly: boolean): Promise<OpenStore> {
  const { url, schema } = address
  const [{ migrate, openPostgresStore }, { default: pg }] = await Promise.all([
    import('@countersign/store-postgres'),
    import('pg'),
  ]).catch(async cause => {
    const missing = await missingOf(['@countersign/store-postgres', 'pg'])
    const packages = missing.length === 1 ? 'a package that is not installed' : 'packages that are not installed'
    throw new InputError(`a trail in PostgreSQL needs ${packages}`, {
      hint: `npm install ${missing.join(' ')}`,
      cause,
    })
  })
  const pool = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 10_000 })
  pool.on('error', () => {})
  // What becomes of one that was just made may be told before whoever has asked for it can listen.
  pool.on('connect', connection => void connection.on('error', () => {}))
  const place = schema === undefined ? {} : { schema }
  try {
    if (!readOnly) await migrate(pool, place)
    const store = await openPostgresStore(pool, { ...place, notify: !readOnly })
    return {
      store,
      place: async () => {
        const { rows } = await pool.query(whichTable(schema)).catch(() => ({ rows: [] }))
        return (rows as readonly { readonly place: string }[])[0]?.place
      },
      close: async () => {
        try {
          await store.close()
        } finally {
          await pool.end()
        }
      },
    }
  } catch (cause) {
    await pool.end()
    throw cause
  }
}

/**
 * What a store throws, as something that the caller can mend. With its address where that is known: what PostgreSQL says
 * does not tell of which database.
 */
export function asInput(error: unknown, address?: Address): unknown {
  if (!(error instanceof CountersignError)) return error
  const { absent, path } = error.facts
  // A store tells a program how to begin one; no command has such an option.
  if (absent === true)
    return new InputError(`there is no trail at ${String(path)}`, {
      hint: `Paths are relative to ${process.cwd()}.`,
      cause: error,
    })
  const where = address?.kind === 'postgres' ? `${told(address)}: ` : ''
  const { what } = error.facts
  const hint = hintFor(error)
  return hint === undefined || typeof what !== 'string'
    ? new InputError(`${where}${error.message}`, { cause: error })
    : new InputError(`${where}${what}`, { hint, cause: error })
}

/** What helps whoever types a command, where a store tells a program of its options. */
function hintFor({ code, facts: { lock, remedy } }: CountersignError): string | undefined {
  if (code === 'store.locked')
    return `Close it there: this command writes. What only reads takes no lock. If you are certain that nobody has it, delete ${String(lock)}.`
  return typeof remedy === 'string' ? remedies.get(remedy) : undefined
}

const remedies: ReadonlyMap<string, string> = new Map([
  ['begin', 'No trail was begun there. A desk begins one, and so does countersign copy or import into it.'],
  [
    'migrate',
    'Look whether the database and the schema (?schema=NAME) are the right ones. countersign copy or import into it makes the tables and brings them up to date, and works out again how the trail ends where the entries still tell; so does a program (migrate). It takes a user that may create tables.',
  ],
  ['writable', 'This command writes there: have the disk or the folder be writable, or work on a copy.'],
])

/** The first entry that a store's head counts and the store does not have, if that is what the error reports. */
export function missingIn(error: unknown): number | undefined {
  if (!(error instanceof CountersignError) || error.code !== 'store.damaged') return undefined
  return typeof error.facts.missing === 'number' ? error.facts.missing : undefined
}
