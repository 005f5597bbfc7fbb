import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  type AddCheckpoint,
  CountersignError,
  cosign,
  decideCosigning,
  formatNote,
  MAX_REQUEST_BYTES,
  parseAddCheckpoint,
  parseNote,
  type SignerKey,
  type VerifierKey,
} from '@countersign/trail'
import { Turns } from '@countersign/trail/store'
import { terminalText } from '../shell/terminal-text.ts'
import type { WitnessMemory } from './witness-memory.ts'

/** What a witness is made of. */
interface WitnessOptions {
  readonly key: SignerKey
  /** The keys of the logs that it knows, by origin. */
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>
  readonly memory: WitnessMemory
  /** Whole seconds since 1970, UTC. */
  readonly now: () => number
  /** Takes one line about each request. */
  readonly say: (line: string) => void
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: 'text/x.tlog.size'
}

const second = 1_000
/** So much is told of a request that was not understood. */
const longestTold = 200

/**
 * The server of a witness (C2SP tlog-witness, `POST /add-checkpoint`). For each log one request at a time is decided,
 * remembered and then answered, so that nothing is signed that would not be remembered after a crash.
 */
export function witnessServer(options: WitnessOptions): Server {
  const turns = new Turns<string>()
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      headersTimeout: 5 * second,
      requestTimeout: 10 * second,
      keepAliveTimeout: 30 * second,
      connectionsCheckingInterval: second,
    },
    (request, response) => {
      answer(request).then(
        given => send(response, given),
        error => {
          // Whoever goes away in the middle of a request has asked for nothing.
          if (request.complete) options.say(`500 ${(error as Error).message}`)
          send(response, { status: 500, body: 'the witness cannot remember this, so it does not sign it\n' })
        },
      )
    },
  )
  server.maxConnections = 512
  return server

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { url = '', method = '' } = request
    if (url !== '/add-checkpoint') return refused(404, 'there is /add-checkpoint and nothing else', `${method} ${url}`)
    if (method !== 'POST') return refused(405, 'add-checkpoint takes POST', method)
    const body = await bodyOf(request)
    if (body === undefined) return refused(413, `a request has at most ${MAX_REQUEST_BYTES} bytes`)
    let asked: AddCheckpoint
    try {
      asked = parseAddCheckpoint(body)
    } catch (error) {
      if (error instanceof CountersignError) return refused(400, error.message)
      throw error
    }
    const { origin } = asked.checkpoint
    const keys = options.logs.get(origin)
    if (keys === undefined) return refused(404, 'no log of this name is known here', origin)
    return await turns.take(origin, () => decide(asked, keys))
  }

  /** What is told of a request comes from whoever has sent it. */
  function refused(status: number, because: string, what = ''): Answer {
    const line = `${status} ${because}${what === '' ? '' : `: ${what}`}`
    options.say(terminalText(line.length > longestTold ? `${line.slice(0, longestTold)}…` : line))
    return refusal(status, because)
  }

  async function decide(asked: AddCheckpoint, keys: readonly VerifierKey[]): Promise<Answer> {
    const { key, memory, say } = options
    const { origin, size } = asked.checkpoint
    // Read anew each time: what a failed write has left behind, only the disk knows.
    const latest = await memory.latest(origin)
    const decision = decideCosigning(asked, keys, latest?.checkpoint)
    if (decision.status !== 200) {
      say(`${decision.status} ${origin} of ${size}: ${decision.because}`)
      // Whoever asks has to hear of the fork in any case: it is caught, whether the disk takes the proof or not.
      if (decision.fork && latest !== undefined)
        await memory
          .keepFork(origin, signerIn(asked, keys), `${latest.note}\n${asked.note}`)
          .catch((error: Error) =>
            say(`409 ${origin} of ${size}: the fork cannot be kept, until it is shown again: ${error.message}`),
          )
      if (decision.size === undefined) return refusal(decision.status, decision.because)
      return { status: decision.status, body: `${decision.size}\n`, type: 'text/x.tlog.size' }
    }
    const time = options.now()
    // It would say of two trees that each was the largest that it knew at this time.
    if (latest !== undefined && time < latest.time) {
      say(`503 ${origin} of ${size}: the clock stands ${latest.time - time} s before the last cosignature`)
      return refusal(503, 'the clock of the witness stands before its last cosignature')
    }
    const { text, signatures } = parseNote(decision.note)
    const line = cosign(text, key, time)
    await memory.remember(origin, formatNote({ text, signatures: [...signatures, line] }))
    say(`200 ${origin} of ${size}`)
    return { status: 200, body: formatNote({ text, signatures: [line] }).slice(text.length + 1) }
  }
}

/** The id of the key that has signed what was asked: there is one where it was found to be a fork. */
function signerIn({ note }: AddCheckpoint, keys: readonly VerifierKey[]): string {
  const own = new Set(keys.map(({ name, keyId }) => `${name}+${keyId}`))
  return parseNote(note).signatures.find(({ name, keyId }) => own.has(`${name}+${keyId}`))?.keyId ?? ''
}

const refusal = (status: number, because: string): Answer => ({ status, body: `${because}\n` })

/** The body, or nothing where it is too long: the rest of it is not waited for. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  // Left as it is where it is too long: to destroy it would take the connection away before the answer.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > MAX_REQUEST_BYTES) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function send(response: ServerResponse, { status, body, type }: Answer): void {
  if (response.destroyed) return
  response.writeHead(status, {
    'content-type': type ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'POST' } : {}),
    // What is left of a body that is too long must not be read as the next request.
    ...(status === 413 ? { connection: 'close' } : {}),
  })
  response.end(body)
}
