import { InputError } from '../shell/input-error.ts'
import { terminalText } from '../shell/terminal-text.ts'

/**
 * What may stand behind the `?` of a URL: the schema, what PostgreSQL's own programs know (libpq, PostgreSQL 18, §32.1.2), and what
 * the driver knows besides.
 */
const SETTINGS: ReadonlySet<string> = new Set(
  `schema host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout client_encoding options
  application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout
  replication gssencmode sslmode requiressl sslnegotiation sslcompression sslcert sslkey sslkeylogfile sslpassword sslcertmode
  sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version ssl_max_protocol_version min_protocol_version
  max_protocol_version krbsrvname gsslib gssdelegation scram_client_key scram_server_key service servicefile
  target_session_attrs load_balance_hosts oauth_issuer oauth_client_id oauth_client_secret oauth_scope
  ssl encoding uselibpqcompat statement_timeout lock_timeout query_timeout idle_in_transaction_session_timeout`.split(
    /\s+/,
  ),
)

/**
 * Refuses what nobody knows, as PostgreSQL's own programs do, and a schema that is named twice: with `?shema=` left out of account,
 * it would be the trail in another schema that is judged, or written to. Values are not quoted: there may be a password among them.
 */
export function requireSettings(given: URLSearchParams): void {
  const unknown = [...given.keys()].find(name => !SETTINGS.has(name))
  if (unknown !== undefined)
    throw new InputError(`a postgres:// URL has no setting ${terminalText(unknown)}`, {
      hint: 'The schema in which the trail lies is named with ?schema=NAME. All else is what PostgreSQL knows (sslmode, application_name …).',
    })
  if (given.getAll('schema').length > 1)
    throw new InputError('the schema is named twice in that postgres:// URL', { hint: 'A trail lies in one.' })
}
