import { once } from 'node:events'
import { rmdir, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import {
  CountersignError,
  formatVerifierKey,
  parseVerifierKey,
  type VerifierKey,
  witnessKeyOf,
} from '@countersign/trail'
import { readText } from '../files/supplied.ts'
import { shortened } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { readSecretKey } from '../sign/secret-key.ts'
import { WitnessFolder } from '../sign/witness-memory.ts'
import { witnessServer } from '../sign/witness-server.ts'

const mostLogsBytes = 1 << 20
const patience = 5_000
/** So much is told of a line that is no key. */
const longestComplaint = 300

/** Runs a witness until it is told to stop (SIGINT, SIGTERM). */
export async function witness(
  _: readonly string[],
  { listen, state, secret: file, logs }: Options,
  shell: Shell,
): Promise<number> {
  if (listen === undefined || state === undefined || file === undefined || logs === undefined)
    throw misuse('countersign witness', 'witness needs --listen, --state, --secret and --logs')
  const where = placeOf(listen)
  const known = await readLogs(logs)
  const secret = await readSecretKey(file)
  const isNew = (await stat(state).catch(() => undefined)) === undefined
  const memory = await WitnessFolder.open(state, secret, known)
  let hasListened = false
  try {
    const server = witnessServer({
      key: secret,
      logs: known,
      memory,
      now: () => Math.floor(Date.now() / 1000),
      say: line => shell.stderr.write(`${new Date().toISOString()} ${terminalText(line)}\n`),
    })
    const stopped = new Promise<void>(resolve => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    server.listen(where)
    await once(server, 'listening').catch(error => {
      throw new InputError(`cannot listen on ${listen}: ${(error as Error).message}`, {
        hint: 'Is another program listening there, or another witness? Name an address of this machine that is free.',
        cause: error,
      })
    })
    hasListened = true
    const { address, port, family } = server.address() as AddressInfo
    shell.stdout.write(`The witness ${terminalText(secret.name)} listens on http://${family === 'IPv6' ? `[${address}]` : address}:${port}
and knows ${known.size === 1 ? 'one log' : `${known.size} logs`}. Its public key, for the policies of those who rely on it:
${terminalText(formatVerifierKey(witnessKeyOf(secret)))}
`)
    await stopped
    const closed = once(server, 'close')
    server.close()
    server.closeIdleConnections()
    const timer = setTimeout(() => server.closeAllConnections(), patience)
    await closed
    clearTimeout(timer)
  } finally {
    await memory.close()
    // What was made for a witness that never began is taken away; what lay there before stays.
    if (isNew && !hasListened) await rmdir(state).catch(() => undefined)
  }
  return 0
}

function placeOf(listen: string): { readonly host: string; readonly port: number } {
  const [, six, four, port] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(listen) ?? []
  const host = six ?? four
  if (host === undefined || Number(port) > 65_535)
    throw misuse(
      'countersign witness',
      `--listen ${listen} is no address: expected one such as 127.0.0.1:8080 or [::1]:8080`,
    )
  return { host, port: Number(port) }
}

/** Reads the logs that a witness knows: a verifier key a line, empty lines and those that begin with # aside. */
async function readLogs(file: string): Promise<Map<string, VerifierKey[]>> {
  const logs = new Map<string, VerifierKey[]>()
  const lines = (await readText(file, mostLogsBytes)).split('\n').map(line => line.trim())
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue
    const unfit = (because: string) => new InputError(`${file}, line ${index + 1}: ${because}`)
    let key: VerifierKey
    try {
      key = parseVerifierKey(line)
    } catch (error) {
      if (error instanceof CountersignError) throw unfit(shortened(error.message, longestComplaint))
      throw error
    }
    if (key.algorithm !== 'ed25519') throw unfit(`expected the key of a log, found one of a witness (${key.name})`)
    const keys = logs.get(key.name) ?? []
    if (keys.some(one => one.keyId === key.keyId)) throw unfit(`there is a key ${key.name}+${key.keyId} before`)
    logs.set(key.name, [...keys, key])
  }
  if (logs.size === 0) throw new InputError(`${file} names no log`, { hint: 'It has a verifier key on each line.' })
  return logs
}
